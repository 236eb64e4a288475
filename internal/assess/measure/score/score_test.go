package score_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"pgregory.net/rapid"

	"github.com/tongsheng/tongsheng/internal/assess/measure"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/assess/measure/score"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/document/documenttest"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

const read, define, agree, object = auth.Permission("read"), auth.Permission("define"), auth.Permission("agree"), auth.Permission("object")

// bench is a city of four districts whose reach and faults of July are known.
type bench struct {
	*testing.T
	db      *store.DB
	clk     *clock.Manual
	ledger  *fact.Ledger
	book    *indicator.Book
	desk    *score.Desk
	regions []fact.Region
}

func (b *bench) Members(_ context.Context, zone string) ([]string, error) {
	if zone != "pilot" {
		return nil, fault.New(fault.NotFound, "region.zone_not_found")
	}
	return []string{"d2"}, nil
}

func (b *bench) Independent(_ context.Context, _ store.Queryer, a, other string) (bool, error) {
	return (a != "second" || other != "author") && (a != "twin" || other != "d2 clerk"), nil
}

func as(name, path string, perms ...auth.Permission) context.Context {
	granted := map[auth.Permission][]string{read: {path}}
	for _, p := range perms {
		granted[p] = []string{path}
	}
	return auth.With(context.Background(), auth.NewPrincipal(auth.Actor{ID: name, Name: name}, granted))
}

var (
	author = as("author", "c.", define, agree)
	leader = as("leader", "c.", agree)
	second = as("d2 clerk", "c.d2.", object)
)

var july = mustPeriod("2026-07")

func mustPeriod(text string) period.Period {
	p, err := period.Parse(text)
	if err != nil {
		panic(err)
	}
	return p
}

func each(t *testing.T, fn func(b *bench)) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		b := &bench{T: t, db: db, clk: clk}
		regions := []fact.Region{{Code: "c", Path: "c.", Level: "city", NameZh: "市", NameEn: "City"}}
		for i := range 4 {
			code := fmt.Sprintf("d%d", i+1)
			regions = append(regions, fact.Region{Code: code, Parent: "c", Path: "c." + code + ".", Level: "district", NameZh: code, NameEn: code})
		}
		var err error
		b.regions = regions
		b.ledger, err = fact.Open(context.Background(), fact.Deps{DB: db, Clock: clk, Zone: time.UTC, Home: "c.", Read: read, Define: define}, regions)
		b.ok(err)
		b.ok(b.ledger.Seed(context.Background(), []fact.Element{{Code: "reach", NameZh: "到达", NameEn: "reach", Combine: fact.Mean, Period: period.Month}, {Code: "faults", NameZh: "故障", NameEn: "faults", Combine: fact.Sum, Period: period.Month},
			{Code: indicator.Population, NameZh: "人口", NameEn: "people", Combine: fact.Stock, Period: period.Year}}))
		b.book, err = indicator.Open(context.Background(), indicator.Deps{DB: db, Log: slog.Default(), Ledger: b.ledger, Zones: b, Home: "c.", Define: define})
		b.ok(err)
		b.ok(b.book.Seed(context.Background(), []indicator.Definition{{Code: "reach_rate", NameZh: "到达率", NameEn: "Reach", Numerator: "reach", Direction: indicator.Up, Period: period.Month, Aggregate: indicator.Formula},
			{Code: "fault_count", NameZh: "故障数", NameEn: "Faults", Numerator: "faults", Direction: indicator.Down, Period: period.Month, Aggregate: indicator.Formula}}))
		b.desk, err = score.New(context.Background(), score.Deps{DB: db, Clock: clk, Ledger: b.ledger, Book: b.book, Zones: b, Staff: b, Zone: time.UTC, Home: "c.", Read: read, Define: define, Agree: agree, Object: object})
		b.ok(err)
		for i, v := range [][2]float64{{90, 10}, {40, 30}, {70, 10}, {80, 20}} {
			b.state("reach", fmt.Sprintf("d%d", i+1), v[0])
			b.state("faults", fmt.Sprintf("d%d", i+1), v[1])
		}
		fn(b)
	}, measure.Migrations())
}

