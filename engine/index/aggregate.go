package index

import (
	"fmt"
	"math"
	"strings"
)

// Mean is how the children of an aggregate become its score: by their weights, with what
// is not known left out and the other weights counting for more.
type Mean string

// The means, with w the weights of the children that are known.
const (
	Arithmetic Mean = "amean" // Σ w·x / Σ w
	Geometric  Mean = "gmean" // exp(Σ w·ln x / Σ w); a score of 0 or less is an error
	Harmonic   Mean = "hmean" // Σ w / Σ (w/x); a score of 0 is an error
)

// Aggregation says how scores are combined.
type Aggregation struct {
	Means     []Mean  // from the lowest aggregates up, or one for all levels; none is Arithmetic
	Available float64 // least share of an aggregate's children that are known; below it the score is not known
}

// ParseMeans reads one mean, or one for each level of aggregates from the lowest up,
// separated by commas.
func ParseMeans(text string) ([]Mean, error) {
	var means []Mean
	for name := range strings.SplitSeq(text, ",") {
		m := Mean(strings.TrimSpace(name))
		if m != Arithmetic && m != Geometric && m != Harmonic {
			return nil, bad("", "%q is no mean: there are amean, gmean and hmean", name)
		}
		means = append(means, m)
	}
	return means, nil
}

// model is a tree with the normalised scores in it: everything that weights do not change.
type model struct {
	tree   Tree
	means  []Mean // by level; those of levels 0 and 1 are unused
	least  float64
	leaves [][]float64
	terms  [][]float64 // what a leaf's parent adds up: its scores, their logarithms or reciprocals
	gaps   []bool      // the leaf has unknown scores
	plan   []int       // aggregates to compute, children first
}

func newModel(t *Table, tree Tree, a Aggregation) (*model, error) {
	if !(a.Available >= 0 && a.Available <= 1) {
		return nil, bad("", "the share of an aggregate's children that are to be known is between 0 and 1, not %v", a.Available)
	}
	m := &model{tree: tree, least: a.Available, leaves: t.Columns, means: make([]Mean, tree.Levels()+1)}
	for level := range m.means {
		switch {
		case len(a.Means) == 0:
			m.means[level] = Arithmetic
		case len(a.Means) == 1:
			m.means[level] = a.Means[0]
		case len(a.Means) != tree.Levels()-1:
			return nil, bad("", "%d means for %d levels of aggregates: give one, or one for each", len(a.Means), tree.Levels()-1)
		case level > 1:
			m.means[level] = a.Means[level-2]
		}
	}
	for i, column := range m.leaves {
		term := column
		if p := tree[i].Parent; p >= 0 {
			term = m.means[tree[p].Level].term(make([]float64, len(column)), column)
		}
		m.terms = append(m.terms, term)
		m.gaps = append(m.gaps, hasGaps(column))
	}
	for i := len(m.leaves); i < len(tree); i++ {
		m.plan = append(m.plan, i)
	}
	return m, nil
}

// term is what the mean adds up of x, written into y unless it is x itself.
func (f Mean) term(y, x []float64) []float64 {
	switch f {
	case Geometric:
		for u, v := range x {
			y[u] = math.Log(v)
		}
	case Harmonic:
		for u, v := range x {
			y[u] = 1 / v
		}
	default:
		return x
	}
	return y
}

// finish makes scores of sums, in place.
func (f Mean) finish(y []float64) {
	switch f {
	case Geometric:
		for u, v := range y {
			y[u] = math.Exp(v)
		}
	case Harmonic:
		for u, v := range y {
			y[u] = 1 / v
		}
	}
}

func hasGaps(x []float64) bool {
	for _, v := range x {
		if math.IsNaN(v) {
			return true
		}
	}
	return false
}

// scores are the results of one set of weights: what changes with them, allocated once.
type scores struct {
	columns, terms [][]float64 // by node; those of leaves are the model's
	gaps           []bool
	sum, count     []float64 // by unit: of the weights and the number of the children known
}

func (m *model) scores() *scores {
	units := len(m.leaves[0])
	s := &scores{sum: make([]float64, units), count: make([]float64, units)}
	s.columns, s.terms = append(s.columns, m.leaves...), append(s.terms, m.terms...)
	s.gaps = append(s.gaps, m.gaps...)
	for i := len(m.leaves); i < len(m.tree); i++ {
		column := make([]float64, units)
		term := column
		if p := m.tree[i].Parent; p >= 0 && m.means[m.tree[p].Level] != Arithmetic {
			term = make([]float64, units)
		}
		s.columns, s.terms, s.gaps = append(s.columns, column), append(s.terms, term), append(s.gaps, false)
	}
	return s
}

// run computes the aggregates of the plan with the weights w, by node.
func (m *model) run(w []float64, s *scores) {
	for _, i := range m.plan {
		n := &m.tree[i]
		total, gaps := 0.0, false
		for _, c := range n.Children {
			total += w[c]
			gaps = gaps || s.gaps[c]
		}
		y := s.columns[i]
		switch s.gaps[i] = false; {
		case gaps:
			m.partly(n, w, s, y)
			s.gaps[i] = hasGaps(y)
		case total == 0: // everything that counted was left out
			for u := range y {
				y[u] = math.NaN()
			}
			s.gaps[i] = true
		default:
			clear(y)
			for _, c := range n.Children {
				add(y, s.terms[c], w[c]/total)
			}
		}
		m.means[n.Level].finish(y)
		if n.Parent >= 0 {
			m.means[m.tree[n.Parent].Level].term(s.terms[i], y)
		}
	}
}

// add adds k times x to y.
func add(y, x []float64, k float64) {
	y = y[:len(x)]
	for u, v := range x {
		y[u] += float64(k * v) // rounded before it is added, on every processor
	}
}

// partly averages where some children are not known of some units.
func (m *model) partly(n *Node, w []float64, s *scores, y []float64) {
	clear(y)
	clear(s.sum)
	clear(s.count)
	for _, c := range n.Children {
		for u, v := range s.terms[c] {
			if !math.IsNaN(v) {
				y[u] += float64(w[c] * v)
				s.sum[u] += w[c]
				s.count[u]++
			}
		}
	}
	for u := range y {
		if y[u] /= s.sum[u]; s.sum[u] == 0 || s.count[u]/float64(len(n.Children)) < m.least {
			y[u] = math.NaN()
		}
	}
}

// aggregate computes the table of all nodes with the tree's own weights, and refuses
// scores that their aggregate's mean does not take.
func (m *model) aggregate(units []string) (*Table, error) {
	s := m.scores()
	m.run(m.tree.weights(), s)
	t := &Table{Units: units, Columns: s.columns}
	for i, n := range m.tree {
		t.Codes = append(t.Codes, n.Code)
		if n.Parent < 0 {
			continue
		}
		above := m.tree[n.Parent]
		mean := m.means[above.Level]
		for u, v := range s.columns[i] {
			if mean == Geometric && v <= 0 || mean == Harmonic && v == 0 {
				return nil, &Error{Column: n.Code, Unit: units[u], Reason: fmt.Sprintf("the score %v has no place in a %s mean, which makes %s: normalise so that scores are above 0, or take amean", v, mean.word(), above.Code), cause: ErrMean}
			}
		}
	}
	for i, column := range s.columns {
		for u, v := range column {
			if math.IsInf(v, 0) {
				return nil, &Error{Column: t.Codes[i], Unit: units[u], Reason: "the score is infinite: its parts or weights are too large, or cancel out"}
			}
		}
	}
	return t, nil
}

func (f Mean) word() string {
	if f == Geometric {
		return "geometric"
	}
	return "harmonic"
}
