package delivery

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
)

func (th *thread) isSending(o *Order) bool {
	return slices.ContainsFunc(th.sending, func(s *Order) bool { return s.Version == o.Version })
}

func (th *thread) isDispatched(o *Order) bool {
	return slices.ContainsFunc(th.orders, func(s *Order) bool { return s.Version == o.Version && !s.DispatchedAt.IsZero() })
}

// inOrder sorts orders as they were signed.
func inOrder(orders []*Order) []*Order {
	slices.SortFunc(orders, func(a, b *Order) int { return int(int64(a.Seq) - int64(b.Seq)) })
	return orders
}

// dispatch sends an order to everybody in its area. The rows that say so are stored by
// flushes; the first after the last frame went out marks the order as dispatched. A crash
// before means that it is sent again.
func (d *Desk) dispatch(ctx context.Context, o *Order) error {
	d.busy.Store(true)
	now := d.Clock.Now()
	var targets []Terminal
	if o.live(now) {
		var err error
		if targets, err = d.Terminals.Within(ctx, o.Area); err != nil {
			return fmt.Errorf("alert: terminals in the area of order %s: %w", o.ThreadID, err)
		}
	}
	d.mu.Lock()
	th := d.threads[o.Thread]
	if th == nil || th.isSending(o) || th.isDispatched(o) { // somebody else was faster
		d.mu.Unlock()
		return nil
	}
	th.sending, th.touched = append(th.sending, o), now
	codes := make([]string, 0, len(targets))
	for i := range targets {
		t := &targets[i]
		code := string(t.Code)
		if newest := th.meant(t.Place); newest == nil || newest.Version != o.Version {
			continue // something newer is meant for it
		}
		if o.Kind == wire.Cancel && th.tracks[code] == nil && !t.Online {
			// It may hear of the message from a neighbour, but it was never sent it: should
			// it come back, its hello brings the cancel.
			continue
		}
		th.change(th.track(t.Code, t.RegionPath), func(tr *Track) {
			tr.RegionPath, tr.Township = t.RegionPath, TownshipOf(t.RegionPath)
			th.order(tr, o, now)
		})
		codes = append(codes, code)
	}
	o.Targets = len(codes)
	d.mu.Unlock()
	for _, code := range codes {
		d.Sender.Send(code, o.Frame)
	}
	d.mu.Lock()
	o.out, th.flowedAt = true, d.Clock.Now()
	d.mu.Unlock()
	d.Log.Info("alert: dispatched", "id", o.ThreadID, "version", o.Version, "kind", o.Kind, "terminals", len(codes))
	return nil
}

// order notes in a track that the order is being sent.
func (th *thread) order(t *Track, o *Order, now time.Time) {
	if o.Kind == wire.Cancel {
		if o.Version > t.CancelVersion {
			t.round = 0
		}
		t.cancelWith(o.Version) // whom the message was never sent stays apart: see Track.apart
		t.dirty = true
	} else {
		t.Order(o.Version, now.UnixMicro())
		t.SentAt = earliest(t.SentAt, now.UnixMicro())
	}
	t.Attempts++
	t.round++
	t.NextAt = now.Add(pause(t.round)).UnixMicro()
}

// maxAttempts bounds re-sending to a terminal that is connected but silent. Its next
// hello begins anew.
const maxAttempts = 6

// retryFor is how long a retry that somebody asked for is followed up: the pauses of all attempts.
const retryFor = 15 * time.Minute

// pause is how long to wait for an answer before sending again: 4 s, 12 s, 36 s, … at
// most five minutes.
func pause(attempts int) time.Duration {
	p := 4 * time.Second
	for range attempts - 1 {
		p *= 3
	}
	return min(p, 5*time.Minute)
}

const (
	fewOwing      = 100              // so many may be sent it again at any time
	answersFlow   = 15 * time.Second // answers are on their way so long after the order, or the last that came
	reminderWaits = time.Minute      // how long reminders wait while they do,
	flowLook      = 5 * time.Second  // and how often it is looked meanwhile for whom
)

// Remind sends again to terminals that are connected but have not answered in time. While
// others answer for the first time the answers of the rest are most likely queueing, as they
// do after an order to a whole city, and a second order would only make the queue longer.
func (d *Desk) Remind(context.Context) {
	now := d.Clock.Now()
	type parcel struct {
		code  string
		frame []byte
	}
	var parcels []parcel
	d.mu.Lock()
	for _, th := range d.threads {
		if th.figures.Sent == 0 && th.owing == 0 && now.After(th.askedAgain) || th.over(now) {
			continue
		}
		due := now
		if th.figures.Sent+th.owing > fewOwing && now.Sub(th.flowedAt) <= answersFlow {
			if now.Sub(th.remindedAt) < flowLook {
				continue
			}
			due = now.Add(-reminderWaits)
		}
		th.remindedAt = now
		for _, t := range th.tracks {
			if !t.Waiting() || t.NextAt == 0 || t.NextAt > due.UnixMicro() || t.round >= maxAttempts || t.Site != "" || !d.Terminals.Online(codeOf(t)) {
				continue
			}
			if o := th.orderFor(t, now); o != nil {
				th.change(t, func(t *Track) { th.order(t, o, now) })
				parcels = append(parcels, parcel{t.Device, o.Frame})
			}
		}
	}
	d.mu.Unlock()
	for _, p := range parcels {
		d.Sender.Send(p.code, p.frame)
	}
}