func (b *bench) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) state(element, unit string, v float64) {
	b.Helper()
	value, err := fact.ValueOf(v)
	b.ok(err)
	b.ok(b.db.Housekeep(context.Background(), func(tx *store.Tx) error {
		_, err := b.ledger.Take(context.Background(), tx, fact.Origin{Source: fact.FromHand}, []fact.Entry{{Element: element, Unit: unit, Period: july, Value: &value}})
		return err
	}))
}

func quality() score.Index {
	return score.Index{Code: "quality", NameZh: "质量", NameEn: "Quality", Level: "district", Period: period.Month,
		Groups: []score.Group{{Code: "good", NameZh: "好", NameEn: "Good", Weight: 3}, {Code: "bad", NameZh: "坏", NameEn: "Bad", Weight: 1}},
		Parts:  []score.Part{{Indicator: "reach_rate", Group: "good", Weight: 1}, {Indicator: "fault_count", Group: "bad", Weight: 1}},
		Method: score.Reckon{Fill: "none", Normalise: "minmax", Weights: "given", Means: []string{"amean"}},
		Grades: []score.Grade{{From: 80, NameZh: "好", NameEn: "good"}, {From: 0, NameZh: "差", NameEn: "poor"}}}
}

func (b *bench) index() {
	b.Helper()
	_, err := b.desk.Put(author, quality(), 0)
	b.ok(err)
}

// By hand: reach on 0–100 is 100, 0, 60, 80; faults 100, 0, 100, 50; weighed three to one.
func TestScoresAreThoseReckonedByHand(t *testing.T) {
	each(t, func(b *bench) {
		b.index()
		s, err := b.desk.Scores(author, "quality", july, "")
		b.ok(err)
		want := []struct {
			unit  string
			score float64
			grade string
		}{{"d1", 100, "good"}, {"d4", (3*80 + 50) / 4.0, "poor"}, {"d3", (3*60 + 100) / 4.0, "poor"}, {"d2", 0, "poor"}}
		for i, w := range want {
			u := s.Units[i]
			if u.Code != w.unit || u.Score == nil || math.Abs(*u.Score-w.score) > 1e-9 || u.Rank != i+1 || u.Grade.NameEn != w.grade {
				b.Errorf("%d: %+v %v, want %+v", i, u.Unit, u.Score, w)
			}
		}
		if *s.Units[1].Groups["good"] != 80 || s.Of != 4 {
			b.Errorf("%v %d", s.Units[1].Groups, s.Of)
		}
		if first := s.Units[0]; first.Low != 1 || first.High != 1 {
			b.Errorf("whatever the weights, the best in all is the first: %g–%g", first.Low, first.High)
		}
		o, err := b.desk.Open(author, "quality", "d4", july, "")
		b.ok(err)
		points := map[string]float64{}
		for _, p := range o.Parts {
			points[p.Code] = *p.Points
		}
		if math.Abs(points["reach_rate"]-60) > 1e-9 || math.Abs(points["fault_count"]-12.5) > 1e-9 || math.Abs(points["good"]+points["bad"]-*o.Score) > 1e-9 {
			b.Errorf("%v do not add up to %g", points, *o.Score)
		}
		if len(o.Past) != 12 || *o.Past[11].Score != *o.Score || o.Past[10].Score != nil {
			b.Errorf("%+v", o.Past)
		}
		r, err := b.desk.Robust(author, "quality", july, "")
		b.ok(err)
		if _, err := b.desk.Robust(author, "quality", july, "2020-01-01T00:00:00Z"); !fault.Is(err, "measure.index.nothing") {
			b.Errorf("an index was reckoned as of before its facts: %v", err)
		}
		if len(r.Ranks) != 4 || len(r.LeftOut) != 4 || len(r.Ways) != 6 || r.LeftOut[0].Shift < r.LeftOut[3].Shift {
			b.Errorf("%+v", r)
		}
	})
}

