package survey

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// question reads a row that asks or tells something.
func (r *xlsReader) question(row int, words []string) {
	q := Question{
		ID: r.survey.get(row, "name"), Title: r.survey.text(row, "label"), Help: r.survey.text(row, "hint"),
		Message: r.survey.text(row, "constraint_message"), Required: r.required(row), Show: r.expression(row, "relevant", nil),
	}
	if !questionID.MatchString(q.ID) {
		r.fault("name", r.survey.at(row, "name"), "name", clip(q.ID))
	}
	looks := strings.Fields(r.survey.get(row, "appearance"))
	other := false
	switch kind := words[0]; {
	case kind == "note" && len(words) == 1:
		q.Kind, q.Required, q.Message = Note, false, nil
	case kind == "integer" || kind == "decimal":
		q.Kind, q.Integer = Number, kind != "decimal"
	case kind == "text" && len(words) == 1:
		q.Kind, q.Lines = Written, slices.Contains(looks, "multiline")
	case kind == "date" && len(words) == 1:
		q.Kind = Date
	case kind == "range":
		q.Kind, q.Scale = Rating, r.rangeOf(row)
	case (kind == "select_one" || kind == "select_multiple") && (len(words) == 2 || len(words) == 3 && words[2] == "or_other"):
		other = len(words) == 3
		r.selection(row, &q, kind, words[1], slices.Contains(looks, "likert"), other)
	default:
		r.fault("kind", r.survey.at(row, "type"), "type", clip(strings.Join(words, " ")))
		return
	}
	if q.Choices == nil && r.survey.get(row, "choice_filter") != "" {
		r.fault("refused", r.survey.at(row, "choice_filter"), "what", "choice_filter")
	}
	for _, p := range strings.Fields(r.survey.get(row, "parameters")) {
		switch {
		case strings.EqualFold(p, "randomize=true") && (q.Kind == Single || q.Kind == Several):
			q.Shuffle = true
		case q.Kind == Rating || strings.EqualFold(p, "randomize=false") || strings.HasPrefix(p, "rows="):
		default:
			r.fault("refused", r.survey.at(row, "parameters"), "what", clip(p))
		}
	}
	r.constrain(row, &q)
	r.add(row, q)
	if other {
		op := Eq
		if q.Kind == Several {
			op = Includes
		}
		r.add(row, Question{ID: q.ID + "_other", Kind: Written, Title: clone(otherTitle, r.form.Languages),
			Show: &Condition{Question: q.ID, Op: op, Value: "other"}})
	}
}

// What or_other adds, in the languages that have words for it; English in the others.
var (
	otherChoice = Text{"en": "Other", "zh": "其他"}
	otherTitle  = Text{"en": "Specify other.", "zh": "请说明其他。"}
)

func clone(t Text, languages []string) Text {
	out := Text{}
	for _, l := range languages {
		base, _, _ := strings.Cut(l, "-")
		out[l] = t.In(base, "en")
	}
	return out
}

func (r *xlsReader) selection(row int, q *Question, kind, list string, likert, other bool) {
	q.Choices, q.Nonresponse = slices.Clone(r.lists[list]), slices.Clone(r.declined[list])
	if len(q.Choices) == 0 {
		r.fault("list", r.survey.at(row, "type"), "list", clip(list))
	}
	r.filter(row, q, list)
	if other && find(q.Choices, "other") == nil {
		q.Choices = append(q.Choices, Choice{ID: "other", Title: clone(otherChoice, r.form.Languages), Fixed: true})
	}
	q.Kind = Several
	if kind == "select_one" {
		q.Kind = Single
		if scale := scaleOf(q.Choices); likert && scale != nil {
			q.Kind, q.Scale, q.Choices = Rating, scale, nil
			q.Scale.NPS = r.survey.get(row, "tongsheng") == "nps"
		}
	}
}

// scaleOf is the scale that choices are when their names are whole numbers in a row and
// only the ends have words, or nil.
func scaleOf(choices []Choice) *Scale {
	if len(choices) < 2 {
		return nil
	}
	low, err := strconv.Atoi(choices[0].ID)
	s := &Scale{Low: low, High: low + len(choices) - 1}
	for i, c := range choices {
		number := strconv.Itoa(low + i)
		if err != nil || c.ID != number || c.Exclusive || c.Fixed || c.Show != nil {
			return nil
		}
		words := Text{}
		for l, t := range c.Title {
			if t != number {
				words[l] = t
			}
		}
		switch {
		case len(words) == 0:
		case i == 0:
			s.LowTitle = words
		case i == len(choices)-1:
			s.HighTitle = words
		default:
			return nil
		}
	}
	return s
}

func (r *xlsReader) rangeOf(row int) *Scale {
	s, step := &Scale{Low: 0, High: 10}, 1
	for _, p := range strings.Fields(r.survey.get(row, "parameters")) {
		key, value, _ := strings.Cut(p, "=")
		n, err := strconv.Atoi(value)
		switch {
		case err != nil:
			r.fault("refused", r.survey.at(row, "parameters"), "what", clip(p))
		case key == "start":
			s.Low = n
		case key == "end":
			s.High = n
		case key == "step":
			step = n
		default:
			r.fault("refused", r.survey.at(row, "parameters"), "what", clip(p))
		}
	}
	if step != 1 {
		r.fault("refused", r.survey.at(row, "parameters"), "what", fmt.Sprintf("step=%d", step))
	}
	return s
}

