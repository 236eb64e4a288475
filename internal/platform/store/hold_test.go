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

// Any number may hold the objects at once; who deletes is alone.
func TestObjectsAreHeldOrDropped(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, _ *clock.Manual) {
		ctx := context.Background()
		hold := func() func() {
			t.Helper()
			release, err := db.HoldObjects(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return release
		}
		drop := func(fn func() error) bool {
			t.Helper()
			ran, err := db.DropObjects(ctx, fn)
			if err != nil {
				t.Fatal(err)
			}
			return ran
		}
		nothing := func() error { return nil }
		first, second := hold(), hold()
		if first(); drop(nothing) {
			t.Error("what a backup holds was dropped")
		}
		second()
		if !drop(nothing) {
			t.Error("it was held for ever")
		}
		drop(func() error {
			short, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
			defer cancel()
			if _, err := db.HoldObjects(short); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("held under a deletion: %v", err)
			}
			return nil
		})
		hold()()
	})
}
