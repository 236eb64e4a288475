package index

import (
	"math"
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
