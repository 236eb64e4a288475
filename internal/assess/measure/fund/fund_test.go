package fund_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/xuri/excelize/v2"

	"github.com/tongsheng/tongsheng/internal/assess/measure"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fund"
	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

const read, write, agree = auth.Permission("read"), auth.Permission("write"), auth.Permission("agree")

type bench struct {
	*testing.T
	db     *store.DB
	ledger *fact.Ledger
	desk   *fund.Desk
	book   *indicator.Book // of a cost bench
}

type staff struct{}

func (staff) Independent(_ context.Context, _ store.Queryer, a, b string) (bool, error) {
	return a != "second" || b != "clerk", nil
}

func as(name, path string, perms ...auth.Permission) context.Context {
	granted := map[auth.Permission][]string{read: {path}}
	for _, p := range perms {
		granted[p] = []string{path}
	}
	return auth.With(context.Background(), auth.NewPrincipal(auth.Actor{ID: name, Name: name}, granted))
}

var clerk, leader = as("clerk", "c.", write, agree), as("leader", "c.", agree)

func each(t *testing.T, fn func(b *bench)) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		l, err := fact.Open(context.Background(), fact.Deps{DB: db, Clock: clk, Zone: time.UTC, Home: "c."}, []fact.Region{{Code: "110000000000", Path: "c.", Level: "city", NameZh: "市"},
			{Code: "110101000000", Parent: "110000000000", Path: "c.d1.", Level: "district", NameZh: "东区"}, {Code: "110102000000", Parent: "110000000000", Path: "c.d2.", Level: "district", NameZh: "西区"}})
		b := &bench{T: t, db: db, ledger: l}
		b.ok(err)
		b.desk, err = fund.New(context.Background(), fund.Deps{DB: db, Clock: clk, Ledger: l, Staff: staff{}, Zone: time.UTC, Home: "c.", Read: read, Write: write, Agree: agree})
		b.ok(err)
		_, err = b.desk.PutPurpose(clerk, fund.Purpose{Code: "speakers", NameZh: "大喇叭", NameEn: "Loudspeakers"}, 0)
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

func line(amount float64) fund.Fund {
	return fund.Fund{Kind: fund.Line, Purpose: "speakers", RegionCode: "110101000000", Year: 2026, Amount: amount, Source: "city", Name: "大喇叭预算"}
}

func (b *bench) confirmed(f fund.Fund) *fund.View {
	b.Helper()
	v, err := b.desk.Enter(clerk, f)
	b.ok(err)
	v, err = b.desk.Confirm(leader, v.ID, v.Revision)
	b.ok(err)
	return v
}

// counts is what an element adds up to for the city in 2026.
func (b *bench) counts(element string) float64 {
	b.Helper()
	year, _ := period.Parse("2026")
	g, err := b.ledger.Read(context.Background(), b.db, fact.Ask{Elements: []string{element}, Units: []string{"110000000000"}, From: year, To: year})
	b.ok(err)
	return g.At(element, "110000000000", 0).V
}

// Under a fund its reader sees what stands in their own regions.
func TestUnderAFundOthersAreOutOfSight(t *testing.T) {
	each(t, func(b *bench) {
		l := b.confirmed(line(100_000))
		for _, region := range []string{"110101000000", "110102000000"} {
			c := b.confirmed(fund.Fund{Kind: fund.Contract, Parent: l.ID, RegionCode: region, Day: "2026-03-01", Amount: 10, Name: "合同", Party: "某公司"})
			for _, paid := range []string{"110101000000", "110102000000"} {
				b.confirmed(fund.Fund{Kind: fund.Payment, Parent: c.ID, RegionCode: paid, Day: "2026-04-01", Amount: 5, Name: "首付"})
			}
		}
		for who, want := range map[context.Context]int{leader: 2, as("d1 reader", "c.d1."): 1} {
			v, err := b.desk.Get(who, l.ID)
			b.ok(err)
			if len(v.Below) != want || len(v.Below[0].Below) != want || v.Under != int64(want) || v.Below[0].Under != int64(want) {
				t.Errorf("%s sees %+v", auth.Who(who).ID, v.Below)
			}
		}
		other := as("d2 reader", "c.d2.")
		list, err := b.desk.List(other, fund.Filter{Kind: fund.Contract})
		b.ok(err)
		if v, err := b.desk.Get(other, list.Items[0].ID); err != nil || len(v.Above) != 0 {
			t.Errorf("a line of others above their contract: %+v %v", v.Above, err)
		}
	})
}

