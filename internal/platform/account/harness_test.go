package account

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/pquerna/otp/totp"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/keyring"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// open are the operations that need no session.
var open = []string{"session-create", "session-totp", "session-totp-enrol", "session-recovery", "session-passkey-options", "session-passkey",
	"session-password", "session-methods", "session-oidc", "session-oidc-callback"}

// house is a running server with its database, clock and officers.
type house struct {
	*Module
	t        *testing.T
	clk      *clock.Manual
	server   *httptest.Server
	welcomes map[string]Welcome
}

const here = "cn.11.110105."

// issuer is a role that the application would give: somebody who works, not administers.
var issuer = Role{ID: "issuer", NameZH: "签发人", NameEN: "Issuer", Permissions: []auth.Permission{"alert.issue"}}

func quick(m *Module) {
	m.hasher.cost = cost{1, 64, 1}
	m.decoy, _ = m.hasher.hash(context.Background(), "decoy")
}

// build starts a house on a database. Its officers are amy (no administrator), sys, sec,
// sec2 and aud.
func build(t *testing.T, db *store.DB, clk *clock.Manual, change ...func(*Deps)) *house {
	t.Helper()
	sealer, err := keyring.KeyFile(t.TempDir() + "/key")
	if err != nil {
		t.Fatal(err)
	}
	d := Deps{DB: db, Clock: clk, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Sealer: sealer, Settings: Settings{PublicURL: "http://localhost"}}
	for _, c := range change {
		c(&d)
	}
	m, err := New(d)
	if err != nil {
		t.Fatal(err)
	}
	quick(m)
	ctx := context.Background()
	if err := m.Seed(ctx, append(Administrators(), issuer)); err != nil {
		t.Fatal(err)
	}
	officer := func(username, name, role, path string) Officer {
		return Officer{NewUser{Username: username, Name: name, RegionPath: here}, map[string]string{role: path}}
	}
	made, err := m.Bootstrap(ctx, []Officer{
		officer("amy", "艾米", "issuer", here), officer("sys", "系统员", SystemAdministrator, auth.Root),
		officer("sec", "安全员", SecurityAdministrator, auth.Root), officer("sec2", "安全员二", SecurityAdministrator, auth.Root),
		officer("aud", "审计员", AuditAdministrator, auth.Root),
	})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{Module: m, t: t, clk: clk, welcomes: map[string]Welcome{}}
	for _, w := range made {
		h.welcomes[w.Username] = w
	}
	router := chi.NewRouter()
	router.Use(httpapi.Languages, httpapi.Recover, httpapi.SameOrigin, httpapi.Identify(m.Session))
	api := httpapi.New(router, "test", open)
	m.Register(api)
	audit.Register(api, db, nil, time.FixedZone("", 8*3600))
	h.server = httptest.NewServer(router)
	t.Cleanup(h.server.Close)
	return h
}

// each runs a test on a house on both databases.
func each(t *testing.T, fn func(h *house), change ...func(*Deps)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) { fn(build(t, db, clk, change...)) }, Migrations())
}

// browser is one person's browser with its cookies.
type browser struct {
	h      *house
	client *http.Client
}

func (h *house) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return &browser{h, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// reply is what a browser got back.
type reply struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

func (b *browser) do(method, path string, in any, header ...string) reply {
	b.h.t.Helper()
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			b.h.t.Fatal(err)
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(method, b.h.server.URL+path, body)
	if err != nil {
		b.h.t.Fatal(err)
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := b.client.Do(req)
	if err != nil {
		b.h.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		b.h.t.Fatal(err)
	}
	return reply{b.h.t, resp.StatusCode, resp.Header, raw}
}

// want fails the test unless the reply has this status and, for a problem, this code.
func (r reply) want(status int, code ...string) reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("status %d, want %d: %s", r.status, status, r.body)
	}
	if len(code) > 0 && r.code() != code[0] {
		r.t.Fatalf("code %q, want %q", r.code(), code[0])
	}
	return r
}

func (r reply) code() string {
	var p struct {
		Code string `json:"code"`
	}
	_ = json.Unmarshal(r.body, &p)
	return p.Code
}

func as[T any](r reply) (v T) {
	r.t.Helper()
	if err := json.Unmarshal(r.body, &v); err != nil {
		r.t.Fatalf("%v: %s", err, r.body)
	}
	return v
}

type object map[string]any

// cookies are those that the browser holds.
func (b *browser) cookies() []*http.Cookie {
	u, _ := url.Parse(b.h.server.URL)
	return b.client.Jar.Cookies(u)
}

// token is the session cookie that the browser holds.
func (b *browser) token() string {
	for _, c := range b.cookies() {
		if c.Name == "tongsheng" {
			return c.Value
		}
	}
	return ""
}

func (b *browser) setToken(v string) {
	b.setCookie(&http.Cookie{Name: "tongsheng", Value: v, Path: "/"})
}

func (b *browser) setCookie(c *http.Cookie) {
	u, _ := url.Parse(b.h.server.URL)
	b.client.Jar.SetCookies(u, []*http.Cookie{c})
}

// code is the present one-time code for a secret.
func (h *house) code(secret string) string {
	h.t.Helper()
	code, err := totp.GenerateCode(secret, h.clk.Now())
	if err != nil {
		h.t.Fatal(err)
	}
	return code
}

// next moves to a time step whose code was not used.
func (h *house) next() { h.clk.Advance(totpPeriod * time.Second) }

// enter signs an officer in and returns their browser.
func (h *house) enter(username string) *browser {
	h.t.Helper()
	b := h.browser()
	h.enterIn(b, username)
	return b
}

// enterIn signs an officer in with a browser.
func (h *house) enterIn(b *browser, username string) {
	h.t.Helper()
	w := h.welcomes[username]
	h.next()
	b.do("POST", "/api/session", object{"username": username, "password": w.Password}).want(200)
	s := as[Session](b.do("POST", "/api/session/totp", object{"code": h.code(w.TOTP.Secret)}).want(200))
	if s.State != "signed_in" || s.User == nil || s.User.Username != username {
		h.t.Fatalf("signed in as %+v", s)
	}
}

// id is an officer's account.
func (h *house) id(username string) string {
	h.t.Helper()
	u, found, err := userByName(context.Background(), h.DB, username)
	if err != nil || !found {
		h.t.Fatal(username, found, err)
	}
	return u.ID
}

// records are the audit records of an action, newest first.
func (h *house) records(action string) []audit.Record {
	h.t.Helper()
	list, err := audit.Find(context.Background(), h.DB, audit.Filter{Action: action, Scope: auth.Everywhere})
	if err != nil {
		h.t.Fatal(err)
	}
	return list.Items
}

func versionOf(h *house, username string) string {
	h.t.Helper()
	u, _, err := userByName(context.Background(), h.DB, username)
	if err != nil {
		h.t.Fatal(err)
	}
	return httpapi.ETag(u.Version)
}
