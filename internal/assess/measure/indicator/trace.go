package indicator

import (
	"context"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/formula"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Trace is a value taken apart, one step: what its formula knew, and the regions below.
type Trace struct {
	Definition  Definition      `json:"definition"`
	Unit        Unit            `json:"unit"`
	Period      period.Period   `json:"period"`
	Value       *float64        `json:"value"`
	Numerator   *float64        `json:"numerator"`
	Denominator *float64        `json:"denominator"`
	Note        Note            `json:"note"`
	Facts       int64           `json:"facts" doc:"How many facts the value is made of, or regions that it is the mean or worst of"`
	Names       []Known         `json:"names" doc:"What the formula refers to"`
	Below       []Below         `json:"below" doc:"Regions directly below"`
	Path        []Unit          `json:"path" doc:"Regions above, from the top"`
	Missing     formula.Missing `json:"missing,omitempty" enum:"unstated,undefined"`
}

// Known is a name in a formula and what it stood for.
type Known struct {
	Code      string   `json:"code"`
	Indicator bool     `json:"indicator" doc:"An indicator; else an element, whose facts can be listed"`
	NameZh    string   `json:"nameZh"`
	NameEn    string   `json:"nameEn"`
	UnitZh    string   `json:"unitZh"`
	UnitEn    string   `json:"unitEn"`
	Places    int      `json:"places"`
	Value     *float64 `json:"value"`
	Facts     int64    `json:"facts" doc:"Of an element: facts in the period; of a stock, regions that state it"`
	Since     string   `json:"since,omitempty" doc:"Of a stock: the period since which it has not changed"`
	From      string   `json:"from,omitempty" doc:"First period, of the element's kind, whose facts count here"`
	To        string   `json:"to,omitempty"`
}

// Below is the same indicator of a region below.
type Below struct {
	Unit        Unit     `json:"unit"`
	Value       *float64 `json:"value"`
	Numerator   *float64 `json:"numerator"`
	Denominator *float64 `json:"denominator"`
	Weight      *float64 `json:"weight,omitempty" doc:"Where regions weigh"`
}

// Trace takes a value apart.
func (b *Book) Trace(ctx context.Context, code, unit string, p period.Period, asOfText string) (t Trace, err error) {
	asOf, err := b.Ledger.AsOf(asOfText)
	if err != nil {
		return t, err
	}
	tree := b.Ledger.Tree()
	of, err := b.unit(ctx, unit)
	if err != nil {
		return t, fault.Of(err).At("unit")
	}
	shelf, err := b.at(ctx, b.DB, asOf)
	if err != nil {
		return t, err
	}
	c := shelf.byCode[code]
	if c == nil {
		return t, shelf.missing(code)
	}
	below := tree.Children(unit)
	ask := Ask{Indicators: append([]string{code}, c.indicators...), Units: []string{unit}, From: p, To: p, AsOf: asOf}
	for _, g := range below {
		ask.Units = append(ask.Units, g.Code)
	}
	values, err := b.Values(ctx, b.DB, ask)
	if err != nil {
		return t, err
	}
	v := values[code][unit][0]
	t = Trace{Definition: shelf.told(c), Unit: of, Period: p, Value: fact.Told(v.V), Numerator: fact.Told(v.Numerator), Denominator: fact.Told(v.Denominator), Facts: v.N, Missing: v.Missing,
		Names: []Known{}, Below: []Below{}, Path: []Unit{}}
	t.Note, _ = b.note(&c.Definition, v, p)
	var above []string
	if r := tree.At(of.Path); r != nil {
		above = tree.Above(r.Code)
	}
	for i := len(above) - 1; i >= 0; i-- {
		if up, err := tree.Region(above[i]); err == nil && up.Code != unit && auth.ScopeOf(ctx, b.Deps.Read).Allows(up.Path) {
			t.Path = append(t.Path, UnitOf(up))
		}
	}
	if t.Names, err = b.names(ctx, shelf, c, unit, p, asOf, values); err != nil {
		return t, err
	}
	for _, g := range below {
		x := values[code][g.Code][0]
		t.Below = append(t.Below, Below{Unit: UnitOf(g), Value: fact.Told(x.V), Numerator: fact.Told(x.Numerator), Denominator: fact.Told(x.Denominator)})
	}
	if c.Aggregate == Weighted || c.Aggregate == Union {
		err = b.weigh(ctx, c, t.Below, p, asOf)
	}
	return t, err
}

func (b *Book) names(ctx context.Context, shelf *shelf, c *compiled, unit string, p period.Period, asOf time.Time, values Values) ([]Known, error) {
	names := []Known{}
	grid, err := b.Ledger.Read(ctx, b.DB, fact.Ask{Elements: c.elements, Units: []string{unit}, From: p, To: p, AsOf: asOf})
	if err != nil {
		return nil, err
	}
	for _, code := range c.elements {
		e, err := b.Ledger.Element(code)
		if err != nil {
			return nil, err
		}
		x := grid.At(code, unit, 0)
		k := Known{Code: code, NameZh: e.NameZh, NameEn: e.NameEn, UnitZh: e.UnitZh, UnitEn: e.UnitEn, Places: e.Places, Value: fact.Told(x.V), Facts: x.N}
		k.From, k.To = p.First(e.Period).String(), p.In(e.Period).String()
		if e.Combine == fact.Stock {
			k.From = ""
			if x.Known() {
				k.Since = period.Period{Kind: e.Period, N: x.Since}.String()
			}
		}
		names = append(names, k)
	}
	for _, code := range c.indicators {
		d, err := shelf.definition(code)
		if err != nil {
			return nil, err
		}
		names = append(names, Known{Code: code, Indicator: true, NameZh: d.NameZh, NameEn: d.NameEn, UnitZh: d.UnitZh, UnitEn: d.UnitEn, Places: d.Places, Value: fact.Told(values[code][unit][0].V)})
	}
	return names, nil
}

// weigh says how much each region below weighs.
func (b *Book) weigh(ctx context.Context, c *compiled, below []Below, p period.Period, asOf time.Time) error {
	codes := make([]string, len(below))
	for i := range below {
		codes[i] = below[i].Unit.Code
	}
	grid, err := b.Ledger.Read(ctx, b.DB, fact.Ask{Elements: []string{c.weight()}, Units: codes, From: p, To: p, AsOf: asOf})
	if err != nil {
		return err
	}
	for i := range below {
		if w := grid.At(c.weight(), codes[i], 0); w.Known() {
			below[i].Weight = fact.Told(w.V)
		}
	}
	return nil
}

// Preview is what a definition would give.
type Preview struct {
	Elements []string `json:"elements" doc:"What it is made of in the end"`
	Accrues  bool     `json:"accrues" doc:"Adds up over time: a period that is not over says little yet"`
	Unstated []string `json:"unstated" doc:"Of these, those of which nothing counts in any of the periods"`
	Table    Table    `json:"table" doc:"The regions directly below this platform's, and that itself, in the last 12 periods"`
}

// Try checks a definition and reckons what it would give now.
func (b *Book) Try(ctx context.Context, d Definition) (p Preview, err error) {
	if err := auth.Check(ctx, b.Define, b.Home); err != nil {
		return p, err
	}
	c, err := b.check(d)
	if err != nil {
		return p, err
	}
	tree := b.Ledger.Tree()
	home := tree.At(b.Home)
	if home == nil {
		return p, fault.New(fault.NotFound, "measure.region", fault.Args{"region": b.Home})
	}
	units := []Unit{UnitOf(home)}
	for _, r := range tree.Children(home.Code) {
		units = append(units, UnitOf(r))
	}
	now := period.Of(d.Period, b.Ledger.Clock.Now(), b.Ledger.Zone)
	trial := &Book{Deps: b.Deps}
	trial.all.Store(b.all.Load().with(c))
	p.Elements, p.Accrues = trial.Elements(d.Code), trial.all.Load().accrues(c)
	ask := Ask{Indicators: []string{d.Code}, From: now.Next(-11), To: now}
	if p.Table, err = trial.Of(ctx, ask, units); err != nil {
		return p, err
	}
	grid, err := b.Ledger.Read(ctx, b.DB, fact.Ask{Elements: p.Elements, Units: []string{home.Code}, From: ask.From, To: ask.To})
	if err != nil {
		return p, err
	}
	for _, code := range p.Elements {
		stated := false
		for n := range p.Table.Periods {
			stated = stated || grid.At(code, home.Code, n).Known()
		}
		if !stated {
			p.Unstated = append(p.Unstated, code)
		}
	}
	return p, nil
}
