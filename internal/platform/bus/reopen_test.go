package bus

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

type told struct {
	N    int
	Text string
}

func (told) EventName() string            { return "test.told" }
func (g told) Aggregate() (string, int64) { return "thing", int64(g.N) }

// mended runs a bus whose JetStream is broken and repaired while events are emitted, and
// expects each of them to be handled once, in whatever order.
func mended(t *testing.T, db *store.DB, clk *clock.Manual, dir string, broke, repair func(*Bus)) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	b, err := Open(ctx, Options{Name: "test", Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	seen, done := make(chan int, 100), make(chan error, 1)
	go b.Relay(ctx, db)
	go func() {
		done <- b.Consume(ctx, db, "test", On(func(_ context.Context, _ *store.Tx, e told) error { seen <- e.N; return nil }))
	}()
	next := 0
	emit := func() {
		next++
		if err := db.Housekeep(ctx, func(tx *store.Tx) error { return tx.Emit(ctx, told{next, strings.Repeat("x", 100_000)}) }); err != nil {
			t.Fatal(err)
		}
	}
	counts := map[int]int{}
	until := func(what string, is func() bool) {
		t.Helper()
		for end := time.After(60 * time.Second); !is(); {
			select {
			case n := <-seen:
				counts[n]++
			case <-end:
				t.Fatalf("%s: %d of %d events were handled", what, len(counts), next)
			case <-time.After(20 * time.Millisecond):
				clk.Advance(time.Second)
			}
		}
	}
	emit()
	until("before", func() bool { return len(counts) == 1 })
	broke(b)
	for range 5 {
		emit()
	}
	until("broken", func() bool { return !b.Stalled().IsZero() })
	waiting, since, err := Outbox(ctx, db)
	if err != nil || waiting == 0 || since.IsZero() {
		t.Errorf("%d events wait since %v, %v", waiting, since, err)
	}
	repair(b)
	until("repaired", func() bool { return len(counts) == next })
	emit()
	until("afterwards", func() bool { return len(counts) == next && b.Stalled().IsZero() })
	until("emptied", func() bool {
		waiting, since, err := Outbox(ctx, db)
		return err == nil && waiting == 0 && since.IsZero()
	})
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	for n, times := range counts {
		if times != 1 {
			t.Errorf("event %d was handled %d times", n, times)
		}
	}
}

func TestABrokenJetStreamIsOpenedAnew(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		mended(t, db, clk, t.TempDir(), func(b *Bus) {
			if err := b.server.ShutdownJetStream(); err != nil {
				t.Fatal(err)
			}
		}, func(*Bus) {})
	})
}

// A disk of its own fills up under JetStream; once there is room, events flow again.
func TestEventsFlowAgainAfterAFullDisk(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		dir := storetest.Disk(t, 8<<20)
		ballast := filepath.Join(dir, "ballast")
		mended(t, db, clk, dir, func(*Bus) { fill(t, ballast) }, func(b *Bus) {
			clk.Advance(time.Minute)
			time.Sleep(200 * time.Millisecond) // in which it must leave alone what can still be read
			if !b.server.JetStreamEnabled() || b.Stalled().IsZero() {
				t.Error("JetStream was closed on a full disk")
			}
			if err := os.Remove(ballast); err != nil {
				t.Fatal(err)
			}
		})
		if _, err := os.Stat(filepath.Join(dir, "room")); !errors.Is(err, fs.ErrNotExist) {
			t.Error("what was written to look for room was left behind")
		}
	})
}

// fill writes until nothing more fits.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, size := range []int{1 << 20, 1 << 12, 1} {
		for {
			if _, err := f.Write(make([]byte, size)); err != nil {
				break
			}
		}
	}
}

func TestJetStreamIsOpenedAnewEverLessOften(t *testing.T) {
	now, failed := storetest.Start, fmt.Errorf("%w: full", errPublish)
	var f flow
	if f.judge(errors.New("the database is away"), now) || !f.since.IsZero() {
		t.Error("a database's error was taken for the bus's")
	}
	var tries []time.Duration
	for at := time.Duration(0); at < 20*time.Minute; at += time.Second {
		if f.judge(failed, now.Add(at)) {
			tries = append(tries, at)
			f.tried(now.Add(at))
		}
	}
	want := []time.Duration{5, 15, 35, 75, 155, 315, 615, 915}
	for i := range want {
		want[i] *= time.Second
	}
	if fmt.Sprint(tries) != fmt.Sprint(want) {
		t.Errorf("tried after %v, want %v", tries, want)
	}
	if f.judge(nil, now); !f.since.IsZero() {
		t.Error("it still counts as failing")
	}
}

func TestWhatTheServerRepeatsIsLoggedOnce(t *testing.T) {
	var said strings.Builder
	l := natsLog{log: slog.New(slog.NewTextHandler(&said, nil))}
	for range 5 {
		l.Errorf("no space left on %s", "device")
		l.Warnf("another")
	}
	for _, text := range []string{"no space", "another"} {
		if n := strings.Count(said.String(), text); n != 1 {
			t.Errorf("it said %d times %q", n, text)
		}
	}
	l.forget()
	l.Warnf("another")
	if n := strings.Count(said.String(), "another"); n != 2 {
		t.Errorf("once events flowed again it said %d times what it had said before", n)
	}
	for i := range 10_000 {
		l.Warnf("number %d", i)
	}
	if len(l.said) > remembered {
		t.Errorf("it remembers %d", len(l.said))
	}
}
