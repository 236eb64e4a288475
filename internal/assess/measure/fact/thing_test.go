package fact_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/tongsheng/tongsheng/internal/assess/measure"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/live"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// devices is a register with one device, which stands in a village.
type devices struct{}

func (devices) Place(_ context.Context, idOrCode string) (id, path string, err error) {
	if idOrCode != "23digits" {
		return "", "", fault.New(fault.NotFound, "asset.not_found")
	}
	return "DEVICE", "c.d1.t11.v1.", nil
}

const readThem, stateThem, defineThem auth.Permission = "measure.read", "measure.state", "measure.define"

// withThings runs a test on both databases with people who may do all in some regions.
func withThings(t *testing.T, fn func(t *testing.T, db *store.DB, clk *clock.Manual, l *fact.Ledger, as func(paths ...string) context.Context)) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		clk.Advance(time.Date(2026, 7, 15, 9, 0, 0, 0, time.UTC).Sub(clk.Now()))
		regions := town()
		for i := range regions {
			regions[i].NameZh = "区域" + regions[i].Code
		}
		money := func(_ context.Context, _ store.Queryer, codes []string) ([]fact.Thing, error) {
			if codes != nil && !slices.Contains(codes, "1") {
				return nil, nil
			}
			return []fact.Thing{{ID: "fund:1", Kind: "fund", RegionCode: "d2", RegionPath: "c.d2.", NameZh: "经费", NameEn: "Money", Since: "2026-01-01", Until: "2027-01-01"}}, nil
		}
		kept := fact.Keeper{Things: money, List: func(ctx context.Context, f fact.ThingFilter, scope auth.Scope, _ string) (store.Listing[fact.Thing], error) {
			all, err := money(ctx, db, nil)
			return store.All(slices.DeleteFunc(all, func(t fact.Thing) bool {
				return !scope.Allows(t.RegionPath) || f.Text != "" && !strings.Contains(t.NameEn, f.Text)
			})), err
		}}
		l, err := fact.Open(t.Context(), fact.Deps{DB: db, Clock: clk, Zone: time.UTC, Home: "c.", Read: readThem, State: stateThem, Define: defineThem, Devices: devices{}, Kept: map[string]fact.Keeper{"fund": kept}}, regions)
		must(t, err)
		must(t, l.Seed(t.Context(), elements()))
		fn(t, db, clk, l, func(paths ...string) context.Context {
			return auth.With(t.Context(), auth.NewPrincipal(auth.Actor{ID: "u", Name: "U"}, map[auth.Permission][]string{readThem: paths, stateThem: paths, defineThem: paths}))
		})
	}, measure.Migrations())
}

func outlet(code, region string) fact.NewThing {
	return fact.NewThing{Kind: "outlet", Code: code, ThingFacts: fact.ThingFacts{RegionCode: region, NameZh: "网点" + code, NameEn: "Outlet " + code}}
}