// The sheets of July say that it is not over while it is not, and then compare it with nothing; what
// is not known is told in words.
func TestASheetSaysThatItsPeriodIsNotOver(t *testing.T) {
	each(t, func(b *bench) {
		x := quality()
		x.Parts[1].Group, x.Groups = "good", x.Groups[:1]
		x.Method.Least = 0.5
		_, err := b.desk.Put(author, x, 0)
		b.ok(err)
		b.ok(b.db.Housekeep(context.Background(), func(tx *store.Tx) error {
			_, err := b.ledger.Take(context.Background(), tx, fact.Origin{Source: fact.FromHand}, []fact.Entry{{Element: "faults", Unit: "d4", Period: july}}) // withdrawn
			return err
		}))
		sheet := func(unit string) string {
			f, err := b.desk.Paper(author, "quality", unit, july, "", "xlsx")
			b.ok(err)
			return documenttest.Workbook(b, f.Body)
		}
		b.clk.Advance(july.End(time.UTC).Add(-time.Hour).Sub(b.clk.Now()))
		for _, unit := range []string{"", "d4"} {
			if text := sheet(unit); !strings.Contains(text, "2026年7月（未结束）") || !strings.Contains(text, "不和上期比") || strings.Contains(text, "上期名次") {
				b.Errorf("%q in July: %s", unit, text)
			}
		}
		if text := sheet("d4"); !strings.Contains(text, "没有数据") || strings.Contains(text, "|0%") {
			b.Errorf("what is not known: %s", text)
		}
		b.clk.Advance(2 * time.Hour)
		if text := sheet(""); strings.Contains(text, "未结束") || !strings.Contains(text, "上期名次") {
			b.Errorf("in August: %s", text)
		}
	})
}

// A sheet's values are numbers with their units beside them; its points add up to the score, and each
// part says what it loses.
func TestTheSheetOfAUnitCanBeWorkedWith(t *testing.T) {
	each(t, func(b *bench) {
		b.index()
		f, err := b.desk.Paper(author, "quality", "d3", july, "", "xlsx")
		b.ok(err)
		o, err := b.desk.Open(author, "quality", "d3", july, "")
		b.ok(err)
		book, err := excelize.OpenReader(bytes.NewReader(f.Body))
		b.ok(err)
		if text := documenttest.Workbook(b, f.Body); (o.Low == o.High) != strings.Contains(text, "名次多半不变") {
			b.Errorf("ranks %g to %g: %s", o.Low, o.High, text)
		}
		rows, err := book.GetRows("得分构成", excelize.Options{RawCellValue: true})
		b.ok(err)
		column := map[string]int{}
		sum, seen := 0.0, 0
		for _, row := range rows {
			switch {
			case slices.Contains(row, "贡献分"):
				for i, title := range row {
					column[title] = i
				}
				for _, title := range []string{"数值", "单位", "若达到最好可加分"} {
					if _, known := column[title]; !known {
						b.Fatalf("%q has no %s", row, title)
					}
				}
			case len(column) > 0 && len(row) > 0 && row[0] == "合计":
				if total, err := strconv.ParseFloat(row[column["贡献分"]], 64); err != nil || math.Abs(total-*o.Score) > 1e-9 {
					b.Errorf("%q, but the score is %g", row, *o.Score)
				}
			case len(column) > 0 && len(row) > column["贡献分"] && strings.HasPrefix(row[0], "　"):
				if _, err := strconv.ParseFloat(row[column["数值"]], 64); err != nil {
					b.Errorf("%q: %v", row, err)
				}
				points, _ := strconv.ParseFloat(row[column["贡献分"]], 64)
				sum, seen = sum+points, seen+1
			}
		}
		if seen == 0 || math.Abs(sum-*o.Score) > 1e-6 {
			b.Errorf("%d parts come to %g, not %g: %q", seen, sum, *o.Score, rows)
		}
	})
}

// A fact shows in the score once it is committed, and the score of a date before it does not know it.
func TestAScoreIsAsFreshAsItsFacts(t *testing.T) {
	each(t, func(b *bench) {
		b.index()
		before := b.clk.Now()
		b.clk.Advance(time.Hour)
		if s, err := b.desk.Scores(author, "quality", july, ""); err != nil || s.Units[3].Code != "d2" {
			b.Fatal(s, err)
		}
		b.state("reach", "d2", 100)
		s, err := b.desk.Scores(author, "quality", july, "")
		b.ok(err)
		if s.Units[3].Code == "d2" {
			b.Error("a fact that was committed does not show")
		}
		s, err = b.desk.Scores(author, "quality", july, before.Format(time.RFC3339))
		b.ok(err)
		if s.Units[3].Code != "d2" {
			b.Error("the score of an earlier date knows a later fact")
		}
	})
}

