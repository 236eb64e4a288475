package worktime

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// odd is a calendar for what the city's does not have: a zone that sets its clock, hours
// across the setting, work on Sundays, a short and a long day, two tables apart.
const odd = `{"zone": "America/New_York", "hours": {"mon": [["00:00", "03:00"], ["22:00", "24:00"]], "tue": [["09:00", "17:00"]], "wed": [], "thu": [["08:15", "08:45"]],
 "fri": [["00:00", "24:00"]], "sat": [], "sun": [["01:30", "02:30"]]}, "years": {
 "2023": {"source": "made up", "holidays": [{"name": {"en": "Bridge"}, "from": "2022-12-30", "to": "2023-01-03"}, {"name": {"en": "Spring"}, "from": "2023-03-10", "to": "2023-03-13"}], "workdays": ["2023-03-15", "2023-11-04"]},
 "2025": {"source": "made up", "holidays": [{"name": {"en": "Autumn"}, "from": "2025-10-31", "to": "2025-11-10"}], "workdays": ["2025-11-15"]}}}`

func calendars(t testing.TB) map[string]*Calendar {
	odds := func(ends string) *Calendar {
		return decode(t, strings.Replace(odd, `"years"`, `"ends": "`+ends+`", "years"`, 1))
	}
	zone := func(name string) *Calendar { return decode(t, strings.Replace(odd, "America/New_York", name, 1)) }
	return map[string]*Calendar{
		"beijing": beijing(t), "closing": beijing(t, closing...), "fixed": beijing(t, fixed...), "odd": odds("midnight"), "odd closing": odds("close"),
		"lord howe": zone("Australia/Lord_Howe"), // half an hour
		"cairo":     zone("Africa/Cairo"),        // at midnight
	}
}

// eras are days about which something is odd: festivals, ends of tables, clocks that are set.
var eras = []Day{NewDay(2022, 12, 28), NewDay(2023, 1, 20), NewDay(2023, 3, 9), NewDay(2023, 4, 26), NewDay(2023, 9, 28), NewDay(2023, 10, 25), NewDay(2023, 11, 3),
	NewDay(2025, 1, 24), NewDay(2025, 3, 7), NewDay(2025, 10, 29), NewDay(2026, 12, 20), NewDay(1969, 12, 20), NewDay(2100, 2, 25)}

func moment(rt *rapid.T, name string) time.Time {
	era := rapid.SampledFrom(eras).Draw(rt, name+" era")
	return time.Unix(int64(era)*86_400, 0).Add(time.Duration(rapid.Int64Range(0, 14*24*60*4).Draw(rt, name)) * 15 * time.Second)
}

func term(rt *rapid.T) Term {
	t := Term{Unit: rapid.SampledFrom([]Unit{Minutes, Hours, WorkingHours, Days, WorkingDays, Months}).Draw(rt, "unit")}
	t.N = rapid.IntRange(1, map[Unit]int{Minutes: 3000, Hours: 100, WorkingHours: 60, Days: 20, WorkingDays: 15, Months: 14}[t.Unit]).Draw(rt, "n")
	return t
}

func each(t *testing.T, check func(*rapid.T, *Calendar)) {
	for name, c := range calendars(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) { check(rt, c) })
		})
	}
}

// The closed forms agree with a walk by minutes over what the wall shows.
func TestWorkingHoursAgainstMinutes(t *testing.T) {
	each(t, func(rt *rapid.T, c *Calendar) {
		start := moment(rt, "start").Truncate(time.Minute)
		hours := rapid.IntRange(1, 30).Draw(rt, "hours")
		left, passed := hours*60, 0
		wall := func(t time.Time) int64 { // the minute that the wall shows
			l := t.In(c.zone)
			return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), 0, 0, time.UTC).Unix() / 60
		}
		// The minutes before next are over. A minute that comes twice is not counted again,
		// one that is left out is over when the clock is set.
		next := wall(start)
		for back := time.Minute; back <= 3*time.Hour; back += time.Minute {
			next = max(next, wall(start.Add(-back))+1)
		}
		at := start
		for left > 0 {
			now := wall(at)
			at = at.Add(time.Minute)
			for until := max(now+1, wall(at)); next < until && left > 0; next++ {
				if c.openMinute(next) {
					left--
					passed++
				}
			}
			if got := c.Worked(start, at); at.Unix()%77 == 0 && left > 0 && got != time.Duration(passed)*time.Minute {
				rt.Fatalf("from %v to %v: %s, not %d minutes", start.In(c.zone), at.In(c.zone), got, passed)
			}
		}
		if due := c.Due(start, Term{hours, WorkingHours}); !due.At.Equal(at) {
			rt.Fatalf("%v + %dwh: %v, not %v", start.In(c.zone), hours, due.At, at.In(c.zone))
		}
	})
}

