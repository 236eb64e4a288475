package worktime

import (
	"strconv"
	"strings"
)

// Unit is what a term is counted in.
type Unit string

// The units.
const (
	Minutes      Unit = "m"  // of the clock
	Hours        Unit = "h"  // of the clock
	WorkingHours Unit = "wh" // within the calendar's hours
	Days         Unit = "d"
	WorkingDays  Unit = "wd"
	Months       Unit = "M"
)

// most is how many of each unit a term may have: a century, for working hours a decade.
var most = map[Unit]int{Minutes: 52_560_000, Hours: 876_000, WorkingHours: 87_600, Days: 36_500, WorkingDays: 36_500, Months: 1_200}

// byDays says whether the unit counts days, not moments.
func (u Unit) byDays() bool { return u == Days || u == WorkingDays || u == Months }

// Term is a length of time that somebody has for something: "5wd".
type Term struct {
	N    int
	Unit Unit
}

// ParseTerm reads "30m", "2h", "4wh", "7d", "5wd" or "1M".
func ParseTerm(s string) (Term, error) {
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	n, err := strconv.Atoi(s[:digits])
	unit := Unit(s[digits:])
	limit, known := most[unit]
	switch {
	case !known || digits == 0 || s[0] == '0':
		return Term{}, &Error{"worktime.term.bad", "", map[string]any{"value": clip(s)}}
	case err != nil || n > limit:
		return Term{}, &Error{"worktime.term.long", "", map[string]any{"value": clip(s), "limit": limit}}
	}
	return Term{n, unit}, nil
}

func (t Term) String() string { return strconv.Itoa(t.N) + string(t.Unit) }

// MarshalText writes a term as ParseTerm reads it.
func (t Term) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText is ParseTerm.
func (t *Term) UnmarshalText(text []byte) (err error) {
	*t, err = ParseTerm(string(text))
	return err
}

// clip keeps a hostile value from filling a message.
func clip(s string) string {
	const limit = 60
	runes := 0
	for i := range s {
		if runes++; runes > limit {
			return s[:i] + "…"
		}
	}
	return s
}
