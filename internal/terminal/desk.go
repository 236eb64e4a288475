package terminal

import (
	"maps"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
)

// maxEntries is how many messages a terminal holds at once.
const maxEntries = 64

// entry is a message that was accepted and is not over.
type entry struct {
	Order   *wire.Order  `json:"order,omitempty"`
	Passes  int          `json:"passes,omitempty"`  // played to the end
	Begun   bool         `json:"begun,omitempty"`   // has sounded
	Playing bool         `json:"playing,omitempty"` // sounds now, or did when the power went
	Sounded int64        `json:"sounded,omitempty"` // µs of this pass that were heard before it was interrupted
	Last    wire.Receipt `json:"last"`
	heard   *wire.Heard
	since   time.Time // it sounds
}

// rewind is how much of what was heard is heard again, so that no word is lost.
const rewind = 2 * time.Second

// goesOn reports whether a message that was interrupted goes on where it stopped. An emergency
// is heard whole, from its signal on; a relay goes on where its programme is by then.
func (e *entry) goesOn() bool {
	return e.Order.Class == wire.Everyday && e.Order.Relay == "" && len(e.Order.Audio) > 0
}

// from is where in the sound a pass begins.
func (e *entry) from() time.Duration {
	return max(time.Duration(e.Sounded)*time.Microsecond-rewind, 0)
}

// moved is where a platform said that the terminal stands since it enrolled.
type moved struct {
	Region   ebd.AreaCode `json:"region"`
	Position *wire.Point  `json:"position,omitempty"`
}

// desk decides what sounds. It is plain data and rules: the caller gives the time,
// holds the lock, stores what changed, and sends what gathers in out.
type desk struct {
	Volume  int                         `json:"volume"`
	Period  int                         `json:"period"` // seconds between heartbeats
	Boots   int                         `json:"boots"`
	Memory  wire.Memory                 `json:"memory"`
	Revoked []ebd.SerialNumber          `json:"revoked,omitempty"`
	Moved   *moved                      `json:"moved,omitempty"` // nil: it stands where it enrolled
	Seqs    map[ebd.ResourceCode]uint64 `json:"seqs,omitempty"`
	Entries []*entry                    `json:"entries,omitempty"`
	Pending []*pending                  `json:"pending,omitempty"`

	now   *entry // the one the player has
	dirty bool   // something to store
	out   []any  // receipts and results to send, once stored
	// play hands an entry to the player after a pause; halt takes it back.
	play func(e *entry, after time.Duration)
	halt func()
}

// take deals with a frame's verdict.
func (d *desk) take(o *wire.Order, reason wire.Reason, now time.Time) {
	if reason != wire.Accepted {
		d.refuse(o, reason, now)
		return
	}
	if o.Kind == wire.Play && !d.room(o, now) {
		d.refuse(o, wire.QueueFull, now)
		return
	}
	played := d.Memory.Played(o) // when it failed here before
	d.Memory.Remember(o)
	if d.Seqs == nil {
		d.Seqs = map[ebd.ResourceCode]uint64{}
	}
	d.Seqs[o.From] = max(d.Seqs[o.From], o.Seq)
	d.dirty = true
	switch o.Kind {
	case wire.Play:
		d.endIf(now, wire.ByUpdate, func(e *entry) bool { return e.Order.ID == o.ID || slices.Contains(o.Supersedes, e.Order.ID) })
		e := &entry{Order: o, Passes: played}
		d.Entries = append(d.Entries, e)
		d.say(e, wire.Received, "", now)
		d.choose(now)
		if d.now != e && d.holds(o.ID) {
			d.say(e, wire.Queued, "", now)
		}
	case wire.Cancel:
		d.endIf(now, wire.ByCancel, func(e *entry) bool { return e.Order.ID == o.ID })
		d.done(o, now)
	case wire.Stop:
		s := wire.Stopped{From: o.From, Seq: o.Seq, Rank: o.Rank, Issued: o.Issued}
		d.endIf(now, wire.ByStop, func(e *entry) bool { return s.Stops(e.Order) })
		d.done(o, now)
	case wire.Set:
		d.set(o, now)
	case wire.Test:
		d.test(o, now)
	}
}

