package account

import (
	"context"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// acting is an account at work with every permission over accounts in some regions, its
// second factor proved just now.
func (h *house) acting(id string, paths ...string) context.Context {
	granted := map[auth.Permission][]string{}
	for _, p := range Permissions() {
		granted[p] = paths
	}
	who := auth.NewPrincipal(auth.Actor{ID: id, Name: id}, granted)
	who.Fresh = h.clk.Now()
	return auth.With(context.Background(), who)
}

// make makes an account at home here, with a role somewhere when one is given. The system
// makes it, so nobody has a hand on it.
func (h *house) make(name, role, path string) string {
	h.t.Helper()
	ctx := auth.As(context.Background(), auth.Actor{ID: "system:test", Name: "test"})
	var u User
	err := h.DB.Update(ctx, func(tx *store.Tx) (err error) {
		if u, err = create(ctx, tx, User{Username: name, Name: name, RegionPath: here, Lang: "zh", Theme: "system"}); err == nil && role != "" {
			_, err = h.grant(ctx, tx, u, role, path)
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return u.ID
}

func TestWhoHoldsGrantsAboveIsOutOfADistrictsReach(t *testing.T) {
	each(t, func(h *house) {
		own := h.make("district", SecurityAdministrator, here)
		ctx := h.acting(own, here)
		name, off := "x", true
		for _, role := range []string{issuer.ID, SecurityAdministrator} {
			above := h.make("above-"+role, role, "cn.11.")
			for what, err := range map[string]error{
				"reset": second(h.Reset(ctx, above)), "unlock": h.Unlock(ctx, above), "sign out": h.SignOut(ctx, above), "vouch": h.Vouch(ctx, above),
				"rename": second(h.Update(ctx, above, 0, Change{Name: &name})), "disable": second(h.Update(ctx, above, 0, Change{Disabled: &off})),
				"grant": second(h.AddGrant(ctx, above, issuer.ID, here)),
			} {
				if !fault.Is(err, "account.grant.elsewhere") {
					t.Errorf("%s of %s: %v", what, role, err)
				}
			}
		}
		if _, err := h.Reset(ctx, h.make("below", issuer.ID, here+"110105001.")); err != nil {
			t.Errorf("within the district: %v", err)
		}
		// The same kind of administrator, but not over all that the other administers.
		if _, err := h.Reset(h.acting(own, auth.Root), h.make("wider", SecurityAdministrator, "cn.11.")); !fault.Is(err, "account.reset.separate") {
			t.Errorf("a wider administrator: %v", err)
		}
		if _, err := h.Reset(ctx, h.make("narrower", SecurityAdministrator, here+"110105001.")); err != nil {
			t.Errorf("a narrower administrator: %v", err)
		}
	})
}

func TestDangerousActsOnAccountsNeedAFreshSecondFactor(t *testing.T) {
	each(t, func(h *house) {
		sec, sys := h.enter("sec"), h.enter("sys")
		amy := "/api/accounts/" + h.id("amy")
		grant := as[Grant](sec.do("POST", amy+"/grants", object{"role": "issuer", "regionPath": "cn.11."}).want(201))
		h.clk.Advance(FreshFor + time.Second)
		stale := func(b *browser, method, path string, in any, header ...string) {
			t.Helper()
			b.do(method, path, in, header...).want(403, "auth.confirm_required")
		}
		stale(sec, "POST", amy+"/reset", nil)
		stale(sec, "POST", amy+"/grants", object{"role": "issuer", "regionPath": ""})
		stale(sec, "DELETE", amy+"/grants/"+grant.ID, nil)
		stale(sys, "PATCH", amy, object{"disabled": true}, "If-Match", versionOf(h, "amy"))
		stale(sys, "POST", amy+"/vouch", nil)
		sys.do("PATCH", amy, object{"name": "艾米米"}, "If-Match", versionOf(h, "amy")).want(200)
		for name, b := range map[string]*browser{"sec": sec, "sys": sys} {
			b.do("POST", "/api/session/confirm", object{"code": h.code(h.welcomes[name].TOTP.Secret)}).want(200)
		}
		sys.do("POST", amy+"/vouch", nil).want(204)
		sec.do("DELETE", amy+"/grants/"+grant.ID, nil).want(204)
		sec.do("POST", amy+"/reset", nil).want(200)
		sys.do("PATCH", amy, object{"disabled": true}, "If-Match", versionOf(h, "amy")).want(200)
		h.clk.Advance(FreshFor + time.Second)
		stale(sys, "PATCH", amy, object{"disabled": false}, "If-Match", versionOf(h, "amy"))
	})
}

func TestWhomOneAdministratorHandledAreNotIndependent(t *testing.T) {
	each(t, func(h *house) {
		ann, bob, cat := h.make("ann", issuer.ID, here), h.make("bob", issuer.ID, here), h.make("cat", issuer.ID, here)
		sec, sec2, sys := h.id("sec"), h.id("sec2"), h.id("sys")
		reset := func(by, id string) {
			t.Helper()
			if _, err := h.Reset(h.acting(by, auth.Root), id); err != nil {
				t.Fatal(err)
			}
		}
		want := func(a, b string, want bool) {
			t.Helper()
			one, err := h.Independent(context.Background(), h.DB, a, b)
			other, err2 := h.Independent(context.Background(), h.DB, b, a)
			if err != nil || err2 != nil || one != want || other != want {
				t.Errorf("independent: %v, the other way round %v, want %v; %v %v", one, other, want, err, err2)
			}
		}
		want(ann, bob, true)
		want(ann, ann, false)
		reset(sec, ann)
		want(ann, bob, true)
		want(ann, sec, false) // who reset an account can sign in as its owner
		reset(sec2, bob)
		want(ann, bob, true)
		reset(sec, sec2) // and then act as the other administrator too
		want(ann, bob, false)
		want(ann, cat, true)
		reset(sec, cat)
		want(ann, cat, false)

		if err := h.Vouch(h.acting(sec, auth.Root), cat); !fault.Is(err, "account.vouch.own") {
			t.Errorf("the same administrator vouched: %v", err)
		}
		if err := h.Vouch(h.acting(sec2, auth.Root), cat); !fault.Is(err, "account.vouch.own") {
			t.Errorf("an administrator in the same hands vouched: %v", err)
		}
		if err := h.Vouch(h.acting(cat, auth.Root), cat); !fault.Is(err, "account.vouch.self") {
			t.Errorf("one vouched for oneself: %v", err)
		}
		if err := h.Vouch(h.acting(sys, auth.Root), cat); err != nil {
			t.Fatal(err)
		}
		want(ann, cat, true)
		if err := h.Vouch(h.acting(sys, auth.Root), cat); !fault.Is(err, "account.vouch.none") {
			t.Errorf("vouched twice: %v", err)
		}
		if n := len(h.records("account.vouch")); n != 1 {
			t.Errorf("%d records of vouching", n)
		}
		want(ann, bob, false)
		h.clk.Advance(handlingCounts + time.Second)
		want(ann, bob, true)
		h.sweep(context.Background())
		if kept := dump(h, "account_handling"); kept != "" {
			t.Errorf("kept for ever: %s", kept)
		}
	})
}

func TestCreatingAndGrantingCountAsHandling(t *testing.T) {
	each(t, func(h *house) {
		ids := map[string]string{}
		for _, name := range []string{"dan", "eve", "fay"} {
			u, _, err := h.Create(h.acting(h.id(map[string]string{"dan": "sys", "eve": "sys", "fay": "sec"}[name]), auth.Root), NewUser{Username: name, Name: name, RegionPath: here})
			if err != nil {
				t.Fatal(err)
			}
			ids[name] = u.ID
		}
		apart := func(a, b string) bool {
			ok, err := h.Independent(context.Background(), h.DB, ids[a], ids[b])
			if err != nil {
				t.Fatal(err)
			}
			return ok
		}
		if apart("dan", "eve") || !apart("dan", "fay") {
			t.Error("whom one administrator created pass for independent, or others do not")
		}
		if _, err := h.AddGrant(h.acting(h.id("sec"), auth.Root), ids["dan"], issuer.ID, here); err != nil {
			t.Fatal(err)
		}
		if apart("dan", "fay") {
			t.Error("whom one administrator created and granted pass for independent")
		}
		u, err := h.User(h.acting(h.id("aud"), auth.Root), ids["dan"])
		if err != nil || len(u.Handled) != 2 || u.Handled[0].Kind != handledCreate || u.Handled[1].Kind != handledGrant || u.Handled[1].By != h.id("sec") {
			t.Errorf("shown %+v, %v", u.Handled, err)
		}
		// What the first start made is in nobody's hands.
		if ok, err := h.Independent(context.Background(), h.DB, h.id("amy"), h.id("aud")); err != nil || !ok {
			t.Error(ok, err)
		}
	})
}

func TestAResetIsToldAtTheNextSignIn(t *testing.T) {
	each(t, func(h *house) {
		if s := as[Session](h.enter("amy").do("GET", "/api/session", nil).want(200)); len(s.User.Resets) != 0 {
			t.Errorf("before: %+v", s.User.Resets)
		}
		one := as[OneTime](h.enter("sec").do("POST", "/api/accounts/"+h.id("amy")+"/reset", nil).want(200))
		b := h.browser()
		b.do("POST", "/api/session", object{"username": "amy", "password": one.Password}).want(200)
		e := as[Enrolment](b.do("POST", "/api/session/totp/enrol", nil).want(200))
		b.do("POST", "/api/session/totp", object{"code": h.code(e.Secret)}).want(200)
		s := as[Session](b.do("POST", "/api/session/password", object{"password": "nine blue lanterns"}).want(200))
		if len(s.User.Resets) != 1 || s.User.Resets[0].Name != "安全员" || s.User.Resets[0].By != h.id("sec") {
			t.Errorf("told %+v", s.User.Resets)
		}
		// Vouching does not hide it from the person.
		h.enter("sys").do("POST", "/api/accounts/"+h.id("amy")+"/vouch", nil).want(204)
		if s := as[Session](b.do("GET", "/api/session", nil).want(200)); len(s.User.Resets) != 1 {
			t.Errorf("after vouching: %+v", s.User.Resets)
		}
	})
}
