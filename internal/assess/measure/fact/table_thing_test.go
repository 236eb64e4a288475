package fact_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// A table registers things, and says otherwise of those that it knows by their codes; all or none.
func TestThingsFromATable(t *testing.T) {
	withThings(t, func(t *testing.T, _ *store.DB, _ *clock.Manual, l *fact.Ledger, as func(...string) context.Context) {
		bring := func(ctx context.Context, text string, dry bool) (fact.BroughtThings, error) {
			return l.BringThings(ctx, strings.NewReader(text), dry)
		}
		table := "种类,代号,名称,英文名称,所在区域,从哪天起评价\n网点,a,一号网点,Outlet one,区域t11,2026-03-01\nhotel,h,宾馆,,t21,\n大屏,,屏,Screen,d1,\n"
		tried, err := bring(as("c."), table, true)
		if must(t, err); tried != (fact.BroughtThings{Made: 3}) {
			t.Errorf("%+v", tried)
		}
		if found, err := l.ListThings(as("c."), fact.ThingFilter{}); err != nil || found.Total != 0 {
			t.Errorf("a dry run left %d: %v", found.Total, err)
		}
		out, err := bring(as("c."), table, false)
		if must(t, err); out != (fact.BroughtThings{Made: 3}) {
			t.Errorf("%+v", out)
		}
		x, err := l.SeeThing(as("c."), l.DB, "outlet:a")
		if must(t, err); x.RegionCode != "t11" || x.NameEn != "Outlet one" || x.Since != "2026-03-01" {
			t.Errorf("%+v", x)
		}
		out, err = bring(as("c."), "种类,代号,名称,英文名称,所在区域\n网点,a,一号网点,Outlet one,t12\nhotel,h,宾馆,,t21\n", false)
		if must(t, err); out != (fact.BroughtThings{Changed: 1, Same: 1}) {
			t.Errorf("%+v", out)
		}
		if x, err := l.SeeThing(as("c."), l.DB, "outlet:a"); err != nil || x.RegionCode != "t12" || x.Since != "2026-03-01" || x.Revision != 2 {
			t.Errorf("%+v %v", x, err)
		}
		for place, bad := range map[string]string{
			"A3": "种类,代号,名称,所在区域\n网点,n,名,t11\n飞船,o,名,t11\n",
			"B2": "种类,代号,名称,所在区域\n网点,空 格,名,t11\n",
			"B3": "种类,代号,名称,所在区域\n网点,n,名,t11\n网点,n,名,t12\n",
			"C2": "种类,代号,名称,所在区域\n网点,n,,t11\n",
			"D2": "种类,代号,名称,所在区域\n网点,n,名,没有的地方\n",
			"E2": "种类,代号,名称,所在区域,从哪天起评价\n网点,n,名,t11,春天\n",
		} {
			if _, err := bring(as("c."), bad, false); err == nil || fault.Of(err).Place != place {
				t.Errorf("%q: %v, want it at %s", bad, err, place)
			}
		}
		// Every fault of every line is told of at once.
		_, err = bring(as("c.d1."), "种类,代号,名称,英文名称,所在区域,从哪天起评价\n飞船,空 格,,,没有,春天\n网点,n,名,,t11,\n网点,o,名,,t21,\n,p,名,,t11,\n", true)
		var places []string
		if list, is := err.(fault.List); is {
			for _, f := range list {
				places = append(places, f.Place+" "+f.Code)
			}
		}
		if got := strings.Join(places, ", "); got != "A2 measure.thing.kind, B2 measure.thing.code, C2 measure.thing.name, E2 measure.import.region, F2 measure.thing.day, A5 measure.import.empty, E4 auth.no_grant" {
			t.Errorf("%s: %v", got, err)
		}
		if _, err := bring(as("c.d1."), "种类,代号,名称,所在区域\n网点,m,名,t11\n网点,n,名,t21\n", false); !fault.Is(err, "auth.no_grant") {
			t.Errorf("into another district: %v", err)
		}
		if _, err := bring(as("c.d1."), "种类,代号,名称,所在区域\nhotel,h,名,t11\n", false); !fault.Is(err, "auth.no_grant") {
			t.Errorf("another district's thing: %v", err)
		}
		if _, err := l.SeeThing(as("c."), l.DB, "outlet:m"); !fault.IsKind(err, fault.NotFound) {
			t.Errorf("part of a table was kept: %v", err)
		}
	})
}

// Where a table says no English name, one that was given stays; one that was none goes with the Chinese.
func TestATableWithoutEnglishNamesKeepsThem(t *testing.T) {
	withThings(t, func(t *testing.T, _ *store.DB, _ *clock.Manual, l *fact.Ledger, as func(...string) context.Context) {
		for _, c := range []struct {
			table string
			names [2]string
		}{
			{"种类,代号,名称,英文名称,所在区域\n网点,a,一号网点,Outlet one,t11\n网点,b,二号网点,,t11\n", [2]string{"Outlet one", "二号网点"}},
			{"种类,代号,名称,所在区域\n网点,a,第一网点,t11\n网点,b,第二网点,t11\n", [2]string{"Outlet one", "第二网点"}},
			{"种类,代号,名称,英文名称,所在区域\n网点,a,第一网点,,t12\n网点,b,第二网点,Outlet two,t12\n", [2]string{"Outlet one", "Outlet two"}},
		} {
			_, err := l.BringThings(as("c."), strings.NewReader(c.table), false)
			must(t, err)
			for i, id := range []string{"outlet:a", "outlet:b"} {
				if x, err := l.SeeThing(as("c."), l.DB, id); err != nil || x.NameEn != c.names[i] {
					t.Errorf("after %q %s is called %q in English, want %q: %v", c.table, id, x.NameEn, c.names[i], err)
				}
			}
		}
	})
}