// Money moves with the region that it is for: whoever works there sees and confirms it.
func TestMoneyMovesWithItsRegion(t *testing.T) {
	each(t, func(b *bench) {
		l := b.confirmed(line(100_000))
		b.ok(b.ledger.Adopt(context.Background(), []fact.Region{{Code: "110000000000", Path: "c.", Level: "city", NameZh: "市"}, {Code: "110102000000", Parent: "110000000000", Path: "c.d2.", Level: "district", NameZh: "西区"},
			{Code: "110101000000", Parent: "110102000000", Path: "c.d2.d1.", Level: "district", NameZh: "东区"}}))
		if _, err := b.desk.Get(as("d1 reader", "c.d1."), l.ID); err == nil {
			t.Error("whose region it was sees it still")
		}
		v, err := b.desk.Get(as("d2 reader", "c.d2."), l.ID)
		b.ok(err)
		if v.RegionPath != "c.d2.d1." {
			t.Errorf("it stands in %s", v.RegionPath)
		}
	})
}

// Of more than are shown under a fund it is told how many there are, and the list has all of them.
func TestMoreThanAreShownAreCounted(t *testing.T) {
	each(t, func(b *bench) {
		l := b.confirmed(line(100_000))
		c := b.confirmed(fund.Fund{Kind: fund.Contract, Parent: l.ID, RegionCode: "110101000000", Day: "2026-03-01", Amount: 60_000, Name: "采购合同", Party: "某公司"})
		p := b.confirmed(fund.Fund{Kind: fund.Payment, Parent: c.ID, RegionCode: "110101000000", Day: "2026-04-01", Amount: 10, Name: "首付"})
		ctx := context.Background()
		b.ok(b.db.Housekeep(ctx, func(tx *store.Tx) error {
			for i := range 519 {
				if _, err := tx.Exec(ctx, `INSERT INTO measure_fund (id, kind, parent, purpose, region_path, region, year, day, amount, source, state, body, revision)
					SELECT $1, kind, parent, purpose, region_path, region, year, day, amount, source, state, body, revision FROM measure_fund WHERE id = $2`, fmt.Sprintf("many-%03d", i), p.ID); err != nil {
					return err
				}
			}
			return nil
		}))
		v, err := b.desk.Get(leader, c.ID)
		b.ok(err)
		if v.Under != 520 || len(v.Below) != 500 || v.Taken != 5_200 {
			b.Errorf("%d under the contract, %d shown, %g paid", v.Under, len(v.Below), v.Taken)
		}
		v, err = b.desk.Get(leader, l.ID)
		b.ok(err)
		if v.Under != 1 || v.Below[0].Under != 520 || len(v.Below[0].Below) != 500 || v.Below[0].Taken != 5_200 || v.Paid != 5_200 {
			b.Errorf("%d under the line, %d under its contract, %d shown", v.Under, v.Below[0].Under, len(v.Below[0].Below))
		}
		list, err := b.desk.List(leader, fund.Filter{Under: c.ID, Page: store.Page{Limit: 500}})
		b.ok(err)
		rest, err := b.desk.List(leader, fund.Filter{Under: c.ID, Page: store.Page{Limit: 500, After: list.Next}})
		b.ok(err)
		if list.Total != 520 || len(list.Items)+len(rest.Items) != 520 {
			b.Errorf("%d listed of %d", len(list.Items)+len(rest.Items), list.Total)
		}
	})
}

