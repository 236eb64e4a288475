package worktime

import (
	"slices"
	"time"
)

// Calendar says when is worked. It does not change and may be used by many at once.
type Calendar struct {
	zone     *time.Location
	ends     End
	moves    bool
	week     [7]*shift // from Monday; off where nobody works
	makeup   *shift    // of a day off that is worked
	daysTo   [8]int64  // working days of a week before each weekday
	workTo   [8]int64  // working time of a week before each weekday
	marks    []mark    // days that are not as their weekday, in order
	known    []stretch // days whose tables are there, in order
	holidays []Holiday // in order
	made     []Day     // make-up working days, in order
}

// End is when the last day of a term by days ends.
type End string

// When a day can end. A day without hours always ends at midnight.
const (
	Midnight End = "midnight" // at 24:00
	Close    End = "close"    // with its last working hour
)

// Holiday is a run of days off that a year's table names.
type Holiday struct {
	Name map[string]string `json:"name"` // by language
	From Day               `json:"from"`
	To   Day               `json:"to"`
}

// shift is the working time of a day; times are microseconds from midnight.
type shift struct {
	spans []span
	total int64
}

type span struct {
	from, to int64
	before   int64 // working time of the day before this span
}

var off = &shift{}

func (s *shift) close() int64 { return s.spans[len(s.spans)-1].to }

// by is the working time of the day up to a time of it.
func (s *shift) by(at int64) int64 {
	for i := len(s.spans) - 1; i >= 0; i-- {
		if p := s.spans[i]; at > p.from {
			return p.before + min(at, p.to) - p.from
		}
	}
	return 0
}

// reach is the first time of day by which work was done, 0 < work ≤ total.
func (s *shift) reach(work int64) int64 {
	for i := len(s.spans) - 1; ; i-- {
		if p := s.spans[i]; work > p.before {
			return p.from + work - p.before
		}
	}
}

func (s *shift) open(at int64) bool {
	return slices.ContainsFunc(s.spans, func(p span) bool { return p.from <= at && at < p.to })
}

// stretch is a run of days from its first to before its end.
type stretch struct{ first, end Day }

// Zone is where the calendar's clock hangs.
func (c *Calendar) Zone() *time.Location { return c.zone }

// Ends is when the last day of a term by days ends.
func (c *Calendar) Ends() End { return c.ends }

// Moves says whether a term of days or months whose last day is off ends on the next
// working day.
func (c *Calendar) Moves() bool { return c.moves }

// Working says whether t is within working hours. The moment of closing is not.
func (c *Calendar) Working(t time.Time) bool {
	d, at := split(c.civil(t))
	return c.shift(d).open(at)
}

// WorkingDay says whether the day has working hours.
func (c *Calendar) WorkingDay(d Day) bool { return c.shift(d).total > 0 }

// Makeup says whether a table names the day as worked in place of another.
func (c *Calendar) Makeup(d Day) bool {
	_, found := slices.BinarySearch(c.made, d)
	return found
}

// Holiday is the holiday that a table names on the day.
func (c *Calendar) Holiday(d Day) (Holiday, bool) {
	i, found := slices.BinarySearchFunc(c.holidays, d, func(h Holiday, d Day) int {
		switch {
		case d < h.From:
			return 1
		case d > h.To:
			return -1
		}
		return 0
	})
	if !found {
		return Holiday{}, false
	}
	return c.holidays[i], true
}

// Known says whether the tables that speak of the days from first to last are all there.
func (c *Calendar) Known(first, last Day) bool {
	for _, k := range c.known {
		if k.first <= first && last < k.end {
			return true
		}
	}
	return false
}
