package portal

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Deps is what the portal stands on.
type Deps struct {
	Clock     clock.Clock
	Log       *slog.Logger
	Messages  Messages
	Devices   Devices
	Regions   Regions
	Standards Standards
	Surveys   Surveys
	Figures   Figures
	Licences  Licences
	Cases     Cases // nil: people can ask for nothing here
	Sites     Sites // nil: no place to go is known
	// Located finds the township of a point; nil: none is known.
	Located func(ctx context.Context, lon, lat float64) (*Region, error)
	// Paper writes a document of a case as a PDF, for who knows its number and code; nil: none can be had.
	Paper func(ctx context.Context, number, code, paper string, lang i18n.Lang) (*httpapi.File, error)

	City      string         // region code of the city that is served
	Zone      *time.Location // the city's clock
	PublicURL string         // where people reach this server, for QR codes; from the request when empty
	Secure    bool           // served under TLS: cookies go nowhere else
}

// Portal serves the citizens' pages.
type Portal struct {
	deps     Deps
	static   *static
	pages    *pages
	boards   *cache[*board]
	ready    *cache[*answer]
	drawings *cache[*drawing]
	drafts   *shelf[draft]
	passes   *shelf[pass]
	uploads  chan struct{} // as many files are taken in at once as it holds
	limits   limits
	last     atomic.Pointer[board]
}

// Pages in use at once: kinds of page in two languages, in the few looks that people
// choose, and the places that people live in.
const maxPages = 400

// New makes the portal.
func New(d Deps) *Portal {
	if d.Zone == nil {
		d.Zone = time.UTC
	}
	files := newStatic()
	return &Portal{deps: d, static: files, pages: newPages(files),
		boards: newCache[*board](d.Clock, time.Second, 1), ready: newCache[*answer](d.Clock, time.Second, maxPages),
		drawings: newCache[*drawing](d.Clock, 10*time.Minute, 64),
		drafts:   newShelf[draft](d.Clock, draftFor, draftRoom), passes: newShelf[pass](d.Clock, passFor, passRoom), uploads: make(chan struct{}, 8), limits: newLimits()}
}

// Handler serves every path that no other door has.
func (p *Portal) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.page("home", p.home))
	mux.HandleFunc("GET /m", p.page("list", p.list))
	mux.HandleFunc("GET /m/{id}", p.page("message", p.message))
	mux.HandleFunc("GET /m/{id}/qr.svg", p.qr)
	mux.HandleFunc("GET /d/{code}", p.known("device", p.device))
	mux.HandleFunc("GET /place", p.page("places", p.places))
	mux.HandleFunc("GET /place/{code}", p.page("place", p.place))
	mux.HandleFunc("GET /owed", p.page("owed", p.owed))
	mux.HandleFunc("GET /owed/for/{group}", p.page("owed", p.owed))
	mux.HandleFunc("GET /owed/s/{id}", p.page("promise", p.promise))
	mux.HandleFunc("GET /owed/draft/{id}", p.page("promise", p.draft))
	mux.HandleFunc("GET /owed/s/{id}/changes", p.page("changes", p.changes))
	mux.HandleFunc("GET /owed/s/{id}/next", p.page("changes", p.nextChanges))
	mux.HandleFunc("GET /owed/draft/{id}/changes", p.page("changes", p.draftChanges))
	mux.HandleFunc("GET /figures", p.current("figures", p.figures))
	mux.HandleFunc("GET /figures/d/{region}", p.current("figures", p.figures))
	mux.HandleFunc("GET /figures/i/{code}", p.current("figure", p.figure))
	mux.HandleFunc("GET /figures/i/{code}/{region}", p.current("figure", p.figure))
	mux.HandleFunc("GET /figures/s/{id}", p.current("score", p.score))
	mux.HandleFunc("GET /licences", p.page("licences", p.licences))
	mux.HandleFunc("GET /settings", p.page("settings", p.settings))
	mux.HandleFunc("POST /settings", p.choose)
	mux.HandleFunc("GET /about", p.page("about", p.about))
	mux.HandleFunc("GET /survey", p.fresh("survey", p.surveys))
	mux.HandleFunc("GET /survey/{id}", p.fresh("survey", p.surveyStart))
	mux.HandleFunc("GET /s/{token}", p.fresh("survey", p.surveyStart))
	mux.HandleFunc("GET /s/{token}/stop", p.fresh("survey", p.surveyStop))
	mux.HandleFunc("POST /s/{token}/stop", p.surveyStopped)
	mux.HandleFunc("POST /survey/begin", p.surveyBegin)
	mux.HandleFunc("GET /survey/on/{key}", p.fresh("survey", p.surveyOn))
	mux.HandleFunc("POST /survey/on", p.surveyTakeUp)
	mux.HandleFunc("GET /survey/answer", p.fresh("survey", p.surveyAsk))
	mux.HandleFunc("POST /survey/answer", p.surveyTake)
	mux.HandleFunc("GET /survey/done", p.fresh("survey", p.surveyDone))
	p.routeCases(mux)
	mux.HandleFunc("GET /now", p.now)
	mux.HandleFunc("GET /portal/{file}", p.static.ServeHTTP)
	mux.HandleFunc("GET /push.js", p.static.worker)
	mux.HandleFunc("/", p.page("problem", p.nothing))
	return mux
}

// routeCases serves what people ask for, and what became of it.
func (p *Portal) routeCases(mux *http.ServeMux) {
	for path, h := range map[string]http.HandlerFunc{
		"GET /report":                      p.report,
		"GET /report/{type}":               p.fresh("start", p.reportStart),
		"POST /report/{type}":              p.reportBegin,
		"GET /report/{type}/q/{q}":         p.reportAsk,
		"POST /report/{type}/q/{q}":        p.reportTake,
		"GET /report/{type}/check":         p.reportCheck,
		"POST /report/{type}/check":        p.reportSend,
		"GET /report/{type}/sent":          p.reportSent,
		"POST /report/{type}/forget":       p.reportForget,
		"GET /report/{type}/paper":         p.page("paper", p.paper),
		"GET /track":                       p.fresh("track", p.track),
		"POST /track":                      p.trackOpen,
		"GET /track/{number}":              p.fresh("track", p.track),
		"GET /track/case":                  p.trackCase,
		"POST /track/close":                p.trackClose,
		"GET /track/case/paper/{id}":       p.trackPaper,
		"GET /track/case/say":              p.trackSay,
		"POST /track/case/say":             p.trackSaid,
		"GET /track/case/do/{step}":        p.doStart,
		"GET /track/case/do/{step}/q/{q}":  p.doAsk,
		"POST /track/case/do/{step}/q/{q}": p.doTake,
		"GET /track/case/do/{step}/check":  p.doCheck,
		"POST /track/case/do/{step}/check": p.doSend,
		"GET /verify":                      p.verifyForm,
		"GET /verify/{code}":               p.verify,
		"GET /notices":                     p.fresh("notices", p.notices),
		"GET /notices/{id}/object":         p.fresh("object", p.object),
		"POST /notices/{id}/object":        p.objected,
		"GET /help-card":                   p.page("card", p.helpCard),
	} {
		mux.HandleFunc(path, p.cases(h))
	}
}
