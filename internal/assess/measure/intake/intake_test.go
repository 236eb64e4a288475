package intake_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/tongsheng/tongsheng/internal/assess/measure"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/intake"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/assess/measure/returns"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

const state, define auth.Permission = "state", "define"

type bench struct {
	*testing.T
	db     *store.DB
	ledger *fact.Ledger
	desk   *intake.Desk
	ctx    context.Context
}

// of is a clerk of the regions at and below a path.
func of(path string) context.Context {
	return auth.With(context.Background(), auth.NewPrincipal(auth.Actor{ID: "clerk", Name: "clerk"}, map[auth.Permission][]string{state: {path}}))
}

func each(t *testing.T, fn func(b *bench)) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) { fn(newBench(t, db, clk)) }, measure.Migrations())
}

func newBench(t *testing.T, db *store.DB, clk clock.Clock) *bench {
	r := func(code, parent, path, level, name string) fact.Region {
		return fact.Region{Code: code, Parent: parent, Path: path, Level: level, NameZh: name, NameEn: "En " + code}
	}
	l, err := fact.Open(context.Background(), fact.Deps{DB: db, Clock: clk, Zone: time.UTC, Home: "c.", Define: define}, []fact.Region{r("110000000000", "", "c.", "city", "北京市"),
		r("110101000000", "110000000000", "c.d1.", "district", "东城区"), r("110102000000", "110000000000", "c.d2.", "district", "西城区"),
		r("110101001000", "110101000000", "c.d1.t1.", "township", "东华门街道"), r("110101002000", "110101000000", "c.d1.t2.", "township", "新街口街道"), r("110102001000", "110102000000", "c.d2.t1.", "township", "新街口街道")})
	if err != nil {
		t.Fatal(err)
	}
	low := 0.0
	monthly := func(code, zh string) fact.Element {
		return fact.Element{Code: code, NameZh: zh, NameEn: "The " + code, Combine: fact.Stock, Period: period.Month, Level: "township", Whole: true, Min: &low}
	}
	rate := fact.Element{Code: "rate", NameZh: "完好率", NameEn: "Rate", UnitZh: "%", Combine: fact.Mean, Period: period.Month}
	people := fact.Element{Code: "people", NameZh: "常住人口", NameEn: "People", Combine: fact.Stock, Period: period.Year, BuiltIn: true}
	complaints := fact.Element{Code: "complaints", NameZh: "投诉数", NameEn: "Complaints", Combine: fact.Sum, Period: period.Month, Whole: true}
	if err := l.Seed(context.Background(), []fact.Element{monthly("speakers", "喇叭数"), monthly("working", "完好喇叭数"), rate, people, complaints}); err != nil {
		t.Fatal(err)
	}
	return &bench{t, db, l, intake.New(intake.Deps{DB: db, Clock: clk, Log: slog.Default(), Ledger: l, Home: "c.", State: state}), of("c.")}
}

