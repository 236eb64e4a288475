package indicator_test

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/formula"
	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

const read, define auth.Permission = "measure.read", "measure.define"

// bench is a city of two districts: the first with towns of 3,000 and 1,000 people, the second
// with one of 6,000.
type bench struct {
	*testing.T
	db     *store.DB
	ledger *fact.Ledger
	book   *indicator.Book
	ctx    context.Context
}

func newBench(t *testing.T, db *store.DB, clk clock.Clock) *bench {
	r := func(code, parent, path, level string) fact.Region {
		return fact.Region{Code: code, Parent: parent, Path: path, Level: level, NameZh: code, NameEn: code}
	}
	l, err := fact.Open(context.Background(), fact.Deps{DB: db, Clock: clk, Zone: time.UTC, Read: read, Define: define}, []fact.Region{r("c", "", "c.", "city"), r("d1", "c", "c.d1.", "district"), r("d2", "c", "c.d2.", "district"),
		r("t11", "d1", "c.d1.t11.", "township"), r("t12", "d1", "c.d1.t12.", "township"), r("t21", "d2", "c.d2.t21.", "township")})
	if err != nil {
		t.Fatal(err)
	}
	month := func(code string, c fact.Combine) fact.Element {
		return fact.Element{Code: code, NameZh: code, NameEn: code, Combine: c, Period: period.Month}
	}
	people := month("population", fact.Stock)
	people.Period = period.Year
	if err := l.Seed(context.Background(), []fact.Element{people, month("reached", fact.Sum), month("targets", fact.Sum), month("cable", fact.Stock), month("dtmb", fact.Stock), month("grade", fact.Stock)}); err != nil {
		t.Fatal(err)
	}
	b := &bench{T: t, db: db, ledger: l, ctx: auth.With(context.Background(), auth.NewPrincipal(auth.Actor{ID: "u", Name: "U"}, map[auth.Permission][]string{read: {""}, define: {""}}))}
	if b.book, err = indicator.Open(context.Background(), indicator.Deps{DB: db, Log: slog.Default(), Ledger: l, Zones: b, Home: "c.", Read: read, Define: define}); err != nil {
		t.Fatal(err)
	}
	for unit, n := range map[string]float64{"t11": 3000, "t12": 1000, "t21": 6000} {
		b.state("population", unit, "2020", n)
	}
	return b
}

// Members answers for zones: the north is the first district.
func (b *bench) Members(_ context.Context, zone string) ([]string, error) {
	if zone != "north" {
		return nil, fault.New(fault.NotFound, "region.zone_not_found")
	}
	return []string{"d1"}, nil
}

func (b *bench) state(element, unit, p string, v float64) {
	b.Helper()
	at, err := period.Parse(p)
	if err != nil {
		b.Fatal(err)
	}
	value, err := fact.ValueOf(v)
	if err != nil {
		b.Fatal(err)
	}
	err = b.db.Housekeep(b.ctx, func(tx *store.Tx) error {
		_, err := b.ledger.Take(b.ctx, tx, fact.Origin{Source: fact.FromHand}, []fact.Entry{{Element: element, Unit: unit, Period: at, Value: &value}})
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) put(d indicator.Definition) error {
	d.NameZh, d.NameEn, d.Period = d.Code, d.Code, period.Month
	if d.Direction == "" {
		d.Direction = indicator.Up
	}
	if d.Aggregate == "" {
		d.Aggregate = indicator.Formula
	}
	_, err := b.book.Put(b.ctx, d, 0)
	return err
}

func (b *bench) value(code, unit, p string) indicator.Value {
	b.Helper()
	at, err := period.Parse(p)
	if err != nil {
		b.Fatal(err)
	}
	got, err := b.book.Values(b.ctx, b.db, indicator.Ask{Indicators: []string{code}, Units: []string{unit}, From: at, To: at})
	if err != nil {
		b.Fatal(err)
	}
	return got[code][unit][0]
}

func (b *bench) want(code, unit, p string, want float64) {
	b.Helper()
	if got := b.value(code, unit, p).V; math.IsNaN(want) != math.IsNaN(got) || math.Abs(got-want) > 1e-9 {
		b.Errorf("%s of %s in %s: %g, want %g", code, unit, p, got, want)
	}
}

func each(t *testing.T, fn func(b *bench)) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) { fn(newBench(t, db, clk)) }, measure.Migrations())
}

