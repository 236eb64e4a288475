package bus_test

import (
	"context"
	"log/slog"
	"net/url"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/tongsheng/tongsheng/internal/platform/bus"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

func start(t *testing.T, o *server.Options) *server.Server {
	t.Helper()
	o.NoSigs, o.NoLog, o.JetStream, o.StoreDir, o.Host = true, true, true, t.TempDir(), "127.0.0.1"
	srv, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	go srv.Start()
	if !srv.ReadyForConnections(15 * time.Second) {
		t.Fatal("NATS did not become ready")
	}
	t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	return srv
}

// cluster is an external NATS.
func cluster(t *testing.T) (address string) {
	t.Helper()
	core := start(t, &server.Options{ServerName: "core", Port: server.RANDOM_PORT, JetStreamDomain: "core",
		Users: []*server.User{{Username: "platform", Password: "p"}}})
	own := &url.URL{Scheme: "nats", User: url.UserPassword("platform", "p"), Host: core.Addr().String()}
	return own.String()
}

func join(t *testing.T, address string) *bus.Bus {
	t.Helper()
	b, err := bus.Open(context.Background(), bus.Options{Name: "test", URL: address, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func TestAnEventOfAClusterIsHandledByOneProcess(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, _ *clock.Manual) {
		address := cluster(t)
		ctx, cancel := context.WithCancel(context.Background())
		seen, done := make(chan int, 10), make(chan error, 2)
		for range 2 {
			b := join(t, address)
			go b.Relay(ctx, db)
			go func() {
				done <- b.Consume(ctx, db, "test", bus.On(func(_ context.Context, _ *store.Tx, g greeted) error { seen <- g.N; return nil }))
			}()
		}
		emit(t, db, 7)
		select {
		case n := <-seen:
			if n != 7 {
				t.Errorf("handled %d", n)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("the event was not handled")
		}
		select {
		case n := <-seen:
			t.Errorf("%d was handled twice", n)
		case <-time.After(300 * time.Millisecond):
		}
		cancel()
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
}
