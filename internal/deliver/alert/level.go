package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/platform/link"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Levels: nodes of the nation, a city and its districts hold the same messages and receipts.
//
//   - A message belongs to the node that issued it. Messages and stops go down to the nodes
//     whose regions they touch, and up to all above; each keeps a copy, as of the owner's
//     newest revision that it has seen.
//   - A node that gets a message from above signs orders of its own for its own terminals.
//   - Receipts, and how terminals stand, go up only; descriptions of terminals too.
//
// Everything is asked for by whoever lacks it, after a position that is stored with what it
// brought. Positions are of an epoch of the other node's log: another epoch says that it was
// put back to an earlier time, and that what comes may have come before.

// Links ask other nodes; *link.Links do.
type Links interface {
	Ask(ctx context.Context, site, what string, question []byte) ([]byte, error)
	// Wake tells the other nodes that there is something new here.
	Wake()
	// WakeAbove tells the node above.
	WakeAbove()
}

// What is asked over links.
const (
	askMessages   = "messages"
	askReceipts   = "receipts"
	askDeliveries = "deliveries"
	askTerminals  = "terminals"
	askMedia      = "media"
)

// Questions lists what this node answers to others.
func (m *Module) Questions() map[string]link.Answer {
	return map[string]link.Answer{askMessages: m.tellMessages, askReceipts: m.tellReceipts, askDeliveries: m.tellDeliveries,
		askTerminals: m.tellTerminals, askMedia: m.tellMedia}
}

// question asks for what comes after a position.
type question struct {
	Epoch string `json:"e,omitempty"`
	After int64  `json:"a"`
}

func (m *Module) read(raw []byte, into any) error {
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("alert: a question of another node: %w", err)
	}
	return nil
}

// log is this node's log as others are told of it: the present epoch, begun anew where the
// asker has seen more of it than there is.
func (m *Module) log(ctx context.Context, q question, last func(context.Context) (int64, error)) (epoch, error) {
	m.epochs.Lock()
	defer m.epochs.Unlock()
	e, err := readEpoch(ctx, m.DB)
	if err != nil {
		return e, err
	}
	if e.ID != "" && q.Epoch == e.ID {
		held, err := last(ctx)
		if err != nil || q.After <= held {
			return e, err
		}
	} else if e.ID != "" {
		return e, nil
	}
	// Since when the log is another is not known, so that all of it is told again; what the
	// other holds already it leaves out.
	err = m.DB.Housekeep(ctx, func(tx *store.Tx) (err error) { e, err = nextEpoch(ctx, tx, e, epoch{}); return err })
	return e, err
}

// nextEpoch begins an epoch after another, at a position of the log.
func nextEpoch(ctx context.Context, tx *store.Tx, before, at epoch) (epoch, error) {
	if at.ID = store.NewID(tx.Now); at.ID <= before.ID { // by a clock that went back
		at.ID = before.ID + "0"
	}
	return at, insertEpoch(ctx, tx, at)
}

// BeginEpoch lets other nodes notice that this node's database was just put back to an
// earlier time.
func BeginEpoch(ctx context.Context, db *store.DB) error {
	return db.Housekeep(ctx, func(tx *store.Tx) error {
		before, err := readEpoch(ctx, tx)
		if err != nil || before.ID == "" {
			return err
		}
		var at epoch
		if at.Receipt, at.Flushed, err = delivery.Positions(ctx, tx); err != nil {
			return err
		}
		_, err = nextEpoch(ctx, tx, before, at)
		return err
	})
}

// toldKey is one kind of thing that another node asks for, and toldOf what it lacked when it
// last did.
type (
	toldKey struct{ site, name string }
	toldOf  struct {
		behind int64
		at     time.Time
	}
)

func (m *Module) noteTold(to link.Node, name string, behind int64) {
	m.owed.Store(toldKey{to.Site, name}, toldOf{behind, m.Clock.Now()})
}

