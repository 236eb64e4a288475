package portal

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	pagefiles "github.com/tongsheng/tongsheng/web/portal"
)

// request is what a page is made for.
type request struct {
	*http.Request
	words
	prefs prefs
	board *board // nil when it could never be read
}

// frame is what every page has around its own content, which is Page.
type frame struct {
	Lang    i18n.Lang
	HTML    string // the language as HTML names it
	Prefs   prefs
	Path    string // of this page, to come back to
	Here    string // the page's name
	Title   string
	City    string
	Drill   bool // everything on the page is a drill
	Stale   bool // the messages could not be read anew
	Checked string
	Seen    string
	Files   *static
	Asks    bool // people can ask for something here
	Page    any
}

// build makes a page's content; drill says that all of it is a drill.
type build func(ctx context.Context, r *request) (title string, content any, drill bool, err error)

// answer is a page as it is sent.
type answer struct {
	status int
	kind   string
	body   []byte
	packed []byte // gzip
	tag    string
}

// page serves what build makes, made at most once a second for each address and look.
func (p *Portal) page(name string, make build) http.HandlerFunc {
	return p.serve(name, "public, max-age=2", func(context.Context) (int64, error) { return 0, nil }, make)
}

// serve serves what build makes, made anew when the version of what it is made of changes, and
// else at most once a second for each address and look; keep says how long others may keep it.
func (p *Portal) serve(name, keep string, version func(context.Context) (int64, error), make build) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		of, err := version(r.Context())
		if err != nil {
			p.deps.Log.ErrorContext(r.Context(), "it is not known whether a page changed", "page", name, "error", err) // the page says so
		}
		prefs := readPrefs(r)
		lang := prefs.language(r)
		key := strings.Join([]string{name, r.URL.Path, query(r.URL), fmt.Sprint(r.URL.Query().Has("saved")), string(lang), prefs.encode(), fmt.Sprint(of)}, "\n")
		a, err := p.ready.get(key, func() (*answer, error) {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), patience)
			defer cancel()
			return p.render(ctx, name, r, prefs, lang, make)
		})
		if err != nil {
			p.deps.Log.ErrorContext(r.Context(), "a page cannot be made", "page", name, "error", err)
			http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
			return
		}
		h := w.Header()
		h.Add("Vary", "Cookie, Accept-Language")
		h.Set("Cache-Control", keep)
		a.send(w, r)
	}
}

// fresh serves what is one reader's own, and never kept.
func (p *Portal) fresh(name string, make build) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		prefs := readPrefs(r)
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		a, err := p.render(ctx, name, r, prefs, prefs.language(r), make)
		if err != nil {
			p.deps.Log.ErrorContext(r.Context(), "a page cannot be made", "page", name, "error", err)
			http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		a.send(w, r)
	}
}

// known serves a page anew to whoever is signed in, who may find more on it, and to everybody else
// as it is kept.
func (p *Portal) known(name string, make build) http.HandlerFunc {
	public, own := p.page(name, make), p.fresh(name, make)
	return func(w http.ResponseWriter, r *http.Request) {
		if auth.From(r.Context()) != nil {
			own(w, r)
			return
		}
		public(w, r)
	}
}

// query is what of an address's question any page reads, cut to a length.
func query(u *url.URL) string {
	q := strings.TrimSpace(u.Query().Get("q"))
	if r := []rune(strings.ToValidUTF8(q, "")); len(r) > 40 {
		q = string(r[:40])
	}
	return q
}

func (p *Portal) render(ctx context.Context, name string, hr *http.Request, prefs prefs, lang i18n.Lang, make build) (*answer, error) {
	r := &request{Request: hr, prefs: prefs, words: words{lang, p.deps.Clock.Now(), p.deps.Zone}}
	f := frame{Lang: lang, HTML: htmlLang(lang), Prefs: prefs, Path: hr.URL.Path, Here: name, Files: p.static, Asks: p.deps.Cases != nil}
	if q := query(hr.URL); q != "" {
		f.Path += "?" + url.Values{"q": {q}}.Encode()
	}
	if city, err := p.deps.Regions.Region(ctx, p.deps.City); err == nil {
		f.City = city.Name.In(lang)
	}
	b, err := p.readBoard(ctx)
	if err == nil {
		r.board, f.Stale, f.Seen = b, b.stale, b.seen(r.now)
		f.Checked = r.t("checked", "time", r.at(b.at))
	}
	status := http.StatusOK
	f.Title, f.Page, f.Drill, err = make(ctx, r)
	if err != nil {
		status, f.Here = statusOf(err), "problem"
		f.Title, f.Page, f.Drill = r.t("problem."+problemOf(status)+".title"), problem{problemOf(status)}, false
		if status >= 500 {
			p.deps.Log.ErrorContext(ctx, "a page failed", "page", name, "path", hr.URL.Path, "error", err)
		}
	}
	var out bytes.Buffer
	if err := p.pages.write(&out, &f); err != nil {
		return nil, err
	}
	return newAnswer(status, "text/html; charset=utf-8", out.Bytes()), nil
}

