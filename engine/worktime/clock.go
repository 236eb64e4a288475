package worktime

import "time"

// Clock is a term that can be stopped and go on. It is a record of what happened, not of
// what was reckoned, so a table that arrives later is taken in by asking again.
type Clock struct {
	Term   Term      `json:"term"`
	Start  time.Time `json:"start"`
	Pauses []Pause   `json:"pauses,omitempty"` // in order; only the last may be open
}

// Pause is a time for which a clock stood; while it stands, To is zero.
type Pause struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to,omitzero"`
}

// Paused says whether the clock stands.
func (k Clock) Paused() bool {
	return len(k.Pauses) > 0 && k.Pauses[len(k.Pauses)-1].To.IsZero()
}

// last is when something last happened to the clock.
func (k Clock) last() time.Time {
	if len(k.Pauses) == 0 {
		return k.Start
	}
	p := k.Pauses[len(k.Pauses)-1]
	if p.To.IsZero() {
		return p.From
	}
	return p.To
}

// maxPauses bounds what a clock records.
const maxPauses = 10_000

// Pause stops a clock that runs.
func (k Clock) Pause(at time.Time) (Clock, error) {
	switch {
	case k.Paused():
		return k, &Error{"worktime.clock.paused", "", nil}
	case at.Before(k.last()):
		return k, &Error{"worktime.clock.order", "", nil}
	case len(k.Pauses) >= maxPauses:
		return k, &Error{"worktime.clock.long", "", map[string]any{"limit": maxPauses}}
	}
	k.Pauses = append(k.Pauses[:len(k.Pauses):len(k.Pauses)], Pause{From: at})
	return k, nil
}

// Resume lets a clock that stands go on.
func (k Clock) Resume(at time.Time) (Clock, error) {
	switch {
	case !k.Paused():
		return k, &Error{"worktime.clock.running", "", nil}
	case at.Before(k.last()):
		return k, &Error{"worktime.clock.order", "", nil}
	}
	n := len(k.Pauses) - 1
	k.Pauses = append(k.Pauses[:n:n], Pause{k.Pauses[n].From, at})
	return k, nil
}

// ClockDue is when a clock runs out; false while it stands, unless it ran out before.
//
// A term by the clock or by working hours goes on with the time that was left. A term by
// days is put off by the days, for working days by the working days, that ended during
// the pause: stopped on the last day it goes on to the end of the day, or working day, on
// which it is resumed. A pause within one day puts nothing off, and the later a clock is
// resumed the later it runs out. A clock that ran out stays so: a pause after that is none.
func (c *Calendar) ClockDue(k Clock) (Due, bool) {
	run, ok := c.run(k)
	return c.end(&run), ok
}

// run is the course of a clock after its pauses; false while it stands.
func (c *Calendar) run(k Clock) (course, bool) {
	run := c.begin(k.Start, k.Term)
	for _, p := range k.Pauses {
		if !p.From.Before(c.end(&run).At) {
			break
		}
		if p.To.IsZero() {
			return run, false
		}
		// A last day that moved leaves nothing of the term but the present day.
		stopped, resumed := c.scale(run.unit, p.From), c.scale(run.unit, p.To)
		run.target = resumed + max(0, run.target-stopped)
		run.origin += resumed - stopped
	}
	return run, true
}

// Amount is how much of a term: of one by days Days, else Time, for working hours working
// time.
type Amount struct {
	Days int64         `json:"days"`
	Time time.Duration `json:"time"`
}

// Remaining is what a clock has left at a moment; of one that stands, what it had left
// when it was stopped. It is nothing once the clock ran out. Of a term by days that is the
// days after the present one, for working days the working days, and with them the time
// until the present one ends.
func (c *Calendar) Remaining(k Clock, at time.Time) Amount {
	run, ok := c.run(k)
	if !ok {
		at = k.Pauses[len(k.Pauses)-1].From
	}
	due := c.end(&run)
	if !at.Before(due.At) {
		return Amount{}
	}
	if !run.unit.byDays() {
		return Amount{Time: time.Duration(run.target-c.scale(run.unit, at)) * time.Microsecond}
	}
	d, now := c.Day(at), c.present(at)
	days := int64(due.Last - now)
	if run.unit == WorkingDays {
		days = run.target - c.scale(run.unit, at)
	}
	if d != now || run.unit == WorkingDays && !c.WorkingDay(now) {
		return Amount{Days: days + 1} // the present day is over or does not count; the next is whole
	}
	return Amount{days, c.instant(int64(now)*fullDay + c.closing(now)).Sub(at)}
}

// Spent is what a clock has used at a moment, also beyond its term: of a term by days the
// days, for working days the working days, that ended while it ran; of another term time,
// of working hours working time.
func (c *Calendar) Spent(k Clock, at time.Time) Amount {
	run, ok := c.run(k)
	if stopped := k.last(); !ok && at.After(stopped) {
		at = stopped
	}
	spent := max(0, c.scale(run.unit, at)-run.origin)
	if run.unit.byDays() {
		return Amount{Days: spent}
	}
	return Amount{Time: time.Duration(spent) * time.Microsecond}
}
