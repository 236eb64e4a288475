package returns_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/assess/measure/returns"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/document/documenttest"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// staff knows that two accounts are one person.
type staff struct{ twins map[string]string }

func (s staff) Independent(_ context.Context, _ store.Queryer, a, b string) (bool, error) {
	return s.twins[a] != b, nil
}

type bench struct {
	*testing.T
	db     *store.DB
	clk    *clock.Manual
	ledger *fact.Ledger
	desk   *returns.Desk
}

const (
	read, state, agree, define = auth.Permission("read"), auth.Permission("state"), auth.Permission("agree"), auth.Permission("define")
	july                       = "devices/t11/2026-07"
)

// as is somebody with permissions in one region.
func as(name, path string, perms ...auth.Permission) context.Context {
	granted := map[auth.Permission][]string{read: {path}}
	for _, p := range perms {
		granted[p] = []string{path}
	}
	return auth.With(context.Background(), auth.NewPrincipal(auth.Actor{ID: name, Name: name}, granted))
}

var (
	clerk    = as("clerk", "c.d1.t11.", state)
	district = as("district", "c.d1.", agree)
	city     = as("city", "c.", agree, define, state)
)

func each(t *testing.T, fn func(b *bench)) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := func(code, parent, path, level string) fact.Region {
			return fact.Region{Code: code, Parent: parent, Path: path, Level: level, NameZh: code, NameEn: code}
		}
		var b *bench
		l, err := fact.Open(context.Background(), fact.Deps{DB: db, Clock: clk, Zone: time.UTC, Home: "c.", State: state, Define: define, Contradictions: func(ctx context.Context, q store.Queryer, entries []fact.Entry) ([]fact.Finding, error) {
			return b.desk.Contradictions(ctx, q, entries)
		}}, []fact.Region{r("c", "", "c.", "city"), r("d1", "c", "c.d1.", "district"),
			r("t11", "d1", "c.d1.t11.", "township"), r("t12", "d1", "c.d1.t12.", "township")})
		b = &bench{t, db, clk, l, nil}
		b.ok(err)
		monthly := func(code string) fact.Element {
			return fact.Element{Code: code, NameZh: code, NameEn: code, Combine: fact.Stock, Period: period.Month, Level: "township", Whole: true}
		}
		b.ok(l.Seed(context.Background(), []fact.Element{monthly("devices"), monthly("working")}))
		b.desk, err = returns.New(context.Background(), returns.Deps{DB: db, Clock: clk, Log: slog.Default(), Ledger: l, Staff: staff{map[string]string{"second": "clerk"}}, Zone: time.UTC, Home: "c.",
			Read: read, State: state, Agree: agree, Define: define})
		b.ok(err)
		_, err = b.desk.PutForm(city, returns.Form{Code: "devices", NameZh: "设备月报", NameEn: "Devices", Level: "township", Period: period.Month, Due: 5, From: "2025-01", Steps: []string{"district", "city"},
			Items: []returns.Item{{Element: "devices", Required: true}, {Element: "working"}}}, 0)
		b.ok(err)
		_, err = b.desk.PutRule(city, returns.Rule{Code: "no_more", Says: "working <= devices", MessageZh: "完好数不能多于总数", MessageEn: "No more can work than there are"}, 0)
		b.ok(err)
		fn(b)
	}, measure.Migrations())
}

func (b *bench) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func answers(devices, working float64, notes ...string) map[string]returns.Answer {
	note := strings.Join(notes, "")
	return map[string]returns.Answer{"devices": {Value: &devices, Note: note}, "working": {Value: &working}}
}

// counts is what the city has of an element in a month.
func (b *bench) counts(element, month string) float64 {
	b.Helper()
	p, err := period.Parse(month)
	b.ok(err)
	g, err := b.ledger.Read(context.Background(), b.db, fact.Ask{Elements: []string{element}, Units: []string{"c"}, From: p, To: p})
	b.ok(err)
	return g.At(element, "c", 0).V
}

// submitted is the return of July on its way up.
func (b *bench) submitted(devices, working float64) *returns.View {
	b.Helper()
	v, err := b.desk.Write(clerk, july, 0, answers(devices, working))
	b.ok(err)
	v, err = b.desk.Submit(clerk, july, v.Revision)
	b.ok(err)
	return v
}

