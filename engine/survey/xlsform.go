package survey

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// XLSForm (https://xlsform.org) is how field surveys are written in a spreadsheet. What a
// Form cannot say is refused with its cell, never read as something else: repeats,
// calculations, positions, pictures and the like. What only changes the
// looks is left out with a warning.

// surveyColumns are read; those with a reason are refused when filled.
var surveyColumns = map[string]bool{
	"type": true, "name": true, "required": true, "relevant": true, "constraint": true, "appearance": true, "parameters": true, "tongsheng": true,
	"calculation": true, "choice_filter": true, "repeat_count": true, "default": true, "readonly": true, "trigger": true,
}

var refusedColumns = []string{"calculation", "repeat_count", "default", "readonly", "trigger"}

// metadata are types that record something about the device or the visit; nothing is asked.
var metadata = []string{"start", "end", "today", "deviceid", "subscriberid", "simserial", "phonenumber", "username", "email", "audit"}

type xlsReader struct {
	form     *Form
	survey   *sheet
	lists    map[string][]Choice
	declined map[string][]Choice // nonresponses of each list

	extra      map[string]int                          // other columns of the choices sheet
	filtered   map[string]bool                         // of these, those that a choice_filter asks for
	attributes map[string]map[string]map[string]string // list → choice → column → value

	names    map[string]reference
	groups   []xlsGroup
	rows     [][]int // sheet row of each question, by page
	warnings []error
	errs     []error
}

// xlsGroup is an open group within a page.
type xlsGroup struct {
	row  int
	show *Condition
}

func (r *xlsReader) note(list *[]error, code, place string, args []any) {
	e := &Error{Code: "survey.xlsform." + code, Place: place, Args: map[string]any{}}
	for i := 0; i+1 < len(args); i += 2 {
		e.Args[args[i].(string)] = args[i+1]
	}
	*list = append(*list, e)
}

func (r *xlsReader) fault(code, place string, args ...any) { r.note(&r.errs, code, place, args) }
func (r *xlsReader) warn(code, place string, args ...any)  { r.note(&r.warnings, code, place, args) }

func (r *xlsReader) language(code string) {
	if !slices.Contains(r.form.Languages, code) {
		r.form.Languages = append(r.form.Languages, code)
	}
}

// ReadXLSForm makes a form of an XLSForm. fallback is the language of columns that name
// none, where the settings have no default_language either. A form comes back only
// without errors; warnings say what was left out. Each is an *Error whose place is a
// sheet and cell, "survey!F12", or row.
func ReadXLSForm(sheets Sheets, fallback string) (form *Form, warnings, errs []error) {
	r := &xlsReader{form: &Form{}, names: map[string]reference{}}
	r.settings(sheets.Settings, mainLanguage(sheets.Survey, fallback))
	r.choices(sheets.Choices)
	r.survey = r.readSheet("survey", sheets.Survey, surveyColumns, r.form.Languages[0])
	if _, ok := r.survey.columns["type"]; !ok {
		r.fault("type", "survey!1")
		return nil, r.warnings, r.errs
	}
	for row := 1; row < len(r.survey.rows) && len(r.errs) < 200; row++ {
		if !r.survey.empty(row) {
			row = r.row(row)
		}
	}
	r.unfiltered(sheets.Choices)
	for _, g := range r.groups {
		r.fault("open", fmt.Sprintf("survey!%d", g.row+1))
	}
	r.form.Pages = slices.DeleteFunc(r.form.Pages, func(p Page) bool { return len(p.Questions) == 0 })
	r.rows = slices.DeleteFunc(r.rows, func(q []int) bool { return len(q) == 0 })
	if len(r.errs) == 0 {
		for _, err := range r.form.Validate() {
			r.errs = append(r.errs, r.relocate(err.(*Error)))
		}
	}
	if len(r.errs) > 0 {
		return nil, r.warnings, r.errs
	}
	return r.form, r.warnings, nil
}

// mainLanguage is the language of a plain label column, or else of the first label
// column that names one.
func mainLanguage(survey [][]string, fallback string) string {
	first := ""
	if len(survey) > 0 {
		for _, header := range survey[0] {
			base, lang, has := splitHeader(header)
			if base != "label" {
				continue
			}
			if !has {
				return fallback
			}
			if code, ok := languageOf(lang); ok && first == "" {
				first = code
			}
		}
	}
	if first == "" {
		return fallback
	}
	return first
}

