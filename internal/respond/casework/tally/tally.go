// Package tally tells other modules what facts of cases add up to by day. What it tells is emitted in
// the transaction that marks it as told, so that it is told whenever it changed.
package tally

import (
	"context"
	"log/slog"
	"time"

	"github.com/tongsheng/tongsheng/internal/event"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Teller tells.
type Teller struct {
	DB    *store.DB
	Clock clock.Clock
	Log   *slog.Logger
}

// How often it is looked, how long what changes once more waits, and how much is told at once.
const (
	every  = 20 * time.Second
	wait   = 5 * time.Minute
	atOnce = 500
)

// Run tells until ctx ends.
func (t *Teller) Run(ctx context.Context) error {
	t.Clock.Every(ctx, every, func(ctx context.Context) {
		if err := t.Tell(ctx); err != nil && !store.Stopped(err) {
			t.Log.Error("what facts of cases add up to was not told and will be later", "error", err)
		}
	})
	return nil
}

// Tell tells what changed and was not told within the last minutes.
func (t *Teller) Tell(ctx context.Context) error {
	for {
		n := 0
		err := t.DB.Housekeep(ctx, func(tx *store.Tx) error {
			e := event.CasesTallied{Batch: store.NewID(tx.Now), At: tx.Now.UnixMicro()}
			var err error
			if e.Tallies, err = changed(ctx, tx, tx.Now.Add(-wait), atOnce); err != nil || len(e.Tallies) == 0 {
				return err
			}
			n = len(e.Tallies)
			for i := range e.Tallies {
				if err := markTold(ctx, tx, &e.Tallies[i]); err != nil {
					return err
				}
			}
			return tx.Emit(ctx, e)
		})
		if err != nil || n < atOnce {
			return err
		}
	}
}
