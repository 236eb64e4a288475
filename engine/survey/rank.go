package survey

import (
	"cmp"
	"math"
	"slices"
)

// Unit is what is ranked: a district with its estimate.
type Unit struct {
	ID       string   `json:"id"`
	Value    float64  `json:"value"`
	Interval Interval `json:"interval"`
}

// Ranked is a unit in its place. First and Last are the best and the worst rank that
// its interval allows: 1 + how many stand wholly above it, and how many do not stand
// wholly below it. When the intervals hold together at a confidence (see Simultaneous),
// so do all these ranks (Klein, Wright and Wieczorek 2020). A rank is known only where
// First equals Last.
//
// Group numbers the tied groups from the top: the list is cut where every unit above
// separates from every unit below, and nowhere else. Within a group no order is claimed.
type Ranked struct {
	Unit
	First int `json:"first"`
	Last  int `json:"last"`
	Group int `json:"group"`
}

// Rank orders units from the best. lower says that less is better. Units of one group
// come in the order of their ids, so that the list itself tells no rank that is not
// there.
func Rank(units []Unit, lower bool) []Ranked {
	out := make([]Ranked, 0, len(units))
	above := func(a, b Unit) bool { // a's interval lies wholly on the better side of b's
		if lower {
			return a.Interval.High < b.Interval.Low
		}
		return a.Interval.Low > b.Interval.High
	}
	for _, u := range units {
		r := Ranked{Unit: u, First: 1, Last: len(units)}
		for _, other := range units {
			if above(other, u) {
				r.First++
			}
			if above(u, other) {
				r.Last--
			}
		}
		out = append(out, r)
	}
	// In order of their better ends; a group ends where all so far stand wholly above the next.
	near, far := func(u Unit) float64 { return u.Interval.High }, func(u Unit) float64 { return u.Interval.Low }
	if lower {
		near, far = func(u Unit) float64 { return -u.Interval.Low }, func(u Unit) float64 { return -u.Interval.High }
	}
	slices.SortStableFunc(out, func(a, b Ranked) int { return cmp.Compare(near(b.Unit), near(a.Unit)) })
	group, reach := 0, math.Inf(1) // reach is the worst end among units so far
	for i := range out {
		if i == 0 || near(out[i].Unit) < reach {
			group++
		}
		reach = min(reach, far(out[i].Unit))
		out[i].Group = group
	}
	slices.SortStableFunc(out, func(a, b Ranked) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// Simultaneous is the confidence that each of k independent intervals needs for all of
// them to hold at once at confidence (Šidák 1967): confidence^(1/k).
func Simultaneous(confidence float64, k int) float64 {
	return math.Pow(confidence, 1/float64(max(k, 1)))
}
