package account

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

func TestAccountsAreMadeFoundAndChanged(t *testing.T) {
	each(t, func(h *house) {
		sys := h.enter("sys")
		made := as[OneTime](sys.do("POST", "/api/accounts", object{"username": "Li.Hua", "name": "李华", "regionPath": here}).want(201))
		if made.User.Username != "li.hua" || made.User.Lang != "zh" || len(made.Password) < 20 {
			t.Errorf("made %+v", made)
		}
		if strings.Contains(string(sys.do("GET", "/api/accounts", nil).want(200).body), "argon2id") {
			t.Error("the list shows password hashes")
		}
		sys.do("POST", "/api/accounts", object{"username": "li.hua", "name": "x", "regionPath": here}).want(409, "account.username.taken")
		sys.do("POST", "/api/accounts", object{"username": "-x", "name": " ", "regionPath": here}).want(422)
		sys.do("POST", "/api/accounts", object{"username": "xx", "name": "x", "regionPath": "nowhere"}).want(422, "account.region.invalid")
		for q, want := range map[string]int64{"李": 1, "LI.": 1, "%": 0, "": 6} {
			if list := as[store.Listing[User]](sys.do("GET", "/api/accounts?q="+strings.ReplaceAll(q, "%", "%25"), nil).want(200)); list.Total != want {
				t.Errorf("%q finds %d, want %d", q, list.Total, want)
			}
		}
		if list := as[store.Listing[User]](sys.do("GET", "/api/accounts?role="+SecurityAdministrator, nil).want(200)); list.Total != 2 {
			t.Errorf("%d security administrators", list.Total)
		}
		one := "/api/accounts/" + made.User.ID
		etag := sys.do("GET", one, nil).want(200).header.Get("ETag")
		sys.do("PATCH", one, object{"name": "李华华"}).want(422, "if_match.required")
		etag2 := sys.do("PATCH", one, object{"name": "李华华"}, "If-Match", etag).want(200).header.Get("ETag")
		sys.do("PATCH", one, object{"name": "晚了"}, "If-Match", etag).want(412, "stale")
		sys.do("PATCH", one, object{"disabled": true}, "If-Match", etag2).want(200)
		if list := as[store.Listing[User]](sys.do("GET", "/api/accounts?state=disabled", nil).want(200)); list.Total != 1 || list.Items[0].Name != "李华华" {
			t.Errorf("disabled %+v", list)
		}
		sys.do("PATCH", "/api/accounts/"+h.id("sys"), object{"disabled": true}, "If-Match", versionOf(h, "sys")).want(403, "account.disable.self")
		if n := len(h.records("account.disable")); n != 1 {
			t.Errorf("%d records of disabling", n)
		}
	})
}

func TestDisablingEndsSessions(t *testing.T) {
	each(t, func(h *house) {
		amy, sys := h.enter("amy"), h.enter("sys")
		half := h.password("amy")
		amy.do("GET", "/api/session", nil).want(200)
		sys.do("PATCH", "/api/accounts/"+h.id("amy"), object{"disabled": true}, "If-Match", versionOf(h, "amy")).want(200)
		amy.do("GET", "/api/session", nil).want(401)
		h.next()
		half.do("POST", "/api/session/totp", object{"code": h.code(h.welcomes["amy"].TOTP.Secret)}).want(401, "account.session.over")
	})
}