func newAnswer(status int, kind string, body []byte) *answer {
	var packed bytes.Buffer
	z, _ := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	_, _ = z.Write(body) // into memory: cannot fail
	_ = z.Close()
	sum := sha256.Sum256(body)
	return &answer{status, kind, body, packed.Bytes(), hex.EncodeToString(sum[:12])}
}

// send writes the answer, or only says that the reader has it already.
func (a *answer) send(w http.ResponseWriter, r *http.Request) {
	h, body := w.Header(), a.body
	form := httpapi.FormOf(r.Header.Get("Accept-Encoding"), r.Header.Get("If-None-Match"), a.tag)
	h.Add("Vary", "Accept-Encoding")
	h.Set("ETag", form.ETag)
	if a.status == http.StatusOK && form.Known {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if form.Packed {
		body = a.packed
		h.Set("Content-Encoding", "gzip")
	}
	if a.status != http.StatusOK {
		h.Set("Cache-Control", "no-cache")
	}
	h.Set("Content-Type", a.kind)
	h.Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// problem is a page that could not be what was asked for.
type problem struct{ Kind string }

func statusOf(err error) int {
	if fault.IsKind(err, fault.NotFound) || fault.IsKind(err, fault.Invalid) {
		return http.StatusNotFound
	}
	return http.StatusServiceUnavailable
}

func problemOf(status int) string {
	if status == http.StatusNotFound {
		return "missing"
	}
	return "trouble"
}

// pages are the templates, one set for each page and language.
type pages struct {
	sets map[i18n.Lang]map[string]*template.Template
}

var pageNames = []string{"home", "list", "message", "device", "places", "place", "settings", "about", "owed", "promise", "changes", "survey", "figures", "figure", "score", "licences", "problem",
	"report", "start", "ask", "receipt", "told", "track", "case", "say", "verify", "notices", "object", "card", "paper"}

func newPages(files *static) *pages {
	out := &pages{map[i18n.Lang]map[string]*template.Template{}}
	for _, lang := range i18n.Langs {
		out.sets[lang] = map[string]*template.Template{}
		base := template.Must(template.New("frame.gohtml").Funcs(template.FuncMap{
			"t":     func(key string, pairs ...any) string { return t(lang, key, pairs...) },
			"shape": func(severity string) template.HTMLAttr { return template.HTMLAttr(`d="` + shapes[severity] + `"`) },
			"dict":  dict,
			"space": func() string { return betweenSentences(lang) },
		}).ParseFS(pagefiles.Templates, "templates/frame.gohtml", "templates/parts.gohtml"))
		for _, name := range pageNames {
			out.sets[lang][name] = template.Must(template.Must(base.Clone()).ParseFS(pagefiles.Templates, "templates/"+name+".gohtml"))
		}
	}
	return out
}

func (p *pages) write(out *bytes.Buffer, f *frame) error {
	return p.sets[f.Lang][f.Here].ExecuteTemplate(out, "frame.gohtml", f)
}

// dict hands several values to a template: names and values in turn.
func dict(pairs ...any) map[string]any {
	m := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return m
}

// shapes are the outlines of the severities in a square of 20, the same on every door.
var shapes = map[string]string{
	"red":    "M6.2 1h7.6L19 6.2v7.6L13.8 19H6.2L1 13.8V6.2z",
	"orange": "M10 .8 19.2 10 10 19.2.8 10z",
	"yellow": "M10 1.6 19.4 18H.6z",
	"blue":   "M10 1.2a8.8 8.8 0 1 1 0 17.6a8.8 8.8 0 1 1 0-17.6z",
	"none":   "M2 2h16v16H2z",
}
