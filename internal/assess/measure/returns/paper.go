package returns

import (
	"context"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// Paper is a return as a report to sign and file: what was stated, what speaks against it, and who
// did what.
func (d *Desk) Paper(ctx context.Context, id, format string) (*httpapi.File, error) {
	v, err := d.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	p := document.NewPaper(httpapi.LangOf(ctx), "measure.return.paper", d.Clock.Now(), d.Zone)
	region := p.Pick(v.NameZh, v.NameEn)
	p.Title = p.Say("title", map[string]any{"form": p.Pick(v.FormOf.NameZh, v.FormOf.NameEn), "region": region, "period": v.Period.Say(p.Lang)})
	if v.FormOf.Sample {
		p.Text(p.Say("sample", nil))
	}
	facts := []document.KV{p.Fact("region", region), p.Fact("code", v.Unit), p.Fact("period", v.Period.Say(p.Lang)), p.Fact("state", p.Say("state."+string(v.State), nil)), p.Fact("due", v.Due.In(d.Zone).AddDate(0, 0, -1).Format(time.DateOnly))}
	if v.Round > 1 {
		facts = append(facts, p.Fact("round", v.Round-1), p.Fact("reason", v.Reason))
	}
	if !v.AcceptedAt.IsZero() {
		facts = append(facts, p.Fact("accepted_at", v.AcceptedAt))
	}
	p.Facts(facts...)
	t := document.Table{Title: p.Say("values", nil), Note: p.Say("none", nil), Columns: []document.Column{p.Column("element", document.Plain, 0), p.Column("value", document.Plain, 0), p.Column("unit", document.Plain, 0), p.Column("before", document.Plain, 0), p.Column("note", document.Plain, 0)}}
	names := map[string]string{}
	for _, item := range v.FormOf.Items {
		e, err := d.Ledger.Element(item.Element)
		if err != nil { // retired since its form was
			e = &fact.Element{NameZh: item.Element, NameEn: item.Element}
		}
		names[item.Element] = p.Pick(e.NameZh, e.NameEn)
		a := v.Answers[item.Element]
		t.Rows = append(t.Rows, []any{names[item.Element], document.Maybe(a.Value), p.Pick(e.UnitZh, e.UnitEn), document.Maybe(v.Before[item.Element]), a.Note})
	}
	p.Table(t)
	if len(v.Findings) > 0 {
		found := document.Table{Title: p.Say("findings", nil), Columns: []document.Column{p.Column("element", document.Plain, 0), p.Column("finding", document.Plain, 0), p.Column("weight", document.Plain, 0)}}
		for _, f := range v.Findings {
			weight := "explain"
			if f.Stops {
				weight = "stops"
			}
			found.Rows = append(found.Rows, []any{names[f.Element], p.Pick(f.MessageZh, f.MessageEn), p.Say("weight."+weight, nil)})
		}
		p.Table(found)
	}
	if len(v.History) > 0 {
		course := document.Table{Title: p.Say("history", nil), Columns: []document.Column{p.Column("at", document.Instant, 0), p.Column("what", document.Plain, 0), p.Column("by", document.Plain, 0), p.Column("said", document.Plain, 0)}}
		for _, h := range v.History {
			course.Rows = append(course.Rows, []any{h.At, p.Say("what."+h.What, nil), h.ByName, h.Note})
		}
		p.Table(course)
	}
	p.Signatures(p.Say("sign.writer", nil), p.Say("sign.reviewer", nil), p.Say("sign.head", nil))
	return httpapi.Save(format, v.Form+"-"+v.Unit+"-"+v.Period.String(), p.Title, p.As(format))
}
