package index

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// MaxTrials is the most that Simulate makes, and MaxRanks the most ranks that it keeps,
// trials times units, two bytes each.
const (
	MaxTrials = 1_000_000
	MaxRanks  = 1 << 26
)

// Simulation is a Monte-Carlo analysis of how far ranks hang on choices.
type Simulation struct {
	Trials int
	Seed   uint64
	// Noise is by level how far a weight may be off, as a share of it: w becomes
	// w·(1 + Noise·(2U − 1)) with U uniform on [0, 1) (get_noisy_weights of COINr).
	// Levels that are not named keep their weights.
	Noise map[int]float64
	// Normalisations and Means are drawn from in each trial with equal chances; the
	// result's own where there are none.
	Normalisations []Normalisation
	Means          [][]Mean
	Code           string // of what is ranked; empty for the only top
}

// Spread is where a unit's ranks lie over all trials; quantiles interpolate between ranks
// as R's type 7. What never had a score has zeros.
type Spread struct {
	Unit         string
	Score        float64 // of the result's own method
	Rank         int
	Mean, Median float64 // of the ranks of the trials
	Low, High    float64 // between them lie nine tenths: the quantiles 5 % and 95 %
	Best, Worst  int
	Scored       int // trials in which it had a score
}

// Uncertainty is what a Simulation found.
type Uncertainty struct {
	Units    []Spread // in the order of the result's units
	Reversed float64  // share of the pairs with different ranks whose order a trial turned round
	Shift    float64  // mean of the absolute changes in rank
}

// Simulate makes the trials, on all processors. The same result and simulation give the
// same uncertainty whatever their number: each trial has random numbers of its own, and
// what trials add up are whole numbers. It ends early, with its error, when ctx does.
func Simulate(ctx context.Context, r *Result, s Simulation) (*Uncertainty, error) {
	e, err := newExperiment(r, s)
	if err != nil {
		return nil, err
	}
	const block = 64 // trials that a worker takes at a time
	var taken atomic.Int64
	var turned, moved atomic.Int64
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (s.Trials+block-1)/block) {
		group.Go(func() {
			w := e.worker()
			for ctx.Err() == nil {
				from := int(taken.Add(block)) - block
				if from >= s.Trials {
					break
				}
				for trial := from; trial < min(from+block, s.Trials); trial++ {
					w.try(trial)
				}
			}
			turned.Add(int64(w.turned))
			moved.Add(int64(w.moved))
		})
	}
	group.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return e.uncertainty(turned.Load(), moved.Load()), nil
}

// experiment is what all trials share. Only ranks is written, by each trial its own part.
type experiment struct {
	Simulation
	units   []string
	models  []*model // normalisation by normalisation, those of its means
	top     int
	base    []float64 // weights by node
	noise   []float64 // by node
	nominal []int
	scores  []float64
	order   []int // units with a rank, the best first
	pairs   int64 // of units with different ranks
	ranks   []uint16
}

func newExperiment(r *Result, s Simulation) (*experiment, error) {
	top, err := r.find(s.Code)
	if err != nil {
		return nil, err
	}
	t := r.Tables[Aggregated]
	if s.Trials < 1 || s.Trials > MaxTrials || s.Trials*len(t.Units) > MaxRanks {
		return nil, bad("", "%d trials with %d units: there are 1 to %d trials, and at most %d ranks are kept", s.Trials, len(t.Units), MaxTrials, MaxRanks)
	}
	e := &experiment{Simulation: s, units: t.Units, top: top, base: r.Tree.weights(), scores: t.Columns[top], ranks: make([]uint16, s.Trials*len(t.Units))}
	for level, off := range s.Noise {
		if level < 1 || level > r.Tree.Levels() || !(off >= 0 && off <= 1) {
			return nil, bad("", "noise of %v on level %d: levels are 1 to %d, and a weight may be off by 0 to 1 times itself", off, level, r.Tree.Levels())
		}
	}
	for _, n := range r.Tree {
		e.noise = append(e.noise, s.Noise[n.Level])
	}
	if err := e.model(r); err != nil {
		return nil, err
	}
	e.nominal = Ranks(e.scores)
	for u, rank := range e.nominal {
		if rank > 0 {
			e.order = append(e.order, u)
		}
	}
	slices.SortStableFunc(e.order, func(a, b int) int { return e.nominal[a] - e.nominal[b] })
	same := 0
	for i, u := range e.order {
		if i > 0 && e.nominal[u] == e.nominal[e.order[i-1]] {
			same++
		} else {
			same = 0
		}
		e.pairs += int64(i - same)
	}
	return e, nil
}

// model makes the models that are drawn from, and refuses those that do not fit the data.
func (e *experiment) model(r *Result) error {
	normalisations, means := e.Normalisations, e.Means
	if len(normalisations) == 0 {
		normalisations = []Normalisation{r.Method.Normalise}
	}
	if len(means) == 0 {
		means = [][]Mean{r.Method.Aggregate.Means}
	}
	for _, n := range normalisations {
		for _, f := range means {
			m, err := r.other(n, f)
			if err == nil {
				_, err = m.aggregate(e.units)
			}
			if err != nil {
				return fmt.Errorf("%s with %v: %w", n, f, err)
			}
			m.plan = e.changing(m)
			e.models = append(e.models, m)
		}
	}
	return nil
}

// changing are the aggregates that noise reaches and that the top needs.
func (e *experiment) changing(m *model) (plan []int) {
	changes := make([]bool, len(m.tree))
	for _, i := range m.plan {
		for _, c := range m.tree[i].Children {
			changes[i] = changes[i] || changes[c] || e.noise[c] > 0 && len(m.tree[i].Children) > 1
		}
		if changes[i] && m.tree.under(i, e.top) {
			plan = append(plan, i)
		}
	}
	return plan
}

// under reports whether a node is another or stands below it.
func (t Tree) under(i, top int) bool {
	for ; i >= 0; i = t[i].Parent {
		if i == top {
			return true
		}
	}
	return false
}
