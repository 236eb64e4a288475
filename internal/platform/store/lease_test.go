package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

func TestOneProcessServesADatabase(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, _ *clock.Manual) {
		ctx := context.Background()
		first, err := db.TakeLease(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.TakeLease(ctx); !errors.Is(err, store.ErrServed) {
			t.Fatalf("two serve it: %v", err)
		}
		first.Release()
		second, err := db.TakeLease(ctx)
		if err != nil {
			t.Fatalf("it was not given back: %v", err)
		}
		second.Release()
	})
}

// The server ends the session, as when it restarts or a firewall forgets it.
func TestALostLeaseIsTold(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		if db.Dialect() == store.SQLite {
			t.Skip("a file's lock ends with the process")
		}
		ctx := context.Background()
		l, err := db.TakeLease(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Release()
		err = db.Housekeep(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for {
			select {
			case err := <-l.Lost():
				if err == nil {
					t.Error("no reason was told")
				}
				return
			case <-time.After(20 * time.Millisecond):
				clk.Advance(time.Minute)
			}
		}
	})
}