// bring brings a file in and waits for the end.
func (b *bench) bring(ctx context.Context, name string, body io.Reader, o intake.Options) *intake.Job {
	b.Helper()
	j, err := b.desk.Start(ctx, name, body, o)
	if err != nil {
		b.Fatal(err)
	}
	for range 1000 {
		if j, err = b.desk.Get(ctx, j.ID); err != nil {
			b.Fatal(err)
		}
		if j.EndedAt != nil {
			return j
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.Fatalf("it never ended: %+v", j)
	return nil
}

func (b *bench) value(element, unit, month string) float64 {
	b.Helper()
	p, err := period.Parse(month)
	if err != nil {
		b.Fatal(err)
	}
	g, err := b.ledger.Read(context.Background(), b.db, fact.Ask{Elements: []string{element}, Units: []string{unit}, From: p, To: p})
	if err != nil {
		b.Fatal(err)
	}
	return g.At(element, unit, 0).V
}

// lines are what was told of lines: "C3 measure.import.value".
func (b *bench) lines(id string) []string {
	found, err := store.Collect(context.Background(), b.db, scanLine, `SELECT place, code FROM measure_import_line WHERE import_id = $1 ORDER BY n`, id)
	if err != nil {
		b.Fatal(err)
	}
	return found
}

// book is a workbook with these rows on a sheet, below others.
func book(t *testing.T, sheets map[string][][]any) io.Reader {
	f := excelize.NewFile()
	for name, rows := range sheets {
		if _, err := f.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			cell, _ := excelize.CoordinatesToCellName(1, i+1)
			if err := f.SetSheetRow(name, cell, &row); err != nil {
				t.Fatal(err)
			}
		}
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return &out
}

func TestALineForEachValue(t *testing.T) {
	each(t, func(b *bench) {
		csv := "数据项,区域,周期,数值\nspeakers,110101001000,2026-07,12\n喇叭数,东城区新街口街道,2026年7月,\"1,234\"\n完好喇叭数,东华门街道,2026/7,—\n喇叭数,合计,2026-07,9999\n"
		j := b.bring(b.ctx, "七月.csv", strings.NewReader(csv), intake.Options{})
		if j.State != intake.Done || j.Values != 2 || j.Empty != 2 || j.Bad != 0 || j.Outcome.New != 2 {
			b.Fatalf("%+v %v", j, b.lines(j.ID))
		}
		if b.value("speakers", "110101000000", "2026-07") != 1246 {
			b.Errorf("%g", b.value("speakers", "110101000000", "2026-07"))
		}
		again := b.bring(b.ctx, "七月.csv", strings.NewReader(csv), intake.Options{})
		if again.Outcome.Same != 2 || again.Outcome.New+again.Outcome.Changed != 0 {
			b.Errorf("the same file again: %+v", again.Outcome)
		}
	})
}

func TestATableWithAColumnForEachElement(t *testing.T) {
	each(t, func(b *bench) {
		gb, err := simplifiedchinese.GB18030.NewEncoder().String("各街道喇叭月报\n街道乡镇;喇叭数（台）;完好喇叭数;完好率;负责人\n东华门街道;12;11;91.5%;张\n西城区新街口街道;8;8;100%;李\n总计;20;19;;\n")
		if err != nil {
			b.Fatal(err)
		}
		j := b.bring(b.ctx, "wide.csv", strings.NewReader(gb), intake.Options{Period: "2026-07"})
		if j.State != intake.Done || !j.Wide || j.Values != 6 || fmt.Sprint(j.Unknown) != "[负责人]" {
			b.Fatalf("%+v %v", j, b.lines(j.ID))
		}
		if v := b.value("rate", "110101001000", "2026-07"); v != 91.5 {
			b.Errorf("a percentage is %g", v)
		}
	})
}

// A clerk's workbook may be wrong in every way; each is told by its cell and nothing is taken.
func TestWrongFilesAreToldOfByCell(t *testing.T) {
	each(t, func(b *bench) {
		head := []any{"数据项", "区域", "周期", "数值"}
		j := b.bring(b.ctx, "wrong.xlsx", book(b.T, map[string][][]any{"说明": {{"请在第二页填写"}}, "数据": {{"二〇二六年七月报表"}, {}, head,
			{"喇叭数", "东华门街道", "2026-07", 12},          // 4: good
			{"喇叭", "东华门街道", "2026-07", 12},           // 5: no such element
			{"喇叭数", "东华门", "2026-07", 12},            // 6: no such region
			{"喇叭数", "新街口街道", "2026-07", 12},          // 7: two are called so
			{"喇叭数", "东城区", "2026-07", 12},            // 8: a district
			{"喇叭数", "东华门街道", "七月", 12},               // 9: no year
			{"喇叭数", "东华门街道", "2026年13月", 12},         // 10: no such month
			{"喇叭数", "东华门街道", "2026-08", "十二"},        // 11: words
			{"喇叭数", "东华门街道", "2026-08", "#DIV/0!"},   // 12: a failed formula
			{"喇叭数", "东华门街道", "2026-08", -1},          // 13: below the least
			{"喇叭数", "东华门街道", "2026-08", 1.5},         // 14: not whole
			{"喇叭数", "东华门街道", "2026-08", "1e300"},     // 15: too large
			{"喇叭数", "东华门街道", "2026-07", 13},          // 16: as line 4
			{"喇叭数", "１１０１０１００１０００", "2026-06", "１２"}, // 17: good, in wide digits
			{"人口", "东华门街道", "2026", 1},               // 18: no such element
			{"喇叭数", "", "2026-10", 1},                // 19: no region
			{"喇叭数", "东华门街道", "2026-10", ""},          // 20: empty
			{"喇叭数", "东华门街道", "2026-08", 1},           // 21: not begun
			{"", "东华门街道", "2026-07", 1},              // 22: of nothing
			{"常住人口", "东华门街道", "2026", 1},             // 23: the product states it
		}}), intake.Options{})
		want := []string{"A5 measure.import.element", "B6 measure.import.region", "B7 measure.import.regions", "B8 measure.fact.level.township", "C9 measure.import.period", "C10 measure.import.period",
			"D11 measure.import.value", "D12 measure.import.formula", "D13 measure.fact.below", "D14 measure.fact.whole", "D15 measure.fact.value_range", "D16 measure.import.twice", "A18 measure.import.element", "B19 measure.import.empty", "C21 measure.fact.ahead", "A22 measure.import.empty", "A23 measure.fact.built_in"}
		if got := b.lines(j.ID); j.State != intake.Refused || j.Bad != len(want) || j.Values != 2 || strings.Join(got, "\n") != strings.Join(want, "\n") {
			b.Errorf("%+v\n%s", j, strings.Join(got, "\n"))
		}
		if v := b.value("speakers", "110101001000", "2026-07"); !math.IsNaN(v) {
			b.Errorf("something of a refused file was taken: %g", v)
		}
	})
}

func TestTheGoodLinesOfAFileCanBeTakenAlone(t *testing.T) {
	each(t, func(b *bench) {
		csv := "element,region,period,value\nspeakers,东华门街道,2026-07,12\nspeakers,nowhere,2026-07,1\n"
		if j := b.bring(b.ctx, "x.csv", strings.NewReader(csv), intake.Options{DryRun: true}); j.State != intake.Done || j.Taken != 0 || j.Bad != 1 || j.Lines != 2 { // without the heading
			b.Fatalf("%+v", j)
		}
		if v := b.value("speakers", "110101001000", "2026-07"); !math.IsNaN(v) {
			b.Errorf("a file that was only looked at was taken: %g", v)
		}
		if j := b.bring(b.ctx, "x.csv", strings.NewReader(csv), intake.Options{SkipBad: true}); j.State != intake.Done || j.Taken != 1 || j.Outcome.New != 1 {
			b.Fatalf("%+v", j)
		}
		twice := "element,region,period,value\nworking,东华门街道,2026-07,4\nworking,东华门街道,2026-07,5\n"
		if j := b.bring(b.ctx, "twice.csv", strings.NewReader(twice), intake.Options{SkipBad: true}); j.Bad != 1 || j.Taken != 1 || b.value("working", "110101001000", "2026-07") != 4 {
			b.Errorf("a line that was told of as bad was taken: %+v, %g", j, b.value("working", "110101001000", "2026-07"))
		}
	})
}

func TestFilesThatAreNoTableAreRefused(t *testing.T) {
	each(t, func(b *bench) {
		for name, c := range map[string]struct{ body, want string }{
			"empty":     {"", "document.table_empty"},
			"head only": {"element,region,period,value\n", "document.table_empty"},
			"no region": {"element,period,value\nspeakers,2026-07,1\n", "document.column_missing"},
			"no value":  {"element,region,period\nspeakers,东华门街道,2026-07\n", "measure.import.no_columns"},
			"twice":     {"element,region,period,value,value\nspeakers,东华门街道,2026-07,1,2\n", "document.column_twice"},
			"no period": {"element,region,value\nspeakers,东华门街道,1\n", "measure.import.no_period"},
			"binary":    {"\x00\x01\x02\x03\xff\xfe", "document"},
			"broken":    {"PK\x03\x04 not a zip", "document.table_format"},
		} {
			j, err := b.desk.Start(b.ctx, name, strings.NewReader(c.body), intake.Options{})
			if err != nil {
				if c.want == "" || !strings.HasPrefix(fault.Of(err).Code, c.want) {
					b.Errorf("%s: %v", name, err)
				}
				continue
			}
			for range 500 {
				if j, err = b.desk.Get(b.ctx, j.ID); err != nil || j.EndedAt != nil {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
			if c.want != "" && j.State != intake.Failed {
				b.Errorf("%s: %+v", name, j)
			}
		}
	})
}

// Whoever sends a file slowly keeps nobody else from bringing theirs.
func TestASlowFileKeepsNobodyWaiting(t *testing.T) {
	each(t, func(b *bench) {
		body, slow := io.Pipe()
		done := make(chan error, 1)
		go func() { _, err := b.desk.Start(b.ctx, "slow.csv", body, intake.Options{}); done <- err }()
		if _, err := io.WriteString(slow, "数据项,区域"); err != nil { // it is being read
			b.Fatal(err)
		}
		if j := b.bring(b.ctx, "a.csv", strings.NewReader("数据项,区域,周期,数值\n完好率,东城区,2026-07,90\n"), intake.Options{}); j.State != intake.Done {
			b.Errorf("%+v", j)
		}
		slow.CloseWithError(io.ErrUnexpectedEOF)
		if err := <-done; !fault.Is(err, "document.table_format") {
			b.Errorf("a file that was cut off: %v", err)
		}
	})
}

func TestAnImportIsTakenBackWhole(t *testing.T) {
	each(t, func(b *bench) {
		b.bring(b.ctx, "first.csv", strings.NewReader("element,region,period,value\nspeakers,东华门街道,2026-07,12\n"), intake.Options{})
		j := b.bring(b.ctx, "second.csv", strings.NewReader("element,region,period,value\nspeakers,东华门街道,2026-07,99\nspeakers,东城区新街口街道,2026-07,5\nworking,东华门街道,2026-07,3\n"), intake.Options{})
		if j.Outcome.New != 2 || j.Outcome.Changed != 1 {
			b.Fatalf("%+v", j)
		}
		third := b.bring(b.ctx, "third.csv", strings.NewReader("element,region,period,value\nworking,东华门街道,2026-07,4\n"), intake.Options{})
		if third.Outcome.Changed != 1 {
			b.Fatalf("%+v", third)
		}
		if _, err := b.desk.Undo(b.ctx, j.ID); err != nil {
			b.Fatal(err)
		}
		for unit, want := range map[string]float64{"110101001000": 12, "110101002000": math.NaN(), "110000000000": 12} {
			if got := b.value("speakers", unit, "2026-07"); got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
				b.Errorf("%s: %g, want %g", unit, got, want)
			}
		}
		if b.value("working", "110101001000", "2026-07") != 4 {
			b.Error("what somebody changed since was taken back too")
		}
		if _, err := b.desk.Undo(b.ctx, j.ID); !fault.Is(err, "measure.import.nothing") {
			b.Error(err)
		}
	})
}

func TestAClerkBringsFactsOfTheirRegionsOnly(t *testing.T) {
	each(t, func(b *bench) {
		east := of("c.d1.")
		j := b.bring(east, "x.csv", strings.NewReader("element,region,period,value\nspeakers,东华门街道,2026-07,12\nspeakers,西城区新街口街道,2026-07,1\n"), intake.Options{SkipBad: true})
		if j.Bad != 1 || j.Taken != 1 || strings.Join(b.lines(j.ID), "") != "B3 measure.import.away" {
			b.Errorf("%+v %v", j, b.lines(j.ID))
		}
		other := auth.With(context.Background(), auth.NewPrincipal(auth.Actor{ID: "other"}, map[auth.Permission][]string{state: {"c."}}))
		if _, err := b.desk.Get(other, j.ID); fault.Of(err).Kind != fault.NotFound {
			b.Error(err)
		}
	})
}

// What is far from a region's own past is told of and taken all the same.
func TestOddValuesAreToldOf(t *testing.T) {
	each(t, func(b *bench) {
		var csv strings.Builder
		csv.WriteString("element,region,period,value\n")
		now := period.Of(period.Month, b.ledger.Clock.Now(), time.UTC)
		for i := range 10 {
			fmt.Fprintf(&csv, "speakers,东华门街道,%s,%d\n", now.Next(-1-i), 100+i%3)
		}
		b.bring(b.ctx, "past.csv", strings.NewReader(csv.String()), intake.Options{})
		j := b.bring(b.ctx, "now.csv", strings.NewReader(fmt.Sprintf("element,region,period,value\nspeakers,东华门街道,%s,1000\n", now)), intake.Options{})
		if j.State != intake.Done || j.Odd != 1 || strings.Join(b.lines(j.ID), "") != "D2 measure.import.odd" {
			b.Errorf("%+v %v", j, b.lines(j.ID))
		}
	})
}

// A line may be about a thing, by its id or its name; one that is retired takes no more.
func TestFilesAboutThings(t *testing.T) {
	each(t, func(b *bench) {
		err := b.db.Housekeep(b.ctx, func(tx *store.Tx) error {
			return b.ledger.SeedThings(b.ctx, tx, []fact.Thing{{ID: "outlet:a", RegionPath: "c.d1.t1.", NameZh: "东华门网点", NameEn: "Outlet A"}, {ID: "outlet:b", RegionPath: "c.d2.t1.", NameZh: "西城网点", NameEn: "Outlet B", Until: "2026-05-01"},
				{ID: "outlet:c", RegionPath: "c.d1.t1.", NameZh: "同名", NameEn: "C"}, {ID: "outlet:d", RegionPath: "c.d1.t1.", NameZh: "同名", NameEn: "D"}})
		})
		if err != nil {
			b.Fatal(err)
		}
		file := "网点,月份,完好率\noutlet:a,2026-04,90%\n东华门网点,2026-05,91%\nOutlet B,2026-04,80%\n西城网点,2026-05,81%\n同名,2026-05,70%\n东城区,2026-04,60%\n"
		j := b.bring(b.ctx, "things.csv", strings.NewReader(file), intake.Options{SkipBad: true})
		if j.Taken != 4 || j.Bad != 2 {
			b.Fatalf("%+v %v", j, b.lines(j.ID))
		}
		if got := b.lines(j.ID); !strings.HasSuffix(got[0], "measure.thing.retired") || !strings.HasSuffix(got[1], "measure.import.region") {
			b.Errorf("%v", got)
		}
		if b.value("rate", "outlet:a", "2026-05") != 91 || b.value("rate", "outlet:b", "2026-04") != 80 || b.value("rate", "110101000000", "2026-05") != 91 {
			b.Errorf("%g %g", b.value("rate", "outlet:a", "2026-05"), b.value("rate", "outlet:b", "2026-04"))
		}
		j = b.bring(of("c.d2."), "things.csv", strings.NewReader(file), intake.Options{SkipBad: true})
		if j.Taken != 1 {
			b.Errorf("a clerk of another district: %+v %v", j, b.lines(j.ID))
		}
		if got := strings.Join(b.lines(j.ID), " "); strings.Count(got, "measure.import.region") != 3 || strings.Count(got, "measure.import.away") != 1 {
			b.Errorf("a clerk is told which things there are in another district: %s", got)
		}
	})
}

// Lines that contradict each other, or what counts already, are bad with their places; what a rule
// only warns of is told.
func TestLinesMustAgreeWithRules(t *testing.T) {
	each(t, func(b *bench) {
		rules, err := returns.New(context.Background(), returns.Deps{DB: b.db, Clock: b.ledger.Clock, Log: slog.Default(), Ledger: b.ledger, Zone: time.UTC, Home: "c.", Define: define})
		if err != nil {
			b.Fatal(err)
		}
		ruler := auth.With(context.Background(), auth.NewPrincipal(auth.Actor{ID: "ruler", Name: "ruler"}, map[auth.Permission][]string{define: {"c."}}))
		for _, r := range []returns.Rule{{Code: "no_more", Says: "working <= speakers", MessageZh: "完好数不能多于总数", MessageEn: "No more can work than there are"},
			{Code: "half", Says: "working >= speakers * 0.5", MessageZh: "完好的不到一半", MessageEn: "Fewer than half work", Warns: true}} {
			if _, err := rules.PutRule(ruler, r, 0); err != nil {
				b.Fatal(err)
			}
		}
		b.desk = intake.New(intake.Deps{DB: b.db, Clock: b.ledger.Clock, Log: slog.Default(), Ledger: b.ledger, Home: "c.", State: state, Rules: rules})
		sheet := func() io.Reader {
			return book(b.T, map[string][][]any{"表": {{"街道乡镇", "月份", "喇叭数", "完好喇叭数"}, {"110101001000", "2026-07", 10, 12}, {"110101002000", "2026-07", 10, 4}, {"110102001000", "2026-07", 10, 10}}})
		}
		j := b.bring(b.ctx, "a.xlsx", sheet(), intake.Options{})
		if got := b.lines(j.ID); j.State != intake.Refused || j.Bad != 2 || j.Odd != 2 || j.Values != 4 || strings.Join(got, ", ") != "C2 measure.fact.contradicts, D2 measure.fact.contradicts, C3 measure.fact.contradicts, D3 measure.fact.contradicts" {
			b.Fatalf("%+v\n%v", j, got)
		}
		j = b.bring(b.ctx, "a.xlsx", sheet(), intake.Options{SkipBad: true})
		if j.State != intake.Done || j.Outcome.New != 4 || !math.IsNaN(b.value("speakers", "110101001000", "2026-07")) || b.value("working", "110101002000", "2026-07") != 4 {
			b.Errorf("%+v", j)
		}
		j = b.bring(b.ctx, "b.csv", strings.NewReader("region,period,element,value\n110102001000,2026-07,working,11\n"), intake.Options{})
		if got := b.lines(j.ID); j.State != intake.Refused || len(got) != 1 || !strings.HasSuffix(got[0], "measure.fact.contradicts") {
			b.Errorf("against what counts already: %+v %v", j, got)
		}
	})
}

// What was approved and locked is corrected from a file by those only who define measures, and is not
// taken back by others.
func TestWhatIsLockedIsCorrectedByThoseWhoMayOnly(t *testing.T) {
	each(t, func(b *bench) {
		file := func(v int) io.Reader {
			return strings.NewReader(fmt.Sprintf("element,region,period,value\nspeakers,110101001000,2026-07,%d\n", v))
		}
		first := b.bring(b.ctx, "a.csv", file(10), intake.Options{})
		july, _ := period.Parse("2026-07")
		if err := b.db.Housekeep(b.ctx, func(tx *store.Tx) error {
			return b.ledger.Lock(b.ctx, tx, "110101001000", july, []string{"speakers"}, "return:x")
		}); err != nil {
			b.Fatal(err)
		}
		if _, err := b.desk.Start(b.ctx, "b.csv", file(20), intake.Options{Reason: "so I say"}); !fault.Is(err, "measure.import.correct") {
			b.Errorf("a clerk corrects what was approved: %v", err)
		}
		if undone, err := b.desk.Undo(b.ctx, first.ID); err != nil || undone.State != intake.Undone || undone.Kept != 1 {
			b.Errorf("a clerk takes back what was approved: %+v %v", undone, err)
		}
		if got := b.value("speakers", "110101001000", "2026-07"); got != 10 {
			b.Errorf("it is %g now", got)
		}
		j := b.bring(auth.With(context.Background(), auth.NewPrincipal(auth.Actor{ID: "analyst", Name: "analyst"}, map[auth.Permission][]string{state: {"c."}, define: {"c."}})), "b.csv", file(20), intake.Options{Reason: "counted again"})
		if j.State != intake.Done || b.value("speakers", "110101001000", "2026-07") != 20 {
			b.Errorf("%+v", j)
		}
	})
}

// What was locked since it came is left alone, and counted; all else is taken back, however much there is.
func TestWhatWasLockedSinceKeepsNothingElseFromBeingTakenBack(t *testing.T) {
	each(t, func(b *bench) {
		var csv strings.Builder
		csv.WriteString("element,region,period,value,ref\n")
		for i := range 5_100 {
			fmt.Fprintf(&csv, "complaints,110101001000,2026-06,1,r%d\n", i)
		}
		csv.WriteString("complaints,110101002000,2026-06,7,\n")
		j := b.bring(b.ctx, "many.csv", strings.NewReader(csv.String()), intake.Options{})
		if j.Taken != 5_101 {
			b.Fatalf("%+v %v", j, b.lines(j.ID))
		}
		june, _ := period.Parse("2026-06")
		if err := b.db.Housekeep(b.ctx, func(tx *store.Tx) error {
			return b.ledger.Lock(b.ctx, tx, "110101001000", june, []string{"complaints"}, "return:x")
		}); err != nil {
			b.Fatal(err)
		}
		undone, err := b.desk.Undo(b.ctx, j.ID)
		if err != nil || undone.State != intake.Undone || undone.Kept != 5_100 {
			b.Fatalf("%+v %v", undone, err)
		}
		if got := b.value("complaints", "110101001000", "2026-06"); got != 5_100 {
			b.Errorf("of what was locked %g is left", got)
		}
		if got := b.value("complaints", "110101002000", "2026-06"); !math.IsNaN(got) {
			b.Errorf("what was not locked is %g", got)
		}
	})
}

// A value with a ref counts beside one without; whoever may have meant the one for the other is told.
func TestRefsBesideValuesWithoutAreToldOf(t *testing.T) {
	each(t, func(b *bench) {
		head := "element,region,period,value,ref\n"
		for i, c := range []struct{ body, want string }{
			{"complaints,东华门街道,2026-06,406,\n", ""},
			{"complaints,东华门街道,2026-06,500,1\n", "E2 measure.fact.beside"},
			{"complaints,东华门街道,2026-06,501,1\n", ""}, // it is known, and changes
			{"complaints,东华门街道,2026-06,407,\n", ""},
			{"complaints,东城区新街口街道,2026-06,5,a\ncomplaints,东城区新街口街道,2026-06,6,b\n", ""},
			{"complaints,东城区新街口街道,2026-06,7,\n", "D2 measure.fact.beside_refs"},
			{"complaints,西城区新街口街道,2026-06,7,\ncomplaints,西城区新街口街道,2026-05,1,a\ncomplaints,西城区新街口街道,2026-06,8,a\ncomplaints,西城区新街口街道,2026-06,9,b\n", "E4 measure.import.beside"},
		} {
			j := b.bring(b.ctx, "refs.csv", strings.NewReader(head+c.body), intake.Options{})
			if got := strings.Join(b.lines(j.ID), ", "); j.State != intake.Done || j.Bad != 0 || got != c.want {
				b.Errorf("%d: %q, want %q: %+v", i, got, c.want, j)
			}
		}
		if v := b.value("complaints", "110101001000", "2026-06"); v != 908 {
			b.Errorf("they are %g", v)
		}
	})
}

// A sum among what it is the sum of is told of, from whichever side it comes, and also against what counts already.
func TestSumsAmongTheirPartsAreToldOf(t *testing.T) {
	each(t, func(b *bench) {
		head := "element,region,period,value\n"
		for i, c := range []struct{ body, want string }{
			{"complaints,东华门街道,2026-06,4\ncomplaints,东城区,2026-05,4\ncomplaints,西城区,2026-06,9\n", ""},
			{"complaints,东城区,2026-06,4\n", "D2 measure.fact.contradicts"},
			{"complaints,东城区,2026-06,5\n", ""}, // it is known, and changes
			{"complaints,东城区,2026-07,7\ncomplaints,东华门街道,2026-07,3\ncomplaints,东城区新街口街道,2026-07,4\n", "D3 measure.import.within"},
			{"complaints,东华门街道,2026-04,3\ncomplaints,东城区新街口街道,2026-04,4\ncomplaints,东城区,2026-04,7\n", "D4 measure.import.within"},
		} {
			j := b.bring(b.ctx, "sums.csv", strings.NewReader(head+c.body), intake.Options{})
			if got := strings.Join(b.lines(j.ID), ", "); j.State != intake.Done || j.Bad != 0 || got != c.want {
				b.Errorf("%d: %q, want %q: %+v", i, got, c.want, j)
			}
		}
	})
}

// A look at a file says what it would replace, before anything is.
func TestALookTellsWhatWouldBeReplaced(t *testing.T) {
	each(t, func(b *bench) {
		head := "element,region,period,value\n"
		b.bring(b.ctx, "a.csv", strings.NewReader(head+"speakers,110101001000,2026-07,363\nspeakers,110101002000,2026-07,4\n"), intake.Options{})
		look := b.bring(b.ctx, "b.csv", strings.NewReader(head+"speakers,110101001000,2026-07,999999\nspeakers,110101002000,2026-07,4\nspeakers,110102001000,2026-07,5\n"), intake.Options{DryRun: true})
		if look.Would.New != 1 || look.Would.Changed != 1 || look.Would.Same != 1 || look.Outcome.New+look.Outcome.Changed+look.Outcome.Same != 0 {
			b.Errorf("%+v", look)
		}
		lines, err := store.Collect(b.ctx, b.db, func(rows *sql.Rows) (l [2]string, err error) { return l, rows.Scan(&l[0], &l[1]) }, `SELECT place, args FROM measure_import_line WHERE import_id = $1 AND code = 'measure.import.change'`, look.ID)
		if err != nil || len(lines) != 1 || lines[0][0] != "D2" || !strings.Contains(lines[0][1], `"was":"363"`) || !strings.Contains(lines[0][1], `"value":"999,999"`) {
			b.Errorf("%v %v", lines, err)
		}
		if v := b.value("speakers", "110101001000", "2026-07"); v != 363 {
			b.Errorf("it is %g", v)
		}
	})
}

// A look at a file tells of what is locked by its cell, so that the rest can be taken alone.
func TestWhatIsLockedIsToldOfByCell(t *testing.T) {
	each(t, func(b *bench) {
		b.bring(b.ctx, "a.csv", strings.NewReader("element,region,period,value\nspeakers,110101001000,2026-07,10\n"), intake.Options{})
		july, _ := period.Parse("2026-07")
		if err := b.db.Housekeep(b.ctx, func(tx *store.Tx) error {
			return b.ledger.Lock(b.ctx, tx, "110101001000", july, []string{"speakers", "working"}, "return:x")
		}); err != nil {
			b.Fatal(err)
		}
		file := "element,region,period,value\nspeakers,110101001000,2026-07,10\nworking,110101001000,2026-07,9\nspeakers,110101002000,2026-07,4\n" // as it is; locked; free
		look := b.bring(b.ctx, "b.csv", strings.NewReader(file), intake.Options{DryRun: true})
		if got := strings.Join(b.lines(look.ID), ", "); look.Bad != 1 || look.Values != 2 || got != "D3 measure.fact.locked" {
			b.Errorf("%+v %s", look, got)
		}
		j := b.bring(b.ctx, "b.csv", strings.NewReader(file), intake.Options{SkipBad: true})
		if j.State != intake.Done || j.Taken != 2 || b.value("speakers", "110101002000", "2026-07") != 4 || !math.IsNaN(b.value("working", "110101001000", "2026-07")) {
			b.Errorf("%+v", j)
		}
		analyst := auth.With(context.Background(), auth.NewPrincipal(auth.Actor{ID: "analyst", Name: "analyst"}, map[auth.Permission][]string{state: {"c."}, define: {"c."}}))
		if j := b.bring(analyst, "b.csv", strings.NewReader(file), intake.Options{DryRun: true, Reason: "counted again"}); j.Bad != 0 || j.Values != 3 {
			b.Errorf("who may correct: %+v %v", j, b.lines(j.ID))
		}
	})
}