func TestMoneyIsFollowedFromItsLineToItsPayment(t *testing.T) {
	each(t, func(b *bench) {
		l := b.confirmed(line(100_000))
		c := b.confirmed(fund.Fund{Kind: fund.Contract, Parent: l.ID, RegionCode: "110101000000", Day: "2026-03-01", Amount: 60_000, Name: "采购合同", Party: "某公司"})
		p := b.confirmed(fund.Fund{Kind: fund.Payment, Parent: c.ID, RegionCode: "110101000000", Day: "2026-04-01", Amount: 20_000.55, Name: "首付"})
		if b.counts("fund.budget.speakers") != 100_000 || b.counts("fund.contracted.speakers") != 60_000 || b.counts("fund.paid.speakers") != 20_000.55 {
			b.Errorf("%g %g %g", b.counts("fund.budget.speakers"), b.counts("fund.contracted.speakers"), b.counts("fund.paid.speakers"))
		}
		v, err := b.desk.Get(leader, l.ID)
		b.ok(err)
		if v.Taken != 60_000 || v.Left != 40_000 || v.Paid != 20_000.55 || len(v.Below) != 1 || v.Below[0].Left != 39_999.45 || len(v.Below[0].Below) != 1 || v.Below[0].Below[0].ID != p.ID {
			b.Errorf("%+v", v)
		}
		v, err = b.desk.Get(leader, p.ID)
		b.ok(err)
		if len(v.Above) != 2 || v.Above[0].ID != l.ID || v.Above[0].Left != 40_000 || v.Above[1].ID != c.ID || v.Above[1].Left != 39_999.45 || len(v.Below) != 0 {
			b.Errorf("above a payment: %+v", v.Above)
		}
		r, err := b.desk.Reckon(leader, 2026)
		b.ok(err)
		g := line(25_000)
		g.Kind, g.Source, g.Name = fund.Gift, "company", "企业捐赠"
		b.confirmed(g)
		if r, err = b.desk.Reckon(leader, 2026); err != nil || r.Total.Given != 25_000 || r.Total.Budget != 125_000 || *r.Public != .8 ||
			len(r.Flows) != 2 || r.Flows[1] != (fund.Flow{Source: "company", Purpose: "speakers", Gift: true, Amount: 25_000}) {
			b.Errorf("with a gift: %+v %v", r, err)
		}
		if r.Total.Paid != 20_000.55 || len(r.Regions) != 1 || r.Regions[0].Code != "110101000000" {
			b.Errorf("%+v", r)
		}
		if _, err := b.desk.MakeVoid(leader, c.ID, c.Revision, "wrong"); !fault.Is(err, "measure.fund.children") {
			b.Errorf("a contract under which was paid: %v", err)
		}
		if _, err := b.desk.MakeVoid(clerk, p.ID, p.Revision, "paid twice"); !fault.Is(err, "measure.fund.own") {
			b.Errorf("made void by who entered it: %v", err)
		}
		if _, err := b.desk.MakeVoid(leader, p.ID, p.Revision, "paid twice"); err != nil {
			b.Error(err)
		}
		if got := b.counts("fund.paid.speakers"); got == got {
			b.Errorf("a void payment counts: %g", got)
		}
	})
}

func TestNoMoreIsSpentThanThereIs(t *testing.T) {
	each(t, func(b *bench) {
		l := b.confirmed(line(1000))
		contract := fund.Fund{Kind: fund.Contract, Parent: l.ID, RegionCode: "110101000000", Day: "2026-03-01", Amount: 600, Name: "合同"}
		b.confirmed(contract)
		v, err := b.desk.Enter(clerk, contract)
		b.ok(err)
		if _, err := b.desk.Confirm(leader, v.ID, v.Revision); !fault.Is(err, "measure.fund.over") || fault.Of(err).Args["left"] != 400.0 {
			b.Error(err)
		}
	})
}

