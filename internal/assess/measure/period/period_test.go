package period

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

func TestPeriodsAreReadAsTheyAreWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := time.Date(rapid.IntRange(firstYear, lastYear).Draw(t, "year"), time.Month(rapid.IntRange(1, 12).Draw(t, "month")), rapid.IntRange(1, 31).Draw(t, "day"), 12, 0, 0, 0, time.UTC)
		for i, k := range Kinds {
			p := Of(k, day, time.UTC)
			if day.Before(p.Start(time.UTC)) || !day.Before(p.End(time.UTC)) {
				t.Fatalf("%s does not hold %s", p, day)
			}
			if back, err := Parse(p.String()); err == nil && back != p {
				t.Fatalf("%s was read as %s", p, back)
			} else if err != nil && p.Year() >= firstYear && p.Year() <= lastYear {
				t.Fatal(err)
			}
			for _, longer := range Kinds[i:] {
				up := p.In(longer)
				if up.Start(time.UTC).After(p.Start(time.UTC)) || up.End(time.UTC).Before(p.End(time.UTC)) {
					t.Fatalf("%s does not lie in %s", p, up)
				}
				if first, last := up.First(k), up.In(k); p.N < first.N || p.N > last.N {
					t.Fatalf("%s is not among %s to %s of %s", p, first, last, up)
				}
			}
		}
	})
}

func TestAPlanIsFiveYearsOfTheCountrysPlans(t *testing.T) {
	if p := Of(Plan, time.Date(2023, 5, 1, 0, 0, 0, 0, time.UTC), time.UTC); p.String() != "2021-2025" {
		t.Fatal(p)
	}
}

func TestWhatIsNoPeriodIsRefused(t *testing.T) {
	for _, text := range []string{"", "26", "2026-13", "2026-02-30", "2026-00", "2026Q5", "2026H3", "2022-2026", "2021-2026", "1899", "2201", "2026-07-28T00:00", "２０２６", "-2026", "2026-7"} {
		if p, err := Parse(text); err == nil {
			t.Errorf("%q was read as %s", text, p)
		}
	}
}

func TestPeriodsAreReadAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]string{
		"2026年7月28日": "2026-07-28", "2026/7/28": "2026-07-28", "20260728": "2026-07-28", "２０２６-07-28": "2026-07-28",
		"2026年7月": "2026-07", "2026/7": "2026-07", "202607": "2026-07", "2026.07": "2026-07", "2026年7月份": "2026-07",
		"2026年第三季度": "2026Q3", "2026年3季度": "2026Q3", "2026q3": "2026Q3", "2026年上半年": "2026H1", "2026下半年": "2026H2",
		"2026年": "2026", "2026年度": "2026", "2021—2025": "2021-2025", "2021年至2025年": "2021-2025",
	} {
		p, _ := Parse(want)
		if got, err := Guess(p.Kind, text); err != nil || got != p {
			t.Errorf("%s: %s %v, want %s", text, got, err, want)
		}
	}
	for text, k := range map[string]Kind{"2026年13月": Month, "2026年2月30日": Day, "7月": Month, "去年": Year, "2026年5季度": Quarter, "2022-2026": Plan, "2026-07": Year, "": Month, "45000": Month} {
		if got, err := Guess(k, text); err == nil {
			t.Errorf("%q was read as %s", text, got)
		}
	}
}

func TestPeriodsAreSaidInWords(t *testing.T) {
	for text, want := range map[string][2]string{"2026-07-28": {"2026年7月28日", "28 July 2026"}, "2026-07": {"2026年7月", "July 2026"}, "2026Q3": {"2026年第三季度", "Q3 2026"},
		"2026H2": {"2026年下半年", "H2 2026"}, "2026": {"2026年", "2026"}, "2026-2030": {"2026—2030年", "2026–2030"}} {
		p, err := Parse(text)
		if zh, en := p.Say(i18n.Chinese), p.Say(i18n.English); err != nil || zh != want[0] || en != want[1] {
			t.Errorf("%s: %s, %s, %v", text, zh, en, err)
		}
	}
}
