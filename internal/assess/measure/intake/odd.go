package intake

import (
	"context"
	"slices"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// past says what is usual of elements in regions, as far as facts go back from now.
type past struct {
	ledger *fact.Ledger
	q      store.Queryer
	home   string
	known  map[string]map[string]fact.Usual // by element and region
}

// atOnce is how many regions' history is in memory at a time.
const atOnce = 10_000

// odd reports whether a value is far from what its region had before.
func (p *past) odd(ctx context.Context, e *fact.Entry) (middle float64, odd bool, err error) {
	of, ok := p.known[e.Element]
	if !ok {
		if of, err = p.read(ctx, e.Element, e.Period); err != nil {
			return 0, false, err
		}
		p.known[e.Element] = of
	}
	u, ok := of[e.Unit]
	if !ok || e.Value == nil {
		return 0, false, nil
	}
	return u.Middle, u.Odd(e.Value.Float()), nil
}

func (p *past) read(ctx context.Context, element string, at period.Period) (map[string]fact.Usual, error) {
	e, err := p.ledger.Element(element)
	if err != nil {
		return nil, err
	}
	var codes []string
	for _, r := range p.ledger.Tree().Within(p.home, e.Level) {
		codes = append(codes, r.Code)
	}
	now := period.Of(e.Period, p.ledger.Clock.Now(), p.ledger.Zone)
	units := map[string]fact.Usual{}
	for some := range slices.Chunk(codes, atOnce) {
		grid, err := p.ledger.Read(ctx, p.q, fact.Ask{Elements: []string{element}, Units: some, From: now.Next(-fact.History), To: now.Next(-1)})
		if err != nil {
			return nil, err
		}
		for _, code := range some {
			if u, ok := grid.Usual(element, code, fact.History); ok {
				units[code] = u
			}
		}
	}
	return units, nil
}