func TestAReturnCountsOnceEverybodyAboveApproved(t *testing.T) {
	each(t, func(b *bench) {
		v := b.submitted(10, 8)
		if got := b.counts("devices", "2026-07"); got == got {
			b.Errorf("what nobody approved counts: %g", got)
		}
		if _, err := b.desk.Approve(city, july, v.Revision); err != nil { // the city stands above the district
			b.Errorf("the city may approve for its district: %v", err)
		}
		v, err := b.desk.Get(city, july)
		b.ok(err)
		if _, err := b.desk.Approve(district, july, v.Revision); !fault.Is(err, "auth.no_grant") {
			b.Errorf("a district approved for the city: %v", err)
		}
		v, err = b.desk.Approve(city, july, v.Revision)
		b.ok(err)
		if v.State != returns.Accepted || b.counts("devices", "2026-07") != 10 {
			b.Errorf("%s, %g", v.State, b.counts("devices", "2026-07"))
		}
		if _, err := b.desk.Write(clerk, july, v.Revision, answers(11, 8)); !fault.Is(err, "measure.return.state.accepted") {
			b.Errorf("an accepted return was written over: %v", err)
		}
		eleven, err := fact.ValueOf(11)
		b.ok(err)
		err = b.db.Housekeep(clerk, func(tx *store.Tx) error {
			_, err := b.ledger.Take(clerk, tx, fact.Origin{Source: fact.FromHand}, []fact.Entry{{Element: "devices", Unit: "t11", Period: v.Period, Value: &eleven}})
			return err
		})
		if !fault.Is(err, "measure.fact.locked") {
			b.Errorf("a locked value was changed past its return: %v", err)
		}
		// A correction goes the same way, and until then what stood counts.
		v, err = b.desk.Reopen(clerk, july, v.Revision, "two were counted twice")
		b.ok(err)
		v, err = b.desk.Write(clerk, july, v.Revision, answers(9, 8))
		b.ok(err)
		v, err = b.desk.Submit(clerk, july, v.Revision)
		b.ok(err)
		if b.counts("devices", "2026-07") != 10 {
			b.Error("a correction counts before it was approved")
		}
		before := b.clk.Now()
		b.clk.Advance(time.Hour)
		v, err = b.desk.Approve(district, july, v.Revision)
		b.ok(err)
		v, err = b.desk.Approve(city, july, v.Revision)
		b.ok(err)
		if b.counts("devices", "2026-07") != 9 {
			b.Error("an approved correction does not count")
		}
		g, err := b.ledger.Read(context.Background(), b.db, fact.Ask{Elements: []string{"devices"}, Units: []string{"c"}, From: v.Period, To: v.Period, AsOf: before})
		b.ok(err)
		if g.At("devices", "c", 0).V != 10 {
			b.Error("what stood before the correction is lost")
		}
	})
}

func TestNobodyApprovesWhatTheyWrote(t *testing.T) {
	each(t, func(b *bench) {
		v := b.submitted(10, 8)
		both := as("clerk", "c.", state, agree)
		if _, err := b.desk.Approve(both, july, v.Revision); !fault.Is(err, "measure.return.own") {
			b.Error(err)
		}
		if _, err := b.desk.Approve(as("second", "c.", agree), july, v.Revision); !fault.Is(err, "measure.return.not_independent") {
			b.Errorf("a second account of the writer approved: %v", err)
		}
		if v, err := b.desk.Get(both, july); err != nil || strings.Contains(strings.Join(v.May, ","), "approve") {
			b.Error(v.May, err)
		}
		back, err := b.desk.SendBack(district, july, v.Revision, "check the count")
		b.ok(err)
		if back.State != returns.Open || back.History[len(back.History)-1].Note != "check the count" {
			b.Errorf("%+v", back.Return)
		}
		if _, err := b.desk.Approve(district, july, back.Revision); !fault.Is(err, "measure.return.state.open") {
			b.Error(err)
		}
	})
}