// orderFor is the order that a waiting track waits for.
func (th *thread) orderFor(t *Track, now time.Time) *Order {
	want := t.Version
	if t.cancelling() {
		want = t.CancelVersion
	}
	for _, o := range th.orders {
		if o.Version == want && o.live(now) {
			return o
		}
	}
	return nil
}

// Retried says what sending a message again can bring about: a terminal plays a version
// once, so not everybody who is sent it sounds.
type Retried struct {
	Sent    int `json:"sent" doc:"Terminals that it was sent to again"`
	Again   int `json:"again" doc:"Of these, terminals that are connected and did not play it: they play it now if they can"`
	Absent  int `json:"absent" doc:"Of these, terminals that did not play it and are not connected: they get it when they come back"`
	Holding int `json:"holding" doc:"Of these, terminals that hold it or have played it: they only repeat their last receipt"`
	Cancels int `json:"cancels" doc:"Of these, terminals that were sent the cancellation, since they are no longer to sound it"`
}

// count adds a terminal that is sent an order again.
func (r *Retried) count(t *Track, o *Order, online bool) {
	r.Sent++
	switch {
	case o.Kind != wire.Play: // nothing sounds
		r.Cancels++
	case t.Version == o.Version && t.State != Sent && t.State != Failed && t.State != Refused:
		r.Holding++
	case online:
		r.Again++
	default:
		r.Absent++
	}
}

// Retry sends again to chosen terminals, whatever they claimed. Those that failed take it
// again; those that hold the version already repeat their last receipt.
func (d *Desk) Retry(ctx context.Context, no int64, devices []string) (out Retried, err error) {
	now := d.Clock.Now()
	th, err := d.thread(ctx, no)
	if err != nil || th == nil {
		return out, err
	}
	frames := map[string][]byte{}
	d.mu.Lock()
	for _, code := range devices {
		t := th.tracks[code]
		if t == nil || t.Site != "" || frames[code] != nil { // or is another node's to send to
			continue
		}
		if o := th.orderFor(t, now); o != nil {
			out.count(t, o, d.Terminals.Online(codeOf(t)))
			th.change(t, func(t *Track) {
				t.round, t.again = 0, true
				th.order(t, o, now)
			})
			th.askedAgain = now.Add(retryFor)
			frames[code] = o.Frame
		}
	}
	d.mu.Unlock()
	for code, frame := range frames {
		d.Sender.Send(code, frame)
	}
	return out, nil
}

// Hello is a terminal that has come back, and the orders that it holds.
type Hello struct {
	Code ebd.ResourceCode
	Held []wire.OrderRef
}

// Welcome answers terminals that have come back with the orders that they lack: valid
// ones, and cancels and stops that are still needed.
func (d *Desk) Welcome(ctx context.Context, hellos []Hello) error {
	if !d.anyLive() {
		return nil
	}
	codes := make([]ebd.ResourceCode, len(hellos))
	held := make(map[ebd.ResourceCode][]wire.OrderRef, len(hellos))
	for i, h := range hellos {
		codes[i], held[h.Code] = h.Code, h.Held
	}
	terminals, err := d.Terminals.Find(ctx, codes)
	if err != nil {
		return fmt.Errorf("alert: terminals that came back: %w", err)
	}
	for i := range terminals {
		t := &terminals[i]
		for _, o := range d.lacking(t, held[t.Code]) {
			d.Sender.Send(string(t.Code), o.Frame)
		}
	}
	return nil
}

func (d *Desk) anyLive() bool {
	now := d.Clock.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, th := range d.threads {
		if !th.over(now) {
			return true
		}
	}
	return false
}

// lacking lists, in the order in which they were signed, the orders that a terminal
// should have and does not, and notes that they are being sent.
func (d *Desk) lacking(t *Terminal, held []wire.OrderRef) []*Order {
	now := d.Clock.Now()
	have := make(map[string]int, len(held))
	for _, h := range held {
		have[h.Order] = h.Version
	}
	var lack []*Order
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, th := range d.threads {
		o := th.wanted(t.Place, now)
		if o == nil || have[th.id] >= o.Version || o.DispatchedAt.IsZero() && !th.isSending(o) {
			continue
		}
		th.change(th.track(t.Code, t.RegionPath), func(tr *Track) {
			tr.round = 0 // a new connection begins anew
			th.order(tr, o, now)
		})
		lack = append(lack, o)
	}
	return inOrder(lack)
}
