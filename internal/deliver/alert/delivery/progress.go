package delivery

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Progress is what browsers are told of a thread at most four times a second.
type Progress struct {
	ID      string             `json:"id"`
	Figures Figures            `json:"figures"`
	Changed map[State][]string `json:"changed" doc:"Resource codes of terminals by the state they are in now"`
	More    bool               `json:"more" doc:"Further changes follow at once"`
}

// maxTold is how many terminals one telling names, so that it fits one bus message.
const maxTold = 4000

// How long a flush may step aside: longer with every thousand tracks that it would write.
const (
	leastWait   = 10 * time.Second
	waitOf1000  = 500 * time.Millisecond
	longestWait = 30 * time.Second
)

// tick flushes and tells. While orders go out and receipts come in the flush steps aside:
// they are on the critical path, it is not.
func (d *Desk) tick(ctx context.Context) {
	if d.busy.Swap(false) && time.Duration(d.waited)*tellEvery < d.wait() {
		d.waited++
	} else {
		d.waited = 0
		d.warn("deliveries wait to be stored", d.Flush(ctx))
	}
	d.Tell()
}

func (d *Desk) wait() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	dirty := 0
	for _, th := range d.threads {
		dirty += len(th.dirty)
	}
	return min(leastWait+time.Duration(dirty)*waitOf1000/1000, longestWait)
}

// Flush carries what the log says over into alert_delivery, and then marks orders as
// dispatched.
func (d *Desk) Flush(ctx context.Context) error {
	if !d.flushing.TryLock() {
		return nil
	}
	defer d.flushing.Unlock()
	return d.flush(ctx)
}

// flush is Flush by whoever holds the lock.
func (d *Desk) flush(ctx context.Context) error {
	d.mu.Lock()
	threads := make([]*thread, 0, len(d.threads))
	for _, th := range d.threads {
		threads = append(threads, th)
	}
	d.mu.Unlock()
	done, wrote := false, false
	for _, th := range threads {
		for {
			sent, more, err := d.flushSome(ctx, th)
			if err != nil {
				return err
			}
			done, wrote = done || sent, wrote || sent || more
			if !more {
				break
			}
		}
	}
	if done && d.Dispatched != nil {
		d.Dispatched()
	}
	if wrote {
		d.stored()
	}
	return nil
}

// maxFlush is how many tracks go into one transaction; receipts may come in between.
const maxFlush = 1000

// flushSome writes a batch of a thread's changed tracks; with the last of them the
// orders being sent become dispatched and the mark moves.
func (d *Desk) flushSome(ctx context.Context, th *thread) (sent, more bool, err error) {
	d.mu.Lock()
	if len(th.dirty) > maxFlush { // rows that are neighbours in the table go together
		slices.SortFunc(th.dirty, func(a, b *Track) int { return strings.Compare(a.Device, b.Device) })
	}
	n := min(len(th.dirty), maxFlush)
	chosen := th.dirty[:n]
	th.dirty = th.dirty[n:]
	rows := make([]Track, n)
	for i, t := range chosen {
		t.dirty = false
		rows[i] = *t
	}
	more = len(th.dirty) > 0
	var sending []*Order
	mark := int64(0)
	if !more {
		th.dirty = nil
		for _, o := range th.sending {
			if o.out {
				sending = append(sending, o)
			}
		}
		if th.lastID > th.markedID {
			mark = th.lastID
		}
	}
	d.mu.Unlock()
	if n == 0 && len(sending) == 0 && mark == 0 {
		return false, false, nil
	}
	now, last := time.Time{}, d.flushed
	err = d.DB.Housekeep(ctx, func(tx *store.Tx) error {
		now = tx.Now
		if d.flushed == 0 {
			if _, d.flushed, err = newest(ctx, tx); err != nil {
				return err
			}
		}
		// Like the ids of receipts: by the time, and growing though the clock does not.
		last = max(tx.Now.UnixMicro()<<10, d.flushed)
		if err := upsertTracks(ctx, tx, th.no, rows, last); err != nil {
			return err
		}
		for _, o := range sending {
			if err := markDispatched(ctx, tx, o); err != nil {
				return err
			}
		}
		if mark > 0 {
			return putMark(ctx, tx, th.no, mark)
		}
		return nil
	})
	if err == nil {
		d.flushed = last + int64(n)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		for _, t := range chosen {
			if !t.dirty {
				t.dirty = true
				th.dirty = append(th.dirty, t)
			}
		}
		return false, false, err
	}
	for _, s := range sending {
		for _, o := range th.orders {
			if o.Version == s.Version {
				o.DispatchedAt, o.Targets = now, s.Targets
			}
		}
	}
	th.sending = slices.DeleteFunc(th.sending, func(o *Order) bool { return slices.Contains(sending, o) })
	if mark > 0 {
		th.markedID = mark
	}
	return len(sending) > 0, more, nil
}

// Tell tells browsers what changed since it last did.
func (d *Desk) Tell() {
	type telling struct {
		path string
		Progress
	}
	var all []telling
	d.mu.Lock()
	for _, th := range d.threads {
		if len(th.news) == 0 {
			continue
		}
		p := Progress{ID: th.id, Figures: th.figures, Changed: map[State][]string{}}
		room := maxTold
		for s, devices := range th.news {
			n := min(room, len(devices))
			for _, code := range devices[:n] {
				// A terminal may have moved on since; only its present state is news.
				if t := th.tracks[code]; t != nil && t.State == s {
					p.Changed[s] = append(p.Changed[s], code)
				}
			}
			room -= n
			if n == len(devices) {
				delete(th.news, s)
			} else {
				th.news[s], p.More = devices[n:], true
			}
		}
		all = append(all, telling{th.regionPath, p})
	}
	d.mu.Unlock()
	for _, t := range all {
		d.Live.Tell("alert.progress", d.Read, t.path, t.Progress)
	}
}