func TestThingsAreRegisteredWhereOneMay(t *testing.T) {
	withThings(t, func(t *testing.T, _ *store.DB, _ *clock.Manual, l *fact.Ledger, as func(...string) context.Context) {
		one, other := as("c.d1."), as("c.d2.")
		made, err := l.RegisterThing(one, outlet("a", "t11"))
		must(t, err)
		if made.ID != "outlet:a" || made.RegionPath != "c.d1.t11." || made.Revision != 1 {
			t.Errorf("%+v", made)
		}
		nameless, err := l.RegisterThing(one, outlet("", "t12"))
		if must(t, err); len(nameless.ID) != len("outlet:")+26 {
			t.Errorf("a code that was made up: %+v", nameless)
		}
		refused := func(what string, err error, code string) {
			t.Helper()
			if !fault.Is(err, code) {
				t.Errorf("%s: %v, want %s", what, err, code)
			}
		}
		_, err = l.RegisterThing(one, outlet("a", "t12"))
		refused("twice", err, "measure.thing.taken")
		_, err = l.RegisterThing(one, outlet("b", "t21"))
		refused("away from the grant", err, "auth.no_grant")
		_, err = l.RegisterThing(one, outlet("b", "none"))
		refused("nowhere", err, "measure.region")
		bad := outlet("b", "t11")
		bad.Since = "2026-02-30"
		_, err = l.RegisterThing(one, bad)
		refused("a day that is none", err, "measure.thing.day")

		_, err = l.ChangeThing(other, made.ID, 1, outlet("a", "t21").ThingFacts)
		refused("another district's", err, "measure.thing.not_found")
		_, err = l.ChangeThing(one, made.ID, 1, outlet("a", "t21").ThingFacts)
		refused("into another district", err, "auth.no_grant")
		reader := auth.With(t.Context(), auth.NewPrincipal(auth.Actor{ID: "r"}, map[auth.Permission][]string{readThem: {"c."}}))
		_, err = l.ChangeThing(reader, made.ID, 1, outlet("a", "t11").ThingFacts)
		refused("by who only reads", err, "auth.no_grant")
		_, err = l.RetireThing(reader, made.ID, 1, "2026-08-01")
		refused("retired by who only reads", err, "auth.no_grant")
		if _, err := l.SeeThing(other, l.DB, made.ID); !fault.Is(err, "measure.thing.not_found") {
			t.Errorf("seen from another district: %v", err)
		}
		for _, id := range []string{"fund:", "fund:2", "fund", ""} {
			if _, err := l.SeeThing(as("c."), l.DB, id); !fault.Is(err, "measure.thing.not_found") {
				t.Errorf("%q: %v", id, err)
			}
		}

		named := outlet("a", "t11").ThingFacts
		named.NameZh, named.Device = "新名", "nothing"
		_, err = l.ChangeThing(one, made.ID, 1, named)
		refused("a device that is none", err, "measure.thing.device")
		named.Device = "23digits"
		changed, err := l.ChangeThing(one, made.ID, 1, named)
		if must(t, err); changed.NameZh != "新名" || changed.Device != "DEVICE" || changed.Revision != 2 {
			t.Errorf("%+v", changed)
		}
		away := named
		away.RegionCode = "t12"
		_, err = l.ChangeThing(one, made.ID, 2, away)
		refused("a device of another region", err, "measure.thing.device_away")
		_, err = l.ChangeThing(one, made.ID, 1, named)
		refused("as it was read before", err, "stale")
		_, err = l.RetireThing(as("c."), "fund:1", 1, "2026-08-01")
		refused("what others keep", err, "measure.thing.kept")
	})
}

func TestThingsAreListed(t *testing.T) {
	withThings(t, func(t *testing.T, _ *store.DB, clk *clock.Manual, l *fact.Ledger, as func(...string) context.Context) {
		city := as("c.")
		for code, region := range map[string]string{"a": "t11", "b": "t12", "c": "t21", "d_1": "d2"} {
			_, err := l.RegisterThing(city, outlet(code, region))
			must(t, err)
		}
		hotel := outlet("h", "d1")
		hotel.Kind, hotel.NameEn = "hotel", "Grand Hotel"
		_, err := l.RegisterThing(city, hotel)
		must(t, err)
		_, err = l.RetireThing(city, "outlet:b", 1, "2026-07-15")
		must(t, err)
		_, err = l.RetireThing(city, "outlet:c", 1, "2026-07-16")
		must(t, err)
		ids := func(ctx context.Context, f fact.ThingFilter) string {
			t.Helper()
			found, err := l.ListThings(ctx, f)
			must(t, err)
			out := ""
			for _, x := range found.Items {
				out += x.ID + " "
			}
			return fmt.Sprint(found.Total, " ", out)
		}
		for want, f := range map[string]fact.ThingFilter{
			"5 hotel:h outlet:a outlet:b outlet:c outlet:d_1 ": {},
			"4 outlet:a outlet:b outlet:c outlet:d_1 ":         {Kind: "outlet"},
			"3 hotel:h outlet:a outlet:b ":                     {Path: "c.d1."},
			"1 hotel:h ":                                       {Text: "gRAND"},
			"1 outlet:d_1 ":                                    {Text: "d_1"},
			"0 ":                                               {Text: "%"},
			"1 outlet:b ":                                      {State: "retired"},
			"4 hotel:h outlet:a outlet:c outlet:d_1 ":          {State: "judged"},
			"1 fund:1 ":                                        {Kind: "fund"},
			"0  ":                                              {Kind: "fund", Text: "nothing"},
			"2 outlet:c outlet:d_1 ":                           {Path: "c.d2."},
		} {
			if got := ids(city, f); got != want && got != want[:len(want)-1] {
				t.Errorf("%+v: %q, want %q", f, got, want)
			}
		}
		if got := ids(as("c.d1."), fact.ThingFilter{}); got != "3 hotel:h outlet:a outlet:b " {
			t.Errorf("a district's: %q", got)
		}
		if got := ids(as("c.d1."), fact.ThingFilter{Kind: "fund"}); got != "0 " {
			t.Errorf("another district's money: %q", got)
		}
		for want, asker := range map[string]string{"fund:1 hotel:h outlet:c ": "c.", "hotel:h ": "c.d1."} {
			named, err := l.SeeThings(as(asker), []string{"outlet:c", "hotel:h", "fund:1", "outlet:none", "outlet:c"})
			must(t, err)
			got := ""
			for _, x := range named {
				got += x.ID + " "
			}
			if got != want {
				t.Errorf("those named, as %s sees them: %q, want %q", asker, got, want)
			}
		}
		first, err := l.ListThings(city, fact.ThingFilter{Page: store.Page{Limit: 2}})
		must(t, err)
		rest, err := l.ListThings(city, fact.ThingFilter{Page: store.Page{Limit: 500, After: first.Next}})
		if must(t, err); len(first.Items) != 2 || len(rest.Items) != 3 || rest.Items[0].ID != "outlet:b" {
			t.Errorf("pages: %+v %+v", first, rest)
		}

		july, _ := period.Parse("2026-07")
		names := func(p period.Period) string {
			found, err := l.Things(t.Context(), l.DB, "outlet", p)
			must(t, err)
			out := ""
			for _, x := range found {
				out += x.ID + " "
			}
			return out
		}
		if got := names(july); got != "outlet:a outlet:b outlet:c outlet:d_1 " {
			t.Errorf("in the month in which they retire: %q", got)
		}
		if got := names(july.Next(1)); got != "outlet:a outlet:d_1 " {
			t.Errorf("in the month after: %q", got)
		}
		back, err := l.RetireThing(city, "outlet:b", 2, "")
		if must(t, err); back.Until != "" || names(july.Next(1)) != "outlet:a outlet:b outlet:d_1 " {
			t.Errorf("judged again: %+v", back)
		}
	})
}

