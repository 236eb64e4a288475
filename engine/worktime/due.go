package worktime

import "time"

// Due is when a term ends.
type Due struct {
	At time.Time `json:"at"` // the first moment after the term, in the calendar's zone

	// Last is the day that the term's last moment belongs to; a term that ends at 24:00
	// has an At on the day after.
	Last Day `json:"last"`

	// Provisional says that the term hangs on a year whose table is not there. The last
	// days of December hang on the next year's table too: see tableFrom.
	Provisional bool `json:"provisional"`
}

// Due is when a term that starts at start ends.
func (c *Calendar) Due(start time.Time, t Term) Due {
	k := c.begin(start, t)
	return c.end(&k)
}

// course is a term under way. Each unit has a scale on which the term has a target:
// microseconds of the clock, microseconds of working time, days, or working days.
type course struct {
	unit   Unit
	origin int64 // where the term began on it, as if it had never stood
	target int64
	from   Day // the first day whose table matters
}

func (c *Calendar) begin(start time.Time, t Term) course {
	n := int64(t.N)
	civil := c.civil(start)
	day, _ := split(civil)
	switch t.Unit {
	case Minutes:
		return course{t.Unit, start.UnixMicro(), start.UnixMicro() + n*minute, 0}
	case Hours:
		return course{t.Unit, start.UnixMicro(), start.UnixMicro() + n*hour, 0}
	case WorkingHours:
		work := c.workBy(civil)
		return course{t.Unit, work, work + n*hour, day}
	case WorkingDays:
		days, _ := c.before(day + 1)
		return course{t.Unit, days, days + n - 1, day + 1}
	}
	last := day + Day(n)
	if t.Unit == Months {
		last = day.months(t.N)
	}
	return course{t.Unit, int64(day + 1), int64(last), last}
}

// scale is where t stands on a unit's scale.
func (c *Calendar) scale(u Unit, t time.Time) int64 {
	switch u {
	case Minutes, Hours:
		return t.UnixMicro()
	case WorkingHours:
		return c.workBy(c.civil(t))
	}
	d := c.present(t)
	if u == WorkingDays {
		days, _ := c.before(d)
		return days
	}
	return int64(d)
}

// present is the first day that is not over at t.
func (c *Calendar) present(t time.Time) Day {
	d, at := split(c.civil(t))
	if at >= c.closing(d) {
		d++
	}
	return d
}

// closing is the time of day at which a day ends.
func (c *Calendar) closing(d Day) int64 {
	if c.ends == Close {
		if s := c.shift(d); s.total > 0 {
			return s.close()
		}
	}
	return fullDay
}

// end is when a course ends.
func (c *Calendar) end(k *course) Due {
	switch k.unit {
	case Minutes, Hours:
		at := time.UnixMicro(k.target).In(c.zone)
		last, _ := split(c.civil(at) - 1)
		return Due{at, last, false}
	case WorkingHours:
		civil := c.reach(k.target)
		last, _ := split(civil - 1)
		return Due{c.instant(civil), last, !c.Known(k.from, last)}
	}
	var last Day
	provisional := true
	switch {
	case k.unit == WorkingDays:
		last = c.day(k.target)
	case c.moves:
		days, _ := c.before(Day(k.target))
		last = c.day(days) // the same, or the next that is worked
	default:
		last = Day(k.target)
		provisional = c.ends == Close // else nothing hangs on a table
	}
	k.from = min(k.from, last)
	return Due{c.instant(int64(last)*fullDay + c.closing(last)), last, provisional && !c.Known(k.from, last)}
}

// Worked is the working time from one moment to another; none where to is earlier.
func (c *Calendar) Worked(from, to time.Time) time.Duration {
	return time.Duration(max(0, c.scale(WorkingHours, to)-c.scale(WorkingHours, from))) * time.Microsecond
}

// Elapsed is how many whole units of a term that started at from are over at to: the most
// for which Due, without moving, is not after to. It is 0 where to is earlier.
func (c *Calendar) Elapsed(from, to time.Time, u Unit) int64 {
	n := c.scale(u, to)
	switch u {
	case Minutes:
		n = floorDiv(n-c.scale(u, from), minute)
	case Hours, WorkingHours:
		n = floorDiv(n-c.scale(u, from), hour)
	case WorkingDays:
		days, _ := c.before(c.Day(from) + 1)
		n -= days
	case Days:
		n -= int64(c.Day(from)) + 1
	case Months:
		start := c.Day(from)
		y1, m1, _ := start.Date()
		y2, m2, _ := Day(n).Date()
		months := (y2-y1)*12 + int(m2-m1)
		if start.months(months) >= Day(n) { // that day is not over
			months--
		}
		n = int64(months)
	}
	return max(0, n)
}
