package peer

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// worker acts on what came from one peer, answers what it asks, and sends what is for it: each in
// a thread of its own, so that one that is slow to answer is listened to all the same, and a log
// of a year holds up no message.
type worker struct {
	desk   *Desk
	peer   *Peer
	client *client
	act    chan struct{}
	ask    chan struct{}
	send   chan struct{}
	stop   func()
	aside  map[string]bool // packages that are unfit as they are
	room   int             // for more resources, at the least

	mu    sync.Mutex
	held  map[string]held // packages just stored, by entry, to spare reading them again
	holds int             // bytes
}

type held struct {
	pkg   *ebd.Package
	bytes int
}

// Bounds of the packages held in memory for one peer.
const (
	maxHeld      = 2 * maxBatch
	maxHeldBytes = 16 << 20
)

// lookEvery is how often a worker looks though nothing woke it.
const lookEvery = time.Second

// start runs a peer's worker; d.mu is held.
func (d *Desk) start(p *Peer) *worker {
	ctx, cancel := context.WithCancel(d.running)
	w := &worker{desk: d, peer: p, client: newClient(p), act: make(chan struct{}, 1), ask: make(chan struct{}, 1), send: make(chan struct{}, 1), aside: map[string]bool{}, held: map[string]held{}}
	var done sync.WaitGroup
	w.stop = func() { cancel(); w.client.close() }
	loop := func(wake chan struct{}, work func(context.Context) (bool, error), what string) {
		done.Go(func() {
			for ctx.Err() == nil {
				more, err := work(ctx)
				d.warn(what, err)
				if more && err == nil {
					continue
				}
				select {
				case <-ctx.Done():
				case <-wake:
				}
			}
		})
	}
	loop(w.act, w.lookIn, "packages wait to be acted on")
	loop(w.ask, w.lookAsked, "questions wait to be answered")
	loop(w.send, w.lookOut, "packages wait to go")
	done.Go(func() {
		d.Clock.Every(ctx, lookEvery, func(context.Context) { nudge(w.act); nudge(w.ask); nudge(w.send) })
	})
	if p.URL != "" {
		done.Go(func() {
			w.beat(ctx)
			d.Clock.Every(ctx, beatEvery, w.beat)
		})
	}
	d.group.Go(func() { done.Wait(); cancel() })
	return w
}

// hand gives packages that were just stored to the worker that will act on them.
func (d *Desk) hand(peer string, list []*parcel) {
	d.mu.Lock()
	w := d.workers[peer]
	d.mu.Unlock()
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range list {
		if p.peer == peer && len(w.held) < maxHeld && w.holds+len(p.raw) <= maxHeldBytes {
			w.held[p.id] = held{p.pkg, len(p.raw)}
			w.holds += len(p.raw)
		}
	}
}

// fetch is a package as it was judged.
func (w *worker) fetch(ctx context.Context, e *entry) (*ebd.Package, error) {
	w.mu.Lock()
	had := w.held[e.id]
	delete(w.held, e.id)
	w.holds -= had.bytes
	w.mu.Unlock()
	if had.pkg != nil {
		return had.pkg, nil
	}
	raw, err := w.desk.original(ctx, e)
	if err != nil {
		return nil, err
	}
	pkg, _, err := ebd.ReadPackage(bytes.NewReader(raw), limits)
	return pkg, err
}

// actBatch is how many packages are looked at together; reports among them share a commit.
const actBatch = 50

// lookIn acts on what waits, the most urgent first, and reports whether there may be more.
func (w *worker) lookIn(ctx context.Context) (more bool, err error) {
	list, err := waitingEntries(ctx, w.desk.DB, w.peer.ID, actBatch)
	if err != nil || len(list) == 0 {
		return false, err
	}
	var reports []*entry
	for _, e := range list {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		if e.rank == rankReport {
			reports = append(reports, e)
			continue
		}
		err = errors.Join(err, w.actOn(ctx, e))
		if e.kind == "EBM" {
			select { // something more urgent may have come
			case <-w.act:
				return true, err
			default:
			}
		}
	}
	if len(reports) > 0 {
		err = errors.Join(err, w.takeReports(ctx, reports))
	}
	nudge(w.ask)
	return len(list) == actBatch, err
}

// lookAsked answers what a peer asks, in order; how a message fares is told after it was taken in.
func (w *worker) lookAsked(ctx context.Context) (more bool, err error) {
	list, err := askedEntries(ctx, w.desk.DB, w.peer.ID, actBatch)
	for _, e := range list {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		before, failed := waitingEBM(ctx, w.desk.DB, w.peer.ID, e.ebmid)
		if failed == nil && len(before) == 0 {
			failed = w.actOn(ctx, e)
			more = more || failed == nil
		}
		err = errors.Join(err, failed)
	}
	return more && len(list) == actBatch, err
}

// settled keeps what became of a package.
func (w *worker) settled(ctx context.Context, e *entry, state State, note string) error {
	e.state, e.note = state, note
	err := w.desk.DB.Housekeep(store.Vital(ctx), func(tx *store.Tx) error { return settle(ctx, tx, e) })
	if err == nil {
		w.desk.Live.Tell("alert.peer_package", w.desk.Read, w.peer.RegionPath, map[string]any{"id": e.id, "peer": w.peer.ID, "type": e.kind, "state": state})
	}
	return err
}
