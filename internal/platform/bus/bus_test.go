package bus_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/bus"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/obs/obstest"
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

// consume relays and handles events until the test ends; what it logs is returned.
func consume(t *testing.T, db *store.DB, reactions ...bus.Reaction) *obstest.Diary {
	t.Helper()
	log := &obstest.Diary{}
	b, err := bus.Open(context.Background(), bus.Options{Name: "test", Dir: t.TempDir(), Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go b.Relay(ctx, db)
	go func() { done <- b.Consume(ctx, db, "test", reactions...) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		b.Close()
	})
	return log
}

// until waits for something that happens in another goroutine.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 2000 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("did not happen: %s", what)
}

// An event that the bus refuses as too long does not keep those behind it from being told.
func TestAnEventTooLongHoldsUpNoOther(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, _ *clock.Manual) {
		ctx := context.Background()
		err := db.Housekeep(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO platform_outbox (id, name, aggregate, version, payload, created_at) VALUES ('0', 'test.greeted', 'big thing', 1, $1, 0)`,
				`{"N":1,"Rest":"`+strings.Repeat("x", 300<<10)+`"}`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		emit(t, db, 2)
		seen := make(chan int, 10)
		log := consume(t, db, bus.On(func(_ context.Context, _ *store.Tx, g greeted) error { seen <- g.N; return nil }))
		select {
		case n := <-seen:
			if n != 2 {
				t.Errorf("event %d was handled", n)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("the event behind it was never handled")
		}
		if !strings.Contains(log.String(), "big thing") {
			t.Errorf("nobody was told: %s", log)
		}
		until(t, "nothing waits", func() bool {
			var n int
			err := db.QueryRow(ctx, `SELECT count(*) FROM platform_outbox WHERE published_at IS NULL`).Scan(&n)
			return err == nil && n == 0
		})
	})
}

// A reaction that changes state without an audit record is refused and leaves nothing; a
// projection says that it is one.
func TestAReactionIsHeldToTheAuditRecord(t *testing.T) {
	note := func(name string) func(context.Context, *store.Tx, greeted) error {
		return func(ctx context.Context, tx *store.Tx, _ greeted) error {
			_, err := tx.Exec(ctx, `INSERT INTO platform_setting (name, value, updated_at) VALUES ($1, '', 0) ON CONFLICT (name) DO NOTHING`, name)
			return err
		}
	}
	noted := func(db *store.DB) (n int) {
		_ = db.QueryRow(context.Background(), `SELECT count(*) FROM platform_setting`).Scan(&n)
		return n
	}
	t.Run("unaudited", func(t *testing.T) {
		storetest.Each(t, func(t *testing.T, db *store.DB, _ *clock.Manual) {
			log := consume(t, db, bus.On(note("a")))
			emit(t, db, 1)
			until(t, "the change is refused", func() bool { return strings.Contains(log.String(), "without an audit record") })
			if n := noted(db); n != 0 {
				t.Errorf("the refused change left %d rows", n)
			}
		})
	})
	t.Run("audited", func(t *testing.T) {
		storetest.Each(t, func(t *testing.T, db *store.DB, _ *clock.Manual) {
			consume(t, db, bus.On(func(ctx context.Context, tx *store.Tx, g greeted) error {
				if err := note("a")(ctx, tx, g); err != nil {
					return err
				}
				return audit.Write(ctx, tx, audit.Entry{Action: "test.greet"})
			}))
			emit(t, db, 1)
			until(t, "the change is made", func() bool { return noted(db) == 1 })
		})
	})
	t.Run("projection", func(t *testing.T) {
		storetest.Each(t, func(t *testing.T, db *store.DB, _ *clock.Manual) {
			consume(t, db, bus.Project(note("a")))
			emit(t, db, 1)
			until(t, "the projection is written", func() bool { return noted(db) == 1 })
		})
	})
}
