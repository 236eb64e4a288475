package procedure

import (
	"fmt"
	"time"
)

// Brought is a case as another system tells of it: how it was opened and what was done, each with its
// time.
type Brought struct {
	Opening
	Acts []Act // in the order of their times
}

// Bring gives a case that happened elsewhere and its one entry: it was brought here in one act, and
// each event says when it happened. What the type would have refused is refused, with the act's
// number; clocks rang meanwhile as they would have here.
func (t *Type) Bring(w *World, b Brought) (*Case, *Entry, error) {
	b.Opening.Brought = true
	u, err := t.begin(w, b.Opening)
	if err != nil {
		return nil, nil, err
	}
	brought := w.Now
	for i := range b.Acts {
		a := &b.Acts[i]
		if a.At.Before(u.e.At) || a.At.After(brought) {
			return nil, nil, atAct(i, &Fault{Code: "procedure.bring.time"})
		}
		if err := u.pass(a.At); err != nil {
			return nil, nil, atAct(i, err)
		}
		if err := u.act(a); err != nil {
			return nil, nil, atAct(i, err)
		}
	}
	if err := u.pass(brought); err != nil {
		return nil, nil, err
	}
	u.e.At = brought.UTC()
	return u.done()
}

// atAct names the act that a fault is about.
func atAct(i int, err error) error {
	if f, ok := err.(*Fault); ok {
		named := *f
		named.Place = fmt.Sprintf("acts[%d]", i)
		if f.Place != "" {
			named.Place += "." + f.Place
		}
		return &named
	}
	return err
}

// pass lets clocks ring until a moment, at their times, and goes on from there.
func (u *turn) pass(until time.Time) error {
	for range maxTurns {
		a := u.t.Next(u.w.Calendar, u.c)
		if a.At.IsZero() || a.At.After(until) {
			break
		}
		u.on(a.At)
		if err := u.ring(a); err != nil {
			return err
		}
	}
	u.on(until)
	return nil
}

// on sets the time of a turn that tells of the past.
func (u *turn) on(at time.Time) {
	if at.Before(u.e.At) {
		return // a clock that should have rung before rings now
	}
	u.e.At, u.at = at.UTC(), at.UTC()
	delete(u.seen, "now")
	delete(u.seen, "it")
}

// act does what somebody did.
func (u *turn) act(a *Act) error {
	s := u.t.Step(a.Step)
	if s == nil {
		return &Fault{Code: "procedure.act.step", Args: map[string]any{"step": a.Step}}
	}
	u.who, u.roles = a.Who, u.t.RolesOf(u.c, a.Who)
	delete(u.seen, "actor")
	if a.Who.System { // the other system vouches for who it was
		u.roles = s.By
	}
	if err := u.may(s); err != nil {
		return err
	}
	form, err := u.t.take(s.Form, a.Data, u.c.Data)
	if err != nil {
		return err
	}
	u.form = form
	delete(u.seen, "form")
	if ok, err := u.t.holds("steps."+s.ID+".if", s.If, u.scope(nil)); err != nil || !ok {
		return u.refused(err)
	}
	return u.step(s, form)
}