// The score of an earlier date is reckoned as index and indicators were worded then.
func TestAScoreOfADateIsReckonedAsItWasWordedThen(t *testing.T) {
	each(t, func(b *bench) {
		b.index()
		last := func(asOf string) string {
			b.Helper()
			s, err := b.desk.Scores(author, "quality", july, asOf)
			b.ok(err)
			return fmt.Sprintf("%s %.1f", s.Units[3].Code, *s.Units[3].Score)
		}
		first := b.clk.Now().Format(time.RFC3339)
		b.clk.Advance(time.Hour)
		x, err := b.desk.Index("quality")
		b.ok(err)
		weighed := *x
		weighed.Groups = slices.Clone(x.Groups)
		weighed.Groups[0].Weight, weighed.Groups[1].Weight = 0, 1
		weighed.Parts = slices.Clone(x.Parts)
		_, err = b.desk.Put(author, weighed, x.Revision)
		b.ok(err)
		second := b.clk.Now().Format(time.RFC3339)
		b.clk.Advance(time.Hour)
		def, err := b.book.Definition("fault_count")
		b.ok(err)
		def.Numerator = "100 - faults" // now the best is the worst
		_, err = b.book.Put(author, def, def.Revision)
		b.ok(err)
		if got := last(first); got != "d2 0.0" {
			b.Errorf("at first: %s", got)
		}
		if got := last(second); got != "d2 0.0" {
			b.Errorf("weighed otherwise: %s", got)
		}
		if got := last(""); got[:2] == "d2" {
			b.Errorf("now: %s", got)
		}
		s, err := b.desk.Scores(author, "quality", july, second)
		b.ok(err)
		if s.Index.Revision != 2 || s.Index.Groups[0].Weight != 0 || *s.Units[0].Score != 100 {
			b.Errorf("the index of the second hour: %+v", s.Index)
		}
		o, err := b.desk.Open(author, "quality", "d1", july, first)
		b.ok(err)
		if *o.Score != 100 || o.Index.Groups[0].Weight != 3 {
			b.Errorf("opened as of the first hour: %v of weight %v", *o.Score, o.Index.Groups[0].Weight)
		}
	})
}

// What is kept of an index and brought up to date is what a desk reckons that knows nothing yet,
// whatever facts, definitions and regions change in between.
func TestAScoreThatIsKeptIsTheOneReckonedAnew(t *testing.T) {
	each(t, func(b *bench) {
		b.index()
		rapid.Check(b.T, func(r *rapid.T) {
			for range rapid.IntRange(1, 4).Draw(r, "changes") {
				switch rapid.IntRange(0, 8).Draw(r, "what") {
				case 0: // the indicator is defined otherwise
					d, err := b.book.Definition("fault_count")
					b.ok(err)
					d.Numerator = rapid.SampledFrom([]string{"faults", "faults * faults", "reach"}).Draw(r, "formula")
					_, err = b.book.Put(author, d, d.Revision)
					b.ok(err)
				case 1: // a district comes or goes
					b.ok(b.ledger.Adopt(context.Background(), b.regions[:rapid.IntRange(4, 5).Draw(r, "regions")]))
				default:
					b.state(rapid.SampledFrom([]string{"reach", "faults"}).Draw(r, "element"), rapid.SampledFrom([]string{"d1", "d2", "d3", "d4"}).Draw(r, "unit"), float64(rapid.IntRange(0, 99).Draw(r, "value")))
				}
			}
			kept, err := b.desk.Scores(author, "quality", july, "")
			b.ok(err)
			fresh, err := score.New(context.Background(), b.desk.Deps)
			b.ok(err)
			anew, err := fresh.Scores(author, "quality", july, "")
			b.ok(err)
			if !reflect.DeepEqual(kept, anew) {
				r.Fatalf("kept %+v\nanew %+v", kept, anew)
			}
		})
	})
}

func TestOthersScoresAreOutOfSight(t *testing.T) {
	each(t, func(b *bench) {
		b.index()
		s, err := b.desk.Scores(second, "quality", july, "")
		b.ok(err)
		if len(s.Units) != 1 || s.Units[0].Code != "d2" || s.Units[0].Rank != 4 || s.Of != 4 {
			b.Errorf("%+v", s)
		}
		if _, err := b.desk.Open(second, "quality", "d1", july, ""); fault.Of(err).Kind != fault.NotFound {
			b.Error(err)
		}
	})
}

