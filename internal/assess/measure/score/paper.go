package score

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// paper is a report being written.
type paper struct {
	*document.Paper
	split bool // values and their units stand in columns of their own, to be worked with
}

// Paper is an index of a period as a report: of every unit that the reader may see, or of one.
func (d *Desk) Paper(ctx context.Context, code, unit string, at period.Period, asOf, format string) (*httpapi.File, error) {
	p := &paper{document.NewPaper(httpapi.LangOf(ctx), "measure.paper", d.Clock.Now(), d.Zone), format == "xlsx"}
	if unit == "" {
		s, err := d.Scores(ctx, code, at, asOf)
		if err != nil {
			return nil, err
		}
		p.Title = p.Pick(s.Index.NameZh, s.Index.NameEn) + " " + p.at(at, s.AsOf)
		p.all(s)
	} else {
		o, err := d.Open(ctx, code, unit, at, asOf)
		if err != nil {
			return nil, err
		}
		p.Title = p.Say("title_one", map[string]any{"unit": p.Pick(o.NameZh, o.NameEn), "index": p.Pick(o.Index.NameZh, o.Index.NameEn), "period": p.at(at, o.AsOf)})
		p.one(o)
	}
	return httpapi.Save(format, "score-"+at.String(), p.Title, p.As(format))
}

// at is a period with a word where it was not over at a time.
func (p *paper) at(at period.Period, asOf time.Time) string {
	if running(at, asOf, p.Zone) {
		return p.Say("running", map[string]any{"period": at.Say(p.Lang)})
	}
	return at.Say(p.Lang)
}

// running reports whether a period was not over at a time: what was known of it was not all of it.
func running(at period.Period, asOf time.Time, zone *time.Location) bool {
	return asOf.Before(at.End(zone))
}

// unfinished says of a period that was not over that it is not compared.
func (p *paper) unfinished(at period.Period, asOf time.Time) {
	if running(at, asOf, p.Zone) {
		p.Text(p.Say("unfinished", nil))
	}
}

// all is a report of every unit.
func (p *paper) all(s *Scores) {
	p.Text(p.Pick(s.Index.PlainZh, s.Index.PlainEn))
	scored := slices.DeleteFunc(slices.Clone(s.Units), func(u Scored) bool { return u.Score == nil })
	if len(scored) > 1 {
		best, worst := scored[0], scored[len(scored)-1]
		p.Text(p.Say("all_says", map[string]any{"count": s.Of, "best": p.Pick(best.NameZh, best.NameEn), "best_score": points(best.Score), "worst": p.Pick(worst.NameZh, worst.NameEn), "worst_score": points(worst.Score)}))
	}
	if w := s.Whole; w != nil {
		p.whole(w)
	}
	p.unfinished(s.Period, s.AsOf)
	p.sampled(s.Index.Sample)
	p.Facts(p.Fact("period", p.at(s.Period, s.AsOf)), p.Fact("as_of", s.AsOf))
	bars := document.BarChart{Title: p.Pick(s.Index.NameZh, s.Index.NameEn), Decimals: 1}
	t := document.Table{Title: p.Say("ranking", nil), Columns: []document.Column{p.Column("rank", document.Plain, 0), p.Column("unit", document.Plain, 0), p.Column("score", document.Decimal, 1), p.Column("grade", document.Plain, 0), p.Column("sure", document.Plain, 0)},
		Note: p.Say("sure_note", map[string]any{"trials": trials, "noise": int(noise * 100)})}
	compared := !running(s.Period, s.AsOf, p.Zone)
	if compared {
		t.Columns = append(t.Columns, p.Column("before", document.Plain, 0))
	}
	groups := []Group{}
	for _, g := range s.Index.Groups {
		if g.Parent == "" {
			groups = append(groups, g)
			t.Columns = append(t.Columns, document.Column{Title: p.Pick(g.NameZh, g.NameEn), Kind: document.Decimal, Decimals: 1})
		}
	}
	for _, u := range s.Units {
		row := []any{ordinal(u.Rank), p.Pick(u.NameZh, u.NameEn), document.Maybe(u.Score), p.grade(u.Grade), interval(u)}
		if compared {
			row = append(row, ordinal(u.Before))
		}
		for _, g := range groups {
			row = append(row, document.Maybe(u.Groups[g.Code]))
		}
		t.Rows = append(t.Rows, row)
		bars.Bars = append(bars.Bars, document.Bar{Name: p.Pick(u.NameZh, u.NameEn), Value: u.Score})
	}
	p.Bars(bars).Table(t)
}

