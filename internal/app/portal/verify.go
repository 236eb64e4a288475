package portal

import (
	"context"
	"net/http"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
)

// verifyPage answers: is this document true?
type verifyPage struct {
	Code   string
	Asked  bool
	Found  bool
	Valid  bool
	Says   string
	Title  string
	Lines  []namedLine
	Number string
	Digest string
	Signed string
	Spoken speech
	Lang   string
}

type namedLine struct{ Name, Value string }

// verifyForm leads from the form to a document's own address, which stands on the document too.
func (p *Portal) verifyForm(w http.ResponseWriter, r *http.Request) {
	if code := paperCode(r.URL.Query().Get("code")); codeForm.MatchString(code) {
		http.Redirect(w, r, "/verify/"+code, http.StatusSeeOther)
		return
	}
	p.fresh("verify", func(_ context.Context, r *request) (string, any, bool, error) {
		page := verifyPage{Asked: r.URL.Query().Has("code")}
		if page.Asked {
			page.Says = r.t("verify.unknown")
		}
		return r.t("verify.title"), page, false, nil
	})(w, r)
}

func paperCode(text string) string { return strings.ReplaceAll(tidy(text), "-", "") }

func (p *Portal) verify(w http.ResponseWriter, r *http.Request) {
	if p.limited(w, r, p.limits.verify) {
		return
	}
	p.fresh("verify", func(ctx context.Context, r *request) (string, any, bool, error) {
		page := verifyPage{Code: paperCode(r.PathValue("code")), Asked: true}
		if !codeForm.MatchString(page.Code) {
			page.Code = ""
		}
		v, err := p.deps.Cases.VerifyPaper(ctx, page.Code)
		if err != nil && !fault.IsKind(err, fault.NotFound) {
			return "", nil, false, err
		}
		if err != nil {
			page.Says = r.t("verify.unknown")
		} else {
			r.verified(&page, v)
		}
		page.Spoken = speech{Lead: breath(r.lang, []string{page.Title, page.Says})}
		return r.t("verify.title"), page, false, nil
	})(w, r)
}

func (r *request) verified(page *verifyPage, v *docket.Verified) {
	page.Found, page.Valid, page.Title = true, v.Valid, v.Title.In(string(r.lang))
	switch {
	case v.Until.IsZero():
		page.Says = r.t("verify.true", "from", r.date(v.From))
	case v.Valid:
		page.Says = r.t("verify.true_until", "from", r.date(v.From), "until", r.date(v.Until))
	default:
		page.Says = r.t("verify.over", "from", r.date(v.From), "until", r.date(v.Until))
	}
	for _, line := range v.Lines {
		page.Lines = append(page.Lines, namedLine{line.Name.In(string(r.lang)), line.Value})
	}
	if v.Licence != "" {
		page.Lines = append(page.Lines, namedLine{r.t("verify.licence"), v.Licence})
	}
	page.Number, page.Digest, page.Signed = v.Number, v.Digest, v.Signed
}

// noticesPage answers: what is published, and what can I say about it?
type noticesPage struct {
	List []noticeLine
	More string
}

type noticeLine struct {
	ID, Title, Kind, Where, When string
	Lines                        []namedLine
	Ask                          bool
}

func (p *Portal) notices(ctx context.Context, r *request) (string, any, bool, error) {
	after := r.URL.Query().Get("after")
	if len(after) > 100 {
		after = ""
	}
	found, err := p.deps.Cases.Notices(ctx, store.Page{Limit: 20, After: after})
	if err != nil {
		return "", nil, false, err
	}
	page := noticesPage{More: found.Next}
	for i := range found.Items {
		page.List = append(page.List, r.notice(&found.Items[i]))
	}
	return r.t("notices.title"), page, false, nil
}

func (r *request) notice(n *docket.Notice) noticeLine {
	line := noticeLine{ID: n.CaseID, Title: n.Title, Kind: n.TypeName.In(string(r.lang)), Where: n.Region.Name.In(string(r.lang)), When: r.at(n.At), Ask: n.Ask}
	for _, l := range n.Lines {
		line.Lines = append(line.Lines, namedLine{l.Name.In(string(r.lang)), l.Value})
	}
	return line
}

// objectPage is where somebody says what they have against what is on show.
type objectPage struct {
	Notice        noticeLine
	Text, Contact string
	Wrong, Key    string
	Done          bool
}

func (p *Portal) object(ctx context.Context, r *request) (string, any, bool, error) {
	n, err := p.deps.Cases.Notice(ctx, r.PathValue("id"))
	if err == nil && !n.Ask {
		err = errMissing
	}
	if err != nil {
		return "", nil, false, err
	}
	return r.t("object.title"), objectPage{Notice: r.notice(n), Key: newKey()}, false, nil
}

func (p *Portal) objected(w http.ResponseWriter, r *http.Request) {
	if p.limited(w, r, p.limits.object) {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxPage)
	_ = r.ParseForm() // a form that cannot be read says nothing
	o := docket.Objection{Text: r.PostForm.Get("text"), Contact: clipped(r.PostForm.Get("contact"), 200), Key: r.PostForm.Get("key")}
	if len(o.Key) != len(newKey()) {
		o.Key = newKey()
	}
	err := p.deps.Cases.Object(r.Context(), r.PathValue("id"), o)
	if err != nil && !fault.IsKind(err, fault.Invalid) {
		p.told(w, r, why(err))
		return
	}
	p.fresh("object", func(ctx context.Context, r *request) (string, any, bool, error) {
		title, content, _, again := p.object(ctx, r)
		page, ok := content.(objectPage)
		if !ok {
			return "", nil, false, again
		}
		if page.Done = err == nil; page.Done {
			return r.t("object.done"), page, false, nil
		}
		page.Text, page.Contact, page.Key, page.Wrong = o.Text, o.Contact, o.Key, r.said(err)
		return r.t("ask.wrong_title", "title", title), page, false, nil
	})(w, r)
}
