package app

import (
	"context"
	"fmt"
	"strings"

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
	var out []portal.Promise
	for i := range o.InForce {
		of := &o.InForce[i]
		one := promiseOf(of)
		for n := range of.Content.Items {
			if c := judged[key{of.ID, of.Number, of.Content.Items[n].Key}]; c != nil {
				one.Items[n].Stands = p.stands(ctx, c)
			}
		}
		out = append(out, one)
	}
	for i := range o.Hearings {
		one := promiseOf(&o.Hearings[i])
		one.Draft = true
		out = append(out, one)
	}
	return out, nil
}

func promiseOf(of *standard.OwedUnder) portal.Promise {
	c := &of.Content
	one := portal.Promise{ID: of.ID, Code: of.Code, Kind: string(of.Kind), Name: portal.Name{ZH: of.NameZh, EN: of.NameEn}, Basis: portal.Name{ZH: c.BasisZh, EN: c.BasisEn},
		Note: portal.Name{ZH: c.NoteZh, EN: c.NoteEn}, Number: of.Number, From: of.From, Until: of.Until, Before: of.Before, Tried: of.Tried, Sample: of.Sample, Closes: of.Closes, How: of.How}
	for i := range c.Items {
		one.Items = append(one.Items, promiseItem(&c.Items[i]))
	}
	return one
}

func promiseItem(it *standard.Item) portal.PromiseItem {
	return portal.PromiseItem{Heading: portal.Name{ZH: it.HeadingZh, EN: it.HeadingEn}, Text: portal.Name{ZH: it.TextZh, EN: it.TextEn}, By: portal.Name{ZH: it.OwedByZh, EN: it.OwedByEn},
		To: portal.Name{ZH: it.OwedToZh, EN: it.OwedToEn}, Legal: portal.Name{ZH: it.LegalZh, EN: it.LegalEn}, Groups: it.Groups}
}

func (p portalStandards) stands(ctx context.Context, c *standard.Compliance) *portal.Stands {
	s := &portal.Stands{Standing: string(c.Standing), Value: c.Value, Threshold: c.Threshold, AtMost: c.Comparison == standard.AtMost, Unit: portal.Name{ZH: c.UnitZh, EN: c.UnitEn}, Places: c.Places}
	if c.Data != (period.Period{}) {
		s.Data = c.Data.String()
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

func (p portalStandards) Changes(ctx context.Context, id string, lang i18n.Lang) (*portal.PromiseChanges, error) {
	c, err := p.desk.PublicChanges(ctx, id, lang)
	if err != nil {
		return nil, err
	}
	out := &portal.PromiseChanges{Name: portal.Name{ZH: c.Later.NameZh, EN: c.Later.NameEn}, Draft: c.Later.State == standard.Comment, Number: c.Later.Number, From: c.Later.From,
		BeforeNumber: c.Earlier.Number, BeforeFrom: c.Earlier.From, Same: c.Same}
	for i := range c.Items {
		one := &c.Items[i]
		switch one.What {
		case "added":
			out.Added = append(out.Added, promiseItem(one.Later))
		case "removed":
			out.Gone = append(out.Gone, promiseItem(one.Earlier))
		case "changed":
			out.Changed = append(out.Changed, p.changed(ctx, one, lang))
		}
	}
	return out, nil
}

func (p portalStandards) changed(ctx context.Context, one *standard.ItemChange, lang i18n.Lang) portal.ItemChanges {
	change := portal.ItemChanges{Heading: portal.Name{ZH: one.Later.HeadingZh, EN: one.Later.HeadingEn}.In(lang)}
	for _, t := range one.Texts {
		text := portal.TextChanges{Field: t.Field}
		for _, piece := range t.Pieces {
			text.Pieces = append(text.Pieces, portal.Piece(piece))
		}
		change.Texts = append(change.Texts, text)
	}
	for _, th := range one.Thresholds {
		change.Thresholds = append(change.Thresholds, portal.ThresholdChanges{Whom: p.desk.Whom(ctx, th.For, lang), Earlier: plainNumber(th.Earlier), Later: plainNumber(th.Later)})
	}
	return change
}

func plainNumber(v *float64) string {
	if v == nil {
		return ""
	}
	return strings.TrimSpace(fmt.Sprintf("%g", *v))
}
