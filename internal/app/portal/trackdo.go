package portal

import (
	"context"
	"net/http"
	"slices"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
)

// doing is a step that somebody is about to do to their case.
func (p *Portal) doing(w http.ResponseWriter, r *http.Request) (*flow, *docket.PublicMay, []docket.PublicMay) {
	key, it, c := p.passed(w, r)
	if c == nil {
		return nil, nil, nil
	}
	id := r.PathValue("step")
	i := slices.IndexFunc(c.Steps, func(m docket.PublicMay) bool { return m.ID == id })
	if i < 0 { // it is no longer theirs to do, or was done just now
		http.Redirect(w, r, "/track/case", http.StatusSeeOther)
		return nil, nil, nil
	}
	m := &c.Steps[i]
	if it.Do != id {
		it.Do, it.Draft = id, newDraft(c.Type)
		if p.passes.put(key, it, 256); m.Form != nil {
			for _, f := range m.Form.Fields { // what is to be put right stands there as it was
				if v := c.Data[f.ID]; v != nil && !isFile(&f) && !f.Sealed {
					it.Draft.Answers[f.ID] = v
				}
			}
		}
	}
	f := &flow{base: "/track/case/do/" + id, form: m.Form, draft: it.Draft, keep: func(d draft) bool {
		it.Draft = d
		return p.passes.put(key, it, 256+d.size())
	}}
	return f, m, c.Steps
}

// doStart leads to the first question, or asks whether they mean it where there is none.
func (p *Portal) doStart(w http.ResponseWriter, r *http.Request) {
	f, _, _ := p.doing(w, r)
	if f == nil {
		return
	}
	if !p.store(w, r, f) {
		return
	}
	to := f.check()
	if steps := f.steps(); len(steps) > 0 {
		to = f.at(steps[0])
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (p *Portal) doAsk(w http.ResponseWriter, r *http.Request) {
	f, m, _ := p.doing(w, r)
	switch {
	case f == nil:
	case !slices.Contains(f.steps(), r.PathValue("q")):
		http.Redirect(w, r, f.base, http.StatusSeeOther)
	default:
		p.show(w, r, f, m.Name.In(string(readPrefs(r).language(r))), r.PathValue("q"), nil, "")
	}
}

func (p *Portal) doTake(w http.ResponseWriter, r *http.Request) {
	if f, m, _ := p.doing(w, r); f != nil {
		p.take(w, r, f, m.Name.In(string(readPrefs(r).language(r))))
	}
}

func (p *Portal) doCheck(w http.ResponseWriter, r *http.Request) {
	f, m, _ := p.doing(w, r)
	if f == nil {
		return
	}
	if open := f.open(); open != "" {
		http.Redirect(w, r, f.at(open), http.StatusSeeOther)
		return
	}
	f.draft = f.draft.with()
	f.draft.Checked = true
	if p.store(w, r, f) {
		p.showDo(w, r, f, m, nil)
	}
}

func (p *Portal) showDo(w http.ResponseWriter, r *http.Request, f *flow, m *docket.PublicMay, faults []procedure.Fault) {
	p.fresh("ask", func(_ context.Context, r *request) (string, any, bool, error) {
		page := r.checkPage(f)
		page.Of, page.Warn = r.doName(*m), m.Warn.In(string(r.lang))
		if len(page.Check) == 0 {
			page.Title, page.Progress, page.Send = r.t("track.sure", "what", m.Name.In(string(r.lang))), "", m.Name.In(string(r.lang))
			page.Spoken = speech{Lead: breath(r.lang, []string{page.Title, page.Warn})}
			page.Back = "/track/case"
		}
		r.mark(&page, nil, faults)
		return page.Title, page, false, nil
	})(w, r)
}

// doSend does the step. Where several hang on the same answers, it is the one whose condition holds.
func (p *Portal) doSend(w http.ResponseWriter, r *http.Request) {
	f, m, steps := p.doing(w, r)
	if f == nil {
		return
	}
	if open := f.open(); open != "" {
		http.Redirect(w, r, f.at(open), http.StatusSeeOther)
		return
	}
	if p.limited(w, r, p.limits.send) {
		return
	}
	data, err := f.answers()
	if err != nil {
		p.showDo(w, r, f, m, whole(err))
		return
	}
	it, _ := p.passes.get(keyIn(r, passCookie))
	for _, step := range steps {
		if step.ID != m.ID && (m.Form == nil || step.Form == nil || step.Form.ID != m.Form.ID) {
			continue
		}
		_, err = p.deps.Cases.DoPublic(r.Context(), it.Number, it.Code, docket.Deed{Step: step.ID, Data: data, Key: f.draft.Key + "-" + step.ID})
		if !fault.Is(err, "procedure.act.guard") {
			break
		}
	}
	switch e := fault.Of(err); {
	case err == nil:
		it.Do, it.Draft = "", draft{}
		p.passes.put(keyIn(r, passCookie), it, 256)
		http.Redirect(w, r, "/track/case?done", http.StatusSeeOther)
	case e.Code == "procedure.act.guard" || e.Kind == fault.Invalid:
		code := e.Code
		if i18n.Catalogue(i18n.Chinese)[code] == "" || code == "procedure.act.guard" {
			code = "not_taken"
		}
		p.showDo(w, r, f, m, []procedure.Fault{{Code: code, Args: e.Args}})
	default:
		p.told(w, r, why(err))
	}
}

// sayPage is where somebody writes to those who work on their case.
type sayPage struct{ Text, Wrong, Key string }

func (p *Portal) trackSay(w http.ResponseWriter, r *http.Request) {
	if _, _, c := p.passed(w, r); c != nil {
		p.fresh("say", func(_ context.Context, r *request) (string, any, bool, error) {
			return r.t("track.say"), sayPage{Key: newKey()}, false, nil
		})(w, r)
	}
}

func (p *Portal) trackSaid(w http.ResponseWriter, r *http.Request) {
	_, it, c := p.passed(w, r)
	if c == nil || p.limited(w, r, p.limits.send) {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxPage)
	_ = r.ParseForm() // a form that cannot be read says nothing
	text := r.PostForm.Get("text")
	key := r.PostForm.Get("key")
	if len(key) != len(newKey()) {
		key = newKey()
	}
	err := p.deps.Cases.WritePublic(r.Context(), it.Number, it.Code, text, false, "say-"+key)
	if fault.IsKind(err, fault.Invalid) {
		p.fresh("say", func(_ context.Context, r *request) (string, any, bool, error) {
			return r.t("ask.wrong_title", "title", r.t("track.say")), sayPage{Text: text, Wrong: r.said(err), Key: key}, false, nil
		})(w, r)
		return
	}
	if err != nil {
		p.told(w, r, why(err))
		return
	}
	http.Redirect(w, r, "/track/case?done", http.StatusSeeOther)
}

// said is what is wrong with something that somebody wrote freely.
func (r *request) said(err error) string {
	e := fault.Of(err)
	if e.Code == "casework.comment.empty" {
		return r.t("fault.required.lines")
	}
	return r.faultSays("lines", procedure.Fault{Code: e.Code, Args: e.Args})
}