// What is retired while something that refers to it is defined is either refused, or refuses it.
func TestNothingIsDefinedOverWhatIsRetired(t *testing.T) {
	each(t, func(b *bench) {
		b.ledger.Home, b.ledger.Users = "c.", b.book.UsersOf
		for i := range 20 {
			element, err := b.ledger.Put(b.ctx, fact.Element{Code: fmt.Sprintf("tmp.e%d", i), NameZh: "e", NameEn: "e", Combine: fact.Sum, Period: period.Month}, 0)
			if err != nil {
				b.Fatal(err)
			}
			retired := make(chan error, 1)
			go func() { retired <- b.ledger.Retire(b.ctx, element.Code, element.Revision) }()
			defined := b.put(indicator.Definition{Code: fmt.Sprintf("tmp.i%d", i), Numerator: element.Code})
			if gone := <-retired; (gone == nil) == (defined == nil) {
				b.Fatalf("retired: %v; defined over it: %v", gone, defined)
			}
		}
	})
}

// The number of an earlier date comes by the formula of that date; an indicator that was not
// defined yet looks back with its first.
func TestANumberOfADateComesByTheFormulaOfThatDate(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		b := newBench(t, db, clk)
		b.state("reached", "t11", "2026-07", 30)
		b.state("targets", "t11", "2026-07", 60)
		before := clk.Now()
		clk.Advance(time.Hour)
		ok(b, b.put(indicator.Definition{Code: "share", Numerator: "reached", Denominator: "targets"}))
		ok(b, b.put(indicator.Definition{Code: "double", Numerator: "share * 2.0"}))
		first := clk.Now()
		clk.Advance(time.Hour)
		d, err := b.book.Definition("share")
		ok(b, err)
		d.Denominator = "targets * 2.0"
		_, err = b.book.Put(b.ctx, d, d.Revision)
		ok(b, err)
		at, _ := period.Parse("2026-07")
		for _, c := range []struct {
			asOf time.Time
			want float64
		}{{before, 1}, {first, 1}, {clk.Now(), 0.5}, {time.Time{}, 0.5}} {
			got, err := b.book.Values(b.ctx, b.db, indicator.Ask{Indicators: []string{"double"}, Units: []string{"t11"}, From: at, To: at, AsOf: c.asOf})
			ok(b, err)
			if v := got["double"]["t11"][0].V; v != c.want {
				t.Errorf("as of %s: %g, want %g", c.asOf, v, c.want)
			}
		}
		trace, err := b.book.Trace(b.ctx, "share", "t11", at, first.Format(time.RFC3339))
		ok(b, err)
		if trace.Definition.Denominator != "targets" || *trace.Value != 0.5 {
			t.Errorf("the way to a number of the first hour: %+v", trace)
		}
		double, err := b.book.Definition("double")
		ok(b, err)
		clk.Advance(time.Hour)
		ok(b, b.book.Retire(b.ctx, "double", double.Revision))
		clk.Advance(time.Hour)
		got, err := b.book.Values(b.ctx, b.db, indicator.Ask{Indicators: []string{"double"}, Units: []string{"t11"}, From: at, To: at, AsOf: first})
		ok(b, err)
		if v := got["double"]["t11"][0].V; v != 1 {
			t.Errorf("what was retired since: %g, want 1", v)
		}
		if _, err := b.book.Values(b.ctx, b.db, indicator.Ask{Indicators: []string{"double"}, Units: []string{"t11"}, From: at, To: at, AsOf: clk.Now()}); !fault.Is(err, "measure.indicator.not_found") {
			t.Errorf("what is retired is reckoned: %v", err)
		}
	}, measure.Migrations())
}