// whole says how the region that all are parts of stands, and how that came about.
func (p *paper) whole(w *Whole) {
	p.Text(p.Say("whole_says", map[string]any{"whole": p.Pick(w.NameZh, w.NameEn), "score": points(w.Score), "grade": p.grade(w.Grade), "own": w.Own}))
	if w.Mean > 0 {
		p.Text(p.Say("whole_mean", map[string]any{"mean": w.Mean}))
	}
}

// one is a report of one unit: how it stands, what it loses most on, and all its parts.
func (p *paper) one(o *Opened) {
	unit := p.Pick(o.NameZh, o.NameEn)
	switch {
	case o.Score != nil && o.Whole:
		own, mean := o.ways()
		p.whole(&Whole{o.Scored, own, mean})
	case o.Score != nil:
		says := "one_says"
		if o.Rank > 0 && o.Low == o.High && o.High == float64(o.Rank) {
			says = "one_says_firmly"
		}
		p.Text(p.Say(says, map[string]any{"unit": unit, "score": points(o.Score), "rank": o.Rank, "count": o.Of, "sure": interval(o.Scored), "grade": p.grade(o.Grade)}))
	default:
		p.Text(p.Say("one_none", map[string]any{"unit": unit}))
	}
	p.unfinished(o.Period, o.AsOf)
	p.sampled(o.Index.Sample)
	p.Facts(p.Fact("period", p.at(o.Period, o.AsOf)), p.Fact("as_of", o.AsOf))
	losses := slices.DeleteFunc(slices.Clone(o.Parts), func(x OpenedPart) bool { return x.Group || x.Lost == nil || *x.Lost < 0.05 })
	slices.SortStableFunc(losses, func(a, b OpenedPart) int {
		if *a.Lost > *b.Lost {
			return -1
		}
		return 1
	})
	if len(losses) > 0 {
		p.Heading(p.Say("loses", nil))
		t := document.Table{Columns: slices.Concat([]document.Column{p.Column("indicator", document.Plain, 0)}, p.valueColumns(), []document.Column{p.Column("lost", document.Decimal, 1), p.Column("best", document.Plain, 0)}), Note: p.Say("lost_note", nil)}
		for _, x := range losses[:min(len(losses), 6)] {
			t.Rows = append(t.Rows, slices.Concat([]any{p.Pick(x.NameZh, x.NameEn)}, p.value(x), []any{*x.Lost, p.Pick(x.Best, x.BestEn)}))
		}
		p.Table(t)
	}
	line := document.LineChart{Title: p.Say("past", nil), XTitle: p.Say("period", nil), Decimals: 1, Series: []document.Series{{Name: unit}}}
	for _, at := range o.Past {
		if at.Score == nil && len(line.Names) == 0 {
			continue // before the first that is known
		}
		if at.Score != nil {
			line.Series[0].Points = append(line.Series[0].Points, document.Point{X: float64(len(line.Names)), Y: *at.Score})
		}
		line.Names = append(line.Names, at.Period.Say(p.Lang))
	}
	if len(line.Series[0].Points) > 1 {
		p.Chart(line)
	}
	aimed := slices.ContainsFunc(o.Parts, func(x OpenedPart) bool { return x.Target != nil })
	t := document.Table{Title: p.Say("parts", nil), Note: p.Say("lost_note", nil),
		Columns: slices.Concat([]document.Column{p.Column("part", document.Plain, 0)}, p.valueColumns(), p.targetColumns(aimed), []document.Column{p.Column("score", document.Decimal, 1), p.Column("weight", document.Share, 0), p.Column("points", document.Decimal, 1), p.Column("lost", document.Decimal, 1)})}
	for _, x := range o.Parts {
		var weight any
		if x.Weight > 0 { // of what is not known nothing is weighed
			weight = x.Weight
		}
		t.Rows = append(t.Rows, slices.Concat([]any{strings.Repeat("　", x.Depth-1) + p.Pick(x.NameZh, x.NameEn)}, p.value(x), p.target(x, aimed), []any{document.Maybe(x.Score), weight, document.Maybe(x.Points), document.Maybe(x.Lost)}))
	}
	t.Total = make([]any, len(t.Columns)) // of the points, which add up
	for i := range t.Total {
		t.Total[i] = ""
	}
	t.Total[0], t.Total[len(t.Total)-2] = p.Say("total", nil), document.Maybe(o.Score)
	p.Table(t)
}