func TestBadIndicesAreRefusedWithTheirPlace(t *testing.T) {
	each(t, func(b *bench) {
		low, high := 1.0, 0.0
		for place, change := range map[string]func(x *score.Index){
			"code":               func(x *score.Index) { x.Code = "Bad" },
			"level":              func(x *score.Index) { x.Things = "outlet" },
			"parts[0].indicator": func(x *score.Index) { x.Parts[0].Indicator = "nothing" },
			"parts[1].indicator": func(x *score.Index) { x.Parts[1].Indicator = "reach_rate" },
			"parts[0].group":     func(x *score.Index) { x.Parts[0].Group = "none" },
			"parts[0].weight":    func(x *score.Index) { x.Parts[0].Weight = -1 },
			"groups[1].code":     func(x *score.Index) { x.Groups[1].Code = "good" },
			"parts[0].low":       func(x *score.Index) { x.Method.Normalise = "goalposts"; x.Parts[0].Low, x.Parts[0].High = &low, &high },
			"method.normalise":   func(x *score.Index) { x.Method.Normalise = "magic" },
			"method.means":       func(x *score.Index) { x.Method.Means = []string{"median"} },
			"grades[1].from":     func(x *score.Index) { x.Grades[1].From = 90 },
			"groups[0].parent":   func(x *score.Index) { x.Groups[0].Parent = "bad"; x.Groups[1].Parent = "good" },
			"groups[1].parent":   func(x *score.Index) { x.Groups[1].Parent = "none" },
			"groups[0]":          func(x *score.Index) { x.Parts[0].Group = "bad" },
			"groups[1]":          func(x *score.Index) { x.Parts[1].Weight = 0 },
			"parts":              func(x *score.Index) { x.Groups[0].Weight, x.Groups[1].Weight = 0, 0 },
		} {
			x := quality()
			change(&x)
			if _, err := b.desk.Put(author, x, 0); err == nil || fault.Of(err).Place != place || fault.Is(err, "measure.index.engine") {
				b.Errorf("%q: %v", place, err)
			}
		}
		x := quality()
		x.Method.Means = []string{"gmean"}
		_, err := b.desk.Try(author, x, july)
		if !fault.Is(err, "measure.index.mean_zero") || fault.Of(err).Args["part"] != (i18n.Both{Zh: "到达率", En: "Reach"}) || fault.Of(err).Args["unit"] != (i18n.Both{Zh: "d2", En: "d2"}) {
			b.Errorf("the lowest of its part has 0: %v", err)
		}
	})
}

func (b *bench) method() *score.Method {
	b.Helper()
	b.index()
	m, err := b.desk.PutMethod(author, score.Method{Code: "yearly", NameZh: "考核办法", NameEn: "Method", Index: "quality", Pilot: "pilot", Hearing: 7,
		Bands: []score.Band{{From: 80, NameZh: "优", NameEn: "A", Kind: "reward"}, {From: 0, NameZh: "差", NameEn: "D", Kind: "penalty"}}}, 0)
	b.ok(err)
	b.clk.Advance(14 * 24 * time.Hour) // July is over
	return m
}

