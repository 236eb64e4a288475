package indicator

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/formula"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Value is an indicator of a unit in a period.
type Value struct {
	V           float64         // NaN where it is not known
	Numerator   float64         // NaN where there is none or it is not known
	Denominator float64         // the same
	Missing     formula.Missing // why it is not known
	Imputed     bool            // something stood in for it
	N           int64           // facts behind the numerator, or regions that it is the mean or worst of
	Worst       string          // code of the region that is the worst, where that is how it comes
	Most        float64         // of a union: it may be as much as this
	Data        period.Period   // the last period in which something of it was stated; Kind is empty where none was
}

// Known reports whether there is a value.
func (v Value) Known() bool { return !math.IsNaN(v.V) }

func missing(why formula.Missing) Value {
	return Value{V: math.NaN(), Numerator: math.NaN(), Denominator: math.NaN(), Most: math.NaN(), Missing: why}
}

// Ask is what values are asked for.
type Ask struct {
	Indicators []string
	Units      []string // region codes, or things that stand in regions
	From, To   period.Period
	AsOf       time.Time // as facts stood and indicators were worded then; the zero time: now
}

// Values are indicators of units over a run of periods: by indicator, unit, and period in order.
type Values map[string]map[string][]Value

// maxValues is how many values one question may have.
const maxValues = fact.MaxGrid / 4

// Values reckons indicators.
func (b *Book) Values(ctx context.Context, q store.Queryer, a Ask) (Values, error) {
	if a.From.Kind == "" || a.From.Kind != a.To.Kind || a.To.N < a.From.N {
		return nil, fault.Bad("to", "measure.periods")
	}
	shelf, err := b.at(ctx, q, a.AsOf)
	if err != nil {
		return nil, err
	}
	r := &reckoning{b: b, ctx: ctx, q: q, a: a, all: shelf.byCode, tree: b.Ledger.Tree(), done: Values{}}
	if len(a.Indicators)*len(a.Units)*r.periods() > maxValues {
		return nil, fault.New(fault.TooLarge, "measure.grid", fault.Args{"limit": maxValues})
	}
	out := Values{}
	for _, code := range a.Indicators {
		c := r.all[code]
		if c == nil {
			return nil, shelf.missing(code)
		}
		if a.From.Kind.Rank() < c.Period.Rank() {
			return nil, fault.Bad("from", "measure.indicator.short", fault.Args{"indicator": i18n.Both{Zh: c.NameZh, En: c.NameEn}, "period": string(c.Period)})
		}
		got, err := r.of(c, a.Units)
		if err != nil {
			return nil, err
		}
		out[code] = got
	}
	return out, nil
}

// reckoning is one question being answered.
type reckoning struct {
	b    *Book
	ctx  context.Context
	q    store.Queryer
	a    Ask
	all  map[string]*compiled
	tree *fact.Tree
	done Values // by indicator and unit
}

func (r *reckoning) periods() int { return r.a.To.N - r.a.From.N + 1 }

// of are an indicator's values for units, each reckoned once.
func (r *reckoning) of(c *compiled, units []string) (map[string][]Value, error) {
	done := r.done[c.Code]
	if done == nil {
		done = map[string][]Value{}
		r.done[c.Code] = done
	}
	var fresh []string
	asked := map[string]bool{}
	for _, u := range units {
		if done[u] == nil && !asked[u] {
			asked[u] = true
			fresh = append(fresh, u)
		}
	}
	if len(fresh) == 0 {
		return done, nil
	}
	var err error
	if c.Aggregate == Formula {
		err = r.plain(c, fresh, done)
	} else {
		err = r.above(c, fresh, done)
	}
	return done, err
}

// plain reckons the formula for each unit, over what facts add up to there.
func (r *reckoning) plain(c *compiled, units []string, done map[string][]Value) error {
	back := 0
	if c.Impute.Rule == "carry" {
		back = c.Impute.Periods
	}
	found, err := r.reckon(c, units, back)
	if err != nil {
		return err
	}
	if err := r.impute(c, units, back, found); err != nil {
		return err
	}
	for u, values := range found {
		done[u] = values[back:]
	}
	return nil
}

// reckon evaluates the formula for units, beginning back periods before what was asked for.
func (r *reckoning) reckon(c *compiled, units []string, back int) (map[string][]Value, error) {
	from := r.a.From.Next(-back)
	n := r.periods() + back
	grid, err := r.b.Ledger.Read(r.ctx, r.q, fact.Ask{Elements: c.elements, Units: units, From: from, To: r.a.To, AsOf: r.a.AsOf})
	if err != nil {
		return nil, err
	}
	inner := map[string]map[string][]Value{}
	for _, code := range c.indicators {
		sub := *r
		if back > 0 { // a longer run than others ask for
			sub.a.From, sub.done = from, Values{}
		}
		if inner[code], err = sub.of(r.all[code], units); err != nil {
			return nil, err
		}
	}
	out := make(map[string][]Value, len(units))
	for _, u := range units {
		values := make([]Value, n)
		for i := range values {
			var facts int64
			var data period.Period
			look := func(name string) float64 {
				if of, ok := inner[name]; ok {
					v := of[u][i]
					data = later(data, v.Data)
					return v.V
				}
				x := grid.At(name, u, i)
				if x.Known() {
					facts += x.N
					data = later(data, r.stated(name, x, from.Next(i)))
				}
				return x.V
			}
			values[i] = c.value(look)
			values[i].N, values[i].Data = facts, data
		}
		out[u] = values
	}
	return out, nil
}

