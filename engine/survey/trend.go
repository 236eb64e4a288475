package survey

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Change is what became of one estimate between two waves that were drawn
// independently.
type Change struct {
	ID          string   `json:"id"`
	Before      float64  `json:"before"`
	After       float64  `json:"after"`
	Difference  float64  `json:"difference"`
	Interval    Interval `json:"interval"`
	P           float64  `json:"p"`           // two-sided, of this change alone
	Adjusted    float64  `json:"adjusted"`    // of this change among all compared (Holm 1979)
	Significant bool     `json:"significant"` // Adjusted < 1 − confidence
}

// Wave is an estimate of one wave. Proportion says that Estimate.Value is a share, for
// which intervals are Wilson's.
type Wave struct {
	ID         string
	Estimate   Estimate
	Proportion bool
}

// Trend compares two waves unit by unit; units that one of them lacks are left out. The
// interval of a difference of shares is Newcombe's at effective sizes, of means
// Welch's t. Where many units are compared, some differ by chance: Adjusted allows for
// that, and it alone decides what is called significant.
func Trend(before, after []Wave, confidence float64) []Change {
	first := map[string]Wave{}
	for _, w := range before {
		first[w.ID] = w
	}
	out := []Change{}
	for _, b := range after {
		a, ok := first[b.ID]
		if !ok || a.Estimate.N == 0 || b.Estimate.N == 0 || a.Proportion != b.Proportion {
			continue
		}
		c := Change{ID: b.ID, Before: a.Estimate.Value, After: b.Estimate.Value, Difference: b.Estimate.Value - a.Estimate.Value}
		if a.Proportion {
			c.Interval = DifferenceOf(c.After, b.Estimate.Proportion(confidence), c.Before, a.Estimate.Proportion(confidence))
			c.P = pooled(c.Before, a.Estimate.Effective, c.After, b.Estimate.Effective)
		} else {
			c.Interval, c.P = welch(a.Estimate, b.Estimate, confidence)
		}
		out = append(out, c)
	}
	holm(out)
	for i := range out {
		out[i].Significant = out[i].Adjusted < 1-confidence
	}
	return out
}

// pooled is the p value of the score test that two proportions are the same.
func pooled(p1, n1, p2, n2 float64) float64 {
	p := (p1*n1 + p2*n2) / (n1 + n2)
	se := math.Sqrt(p * (1 - p) * (1/n1 + 1/n2))
	if se == 0 {
		return 1
	}
	return 2 * distuv.UnitNormal.Survival(math.Abs(p2-p1)/se)
}

// welch is the interval and p value of a difference of means, with the degrees of freedom
// of Welch and Satterthwaite.
func welch(a, b Estimate, confidence float64) (Interval, float64) {
	d := b.Value - a.Value
	va, vb := a.SE*a.SE, b.SE*b.SE
	se := math.Sqrt(va + vb)
	if se == 0 {
		p := 1.0
		if d != 0 {
			p = 0
		}
		return Interval{d, d}, p
	}
	df := (va + vb) * (va + vb) / (va*va/a.DF + vb*vb/b.DF)
	return MeanInterval(d, se, df, confidence), 2 * distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}.Survival(math.Abs(d)/se)
}

// holm fills in the adjusted p values: the k-th smallest of m times m−k+1, never less
// than one before it.
func holm(changes []Change) {
	order := make([]int, len(changes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(changes[i].P, changes[j].P) })
	worst := 0.0
	for k, i := range order {
		worst = max(worst, min(1, changes[i].P*float64(len(order)-k)))
		changes[i].Adjusted = worst
	}
}
