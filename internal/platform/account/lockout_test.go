package account

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// guesser is somebody at an address who knows a name and no password.
type guesser struct {
	h       *house
	address string
}

// try reports whether a guess was judged, and not only told to wait.
func (g guesser) try(name string) bool {
	g.h.t.Helper()
	_, err := g.h.SignIn(auth.As(context.Background(), auth.Actor{ID: "visitor", Address: g.address}), name, "wrong", Visit{})
	switch {
	case fault.Is(err, "account.credentials_wrong"):
		return true
	case !fault.Is(err, "account.locked"):
		g.h.t.Fatal(err)
	}
	return false
}

// Whoever goes on guessing at an officer's name keeps them out neither of the browser
// that they use, also for the confirmation of what they do there, nor of a new one.
func TestGuessingKeepsNobodyOutForEver(t *testing.T) {
	each(t, func(h *house) {
		known := h.enter("amy")
		g := guesser{h, "203.0.113.7"}
		for range 48 { // two days
			for g.try("amy") {
			}
			h.clk.Advance(longestWait)
		}
		if g.try("amy"); g.try("amy") {
			t.Fatal("the guesser does not wait")
		}
		again := func(b *browser) {
			h.next()
			b.do("POST", "/api/session", object{"username": "amy", "password": h.welcomes["amy"].Password}).want(200)
			b.do("POST", "/api/session/totp", object{"code": h.code(h.welcomes["amy"].TOTP.Secret)}).want(200)
			h.next()
			b.do("POST", "/api/session/confirm", object{"code": h.code(h.welcomes["amy"].TOTP.Secret)}).want(200)
		}
		again(known)
		again(h.browser())
	})
}

// However many addresses guess, and from the address of the officer's own browser, there
// is a bound, and the browser that is known gets in.
func TestGuessingFromManyAddressesHasABound(t *testing.T) {
	each(t, func(h *house) {
		known := h.enter("amy")
		guess := func() (judged int) {
			for i := range 300 {
				if (guesser{h, fmt.Sprintf("2001:db8:0:%x::1", i)}).try("amy") {
					judged++
				}
			}
			return judged
		}
		if n := guess(); n != freeAnywhere+1 {
			t.Errorf("%d guesses were judged, want %d", n, freeAnywhere+1)
		}
		for range 10 { // to the longest wait
			h.clk.Advance(longestWait)
			if n := guess(); n != 1 {
				t.Errorf("%d guesses were judged in an hour, want 1", n)
			}
		}
		local := guesser{h, "127.0.0.1"}
		for i := range 30 {
			local.try(fmt.Sprint("name", i))
		}
		password := object{"username": "amy", "password": h.welcomes["amy"].Password}
		known.do("POST", "/api/session", password).want(200)
		h.browser().do("POST", "/api/session", password).want(429, "account.locked")
		h.enterIn(known, "amy")
		h.clk.Advance(longestWait) // what was tried from here
		sec := h.enter("sec")
		guess()
		sec.do("POST", "/api/accounts/"+h.id("amy")+"/unlock", nil).want(204)
		h.browser().do("POST", "/api/session", password).want(200)
	})
}

// An IPv6 network of one household is one address.
func TestANetworkIsCountedAsOne(t *testing.T) {
	each(t, func(h *house) {
		judged := 0
		for i := range 50 {
			if (guesser{h, fmt.Sprintf("2001:db8::%x", i)}).try("amy") {
				judged++
			}
		}
		if judged != freeByName+1 {
			t.Errorf("%d guesses were judged, want %d", judged, freeByName+1)
		}
	})
}

// A known browser is no way to guess either: not in it, not with another's, and not with
// one that was planted.
func TestAKnownBrowserHasItsOwnCount(t *testing.T) {
	each(t, func(h *house) {
		known := h.enter("amy")
		wrong := func(b *browser, name string) reply {
			return b.do("POST", "/api/session", object{"username": name, "password": "wrong"})
		}
		for range freeByName + 1 {
			wrong(known, "amy").want(401, "account.credentials_wrong")
		}
		wrong(known, "amy").want(429, "account.locked")
		h.browser().do("POST", "/api/session", object{"username": "amy", "password": h.welcomes["amy"].Password}).want(200)
		for range freeByName + 1 {
			wrong(known, "sys").want(401, "account.credentials_wrong") // known for amy, a stranger to sys
		}
		wrong(known, "sys").want(429, "account.locked")
		wrong(h.browser(), "sys").want(429, "account.locked")

		h.clk.Advance(24 * time.Hour)
		planted := h.browser()
		planted.setCookie(&http.Cookie{Name: "tongsheng" + browserSuffix, Value: "planted", Path: "/"})
		h.enterIn(planted, "amy")
		for _, c := range planted.cookies() {
			if c.Value == "planted" {
				t.Error("a browser is known by what somebody else may have given it")
			}
		}
	})
}

// Who is reset is a stranger everywhere.
func TestAResetForgetsBrowsers(t *testing.T) {
	each(t, func(h *house) {
		h.enter("amy")
		h.enter("sec").do("POST", "/api/accounts/"+h.id("amy")+"/reset", nil).want(200)
		var n int
		if err := h.DB.QueryRow(context.Background(), `SELECT count(*) FROM account_browser WHERE user_id = $1`, h.id("amy")).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d browsers are known, %v", n, err)
		}
	})
}

func TestTheBrowsersCookieStaysAndLetsNobodyIn(t *testing.T) {
	each(t, func(h *house) {
		got := h.browser().do("POST", "/api/session", object{"username": "amy", "password": h.welcomes["amy"].Password}).want(200).header.Values("Set-Cookie")
		if len(got) != 2 || !strings.HasPrefix(got[1], "__Host-tongsheng-browser=") ||
			!strings.HasSuffix(got[1], "; Path=/; Max-Age=15552000; HttpOnly; Secure; SameSite=Lax") {
			t.Errorf("cookies %q", got)
		}
	}, func(d *Deps) { d.PublicURL = "https://city.example" })
	each(t, func(h *house) {
		known := h.enter("amy")
		known.setToken("") // what is left is the browser's
		known.do("GET", "/api/session", nil).want(401)
	})
}
