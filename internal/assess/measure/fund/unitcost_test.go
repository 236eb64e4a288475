package fund_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fund"
	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/document/documenttest"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

const define = auth.Permission("define")

func district(i int) string { return fmt.Sprintf("1101%02d000000", i) }

// costBench is a city of eight districts, with a purpose, and an indicator of what a repair costs.
func costBench(t *testing.T, public bool, fn func(b *bench)) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		regions := []fact.Region{{Code: "110000000000", Path: "c.", Level: "city", NameZh: "市"}}
		for i := 1; i <= 8; i++ {
			regions = append(regions, fact.Region{Code: district(i), Parent: "110000000000", Path: fmt.Sprintf("c.d%d.", i), Level: "district", NameZh: fmt.Sprint(i)})
		}
		l, err := fact.Open(context.Background(), fact.Deps{DB: db, Clock: clk, Zone: time.UTC, Home: "c.", Read: read, State: write, Define: define}, regions)
		b := &bench{T: t, db: db, ledger: l}
		b.ok(err)
		book, err := indicator.Open(context.Background(), indicator.Deps{DB: db, Ledger: l, Home: "c.", Read: read, Define: define})
		b.ok(err)
		b.book = book
		b.desk, err = fund.New(context.Background(), fund.Deps{DB: db, Clock: clk, Ledger: l, Book: book, Staff: staff{}, Zone: time.UTC, Home: "c.", Read: read, Write: write, Agree: agree})
		b.ok(err)
		for _, code := range []string{"upkeep", "cables"} {
			_, err = b.desk.PutPurpose(clerk, fund.Purpose{Code: code, NameZh: code, NameEn: code}, 0)
			b.ok(err)
		}
		b.ok(l.Seed(context.Background(), []fact.Element{{Code: "repaired", NameZh: "修好", NameEn: "Repaired", Combine: fact.Sum, Period: period.Month}}))
		cost := indicator.Definition{Code: "cost.repair", NameZh: "每修好一单", NameEn: "Each repair", Numerator: "fund.paid.upkeep", Denominator: "repaired", Direction: indicator.Down, Period: period.Quarter, Aggregate: indicator.Formula, Public: public}
		mixed, bare, long := cost, cost, cost
		mixed.Code, mixed.Numerator = "cost.mixed", "fund.paid.upkeep + repaired"
		bare.Code, bare.Denominator = "paid.upkeep", ""
		long.Code, long.Period = "cost.plan", period.Plan
		ctx := as("analyst", "c.", define)
		for _, d := range []indicator.Definition{cost, mixed, bare, long} {
			_, err = book.Put(ctx, d, 0)
			b.ok(err)
		}
		fn(b)
	}, measure.Migrations())
}

// spent pays for upkeep in a district.
func (b *bench) spent(i int, amount float64, day string) {
	b.Helper()
	year := 2000
	_, err := fmt.Sscanf(day, "%d", &year)
	b.ok(err)
	l := b.confirmed(fund.Fund{Kind: fund.Line, Purpose: "upkeep", RegionCode: district(i), Year: year, Amount: amount, Source: "city", Name: "维修"})
	b.confirmed(fund.Fund{Kind: fund.Payment, Parent: l.ID, RegionCode: district(i), Day: day, Amount: amount, Name: "支付"})
}

func (b *bench) repaired(i int, count float64, month string) {
	b.Helper()
	at, err := period.Parse(month)
	b.ok(err)
	_, err = b.ledger.State(clerk, []fact.Stated{{Element: "repaired", Unit: district(i), Period: at, Value: &count}})
	b.ok(err)
}