func TestAMethodIsTriedBeforeItBindsAll(t *testing.T) {
	each(t, func(b *bench) {
		m := b.method()
		if _, err := b.desk.Draw(author, "yearly", july); !fault.Is(err, "measure.method.state.draft") {
			b.Errorf("a draft judged somebody: %v", err)
		}
		if _, err := b.desk.AgreeMethod(author, "yearly", m.Revision); !fault.Is(err, "measure.method.own") {
			b.Errorf("its author approved it: %v", err)
		}
		if _, err := b.desk.AgreeMethod(as("second", "c.", agree), "yearly", m.Revision); !fault.Is(err, "measure.method.own") {
			b.Errorf("a second account of its author approved it: %v", err)
		}
		m, err := b.desk.AgreeMethod(leader, "yearly", m.Revision)
		b.ok(err)
		if found, err := b.desk.Judging(leader); err != nil || len(found) != 1 || !found[0].Judges {
			b.Errorf("an index that a method judges by does not say so: %v", err)
		}
		if _, err := b.desk.AgreeMethod(leader, "yearly", m.Revision); !fault.Is(err, "measure.method.untried") {
			b.Errorf("it binds all without a trial: %v", err)
		}
		if _, err := b.desk.Draw(author, "yearly", july.Next(1)); !fault.Is(err, "measure.assessment.running") {
			b.Errorf("a month that runs is judged: %v", err)
		}
		a, err := b.desk.Draw(author, "yearly", july)
		b.ok(err)
		if !a.Pilot || len(a.Results.Judged) != 1 || a.Results.Judged[0].Code != "d2" || a.Results.Judged[0].Rank != 4 {
			b.Errorf("%+v", a.Results.Judged)
		}
		a = b.published(a)
		if a.Results.Judged[0].Band.NameEn != "D" {
			b.Errorf("%+v", a.Results.Judged[0])
		}
		m, err = b.desk.AgreeMethod(leader, "yearly", m.Revision)
		b.ok(err)
		all, err := b.desk.Draw(author, "yearly", july)
		b.ok(err)
		if m.State != score.Force || all.Pilot || len(all.Results.Judged) != 4 {
			b.Errorf("%s %+v", m.State, all.Results.Judged)
		}
		m.NameZh = "changed"
		if _, err := b.desk.PutMethod(author, *m, m.Revision); !fault.Is(err, "measure.method.state.force") {
			b.Errorf("a method in force was changed: %v", err)
		}
	})
}

// A draft that is given up had no results: there is nothing to print, while what was heard stays.
func TestADroppedAssessmentHasNoReport(t *testing.T) {
	each(t, func(b *bench) {
		m := b.method()
		_, err := b.desk.AgreeMethod(leader, "yearly", m.Revision)
		b.ok(err)
		for _, heard := range []bool{false, true} {
			a, err := b.desk.Draw(author, "yearly", july)
			b.ok(err)
			if heard {
				a, err = b.desk.Hear(author, a.ID, a.Revision)
				b.ok(err)
			}
			a, err = b.desk.Drop(author, a.ID, a.Revision)
			b.ok(err)
			_, err = b.desk.AssessmentPaper(author, a.ID, "xlsx")
			if fault.Is(err, "measure.assessment.state.dropped") == heard || heard && err != nil {
				b.Errorf("heard %v: %v", heard, err)
			}
		}
	})
}

func (b *bench) published(a *score.Assessment) *score.Assessment {
	b.Helper()
	a, err := b.desk.Hear(author, a.ID, a.Revision)
	b.ok(err)
	if _, err := b.desk.Publish(leader, a.ID, a.Revision, "", ""); !fault.Is(err, "measure.assessment.early") {
		b.Errorf("published before the hearing was over: %v", err)
	}
	b.clk.Advance(8 * 24 * time.Hour)
	if _, err := b.desk.Publish(author, a.ID, a.Revision, "", ""); !fault.Is(err, "measure.method.own") {
		b.Errorf("published by who drew it up: %v", err)
	}
	a, err = b.desk.Publish(leader, a.ID, a.Revision, "", "")
	b.ok(err)
	return a
}

