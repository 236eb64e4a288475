package account

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

func TestAdministratorsAreSeparatePeople(t *testing.T) {
	each(t, func(h *house) {
		sec := h.enter("sec")
		grant := func(username, role string) reply {
			return sec.do("POST", "/api/accounts/"+h.id(username)+"/grants", object{"role": role, "regionPath": ""}, "Accept-Language", "en")
		}
		for _, c := range [][2]string{{"sys", SecurityAdministrator}, {"sys", AuditAdministrator}, {"aud", SystemAdministrator}, {"sec2", AuditAdministrator}} {
			r := grant(c[0], c[1]).want(409, "account.grant.separate")
			if !strings.Contains(string(r.body), "administrator") {
				t.Errorf("the fault does not name the roles: %s", r.body)
			}
		}
		grant("sys", "issuer").want(201) // other work is no conflict
		grant("amy", SystemAdministrator).want(201)
		grant("amy", SystemAdministrator).want(409, "account.grant.held")
		grant("amy", AuditAdministrator).want(409, "account.grant.separate")
		grant("amy", "emperor").want(422, "account.role.unknown")
		grant("sec", "issuer").want(403, "account.grant.self")
		held := as[[]Grant](sec.do("GET", "/api/accounts/"+h.id("sec")+"/grants", nil).want(200))
		sec.do("DELETE", "/api/accounts/"+h.id("sec")+"/grants/"+held[0].ID, nil).want(403, "account.grant.self")
		h.enter("sys").do("POST", "/api/accounts/"+h.id("amy")+"/grants", object{"role": "issuer", "regionPath": ""}).want(403, "auth.no_grant")
	})
}

func TestTwoGrantsAtOnceCannotJoinTwoAdministrators(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.acting(h.id("sec"), auth.Root)
		var wg sync.WaitGroup
		for _, role := range []string{SystemAdministrator, SecurityAdministrator, AuditAdministrator} {
			wg.Go(func() { _, _ = h.AddGrant(ctx, h.id("amy"), role, auth.Root) })
		}
		wg.Wait()
		held, err := grantsOf(ctx, h.DB, h.id("amy"))
		if err != nil || len(held) != 2 { // issuer from the start and one of the three
			t.Errorf("grants %+v %v", held, err)
		}
	})
}

func TestTheLastAdministratorOfAKindStays(t *testing.T) {
	each(t, func(h *house) {
		sec := h.enter("sec")
		held := as[[]Grant](sec.do("GET", "/api/accounts/"+h.id("aud")+"/grants", nil).want(200))
		sec.do("DELETE", "/api/accounts/"+h.id("aud")+"/grants/"+held[0].ID, nil).want(409, "account.grant.last")
		if again := as[[]Grant](sec.do("GET", "/api/accounts/"+h.id("aud")+"/grants", nil).want(200)); len(again) != 1 {
			t.Error("the refused withdrawal went through")
		}
	})
}

func TestAGrantersPowerEndsAtTheirRegion(t *testing.T) {
	each(t, func(h *house) {
		ctx, newcomer := h.acting("x", here), h.make("newcomer", "", "")
		for path, ok := range map[string]bool{here: true, here + "110105001.": true, "cn.11.": false, "": false, "cn.11.110106.": false, "cn.11.1101051.": false} {
			_, err := h.AddGrant(ctx, newcomer, "issuer", path)
			if ok != (err == nil) || err != nil && !fault.Is(err, "auth.no_grant") {
				t.Errorf("%q: %v", path, err)
			}
		}
		for _, bad := range []string{"cn", "cn.11", ".", "cn..11.", "CN.", "cn.1 1.", "cn.%."} {
			if _, err := h.AddGrant(ctx, newcomer, "issuer", bad); !fault.Is(err, "account.region.invalid") {
				t.Errorf("%q: %v", bad, err)
			}
		}
	})
}

func TestSeedLeavesWhatIsAsItShouldBe(t *testing.T) {
	each(t, func(h *house) {
		ctx := context.Background()
		before := len(h.records("account.role_set"))
		if err := h.Seed(ctx, append(Administrators(), issuer)); err != nil {
			t.Fatal(err)
		}
		if n := len(h.records("account.role_set")); n != before {
			t.Errorf("%d records for no change", n-before)
		}
		changed := issuer
		changed.Permissions = []auth.Permission{"alert.cancel", "alert.issue"}
		if err := h.Seed(ctx, []Role{changed}); err != nil {
			t.Fatal(err)
		}
		roles, err := h.Roles(ctx)
		i := slices.IndexFunc(roles, func(r Role) bool { return r.ID == "issuer" })
		if err != nil || len(roles) != 4 || !slices.Equal(roles[i].Permissions, changed.Permissions) {
			t.Errorf("roles %+v %v", roles, err)
		}
	})
}

// What somebody may do is exactly what their grants and roles say, wherever one looks.
func TestPermissionsAreGrantsTimesRoles(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		h := build(t, db, clk)
		ctx, n := context.Background(), 0
		perms := []auth.Permission{"a.x", "a.y", "b.z"}
		segment := rapid.SampledFrom([]string{"cn.", "11.", "12.", "110.", "1."})
		path := rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(segment, 0, 3).Draw(t, "segments"), "") })
		rapid.Check(t, func(rt *rapid.T) {
			n++
			var roles []Role
			for i := range 3 {
				roles = append(roles, Role{ID: fmt.Sprintf("r%d", i), Permissions: rapid.SliceOfDistinct(rapid.SampledFrom(perms), rapid.ID).Draw(rt, "permissions")})
			}
			if err := h.Seed(ctx, roles); err != nil {
				rt.Fatal(err)
			}
			type pair struct{ role, path string }
			held := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) pair {
				return pair{rapid.SampledFrom([]string{"r0", "r1", "r2"}).Draw(t, "role"), path.Draw(t, "path")}
			}), 0, 4, rapid.ID).Draw(rt, "grants")
			var id string
			err := db.Update(ctx, func(tx *store.Tx) error {
				u, err := create(ctx, tx, User{Username: fmt.Sprintf("user%d", n), Name: "x"})
				for _, g := range held {
					if err == nil {
						_, err = h.grant(ctx, tx, u, g.role, g.path)
					}
				}
				id = u.ID
				return err
			})
			if err != nil {
				rt.Fatal(err)
			}
			granted, err := permissionsOf(ctx, db, id)
			if err != nil {
				rt.Fatal(err)
			}
			p := auth.NewPrincipal(auth.Actor{ID: id}, granted)
			at := path.Draw(rt, "at")
			for _, perm := range perms {
				want := slices.ContainsFunc(held, func(g pair) bool {
					i := slices.IndexFunc(roles, func(r Role) bool { return r.ID == g.role })
					return slices.Contains(roles[i].Permissions, perm) && strings.HasPrefix(at, g.path)
				})
				if got := auth.Check(auth.With(ctx, p), perm, at) == nil; got != want {
					rt.Fatalf("%s at %q: %v, grants %v", perm, at, got, held)
				}
			}
		})
	}, Migrations())
}
