package auth_test

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// path draws region paths that often lie within, beside or just short of one another.
var path = rapid.Custom(func(t *rapid.T) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"cn.", "11.", "110.", "1.", "12.", "a.", "z9."}), 0, 4).Draw(t, "segments"), "")
})

var places = store.Migrations{Module: "place", FS: fstest.MapFS{"00001_place.sql": {Data: []byte(
	"-- +goose Up\nCREATE TABLE place_thing (round bigint NOT NULL, path text NOT NULL, PRIMARY KEY (round, path));\n")}}}

// One Scope makes both the SQL filter and the guard: on either database a query finds
// exactly the rows that the guard allows.
func TestFilterAndGuardAgree(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, _ *clock.Manual) {
		ctx, round := context.Background(), 0
		rapid.Check(t, func(rt *rapid.T) {
			round++
			all := rapid.SliceOfNDistinct(path, 0, 12, rapid.ID).Draw(rt, "rows")
			scope := auth.NewScope(rapid.SliceOfN(path, 0, 4).Draw(rt, "scope")...)
			err := db.Housekeep(ctx, func(tx *store.Tx) error {
				for _, p := range all {
					if _, err := tx.Exec(ctx, `INSERT INTO place_thing (round, path) VALUES ($1, $2)`, round, p); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				rt.Fatal(err)
			}
			var w store.Where
			w.And("round = ?", round)
			scope.Where(&w, "path")
			found, err := store.Collect(ctx, db, func(r *sql.Rows) (p string, err error) { return p, r.Scan(&p) },
				"SELECT path FROM place_thing"+w.SQL(), w.Args()...)
			if err != nil {
				rt.Fatal(err)
			}
			allowed := slices.DeleteFunc(slices.Clone(all), func(p string) bool { return !scope.Allows(p) })
			slices.Sort(found)
			slices.Sort(allowed)
			if !slices.Equal(found, allowed) {
				rt.Fatalf("scope %q: the query finds %q, the guard allows %q", scope.Paths(), found, allowed)
			}
		})
	}, places)
}

// A scope is the union of its subtrees, however they were named.
func TestScopeIsTheUnionOfItsSubtrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		paths, at := rapid.SliceOfN(path, 0, 5).Draw(t, "paths"), path.Draw(t, "at")
		scope := auth.NewScope(paths...)
		if got, want := scope.Allows(at), slices.ContainsFunc(paths, func(p string) bool { return strings.HasPrefix(at, p) }); got != want {
			t.Fatalf("%q in %q: %v", at, paths, got)
		}
		if again := auth.NewScope(scope.Paths()...); !slices.Equal(again.Paths(), scope.Paths()) {
			t.Fatalf("%q is not its own scope", scope.Paths())
		}
		if scope.Empty() != (len(paths) == 0) {
			t.Fatalf("%q is empty: %v", paths, scope.Empty())
		}
	})
}

func TestScopes(t *testing.T) {
	for _, c := range []struct {
		paths, kept []string
	}{
		{nil, nil},
		{[]string{"cn.11.", "cn.", "cn.12."}, []string{"cn."}},
		{[]string{"cn.11.", "cn.110."}, []string{"cn.11.", "cn.110."}},
		{[]string{"cn.", auth.Root}, []string{auth.Root}},
	} {
		if d := cmp.Diff(c.kept, auth.NewScope(c.paths...).Paths()); d != "" {
			t.Errorf("%q: %s", c.paths, d)
		}
	}
	if (auth.Scope{}).Allows(auth.Root) || !auth.Everywhere.Allows(auth.Root) || auth.NewScope("cn.").Allows(auth.Root) {
		t.Error("things that lie in no region are for those who hold a permission everywhere")
	}
}

func TestGuard(t *testing.T) {
	ctx := context.Background()
	if err := auth.Check(ctx, "a.x", "cn."); !fault.IsKind(err, fault.Unauthenticated) {
		t.Errorf("nobody: %v", err)
	}
	machine := auth.As(ctx, auth.Actor{ID: "system:asset"})
	if err := auth.Check(machine, "a.x", "cn."); !fault.IsKind(err, fault.Unauthenticated) {
		t.Errorf("an actor without a session: %v", err)
	}
	if got := auth.Who(machine).ID; got != "system:asset" {
		t.Errorf("actor %s", got)
	}
	if got := auth.Who(ctx).ID; got != "system" {
		t.Errorf("actor %s", got)
	}
	p := auth.NewPrincipal(auth.Actor{ID: "u"}, map[auth.Permission][]string{"a.x": {"cn.11."}})
	ctx = auth.With(ctx, p)
	for path, ok := range map[string]bool{"cn.11.": true, "cn.11.110105.": true, "cn.": false, "cn.110.": false, "": false} {
		if err := auth.Check(ctx, "a.x", path); (err == nil) != ok {
			t.Errorf("%q: %v", path, err)
		}
	}
	if err := auth.Check(ctx, "a.y", "cn.11."); !fault.Is(err, "auth.no_grant") {
		t.Errorf("another permission: %v", err)
	}
	if auth.Who(ctx).ID != "u" || !auth.ScopeOf(ctx, "a.y").Empty() || auth.ScopeOf(ctx, "a.x").Empty() {
		t.Error("the principal is not who acts")
	}
}

func TestRequireFresh(t *testing.T) {
	now, ctx := time.Unix(1e9, 0), context.Background()
	if err := auth.RequireFresh(ctx, now, time.Minute); !fault.IsKind(err, fault.Unauthenticated) {
		t.Errorf("nobody: %v", err)
	}
	p := auth.NewPrincipal(auth.Actor{ID: "u"}, nil)
	for ago, ok := range map[time.Duration]bool{0: true, time.Minute: true, time.Minute + 1: false} {
		p.Fresh = now.Add(-ago)
		if err := auth.RequireFresh(auth.With(ctx, p), now, time.Minute); (err == nil) != ok {
			t.Errorf("%v ago: %v", ago, err)
		}
	}
	p.Fresh = time.Time{}
	if err := auth.RequireFresh(auth.With(ctx, p), now, time.Minute); !fault.Is(err, "auth.confirm_required") {
		t.Errorf("never: %v", err)
	}
}
