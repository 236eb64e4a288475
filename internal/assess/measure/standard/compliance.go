package standard

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
)

// Compliance is how a region, or a thing, stands with one item that it owes.
type Compliance struct {
	Standard  string        `json:"standard" doc:"Id"`
	Code      string        `json:"code" doc:"Of the standard"`
	Number    int           `json:"number" doc:"Of the version that binds it"`
	Tried     bool          `json:"tried,omitempty" doc:"It binds as a pilot"`
	Item      string        `json:"item" doc:"Key"`
	HeadingZh string        `json:"headingZh"`
	HeadingEn string        `json:"headingEn"`
	Indicator string        `json:"indicator" doc:"Empty: it is judged by nothing that is counted"`
	Unit      string        `json:"unit" doc:"Region code, or id of a thing, that was asked for"`
	At        string        `json:"at" doc:"Code of what was judged: it, or the region around it at the item's level; empty where those within it were"`
	Things    string        `json:"things,omitempty" doc:"Kind of the things that the item judges"`
	Value     *float64      `json:"value,omitempty"`
	Threshold *float64      `json:"threshold,omitempty"`
	Standing  Standing      `json:"standing" enum:"kept,failed,unknown" doc:"Of regions within it: failed where any fails, kept where all keep it"`
	Data      period.Period `json:"data"`
	Stale     bool          `json:"stale,omitempty"`
	Within    *Sum          `json:"within,omitempty" doc:"Regions, or things, within it that were judged"`
	Each      []UnitImpact  `json:"each,omitempty" doc:"Those things one by one"`

	// What shows it needs.
	UnitZh     string     `json:"unitZh"`
	UnitEn     string     `json:"unitEn"`
	Places     int        `json:"places"`
	Comparison Comparison `json:"comparison" enum:",at_least,at_most"`
}

// binding is a version with whom it binds on a day.
type binding struct {
	s     *Standard
	v     *Version
	tried bool
	in    []string // paths; empty: all of the standard's region but out
	out   []string
}

func (b *binding) binds(path string) bool {
	if !strings.HasPrefix(path, b.s.RegionPath) {
		return false
	}
	if b.tried {
		return within(path, b.in)
	}
	return !within(path, b.out)
}

// bindings are what binds on a day: what is in force, and pilots in its place.
func (j *judge) bindings(all []*Standard, day string) (list []binding) {
	for _, s := range all {
		var tried []string
		if v := s.piloted(day); v != nil {
			tried = j.paths(v.Content.Pilot)
			list = append(list, binding{s: s, v: v, tried: true, in: tried})
		}
		if v := s.inForce(day); v != nil {
			list = append(list, binding{s: s, v: v, out: tried})
		}
	}
	return list
}

// Compliance says how regions, or things, stand with every item that binds them, over a period; a
// zero period is the latest that is known. A region above an item's level is judged by all within it,
// one below by the region around it; where an item judges things, by those that stand in it. What is
// not known, or not counted, is unknown.
func (d *Desk) Compliance(ctx context.Context, units []string, p period.Period) ([]Compliance, error) {
	all, err := readAll(ctx, d.DB)
	if err != nil {
		return nil, err
	}
	j, err := d.judge(ctx, d.DB, p)
	if err != nil {
		return nil, err
	}
	day := d.today()
	if p.Kind != "" {
		day = min(day, p.End(d.Zone).Add(-time.Second).Format(time.DateOnly))
	}
	asked := make([]asked, len(units))
	for i, code := range units {
		if asked[i], err = j.asked(code); err != nil {
			return nil, err
		}
	}
	out := []Compliance{}
	for _, b := range j.bindings(all, day) {
		for i := range b.v.Content.Items {
			found, err := j.stand(&b, &b.v.Content.Items[i], asked)
			if err != nil {
				return nil, err
			}
			out = append(out, found...)
		}
	}
	return out, nil
}

// asked is a region, or a thing of a kind, that somebody asks about.
type asked struct {
	unit
	kind string // of a thing
}

