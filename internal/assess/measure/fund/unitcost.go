package fund

import (
	"context"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/formula"
	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// UnitCosts is what was paid in a year beside what came of it. Payments count by their day.
type UnitCosts struct {
	Year     int              `json:"year"`
	Place    *indicator.Unit  `json:"place" doc:"What the sums are of: the whole city or, for who sees one district only, that; null for who sees neither"`
	Purposes []PurposeResults `json:"purposes" nullable:"false"`
	TooFew   float64          `json:"tooFew" doc:"Smaller results are not compared: one more or fewer would change the cost by more than a tenth"`
}

// PurposeResults is what was paid for a purpose, and its costs by unit of result.
type PurposeResults struct {
	Purpose
	Paid  *float64   `json:"paid" doc:"Yuan; null where nothing was paid"`
	Costs []UnitCost `json:"costs" nullable:"false" doc:"By indicators whose numerator is what was paid for the purpose"`
}

// UnitCost is one indicator of cost by unit of result, for the whole and for peers.
type UnitCost struct {
	Indicator string   `json:"indicator" doc:"Code"`
	Whole     Cost     `json:"whole"`
	Before    *float64 `json:"before" doc:"The cost of the whole in the year before"`
	Compared  int      `json:"compared" doc:"Peers that the middle is reckoned from"`
	Median    *float64 `json:"median" doc:"Null where fewer than four peers can be compared"`
	Low       *float64 `json:"low" doc:"First quartile of peers, interpolated (type 7)"`
	High      *float64 `json:"high" doc:"Third quartile"`
	Peers     []Peer   `json:"peers" nullable:"false" doc:"Those that the reader may see; of a public indicator all, with what was paid and came of it only where the reader may see it"`
}

// Cost is what was paid, what came of it, and the one by the other.
type Cost struct {
	Paid    *float64        `json:"paid" doc:"Yuan; null where nothing was paid"`
	Result  *float64        `json:"result" doc:"Null where nothing was stated"`
	Cost    *float64        `json:"cost"`
	Missing formula.Missing `json:"missing,omitempty" enum:"unstated,undefined" doc:"Why there is no cost"`
}

// Peer is a region beside others.
type Peer struct {
	Unit indicator.Unit `json:"unit"`
	Cost
	Standing Standing `json:"standing" enum:"below,within,above,few,alone,unknown" doc:"Beside the middle half of peers; few: the result is too small to compare; alone: too few peers"`
	Against  *float64 `json:"against" doc:"Above the median by so much of it, 0.1 for a tenth; negative below"`
}

// Standing is where a cost stands beside those of its peers.
type Standing string

// Standings.
const (
	Below   Standing = "below"
	Amid    Standing = "within"
	Above   Standing = "above"
	Few     Standing = "few"
	Alone   Standing = "alone"
	Unknown Standing = "unknown"
)

const (
	tooFew   = 10 // the result below which a cost is not compared
	minPeers = 4  // fewer have no quartiles worth the name
)

// UnitCosts compares the regions directly below this platform's.
func (d *Desk) UnitCosts(ctx context.Context, year int) (*UnitCosts, error) {
	tree, scope := d.Ledger.Tree(), auth.ScopeOf(ctx, d.Read)
	home := tree.At(d.Home)
	if home == nil {
		return nil, fault.New(fault.NotFound, "measure.region", fault.Args{"region": d.Home})
	}
	peers := tree.Children(home.Code)
	own := slices.DeleteFunc(slices.Clone(peers), func(r *fact.Region) bool { return !scope.Allows(r.Path) })
	out := &UnitCosts{Year: year, Purposes: []PurposeResults{}, TooFew: tooFew}
	switch {
	case scope.Allows(d.Home):
		u := indicator.UnitOf(home)
		out.Place = &u
	case len(own) == 1:
		u := indicator.UnitOf(own[0])
		out.Place = &u
	}
	purposes, err := d.Purposes(ctx)
	if err != nil {
		return nil, err
	}
	at := period.Period{Kind: period.Year, N: year - 1}
	for _, p := range purposes {
		of := PurposeResults{Purpose: p, Costs: []UnitCost{}}
		if out.Place != nil {
			if of.Paid, err = d.paid(ctx, p.Code, out.Place.Code, at); err != nil {
				return nil, err
			}
		}
		for _, code := range d.costsOf(p.Code) {
			c, err := d.unitCost(ctx, code, out.Place, peers, at)
			if err != nil {
				return nil, err
			}
			of.Costs = append(of.Costs, c)
		}
		out.Purposes = append(out.Purposes, of)
	}
	return out, nil
}

// paid is what was paid for a purpose in a region and period.
func (d *Desk) paid(ctx context.Context, purpose, unit string, at period.Period) (*float64, error) {
	element := elementOf(Payment, purpose)
	grid, err := d.Ledger.Read(ctx, d.DB, fact.Ask{Elements: []string{element}, Units: []string{unit}, From: at, To: at})
	if err != nil {
		return nil, err
	}
	return fact.Told(grid.At(element, unit, 0).V), nil
}

// costsOf lists the indicators that divide what was paid for a purpose, and nothing else, by a result.
func (d *Desk) costsOf(purpose string) (codes []string) {
	paid := elementOf(Payment, "")
	for _, i := range d.Book.List() {
		above := d.Book.NumeratorOf(i.Code)
		foreign := func(name string) bool { return !strings.HasPrefix(name, paid) }
		if i.Aggregate == indicator.Formula && i.Denominator != "" && i.Period.Rank() <= period.Year.Rank() && slices.Contains(above, paid+purpose) && !slices.ContainsFunc(above, foreign) {
			codes = append(codes, i.Code)
		}
	}
	return codes
}

// unitCost reckons an indicator for a place and for peers, and where each of these stands.
func (d *Desk) unitCost(ctx context.Context, code string, place *indicator.Unit, peers []*fact.Region, at period.Period) (UnitCost, error) {
	definition, err := d.Book.Definition(code)
	if err != nil {
		return UnitCost{}, err
	}
	scope := auth.ScopeOf(ctx, d.Read)
	var units []string
	for _, r := range peers {
		units = append(units, r.Code)
	}
	if place != nil {
		units = append(units, place.Code)
	}
	values, err := d.Book.Values(ctx, d.DB, indicator.Ask{Indicators: []string{code}, Units: units, From: at.Next(-1), To: at})
	if err != nil {
		return UnitCost{}, err
	}
	c := UnitCost{Indicator: code, Peers: []Peer{}}
	if place != nil {
		c.Before, c.Whole = fact.Told(values[code][place.Code][0].V), costOf(values[code][place.Code][1])
	}
	for _, r := range peers {
		if definition.Public || scope.Allows(r.Path) {
			c.Peers = append(c.Peers, Peer{Unit: indicator.UnitOf(r), Cost: costOf(values[code][r.Code][1])})
		}
	}
	c.compare()
	for i := range c.Peers {
		if p := &c.Peers[i]; !scope.Allows(p.Unit.Path) {
			p.Paid, p.Result = nil, nil
		}
	}
	return c, nil
}

// compare says where each peer stands beside the middle half of those whose result is large enough.
func (c *UnitCost) compare() {
	var costs []float64
	for i := range c.Peers {
		p := &c.Peers[i]
		switch {
		case p.Cost.Cost == nil:
			p.Standing = Unknown
		case p.Result == nil || *p.Result < tooFew: // what has no denominator is no cost of anything
			p.Standing = Few
		default:
			p.Standing = Alone
			costs = append(costs, *p.Cost.Cost)
		}
	}
	if c.Compared = len(costs); c.Compared < minPeers {
		return
	}
	slices.Sort(costs)
	low, median, high := quantile(costs, .25), quantile(costs, .5), quantile(costs, .75)
	c.Low, c.Median, c.High = &low, &median, &high
	for i := range c.Peers {
		p := &c.Peers[i]
		if p.Standing != Alone {
			continue
		}
		switch cost := *p.Cost.Cost; {
		case cost < low:
			p.Standing = Below
		case cost > high:
			p.Standing = Above
		default:
			p.Standing = Amid
		}
		if median > 0 {
			against := *p.Cost.Cost/median - 1
			p.Against = &against
		}
	}
}

func costOf(v indicator.Value) Cost {
	return Cost{Paid: fact.Told(v.Numerator), Result: fact.Told(v.Denominator), Cost: fact.Told(v.V), Missing: v.Missing}
}

// quantile interpolates among sorted numbers as R's type 7 does.
func quantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	below := int(at)
	if below+1 == len(sorted) {
		return sorted[below]
	}
	return sorted[below] + (at-float64(below))*(sorted[below+1]-sorted[below])
}
