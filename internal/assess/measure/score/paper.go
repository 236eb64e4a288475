package score

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// File is a document to save.
type File struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Control     string `header:"Cache-Control"`
	Body        []byte
}

// paper is a report being written.
type paper struct {
	*document.Report
	lang i18n.Lang
}

func (p *paper) say(key string, args map[string]any) string {
	return i18n.T(p.lang, "measure.paper."+key, args)
}

func (p *paper) pick(zh, en string) string {
	if p.lang == i18n.English && en != "" {
		return en
	}
	return zh
}

func (p *paper) column(key string, kind document.Kind, decimals int) document.Column {
	return document.Column{Title: p.say(key, nil), Kind: kind, Decimals: decimals}
}

// Paper is an index of a period as a report: of every unit that the reader may see, or of one.
func (d *Desk) Paper(ctx context.Context, code, unit string, at period.Period, asOf, format string) (*File, error) {
	p := &paper{lang: httpapi.LangOf(ctx)}
	var name string
	if unit == "" {
		s, err := d.Scores(ctx, code, at, asOf)
		if err != nil {
			return nil, err
		}
		name = p.pick(s.Index.NameZh, s.Index.NameEn) + " " + at.String()
		p.begin(d, name)
		p.all(s)
	} else {
		o, err := d.Open(ctx, code, unit, at, asOf)
		if err != nil {
			return nil, err
		}
		name = p.say("title_one", map[string]any{"unit": p.pick(o.NameZh, o.NameEn), "index": p.pick(o.Index.NameZh, o.Index.NameEn), "period": at.String()})
		p.begin(d, name)
		p.one(o)
	}
	var out bytes.Buffer
	f := &File{ContentType: "application/pdf", Control: "no-store"}
	var err error
	if format == "xlsx" {
		f.ContentType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
		err = p.WriteXLSX(&out)
	} else {
		_, err = p.WritePDF(&out)
	}
	file := strings.Map(func(c rune) rune {
		if c < ' ' || strings.ContainsRune(`/\:*?"<>|`, c) { // what file systems refuse
			return ' '
		}
		return c
	}, name)
	f.Disposition = fmt.Sprintf(`attachment; filename="score-%s.%s"; filename*=UTF-8''%s`, at, format, url.PathEscape(file+"."+format))
	f.Body = out.Bytes()
	return f, err
}

func (p *paper) begin(d *Desk, title string) {
	p.Report = document.NewReport(title, p.lang, false)
	p.Made, p.Zone = d.Clock.Now(), d.Zone
}

// all is a report of every unit.
func (p *paper) all(s *Scores) {
	p.Text(p.pick(s.Index.PlainZh, s.Index.PlainEn))
	scored := slices.DeleteFunc(slices.Clone(s.Units), func(u Scored) bool { return u.Score == nil })
	if len(scored) > 1 {
		best, worst := scored[0], scored[len(scored)-1]
		p.Text(p.say("all_says", map[string]any{"count": s.Of, "best": p.pick(best.NameZh, best.NameEn), "best_score": points(best.Score), "worst": p.pick(worst.NameZh, worst.NameEn), "worst_score": points(worst.Score)}))
	}
	if w := s.Whole; w != nil {
		p.whole(w)
	}
	p.sampled(s.Index.Sample)
	p.Facts(document.KV{Name: p.say("period", nil), Value: s.Period.String()}, document.KV{Name: p.say("as_of", nil), Value: s.AsOf})
	bars := document.BarChart{Title: p.pick(s.Index.NameZh, s.Index.NameEn), Decimals: 1}
	t := document.Table{Title: p.say("ranking", nil), Columns: []document.Column{p.column("rank", document.Plain, 0), p.column("unit", document.Plain, 0), p.column("score", document.Decimal, 1), p.column("grade", document.Plain, 0), p.column("sure", document.Plain, 0), p.column("before", document.Plain, 0)},
		Note: p.say("sure_note", map[string]any{"trials": trials, "noise": int(noise * 100)})}
	groups := []Group{}
	for _, g := range s.Index.Groups {
		if g.Parent == "" {
			groups = append(groups, g)
			t.Columns = append(t.Columns, document.Column{Title: p.pick(g.NameZh, g.NameEn), Kind: document.Decimal, Decimals: 1})
		}
	}
	for _, u := range s.Units {
		row := []any{ordinal(u.Rank), p.pick(u.NameZh, u.NameEn), optional(u.Score), p.grade(u.Grade), interval(u), ordinal(u.Before)}
		for _, g := range groups {
			row = append(row, optional(u.Groups[g.Code]))
		}
		t.Rows = append(t.Rows, row)
		bars.Bars = append(bars.Bars, document.Bar{Name: p.pick(u.NameZh, u.NameEn), Value: u.Score})
	}
	p.Bars(bars).Table(t)
}

