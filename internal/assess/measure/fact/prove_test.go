package fact_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// provable is a ledger whose sums somebody may prove.
func provable(t *testing.T, db *store.DB, clk clock.Clock) (*fact.Ledger, context.Context) {
	l := open(t, db, clk)
	l.Define, l.Home, l.Log = "define", "c.", slog.New(slog.DiscardHandler)
	return l, auth.With(context.Background(), auth.NewPrincipal(auth.Actor{ID: "u", Name: "U"}, map[auth.Permission][]string{"define": {"c."}}))
}

// months are facts of an element in two towns of one district over some months.
func months(element string, count int) (list []fact.Entry) {
	from := period.Of(period.Month, time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), time.UTC)
	for i := range count {
		for _, unit := range []string{"t11", "t12"} {
			list = append(list, fact.Entry{Element: element, Unit: unit, Period: from.Next(i), Value: value(float64(i + 1))})
		}
	}
	return list
}

// Whatever became of the sums that are kept, the facts say what is right.
func TestSumsAreProvedByTheirFacts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		l, ctx := provable(t, db, clk)
		for _, c := range []fact.Combine{fact.Sum, fact.Mean, fact.Max, fact.Stock} {
			code := fmt.Sprintf("%s.month", c)
			if _, err := take(ctx, db, l, months(code, 6)...); err != nil {
				t.Fatal(err)
			}
			right, err := dump(db, code)
			must(t, err)
			p, err := l.Prove(ctx, code)
			if err != nil || p.Facts != 12 || p.Sums == 0 || p.Wrong != 0 {
				t.Errorf("%s: %+v %v", code, p, err)
			}
			for what, spoil := range map[string]string{
				"another's sums": `UPDATE measure_block SET data = (SELECT data FROM measure_block WHERE element = $1 AND unit = 't11' AND NOT days ORDER BY start LIMIT 1) WHERE element = $1 AND unit = 'c' AND NOT days`,
				"no sums":        `DELETE FROM measure_block WHERE element = $1 AND unit = 'd1'`,
				"sums of nobody": `UPDATE measure_block SET unit = 'd2' WHERE element = $1 AND unit = 'd1'`,
				"no sense":       `UPDATE measure_block SET data = substr(data, 1, 4) WHERE element = $1 AND unit = 'c'`,
				"no letters":     `UPDATE measure_block SET data = '!' WHERE element = $1 AND unit = 'c'`,
			} {
				must(t, db.Housekeep(ctx, func(tx *store.Tx) error { _, err := tx.Exec(ctx, spoil, code); return err }))
				spoiled, err := dump(db, code)
				must(t, err)
				p, err := l.Prove(ctx, code)
				if err != nil || (p.Wrong == 0) != (spoiled == right) {
					t.Errorf("%s, %s: %+v %v", code, what, p, err)
				}
				if now, err := dump(db, code); err != nil || now != right {
					t.Errorf("%s, %s was not put right: %v\n%s\n\n%s", code, what, err, now, right)
				}
			}
		}
		if _, err := l.Prove(context.Background(), "sum.month"); !fault.Is(err, "auth.sign_in_required") {
			t.Errorf("by anybody: %v", err)
		}
	}, measure.Migrations())
}

// Facts that come while others are added up are not taken for sums gone wrong, and none is lost.
func TestFactsComeWhileSumsAreProved(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		l, ctx := provable(t, db, clk)
		const code = "sum.month"
		done := make(chan error, 1)
		go func() {
			for i := range 60 {
				e := months(code, 1)[0]
				e.Ref = fmt.Sprint(i)
				if _, err := take(ctx, db, l, e); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
		for running := true; running; {
			select {
			case err := <-done:
				must(t, err)
				running = false
			default:
			}
			if p, err := l.Prove(ctx, code); err != nil || p.Wrong != 0 {
				t.Fatalf("%+v %v", p, err)
			}
		}
		if p, err := l.Prove(ctx, code); err != nil || p.Facts != 60 || p.Wrong != 0 {
			t.Errorf("%+v %v", p, err)
		}
	}, measure.Migrations())
}
