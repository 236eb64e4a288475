package account

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/emmansun/gmsm/sm3"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// state is how far a session has come.
type state string

const (
	wantsFactor    state = "second_factor"
	wantsEnrolment state = "enrol_second_factor"
	wantsPassword  state = "change_password"
	signedIn       state = "signed_in"
)

const (
	pendingLife   = 10 * time.Minute // a sign-in not finished by then begins again
	flushEvery    = time.Minute      // uses of sessions are written down this often
	maxSessions   = 10               // of one person; a new one ends the oldest
	maxCodes      = 5                // wrong second factors before a sign-in begins again
	tokenBytes    = 32
	maxAgentChars = 200
	browserSuffix = "-browser" // of a cookie's name, after the session cookie's
)

type session struct {
	ID        string
	CreatedAt time.Time
	SeenAt    time.Time
	FreshAt   time.Time
	Address   string
	Agent     string

	token     string // digest
	browser   string // digest; empty for a session begun before browsers were known
	userID    string
	state     state
	challenge string
	failures  int64
}

// over tells whether a session has ended by the time now.
func (m *Module) over(s session, now time.Time) bool {
	if s.state != signedIn {
		return now.Sub(s.SeenAt) >= pendingLife
	}
	return now.Sub(s.SeenAt) >= m.Idle || now.Sub(s.CreatedAt) >= m.Absolute
}

func errOver() *fault.Error { return fault.New(fault.Unauthenticated, "account.session.over") }

// newToken makes a cookie's value and the digest that is kept of it.
func newToken() (token, kept string) {
	raw := make([]byte, tokenBytes)
	_, _ = rand.Read(raw)
	token = base64.RawURLEncoding.EncodeToString(raw)
	return token, digest(token)
}

func digest(token string) string {
	sum := sm3.Sum([]byte(token))
	return hex.EncodeToString(sum[:])
}

// cookieName is bound to host and TLS by its prefix where there is TLS.
func (m *Module) cookieName() string {
	if m.secure() {
		return "__Host-tongsheng"
	}
	return "tongsheng"
}

// cookie carries a token for as long as the browser is open; an empty token removes it.
func (m *Module) cookie(token string) *http.Cookie {
	c := &http.Cookie{Name: m.cookieName(), Value: token, Path: "/", HttpOnly: true, Secure: m.secure(), SameSite: http.SameSiteLaxMode}
	if token == "" {
		c.MaxAge = -1
	}
	return c
}

// browserCookie tells the browser from others for a long time (see attempts). It lets
// nobody in.
func (m *Module) browserCookie(browser string) *http.Cookie {
	c := m.cookie(browser)
	c.Name, c.MaxAge = c.Name+browserSuffix, int(browserLife.Seconds())
	return c
}

// tokenIn is the token in a Cookie header, or nothing.
func (m *Module) tokenIn(header string) string { return m.valueIn(header, m.cookieName()) }

