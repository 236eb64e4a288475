package fact_test

import (
	"context"
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

// What is wrong with facts that somebody states is told with the place of the input, whoever
// finds it: who may state it, or what the element admits.
func TestFactsThatAreStatedWrongNameTheirPlace(t *testing.T) {
	const state, define auth.Permission = "measure.state", "measure.define"
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		l, err := fact.Open(context.Background(), fact.Deps{DB: db, Clock: clk, Zone: time.UTC, State: state, Define: define}, town())
		must(t, err)
		zero := 0.0
		must(t, l.Seed(context.Background(), []fact.Element{{Code: "visits", NameZh: "次", NameEn: "visits", Combine: fact.Sum, Period: period.Month, Level: "district", Min: &zero, Whole: true}}))
		ctx := auth.With(context.Background(), auth.NewPrincipal(auth.Actor{ID: "u", Name: "U"}, map[auth.Permission][]string{state: {"c.d1."}, define: {"c.d1."}}))
		month, err := period.Parse("2026-07")
		must(t, err)
		good, half, less := 3.0, 1.5, -1.0
		ahead := period.Of(period.Month, clk.Now(), time.UTC).Next(1)
		first := fact.Stated{Element: "visits", Unit: "d1", Period: month, Value: &good}
		for place, bad := range map[string]fact.Stated{
			"facts[1].value":   {Element: "visits", Unit: "d1", Period: month, Value: &half},
			"facts[1].region":  {Element: "visits", Unit: "d2", Period: month, Value: &good},
			"facts[1].period":  {Element: "visits", Unit: "d1", Period: ahead, Value: &good},
			"facts[1].element": {Element: "none", Unit: "d1", Period: month, Value: &good},
			"facts[1].reason":  {Element: "visits", Unit: "d1", Period: month, Value: &good, Correct: true},
		} {
			if _, err := l.State(ctx, []fact.Stated{first, bad}); err == nil || fault.Of(err).Place != place {
				t.Errorf("%v, want it at %s", err, place)
			}
		}
		_, err = l.State(ctx, []fact.Stated{{Element: "visits", Unit: "d1", Period: month, Value: &half}, {Element: "visits", Unit: "d1", Period: month, Value: &less}})
		if list, ok := err.(fault.List); !ok || len(list) != 2 || list[0].Place != "facts[0].value" || list[1].Place != "facts[1].value" {
			t.Errorf("each wrong row is told of: %v", err)
		}
		if out, err := l.State(ctx, []fact.Stated{first}); err != nil || out.New != 1 {
			t.Errorf("%+v %v", out, err)
		}

		// What would count beside what is known is told of, and what replaces it is not.
		ref := first
		ref.Ref = "1"
		for i, want := range []string{"beside", ""} {
			out, err := l.State(ctx, []fact.Stated{ref})
			must(t, err)
			said := ""
			for _, f := range out.Findings {
				said += f.Rule
			}
			if said != want {
				t.Errorf("%d: %q, want %q", i, said, want)
			}
		}
		// What was stated ahead can be withdrawn.
		_, err = take(t.Context(), db, l, fact.Entry{Element: "visits", Unit: "d1", Period: ahead, Value: value(1)})
		must(t, err)
		if out, err := l.State(ctx, []fact.Stated{{Element: "visits", Unit: "d1", Period: ahead}}); err != nil || out.Withdrawn != 1 {
			t.Errorf("%+v %v", out, err)
		}

		// What was approved is corrected by those only who also say what facts are about.
		must(t, db.Housekeep(ctx, func(tx *store.Tx) error { return l.Lock(ctx, tx, "d1", month, []string{"visits"}, "return:1") }))
		other := 4.0
		again := fact.Stated{Element: "visits", Unit: "d1", Period: month, Value: &other, Correct: true, Reason: "counted again"}
		clerk := auth.With(context.Background(), auth.NewPrincipal(auth.Actor{ID: "c", Name: "C"}, map[auth.Permission][]string{state: {"c.d1."}}))
		if _, err := l.State(clerk, []fact.Stated{again}); !fault.Is(err, "measure.fact.locked") {
			t.Errorf("a clerk changed what was approved: %v", err)
		}
		if out, err := l.State(ctx, []fact.Stated{again}); err != nil || out.Changed != 1 {
			t.Errorf("%+v %v", out, err)
		}
	}, measure.Migrations())
}

// Whoever states of a region what is stated of things in it is told that both are counted, once it is
// new; what changes it, and what is stated of a place without such things, is not told of.
func TestWhatCountsBesideThingsInARegionIsToldOf(t *testing.T) {
	const state auth.Permission = "measure.state"
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		l, err := fact.Open(context.Background(), fact.Deps{DB: db, Clock: clk, Zone: time.UTC, State: state}, town())
		must(t, err)
		must(t, l.Seed(context.Background(), []fact.Element{{Code: "answers", NameZh: "答复", NameEn: "answers", Combine: fact.Sum, Period: period.Month}}))
		month, err := period.Parse("2026-06")
		must(t, err)
		_, err = take(t.Context(), db, l, fact.Entry{Element: "answers", Unit: "outlet:a", Region: "t11", Period: month, Value: value(3)})
		must(t, err)
		ctx := auth.With(context.Background(), auth.NewPrincipal(auth.Actor{ID: "u", Name: "U"}, map[auth.Permission][]string{state: {"c."}}))
		for i, c := range []struct {
			unit   string
			number float64
			want   int
		}{{"d1", 40, 1}, {"d1", 41, 0}, {"d2", 5, 0}, {"c", 7, 1}} {
			out, err := l.State(ctx, []fact.Stated{{Element: "answers", Unit: c.unit, Period: month, Value: &c.number}})
			must(t, err)
			if len(out.Findings) != c.want || c.want > 0 && (out.Findings[0].Rule != "beside" || out.Findings[0].Stops) {
				t.Errorf("%d: %+v", i, out.Findings)
			}
		}
	}, measure.Migrations())
}
