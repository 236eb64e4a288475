package drill

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// paper is the document of a drill.
type paper struct {
	*document.Report
	words
	drill *Drill
	view  *View
	now   *Result
	cmp   *Comparison
}

func (p *paper) put(key string) string { return i18n.T(p.words.lang, "alert.drill.paper."+key, nil) }

// document writes a drill that ran beside earlier ones.
func (s *Desk) document(ctx context.Context, id string, with []string, format string) (*httpapi.File, error) {
	lang := httpapi.LangOf(ctx)
	d, now, c, err := s.Compare(ctx, id, with, lang)
	if err != nil {
		return nil, err
	}
	v, err := s.view(ctx, d)
	if err != nil {
		return nil, err
	}
	p := &paper{words: words{lang, s.Zone}, drill: d, view: v, now: now, cmp: c}
	p.Report = document.NewReport(i18n.T(lang, "alert.drill.paper.title", map[string]any{"name": d.Plan.Name}), lang, true)
	p.Made, p.Zone = s.Clock.Now(), s.Zone
	write := p.csv
	if format != "csv" {
		p.write()
		write = p.As(format)
	}
	stamp := d.StartedAt.In(s.Zone).Format("20060102-1504")
	return httpapi.Save(format, "drill-"+stamp, p.Title+" "+stamp, write)
}

// write puts the whole drill on paper: the result first, lists last.
func (p *paper) write() {
	d, c := p.drill, &p.now.Course
	at := func(t *time.Time) any {
		if t == nil {
			return nil
		}
		return *t
	}
	where := p.view.WhereZh
	if p.words.lang == i18n.English {
		where = p.view.WhereEn
	}
	p.Facts(document.KV{Name: p.put("kind"), Value: i18n.T(p.words.lang, "alert.kind."+string(d.Plan.Kind), nil)}, document.KV{Name: p.put("state"), Value: i18n.T(p.words.lang, "alert.drill.state_name."+string(d.State), nil)},
		document.KV{Name: p.put("planned_at"), Value: d.Plan.At}, document.KV{Name: p.put("started"), Value: c.StartedAt}, document.KV{Name: p.put("taken"), Value: at(c.TakenAt)},
		document.KV{Name: p.put("checked"), Value: at(c.CheckedAt)}, document.KV{Name: p.put("signed"), Value: at(c.SignedAt)}, document.KV{Name: p.put("sent"), Value: at(c.SentAt)},
		document.KV{Name: p.put("minutes"), Value: i18n.T(p.words.lang, "alert.drill.paper.minutes_of", map[string]any{"count": d.Plan.Minutes})}, document.KV{Name: p.put("ended"), Value: at(c.EndedAt)}, document.KV{Name: p.put("targets"), Value: p.now.Total.Targets})
	p.Text(p.put("where") + where)
	if d.Plan.Purpose != "" {
		p.Text(p.put("purpose") + d.Plan.Purpose)
	}
	if !p.now.Final {
		p.Text(p.put("provisional"))
	}
	if d.OffReason != "" {
		p.Text(p.put("stopped") + d.OffReason)
	}
	p.verdicts()
	if len(p.cmp.Words) > 0 {
		p.Heading(p.put("difference")).Text(strings.Join(p.cmp.Words, "\n"))
	}
	p.beside()
	p.charts()
	p.parts(p.put("districts"), func(r *Result) []Part { return r.Districts })
	p.parts(p.put("media"), func(r *Result) []Part { return r.Media })
	p.reasons()
	p.repeated()
	p.people()
	if e := d.Evaluation; e != nil {
		p.Heading(p.put("evaluation")).Text(e.Text)
		t := document.Table{Title: p.put("lessons"), Columns: []document.Column{{Title: p.put("lesson")}, {Title: p.put("owner")}, {Title: p.put("due")}, {Title: p.put("done")}}}
		for _, l := range e.Lessons {
			t.Rows = append(t.Rows, []any{l.Text, l.Owner, l.Due, map[bool]string{true: "✓", false: ""}[l.Done]})
		}
		if len(t.Rows) > 0 {
			p.Table(t)
		}
	}
	p.Signatures(p.put("leader"), p.put("evaluator"))
}

