package measure

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/assess/measure/returns"
	"github.com/tongsheng/tongsheng/internal/assess/measure/score"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Sample is what a sample city measures. Everything in it is marked as a sample.
type Sample struct {
	About      string                 `json:"about"`
	Elements   []fact.Element         `json:"elements"`
	Indicators []indicator.Definition `json:"indicators"`
	Things     []SampleThing          `json:"things"`
	Forms      []returns.Form         `json:"forms"`
	Rules      []returns.Rule         `json:"rules"`
	Indices    []score.Index          `json:"indices"`
	Methods    []score.Method         `json:"methods"`
	Recipes    []Recipe               `json:"recipes"`
	Funds      []FundRecipe           `json:"funds"`
}

// SampleThing is something made up that stands in a region.
type SampleThing struct {
	ID     string `json:"id"`
	Region string `json:"region"`
	NameZh string `json:"nameZh"`
	NameEn string `json:"nameEn"`
}

// Recipe makes up facts of an element for the regions of a level, or for things. A value is
//
//	whole × (base + trend × years + region × Spread + noise × Noise)
//
// where whole is 1, the people of the region, or another element's made-up value. Region and
// noise are drawn from a normal distribution by the city's seed, so that every start of the
// sample city makes up the same.
type Recipe struct {
	Element string  `json:"element"`
	Level   string  `json:"level"`
	Things  string  `json:"things"` // kind
	Of      string  `json:"of"`     // "", "people" or an element with a recipe above
	From    string  `json:"from"`
	Until   string  `json:"until"` // empty: the period before this one
	Base    float64 `json:"base"`
	Trend   float64 `json:"trend"`
	Spread  float64 `json:"spread"`
	Noise   float64 `json:"noise"`
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
}

// ReadSample reads a sample.
func ReadSample(raw []byte) (*Sample, error) {
	s := new(Sample)
	if err := json.Unmarshal(raw, s); err != nil {
		return nil, fmt.Errorf("measure: sample: %w", err)
	}
	return s, nil
}

// LoadSample makes what a sample city measures where it is not there. Facts are made up once:
// what people changed or withdrew since is left alone.
func (m *Module) LoadSample(ctx context.Context, s *Sample) error {
	ctx = auth.As(ctx, auth.Actor{ID: "system:sample", Name: "sample"})
	for i := range s.Elements {
		s.Elements[i].Sample = true
	}
	for i := range s.Indicators {
		s.Indicators[i].Sample = true
	}
	if err := m.Ledger.Seed(ctx, s.Elements); err != nil {
		return err
	}
	if err := m.makeUpFunds(ctx, s.Funds); err != nil { // indicators may refer to what is paid
		return err
	}
	if err := m.Book.Seed(ctx, s.Indicators); err != nil {
		return err
	}
	if err := m.Returns.Seed(ctx, s.Forms, s.Rules); err != nil {
		return err
	}
	if err := m.Score.Seed(ctx, s.Indices, s.Methods); err != nil {
		return err
	}
	things, err := m.seedThings(ctx, s.Things)
	if err != nil {
		return err
	}
	return m.makeUp(ctx, s.Recipes, things)
}

func (m *Module) seedThings(ctx context.Context, things []SampleThing) ([]fact.Thing, error) {
	var out []fact.Thing
	for _, t := range things {
		r, err := m.Ledger.Tree().Region(t.Region)
		if err != nil {
			return nil, err
		}
		out = append(out, fact.Thing{ID: t.ID, RegionPath: r.Path, NameZh: t.NameZh, NameEn: t.NameEn})
	}
	return out, m.DB.Housekeep(ctx, func(tx *store.Tx) error { return m.Ledger.SeedThings(ctx, tx, out) })
}

// unitOf is a region or a thing that a recipe makes up facts of.
type unitOf struct{ code, region, path string }

