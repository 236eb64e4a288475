package worktime

import "time"

// Day is a day of the Gregorian calendar in no zone: the number of days since 1970-01-01.
type Day int

// Microseconds, the unit of civil time.
const (
	minute  int64 = 60_000_000
	hour          = 60 * minute
	fullDay       = 24 * hour
)

// NewDay is the day of a date; months and days beyond their range carry over.
func NewDay(year int, month time.Month, day int) Day {
	return Day(floorDiv(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix(), 86_400))
}

// ParseDay reads "2006-01-02".
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, &Error{"worktime.date.bad", "", map[string]any{"value": clip(s)}}
	}
	return NewDay(t.Date()), nil
}

// Date is the day's year, month and number.
func (d Day) Date() (year int, month time.Month, day int) {
	return time.Unix(int64(d)*86_400, 0).UTC().Date()
}

// Weekday is the day of the week.
func (d Day) Weekday() time.Weekday { return time.Weekday((d.fromMonday() + 1) % 7) }

// fromMonday is the day's place in its week, Monday 0. 1970-01-01 was a Thursday.
func (d Day) fromMonday() int { return int(int64(d) + 3 - 7*floorDiv(int64(d)+3, 7)) }

func (d Day) String() string { return time.Unix(int64(d)*86_400, 0).UTC().Format(time.DateOnly) }

// MarshalText writes "2006-01-02".
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads "2006-01-02".
func (d *Day) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDay(string(text))
	return err
}

// months is the day n months after d: that of the same number, or the last of the month.
func (d Day) months(n int) Day {
	y, m, day := d.Date()
	first, next := NewDay(y, m+time.Month(n), 1), NewDay(y, m+time.Month(n)+1, 1)
	return min(first+Day(day-1), next-1)
}

// floorDiv is a/b towards negative infinity, for b > 0.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// civil is what the clock on the wall shows at t, in microseconds since 1970-01-01 00:00
// there. It never goes back: while an hour comes twice it stands still.
func (c *Calendar) civil(t time.Time) int64 {
	t = t.In(c.zone)
	_, offset := t.Zone()
	at := t.UnixMicro()
	shown := at + int64(offset)*1_000_000
	if start, _ := t.ZoneBounds(); !start.IsZero() && at-start.UnixMicro() < 2*fullDay {
		_, before := start.Add(-1).Zone()
		shown = max(shown, start.UnixMicro()+int64(before)*1_000_000)
	}
	return shown
}

// instant is the first moment at which the clock on the wall shows civil or more.
func (c *Calendar) instant(civil int64) time.Time {
	// Zones are less than a day from UTC, so this is well before; walk on from zone to zone.
	at := time.UnixMicro(civil - 40*hour).In(c.zone)
	for {
		_, offset := at.Zone()
		start, end := at.ZoneBounds()
		t := time.UnixMicro(civil - int64(offset)*1_000_000).In(c.zone)
		if end.IsZero() || !t.After(end) { // at its very end a zone's clock has shown that, too
			if t.Before(start) {
				return start
			}
			return t
		}
		at = end
	}
}

// split is the day of a civil time and the time of that day.
func split(civil int64) (Day, int64) {
	d := floorDiv(civil, fullDay)
	return Day(d), civil - d*fullDay
}

// Day is the day that it is at t in the calendar's zone.
func (c *Calendar) Day(t time.Time) Day {
	d, _ := split(c.civil(t))
	return d
}
