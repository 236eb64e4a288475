package fact_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// counted counts the queries that are asked.
type counted struct {
	store.Queryer
	n int
}

func (c *counted) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	c.n++
	return c.Queryer.Query(ctx, query, args...)
}

// However many periods and things are stated, what they had before is read by elements and runs.
func TestWhatIsUsualIsReadByRuns(t *testing.T) {
	withThings(t, func(t *testing.T, db *store.DB, _ *clock.Manual, l *fact.Ledger, as func(...string) context.Context) {
		first, err := period.Parse("2018-01")
		must(t, err)
		var before []fact.Entry
		for i := range 96 {
			for j, unit := range []string{"t11", "t21"} {
				before = append(before, fact.Entry{Element: "sum.month", Unit: unit, Period: first.Next(i), Value: value(float64(100*(j+1) + i%3))})
			}
		}
		_, err = take(t.Context(), db, l, before...)
		must(t, err)
		entry := func(element, unit string, back int, v float64) fact.Entry {
			return fact.Entry{Element: element, Unit: unit, Region: unit, Period: first.Next(back), Value: value(v)}
		}
		entries := []fact.Entry{entry("sum.month", "t21", 95, 900), entry("sum.month", "t11", 30, 101), entry("sum.month", "t11", 6, 900), entry("sum.month", "t11", 5, 900), entry("sum.month", "t12", 60, 900), entry("sum.month", "t11", 119, 900),
			entry("sum.month", "t11", 120, 900)}
		for i := range 80 {
			entries = append(entries, entry("max.month", "t11", i, 1), entry("sum.month", "t21", i, 201))
		}
		q := &counted{Queryer: db}
		found, err := fact.Unusual(l, t.Context(), q, entries)
		must(t, err)
		var at []int
		for _, f := range found {
			at = append(at, f.At[0])
		}
		// 5: of the 24 months before one is known; 6: none.
		if fmt.Sprint(at) != "[0 2]" || !strings.Contains(found[0].MessageEn, "201") {
			t.Errorf("%v %+v", at, found)
		}
		if q.n > 4 {
			t.Errorf("%d queries for 2 elements", q.n)
		}
	})
}

func TestRunsHoldWhatIsAskedAndNoMore(t *testing.T) {
	at := func(n int) period.Period { return period.Period{Kind: period.Month, N: n} }
	many := make([]string, 5000)
	for i := range many {
		many[i] = fmt.Sprint("u", i)
	}
	asked := map[period.Period][]string{at(9): {"b"}, at(8): {"a", "b"}, at(1000): {"a"}, at(900_000): {"a"}, at(900_001): many, at(900_100): many}
	runs := fact.Runs(asked, 1, 24)
	got := ""
	for _, r := range runs {
		got += fmt.Sprintf("%d-%d:%d ", r.From.N, r.To.N, len(r.Units))
	}
	if got != "-16-1000:2 899976-900001:5001 900076-900100:5000 " {
		t.Error(got)
	}
	for p := range asked {
		in := 0
		for i := range runs {
			if runs[i].Has(p) {
				in++
			}
		}
		if in != 1 {
			t.Errorf("%d lies in %d runs", p.N, in)
		}
	}
	if fact.Runs(nil, 1, 24) != nil {
		t.Error("a run of nothing")
	}
}

// The things of a statement are read at once, and what takes too long is refused before it is looked at.
func TestStatingManyFactsIsBounded(t *testing.T) {
	withThings(t, func(t *testing.T, db *store.DB, _ *clock.Manual, l *fact.Ledger, as func(...string) context.Context) {
		city, v := as("c."), 1.0
		var ids []string
		for i := range 5 {
			x, err := l.RegisterThing(city, outlet(fmt.Sprint(i), "t11"))
			must(t, err)
			ids = append(ids, x.ID)
		}
		q := &counted{Queryer: db}
		found, err := fact.ThingsOf(l, t.Context(), q, append(ids, "fund:1", "fund:2", "outlet:none"))
		if must(t, err); len(found) != 6 || found["fund:1"] == nil || found["outlet:4"].RegionCode != "t11" || q.n != 1 {
			t.Errorf("%v by %d queries", found, q.n)
		}
		day, _ := period.Parse("2025-01-01")
		var stated []fact.Stated
		for i := range 401 {
			stated = append(stated, fact.Stated{Element: "sum.day", Unit: ids[i%5], Period: day.Next(i), Value: &v})
		}
		if _, err := l.State(city, stated); !fault.Is(err, "measure.fact.periods") || fault.Of(err).Kind != fault.TooLarge {
			t.Errorf("%v", err)
		}
		out, err := l.State(city, stated[:400])
		if must(t, err); out.New != 400 {
			t.Errorf("%+v", out)
		}
	})
}
