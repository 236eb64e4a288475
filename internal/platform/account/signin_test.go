package account

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

func TestSigningInTakesBothFactors(t *testing.T) {
	each(t, func(h *house) {
		b, w := h.browser(), h.welcomes["amy"]
		b.do("GET", "/api/session", nil).want(401, "auth.sign_in_required")
		s := as[Session](b.do("POST", "/api/session", object{"username": "AMY ", "password": w.Password}).want(200))
		if s.State != "second_factor" || strings.Join(s.Methods, " ") != "totp recovery" || s.User != nil {
			t.Fatalf("after the password: %+v", s)
		}
		b.do("GET", "/api/session", nil).want(401)
		b.do("POST", "/api/session/totp", object{"code": "000000"}).want(401, "account.code_wrong")
		s = as[Session](b.do("POST", "/api/session/totp", object{"code": h.code(w.TOTP.Secret)}).want(200))
		if s.State != "signed_in" || s.User.Name != "艾米" || len(s.User.Permissions) != 1 || s.User.Permissions[0] != (Permission{"alert.issue", here}) {
			t.Fatalf("after the code: %+v", s.User)
		}
		b.do("GET", "/api/session", nil).want(200)
		gone := b.do("DELETE", "/api/session", nil).want(204)
		if c := gone.header.Get("Set-Cookie"); !strings.Contains(c, "Max-Age=0") {
			t.Errorf("signing out left the cookie: %s", c)
		}
		b.do("GET", "/api/session", nil).want(401)
		if n := len(h.records("account.sign_in")); n == 0 {
			t.Error("the sign-in was not recorded")
		}
		if n := len(h.records("account.second_factor_failed")); n != 1 {
			t.Errorf("%d records of the wrong code", n)
		}
	})
}

func TestEachStepTakesANewTokenAndNoneIsFixed(t *testing.T) {
	each(t, func(h *house) {
		b, w := h.browser(), h.welcomes["amy"]
		planted := "planted-by-somebody-else"
		b.setToken(planted)
		b.do("POST", "/api/session", object{"username": "amy", "password": w.Password}).want(200)
		first := b.token()
		h.next()
		b.do("POST", "/api/session/totp", object{"code": h.code(w.TOTP.Secret)}).want(200)
		second := b.token()
		if first == planted || second == first || len(second) < 43 {
			t.Fatalf("tokens %q %q %q", planted, first, second)
		}
		for _, old := range []string{planted, first} {
			other := h.browser()
			other.setToken(old)
			other.do("GET", "/api/session", nil).want(401)
			other.do("POST", "/api/session/totp", object{"code": "123456"}).want(401, "account.session.over")
		}
		// The kept digest is not the token.
		if _, found, err := sessionByToken(context.Background(), h.DB, second); err != nil || found {
			t.Errorf("the token is kept in clear: %v %v", found, err)
		}
		// Signing in again in the same browser ends the session before.
		b.do("POST", "/api/session", object{"username": "amy", "password": w.Password}).want(200)
		other := h.browser()
		other.setToken(second)
		other.do("GET", "/api/session", nil).want(401)
	})
}

func TestCookieFlags(t *testing.T) {
	for _, c := range []struct{ url, name, secure string }{{"http://localhost", "tongsheng=", ""}, {"https://city.example", "__Host-tongsheng=", "; Secure"}} {
		t.Run(c.url, func(t *testing.T) {
			each(t, func(h *house) {
				got := h.browser().do("POST", "/api/session", object{"username": "amy", "password": h.welcomes["amy"].Password}).want(200).header
				cookie := got.Get("Set-Cookie")
				if !strings.HasPrefix(cookie, c.name) || !strings.HasSuffix(cookie, "; Path=/; HttpOnly"+c.secure+"; SameSite=Lax") {
					t.Errorf("cookie %s", cookie)
				}
				if got.Get("Cache-Control") != "no-store" {
					t.Error("the answer may be cached")
				}
			}, func(d *Deps) { d.PublicURL = c.url })
		})
	}
}

