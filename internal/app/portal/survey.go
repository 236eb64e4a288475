package portal

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/internal/assess/measure/survey"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Surveys takes answers from people who stay unknown.
type Surveys interface {
	// Offered are the surveys that anybody may answer now.
	Offered(ctx context.Context) ([]*survey.Asked, error)
	// StratumWithin is the part of the sample that a place lies in, of a survey of the region at a path.
	StratumWithin(path, place string) string
	// Ask is a survey by its id, or by an invitation's token.
	Ask(ctx context.Context, id, token string) (*survey.Asked, error)
	// Questions are those of the version that somebody began to answer.
	Questions(ctx context.Context, b *survey.Begun) (*survey.Asked, error)
	// Begin, Resume, Remember and Finish keep what a device began until it is an answer.
	Begin(ctx context.Context, key string, b *survey.Begun) error
	Resume(ctx context.Context, key string) (*survey.Begun, error)
	Remember(ctx context.Context, key string, b *survey.Begun) error
	Finish(ctx context.Context, key string, b *survey.Begun, mode survey.Mode, lang string) (became string, err error)
	// Waiting says whether an answer that was begun on a television waits to be taken up, and
	// TakeUp gives it to a telephone.
	Waiting(ctx context.Context, handed string, withdraw bool) (bool, error)
	TakeUp(ctx context.Context, handed string) (key string, err error)
	// Stop takes out whoever has a link and does not want to be written to.
	Stop(ctx context.Context, token string) error
}

// surveyPage answers: what am I asked, and how do I answer?
type surveyPage struct {
	Sample bool
	Wrong  string
	Says   []string
	Begun  bool
	List   []surveyLine
	Start  *surveyStart
	Stop   string // token of who may ask not to be written to
	Sure   bool   // and is asked whether they mean it
	Ask    *question
	On     string // key of an answer that was begun on a television
	All    bool
}

type surveyLine struct{ ID, Name, Until string }

type surveyStart struct {
	ID, Token string
	Places    []namedPlace
}

type namedPlace struct{ Code, Name string }

// The device's key to what it began.
const (
	surveyCookie = "tongsheng_survey"
	surveyAge    = 7 * 24 * 60 * 60 // seconds
)

func (p *Portal) begun(ctx context.Context, r *http.Request) (key string, b *survey.Begun, err error) {
	c, err := r.Cookie(surveyCookie)
	if err != nil || len(c.Value) != 32 {
		return "", nil, nil
	}
	b, err = p.deps.Surveys.Resume(ctx, c.Value)
	return c.Value, b, err
}

func (p *Portal) surveys(ctx context.Context, r *request) (string, any, bool, error) {
	offered, err := p.deps.Surveys.Offered(ctx)
	if err != nil {
		return "", nil, false, err
	}
	page := surveyPage{}
	for _, a := range offered {
		page.List = append(page.List, surveyLine{a.ID, Name{a.NameZh, a.NameEn}.In(r.lang), r.until(a)})
	}
	if len(page.List) == 0 {
		page.Says = []string{r.t("survey.none")}
	}
	_, b, err := p.begun(ctx, r.Request)
	page.Begun = b != nil
	return r.t("survey.title"), page, false, err
}

func (r *request) until(a *survey.Asked) string {
	if a.Closes == "" {
		return ""
	}
	return r.t("survey.until", "day", a.Closes)
}

// refusedSurvey is a page that says why no answer is taken; other faults are problems.
func (r *request) refusedSurvey(err error) (string, any, bool, error) {
	if e := fault.Of(err); e.Kind == fault.Conflict || e.Kind == fault.Limited || e.Code == "measure.survey.link" {
		return r.t("survey.cannot"), surveyPage{Says: []string{i18n.T(r.lang, e.Code, e.Args)}, All: true}, false, nil
	}
	return "", nil, false, err
}

func (p *Portal) surveyStart(ctx context.Context, r *request) (string, any, bool, error) {
	token := strings.ToUpper(r.PathValue("token"))
	a, err := p.deps.Surveys.Ask(ctx, r.PathValue("id"), token)
	if err != nil {
		return r.refusedSurvey(err)
	}
	page := surveyPage{Sample: a.Sample, Start: &surveyStart{ID: a.ID, Token: token}}
	page.Says = append(paragraphs(a.Form.Intro.In(string(r.lang), a.Form.Languages...)), paragraphs(Name{a.NoticeZh, a.NoticeEn}.In(r.lang))...)
	if u := r.until(a); u != "" {
		page.Says = append(page.Says, u)
	}
	if a.Contact {
		page.Stop = token
	}
	if a.Closed() {
		return r.t("survey.full"), surveyPage{Says: []string{r.t("survey.full_text")}, Stop: page.Stop, All: true}, false, nil
	}
	if !a.Invited {
		page.Start.Places, err = p.surveyPlaces(ctx, r, a)
	}
	if r.URL.Query().Has("where") {
		page.Wrong = r.t("survey.where_missing")
	}
	return Name{a.NameZh, a.NameEn}.In(r.lang), page, false, err
}