// Facts of a thing stand where it stands, whoever states them; one that is retired has no more.
func TestFactsOfThingsStandWhereTheyStand(t *testing.T) {
	withThings(t, func(t *testing.T, _ *store.DB, _ *clock.Manual, l *fact.Ledger, as func(...string) context.Context) {
		city, v := as("c."), 5.0
		_, err := l.RegisterThing(city, outlet("a", "t11"))
		must(t, err)
		month, _ := period.Parse("2026-07")
		state := func(ctx context.Context, unit, region string, p period.Period) error {
			_, err := l.State(ctx, []fact.Stated{{Element: "sum.month", Unit: unit, Region: region, Period: p, Value: &v}})
			return err
		}
		must(t, state(as("c.d1."), "outlet:a", "", month))
		for what, got := range map[string]error{
			"facts[0].unit":   state(city, "outlet:none", "t11", month),
			"facts[0].region": state(city, "outlet:a", "t21", month),
		} {
			if got == nil || fault.Of(got).Place != what {
				t.Errorf("%v, want it at %s", got, what)
			}
		}
		for _, region := range []string{"", "t11", "t21"} {
			if err := state(as("c.d2."), "outlet:a", region, month); !fault.Is(err, "measure.thing.not_found") || fault.Of(err).Place != "facts[0].unit" || len(fault.Of(err).Args) != 1 {
				t.Errorf("another district is told that there is one: %v", err)
			}
		}
		reads := auth.With(t.Context(), auth.NewPrincipal(auth.Actor{ID: "r"}, map[auth.Permission][]string{readThem: {"c."}, stateThem: {"c.d2."}}))
		if err := state(reads, "outlet:a", "", month); !fault.Is(err, "auth.no_grant") {
			t.Errorf("by who may see it and state elsewhere: %v", err)
		}
		must(t, state(as("c.d2."), "fund:1", "", month))
		_, err = l.RetireThing(city, "outlet:a", 1, "2026-08-01")
		must(t, err)
		must(t, state(city, "outlet:a", "t11", month))
		if err := state(city, "outlet:a", "", month.Next(1)); !fault.Is(err, "measure.thing.retired") {
			t.Errorf("after it was retired: %v", err)
		}
	})
}

