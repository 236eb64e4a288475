package survey

import (
	"cmp"
	"math"
	"slices"
)

// share is what a stratum's size is in proportion to.
func (g *Goal) share(s *Stratum) float64 {
	n := float64(s.Population)
	switch g.Allocation {
	case Equal:
		return 1
	case Power:
		return math.Pow(n, g.Power)
	case Neyman:
		// A stratum that is thought to be all alike still gets a token share.
		return n * max(math.Sqrt(s.variance()), 1e-9)
	}
	return n
}

// allocate divides a total by shares. Strata whose part would fall below the least or
// above their population are fixed there and the rest is divided anew among the
// others; then sizes are rounded by largest remainders, so that they add up to the
// total, or to what the least sizes and the populations allow.
func allocate(strata []Stratum, g Goal, total int) []int {
	low, high := 0, 0
	for _, s := range strata {
		low += min(g.Least, s.Population)
		high += s.Population
	}
	total = min(max(total, low), high)
	return whole(fill(strata, g, float64(total)), total, func(i int) int { return strata[i].Population })
}

// Divide divides people by shares into whole numbers that add up to them.
func Divide(people int, shares []float64) []int {
	sum := 0.0
	for _, s := range shares {
		sum += s
	}
	exact := make([]float64, len(shares))
	for i, s := range shares {
		exact[i] = float64(people) * s / sum
	}
	return whole(exact, people, func(int) int { return people })
}

// whole rounds parts of a total to whole numbers that add up to it, by largest
// remainders and none above the most it may be.
func whole(exact []float64, total int, most func(int) int) []int {
	sizes, order := make([]int, len(exact)), make([]int, len(exact))
	left := total
	for i, x := range exact {
		sizes[i], order[i] = int(math.Floor(x+1e-9)), i
		left -= sizes[i]
	}
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Compare(exact[j]-float64(sizes[j]), exact[i]-float64(sizes[i]))
	})
	for left > 0 {
		for _, i := range order {
			if left > 0 && sizes[i] < most(i) {
				sizes[i]++
				left--
			}
		}
	}
	return sizes
}

// fill solves Σ clamp(t·share, least, population) = total for t by bisection: the sum
// grows with t, so there is one answer, whichever strata end at a bound.
func fill(strata []Stratum, g Goal, total float64) []float64 {
	at := func(t float64) ([]float64, float64) {
		xs, sum := make([]float64, len(strata)), 0.0
		for i := range strata {
			n := float64(strata[i].Population)
			xs[i] = min(max(t*g.share(&strata[i]), min(float64(g.Least), n)), n)
			sum += xs[i]
		}
		return xs, sum
	}
	t0, t1 := 0.0, 1.0
	for {
		if _, sum := at(t1); sum >= total-1e-9 || t1 > 1e30 {
			break
		}
		t1 *= 2
	}
	for range 200 {
		mid := (t0 + t1) / 2
		if _, sum := at(mid); sum < total {
			t0 = mid
		} else {
			t1 = mid
		}
	}
	xs, _ := at(t1)
	return xs
}
