package standard

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
)

// Compliance is how a region stands with one item that it owes.
type Compliance struct {
	Standard  string        `json:"standard" doc:"Id"`
	Code      string        `json:"code" doc:"Of the standard"`
	Number    int           `json:"number" doc:"Of the version that binds it"`
	Tried     bool          `json:"tried,omitempty" doc:"It binds as a pilot"`
	Item      string        `json:"item" doc:"Key"`
	HeadingZh string        `json:"headingZh"`
	HeadingEn string        `json:"headingEn"`
	Indicator string        `json:"indicator" doc:"Empty: it is judged by nothing that is counted"`
	Unit      string        `json:"unit" doc:"Region code that was asked for"`
	At        string        `json:"at" doc:"Code of the region that was judged: it, or the one around it at the item's level; empty where those within it were"`
	Value     *float64      `json:"value,omitempty"`
	Threshold *float64      `json:"threshold,omitempty"`
	Standing  Standing      `json:"standing" enum:"kept,failed,unknown" doc:"Of regions within it: failed where any fails, kept where all keep it"`
	Data      period.Period `json:"data"`
	Stale     bool          `json:"stale,omitempty"`
	Within    *Sum          `json:"within,omitempty" doc:"Regions within it that were judged"`

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

func (b *binding) binds(r *fact.Region) bool {
	if !strings.HasPrefix(r.Path, b.s.RegionPath) {
		return false
	}
	if b.tried {
		return within(r.Path, b.in)
	}
	return !within(r.Path, b.out)
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

// Compliance says how regions stand with every item that binds them, over a period; a zero period
// is the latest that is known. A region above an item's level is judged by all within it, one
// below by the region around it. What is not known, or not counted, is unknown.
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
	regions := make([]*fact.Region, len(units))
	for i, code := range units {
		if regions[i], err = j.tree.Region(code); err != nil {
			return nil, err
		}
	}
	out := []Compliance{}
	for _, b := range j.bindings(all, day) {
		for i := range b.v.Content.Items {
			found, err := j.stand(&b, &b.v.Content.Items[i], regions)
			if err != nil {
				return nil, err
			}
			out = append(out, found...)
		}
	}
	return out, nil
}

// stand says how regions stand with one item of what binds them.
func (j *judge) stand(b *binding, it *Item, regions []*fact.Region) (list []Compliance, err error) {
	judged := make([][]*fact.Region, len(regions)) // whom each is judged by
	var every []*fact.Region
	for i, r := range regions {
		judged[i] = slices.DeleteFunc(j.tree.Within(r.Path, it.level()), func(r *fact.Region) bool { return !b.binds(r) })
		if around := j.around(r, it.level()); around != nil && len(judged[i]) == 0 && b.binds(around) {
			judged[i] = []*fact.Region{around}
		}
		for _, one := range judged[i] {
			if !slices.Contains(every, one) {
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
	for i, r := range regions {
		if len(judged[i]) == 0 {
			continue
		}
		c := Compliance{Standard: b.s.ID, Code: b.s.Code, Number: b.v.Number, Tried: b.tried, Item: it.Key, HeadingZh: it.HeadingZh, HeadingEn: it.HeadingEn, Indicator: it.Indicator,
			Unit: r.Code, Standing: Unknown, UnitZh: found.UnitZh, UnitEn: found.UnitEn, Places: found.Places, Comparison: it.Comparison}
		if one := judged[i][0]; len(judged[i]) == 1 && strings.HasPrefix(r.Path, one.Path) {
			c.At = one.Code
			if u := byCode[one.Code]; u != nil {
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
func (c *Compliance) among(regions []*fact.Region, byCode map[string]*UnitImpact) {
	c.Within = &Sum{}
	for _, one := range regions {
		if u := byCode[one.Code]; u != nil {
			c.Within.add(u)
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
	for _, code := range j.tree.Above(r.Code) {
		if up, err := j.tree.Region(code); err == nil && up.Level == level {
			return up
		}
	}
	return nil
}
