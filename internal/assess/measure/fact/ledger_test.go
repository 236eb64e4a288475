package fact_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tongsheng/tongsheng/internal/assess/measure"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// town is a city of two districts with two towns each; the first has two villages.
func town() []fact.Region {
	r := func(code, parent, path, level string) fact.Region {
		return fact.Region{Code: code, Parent: parent, Path: path, Level: level, NameZh: code, NameEn: code}
	}
	return []fact.Region{r("c", "", "c.", "city"), r("d1", "c", "c.d1.", "district"), r("d2", "c", "c.d2.", "district"),
		r("t11", "d1", "c.d1.t11.", "township"), r("t12", "d1", "c.d1.t12.", "township"), r("t21", "d2", "c.d2.t21.", "township"), r("t22", "d2", "c.d2.t22.", "township"),
		r("v1", "t11", "c.d1.t11.v1.", "village"), r("v2", "t11", "c.d1.t11.v2.", "village")}
}

func elements() (list []fact.Element) {
	for _, c := range []fact.Combine{fact.Sum, fact.Mean, fact.Max, fact.Min, fact.Stock} {
		for _, k := range []period.Kind{period.Day, period.Month, period.Year} {
			list = append(list, fact.Element{Code: fmt.Sprintf("%s.%s", c, k), NameZh: string(c), NameEn: string(c), Combine: c, Period: k})
		}
	}
	return list
}

func open(t testing.TB, db *store.DB, clk clock.Clock) *fact.Ledger {
	l, err := fact.Open(context.Background(), fact.Deps{DB: db, Clock: clk, Zone: time.UTC}, town())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Seed(context.Background(), elements()); err != nil {
		t.Fatal(err)
	}
	return l
}

// dump is every block of an element, as text.
func dump(db *store.DB, element string) (string, error) {
	rows, err := store.Collect(context.Background(), db, func(r *sql.Rows) (string, error) {
		var element, unit, data string
		var days bool
		var start int
		err := r.Scan(&element, &unit, &days, &start, &data)
		return fmt.Sprintf("%s %s %t %d %s", element, unit, days, start, data), err
	}, `SELECT element, unit, days, start, data FROM measure_block WHERE element = $1 ORDER BY days, start, unit`, element)
	return strings.Join(rows, "\n"), err
}

func value(v float64) *fact.Value {
	x, err := fact.ValueOf(v)
	if err != nil {
		panic(err)
	}
	return &x
}

func take(ctx context.Context, db *store.DB, l *fact.Ledger, entries ...fact.Entry) (out fact.Outcome, err error) {
	err = db.Housekeep(ctx, func(tx *store.Tx) error {
		out, err = l.Take(ctx, tx, fact.Origin{Source: fact.FromModule, Object: "test:1"}, entries)
		return err
	})
	return out, err
}

// said is a fact as a test remembers it.
type said struct {
	unit, region string
	p            period.Period
	v            float64
}

// model is what was stated, without any sums.
type model struct {
	facts  map[string]map[string]said // by element, then by chain
	parent map[string]string
}

func (m *model) under(region, unit string) bool {
	for r := region; r != ""; r = m.parent[r] {
		if r == unit {
			return true
		}
	}
	return false
}

// reading adds up by hand.
func (m *model) reading(e *fact.Element, unit string, p period.Period) float64 {
	var sum float64
	n := 0
	best := math.NaN()
	last := map[string]said{}
	for _, f := range m.facts[e.Code] {
		if f.unit != unit && !m.under(f.region, unit) {
			continue
		}
		if e.Combine == fact.Stock {
			if was, ok := last[f.unit]; f.p.N <= p.In(e.Period).N && (!ok || was.p.N < f.p.N) {
				last[f.unit] = f
			}
			continue
		}
		if p.Kind.Rank() < e.Period.Rank() || f.p.In(p.Kind) != p {
			continue
		}
		n++
		sum += f.v
		if math.IsNaN(best) || e.Combine == fact.Max && f.v > best || e.Combine == fact.Min && f.v < best {
			best = f.v
		}
	}
	for _, f := range last {
		n++
		sum += f.v
	}
	switch {
	case n == 0:
		return math.NaN()
	case e.Combine == fact.Max, e.Combine == fact.Min:
		return best
	case e.Combine == fact.Mean:
		return sum / float64(n)
	}
	return sum
}

