package score

import (
	"context"

	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// AssessmentPaper is an assessment as a report: what everybody got and what follows, by which bands,
// and what was said against it.
func (d *Desk) AssessmentPaper(ctx context.Context, id, format string) (*httpapi.File, error) {
	a, err := d.Assessment(ctx, id)
	if err != nil {
		return nil, err
	}
	if a.Results == nil { // dropped before it was heard
		return nil, errAssessment(a.State)
	}
	objections, err := d.Objections(ctx, id)
	if err != nil {
		return nil, err
	}
	p := document.NewPaper(httpapi.LangOf(ctx), "measure.assessment.paper", d.Clock.Now(), d.Zone)
	r := a.Results
	p.Title = p.Pick(r.Method.NameZh, r.Method.NameEn) + " " + a.Period.Say(p.Lang)
	if a.Pilot {
		p.Text(p.Say("pilot", nil))
	}
	if r.Method.Sample {
		p.Text(p.Say("sample", nil))
	}
	if note := p.Pick(a.NoteZh, a.NoteEn); note != "" {
		p.Text(note)
	}
	facts := []document.KV{p.Fact("period", a.Period.Say(p.Lang)), p.Fact("state", p.Say("state."+string(a.State), nil)), p.Fact("judge", r.Method.Judge), p.Fact("index", p.Pick(r.Index.NameZh, r.Index.NameEn)), p.Fact("as_of", r.AsOf)}
	if !a.HeardFrom.IsZero() {
		facts = append(facts, p.Fact("heard_from", a.HeardFrom), p.Fact("heard_till", a.HeardTill))
	}
	if a.State == Published {
		if a.DrawnBy.ID != drawer.ID { // the sample city's own has no publisher
			facts = append(facts, p.Fact("published_by", a.ByName))
		}
		facts = append(facts, p.Fact("published_at", a.At))
	}
	p.Facts(facts...)
	judged(p, a)
	bands := document.Table{Title: p.Say("bands", nil), Columns: []document.Column{p.Column("band", document.Plain, 0), p.Column("from", document.Decimal, 1), p.Column("follows", document.Plain, 0)}}
	for _, b := range r.Method.Bands {
		bands.Rows = append(bands.Rows, []any{p.Pick(b.NameZh, b.NameEn), b.From, follows(p, &b, false)})
	}
	p.Table(bands)
	if len(objections) > 0 {
		p.Table(objected(p, objections, a, d))
	}
	if basis := p.Pick(r.Method.BasisZh, r.Method.BasisEn); basis != "" {
		p.Heading(p.Say("basis", nil)).Text(basis)
	}
	p.Signatures(p.Say("sign.judge", nil))
	return httpapi.Save(format, "assessment-"+a.Method+"-"+a.Period.String(), p.Title, p.As(format))
}

// judged is what everybody got, the best first; scores of the hearing stand beside those that changed.
func judged(p *document.Paper, a *Assessment) {
	changed := false
	for _, j := range a.Results.Judged {
		changed = changed || j.Heard != nil
	}
	t := document.Table{Title: p.Say("results", nil), Columns: []document.Column{p.Column("rank", document.Plain, 0), p.Column("unit", document.Plain, 0), p.Column("score", document.Decimal, 1), p.Column("band", document.Plain, 0), p.Column("follows", document.Plain, 0)}}
	if changed {
		t.Columns = append(t.Columns, p.Column("heard", document.Decimal, 1))
	}
	bars := document.BarChart{Title: p.Say("scores", nil), Decimals: 1}
	for i := range a.Results.Judged {
		j := &a.Results.Judged[i]
		name := p.Pick(j.NameZh, j.NameEn)
		row := []any{ordinal(j.Rank), name, document.Maybe(j.Score), nil, nil}
		if j.Band != nil {
			row[3], row[4] = p.Pick(j.Band.NameZh, j.Band.NameEn), follows(p, j.Band, a.Pilot)
		}
		if changed {
			row = append(row, document.Maybe(j.Heard))
		}
		t.Rows = append(t.Rows, row)
		bars.Bars = append(bars.Bars, document.Bar{Name: name, Value: j.Score})
	}
	p.Bars(bars).Table(t)
}

// follows is what a band leads to.
func follows(p *document.Paper, b *Band, pilot bool) string {
	if pilot {
		return p.Say("no_effect", nil)
	}
	if what := p.Pick(b.WhatZh, b.WhatEn); what != "" {
		return what
	}
	return p.Say("kind."+b.Kind, nil)
}

// objected is what was said against facts, and how it was answered.
func objected(p *document.Paper, objections []*Objection, a *Assessment, d *Desk) document.Table {
	t := document.Table{Title: p.Say("objections", nil), Columns: []document.Column{p.Column("unit", document.Plain, 0), p.Column("indicator", document.Plain, 0), p.Column("says", document.Plain, 0), p.Column("outcome", document.Plain, 0), p.Column("answer", document.Plain, 0)}}
	names := map[string]string{}
	for _, j := range a.Results.Judged {
		names[j.Code] = p.Pick(j.NameZh, j.NameEn)
	}
	for _, o := range objections {
		indicator := o.Indicator
		if def, err := d.Book.Definition(o.Indicator); err == nil {
			indicator = p.Pick(def.NameZh, def.NameEn)
		}
		t.Rows = append(t.Rows, []any{names[o.Unit], indicator, o.Says, p.Say("objection."+string(o.State), nil), o.Answer})
	}
	return t
}