// room makes room for a message: of those that are less urgent, the least urgent gives way that
// begins last. The platform may send it again. False says that all are as urgent.
func (d *desk) room(o *wire.Order, now time.Time) bool {
	held := 0
	var least *entry
	for _, e := range d.Entries {
		if e.Order.ID == o.ID || slices.Contains(o.Supersedes, e.Order.ID) {
			continue // it makes room by itself
		}
		held++
		if e.Order.Rank < o.Rank && (least == nil || e.Order.Rank < least.Order.Rank || e.Order.Rank == least.Order.Rank && e != d.now && e.Order.ValidFrom >= least.Order.ValidFrom) {
			least = e
		}
	}
	if held < maxEntries {
		return true
	}
	if least == nil {
		return false
	}
	if least == d.now {
		d.halt()
	}
	d.end(least, wire.Failed, wire.QueueFull, now)
	return true
}

// refuse says why, and repeats how the order fares if it is already there.
func (d *desk) refuse(o *wire.Order, reason wire.Reason, now time.Time) {
	r := &wire.Receipt{Phase: wire.Refused, Reason: reason, At: now.UnixMicro()}
	if o != nil {
		r.Order, r.Version = o.ID, o.Version
	}
	d.out = append(d.out, r)
	if reason != wire.Replayed && reason != wire.Cancelled {
		return
	}
	for _, e := range d.Entries {
		if e.Order.ID == o.ID {
			last := e.Last
			d.out = append(d.out, &last)
		}
	}
	for _, p := range d.Pending {
		if p.order() == o.ID {
			d.out = append(d.out, p)
		}
	}
}

// done reports an order that is over as soon as it is obeyed.
func (d *desk) done(o *wire.Order, now time.Time) {
	d.keep(&pending{Receipt: &wire.Receipt{Order: o.ID, Version: o.Version, Phase: wire.Played, At: now.UnixMicro()}})
	d.choose(now)
}

func (d *desk) set(o *wire.Order, now time.Time) {
	if v := o.Settings.Volume; v != nil {
		d.Volume = *v
	}
	if p := o.Settings.ReportPeriod; p != nil {
		d.Period = *p
	}
	for _, n := range o.Settings.Revoke {
		if !slices.Contains(d.Revoked, n) {
			d.Revoked = append(d.Revoked, n)
		}
	}
	if r := o.Settings.Region; r != "" {
		d.Moved = &moved{r, o.Settings.Position}
	}
	d.result(o, wire.Accepted, nil, now)
}

func (d *desk) test(o *wire.Order, now time.Time) {
	if d.now != nil {
		d.result(o, wire.Busy, nil, now)
		return
	}
	d.now = &entry{Order: o}
	d.play(d.now, 0)
}

func (d *desk) result(o *wire.Order, reason wire.Reason, heard *wire.Heard, now time.Time) {
	d.keep(&pending{Result: &wire.Result{Order: o.ID, Version: o.Version, OK: reason == wire.Accepted, Reason: reason,
		At: now.UnixMicro(), Volume: d.Volume, Period: d.Period, Heard: heard}})
}

// choose brings the right message to sound: of those whose time has come, the
// highest rank; among equals the one that sounds already, then the one that came
// first. It ends those whose time is over before they could.
func (d *desk) choose(now time.Time) {
	t := now.UnixMicro()
	var best *entry
	for _, e := range slices.Clone(d.Entries) {
		switch {
		case e != d.now && e.Order.ValidUntil <= t:
			if e.Passes > 0 || e.Begun && e.Order.Relay != "" { // heard in full at least once before it was interrupted; or as much as was to be had
				d.end(e, wire.Played, "", now)
			} else {
				d.end(e, wire.Failed, wire.ExpiredWaiting, now)
			}
		case e.Order.ValidFrom > t:
		case best == nil, e.Order.Rank > best.Order.Rank, e.Order.Rank == best.Order.Rank && e == d.now:
			best = e
		}
	}
	if best == nil || best == d.now || d.now != nil && d.now.Order.Kind == wire.Play && best.Order.Rank <= d.now.Order.Rank {
		return
	}
	d.yield(wire.HigherRank, now)
	d.now = best
	d.play(best, 0)
}

// yield takes the sound away from whoever has it; a test is over by that.
func (d *desk) yield(why wire.Reason, now time.Time) {
	e := d.now
	if e == nil {
		return
	}
	d.halt()
	d.now = nil
	if e.Order.Kind == wire.Test {
		d.result(e.Order, wire.Busy, nil, now)
		return
	}
	if e.Playing && e.goesOn() {
		e.Sounded = int64((e.from() + max(now.Sub(e.since), 0)) / time.Microsecond)
	}
	e.Playing = false
	d.say(e, wire.Interrupted, why, now)
}

