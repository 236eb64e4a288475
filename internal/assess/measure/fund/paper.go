package fund

import (
	"context"
	"fmt"

	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// UnitCostsPaper is what was paid beside what came of it as a report: all costs of the place, then
// the peers of each.
func (d *Desk) UnitCostsPaper(ctx context.Context, year int, format string) (*httpapi.File, error) {
	costs, err := d.UnitCosts(ctx, year)
	if err != nil {
		return nil, err
	}
	p := document.NewPaper(httpapi.LangOf(ctx), "measure.costs.paper", d.Clock.Now(), d.Zone)
	place := p.Say("peers_only", nil)
	if costs.Place != nil {
		place = p.Pick(costs.Place.NameZh, costs.Place.NameEn)
	}
	p.Title = p.Say("title", map[string]any{"place": place, "year": year})
	p.Facts(p.Fact("place", place), p.Fact("year", fmt.Sprint(year)))
	t := document.Table{Title: p.Say("all", nil), Note: p.Say("how", map[string]any{"few": int(costs.TooFew)}),
		Columns: []document.Column{p.Column("purpose", document.Plain, 0), p.Column("paid", document.Decimal, 2), p.Column("cost", document.Plain, 0), p.Column("each", document.Decimal, 2), p.Column("unit", document.Plain, 0), p.Column("before", document.Decimal, 2)}}
	type peers struct {
		of   indicator.Definition
		cost UnitCost
	}
	var compared []peers
	sample := false
	for _, purpose := range costs.Purposes {
		name := p.Pick(purpose.NameZh, purpose.NameEn)
		sample = sample || purpose.Sample
		if len(purpose.Costs) == 0 {
			t.Rows = append(t.Rows, []any{name, document.Maybe(purpose.Paid), nil, nil, nil, nil})
		}
		for _, c := range purpose.Costs {
			of, err := d.Book.Definition(c.Indicator)
			if err != nil {
				return nil, err
			}
			t.Rows = append(t.Rows, []any{name, document.Maybe(c.Whole.Paid), p.Pick(of.NameZh, of.NameEn), document.Maybe(c.Whole.Cost), p.Pick(of.UnitZh, of.UnitEn), document.Maybe(c.Before)})
			compared = append(compared, peers{of, c})
		}
	}
	if sample {
		p.Text(p.Say("sample", nil))
	}
	p.Table(t)
	for _, c := range compared {
		p.Table(peerTable(p, &c.of, &c.cost))
	}
	return httpapi.Save(format, fmt.Sprintf("unit-costs-%d", year), p.Title, p.As(format))
}

func peerTable(p *document.Paper, of *indicator.Definition, c *UnitCost) document.Table {
	t := document.Table{Title: p.Say("peers", map[string]any{"cost": p.Pick(of.NameZh, of.NameEn)}),
		Columns: []document.Column{p.Column("district", document.Plain, 0), p.Column("paid", document.Decimal, 2), p.Column("result", document.Decimal, 0), {Title: p.Say("each", nil), Unit: p.Pick(of.UnitZh, of.UnitEn), Kind: document.Decimal, Decimals: of.Places}, p.Column("against", document.Share, 0), p.Column("standing", document.Plain, 0)}}
	for _, peer := range c.Peers {
		t.Rows = append(t.Rows, []any{p.Pick(peer.Unit.NameZh, peer.Unit.NameEn), document.Maybe(peer.Paid), document.Maybe(peer.Result), document.Maybe(peer.Cost.Cost), document.Maybe(peer.Against), p.Say("standing."+string(peer.Standing), nil)})
	}
	if c.Median != nil {
		places := func(v *float64) string { return fmt.Sprintf("%.*f", of.Places, *v) }
		t.Note = p.Say("middle", map[string]any{"median": places(c.Median), "low": places(c.Low), "high": places(c.High), "count": c.Compared})
	}
	return t
}
