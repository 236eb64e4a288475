package index

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// Equal are weights of 1 for everything.
func Equal(d *Data) Weights {
	w := Weights{}
	for _, in := range d.Indicators {
		w[in.Code] = 1
	}
	for _, a := range d.Aggregates {
		w[a.Code] = 1
	}
	return w
}

// Effective are the shares of the nodes in their top, by node: a weight within its group
// times the shares of everything above (get_eff_weights of COINr). With arithmetic means
// and no gaps they are what a node's score is multiplied by.
func (t Tree) Effective() []float64 {
	share := make([]float64, len(t))
	for i := len(t) - 1; i >= 0; i-- {
		if t[i].Parent < 0 {
			share[i] = 1
		}
		total := 0.0
		for _, c := range t[i].Children {
			total += t[c].Weight
		}
		for _, c := range t[i].Children {
			share[c] = share[i] * t[c].Weight / total
		}
	}
	return share
}

// Component is the first principal component of what belongs to an aggregate.
type Component struct {
	Code      string   // of the aggregate
	Of        []string // codes of its children
	Loadings  []float64
	Explained float64 // share of the variance
	Units     int     // of which everything is known; the others do not count
}

// maxComponent is of how many scores a principal component is taken: their correlations are
// held in memory.
const maxComponent = 1000

// Principal are weights by principal components for the nodes on one level (get_PCA of
// COINr, by groups). For each aggregate on the next level, the scores of its children are
// centred and scaled to variance 1, and the loadings of the first component (the
// eigenvector of length 1 of the largest eigenvalue of their correlation matrix) become the
// weights. The sign, which is arbitrary, is the one with which they add up to more than 0.
// Loadings can be below 0: such weights punish what is good, and the caller should look.
func Principal(r *Result, level int) (Weights, []Component, error) {
	if r.Tree == nil {
		return nil, nil, bad("", "the result does not go as far as the stage %s", Aggregated)
	}
	if level < 1 || level >= r.Tree.Levels() {
		return nil, nil, bad("", "principal components make weights for levels 1 to %d, not for %d", r.Tree.Levels()-1, level)
	}
	w := Weights{}
	var components []Component
	for _, n := range r.Tree {
		if n.Level != level+1 {
			continue
		}
		c, err := r.component(n)
		if err != nil {
			return nil, nil, err
		}
		for i, code := range c.Of {
			w[code] = c.Loadings[i]
		}
		components = append(components, c)
	}
	return w, components, nil
}

func (r *Result) component(n Node) (Component, error) {
	c := Component{Code: n.Code}
	if len(n.Children) > maxComponent {
		return c, bad(n.Code, "%d scores belong to it; principal components are taken of at most %d", len(n.Children), maxComponent)
	}
	t := r.Tables[Aggregated]
	var complete []int
	for u := range t.Units {
		gap := false
		for _, child := range n.Children {
			gap = gap || math.IsNaN(t.Columns[child][u])
		}
		if !gap {
			complete = append(complete, u)
		}
	}
	if c.Units = len(complete); c.Units < 2 {
		return c, bad(n.Code, "of %d units everything is known below it; principal components take two or more", c.Units)
	}
	scores := mat.NewDense(c.Units, len(n.Children), nil)
	for j, child := range n.Children {
		column := make([]float64, c.Units)
		for i, u := range complete {
			column[i] = t.Columns[child][u]
		}
		if constant(column) {
			return c, bad(r.Tree[child].Code, "its values do not differ, so that it has no correlation with others")
		}
		scores.SetCol(j, column)
		c.Of = append(c.Of, r.Tree[child].Code)
	}
	var correlation mat.SymDense
	stat.CorrelationMatrix(&correlation, scores, nil)
	var eigen mat.EigenSym
	if !eigen.Factorize(&correlation, true) {
		return c, bad(n.Code, "its principal components could not be computed")
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	values := eigen.Values(nil) // ascending
	last := len(values) - 1
	c.Explained = values[last] / float64(len(values))
	c.Loadings = mat.Col(nil, last, &vectors)
	sum := 0.0
	for _, l := range c.Loadings {
		sum += l
	}
	if sum < 0 {
		for i := range c.Loadings {
			c.Loadings[i] = -c.Loadings[i]
		}
	}
	return c, nil
}
