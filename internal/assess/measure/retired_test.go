package measure_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/city"
	"github.com/tongsheng/tongsheng/internal/assess/measure"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/assess/measure/returns"
	"github.com/tongsheng/tongsheng/internal/assess/measure/score"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// What somebody retired of the sample stays retired when the node starts again.
func TestWhatWasRetiredOfTheSampleStaysRetired(t *testing.T) {
	db, clk := storetest.SQLite(t, measure.Migrations())
	c, err := city.Load(city.Default())
	if err != nil {
		t.Fatal(err)
	}
	ctx := auth.With(context.Background(), auth.NewPrincipal(auth.Actor{ID: "u"}, map[auth.Permission][]string{measure.PermRead: {""}, measure.PermDefine: {""}}))
	m, err := measure.New(ctx, measure.Deps{DB: db, Clock: clk, Log: slog.Default(), Zone: time.UTC, Home: "cn.11.", Regions: beijing{c}, Messages: beijing{c}, Devices: beijing{c}, Staff: beijing{c}, Zones: beijing{c}})
	if err != nil {
		t.Fatal(err)
	}
	load := func() {
		t.Helper()
		err := m.LoadSample(ctx, &measure.Sample{
			Recipes:    []measure.Recipe{{Element: "tests", Level: "district", From: "2026-01"}},
			Elements:   []fact.Element{{Code: "tests", NameZh: "测试", NameEn: "Tests", Combine: fact.Sum, Period: period.Month}},
			Indicators: []indicator.Definition{{Code: "tests_made", NameZh: "测试数", NameEn: "Tests made", Numerator: "tests", Direction: indicator.Up, Period: period.Month, Aggregate: indicator.Formula}},
			Forms:      []returns.Form{{Code: "testing", NameZh: "测试月报", NameEn: "Testing", Level: "district", Period: period.Month, From: "2026-01", Steps: []string{"city"}, Items: []returns.Item{{Element: "tests"}}}},
			Rules:      []returns.Rule{{Code: "some", Says: "tests >= 0", MessageZh: "不能少于零", MessageEn: "Not below zero"}},
			Indices: []score.Index{{Code: "testers", NameZh: "测试指数", NameEn: "Testers", Level: "district", Period: period.Month, Groups: []score.Group{{Code: "all", NameZh: "全部", NameEn: "All", Weight: 1}},
				Parts: []score.Part{{Indicator: "tests_made", Group: "all", Weight: 1}}, Method: score.Reckon{Fill: "none", Normalise: "minmax", Weights: "given", Means: []string{"amean"}}}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	load()
	for what, retire := range map[string]func() error{
		"index": func() error { return m.Score.Retire(ctx, "testers", 1) },
		"form":  func() error { return m.Returns.RetireForm(ctx, "testing", 1) },
		"rule":  func() error { return m.Returns.RetireRule(ctx, "some", 1) },
	} {
		if err := retire(); err != nil {
			t.Fatal(what, err)
		}
	}
	if err := m.Book.Retire(ctx, "tests_made", 1); err != nil {
		t.Fatal(err)
	}
	if err := m.Ledger.Retire(ctx, "tests", 1); err != nil {
		t.Fatal(err)
	}
	again, err := measure.New(ctx, measure.Deps{DB: db, Clock: clk, Log: slog.Default(), Zone: time.UTC, Home: "cn.11.", Regions: beijing{c}, Messages: beijing{c}, Devices: beijing{c}, Staff: beijing{c}, Zones: beijing{c}})
	if err != nil {
		t.Fatal(err)
	}
	m = again
	load()
	if _, err := m.Ledger.Element("tests"); err == nil {
		t.Error("the element is back")
	}
	if _, err := m.Book.Definition("tests_made"); err == nil {
		t.Error("the indicator is back")
	}
	if _, err := m.Score.Index("testers"); err == nil {
		t.Error("the index is back")
	}
	if _, err := m.Returns.Form("testing"); err == nil {
		t.Error("the form is back")
	}
	if m.Returns.Compares("tests") {
		t.Error("the rule is back")
	}
}
