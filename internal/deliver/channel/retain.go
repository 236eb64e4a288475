package channel

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const (
	// dropBatch is how many rows one transaction deletes, so that nobody waits long for the writer.
	dropBatch = 500
	// soundBatch is the same of recordings, each of which is looked for in every timetable.
	soundBatch = 20
	// unusedAge is how long what was uploaded may wait for its row.
	unusedAge = time.Hour
)

// forget deletes what was kept as long as the rules say: occurrences that are over, and recordings
// that nothing plays any more. What timetables said, version by version, stays.
func (m *Module) forget(ctx context.Context) error {
	keep, err := m.Memory.Keep(ctx)
	if err != nil {
		return err
	}
	before := m.Clock.Now().Add(-keep)
	for n := int64(dropBatch); n > 0 && ctx.Err() == nil; {
		if err := m.DB.Housekeep(ctx, func(tx *store.Tx) (err error) {
			n, err = dropOccurrences(ctx, tx, before, dropBatch)
			return err
		}); err != nil {
			return err
		}
	}
	unused, err := unusedRecordings(ctx, m.DB, before)
	if err != nil {
		return err
	}
	for batch := range slices.Chunk(unused, soundBatch) {
		if err := m.DB.Housekeep(ctx, func(tx *store.Tx) error {
			for _, r := range batch {
				if err := dropRecording(ctx, tx, r); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return m.sweep(ctx)
}

// sweep deletes the sounds that no recording names, unless a backup holds them.
func (m *Module) sweep(ctx context.Context) error {
	before := m.Clock.Now().Add(-unusedAge)
	var unused []string
	err := m.Blobs.List(ctx, soundPrefix, func(o blob.Info) error {
		digest := blob.NamedAfter(o.Key)
		if digest == "" || !o.Made.Before(before) {
			return nil
		}
		found, err := recordings(ctx, m.DB, digest)
		if err == nil && len(found) == 0 {
			unused = append(unused, digest)
		}
		return err
	})
	if err != nil || len(unused) == 0 {
		return err
	}
	_, err = m.DB.DropObjects(ctx, func() error {
		for _, digest := range unused {
			err = errors.Join(err, m.dropSound(ctx, digest))
		}
		return err
	})
	return err
}

// dropSound deletes one sound unless it was uploaded anew.
func (m *Module) dropSound(ctx context.Context, digest string) error {
	m.sounds.Lock()
	defer m.sounds.Unlock()
	found, err := recordings(ctx, m.DB, digest)
	if err != nil || len(found) > 0 {
		return err
	}
	return m.Blobs.Delete(ctx, soundKey(digest))
}
