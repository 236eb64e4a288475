package index

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// drawn is data of any shape: two to four levels, gaps, ties and outliers.
func drawn(t *rapid.T) *Data {
	d := &Data{}
	units := rapid.IntRange(2, 25).Draw(t, "units")
	for u := range units {
		d.Units = append(d.Units, Unit{Code: "u" + strconv.Itoa(u)})
	}
	above := []string{"top"}
	d.Aggregates = []Aggregate{{Code: "top", Weight: 1}}
	weight := rapid.Float64Range(0.01, 10)
	for level := rapid.IntRange(0, 2).Draw(t, "levels"); level > 0; level-- {
		var own []string
		for _, parent := range above {
			for range rapid.IntRange(1, 3).Draw(t, "children") {
				code := "a" + strconv.Itoa(len(d.Aggregates))
				own = append(own, code)
				d.Aggregates = append(d.Aggregates, Aggregate{Code: code, Parent: parent, Weight: weight.Draw(t, "weight")})
			}
		}
		above = own
	}
	number := rapid.OneOf(rapid.Float64Range(-1e4, 1e4), rapid.SampledFrom([]float64{0, 1, 2, 5e6, math.NaN()}))
	for _, parent := range above {
		for range rapid.IntRange(1, 4).Draw(t, "indicators") {
			direction := 1 - 2*rapid.IntRange(0, 1).Draw(t, "direction")
			d.Indicators = append(d.Indicators, Indicator{Code: "i" + strconv.Itoa(len(d.Indicators)), Parent: parent, Direction: direction, Weight: weight.Draw(t, "weight")})
			d.Values = append(d.Values, rapid.SliceOfN(number, units, units).Draw(t, "values"))
		}
	}
	return d
}

var anyMean = rapid.SampledFrom([]Mean{Arithmetic, Geometric, Harmonic})

// scored is the aggregated table of a method that fits any data.
func scored(t *rapid.T, d *Data, m Method) *Table {
	r, err := Compute(d, m, Aggregated)
	if err != nil {
		t.Fatal(err)
	}
	return r.At(Aggregated)
}

func positive(t *rapid.T) Method {
	return Method{Normalise: Normalisation{By: MinMax, A: 1, B: 100}, Aggregate: Aggregation{Means: []Mean{anyMean.Draw(t, "mean")}}}
}

func nearly(t *rapid.T, what string, a, b []float64) {
	for u := range a {
		if !(math.IsNaN(a[u]) && math.IsNaN(b[u]) || math.Abs(a[u]-b[u]) <= 1e-6*max(1, math.Abs(a[u]))) {
			t.Fatalf("%s: unit %d has %v and %v", what, u, a[u], b[u])
		}
	}
}

// The unit in which an indicator is measured does not matter to min–max scores.
func TestScoresDoNotHangOnUnitsOfMeasurement(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawn(t)
		m := positive(t)
		before := scored(t, d, m)
		e := *d
		e.Indicators, e.Values = slices.Clone(d.Indicators), slices.Clone(d.Values)
		for i := range e.Values {
			scale, move := rapid.Float64Range(0.5, 4).Draw(t, "scale"), rapid.Float64Range(-100, 100).Draw(t, "move")
			if rapid.Bool().Draw(t, "turn") {
				scale = -scale
				e.Indicators[i].Direction *= -1
			}
			// Only where it keeps what is equal equal and the range well above rounding.
			if values := known(d.Values[i]); len(values) == 0 || slices.Max(values)-slices.Min(values) < 1e-3 {
				scale, move, e.Indicators[i].Direction = 1, 0, d.Indicators[i].Direction
			}
			e.Values[i] = each(d.Values[i], func(v float64) float64 { return v*scale + move })
		}
		after := scored(t, &e, m)
		nearly(t, "top", before.Column("top"), after.Column("top"))
	})
}

func TestScoresDoNotHangOnTheOrderOfUnits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawn(t)
		m := Default(d)
		m.Screen = Screening{}
		m.Normalise.A = 1
		before := scored(t, d, m)
		order := rapid.Permutation(slices.Collect(func(yield func(int) bool) {
			for u := range d.Units {
				if !yield(u) {
					return
				}
			}
		})).Draw(t, "order")
		e := *d
		e.Units, e.Values = permuted(d.Units, order), nil
		for _, column := range d.Values {
			e.Values = append(e.Values, permuted(column, order))
		}
		after := scored(t, &e, m)
		for i := range before.Codes {
			nearly(t, before.Codes[i], permuted(before.Columns[i], order), after.Columns[i])
		}
	})
}

func TestOnlyRatiosOfWeightsCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawn(t)
		m := positive(t)
		before := scored(t, d, m)
		m.Weights = Weights{}
		tree, err := d.Tree(nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range tree {
			scale := rapid.Float64Range(0.1, 10).Draw(t, "scale")
			for _, c := range n.Children {
				m.Weights[tree[c].Code] = tree[c].Weight * scale
			}
		}
		after := scored(t, d, m)
		nearly(t, "top", before.Column("top"), after.Column("top"))
	})
}

// A mean lies between the least and the greatest of what it is made of, and the harmonic
// below the geometric below the arithmetic one.
func TestMeansLieBetween(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawn(t)
		m := positive(t)
		var last []float64
		for _, f := range []Mean{Harmonic, Geometric, Arithmetic} {
			m.Aggregate.Means = []Mean{f}
			table := scored(t, d, m)
			top := table.Column("top")
			for u, score := range top {
				if math.IsNaN(score) {
					continue
				}
				if score < 1-1e-9 || score > 100+1e-9 {
					t.Fatalf("%s of %v", f, score)
				}
				if last != nil && score < last[u]-1e-9 {
					t.Fatalf("%s is %v, below %v", f, score, last[u])
				}
			}
			last = top
		}
	})
}

// More of what is good makes no unit's score worse, with weights above 0 and everything
// else the same.
func TestBetterIsNotWorse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawn(t)
		for i := range d.Indicators {
			d.Indicators[i].Goalposts = &Goalposts{Low: -1e4, High: 1e4, Scale: 100}
		}
		m := Method{Normalise: Normalisation{By: BetweenGoalposts}}
		before := scored(t, d, m)
		i, u := rapid.IntRange(0, len(d.Values)-1).Draw(t, "indicator"), rapid.IntRange(0, len(d.Units)-1).Draw(t, "unit")
		if math.IsNaN(d.Values[i][u]) {
			return
		}
		e := *d
		e.Values = slices.Clone(d.Values)
		e.Values[i] = slices.Clone(d.Values[i])
		e.Values[i][u] += rapid.Float64Range(0, 1e3).Draw(t, "more") * float64(d.Indicators[i].Direction)
		after := scored(t, &e, m)
		if a, b := before.Column("top")[u], after.Column("top")[u]; b < a-1e-9 {
			t.Fatalf("%v became %v", a, b)
		}
	})
}

func TestPointsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawn(t)
		r, err := Compute(d, positive(t), Aggregated)
		if err != nil {
			t.Fatal(err)
		}
		for u, score := range r.At(Aggregated).Column("top") {
			if math.IsNaN(score) {
				continue
			}
			parts, err := r.Explain(d.Units[u].Code, "top")
			if err != nil {
				t.Fatal(err)
			}
			sum := 0.0
			for _, p := range parts {
				if p.Level == 1 && !math.IsNaN(p.Points) {
					sum += p.Points
				}
			}
			nearly(t, "points", []float64{score}, []float64{sum})
		}
	})
}

func TestRanksAreCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOf(rapid.SampledFrom([]float64{1, 2, 2.5, 3, -1, math.NaN()})).Draw(t, "scores")
		up := each(x, ascending(known(x)))
		for u, r := range Ranks(x) {
			above, below := 0, 0
			for _, v := range x {
				if v > x[u] {
					above++
				}
				if v < x[u] {
					below++
				}
			}
			if math.IsNaN(x[u]) {
				if r != 0 || !math.IsNaN(up[u]) {
					t.Fatal(x, u, r)
				}
			} else if r != above+1 || up[u] != float64(below+1) {
				t.Fatal(x, u, r, up[u])
			}
		}
	})
}

// What was printed reads back as the same data.
func TestTablesReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawn(t)
		d.sort()
		r, err := Compute(d, Method{}, Raw)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := r.At(Raw).WriteCSV(&b); err != nil {
			t.Fatal(err)
		}
		again, err := ReadData("iData.csv", &b, &Meta{Indicators: d.Indicators, Aggregates: d.Aggregates})
		if err != nil {
			t.Fatal(err)
		}
		for i := range d.Values {
			for u := range d.Values[i] {
				if a, b := d.Values[i][u], again.Values[i][u]; a != b && !(math.IsNaN(a) && math.IsNaN(b)) {
					t.Fatal(a, b)
				}
			}
		}
	})
}