func (p *paper) verdicts() {
	t := document.Table{Title: p.put("expected"), Columns: []document.Column{{Title: p.put("target")}, {Title: p.put("wanted")}, {Title: p.put("got")}, {Title: p.put("verdict")}}}
	for _, v := range p.now.Verdicts {
		unit := "s"
		if v.Key == "reach" {
			unit = "%"
		}
		got, verdict := any(nil), p.put("unknown")
		if v.Got != nil {
			got = tenth(*v.Got) + " " + unit
		}
		if v.Met != nil {
			verdict = p.put(map[bool]string{true: "met", false: "missed"}[*v.Met])
		}
		t.Rows = append(t.Rows, []any{p.put("target." + v.Key), fmt.Sprint(v.Wanted) + " " + unit, got, verdict})
	}
	if len(t.Rows) > 0 {
		p.Table(t)
	}
}

// heading is what the column of a drill is called.
func (p *paper) heading(h *Held) string {
	return h.Name + " " + h.Result.Course.StartedAt.In(p.words.zone).Format("2006-01-02 15:04")
}

// figures are the rows of a part, each a name and its value of a part; nil where it is unknown.
var figures = []struct {
	key  string
	kind document.Kind
	of   func(*Part) any
}{
	{"targets", document.Count, func(p *Part) any { return p.Targets }},
	{"delivered", document.Count, func(p *Part) any { return p.Delivered }},
	{"claimed", document.Count, func(p *Part) any { return p.claims(p.Claimed) }},
	{"reach", document.Decimal, func(p *Part) any { return p.claims(known(p.share())) }},
	{"heard", document.Count, func(p *Part) any { return known(p.Heard) }},
	{"ears", document.Count, func(p *Part) any { return p.Ears }},
	{"failed", document.Count, func(p *Part) any { return p.Failed }},
	{"silent", document.Count, func(p *Part) any { return p.Silent }},
	{"late", document.Count, func(p *Part) any { return p.Late }},
	{"unheard", document.Count, func(p *Part) any { return p.Unheard }},
	{"half", document.Decimal, func(p *Part) any { return seconds(p.Half) }},
	{"most", document.Decimal, func(p *Part) any { return seconds(p.Most) }},
	{"nearly", document.Decimal, func(p *Part) any { return seconds(p.Nearly) }},
}

// claims is a figure of what claims to have sounded it; nil of a medium that never says so.
func (p *Part) claims(figure any) any {
	if p.Unclaimed {
		return nil
	}
	return figure
}

func known[T any](v *T) any {
	if v == nil {
		return nil
	}
	return *v
}

func seconds(ms *int64) any {
	if ms == nil {
		return nil
	}
	return float64(*ms) / 1000
}

// beside puts the totals of all drills side by side.
func (p *paper) beside() {
	t := document.Table{Title: p.put("beside"), Columns: []document.Column{{Title: p.put("figure")}}, Note: p.put("claimed_note")}
	for i := range p.cmp.Drills {
		t.Columns = append(t.Columns, document.Column{Title: p.heading(&p.cmp.Drills[i])})
	}
	for _, f := range figures {
		row := []any{p.put("figure." + f.key)}
		for i := range p.cmp.Drills {
			v := f.of(&p.cmp.Drills[i].Result.Total)
			if x, ok := v.(float64); ok {
				v = tenth(x)
			}
			row = append(row, v)
		}
		t.Rows = append(t.Rows, row)
	}
	p.Table(t)
}

// mostLines is how many lines a chart on paper holds.
const mostLines = 5