func TestAccountsOfOtherRegionsAreOutOfReach(t *testing.T) {
	each(t, func(h *house) {
		sys := h.enter("sys")
		far := as[OneTime](sys.do("POST", "/api/accounts", object{"username": "far", "name": "远", "regionPath": "cn.11.110106."}).want(201)).User
		ctx := h.acting("x", here)
		name, path := "x", here
		for what, err := range map[string]error{
			"read": second(h.User(ctx, far.ID)), "grants": second(h.Grants(ctx, far.ID)), "rename": second(h.Update(ctx, far.ID, 1, Change{Name: &name})),
			"fetch": second(h.Update(ctx, far.ID, 1, Change{RegionPath: &path})), "unlock": h.Unlock(ctx, far.ID), "sign out": h.SignOut(ctx, far.ID),
			"reset": second(h.Reset(ctx, far.ID)),
		} {
			if !fault.Is(err, "auth.no_grant") {
				t.Errorf("%s: %v", what, err)
			}
		}
		away := "cn.11.110106."
		if _, err := h.Update(ctx, h.id("amy"), 0, Change{RegionPath: &away}); !fault.Is(err, "auth.no_grant") {
			t.Errorf("sent away: %v", err)
		}
		if _, _, err := h.Create(ctx, NewUser{Username: "new", Name: "n", RegionPath: away}); !fault.Is(err, "auth.no_grant") {
			t.Errorf("made elsewhere: %v", err)
		}
		list, err := h.Users(ctx, UserFilter{})
		if err != nil || list.Total != 5 {
			t.Errorf("%d accounts seen, %v", list.Total, err)
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestResetTakesEverythingAwayButNotAcrossAdministrators(t *testing.T) {
	each(t, func(h *house) {
		amy, sec := h.enter("amy"), h.enter("sec")
		one := as[OneTime](sec.do("POST", "/api/accounts/"+h.id("amy")+"/reset", nil).want(200))
		amy.do("GET", "/api/session", nil).want(401)
		h.browser().do("POST", "/api/session", object{"username": "amy", "password": h.welcomes["amy"].Password}).want(401)
		s := as[Session](h.browser().do("POST", "/api/session", object{"username": "amy", "password": one.Password}).want(200))
		if s.State != "enrol_second_factor" {
			t.Errorf("state %s", s.State)
		}
		sec.do("POST", "/api/accounts/"+h.id("sec2")+"/reset", nil).want(200)
		sec.do("POST", "/api/accounts/"+h.id("sec")+"/reset", nil).want(403, "account.reset.self")
		sec.do("POST", "/api/accounts/"+h.id("aud")+"/reset", nil).want(403, "account.reset.separate")
		if _, err := h.ResetByName(context.Background(), "aud"); err == nil {
			t.Error("nobody could reset")
		}
		operator := auth.As(context.Background(), auth.Actor{ID: "system:operator", Name: "operator"})
		fresh, err := h.ResetByName(operator, "AUD")
		if err != nil || fresh.Username != "aud" || fresh.Password == "" || len(fresh.RecoveryCodes) == 0 {
			t.Fatal(fresh, err)
		}
		if _, err := h.ResetByName(operator, "nobody"); !fault.Is(err, "account.unknown") {
			t.Error(err)
		}
		h.browser().do("POST", "/api/session", object{"username": "aud", "password": h.welcomes["aud"].Password}).want(401)
		again := h.browser()
		h.next()
		again.do("POST", "/api/session", object{"username": "aud", "password": fresh.Password}).want(200)
		if s := as[Session](again.do("POST", "/api/session/totp", object{"code": h.code(fresh.TOTP.Secret)}).want(200)); s.State != "change_password" {
			t.Errorf("after the operator's reset: %s", s.State)
		}
		if got := h.records("account.reset"); len(got) == 0 || got[0].Actor != "system:operator" || got[0].Object != "account:"+h.id("aud") {
			t.Errorf("the record says %+v", got)
		}
	})
}

func TestBootstrapHappensOnceAndKeepsNoSecret(t *testing.T) {
	each(t, func(h *house) {
		ctx := context.Background()
		again, err := h.Bootstrap(ctx, []Officer{{NewUser: NewUser{Username: "eve", Name: "e"}}})
		if err != nil || again != nil {
			t.Errorf("again %v %v", again, err)
		}
		for _, table := range []string{"account_user", "account_totp", "account_recovery", "account_password", "platform_audit"} {
			kept := dump(h, table)
			for _, w := range h.welcomes {
				for _, secret := range append([]string{w.Password, w.TOTP.Secret}, w.RecoveryCodes...) {
					if strings.Contains(kept, secret) || strings.Contains(kept, strings.ReplaceAll(secret, "-", "")) {
						t.Errorf("%s keeps a secret of %s in clear", table, w.Username)
					}
				}
			}
		}
	})
}

// dump is everything in a table as text.
func dump(h *house, table string) string {
	h.t.Helper()
	rows, err := h.DB.Query(context.Background(), "SELECT * FROM "+table)
	if err != nil {
		h.t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		h.t.Fatal(err)
	}
	var b strings.Builder
	for rows.Next() {
		cells, ptrs := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			ptrs[i] = &cells[i]
		}
		if err := rows.Scan(ptrs...); err != nil {
			h.t.Fatal(err)
		}
		for _, c := range cells {
			if s, ok := c.(string); ok {
				b.WriteString(s + "\n")
			}
		}
	}
	return b.String()
}

func TestOwnProfile(t *testing.T) {
	each(t, func(h *house) {
		b, w := h.enter("amy"), h.welcomes["amy"]
		other := h.enter("amy")
		b.do("PATCH", "/api/profile", object{"lang": "en", "theme": "dark"}).want(204)
		b.do("PATCH", "/api/profile", object{"lang": "fr"}).want(422)
		p := as[Profile](b.do("GET", "/api/profile", nil).want(200))
		if p.Lang != "en" || p.Theme != "dark" || p.Due.IsZero() || len(p.Grants) != 1 {
			t.Errorf("profile %+v", p)
		}
		change := func(current, next string) reply {
			h.clk.Advance(time.Second)
			return b.do("POST", "/api/profile/password", object{"current": current, "password": next})
		}
		change("wrong", "nine blue lanterns").want(422, "account.password.current_wrong")
		change(w.Password, "password1234").want(422, "account.password.common")
		before := b.token()
		change(w.Password, "nine blue lanterns").want(204)
		if b.token() == before {
			t.Error("the token outlived the password")
		}
		b.do("GET", "/api/session", nil).want(200)
		other.do("GET", "/api/session", nil).want(401)
		last := "nine blue lanterns"
		for _, next := range []string{"ten green bottles", "six red herrings", "two tall windmills", "four calling birds"} {
			change(last, next).want(204)
			last = next
		}
		change(last, "nine blue lanterns").want(422, "account.password.used_before")
		change(last, "seven swift swans").want(204)
		change("seven swift swans", "nine blue lanterns").want(204) // six changes ago
	})
}

// Every change leaves a record, and the chain over all of them holds.
func TestTheRecordIsWholeAndReadByAuditorsOnly(t *testing.T) {
	each(t, func(h *house) {
		ctx := context.Background()
		if _, err := audit.Seal(ctx, h.DB); err != nil {
			t.Fatal(err)
		}
		aud := h.enter("aud")
		list := as[store.Listing[audit.Record]](aud.do("GET", "/api/audit?action=account.create&limit=2", nil).want(200))
		if list.Total != 5 || len(list.Items) != 2 || list.Next == "" {
			t.Fatalf("list %+v", list)
		}
		people := as[store.Listing[User]](aud.do("GET", "/api/accounts?q=amy", nil).want(200))
		if len(people.Items) != 1 || len(people.Items[0].Grants) != 1 || people.Items[0].Grants[0].RoleID != "issuer" || people.Items[0].Grants[0].RegionPath != "cn.11.110105." {
			t.Errorf("roles in the list: %+v", people.Items)
		}
		list = as[store.Listing[audit.Record]](aud.do("GET", "/api/audit?actor="+h.id("aud")+"&action=account.sign_in", nil).want(200))
		if list.Total != 1 || list.Items[0].ActorName != "审计员" || list.Items[0].Address != "127.0.0.1" {
			t.Errorf("own sign-in: %+v", list)
		}
		if list = as[store.Listing[audit.Record]](aud.do("GET", "/api/audit?to=2026-01-01T00:00:00Z", nil).want(200)); list.Total != 0 {
			t.Errorf("%d records before there were any", list.Total)
		}
		v := as[audit.Verdict](aud.do("POST", "/api/audit/verify", object{}).want(200))
		if v.Records == 0 || len(v.Broken) != 0 {
			t.Errorf("verdict %+v", v)
		}
		v = as[audit.Verdict](aud.do("POST", "/api/audit/verify", object{"head": strings.Repeat("0", 64)}).want(200))
		if len(v.Broken) != 1 || v.Broken[0].Reason != "head" {
			t.Errorf("a cut chain: %+v", v)
		}
		csv := aud.do("GET", "/api/audit/export?action=account.", nil).want(200)
		if !strings.HasPrefix(string(csv.body), "\ufeff记录编号 (id),时间 (at),操作人编号 (actor),操作人 (actorName),操作,操作代码 (action),") ||
			!strings.Contains(string(csv.body), "+08:00,"+h.id("aud")+",审计员,登录,account.sign_in,") || strings.Count(string(csv.body), "\n") < 20 ||
			csv.header.Get("Content-Type") != "text/csv; charset=utf-8" {
			t.Errorf("export %s", csv.body)
		}
		if csv = aud.do("GET", "/api/audit/export?action=account.&by=platform", nil).want(200); strings.Contains(string(csv.body), ",account.sign_in,") {
			t.Errorf("by the platform: %s", csv.body)
		}
		aud.do("GET", "/api/audit/export?by=nobody", nil).want(422, "validate.one_of")
		aud.do("GET", "/api/audit/export?from=yesterday", nil).want(422, "validate.date_time")
		if len(h.records("audit.verify")) != 2 || len(h.records("audit.export")) != 2 {
			t.Error("looking at the record left no record")
		}
		for _, other := range []string{"amy", "sys", "sec"} {
			b := h.enter(other)
			for _, path := range []string{"/api/audit", "/api/audit/export"} {
				b.do("GET", path, nil).want(403, "auth.no_grant")
			}
			b.do("POST", "/api/audit/verify", object{}).want(403, "auth.no_grant")
		}
	})
}
