package peer

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"time"

	"github.com/emmansun/gmsm/sm3"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/media"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// State is how far a package that came has got.
type State string

// States of a package that came.
const (
	waiting State = "waiting" // stored and answered; to be acted on
	done    State = "done"
	failed  State = "failed"  // it was right, and could not be acted on
	refused State = "refused" // it was not right, and never will be acted on
)

// parcel is a package on its way to the disk.
type parcel struct {
	*entry
	raw     []byte
	pkg     *ebd.Package
	verdict *verdict
	err     error
	done    chan struct{}
}

// intake stores packages: all that wait while one batch is written make the next one, so that
// a burst costs a commit for many and a single one waits for nobody.
type intake struct {
	desk  *Desk
	queue chan *parcel
	over  chan struct{} // closed when nothing more is stored
}

// Bounds of a batch. One transaction takes at most a thousand rows, and an object is held in
// memory as it is written.
const (
	maxBatch   = 1000
	maxSegment = 64 << 20
)

// keep stores a package with others that come at the same time, and gives what it is to be
// answered.
func (d *Desk) keep(ctx context.Context, p *parcel) (*verdict, error) {
	p.done = make(chan struct{})
	select {
	case d.intake.queue <- p:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-d.intake.over:
		return nil, fault.New(fault.Unavailable, "request.no_room")
	case <-time.After(queueWait):
		return nil, fault.New(fault.Unavailable, "request.no_room")
	}
	select {
	case <-p.done:
		return p.verdict, p.err
	case <-d.intake.over: // whoever sent it sends it again
		return nil, fault.New(fault.Unavailable, "request.no_room")
	case <-ctx.Done(): // it may be stored; whoever sent it sends it again and is told so
		return nil, ctx.Err()
	}
}

// queueWait is how long a package waits for a place among those to be stored.
const queueWait = 20 * time.Second

// run stores until ctx ends.
func (q *intake) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			close(q.over)
			return
		case first := <-q.queue:
			batch, size := []*parcel{first}, len(first.raw)
			for more := true; more && len(batch) < maxBatch && size < maxSegment; {
				select {
				case p := <-q.queue:
					batch, size = append(batch, p), size+len(p.raw)
				default:
					more = false
				}
			}
			err := q.desk.storeBatch(ctx, batch)
			for _, p := range batch {
				p.err = err
				close(p.done)
			}
		}
	}
}

// storeBatch stores packages as they came, in one object and one commit, and says what each is
// to be answered.
func (d *Desk) storeBatch(ctx context.Context, batch []*parcel) error {
	ctx = store.Vital(ctx)
	fresh, err := d.sift(ctx, batch)
	if err != nil {
		return err
	}
	woken := map[string]bool{}
	if len(fresh) > 0 {
		if err := d.write(ctx, fresh); err != nil {
			return err
		}
		for _, p := range fresh {
			p.verdict = &verdict{code: p.code, words: p.words, doc: p.pkg.Document, seq: p.seq, at: p.receivedAt}
			woken[p.peer] = true
		}
		for id := range woken {
			d.hand(id, fresh)
			d.wake(id)
		}
	}
	for _, p := range batch {
		if p.verdict == nil { // one of this batch that came twice
			p.verdict = d.again(p, p.first)
		}
	}
	for _, p := range batch {
		if p.verdict.code != ebd.ResultGood {
			d.feel(p.peer, func(h *Health, now time.Time) { h.RefusedAt, h.Refusal = now, p.verdict.words })
			if d.stranger(p.peer, refusalsKept) {
				p.code, p.words, p.state, p.seq, p.receivedAt = p.verdict.code, p.verdict.words, refused, p.verdict.seq, d.Clock.Now()
				d.warn("a refused package could not be noted", d.noteRefused(ctx, p.entry))
			}
			d.Live.Tell("alert.peer", d.Read, p.regionPath, map[string]any{"id": p.peer})
		}
	}
	return nil
}

// sift gives those of a batch that never came before their record, and answers the others as
// they were answered then.
func (d *Desk) sift(ctx context.Context, batch []*parcel) (fresh []*parcel, err error) {
	type name struct{ peer, ebdid string }
	here := map[name]*parcel{}
	byPeer := map[string][]string{}
	for _, p := range batch {
		byPeer[p.peer] = append(byPeer[p.peer], p.ebdid)
	}
	known := map[name]*entry{}
	for id, ebdids := range byPeer {
		found, err := entriesByID(ctx, d.DB, id, ebdids)
		if err != nil {
			return nil, err
		}
		for _, in := range found {
			known[name{id, in.ebdid}] = in
		}
	}
	now := d.Clock.Now()
	for _, p := range batch {
		n := name{p.peer, p.ebdid}
		if was := known[n]; was != nil {
			p.verdict = d.again(p, was)
			continue
		}
		if first := here[n]; first != nil {
			p.first = first.entry
			continue
		}
		here[n] = p
		if p.seq, err = d.seqs.take(ctx); err != nil {
			return nil, err
		}
		p.id, p.receivedAt = store.NewID(now), now
		fresh = append(fresh, p)
	}
	return fresh, nil
}

// again answers what has a number that was used: the same document as it was answered then.
func (d *Desk) again(p *parcel, was *entry) *verdict {
	if was.digest == p.digest {
		return &verdict{code: was.code, words: was.words, doc: p.pkg.Document, seq: was.seq, at: was.receivedAt}
	}
	return no(ebd.ResultOther, p.pkg.Document, "数据包编号已用于另一内容，本包未处理")
}

// write puts packages into one object and their records into one commit.
func (d *Desk) write(ctx context.Context, fresh []*parcel) error {
	var segment bytes.Buffer
	hash := sm3.New()
	for _, p := range fresh {
		p.startAt, p.bytes = int64(segment.Len()), int64(len(p.raw))
		segment.Write(p.raw)
		hash.Write([]byte(p.digest))
	}
	digest, err := d.Shelf.Keep(ctx, segment.Bytes())
	if err != nil {
		return err
	}
	sum := hex.EncodeToString(hash.Sum(nil))
	return d.DB.Update(ctx, func(tx *store.Tx) error {
		if err := media.Note(ctx, tx, media.Object{SM3: digest, MessageID: segmentOwner, RegionPath: d.Home, MIME: "application/octet-stream", Bytes: int64(segment.Len())}); err != nil {
			return err
		}
		for _, p := range fresh {
			p.segment = digest
		}
		if err := insertEntries(ctx, tx, fresh); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "alert.peer.receive", Object: "alert-packages:" + fresh[0].id,
			Detail: map[string]any{"count": len(fresh), "sm3": sum, "object": digest}})
	})
}

// segmentOwner stands for a message in the register of objects.
const segmentOwner = "packages"

// original is a package as it came.
func (d *Desk) original(ctx context.Context, in *entry) ([]byte, error) {
	if in.segment == "" {
		return nil, errors.New("alert: the package was not kept")
	}
	return d.Shelf.Part(ctx, in.segment, in.startAt, in.bytes)
}
