package index

import (
	"math"
	"slices"
	"sort"
)

// Ranks are the ranks of scores: 1 is the highest, and equal scores share the better rank
// ("sport" ranking). What is not known has rank 0.
func Ranks(scores []float64) []int {
	r := newRanker(len(scores))
	ranks := make([]int, len(scores))
	r.rank(scores, func(u, rank int) { ranks[u] = rank })
	return ranks
}

// ranker ranks without allocating.
type ranker struct{ sorted []float64 }

func newRanker(units int) *ranker { return &ranker{make([]float64, 0, units)} }

// rank tells the rank of each unit.
func (r *ranker) rank(scores []float64, tell func(u, rank int)) {
	r.sorted = r.sorted[:0]
	for _, s := range scores {
		if !math.IsNaN(s) {
			r.sorted = append(r.sorted, s)
		}
	}
	slices.Sort(r.sorted)
	n := len(r.sorted)
	for u, s := range scores {
		if math.IsNaN(s) {
			tell(u, 0)
			continue
		}
		above := sort.Search(n, func(i int) bool { return r.sorted[i] > s })
		tell(u, n-above+1)
	}
}

// ascending are ranks with 1 for the lowest value and ties at the lowest rank, as numbers;
// NaN stays NaN.
func ascending(x []float64) []float64 {
	sorted := slices.Sorted(slices.Values(known(x)))
	ranks := make([]float64, len(x))
	for u, v := range x {
		if ranks[u] = v; !math.IsNaN(v) {
			below, _ := slices.BinarySearch(sorted, v)
			ranks[u] = float64(below + 1)
		}
	}
	return ranks
}