func TestMoneyStandsBesideWhatCameOfIt(t *testing.T) {
	costBench(t, false, func(b *bench) {
		for i, cost := range map[int]float64{1: 10, 2: 20, 3: 30, 4: 40, 5: 100} { // 20 repairs each
			b.spent(i, cost*20, "2026-03-01")
			b.repaired(i, 20, "2026-05")
		}
		b.spent(6, 9000, "2026-03-01") // nine repairs are too few
		b.repaired(6, 9, "2026-05")
		b.spent(7, 500, "2026-03-01") // nothing came of it: not the same as not known
		b.repaired(7, 0, "2026-05")
		b.spent(1, 300, "2025-12-31") // counts for the year of its day
		b.repaired(1, 30, "2025-12")
		got, err := b.desk.UnitCosts(leader, 2026)
		b.ok(err)
		if len(got.Purposes) != 2 || got.Purposes[0].Paid != nil || len(got.Purposes[0].Costs) != 0 { // cables
			b.Fatalf("%+v", got)
		}
		upkeep := got.Purposes[1]
		if *upkeep.Paid != 4000+9000+500 || len(upkeep.Costs) != 1 || upkeep.Costs[0].Indicator != "cost.repair" {
			b.Fatalf("only what divides payments by a result is a cost: %+v", upkeep)
		}
		c := upkeep.Costs[0]
		if *c.Whole.Paid != 13_500 || *c.Whole.Result != 109 || math.Abs(*c.Whole.Cost-13_500.0/109) > 1e-9 || *c.Before != 10 {
			b.Errorf("%+v", c.Whole)
		}
		// R: quantile(c(10, 20, 30, 40, 100)) is 20, 30, 40.
		if c.Compared != 5 || *c.Low != 20 || *c.Median != 30 || *c.High != 40 {
			b.Errorf("%d %v %v %v", c.Compared, *c.Low, *c.Median, *c.High)
		}
		want := []fund.Standing{fund.Below, fund.Amid, fund.Amid, fund.Amid, fund.Above, fund.Few, fund.Unknown, fund.Unknown}
		for i, p := range c.Peers {
			if p.Unit.Code != district(i+1) || p.Standing != want[i] || (p.Against != nil) != (i < 5) {
				b.Errorf("%s: %s %v", p.Unit.Code, p.Standing, p.Against)
			}
		}
		if against := *c.Peers[4].Against; math.Abs(against-70.0/30) > 1e-9 {
			b.Errorf("against the median: %g", against)
		}
		if zero, none := c.Peers[6], c.Peers[7]; *zero.Result != 0 || zero.Cost.Missing != "undefined" || none.Result != nil || none.Paid != nil || none.Cost.Missing != "unstated" {
			b.Errorf("nothing came of it %+v, not known %+v", zero.Cost, none.Cost)
		}
		f, err := b.desk.UnitCostsPaper(leader, 2026, "xlsx")
		b.ok(err)
		text := documenttest.Workbook(b, f.Body)
		for _, want := range []string{"市 2026 年支付和结果", "upkeep|13,500.00|每修好一单|123.85||10.00", "5|2,000.00|20|100|233%|高于中间一半", "6|9,000.00|9|1,000||结果太少，不比较", "能比较的 5 个区里，中位数是 30，中间一半在 20 到 40 之间。"} {
			if !strings.Contains(text, want) {
				b.Errorf("%q is missing in\n%s", want, text)
			}
		}
	})
}

// A cost that something stands in for divides nothing: it is compared with nobody's.
func TestACostThatStandsInIsNotCompared(t *testing.T) {
	costBench(t, false, func(b *bench) {
		d, err := b.book.Definition("cost.repair")
		b.ok(err)
		d.Impute = indicator.Impute{Rule: "fixed", Value: 50}
		_, err = b.book.Put(as("analyst", "c.", define), d, d.Revision)
		b.ok(err)
		for i := 1; i <= 4; i++ {
			b.spent(i, 2000, "2026-03-01")
			b.repaired(i, 20, "2026-05")
		}
		got, err := b.desk.UnitCosts(leader, 2026)
		b.ok(err)
		c := got.Purposes[1].Costs[0]
		if p := c.Peers[7]; c.Compared != 4 || p.Result != nil || *p.Cost.Cost != 50 || p.Standing != fund.Few {
			b.Errorf("%+v", c)
		}
		_, err = b.desk.UnitCostsPaper(leader, 2026, "xlsx")
		b.ok(err)
	})
}

func TestTooFewPeersHaveNoMiddle(t *testing.T) {
	costBench(t, false, func(b *bench) {
		for i := 1; i <= 3; i++ {
			b.spent(i, 2000, "2026-03-01")
			b.repaired(i, 20, "2026-05")
		}
		got, err := b.desk.UnitCosts(as("one", "c.d1."), 2026)
		b.ok(err)
		c := got.Purposes[1].Costs[0]
		if got.Place.Code != district(1) || *got.Purposes[1].Paid != 2000 || *c.Whole.Cost != 100 || len(c.Peers) != 1 || c.Peers[0].Standing != fund.Alone || c.Median != nil {
			b.Errorf("who sees one district sees one: %+v", c)
		}
		if got, err = b.desk.UnitCosts(as("village", "c.d1.t1."), 2026); err != nil || got.Place != nil || got.Purposes[1].Paid != nil || len(got.Purposes[1].Costs[0].Peers) != 0 {
			b.Errorf("who sees less than a district: %+v %v", got, err)
		}
		if got, err = b.desk.UnitCosts(leader, 2026); err != nil || got.Purposes[1].Costs[0].Compared != 3 || got.Purposes[1].Costs[0].Median != nil {
			b.Errorf("%+v %v", got, err)
		}
	})
}

// What everybody may see, a district may see of its peers; how much each paid it may not.
func TestADistrictIsComparedByWhatIsPublic(t *testing.T) {
	costBench(t, true, func(b *bench) {
		for i, cost := range map[int]float64{1: 10, 2: 20, 3: 30, 4: 40, 5: 100} {
			b.spent(i, cost*20, "2026-03-01")
			b.repaired(i, 20, "2026-05")
		}
		got, err := b.desk.UnitCosts(as("one", "c.d5."), 2026)
		b.ok(err)
		c := got.Purposes[1].Costs[0]
		if len(c.Peers) != 8 || *c.Median != 30 || c.Peers[4].Standing != fund.Above || *c.Peers[4].Paid != 2000 {
			b.Errorf("%+v", c)
		}
		if other := c.Peers[0]; *other.Cost.Cost != 10 || other.Standing != fund.Below || other.Paid != nil || other.Result != nil {
			b.Errorf("of another district: %+v", other)
		}
	})
}
