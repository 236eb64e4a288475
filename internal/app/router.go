package app

import (
	"net"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/obs"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/web"
)

// compressible are the types worth compressing; event streams must not wait for a block.
var compressible = []string{"application/json", "application/problem+json", "application/geo+json", "text/html", "text/css", "text/javascript", "image/svg+xml", "text/csv"}

// routes puts everything that is served over HTTP on one router.
func (a *App) routes(session func(*http.Request) (*auth.Principal, error)) http.Handler {
	r := chi.NewRouter()
	proxies, _ := a.cfg.HTTP.Proxies() // checked when the configuration was read
	r.Use(httpapi.Patience(a.clock, httpapi.WriteTimeout), httpapi.Addresses(proxies), httpapi.Languages, httpapi.PlainRequestIDs, middleware.RequestID, a.metrics.Requests, httpapi.Recover, httpapi.Harden(a.cfg.HTTP.Secure()))
	r.Get("/mqtt", a.gateway.ServeHTTP) // terminals in a browser stay for days and have limits of their own
	r.Group(func(r chi.Router) {
		r.Use(httpapi.Share(requestsEach))
		a.pages(r, session)
	})
	return r
}

// pages are what is asked and answered.
func (a *App) pages(r chi.Router, session func(*http.Request) (*auth.Principal, error)) {
	r.Get("/healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	r.Get("/readyz", obs.Ready(
		obs.Check{Name: "database", Run: a.databaseAnswers},
		obs.Check{Name: "bus", Run: a.busAnswers},
		obs.Check{Name: "events", Run: a.eventsFlow, Told: true}, // orders go out all the same
		obs.Check{Name: "room", Run: a.diskHasRoom, Told: true},
	))
	if a.cfg.HTTP.Metrics == "" {
		r.With(loopbackOnly).Handle("/metrics", a.metrics.Handler())
	}
	r.Handle("/console", http.RedirectHandler("/console/", http.StatusMovedPermanently))
	r.Handle("/console/*", web.Console())
	r.Handle("/screen", http.RedirectHandler("/screen/", http.StatusMovedPermanently))
	r.Handle("/screen/*", web.Screen())
	r.Handle("/tv", http.RedirectHandler("/tv/", http.StatusMovedPermanently))
	r.Handle("/tv/*", web.TV())
	r.Handle("/field", http.RedirectHandler("/field/", http.StatusMovedPermanently))
	r.Handle("/field/*", web.Field())
	r.Handle("/task", http.RedirectHandler("/task/", http.StatusMovedPermanently))
	r.Handle("/task/*", web.Task())
	r.Handle("/sw.js", web.Worker())
	r.Handle("/assets/*", web.Assets())

	r.Group(func(r chi.Router) {
		r.Use(asked, middleware.Compress(5, compressible...), obs.Traced(a.cfg.Trace.Endpoint != ""), httpapi.WellFormed, httpapi.SameOrigin, httpapi.Identify(session))
		a.register(httpapi.New(r, a.version, publicOperations), session)
		for _, path := range []string{"/api/*", "/media/*"} { // for programs: no page for people
			r.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
				httpapi.WriteProblem(w, r, fault.New(fault.NotFound, "request.not_found"))
			})
		}
		r.Mount("/", a.portal.Handler())
	})
}

// asked says that somebody waits for what is done; on a full disk that goes first.
func asked(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(store.ForPeople(r.Context())))
	})
}

// loopbackOnly keeps figures about the process from strangers. What a proxy on this
// machine passes on comes from elsewhere.
func loopbackOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() || r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" {
			httpapi.WriteProblem(w, r, fault.New(fault.NotFound, "request.not_found"))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// What the web may take of the process's descriptors, and what is left to files and the
// database; the rest is for terminals.
const (
	webShare     = 8 // one in so many
	webLeast     = 64
	filesLeast   = 128
	perAddress   = 512 // connections
	requestsEach = 256 // requests under way of one address, live streams included
	streamsEach  = 64  // requests under way on one HTTP/2 connection
)

func webLimit() int { return max(descriptors()/webShare, webLeast) }

// terminalLimit is how many terminals may be connected.
func (a *App) terminalLimit() int {
	limit := max(descriptors()-webLimit()-filesLeast, webLeast)
	if limit < fewTerminals {
		a.log.Warn("few terminals can connect: the limit of open files is low (ulimit -n, LimitNOFILE)", "terminals", limit)
	}
	return limit
}

// fewTerminals is fewer than a district has.
const fewTerminals = 2000

func (a *App) countConnections() *httpapi.Connections {
	proxies, _ := a.cfg.HTTP.Proxies() // checked when the configuration was read
	refused := a.metrics.Counter("http_connections_refused_total", "Web connections that were refused, by whose limit was reached.", "limit")
	limit := webLimit()
	return httpapi.NewConnections(limit, min(perAddress, limit/4), proxies, a.clock, a.log, func(why string) { refused.WithLabelValues(why).Inc() })
}

func server(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: httpapi.ReadHeaderTimeout,
		IdleTimeout: httpapi.IdleTimeout, MaxHeaderBytes: httpapi.MaxHeaderBytes, ReadTimeout: 2 * time.Minute,
		HTTP2: &http.HTTP2Config{MaxConcurrentStreams: streamsEach}}
}
