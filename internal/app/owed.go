package app

import (
	"cmp"
	"context"
	"slices"

	"github.com/tongsheng/tongsheng/internal/app/portal"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/assess/measure/standard"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/register/region"
)

// portalStandards tells the portal what people are owed.
type portalStandards struct {
	desk    *standard.Desk
	regions *region.Module
}

func (p portalStandards) Owed(ctx context.Context, code string) ([]portal.Promise, error) {
	o, err := p.desk.Owed(ctx, code)
	if err != nil {
		return nil, err
	}
	type key struct {
		standard string
		number   int
		item     string
	}
	judged := map[key]*standard.Compliance{}
	for i := range o.Judged {
		c := &o.Judged[i]
		judged[key{c.Standard, c.Number, c.Item}] = c
	}
	zones := p.zones(ctx)
	var out []portal.Promise
	for i := range o.InForce {
		of := &o.InForce[i]
		one := p.promise(of, zones)
		for n := range of.Content.Items {
			if c := judged[key{of.ID, of.Number, of.Content.Items[n].Key}]; c != nil {
				one.Items[n].Stands = p.stands(ctx, c)
			}
		}
		out = append(out, one)
	}
	for i := range o.Hearings {
		one := p.promise(&o.Hearings[i], zones)
		one.Draft = true
		out = append(out, one)
	}
	return out, nil
}

// zones are those that thresholds may name; without them a threshold is told by its code.
func (p portalStandards) zones(ctx context.Context) []standard.Zone {
	zones, err := p.desk.Zones.Zones(ctx)
	if err != nil {
		p.desk.Log.WarnContext(ctx, "the names of zones cannot be read", "error", err)
	}
	return zones
}

func (p portalStandards) promise(of *standard.OwedUnder, zones []standard.Zone) portal.Promise {
	c := &of.Content
	one := portal.Promise{ID: of.ID, Code: of.Code, Kind: string(of.Kind), Name: portal.Name{ZH: of.NameZh, EN: of.NameEn}, Basis: portal.Name{ZH: c.BasisZh, EN: c.BasisEn},
		Note: portal.Name{ZH: c.NoteZh, EN: c.NoteEn}, Number: of.Number, From: of.From, Until: of.Until, Before: of.Before, Next: of.Next, Tried: of.Tried, Sample: of.Sample, Closes: of.Closes, How: of.How}
	for i := range c.Items {
		one.Items = append(one.Items, p.item(&c.Items[i], zones))
	}
	return one
}

func (p portalStandards) item(it *standard.Item, zones []standard.Zone) portal.PromiseItem {
	return portal.PromiseItem{Heading: portal.Name{ZH: it.HeadingZh, EN: it.HeadingEn}, Text: portal.Name{ZH: it.TextZh, EN: it.TextEn}, By: portal.Name{ZH: it.OwedByZh, EN: it.OwedByEn},
		To: portal.Name{ZH: it.OwedToZh, EN: it.OwedToEn}, Legal: portal.Name{ZH: it.LegalZh, EN: it.LegalEn}, Groups: it.Groups, Rule: p.rule(it, zones)}
}

// rule is by what an item is judged; nil where nothing is counted.
func (p portalStandards) rule(it *standard.Item, zones []standard.Zone) *portal.Rule {
	def, err := p.desk.Book.Definition(it.Indicator)
	if it.Indicator == "" || err != nil {
		return nil
	}
	rule := &portal.Rule{Indicator: portal.Name{ZH: def.NameZh, EN: def.NameEn}, Unit: portal.Name{ZH: def.UnitZh, EN: def.UnitEn}, Each: cmp.Or(it.Things, it.Level, "district"), AtMost: it.Comparison == standard.AtMost}
	for _, th := range it.Thresholds {
		limit := portal.Limit{Value: th.Value}
		if th.For != "all" {
			limit.Whom = portal.Name{ZH: standard.Whom(zones, th.For, i18n.Chinese), EN: standard.Whom(zones, th.For, i18n.English)}
		}
		rule.Limits = append(rule.Limits, limit)
	}
	return rule
}

func (p portalStandards) stands(ctx context.Context, c *standard.Compliance) *portal.Stands {
	s := &portal.Stands{Standing: string(c.Standing), Value: c.Value, Threshold: c.Threshold, AtMost: c.Comparison == standard.AtMost, Unit: portal.Name{ZH: c.UnitZh, EN: c.UnitEn}, Places: c.Places}
	if c.Data != (period.Period{}) {
		s.Data = portal.Name{ZH: c.Data.Say(i18n.Chinese), EN: c.Data.Say(i18n.English)}
	}
	at := c.At
	if c.Within != nil {
		at, s.Within, s.Things, s.Kept, s.Failed, s.Unknown = c.Unit, true, c.Things, c.Within.Kept, c.Within.Failed, c.Within.Unknown
	}
	if r, err := p.regions.Get(ctx, at); err == nil {
		s.Place = portal.Name{ZH: r.Name, EN: r.NameEn}
	}
	return s
}

func (p portalStandards) Changes(ctx context.Context, id string, number int, lang i18n.Lang) (*portal.PromiseChanges, error) {
	c, err := p.desk.PublicChanges(ctx, id, number, lang)
	if err != nil {
		return nil, err
	}
	zones := p.zones(ctx)
	out := &portal.PromiseChanges{Name: portal.Name{ZH: c.Later.NameZh, EN: c.Later.NameEn}, Number: c.Later.Number, From: c.Later.From,
		BeforeNumber: c.Earlier.Number, BeforeFrom: c.Earlier.From, Same: c.Same}
	for i := range c.Items {
		one := &c.Items[i]
		switch one.What {
		case "added":
			out.Added = append(out.Added, p.item(one.Later, zones))
		case "removed":
			out.Gone = append(out.Gone, p.item(one.Earlier, zones))
		case "changed":
			out.Changed = append(out.Changed, p.changed(one, zones, lang))
		}
	}
	return out, nil
}

// changed is what reads otherwise of an item; by what it is judged is told whole.
func (p portalStandards) changed(one *standard.ItemChange, zones []standard.Zone, lang i18n.Lang) portal.ItemChanges {
	change := portal.ItemChanges{Heading: portal.Name{ZH: one.Later.HeadingZh, EN: one.Later.HeadingEn}.In(lang), Was: p.rule(one.Earlier, zones), Is: p.rule(one.Later, zones)}
	for _, t := range one.Texts {
		if slices.Contains([]string{"indicator", "level", "things", "comparison"}, t.Field) {
			continue
		}
		text := portal.TextChanges{Field: t.Field}
		for _, piece := range t.Pieces {
			text.Pieces = append(text.Pieces, portal.Piece(piece))
		}
		change.Texts = append(change.Texts, text)
	}
	return change
}