// grid reads a group whose rows are select_ones of one list that is a scale.
func (r *xlsReader) grid(row int, show *Condition) (last int, ok bool) {
	q := Question{ID: r.survey.get(row, "name"), Kind: Grid, Title: r.survey.text(row, "label"), Help: r.survey.text(row, "hint"), Show: show}
	list := ""
	rows := map[string]string{} // XLSForm name → row
	for last = row + 1; last < len(r.survey.rows); last++ {
		if r.survey.empty(last) {
			continue
		}
		words := r.words(last)
		if len(words) == 1 && words[0] == "end_group" {
			break
		}
		if len(words) != 2 || words[0] != "select_one" || (list != "" && words[1] != list) || r.survey.get(last, "relevant") != "" || r.survey.get(last, "constraint") != "" || r.survey.get(last, "choice_filter") != "" {
			return 0, false
		}
		list = words[1]
		required := r.required(last)
		if len(rows) > 0 && required != q.Required {
			return 0, false
		}
		q.Required = required
		name := r.survey.get(last, "name")
		id := strings.TrimPrefix(name, q.ID+"_")
		rows[name] = id
		q.Rows = append(q.Rows, Choice{ID: id, Title: r.survey.text(last, "label")})
	}
	if q.Scale, q.Nonresponse = scaleOf(r.lists[list]), slices.Clone(r.declined[list]); q.Scale == nil || q.Title == nil || last == len(r.survey.rows) {
		return 0, false
	}
	r.groups = append(r.groups, xlsGroup{row, nil}) // so that add stays on this page
	r.add(row, q)
	r.groups = r.groups[:len(r.groups)-1]
	kept := q
	for name, id := range rows {
		if _, twice := r.names[name]; twice {
			r.fault("twice", r.survey.at(row, "name"), "name", clip(name))
		}
		r.names[name] = reference{&kept, id}
	}
	return last, true
}

// constrain takes from a constraint what a question has fields for; the rest of it
// becomes a condition.
func (r *xlsReader) constrain(row int, q *Question) {
	text := r.survey.get(row, "constraint")
	if text == "" {
		return
	}
	e, problem := parseExpr(text)
	if problem != "" {
		r.problem(row, "constraint", problem)
		return
	}
	parts := []*expr{e}
	if e.kind == "and" {
		parts = e.args
	}
	var rest []Condition
	for _, part := range parts {
		if q.absorb(part) {
			continue
		}
		c, problem := (&scope{names: r.names, own: q}).condition(part)
		if problem != "" {
			r.problem(row, "constraint", problem)
			return
		}
		rest = append(rest, c)
	}
	switch len(rest) {
	case 0:
	case 1:
		q.Constraint = &rest[0]
	default:
		q.Constraint = &Condition{All: rest}
	}
}

// absorb sets the field that one part of a constraint stands for, if there is one.
func (q *Question) absorb(e *expr) bool {
	for i, c := range q.Choices {
		if q.Kind == Several && e.String() == aloneX(c.ID) {
			q.Choices[i].Exclusive = true
			return true
		}
	}
	for _, n := range q.Nonresponse {
		if q.Kind == Several && e.String() == aloneX(n.ID) {
			return true
		}
	}
	if q.Kind == Several && e.kind == "or" && e.String() == q.leastX(e.args[0]) {
		e = e.args[0]
	}
	if len(e.args) != 2 || e.kind != "<=" && e.kind != ">=" {
		return false
	}
	left, right := e.args[0], e.args[1]
	bound := &q.Min
	if e.kind == "<=" {
		bound = &q.Max
	}
	whole := right.kind == "num" && right.num == math.Trunc(right.num) && right.num >= 1
	// Bounds that contradict each other stay a condition that never holds.
	if right.kind == "num" && (e.kind == "<=" && q.Min != nil && right.num < *q.Min || e.kind == ">=" && q.Max != nil && right.num > *q.Max) {
		return false
	}
	switch {
	case q.Kind == Number && left.kind == "dot" && right.kind == "num" && *bound == nil:
		*bound = &right.num
	case q.Kind == Several && left.String() == "count-selected(.)" && whole && right.num <= float64(len(q.Choices)) && *bound == nil:
		*bound = &right.num
	case q.Kind == Written && left.String() == "string-length(.)" && e.kind == "<=" && whole && right.num <= MaxAnswer && q.Length == 0:
		q.Length = int(right.num)
	case q.Kind == Date && left.kind == "dot" && right.kind == "call" && right.text == "date" && len(right.args) == 1 && isDate(right.args[0].text):
		day := right.args[0].text
		if e.kind == "<=" && q.Latest == "" && day >= q.Earliest {
			q.Latest = day
		} else if e.kind == ">=" && q.Earliest == "" && (q.Latest == "" || day <= q.Latest) {
			q.Earliest = day
		} else {
			return false
		}
	default:
		return false
	}
	return true
}

// aloneX says that a choice is picked alone.
func aloneX(id string) string {
	return "not((selected(., " + quoteX(id) + ") and count-selected(.) > 1))"
}

// leastX says that least holds or a choice is picked that needs no company.
func (q *Question) leastX(least *expr) string {
	s := least.String()
	for _, c := range q.Choices {
		if c.Exclusive {
			s += " or selected(., " + quoteX(c.ID) + ")"
		}
	}
	for _, n := range q.Nonresponse {
		s += " or selected(., " + quoteX(n.ID) + ")"
	}
	return "(" + s + ")"
}
