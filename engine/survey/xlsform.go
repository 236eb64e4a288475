package survey

import (
	"fmt"
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
	" or specify other", " or_other", "begin group", "begin_group", "end group", "end_group", " string ", " text ", " int ", " integer ",
)

// words are the type of a row.
func (r *xlsReader) words(row int) []string {
	return strings.Fields(strings.TrimSpace(typeAliases.Replace(" " + r.survey.get(row, "type") + " ")))
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
