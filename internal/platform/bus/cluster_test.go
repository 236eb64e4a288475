package bus_test

import (
	"context"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
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

// cluster is what docs/operating.md says of an external NATS: a server that knows the
// platform's processes, and a gateway, joined as a leaf, that lets anybody in and may
// carry nothing but terminals' frames.
func cluster(t *testing.T) (address, gateway string) {
	t.Helper()
	leaf := &server.User{Username: "gateway", Password: "g", Permissions: &server.Permissions{
		Publish: &server.SubjectPermission{Allow: []string{"t.*.up"}}, Subscribe: &server.SubjectPermission{Allow: []string{"t.*.down"}}}}
	core := start(t, &server.Options{ServerName: "core", Port: server.RANDOM_PORT, JetStreamDomain: "core",
		Users:    []*server.User{{Username: "platform", Password: "p"}, leaf},
		LeafNode: server.LeafNodeOpts{Host: "127.0.0.1", Port: server.RANDOM_PORT}})
	info, err := core.Varz(nil)
	if err != nil {
		t.Fatal(err)
	}
	remote := &url.URL{Scheme: "nats-leaf", User: url.UserPassword("gateway", "g"), Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(info.LeafNode.Port))}
	gate := start(t, &server.Options{ServerName: "gate", DontListen: true, JetStreamDomain: "gate",
		MQTT:     server.MQTTOpts{Host: "127.0.0.1", Port: server.RANDOM_PORT},
		LeafNode: server.LeafNodeOpts{Remotes: []*server.RemoteLeafOpts{{URLs: []*url.URL{remote}}}}})
	for try := 0; core.NumLeafNodes() == 0; try++ {
		if try == 500 {
			t.Fatal("the gateway did not join")
		}
		time.Sleep(10 * time.Millisecond)
	}
	door, err := gate.Varz(nil)
	if err != nil {
		t.Fatal(err)
	}
	own := &url.URL{Scheme: "nats", User: url.UserPassword("platform", "p"), Host: core.Addr().String()}
	return own.String(), net.JoinHostPort("127.0.0.1", strconv.Itoa(door.MQTT.Port))
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

func TestProcessesShareAnExternalCluster(t *testing.T) {
	address, gateway := cluster(t)
	one, two := join(t, address), join(t, address)
	if !one.Healthy() || one.MQTTAddr() != "" || one.Connections() != 0 {
		t.Errorf("healthy %v, gateway %q, %d terminals", one.Healthy(), one.MQTTAddr(), one.Connections())
	}
	up := make(chan string, 10)
	for name, b := range map[string]*bus.Bus{"one": one, "two": two} {
		stop, err := b.Serve(func(string, string) bool { return false }, func(code string, frame []byte) { up <- name + " " + code + " " + string(frame) })
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
	}
	const code = "61101050010000314010401"
	down := make(chan string, 10)
	terminal := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + gateway).SetClientID(code).SetUsername(code).SetPassword("by its own key").SetAutoReconnect(false))
	settle := func(token mqtt.Token) {
		if token.Wait(); token.Error() != nil {
			t.Fatal(token.Error())
		}
	}
	settle(terminal.Connect())
	settle(terminal.Subscribe("t/"+code+"/down", 0, func(_ mqtt.Client, m mqtt.Message) { down <- string(m.Payload()) }))
	defer terminal.Disconnect(0)
	told := make(chan string, 10)
	for _, b := range []*bus.Bus{one, two} {
		if _, err := b.Listen("news", func(raw []byte) { told <- string(raw) }); err != nil {
			t.Fatal(err)
		}
		if err := b.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	// A frame down arrives; a subscription takes a moment to reach the other server.
	arrived := false
	for try := 0; !arrived && try < 100; try++ {
		if err := one.Send(code, []byte("order")); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-down:
			arrived = got == "order"
		case <-time.After(100 * time.Millisecond):
		}
	}
	if !arrived {
		t.Error("no frame came down")
	}
	// A frame up goes to one process, not to both.
	terminal.Publish("t/"+code+"/up", 0, false, "receipt").Wait()
	select {
	case got := <-up:
		if got != "one "+code+" receipt" && got != "two "+code+" receipt" {
			t.Error(got)
		}
	case <-time.After(10 * time.Second):
		t.Error("no frame came up")
	}
	// What a terminal may not say stays at the gateway.
	terminal.Publish("news", 0, false, "forged").Wait()
	if err := two.Broadcast("news", []byte("real")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		select {
		case got := <-told:
			if got != "real" {
				t.Errorf("heard %q", got)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("a process was not told")
		}
	}
	select {
	case got := <-up:
		t.Errorf("a frame came twice: %s", got)
	case got := <-told:
		t.Errorf("heard %q", got)
	case <-time.After(200 * time.Millisecond):
	}
}

func TestAnEventOfAClusterIsHandledByOneProcess(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, _ *clock.Manual) {
		address, _ := cluster(t)
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
