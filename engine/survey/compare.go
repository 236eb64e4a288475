package survey

import "math"

// Statistic is which number of a result is compared: the share of a choice or of a point
// of a scale; without a choice the mean, or the net promoter score.
type Statistic struct {
	Choice string `json:"choice,omitempty"`
	NPS    bool   `json:"nps,omitempty"`
}

// Estimate is the number of a group as it was published; not ok when it is hidden or
// the group has no such number.
func (g *Group) Estimate(s Statistic) (e Estimate, ok bool) {
	if g.Hidden || g.N == 0 {
		return e, false
	}
	for _, c := range g.Cells {
		if s.Choice != "" && c.Choice == s.Choice && !c.Hidden {
			n := min(float64(g.N), float64(g.N)/c.Deff)
			return Estimate{N: g.N, Value: c.Share, SE: math.Sqrt(c.Share * (1 - c.Share) / n), DF: c.DF, Deff: c.Deff, Effective: n}, true
		}
	}
	m := g.Mean
	if s.NPS {
		m = g.NPS
	}
	if s.Choice != "" || m == nil {
		return e, false
	}
	return Estimate{N: g.N, Value: m.Value, SE: m.SE, DF: m.DF, Deff: m.Deff, Effective: min(float64(g.N), float64(g.N)/m.Deff)}, true
}

// Rank ranks the groups of a breakdown by a statistic, with intervals that hold for all
// of them at once at the confidence. Groups that hide it are left out, so ranks are
// among those told.
func (b *Breakdown) Rank(s Statistic, confidence float64, lower bool) []Ranked {
	var units []Unit
	each := Simultaneous(confidence, len(b.Groups))
	for i := range b.Groups {
		if e, ok := b.Groups[i].Estimate(s); ok {
			u := Unit{ID: b.Groups[i].Value, Value: e.Value, Interval: e.Interval(each)}
			if s.Choice != "" {
				u.Interval = e.Proportion(each)
			}
			units = append(units, u)
		}
	}
	return Rank(units, lower)
}

// Since compares the groups of a breakdown with those of an earlier wave; see Trend.
func (b *Breakdown) Since(before *Breakdown, s Statistic, confidence float64) []Change {
	waves := func(b *Breakdown) (out []Wave) {
		for i := range b.Groups {
			if e, ok := b.Groups[i].Estimate(s); ok {
				out = append(out, Wave{b.Groups[i].Value, e, s.Choice != ""})
			}
		}
		return out
	}
	return Trend(waves(before), waves(b), confidence)
}