// Told is what another node had yet to fetch from here when it last asked, since this node
// started; nothing of what it did not ask for.
func (m *Module) Told(site string) (list []link.Stream) {
	for _, name := range []string{askMessages, askReceipts, askDeliveries} {
		if found, ok := m.owed.Load(toldKey{site, name}); ok {
			t := found.(toldOf)
			list = append(list, link.Stream{Name: name, Behind: t.behind, At: moment(t.at)})
		}
	}
	return list
}

func (m *Module) tellReceipts(ctx context.Context, to link.Node, raw []byte) ([]byte, error) {
	var q question
	if err := m.read(raw, &q); err != nil {
		return nil, err
	}
	e, err := m.log(ctx, q, func(ctx context.Context) (int64, error) { n, _, err := delivery.Positions(ctx, m.DB); return n, err })
	if err != nil {
		return nil, err
	}
	b, err := m.desk.ShipReceipts(ctx, delivery.Log{Epoch: e.ID, Start: e.Receipt, Boot: m.boot}, q.After)
	if err != nil {
		return nil, err
	}
	m.noteTold(to, askReceipts, b.Behind)
	return b.Pack()
}

func (m *Module) tellDeliveries(ctx context.Context, to link.Node, raw []byte) ([]byte, error) {
	var q question
	if err := m.read(raw, &q); err != nil {
		return nil, err
	}
	e, err := m.log(ctx, q, func(ctx context.Context) (int64, error) { _, n, err := delivery.Positions(ctx, m.DB); return n, err })
	if err != nil {
		return nil, err
	}
	b, err := m.desk.ShipTracks(ctx, delivery.Log{Epoch: e.ID, Start: e.Flushed, Boot: m.boot}, q.After)
	if err != nil {
		return nil, err
	}
	m.noteTold(to, askDeliveries, b.Behind)
	return b.Pack()
}

// How often another node is asked although it did not say that there is something new.
const (
	askEvery       = time.Second
	terminalsEvery = 2 * time.Second
	breath         = 50 * time.Millisecond // between two rounds: what comes meanwhile comes at once
	receiptsFlow   = time.Second           // receipts are coming in so long after the last that did
	stepAside      = 20 * time.Second      // how long deliveries may wait for them
	patient        = 3                     // rounds that a batch may wait for its message
)

// overlapBack is how far before its position a node's log is read again after it was
// started anew: the process before may have stored something until it ended.
const overlapBack = int64(10*time.Second/time.Microsecond) << 10

// Beside fetches from another node what this one lacks, until ctx ends.
func (m *Module) Beside(ctx context.Context, with link.Node, woken <-chan struct{}) {
	p := &puller{Module: m, with: with, streams: map[string]*stream{}}
	m.pullers.Store(with.Site, p)
	p.recall(ctx)
	var group sync.WaitGroup
	defer group.Wait()
	if !with.Above {
		// Receipts are what people wait for. How terminals stand follows from them but for those
		// that said nothing, and takes long to store for a city.
		group.Go(func() { m.Clock.Every(ctx, askEvery, p.aside) })
	}
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		p.round(ctx)
		select {
		case <-ctx.Done():
			return
		case <-woken:
			select {
			case <-time.After(breath):
			case <-ctx.Done():
			}
		case <-tick.C:
		}
	}
}

// puller fetches from one node.
type puller struct {
	*Module
	with    link.Node
	lacking []lack            // objects that are not here yet
	parts   map[string][]byte // of those, what came so far, by digest
	most    int               // bytes to ask for at a time; 0: a whole piece
	looked  time.Time         // for terminals
	carried time.Time         // when deliveries were fetched last
	cameAt  atomic.Int64      // when receipts came last, UTC microseconds

	mu      sync.Mutex
	streams map[string]*stream
}

// stream is how far one kind of thing has come, for whoever looks.
type stream struct {
	behind int64
	at     time.Time
	err    string
	waits  int // rounds that a batch has waited for its message
}

// Streams tells how far this node is with another.
func (m *Module) Streams(site string) (list []link.Stream) {
	found, ok := m.pullers.Load(site)
	if !ok {
		return nil
	}
	p := found.(*puller)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, name := range []string{askMessages, askReceipts, askDeliveries, askTerminals} {
		if s := p.streams[name]; s != nil {
			list = append(list, link.Stream{Name: name, Behind: s.behind, At: moment(s.at), Error: s.err})
		}
	}
	return list
}

