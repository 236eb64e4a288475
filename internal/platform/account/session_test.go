package account

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

func TestASessionEndsWhenIdleAndWhenOld(t *testing.T) {
	each(t, func(h *house) {
		b := h.enter("amy")
		h.clk.Advance(h.Idle - time.Second)
		b.do("GET", "/api/session", nil).want(200) // use
		h.clk.Advance(h.Idle - time.Second)
		b.do("GET", "/api/session", nil, "X-Background", "1").want(200) // no use
		h.clk.Advance(time.Second)
		b.do("GET", "/api/session", nil).want(401)

		b = h.enter("amy")
		end := h.clk.Now().Add(h.Absolute)
		for h.clk.Now().Before(end.Add(-20 * time.Minute)) {
			h.clk.Advance(20 * time.Minute)
			b.do("GET", "/api/session", nil).want(200)
		}
		h.clk.Advance(end.Sub(h.clk.Now()))
		b.do("GET", "/api/session", nil).want(401)
	})
}

func TestTheUseOfASessionIsWrittenDownOnceAMinute(t *testing.T) {
	each(t, func(h *house) {
		b := h.enter("amy")
		ctx := context.Background()
		seen := func() time.Time {
			s, _, err := sessionByToken(ctx, h.DB, digest(b.token()))
			if err != nil {
				t.Fatal(err)
			}
			return s.SeenAt
		}
		began := seen()
		h.clk.Advance(40 * time.Second)
		b.do("GET", "/api/profile/sessions", nil).want(200)
		if !seen().Equal(began) {
			t.Error("a use was written at once")
		}
		h.flush(ctx)
		if !seen().Equal(began.Add(40 * time.Second)) {
			t.Errorf("seen at %v", seen())
		}
		if len(h.sessions.unwritten()) != 0 {
			t.Error("a use that was written is kept for writing again")
		}
		// A use written down lasts as long as one that is not.
		h.clk.Advance(h.Idle - time.Second)
		b.do("GET", "/api/session", nil).want(200)
	})
}

func TestOwnSessionsAreListedAndEnded(t *testing.T) {
	each(t, func(h *house) {
		a, b, c := h.enter("amy"), h.enter("amy"), h.enter("amy")
		list := as[[]SessionInfo](a.do("GET", "/api/profile/sessions", nil).want(200))
		if len(list) != 3 || !list[2].Current || list[0].Current || !strings.HasPrefix(list[0].Agent, "Go-http-client") || list[0].Address == "" {
			t.Fatalf("sessions %+v", list)
		}
		a.do("DELETE", "/api/profile/sessions/"+list[1].ID, nil).want(204)
		b.do("GET", "/api/session", nil).want(401)
		h.enter("sys").do("DELETE", "/api/profile/sessions/"+list[0].ID, nil).want(404, "account.session.unknown")
		c.do("GET", "/api/session", nil).want(200)
		a.do("DELETE", "/api/profile/sessions", nil).want(204)
		c.do("GET", "/api/session", nil).want(401)
		a.do("GET", "/api/session", nil).want(200)
	})
}

func TestAnAdministratorSignsSomebodyOut(t *testing.T) {
	each(t, func(h *house) {
		amy, sec := h.enter("amy"), h.enter("sec")
		amy.do("GET", "/api/session", nil).want(200)
		sec.do("POST", "/api/accounts/"+h.id("amy")+"/sign-out", nil).want(204)
		amy.do("GET", "/api/session", nil).want(401)
	})
}

func TestTheOldestOfTooManySessionsEnds(t *testing.T) {
	each(t, func(h *house) {
		first := h.enter("amy")
		for range maxSessions {
			h.enter("amy")
		}
		first.do("GET", "/api/session", nil).want(401)
	})
}

