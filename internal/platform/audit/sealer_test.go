package audit_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/obs/obstest"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// seal runs a sealer until the test ends.
func seal(t *testing.T, db *store.DB, key audit.Key) *obstest.Diary {
	t.Helper()
	log := &obstest.Diary{}
	t.Cleanup(startTold(db, key, log))
	return log
}

// start runs a sealer until it is stopped.
func start(db *store.DB, key audit.Key) (stop func()) { return startTold(db, key, &obstest.Diary{}) }

func startTold(db *store.DB, key audit.Key, log *obstest.Diary) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); audit.Sealer(ctx, db, key, slog.New(slog.NewTextHandler(log, nil))) }()
	return func() { cancel(); <-done }
}

// ticking moves the clock until something has happened.
func ticking(t *testing.T, clk *clock.Manual, what string, ok func() bool) {
	t.Helper()
	for range 1000 {
		if ok() {
			return
		}
		clk.Advance(audit.SealEvery)
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("did not happen: %s", what)
}

func unsealed(t *testing.T, db *store.DB) int64 {
	t.Helper()
	v, err := audit.Verify(context.Background(), db, audit.Against{})
	if err != nil {
		t.Fatal(err)
	}
	return v.Unsealed
}

func do(t *testing.T, db *store.DB, statement string) {
	t.Helper()
	ctx := context.Background()
	if err := db.Housekeep(ctx, func(tx *store.Tx) error { _, err := tx.Exec(ctx, statement); return err }); err != nil {
		t.Fatal(err)
	}
}

// A record whose sealing failed is sealed once sealing works, also when nothing more is
// committed.
func TestAFailedSealIsMadeUpFor(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		log := seal(t, db, newNode(t))
		do(t, db, `ALTER TABLE platform_audit_seal RENAME TO platform_audit_away`)
		write(t, db, 1)
		ticking(t, clk, "the failure is told", func() bool { return strings.Contains(log.String(), "could not be extended") })
		do(t, db, `ALTER TABLE platform_audit_away RENAME TO platform_audit_seal`)
		ticking(t, clk, "the records are sealed", func() bool { return unsealed(t, db) == 0 })
	})
}

// That another sealer took the number is told only when it goes on and on.
func TestALostRaceIsNoError(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		write(t, db, 1)
		do(t, db, `INSERT INTO platform_audit_seal (seq, record_id, hash, sealed_at) SELECT 1, id, 'x', 0 FROM platform_audit`)
		if _, err := audit.Seal(context.Background(), db); !store.Taken(err) {
			t.Fatalf("sealing what another has sealed: %v", err)
		}
		log := seal(t, db, newNode(t))
		clk.Advance(audit.SealEvery)
		time.Sleep(50 * time.Millisecond)
		if s := log.String(); s != "" {
			t.Errorf("told of a lost race: %s", s)
		}
		ticking(t, clk, "a race that never ends is told", func() bool { return strings.Contains(log.String(), "could not be extended") })
	})
}