// makeUp states what recipes make up, once.
func (m *Module) makeUp(ctx context.Context, recipes []Recipe, things []fact.Thing) error {
	made := map[string]func(unit string, p period.Period) (float64, bool){}
	gone := map[string]bool{}
	for _, r := range recipes {
		e, err := m.Ledger.Element(r.Element)
		if err != nil || gone[r.Of] { // somebody retired it
			gone[r.Element] = true
			continue
		}
		units := m.unitsOf(r, things)
		from, to, err := m.span(r, e)
		if err != nil {
			return err
		}
		value, err := m.cook(ctx, r, e, units, made)
		if err != nil {
			return err
		}
		made[r.Element] = value
		if has, err := m.Ledger.Stated(ctx, r.Element); err != nil || has {
			if err != nil {
				return err
			}
			continue
		}
		var entries []fact.Entry
		for _, u := range units {
			for p := from; p.N <= to.N; p = p.Next(1) {
				v, ok := value(u.code, p)
				if !ok {
					continue
				}
				x, err := fact.ValueOf(v)
				if err != nil {
					return err
				}
				entries = append(entries, fact.Entry{Element: r.Element, Unit: u.code, Region: u.region, Period: p, Value: &x, At: p.End(m.Zone)})
			}
		}
		if err := m.state(ctx, fact.Origin{Source: fact.FromSample, Object: "sample:" + r.Element}, entries); err != nil {
			return err
		}
	}
	return nil
}

func (m *Module) unitsOf(r Recipe, things []fact.Thing) (units []unitOf) {
	if r.Things == "" {
		for _, g := range m.Ledger.Tree().Within(m.Home, r.Level) {
			units = append(units, unitOf{g.Code, g.Code, g.Path})
		}
		return units
	}
	for _, t := range things {
		if g := m.Ledger.Tree().At(t.RegionPath); g != nil && len(t.ID) > len(r.Things) && t.ID[:len(r.Things)+1] == r.Things+":" {
			units = append(units, unitOf{t.ID, g.Code, g.Path})
		}
	}
	return units
}

func (m *Module) span(r Recipe, e *fact.Element) (from, to period.Period, err error) {
	if from, err = period.Parse(r.From); err != nil {
		return from, to, err
	}
	to = period.Of(e.Period, m.Clock.Now(), m.Zone).Next(-1)
	if r.Until != "" {
		to, err = period.Parse(r.Until)
	}
	if err == nil && (from.Kind != e.Period || to.Kind != e.Period) {
		err = fmt.Errorf("measure: sample of %s: its periods are another kind", r.Element)
	}
	return from, to, err
}

// sampleSeed makes every sample city the same.
const sampleSeed = 20210723

// cook makes the function that gives an element's made-up values.
func (m *Module) cook(ctx context.Context, r Recipe, e *fact.Element, units []unitOf, made map[string]func(string, period.Period) (float64, bool)) (func(string, period.Period) (float64, bool), error) {
	people := map[string]float64{}
	if r.Of == "people" {
		codes := make([]string, len(units))
		for i, u := range units {
			codes[i] = u.region
		}
		year := period.Of(period.Year, m.Clock.Now(), m.Zone)
		grid, err := m.Ledger.Read(ctx, m.DB, fact.Ask{Elements: []string{indicator.Population}, Units: codes, From: year, To: year})
		if err != nil {
			return nil, err
		}
		for _, u := range units {
			people[u.code] = grid.At(indicator.Population, u.region, 0).V
		}
	} else if r.Of != "" && made[r.Of] == nil {
		return nil, fmt.Errorf("measure: sample of %s: no recipe above makes %s", r.Element, r.Of)
	}
	start, err := period.Parse(r.From)
	if err != nil {
		return nil, err
	}
	return func(unit string, p period.Period) (float64, bool) {
		years := p.Start(m.Zone).Sub(start.Start(m.Zone)).Hours() / 24 / 365.25
		share := r.Base + r.Trend*years + r.Spread*drawn(r.Element, unit, "") + r.Noise*drawn(r.Element, unit, p.String())
		if r.High > r.Low {
			share = min(max(share, r.Low), r.High)
		}
		whole := 1.0
		switch {
		case r.Of == "people":
			whole = people[unit]
		case r.Of != "":
			of, ok := made[r.Of](unit, p)
			if !ok {
				return 0, false
			}
			whole = of
		}
		v := whole * share
		if e.Whole {
			v = math.Round(v)
		} else {
			v = math.Round(v*1000) / 1000
		}
		return v, !math.IsNaN(v)
	}, nil
}

// drawn is a number of a normal distribution that belongs to a name, within two of the middle.
func drawn(names ...string) float64 {
	h := fnv.New64a()
	for _, n := range names {
		_, _ = h.Write([]byte(n + "\x00"))
	}
	x := rand.New(rand.NewPCG(sampleSeed, h.Sum64())).NormFloat64()
	return min(max(x, -2), 2)
}
