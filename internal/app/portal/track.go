package portal

import (
	"context"
	"html/template"
	"net/http"
	"regexp"
	"strings"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
)

// trackPage asks for a number and its code. The code comes by a form or behind a "#", never in an
// address that is sent.
type trackPage struct {
	Number string
	Wrong  string
	Known  bool // a link may hold the code
}

var (
	numberForm = regexp.MustCompile(`^[A-Z0-9\-]{3,24}$`)
	codeForm   = regexp.MustCompile(`^[A-Z0-9]{4,16}$`)
	typeCode   = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
)

func (p *Portal) track(_ context.Context, r *request) (string, any, bool, error) {
	page := trackPage{Number: tidy(r.PathValue("number")), Known: true}
	if !numberForm.MatchString(page.Number) {
		page.Number = ""
	}
	return r.t("track.title"), page, false, nil
}

// tidy is what people copied from paper as it is kept: without spaces, in capitals, in plain letters.
func tidy(text string) string {
	return strings.ToUpper(strings.Join(strings.Fields(narrow(text)), ""))
}

// trackOpen takes a number and a code and remembers for a while that they are known.
func (p *Portal) trackOpen(w http.ResponseWriter, r *http.Request) {
	if p.limited(w, r, p.limits.track) {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	_ = r.ParseForm() // a form that cannot be read has no number
	number, code := tidy(r.PostForm.Get("number")), strings.ReplaceAll(tidy(r.PostForm.Get("code")), "-", "")
	wrong := ""
	switch {
	case number == "":
		wrong = "track.no_number"
	case code == "":
		wrong = "track.no_code"
	case !numberForm.MatchString(number) || !codeForm.MatchString(code):
		wrong = "track.unknown"
	}
	if wrong == "" {
		_, err := p.deps.Cases.Track(r.Context(), number, code)
		switch {
		case fault.IsKind(err, fault.NotFound):
			wrong = "track.unknown"
		case err != nil:
			p.told(w, r, why(err))
			return
		}
	}
	if wrong != "" {
		if !numberForm.MatchString(number) {
			number = ""
		}
		p.fresh("track", func(_ context.Context, r *request) (string, any, bool, error) {
			return r.t("ask.wrong_title", "title", r.t("track.title")), trackPage{Number: number, Wrong: r.t(wrong)}, false, nil
		})(w, r)
		return
	}
	key := newKey()
	if !p.passes.put(key, pass{Number: number, Code: code}, 256) {
		p.told(w, r, "busy")
		return
	}
	p.own(w, passCookie, "/track", key)
	http.Redirect(w, r, "/track/case", http.StatusSeeOther)
}

// passed is the case that a device proved to know; without one it is asked for the code.
func (p *Portal) passed(w http.ResponseWriter, r *http.Request) (key string, it pass, c *docket.PublicCase) {
	key = keyIn(r, passCookie)
	it, found := p.passes.get(key)
	if !found {
		http.Redirect(w, r, "/track", http.StatusSeeOther)
		return "", it, nil
	}
	c, err := p.deps.Cases.Track(r.Context(), it.Number, it.Code)
	if err != nil {
		p.told(w, r, why(err))
		return "", it, nil
	}
	p.passes.put(key, it, 256+it.Draft.size())
	return key, it, c
}

// casePage answers: where does my case stand?
type casePage struct {
	Number, Name, Title string
	State               string
	Closed              bool
	Region              string
	Next                string
	Past                []pastLine
	May                 []mayLine
	Said                []checkLine
	Papers              []mayLine
	Done                bool // something was just done
	Spoken              speech
	Lang                string
}

type pastLine struct {
	At       template.HTML
	Says     string
	Comments []string
}

type mayLine struct{ Href, Name, Warn string }

func (p *Portal) trackCase(w http.ResponseWriter, r *http.Request) {
	_, _, c := p.passed(w, r)
	if c == nil {
		return
	}
	p.fresh("case", func(_ context.Context, r *request) (string, any, bool, error) {
		return r.t("track.stands", "number", c.Number), p.casePage(r, c), false, nil
	})(w, r)
}

func (p *Portal) casePage(r *request, c *docket.PublicCase) casePage {
	say := func(w procedure.Words) string { return w.In(string(r.lang)) }
	page := casePage{Number: c.Number, Name: say(c.TypeName), Title: c.Title, State: say(c.StateName), Closed: c.Closed, Region: say(c.Region.Name), Done: r.URL.Query().Has("done")}
	if !c.Closed && !c.Due.IsZero() {
		key := "track.next"
		if c.Due.Before(r.now) {
			key = "track.late"
		}
		page.Next = r.t(key, "what", say(c.DueName), "time", r.at(c.Due))
	}
	page.Past = r.past(c.Past)
	for _, m := range choices(c.Steps) {
		page.May = append(page.May, mayLine{"/track/case/do/" + m.ID, r.doName(m), say(m.Warn)})
	}
	for _, paper := range c.Papers {
		line := say(paper.Title)
		if !paper.Until.IsZero() {
			line = r.t("track.paper_until", "name", line, "day", r.date(paper.Until))
		}
		shown := mayLine{Name: line}
		if p.deps.Paper != nil {
			shown.Href = "/track/case/paper/" + paper.ID
		}
		page.Papers = append(page.Papers, shown)
	}
	if s, err := p.deps.Cases.Service(c.Type); err == nil && s.Form != nil {
		empty := draft{Names: map[string]string{}}
		for i := range s.Form.Fields {
			if f := &s.Form.Fields[i]; c.Data[f.ID] != nil {
				page.Said = append(page.Said, checkLine{Title: f.Title.In(string(r.lang)), Says: r.answerSays(&empty, f, c.Data[f.ID])})
			}
		}
	}
	spoken := []string{r.t("track.now", "state", page.State), page.Next}
	for _, m := range page.May {
		spoken = append(spoken, r.t("track.may")+r.t("ask.colon")+m.Name)
	}
	page.Spoken = speech{Lead: breath(r.lang, spoken)}
	return page
}

// past tells what happened, the latest first; what happened at once is one line.
func (r *request) past(steps []docket.PublicStep) (lines []pastLine) {
	for i := 0; i < len(steps); {
		line := pastLine{At: r.time(steps[i].At)}
		var says []string
		at := steps[i].At
		for ; i < len(steps) && steps[i].At.Equal(at); i++ {
			says = append(says, steps[i].Say.In(string(r.lang)))
			line.Comments = append(line.Comments, paragraphs(steps[i].Why)...)
		}
		line.Says = strings.Join(says, r.t("ask.colon"))
		lines = append([]pastLine{line}, lines...)
	}
	return lines
}

// choices are what somebody may do, each once: steps that ask the same are one question, and what is
// answered decides which of them it is.
func choices(steps []docket.PublicMay) (out []docket.PublicMay) {
	asked := map[string]bool{}
	for _, s := range steps {
		if s.Form != nil && s.Form.ID != "" {
			if asked[s.Form.ID] {
				continue
			}
			asked[s.Form.ID] = true
		}
		out = append(out, s)
	}
	return out
}

// doName is what a choice is called: the question, where several steps hang on it.
func (r *request) doName(m docket.PublicMay) string {
	if m.Form != nil && m.Form.Title.Zh != "" {
		return m.Form.Title.In(string(r.lang))
	}
	return m.Name.In(string(r.lang))
}

var paperID = regexp.MustCompile(`^[0-9A-Z]{26}$`)

// trackPaper gives a document of the case to keep and to print.
func (p *Portal) trackPaper(w http.ResponseWriter, r *http.Request) {
	_, it, c := p.passed(w, r)
	if c == nil || p.limited(w, r, p.limits.verify) {
		return
	}
	id := r.PathValue("id")
	if p.deps.Paper == nil || !paperID.MatchString(id) {
		p.told(w, r, "gone")
		return
	}
	file, err := p.deps.Paper(r.Context(), it.Number, it.Code, id, readPrefs(r).language(r))
	if err != nil {
		p.told(w, r, why(err))
		return
	}
	h := w.Header()
	h.Set("Content-Type", file.ContentType)
	h.Set("Content-Disposition", file.Disposition)
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(file.Body)
}

// trackClose forgets the case on this device.
func (p *Portal) trackClose(w http.ResponseWriter, r *http.Request) {
	p.passes.drop(keyIn(r, passCookie))
	p.own(w, passCookie, "/track", "")
	http.Redirect(w, r, "/track", http.StatusSeeOther)
}