// Whatever is stated, corrected, withdrawn or moved, in whatever order: sums that grew fact by
// fact equal those made anew from the facts, byte for byte, and both what a hand adds up.
func TestSumsThatGrowEqualSumsMadeAnew(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		l := open(t, db, clk)
		round := 0
		rapid.Check(t, func(r *rapid.T) {
			round++
			exercise(r, db, clk, l, fmt.Sprintf("r%d.", round))
		})
	}, measure.Migrations())
}

func exercise(r *rapid.T, db *store.DB, clk *clock.Manual, l *fact.Ledger, prefix string) {
	ctx := context.Background()
	combine := rapid.SampledFrom([]fact.Combine{fact.Sum, fact.Mean, fact.Max, fact.Min, fact.Stock}).Draw(r, "combine")
	kind := rapid.SampledFrom([]period.Kind{period.Day, period.Month, period.Quarter, period.Year}).Draw(r, "kind")
	e := fact.Element{Code: prefix + "e", NameZh: "e", NameEn: "e", Combine: combine, Period: kind}
	must(r, l.Seed(ctx, []fact.Element{e}))
	regions := town()
	m := &model{facts: map[string]map[string]said{e.Code: {}}, parent: map[string]string{}}
	for _, g := range regions {
		m.parent[g.Code] = g.Parent
	}
	must(r, l.Adopt(ctx, regions))
	start := period.Of(kind, time.Date(2024, 11, 1, 0, 0, 0, 0, time.UTC), time.UTC)
	type snapshot struct {
		at    time.Time
		facts map[string]said
	}
	var past []snapshot
	for range rapid.IntRange(1, 8).Draw(r, "steps") {
		clk.Advance(time.Minute)
		if combine != fact.Stock && rapid.IntRange(0, 5).Draw(r, "move") == 0 {
			moveTown(r, regions, m)
			must(r, l.Adopt(ctx, regions))
		}
		var entries []fact.Entry
		for range rapid.IntRange(1, 6).Draw(r, "entries") {
			g := rapid.SampledFrom(regions).Draw(r, "region")
			in := fact.Entry{Element: e.Code, Unit: g.Code, Period: start.Next(rapid.IntRange(0, 40).Draw(r, "n"))}
			if rapid.Bool().Draw(r, "thing") {
				in.Region, in.Unit = g.Code, "thing:"+g.Code
			}
			if combine != fact.Stock {
				in.Ref = rapid.SampledFrom([]string{"", "a", "b"}).Draw(r, "ref")
			}
			key := fmt.Sprint(in.Unit, in.Period, in.Ref)
			if rapid.IntRange(0, 3).Draw(r, "withdraw") > 0 {
				v := float64(rapid.Int64Range(-3_000_000, 3_000_000).Draw(r, "value")) / 1000
				in.Value = value(v)
				m.facts[e.Code][key] = said{in.Unit, g.Code, in.Period, v}
			} else {
				delete(m.facts[e.Code], key)
			}
			entries = append(entries, in)
		}
		_, err := take(ctx, db, l, entries...)
		must(r, err)
		past = append(past, snapshot{clk.Now(), maps.Clone(m.facts[e.Code])})
	}
	grown, err := dump(db, e.Code)
	must(r, err)
	must(r, l.Rebuild(ctx, e.Code))
	anew, err := dump(db, e.Code)
	must(r, err)
	if grown != anew {
		r.Fatalf("sums that grew differ from sums made anew:\n%s\n\n%s", grown, anew)
	}
	compare(r, db, l, m, &e, time.Time{})
	then := rapid.SampledFrom(past).Draw(r, "then")
	m.facts[e.Code] = then.facts
	compare(r, db, l, m, &e, then.at)
}

// moveTown puts a town into the other district.
func moveTown(r *rapid.T, regions []fact.Region, m *model) {
	i := rapid.IntRange(3, 6).Draw(r, "which")
	to := map[string]string{"d1": "d2", "d2": "d1"}[regions[i].Parent]
	was := regions[i].Path
	regions[i].Parent, regions[i].Path = to, "c."+to+"."+regions[i].Code+"."
	m.parent[regions[i].Code] = to
	for j := range regions {
		if regions[j].Path != was && strings.HasPrefix(regions[j].Path, was) {
			regions[j].Path = regions[i].Path + strings.TrimPrefix(regions[j].Path, was)
		}
	}
}