// A thing moves with what was stated of it, to the byte as if it had always stood there.
func TestAThingMovesWithItsFacts(t *testing.T) {
	withThings(t, func(t *testing.T, db *store.DB, _ *clock.Manual, l *fact.Ledger, as func(...string) context.Context) {
		city, ctx := as("c."), t.Context()
		for _, x := range []fact.NewThing{outlet("a", "t11"), outlet("b", "t11")} {
			_, err := l.RegisterThing(city, x)
			must(t, err)
		}
		for i, code := range []string{"sum.month", "mean.month", "max.month", "min.month", "stock.month"} {
			for _, p := range []string{"2026-05", "2026-06"} {
				at, _ := period.Parse(p)
				_, err := take(ctx, db, l, fact.Entry{Element: code, Unit: "outlet:a", Region: "t11", Period: at, Value: value(float64(10 + i))},
					fact.Entry{Element: code, Unit: "outlet:b", Region: "t11", Period: at, Value: value(float64(3))})
				must(t, err)
			}
		}
		moved, err := l.ChangeThing(city, "outlet:a", 1, outlet("a", "t21").ThingFacts)
		if must(t, err); moved.RegionCode != "t21" {
			t.Fatalf("%+v", moved)
		}
		june, _ := period.Parse("2026-06")
		grid, err := l.Read(ctx, db, fact.Ask{Elements: []string{"sum.month", "stock.month", "max.month"}, Units: []string{"c", "d1", "d2", "t21", "outlet:a"}, From: june, To: june})
		must(t, err)
		for unit, want := range map[string][3]float64{"c": {13, 17, 12}, "d1": {3, 3, 3}, "d2": {10, 14, 12}, "t21": {10, 14, 12}, "outlet:a": {10, 14, 12}} {
			if got := [3]float64{grid.At("sum.month", unit, 0).V, grid.At("stock.month", unit, 0).V, grid.At("max.month", unit, 0).V}; got != want {
				t.Errorf("%s: %v, want %v", unit, got, want)
			}
		}
		for _, code := range []string{"sum.month", "mean.month", "max.month", "min.month", "stock.month"} {
			grown, err := dump(db, code)
			must(t, err)
			must(t, l.Rebuild(ctx, code))
			anew, err := dump(db, code)
			if must(t, err); grown != anew {
				t.Errorf("%s after the move:\n%s\nrebuilt:\n%s", code, grown, anew)
			}
		}
		v := 20.0
		_, err = l.State(city, []fact.Stated{{Element: "stock.month", Unit: "outlet:a", Period: june.Next(1), Value: &v}})
		must(t, err)

		// A region that moves takes its things along.
		regions := town()
		for i := range regions {
			if regions[i].Code == "t21" {
				regions[i].Parent, regions[i].Path = "d1", "c.d1.t21."
			}
		}
		must(t, l.Adopt(ctx, regions))
		if x, err := l.Thing(ctx, db, "outlet:a"); err != nil || x.RegionPath != "c.d1.t21." || x.RegionCode != "t21" {
			t.Errorf("%+v %v", x, err)
		}
	})
}

// What was stated of a unit before it was registered holds it where that was.
func TestAThingCannotStandAwayFromItsFacts(t *testing.T) {
	withThings(t, func(t *testing.T, db *store.DB, _ *clock.Manual, l *fact.Ledger, as func(...string) context.Context) {
		at, _ := period.Parse("2026-05")
		_, err := take(t.Context(), db, l, fact.Entry{Element: "sum.month", Unit: "outlet:a", Region: "t11", Period: at, Value: value(1)})
		must(t, err)
		if _, err := l.RegisterThing(as("c."), outlet("a", "t12")); !fault.Is(err, "measure.thing.stated_away") {
			t.Errorf("%v", err)
		}
		_, err = l.RegisterThing(as("c."), outlet("a", "t11"))
		must(t, err)
	})
}