// relocate turns a place in the form into one in the sheet.
func (r *xlsReader) relocate(e *Error) *Error {
	var page, question int
	if n, _ := fmt.Sscanf(e.Place, "pages[%d].questions[%d]", &page, &question); n == 2 && page < len(r.rows) && question < len(r.rows[page]) {
		_, field, _ := strings.Cut(e.Place, "].questions[")
		_, field, _ = strings.Cut(field, "].")
		args := map[string]any{"field": field}
		for k, v := range e.Args {
			args[k] = v
		}
		return &Error{e.Code, fmt.Sprintf("survey!%d", r.rows[page][question]+1), args}
	}
	return e
}

func (r *xlsReader) settings(rows [][]string, fallback string) {
	known := map[string]bool{"form_title": true, "form_id": true, "version": true, "default_language": true}
	s := r.readSheet("settings", rows, known, fallback)
	get := func(column string) string {
		if len(s.rows) > 1 {
			return s.get(1, column)
		}
		return ""
	}
	main := fallback
	if d := get("default_language"); d != "" {
		code, ok := languageOf(d)
		if !ok {
			r.fault("language", s.at(1, "default_language"), "header", clip(d))
		} else {
			main = code
		}
	}
	r.language(main)
	r.form.ID, r.form.Version = get("form_id"), get("version")
	if r.form.ID == "" {
		r.form.ID = "survey"
	}
	title := get("form_title")
	if title == "" {
		title = r.form.ID
	}
	r.form.Title = Text{main: title}
}

func (r *xlsReader) choices(rows [][]string) {
	r.lists, r.declined = map[string][]Choice{}, map[string][]Choice{}
	r.extra, r.filtered, r.attributes = map[string]int{}, map[string]bool{}, map[string]map[string]map[string]string{}
	s := r.readSheet("choices", rows, map[string]bool{"list_name": true, "name": true, "tongsheng": true}, r.form.Languages[0])
	for row := 1; row < len(s.rows); row++ {
		if s.empty(row) {
			continue
		}
		list, id := s.get(row, "list_name"), s.get(row, "name")
		c := Choice{ID: id, Title: s.text(row, "label")}
		switch {
		case list == "":
			r.fault("list", s.at(row, "list_name"))
			continue
		case !choiceID.MatchString(id) && !integer(id):
			r.fault("name", s.at(row, "name"), "name", clip(id))
			continue
		case find(r.lists[list], id) != nil || find(r.declined[list], id) != nil:
			r.fault("twice", s.at(row, "name"), "name", clip(id))
			continue
		}
		if r.attributes[list] == nil {
			r.attributes[list] = map[string]map[string]string{}
		}
		values := map[string]string{}
		for column, i := range r.extra {
			if i < len(rows[row]) {
				values[column] = trim(rows[row][i])
			}
		}
		r.attributes[list][id] = values
		mark := s.get(row, "tongsheng")
		c.Exclusive, c.Fixed = mark == "exclusive", mark == "fixed"
		if mark == "nonresponse" {
			r.declined[list] = append(r.declined[list], c)
		} else {
			r.lists[list] = append(r.lists[list], c)
		}
	}
}

// unfiltered warns of columns of the choices sheet that nothing asked for.
func (r *xlsReader) unfiltered(rows [][]string) {
	s := &sheet{name: "choices", rows: rows}
	for _, column := range sortedKeys(r.extra) {
		if !r.filtered[column] {
			r.unused(s, r.extra[column], column)
		}
	}
}

func integer(s string) bool { _, err := strconv.Atoi(s); return err == nil }

// row reads one row, or a whole grid, and returns the last row it read.
func (r *xlsReader) row(row int) int {
	words := r.words(row)
	if len(words) == 0 {
		r.fault("type", r.survey.at(row, "type"), "type", "")
		return row
	}
	for _, column := range refusedColumns {
		if r.survey.get(row, column) != "" && !(column == "readonly" && words[0] == "note") {
			r.fault("refused", r.survey.at(row, column), "what", column)
		}
	}
	switch words[0] {
	case "begin_group":
		return r.begin(row)
	case "end_group":
		r.end(row)
	default:
		if slices.Contains(metadata, words[0]) {
			r.warn("metadata", r.survey.at(row, "type"), "type", words[0])
			return row
		}
		r.question(row, words)
	}
	return row
}