func compare(r *rapid.T, db *store.DB, l *fact.Ledger, m *model, e *fact.Element, asOf time.Time) {
	units := []string{"thing:t11", "thing:d2"}
	for _, g := range town() {
		units = append(units, g.Code)
	}
	for _, k := range period.Kinds {
		from := period.Of(k, time.Date(2024, 10, 1, 0, 0, 0, 0, time.UTC), time.UTC)
		a := fact.Ask{Elements: []string{e.Code}, Units: units, From: from, To: from.Next(70), AsOf: asOf}
		grid, err := l.Read(context.Background(), db, a)
		must(r, err)
		for i := range 71 {
			for _, u := range units {
				got, want := grid.At(e.Code, u, i).V, m.reading(e, u, from.Next(i))
				if math.IsNaN(want) != math.IsNaN(got) || math.Abs(got-want) > 1e-6 {
					r.Fatalf("%s of %s in %s as of %s: %g, added up by hand %g", e, u, from.Next(i), asOf, got, want)
				}
			}
		}
	}
}

func must(r interface{ Fatal(...any) }, err error) {
	if err != nil {
		r.Fatal(err)
	}
}

func TestAFactIsRefusedWithItsPlaceAndNothingIsTaken(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		ctx := context.Background()
		l := open(t, db, clk)
		low, high := 0.0, 100.0
		must(t, l.Seed(ctx, []fact.Element{{Code: "share", NameZh: "率", NameEn: "share", Combine: fact.Stock, Period: period.Month, Level: "township", Min: &low, Max: &high, Whole: true}}))
		month, _ := period.Parse("2026-07")
		day, _ := period.Parse("2026-07-01")
		good := fact.Entry{Element: "share", Unit: "t11", Period: month, Value: value(5)}
		for code, bad := range map[string]fact.Entry{
			"measure.element.not_found":   {Element: "none", Unit: "t11", Period: month, Value: value(1)},
			"measure.region":              {Element: "share", Unit: "nowhere", Period: month, Value: value(1)},
			"measure.fact.period":         {Element: "share", Unit: "t11", Period: day, Value: value(1)},
			"measure.fact.level.township": {Element: "share", Unit: "d1", Period: month, Value: value(1)},
			"measure.fact.above":          {Element: "share", Unit: "t11", Period: month, Value: value(101)},
			"measure.fact.below":          {Element: "share", Unit: "t11", Period: month, Value: value(-1)},
			"measure.fact.whole":          {Element: "share", Unit: "t11", Period: month, Value: value(1.5)},
			"measure.fact.stock_ref":      {Element: "share", Unit: "t11", Period: month, Ref: "a", Value: value(1)},
			"measure.fact.unit":           {Element: "share", Unit: "a thing", Region: "t11", Period: month, Value: value(1)},
			"measure.fact.reason":         {Element: "share", Unit: "t11", Period: month, Value: value(1), Correct: true},
		} {
			_, err := take(ctx, db, l, good, bad)
			if !fault.Is(err, code) || !strings.HasPrefix(fault.Of(err).Place, "[1]") {
				t.Errorf("%s: %v", code, err)
			}
		}
		if _, err := fact.ValueOf(2e12); !fault.Is(err, "measure.fact.value_range") {
			t.Error(err)
		}
		if got, err := dump(db, good.Element); err != nil || got != "" {
			t.Errorf("%v: something was taken: %s", err, got)
		}
	}, measure.Migrations())
}

func TestSumsThatDoNotFitAreRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		ctx := context.Background()
		l := open(t, db, clk)
		var entries []fact.Entry
		for i := range 12 {
			entries = append(entries, fact.Entry{Element: "sum.year", Unit: "t11", Ref: fmt.Sprint(i), Period: period.Period{Kind: period.Year, N: 2025}, Value: value(1e12)})
		}
		if _, err := take(ctx, db, l, entries...); !fault.Is(err, "measure.fact.overflow") {
			t.Fatal(err)
		}
		if _, err := take(ctx, db, l, entries[:8]...); err != nil {
			t.Fatal(err)
		}
		if _, err := take(ctx, db, l, entries[8:]...); !fault.Is(err, "measure.fact.overflow") {
			t.Fatal(err)
		}
	}, measure.Migrations())
}

