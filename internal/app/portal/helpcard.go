package portal

import (
	"context"

	"github.com/tongsheng/tongsheng/engine/procedure"
)

// helpCard is a sheet for people who use neither a phone nor the web.
type helpCard struct {
	Where    string
	Services []serviceLine
	Sites    []Site
}

// maxSites is how many places to go stand on a card.
const maxSites = 6

func (p *Portal) helpCard(ctx context.Context, r *request) (string, any, bool, error) {
	page := helpCard{}
	region := p.deps.City
	if where, _ := p.readerPlace(ctx, r); where != "" {
		page.Where, region = where, r.prefs.Place
	}
	if p.deps.Sites != nil {
		var err error
		if page.Sites, err = p.deps.Sites.Near(ctx, region, maxSites); err != nil {
			return "", nil, false, err
		}
	}
	for _, s := range p.deps.Cases.Services() {
		if !outside(s.Form) {
			page.Services = append(page.Services, serviceLine{Code: s.Code, Name: r.serviceName(&s), About: s.About.In(string(r.lang))})
		}
	}
	return r.t("card.title"), page, false, nil
}

// paperPage is a form to fill in by hand.
type paperPage struct {
	Name, About string
	Fields      []paperField
}

type paperField struct {
	Title, Help, When string
	Options           []string
	Many              bool
	Lines             int
}

// Rules are the lines to write on.
func (f paperField) Rules() []struct{} { return make([]struct{}, f.Lines) }

func (p *Portal) paper(_ context.Context, r *request) (string, any, bool, error) {
	s, err := p.deps.Cases.Service(r.PathValue("type"))
	if err != nil {
		return "", nil, false, err
	}
	page := paperPage{Name: r.serviceName(s), About: s.About.In(string(r.lang))}
	placed := false
	for i := 0; s.Form != nil && i < len(s.Form.Fields); i++ {
		f := &s.Form.Fields[i]
		if needsAccount(f) {
			continue
		}
		placed = placed || f.Format == "place" && len(f.When) == 0
		page.Fields = append(page.Fields, r.onPaper(s.Form, f))
	}
	if !placed {
		page.Fields = append([]paperField{{Title: r.t("ask.where"), Lines: 1}}, page.Fields...)
	}
	return r.t("paper.title", "name", page.Name), page, false, nil
}

// onPaper is a field as somebody fills it in by hand.
func (r *request) onPaper(form *procedure.Form, f *procedure.Field) paperField {
	out := paperField{Title: f.Title.In(string(r.lang)), Help: f.Help.In(string(r.lang)), Lines: 1}
	for other, values := range f.When { // one condition is the rule; of several the paper names one
		for i := range form.Fields {
			if o := &form.Fields[i]; o.ID == other {
				var said []string
				for _, v := range values {
					said = append(said, r.sayAnswer(o, v))
				}
				out.When = r.t("paper.when", "question", o.Title.In(string(r.lang)), "answer", r.list(said))
			}
		}
	}
	options := f.Options
	if f.Type == "array" && len(f.Items) == 1 && len(f.Items[0].Options) > 0 {
		options, out.Many = f.Items[0].Options, true
	}
	for _, o := range options {
		out.Options = append(out.Options, o.Title.In(string(r.lang)))
	}
	switch {
	case isFile(f):
		out.Help, out.Lines = r.t("paper.files"), 0
	case f.Type == "boolean":
		out.Options = []string{r.yes(f, true), r.yes(f, false)}
	case f.Long || f.Type == "array" || f.Type == "object":
		out.Lines = 4
	}
	if len(out.Options) > 0 {
		out.Lines = 0
	}
	return out
}

// sayAnswer is an answer to a field, or to one of its items.
func (r *request) sayAnswer(f *procedure.Field, v any) string {
	if f.Type == "array" && len(f.Items) == 1 {
		f = &f.Items[0]
	}
	d := draft{}
	if said := r.answerSays(&d, f, v); len(said) > 0 {
		return said[0]
	}
	return ""
}
