package score

import (
	"context"
	"math"

	"github.com/tongsheng/tongsheng/engine/index"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// How an indicator of the whole came to its score.
const (
	ByOwn  = "own"  // its own value, between the bounds that the units make
	ByMean = "mean" // the mean of the units' scores, weighted by population
)

// whole is the score of the region that the units are parts of, as the city of its districts. Each
// indicator has its own value there, by its own way up the tree, and is measured by the bounds that
// the units make, with their weights and means; so it can be compared with theirs, and changes
// nothing of them. A share of the whole lies between those of its parts; a value that does not, as
// one that adds up, is no measure beside them, and the mean of the units' scores, weighted by
// population, stands in for it.
type whole struct {
	result *index.Result
	known  float64           // share of indicators that are known
	by     map[string]string // by indicator: ByOwn or ByMean; absent where it is not known
}

// Whole is the score of the region that the units are parts of.
type Whole struct {
	Scored
	Own  int `json:"own" doc:"Indicators whose own value there is measured by the bounds that the units make"`
	Mean int `json:"mean" doc:"Indicators whose value there does not lie between the units', as one that adds up: the mean of the units' scores, weighted by population, stands in"`
}

// above is the region of this node where an index scores all regions of a level within it; nil
// for an index of things, of a zone, or of the region itself.
func (d *Desk) above(x *Index) *Unit {
	home := d.Ledger.Tree().At(d.Home)
	if home == nil || x.Things != "" || x.Zone != "" || home.Level == x.Level {
		return nil
	}
	return &Unit{home.Code, home.Path, home.NameZh, home.NameEn}
}

// all are the units and, last, the region that they are parts of.
func (r *Reckoned) all() []Unit {
	if r.Home == nil {
		return r.Units
	}
	return append(r.Units[:len(r.Units):len(r.Units)], *r.Home)
}

// resultOf is where a unit's score stands; nil where it has none.
func (r *Reckoned) resultOf(unit string) *index.Result {
	if r.Home == nil || unit != r.Home.Code {
		return r.Result
	}
	if r.Whole == nil {
		return nil
	}
	return r.Whole.result
}

// whole scores the region that the units are parts of; nil where too little is known of it.
func (d *Desk) whole(ctx context.Context, q store.Queryer, r *Reckoned) (*whole, error) {
	if r.Home == nil {
		return nil, nil
	}
	people, err := d.people(ctx, q, r)
	if err != nil {
		return nil, err
	}
	w := &whole{by: map[string]string{}}
	raw, scores := make([]float64, len(r.Index.Parts)), make([]float64, len(r.Index.Parts))
	for i, part := range r.Index.Parts {
		raw[i] = r.Values[part.Indicator][r.Home.Code][0].V
		if v, between := r.between(part.Indicator, raw[i]); between {
			w.by[part.Indicator] = ByOwn
			if scores[i], err = r.Result.Scale(r.Home.Code, part.Indicator, v); err != nil {
				return nil, told(err)
			}
		} else if scores[i] = r.mean(part.Indicator, people); !math.IsNaN(scores[i]) {
			w.by[part.Indicator] = ByMean
		}
	}
	if w.known = float64(len(w.by)) / float64(len(scores)); w.known == 0 || w.known < r.Index.Method.Least {
		return nil, nil
	}
	if w.result, err = r.Result.Beside(index.Unit{Code: r.Home.Code, Name: r.Home.NameEn}, raw, scores); err != nil {
		return nil, told(err)
	}
	return w, nil
}

// between reports whether a value lies between the lowest and the highest of the units', and gives it
// as no lower and no higher than these.
func (r *Reckoned) between(code string, v float64) (float64, bool) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, u := range r.Units {
		if x := r.Values[code][u.Code][0].V; !math.IsNaN(x) {
			low, high = min(low, x), max(high, x)
		}
	}
	hair := 1e-9 * max(1, math.Abs(low), math.Abs(high)) // sums in another order differ by that
	return min(max(v, low), high), v >= low-hair && v <= high+hair
}

// people is how many live in each unit.
func (d *Desk) people(ctx context.Context, q store.Queryer, r *Reckoned) (map[string]float64, error) {
	if _, err := d.Ledger.Element(indicator.Population); err != nil {
		return nil, nil // nothing is said of people here
	}
	ask := fact.Ask{Elements: []string{indicator.Population}, From: r.Period, To: r.Period, AsOf: r.AsOf}
	for _, u := range r.Units {
		ask.Units = append(ask.Units, u.Code)
	}
	grid, err := d.Ledger.Read(ctx, q, ask)
	if err != nil {
		return nil, err
	}
	people := map[string]float64{}
	for _, u := range r.Units {
		people[u.Code] = grid.At(indicator.Population, u.Code, 0).V
	}
	return people, nil
}

// mean is the mean of the units' scores on an indicator, weighted by population; NaN where none is
// known.
func (r *Reckoned) mean(code string, people map[string]float64) float64 {
	t := r.Result.At(index.Normalised)
	var sum, all float64
	for i, v := range t.Column(code) {
		if n := people[t.Units[i]]; !math.IsNaN(v) && n > 0 { // NaN is not
			sum, all = sum+v*n, all+n
		}
	}
	return sum / all
}

// wholeOf is the score of the region that the units are parts of, for whoever may see all of it.
func (d *Desk) wholeOf(ctx context.Context, r *Reckoned) *Whole {
	if r.Whole == nil || !auth.ScopeOf(ctx, d.Read).Allows(r.Home.Path) {
		return nil
	}
	w := &Whole{Scored: r.scored(*r.Home)}
	w.Known = r.Whole.known
	for _, by := range r.Whole.by {
		if by == ByOwn {
			w.Own++
		} else {
			w.Mean++
		}
	}
	return w
}

// ways counts the parts of the whole that have its own value, and those that have the units' mean.
func (o *Opened) ways() (own, mean int) {
	for _, p := range o.Parts {
		switch p.By {
		case ByOwn:
			own++
		case ByMean:
			mean++
		}
	}
	return own, mean
}

// opened is a unit's score, or that of the region that all are parts of, among what was reckoned.
func (d *Desk) opened(ctx context.Context, r *Reckoned, s *Scores, unit string) (Scored, error) {
	for _, u := range s.Units {
		if u.Code == unit && auth.ScopeOf(ctx, d.Read).Allows(u.Path) {
			return u, nil
		}
	}
	if w := d.wholeOf(ctx, r); w != nil && w.Code == unit {
		return w.Scored, nil
	}
	return Scored{}, fault.New(fault.NotFound, "measure.index.no_unit")
}