// What is locked changes by a correction only, which says why and leaves what stood before.
func TestWhatIsLockedIsCorrectedInSight(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		ctx := context.Background()
		l := open(t, db, clk)
		month, _ := period.Parse("2026-07")
		in := fact.Entry{Element: "stock.month", Unit: "t11", Period: month, Value: value(5)}
		_, err := take(ctx, db, l, in)
		must(t, err)
		before := clk.Now()
		must(t, db.Housekeep(ctx, func(tx *store.Tx) error { return l.Lock(ctx, tx, "t11", month, []string{"stock.month"}, "return:1") }))
		in.Value = value(6)
		if _, err := take(ctx, db, l, in); !fault.Is(err, "measure.fact.locked") {
			t.Fatal(err)
		}
		clk.Advance(time.Hour)
		in.Correct, in.Reason = true, "two devices were counted twice"
		out, err := take(ctx, db, l, in)
		if err != nil || out.Changed != 1 {
			t.Fatal(out, err)
		}
		for asOf, want := range map[time.Time]float64{{}: 6, before: 5} {
			grid, err := l.Read(ctx, db, fact.Ask{Elements: []string{in.Element}, Units: []string{"c"}, From: month, To: month, AsOf: asOf})
			must(t, err)
			if got := grid.At(in.Element, "c", 0).V; got != want {
				t.Errorf("as of %s: %g, want %g", asOf, got, want)
			}
			list, err := l.List(ctx, fact.Filter{Scope: auth.NewScope("c."), Element: in.Element, AsOf: asOf})
			must(t, err)
			if len(list.Items) != 1 || *list.Items[0].Value != want {
				t.Errorf("facts as of %s: %+v, want one of %g", asOf, list.Items, want)
			}
		}
	}, measure.Migrations())
}

// What is locked of a region does not change by what lies below it or stands in it either.
func TestNothingBelowCountsIntoWhatIsLocked(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		l := open(t, db, clk)
		month, _ := period.Parse("2026-07")
		stated := fact.Entry{Element: "sum.month", Unit: "d1", Period: month, Value: value(100)}
		_, err := take(t.Context(), db, l, stated)
		must(t, err)
		must(t, db.Housekeep(t.Context(), func(tx *store.Tx) error {
			return l.Lock(t.Context(), tx, "d1", month, []string{"sum.month"}, "return:1")
		}))
		beside := []fact.Entry{{Element: "sum.month", Unit: "d2", Period: month, Value: value(7)}, {Element: "sum.month", Unit: "t11", Period: month.Next(1), Value: value(7)}, {Element: "mean.month", Unit: "t11", Period: month, Value: value(7)}}
		if _, err := take(t.Context(), db, l, beside...); err != nil {
			t.Errorf("what does not count into it: %v", err)
		}
		for name, in := range map[string]fact.Entry{"a township": {Unit: "t11"}, "a village": {Unit: "v1"}, "a thing": {Unit: "hotel:1", Region: "d1"}, "a thing below": {Unit: "hotel:2", Region: "t12"}, "a part": {Unit: "d1", Ref: "second"}} {
			in.Element, in.Period, in.Value = "sum.month", month, value(5000)
			if _, err := take(t.Context(), db, l, in); !fault.Is(err, "measure.fact.locked") {
				t.Errorf("%s: %v", name, err)
			}
		}
		late := fact.Entry{Element: "sum.month", Unit: "t11", Period: month, Value: value(1), Correct: true, Reason: "one was forgotten"}
		_, err = take(t.Context(), db, l, late)
		must(t, err)
		corrections, err := l.List(t.Context(), fact.Filter{Scope: auth.NewScope("c."), Corrects: true})
		if must(t, err); len(corrections.Items) != 1 || corrections.Items[0].Unit != "t11" {
			t.Errorf("corrections: %+v", corrections.Items)
		}
	}, measure.Migrations())
}

