package media

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const (
	unusedAge  = time.Hour // what was kept may wait so long for its row
	sweepBatch = 500       // rows or objects at a time, so that memory is bounded
)

// errHeld ends a sweep that a backup keeps from deleting; the next one goes on.
var errHeld = errors.New("media: a backup holds the objects")

func (s *Shelf) lane(digest string) *sync.RWMutex {
	n, _ := strconv.ParseUint(digest[:2], 16, 8)
	return &s.lanes[n]
}

// Sweep forgets what no version of a message names any more, and deletes the objects that
// nothing refers to: what was taken away again, replaced, spoken anew or refused at the
// last step.
func (s *Shelf) Sweep(ctx context.Context) error {
	s.issued.Clear() // what is asked for still is found again
	before := s.DB.Clock().Now().Add(-unusedAge)
	for after := (key{}); ; {
		keys, err := unusedAfter(ctx, s.DB, before, after, sweepBatch)
		if err != nil || len(keys) == 0 {
			if err != nil {
				return err
			}
			break
		}
		if err := s.DB.Housekeep(ctx, func(tx *store.Tx) error { return forget(ctx, tx, before, keys) }); err != nil {
			return err
		}
		after = keys[len(keys)-1]
	}
	var batch []string
	drop := func() error {
		defer func() { batch = batch[:0] }()
		return s.drop(ctx, batch, before)
	}
	err := s.Blobs.List(ctx, "sm3/", func(o blob.Info) error {
		if digest := blob.NamedAfter(o.Key); o.Key == blob.DigestKey(digest) && o.Made.Before(before) {
			batch = append(batch, digest)
		}
		if len(batch) < sweepBatch {
			return nil
		}
		return drop()
	})
	if err == nil {
		err = drop()
	}
	if errors.Is(err, errHeld) {
		return nil
	}
	return err
}

// drop deletes those of some objects that have no row, unless they were kept anew.
func (s *Shelf) drop(ctx context.Context, digests []string, before time.Time) error {
	known, err := noted(ctx, s.DB, digests)
	if err != nil || len(known) == len(digests) {
		return err
	}
	ran, err := s.DB.DropObjects(ctx, func() error {
		for _, digest := range digests {
			if known[digest] {
				continue
			}
			if err := s.dropOne(ctx, digest, before); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && !ran {
		err = errHeld
	}
	return err
}

func (s *Shelf) dropOne(ctx context.Context, digest string, before time.Time) error {
	lane := s.lane(digest)
	if !lane.TryLock() {
		return nil // it may be the one that is kept just now
	}
	defer lane.Unlock()
	o, err := s.Blobs.Stat(ctx, blob.DigestKey(digest))
	if blob.Missing(err) || err == nil && !o.Made.Before(before) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.Blobs.Delete(ctx, blob.DigestKey(digest))
}
