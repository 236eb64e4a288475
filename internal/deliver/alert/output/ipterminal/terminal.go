package ipterminal

import (
	"context"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/ebd/speaker"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output/adapter"
	"github.com/tongsheng/tongsheng/internal/platform/openweb"
)

// terminal is one that may join; group.mu guards what changes.
type terminal struct {
	Known
	group *group
	code  ebd.ResourceCode
	key   *ebd.PublicKey

	session *session // nil while it is away
}

// order is what a terminal is told.
type order struct {
	kind    speaker.Order
	body    speaker.Body
	show    *show // nil for a setting
	number  int   // of the version
	session uint32
	at      time.Time
}

const busyWait = 15 * time.Second // before a busy terminal is asked again

func (t *terminal) nudge() {
	if t != nil && t.session != nil {
		t.session.nudge()
	}
}

// forget lets go of a message that is over: a connection may stand for months; g.mu is held.
func (t *terminal) forget(sh *show) {
	if t.session != nil {
		delete(t.session.given, sh)
		delete(t.session.ended, sh)
	}
}

// overdue ends a connection whose terminal owes an answer for too long; g.mu is held.
func (t *terminal) overdue(now time.Time) {
	if s := t.session; s != nil && s.pending != nil && now.Sub(s.pending.at) > s.door.patience() {
		s.drop("it did not answer an order")
	}
}

// next is what a terminal is to be told now, nil for nothing: one thing at a time, what is
// most urgent first, and each version of a message once on a connection.
func (t *terminal) next(s *session) *order {
	g := t.group
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.Clock.Now()
	if t.session != s || s.pending != nil {
		return nil
	}
	if s.named != t.code && !s.renamed {
		s.renamed = true
		return s.ask(now, &order{kind: speaker.OrderSet, body: &speaker.Settings{Parameters: []speaker.Param{{ID: speaker.SetIdentity, Value: &speaker.Identity{Physical: t.Physical, Code: t.code}}}}})
	}
	var best *show
	for _, sh := range g.shows {
		if r := sh.rows[t.code]; r != nil && s.wants(sh, r, now) && (best == nil || sh.rank > best.rank || sh.rank == best.rank && sh.message < best.message) {
			best = sh
		}
	}
	if best == nil {
		return nil
	}
	r := best.rows[t.code]
	r.again = time.Time{}
	if r.State == Stopping || r.State == Ending {
		s.ended[best] = r.Number
		return s.ask(now, &order{kind: speaker.OrderStop, body: &speaker.StopOrder{EBMID: best.ebmid}, show: best, number: r.Number})
	}
	s.given[best] = r.Number
	r.Gives, r.GivenAt = r.Gives+1, now
	g.set(best, r, r.State)
	return s.ask(now, &order{kind: speaker.OrderStart, body: best.order, show: best, number: r.Number})
}

// wants reports whether a terminal is to be told of a message on this connection.
func (s *session) wants(sh *show, r *row, now time.Time) bool {
	again := !r.again.IsZero() && !now.Before(r.again)
	switch r.State {
	case Stopping, Ending:
		return s.ended[sh] != r.Number || again
	case Waiting:
		return sh.order != nil && now.Before(sh.until) && (s.given[sh] != r.Number || again)
	case Accepted, Playing: // it was given on an earlier connection; it may be about to say that it is done
		return sh.order != nil && now.Before(sh.until) && s.given[sh] != r.Number && now.Sub(s.since) >= settle
	}
	return false
}

// answered takes the answer to what was asked last.
func (t *terminal) answered(s *session, f *speaker.Frame) {
	g := t.group
	g.mu.Lock()
	defer g.mu.Unlock()
	o := s.pending
	if o == nil || f.Session != o.session || f.Type != o.kind {
		return // too late, or of nothing
	}
	s.pending = nil
	defer s.nudge()
	a, ok := f.Body.(*speaker.Answer)
	if !ok {
		return
	}
	if o.show == nil {
		if a.Result == speaker.ResultDone {
			s.named = t.code
		} else {
			g.Log.Warn("alert: an IP terminal did not take its code", "output", g.config.ID, "code", t.code, "result", a.Result, "says", a.Description)
		}
		return
	}
	r := o.show.rows[t.code]
	if r == nil || r.Number != o.number {
		return
	}
	busy := a.Result == speaker.ResultBusy || a.Result == resultSystemBusy
	state := r.State
	r.Result, r.Said = a.Result, short(a.Description)
	switch {
	case a.Result == speaker.ResultDone && o.kind == speaker.OrderStop && state == Ending:
		state = Played
	case a.Result == speaker.ResultDone && o.kind == speaker.OrderStop && state == Stopping:
		state = Stopped
	case a.Result == speaker.ResultDone && o.kind == speaker.OrderStart && state == Waiting:
		state = Accepted
	case a.Result != speaker.ResultDone && !busy && o.kind == speaker.OrderStart && !state.final() && state != Stopping:
		state = Failed
	}
	g.set(o.show, r, state)
	if a.Result != speaker.ResultDone && !state.final() { // it is asked again, for as long as the message stands
		r.again = g.Clock.Now().Add(busyWait)
	}
	if o.kind == speaker.OrderStart && (state == Accepted || state == Playing) && o.show.sound != nil {
		o.show.sound.join(t.code, s.address())
	}
}

