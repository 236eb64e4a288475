package indicator_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/document/documenttest"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Everybody reads what is public of the city and its districts, as it is after the last fact, and
// nothing of what lies below.
func TestOpenDataIsWhatIsPublicAsItIsNow(t *testing.T) {
	each(t, func(b *bench) {
		ok(b, b.put(indicator.Definition{Code: "reach", Numerator: "reached", Denominator: "targets", Formula: "numerator / denominator * 100", Public: true, SayZh: "有{value}台", SayEn: "{value}"}))
		ok(b, b.put(indicator.Definition{Code: "poorest", Numerator: "grade", Aggregate: indicator.Worst, Base: "township", Public: true}))
		ok(b, b.put(indicator.Definition{Code: "hidden", Numerator: "reached"}))
		now := b.ledger.Clock.Now()
		this := period.Of(period.Month, now, time.UTC)
		b.state("reached", "t11", this.String(), 30)
		b.state("targets", "t11", this.String(), 60)
		b.state("grade", "t12", this.Next(-2).String(), 3)
		opens, err := b.book.Opens(b.ctx)
		ok(b, err)
		if len(opens) != 2 {
			b.Fatalf("%d are open", len(opens))
		}
		poorest, reach := opens[0], opens[1]
		if reach.At != this || *reach.Value != 50 || len(reach.Regions) != 2 || *reach.Regions[0].Value != 50 || reach.Regions[1].Value != nil || !reach.ChangedAt.Equal(now.Truncate(time.Microsecond)) || reach.Licence == "" {
			b.Errorf("%+v", reach)
		}
		if poorest.At != this || poorest.Data != this.Next(-2) {
			b.Errorf("a state that holds is of %s, stated in %s", poorest.At, poorest.Data)
		}
		b.state("reached", "t11", this.String(), 45)
		if opens, err = b.book.Opens(b.ctx); err != nil || *opens[1].Value != 75 {
			b.Errorf("after a change: %v %v", *opens[1].Value, err)
		}
		table, err := b.book.OpenSeries(b.ctx, "poorest", period.Period{}, period.Period{})
		ok(b, err)
		if len(table.Units) != 3 || len(table.Periods) != 24 || table.Periods[23] != this {
			b.Errorf("%d units, %d periods to %s", len(table.Units), len(table.Periods), table.Periods[len(table.Periods)-1])
		}
		for _, n := range table.Indicators[0].Notes {
			if n.Worst != "" {
				b.Errorf("which township is the worst is told to everybody: %+v", n)
			}
		}
		if _, err := b.book.OpenSeries(b.ctx, "hidden", period.Period{}, period.Period{}); !fault.Is(err, "measure.indicator.not_found") {
			b.Errorf("what is not public: %v", err)
		}
		if err := b.put(indicator.Definition{Code: "said", Numerator: "reached", SayZh: "没有数"}); !fault.Is(err, "measure.indicator.say") || fault.Of(err).Place != "sayZh" {
			b.Errorf("a sentence without its number: %v", err)
		}
		d, err := b.book.Definition("reach")
		ok(b, err)
		if said := b.book.How(&d, i18n.English); said != "reached ÷ targets × 100, over the whole area." {
			b.Errorf("in words: %s", said)
		}
		d, err = b.book.Definition("poorest")
		ok(b, err)
		if said := b.book.How(&d, i18n.Chinese); said != "先按街道乡镇算：grade；再取最差的一个。" {
			b.Errorf("in words: %s", said)
		}
	})
}

// The target that counts is the first whose time is not past, else the last.
func TestTargetAt(t *testing.T) {
	at := func(text string) period.Period { p, _ := period.Parse(text); return p }
	targets := []indicator.Target{{Value: 2, By: at("2026")}, {Value: 1, By: at("2025")}, {Value: 9, By: at("2025"), Zone: "centre"}}
	for text, want := range map[string]float64{"2025-03": 1, "2025-12": 1, "2026-01": 2, "2027-05": 2} {
		if got := indicator.TargetAt(targets, at(text), time.UTC); got == nil || got.Value != want {
			t.Errorf("%s: %+v, want %g", text, got, want)
		}
	}
	if got := indicator.TargetAt(targets[2:], at("2025"), time.UTC); got != nil {
		t.Errorf("one of a zone counts for all: %+v", got)
	}
}

// What is shown is saved as a workbook that says what it is of, and leaves empty what is not known.
func TestAWorkbookSaysWhatItIsOf(t *testing.T) {
	each(t, func(b *bench) {
		ok(b, b.put(indicator.Definition{Code: "reach", Numerator: "reached", Denominator: "targets", UnitZh: "%", UnitEn: "%", Places: 1, Owner: "市局", Source: "某计划"}))
		b.state("reached", "t11", "2026-07", 30)
		b.state("targets", "t11", "2026-07", 60)
		from, to := period.Period{Kind: period.Month, N: 2025*12 + 5}, period.Period{Kind: period.Month, N: 2025*12 + 6}
		asked := &indicator.Asked{Indicators: []string{"reach"}, Units: []string{"c"}, Within: "c", Level: "district", From: from, To: to}
		report, err := b.book.Report(b.ctx, asked)
		ok(b, err)
		title := report.Title
		var raw bytes.Buffer
		ok(b, report.WriteXLSX(&raw))
		if title != "reach，c，2026-06 至 2026-07" {
			b.Errorf("its title is %s", title)
		}
		text := documenttest.Workbook(b, raw.Bytes())
		for _, want := range []string{title, "2026-06 – 2026-07", "c|c||0.5", "d1|d1||0.5", "d2|d2", "谁负责：市局", "来源：某计划", "reached ÷ targets", "空着的格是没有数据，不是零。", "%"} {
			if !strings.Contains(text, want) {
				b.Errorf("%q is missing in\n%s", want, text)
			}
		}
		if _, err := b.book.Report(b.ctx, &indicator.Asked{From: from, To: to}); !fault.Is(err, "measure.paper.values.nothing") {
			b.Errorf("of nothing: %v", err)
		}
		away := auth.With(context.Background(), auth.NewPrincipal(auth.Actor{ID: "x"}, map[auth.Permission][]string{read: {"c.d2."}}))
		if _, err := b.book.Report(away, asked); err == nil {
			b.Error("what is out of the asker's sight was saved")
		}
	})
}
