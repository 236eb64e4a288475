package worktime

import "time"

// Counted lists the days that a term from start counts, and those after its start that it
// passes over: for working days and working hours the days off, for days and months the
// days off over which its last day moved. A term by the clock counts no days.
func (c *Calendar) Counted(start time.Time, t Term) (counted, passed []Day) {
	if t.Unit == Minutes || t.Unit == Hours {
		return nil, nil
	}
	run := c.begin(start, t)
	due := c.end(&run)
	day := c.Day(start)
	if t.Unit != WorkingHours {
		day++ // the day of the start does not count
	}
	for ; day <= due.Last; day++ {
		switch {
		case t.Unit == WorkingDays && !c.WorkingDay(day), t.Unit == WorkingHours && !c.worksOn(day, start, due.At):
			passed = append(passed, day)
		case t.Unit == WorkingDays, t.Unit == WorkingHours, int64(day) <= run.target:
			counted = append(counted, day)
		case !c.WorkingDay(day):
			passed = append(passed, day)
		}
	}
	return counted, passed
}

// worksOn says whether a day has working time between two moments.
func (c *Calendar) worksOn(d Day, from, to time.Time) bool {
	begin, end := int64(d)*fullDay, int64(d+1)*fullDay
	return c.workBy(min(end, c.civil(to))) > c.workBy(max(begin, c.civil(from)))
}