// A district says that a fact is wrong; the objection is accepted, the fact corrected, and the
// score that is published follows, with what it was at the hearing beside it.
func TestAnObjectionIsHeard(t *testing.T) {
	each(t, func(b *bench) {
		m := b.method()
		_, err := b.desk.AgreeMethod(leader, "yearly", m.Revision)
		b.ok(err)
		a, err := b.desk.Draw(author, "yearly", july)
		b.ok(err)
		against := score.Against{Unit: "d2", Indicator: "reach_rate", Says: "a street was left out"}
		if _, err := b.desk.Objects(second, a.ID, against); err == nil {
			b.Error("somebody objected to a draft that they do not see")
		}
		a, err = b.desk.Hear(author, a.ID, a.Revision)
		b.ok(err)
		facts, err := store.Collect(context.Background(), b.db, scanID, `SELECT id FROM measure_fact WHERE element = 'reach' AND unit = 'd2'`)
		b.ok(err)
		wants := 95.0
		against.Fact, against.Wants = facts[0], &wants
		if _, err := b.desk.Objects(as("d1 clerk", "c.d1.", object), a.ID, against); err == nil {
			b.Error("somebody objected for another district")
		}
		x, err := b.desk.Index("quality")
		b.ok(err)
		lighter := *x
		lighter.Groups = slices.Clone(x.Groups)
		lighter.Groups[0].Weight = 1
		if _, err := b.desk.Put(author, lighter, x.Revision); !fault.Is(err, "measure.index.used") {
			b.Errorf("what people agreed to judge by was changed: %v", err)
		}
		o, err := b.desk.Objects(second, a.ID, against)
		b.ok(err)
		if _, err := b.desk.Withdraw(as("author", "c.", define, object), o.ID, o.Revision); !fault.Is(err, "measure.objection.not_yours") {
			b.Errorf("who answers objections took one back: %v", err)
		}
		taken, err := b.desk.Objects(second, a.ID, against)
		b.ok(err)
		taken, err = b.desk.Withdraw(as("d2 chief", "c.d2.", object), taken.ID, taken.Revision)
		if b.ok(err); taken.State != score.ObjectionWithdrawn || taken.AnswerBy == nil || taken.AnswerBy.Name != "d2 chief" {
			b.Errorf("taken back by another of its district: %+v", taken)
		}
		b.clk.Advance(8 * 24 * time.Hour)
		if _, err := b.desk.Publish(leader, a.ID, a.Revision, "", ""); !fault.Is(err, "measure.assessment.objections") {
			b.Errorf("published over an open objection: %v", err)
		}
		if _, err := b.desk.Objects(second, a.ID, against); !fault.Is(err, "measure.objection.late") {
			b.Errorf("after the hearing: %v", err)
		}
		if _, err := b.desk.Answers(as("twin", "c.", define), o.ID, o.Revision, score.Answer{Reason: "as I say"}); !fault.Is(err, "measure.objection.own") {
			b.Errorf("answered by a second account of who objected: %v", err)
		}
		if _, err := b.desk.Answers(as("d2 clerk", "c.", define, object), o.ID, o.Revision, score.Answer{Reason: "as I say"}); !fault.Is(err, "measure.objection.own") {
			b.Errorf("one person raised and answered: %v", err)
		}
		o, err = b.desk.Answers(author, o.ID, o.Revision, score.Answer{Accept: true, Reason: "the street was found", Correct: true})
		b.ok(err)
		if o.State != score.ObjectionAccepted || o.Correction == "" {
			b.Errorf("%+v", o)
		}
		a, err = b.desk.Publish(leader, a.ID, a.Revision, "", "")
		b.ok(err)
		j := a.Results.Judged[0]
		if j.Heard == nil || *j.Heard != 0 || *j.Score <= 0 {
			b.Errorf("%+v: at the hearing %v", j.Score, j.Heard)
		}
		// What is published stands, whatever facts come later.
		b.state("reach", "d2", 1)
		again, err := b.desk.Assessment(leader, a.ID)
		b.ok(err)
		if *again.Results.Judged[0].Score != *j.Score {
			b.Error("what was published changed")
		}
		f, err := b.desk.AssessmentPaper(leader, a.ID, "xlsx")
		b.ok(err)
		text := documenttest.Workbook(b, f.Body)
		for _, want := range []string{"考核办法 2026年7月", "这是试点考核", "已公布", "d2|" + fmt.Sprintf("%.1f", *j.Score), "试点不作奖惩|0.0", "a street was left out|成立|the street was found", "优|80.0"} {
			if !strings.Contains(text, want) {
				b.Errorf("%q is missing in\n%s", want, text)
			}
		}
	})
}