// charts draws how reach grew: of all drills, then of this one by district and by medium.
func (p *paper) charts() {
	line := func(name string, part *Part) (document.Series, bool) {
		s := document.Series{Name: name, Step: true}
		if part.Targets == 0 || len(part.Curve.Claimed) == 0 {
			return s, false
		}
		s.Points = append(s.Points, document.Point{})
		for i, n := range part.Curve.Claimed {
			s.Points = append(s.Points, document.Point{X: float64((int64(i)+1)*part.Curve.StepMillis) / 1000, Y: float64(n) / float64(part.Targets) * 100})
		}
		return s, true
	}
	chart := func(title string, lines []document.Series) {
		if len(lines) == 0 {
			return
		}
		c := document.LineChart{Title: p.put(title), XTitle: p.put("seconds"), YTitle: p.put("reached"), Unit: "%", Decimals: 1, Series: lines}
		if n := p.drill.Plan.Targets.Reach; n > 0 {
			c.Marks = []document.Mark{{Name: p.put("wanted"), Y: float64(n)}}
		}
		p.Chart(c)
	}
	var all []document.Series
	for i := range p.cmp.Drills {
		h := &p.cmp.Drills[i]
		if s, ok := line(p.heading(h), &h.Result.Total); ok && len(all) < mostLines {
			all = append(all, s)
		}
	}
	chart("curve", all)
	for _, by := range []struct {
		title string
		parts []Part
	}{{"curve_districts", p.now.Districts}, {"curve_media", p.now.Media}} {
		parts := slices.Clone(by.parts)
		slices.SortStableFunc(parts, func(a, b Part) int { return b.Targets - a.Targets }) // the largest
		var lines []document.Series
		for i := range parts {
			if s, ok := line(parts[i].name(p.words.lang), &parts[i]); ok && len(lines) < mostLines {
				lines = append(lines, s)
			}
		}
		chart(by.title, lines)
	}
}

// parts lists districts or media: this drill's figures, and the share of each drill before.
func (p *paper) parts(title string, of func(*Result) []Part) {
	t := document.Table{Title: title, Columns: []document.Column{{Title: p.put("part")}, {Title: p.put("figure.targets"), Kind: document.Count}, {Title: p.put("figure.claimed"), Kind: document.Count},
		{Title: p.put("figure.heard"), Kind: document.Count}, {Title: p.put("reached"), Unit: "%", Kind: document.Decimal, Decimals: 1}}}
	for i := range p.cmp.Drills[1:] {
		t.Columns = append(t.Columns, document.Column{Title: p.cmp.Drills[i+1].Result.Course.StartedAt.In(p.words.zone).Format(time.DateOnly), Unit: "%", Kind: document.Decimal, Decimals: 1})
	}
	t.Columns = append(t.Columns, document.Column{Title: p.put("half"), Unit: "s", Kind: document.Decimal, Decimals: 1}, document.Column{Title: p.put("most"), Unit: "s", Kind: document.Decimal, Decimals: 1})
	for _, part := range of(p.now) {
		row := []any{part.name(p.words.lang), part.Targets, part.claims(part.Claimed), known(part.Heard), part.claims(known(part.share()))}
		for i := range p.cmp.Drills[1:] {
			var was any
			for _, o := range of(p.cmp.Drills[i+1].Result) {
				if o.Key == part.Key {
					was = o.claims(known(o.share()))
				}
			}
			row = append(row, was)
		}
		t.Rows = append(t.Rows, append(row, seconds(part.Half), seconds(part.Most)))
	}
	p.Table(t)
}

func (p *paper) reasons() {
	t := document.Table{Title: p.put("reasons"), Columns: []document.Column{{Title: p.put("problem")}, {Title: p.put("reason")}}}
	type row struct{ problem, reason string }
	var rows []row
	count := map[row][]any{}
	for i := range p.cmp.Drills {
		h := &p.cmp.Drills[i]
		t.Columns = append(t.Columns, document.Column{Title: p.heading(h), Kind: document.Count})
		for _, w := range h.Result.Reasons {
			r := row{string(w.Problem), w.Reason}
			if count[r] == nil {
				rows, count[r] = append(rows, r), make([]any, len(p.cmp.Drills))
				for j := range count[r] {
					count[r][j] = 0
				}
			}
			count[r][i] = w.Count
		}
	}
	for _, r := range rows {
		reason := ""
		if r.reason != "" {
			reason = i18n.T(p.words.lang, "alert.reason."+r.reason, nil)
		}
		t.Rows = append(t.Rows, append([]any{i18n.T(p.words.lang, "alert.problem."+r.problem, nil), reason}, count[r]...))
	}
	p.Table(t)
}

