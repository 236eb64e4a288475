package fact

import (
	"math"
	"slices"
)

// Usual is what values are as a rule: their median, and how far they lie from it, in robust
// standard deviations: 1.4826 × the median of distances from the median. A tenth of the median
// counts as usual in any case, so that steady values are not held to their steadiness.
type Usual struct{ Middle, Spread float64 }

// An odd value lies further from the median than so many robust standard deviations (Iglewicz
// and Hoaglin, How to Detect and Handle Outliers, 1993).
const (
	oddFrom  = 3.5
	letPass  = 0.1
	madScale = 1.4826
)

// What is usual of a unit is looked for in so many periods before, if enough of them are known.
const (
	History      = 24
	HistoryLeast = 6
)

// Usual is what was usual of an element of a unit before a period, by its place in a grid.
func (g *Grid) Usual(element, unit string, before int) (Usual, bool) {
	var had []float64
	for i := max(0, before-History); i < before; i++ {
		if x := g.At(element, unit, i); x.Known() {
			had = append(had, x.V)
		}
	}
	return UsualOf(had, HistoryLeast)
}

// UsualOf says what is usual among values; ok is false where they are fewer than least.
func UsualOf(values []float64, least int) (u Usual, ok bool) {
	if len(values) < max(least, 1) {
		return u, false
	}
	u.Middle = median(slices.Clone(values))
	off := make([]float64, len(values))
	for i, v := range values {
		off[i] = math.Abs(v - u.Middle)
	}
	u.Spread = max(madScale*median(off), letPass*math.Abs(u.Middle)/oddFrom)
	return u, u.Spread > 0 // where all were nothing, a first value is no surprise
}

// Odd reports whether a value is far from what is usual.
func (u Usual) Odd(v float64) bool { return math.Abs(v-u.Middle) > oddFrom*u.Spread }

func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	if n%2 == 1 {
		return values[n/2]
	}
	return (values[n/2-1] + values[n/2]) / 2
}