// Everybody reads what was published by an index that everybody may see, and nothing else.
func TestOpenScoresAreThosePublished(t *testing.T) {
	each(t, func(b *bench) {
		m := b.method()
		m, err := b.desk.AgreeMethod(leader, "yearly", m.Revision)
		b.ok(err)
		open := func() []score.OpenScores {
			b.Helper()
			page, err := b.desk.OpenScores(context.Background(), store.Page{})
			list := page.Items
			b.ok(err)
			return list
		}
		hidden, err := b.desk.Draw(author, "yearly", july)
		b.ok(err)
		hidden = b.published(hidden)
		if len(open()) != 0 {
			b.Error("what an index that is not public gave was open")
		}
		x, err := b.desk.Index("quality")
		b.ok(err)
		public := *x
		public.Public = true
		_, err = b.desk.Put(author, public, x.Revision)
		b.ok(err)
		_, err = b.desk.AgreeMethod(leader, "yearly", m.Revision)
		b.ok(err)
		a, err := b.desk.Draw(author, "yearly", july)
		b.ok(err)
		for _, id := range []string{hidden.ID, a.ID, "none"} {
			if _, err := b.desk.OpenScore(context.Background(), id); !fault.IsKind(err, fault.NotFound) {
				b.Errorf("%s is open: %v", id, err)
			}
		}
		a = b.published(a)
		list := open()
		if len(list) != 1 || list[0].ID != a.ID || list[0].Pilot || len(list[0].Units) != 4 || len(list[0].Groups) != 2 || list[0].Licence == "" {
			b.Fatalf("%+v", list)
		}
		if best := list[0].Units[0]; best.Code != "d1" || best.Rank != 1 || *best.Score != 100 || best.BandEn != "A" || *best.Groups["good"] != 100 {
			b.Errorf("%+v", best)
		}
		if latest, err := b.desk.LatestScores(context.Background()); err != nil || len(latest) != 1 || latest[0].ID != a.ID || latest[0].Of != 4 {
			b.Errorf("the latest of each method: %+v %v", latest, err)
		}
		b.state("reach", "d1", 1) // what was published stands
		if one, err := b.desk.OpenScore(context.Background(), a.ID); err != nil || *one.Units[0].Score != 100 {
			b.Errorf("%+v %v", one.Units[0], err)
		}
	})
}

// The code of an index that was retired may be used again, and its wordings go on counting.
func TestTheCodeOfARetiredIndexIsUsedAgain(t *testing.T) {
	each(t, func(b *bench) {
		b.index()
		b.ok(b.desk.Retire(author, "quality", 1))
		x, err := b.desk.Put(author, quality(), 0)
		b.ok(err)
		if x.Revision != 3 {
			b.Errorf("revision %d", x.Revision)
		}
		x.NameEn = "Quality again"
		_, err = b.desk.Put(author, *x, 3)
		b.ok(err)
	})
}

// What is agreed to is the method with its index: a change of either has to be looked at again, and
// nobody agrees to an index that they drew up.
func TestAnIndexIsPartOfWhatIsAgreed(t *testing.T) {
	each(t, func(b *bench) {
		m := b.method()
		x, err := b.desk.Index("quality")
		b.ok(err)
		both := as("both", "c.", define, agree)
		lighter := *x
		lighter.Groups = slices.Clone(x.Groups)
		lighter.Groups[0].Weight = 1
		_, err = b.desk.Put(both, lighter, x.Revision)
		b.ok(err)
		if _, err := b.desk.AgreeMethod(leader, "yearly", m.Revision); !fault.Is(err, "stale") {
			b.Errorf("agreed to weights that nobody looked at: %v", err)
		}
		m, err = b.desk.Method(context.Background(), "yearly")
		b.ok(err)
		if _, err := b.desk.AgreeMethod(both, "yearly", m.Revision); !fault.Is(err, "measure.method.own") {
			b.Errorf("agreed to weights of their own: %v", err)
		}
		renamed := lighter
		renamed.NameEn, renamed.Revision = "Quality of all", 0
		_, err = b.desk.Put(both, renamed, x.Revision+1)
		b.ok(err)
		_, err = b.desk.AgreeMethod(leader, "yearly", m.Revision) // a name is no weight
		b.ok(err)
	})
}

// Nobody is judged by a definition that was not heard.
func TestWhatWasHeardIsWhatIsPublished(t *testing.T) {
	each(t, func(b *bench) {
		m := b.method()
		_, err := b.desk.AgreeMethod(leader, "yearly", m.Revision)
		b.ok(err)
		a, err := b.desk.Draw(author, "yearly", july)
		b.ok(err)
		a, err = b.desk.Hear(author, a.ID, a.Revision)
		b.ok(err)
		b.clk.Advance(8 * 24 * time.Hour)
		d, err := b.book.Definition("fault_count")
		b.ok(err)
		d.Numerator = "faults * 2"
		_, err = b.book.Put(author, d, d.Revision)
		b.ok(err)
		if _, err := b.desk.Publish(leader, a.ID, a.Revision, "", ""); !fault.Is(err, "measure.assessment.reworded") {
			b.Errorf("published by what was not heard: %v", err)
		}
		_, err = b.desk.Drop(author, a.ID, a.Revision)
		b.ok(err)
	})
}