// What is stated of a thing while it moves is refused; nothing lands where it was.
func TestNothingIsStatedWhereAThingWas(t *testing.T) {
	withThings(t, func(t *testing.T, db *store.DB, _ *clock.Manual, l *fact.Ledger, as func(...string) context.Context) {
		city, v := as("c."), 5.0
		at, _ := period.Parse("2026-05")
		for _, code := range []string{"a", "b"} {
			_, err := l.RegisterThing(city, outlet(code, "t11"))
			must(t, err)
		}
		move := func(revision int64, to string) {
			t.Helper()
			_, err := l.ChangeThing(city, "outlet:a", revision, outlet("a", to).ThingFacts)
			must(t, err)
		}
		l.Contradictions = func(context.Context, store.Queryer, []fact.Entry) ([]fact.Finding, error) { // asked before facts are taken
			move(1, "t21")
			return nil, nil
		}
		_, err := l.State(city, []fact.Stated{{Element: "sum.month", Unit: "outlet:b", Period: at, Value: &v}, {Element: "sum.month", Unit: "outlet:a", Period: at, Value: &v}})
		if !fault.Is(err, "measure.thing.moved") || fault.Of(err).Kind != fault.Stale || fault.Of(err).Place != "facts[1].region" {
			t.Errorf("stated while it moved: %v", err)
		}
		_, err = take(t.Context(), db, l, fact.Entry{Element: "sum.month", Unit: "outlet:a", Region: "t11", Period: at, Value: value(1)})
		if !fault.Is(err, "measure.thing.moved") || fault.Of(err).Place != "[0].region" {
			t.Errorf("taken where it was: %v", err)
		}
		_, err = take(t.Context(), db, l, fact.Entry{Element: "sum.month", Unit: "outlet:a", Region: "t21", Period: at, Value: value(1)})
		must(t, err)
		grid, err := l.Read(t.Context(), db, fact.Ask{Elements: []string{"sum.month"}, Units: []string{"d1", "d2"}, From: at, To: at})
		if must(t, err); grid.At("sum.month", "d1", 0).Known() || grid.At("sum.month", "d2", 0).V != 1 {
			t.Errorf("%+v %+v", grid.At("sum.month", "d1", 0), grid.At("sum.month", "d2", 0))
		}
	})
}

// Those at work where a thing was hear that it left, and the record says from where.
func TestAMoveIsToldWhereAThingWas(t *testing.T) {
	withThings(t, func(t *testing.T, db *store.DB, _ *clock.Manual, l *fact.Ledger, as func(...string) context.Context) {
		l.Live = live.NewHub()
		session := func(r *http.Request) (*auth.Principal, error) {
			return auth.NewPrincipal(auth.Actor{ID: r.URL.Query().Get("who")}, map[auth.Permission][]string{readThem: {r.URL.Query().Get("who")}}), nil
		}
		router := chi.NewRouter()
		router.Use(httpapi.Patience(clock.System{}, time.Minute), httpapi.Identify(session))
		l.Live.Register(httpapi.New(router, "test", nil), session)
		server := httptest.NewServer(router)
		t.Cleanup(server.Close)
		heard := map[string]chan string{}
		for _, path := range []string{"c.d1.", "c.d2.", "c.d1.t12."} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/api/live?who="+path, nil)
			must(t, err)
			answer, err := http.DefaultClient.Do(r)
			must(t, err)
			t.Cleanup(func() { answer.Body.Close() })
			lines := make(chan string, 100)
			heard[path] = lines
			go func() {
				for in := bufio.NewScanner(answer.Body); in.Scan(); {
					if strings.Contains(in.Text(), `measure`) {
						lines <- in.Text()
					}
				}
			}()
		}
		hears := func(what, path string, want bool) {
			t.Helper()
			select {
			case <-heard[path]:
				if !want {
					t.Errorf("%s: %s heard it", what, path)
				}
			case <-time.After(map[bool]time.Duration{true: 10 * time.Second, false: 50 * time.Millisecond}[want]):
				if want {
					t.Errorf("%s: %s did not hear it", what, path)
				}
			}
		}
		city := as("c.")
		_, err := l.RegisterThing(city, outlet("a", "t11"))
		must(t, err)
		hears("registered", "c.d1.", true)
		_, err = l.ChangeThing(city, "outlet:a", 1, outlet("a", "t21").ThingFacts)
		must(t, err)
		hears("moved away", "c.d2.", true)
		hears("moved away", "c.d1.", true)
		_, err = l.BringThings(city, strings.NewReader("种类,代号,名称,所在区域\n网点,a,一号,t11\n"), false)
		must(t, err)
		hears("moved back", "c.d1.", true)
		hears("moved back", "c.d2.", true)
		hears("all the time", "c.d1.t12.", false)
		records, err := store.Collect(t.Context(), db, func(rows *sql.Rows) (s string, err error) {
			err = rows.Scan(&s)
			return s, err
		}, `SELECT region_path || ' ' || detail FROM platform_audit WHERE action = 'measure.thing.change' ORDER BY id`)
		must(t, err)
		if len(records) != 2 || !strings.HasPrefix(records[0], "c.d2.t21. ") || !strings.Contains(records[0], `"from":"c.d1.t11."`) || !strings.HasPrefix(records[1], "c.d1.t11. ") || !strings.Contains(records[1], `"from":"c.d2.t21."`) {
			t.Errorf("%q", records)
		}
	})
}