func TestWhoEntersDoesNotConfirm(t *testing.T) {
	each(t, func(b *bench) {
		v, err := b.desk.Enter(clerk, line(1000))
		b.ok(err)
		if got := b.counts("fund.budget.speakers"); got == got {
			b.Errorf("a draft counts: %g", got)
		}
		for _, who := range []context.Context{clerk, as("second", "c.", agree)} {
			if _, err := b.desk.Confirm(who, v.ID, v.Revision); !fault.Is(err, "measure.fund.own") {
				b.Error(err)
			}
		}
		if _, err := b.desk.Get(as("other", "c.d2.", write, agree), v.ID); fault.Of(err).Kind != fault.NotFound {
			b.Error(err)
		}
		v, err = b.desk.Confirm(leader, v.ID, v.Revision)
		b.ok(err)
		if _, err := b.desk.Change(clerk, v.ID, v.Revision, line(2000)); !fault.Is(err, "measure.fund.state.confirmed") {
			b.Error(err)
		}
	})
}

func TestBadFundsAreRefusedWithTheirPlace(t *testing.T) {
	each(t, func(b *bench) {
		l := b.confirmed(line(1000))
		draft, err := b.desk.Enter(clerk, line(1000))
		b.ok(err)
		for place, change := range map[string]func(f *fund.Fund){
			"amount":   func(f *fund.Fund) { f.Amount = -1 },
			"amount ":  func(f *fund.Fund) { f.Amount = 0.001 },
			"year":     func(f *fund.Fund) { f.Year = 26 },
			"source":   func(f *fund.Fund) { f.Source = "" },
			"purpose":  func(f *fund.Fund) { f.Purpose = "gold" },
			"region":   func(f *fund.Fund) { f.RegionCode = "999999999999" },
			"parent":   func(f *fund.Fund) { f.Parent = l.ID },
			"name":     func(f *fund.Fund) { f.Name = " " },
			"day":      func(f *fund.Fund) { f.Kind, f.Parent = fund.Payment, l.ID; f.Day = "soon" },
			"parent ":  func(f *fund.Fund) { f.Kind, f.Parent, f.Day = fund.Payment, draft.ID, "2026-01-01" },
			"parent  ": func(f *fund.Fund) { f.Kind, f.Parent, f.Day = fund.Payment, "none", "2026-01-01" },
		} {
			f := line(10)
			change(&f)
			want := place
			for want[len(want)-1] == ' ' {
				want = want[:len(want)-1]
			}
			if _, err := b.desk.Enter(clerk, f); err == nil || fault.Of(err).Place != want {
				b.Errorf("%q: %v", place, err)
			}
		}
	})
}

func TestListsAddUpWhatTheyChoose(t *testing.T) {
	each(t, func(b *bench) {
		l := b.confirmed(line(100_000))
		for day, amount := range map[string]float64{"2026-04-01": 20_000.55, "2026-07-01": 300} {
			b.confirmed(fund.Fund{Kind: fund.Payment, Parent: l.ID, RegionCode: "110101000000", Day: day, Amount: amount, Name: "支付"})
		}
		draft, err := b.desk.Enter(clerk, line(7))
		b.ok(err)
		gone, err := b.desk.Enter(clerk, line(9))
		b.ok(err)
		b.ok(b.desk.Discard(clerk, gone.ID, gone.Revision))
		for _, c := range []struct {
			filter fund.Filter
			total  int64
			want   fund.Sums
		}{
			{fund.Filter{Year: 2026}, 5, fund.Sums{Line: 100_000, Payment: 20_300.55, Draft: 7, Drafts: 1}},
			{fund.Filter{Kind: fund.Payment, From: "2026-04-02", To: "2026-12-31"}, 1, fund.Sums{Payment: 300}},
			{fund.Filter{To: "2026-04-01"}, 1, fund.Sums{Payment: 20_000.55}},
			{fund.Filter{Source: "city", State: "draft"}, 1, fund.Sums{Draft: 7, Drafts: 1}},
			{fund.Filter{Source: "charity"}, 0, fund.Sums{}},
			{fund.Filter{Path: "c.d2."}, 0, fund.Sums{}},
		} {
			got, err := b.desk.List(leader, c.filter)
			if err != nil || got.Total != c.total || got.Sums != c.want {
				b.Errorf("%+v: %d %+v %v", c.filter, got.Total, got.Sums, err)
			}
		}
		if got, err := b.desk.List(as("other", "c.d2."), fund.Filter{}); err != nil || got.Total != 0 || got.Sums != (fund.Sums{}) {
			b.Errorf("of another region: %+v %v", got, err)
		}
		_, err = b.desk.Confirm(leader, draft.ID, draft.Revision)
		b.ok(err)
	})
}