// Older spellings of types, which converters still take.
var typeAliases = strings.NewReplacer(
	"select one from ", "select_one ", "select_one from ", "select_one ", "select one ", "select_one ", "select1 ", "select_one ",
	"select all that apply from ", "select_multiple ", "select_multiple from ", "select_multiple ", "select multiple ", "select_multiple ",
	" or specify other", " or_other", "begin group", "begin_group", "end group", "end_group", "string", "text", "int ", "integer ",
)

// words are the type of a row.
func (r *xlsReader) words(row int) []string {
	return strings.Fields(strings.TrimSpace(typeAliases.Replace(r.survey.get(row, "type") + " ")))
}

// begin opens a group. An outermost one is a page, an inner one passes its relevance on
// to what is in it and its label becomes a note; a table-list of one scale is a grid.
func (r *xlsReader) begin(row int) int {
	show := r.expression(row, "relevant", nil)
	name, label := r.survey.get(row, "name"), r.survey.text(row, "label")
	outermost := len(r.groups) == 0
	if outermost {
		r.form.Pages = append(r.form.Pages, Page{Show: show})
		r.rows = append(r.rows, nil)
		show = nil
	}
	if slices.Contains(strings.Fields(r.survey.get(row, "appearance")), "table-list") {
		if last, ok := r.grid(row, show); ok {
			return last
		}
	}
	page := &r.form.Pages[len(r.form.Pages)-1]
	r.groups = append(r.groups, xlsGroup{row, show})
	if outermost {
		page.Title = label
	} else if label != nil {
		r.add(row, Question{ID: name, Kind: Note, Title: label})
	}
	return row
}

func (r *xlsReader) end(row int) {
	if len(r.groups) == 0 {
		r.fault("end", r.survey.at(row, "type"))
		return
	}
	r.groups = r.groups[:len(r.groups)-1]
}

// add puts a question on the present page, or on one of its own outside groups, under
// the relevance of the groups around it.
func (r *xlsReader) add(row int, q Question) {
	if len(r.groups) == 0 {
		r.form.Pages = append(r.form.Pages, Page{})
		r.rows = append(r.rows, nil)
	}
	var all []Condition
	for _, g := range r.groups {
		if g.show != nil {
			all = append(all, *g.show)
		}
	}
	if len(all) > 0 {
		if q.Show != nil {
			all = append(all, *q.Show)
		}
		q.Show = &Condition{All: all}
		if len(all) == 1 {
			q.Show = &all[0]
		}
	}
	page := &r.form.Pages[len(r.form.Pages)-1]
	page.Questions = append(page.Questions, q)
	r.rows[len(r.rows)-1] = append(r.rows[len(r.rows)-1], row)
	kept := q // the page's slice may move; names need the kind and the lists only
	if q.Kind == Grid {
		return
	}
	if _, twice := r.names[q.ID]; twice {
		r.fault("twice", r.survey.at(row, "name"), "name", clip(q.ID))
	}
	r.names[q.ID] = reference{question: &kept}
}

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

func (r *xlsReader) required(row int) bool {
	switch v := strings.ToLower(r.survey.get(row, "required")); v {
	case "yes", "true", "true()", "1":
		return true
	case "", "no", "false", "false()", "0":
	default:
		r.fault("refused", r.survey.at(row, "required"), "what", clip(v))
	}
	return false
}

// expression reads the condition in a cell, or nil for an empty one.
func (r *xlsReader) expression(row int, column string, own *Question) *Condition {
	text := r.survey.get(row, column)
	if text == "" {
		return nil
	}
	e, problem := parseExpr(text)
	if problem == "" {
		var c Condition
		s := &scope{names: r.names, own: own}
		if c, problem = s.condition(e); problem == "" {
			return &c
		}
	}
	r.problem(row, column, problem)
	return nil
}

// problem reports an expression that a Form cannot say.
func (r *xlsReader) problem(row int, column, problem string) {
	code, what, _ := strings.Cut(problem, " ")
	r.fault("expression."+code, r.survey.at(row, column), "what", clip(what))
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
