package indicator_test

import (
	"bytes"
	"context"
	"slices"
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

// The target that counts is a region's own, else that of the zone it lies in, else the one for all;
// of several the first whose time is not past, else the last.
func TestTheTargetThatHolds(t *testing.T) {
	each(t, func(b *bench) {
		at := func(text string) period.Period { p, _ := period.Parse(text); return p }
		d := indicator.Definition{Code: "aim", Numerator: "grade", Public: true, Targets: []indicator.Target{{Value: 2, By: at("2026")}, {Value: 1, By: at("2025")}, {Value: 9, By: at("2025"), Zone: "north"},
			{Value: 30, By: at("2025"), Region: "c"}, {Value: 40, By: at("2030"), Region: "c"}, {Value: 7, By: at("2025"), Region: "t12"}, {Value: 5, By: at("2025"), Zone: "gone"}}}
		held, err := b.book.Targets(b.ctx, d)
		ok(b, err)
		for _, c := range []struct {
			path, period string
			want         float64
		}{{"c.d2.", "2025-03", 1}, {"c.d2.", "2025-12", 1}, {"c.d2.", "2026-01", 2}, {"c.d2.t21.", "2027-05", 2}, {"c.d1.", "2025-03", 9}, {"c.d1.t11.", "2027-05", 9}, {"c.d1.t12.", "2027-05", 7},
			{"c.", "2025-01", 30}, {"c.", "2026-01", 40}, {"elsewhere.", "2025-01", 1}} {
			if got := held.At(&d, c.path, at(c.period)); got == nil || got.Value != c.want {
				t.Errorf("%s in %s: %+v, want %g", c.path, c.period, got, c.want)
			}
		}
		if got := held.At(&indicator.Definition{Targets: d.Targets[2:]}, "c.d2.", at("2025")); got != nil {
			t.Errorf("one of a zone or a region counts for all: %+v", got)
		}
		for place, target := range map[string]indicator.Target{"targets[0].zone": {By: at("2025"), Zone: "gone"}, "targets[0].region": {By: at("2025"), Region: "x"}} {
			if err := b.put(indicator.Definition{Code: "aim", Numerator: "grade", Targets: []indicator.Target{target}}); err == nil || fault.Of(err).Place != place {
				t.Errorf("%s: %v", place, err)
			}
		}
		if err := b.put(indicator.Definition{Code: "aim", Numerator: "grade", Targets: []indicator.Target{{By: at("2025"), Zone: "north", Region: "d1"}}}); !fault.Is(err, "measure.target.both") {
			t.Error(err)
		}
		// Everybody is told of the target that holds for the city, and for each district.
		d.Targets = d.Targets[:6]
		ok(b, b.put(d))
		b.state("grade", "t11", period.Of(period.Month, b.ledger.Clock.Now(), time.UTC).String(), 3)
		opens, err := b.book.Opens(b.ctx)
		ok(b, err)
		if o := opens[0]; o.Target == nil || o.Target.Value != 40 || o.Regions[0].Target.Value != 9 || o.Regions[1].Target.Value != 2 {
			t.Errorf("%+v", o)
		}
	})
}

// What adds up over time is measured in its own periods only, and the running one, which has missed
// nothing yet, is not what everybody is shown; a share is a share in any period.
func TestATargetOfAMonthIsNotOneOfAYear(t *testing.T) {
	each(t, func(b *bench) {
		this := period.Of(period.Month, b.ledger.Clock.Now(), time.UTC)
		for _, c := range []struct {
			d       indicator.Definition
			accrues bool
		}{
			{indicator.Definition{Code: "count", Numerator: "reached"}, true},
			{indicator.Definition{Code: "share", Numerator: "reached", Denominator: "targets"}, false},
			{indicator.Definition{Code: "rest", Numerator: "reached", Denominator: "targets", Formula: "(1 - numerator / denominator) * 100"}, false},
			{indicator.Definition{Code: "gap", Numerator: "reached", Denominator: "targets", Formula: "denominator - numerator"}, true},
			{indicator.Definition{Code: "a_head", Numerator: "reached", Denominator: "population"}, true},
			{indicator.Definition{Code: "state", Numerator: "cable"}, false},
			{indicator.Definition{Code: "twice", Numerator: "2 * count"}, true},
			{indicator.Definition{Code: "percent", Numerator: "share * 100"}, false},
			{indicator.Definition{Code: "least", Numerator: "reached", Aggregate: indicator.Worst, Base: "township"}, true},
			{indicator.Definition{Code: "either", Aggregate: indicator.Union, Base: "township", Parts: []string{"cable / population"}}, false},
		} {
			c.d.Public, c.d.Targets = true, []indicator.Target{{Value: 50, By: this.In(period.Year)}}
			ok(b, b.put(c.d))
			d, err := b.book.Definition(c.d.Code)
			ok(b, err)
			held, err := b.book.Targets(b.ctx, d)
			ok(b, err)
			if held.At(&d, "c.", this) == nil || (held.At(&d, "c.", this.In(period.Year)) == nil) != c.accrues || d.Accrues != c.accrues {
				t.Errorf("%s accrues: %v", d.Code, d.Accrues)
			}
		}
		open := func(code string) indicator.Public {
			opens, err := b.book.Opens(b.ctx)
			ok(b, err)
			return opens[slices.IndexFunc(opens, func(o indicator.Public) bool { return o.Code == code })]
		}
		for _, element := range []string{"reached", "targets"} {
			b.state(element, "t11", this.String(), 30)
		}
		if o := open("count"); o.At != this || o.Target != nil {
			t.Errorf("the first month, while it runs: %+v", o)
		}
		for _, element := range []string{"reached", "targets"} {
			b.state(element, "t11", this.Next(-1).String(), 60)
		}
		if o := open("count"); o.At != this.Next(-1) || *o.Value != 60 || o.Target == nil {
			t.Errorf("a month that runs hides the one before: %+v", o)
		}
		if o := open("share"); o.At != this || o.Target == nil {
			t.Errorf("a share of the running month is one: %+v", o)
		}
	})
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
		if title != "reach，c，2026年6月 至 2026年7月" {
			b.Errorf("its title is %s", title)
		}
		text := documenttest.Workbook(b, raw.Bytes())
		for _, want := range []string{title, "2026年6月 – 2026年7月", "c|c||0.5", "d1|d1||0.5", "d2|d2", "谁负责：市局", "来源：某计划", "reached ÷ targets", "空着的格是没有数据，不是零。", "%"} {
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