func TestWhatSpeaksAgainstAValueStopsItOrAsksForAWord(t *testing.T) {
	each(t, func(b *bench) {
		v, err := b.desk.Write(clerk, july, 0, answers(10, 12))
		b.ok(err)
		if _, err := b.desk.Submit(clerk, july, v.Revision); !fault.Is(err, "measure.return.stops") || fault.Of(err).Place == "" {
			b.Errorf("a broken rule: %v", err)
		}
		v, err = b.desk.Write(clerk, july, v.Revision, map[string]returns.Answer{"working": answers(1, 2)["working"]})
		b.ok(err)
		if _, err := b.desk.Submit(clerk, july, v.Revision); !fault.Is(err, "measure.return.stops") || fault.Of(err).Place != "answers.devices" {
			b.Errorf("what must be stated was left out: %v", err)
		}
		half := 2.5
		v, err = b.desk.Write(clerk, july, v.Revision, map[string]returns.Answer{"devices": {Value: &half}})
		b.ok(err)
		if _, err := b.desk.Submit(clerk, july, v.Revision); !fault.Is(err, "measure.return.stops") {
			b.Errorf("half a device: %v", err)
		}
		if _, err := b.desk.Write(clerk, july, v.Revision, map[string]returns.Answer{"gold": {Value: &half}}); !fault.Is(err, "measure.return.not_asked") {
			b.Errorf("what nobody asked for: %v", err)
		}
		// Eight months of ten, then a hundred.
		b.ok(b.db.Housekeep(context.Background(), func(tx *store.Tx) error {
			ten, _ := fact.ValueOf(10)
			var entries []fact.Entry
			for i := range 8 {
				entries = append(entries, fact.Entry{Element: "devices", Unit: "t11", Period: v.Period.Next(-1 - i), Value: &ten})
			}
			_, err := b.ledger.Take(context.Background(), tx, fact.Origin{Source: fact.FromModule}, entries)
			return err
		}))
		v, err = b.desk.Write(clerk, july, v.Revision, answers(100, 8))
		b.ok(err)
		if _, err := b.desk.Submit(clerk, july, v.Revision); !fault.Is(err, "measure.return.explain") {
			b.Errorf("an unlikely value needs a word: %v", err)
		}
		v, err = b.desk.Write(clerk, july, v.Revision, answers(100, 8, "ninety came from the next town"))
		b.ok(err)
		if _, err := b.desk.Submit(clerk, july, v.Revision); err != nil {
			b.Error(err)
		}
	})
}

func TestNobodyReturnsAPeriodThatHasNotBegun(t *testing.T) {
	each(t, func(b *bench) {
		const august = "devices/t11/2026-08"
		if v, err := b.desk.Get(clerk, august); err != nil || len(v.May) > 0 {
			b.Errorf("%+v %v", v, err)
		}
		if _, err := b.desk.Write(clerk, august, 0, answers(1, 1)); !fault.Is(err, "measure.fact.ahead") {
			b.Error(err)
		}
		b.clk.Advance(14 * 24 * time.Hour)
		_, err := b.desk.Write(clerk, august, 0, answers(1, 1))
		b.ok(err)
	})
}

func TestAReturnIsOutOfSightOfOthers(t *testing.T) {
	each(t, func(b *bench) {
		v := b.submitted(10, 8)
		other := as("other", "c.d1.t12.", state, agree)
		if _, err := b.desk.Get(other, july); fault.Of(err).Kind != fault.NotFound {
			b.Error(err)
		}
		if _, err := b.desk.Write(other, july, v.Revision, answers(1, 1)); fault.Of(err).Kind != fault.NotFound {
			b.Error(err)
		}
		if _, err := b.desk.Get(clerk, "devices/t11/2024-12"); fault.Of(err).Kind != fault.NotFound {
			b.Errorf("a period that is not asked for: %v", err)
		}
		if _, err := b.desk.Get(city, "devices/d1/2026-07"); fault.Of(err).Kind != fault.NotFound {
			b.Errorf("a region of another level: %v", err)
		}
		if _, err := b.desk.Write(clerk, july, v.Revision-1, answers(1, 1)); !fault.Is(err, "stale") {
			b.Error(err)
		}
	})
}

func TestTheBoardShowsWhoOwesWhat(t *testing.T) {
	each(t, func(b *bench) {
		b.clk.Advance(time.Date(2026, 8, 20, 0, 0, 0, 0, time.UTC).Sub(b.clk.Now()))
		b.submitted(10, 8)
		got, err := b.desk.Board(city, "devices", "", 3)
		b.ok(err)
		if len(got.Rows) != 2 || len(got.Periods) != 3 {
			b.Fatalf("%+v", got)
		}
		if got.Rows[0].Cells[1].Mine || got.Rows[1].Cells[1].Mine {
			b.Error("what waits for the district, or for a township, waits for the city")
		}
		got, err = b.desk.Board(district, "devices", "", 3)
		b.ok(err)
		mine, theirs := got.Rows[0].Cells[1], got.Rows[1].Cells[1]
		if mine.State != returns.Submitted || mine.Late || !mine.Mine || theirs.State != returns.None || !theirs.Late {
			b.Errorf("%+v %+v", mine, theirs)
		}
		if c := got.Counts[1]; c.Submitted != 1 || c.None != 1 || c.Late != 1 {
			b.Errorf("%+v", c)
		}
		alone, err := b.desk.Board(clerk, "devices", "", 3)
		b.ok(err)
		if june := alone.Rows[0].Cells[2]; !june.Mine {
			b.Errorf("what a clerk's own township owes does not wait for them: %+v", june)
		}
		if len(alone.Rows) != 1 || alone.Rows[0].Unit != "t11" {
			b.Errorf("%+v", alone.Rows)
		}
	})
}