// A list is searched by what a fund is called, by its number and by whom the money goes to, not by
// what else is known of it; the sums are of what is found.
func TestFundsAreFoundByNameNumberAndParty(t *testing.T) {
	each(t, func(b *bench) {
		l := line(100_000)
		l.NameEn, l.Number, l.Note = "Village loudspeakers", "YS-7", "甲公司来问过"
		top := b.confirmed(l)
		b.confirmed(fund.Fund{Kind: fund.Payment, Parent: top.ID, RegionCode: "110101000000", Day: "2026-04-01", Amount: 300, Name: "支付_首期", Party: "甲公司"})
		b.confirmed(fund.Fund{Kind: fund.Payment, Parent: top.ID, RegionCode: "110102000000", Day: "2026-05-01", Amount: 20, Name: "支付二期", Party: "乙公司"})
		for _, c := range []struct {
			text  string
			total int64
			sums  fund.Sums
		}{{"大喇叭", 1, fund.Sums{Line: 100_000}}, {"LOUDSPEAKERS", 1, fund.Sums{Line: 100_000}}, {"ys-7", 1, fund.Sums{Line: 100_000}}, {"甲公司", 1, fund.Sums{Payment: 300}},
			{"支付", 2, fund.Sums{Payment: 320}}, {"支付_", 1, fund.Sums{Payment: 300}}, {"confirmed", 0, fund.Sums{}}, {"%", 0, fund.Sums{}}} {
			got, err := b.desk.List(leader, fund.Filter{Text: c.text, Page: store.Page{Limit: 1}})
			if err != nil || got.Total != c.total || got.Sums != c.sums {
				b.Errorf("%q: %d %+v %v", c.text, got.Total, got.Sums, err)
			}
			if c.total == 2 {
				rest, err := b.desk.List(leader, fund.Filter{Text: c.text, Page: store.Page{Limit: 1, After: got.Next}})
				if err != nil || len(rest.Items) != 1 || rest.Items[0].ID >= got.Items[0].ID || rest.Next != "" {
					b.Errorf("the second page: %+v %v", rest, err)
				}
			}
		}
		if got, err := b.desk.List(as("other", "c.d2."), fund.Filter{Text: "支付"}); err != nil || got.Total != 1 {
			b.Errorf("of another region: %d %v", got.Total, err)
		}
	})
}

// The table is called by its name in the reader's language; its years and amounts are numbers, its
// days are days, and what came with the sample city was entered by nobody.
func TestTheTableOfFundsCanBeWorkedWith(t *testing.T) {
	each(t, func(b *bench) {
		l := line(100_000)
		b.ok(b.desk.Seed(context.Background(), nil, []fund.Family{{Root: l, Payments: []fund.Fund{{Kind: fund.Payment, Purpose: "speakers", RegionCode: "110101000000", Year: 2026, Day: "2026-04-01", Amount: 300, Name: "支付"}}}}))
		router := chi.NewRouter()
		router.Use(httpapi.Languages)
		b.desk.Register(httpapi.New(router, "test", nil))
		r := httptest.NewRequest(http.MethodGet, "/api/measure/funds/export?lang=zh", nil)
		w := httptest.NewRecorder()
		router.ServeHTTP(w, r.WithContext(auth.With(r.Context(), auth.From(leader))))
		if w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Content-Disposition"), url.PathEscape("资金")) {
			b.Fatalf("%d %s", w.Code, w.Header())
		}
		f, err := excelize.OpenReader(w.Body)
		b.ok(err)
		sheet := f.GetSheetList()[1]
		rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
		b.ok(err)
		for i, row := range rows {
			if len(row) < 13 || row[1] != "支付" {
				continue
			}
			day, err := f.GetCellValue(sheet, fmt.Sprint("G", i+1))
			b.ok(err)
			for _, column := range []string{"F", "G"} { // text is kept apart, among shared strings
				if kind, err := f.GetCellType(sheet, fmt.Sprint(column, i+1)); err != nil || kind == excelize.CellTypeSharedString || kind == excelize.CellTypeInlineString {
					b.Errorf("%s is text: %v %v", column, kind, err)
				}
			}
			if row[5] != "2026" || row[6] != "46113" || day != "2026-04-01" || row[11] != "样例" || row[12] != "样例" {
				b.Errorf("%q %s", row, day)
			}
			return
		}
		b.Errorf("%q", rows)
	})
}

