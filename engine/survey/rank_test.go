package survey

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

func TestRank(t *testing.T) {
	units := []Unit{
		{"daxing", 0.60, Interval{0.56, 0.64}}, {"haidian", 0.81, Interval{0.79, 0.83}}, {"chaoyang", 0.62, Interval{0.58, 0.66}},
		{"miyun", 0.66, Interval{0.63, 0.69}}, {"yanqing", 0.40, Interval{0.35, 0.45}},
	}
	got := ""
	for _, r := range Rank(units, false) {
		got += fmt.Sprintf("%d %s %d–%d; ", r.Group, r.ID, r.First, r.Last)
	}
	// Miyun and Daxing touch only through Chaoyang; they are in one group and no order is
	// claimed, though their ranks differ from those of Chaoyang.
	if want := "1 haidian 1–1; 2 chaoyang 2–4; 2 daxing 2–4; 2 miyun 2–4; 3 yanqing 5–5; "; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if r := Rank(units, true); r[0].ID != "yanqing" || r[0].First != 1 || r[4].ID != "haidian" || r[4].Last != 5 {
		t.Errorf("%+v", r)
	}
	if Rank(nil, false) == nil {
		t.Error("no units are an empty list")
	}
}

// A rank never contradicts intervals: who is wholly above is in an earlier group or the
// same one, groups separate, and the true order is within every range of ranks as long
// as each interval holds its truth.
func TestRankProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var units []Unit
		truth := map[string]float64{}
		for i := range rapid.IntRange(1, 12).Draw(t, "n") {
			x := float64(rapid.IntRange(0, 40).Draw(t, "x"))
			low, high := float64(rapid.IntRange(0, 8).Draw(t, "low")), float64(rapid.IntRange(0, 8).Draw(t, "high"))
			u := Unit{fmt.Sprint(i), x, Interval{x - low, x + high}}
			units = append(units, u)
			truth[u.ID] = u.Interval.Low + (u.Interval.High-u.Interval.Low)*rapid.Float64Range(0, 1).Draw(t, "truth")
		}
		lower := rapid.Bool().Draw(t, "lower")
		ranked := Rank(units, lower)
		sizes := map[int]int{}
		for _, a := range ranked {
			sizes[a.Group]++
			better, notWorse := 1, 0
			for _, b := range ranked {
				x, y := truth[a.ID], truth[b.ID]
				if lower {
					x, y = -x, -y
				}
				if y > x {
					better++
				}
				if y >= x {
					notWorse++
				}
				separate := a.Interval.Low > b.Interval.High || b.Interval.Low > a.Interval.High
				if a.Group != b.Group && !separate {
					t.Fatalf("%v and %v overlap", a, b)
				}
			}
			if better > a.Last || notWorse < a.First {
				t.Fatalf("%+v is truly %d–%d", a, better, notWorse)
			}
		}
		before := 0
		for _, r := range ranked { // ranks of a group are those of its places in the list
			start := 1
			for g, n := range sizes {
				if g < r.Group {
					start += n
				}
			}
			if r.First < start || r.Last > start+sizes[r.Group]-1 || r.Group < before {
				t.Fatalf("%+v in a group from %d", r, start)
			}
			before = r.Group
		}
	})
}

func TestSimultaneous(t *testing.T) {
	near(t, "Šidák", Simultaneous(0.95, 16), 0.99680, 5e-6)
}

// Holm, Scandinavian Journal of Statistics 6, 1979: the procedure; the four p values are
// those of Wikipedia's "Holm–Bonferroni method".
func TestHolm(t *testing.T) {
	changes := []Change{{P: 0.01}, {P: 0.04}, {P: 0.03}, {P: 0.005}}
	holm(changes)
	for i, want := range []float64{0.03, 0.06, 0.06, 0.02} {
		near(t, "adjusted", changes[i].Adjusted, want, 1e-12)
	}
}

func TestTrend(t *testing.T) {
	share := func(id string, p, n float64) Wave {
		return Wave{ID: id, Proportion: true, Estimate: Estimate{N: int(n), Value: p, Effective: n, DF: n - 1, Deff: 1}}
	}
	before := []Wave{share("a", 0.60, 80), share("b", 0.5, 400), share("gone", 0.5, 100)}
	after := []Wave{share("a", 0.80, 70), share("b", 0.51, 400), share("new", 0.5, 100)}
	got := Trend(before, after, 0.95)
	if len(got) != 2 || got[0].ID != "a" || !got[0].Significant || got[1].Significant {
		t.Fatalf("%+v", got)
	}
	near(t, "low", got[0].Interval.Low, 0.0524, 5e-5) // Newcombe 1998b, (a)
	near(t, "high", got[0].Interval.High, 0.3339, 5e-5)
	mean := func(id string, x, se, df float64) Wave {
		return Wave{ID: id, Estimate: Estimate{N: int(df) + 1, Value: x, SE: se, DF: df}}
	}
	// Equal spreads: Welch is Student with df1+df2; t = 0.5/√0.05 = 2.236, p = 0.0337.
	c := Trend([]Wave{mean("m", 3.5, 0.158114, 14)}, []Wave{mean("m", 4, 0.158114, 14)}, 0.95)[0]
	near(t, "p", c.P, 0.0335, 3e-4)
	near(t, "low", c.Interval.Low, 0.5-2.0484*0.223607, 1e-4)
	if flat := Trend([]Wave{mean("m", 3, 0, 5)}, []Wave{mean("m", 3, 0, 5)}, 0.95)[0]; flat.P != 1 || flat.Significant {
		t.Errorf("%+v", flat)
	}
}