// openMinute looks the minute up in the hours, without counting.
func (c *Calendar) openMinute(m int64) bool {
	wall := time.Unix(m*60, 0).UTC()
	d := NewDay(wall.Date())
	return c.shift(d).open(int64(wall.Hour())*hour + int64(wall.Minute())*minute)
}

// Terms by days agree with a walk by days.
func TestDaysAgainstWalk(t *testing.T) {
	each(t, func(rt *rapid.T, c *Calendar) {
		start := moment(rt, "start")
		n := rapid.IntRange(1, 40).Draw(rt, "n")
		last := c.Day(start)
		for left := n; left > 0; {
			if last++; c.WorkingDay(last) {
				left--
			}
		}
		if due := c.Due(start, Term{n, WorkingDays}); due.Last != last {
			rt.Fatalf("%v + %dwd: %v, not %v", start, n, due, last)
		}
		if counted, passed := c.Counted(start, Term{n, WorkingDays}); len(counted) != n || counted[n-1] != last || Day(n+len(passed)) != last-c.Day(start) {
			rt.Fatalf("%v + %dwd counts %v and passes over %v", start, n, counted, passed)
		}
		last = c.Day(start) + Day(n)
		for c.moves && !c.WorkingDay(last) {
			last++
		}
		due := c.Due(start, Term{n, Days})
		if due.Last != last {
			rt.Fatalf("%v + %dd: %v, not %v", start, n, due, last)
		}
		if counted, _ := c.Counted(start, Term{n, Days}); len(counted) != n {
			rt.Fatalf("%v + %dd counts %v", start, n, counted)
		}
		unsure := false
		for d := c.Day(start) + Day(n); d <= last; d++ {
			unsure = unsure || !c.Known(d, d)
		}
		if c.moves && due.Provisional != unsure {
			rt.Fatalf("%v + %dd: %v", start, n, due)
		}
	})
}

// Elapsed is the other way round of Due.
func TestElapsedInvertsDue(t *testing.T) {
	for name, c := range calendars(t) {
		if !c.moves {
			continue
		}
		still := *c
		still.moves = false
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				start, k := moment(rt, "start"), term(rt)
				due := still.Due(start, k)
				if got := still.Elapsed(start, due.At, k.Unit); got != int64(k.N) {
					rt.Fatalf("%v + %s is %v, and %d units elapsed", start, k, due, got)
				}
				if got := still.Elapsed(start, due.At.Add(-time.Microsecond), k.Unit); got != int64(k.N)-1 {
					rt.Fatalf("%v + %s is %v, and %d units elapsed just before", start, k, due, got)
				}
			})
		})
	}
}

// A later start is never due earlier, nor is a longer term.
func TestDueIsMonotone(t *testing.T) {
	each(t, func(rt *rapid.T, c *Calendar) {
		start, k := moment(rt, "start"), term(rt)
		due := c.Due(start, k)
		later := start.Add(time.Duration(rapid.Int64Range(0, 5*86_400).Draw(rt, "later")) * time.Second)
		if got := c.Due(later, k); got.At.Before(due.At) {
			rt.Fatalf("%v + %s is %v, and from %v is %v", start, k, due, later, got)
		}
		if longer := c.Due(start, Term{k.N + 1, k.Unit}); longer.At.Before(due.At) {
			rt.Fatalf("%v + %s is %v, one more is %v", start, k, due, longer)
		}
		// Where the clock is set at midnight the last moment may show the day before.
		latest, _ := split(c.civil(due.At) - 1)
		if !due.At.After(start) || due.Last != latest && due.Last != latest-1 {
			rt.Fatalf("%v + %s is %+v", start, k, due)
		}
	})
}

// clock is one with some pauses that were ended.
func clock(rt *rapid.T) Clock {
	k := Clock{Term: term(rt), Start: moment(rt, "start")}
	for at := k.Start; len(k.Pauses) < 4 && rapid.Bool().Draw(rt, "pause"); {
		p := Pause{From: at.Add(gap(rt, "running"))}
		p.To = p.From.Add(gap(rt, "standing"))
		at = p.To
		k.Pauses = append(k.Pauses, p)
	}
	return k
}

