package indicator

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/formula"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Table is indicators × units × periods.
type Table struct {
	Units      []Unit          `json:"units"`
	Periods    []period.Period `json:"periods"`
	Indicators []Series        `json:"indicators"`
	Version    int64           `json:"version" doc:"Counts changes of facts: while it stands, so does the table"`
}

// Unit is what values are of.
type Unit struct {
	Code   string `json:"code"`
	Path   string `json:"path"`
	Level  string `json:"level" doc:"Empty for a thing"`
	NameZh string `json:"nameZh"`
	NameEn string `json:"nameEn"`
}

// Series is one indicator of every unit and period.
type Series struct {
	Code   string       `json:"code"`
	Values [][]*float64 `json:"values" doc:"By unit, then by period; null where it is not known"`
	Notes  []Note       `json:"notes" doc:"What is to be known about single values"`
}

// Note says something about one value of a series.
type Note struct {
	Unit    int             `json:"unit" doc:"Place in units"`
	Period  int             `json:"period" doc:"Place in periods"`
	Missing formula.Missing `json:"missing,omitempty" enum:"unstated,undefined" doc:"Why it is not known; absent where nothing was stated at all"`
	Imputed bool            `json:"imputed,omitempty" doc:"Something stands in for it"`
	Stale   string          `json:"stale,omitempty" doc:"Out of date: the last period in which something of it was stated"`
	Worst   string          `json:"worst,omitempty" doc:"Code of the region whose value it is"`
	Most    *float64        `json:"most,omitempty" doc:"It may be as much as this"`
}

// Table reckons what was asked for, if the asker may see every unit of it.
func (b *Book) Table(ctx context.Context, in *Asked) (Table, error) {
	units, err := b.units(ctx, in)
	if err != nil {
		return Table{}, err
	}
	asOf, err := b.Ledger.AsOf(in.AsOf)
	if err != nil {
		return Table{}, err
	}
	return b.Of(ctx, Ask{Indicators: in.Indicators, From: in.From, To: in.To, AsOf: asOf}, units)
}

// units are those that were asked for.
func (b *Book) units(ctx context.Context, in *Asked) (units []Unit, err error) {
	for _, code := range in.Units {
		u, err := b.unit(ctx, code)
		if err != nil {
			return nil, err
		}
		units = append(units, u)
	}
	if in.Level == "" {
		return units, nil
	}
	tree := b.Ledger.Tree()
	within, err := tree.Region(in.Within)
	if err != nil {
		return nil, fault.Of(err).At("within")
	}
	for _, r := range tree.Within(within.Path, in.Level) {
		if err := auth.Check(ctx, b.Deps.Read, r.Path); err != nil {
			return nil, err
		}
		units = append(units, UnitOf(r))
	}
	return units, nil
}

// unit is a region, or a thing that stands in one, that the reader may see.
func (b *Book) unit(ctx context.Context, code string) (u Unit, err error) {
	if r, missing := b.Ledger.Tree().Region(code); missing == nil {
		return UnitOf(r), auth.Check(ctx, b.Deps.Read, r.Path)
	} else if !strings.Contains(code, ":") {
		return u, missing
	}
	t, err := b.Ledger.SeeThing(ctx, b.DB, code)
	return Unit{Code: t.ID, Path: t.RegionPath, NameZh: t.NameZh, NameEn: t.NameEn}, err
}

// UnitOf is a region as a unit.
func UnitOf(r *fact.Region) Unit {
	return Unit{r.Code, r.Path, r.Level, r.NameZh, r.NameEn}
}

// Of reckons a table of units.
func (b *Book) Of(ctx context.Context, a Ask, units []Unit) (t Table, err error) {
	t = Table{Units: units, Periods: []period.Period{}, Indicators: []Series{}}
	if t.Version, err = fact.Version(ctx, b.DB); err != nil {
		return t, err
	}
	for _, u := range units {
		a.Units = append(a.Units, u.Code)
	}
	values, err := b.Values(ctx, b.DB, a)
	if err != nil {
		return t, err
	}
	for p := a.From; p.N <= a.To.N; p = p.Next(1) {
		t.Periods = append(t.Periods, p)
	}
	shelf, err := b.at(ctx, b.DB, a.AsOf)
	if err != nil {
		return t, err
	}
	for _, code := range a.Indicators {
		d, err := shelf.definition(code)
		if err != nil {
			return t, err
		}
		s := Series{Code: code, Values: make([][]*float64, len(units)), Notes: []Note{}}
		for i, u := range units {
			s.Values[i] = make([]*float64, len(t.Periods))
			for j, v := range values[code][u.Code] {
				s.Values[i][j] = fact.Told(v.V)
				if note, is := b.note(&d, v, t.Periods[j]); is {
					note.Unit, note.Period = i, j
					s.Notes = append(s.Notes, note)
				}
			}
		}
		t.Indicators = append(t.Indicators, s)
	}
	return t, nil
}

// note is what is to be known about a value.
func (b *Book) note(d *Definition, v Value, p period.Period) (n Note, is bool) {
	n.Imputed, n.Worst = v.Imputed, v.Worst
	if v.Known() && !math.IsNaN(v.Most) && v.Most != v.V {
		n.Most = fact.Told(v.Most)
	}
	if !v.Known() && v.Data.Kind != "" {
		n.Missing = v.Missing
	}
	if v.Known() && b.Stale(d, v, p) {
		n.Stale = v.Data.String()
	}
	return n, n != Note{}
}

// Stale reports whether what a value is made of is older, at the end of its period or now, than
// the definition allows.
func (b *Book) Stale(d *Definition, v Value, p period.Period) bool {
	if d.Fresh == 0 || v.Data.Kind == "" {
		return false
	}
	end, now := p.End(b.Ledger.Zone), b.Ledger.Clock.Now()
	if end.After(now) {
		end = now
	}
	return end.Sub(v.Data.End(b.Ledger.Zone)) > time.Duration(d.Fresh)*24*time.Hour
}
