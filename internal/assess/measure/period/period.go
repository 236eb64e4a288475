// Package period names the stretches of time that facts and indicators are about: a day, a
// month, a quarter, a half-year, a year, and a five-year plan, each lying whole in the next.
//
//	2026-07-28   2026-07   2026Q3   2026H2   2026   2026-2030
package period

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Kind is how long a period is.
type Kind string

// The kinds, from the shortest.
const (
	Day     Kind = "day"
	Month   Kind = "month"
	Quarter Kind = "quarter"
	Half    Kind = "half"
	Year    Kind = "year"
	Plan    Kind = "plan" // 2021–2025 is a five-year plan, and so is every five years after it
)

// Kinds lists them from the shortest.
var Kinds = []Kind{Day, Month, Quarter, Half, Year, Plan}

// Rank is the kind's place in Kinds, −1 for none.
func (k Kind) Rank() int {
	for i, other := range Kinds {
		if k == other {
			return i
		}
	}
	return -1
}

// months is how many months a kind has; 0 for a day.
func (k Kind) months() int {
	switch k {
	case Month:
		return 1
	case Quarter:
		return 3
	case Half:
		return 6
	case Year:
		return 12
	case Plan:
		return 60
	}
	return 0
}

// Period is the N-th of its kind: days are counted from 1970-01-01, all others from the year 1.
type Period struct {
	Kind Kind
	N    int
}

// firstYear and lastYear are those that a period may touch.
const (
	firstYear = 1900
	lastYear  = 2200
)

const secondsOfDay = 24 * 60 * 60

// Of is the period of a kind in which a time lies, on the clocks of zone.
func Of(k Kind, at time.Time, zone *time.Location) Period {
	year, month, day := at.In(zone).Date()
	return onDate(k, year, month, day)
}

func onDate(k Kind, year int, month time.Month, day int) Period {
	if k == Day {
		return Period{Day, int(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / secondsOfDay)}
	}
	return Period{k, ((year-1)*12 + int(month) - 1) / k.months()}
}

// date is the first day of a period.
func (p Period) date() (year int, month time.Month, day int) {
	if p.Kind == Day {
		return time.Unix(int64(p.N)*secondsOfDay, 0).UTC().Date()
	}
	m := p.N * p.Kind.months()
	return m/12 + 1, time.Month(m%12 + 1), 1
}

// Start is the first moment of a period on the clocks of zone.
func (p Period) Start(zone *time.Location) time.Time {
	year, month, day := p.date()
	return time.Date(year, month, day, 0, 0, 0, 0, zone)
}

// End is the first moment after a period.
func (p Period) End(zone *time.Location) time.Time { return p.Next(1).Start(zone) }

// Next is the period n places on; n may be negative.
func (p Period) Next(n int) Period { return Period{p.Kind, p.N + n} }

// In is the period of another kind in which this one's last day lies. For a longer kind it is
// the one that holds this period; for a shorter one the last that this period holds.
func (p Period) In(k Kind) Period {
	if k == p.Kind {
		return p
	}
	year, month, day := p.Next(1).date()
	last := time.Date(year, month, day-1, 0, 0, 0, 0, time.UTC)
	return onDate(k, last.Year(), last.Month(), last.Day())
}

// First is the first period of a shorter kind that this one holds.
func (p Period) First(k Kind) Period {
	year, month, day := p.date()
	return onDate(k, year, month, day)
}

// Year is the year in which a period begins.
func (p Period) Year() int { year, _, _ := p.date(); return year }

// String writes a period as it is read: 2026-07-28, 2026-07, 2026Q3, 2026H2, 2026, 2026-2030.
func (p Period) String() string {
	year, month, day := p.date()
	switch p.Kind {
	case Day:
		return fmt.Sprintf("%04d-%02d-%02d", year, month, day)
	case Month:
		return fmt.Sprintf("%04d-%02d", year, month)
	case Quarter:
		return fmt.Sprintf("%04dQ%d", year, (month-1)/3+1)
	case Half:
		return fmt.Sprintf("%04dH%d", year, (month-1)/6+1)
	case Plan:
		return fmt.Sprintf("%04d-%04d", year, year+4)
	}
	return fmt.Sprintf("%04d", year)
}

// MarshalText writes a period for JSON.
func (p Period) MarshalText() ([]byte, error) {
	if p.Kind == "" {
		return []byte{}, nil
	}
	return []byte(p.String()), nil
}

// UnmarshalText reads a period from JSON.
func (p *Period) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*p = Period{}
		return nil
	}
	*p, err = Parse(string(text))
	return err
}

var written = regexp.MustCompile(`^(\d{4})(?:-(\d{2})(?:-(\d{2}))?|[Qq]([1-4])|[Hh]([12])|-(\d{4}))?$`)

func errPeriod(text string) error {
	return fault.New(fault.Invalid, "measure.period", fault.Args{"text": text})
}

// Parse reads what String wrote.
func Parse(text string) (Period, error) {
	m := written.FindStringSubmatch(text)
	if m == nil {
		return Period{}, errPeriod(text)
	}
	n := func(i, otherwise int) int {
		if m[i] == "" {
			return otherwise
		}
		v, _ := strconv.Atoi(m[i]) // digits, by the pattern
		return v
	}
	year, month, day := n(1, 0), n(2, 1), n(3, 1)
	kind := Year
	switch {
	case m[3] != "":
		kind = Day
	case m[2] != "":
		kind = Month
	case m[4] != "":
		kind, month = Quarter, (n(4, 1)-1)*3+1
	case m[5] != "":
		kind, month = Half, (n(5, 1)-1)*6+1
	case m[6] != "":
		kind = Plan
	}
	whole := month >= 1 && month <= 12 && time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Day() == day
	if p := onDate(kind, year, time.Month(max(month, 1)), day); whole && year >= firstYear && year <= lastYear && (kind != Plan || p.Year() == year && n(6, 0) == year+4) {
		return p, nil
	}
	return Period{}, errPeriod(text)
}