// A command beside the server, which resets an account, ends sessions as well: the server
// sees it within its cache's time.
func TestAnotherProcessLearnsOfARevokedSession(t *testing.T) {
	each(t, func(h *house) {
		one, err := New(h.Deps)
		if err != nil {
			t.Fatal(err)
		}
		two, err := New(h.Deps)
		if err != nil {
			t.Fatal(err)
		}
		ask := func(m *Module, token string) *auth.Principal {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.AddCookie(m.cookie(token))
			p, err := m.Session(r)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		token := h.enter("amy").token()
		p := ask(two, token)
		if p == nil || ask(one, token) == nil {
			t.Fatal("the session is not seen")
		}
		if err := one.EndOtherSessions(auth.With(context.Background(), auth.NewPrincipal(p.Actor, nil))); err != nil {
			t.Fatal(err)
		}
		if ask(one, token) != nil {
			t.Error("the session lives on where it was ended")
		}
		h.clk.Advance(cacheFor)
		if ask(two, token) != nil {
			t.Error("the session lives on after the cache's time")
		}
	})
}

func TestAGrantShowsAtOnceInARunningSession(t *testing.T) {
	each(t, func(h *house) {
		sys, sec := h.enter("sys"), h.enter("sec")
		sys.do("GET", "/api/roles", nil).want(200)
		amy := h.enter("amy")
		amy.do("GET", "/api/accounts", nil).want(403, "auth.no_grant")
		g := as[Grant](sec.do("POST", "/api/accounts/"+h.id("amy")+"/grants", object{"role": SystemAdministrator, "regionPath": here}).want(201))
		amy.do("GET", "/api/accounts", nil).want(200)
		sec.do("DELETE", "/api/accounts/"+h.id("amy")+"/grants/"+g.ID, nil).want(204)
		amy.do("GET", "/api/accounts", nil).want(403, "auth.no_grant")
	})
}

func TestConfirmingMakesASessionFresh(t *testing.T) {
	each(t, func(h *house) {
		b, w := h.enter("amy"), h.welcomes["amy"]
		b.do("POST", "/api/profile/recovery-codes", nil).want(200) // fresh from signing in
		h.clk.Advance(FreshFor + time.Second)
		b.do("POST", "/api/profile/recovery-codes", nil).want(403, "auth.confirm_required")
		b.do("POST", "/api/session/confirm", object{}).want(422, "account.code_required")
		b.do("POST", "/api/session/confirm", object{"code": "000000"}).want(401, "account.code_wrong")
		b.do("POST", "/api/profile/recovery-codes", nil).want(403)
		b.do("POST", "/api/session/confirm", object{"code": h.code(w.TOTP.Secret)}).want(200)
		b.do("POST", "/api/profile/recovery-codes", nil).want(200)
		h.browser().do("POST", "/api/session/confirm", object{"code": "000000"}).want(401, "auth.sign_in_required")
	})
}

func TestGuessesFromOutsideDoNotKeepAnOfficerFromConfirming(t *testing.T) {
	each(t, func(h *house) {
		b, w := h.enter("amy"), h.welcomes["amy"]
		h.clk.Advance(FreshFor + time.Second)
		for range freeByAddress + 5 { // enough to lock the name and the address
			_, _ = h.SignIn(context.Background(), "amy", "wrong", Visit{})
			h.browser().do("POST", "/api/session", object{"username": "amy", "password": "wrong"})
			h.clk.Advance(time.Second)
		}
		h.browser().do("POST", "/api/session", object{"username": "amy", "password": w.Password}).want(429)
		b.do("POST", "/api/session/confirm", object{"code": "000000"}).want(401, "account.code_wrong")
		b.do("POST", "/api/session/confirm", object{"code": h.code(w.TOTP.Secret)}).want(200)
		b.do("POST", "/api/profile/recovery-codes", nil).want(200)
	})
}

// A session that is signed in gives no endless guesses at the code, one by one or at once.
func TestWrongConfirmationsEndTheSession(t *testing.T) {
	each(t, func(h *house) {
		b, w := h.enter("amy"), h.welcomes["amy"]
		for range maxCodes - 1 {
			b.do("POST", "/api/session/confirm", object{"code": "000000"}).want(401, "account.code_wrong")
		}
		h.next()
		b.do("POST", "/api/session/confirm", object{"code": h.code(w.TOTP.Secret)}).want(200) // the count begins again
		var judged atomic.Int64
		var all sync.WaitGroup
		for range 3 * maxCodes {
			all.Go(func() {
				if err := h.Confirm(context.Background(), b.token(), "000000", nil); fault.Is(err, "account.code_wrong") {
					judged.Add(1)
				}
			})
		}
		all.Wait()
		if n := judged.Load(); n != maxCodes-1 {
			t.Errorf("%d guesses were judged and the session went on, want %d", n, maxCodes-1)
		}
		b.do("GET", "/api/session", nil).want(401)
		h.browser().do("POST", "/api/session", object{"username": "amy", "password": w.Password}).want(200) // the name is not locked
	})
}

func TestSweepForgetsWhatIsOver(t *testing.T) {
	each(t, func(h *house) {
		ctx := context.Background()
		h.enter("amy")
		_, _ = h.SignIn(ctx, "nobody", "wrong", Visit{})
		count := func(table string) (n int) {
			if err := h.DB.QueryRow(ctx, "SELECT count(*) FROM "+table).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		if count("account_session") == 0 || count("account_attempt") == 0 {
			t.Fatal("nothing to forget")
		}
		h.clk.Advance(forgetFailures + time.Minute)
		h.sweep(ctx)
		if s, a := count("account_session"), count("account_attempt"); s != 0 || a != 0 {
			t.Errorf("%d sessions and %d attempts are kept", s, a)
		}
		if count("account_browser") != 1 {
			t.Error("a browser is forgotten after a day")
		}
		h.clk.Advance(browserLife)
		h.sweep(ctx)
		if n := count("account_browser"); n != 0 {
			t.Errorf("%d browsers are kept", n)
		}
	})
}

func TestRunStopsAndWritesWhatIsLeft(t *testing.T) {
	each(t, func(h *house) {
		b := h.enter("amy")
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- h.Run(ctx) }()
		h.clk.Advance(30 * time.Second)
		b.do("GET", "/api/session", nil).want(200)
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if n := len(h.sessions.unwritten()); n != 0 {
			t.Errorf("%d uses were not written", n)
		}
	})
}

func TestACacheReadBegunBeforeAForgettingIsNotKept(t *testing.T) {
	c, now := newCache(nil), time.Unix(1, 0)
	stale := func(context.Context, string) (*entry, error) {
		c.drop("u") // the session is revoked while it is being read
		return &entry{session: session{ID: "s", userID: "u"}}, nil
	}
	if _, err := c.get(context.Background(), "d", now, stale); err != nil {
		t.Fatal(err)
	}
	e, err := c.get(context.Background(), "d", now, func(context.Context, string) (*entry, error) { return nil, nil })
	if e != nil || err != nil {
		t.Errorf("the stale read was kept: %v %v", e, err)
	}
}

func BenchmarkSessionLookup(b *testing.B) {
	c, now := newCache(nil), time.Unix(1, 0)
	load := func(context.Context, string) (*entry, error) { return &entry{session: session{ID: "s"}}, nil }
	for b.Loop() {
		_, _ = c.get(context.Background(), "d", now, load)
	}
}
