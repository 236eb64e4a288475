package door

import (
	"context"
	"hash/maphash"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// maxSets is how many sets are told apart for one message; more are not counted, rather than
// counted twice.
const maxSets = 500_000

// counts gathers what sets say until it is stored.
type counts struct {
	seed  maphash.Seed
	cells map[cell]*Tally
}

// cell is one place at one moment of a message.
type cell struct {
	message, path string
	slot          int64 // seconds since it went out, in steps
}

// Tally is what sets said.
type Tally struct {
	Connected int64 `json:"connected" doc:"Sets that were connected when it went out"`
	Crawl     int64 `json:"crawl" doc:"Sets that showed it as a crawl"`
	Full      int64 `json:"full" doc:"Sets that showed it on the whole screen"`
	Ended     int64 `json:"ended" doc:"Sets that say that it is over"`
}

func (t *Tally) add(o Tally) {
	t.Connected += o.Connected
	t.Crawl += o.Crawl
	t.Full += o.Full
	t.Ended += o.Ended
}

func newCounts() counts { return counts{maphash.MakeSeed(), map[cell]*Tally{}} }

func (c *counts) at(message, path string, slot int64) *Tally {
	key := cell{message, path, slot}
	if c.cells[key] == nil {
		c.cells[key] = new(Tally)
	}
	return c.cells[key]
}

func (c *counts) connected(o *order, path string) { c.at(o.ThreadID, path, 0).Connected++ }

// slot is a moment of a message: each second of the first minute, each minute of the first
// hour, each hour of the first day, and later.
func slot(since time.Duration) int64 {
	s := int64(max(since, 0) / time.Second)
	switch {
	case s < 60:
		return s
	case s < 3600:
		return s / 60 * 60
	}
	return min(s/3600, 24) * 3600
}

// Phases of a report.
const (
	Shown = "shown"
	Ended = "ended"
)

// Report is what a set says of one message.
type Report struct {
	Order string `json:"o" maxLength:"26"`
	Phase string `json:"p" enum:"shown,ended"`
	How   string `json:"how,omitempty" enum:"crawl,full" doc:"How it was shown"`
	After int64  `json:"after" minimum:"0" doc:"Milliseconds between its going out and this, by the set's clock, which the platform set"`
}

// Take counts what a set says. What it says of a message that is none, or was not for it, is
// left out without a word: a set that was off says things long afterwards.
func (d *Door) Take(ctx context.Context, set string, code string, reports []Report) error {
	region, err := d.region(ctx, code)
	if err != nil {
		return err
	}
	if len(set) != 32 {
		return fault.Bad("set", "alert.tv.set")
	}
	path := about(region.Path)
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range reports {
		th := d.orders[r.Order]
		if th == nil || !th.plays(region.Code) {
			continue
		}
		at := slot(time.Duration(min(r.After, int64(48*time.Hour/time.Millisecond))) * time.Millisecond)
		key := maphash.String(d.counts.seed, set+r.Phase)
		if th.sets[key] || len(th.sets) >= 2*maxSets {
			continue
		}
		th.sets[key] = true
		t := d.counts.at(r.Order, path, at)
		switch {
		case r.Phase == Ended:
			t.Ended++
		case r.How == "full":
			t.Full++
		default:
			t.Crawl++
		}
	}
	return nil
}

func (th *thread) plays(region string) bool {
	for _, o := range th.orders {
		if o.Kind == wire.Play && o.concerns(region) {
			return true
		}
	}
	return false
}

// Flush stores what was counted since the last.
func (d *Door) Flush(ctx context.Context) error {
	d.mu.Lock()
	cells := d.counts.cells
	d.counts.cells = map[cell]*Tally{}
	d.mu.Unlock()
	if len(cells) == 0 {
		return nil
	}
	keys := make([]cell, 0, len(cells))
	for key := range cells {
		keys = append(keys, key)
	}
	const batch = 1000
	for len(keys) > 0 {
		part := keys[:min(batch, len(keys))]
		err := d.DB.Telemetry(ctx, func(tx *store.Tx) error {
			for _, key := range part {
				if err := addCount(ctx, tx, key, *cells[key]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil { // kept for the next time
			d.mu.Lock()
			for _, key := range keys {
				d.counts.at(key.message, key.path, key.slot).add(*cells[key])
			}
			d.mu.Unlock()
			return err
		}
		keys = keys[len(part):]
	}
	return nil
}