// begun is the player's word that e sounds.
func (d *desk) begun(e *entry, src wire.Source, now time.Time) {
	if e != d.now || e.Order.Kind == wire.Test || e.Playing {
		return
	}
	phase := wire.Playing
	if e.Begun {
		phase = wire.Resumed
	}
	e.Begun, e.Playing, e.since = true, true, now
	e.Last.Source = src
	d.say(e, phase, "", now)
}

// finished is the player's word that a pass of e is over.
func (d *desk) finished(e *entry, end Outcome, now time.Time) {
	if e != d.now {
		return // it was halted meanwhile
	}
	switch {
	case e.Order.Kind == wire.Test:
		d.now = nil
		d.result(e.Order, end.Reason, end.Heard, now)
	case end.Reason != wire.Accepted:
		e.heard = end.Heard
		d.end(e, wire.Failed, end.Reason, now)
	default:
		e.Passes++
		e.Sounded, e.since = 0, now.Add(time.Duration(e.Order.GapMillis)*time.Millisecond)
		d.dirty = true
		if end.Source != "" {
			e.Last.Source = end.Source
		}
		if end.Heard != nil {
			e.heard = end.Heard
		}
		if e.Passes < e.Order.Plays() && now.UnixMicro() < e.Order.ValidUntil {
			d.play(e, time.Duration(e.Order.GapMillis)*time.Millisecond)
			return
		}
		d.end(e, wire.Played, "", now)
	}
	d.choose(now)
}

// endIf ends every message that match finds, and halts it if it sounds.
func (d *desk) endIf(now time.Time, why wire.Reason, match func(*entry) bool) {
	if d.now != nil && d.now.Order.Kind == wire.Test && match(d.now) {
		d.yield(why, now)
	}
	for _, e := range slices.Clone(d.Entries) {
		if match(e) {
			if e == d.now {
				d.halt()
			}
			d.end(e, wire.CancelledAt, why, now)
		}
	}
}

// end removes e and reports how it ended.
func (d *desk) end(e *entry, phase wire.Phase, why wire.Reason, now time.Time) {
	if d.now == e {
		d.now = nil
	}
	d.Entries = slices.DeleteFunc(d.Entries, func(x *entry) bool { return x == e })
	if phase == wire.Failed {
		d.Memory.Fail(e.Order, e.Passes)
	}
	r := &wire.Receipt{Order: e.Order.ID, Version: e.Order.Version, Phase: phase, Reason: why, At: now.UnixMicro(), Heard: e.heard}
	if e.Begun {
		r.Source = e.Last.Source
	}
	d.keep(&pending{Receipt: r})
}

// say reports a step of e that is not its end.
func (d *desk) say(e *entry, phase wire.Phase, why wire.Reason, now time.Time) {
	e.Last = wire.Receipt{Order: e.Order.ID, Version: e.Order.Version, Phase: phase, Reason: why, At: now.UnixMicro(), Source: e.Last.Source}
	r := e.Last
	d.out = append(d.out, &r)
	d.dirty = true
}

// wake is called once after a start: what sounded when the power went was
// interrupted by that, and resumes by the common rules.
func (d *desk) wake(now time.Time) {
	d.Boots++
	d.dirty = true
	for _, e := range d.Entries {
		if e.Playing {
			e.Playing = false
			d.say(e, wire.Interrupted, wire.PowerLost, now)
		}
	}
	d.choose(now)
}

// tick starts what was scheduled, ends what expired, forgets what may be forgotten.
func (d *desk) tick(now time.Time) {
	d.choose(now)
	if d.Memory.Forget(now) > 0 {
		d.dirty = true
	}
	d.repeat(now)
}

func (d *desk) holds(id string) bool {
	return slices.ContainsFunc(d.Entries, func(e *entry) bool { return e.Order.ID == id })
}

// copy is the desk as it would be stored, safe to read without the lock.
func (d *desk) copy() desk {
	c := desk{Volume: d.Volume, Period: d.Period, Boots: d.Boots, Revoked: slices.Clone(d.Revoked), Moved: d.Moved, Seqs: maps.Clone(d.Seqs),
		Memory: wire.Memory{Orders: maps.Clone(d.Memory.Orders), Stops: slices.Clone(d.Memory.Stops), Sets: maps.Clone(d.Memory.Sets)}}
	for _, e := range d.Entries {
		x := *e
		c.Entries = append(c.Entries, &x)
	}
	for _, p := range d.Pending {
		x := *p
		c.Pending = append(c.Pending, &x)
	}
	return c
}
