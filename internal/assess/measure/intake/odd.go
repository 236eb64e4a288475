package intake

import (
	"context"

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

// What is compared: the last periods, if there are enough of them.
const (
	periodsBack = 24
	leastBack   = 6
)

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
	units := map[string]fact.Usual{}
	var codes []string
	for _, r := range p.ledger.Tree().Within(p.home, e.Level) {
		codes = append(codes, r.Code)
	}
	if len(codes) > fact.MaxGrid/periodsBack {
		return units, nil
	}
	now := period.Of(e.Period, p.ledger.Clock.Now(), p.ledger.Zone)
	grid, err := p.ledger.Read(ctx, p.q, fact.Ask{Elements: []string{element}, Units: codes, From: now.Next(-periodsBack), To: now.Next(-1)})
	if err != nil {
		return nil, err
	}
	for _, code := range codes {
		var had []float64
		for i := range periodsBack {
			if x := grid.At(element, code, i); x.Known() {
				had = append(had, x.V)
			}
		}
		if u, ok := fact.UsualOf(had, leastBack); ok {
			units[code] = u
		}
	}
	return units, nil
}
