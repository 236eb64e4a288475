package portal

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
)

func (p *Portal) reportAsk(w http.ResponseWriter, r *http.Request) {
	f, s := p.reporting(w, r)
	switch {
	case f == nil:
	case f.draft.Receipt != nil:
		http.Redirect(w, r, f.base+"/sent", http.StatusSeeOther)
	case !slices.Contains(f.steps(), r.PathValue("q")):
		http.Redirect(w, r, f.base, http.StatusSeeOther)
	default:
		p.show(w, r, f, s.Name.In(string(readPrefs(r).language(r))), r.PathValue("q"), nil, "")
	}
}

func (p *Portal) reportTake(w http.ResponseWriter, r *http.Request) {
	f, s := p.reporting(w, r)
	switch {
	case f == nil:
	case f.draft.Receipt != nil:
		http.Redirect(w, r, f.base+"/sent", http.StatusSeeOther)
	default:
		p.take(w, r, f, s.Name.In(string(readPrefs(r).language(r))))
	}
}

func (p *Portal) reportCheck(w http.ResponseWriter, r *http.Request) {
	f, s := p.reporting(w, r)
	if f == nil {
		return
	}
	if open := f.open(); open != "" {
		http.Redirect(w, r, f.at(open), http.StatusSeeOther)
		return
	}
	if f.draft.Receipt != nil {
		http.Redirect(w, r, f.base+"/sent", http.StatusSeeOther)
		return
	}
	if !f.draft.Checked {
		f.draft = f.draft.with()
		f.draft.Checked = true
		if !p.store(w, r, f) {
			return
		}
	}
	p.showCheck(w, r, f, s, nil)
}

func (p *Portal) showCheck(w http.ResponseWriter, r *http.Request, f *flow, s *docket.Service, faults []procedure.Fault) {
	p.fresh("ask", func(_ context.Context, r *request) (string, any, bool, error) {
		page := r.checkPage(f)
		page.Of = s.Name.In(string(r.lang))
		r.mark(&page, nil, faults)
		return page.Title, page, false, nil
	})(w, r)
}

// reportSend opens the case. Sending again what was sent leads to the same receipt.
func (p *Portal) reportSend(w http.ResponseWriter, r *http.Request) {
	f, s := p.reporting(w, r)
	if f == nil {
		return
	}
	if f.draft.Receipt != nil {
		http.Redirect(w, r, f.base+"/sent", http.StatusSeeOther)
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
		p.showCheck(w, r, f, s, whole(err))
		return
	}
	d := f.draft.with()
	via := "portal"
	if d.Helped {
		via = "helper"
	}
	d.Receipt, err = p.deps.Cases.OpenPublic(r.Context(), docket.NewCase{Type: s.Code, Region: d.Region, Subject: d.Subject, Data: data, Key: d.Key}, via)
	if err != nil {
		p.refused(w, r, f, s, err)
		return
	}
	if d.Helped { // the same words in both languages, since staff may read either
		said := i18n.T(i18n.Chinese, "portal.ask.helped", map[string]any{"name": d.Helper.Name, "phone": d.Helper.Phone})
		if err := p.deps.Cases.WritePublic(r.Context(), d.Receipt.Number, d.Receipt.Code, said, true, "helper-"+d.Key); err != nil {
			p.deps.Log.ErrorContext(r.Context(), "who helped was not noted", "number", d.Receipt.Number, "error", err)
		}
	}
	f.draft = d
	f.draft.Answers, f.draft.Names = map[string]any{}, map[string]string{} // what was sent stays nowhere else
	if p.store(w, r, f) {
		http.Redirect(w, r, f.base+"/sent", http.StatusSeeOther)
	}
}

// whole is what is wrong with a form as a whole.
func whole(err error) []procedure.Fault {
	many, _ := err.(procedure.Faults)
	var out []procedure.Fault
	for _, e := range many {
		out = append(out, *e)
	}
	return out
}

// refused says why a case was not opened: at the answers where they can be changed.
func (p *Portal) refused(w http.ResponseWriter, r *http.Request, f *flow, s *docket.Service, err error) {
	switch e := fault.Of(err); e.Kind {
	case fault.Invalid, fault.NotFound, fault.Conflict:
		p.deps.Log.WarnContext(r.Context(), "a case was not opened", "type", s.Code, "error", err)
		code := e.Code
		if i18n.Catalogue(i18n.Chinese)[code] == "" || code == "procedure.act.guard" {
			code = "not_taken"
		}
		p.showCheck(w, r, f, s, []procedure.Fault{{Code: code, Args: e.Args}})
	default:
		p.deps.Log.ErrorContext(r.Context(), "a case was not opened", "type", s.Code, "error", err)
		p.told(w, r, why(err))
	}
}

// receiptPage is what people write down.
type receiptPage struct {
	Base, Number, Code string
	Link               string
	QR                 template.HTML
	Name               string
	Region             string
	Spoken             speech
	Lang               string
}

// reportSent shows the number and the code. They stand in the page alone: its address, which logs
// and other sites may learn, has neither.
func (p *Portal) reportSent(w http.ResponseWriter, r *http.Request) {
	f, s := p.reporting(w, r)
	if f == nil {
		return
	}
	if f.draft.Receipt == nil {
		http.Redirect(w, r, f.check(), http.StatusSeeOther)
		return
	}
	p.fresh("receipt", func(_ context.Context, r *request) (string, any, bool, error) {
		got := f.draft.Receipt
		page := receiptPage{Base: f.base, Number: got.Number, Code: spaced(got.Code), Name: s.Name.In(string(r.lang)), Region: f.draft.Where}
		page.Link = "/track/" + url.PathEscape(got.Number) + "#" + got.Code
		svg, err := qrCode(p.address(r.Request) + page.Link)
		if err != nil {
			return "", nil, false, err
		}
		page.QR = template.HTML(svg)
		page.Spoken = speech{Lead: breath(r.lang, []string{r.t("receipt.title"), r.t("receipt.spoken", "number", letters(got.Number), "code", letters(got.Code)), r.t("receipt.keep")})}
		return r.t("receipt.title"), page, false, nil
	})(w, r)
}

// spaced is a code in two halves, which is easier to copy.
func spaced(code string) string {
	if len(code) != 8 {
		return code
	}
	return code[:4] + " " + code[4:]
}

// letters are characters that are read out one by one.
func letters(text string) string { return strings.Join(strings.Split(text, ""), " ") }

// reportForget forgets what a device was in the middle of.
func (p *Portal) reportForget(w http.ResponseWriter, r *http.Request) {
	p.drafts.drop(keyIn(r, draftCookie))
	if code := r.PathValue("type"); typeCode.MatchString(code) {
		p.own(w, draftCookie, fmt.Sprintf("/report/%s", code), "")
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