func gap(rt *rapid.T, name string) time.Duration {
	return time.Duration(rapid.Int64Range(0, 8*24*60).Draw(rt, name)) * time.Minute
}

// To stop a clock and let it go on at once changes nothing; the later it goes on the
// later it runs out, never before it goes on, and never earlier than without the pause.
func TestPauses(t *testing.T) {
	each(t, func(rt *rapid.T, c *Calendar) {
		k := clock(rt)
		before, _ := c.ClockDue(k)
		stop := k.last().Add(gap(rt, "then"))
		paused, err := k.Pause(stop)
		if err != nil {
			rt.Fatal(err)
		}
		left := c.Remaining(k, stop)
		if got := c.Remaining(paused, stop.Add(gap(rt, "asked"))); got != left {
			rt.Fatalf("%+v has %+v left when stopped, and then %+v", k, left, got)
		}
		ranOut := !stop.Before(before.At)
		if ranOut != (left == Amount{}) {
			rt.Fatalf("%+v is due at %v and has %+v left at %v", k, before, left, stop)
		}
		spent := c.Spent(k, stop)
		if t := k.Term; !t.Unit.byDays() && !ranOut && spent.Time+left.Time != length(t) {
			rt.Fatalf("%+v has spent %+v and has %+v left at %v", k, spent, left, stop)
		}
		if got := c.Elapsed(k.Start, stop, k.Term.Unit); len(k.Pauses) == 0 && k.Term.Unit.byDays() && k.Term.Unit != Months && spent.Days != got {
			rt.Fatalf("%+v has spent %+v at %v, and %d elapsed", k, spent, stop, got)
		}
		due := before
		resume := stop
		for range 4 {
			running, err := paused.Resume(resume)
			if err != nil {
				rt.Fatal(err)
			}
			got, ok := c.ClockDue(running)
			switch {
			case !ok || got.At.Before(due.At):
				rt.Fatalf("%+v is due at %v, resumed at %v at %v, %t", k, due, resume, got, ok)
			case resume.Equal(stop) && !got.At.Equal(before.At):
				rt.Fatalf("%+v is due at %v, and stopped for no time at %v at %v", k, before, stop, got)
			case ranOut && !got.At.Equal(before.At):
				rt.Fatalf("%+v had run out at %v, and now does at %v", k, before, got)
			case !ranOut && !got.At.After(resume):
				rt.Fatalf("%+v resumed at %v is due at %v", k, resume, got)
			}
			if now := c.Remaining(running, resume); k.Term.Unit.byDays() == false && !ranOut && now != left {
				rt.Fatalf("%+v had %+v left, and resumed at %v %+v", k, left, resume, now)
			}
			due = got
			resume = resume.Add(gap(rt, "later"))
		}
	})
}

// length is how long a term is that is not by days.
func length(t Term) time.Duration {
	if t.Unit == Minutes {
		return time.Duration(t.N) * time.Minute
	}
	return time.Duration(t.N) * time.Hour
}

// Civil time never goes back, and each of its moments is found again.
func TestCivilTime(t *testing.T) {
	each(t, func(rt *rapid.T, c *Calendar) {
		a := moment(rt, "a")
		b := a.Add(time.Duration(rapid.Int64Range(0, 6*3600).Draw(rt, "b")) * time.Second)
		shown := c.civil(a)
		if c.civil(b) < shown {
			rt.Fatalf("%v shows later than %v", a.In(c.zone), b.In(c.zone))
		}
		first := c.instant(shown)
		if first.After(a) || c.civil(first) != shown {
			rt.Fatalf("%v is found again as %v", a.In(c.zone), first)
		}
		if c.civil(first.Add(-time.Microsecond)) >= shown {
			rt.Fatalf("%v is not the first moment that shows as %v", first, a.In(c.zone))
		}
	})
}

func BenchmarkDue(b *testing.B) {
	c := beijing(b)
	start := time.Date(2022, 3, 4, 5, 6, 7, 0, time.UTC)
	for _, s := range []string{"2h", "700d", "900wd", "8000wh", "36M"} {
		t, err := ParseTerm(s)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Due(start, t)
			}
		})
	}
}

func BenchmarkElapsed(b *testing.B) {
	c := beijing(b)
	from, to := time.Date(2021, 3, 4, 5, 6, 7, 0, time.UTC), time.Date(2026, 9, 10, 11, 12, 13, 0, time.UTC)
	for _, u := range []Unit{Minutes, WorkingHours, Days, WorkingDays, Months} {
		b.Run(string(u), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Elapsed(from, to, u)
			}
		})
	}
}