const resultSystemBusy speaker.Result = 31 // Table D.12

// maxSaid bounds what is kept of a terminal's words, characters.
const maxSaid = 200

func short(s string) string {
	r := []rune(openweb.Words(s))
	return string(r[:min(len(r), maxSaid)])
}

// heard takes a report of the terminal and gives the result that it is answered.
func (t *terminal) heard(ctx context.Context, s *session, f *speaker.Frame) speaker.Result {
	g := t.group
	var err error
	switch b := f.Body.(type) {
	case *speaker.TerminalHeartbeat:
		err = g.config.Alive(ctx)
	case *speaker.TaskSwitch:
		err = t.note(ctx, s, b.EBMID, func(r *row) State { return switched(r, b.Switch == 1) })
	case *speaker.PlaybackResult:
		err = t.note(ctx, s, b.EBMID, func(r *row) State {
			switch {
			case r.State == Stopped || r.State == Stopping:
				return Stopped
			case b.Played == 1:
				return Played
			}
			r.Said = short(b.Description)
			return Failed
		})
	case *speaker.FaultReport:
		g.Log.Warn("alert: an IP terminal reports a fault", "output", g.config.ID, "code", t.code, "fault", b.Fault, "cleared", b.Cleared == 2, "says", b.Description)
	case *speaker.PlaybackLog:
	default:
		return speaker.ResultUnsupported
	}
	if err != nil {
		if ctx.Err() == nil && g.ctx.Err() == nil {
			g.Log.Warn("alert: a report of an IP terminal could not be kept", "output", g.config.ID, "code", t.code, "error", err)
		}
		return resultSystemBusy
	}
	return speaker.ResultDone
}

// switched is the state after a task began or ended.
func switched(r *row, on bool) State {
	switch {
	case on && (r.State == Waiting || r.State == Accepted):
		return Playing
	case !on && r.State == Stopping:
		return Stopped
	case !on && (r.State == Playing || r.State == Ending):
		return Played
	}
	return r.State
}

// note takes what a terminal says of a message, and returns when it is written down. Word of a
// version that it was not given since it changed is of an earlier one.
func (t *terminal) note(ctx context.Context, s *session, id ebd.EBMID, state func(*row) State) error {
	g := t.group
	g.mu.Lock()
	found := false
	for _, sh := range g.shows {
		r := sh.rows[t.code]
		if sh.ebmid != id || r == nil || r.State == Waiting && s.given[sh] != r.Number {
			continue
		}
		found = true
		g.set(sh, r, state(r))
	}
	g.mu.Unlock()
	if !found {
		return nil // of a message that did not come from here
	}
	return g.saved(ctx)
}

// order is the command for a parcel, and the sound that goes beside it: none where terminals
// fetch it, because they are to or because it is no MP3 or a programme.
func (g *group) order(ctx context.Context, p *output.Parcel) (*speaker.StartOrder, []frame, error) {
	msg, c := p.Message, &p.Message.Current.Content
	switch {
	case wire.Tuned(c.Relay):
		return nil, nil, &output.Refused{Why: "IP terminals take streams, and tune to nothing"}
	case len(c.Sounds) == 0 && c.Relay == "":
		return nil, nil, &output.Refused{Why: "IP terminals carry sound only, and the message has none (GD/J 089 Table D.5)"}
	}
	o := &speaker.StartOrder{EBMID: msg.EBMID, Class: adapter.Class(msg), Level: c.Severity.EBD(), Event: c.Event, Volume: speaker.KeepVolume, Start: speaker.StampOf(msg.StartsAt), End: speaker.StampOf(msg.EndsAt)}
	if c.Severity == message.Unknown {
		o.Level = ebd.SeverityBlue // the table has no number for none
	}
	if c.Volume != nil {
		o.Volume = speaker.Volume(*c.Volume)
	}
	if c.Relay != "" {
		o.Auxiliaries = []speaker.Auxiliary{{Type: speaker.AuxStream, Data: speaker.Raw(adapter.Relay(g.Media, c.Relay))}}
		return o, nil, nil
	}
	if g.sound.port != 0 && !slices.ContainsFunc(c.Sounds, func(s message.Sound) bool { return s.MIME != "audio/mpeg" }) {
		var sound []frame
		for _, s := range c.Sounds {
			raw, err := g.Object(ctx, s.SM3)
			if err != nil {
				return nil, nil, err
			}
			sound = append(sound, frames(raw)...)
		}
		if len(sound) > 0 {
			return o, sound, nil
		}
	}
	for _, s := range c.Sounds {
		o.Auxiliaries = append(o.Auxiliaries, speaker.Auxiliary{Type: speaker.AuxStream, Data: speaker.Raw(g.Media + s.SM3)})
	}
	return o, nil, nil
}
