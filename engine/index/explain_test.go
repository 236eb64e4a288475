package index

import (
	"math"
	"testing"
)

// Every unit's score opens into parts whose points add up, on every level and under every
// mean, and whose slopes are what a small change of the score does.
func TestPartsAddUpToTheScore(t *testing.T) {
	d := sample(t)
	for _, how := range []string{"amean", "gmean", "hmean", "amean,gmean,hmean", "hmean,amean,gmean"} {
		m := Default(d)
		m.Normalise.A = 1
		m.Aggregate.Means = means(t, how)
		r, err := Compute(d, m, Aggregated)
		if err != nil {
			t.Fatal(err)
		}
		scores, _ := r.Scores("")
		for u, unit := range r.At(Aggregated).Units {
			parts, err := r.Explain(unit, "")
			if err != nil {
				t.Fatal(err)
			}
			if len(parts) != len(r.Tree) || parts[0].Code != "Whole" || parts[0].Points != scores[u] {
				t.Fatalf("%+v", parts[0])
			}
			below := map[string]float64{}
			for _, p := range parts[1:] {
				if !math.IsNaN(p.Points) {
					below[p.Parent] += p.Points
				}
			}
			for _, p := range parts {
				if sum, inner := below[p.Code]; inner && !alike(p.Points, sum) {
					t.Errorf("%s: %s of %s has %v points, its parts %v", how, p.Code, unit, p.Points, sum)
				}
			}
			if u%5 == 0 {
				slopes(t, r, u, parts)
			}
		}
	}
}

// slopes compares marginals with the difference that a small step makes.
func slopes(t *testing.T, r *Result, u int, parts []Part) {
	t.Helper()
	top, _ := r.Tree.Find("")
	for _, p := range parts {
		if p.Level > 1 || math.IsNaN(p.Score) {
			continue
		}
		i, _ := r.Tree.Find(p.Code)
		at := func(step float64) float64 {
			one := r.model.only(u)
			one.leaves[i] = []float64{p.Score + step}
			one.terms[i] = one.means[2].term([]float64{0}, one.leaves[i])
			s := one.scores()
			one.run(r.Tree.weights(), s)
			return s.columns[top][0]
		}
		step := 1e-4 * p.Score
		if slope := (at(step) - at(-step)) / (2 * step); math.Abs(slope-p.Marginal) > 1e-5*max(1, math.Abs(slope)) {
			t.Errorf("%s: marginal %v, by a small step %v", p.Code, p.Marginal, slope)
		}
	}
}

func TestPartsOfWhatIsNotKnown(t *testing.T) {
	d := small()
	d.Values[0][1], d.Values[1][1] = math.NaN(), math.NaN()
	d.Values[0][2] = math.NaN()
	r, err := Compute(d, Method{}, Aggregated)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := r.Explain("b", "")
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]Part{}
	for _, p := range parts {
		by[p.Code] = p
	}
	if q := by["Q"]; q.Weight != 1 || q.Points != -6 || q.Marginal != 1 || !math.IsNaN(q.Without) {
		t.Errorf("%+v", q)
	}
	if p := by["P"]; p.Weight != 0 || !math.IsNaN(p.Points) || p.Without != -6 {
		t.Errorf("%+v", p)
	}
	if x := by["x"]; !math.IsNaN(x.Points) || !math.IsNaN(x.Raw) {
		t.Errorf("%+v", x)
	}
	if parts, err = r.Explain("c", "P"); err != nil || len(parts) != 3 || parts[2].Weight != 1 || parts[2].Points != 2 || parts[2].Raw != 2 || !math.IsNaN(parts[2].Without) {
		t.Errorf("%+v %v", parts, err)
	}
	for _, c := range [][2]string{{"e", ""}, {"a", "none"}} {
		if _, err := r.Explain(c[0], c[1]); err == nil {
			t.Errorf("%v is explained", c)
		}
	}
}
