package survey

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// xlsWriter gathers rows of named cells; columns come out in a fixed order.
type xlsWriter struct {
	form     *Form
	survey   []map[string]string
	choices  []map[string]string
	own      string // the question whose constraint is being written: a point stands for it
	warnings []error
}

// WriteXLSForm makes an XLSForm of a form, to be asked by ODK and what is like it.
// Warnings name what XLSForm has no place for; what ReadXLSForm makes of the sheets
// shows the same questions for the same answers and finds the same faults, but for
// these. The column "tongsheng" holds what only this platform knows: exclusive and fixed
// choices, nonresponses, net promoter scores.
func (f *Form) WriteXLSForm() (Sheets, []error) {
	w := &xlsWriter{form: f}
	for place, t := range map[string]Text{"intro": f.Intro, "thanks": f.Thanks} {
		if len(t) > 0 {
			w.lost(place)
		}
	}
	if len(f.Quotas) > 0 {
		w.lost("quotas")
	}
	for i, p := range f.Pages {
		group := map[string]string{"type": "begin_group", "name": fmt.Sprintf("page_%d", i+1), "appearance": "field-list", "relevant": w.expression(p.Show)}
		w.texts(group, "label", p.Title)
		w.survey = append(w.survey, group)
		for j := range p.Questions {
			w.question(&p.Questions[j], fmt.Sprintf("pages[%d].questions[%d]", i, j))
		}
		w.survey = append(w.survey, map[string]string{"type": "end_group"})
	}
	settings := map[string]string{"form_title": f.Title[f.Languages[0]], "form_id": f.ID, "version": f.Version, "default_language": header(f.Languages[0])}
	if len(f.Title) > 1 {
		w.lost("title")
	}
	slices.SortStableFunc(w.warnings, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return Sheets{
		Survey:   w.sheet(w.survey, "type", "name", "label", "hint", "required", "relevant", "constraint", "constraint_message", "choice_filter", "appearance", "parameters", "tongsheng"),
		Choices:  w.sheet(w.choices, "list_name", "name", "label", "filter", "tongsheng"),
		Settings: w.sheet([]map[string]string{settings}, "form_title", "form_id", "version", "default_language"),
	}, w.warnings
}

func (w *xlsWriter) lost(place string) {
	w.warnings = append(w.warnings, &Error{"survey.xlsform.lost", place, nil})
}

// Names of languages in themselves, as XLSForm puts them before the code.
var languageNames = map[string]string{"zh": "中文", "en": "English", "mn": "ᠮᠣᠩᠭᠣᠯ", "bo": "བོད་ཡིག", "ug": "ئۇيغۇرچە", "kk": "قازاقشا", "ko": "한국어", "fr": "français", "ru": "русский"}

// header is a language as XLSForm names it: "中文 (zh)".
func header(lang string) string {
	base, _, _ := strings.Cut(lang, "-")
	name := languageNames[base]
	if name == "" {
		name = lang
	}
	return name + " (" + lang + ")"
}

func (w *xlsWriter) texts(row map[string]string, column string, t Text) {
	for l, s := range t {
		row[column+"::"+header(l)] = s
	}
}

func (w *xlsWriter) sheet(rows []map[string]string, columns ...string) [][]string {
	var heads []string
	for _, c := range columns {
		if translated[c] {
			for _, l := range w.form.Languages {
				heads = append(heads, c+"::"+header(l))
			}
		} else {
			heads = append(heads, c)
		}
	}
	out := [][]string{heads}
	for _, row := range rows {
		var cells []string
		for _, h := range heads {
			cells = append(cells, row[h])
		}
		out = append(out, cells)
	}
	return out
}

func (w *xlsWriter) question(q *Question, place string) {
	row := map[string]string{"name": q.ID, "relevant": w.expression(q.Show)}
	w.texts(row, "label", q.Title)
	w.texts(row, "hint", q.Help)
	w.texts(row, "constraint_message", q.Message)
	if q.Required {
		row["required"] = "yes"
	}
	if len(q.Unit) > 0 {
		w.lost(place + ".unit")
	}
	if len(q.Nonresponse) > 0 && len(q.Choices) == 0 && q.Scale == nil {
		w.lost(place + ".nonresponse")
	}
	if q.Shuffle && len(q.Choices) > 0 {
		row["parameters"] = "randomize=true"
	}
	constraint := q.limits()
	switch q.Kind {
	case Note:
		row["type"] = "note"
	case Single, Several:
		row["choice_filter"] = w.filterOf(q, place)
		row["type"] = map[Kind]string{Single: "select_one ", Several: "select_multiple "}[q.Kind] + q.ID
		w.list(q.ID, q.Choices, q.Nonresponse)
	case Rating:
		row["type"], row["appearance"] = "select_one "+q.ID, "likert"
		if q.Scale.NPS {
			row["tongsheng"] = "nps"
		}
		w.list(q.ID, w.points(q.Scale), q.Nonresponse)
	case Number:
		row["type"] = "decimal"
		if q.Integer {
			row["type"] = "integer"
		}
	case Written:
		row["type"] = "text"
		if q.Lines {
			row["appearance"] = "multiline"
		}
	case Date:
		row["type"] = "date"
	case Grid:
		w.grid(q, row, place)
		return
	}
	if q.Constraint != nil {
		w.own = q.ID
		constraint = append(constraint, w.bracketed(q.Constraint))
		w.own = ""
	}
	row["constraint"] = strings.Join(constraint, " and ")
	w.survey = append(w.survey, row)
}

func (w *xlsWriter) grid(q *Question, row map[string]string, place string) {
	row["type"], row["appearance"] = "begin_group", "table-list"
	delete(row, "required")
	if q.Constraint != nil {
		w.lost(place + ".constraint")
	}
	if q.Shuffle {
		w.lost(place + ".shuffle")
	}
	w.survey = append(w.survey, row)
	for _, r := range q.Rows {
		one := map[string]string{"type": "select_one " + q.ID, "name": q.ID + "_" + r.ID}
		if q.Required {
			one["required"] = "yes"
		}
		w.texts(one, "label", r.Title)
		w.survey = append(w.survey, one)
	}
	w.survey = append(w.survey, map[string]string{"type": "end_group"})
	w.list(q.ID, w.points(q.Scale), q.Nonresponse)
}

func (w *xlsWriter) list(name string, choices, declined []Choice) {
	add := func(c Choice, mark string) {
		row := map[string]string{"list_name": name, "name": c.ID, "tongsheng": mark}
		if c.Show != nil && c.Show.Op == Eq {
			row["filter"], _ = c.Show.Value.(string)
		}
		w.texts(row, "label", c.Title)
		w.choices = append(w.choices, row)
	}
	for _, c := range choices {
		switch {
		case c.Exclusive:
			add(c, "exclusive")
		case c.Fixed:
			add(c, "fixed")
		default:
			add(c, "")
		}
	}
	for _, c := range declined {
		add(c, "nonresponse")
	}
}

// points are the choices that stand for a scale: numbers, with words at the ends.
func (w *xlsWriter) points(s *Scale) []Choice {
	var out []Choice
	for x := s.Low; x <= s.High; x++ {
		c := Choice{ID: strconv.Itoa(x), Title: Text{}}
		for _, l := range w.form.Languages {
			c.Title[l] = c.ID
			if words := map[int]Text{s.Low: s.LowTitle, s.High: s.HighTitle}[x][l]; words != "" {
				c.Title[l] = words
			}
		}
		out = append(out, c)
	}
	return out
}

// limits are the parts of a constraint that absorb reads back.
func (q *Question) limits() []string {
	var out []string
	number := func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
	switch q.Kind {
	case Number:
		if q.Min != nil {
			out = append(out, ". >= "+number(*q.Min))
		}
		if q.Max != nil {
			out = append(out, ". <= "+number(*q.Max))
		}
	case Written:
		if q.Length > 0 {
			out = append(out, fmt.Sprintf("string-length(.) <= %d", q.Length))
		}
	case Date:
		if q.Earliest != "" {
			out = append(out, ". >= date('"+q.Earliest+"')")
		}
		if q.Latest != "" {
			out = append(out, ". <= date('"+q.Latest+"')")
		}
	case Several:
		alone := slices.Clone(q.Nonresponse)
		for _, c := range q.Choices {
			if c.Exclusive {
				alone = append(alone, c)
			}
		}
		for _, c := range alone {
			out = append(out, "not(selected(., "+quoteX(c.ID)+") and count-selected(.) > 1)")
		}
		if q.Min != nil {
			least := fmt.Sprintf("count-selected(.) >= %s", number(*q.Min))
			if len(alone) > 0 {
				e, _ := parseExpr(least)
				least = q.leastX(e)
			}
			out = append(out, least)
		}
		if q.Max != nil {
			out = append(out, fmt.Sprintf("count-selected(.) <= %s", number(*q.Max)))
		}
	}
	return out
}

// expression writes a condition in XPath.
func (w *xlsWriter) expression(c *Condition) string {
	if c == nil {
		return ""
	}
	list := func(items []Condition, word string) string {
		var parts []string
		for i := range items {
			parts = append(parts, w.bracketed(&items[i]))
		}
		return strings.Join(parts, " "+word+" ")
	}
	switch {
	case c.All != nil:
		return list(c.All, "and")
	case c.Any != nil:
		return list(c.Any, "or")
	case c.Not != nil:
		return "not(" + w.expression(c.Not) + ")"
	}
	return w.comparison(c)
}

// bracketed brackets a list of more than one.
func (w *xlsWriter) bracketed(c *Condition) string {
	if len(c.All) > 1 || len(c.Any) > 1 {
		return "(" + w.expression(c) + ")"
	}
	return w.expression(c)
}

func (w *xlsWriter) name(question, row string) string {
	switch {
	case row != "":
		return "${" + question + "_" + row + "}"
	case question == w.own:
		return "."
	}
	return "${" + question + "}"
}

func (w *xlsWriter) comparison(c *Condition) string {
	q, _ := w.form.Question(c.Question)
	name := w.name(c.Question, c.Row)
	switch c.Op {
	case Answered:
		return w.answered(q, c.Row)
	case Includes:
		return "selected(" + name + ", " + quoteX(c.Value.(string)) + ")"
	case Ne: // so that an empty answer is not compared as a number or date
		equal := *c
		equal.Op = Eq
		return "not(" + w.comparison(&equal) + ")"
	}
	if x, ok := c.Value.(float64); ok {
		return name + " " + symbols[c.Op] + " " + strconv.FormatFloat(x, 'f', -1, 64)
	}
	value := quoteX(c.Value.(string))
	if q.Kind == Date && find(q.Nonresponse, c.Value.(string)) == nil {
		value = "date(" + value + ")"
	}
	return name + " " + symbols[c.Op] + " " + value
}

// answered leaves out nonresponses, which are choices to XLSForm. A grid is answered by
// any of its rows.
func (w *xlsWriter) answered(q *Question, row string) string {
	if q.Kind == Grid && row == "" {
		var parts []string
		for _, r := range q.Rows {
			parts = append(parts, w.answered(q, r.ID))
		}
		return "(" + strings.Join(parts, " or ") + ")"
	}
	name := w.name(q.ID, row)
	out := name + " != ''"
	if q.Scale == nil && len(q.Choices) == 0 {
		return out
	}
	for _, n := range q.Nonresponse {
		if q.Kind == Several {
			out += " and not(selected(" + name + ", " + quoteX(n.ID) + "))"
		} else {
			out += " and " + name + " != " + quoteX(n.ID)
		}
	}
	if len(q.Nonresponse) > 0 {
		out = "(" + out + ")"
	}
	return out
}