// whole says how the region that all are parts of stands, and how that came about.
func (p *paper) whole(w *Whole) {
	p.Text(p.say("whole_says", map[string]any{"whole": p.pick(w.NameZh, w.NameEn), "score": points(w.Score), "grade": p.grade(w.Grade), "own": w.Own}))
	if w.Mean > 0 {
		p.Text(p.say("whole_mean", map[string]any{"mean": w.Mean}))
	}
}

// one is a report of one unit: how it stands, what it loses most on, and all its parts.
func (p *paper) one(o *Opened) {
	unit := p.pick(o.NameZh, o.NameEn)
	switch {
	case o.Score != nil && o.Whole:
		own, mean := o.ways()
		p.whole(&Whole{o.Scored, own, mean})
	case o.Score != nil:
		p.Text(p.say("one_says", map[string]any{"unit": unit, "score": points(o.Score), "rank": o.Rank, "count": o.Of, "sure": interval(o.Scored), "grade": p.grade(o.Grade)}))
	default:
		p.Text(p.say("one_none", map[string]any{"unit": unit}))
	}
	p.sampled(o.Index.Sample)
	p.Facts(document.KV{Name: p.say("period", nil), Value: o.Period.String()}, document.KV{Name: p.say("as_of", nil), Value: o.AsOf})
	losses := slices.DeleteFunc(slices.Clone(o.Parts), func(x OpenedPart) bool { return x.Group || x.Lost == nil || *x.Lost < 0.05 })
	slices.SortStableFunc(losses, func(a, b OpenedPart) int {
		if *a.Lost > *b.Lost {
			return -1
		}
		return 1
	})
	if len(losses) > 0 {
		p.Heading(p.say("loses", nil))
		t := document.Table{Columns: []document.Column{p.column("indicator", document.Plain, 0), p.column("value", document.Plain, 0), p.column("lost", document.Decimal, 1), p.column("best", document.Plain, 0)}, Note: p.say("lost_note", nil)}
		for _, x := range losses[:min(len(losses), 6)] {
			t.Rows = append(t.Rows, []any{p.pick(x.NameZh, x.NameEn), p.raw(x), *x.Lost, p.pick(x.Best, x.BestEn)})
		}
		p.Table(t)
	}
	line := document.LineChart{Title: p.say("past", nil), XTitle: p.say("period", nil), Timed: true, Decimals: 1, Series: []document.Series{{Name: unit}}}
	for _, at := range o.Past {
		if at.Score != nil {
			line.Series[0].Points = append(line.Series[0].Points, document.Point{Time: at.Period.Start(p.Zone), Y: *at.Score})
		}
	}
	if len(line.Series[0].Points) > 1 {
		p.Chart(line)
	}
	t := document.Table{Title: p.say("parts", nil), Columns: []document.Column{p.column("part", document.Plain, 0), p.column("value", document.Plain, 0), p.column("score", document.Decimal, 1), p.column("weight", document.Share, 0), p.column("points", document.Decimal, 1)}}
	for _, x := range o.Parts {
		t.Rows = append(t.Rows, []any{strings.Repeat("　", x.Depth-1) + p.pick(x.NameZh, x.NameEn), p.raw(x), optional(x.Score), x.Weight, optional(x.Points)})
	}
	p.Table(t)
}

func (p *paper) sampled(sample bool) {
	if sample {
		p.Text(p.say("sample", nil))
	}
}

// raw is an indicator's own value with its unit.
func (p *paper) raw(x OpenedPart) string {
	if x.Raw == nil {
		return ""
	}
	return strings.TrimSpace(fmt.Sprintf("%.*f %s", x.Places, *x.Raw, p.pick(x.UnitZh, x.UnitEn)))
}

func (p *paper) grade(g *Grade) string {
	if g == nil {
		return ""
	}
	return p.pick(g.NameZh, g.NameEn)
}

func points(v *float64) string {
	if v == nil {
		return "—"
	}
	return fmt.Sprintf("%.1f", *v)
}

func optional(v *float64) any {
	if v == nil {
		return nil
	}
	return *v
}

func ordinal(rank int) any {
	if rank == 0 {
		return nil
	}
	return fmt.Sprint(rank)
}

// interval is the ranks that a unit could have.
func interval(u Scored) string {
	if u.Rank == 0 {
		return ""
	}
	if u.Low == u.High {
		return fmt.Sprintf("%.0f", u.Low)
	}
	return fmt.Sprintf("%.0f–%.0f", u.Low, u.High)
}