func (p *paper) sampled(sample bool) {
	if sample {
		p.Text(p.Say("sample", nil))
	}
}

// valueColumns are those of an indicator's own value.
func (p *paper) valueColumns() []document.Column {
	columns := []document.Column{p.Column("value", document.Plain, 0)}
	if p.split {
		columns = append(columns, p.Column("value_unit", document.Plain, 0))
	}
	return columns
}

// value is an indicator's own value in those columns.
func (p *paper) value(x OpenedPart) []any {
	switch {
	case !p.split:
		return []any{p.raw(x)}
	case x.Group:
		return []any{nil, ""}
	case x.Raw == nil:
		return []any{p.Say("no_data", nil), ""}
	}
	step := math.Pow10(x.Places)
	return []any{math.Round(*x.Raw*step) / step, p.Pick(x.UnitZh, x.UnitEn)}
}

// targetColumns are those of an indicator's target, where any has one.
func (p *paper) targetColumns(aimed bool) []document.Column {
	if !aimed {
		return nil
	}
	if p.split {
		return []document.Column{p.Column("target", document.Plain, 0), p.Column("due", document.Plain, 0), p.Column("reached", document.Plain, 0)}
	}
	return []document.Column{p.Column("target", document.Plain, 0), p.Column("reached", document.Plain, 0)}
}

// target is an indicator's target in those columns, and whether it is reached.
func (p *paper) target(x OpenedPart, aimed bool) []any {
	if !aimed {
		return nil
	}
	cells := make([]any, len(p.targetColumns(true)))
	if x.Group {
		for i := range cells {
			cells[i] = ""
		}
	}
	if x.Target == nil {
		return cells
	}
	if x.Reached != nil {
		cells[len(cells)-1] = p.Say(fmt.Sprintf("reached_%t", *x.Reached), nil)
	}
	by := x.Target.By.Say(p.Lang)
	if p.split {
		cells[0], cells[1] = x.Target.Value, by
	} else {
		cells[0] = p.Say("target_by", map[string]any{"value": p.withUnit(x, x.Target.Value), "by": by})
	}
	return cells
}

// raw is an indicator's own value with its unit; a group has none.
func (p *paper) raw(x OpenedPart) string {
	switch {
	case x.Group:
		return ""
	case x.Raw == nil:
		return p.Say("no_data", nil)
	}
	return p.withUnit(x, *x.Raw)
}

func (p *paper) withUnit(x OpenedPart, value float64) string {
	unit := p.Pick(x.UnitZh, x.UnitEn)
	if unit != "" && unit != "%" {
		unit = " " + unit
	}
	return fmt.Sprintf("%.*f%s", x.Places, value, unit)
}

func (p *paper) grade(g *Grade) string {
	if g == nil {
		return ""
	}
	return p.Pick(g.NameZh, g.NameEn)
}

func points(v *float64) string {
	if v == nil {
		return "—"
	}
	return fmt.Sprintf("%.1f", *v)
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