func (m *Module) valueIn(header, name string) string {
	cookies, err := http.ParseCookie(header)
	if err != nil {
		return ""
	}
	for _, c := range cookies {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// visit is what a browser's request brings to a first step.
func (m *Module) visit(agent, cookies string) Visit {
	return Visit{agent, m.tokenIn(cookies), m.valueIn(cookies, m.cookieName()+browserSuffix)}
}

// Session is who a request comes from, for httpapi.Identify; nil is a visitor. A stream
// of events and a request marked X-Background do not count as use: a console that only
// refreshes itself is idle.
func (m *Module) Session(r *http.Request) (*auth.Principal, error) {
	token := m.tokenIn(strings.Join(r.Header.Values("Cookie"), "; "))
	if token == "" {
		return nil, nil
	}
	now := m.Clock.Now()
	e, err := m.sessions.get(r.Context(), digest(token), now, m.load)
	if err != nil || e == nil || m.over(m.sessions.withUse(e.session), now) {
		return nil, err
	}
	if r.Header.Get("X-Background") == "" && r.Header.Get("Accept") != "text/event-stream" {
		m.sessions.use(e.session, now)
	}
	who := *e.who // Identify fills in the request's number and address
	return &who, nil
}

// load reads a signed-in session with what its person may do; nil when there is none.
func (m *Module) load(ctx context.Context, digest string) (*entry, error) {
	s, found, err := sessionByToken(ctx, m.DB, digest)
	if err != nil || !found || s.state != signedIn {
		return nil, err
	}
	u, err := userByID(ctx, m.DB, s.userID)
	if err != nil || u.Disabled {
		return nil, err
	}
	granted, err := permissionsOf(ctx, m.DB, u.ID)
	if err != nil {
		return nil, err
	}
	who := auth.NewPrincipal(auth.Actor{ID: u.ID, Name: u.Name}, granted)
	who.SessionID, who.Username, who.Lang, who.Fresh = s.ID, u.Username, u.Lang, s.FreshAt
	return &entry{session: s, who: who}, nil
}

// flush writes down when sessions were last used.
func (m *Module) flush(ctx context.Context) {
	seen := m.sessions.unwritten()
	if len(seen) == 0 {
		return
	}
	if err := m.DB.Housekeep(ctx, func(tx *store.Tx) error { return writeSeen(ctx, tx, seen) }); err != nil {
		m.Log.Error("the use of sessions could not be written down", "error", err)
		return
	}
	m.sessions.written(seen)
}

func (m *Module) sweep(ctx context.Context) {
	m.flush(ctx)
	if err := m.DB.Housekeep(ctx, func(tx *store.Tx) error { return deleteOver(ctx, tx, m.Idle, m.Absolute) }); err != nil && ctx.Err() == nil {
		m.Log.Error("sessions that are over could not be removed", "error", err)
	}
}

// SessionInfo is one of a person's own sessions.
type SessionInfo struct {
	ID        string    `json:"id"`
	Current   bool      `json:"current" doc:"The session that asks"`
	CreatedAt time.Time `json:"createdAt"`
	SeenAt    time.Time `json:"seenAt"`
	Address   string    `json:"address"`
	Agent     string    `json:"agent" doc:"The browser's own description of itself"`
}

// Sessions lists the signed-in person's own sessions, newest first.
func (m *Module) Sessions(ctx context.Context) ([]SessionInfo, error) {
	p := auth.From(ctx)
	all, err := sessionsOf(ctx, m.DB, p.ID)
	out := []SessionInfo{}
	for _, s := range all {
		if s = m.sessions.withUse(s); !m.over(s, m.Clock.Now()) {
			out = append(out, SessionInfo{s.ID, s.ID == p.SessionID, s.CreatedAt, s.SeenAt, s.Address, s.Agent})
		}
	}
	return out, err
}

// EndSession ends one of the signed-in person's own sessions; ending the present one is
// signing out.
func (m *Module) EndSession(ctx context.Context, id string) error {
	p := auth.From(ctx)
	action := "account.session_revoke"
	if id == p.SessionID {
		action = "account.sign_out"
	}
	err := m.DB.Update(ctx, func(tx *store.Tx) error {
		found, err := deleteSession(ctx, tx, p.ID, id)
		if err != nil {
			return err
		}
		if !found {
			return fault.New(fault.NotFound, "account.session.unknown")
		}
		return audit.Write(ctx, tx, audit.Entry{Action: action, Object: "account:" + p.ID, Detail: map[string]any{"session": id}})
	})
	if err == nil {
		m.forget(p.ID)
	}
	return err
}

// EndOtherSessions ends all of the signed-in person's sessions but the present one.
func (m *Module) EndOtherSessions(ctx context.Context) error {
	p := auth.From(ctx)
	err := m.DB.Update(ctx, func(tx *store.Tx) error {
		n, err := deleteSessionsOf(ctx, tx, p.ID, p.SessionID)
		if err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "account.session_revoke", Object: "account:" + p.ID, Detail: map[string]any{"ended": n}})
	})
	if err == nil {
		m.forget(p.ID)
	}
	return err
}
