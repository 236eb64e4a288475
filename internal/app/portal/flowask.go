package portal

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// askPage is one question, or the answers to look over.
type askPage struct {
	Base, Post, Back string
	Of               string // what is being filled in
	Progress         string // 2 of 6
	Title, Help      string
	Faults           []faultLine
	Inputs           []input
	Files            bool // the form may carry files
	Rows             bool // one may add another
	Check            []checkLine
	Agree            string // what sending means
	Warn             string
	Send             string
	Spoken           speech
	Lang             string
}

// faultLine is what is wrong, and where to put it right.
type faultLine struct{ At, Says string }

// checkLine is an answer to look over.
type checkLine struct {
	Title, Href string
	Says        []string
	Missing     bool
}

// input is a field of the page.
type input struct {
	Kind        string // radio, checkbox, tick, text, lines, file, region, point, group
	Name, ID    string
	Label, Hint string
	Value       string
	Type, Mode  string // of a text field
	Auto        string
	Max         int
	Wide        bool
	Bare        bool // the page's title says what it is
	Fault       string
	Choices     []choice
	Files       []choice // that were added already
	Accept      string
	More        bool
	Query       string // where a region is looked for
	Found       bool   // something was looked for
	Lon, Lat    string
	Parts       []input
}

type choice struct {
	Value, Title string
	On           bool
}

// ask lays out a question with what was answered; typed is the form where it could not be taken.
func (p *Portal) ask(ctx context.Context, r *request, f *flow, id string, faults []procedure.Fault, looked string) (*askPage, error) {
	steps := f.steps()
	page := &askPage{Base: f.base, Post: f.at(id), Back: f.before(id), Progress: r.t("ask.of", "n", slices.Index(steps, id)+1, "all", len(steps)+1)}
	switch field := f.field(id); {
	case id == askHelper:
		h := f.draft.Helper
		page.Title, page.Help = r.t("ask.helper"), r.t("ask.helper_why")
		page.Inputs = []input{{Kind: "text", Name: "name", Label: r.t("ask.helper_name"), Value: h.Name, Type: "text", Auto: "name", Max: 60},
			{Kind: "text", Name: "phone", Label: r.t("ask.helper_phone"), Value: h.Phone, Type: "tel", Auto: "tel", Max: 30},
			{Kind: "tick", Name: "agreed", Label: r.t("ask.helper_agreed"), Choices: []choice{{"yes", r.t("ask.helper_agreed"), h.Agreed}}}}
	case field == nil:
		page.Title, page.Help = r.t("ask.where"), r.t("ask.where_why")
	default:
		page.Title, page.Help = field.Title.In(string(r.lang)), field.Help.In(string(r.lang))
		if !field.Required && !(field.Format == "place" && f.regional(id)) {
			page.Help = strings.TrimSpace(page.Help + betweenSentences(r.lang) + r.t("ask.optional"))
		}
		page.Inputs = []input{r.input(&f.draft, field, f.draft.Answers[id], "a", page.Title)}
		page.Files = isFile(field)
		page.Inputs[0].Bare = true
		if len(page.Inputs[0].Parts) > 0 {
			page.Rows = field.Type == "array"
			page.Inputs = page.Inputs[0].Parts
		}
	}
	if f.regional(id) {
		in, err := p.regionInput(ctx, r, &f.draft, looked)
		if err != nil {
			return nil, err
		}
		page.Inputs = append([]input{in}, page.Inputs...)
	}
	r.mark(page, page.Inputs, faults)
	page.Spoken = speech{Lead: breath(r.lang, append([]string{page.Title, page.Help}, spokenOf(page.Inputs)...))}
	return page, nil
}

func spokenOf(inputs []input) (said []string) {
	for _, in := range inputs {
		if in.Kind == "radio" || in.Kind == "checkbox" {
			for _, c := range in.Choices {
				said = append(said, c.Title)
			}
		} else if len(inputs) > 1 {
			said = append(said, in.Label)
		}
	}
	return said
}

// mark puts faults beside the fields they are about, and on top of the page.
func (r *request) mark(page *askPage, inputs []input, faults []procedure.Fault) {
	for _, e := range faults {
		says, at := "", "main"
		for i := range inputs {
			in := &inputs[i]
			if len(in.Parts) > 0 {
				sub := &askPage{}
				r.mark(sub, in.Parts, []procedure.Fault{e})
				if len(sub.Faults) > 0 && sub.Faults[0].At != "main" {
					says, at = sub.Faults[0].Says, sub.Faults[0].At
				}
			} else if in.Name == e.Place || strings.HasPrefix(e.Place, in.Name+".") {
				says, at = r.faultSays(in.Kind, e), in.ID
				in.Fault = says
			}
		}
		if says == "" {
			says = r.faultSays("", e)
		}
		if line := (faultLine{at, says}); !slices.Contains(page.Faults, line) {
			page.Faults = append(page.Faults, line)
		}
	}
}

// faultSays says what is wrong and what to do about it.
func (r *request) faultSays(kind string, e procedure.Fault) string {
	code := strings.TrimPrefix(e.Code, "procedure.fill.")
	for _, key := range []string{code + "." + kind, code} {
		if full := "portal.fault." + key; i18n.Catalogue(r.lang)[full] != "" {
			return i18n.T(r.lang, full, e.Args)
		}
	}
	if i18n.Catalogue(r.lang)[e.Code] != "" {
		return i18n.T(r.lang, e.Code, e.Args)
	}
	return r.t("fault.invalid")
}

