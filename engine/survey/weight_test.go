package survey

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestKish(t *testing.T) {
	// Kish, Survey Sampling, 1965, table 11.7.I: the loss of weights 1 and k over two halves
	// of the sample is (k−1)²/4k.
	for k, loss := range map[float64]float64{1.5: 0.042, 2: 0.125, 3: 0.333, 4: 0.562, 5: 0.8, 10: 2.025, 20: 4.512, 50: 12.005} {
		// Half of the population is drawn at each rate, so there are k times as many of the light.
		var w []float64
		for range int(600 * k) {
			w = append(w, 1)
		}
		for range 600 {
			w = append(w, k)
		}
		near(t, fmt.Sprint("loss at ", k), WeightingEffect(w)-1, loss, 6e-4)
	}
	near(t, "equal", EffectiveSize([]float64{3, 3, 3}), 3, 1e-12)
	near(t, "clusters", ClusterEffect(20, 0.05), 1.95, 1e-12) // Kish 1965, 5.4
}

// Iterative proportional fitting ends at the one table that has the wanted margins and
// the odds ratios of the table it began with (Bishop, Fienberg and Holland, Discrete
// Multivariate Analysis, 1975, 3.5).
func TestRakeKeepsOddsRatios(t *testing.T) {
	seed := []float64{40, 30, 20, 10, 35, 50, 100, 75, 30, 80, 70, 120, 20, 30, 40, 50}
	rows := Margin{Name: "row", Totals: map[string]float64{"0": 150, "1": 300, "2": 400, "3": 150}}
	cols := Margin{Name: "column", Totals: map[string]float64{"0": 200, "1": 300, "2": 400, "3": 100}}
	for k := range seed {
		rows.Of, cols.Of = append(rows.Of, fmt.Sprint(k/4)), append(cols.Of, fmt.Sprint(k%4))
	}
	got, report, err := Rake(seed, []Margin{rows, cols}, RakeOptions{Tolerance: 1e-12, Iterations: 1000})
	if err != nil || !report.Converged {
		t.Fatal(report, err)
	}
	near(t, "rows", rows.deviation(got), 0, 1e-11)
	near(t, "columns", cols.deviation(got), 0, 1e-11)
	odds := func(w []float64, i, j int) float64 { return w[0] * w[4*i+j] / (w[j] * w[4*i]) }
	for i := 1; i < 4; i++ {
		for j := 1; j < 4; j++ {
			near(t, fmt.Sprint("odds ratio ", i, j), odds(got, i, j), odds(seed, i, j), 1e-9)
		}
	}
}

func TestRakeTrims(t *testing.T) {
	// One old man among many: his weight would be 20 times the mean.
	var age, sex Margin
	age = Margin{Name: "age", Totals: map[string]float64{"old": 200, "young": 800}}
	sex = Margin{Name: "sex", Totals: map[string]float64{"f": 500, "m": 500}}
	var w []float64
	for i := range 100 {
		w = append(w, 1)
		age.Of = append(age.Of, map[bool]string{true: "old", false: "young"}[i == 0])
		sex.Of = append(sex.Of, map[bool]string{true: "m", false: "f"}[i%2 == 0])
	}
	free, report, err := Rake(w, []Margin{age, sex}, RakeOptions{})
	if err != nil || !report.Converged || math.Abs(free[0]-200) > 0.01 || report.Deff < 4 {
		t.Fatalf("%v %+v %v", free[0], report, err)
	}
	bound, report, err := Rake(w, []Margin{age, sex}, RakeOptions{High: 5})
	if err != nil || report.Converged || bound[0] > 50.001 || report.Deff > 2 || report.Trimmed < 1 || report.Deviation["age"] < 0.7 {
		t.Errorf("%v %+v %v", bound[0], report, err)
	}
}

func TestWeightsRefuse(t *testing.T) {
	m := func(of ...string) Margin {
		return Margin{Name: "m", Of: of, Totals: map[string]float64{"a": 1, "b": 1}}
	}
	for code, try := range map[string]func() error{
		"survey.weight.empty":   func() error { _, err := PostStratify([]float64{1, 1}, m("a", "a")); return err },
		"survey.weight.total":   func() error { _, err := PostStratify([]float64{1, 1}, m("a", "c")); return err },
		"survey.weight.length":  func() error { _, err := PostStratify([]float64{1}, m("a", "b")); return err },
		"survey.weight.invalid": func() error { _, err := PostStratify([]float64{1, math.NaN()}, m("a", "b")); return err },
		"survey.weight.margins": func() error {
			other := Margin{Name: "o", Of: []string{"x", "x"}, Totals: map[string]float64{"x": 3}}
			_, _, err := Rake([]float64{1, 1}, []Margin{m("a", "b"), other}, RakeOptions{})
			return err
		},
		"survey.weight.options": func() error { _, _, err := Rake([]float64{1}, nil, RakeOptions{}); return err },
	} {
		if err := try(); err == nil || err.(*Error).Code != code {
			t.Errorf("%s: %v", code, err)
		}
	}
	if _, err := ForNonresponse([]float64{1, 1}, []bool{true, false}, []string{"a", "b"}); err == nil || err.(*Error).Code != "survey.weight.empty" {
		t.Error(err)
	}
}

// Weights after post-stratification and raking meet every total; nonresponse weights keep
// the sum of each class.
func TestWeightsMeetTotals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(20, 200).Draw(t, "n")
		var w []float64
		var answered []bool
		a, b := Margin{Name: "a", Totals: map[string]float64{}}, Margin{Name: "b", Totals: map[string]float64{}}
		for i := range n {
			w = append(w, rapid.Float64Range(0.5, 4).Draw(t, "w"))
			answered = append(answered, i < 6 || rapid.Bool().Draw(t, "answered"))
			// Every pair of categories has somebody, so that a solution exists.
			x, y := fmt.Sprint(i%2), fmt.Sprint(i%3)
			if i >= 6 {
				x, y = fmt.Sprint(rapid.IntRange(0, 1).Draw(t, "x")), fmt.Sprint(rapid.IntRange(0, 2).Draw(t, "y"))
			}
			a.Of, b.Of = append(a.Of, x), append(b.Of, y)
		}
		share := rapid.Float64Range(0.2, 0.8).Draw(t, "share")
		a.Totals["0"], a.Totals["1"] = 1000*share, 1000*(1-share)
		b.Totals["0"], b.Totals["1"], b.Totals["2"] = 500, 300, 200
		meets := func(w []float64, m Margin, tolerance float64) {
			if d := m.deviation(w); d > tolerance {
				t.Fatalf("%s off by %g", m.Name, d)
			}
		}
		one, err := PostStratify(w, a)
		if err != nil {
			t.Fatal(err)
		}
		meets(one, a, 1e-12)
		both, report, err := Rake(w, []Margin{a, b}, RakeOptions{Iterations: 5000})
		if err != nil || !report.Converged {
			t.Fatal(report, err)
		}
		meets(both, a, 1e-5)
		meets(both, b, 1e-5)
		spread, err := ForNonresponse(w, answered, a.Of)
		if err != nil {
			t.Fatal(err)
		}
		before := Margin{Of: a.Of, Totals: map[string]float64{}}
		for i, c := range a.Of {
			before.Totals[c] += w[i]
		}
		meets(spread, before, 1e-9)
	})
}