// unsaid stands for the place of who does not want to say it.
const unsaid = "-"

// surveyPlaces are where somebody may say that they live: in the survey's region, which is the only one
// to be named where no district lies in it.
func (p *Portal) surveyPlaces(ctx context.Context, r *request, a *survey.Asked) ([]namedPlace, error) {
	places := []namedPlace{}
	if r.prefs.Place != "" {
		if mine, err := p.deps.Regions.Region(ctx, r.prefs.Place); err == nil && strings.HasPrefix(mine.Path, a.RegionPath) {
			places = append(places, namedPlace{mine.Code, r.t("survey.mine", "place", mine.Full(r.lang))})
		}
	}
	districts, err := p.deps.Regions.Inside(ctx, p.deps.City)
	if err != nil {
		return nil, err
	}
	some := false
	for _, d := range districts {
		if strings.HasPrefix(d.Path, a.RegionPath) {
			places, some = append(places, namedPlace{d.Code, d.Name.In(r.lang)}), true
		}
	}
	if !some {
		only, err := p.deps.Regions.Region(ctx, a.Region)
		if err != nil {
			return nil, err
		}
		places = append(places, namedPlace{only.Code, only.Name.In(r.lang)})
	}
	return append(places, namedPlace{unsaid, r.t("survey.no_place")}), nil
}

// surveyStop asks whether somebody means not to be written to again.
func (p *Portal) surveyStop(_ context.Context, r *request) (string, any, bool, error) {
	return r.t("survey.stop"), surveyPage{Says: []string{r.t("survey.stop_text")}, Stop: strings.ToUpper(r.PathValue("token")), Sure: true}, false, nil
}

func (p *Portal) surveyStopped(w http.ResponseWriter, r *http.Request) {
	err := p.deps.Surveys.Stop(r.Context(), strings.ToUpper(r.PathValue("token")))
	p.fresh("survey", func(_ context.Context, r *request) (string, any, bool, error) {
		if err != nil {
			return r.refusedSurvey(err)
		}
		return r.t("survey.stopped"), surveyPage{Says: []string{r.t("survey.stopped_text")}, All: true}, false, nil
	})(w, r)
}

// maxAnswerForm is the size of a form with an answer, bytes.
const maxAnswerForm = 64 << 10

func (p *Portal) surveyBegin(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		http.Redirect(w, r, "/survey", http.StatusSeeOther)
		return
	}
	id, token := r.PostForm.Get("id"), r.PostForm.Get("token")
	a, err := p.deps.Surveys.Ask(r.Context(), id, token)
	if err == nil {
		key := survey.NewKey()
		b := &survey.Begun{Survey: a.ID, Token: token, Version: a.Version, Started: p.deps.Clock.Now(), Answers: engine.Answers{}}
		switch code := r.PostForm.Get("place"); {
		case a.Invited || code == unsaid:
		case regionCode.MatchString(code):
			b.Place = code
			a.Stratum = p.deps.Surveys.StratumWithin(a.RegionPath, code)
		default:
			http.Redirect(w, r, "/survey/"+url.PathEscape(a.ID)+"?where", http.StatusSeeOther)
			return
		}
		if a.Closed() {
			http.Redirect(w, r, "/survey/done?id="+url.QueryEscape(a.ID)+"&full", http.StatusSeeOther)
			return
		}
		if err := p.deps.Surveys.Begin(r.Context(), key, b); err != nil {
			p.fresh("survey", func(_ context.Context, r *request) (string, any, bool, error) { return r.refusedSurvey(err) })(w, r)
			return
		}
		p.goOn(w, r, key)
		return
	}
	back := "/survey/" + url.PathEscape(id)
	if token != "" {
		back = "/s/" + url.PathEscape(token)
	}
	http.Redirect(w, r, back, http.StatusSeeOther) // which says why
}

// goOn leads a device to what it began, or took up, under a key.
func (p *Portal) goOn(w http.ResponseWriter, r *http.Request, key string) {
	http.SetCookie(w, &http.Cookie{Name: surveyCookie, Value: key, Path: "/survey", MaxAge: surveyAge, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: p.deps.Secure})
	http.Redirect(w, r, "/survey/answer", http.StatusSeeOther)
}

// surveyOn is what the picture on a television leads to. Programs that look at links before people
// do must not take the answer up, so that a person presses a button.
func (p *Portal) surveyOn(ctx context.Context, r *request) (string, any, bool, error) {
	waiting, err := p.deps.Surveys.Waiting(ctx, r.PathValue("key"), false)
	if err == nil && !waiting {
		err = fault.New(fault.Conflict, "measure.survey.handed")
	}
	if err != nil {
		return r.refusedSurvey(err)
	}
	return r.t("survey.on"), surveyPage{Says: []string{r.t("survey.on_text")}, On: r.PathValue("key")}, false, nil
}

