package duty

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

var beijing = time.FixedZone("UTC+8", 8*3600)

func at(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", text, beijing)
	if err != nil {
		panic(err)
	}
	return t
}

func TestAPatternGivesTurnsInOrder(t *testing.T) {
	got, err := Pattern{From: "2026-12-04", Until: "2026-12-06", Days: []int{5, 7}, Changes: []string{"08:00", "20:00"}, People: []string{"a", "b", "c"}}.Turns(beijing)
	if err != nil {
		t.Fatal(err)
	}
	want := []Turn{ // a Friday and a Sunday
		{Person: "a", From: at("2026-12-04 08:00"), To: at("2026-12-04 20:00")}, {Person: "b", From: at("2026-12-04 20:00"), To: at("2026-12-05 08:00")},
		{Person: "c", From: at("2026-12-06 08:00"), To: at("2026-12-06 20:00")}, {Person: "a", From: at("2026-12-06 20:00"), To: at("2026-12-07 08:00")}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	gaps := Gaps(got, at("2026-12-04 00:00"), at("2026-12-07 12:00"))
	if d := cmp.Diff([]Gap{{at("2026-12-04 00:00"), at("2026-12-04 08:00")}, {at("2026-12-05 08:00"), at("2026-12-06 08:00")},
		{at("2026-12-07 08:00"), at("2026-12-07 12:00")}}, gaps); d != "" {
		t.Error(d)
	}
	day, err := Pattern{From: "2026-12-07", Until: "2026-12-08", Days: []int{1, 2}, Changes: []string{"09:00"}, Last: "17:30", People: []string{"a", "b"}, Each: 2}.Turns(beijing)
	if err != nil || len(day) != 2 || day[1].Person != "a" || !day[1].To.Equal(at("2026-12-08 17:30")) {
		t.Error(day, err)
	}
}

func TestAPatternSaysWhatIsWrong(t *testing.T) {
	good := Pattern{From: "2026-12-04", Until: "2026-12-06", Days: []int{1}, Changes: []string{"08:00"}, People: []string{"a"}}
	for place, spoil := range map[string]func(p *Pattern){
		"from":       func(p *Pattern) { p.From = "4.12." },
		"until":      func(p *Pattern) { p.Until = "2026-12-01" },
		"changes[1]": func(p *Pattern) { p.Changes = []string{"20:00", "08:00"} },
		"changes[0]": func(p *Pattern) { p.Changes = []string{"25:00"} },
		"last":       func(p *Pattern) { p.Last = "07:00" },
		"days[0]":    func(p *Pattern) { p.Days = []int{8} },
		"people":     func(p *Pattern) { p.People = nil },
		"days":       func(p *Pattern) { p.Days = []int{2}; p.Until = p.From },
	} {
		p := good
		spoil(&p)
		if _, err := p.Turns(beijing); err == nil || fault.Of(err).Place != place {
			t.Errorf("%s: %v", place, err)
		}
	}
}

// Whatever the turns, each moment is kept or lies in a gap, and never both.
func TestGapsAreWhatNobodyKeeps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := at("2026-12-04 00:00")
		moment := func(name string) time.Time {
			return start.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, name)) * time.Minute)
		}
		var turns []Turn
		for range rapid.IntRange(0, 6).Draw(t, "turns") {
			from := moment("from")
			turns = append(turns, Turn{From: from, To: from.Add(time.Duration(rapid.IntRange(1, 20).Draw(t, "minutes")) * time.Minute)})
		}
		from, to := start.Add(5*time.Minute), start.Add(50*time.Minute)
		gaps := Gaps(turns, from, to)
		for m := from; m.Before(to); m = m.Add(time.Minute) {
			kept, gap := false, 0
			for _, x := range turns {
				kept = kept || !m.Before(x.From) && m.Before(x.To)
			}
			for _, g := range gaps {
				if !m.Before(g.From) && m.Before(g.To) {
					gap++
				}
			}
			if kept == (gap == 1) || gap > 1 {
				t.Fatalf("%v: kept %v, in %d gaps", m, kept, gap)
			}
		}
	})
}
