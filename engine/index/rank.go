package index

import (
	"math"
	"slices"
)

// Ranks are the ranks of scores: 1 is the highest, and equal scores share the better rank
// ("sport" ranking). What is not known has rank 0.
func Ranks(scores []float64) []int {
	ranks := make([]int, len(scores))
	rank(scores, make([]float64, 0, len(scores)), ranks)
	return ranks
}

// rank writes the ranks of scores. room is for sorting them.
func rank[R int | uint16](scores, room []float64, ranks []R) {
	for _, s := range scores {
		if !math.IsNaN(s) {
			room = append(room, s)
		}
	}
	slices.Sort(room)
	for u, s := range scores {
		if math.IsNaN(s) {
			ranks[u] = 0
			continue
		}
		from, to := 0, len(room) // the first score above s lies between
		for from < to {
			if middle := (from + to) / 2; room[middle] > s {
				to = middle
			} else {
				from = middle + 1
			}
		}
		ranks[u] = R(len(room) - from + 1)
	}
}

// ascending is the rank that a value has among known ones, 1 for the lowest and ties at the
// lowest rank, as a number; NaN stays NaN.
func ascending(known []float64) func(float64) float64 {
	sorted := slices.Sorted(slices.Values(known))
	return func(v float64) float64 {
		if math.IsNaN(v) {
			return v
		}
		below, _ := slices.BinarySearch(sorted, v)
		return float64(below + 1)
	}
}
