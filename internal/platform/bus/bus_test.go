package bus_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/bus"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

type greeted struct{ N int }

func (greeted) EventName() string            { return "test.greeted" }
func (g greeted) Aggregate() (string, int64) { return "thing", int64(g.N) }

func open(t *testing.T, dir string) *bus.Bus {
	t.Helper()
	b, err := bus.Open(context.Background(), bus.Options{Name: "test", Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func emit(t *testing.T, db *store.DB, n int) {
	t.Helper()
	ctx := context.Background()
	if err := db.Housekeep(ctx, func(tx *store.Tx) error { return tx.Emit(ctx, greeted{n}) }); err != nil {
		t.Fatal(err)
	}
}

// An event is handled once although the first attempt fails and the bus is stopped and
// started in between.
func TestEventIsHandledOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, _ *clock.Manual) {
		dir := t.TempDir()
		seen := make(chan int, 10)
		fail := true
		run := func(b *bus.Bus, until func()) {
			ctx, cancel := context.WithCancel(context.Background())
			done := make(chan error, 1)
			go b.Relay(ctx, db)
			go func() {
				done <- b.Consume(ctx, db, "test", bus.On(func(_ context.Context, _ *store.Tx, g greeted) error {
					if fail {
						fail = false
						return errors.New("not yet")
					}
					seen <- g.N
					return nil
				}))
			}()
			until()
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		wait := func(want int) {
			select {
			case n := <-seen:
				if n != want {
					t.Errorf("got %d, want %d", n, want)
				}
			case <-time.After(20 * time.Second):
				t.Errorf("event %d was never handled", want)
			}
		}
		b := open(t, dir)
		emit(t, db, 1)
		run(b, func() { wait(1) })
		b.Close()
		emit(t, db, 2)
		run(open(t, dir), func() { wait(2) })
		if len(seen) != 0 {
			t.Errorf("%d events came twice", len(seen))
		}
	})
}