// stated is the period in which a reading was stated.
func (r *reckoning) stated(element string, x fact.Reading, p period.Period) period.Period {
	e, err := r.b.Ledger.Element(element)
	if err == nil && e.Combine == fact.Stock {
		return period.Period{Kind: e.Period, N: x.Since}
	}
	return p
}

func later(a, b period.Period) period.Period {
	if a.Kind == "" || b.Kind != "" && b.End(time.UTC).After(a.End(time.UTC)) {
		return b
	}
	return a
}

// value evaluates a definition where its names have these values.
func (c *compiled) value(look func(string) float64) Value {
	if c.Aggregate == Union {
		return c.union(look)
	}
	v := missing(formula.Known)
	var why formula.Missing
	if v.Numerator, why = c.numerator.Number(look); why != formula.Known {
		v.Missing = why
	}
	v.Denominator = 1
	if c.denominator != nil {
		if v.Denominator, why = c.denominator.Number(look); why != formula.Known && v.Missing == formula.Known {
			v.Missing = why
		}
	}
	if c.formula != nil {
		v.V, v.Missing = c.formula.Number(func(name string) float64 {
			if name == numeratorName {
				return v.Numerator
			}
			return v.Denominator
		})
		return v
	}
	if v.Missing != formula.Known {
		return v
	}
	if v.V = v.Numerator / v.Denominator; math.IsNaN(v.V) || math.IsInf(v.V, 0) {
		v.V, v.Missing = math.NaN(), formula.Undefined
	}
	return v
}

// union is the share of people whom at least one part reaches: at least the largest of the
// parts, at most their sum. A part that is not known may reach anybody, so it adds nothing to
// the least and everything to the most.
func (c *compiled) union(look func(string) float64) Value {
	v := missing(formula.Unstated)
	least, most, any := 0.0, 0.0, false
	for _, part := range c.parts {
		x, why := part.Number(look)
		if why != formula.Known {
			most = 1
			continue
		}
		any = true
		x = min(max(x, 0), 1)
		least, most = max(least, x), most+x
	}
	if any {
		v.V, v.Most, v.Missing = least, min(most, 1), formula.Known
	}
	return v
}

// above reckons an indicator at its base and takes it up from there.
func (r *reckoning) above(c *compiled, units []string, done map[string][]Value) error {
	base := map[string][]string{} // regions at the base below each unit
	var all []string
	for _, u := range units {
		region, err := r.tree.Region(u)
		if err != nil { // a thing has no regions below
			base[u] = nil
			continue
		}
		for _, g := range r.tree.Within(region.Path, c.Base) {
			base[u] = append(base[u], g.Code)
		}
		all = append(all, base[u]...)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	found := map[string][]Value{}
	if len(all) > 0 {
		if err := r.plain(c, all, found); err != nil {
			return err
		}
	}
	var weights *fact.Grid
	if c.Aggregate != Worst && len(all) > 0 {
		var err error
		if weights, err = r.b.Ledger.Read(r.ctx, r.q, fact.Ask{Elements: []string{c.weight()}, Units: all, From: r.a.From, To: r.a.To, AsOf: r.a.AsOf}); err != nil {
			return err
		}
	}
	for _, u := range units {
		values := make([]Value, r.periods())
		for i := range values {
			switch {
			case len(base[u]) == 1 && base[u][0] == u: // it stands at the base itself
				values[i] = found[u][i]
			case c.Aggregate == Worst:
				values[i] = worst(c.Direction, base[u], found, i)
			default:
				values[i] = mean(c.weight(), base[u], found, weights, i)
			}
		}
		done[u] = values
	}
	return nil
}

// worst is the worst of what is known of regions.
func worst(d Direction, regions []string, found map[string][]Value, i int) Value {
	v := missing(formula.Unstated)
	for _, code := range regions {
		x := found[code][i]
		if !x.Known() {
			continue
		}
		v.N++
		v.Imputed = v.Imputed || x.Imputed
		v.Data = later(v.Data, x.Data)
		if !v.Known() || d == Up && x.V < v.V || d == Down && x.V > v.V {
			v.V, v.Worst, v.Missing = x.V, code, formula.Known
		}
	}
	return v
}

// mean is the weighted mean of what is known of regions; numerator and denominator are the sums
// that it is made of.
func mean(weight string, regions []string, found map[string][]Value, weights *fact.Grid, i int) Value {
	v := missing(formula.Unstated)
	var sum, most, total float64
	for _, code := range regions {
		x, w := found[code][i], weights.At(weight, code, i)
		if !x.Known() || !w.Known() {
			continue
		}
		v.N++
		v.Imputed = v.Imputed || x.Imputed
		v.Data = later(v.Data, x.Data)
		sum, total = sum+x.V*w.V, total+w.V
		if !math.IsNaN(x.Most) {
			most += x.Most * w.V
		} else {
			most = math.NaN()
		}
	}
	if v.N == 0 {
		return v
	}
	v.Numerator, v.Denominator = sum, total
	if v.V = sum / total; math.IsNaN(v.V) || math.IsInf(v.V, 0) {
		v.V, v.Missing = math.NaN(), formula.Undefined
		return v
	}
	v.Most, v.Missing = most/total, formula.Known
	return v
}
