package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// full makes the database refuse the next growth for want of room, as a full disk does.
func full(ctx context.Context, db *store.DB, tx *store.Tx) error {
	if db.Dialect() == store.Postgres {
		_, err := tx.Exec(ctx, `DO 'BEGIN RAISE EXCEPTION USING ERRCODE = ''53100''; END'`)
		return err
	}
	if _, err := tx.Exec(ctx, `PRAGMA max_page_count = 1`); err != nil { // at least what there is
		return err
	}
	return setting(ctx, tx, "big", 1<<20)
}

func setting(ctx context.Context, tx *store.Tx, name string, size int) error {
	_, err := tx.Exec(ctx, `INSERT INTO platform_setting (name, value, updated_at) VALUES ($1, $2, $3)`, name, strings.Repeat("x", size), tx.Now.UnixMicro())
	return err
}

func TestAFullDiskIsSaidToBeFull(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, _ *clock.Manual) {
		ctx := context.Background()
		for name, write := range map[string]func(context.Context, func(*store.Tx) error) error{"update": db.Update, "housekeep": db.Housekeep, "telemetry": db.Telemetry} {
			err := write(ctx, func(tx *store.Tx) error { return full(ctx, db, tx) })
			if !fault.Is(err, "store.full") || !fault.IsKind(err, fault.Full) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := db.Housekeep(ctx, func(*store.Tx) error { return errors.New("another") }); fault.IsKind(err, fault.Full) {
			t.Errorf("%v", err)
		}
	})
}

// disk is a database on a small disk of its own, whose reserve is looked after.
func disk(t *testing.T) (db *store.DB, clk *clock.Manual, reserve func() int64, ballast string) {
	dir, ctx := storetest.Disk(t, 64<<20), context.Background()
	clk = clock.NewManual(storetest.Start)
	path := filepath.Join(dir, "test.db")
	db, err := store.Open(ctx, "sqlite:"+path, clk)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	t.Cleanup(func() { stop(); <-ended; db.Close() })
	if err := db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	go func() { defer close(ended); db.KeepReserve(ctx) }()
	reserve = func() int64 {
		s, err := os.Stat(path + ".reserve")
		if err != nil {
			return 0
		}
		return s.Size()
	}
	return db, clk, reserve, filepath.Join(dir, "ballast")
}

func until(t *testing.T, clk *clock.Manual, what string, is func() bool) {
	t.Helper()
	for range 500 {
		if is() {
			return
		}
		clk.Advance(5 * time.Second)
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal(what)
}

// On a full disk people still get their changes kept, the platform's own work leaves half
// of the reserve to them, and telemetry gets nothing of it. The last part is for what
// cannot wait.
func TestTheReserveIsForPeople(t *testing.T) {
	db, clk, reserve, ballast := disk(t)
	ctx := context.Background()
	const whole = 16 << 20
	until(t, clk, "no reserve was made", func() bool { return reserve() == whole })
	fillDisk(t, ballast)

	size := 100_000
	keep := func(write func(context.Context, func(*store.Tx) error) error) (kept int) {
		for ; kept < 200; kept++ {
			err := write(ctx, func(tx *store.Tx) error {
				tx.Audited()
				return setting(ctx, tx, store.NewID(clk.Now()), size)
			})
			if fault.IsKind(err, fault.Full) {
				return kept
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		t.Fatal("the disk is never full")
		return kept
	}
	if keep(db.Telemetry); reserve() != whole || !db.Short() {
		t.Errorf("telemetry left %d of the reserve; short %v", reserve(), db.Short())
	}
	if kept := keep(db.Housekeep); kept < 20 || reserve() != whole/2 {
		t.Errorf("the platform's work kept %d and left %d", kept, reserve())
	}
	if err := db.Housekeep(store.ForPeople(ctx), func(tx *store.Tx) error { return setting(ctx, tx, "asked", 1_000_000) }); err != nil || reserve() >= whole/2 {
		t.Errorf("what somebody asked for: %v, %d left", err, reserve())
	}
	if kept := keep(db.Update); kept > 1 || reserve() != whole/2 && reserve() != whole/2-1<<20 { // a clock's change, or a batch of receipts
		t.Errorf("the platform's changes kept %d and left %d", kept, reserve())
	}
	asked := func(ctx context.Context, fn func(*store.Tx) error) error { return db.Update(store.ForPeople(ctx), fn) }
	if kept := keep(asked); kept < 20 || reserve() != whole/4 {
		t.Errorf("people kept %d and left %d", kept, reserve())
	}
	vital := func(ctx context.Context, fn func(*store.Tx) error) error { return db.Update(store.Vital(ctx), fn) }
	if err := vital(ctx, func(tx *store.Tx) error { tx.Audited(); return setting(ctx, tx, "vital", 100_000) }); err != nil {
		t.Errorf("what cannot wait: %v", err)
	}
	if kept := keep(asked); kept != 0 || db.Afford(store.ForPeople(ctx)) == nil || db.Afford(store.Vital(ctx)) != nil || db.Afford(ctx) != nil {
		t.Errorf("people kept %d of the room that was made for what cannot wait", kept)
	}
	if !db.MakeRoom(store.Vital(ctx)) || db.MakeRoom(ctx) || db.MakeRoom(store.ForPeople(ctx)) {
		t.Error("files that go with what cannot wait have none of it, or others have")
	}
	size = 20_000
	if kept := keep(vital); kept < 20 || reserve() != 0 {
		t.Errorf("what cannot wait: %d kept, %d left", kept, reserve())
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	until(t, clk, "the reserve was not made anew", func() bool { return reserve() == whole && !db.Short() })
	if err := db.Telemetry(ctx, func(tx *store.Tx) error { return setting(ctx, tx, "after", 10) }); err != nil {
		t.Error(err)
	}
}

// A reserve that takes the last room would make the disk full that it is to help with.
func TestNoReserveIsMadeOnADiskThatIsNearlyFull(t *testing.T) {
	dir := storetest.Disk(t, 24<<20)
	db, err := store.Open(context.Background(), "sqlite:"+filepath.Join(dir, "test.db"), clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, stop := context.WithCancel(context.Background())
	stop() // one look
	db.KeepReserve(ctx)
	if _, err := os.Stat(filepath.Join(dir, "test.db.reserve")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it was made: %v", err)
	}
}

func fillDisk(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, size := range []int{1 << 20, 1 << 12} {
		for {
			if _, err := f.Write(make([]byte, size)); err != nil {
				break
			}
		}
	}
}
