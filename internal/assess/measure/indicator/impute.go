package indicator

import (
	"math"
	"slices"

	"github.com/tongsheng/tongsheng/internal/assess/measure/formula"
)

// impute lets something stand in for values that are not known, as the definition says; back is
// how many periods before those that were asked for are there.
func (r *reckoning) impute(c *compiled, units []string, back int, found map[string][]Value) error {
	switch c.Impute.Rule {
	case "carry":
		for _, u := range units {
			last := -1
			for i, v := range found[u] {
				switch {
				case v.Known():
					last = i
				case last >= 0 && i-last <= c.Impute.Periods:
					found[u][i] = found[u][last]
					found[u][i].Imputed = true
				}
			}
		}
	case "fixed":
		each(units, found, func(_ string, _ int, v *Value) { stand(v, c.Impute.Value) })
	case "peers":
		return r.peers(c, units, found)
	}
	return nil
}

// stand puts a value in the place of one that is not known.
func stand(v *Value, with float64) {
	if !v.Known() && !math.IsNaN(with) {
		v.V, v.Missing, v.Imputed = with, formula.Known, true
	}
}

func each(units []string, found map[string][]Value, do func(unit string, i int, v *Value)) {
	for _, u := range units {
		for i := range found[u] {
			do(u, i, &found[u][i])
		}
	}
}

// peers lets the mean of the regions of the same level stand in. Where some are not among the
// units they are reckoned too.
func (r *reckoning) peers(c *compiled, units []string, found map[string][]Value) error {
	lacking := map[string]bool{} // levels at which something is not known
	each(units, found, func(u string, _ int, v *Value) {
		if g, err := r.tree.Region(u); err == nil && !v.Known() {
			lacking[g.Level] = true
		}
	})
	for level := range lacking {
		var beside, more []string
		for _, g := range r.tree.Within(r.b.Home, level) {
			beside = append(beside, g.Code)
			if !slices.Contains(units, g.Code) {
				more = append(more, g.Code)
			}
		}
		others := found
		if len(more) > 0 {
			reckoned, err := r.reckon(c, more, 0)
			if err != nil {
				return err
			}
			others = reckoned
		}
		sums, counts := make([]float64, r.periods()), make([]float64, r.periods())
		for _, code := range beside {
			values := found[code]
			if values == nil {
				values = others[code]
			}
			for i, v := range values {
				if v.Known() && !v.Imputed {
					sums[i], counts[i] = sums[i]+v.V, counts[i]+1
				}
			}
		}
		each(units, found, func(u string, i int, v *Value) {
			if g, err := r.tree.Region(u); err == nil && g.Level == level {
				stand(v, sums[i]/counts[i])
			}
		})
	}
	return nil
}
