package score

import (
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/engine/index"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Unit is what is scored.
type Unit struct {
	Code   string `json:"code"`
	Path   string `json:"path" doc:"Of the region, or of that in which the thing stands"`
	NameZh string `json:"nameZh"`
	NameEn string `json:"nameEn"`
}

// Reckoned is an index, reckoned.
type Reckoned struct {
	Index   Index
	Period  period.Period
	AsOf    time.Time
	Version int64 // of the facts
	edition edition
	defined map[string]indicator.Definition // the parts, as they were worded
	Units   []Unit
	Home    *Unit // the region that they are parts of; nil where they are not all of it
	Values  indicator.Values
	Result  *index.Result // nil where no unit could be scored
	Known   []index.Availability
	Whole   *whole // the score of Home; nil where there is none
	scale   float64
}

// edition is what besides facts an index hangs on: definitions, and the tree of regions.
type edition struct{ definitions, tree any }

// reckon reckons an index for a period, as facts stood at a time. Where it was reckoned before,
// indicators of which no fact changed since stand.
func (d *Desk) reckon(ctx context.Context, q store.Queryer, x *Index, p period.Period, asOf time.Time, before *Reckoned) (*Reckoned, error) {
	if p.Kind != x.Period {
		return nil, fault.Bad("period", "measure.fact.period", fault.Args{"element": i18n.Both{Zh: x.NameZh, En: x.NameEn}, "example": period.Of(x.Period, d.Clock.Now(), d.Zone).String()})
	}
	out := &Reckoned{Index: *x, Period: p, AsOf: asOf, defined: map[string]indicator.Definition{}, scale: scale(x.Method.Normalise)}
	var err error
	out.edition = edition{d.Book.Edition(), d.Ledger.Tree()}
	if out.Version, err = fact.Version(ctx, q); err != nil {
		return nil, err
	}
	if out.Units, err = d.units(ctx, q, x, p); err != nil {
		return nil, err
	}
	out.Home = d.above(x)
	if before != nil && (before.edition != out.edition || !slices.Equal(before.Units, out.Units)) {
		before = nil
	}
	if before != nil && before.Version == out.Version && x.Method.Normalise != toTarget { // zones may have changed, and targets with them
		return before, nil
	}
	var units []index.Unit
	for _, u := range out.Units {
		units = append(units, index.Unit{Code: u.Code, Name: u.NameEn})
	}
	if len(units) == 0 {
		return out, nil
	}
	if out.Values, err = d.values(ctx, q, out, before); err != nil {
		return nil, err
	}
	define, err := d.Book.DefinitionsAt(ctx, q, asOf)
	if err != nil {
		return nil, err
	}
	data := x.data(units)
	for i, part := range x.Parts {
		def, err := define(part.Indicator)
		if err != nil {
			return nil, err
		}
		out.defined[def.Code] = def
		in := &data.Indicators[i]
		in.Name = def.NameEn
		if def.Direction == indicator.Down {
			in.Direction = -1
		}
		if part.Low != nil && part.High != nil {
			in.Goalposts = &index.Goalposts{Low: *part.Low, High: *part.High}
		}
		if x.Method.Normalise == toTarget {
			if in.Targets, err = d.targets(ctx, &def, out); err != nil {
				return nil, err
			}
		}
		for j, u := range out.Units {
			data.Values[i][j] = out.Values[part.Indicator][u.Code][0].V
		}
	}
	if !enough(data, x.Method) {
		return out, nil
	}
	m, err := x.method()
	if err != nil {
		return nil, err
	}
	if err := d.weigh(out, data, &m); err != nil {
		return nil, err
	}
	out.Result, err = index.Compute(data, m, index.Aggregated)
	if err != nil {
		return nil, d.unfit(x, out.Units, err)
	}
	out.Known = out.Result.Availability
	out.Whole, err = d.whole(ctx, q, out)
	return out, err
}

// targets are those that hold for what is scored, by unit.
func (d *Desk) targets(ctx context.Context, def *indicator.Definition, r *Reckoned) (map[string]index.Target, error) {
	held, err := d.Book.Targets(ctx, *def)
	if err != nil {
		return nil, err
	}
	out := map[string]index.Target{}
	for _, u := range r.all() {
		if target := held.At(def, u.Path, r.Period); target != nil {
			out[u.Code] = index.Target{Value: target.Value, Cap: true}
		}
	}
	if len(out) == 0 {
		return nil, fault.New(fault.Conflict, "measure.index.target", fault.Args{"indicator": i18n.Both{Zh: def.NameZh, En: def.NameEn}})
	}
	return out, nil
}

// values are the values of an index's parts: those of before where no fact under them changed.
func (d *Desk) values(ctx context.Context, q store.Queryer, r, before *Reckoned) (indicator.Values, error) {
	ask := indicator.Ask{From: r.Period, To: r.Period, AsOf: r.AsOf}
	for _, u := range r.all() {
		ask.Units = append(ask.Units, u.Code)
	}
	kept := indicator.Values{}
	var changed map[string]bool
	if before != nil {
		var err error
		if changed, err = fact.ChangedSince(ctx, q, before.Version); err != nil {
			return nil, err
		}
	}
	for _, part := range r.Index.Parts {
		if before != nil && !slices.ContainsFunc(d.Book.Elements(part.Indicator), func(e string) bool { return changed[e] }) {
			kept[part.Indicator] = before.Values[part.Indicator]
		} else {
			ask.Indicators = append(ask.Indicators, part.Indicator)
		}
	}
	fresh, err := d.Book.Values(ctx, q, ask)
	maps.Copy(kept, fresh)
	return kept, err
}

// enough is the least share of indicators that is known of what is scored: more than nothing.
func (m Reckon) enough(indicators int) float64 { return max(m.Least, 1/float64(indicators)) }

// enough reports whether as much is known of any unit as the index asks for.
func enough(data *index.Data, m Reckon) bool {
	for u := range data.Units {
		known := 0
		for _, column := range data.Values {
			if !math.IsNaN(column[u]) {
				known++
			}
		}
		if float64(known)/float64(len(data.Values)) >= m.enough(len(data.Values)) {
			return true
		}
	}
	return false
}

// weigh sets the weights as the index says. By principal components some can come out below 0, so that
// whoever does better would score less: such an index is none.
func (d *Desk) weigh(r *Reckoned, data *index.Data, m *index.Method) error {
	switch r.Index.Method.Weights {
	case "equal":
		m.Weights = index.Equal(data)
	case "pca":
		trial, err := index.Compute(data, *m, index.Aggregated)
		if err != nil {
			return told(err)
		}
		w, _, err := index.Principal(trial, 1)
		if err != nil {
			return told(err)
		}
		for _, part := range r.Index.Parts {
			if w[part.Indicator] < 0 {
				def := r.defined[part.Indicator]
				return fault.Bad("method.weights", "measure.index.loading", fault.Args{"indicator": i18n.Both{Zh: def.NameZh, En: def.NameEn}, "period": i18n.Both{Zh: r.Period.Say(i18n.Chinese), En: r.Period.Say(i18n.English)}})
			}
		}
		m.Weights = w
	}
	return nil
}

// units are what an index scores in a period: regions, or the things that are judged then.
func (d *Desk) units(ctx context.Context, q store.Queryer, x *Index, p period.Period) ([]Unit, error) {
	var out []Unit
	var members []string
	if x.Zone != "" {
		var err error
		if members, err = d.Zones.Members(ctx, x.Zone); err != nil {
			return nil, fault.Of(err).At("zone")
		}
	}
	tree := d.Ledger.Tree()
	inZone := func(code string) bool {
		return x.Zone == "" || slices.ContainsFunc(tree.Above(code), func(c string) bool { return slices.Contains(members, c) })
	}
	if x.Things != "" {
		things, err := d.Ledger.Things(ctx, q, x.Things, p)
		for _, t := range things {
			if inZone(t.RegionCode) {
				out = append(out, Unit{t.ID, t.RegionPath, t.NameZh, t.NameEn})
			}
		}
		return out, err
	}
	for _, r := range tree.Within(d.Home, x.Level) {
		if inZone(r.Code) {
			out = append(out, Unit{r.Code, r.Path, r.NameZh, r.NameEn})
		}
	}
	return out, nil
}

// score is a unit's score on a node of the tree, NaN where there is none.
func (r *Reckoned) score(node, unit string) float64 {
	result := r.resultOf(unit)
	if result == nil {
		return math.NaN()
	}
	t := result.At(index.Aggregated)
	column := t.Column(node)
	at := slices.Index(t.Units, unit)
	if column == nil || at < 0 {
		return math.NaN()
	}
	return column[at] * r.scale
}

// ranks are the ranks of all units on the index, 0 for one without a score.
func (r *Reckoned) ranks() map[string]int {
	out := map[string]int{}
	if r.Result == nil {
		return out
	}
	t := r.Result.At(index.Aggregated)
	for i, rank := range index.Ranks(t.Column(top)) {
		out[t.Units[i]] = rank
	}
	return out
}