// The last return of a form that ends is due after its period: it is seen as long as the form is.
func TestAFormThatHasEndedKeepsItsBoard(t *testing.T) {
	each(t, func(b *bench) {
		f, err := b.desk.Form("devices")
		b.ok(err)
		ends := *f
		ends.Until = "2026-07"
		_, err = b.desk.PutForm(city, ends, f.Revision)
		b.ok(err)
		b.submitted(10, 8)
		b.clk.Advance(time.Date(2026, 9, 20, 0, 0, 0, 0, time.UTC).Sub(b.clk.Now()))
		board, err := b.desk.Board(district, "devices", "", 3)
		b.ok(err)
		if len(board.Periods) != 3 || board.Periods[0].Period.String() != "2026-07" || !board.Rows[0].Cells[0].Mine || !board.Rows[1].Cells[0].Late {
			b.Fatalf("%+v", board)
		}
		asked, err := b.desk.Asked(district)
		b.ok(err)
		if len(asked) != 1 || asked[0].Period.String() != "2026-07" || asked[0].Mine != 1 || asked[0].Counts.Late != 1 {
			b.Errorf("%+v", asked)
		}
	})
}

// A blank states nothing: what a system fed stays and may go on changing. What an earlier round
// stated is withdrawn by a blank in the next.
func TestABlankWithdrawsWhatItsReturnStatedAlone(t *testing.T) {
	each(t, func(b *bench) {
		feed := func(working float64) {
			b.Helper()
			v, err := fact.ValueOf(working)
			b.ok(err)
			at, err := period.Parse("2026-07")
			b.ok(err)
			b.ok(b.db.Housekeep(clerk, func(tx *store.Tx) error {
				_, err := b.ledger.Take(clerk, tx, fact.Origin{Source: fact.FromAPI, Object: "feeder:x"}, []fact.Entry{{Element: "working", Unit: "t11", Period: at, Value: &v}})
				return err
			}))
		}
		accepted := func(v *returns.View, says map[string]returns.Answer) *returns.View {
			b.Helper()
			v, err := b.desk.Write(clerk, july, v.Revision, says)
			b.ok(err)
			v, err = b.desk.Submit(clerk, july, v.Revision)
			b.ok(err)
			v, err = b.desk.Approve(district, july, v.Revision)
			b.ok(err)
			v, err = b.desk.Approve(city, july, v.Revision)
			b.ok(err)
			return v
		}
		reopened := func(v *returns.View) *returns.View {
			b.Helper()
			v, err := b.desk.Reopen(clerk, july, v.Revision, "counted again")
			b.ok(err)
			return v
		}
		blank := answers(10, 0)
		delete(blank, "working")
		feed(7)
		v := accepted(&returns.View{}, blank)
		if got := b.counts("working", "2026-07"); got != 7 {
			b.Errorf("what was fed is %g after a return that left it blank", got)
		}
		feed(8)
		v = accepted(reopened(v), answers(10, 9))
		if got := b.counts("working", "2026-07"); got != 9 {
			b.Errorf("what the return states is %g", got)
		}
		accepted(reopened(v), blank)
		if got := b.counts("working", "2026-07"); got == got {
			b.Errorf("what the return stated and then left blank is %g", got)
		}
		feed(6)
		if got := b.counts("working", "2026-07"); got != 6 || b.counts("devices", "2026-07") != 10 {
			b.Errorf("%g of %g", got, b.counts("devices", "2026-07"))
		}
	})
}