func TestUnknownNameWrongPasswordAndDisabledAreAnsweredAlike(t *testing.T) {
	each(t, func(h *house) {
		amy := h.welcomes["amy"]
		sys := h.enter("sys")
		sys.do("PATCH", "/api/accounts/"+h.id("aud"), object{"disabled": true}, "If-Match", versionOf(h, "aud")).want(409, "account.grant.last")
		sys.do("PATCH", "/api/accounts/"+h.id("sec2"), object{"disabled": true}, "If-Match", versionOf(h, "sec2")).want(200)
		var bodies []string
		for _, try := range []object{{"username": "amy", "password": "wrong"}, {"username": "nobody", "password": amy.Password},
			{"username": "sec2", "password": h.welcomes["sec2"].Password}} {
			bodies = append(bodies, string(h.browser().do("POST", "/api/session", try).want(401, "account.credentials_wrong").body))
		}
		if bodies[0] != bodies[1] || bodies[1] != bodies[2] {
			t.Errorf("answers differ: %q", bodies)
		}
		reasons := map[string]bool{}
		for _, r := range h.records("account.sign_in_failed") {
			reasons[string(r.Detail)] = true
			if strings.Contains(string(r.Detail)+r.Object, "nobody") || strings.Contains(string(r.Detail), "wrong") {
				t.Errorf("what was typed is in the record: %s", r.Detail)
			}
		}
		if len(reasons) != 3 {
			t.Errorf("reasons %v", reasons)
		}
	})
}