func ok(b *bench, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func TestIndicatorsGoUpTheTreeEachInItsWay(t *testing.T) {
	each(t, func(b *bench) {
		ok(b, b.put(indicator.Definition{Code: "reach", Numerator: "reached * 100", Denominator: "targets"}))
		ok(b, b.put(indicator.Definition{Code: "grade_mean", Numerator: "grade", Aggregate: indicator.Weighted, Base: "township"}))
		ok(b, b.put(indicator.Definition{Code: "grade_worst", Numerator: "grade", Aggregate: indicator.Worst, Base: "township"}))
		ok(b, b.put(indicator.Definition{Code: "covered", Aggregate: indicator.Union, Base: "township", Parts: []string{"cable", "dtmb"}}))
		ok(b, b.put(indicator.Definition{Code: "both", Numerator: "reach + grade_worst", Formula: "numerator / 2"}))
		for unit, v := range map[string][4]float64{"t11": {30, 60, 4, .9}, "t12": {10, 10, 2, .2}, "t21": {50, 100, 5, .5}} {
			b.state("reached", unit, "2026-07", v[0])
			b.state("targets", unit, "2026-07", v[1])
			b.state("grade", unit, "2026-05", v[2])
			b.state("cable", unit, "2026-01", v[3])
		}
		b.state("dtmb", "t12", "2026-01", 1)
		b.state("dtmb", "t21", "2026-01", .3)
		b.want("reach", "t11", "2026-07", 50)
		b.want("reach", "d1", "2026-07", 4000.0/70)
		b.want("reach", "c", "2026-07", 9000.0/170)
		b.want("reach", "c", "2026Q3", 9000.0/170)
		b.want("reach", "c", "2026-08", math.NaN())
		b.want("grade_mean", "d1", "2026-07", (4*3000+2*1000)/4000.0)
		b.want("grade_mean", "c", "2026-07", (4*3000+2*1000+5*6000)/10000.0)
		b.want("grade_worst", "c", "2026-07", 2)
		b.want("grade_worst", "t21", "2026-07", 5)
		b.want("covered", "d1", "2026-07", (.9*3000+1*1000)/4000)
		b.want("covered", "c", "2026-07", (.9*3000+1*1000+.5*6000)/10000)
		if v := b.value("covered", "d2", "2026-07"); math.Abs(v.Most-.8) > 1e-9 {
			b.Errorf("at most %g are covered, want 0.8", v.Most)
		}
		if v := b.value("grade_worst", "c", "2026-07"); v.Worst != "t12" {
			b.Errorf("the worst is %q", v.Worst)
		}
		b.want("both", "t11", "2026-07", (50+4)/2)
		if v := b.value("grade_mean", "c", "2026-07"); v.Data.String() != "2026-05" {
			b.Errorf("last stated in %s", v.Data)
		}
	})
}

func TestWhatIsNotKnownStaysSoUnlessSomethingMayStandIn(t *testing.T) {
	each(t, func(b *bench) {
		flow := indicator.Definition{Code: "plain", Numerator: "reached"}
		ok(b, b.put(flow))
		flow.Code, flow.Impute = "carried", indicator.Impute{Rule: "carry", Periods: 2}
		ok(b, b.put(flow))
		flow.Code, flow.Impute = "beside", indicator.Impute{Rule: "peers"}
		ok(b, b.put(flow))
		flow.Code, flow.Impute = "zero", indicator.Impute{Rule: "fixed"}
		ok(b, b.put(flow))
		ok(b, b.put(indicator.Definition{Code: "divided", Numerator: "reached", Denominator: "targets"}))
		b.state("reached", "t11", "2026-07", 30)
		b.state("reached", "t12", "2026-07", 50)
		b.state("targets", "t11", "2026-07", 0)
		b.want("plain", "t21", "2026-07", math.NaN())
		b.want("carried", "t11", "2026-09", 30)
		b.want("carried", "t11", "2026-10", math.NaN())
		b.want("beside", "t21", "2026-07", 40)
		b.want("zero", "t21", "2026-07", 0)
		for code, unit := range map[string]string{"beside": "t21", "zero": "t21"} {
			if v := b.value(code, unit, "2026-07"); !v.Imputed {
				b.Errorf("%s is not marked as standing in", code)
			}
		}
		if v := b.value("divided", "t11", "2026-07"); v.Missing != formula.Undefined || v.Known() {
			b.Errorf("divided by nothing: %+v", v)
		}
		if v := b.value("divided", "t12", "2026-07"); v.Missing != formula.Unstated {
			b.Errorf("divided by what was not stated: %+v", v)
		}
	})
}

func TestBadDefinitionsAreRefusedWithTheirPlace(t *testing.T) {
	each(t, func(b *bench) {
		ok(b, b.put(indicator.Definition{Code: "a", Numerator: "reached"}))
		ok(b, b.put(indicator.Definition{Code: "b", Numerator: "a * 2"}))
		d, err := b.book.Definition("a")
		ok(b, err)
		d.Numerator = "reached + b"
		if _, err := b.book.Put(b.ctx, d, d.Revision); !fault.Is(err, "measure.indicator.ring") || fault.Of(err).Place != "numerator" || fault.Of(err).Args["way"] != "a → b → a" {
			b.Errorf("a ring: %v", err)
		}
		for want, bad := range map[string]indicator.Definition{
			"measure.indicator.ring":       {Code: "self", Numerator: "self + 1"},
			"measure.formula.unknown":      {Code: "x", Numerator: "reached / nothing"},
			"measure.formula.mixed":        {Code: "x", Numerator: "reached + 'text'"},
			"measure.formula.number":       {Code: "x", Numerator: "reached > 3"},
			"measure.indicator.is_element": {Code: "reached", Numerator: "targets"},
			"measure.code":                 {Code: "Bad Code", Numerator: "targets"},
			"measure.code_reserved":        {Code: "x.in", Numerator: "targets"},
			"measure.indicator.base":       {Code: "x", Numerator: "targets", Aggregate: indicator.Weighted},
			"measure.indicator.worst":      {Code: "x", Numerator: "targets", Aggregate: indicator.Worst, Base: "township", Direction: indicator.Neither},
			"measure.indicator.parts":      {Code: "x", Aggregate: indicator.Union, Base: "township"},
			"measure.element.not_found":    {Code: "x", Numerator: "targets", Aggregate: indicator.Weighted, Base: "township", Weight: "gold"},
			"measure.indicator.taken":      {Code: "a", Numerator: "targets"},
		} {
			if err := b.put(bad); !fault.Is(err, want) {
				b.Errorf("%+v: %v, want %s", bad, err, want)
			}
		}
		if err := b.book.Retire(b.ctx, "a", d.Revision); !fault.Is(err, "measure.indicator.used") || !strings.Contains(err.Error(), "b") {
			b.Errorf("what others refer to was retired: %v", err)
		}
		if err := b.book.Retire(b.ctx, "b", 1); err != nil {
			b.Error(err)
		}
		if err := b.put(indicator.Definition{Code: "b", Numerator: "reached"}); err != nil {
			b.Error(err)
		}
		if again, err := b.book.Wordings(b.ctx, "b"); err != nil || len(again) != 3 {
			b.Errorf("wordings: %v %v", again, err)
		}
	})
}

// A value of what stands in a region is taken apart like a region's, and is as hidden as its region.
func TestWhatAThingsValueIsMadeOf(t *testing.T) {
	each(t, func(b *bench) {
		ok(b, b.put(indicator.Definition{Code: "share", Numerator: "reached", Denominator: "targets"}))
		ok(b, b.db.Housekeep(b.ctx, func(tx *store.Tx) error {
			return b.ledger.SeedThings(b.ctx, tx, []fact.Thing{{ID: "outlet:1", RegionPath: "c.d1.t11.", NameZh: "网点", NameEn: "Outlet"}})
		}))
		month, err := period.Parse("2026-07")
		ok(b, err)
		ok(b, b.db.Housekeep(b.ctx, func(tx *store.Tx) error {
			three, _ := fact.ValueOf(3)
			four, _ := fact.ValueOf(4)
			_, err := b.ledger.Take(b.ctx, tx, fact.Origin{Source: fact.FromHand}, []fact.Entry{{Element: "reached", Unit: "outlet:1", Region: "t11", Period: month, Value: &three}, {Element: "targets", Unit: "outlet:1", Region: "t11", Period: month, Value: &four}})
			return err
		}))
		got, err := b.book.Trace(b.ctx, "share", "outlet:1", month, "")
		ok(b, err)
		if *got.Value != 0.75 || got.Unit.NameEn != "Outlet" || len(got.Path) != 3 || len(got.Below) != 0 || len(got.Names) != 2 {
			b.Errorf("%+v", got)
		}
		table, err := b.book.Table(b.ctx, &indicator.Asked{Indicators: []string{"share"}, Units: []string{"outlet:1", "d1"}, From: month, To: month})
		ok(b, err)
		if *table.Indicators[0].Values[0][0] != 0.75 || *table.Indicators[0].Values[1][0] != 0.75 {
			b.Errorf("%+v", table)
		}
		away := auth.With(context.Background(), auth.NewPrincipal(auth.Actor{ID: "v"}, map[auth.Permission][]string{read: {"c.d2."}}))
		if _, err := b.book.Trace(away, "share", "outlet:1", month, ""); !fault.Is(err, "measure.thing.not_found") {
			b.Errorf("another district is told that there is one: %v", err)
		}
		if _, err := b.book.Table(away, &indicator.Asked{Indicators: []string{"share"}, Units: []string{"outlet:1"}, From: month, To: month}); !fault.Is(err, "measure.thing.not_found") {
			b.Errorf("another district is told that there is one: %v", err)
		}
		if _, err := b.book.Trace(b.ctx, "share", "outlet:none", month, ""); !fault.Is(err, "measure.thing.not_found") {
			b.Error(err)
		}
	})
}

// Definitions that are changed at the same time are checked one after another: no two make a ring,
// and of two who change one the second is told.
func TestDefinitionsAreChangedOneAtATime(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		b := newBench(t, db, clk)
		ok(b, b.put(indicator.Definition{Code: "a", Numerator: "reached"}))
		ok(b, b.put(indicator.Definition{Code: "b", Numerator: "reached"}))
		for range 5 {
			results := make(chan error, 4)
			for code, other := range map[string]string{"a": "b", "b": "a"} {
				d, err := b.book.Definition(code)
				ok(b, err)
				for range 2 {
					go func() {
						changed := d
						changed.Numerator = "reached + " + other
						_, err := b.book.Put(b.ctx, changed, d.Revision)
						results <- err
					}()
				}
			}
			done := 0
			for range cap(results) {
				switch err := <-results; {
				case err == nil:
					done++
				case !fault.Is(err, "measure.indicator.ring") && !fault.Is(err, "stale"):
					t.Error(err)
				}
			}
			if done != 1 {
				t.Errorf("%d of four went through", done)
			}
			b.value("a", "t11", "2026-07")
			b.value("b", "t11", "2026-07")
			for _, code := range []string{"a", "b"} {
				d, err := b.book.Definition(code)
				ok(b, err)
				d.Numerator = "reached"
				_, err = b.book.Put(b.ctx, d, d.Revision)
				ok(b, err)
			}
		}
	}, measure.Migrations())
}