// A form that was retired asks no more. Its returns are read as before and brought to their end.
func TestReturnsOutliveTheirForm(t *testing.T) {
	each(t, func(b *bench) {
		v := b.submitted(10, 8)
		b.clk.Advance(time.Date(2026, 8, 20, 0, 0, 0, 0, time.UTC).Sub(b.clk.Now()))
		b.ok(b.desk.RetireForm(city, "devices", 1))
		again, err := returns.New(context.Background(), b.desk.Deps) // as after a restart
		b.ok(err)
		b.desk = again
		v, err = b.desk.Approve(district, july, v.Revision)
		b.ok(err)
		v, err = b.desk.Approve(city, july, v.Revision)
		b.ok(err)
		if v.State != returns.Accepted || b.counts("devices", "2026-07") != 10 || v.FormOf.NameZh != "设备月报" {
			b.Errorf("%+v", v)
		}
		board, err := b.desk.Board(clerk, "devices", "", 2)
		b.ok(err)
		if cells := board.Rows[0].Cells; cells[1].State != returns.Accepted || cells[0].Mine || cells[0].Late {
			b.Errorf("%+v", cells)
		}
		if board, err = b.desk.Board(city, "devices", "", 2); err != nil || board.Counts[1].Late != 0 {
			b.Errorf("nobody is asked any more: %+v %v", board, err)
		}
		if asked, err := b.desk.Asked(city); err != nil || len(asked) != 0 {
			b.Errorf("%+v %v", asked, err)
		}
		if _, err := b.desk.Write(clerk, "devices/t11/2026-08", 0, answers(1, 1)); !fault.Is(err, "measure.return.not_found") {
			b.Errorf("a return was begun: %v", err)
		}
		b.ok(b.ledger.Retire(city, "working", 1))
		v, err = b.desk.Reopen(clerk, july, v.Revision, "it counted one twice")
		b.ok(err)
		if v, err = b.desk.Get(city, july); err != nil || *v.Answers["working"].Value != 8 {
			b.Errorf("%+v %v", v, err)
		}
		if _, err := b.desk.Paper(city, july, "xlsx"); err != nil {
			b.Errorf("what was answered of an element that was retired, too, is not printed: %v", err)
		}
	})
}

func TestBadFormsAreRefusedWithTheirPlace(t *testing.T) {
	each(t, func(b *bench) {
		good := returns.Form{Code: "x", NameZh: "表", NameEn: "Form", Level: "township", Period: period.Month, From: "2025-01", Items: []returns.Item{{Element: "devices"}}}
		for place, change := range map[string]func(*returns.Form){
			"items[0].element": func(f *returns.Form) { f.Items = []returns.Item{{Element: "nothing"}} },
			"items[1].element": func(f *returns.Form) { f.Items = []returns.Item{{Element: "devices"}, {Element: "devices"}} },
			"items":            func(f *returns.Form) { f.Items = nil },
			"steps[0]":         func(f *returns.Form) { f.Steps = []string{"village"} },
			"steps[1]":         func(f *returns.Form) { f.Steps = []string{"city", "district"} },
			"from":             func(f *returns.Form) { f.From = "2025" },
			"until":            func(f *returns.Form) { f.Until = "soon" },
			"code":             func(f *returns.Form) { f.Code = "devices" },
			"level":            func(f *returns.Form) { f.Level = "house" },
		} {
			f := good
			change(&f)
			if _, err := b.desk.PutForm(city, f, 0); err == nil || fault.Of(err).Place != place {
				b.Errorf("%s: %v", place, err)
			}
		}
		if _, err := b.desk.PutRule(city, returns.Rule{Code: "y", Says: "devices + 1", MessageZh: "x", MessageEn: "x"}, 0); !fault.Is(err, "measure.formula.truth") {
			b.Error(err)
		}
	})
}

// A return on paper says what was stated, what speaks against it, and who did what; whoever may not
// see it gets none.
func TestAReturnIsPrinted(t *testing.T) {
	each(t, func(b *bench) {
		v, err := b.desk.Write(clerk, july, 0, answers(10, 12, "新装"))
		b.ok(err)
		f, err := b.desk.Paper(clerk, july, "xlsx")
		b.ok(err)
		if !strings.Contains(f.Disposition, `filename="`+v.Form+"-"+v.Unit+`-2026-07.xlsx"`) || f.ContentType != httpapi.MediaType("xlsx") {
			b.Errorf("%s %s", f.Disposition, f.ContentType)
		}
		text := documenttest.Workbook(b, f.Body)
		for _, want := range []string{"2026年7月", "填写中", "devices|10|||新装", "完好数不能多于总数|须改正", "开始填写|clerk", "填写|clerk"} {
			if !strings.Contains(text, want) {
				b.Errorf("%q is missing in\n%s", want, text)
			}
		}
		if _, err := b.desk.Paper(as("stranger", "c.d9.", read), july, "pdf"); !fault.Is(err, "measure.return.not_found") {
			b.Errorf("a stranger printed it: %v", err)
		}
		p, err := b.desk.Paper(clerk, july, "pdf")
		if b.ok(err); !bytes.HasPrefix(p.Body, []byte("%PDF-")) {
			b.Errorf("%.20s", p.Body)
		}
	})
}