// input lays out a field of a form.
func (r *request) input(d *draft, f *procedure.Field, v any, name, label string) input {
	in := input{Name: name, ID: id(name), Label: label}
	if name != "a" {
		in.Hint = f.Help.In(string(r.lang))
	}
	value, _ := v.(string)
	switch {
	case isFile(f):
		in.Kind, in.Accept = "file", accepted(f)
		for _, one := range filesOf(v) {
			file, _ := one.(string)
			in.Files = append(in.Files, choice{Value: file, Title: d.Names[file]})
		}
		in.More = len(in.Files) < maxFiles(f)
		in.Wide = maxFiles(f) > 1
	case len(f.Options) > 0:
		in.Kind, in.Choices = "radio", r.options(f, v)
	case f.Type == "array" && len(f.Items[0].Options) > 0:
		in.Kind, in.Choices = "checkbox", r.options(&f.Items[0], v)
	case f.Type == "array" && f.Items[0].Type == "object":
		in.Kind = "group"
		rows, _ := v.([]any)
		for i := range min(len(rows)+1, maxRows) {
			var row any
			if i < len(rows) {
				row = rows[i]
			}
			in.Parts = append(in.Parts, r.input(d, &f.Items[0], row, name+"."+strconv.Itoa(i), r.t("ask.row", "n", i+1)))
		}
	case f.Type == "array":
		in.Kind, in.Wide = "lines", true
		lines, _ := v.([]any)
		for _, line := range lines {
			in.Value += valueOf(line) + "\n"
		}
	case f.Type == "boolean" && f.Schema["const"] == true:
		in.Kind, in.Choices = "tick", []choice{{"yes", label, v == true}}
	case f.Type == "boolean":
		in.Kind, in.Choices = "radio", []choice{{"yes", r.yes(f, true), v == true}, {"no", r.yes(f, false), v == false}}
	case f.Format == "place":
		where, _ := v.(map[string]any)
		in.Kind, in.Label, in.Max = "point", r.t("ask.address"), 200
		in.Value, _ = where["address"].(string)
		in.Lon, in.Lat = valueOf(where["lon"]), valueOf(where["lat"])
	case f.Type == "object":
		in.Kind = "group"
		group, _ := v.(map[string]any)
		for i := range f.Items {
			in.Parts = append(in.Parts, r.input(d, &f.Items[i], group[f.Items[i].ID], name+"."+f.Items[i].ID, f.Items[i].Title.In(string(r.lang))))
		}
	case f.Long:
		in.Kind, in.Value, in.Max = "lines", value, longest(f)
	default:
		in.Kind, in.Value, in.Max = "text", valueOf(v), longest(f)
		in.Type, in.Mode, in.Auto = looks(f)
	}
	return in
}

// yes is yes or no as the question wants it: Chinese answers with the verb that was asked.
func (r *request) yes(f *procedure.Field, is bool) string {
	key := "ask.yes"
	if strings.Contains(f.Title.Zh, "有没有") {
		key = "ask.has"
	}
	switch {
	case is:
		return r.t(key)
	case key == "ask.has":
		return r.t("ask.has_not")
	}
	return r.t("ask.no")
}

func id(name string) string { return strings.ReplaceAll(name, ".", "-") }

func (r *request) options(f *procedure.Field, v any) (all []choice) {
	chosen, many := v.([]any)
	for _, o := range f.Options {
		all = append(all, choice{valueOf(o.Value), o.Title.In(string(r.lang)), many && slices.Contains(chosen, o.Value) || !many && v == o.Value})
	}
	return all
}

// longest is how much text a field takes, in characters.
func longest(f *procedure.Field) int {
	switch n := f.Schema["maxLength"].(type) {
	case float64:
		return int(n)
	case int:
		return n
	}
	return 200
}

func accepted(f *procedure.Field) string {
	kind := f.Accept
	if len(f.Items) == 1 {
		kind = f.Items[0].Accept
	}
	switch kind {
	case "image":
		return "image/*"
	case "audio":
		return "audio/*"
	}
	return "image/*,audio/*,video/mp4,.pdf,.docx,.xlsx,.txt"
}

// looks is how a field of text appears and what keyboard a phone shows for it.
func looks(f *procedure.Field) (kind, mode, auto string) {
	switch f.Type {
	case "number":
		return "text", "decimal", ""
	case "integer":
		return "text", "numeric", ""
	}
	switch f.Format {
	case "phone":
		return "tel", "", "tel"
	case "email":
		return "email", "", "email"
	case "date":
		return "date", "", ""
	case "minute":
		return "datetime-local", "", ""
	case "time":
		return "time", "", ""
	case "device":
		return "text", "numeric", ""
	}
	if f.Personal && strings.Contains(f.ID, "name") {
		return "text", "", "name"
	}
	return "text", "", ""
}

// regionInput lets people find the township: what they looked for, else what they chose, else where
// they live.
func (p *Portal) regionInput(ctx context.Context, r *request, d *draft, looked string) (input, error) {
	in := input{Kind: "region", Name: "r", ID: "r", Label: r.t("ask.region"), Query: looked, Found: looked != ""}
	add := func(code, name string, on bool) {
		if !slices.ContainsFunc(in.Choices, func(c choice) bool { return c.Value == code }) {
			in.Choices = append(in.Choices, choice{code, name, on})
		}
	}
	if d.Region != "" {
		add(d.Region, d.Where, true)
	}
	if looked != "" {
		found, err := p.deps.Regions.Search(ctx, looked, 12)
		if err != nil {
			return in, err
		}
		for _, g := range found {
			add(g.Code, fullName(g, r.lang), len(found) == 1 && d.Region == "")
		}
	}
	if where, _ := p.readerPlace(ctx, r); where != "" {
		add(r.prefs.Place, where, d.Region == "" && looked == "")
	}
	return in, nil
}
