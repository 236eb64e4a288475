package delivery

import (
	"context"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Receipts and deliveries are shipped to the node above by position: it asks for what comes
// after the last that it stored. Ids of the log grow with every commit, and so do the
// numbers that flushes give to deliveries.

// Log says whose log is shipped.
type Log struct {
	Epoch string
	Start int64 // where it stood when the epoch began
	Boot  string
}

// ShipReceipts is what the log holds after a position.
func (d *Desk) ShipReceipts(ctx context.Context, l Log, after int64) (*Batch, error) {
	rows, err := receiptsAfter(ctx, d.DB, after, maxShipped)
	if err != nil {
		return nil, err
	}
	b := &Batch{Epoch: l.Epoch, Boot: l.Boot, Start: l.Start, Last: after}
	if len(rows) > 0 {
		b.Last = rows[len(rows)-1].id
	}
	if len(rows) == maxShipped {
		if b.Behind, err = receiptsBeyond(ctx, d.DB, b.Last); err != nil {
			return nil, err
		}
	}
	at := places{}
	for i := range rows {
		r := &rows[i]
		th, n, err := d.heading(ctx, b, at, r.thread)
		if err != nil {
			return nil, err
		}
		if th == nil {
			continue // nothing was ever sent in it
		}
		d.mu.Lock()
		if t := th.tracks[string(r.Code)]; t != nil {
			r.RegionPath = t.RegionPath
		}
		taken := takenAt(r.At, th, r.id, r.taken)
		d.mu.Unlock()
		b.Receipts = append(b.Receipts, Shipped{Thread: n, ID: r.id, Taken: taken, Receipt: r.Receipt})
	}
	return b, nil
}

// ShipTracks is what was flushed of deliveries after a position.
func (d *Desk) ShipTracks(ctx context.Context, l Log, after int64) (*Batch, error) {
	rows, err := tracksAfter(ctx, d.DB, after, maxShipped)
	if err != nil {
		return nil, err
	}
	b := &Batch{Epoch: l.Epoch, Boot: l.Boot, Start: l.Start, Last: after}
	if len(rows) > 0 {
		b.Last = rows[len(rows)-1].flushed
	}
	if len(rows) == maxShipped {
		if b.Behind, err = tracksBeyond(ctx, d.DB, b.Last); err != nil {
			return nil, err
		}
	}
	at := places{}
	for _, r := range rows {
		th, n, err := d.heading(ctx, b, at, r.thread)
		if err != nil {
			return nil, err
		}
		if th != nil {
			b.Tracks = append(b.Tracks, ShippedTrack{n, *r.Track})
		}
	}
	return b, nil
}

// heading finds a thread's place among those of the batch; nil where it has no orders.
func (d *Desk) heading(ctx context.Context, b *Batch, at places, no int64) (*thread, int, error) {
	if p, ok := at[no]; ok { // one that is over is read from the database: once for a batch
		return p.thread, p.at, nil
	}
	th, err := d.thread(ctx, no)
	if err != nil {
		return nil, 0, err
	}
	p := place{th, len(b.Threads)}
	at[no] = p
	if th == nil {
		return nil, 0, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	b.Threads = append(b.Threads, Heading{ID: th.id, RegionPath: th.regionPath, Orders: heads(th.orders)})
	return th, p.at, nil
}

// places are where threads stand in a batch, by number.
type places map[int64]place

type place struct {
	*thread
	at int
}

func heads(orders []*Order) []Head {
	out := make([]Head, 0, len(orders))
	for _, o := range orders {
		out = append(out, Head{o.Version, o.Kind, o.IssuedAt.UnixMicro(), o.StartsAt, o.Lasts.Microseconds(), o.ValidUntil.UnixMicro(), micros(o.ClosedAt)})
	}
	return out
}

// Heads are the orders of a thread.
func Heads(ctx context.Context, q store.Queryer, no int64) ([]Head, error) {
	orders, err := threadOrders(ctx, q, no)
	return heads(orders), err
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// takenAt is a stored receipt's time within sensible bounds: those of the node that took it.
func takenAt(at int64, th *thread, id, taken int64) int64 {
	if taken != 0 {
		return taken
	}
	return within(at, th, storedAt(id))
}

// storedAt is when the receipt with this id was stored.
func storedAt(id int64) time.Time { return time.UnixMicro(id >> 10) }

// Positions are how far the log of receipts and the deliveries go.
func Positions(ctx context.Context, q store.Queryer) (receipts, deliveries int64, err error) {
	return newest(ctx, q)
}