// What was retired since keeps nobody from looking back at what was not.
func TestTheRestIsSeenThoughSomethingWasRetired(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		b := newBench(t, db, clk)
		ok(b, b.put(indicator.Definition{Code: "odd", Numerator: "grade"}))
		ok(b, b.put(indicator.Definition{Code: "even", Numerator: "reached"}))
		b.state("reached", "t11", "2026-07", 30)
		then := clk.Now()
		clk.Advance(time.Hour)
		d, err := b.book.Definition("odd")
		ok(b, err)
		ok(b, b.book.Retire(b.ctx, "odd", d.Revision))
		e, err := b.ledger.Element("grade")
		ok(b, err)
		ok(b, b.ledger.Retire(b.ctx, "grade", e.Revision))
		at, _ := period.Parse("2026-07")
		got, err := b.book.Values(b.ctx, b.db, indicator.Ask{Indicators: []string{"even"}, Units: []string{"t11"}, From: at, To: at, AsOf: then})
		ok(b, err)
		if v := got["even"]["t11"][0].V; v != 30 {
			t.Errorf("%g", v)
		}
		if _, err := b.book.Values(b.ctx, b.db, indicator.Ask{Indicators: []string{"odd"}, Units: []string{"t11"}, From: at, To: at, AsOf: then}); !fault.Is(err, "measure.indicator.broken") {
			t.Errorf("what was made of a retired element: %v", err)
		}
		many := make([]string, 2000)
		for i := range many {
			many[i] = "t11"
		}
		if _, err := b.book.Values(b.ctx, b.db, indicator.Ask{Indicators: []string{"even", "even", "even"}, Units: many, From: at.Next(-199), To: at}); !fault.Is(err, "measure.grid") {
			t.Errorf("more than anybody can read was reckoned: %v", err)
		}
	}, measure.Migrations())
}

// A definition that gives no number says what it lacks.
func TestATrialSaysWhatIsNotStated(t *testing.T) {
	each(t, func(b *bench) {
		b.state("reached", "t11", "2026-07", 30)
		for text, want := range map[string]string{"reached / targets": "[targets]", "reached / 0": "[]", "reached": "[]"} {
			p, err := b.book.Try(b.ctx, indicator.Definition{Code: "tried", NameZh: "t", NameEn: "t", Numerator: text, Direction: indicator.Up, Period: period.Month, Aggregate: indicator.Formula})
			if err != nil {
				b.Fatal(err)
			}
			if got := fmt.Sprint(p.Unstated); got != want {
				b.Errorf("%s: nothing is stated of %s, want %s", text, got, want)
			}
		}
	})
}
