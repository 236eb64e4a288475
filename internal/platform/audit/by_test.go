package audit_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// planned is a database that keeps how it means to answer each question.
type planned struct {
	*store.DB
	t     *testing.T
	plans []string
}

func (p *planned) note(query string, args []any) {
	explain := "EXPLAIN QUERY PLAN "
	if p.Dialect() == store.Postgres {
		explain = "EXPLAIN "
	}
	lines, err := store.Collect(context.Background(), p.DB, func(r *sql.Rows) (line string, err error) {
		var id any
		if p.Dialect() == store.Postgres {
			return line, r.Scan(&line)
		}
		return line, r.Scan(&id, &id, &id, &line)
	}, explain+query, args...)
	if err != nil {
		p.t.Fatal(err)
	}
	p.plans = append(p.plans, strings.Join(lines, "; "))
}

func (p *planned) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	p.note(query, args)
	return p.DB.Query(ctx, query, args...)
}

func (p *planned) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	p.note(query, args)
	return p.DB.QueryRow(ctx, query, args...)
}

// However much the platform has recorded of itself, people's acts are found along an index,
// and what is found of one thing or one actor is found by that.
func TestFindDoesNotWalkTheWholeRecord(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, _ *clock.Manual) {
		ctx := context.Background()
		write(t, db, 1)
		err := db.Housekeep(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO platform_audit (id, at, actor, actor_name, action, object, region_path, detail, request, address, sealed)
				WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 20000)
				SELECT '1' || n, n, 'system:asset', 'asset', 'asset.seen', 'thing:' || n, 'cn.11.', '{}', '', '', true FROM n`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if db.Dialect() == store.Postgres {
			if err := db.Housekeep(ctx, func(tx *store.Tx) error { _, err := tx.Exec(ctx, `ANALYZE platform_audit`); return err }); err != nil {
				t.Fatal(err)
			}
		}
		for name, c := range map[string]struct {
			audit.Filter
			index string
			found int
		}{
			"people":             {audit.Filter{By: audit.ByPeople}, "platform_audit_done_by", 1},
			"people, an act":     {audit.Filter{By: audit.ByPeople, Action: "test."}, "platform_audit_done_by", 1},
			"people, a day":      {audit.Filter{By: audit.ByPeople, From: storetest.Start.Add(-time.Hour), To: storetest.Start.Add(time.Hour)}, "platform_audit_done_by", 1},
			"people, a region":   {audit.Filter{By: audit.ByPeople, Scope: auth.NewScope("cn.11.")}, "platform_audit_done_by", 1},
			"people, a thing":    {audit.Filter{By: audit.ByPeople, Object: "thing:0"}, "platform_audit_object", 1},
			"platform, a thing":  {audit.Filter{By: audit.ByPlatform, Object: "thing:7"}, "platform_audit_object", 1},
			"platform, a person": {audit.Filter{By: audit.ByPlatform, Actor: "u1"}, "platform_audit_actor", 0},
		} {
			if c.Scope.Empty() {
				c.Scope = auth.Everywhere
			}
			q := &planned{DB: db, t: t}
			page, err := audit.Find(ctx, q, c.Filter)
			if err != nil || len(page.Items) != c.found || page.Total != int64(c.found) {
				t.Errorf("%s: found %d of %d, %v", name, len(page.Items), page.Total, err)
			}
			for _, plan := range q.plans {
				if !strings.Contains(plan, c.index) {
					t.Errorf("%s: %s", name, plan)
				}
			}
		}
	})
}

// Records from before whose acts they are was kept are told apart like new ones.
func TestOldRecordsTellPeopleFromThePlatform(t *testing.T) {
	for name, db := range map[string]*store.DB{"SQLite": storetest.EmptySQLite(t), "PostgreSQL": storetest.EmptyPostgres(t)} {
		ctx := context.Background()
		if err := db.MigrateTo(ctx, map[string]int64{"platform": 5}); err != nil {
			t.Fatal(err)
		}
		err := db.Housekeep(ctx, func(tx *store.Tx) error {
			for _, actor := range []string{"", "device:61101", "system", "system:asset", "system:operator", "systematic", "u1", "张三"} {
				if _, err := tx.Exec(ctx, `INSERT INTO platform_audit (id, at, actor, actor_name, action, object, region_path, detail, request, address)
					VALUES ($1, 0, $2, '', 'test.do', $2, '', '{}', '', '')`, "by "+actor, actor); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := audit.Seal(ctx, db); err != nil {
			t.Fatal(err)
		}
		for by, want := range map[audit.By][]string{
			audit.ByPeople:   {"张三", "u1", "systematic", "system:operator"},
			audit.ByPlatform: {"system:asset", "system", "device:61101", ""},
		} {
			page, err := audit.Find(ctx, db, audit.Filter{By: by, Scope: auth.Everywhere})
			var got []string
			for _, r := range page.Items {
				got = append(got, r.Object)
			}
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("%s, %s: %v\n%s", name, by, err, diff)
			}
		}
		if v, err := audit.Verify(ctx, db, audit.Against{}); err != nil || len(v.Broken) != 0 { // every record says whose it is
			t.Errorf("%s: %+v, %v", name, v.Broken, err)
		}
	}
}