// note keeps how far a stream has come, and reports whether an error is another than before.
func (p *puller) note(name string, behind int64, err error) (news bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.stream(name)
	switch {
	case err != nil:
		news, s.err = s.err != err.Error(), err.Error()
	default:
		s.behind, s.err = behind, ""
		if behind == 0 {
			s.at = p.Clock.Now()
		}
	}
	return news
}

// stream is called with the lock held.
func (p *puller) stream(name string) *stream {
	s := p.streams[name]
	if s == nil {
		s = new(stream)
		p.streams[name] = s
	}
	return s
}

// round fetches messages and receipts: all there are.
func (p *puller) round(ctx context.Context) {
	if !p.all(ctx, askMessages, p.fetchMessages) {
		return
	}
	p.fetchLacking(ctx, time.Second)
	if !p.with.Above {
		p.all(ctx, askReceipts, p.fetchReceipts)
	}
}

// aside fetches how terminals stand and which there are, a little at a time while receipts
// come in.
func (p *puller) aside(ctx context.Context) {
	for more := true; more; {
		now := p.Clock.Now()
		if flow := now.UnixMicro()-p.cameAt.Load() < receiptsFlow.Microseconds(); flow && now.Sub(p.carried) < stepAside {
			break
		}
		var ok bool
		if more, ok = p.some(ctx, askDeliveries, p.fetchTracks); !ok {
			return
		}
		p.carried = p.Clock.Now()
	}
	if now := p.Clock.Now(); now.Sub(p.looked) >= terminalsEvery {
		p.looked = now
		p.all(ctx, askTerminals, p.fetchTerminals)
	}
}

// all fetches of a stream what there is; false after an error.
func (p *puller) all(ctx context.Context, name string, step func(context.Context) (behind int64, err error)) (ok bool) {
	for more := true; more; {
		if more, ok = p.some(ctx, name, step); !ok {
			return false
		}
	}
	return true
}

// some fetches one batch of a stream.
func (p *puller) some(ctx context.Context, name string, step func(context.Context) (behind int64, err error)) (more, ok bool) {
	behind, err := step(ctx)
	if ctx.Err() != nil {
		return false, false
	}
	if p.note(name, behind, err) && !errors.Is(err, link.ErrCut) { // once, not every second
		p.Log.Warn("alert: another node's "+name+" wait", "site", p.with.Site, "error", err)
	}
	return behind > 0, err == nil
}

// position is where to go on in a stream.
func (p *puller) position(ctx context.Context, name string) (mark, []byte, error) {
	at, err := readMark(ctx, p.DB, p.with.Site, name)
	if err != nil {
		return at, nil, err
	}
	raw, err := json.Marshal(question{at.Epoch, at.Position})
	return at, raw, err
}

// again reports whether a stream must be read from an earlier position than it was, because
// the other node's log or its process is another, and notes which.
func (p *puller) again(ctx context.Context, name string, at mark, epoch, boot string, start int64) (bool, error) {
	if epoch == at.Epoch && boot == at.Boot {
		return false, nil
	}
	next := mark{epoch, boot, at.Position}
	switch {
	case epoch != at.Epoch && at.Epoch != "":
		next.Position = min(at.Position, start)
		p.Log.Warn("alert: another node's log was put back to an earlier time", "site", p.with.Site, "stream", name)
	case at.Boot != "":
		next.Position = max(at.Position-overlapBack, 0)
	}
	err := p.DB.Housekeep(ctx, func(tx *store.Tx) error { return putMark(ctx, tx, p.with.Site, name, next) })
	return err == nil && next.Position < at.Position, err
}

func (p *puller) batch(ctx context.Context, name string) (b *delivery.Batch, at mark, again bool, err error) {
	at, ask, err := p.position(ctx, name)
	if err != nil {
		return nil, at, false, err
	}
	raw, err := p.Links.Ask(ctx, p.with.Site, name, ask)
	if err != nil {
		return nil, at, false, err
	}
	if b, err = delivery.Unpack(raw); err != nil {
		return nil, at, false, err
	}
	again, err = p.again(ctx, name, at, b.Epoch, b.Boot, b.Start)
	return b, at, again, err
}

