package period

import (
	"testing"
	"time"

	"pgregory.net/rapid"
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