func TestFailuresLockTheNameForEverLongerAndTheAdministratorUnlocks(t *testing.T) {
	each(t, func(h *house) {
		ctx := context.Background()
		for _, name := range []string{"amy", "nobody"} {
			for range freeByName + 1 {
				if _, err := h.SignIn(ctx, name, "wrong", Visit{}); !fault.Is(err, "account.credentials_wrong") {
					t.Fatal(err)
				}
			}
			if _, err := h.SignIn(ctx, name, "wrong", Visit{}); !fault.Is(err, "account.locked") {
				t.Fatal(err)
			}
		}
		right := func() error {
			_, err := h.SignIn(ctx, "amy", h.welcomes["amy"].Password, Visit{})
			return err
		}
		if err := right(); !fault.Is(err, "account.locked") {
			t.Fatal("the right password opens a locked account", err)
		}
		h.clk.Advance(firstWait)
		if _, err := h.SignIn(ctx, "amy", "wrong", Visit{}); !fault.Is(err, "account.credentials_wrong") {
			t.Fatal(err)
		}
		h.clk.Advance(firstWait)
		if err := right(); !fault.Is(err, "account.locked") {
			t.Fatal("the second wait is no longer than the first", err)
		}
		sec := h.enter("sec")
		list := sec.do("GET", "/api/accounts?q=amy", nil).want(200)
		if !strings.Contains(string(list.body), "lockedUntil") {
			t.Errorf("the lock is not shown: %s", list.body)
		}
		sec.do("POST", "/api/accounts/"+h.id("amy")+"/unlock", nil).want(204)
		if err := right(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestWait(t *testing.T) {
	for failures, want := range map[int64]time.Duration{0: 0, 4: 0, 5: time.Minute, 6: 2 * time.Minute, 10: 32 * time.Minute, 11: time.Hour, 1000: time.Hour} {
		if got := wait(failures, freeByName); got != want {
			t.Errorf("%d failures: %v, want %v", failures, got, want)
		}
	}
}

func TestWrongCodesEndTheSignInAndCountAsFailures(t *testing.T) {
	each(t, func(h *house) {
		w := h.welcomes["amy"]
		b := h.browser()
		b.do("POST", "/api/session", object{"username": "amy", "password": w.Password}).want(200)
		for range maxCodes - 1 {
			b.do("POST", "/api/session/totp", object{"code": "000000"}).want(401, "account.code_wrong")
		}
		b.do("POST", "/api/session/totp", object{"code": "000000"}).want(429, "account.locked")
		// Knowing the password does not give endless guesses at the code.
		b.do("POST", "/api/session", object{"username": "amy", "password": w.Password}).want(429, "account.locked")
	})
}

func TestACodeWorksOnce(t *testing.T) {
	each(t, func(h *house) {
		w := h.welcomes["amy"]
		a, b := h.browser(), h.browser()
		for _, br := range []*browser{a, b} {
			br.do("POST", "/api/session", object{"username": "amy", "password": w.Password}).want(200)
		}
		old := h.code(w.TOTP.Secret)
		h.next()
		code := h.code(w.TOTP.Secret)
		a.do("POST", "/api/session/totp", object{"code": code}).want(200)
		b.do("POST", "/api/session/totp", object{"code": code}).want(401, "account.code_used")
		b.do("POST", "/api/session/totp", object{"code": old}).want(401, "account.code_used")
		h.next()
		b.do("POST", "/api/session/totp", object{"code": h.code(w.TOTP.Secret)}).want(200)
	})
}

func TestARecoveryCodeWorksOnceHoweverItIsTyped(t *testing.T) {
	each(t, func(h *house) {
		w := h.welcomes["amy"]
		code := strings.ToUpper(strings.ReplaceAll(w.RecoveryCodes[3], "-", " "))
		b := h.browser()
		b.do("POST", "/api/session", object{"username": "amy", "password": w.Password}).want(200)
		b.do("POST", "/api/session/recovery", object{"code": code}).want(200)
		b.do("POST", "/api/session", object{"username": "amy", "password": w.Password}).want(200)
		b.do("POST", "/api/session/recovery", object{"code": code}).want(401, "account.code_wrong")
	})
}

func TestANewOfficerEnrolsAndChangesTheOneTimePassword(t *testing.T) {
	each(t, func(h *house) {
		made := as[OneTime](h.enter("sys").do("POST", "/api/accounts", object{"username": "ben", "name": "本", "regionPath": here}).want(201))
		b := h.browser()
		s := as[Session](b.do("POST", "/api/session", object{"username": "ben", "password": made.Password}).want(200))
		if s.State != "enrol_second_factor" {
			t.Fatalf("state %s", s.State)
		}
		b.do("GET", "/api/session", nil).want(401)
		b.do("POST", "/api/session/recovery", object{"code": "aaaa-bbbb-cccc-dddd"}).want(409, "account.session.step")
		b.do("POST", "/api/session/totp", object{"code": "123456"}).want(409, "account.totp.not_enrolled")
		e := as[Enrolment](b.do("POST", "/api/session/totp/enrol", nil).want(200))
		if !strings.HasPrefix(e.URI, "otpauth://totp/Tongsheng:ben?") || !strings.HasPrefix(e.QR, "data:image/png;base64,iVBOR") {
			t.Errorf("enrolment %+v", e)
		}
		s = as[Session](b.do("POST", "/api/session/totp", object{"code": h.code(e.Secret)}).want(200))
		if s.State != "change_password" || len(s.RecoveryCodes) != recoveryCodes {
			t.Fatalf("after enrolling: %+v", s)
		}
		b.do("GET", "/api/session", nil).want(401)
		b.do("POST", "/api/session/password", object{"password": "short"}).want(422, "account.password.too_weak")
		b.do("POST", "/api/session/password", object{"password": made.Password}).want(422, "account.password.used_before")
		s = as[Session](b.do("POST", "/api/session/password", object{"password": "nine blue lanterns"}).want(200))
		if s.State != "signed_in" || s.User.Username != "ben" || len(s.User.Permissions) != 0 {
			t.Fatalf("at the end: %+v", s)
		}
		b.do("POST", "/api/session", object{"username": "ben", "password": made.Password}).want(401)
	})
}

func TestAnOldPasswordMustBeChanged(t *testing.T) {
	each(t, func(h *house) {
		h.clk.Advance(91 * 24 * time.Hour)
		w, b := h.welcomes["amy"], h.browser()
		b.do("POST", "/api/session", object{"username": "amy", "password": w.Password}).want(200)
		s := as[Session](b.do("POST", "/api/session/totp", object{"code": h.code(w.TOTP.Secret)}).want(200))
		if s.State != "change_password" {
			t.Errorf("state %s", s.State)
		}
	})
}

func TestASignInNotFinishedInTimeBeginsAgain(t *testing.T) {
	each(t, func(h *house) {
		w, b := h.welcomes["amy"], h.browser()
		b.do("POST", "/api/session", object{"username": "amy", "password": w.Password}).want(200)
		h.clk.Advance(pendingLife)
		b.do("POST", "/api/session/totp", object{"code": h.code(w.TOTP.Secret)}).want(401, "account.session.over")
	})
}

func TestOneAddressMayOnlyTrySoOften(t *testing.T) {
	each(t, func(h *house) {
		limited := 0
		for range signInRate + 5 {
			if h.browser().do("POST", "/api/session", object{"username": "nobody", "password": "x"}).code() == "request.too_many" {
				limited++
			}
		}
		if limited < 5 {
			t.Errorf("%d attempts were limited", limited)
		}
	})
}

func TestAnotherSitesPageCannotSignSomebodyIn(t *testing.T) {
	each(t, func(h *house) {
		h.browser().do("POST", "/api/session", object{"username": "amy", "password": h.welcomes["amy"].Password},
			"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example").want(http.StatusForbidden, "request.cross_origin")
	})
}