// A stock counts until it is stated next: what was stated before a locked period, and holds in it, does
// not change either.
func TestAStockThatHoldsInWhatIsLockedIsLocked(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		l := open(t, db, clk)
		march, _ := period.Parse("2026-03")
		june := march.Next(3)
		of := func(unit, region string, p period.Period, v float64) fact.Entry {
			return fact.Entry{Element: "stock.month", Unit: unit, Region: region, Period: p, Value: value(v)}
		}
		_, err := take(t.Context(), db, l, of("hotel:1", "t11", march, 5), of("hotel:2", "t11", march, 5), of("hotel:2", "t11", june.Next(-1), 6), of("t21", "t21", march, 5))
		must(t, err)
		must(t, db.Housekeep(t.Context(), func(tx *store.Tx) error {
			return l.Lock(t.Context(), tx, "d1", june, []string{"stock.month"}, "return:1")
		}))
		withdrawn := of("hotel:2", "t11", june.Next(-1), 0)
		withdrawn.Value = nil
		for name, c := range map[string]struct {
			entry  fact.Entry
			locked bool
		}{
			"holds in it":                  {of("hotel:1", "t11", march, 50), true},
			"was stated since":             {of("hotel:2", "t11", march, 50), false},
			"anew before it":               {of("v2", "v2", march.Next(-24), 50), true},
			"anew before a statement":      {of("hotel:1", "t11", march.Next(-1), 50), false},
			"anew between":                 {of("hotel:1", "t11", june.Next(-2), 50), true},
			"leaves it to what was before": {withdrawn, true},
			"after it":                     {of("hotel:1", "t11", june.Next(1), 50), false},
			"elsewhere":                    {of("t21", "t21", march, 50), false},
			"as it is":                     {of("hotel:1", "t11", march, 5), false},
		} {
			entries := []fact.Entry{c.entry}
			beside, err := l.Beside(t.Context(), db, entries)
			must(t, err)
			if told := beside[0].Locked; (told != nil) != c.locked || told != nil && told.Args["period"] != "2026-06" {
				t.Errorf("%s: beforehand it is said %v", name, told)
			}
			errUndone := errors.New("undone")
			err = db.Housekeep(t.Context(), func(tx *store.Tx) error {
				if _, err := l.Take(t.Context(), tx, fact.Origin{Source: fact.FromModule}, entries); err != nil {
					return err
				}
				return errUndone
			})
			if c.locked && !fault.Is(err, "measure.fact.locked") || !c.locked && !errors.Is(err, errUndone) {
				t.Errorf("%s: %v", name, err)
			}
		}
		late := of("hotel:1", "t11", march, 50)
		late.Correct, late.Reason = true, "they were counted by the dozen"
		_, err = take(t.Context(), db, l, late)
		must(t, err)
		corrections, err := l.List(t.Context(), fact.Filter{Scope: auth.NewScope("c."), Corrects: true})
		if must(t, err); len(corrections.Items) != 1 || corrections.Items[0].Unit != "hotel:1" {
			t.Errorf("corrections: %+v", corrections.Items)
		}
	}, measure.Migrations())
}

// Nobody but the product states of its own elements, whatever way they try.
func TestTheProductAloneStatesOfItsOwnElements(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		l := open(t, db, clk)
		paid := fact.Element{Code: "paid", NameZh: "已支付", NameEn: "paid", Combine: fact.Sum, Period: period.Month, Level: "district", BuiltIn: true}
		jobs := fact.Element{Code: "jobs", NameZh: "维修单", NameEn: "jobs", Combine: fact.Sum, Period: period.Month, Level: "district"}
		must(t, l.Seed(t.Context(), []fact.Element{paid, jobs}))
		month, _ := period.Parse("2026-07")
		state := func(from fact.Source, e fact.Entry) error {
			return db.Housekeep(t.Context(), func(tx *store.Tx) error {
				_, err := l.Take(t.Context(), tx, fact.Origin{Source: from, Object: "test:1"}, []fact.Entry{e})
				return err
			})
		}
		for _, from := range []fact.Source{fact.FromHand, fact.FromImport, fact.FromAPI, fact.FromReturn, fact.FromSurvey} {
			err := state(from, fact.Entry{Element: "paid", Unit: "d1", Period: month, Value: value(1)})
			if !fault.Is(err, "measure.fact.built_in") || fault.Of(err).Place != "[0].element" {
				t.Errorf("%s: %v", from, err)
			}
		}
		must(t, state(fact.FromFund, fact.Entry{Element: "paid", Unit: "fund:1", Region: "d1", Period: month, Value: value(1)}))
		must(t, state(fact.FromHand, fact.Entry{Element: "jobs", Unit: "d1", Period: month, Value: value(1)}))
		if err := state(fact.FromHand, fact.Entry{Element: "jobs", Unit: "hotel:1", Region: "d1", Period: month, Value: value(1)}); !fault.Is(err, "measure.fact.region_only") || fault.Of(err).Place != "[0].unit" {
			t.Errorf("a thing states what is stated of districts: %v", err)
		}
	}, measure.Migrations())
}

