// Package worktime reckons with working time: which days and hours are worked, when a
// term ends, and what is left of one that was stopped and goes on.
//
// A Calendar is a time zone, the hours of each weekday, and a table for each year that
// the authorities have announced: its public holidays and the days off that are worked
// instead. Beyond the tables a year is taken to be its weekdays alone, and whatever hangs
// on such a year says that it is Provisional.
//
// Terms are "30m" and "2h" by the clock, "4wh" of working hours, "7d", "5wd" and "1M" of
// days, working days and months. They are reckoned as the Civil Code of the PRC does
// (articles 200 to 204 of 民法典):
//
//   - 201: a term by hours runs from its start; a term by days or months begins on the day
//     after its start, whatever the hour.
//   - 202: a term by months ends on the day of the same number, or the last of the month.
//   - 203: where the last day is off, the term ends on the next day that is worked
//     (Calendar.Moves, for "d" and "M"); the last day ends at 24:00, or, where there are
//     business hours, with them (Calendar.Ends).
//   - 204: what the law or the parties say otherwise goes before; hence the options. A term
//     of whole days that must not move is written in hours, "24h".
//
// Everything is reckoned in civil time, the time that a clock on the wall shows, except
// terms by the clock. Where the zone sets the clock forward, the hour that is left out
// counts as if it had passed in no time; where it is set back, civil time stands still
// until the hour that comes twice is over. So each working day has its hours on all days,
// and civil time never goes back. Times are good to the microsecond.
package worktime

import "fmt"

// Error is a fault of a calendar or a term.
type Error struct {
	Code  string         // machine code and message key, e.g. "worktime.hours.order"
	Place string         // where in the input, e.g. "years.2025.holidays[0].from"
	Args  map[string]any // values the message names
}

func (e *Error) Error() string {
	s := e.Code
	if e.Place != "" {
		s = e.Place + ": " + s
	}
	if len(e.Args) > 0 {
		s += fmt.Sprint(" ", e.Args)
	}
	return s
}