// register answers for devices as a test says.
type register func(idOrCode string) (id, path string, err error)

func (r register) Place(_ context.Context, idOrCode string) (id, path string, err error) {
	return r(idOrCode)
}

// A table of many lines is judged whole before anything is written; where somebody changes a thing
// meanwhile, the answer says what was taken, and from which line on to bring it again.
func TestALongTableOfThings(t *testing.T) {
	withThings(t, func(t *testing.T, db *store.DB, _ *clock.Manual, l *fact.Ledger, as func(...string) context.Context) {
		city := as("c.")
		table := func(lines int, region func(i int) string) string {
			var b strings.Builder
			b.WriteString("种类,代号,名称,所在区域\n")
			for i := range lines {
				fmt.Fprintf(&b, "网点,n%03d,名%d,%s\n", i, i, region(i))
			}
			return b.String()
		}
		bring := func(text string) (fact.BroughtThings, error) {
			return l.BringThings(city, strings.NewReader(text), false)
		}
		out, err := bring(table(450, func(int) string { return "t11" }))
		if must(t, err); out != (fact.BroughtThings{Made: 450}) {
			t.Fatalf("%+v", out)
		}
		at, _ := period.Parse("2026-05")
		for i := range 3 {
			_, err := take(t.Context(), db, l, fact.Entry{Element: "max.month", Unit: fmt.Sprintf("outlet:n%03d", i), Region: "t11", Period: at, Value: value(float64(i))},
				fact.Entry{Element: "sum.month", Unit: fmt.Sprintf("outlet:n%03d", i), Region: "t11", Period: at, Value: value(float64(i))})
			must(t, err)
		}
		device := outlet("n002", "t11").ThingFacts
		device.NameZh, device.NameEn, device.Device = "名2", "名2", "23digits"
		_, err = l.ChangeThing(city, "outlet:n002", 1, device)
		must(t, err)

		// The register of devices is asked while nothing holds the database: somebody else may write.
		l.Devices = register(func(string) (string, string, error) {
			_, err := l.RetireThing(city, "outlet:n230", 1, "2026-12-01")
			return "DEVICE", "c.d2.t21.", err
		})
		away := table(450, func(i int) string {
			if i < 3 {
				return "t21"
			}
			return "t12"
		})
		out, err = bring(away)
		if f := fault.Of(err); f.Code != "measure.thing.part" || f.Kind != fault.Stale || f.Place != "D232" || f.Args["line"] != 202 || out != (fact.BroughtThings{Changed: 200}) {
			t.Fatalf("changed meanwhile: %+v %v", out, err)
		}
		where := func(id string) string {
			x, err := l.SeeThing(city, l.DB, id)
			must(t, err)
			return x.RegionCode
		}
		if where("outlet:n000") != "t21" || where("outlet:n199") != "t12" || where("outlet:n200") != "t11" {
			t.Errorf("%s %s %s", where("outlet:n000"), where("outlet:n199"), where("outlet:n200"))
		}
		grid, err := l.Read(t.Context(), db, fact.Ask{Elements: []string{"max.month", "sum.month"}, Units: []string{"d1", "d2"}, From: at, To: at})
		if must(t, err); grid.At("max.month", "d2", 0).V != 2 || grid.At("sum.month", "d2", 0).V != 3 || grid.At("max.month", "d1", 0).Known() || grid.At("sum.month", "d1", 0).Known() {
			t.Errorf("%+v", grid)
		}
		out, err = bring(away)
		if must(t, err); out != (fact.BroughtThings{Changed: 250, Same: 200}) {
			t.Errorf("brought again: %+v", out)
		}

		// A device holds its thing, though a table does not name it; nothing of a wrong table is written.
		l.Devices = register(func(string) (string, string, error) { return "DEVICE", "c.d2.t21.", nil })
		_, err = bring("种类,代号,名称,所在区域\n网点,m,名,t11\n网点,n002,名,t11\n网点,n000,名,t11\n")
		if f := fault.Of(err); f.Code != "measure.thing.device_away" || f.Place != "D3" {
			t.Errorf("a device that stands elsewhere: %v", err)
		}
		if _, err := l.SeeThing(city, l.DB, "outlet:m"); !fault.IsKind(err, fault.NotFound) {
			t.Errorf("part of a wrong table was kept: %v", err)
		}
	})
}

// A table takes the names that the form takes.
func TestNamesInATableMayBeAsLongAsInTheForm(t *testing.T) {
	withThings(t, func(t *testing.T, _ *store.DB, _ *clock.Manual, l *fact.Ledger, as func(...string) context.Context) {
		for _, c := range []struct {
			zh, en int
			place  string
		}{{80, 120, ""}, {81, 80, "C2"}, {80, 121, "D2"}} {
			_, err := l.BringThings(as("c."), strings.NewReader("种类,代号,名称,英文名称,所在区域\n网点,a,"+strings.Repeat("名", c.zh)+","+strings.Repeat("n", c.en)+",t11\n"), false)
			if (err == nil) != (c.place == "") || err != nil && fault.Of(err).Place != c.place {
				t.Errorf("%+v: %v", c, err)
			}
		}
	})
}

// A transaction that has to run again counts each line once.
func TestLinesAreCountedOnce(t *testing.T) {
	withThings(t, func(t *testing.T, db *store.DB, _ *clock.Manual, l *fact.Ledger, as func(...string) context.Context) {
		storetest.ConflictOnce(t, db, "platform_audit")
		out, err := l.BringThings(as("c."), strings.NewReader("种类,代号,名称,所在区域\n网点,a,名,t11\n网点,b,名,t11\n"), false)
		if must(t, err); out != (fact.BroughtThings{Made: 2}) {
			t.Errorf("%+v", out)
		}
	})
}