// However many confirm at once, no more is confirmed under a line than it holds.
func TestALineIsNotSpentTwiceAtOnce(t *testing.T) {
	each(t, func(b *bench) {
		l := b.confirmed(line(100_000))
		var drafts []*fund.View
		for range 6 {
			v, err := b.desk.Enter(clerk, fund.Fund{Kind: fund.Contract, Parent: l.ID, RegionCode: "110101000000", Day: "2026-03-01", Amount: 40_000, Name: "合同"})
			b.ok(err)
			drafts = append(drafts, v)
		}
		results := make(chan error, len(drafts))
		for _, v := range drafts {
			go func() { _, err := b.desk.Confirm(leader, v.ID, v.Revision); results <- err }()
		}
		confirmed := 0
		for range drafts {
			switch err := <-results; {
			case err == nil:
				confirmed++
			case !fault.Is(err, "measure.fund.over"):
				b.Error(err)
			}
		}
		if confirmed != 2 || b.counts("fund.contracted.speakers") != 80_000 {
			b.Errorf("%d contracts of 40,000 were confirmed under a line of 100,000", confirmed)
		}
	})
}

// Money is paid on days that there were, not before its line's year, and by the fen.
func TestDaysAndAmountsMakeSense(t *testing.T) {
	each(t, func(b *bench) {
		l := b.confirmed(line(100_000))
		paid := func(day string, amount float64) fund.Fund {
			return fund.Fund{Kind: fund.Payment, Parent: l.ID, RegionCode: "110101000000", Day: day, Amount: amount, Name: "支付"}
		}
		late := line(1)
		late.Year = 2190
		for name, c := range map[string]struct {
			fund fund.Fund
			want string
		}{
			"ahead":            {paid("2031-01-01", 1), "measure.fund.day_ahead"},
			"before":           {paid("2025-12-31", 1), "measure.fund.day_before"},
			"no day":           {paid("2026-02-30", 1), "measure.fund.day"},
			"of long ago":      {paid("0206-02-03", 1), "measure.fund.day"},
			"less than a fen":  {paid("2026-02-03", 0.001), "measure.fund.amount"},
			"a part of a fen":  {paid("2026-02-03", 0.011), "measure.fund.amount"},
			"next to nothing":  {paid("2026-02-03", 1e-9), "measure.fund.amount"},
			"of a far year":    {late, "measure.fund.year_ahead"},
			"signed, not yet":  {fund.Fund{Kind: fund.Contract, Parent: l.ID, RegionCode: "110101000000", Day: "2026-12-01", Amount: 1, Name: "合同"}, "measure.fund.day_ahead"},
			"on the first day": {paid("2026-01-01", 0.01), ""},
			"signed earlier":   {fund.Fund{Kind: fund.Contract, Parent: l.ID, RegionCode: "110101000000", Day: "2025-12-01", Amount: 1, Name: "合同"}, ""},
		} {
			if _, err := b.desk.Enter(clerk, c.fund); c.want == "" && err != nil || c.want != "" && !fault.Is(err, c.want) {
				b.Errorf("%s: %v", name, err)
			}
		}
	})
}
