package index

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// A unit that is measured beside the others by its own values has the scores that it has among
// them, whatever the treatment, the normalisation and the means.
func TestAUnitBesideTheOthersScoresAsAmongThem(t *testing.T) {
	d := sample(t)
	treatments := map[string]Treatment{"none": {}, "winsorised": Default(d).Treat, "logarithms": {Skew: .2, Kurt: .2, WinMax: 1, Then: LogCTPlus}, "both": {Skew: .2, Kurt: .2, WinMax: 2, Then: LogCT, Combine: true}}
	for name, treat := range treatments {
		for _, how := range []string{"minmax:1:100", "zscore:100:5", "prank", "rank", "borda", "dist2max", "dist2ref:" + d.Units[0].Code} {
			m := Default(d)
			m.Denominate, m.Treat, m.Impute, m.Screen = false, treat, Imputation{}, Screening{}
			var err error
			if m.Normalise, err = ParseNormalisation(how); err != nil {
				t.Fatal(err)
			}
			r, err := Compute(d, m, Aggregated)
			if err != nil {
				t.Fatal(name, how, err)
			}
			for u, unit := range r.At(Aggregated).Units {
				raw, scores := make([]float64, len(d.Indicators)), make([]float64, len(d.Indicators))
				for i, in := range d.Indicators {
					raw[i] = r.At(Screened).Columns[i][u]
					if scores[i], err = r.Scale("whole", in.Code, raw[i]); err != nil {
						t.Fatal(err)
					}
				}
				one, err := r.Beside(Unit{Code: "whole"}, raw, scores)
				if err != nil {
					t.Fatal(name, how, err)
				}
				for c, column := range one.At(Aggregated).Columns {
					if want := r.At(Aggregated).Columns[c][u]; !alike(column[0], want) {
						t.Fatalf("%s, %s: %s of %s is %v beside the others, %v among them", name, how, one.At(Aggregated).Codes[c], unit, column[0], want)
					}
				}
				parts, err := one.Explain("whole", "")
				if err != nil || !alike(parts[0].Score, r.At(Aggregated).Columns[len(r.Tree)-1][u]) {
					t.Fatalf("%s, %s: explained %+v %v", name, how, parts[:min(len(parts), 1)], err)
				}
			}
		}
	}
}

func TestWhatCannotBeMeasuredBesideIsRefused(t *testing.T) {
	r, err := Compute(small(), Method{}, Aggregated)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Scale("w", "none", 1); err == nil {
		t.Error("an indicator that is none has a scale")
	}
	if _, err := r.Beside(Unit{Code: "w"}, []float64{1}, []float64{1}); err == nil {
		t.Error("too few scores are enough")
	}
	if _, err := r.Beside(Unit{Code: "w"}, make([]float64, len(r.Data.Indicators)), append(make([]float64, len(r.Data.Indicators)-1), math.Inf(1))); err == nil {
		t.Error("an infinite score is taken")
	}
	early, err := Compute(small(), Method{}, Treated)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := early.Scale("w", "x", 1); err == nil {
		t.Error("there is a scale before normalisation")
	}
	if _, err := early.Beside(Unit{Code: "w"}, nil, nil); err == nil {
		t.Error("there is a score before aggregation")
	}
}

// Each unit is measured by its own target where it has one, also one beside the others; where there
// is none at all it has no score.
func TestUnitsAreMeasuredByTheirOwnTargets(t *testing.T) {
	d := &Data{Units: []Unit{{Code: "a"}, {Code: "b"}, {Code: "c"}}, Values: [][]float64{{20, 60, 60}},
		Indicators: []Indicator{{Code: "x", Parent: "top", Direction: 1, Weight: 1, Target: &Target{Value: 100, Cap: true}, Targets: map[string]Target{"c": {Value: 50, Cap: true}, "whole": {Value: 70, Cap: true}}}},
		Aggregates: []Aggregate{{Code: "top", Weight: 1}}}
	compute := func() *Result {
		r, err := Compute(d, Method{Normalise: Normalisation{By: DistanceToTarget}}, Aggregated)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := compute()
	for u, want := range []float64{0, .5, 1} { // (60−20)/(100−20), and more than 50
		if got := r.At(Normalised).Columns[0][u]; !alike(got, want) {
			t.Errorf("%d: %v, want %v", u, got, want)
		}
	}
	for unit, want := range map[string]float64{"whole": .6, "other": .375} {
		if got, err := r.Scale(unit, "x", 50); err != nil || !alike(got, want) {
			t.Errorf("%s: %v %v, want %v", unit, got, err, want)
		}
	}
	d.Indicators[0].Target = nil
	if got := compute().At(Normalised).Columns[0]; !math.IsNaN(got[0]) || !math.IsNaN(got[1]) || got[2] != 1 {
		t.Errorf("without a target for all: %v", got)
	}
}

// A target that the worst has reached is reached by all, whichever way is better; what cannot be
// measured by one that does not cap is unknown, and told.
func TestWhatSurpassesATargetHasReachedIt(t *testing.T) {
	ones := []float64{1, 1, 1, 1}
	own := map[string]Target{"b": {Value: 50, Cap: true}, "c": {Value: 98, Cap: true}, "d": {Value: 90}}
	nan := math.NaN()
	for name, c := range map[string]struct {
		direction int
		target    *Target
		own       map[string]Target
		want      []float64
		note      string
	}{
		"easier":          {1, &Target{Value: 95, Cap: true}, nil, ones, ""},
		"as the worst":    {1, &Target{Value: 96, Cap: true}, nil, ones, ""},
		"harder":          {1, &Target{Value: 99, Cap: true}, nil, []float64{0, 1. / 3, 1, 1}, ""},
		"less is better":  {-1, &Target{Value: 100, Cap: true}, nil, ones, ""},
		"easier, no cap":  {1, &Target{Value: 95}, nil, []float64{nan, nan, nan, nan}, "all become unknown"},
		"own":             {1, &Target{Value: 99, Cap: true}, own, []float64{0, 1, 1, nan}, "unknown: d"},
		"own, and no one": {1, nil, own, []float64{nan, 1, 1, nan}, "no target become unknown; units whose own target"},
	} {
		d := &Data{Units: []Unit{{Code: "a"}, {Code: "b"}, {Code: "c"}, {Code: "d"}}, Values: [][]float64{{96, 97, 99, 99.5}},
			Indicators: []Indicator{{Code: "x", Parent: "top", Direction: c.direction, Weight: 1, Target: c.target, Targets: c.own}}, Aggregates: []Aggregate{{Code: "top", Weight: 1}}}
		r, err := Compute(d, Method{Normalise: Normalisation{By: DistanceToTarget}}, Aggregated)
		if err != nil {
			t.Fatal(err)
		}
		if said := fmt.Sprint(r.Notes); (len(r.Notes) > 0) != (c.note != "") || !strings.Contains(said, c.note) {
			t.Errorf("%s: it says %s", name, said)
		}
		for u, unit := range d.Units {
			beside, err := r.Scale(unit.Code, "x", d.Values[0][u])
			if got := r.At(Normalised).Columns[0][u]; err != nil || !alike(got, c.want[u]) || !alike(beside, got) {
				t.Errorf("%s: %s has %v, and %v beside the others; want %v (%v)", name, unit.Code, got, beside, c.want[u], err)
			}
		}
	}
}
