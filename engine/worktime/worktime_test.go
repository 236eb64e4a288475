package worktime

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// beijing is the calendar that the product ships, with changes to its text.
func beijing(t testing.TB, changes ...string) *Calendar {
	t.Helper()
	raw, err := os.ReadFile("../../city/beijing/calendar.json")
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, strings.NewReplacer(changes...).Replace(string(raw)))
}

func decode(t testing.TB, raw string) *Calendar {
	t.Helper()
	c, errs := Decode(strings.NewReader(raw))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return c
}

var (
	closing = []string{`"ends": "midnight"`, `"ends": "close"`}
	fixed   = []string{`"moves": true`, `"moves": false`}
)

// at reads a time of Beijing.
func at(t testing.TB, s string) time.Time {
	t.Helper()
	zone := time.FixedZone("CST", 8*3600)
	when, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

func show(d Due) string {
	s := d.At.Format("2006-01-02 15:04")
	if d.Provisional {
		s += " ?"
	}
	return s
}

// Each line was worked out by hand from the notices of the State Council.
func TestDue(t *testing.T) {
	plain, close, still := beijing(t), beijing(t, closing...), beijing(t, fixed...)
	for _, c := range []struct {
		calendar          *Calendar
		start, term, want string
	}{
		// By the clock nothing is off.
		{plain, "2025-01-27 23:50", "30m", "2025-01-28 00:20"},
		{plain, "2025-01-27 10:00", "2h", "2025-01-27 12:00"},
		{plain, "2030-05-01 10:00", "24h", "2030-05-02 10:00"},

		// Working hours: lunch, closing, Spring Festival 2025 (28 January to 4 February;
		// Sunday the 26th and Saturday 8 February are worked).
		{plain, "2025-01-24 14:00", "4wh", "2025-01-24 18:00"}, // the closing, not the next opening
		{plain, "2025-01-24 11:00", "2wh", "2025-01-24 14:00"},
		{plain, "2025-01-24 16:00", "3wh", "2025-01-26 10:00"}, // Friday to worked Sunday
		{plain, "2025-01-25 12:00", "1wh", "2025-01-26 10:00"},
		{plain, "2025-01-27 17:00", "2wh", "2025-02-05 10:00"},
		{plain, "2025-02-07 17:30", "8wh", "2025-02-08 17:30"}, // worked Saturday
		{plain, "2025-02-08 17:00", "2wh", "2025-02-10 10:00"},
		{plain, "2025-01-27 07:00", "8wh", "2025-01-27 18:00"},
		{plain, "2025-01-27 12:30", "5wh", "2025-01-27 18:00"},

		// Working days: the day of the start does not count.
		{plain, "2025-01-24 10:00", "1wd", "2025-01-27 00:00"}, // Sunday the 26th counts
		{close, "2025-01-24 10:00", "1wd", "2025-01-26 18:00"},
		{plain, "2025-01-25 10:00", "1wd", "2025-01-27 00:00"},
		{close, "2025-01-27 09:00", "1wd", "2025-02-05 18:00"},
		{close, "2025-01-27 09:00", "5wd", "2025-02-10 18:00"}, // 5, 6, 7, worked Saturday 8, 10
		{close, "2025-01-30 09:00", "3wd", "2025-02-07 18:00"},
		{close, "2022-12-30 09:00", "1wd", "2023-01-03 18:00"}, // 31 December 2022 to 2 January
		{close, "2023-01-20 09:00", "3wd", "2023-01-30 18:00"}, // 28, 29 worked, 30
		{close, "2023-09-28 17:59", "2wd", "2023-10-08 18:00"}, // 29 September to 6 October off; 7, 8 worked
		{close, "2023-09-28 17:59", "3wd", "2023-10-09 18:00"},
		{close, "2024-02-09 09:00", "1wd", "2024-02-18 18:00"}, // 10 to 17 February; Sunday 18 worked
		{close, "2024-02-02 09:00", "2wd", "2024-02-05 18:00"}, // Sunday 4 February worked
		{close, "2024-09-13 09:00", "2wd", "2024-09-18 18:00"}, // Saturday 14 worked, 15 to 17 off
		{close, "2024-09-30 09:00", "4wd", "2024-10-11 18:00"}, // 8, 9, 10, 11
		{close, "2024-09-30 09:00", "5wd", "2024-10-12 18:00"}, // Saturday 12 worked
		{close, "2025-09-27 09:00", "4wd", "2025-10-09 18:00"}, // Sunday 28 worked, 29, 30; 1 to 8 off
		{close, "2025-09-30 09:00", "3wd", "2025-10-11 18:00"}, // 9, 10, Saturday 11
		{close, "2026-02-13 09:00", "2wd", "2026-02-24 18:00"}, // Saturday 14 worked; 15 to 23 off
		{close, "2026-02-24 09:00", "4wd", "2026-02-28 18:00"}, // Saturday 28 worked
		{close, "2025-12-31 09:00", "2wd", "2026-01-05 18:00"}, // Sunday 4 January worked, 5
		{close, "2026-09-18 09:00", "5wd", "2026-09-24 18:00"}, // Sunday 20 worked, 21 to 24
		{close, "2026-09-30 09:00", "3wd", "2026-10-10 18:00"}, // 8, 9, Saturday 10
		{close, "2026-12-23 09:00", "1wd", "2026-12-24 18:00"},
		{close, "2026-12-23 09:00", "2wd", "2026-12-25 18:00 ?"}, // the table of 2027 may speak of it
		{close, "2026-12-31 09:00", "1wd", "2027-01-01 18:00 ?"},

		// Days: the last day moves (article 203), or not.
		{plain, "2025-01-20 10:00", "7d", "2025-01-28 00:00"}, // ends with the 27th, worked
		{plain, "2025-01-21 10:00", "7d", "2025-02-06 00:00"}, // the 28th is off; ends with 5 February
		{close, "2025-01-21 10:00", "7d", "2025-02-05 18:00"},
		{still, "2025-01-21 10:00", "7d", "2025-01-29 00:00"},
		{plain, "2025-01-19 10:00", "7d", "2025-01-27 00:00"},  // Sunday the 26th is worked
		{plain, "2023-09-22 10:00", "15d", "2023-10-08 00:00"}, // Saturday 7 October is worked
		{plain, "2023-09-22 10:00", "14d", "2023-10-08 00:00"}, // the 6th is off
		{plain, "2026-12-01 10:00", "30d", "2027-01-01 00:00 ?"},
		{still, "2026-12-01 10:00", "30d", "2027-01-01 00:00"}, // hangs on no table

		// Months: the same number, or the last of the month (article 202).
		{plain, "2025-02-28 10:00", "1M", "2025-03-29 00:00"},
		{still, "2025-01-31 10:00", "1M", "2025-03-01 00:00"},
		{still, "2024-01-31 10:00", "1M", "2024-03-01 00:00"}, // 29 February
		{still, "2024-02-29 10:00", "12M", "2025-03-01 00:00"},
		{plain, "2025-09-05 10:00", "1M", "2025-10-10 00:00"}, // 5 October is off until the 9th
		{plain, "2025-01-26 00:00", "3M", "2025-04-28 00:00"}, // Saturday 26 April; Sunday the 27th is worked
	} {
		term, err := ParseTerm(c.term)
		if err != nil {
			t.Fatal(err)
		}
		start := at(t, c.start)
		if got := show(c.calendar.Due(start, term)); got != c.want {
			t.Errorf("%s + %s (%s): %s, not %s", c.start, c.term, c.calendar.Ends(), got, c.want)
		}
	}
}

func TestWorking(t *testing.T) {
	c := beijing(t)
	for when, want := range map[string]bool{
		"2025-01-27 08:59": false, "2025-01-27 09:00": true, "2025-01-27 11:59": true, "2025-01-27 12:00": false,
		"2025-01-27 13:00": true, "2025-01-27 18:00": false, "2025-01-26 10:00": true, "2025-01-28 10:00": false, "2025-02-09 10:00": false,
	} {
		if c.Working(at(t, when)) != want {
			t.Errorf("working at %s: %t", when, !want)
		}
	}
	for day, want := range map[string][3]bool{ // worked, make-up, holiday
		"2025-01-25": {false, false, false}, "2025-01-26": {true, true, false}, "2025-01-27": {true, false, false},
		"2025-01-28": {false, false, true}, "2025-02-02": {false, false, true}, "2025-02-04": {false, false, true}, "2025-02-05": {true, false, false},
		"2022-12-31": {false, false, true}, "2030-10-01": {true, false, false},
	} {
		d, err := ParseDay(day)
		if err != nil {
			t.Fatal(err)
		}
		_, holiday := c.Holiday(d)
		if got := [3]bool{c.WorkingDay(d), c.Makeup(d), holiday}; got != want {
			t.Errorf("%s: %v, not %v", day, got, want)
		}
	}
	if h, _ := c.Holiday(NewDay(2025, 2, 2)); h.Name["zh"] != "春节" || h.From.String() != "2025-01-28" || h.To.String() != "2025-02-04" {
		t.Errorf("%+v", h)
	}
}

// The notices give each holiday's length and what is worked for it; so many working days
// had each year.
func TestWorkingDaysOfYears(t *testing.T) {
	c := beijing(t)
	for year, want := range map[int]int64{2020: 249, 2021: 250, 2022: 249, 2023: 249, 2024: 251, 2025: 248, 2026: 248} {
		count := int64(0)
		for d := NewDay(year, 1, 1); d < NewDay(year+1, 1, 1); d++ {
			if c.WorkingDay(d) {
				count++
			}
		}
		before, _ := c.before(NewDay(year, 1, 1))
		after, _ := c.before(NewDay(year+1, 1, 1))
		if count != want || after-before != want {
			t.Errorf("%d has %d working days, counted %d, not %d", year, count, after-before, want)
		}
	}
}

func TestKnown(t *testing.T) {
	c := beijing(t)
	for days, want := range map[string]bool{
		"2020-01-01 2026-12-24": true, "2019-12-31 2020-01-01": false, "2026-12-24 2026-12-25": false, "2022-12-26 2022-12-31": true, "2027-01-01 2027-01-01": false,
	} {
		var first, last string
		_, _ = fmt.Sscan(days, &first, &last)
		a, _ := ParseDay(first)
		b, _ := ParseDay(last)
		if c.Known(a, b) != want {
			t.Errorf("%s known: %t", days, !want)
		}
	}
}

func TestElapsed(t *testing.T) {
	plain, close := beijing(t), beijing(t, closing...)
	for _, c := range []struct {
		calendar *Calendar
		from, to string
		unit     Unit
		want     int64
	}{
		{plain, "2025-01-24 16:00", "2025-01-26 09:59", WorkingHours, 2},
		{plain, "2025-01-24 16:00", "2025-01-26 10:00", WorkingHours, 3},
		{plain, "2025-01-24 16:00", "2025-01-26 10:00", Hours, 42},
		{plain, "2025-01-24 16:00", "2025-01-24 16:59", Minutes, 59},
		{plain, "2025-01-24 16:00", "2025-01-26 18:00", WorkingDays, 0},
		{close, "2025-01-24 16:00", "2025-01-26 18:00", WorkingDays, 1},
		{plain, "2025-01-24 16:00", "2025-01-27 00:00", WorkingDays, 1},
		{plain, "2025-01-24 16:00", "2025-01-26 23:59", Days, 1},
		{plain, "2025-01-24 16:00", "2025-01-27 00:00", Days, 2},
		{close, "2025-01-24 16:00", "2025-01-26 18:00", Days, 2},
		{plain, "2025-01-31 16:00", "2025-02-28 23:59", Months, 0},
		{plain, "2025-01-31 16:00", "2025-03-01 00:00", Months, 1},
		{plain, "2025-01-31 16:00", "2025-04-01 00:00", Months, 2},
		{plain, "2025-01-31 16:00", "2025-01-01 00:00", Months, 0},
		{plain, "2025-01-31 16:00", "2025-01-01 00:00", WorkingHours, 0},
	} {
		if got := c.calendar.Elapsed(at(t, c.from), at(t, c.to), c.unit); got != c.want {
			t.Errorf("%s to %s: %d%s, not %d", c.from, c.to, got, c.unit, c.want)
		}
	}
	if got := plain.Worked(at(t, "2025-01-24 16:30"), at(t, "2025-01-26 09:15")); got != 105*time.Minute {
		t.Errorf("worked %s", got)
	}
}

func TestTerms(t *testing.T) {
	for _, s := range []string{"30m", "2h", "7d", "4wh", "5wd", "1M", "36500d"} {
		term, err := ParseTerm(s)
		if err != nil || term.String() != s {
			t.Errorf("%s: %v, %v", s, term, err)
		}
		raw, _ := json.Marshal(term)
		var back Term
		if err := json.Unmarshal(raw, &back); err != nil || back != term {
			t.Errorf("%s: %s, %v", s, raw, err)
		}
	}
	for s, code := range map[string]string{
		"": "bad", "5": "bad", "d": "bad", "0d": "bad", "05d": "bad", "-1d": "bad", "+1d": "bad", "1 d": "bad", "1D": "bad", "1w": "bad", "1.5h": "bad", "1dd": "bad",
		"36501d": "long", "99999999999999999999m": "long", "1201M": "long",
	} {
		_, err := ParseTerm(s)
		var e *Error
		if !errors.As(err, &e) || e.Code != "worktime.term."+code {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestCounted(t *testing.T) {
	c := beijing(t)
	for _, x := range []struct{ start, term, counted, passed string }{
		{"2025-01-25 10:00", "2wd", "26 27", ""},
		{"2025-01-26 10:00", "2wd", "27 05", "28 29 30 31 01 02 03 04"},
		{"2025-01-24 17:00", "2wh", "24 26", "25"},
		{"2025-01-24 18:30", "1wh", "26", "24 25"},
		{"2025-01-24 10:00", "3d", "25 26 27", ""},
		{"2025-01-29 10:00", "4d", "30 31 01 02", "03 04"}, // moves to the 5th
		{"2025-01-24 10:00", "48h", "", ""},
	} {
		term, _ := ParseTerm(x.term)
		counted, passed := c.Counted(at(t, x.start), term)
		for i, got := range [][]Day{counted, passed} {
			var days []string
			for _, d := range got {
				days = append(days, d.String()[8:])
			}
			if want := []string{x.counted, x.passed}[i]; strings.Join(days, " ") != want {
				t.Errorf("%s + %s: %v, not %s", x.start, x.term, days, want)
			}
		}
	}
}
