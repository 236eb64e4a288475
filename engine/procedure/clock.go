package procedure

import (
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/engine/worktime"
)

// clocks starts, stops and resumes deadlines as the state that the case stands in has it.
func (u *turn) clocks() error {
	for i := range u.t.Deadlines {
		d := &u.t.Deadlines[i]
		r := u.c.Clocks[d.ID]
		running := r != nil && !r.Done
		switch {
		case slices.Contains(d.In, u.c.State):
			switch {
			case running && r.Paused():
				k, err := r.Resume(u.e.At)
				if err != nil {
					return err
				}
				due, _ := u.w.Calendar.ClockDue(k)
				u.tick(Tick{Deadline: d.ID, What: tickResumed, Due: due.At.UTC(), Guess: due.Provisional})
			case running && d.Until != "":
				due, err := u.until(d)
				if err != nil {
					return err
				}
				if !due.Equal(r.Due) { // it was put off, or brought forward
					u.tick(Tick{Deadline: d.ID, What: tickStarted, Due: due})
				}
			case !running && (r == nil || d.Again):
				if err := u.start(d); err != nil {
					return err
				}
			}
		case slices.Contains(d.Pause, u.c.State):
			if running && !r.Paused() && r.Term.N > 0 {
				u.tick(Tick{Deadline: d.ID, What: tickPaused})
			}
		case running && r.missed(u.at):
			u.tick(Tick{Deadline: d.ID, What: tickLate})
		case running:
			u.tick(Tick{Deadline: d.ID, What: tickMet})
		}
	}
	return nil
}

func (u *turn) tick(t Tick) { u.add(Event{Kind: Ticked, Clock: &t}) }

func (u *turn) start(d *Deadline) error {
	if d.Until != "" {
		due, err := u.until(d)
		if err == nil {
			u.tick(Tick{Deadline: d.ID, What: tickStarted, Due: due})
		}
		return err
	}
	for i := range d.Take {
		take := &d.Take[i]
		ok, err := u.t.holds("deadlines."+d.ID+".take["+digits(i)+"].if", take.If, u.scope(nil))
		if err != nil {
			return u.refused(err)
		}
		if ok {
			due := u.w.Calendar.Due(u.e.At, take.term)
			u.tick(Tick{Deadline: d.ID, What: tickStarted, Term: take.Term, Due: due.At.UTC(), Guess: due.Provisional})
			return nil
		}
	}
	return nil
}

// until is when a deadline ends that ends at a set time; a date ends with its day. A time that was
// not filled in is a month from now, so that nothing waits for ever.
func (u *turn) until(d *Deadline) (time.Time, error) {
	v, err := u.t.value("deadlines."+d.ID+".until", u.scope(nil))
	if err != nil {
		return time.Time{}, u.refused(err)
	}
	if s, ok := v.(string); ok {
		if day, err := time.ParseInLocation(time.DateOnly, s, u.w.Calendar.Zone()); err == nil {
			return day.AddDate(0, 0, 1).UTC(), nil
		}
		if at, err := time.ParseInLocation("2006-01-02T15:04", s, u.w.Calendar.Zone()); err == nil {
			return at.UTC(), nil
		}
		if at, err := time.Parse(time.RFC3339, s); err == nil {
			return at.UTC(), nil
		}
	}
	if r := u.c.Clocks[d.ID]; r != nil {
		return r.Due, nil
	}
	return u.w.Calendar.Due(u.e.At, worktime.Term{N: 1, Unit: worktime.Months}).At.UTC(), nil
}

// moment reads a date or a time.
func moment(v any) (time.Time, bool) {
	switch v := v.(type) {
	case time.Time:
		return v, true
	case string:
		for _, layout := range []string{time.RFC3339, time.DateOnly, "2006-01-02T15:04"} {
			if at, err := time.Parse(layout, v); err == nil {
				return at, true
			}
		}
	}
	return time.Time{}, false
}

