package worktime

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

const small = `{"zone": "UTC", "hours": {"mon": [["09:00", "17:00"]], "tue": [], "wed": [], "thu": [], "fri": [], "sat": [], "sun": []},
 "years": {"2025": {"source": "made up", "holidays": [{"name": {"en": "Feast"}, "from": "2025-03-03", "to": "2025-03-04"}], "workdays": ["2025-03-05"]}}}`

func TestDecodeNamesFaults(t *testing.T) {
	decode(t, small)
	for _, c := range []struct{ name, old, new, want string }{
		{"no JSON", `{"zone"`, `{zone`, "worktime.unreadable"},
		{"more", `]}}}`, `]}}} 1`, "worktime.unreadable"},
		{"unknown name", `"zone":`, `"place": "x", "zone":`, "worktime.unreadable"},
		{"wrong kind", `"UTC"`, `5`, "zone: worktime.unreadable"},
		{"wrong kind within", `"made up"`, `5`, "years.source: worktime.unreadable"},
		{"zone twice", `"zone"`, `"Zone": "UTC", "zone"`, "zone: worktime.twice"},
		{"zone", `UTC`, `Moon/Tranquility`, "zone: worktime.zone.unknown"},
		{"zone of the machine", `UTC`, `Local`, "zone: worktime.zone.unknown"},
		{"no zone", `UTC`, ``, "zone: worktime.zone.unknown"},
		{"ends", `"years"`, `"ends": "dusk", "years"`, "ends: worktime.ends.unknown"},
		{"weekday", `"tue": []`, `"tue": [], "tuesday": []`, "hours.tuesday: worktime.weekday.unknown"},
		{"weekday gone", `"tue": [], `, ``, "hours.tue: worktime.missing"},
		{"time", `"17:00"`, `"17:60"`, "hours.mon[0]: worktime.time.bad"},
		{"time after the day", `"17:00"`, `"24:01"`, "hours.mon[0]: worktime.time.bad"},
		{"time short", `"09:00"`, `"9:00"`, "hours.mon[0]: worktime.time.bad"},
		{"time signed", `"09:00"`, `"+9:00"`, "hours.mon[0]: worktime.time.bad"},
		{"hours backwards", `"09:00"`, `"18:00"`, "hours.mon[0]: worktime.hours.order"},
		{"hours over each other", `["09:00", "17:00"]`, `["09:00", "17:00"], ["16:00", "18:00"]`, "hours.mon[1]: worktime.hours.order"},
		{"many hours", `"tue": []`, `"tue": [` + strings.Repeat(`["09:00", "10:00"],`, 8) + `["09:00", "10:00"]]`, "hours.tue: worktime.many"},
		{"no hours", `["09:00", "17:00"]`, ``, "hours: worktime.hours.few"},
		{"year", `"2025"`, `"25"`, "years.25: worktime.year.bad"},
		{"year twice", `"2025": {`, `"2025": {"source": "other"}, "2025": {`, "years.2025: worktime.twice"},
		{"source", `"made up"`, `""`, "years.2025.source: worktime.missing"},
		{"source long", `made up`, strings.Repeat("x", 301), "years.2025.source: worktime.long"},
		{"name", `{"en": "Feast"}`, `{}`, "years.2025.holidays[0].name: worktime.missing"},
		{"name empty", `Feast`, ``, "years.2025.holidays[0].name.en: worktime.missing"},
		{"date", `"2025-03-03"`, `"2025-02-29"`, "years.2025.holidays[0].from: worktime.date.bad"},
		{"date of another year", `"2025-03-05"`, `"2024-12-24"`, "years.2025.workdays[0]: worktime.date.year"},
		{"holiday backwards", `"to": "2025-03-04"`, `"to": "2025-03-02"`, "years.2025.holidays[0]: worktime.holiday.order"},
		{"holiday long", `"to": "2025-03-04"`, `"to": "2025-04-04"`, "years.2025.holidays[0]: worktime.holiday.order"},
		{"day off and worked", `"2025-03-05"`, `"2025-03-04"`, "years.2025.workdays[0]: worktime.day.twice"},
		{"deep", `"UTC"`, strings.Repeat("[", 50), "worktime.unreadable"},
		{"large", `"UTC"`, `"` + strings.Repeat("x", MaxBytes) + `"`, "worktime.large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			raw := strings.Replace(small, c.old, c.new, 1)
			if raw == small {
				t.Fatal("nothing was changed")
			}
			cal, errs := Decode(strings.NewReader(raw))
			if cal != nil || !slices.ContainsFunc(errs, func(err error) bool { return strings.HasPrefix(err.Error(), c.want) }) {
				t.Errorf("want %q among %v", c.want, errs)
			}
		})
	}
	if _, errs := Decode(broken{}); len(errs) != 1 {
		t.Errorf("a file that cannot be read: %v", errs)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("gone") }

// Tables may speak of days that are worked, or off, anyway.
func TestTableSaysWhatIsAnyway(t *testing.T) {
	c := decode(t, strings.NewReplacer(`"2025-03-05"`, `"2025-03-10"`, `["09:00", "17:00"]`, `["09:00", "10:00"], ["10:00", "24:00"]`).Replace(small))
	if d := NewDay(2025, 3, 10); !c.WorkingDay(d) || !c.Makeup(d) || c.WorkingDay(NewDay(2025, 3, 3)) || c.WorkingDay(NewDay(2025, 3, 4)) {
		t.Error("the working days are not those of the table")
	}
	if due := c.Due(time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC), Term{15, WorkingHours}); due.Last != NewDay(2025, 3, 10) || !due.At.Equal(time.Date(2025, 3, 11, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("due at %v", due)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(small)
	f.Add(odd)
	if raw, err := os.ReadFile("../../city/beijing/calendar.json"); err == nil {
		f.Add(string(raw))
	}
	f.Fuzz(func(t *testing.T, raw string) {
		c, errs := Decode(strings.NewReader(raw))
		if (c == nil) != (len(errs) > 0) {
			t.Fatalf("%v, %v", c, errs)
		}
		if c == nil {
			return
		}
		start := time.Date(2025, 1, 20, 10, 30, 0, 0, time.UTC)
		for _, u := range []Unit{Minutes, Hours, WorkingHours, Days, WorkingDays, Months} {
			due := c.Due(start, Term{7, u})
			if !due.At.After(start) {
				t.Fatalf("7%s is due at %v", u, due)
			}
			if got := c.Elapsed(start, due.At, u); got < 7 {
				t.Fatalf("7%s is due at %v, when %d elapsed", u, due, got)
			}
		}
	})
}

func FuzzParseTerm(f *testing.F) {
	f.Add("5wd")
	f.Fuzz(func(t *testing.T, s string) {
		if term, err := ParseTerm(s); err == nil && term.String() != s {
			t.Fatalf("%q is %v", s, term)
		}
	})
}