func (j *judge) asked(code string) (asked, error) {
	if !strings.Contains(code, ":") {
		r, err := j.tree.Region(code)
		if err != nil {
			return asked{}, err
		}
		return asked{unit: unitOf(r)}, nil
	}
	t, err := j.d.Ledger.Thing(j.ctx, j.q, code)
	if err != nil {
		return asked{}, err
	}
	return asked{j.thing(&t), t.Kind}, nil
}

// judgedBy are whom a unit is judged by: itself, the region around it at the item's level, or those
// within it.
func (j *judge) judgedBy(b *binding, it *Item, a *asked) ([]unit, error) {
	if a.kind != "" {
		things, err := j.things(it.Things)
		if a.kind != it.Things || !b.binds(a.path) || !slices.ContainsFunc(things, func(t fact.Thing) bool { return t.ID == a.code }) {
			return nil, err
		}
		return []unit{a.unit}, err
	}
	units, err := j.within(a.path, it)
	units = slices.DeleteFunc(units, func(u unit) bool { return !b.binds(u.path) })
	if around := j.around(a.region, it.level()); around != nil && len(units) == 0 && b.binds(around.Path) {
		units = []unit{unitOf(around)}
	}
	return units, err
}

// stand says how regions and things stand with one item of what binds them.
func (j *judge) stand(b *binding, it *Item, about []asked) (list []Compliance, err error) {
	judged := make([][]unit, len(about))
	var every []unit
	seen := map[string]bool{}
	for i := range about {
		if judged[i], err = j.judgedBy(b, it, &about[i]); err != nil {
			return nil, err
		}
		for _, one := range judged[i] {
			if !seen[one.code] {
				seen[one.code] = true
				every = append(every, one)
			}
		}
	}
	found, err := j.item(it, every)
	if err != nil {
		return nil, err
	}
	byCode := make(map[string]*UnitImpact, len(found.Units))
	for u := range found.Units {
		byCode[found.Units[u].Code] = &found.Units[u]
	}
	for i, a := range about {
		if len(judged[i]) == 0 {
			continue
		}
		c := Compliance{Standard: b.s.ID, Code: b.s.Code, Number: b.v.Number, Tried: b.tried, Item: it.Key, HeadingZh: it.HeadingZh, HeadingEn: it.HeadingEn, Indicator: it.Indicator, Things: it.Things,
			Unit: a.code, Standing: Unknown, UnitZh: found.UnitZh, UnitEn: found.UnitEn, Places: found.Places, Comparison: it.Comparison}
		if one := judged[i][0]; len(judged[i]) == 1 && (one.code == a.code || it.Level != thingLevel && strings.HasPrefix(a.path, one.path)) {
			c.At = one.code
			if u := byCode[one.code]; u != nil {
				c.Value, c.Threshold, c.Standing, c.Data, c.Stale = u.Value, &u.Threshold, u.Standing, u.Data, u.Stale
			} else if it.Indicator != "" {
				continue // nothing is asked of its kind
			}
		} else {
			c.among(judged[i], byCode)
		}
		list = append(list, c)
	}
	return list, nil
}

// among judges a region by those within it.
func (c *Compliance) among(units []unit, byCode map[string]*UnitImpact) {
	c.Within = &Sum{}
	for _, one := range units {
		u := byCode[one.code]
		if u == nil {
			continue
		}
		c.Within.add(u)
		if c.Things != "" {
			c.Each = append(c.Each, *u)
		}
	}
	switch {
	case c.Within.Failed > 0:
		c.Standing = Failed
	case c.Within.Unknown == 0 && c.Within.Kept > 0:
		c.Standing = Kept
	}
}

// around is the region at a level that a region lies in, or is; nil if there is none.
func (j *judge) around(r *fact.Region, level string) *fact.Region {
	if r == nil {
		return nil
	}
	for _, code := range j.tree.Above(r.Code) {
		if up, err := j.tree.Region(code); err == nil && up.Level == level {
			return up
		}
	}
	return nil
}
