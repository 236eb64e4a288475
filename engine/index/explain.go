package index

import (
	"math"
	"slices"
)

// Part is what a node contributes to a unit's score.
type Part struct {
	Code, Name, Parent string
	Level              int
	Raw                float64 // as it was given; NaN for an aggregate
	Score              float64 // normalised; of an aggregate, its score
	Weight             float64 // its share among its siblings that are known of this unit
	Marginal           float64 // what one point more here adds to the whole: ∂whole/∂Score
	Points             float64 // Score times Marginal: the points of the whole that are its
	Without            float64 // the whole with the node left out (weight 0)
}

// Explain opens the score that a unit has on an aggregate, or on the only top for an empty
// code, into the parts below it, the whole first and then each node's parts in the order of
// the tree.
//
// The points of the children of a node add up to its own, whatever the means: a weighted
// arithmetic, geometric or harmonic mean y of scores x grows with all of them in proportion,
// so that Σ x·∂y/∂x = y (Euler), level after level. The slope ∂y/∂x is w for an arithmetic
// mean with weights that add up to 1, w·y/x for a geometric and w·(y/x)² for a harmonic one.
// What is not known has no weight and NaN elsewhere.
func (r *Result) Explain(unit, code string) ([]Part, error) {
	top, err := r.find(code)
	if err != nil {
		return nil, err
	}
	t := r.Tables[Aggregated]
	u := slices.Index(t.Units, unit)
	if u < 0 {
		return nil, &Error{Unit: unit, Reason: "there is no such unit, or it was left out by screening"}
	}
	if math.IsNaN(t.Columns[top][u]) {
		return nil, &Error{Column: r.Tree[top].Code, Unit: unit, Reason: "the score is not known"}
	}
	alone := r.model.only(u)
	w, s := r.Tree.weights(), alone.scores()
	alone.run(w, s)
	given := slices.IndexFunc(r.Data.Units, func(of Unit) bool { return of.Code == unit })
	part := func(i int) Part {
		n := r.Tree[i]
		p := Part{Code: n.Code, Name: n.Name, Level: n.Level, Raw: math.NaN(), Score: t.Columns[i][u], Marginal: math.NaN(), Points: math.NaN()}
		if n.Parent >= 0 {
			p.Parent = r.Tree[n.Parent].Code
		}
		if i < len(r.Data.Indicators) {
			p.Raw = r.Data.Values[i][given]
		}
		if p.Without = math.NaN(); i != top {
			alone.leave(i, w, s, func() { p.Without = s.columns[top][0] })
		}
		return p
	}
	whole := part(top)
	whole.Weight, whole.Marginal, whole.Points = 1, 1, whole.Score
	parts := []Part{whole}
	var open func(i int, above Part)
	open = func(i int, above Part) {
		n := r.Tree[i]
		total := 0.0
		for _, c := range n.Children {
			if !math.IsNaN(t.Columns[c][u]) {
				total += r.Tree[c].Weight
			}
		}
		for _, c := range n.Children {
			p := part(c)
			if !math.IsNaN(p.Score) && !math.IsNaN(above.Marginal) {
				p.Weight = r.Tree[c].Weight / total
				p.Marginal = above.Marginal * p.Weight * r.model.means[n.Level].slope(above.Score, p.Score)
				p.Points = p.Score * p.Marginal
			}
			parts = append(parts, p)
			open(c, p)
		}
	}
	open(top, whole)
	return parts, nil
}

// slope is ∂y/∂x of a mean y over the share of the weights that x has.
func (f Mean) slope(y, x float64) float64 {
	switch f {
	case Geometric:
		return y / x
	case Harmonic:
		return y / x * (y / x)
	}
	return 1
}

// only is the model of one unit.
func (m *model) only(u int) *model {
	one := *m
	one.leaves, one.terms, one.gaps = nil, nil, nil
	for i := range m.leaves {
		one.leaves = append(one.leaves, m.leaves[i][u:u+1])
		one.terms = append(one.terms, m.terms[i][u:u+1])
		one.gaps = append(one.gaps, math.IsNaN(m.leaves[i][u]))
	}
	return &one
}
