package portal

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/tongsheng/tongsheng/engine/procedure"
)

// Questions that no form asks: who helps, and where it is.
const (
	askHelper = "-helper"
	askWhere  = "-where"
)

// flow is a form that is asked one question per page. Every page has its own address, so that the
// browser's "back" works, and an answer leads on by a redirect.
type flow struct {
	base  string // "/report/repair"
	form  *procedure.Form
	where bool // it must be known where it is
	draft draft
	keep  func(draft) bool // false: there is no room
}

// steps are the questions as they stand under the answers so far.
func (f *flow) steps() (ids []string) {
	d := &f.draft
	if d.Helped {
		ids = append(ids, askHelper)
	}
	placed := false
	var asked []string
	if f.form != nil {
		for i := range f.form.Fields {
			field := &f.form.Fields[i]
			if !field.Shown(d.Answers) || needsAccount(field) || d.Subject != "" && field.Format == "place" && !field.Required {
				continue
			}
			placed = placed || field.Format == "place"
			asked = append(asked, field.ID)
		}
	}
	if f.where && d.Subject == "" && !placed {
		ids = append(ids, askWhere)
	}
	return append(ids, asked...)
}

func (f *flow) field(id string) *procedure.Field {
	if f.form == nil {
		return nil
	}
	for i := range f.form.Fields {
		if f.form.Fields[i].ID == id {
			return &f.form.Fields[i]
		}
	}
	return nil
}

// regional reports whether a question asks for the region: the first place that is asked does.
func (f *flow) regional(id string) bool {
	if !f.where || f.draft.Subject != "" {
		return false
	}
	for _, step := range f.steps() {
		if field := f.field(step); step == askWhere || field != nil && field.Format == "place" {
			return step == id
		}
	}
	return false
}

func (f *flow) at(id string) string { return f.base + "/q/" + url.PathEscape(id) }

func (f *flow) check() string { return f.base + "/check" }

// after is where an answer leads.
func (f *flow) after(id string) string {
	steps := f.steps()
	next := slices.Index(steps, id) + 1
	if f.draft.Checked {
		next = slices.IndexFunc(steps, func(s string) bool { return !f.draft.Seen[s] })
	}
	if next < 0 || next >= len(steps) {
		return f.check()
	}
	return f.at(steps[next])
}

// before is the page before a question.
func (f *flow) before(id string) string {
	steps := f.steps()
	i := slices.Index(steps, id)
	if id == "" {
		i = len(steps)
	}
	if i <= 0 {
		return f.base
	}
	return f.at(steps[i-1])
}

// open is the first question that still wants an answer; empty for none.
func (f *flow) open() string {
	for _, id := range f.steps() {
		if !f.draft.Seen[id] || len(f.wrong(id)) > 0 {
			return id
		}
	}
	return ""
}

// wrong is what is wrong with the answer to a question, by the names of the fields on its page.
func (f *flow) wrong(id string) []procedure.Fault {
	d := &f.draft
	if id == askHelper {
		return d.Helper.wrong()
	}
	var bad []procedure.Fault
	if f.regional(id) && d.Region == "" {
		bad = append(bad, procedure.Fault{Code: "region", Place: "r"})
	}
	if f.form == nil {
		return bad
	}
	_, err := f.form.Take(d.Answers, nil)
	faults, _ := err.(procedure.Faults)
	for _, e := range faults {
		if place, ok := within(e.Place, id); ok {
			bad = append(bad, procedure.Fault{Code: e.Code, Place: place, Args: e.Args})
		}
	}
	return bad
}

// within gives a place below a field as the page names it: "photos.0" is "a.0".
func within(place, id string) (string, bool) {
	if place == id {
		return "a", true
	}
	if len(place) > len(id) && place[:len(id)+1] == id+"." {
		return "a" + place[len(id):], true
	}
	return "", false
}

func (h *helper) wrong() (bad []procedure.Fault) {
	if h.Name == "" {
		bad = append(bad, procedure.Fault{Code: "procedure.fill.required", Place: "name"})
	}
	if !h.Agreed {
		bad = append(bad, procedure.Fault{Code: "agreed", Place: "agreed"})
	}
	return bad
}

// answers are those that count: what is not asked under them is left out.
func (f *flow) answers() (map[string]any, error) {
	if f.form == nil {
		return nil, nil
	}
	asked, given := f.steps(), map[string]any{}
	for id, v := range f.draft.Answers {
		if slices.Contains(asked, id) {
			given[id] = v
		}
	}
	return f.form.Take(given, nil)
}

// store keeps the draft, or says why not.
func (p *Portal) store(w http.ResponseWriter, r *http.Request, f *flow) bool {
	switch {
	case f.draft.size() > maxDraft:
		p.told(w, r, "too_long")
	case !f.keep(f.draft):
		p.told(w, r, "busy")
	default:
		return true
	}
	return false
}
