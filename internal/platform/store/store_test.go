package store_test

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/event"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

type happened struct{ Text string }

func (happened) EventName() string          { return "test.happened" }
func (happened) Aggregate() (string, int64) { return "thing", 3 }

func TestParametersGoByNumberOnBothDatabases(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, _ *clock.Manual) {
		var a, b string
		err := db.QueryRow(context.Background(), `SELECT CAST($2 AS text), CAST($1 AS text)`, "one", "two").Scan(&a, &b)
		if err != nil || a != "two" || b != "one" {
			t.Fatalf("got %q %q %v", a, b, err)
		}
	})
}

func TestUpdateRefusesUnauditedChange(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, _ *clock.Manual) {
		ctx := context.Background()
		write := func(tx *store.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO platform_setting (name, value, updated_at) VALUES ($1, $2, $3)`, "a", "b", tx.Now.UnixMicro())
			return err
		}
		if err := db.Update(ctx, write); err == nil {
			t.Fatal("a change without an audit record was accepted")
		}
		var n int
		if err := db.QueryRow(ctx, `SELECT count(*) FROM platform_setting`).Scan(&n); err != nil || n != 0 {
			t.Fatalf("the refused change left %d rows, %v", n, err)
		}
		if err := db.Housekeep(ctx, write); err != nil {
			t.Fatal(err)
		}
	})
}

func TestEmitCommitsOrVanishesWithItsTransaction(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		ctx := context.Background()
		boom := errors.New("boom")
		for _, fail := range []error{boom, nil} {
			err := db.Housekeep(ctx, func(tx *store.Tx) error {
				if err := tx.Emit(ctx, happened{"hello"}); err != nil {
					return err
				}
				return fail
			})
			if !errors.Is(err, fail) {
				t.Fatal(err)
			}
		}
		rows, err := store.Collect(ctx, db, func(r *sql.Rows) (s string, err error) { return s, r.Scan(&s) },
			`SELECT payload FROM platform_outbox WHERE published_at IS NULL`)
		if err != nil || len(rows) != 1 || rows[0] != `{"Text":"hello"}` {
			t.Fatalf("outbox %v, %v", rows, err)
		}
		select {
		case <-db.OutboxReady():
		default:
			t.Fatal("the relay was not woken")
		}
	})
}

// An event that the bus could not carry is refused with its transaction, not left to stop
// the outbox.
func TestAnEventTooLongIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, _ *clock.Manual) {
		ctx := context.Background()
		long := strings.Repeat("x", event.MaxPayload-len(`{"Text":""}`))
		for text, want := range map[string]bool{long: true, long + "x": false} {
			err := db.Housekeep(ctx, func(tx *store.Tx) error { return tx.Emit(ctx, happened{text}) })
			if (err == nil) != want {
				t.Errorf("%d characters: %v", len(text), err)
			}
		}
		var n int
		if err := db.QueryRow(ctx, `SELECT count(*) FROM platform_outbox`).Scan(&n); err != nil || n != 1 {
			t.Errorf("%d events wait, %v", n, err)
		}
	})
}

func TestWhere(t *testing.T) {
	var w store.Where
	w.And("a = ? AND b < ?", 1, 2)
	w.In("c", []string{"x", "y"})
	w.In("d", nil)
	if got, want := w.SQL(), " WHERE a = $1 AND b < $2 AND c IN ($3, $4) AND 1 = 0"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(w.Args()) != 4 {
		t.Errorf("args %v", w.Args())
	}
}

func TestTouched(t *testing.T) {
	if err := store.Touched(0, nil); !fault.IsKind(err, fault.Stale) {
		t.Errorf("got %v", err)
	}
	if err := store.Touched(1, nil); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestAListIsCountedOnlySoFar(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, _ *clock.Manual) {
		ctx := context.Background()
		for i, want := range []int64{0, 1, 2, 3, -1, -1} {
			q := store.ListQuery[string]{Columns: "name", From: "platform_setting", Where: &store.Where{}, Key: "name", CountTo: 3,
				Scan: func(r *sql.Rows) (s string, err error) { return s, r.Scan(&s) }, KeyOf: func(s string) string { return s }}
			q.Where.And("name <> ?", "other")
			list, err := store.List(ctx, db, q)
			if err != nil || list.Total != want || len(list.Items) != i {
				t.Errorf("%d rows: total %d, %d items, %v", i, list.Total, len(list.Items), err)
			}
			err = db.Housekeep(ctx, func(tx *store.Tx) error {
				_, err := tx.Exec(ctx, `INSERT INTO platform_setting (name, value, updated_at) VALUES ($1, '', 0)`, strconv.Itoa(i))
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestIDsOfATimeAreARange(t *testing.T) {
	at := storetest.Start.Add(1500 * time.Microsecond)
	for _, now := range []time.Time{at, at.Truncate(time.Millisecond), at.Add(499 * time.Microsecond)} {
		id := store.NewID(now)
		if first, next := store.FirstID(now), store.FirstID(now.Add(time.Millisecond)); id < first || id >= next {
			t.Errorf("%s is not within %s and %s", id, first, next)
		}
	}
	if least, most := store.FirstID(time.Time{}), store.FirstID(time.Date(50_000, 1, 1, 0, 0, 0, 0, time.UTC)); least != "00000000000000000000000000" || most <= store.FirstID(at) {
		t.Errorf("times that no id has: %s, %s", least, most)
	}
}

func TestIDsOfAMomentAreInTheOrderTheyWereMade(t *testing.T) {
	for range 100 {
		first := store.NewID(storetest.Start)
		store.NewID(storetest.Start.Add(time.Hour)) // another clock, between
		if second := store.NewID(storetest.Start); second <= first {
			t.Fatalf("%s was made after %s", second, first)
		}
	}
}

// What was published is swept without reading the rest.
func TestTheOutboxIsSweptByAnIndex(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, _ *clock.Manual) {
		ctx := context.Background()
		err := db.Housekeep(ctx, func(tx *store.Tx) error {
			explain := "EXPLAIN QUERY PLAN "
			if db.Dialect() == store.Postgres {
				explain = "EXPLAIN "
				if _, err := tx.Exec(ctx, `SET LOCAL enable_seqscan = off`); err != nil { // an empty table would be read through
					return err
				}
			}
			rows, err := tx.Query(ctx, explain+`DELETE FROM platform_outbox WHERE published_at < $1`, 1)
			if err != nil {
				return err
			}
			defer rows.Close()
			var plan strings.Builder
			for rows.Next() {
				var line string
				into := []any{&line}
				if db.Dialect() == store.SQLite {
					into = []any{new(int), new(int), new(int), &line}
				}
				if err := rows.Scan(into...); err != nil {
					return err
				}
				plan.WriteString(line + "\n")
			}
			if !strings.Contains(plan.String(), "platform_outbox_age") {
				t.Errorf("the plan is\n%s", &plan)
			}
			return rows.Err()
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// A statement that the writer keeps serves each transaction anew: after one that was rolled
// back, after its table changed, and beside others.
func TestAPreparedStatementServesTransactionAfterTransaction(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, _ *clock.Manual) {
		ctx := context.Background()
		boom := errors.New("boom")
		put := func(names []string, fail error) error {
			return db.Housekeep(ctx, func(tx *store.Tx) error {
				stmt, err := tx.Prepare(ctx, `INSERT INTO platform_setting (name, value, updated_at) VALUES ($1, $2, $3)`)
				if err != nil {
					return err
				}
				defer stmt.Close()
				for _, n := range names {
					if _, err := stmt.ExecContext(ctx, n, "value", tx.Now.UnixMicro()); err != nil {
						return err
					}
				}
				return fail
			})
		}
		for _, step := range []struct {
			names []string
			fail  error
		}{{[]string{"a", "b"}, nil}, {[]string{"c"}, boom}, {[]string{"d"}, nil}} {
			if err := put(step.names, step.fail); !errors.Is(err, step.fail) {
				t.Fatal(err)
			}
		}
		if err := put([]string{"a"}, nil); err == nil {
			t.Error("a name was taken twice")
		}
		err := db.Housekeep(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(ctx, `ALTER TABLE platform_setting ADD COLUMN more text`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				if err := put([]string{"many" + strconv.Itoa(i)}, nil); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		var n int
		if err := db.QueryRow(ctx, `SELECT count(*) FROM platform_setting WHERE value = 'value' AND more IS NULL`).Scan(&n); err != nil || n != 11 {
			t.Errorf("%d rows, %v", n, err)
		}
	})
}