func (p *Portal) surveyTakeUp(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	_ = r.ParseForm() // a form that cannot be read has no key
	handed := r.PostForm.Get("key")
	key, err := p.deps.Surveys.TakeUp(r.Context(), handed)
	if err != nil {
		http.Redirect(w, r, "/survey/on/"+url.PathEscape(handed), http.StatusSeeOther) // which says why
		return
	}
	p.goOn(w, r, key)
}

func (p *Portal) surveyAsk(ctx context.Context, r *request) (string, any, bool, error) {
	_, b, err := p.begun(ctx, r.Request)
	if err != nil {
		return "", nil, false, err
	}
	if b == nil {
		return r.t("survey.cannot"), surveyPage{Says: []string{r.t("survey.lost")}, All: true}, false, nil
	}
	a, err := p.deps.Surveys.Questions(ctx, b)
	if err != nil {
		return r.refusedSurvey(err)
	}
	return Name{a.NameZh, a.NameEn}.In(r.lang), surveyPage{Sample: a.Sample, Ask: r.ask(a, b)}, false, nil
}

// surveyTake takes the answer to one question and leads on or back.
func (p *Portal) surveyTake(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, maxAnswerForm)
	key, b, err := p.begun(r.Context(), r)
	if err != nil || b == nil || r.ParseForm() != nil {
		http.Redirect(w, r, "/survey/answer", http.StatusSeeOther)
		return
	}
	a, err := p.deps.Surveys.Questions(r.Context(), b)
	if err != nil {
		http.Redirect(w, r, "/survey/answer", http.StatusSeeOther) // which says why
		return
	}
	to, err := p.step(r, key, a, b)
	if err != nil {
		p.fresh("survey", func(_ context.Context, r *request) (string, any, bool, error) { return r.refusedSurvey(err) })(w, r)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// step keeps an answer and says where to go on.
func (p *Portal) step(r *http.Request, key string, a *survey.Asked, b *survey.Begun) (to string, err error) {
	visible := a.Form.Visible(b.Answers)
	if at, err := strconv.Atoi(r.PostForm.Get("step")); err == nil && at >= 0 && at < len(visible) {
		b.Step = at // what the page showed, which the browser's own "back" may have brought up again
	}
	if b.Step >= len(visible) {
		b.Step = max(len(visible)-1, 0)
	}
	q, page := a.Form.Question(visible[b.Step])
	given := answerIn(q, r.PostForm)
	if delete(b.Answers, q.ID); given != nil {
		b.Answers[q.ID] = given
	}
	if r.PostForm.Get("go") == "back" {
		b.Step = max(b.Step-1, 0)
		return "/survey/answer", p.deps.Surveys.Remember(r.Context(), key, b)
	}
	if code := faultOf(a.Form, q, page, b.Answers); code != "" {
		return "/survey/answer?fault=" + code, p.deps.Surveys.Remember(r.Context(), key, b)
	}
	visible = a.Form.Visible(b.Answers)
	full := len(a.Form.FullQuotas(b.Answers, a.Stratum, page, a.Full)) > 0
	if b.Step++; b.Step < len(visible) && !full {
		return "/survey/answer", p.deps.Surveys.Remember(r.Context(), key, b)
	}
	if full {
		return "/survey/done?id=" + a.ID + "&full", nil
	}
	if err := p.deps.Surveys.Remember(r.Context(), key, b); err != nil { // whoever is told to wait does not lose the last answer
		return "", err
	}
	lang := string(readPrefs(r).language(r))
	became, err := p.deps.Surveys.Finish(r.Context(), key, b, survey.Phone, lang)
	for wait, code := range waits { // said at the question, where what was answered still stands
		if fault.Is(err, code) {
			return "/survey/answer?fault=" + wait, nil
		}
	}
	if err == nil && became == survey.Full {
		return "/survey/done?id=" + a.ID + "&full", nil
	}
	return "/survey/done?id=" + a.ID, err
}

func (p *Portal) surveyDone(ctx context.Context, r *request) (string, any, bool, error) {
	if r.URL.Query().Has("full") {
		return r.t("survey.full"), surveyPage{Says: []string{r.t("survey.full_text")}, All: true}, false, nil
	}
	page := surveyPage{All: true}
	if a, err := p.deps.Surveys.Ask(ctx, r.URL.Query().Get("id"), ""); err == nil {
		page.Says = paragraphs(a.Form.Thanks.In(string(r.lang), a.Form.Languages...))
	}
	page.Says = append(page.Says, r.t("survey.nothing"))
	return r.t("survey.done"), page, false, nil
}