// Of two who change an element at once one is told that the other did.
func TestAnElementIsChangedByOneAtATime(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		l, err := fact.Open(context.Background(), fact.Deps{DB: db, Clock: clk, Zone: time.UTC, Home: "c.", Define: "define"}, []fact.Region{{Code: "c", Path: "c.", Level: "city", NameZh: "c", NameEn: "c"}})
		if err != nil {
			t.Fatal(err)
		}
		ctx := auth.With(context.Background(), auth.NewPrincipal(auth.Actor{ID: "a", Name: "a"}, map[auth.Permission][]string{"define": {"c."}}))
		e, err := l.Put(ctx, fact.Element{Code: "x", NameZh: "x", NameEn: "x", Combine: fact.Sum, Period: period.Month}, 0)
		if err != nil {
			t.Fatal(err)
		}
		for range 10 {
			results := make(chan error, 4)
			for range cap(results) {
				go func() { _, err := l.Put(ctx, *e, e.Revision); results <- err }()
			}
			done := 0
			for range cap(results) {
				switch err := <-results; {
				case err == nil:
					done++
				case !fault.Is(err, "stale"):
					t.Fatal(err)
				}
			}
			if e, err = l.Element("x"); err != nil || done != 1 {
				t.Fatalf("%d of four changed one revision: %v", done, err)
			}
		}
	}, measure.Migrations())
}

// An element that was retired comes back as what it was, with the sums of what was stated of it.
func TestARetiredElementComesBackAsItWas(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		ctx := auth.With(context.Background(), auth.NewPrincipal(auth.Actor{ID: "a", Name: "a"}, map[auth.Permission][]string{"define": {"c."}, "state": {"c."}}))
		l, err := fact.Open(ctx, fact.Deps{DB: db, Clock: clk, Zone: time.UTC, Home: "c.", Define: "define", State: "state", Users: func(string) []fact.User { return nil }}, []fact.Region{{Code: "c", Path: "c.", Level: "city", NameZh: "c", NameEn: "c"}, {Code: "d", Parent: "c", Path: "c.d.", Level: "district", NameZh: "d", NameEn: "d"}})
		if err != nil {
			t.Fatal(err)
		}
		monthly := fact.Element{Code: "x", NameZh: "x", NameEn: "x", Combine: fact.Sum, Period: period.Month}
		if _, err := l.Put(ctx, monthly, 0); err != nil {
			t.Fatal(err)
		}
		july, _ := period.Parse("2026-07")
		five := 5.0
		if _, err := l.State(ctx, []fact.Stated{{Element: "x", Unit: "d", Period: july, Value: &five}}); err != nil {
			t.Fatal(err)
		}
		if err := l.Retire(ctx, "x", 1); err != nil {
			t.Fatal(err)
		}
		yearly := monthly
		yearly.Period = period.Year
		if _, err := l.Put(ctx, yearly, 0); !fault.Is(err, "measure.element.stated") {
			t.Errorf("its facts would be read as those of years: %v", err)
		}
		if _, err := l.Put(ctx, monthly, 0); err != nil {
			t.Fatal(err)
		}
		g, err := l.Read(ctx, db, fact.Ask{Elements: []string{"x"}, Units: []string{"c"}, From: july, To: july})
		if err != nil || g.At("x", "c", 0).V != 5 {
			t.Errorf("%v %v", g.At("x", "c", 0).V, err)
		}
	}, measure.Migrations())
}