// Alarm is when something is to be said or done about a deadline.
type Alarm struct {
	At       time.Time
	Deadline string
	what     string
	n        int
	tell     []string
}

// Next is when something is next to be said or done about a case, the zero time for never.
func (t *Type) Next(cal *worktime.Calendar, c *Case) (next Alarm) {
	for i := range t.Deadlines {
		if a := t.alarm(cal, c, &t.Deadlines[i]); !a.At.IsZero() && (next.At.IsZero() || a.At.Before(next.At)) {
			next = a
		}
	}
	return next
}

func (t *Type) alarm(cal *worktime.Calendar, c *Case, d *Deadline) Alarm {
	r := c.Clocks[d.ID]
	if r == nil || r.Done || r.Paused() {
		return Alarm{}
	}
	if !r.Past {
		if r.Said < len(d.Remind) {
			remind := d.Remind[r.Said]
			if at := r.Due.Add(-ahead(remind.term)); at.After(r.Start) {
				return Alarm{at, d.ID, tickReminded, r.Said + 1, remind.Tell}
			}
			// It is due sooner than it would be reminded of: the next reminder may still fit.
			for n := r.Said + 1; n < len(d.Remind); n++ {
				if at := r.Due.Add(-ahead(d.Remind[n].term)); at.After(r.Start) {
					return Alarm{at, d.ID, tickReminded, n + 1, d.Remind[n].Tell}
				}
			}
		}
		return Alarm{r.Due, d.ID, FellDue, 0, d.Tell}
	}
	if r.Rung < len(d.Escalate) {
		rung := d.Escalate[r.Rung]
		return Alarm{cal.Due(r.Due, rung.term).At, d.ID, tickEscalated, r.Rung + 1, rung.Tell}
	}
	return Alarm{}
}

// ahead is how long before, by the clock: prove lets reminders be in nothing else.
func ahead(t worktime.Term) time.Duration {
	switch t.Unit {
	case worktime.Minutes:
		return time.Duration(t.N) * time.Minute
	case worktime.Hours:
		return time.Duration(t.N) * time.Hour
	}
	return time.Duration(t.N) * 24 * time.Hour
}

// Ring does and says what is due about a case's deadlines at w.Now. A case about which nothing is
// due comes back without an entry.
func (t *Type) Ring(w *World, c *Case) (*Case, *Entry, error) {
	u := t.turn(w, c, Who{ID: "system:clock", System: true}, "")
	for range maxTurns {
		a := t.Next(w.Calendar, u.c)
		if a.At.IsZero() || a.At.After(w.Now) {
			return u.done()
		}
		if err := u.ring(a); err != nil {
			return nil, nil, err
		}
	}
	return u.done()
}

// ring does and says what is due about a deadline.
func (u *turn) ring(a Alarm) error {
	d := u.t.Deadline(a.Deadline)
	u.tick(Tick{Deadline: a.Deadline, What: a.what, N: a.n})
	if len(a.tell) > 0 {
		u.add(Event{Kind: Told, Roles: a.tell, Say: a.words(d), Text: a.Deadline})
	}
	if a.what != FellDue {
		return nil
	}
	for i := range u.t.Steps {
		s := &u.t.Steps[i]
		if s.On == nil || s.On.Deadline != a.Deadline || !slices.Contains(s.From, u.c.State) {
			continue
		}
		ok, err := u.t.holds("steps."+s.ID+".if", s.If, u.scope(nil))
		if err != nil {
			return u.refused(err)
		}
		if ok {
			return u.step(s, nil)
		}
	}
	return nil
}

func (a *Alarm) words(d *Deadline) *Words {
	switch a.what {
	case tickReminded:
		return &Words{Zh: d.Name.Zh + "：快到期了", En: d.Name.En + ": due soon"}
	case FellDue:
		return &Words{Zh: d.Name.Zh + "：已到期", En: d.Name.En + ": due now"}
	}
	return &Words{Zh: d.Name.Zh + "：逾期未办", En: d.Name.En + ": overdue"}
}