func (p *puller) fetchReceipts(ctx context.Context) (behind int64, err error) {
	b, at, again, err := p.batch(ctx, askReceipts)
	if err != nil || again {
		return 1, err
	}
	if b.Last <= at.Position {
		return 0, nil
	}
	p.cameAt.Store(p.Clock.Now().UnixMicro())
	if err = p.trust(ctx, b); err == nil {
		next := mark{b.Epoch, b.Boot, b.Last}
		err = p.desk.TakeShipped(ctx, p.with.Site, b, func(tx *store.Tx) error {
			if err := refreezeLate(ctx, tx, threadIDs(b)); err != nil {
				return err
			}
			return putMark(ctx, tx, p.with.Site, askReceipts, next)
		})
	}
	p.forget(b)
	return b.Behind, p.skip(ctx, askReceipts, b, err)
}

func (p *puller) fetchTracks(ctx context.Context) (behind int64, err error) {
	b, at, again, err := p.batch(ctx, askDeliveries)
	if err != nil || again {
		return 1, err
	}
	if b.Last <= at.Position {
		return 0, nil
	}
	if err = p.trust(ctx, b); err == nil {
		err = p.desk.TakeTracks(ctx, p.with.Site, b)
	}
	if err == nil {
		err = p.DB.Housekeep(ctx, func(tx *store.Tx) error {
			if err := refreezeLate(ctx, tx, threadIDs(b)); err != nil {
				return err
			}
			return putMark(ctx, tx, p.with.Site, askDeliveries, mark{b.Epoch, b.Boot, b.Last})
		})
	}
	p.forget(b)
	return b.Behind, p.skip(ctx, askDeliveries, b, err)
}

// trust keeps of a batch what the node may tell of: terminals in its own region, and of
// messages that it did not bring here no order but what ends them.
func (p *puller) trust(ctx context.Context, b *delivery.Batch) error {
	b.Receipts = slices.DeleteFunc(b.Receipts, func(r delivery.Shipped) bool { return !strings.HasPrefix(r.RegionPath, p.with.Path) || r.ID > b.Last })
	b.Tracks = slices.DeleteFunc(b.Tracks, func(t delivery.ShippedTrack) bool { return !strings.HasPrefix(t.RegionPath, p.with.Path) })
	for i := range b.Threads {
		h := &b.Threads[i]
		via, err := viaOf(ctx, p.DB, h.ID)
		if err != nil {
			return err
		}
		if via != p.with.Site {
			h.Orders = slices.DeleteFunc(h.Orders, func(o delivery.Head) bool { return o.Kind != wire.Cancel })
		}
	}
	return nil
}

// skip gives a batch up that waits for a message for too long: one that was never issued.
func (p *puller) skip(ctx context.Context, name string, b *delivery.Batch, err error) error {
	if p.waited(name, errors.Is(err, delivery.ErrUnknown)) < patient {
		return err
	}
	p.waited(name, false)
	p.Log.Error("alert: receipts of another node are for a message that nobody knows and are left out", "site", p.with.Site, "error", err)
	return p.DB.Housekeep(ctx, func(tx *store.Tx) error {
		return putMark(ctx, tx, p.with.Site, name, mark{b.Epoch, b.Boot, b.Last})
	})
}

// waited counts the rounds that a batch of a stream has waited for its message.
func (p *puller) waited(name string, again bool) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.stream(name)
	if s.waits++; !again {
		s.waits = 0
	}
	return s.waits
}

// forget lets go of what was written of the batch's messages.
func (p *puller) forget(b *delivery.Batch) {
	p.answers.forgetOf(func(told map[string]bool) {
		for _, id := range threadIDs(b) {
			told[id] = true
		}
	})
}

func threadIDs(b *delivery.Batch) (ids []string) {
	for _, t := range b.Threads {
		ids = append(ids, t.ID)
	}
	return ids
}
