package survey

import (
	"cmp"
	"context"
	"io"
	"math"
	"slices"
	"strconv"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// report writes results as a paper.
func (d *Desk) report(ctx context.Context, id, format string) (*httpapi.File, error) {
	r, err := d.Results(ctx, id)
	if err != nil {
		return nil, err
	}
	s, err := d.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	p := paper{lang: httpapi.LangOf(ctx), r: r}
	report := d.paper(p, s)
	write := report.As(format)
	if format == "csv" {
		write = p.csv
	}
	return httpapi.Save(format, "survey-"+id, report.Title, write)
}

type paper struct {
	lang i18n.Lang
	r    *Results
}

func (p paper) t(key string) string { return i18n.T(p.lang, "measure.survey.paper."+key, nil) }

func (p paper) say(t engine.Text) string { return t.In(string(p.lang), p.r.Form.Languages...) }

// group is what a group of people is called.
func (p paper) group(variable, value string) string {
	switch {
	case value == "":
		return p.t("unknown")
	case variable == ByDistrict:
		if p.lang == i18n.English && p.r.Names[value].En != "" {
			return p.r.Names[value].En
		}
		return p.r.Names[value].Zh
	case variable == ByArea:
		return p.t(value)
	}
	if q, _ := p.r.Form.Question(variable); q != nil {
		return p.choice(q, value)
	}
	return value
}

// order is where a group stands among those of its variable: as the questionnaire asks, town before
// country; others stay as they are, after it.
func (p paper) order(variable, value string) int {
	values := []string{Urban, Rural}
	if q, _ := p.r.Form.Question(variable); q != nil && variable != ByArea {
		values = values[:0]
		for _, c := range append(append([]engine.Choice{}, q.Choices...), q.Nonresponse...) {
			values = append(values, c.ID)
		}
	}
	if i := slices.Index(values, value); i >= 0 {
		return i
	}
	return len(values)
}

func (p paper) choice(q *engine.Question, id string) string {
	for _, t := range p.r.Topics[q.ID] {
		if t.ID == id {
			return t.Name
		}
	}
	for _, c := range append(append([]engine.Choice{}, q.Choices...), q.Nonresponse...) {
		if c.ID == id {
			return p.say(c.Title)
		}
	}
	if id == other {
		return p.t("other")
	}
	return id
}

func (p paper) title(t *engine.Table) string {
	q, _ := p.r.Form.Question(t.Question)
	if q == nil {
		return t.String()
	}
	for _, r := range q.Rows {
		if r.ID == t.Row {
			return p.say(q.Title) + " · " + p.say(r.Title)
		}
	}
	return p.say(q.Title)
}

// row is one number of a table; nil numbers are hidden.
type row struct {
	table, variable, group, what string
	n                            any
	value, low, high             any
	share                        bool
}

func (p paper) rows(t *engine.Table) (rows []row) {
	q, _ := p.r.Form.Question(t.Question)
	add := func(variable string, g *engine.Group) {
		name := p.t("all")
		if variable != "" {
			name = p.group(variable, g.Value)
		}
		if g.Hidden {
			rows = append(rows, row{table: p.title(t), variable: variable, group: name, what: p.t("hidden")})
			return
		}
		for _, c := range g.Cells {
			r := row{table: p.title(t), variable: variable, group: name, what: c.Choice, share: true}
			if q != nil {
				r.what = p.choice(q, c.Choice)
			}
			if !c.Hidden {
				r.n, r.value, r.low, r.high = c.N, c.Share, c.Interval.Low, c.Interval.High
			}
			rows = append(rows, r)
		}
		for what, m := range map[string]*engine.Mean{"mean": g.Mean, "nps": g.NPS} {
			if m != nil {
				rows = append(rows, row{table: p.title(t), variable: variable, group: name, what: p.t(what), n: g.N, value: m.Value, low: m.Interval.Low, high: m.Interval.High})
			}
		}
	}
	add("", &t.Whole)
	for i := range t.By {
		variable := t.By[i].Variable
		if variable == t.Question { // who said something said that, and nobody else did
			continue
		}
		groups := slices.Clone(t.By[i].Groups)
		slices.SortStableFunc(groups, func(a, b engine.Group) int {
			return cmp.Compare(p.order(variable, a.Value), p.order(variable, b.Value))
		})
		for j := range groups {
			add(variable, &groups[j])
		}
	}
	return rows
}

func (p paper) csv(w io.Writer) error {
	lines := [][]string{{p.t("question"), p.t("by"), p.t("group"), p.t("answer"), p.t("people"), p.t("value"), p.t("low"), p.t("high")}}
	cell := func(v any) string {
		switch v := v.(type) {
		case int:
			return strconv.Itoa(v)
		case float64:
			return strconv.FormatFloat(v, 'f', 4, 64)
		}
		return ""
	}
	for i := range p.r.Result.Tables {
		for _, r := range p.rows(&p.r.Result.Tables[i]) {
			lines = append(lines, []string{r.table, r.variable, r.group, r.what, cell(r.n), cell(r.value), cell(r.low), cell(r.high)})
		}
	}
	return document.WriteCSV(w, slices.Values(lines))
}

// decimals are as many as some number that is no share has, two at most: numbers are as rough as their
// samples.
func decimals(rows []row) (places int) {
	for _, r := range rows {
		for _, v := range []any{r.value, r.low, r.high} {
			for v, ok := v.(float64); ok && !r.share && places < 2 && math.Abs(v*math.Pow10(places)-math.Round(v*math.Pow10(places))) > 1e-6; {
				places++
			}
		}
	}
	return places
}

func (d *Desk) paper(p paper, s *Survey) *document.Report {
	name := s.NameZh
	if p.lang == i18n.English {
		name = s.NameEn
	}
	doc := document.NewReport(name, p.lang, false)
	doc.Made, doc.Zone = p.r.Made, d.Zone
	doc.Facts(document.KV{Name: p.t("n"), Value: p.r.Result.N}, document.KV{Name: p.t("drawn"), Value: p.r.Weighing.Drawn}, document.KV{Name: p.t("came"), Value: p.r.Weighing.Came},
		document.KV{Name: p.t("effective"), Value: int(math.Round(p.r.Weighing.Effective))}, document.KV{Name: p.t("least"), Value: p.r.Least})
	doc.Text(p.t("method"))
	if p.r.Weighing.Came > 0 {
		doc.Text(p.t("self"))
	}
	for i := range p.r.Result.Tables {
		t := &p.r.Result.Tables[i]
		shares := document.Table{Title: p.title(t), Note: p.t("note"), Columns: []document.Column{{Title: p.t("group")}, {Title: p.t("answer")}, {Title: p.t("people"), Kind: document.Count},
			{Title: p.t("value"), Kind: document.Share}, {Title: p.t("low"), Kind: document.Share}, {Title: p.t("high"), Kind: document.Share}}}
		means := shares
		means.Columns = []document.Column{{Title: p.t("group")}, {Title: p.t("answer")}, {Title: p.t("people"), Kind: document.Count},
			{Title: p.t("value"), Kind: document.Decimal}, {Title: p.t("low"), Kind: document.Decimal}, {Title: p.t("high"), Kind: document.Decimal}}
		rows := p.rows(t)
		places := decimals(rows)
		for i := 3; i < 6; i++ {
			means.Columns[i].Decimals = places
		}
		for _, r := range rows {
			cells := []any{r.group, r.what, r.n, r.value, r.low, r.high}
			if r.share || r.value == nil {
				shares.Rows = append(shares.Rows, cells)
			} else {
				means.Rows = append(means.Rows, cells)
			}
		}
		for _, table := range []document.Table{shares, means} {
			if len(table.Rows) > 0 {
				doc.Table(table)
			}
		}
	}
	return doc
}