func (p *paper) repeated() {
	if len(p.cmp.Drills) < 2 {
		return
	}
	t := document.Table{Title: p.put("repeated"), Columns: []document.Column{{Title: p.put("name")}, {Title: p.put("device")}, {Title: p.put("problem")}, {Title: p.put("times"), Kind: document.Count}}}
	const most = 500
	for _, r := range p.cmp.Repeated[:min(len(p.cmp.Repeated), most)] {
		t.Rows = append(t.Rows, []any{r.Name, r.Device, i18n.T(p.words.lang, "alert.problem."+string(r.Problem), nil), r.Times})
	}
	if n := len(p.cmp.Repeated) - most; n > 0 {
		t.Note = i18n.T(p.words.lang, "alert.drill.paper.more", map[string]any{"count": n})
	}
	p.Table(t)
}

// people lists who took part, what was done when by whom, and what observers noted.
func (p *paper) people() {
	if list := p.drill.Plan.Participants; len(list) > 0 {
		t := document.Table{Title: p.put("participants"), Columns: []document.Column{{Title: p.put("person")}, {Title: p.put("part_in_it")}}}
		for _, who := range list {
			t.Rows = append(t.Rows, []any{who.Name, who.Part})
		}
		p.Table(t)
	}
	if len(p.view.Steps) > 0 {
		t := document.Table{Title: p.put("steps"), Columns: []document.Column{{Title: p.put("step")}, {Title: p.put("person")}, {Title: p.put("at"), Kind: document.Instant}}}
		for _, st := range p.view.Steps {
			t.Rows = append(t.Rows, []any{st.Text, st.By, known(st.At)})
		}
		p.Table(t)
	}
	if len(p.view.Notes) > 0 {
		t := document.Table{Title: p.put("notes"), Columns: []document.Column{{Title: p.put("at"), Kind: document.Instant}, {Title: p.put("person")}, {Title: p.put("note")}}}
		for _, n := range p.view.Notes {
			t.Rows = append(t.Rows, []any{n.At, n.By.Name, n.Body})
		}
		p.Table(t)
	}
}

// csv writes one row for each part of each drill; a field that is unknown stays empty.
func (p *paper) csv(w io.Writer) error {
	head := []string{p.put("drill"), p.put("started"), p.put("by"), p.put("part")}
	for _, f := range figures {
		head = append(head, p.put("figure."+f.key))
	}
	lines := [][]string{head}
	for i := range p.cmp.Drills {
		h := &p.cmp.Drills[i]
		for _, group := range []struct {
			by    string
			parts []Part
		}{{"total", []Part{h.Result.Total}}, {"district", h.Result.Districts}, {"medium", h.Result.Media}} {
			for j := range group.parts {
				part := &group.parts[j]
				// Who opens it must see that it is a drill, in every row.
				row := []string{p.put("mark") + h.Name, h.Result.Course.StartedAt.In(p.words.zone).Format("2006-01-02 15:04:05"), p.put("by." + group.by), part.name(p.words.lang)}
				for _, f := range figures {
					row = append(row, plain(f.of(part)))
				}
				lines = append(lines, row)
			}
		}
	}
	return document.WriteCSV(w, slices.Values(lines))
}

func plain(v any) string {
	switch v := v.(type) {
	case int:
		return strconv.Itoa(v)
	case float64:
		return strconv.FormatFloat(v, 'f', 3, 64)
	}
	return ""
}
