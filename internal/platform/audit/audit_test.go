package audit_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

func write(t *testing.T, db *store.DB, n int) {
	t.Helper()
	ctx := auth.As(context.Background(), auth.Actor{ID: "u1", Name: "张三"})
	for i := range n {
		err := db.Update(ctx, func(tx *store.Tx) error {
			return audit.Write(ctx, tx, audit.Entry{
				Action: "test.do", Object: fmt.Sprintf("thing:%d", i), RegionPath: "cn.11.110105.", Detail: map[string]int{"n": i},
			})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestChainHoldsUntilSomebodyTouchesIt(t *testing.T) {
	damage := []struct {
		name, sql string
		want      []string // reasons
	}{
		{"nothing", `SELECT 1`, nil},
		{"an altered record", `UPDATE platform_audit SET detail = '{"n":9}' WHERE object = 'thing:3'`, []string{"altered"}},
		{"damaged detail", `UPDATE platform_audit SET detail = '{' WHERE object = 'thing:3'`, []string{"altered"}},
		{"a person's record among the platform's", `UPDATE platform_audit SET done_by = 'platform' WHERE object = 'thing:3'`, []string{"altered"}},
		{"a removed record", `DELETE FROM platform_audit WHERE object = 'thing:3'`, []string{"missing"}},
		{"a removed seal", `DELETE FROM platform_audit_seal WHERE seq = 3`, []string{"gap", "unsealed"}},
		{"a record slipped in", `INSERT INTO platform_audit (id, at, actor, actor_name, action, object, region_path, detail, request, address, sealed)
			VALUES ('0', 0, '', '', '', '', '', '{}', '', '', true)`, []string{"unsealed"}},
	}
	for _, d := range damage {
		t.Run(d.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, db *store.DB, _ *clock.Manual) {
				ctx := context.Background()
				write(t, db, 5)
				if n, err := audit.Seal(ctx, db); err != nil || n != 5 {
					t.Fatalf("sealed %d, %v", n, err)
				}
				write(t, db, 2)
				if _, err := audit.Seal(ctx, db); err != nil {
					t.Fatal(err)
				}
				if err := db.Housekeep(ctx, func(tx *store.Tx) error { _, err := tx.Exec(ctx, d.sql); return err }); err != nil {
					t.Fatal(err)
				}
				v, err := audit.Verify(ctx, db, audit.Against{})
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, b := range v.Broken {
					got = append(got, b.Reason)
				}
				if diff := cmp.Diff(d.want, got); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestNotedHeadFindsACutOffChain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, _ *clock.Manual) {
		ctx := context.Background()
		write(t, db, 4)
		if _, err := audit.Seal(ctx, db); err != nil {
			t.Fatal(err)
		}
		before, err := audit.Verify(ctx, db, audit.Against{})
		if err != nil || len(before.Broken) != 0 || before.Records != 4 {
			t.Fatalf("%+v, %v", before, err)
		}
		err = db.Housekeep(ctx, func(tx *store.Tx) error {
			if _, err := tx.Exec(ctx, `DELETE FROM platform_audit WHERE object = 'thing:3'`); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `DELETE FROM platform_audit_seal WHERE seq = 4`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		after, err := audit.Verify(ctx, db, audit.Against{Head: before.Head})
		if err != nil || len(after.Broken) != 1 || after.Broken[0].Reason != "head" {
			t.Fatalf("%+v, %v", after, err)
		}
	})
}

func TestFindPagesWithinScope(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, _ *clock.Manual) {
		ctx := context.Background()
		write(t, db, 5)
		f := audit.Filter{Scope: auth.NewScope("cn.11."), Page: store.Page{Limit: 2}}
		var seen []string
		for {
			page, err := audit.Find(ctx, db, f)
			if err != nil {
				t.Fatal(err)
			}
			if page.Total != 5 {
				t.Fatalf("total %d", page.Total)
			}
			for _, r := range page.Items {
				seen = append(seen, r.Object)
			}
			if page.Next == "" {
				break
			}
			f.Page.After = page.Next
		}
		if diff := cmp.Diff([]string{"thing:4", "thing:3", "thing:2", "thing:1", "thing:0"}, seen); diff != "" {
			t.Error(diff)
		}
		none, err := audit.Find(ctx, db, audit.Filter{Scope: auth.NewScope("cn.11.110101.")})
		if err != nil || len(none.Items) != 0 {
			t.Fatalf("%+v, %v", none, err)
		}
	})
}

// What the platform does by itself is most of the record; people's acts are found without it.
func TestFindTellsPeopleFromThePlatform(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, _ *clock.Manual) {
		for _, actor := range []string{"u1", "system:alert", "system:operator", "", "system:asset", "zoe", "device:61101", "system"} {
			ctx := auth.As(context.Background(), auth.Actor{ID: actor, Name: actor})
			err := db.Update(ctx, func(tx *store.Tx) error {
				return audit.Write(ctx, tx, audit.Entry{Action: "test.do", Object: "by:" + actor})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for by, want := range map[audit.By][]string{
			audit.ByPeople:   {"by:zoe", "by:system:operator", "by:u1"},
			audit.ByPlatform: {"by:system", "by:device:61101", "by:system:asset", "by:", "by:system:alert"},
		} {
			page, err := audit.Find(context.Background(), db, audit.Filter{By: by, Scope: auth.Everywhere})
			var got []string
			for _, r := range page.Items {
				got = append(got, r.Object)
			}
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("%s: %v\n%s", by, err, diff)
			}
		}
	})
}

func TestFindKeepsToTheMicrosecond(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		var at []time.Time
		for _, step := range []time.Duration{0, time.Microsecond, time.Millisecond, 400 * time.Microsecond, time.Hour} {
			clk.Advance(step)
			at = append(at, clk.Now())
			write(t, db, 1)
		}
		for _, c := range []struct {
			from, to time.Time
			want     int64
		}{
			{time.Time{}, time.Time{}, 5},
			{at[1], time.Time{}, 4},
			{at[2], at[3], 1},
			{at[0], at[4], 4},
			{at[0].Add(time.Nanosecond), at[1], 1}, // a microsecond is the finest that is kept
			{time.Time{}, at[1], 1},
			{at[3].Add(time.Microsecond), at[4].Add(time.Microsecond), 1},
			{time.Date(-2000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(50_000, 1, 1, 0, 0, 0, 0, time.UTC), 5},
			{at[4].Add(time.Microsecond), time.Time{}, 0},
		} {
			page, err := audit.Find(context.Background(), db, audit.Filter{From: c.from, To: c.to, Scope: auth.Everywhere})
			if err != nil || page.Total != c.want || int64(len(page.Items)) != c.want {
				t.Errorf("from %v to %v: %d of %d, %v; want %d", c.from, c.to, len(page.Items), page.Total, err, c.want)
			}
		}
	})
}
