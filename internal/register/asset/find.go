package asset

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// finder searches the register for a piece of text anywhere in a device's names, codes
// and numbers. No index of both databases answers that, and reading a hundred thousand
// rows for each asker takes most of a second, so the texts are kept in memory, some 150
// bytes each, from the first search on. Rows are never deleted, so what changed since is
// all there is to read again.
type finder struct {
	db    *store.DB
	clock clock.Clock

	mu   sync.RWMutex
	rows []findable
	at   map[string]int // place in rows by id
	read time.Time      // up to when changes were read
	old  bool           // whether this process changed something since
}

// findable is a device's id and what it can be found by.
type findable struct{ id, text string }

const (
	// A transaction says when it began, and may commit so much later.
	longestChange = time.Minute
	// From so many matches on the database is quicker: it fills a page soon.
	maxFound = 512
)

func newFinder(db *store.DB, clk clock.Clock) *finder {
	return &finder{db: db, clock: clk, at: map[string]int{}}
}

// changed makes the next search read what this process changed; what others changed is
// read every few seconds.
func (f *finder) changed() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.old = true
}

// find lists the devices whose text holds a lower-case piece; few is false when they are
// too many to be worth listing.
func (f *finder) find(ctx context.Context, piece string) (ids []string, few bool, err error) {
	if err := f.refresh(ctx); err != nil {
		return nil, false, err
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	for i := range f.rows {
		if strings.Contains(f.rows[i].text, piece) {
			if len(ids) == maxFound {
				return nil, false, nil
			}
			ids = append(ids, f.rows[i].id)
		}
	}
	return ids, true, nil
}

func (f *finder) refresh(ctx context.Context) error {
	now := f.clock.Now()
	f.mu.RLock()
	fresh := !f.old && !f.read.IsZero() && now.Sub(f.read) < freshFor
	f.mu.RUnlock()
	if fresh {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.old && !f.read.IsZero() && now.Sub(f.read) < freshFor { // another asker read them meanwhile
		return nil
	}
	var since time.Time
	if !f.read.IsZero() {
		since = f.read.Add(-longestChange)
	}
	list, err := findables(ctx, f.db, since)
	if err != nil {
		return err
	}
	for _, row := range list {
		if i, known := f.at[row.id]; known {
			f.rows[i] = row
			continue
		}
		f.at[row.id] = len(f.rows)
		f.rows = append(f.rows, row)
	}
	f.read, f.old = now, false
	return nil
}
