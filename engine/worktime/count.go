package worktime

// A calendar counts in closed form: a week has its working days and its working time, and
// the few days that are not as their weekday, the marks, carry what they add or take away.
// Nothing is laid out day by day, so a question costs the same in every century.

// mark is a day that is not as its weekday.
type mark struct {
	day       Day
	shift     *shift
	days      int64 // working days before it, from 1970
	work      int64 // working time before it
	extraDays int64 // by how much the count after it differs from that of weekdays
	extraWork int64
}

// lay puts days that are not as their weekday, in order, behind the others.
func (c *Calendar) lay(d Day, s *shift) {
	usual := c.week[d.fromMonday()]
	m := mark{day: d, shift: s}
	m.days, m.work = c.before(d)
	if n := len(c.marks); n > 0 {
		m.extraDays, m.extraWork = c.marks[n-1].extraDays, c.marks[n-1].extraWork
	}
	m.extraDays += worked(s) - worked(usual)
	m.extraWork += s.total - usual.total
	c.marks = append(c.marks, m)
}

func worked(s *shift) int64 {
	if s.total > 0 {
		return 1
	}
	return 0
}

// search is the number of marks for which before is true, which are the first ones.
func (c *Calendar) search(before func(*mark) bool) int {
	low, high := 0, len(c.marks)
	for low < high {
		if mid := (low + high) / 2; before(&c.marks[mid]) {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

// shift is the working time of a day.
func (c *Calendar) shift(d Day) *shift {
	if i := c.search(func(m *mark) bool { return m.day < d }); i < len(c.marks) && c.marks[i].day == d {
		return c.marks[i].shift
	}
	return c.week[d.fromMonday()]
}

// before counts the working days and the working time before a day, from 1970.
func (c *Calendar) before(d Day) (days, work int64) {
	weekday := d.fromMonday()
	weeks := (int64(d) + 3 - int64(weekday)) / 7
	days, work = weeks*c.daysTo[7]+c.daysTo[weekday], weeks*c.workTo[7]+c.workTo[weekday]
	if i := c.search(func(m *mark) bool { return m.day < d }); i > 0 {
		days, work = days+c.marks[i-1].extraDays, work+c.marks[i-1].extraWork
	}
	return days, work
}

// workBy is the working time up to a civil time, from 1970.
func (c *Calendar) workBy(civil int64) int64 {
	d, at := split(civil)
	_, work := c.before(d)
	return work + c.shift(d).by(at)
}

// day is the working day that has n before it; the inverse of before.
func (c *Calendar) day(n int64) Day {
	if i := c.search(func(m *mark) bool { return m.days <= n }); i > 0 {
		m := &c.marks[i-1]
		if m.days == n && m.shift.total > 0 {
			return m.day
		}
		n -= m.extraDays // it comes after the mark and before the next one
	}
	weeks := floorDiv(n, c.daysTo[7])
	n -= weeks * c.daysTo[7]
	weekday := 0
	for c.daysTo[weekday+1] <= n {
		weekday++
	}
	return Day(weeks*7 + int64(weekday) - 3)
}

// reach is the first civil time by which work was done; the inverse of workBy.
func (c *Calendar) reach(work int64) int64 {
	if i := c.search(func(m *mark) bool { return m.work < work }); i > 0 {
		m := &c.marks[i-1]
		if work <= m.work+m.shift.total {
			return int64(m.day)*fullDay + m.shift.reach(work-m.work)
		}
		work -= m.extraWork
	}
	weeks := floorDiv(work-1, c.workTo[7]) // the last moment of a week belongs to it
	work -= weeks * c.workTo[7]
	weekday := 0
	for c.workTo[weekday+1] < work {
		weekday++
	}
	return (weeks*7+int64(weekday)-3)*fullDay + c.week[weekday].reach(work-c.workTo[weekday])
}
