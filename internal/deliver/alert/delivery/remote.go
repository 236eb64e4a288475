package delivery

import (
	"context"
	"errors"
	"fmt"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Terminals of joined nodes are never sent to from here. What their nodes shipped of them
// stands in the same log, tracks and figures as this node's own.

// ErrUnknown says that a batch is about a message that this node has not heard of yet.
var ErrUnknown = errors.New("alert: the batch is about a message that is not known here yet")

// TakeShipped stores a batch of receipts of a joined node. note runs in the same
// transaction: how far the node was read commits with what was read, so that every receipt
// is stored once. What is held already, because either side was put back to an earlier
// time, is left out.
func (d *Desk) TakeShipped(ctx context.Context, site string, b *Batch, note func(*store.Tx) error) error {
	d.busy.Store(true)
	d.taking.Lock()
	defer d.taking.Unlock()
	threads, err := d.shippedThreads(ctx, b)
	if err != nil {
		return err
	}
	batch, err := d.siftShipped(ctx, b, threads)
	if err != nil {
		return err
	}
	ctx = auth.As(ctx, auth.Actor{ID: "system:alert", Name: site})
	write := d.DB.Update
	if len(batch) == 0 {
		write = d.DB.Housekeep
	}
	err = write(ctx, func(tx *store.Tx) error {
		if len(batch) > 0 {
			if err := d.log(ctx, tx, batch); err != nil {
				return err
			}
		}
		return note(tx)
	})
	if err != nil || len(batch) == 0 {
		return err
	}
	now := d.Clock.Now()
	d.mu.Lock()
	for _, e := range batch {
		th := d.held(e.th)
		t := th.track(e.Code, e.RegionPath)
		if t.RegionPath == "" {
			t.RegionPath, t.Township = e.RegionPath, TownshipOf(e.RegionPath)
		}
		if !t.Knows(&e.Receipt.Receipt, e.taken) {
			th.change(t, func(t *Track) { t.Site = site })
			th.take(t, &e.Receipt.Receipt, e.taken)
		}
		th.lastID, th.touched = max(th.lastID, e.id), now
	}
	d.mu.Unlock()
	d.stored()
	return nil
}

// held is the thread in memory; the desk may have let it go.
func (d *Desk) held(th *thread) *thread {
	if known := d.threads[th.no]; known != nil {
		return known
	}
	d.threads[th.no], d.byID[th.id] = th, th
	return th
}

// shippedThreads finds the batch's threads and learns the orders of theirs.
func (d *Desk) shippedThreads(ctx context.Context, b *Batch) ([]*thread, error) {
	out := make([]*thread, len(b.Threads))
	for i, h := range b.Threads {
		no, err := number(ctx, d.DB, h.ID)
		if errors.Is(err, errNoThread) {
			return nil, fmt.Errorf("%w: %s", ErrUnknown, h.ID)
		}
		if err != nil {
			return nil, err
		}
		d.mu.Lock()
		th := d.threads[no]
		lacking := th == nil || th.lacks(h.Orders)
		d.mu.Unlock()
		if lacking {
			if err := d.DB.Housekeep(ctx, func(tx *store.Tx) error { return PutHeads(ctx, tx, no, h.ID, h.RegionPath, h.Orders) }); err != nil {
				return nil, err
			}
			if th, err = d.refresh(ctx, no); err != nil {
				return nil, err
			}
		}
		if th == nil {
			return nil, fmt.Errorf("%w: nothing was sent in %s", ErrUnknown, h.ID)
		}
		out[i] = th
	}
	return out, nil
}

// refresh reads the orders of a thread again.
func (d *Desk) refresh(ctx context.Context, no int64) (*thread, error) {
	d.mu.Lock()
	th := d.threads[no]
	d.mu.Unlock()
	if th == nil {
		return d.keep(ctx, no)
	}
	orders, err := threadOrders(ctx, d.DB, no)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, o := range orders {
		th.put(o)
	}
	return th, nil
}

// lacks reports whether an order is not known here, or not that it was closed; Desk.mu is held.
func (th *thread) lacks(list []Head) bool {
	for _, h := range list {
		o := th.orderOf(h.Version)
		if o == nil || h.ClosedAt > 0 && o.ClosedAt.IsZero() && len(o.Frame) == 0 {
			return true
		}
	}
	return false
}

// siftShipped leaves out what the log holds. That is looked up only for receipts that would
// change nothing, and those of an earlier version, of which a track keeps the last only.
func (d *Desk) siftShipped(ctx context.Context, b *Batch, threads []*thread) ([]entry, error) {
	batch := make([]entry, 0, len(b.Receipts))
	var doubtful []int // places in batch
	d.mu.Lock()
	for i := range b.Receipts {
		r := &b.Receipts[i]
		th := threads[r.Thread]
		t := th.tracks[string(r.Code)]
		if t != nil && t.holds(r) {
			doubtful = append(doubtful, len(batch))
		}
		batch = append(batch, entry{Receipt: &r.Receipt, th: th, taken: r.Taken})
	}
	d.mu.Unlock()
	if len(doubtful) == 0 {
		return batch, nil
	}
	drop := map[int]bool{}
	for _, i := range doubtful {
		e := batch[i]
		held, err := logged(ctx, d.DB, e.th.no, &e.Receipt.Receipt, string(e.Code))
		if err != nil {
			return nil, err
		}
		drop[i] = held
	}
	kept := batch[:0]
	for i, e := range batch {
		if !drop[i] {
			kept = append(kept, e)
		}
	}
	return kept, nil
}

// holds reports whether the track may have taken the receipt before.
func (t *Track) holds(r *Shipped) bool {
	after := *t
	after.Take(&r.Receipt.Receipt, r.Taken)
	after.dirty, after.again, after.Heard, after.aside = t.dirty, t.again, t.Heard, t.aside
	return after == *t
}

// TakeTracks takes over how a joined node's terminals stand there, and returns once it is
// stored. What comes again changes nothing.
func (d *Desk) TakeTracks(ctx context.Context, site string, b *Batch) error {
	threads, err := d.shippedThreads(ctx, b)
	if err != nil {
		return err
	}
	now := d.Clock.Now()
	d.mu.Lock()
	for i := range b.Tracks {
		s := &b.Tracks[i]
		th := d.held(threads[s.Thread])
		if t := th.tracks[s.Device]; t != nil && t.Site == "" && (t.Version > 0 || t.CancelVersion > 0) && t.SentAt > 0 {
			continue // it is sent to from here
		}
		path := s.RegionPath
		code := codeOf(&s.Track)
		th.change(th.track(code, path), func(t *Track) { t.follow(&s.Track, site) })
		th.touched = now
	}
	d.mu.Unlock()
	d.flushing.Lock()
	defer d.flushing.Unlock()
	return d.flush(ctx)
}

// follow takes over what the node that sends to the terminal says of it: all of it, unless
// receipts that came from there since say more.
func (t *Track) follow(s *Track, site string) {
	t.dirty = true
	t.Site, t.RegionPath, t.Township, t.Attempts = site, s.RegionPath, s.Township, s.Attempts
	if t.State == "" || ordinal(s.Version, s.State) >= ordinal(t.Version, t.State) {
		t.Version, t.State, t.StateAt, t.Reason, t.Source = s.Version, s.State, s.StateAt, s.Reason, s.Source
		t.SentAt, t.ReceivedAt, t.PlayingAt, t.PlayedAt = s.SentAt, s.ReceivedAt, s.PlayingAt, s.PlayedAt
	}
	if s.Version == t.Version && s.SentAt > 0 {
		t.SentAt = earliest(t.SentAt, s.SentAt)
	}
	if s.ReachedAt > 0 {
		t.ReachedAt = earliest(t.ReachedAt, s.ReachedAt)
	}
	t.cancelWith(s.CancelVersion)
	if s.CancelVersion == t.CancelVersion && s.CancelledAt > 0 {
		t.CancelledAt = earliest(t.CancelledAt, s.CancelledAt)
	}
	t.HeardEver = t.HeardEver || s.HeardEver
	if s.HeardVersion > t.HeardVersion || s.HeardVersion == t.HeardVersion && s.HeardAt >= t.HeardAt {
		t.HeardAt, t.Heard, t.HeardVersion = s.HeardAt, s.Heard, s.HeardVersion
	}
}
