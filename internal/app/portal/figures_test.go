package portal_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/app/portal"
	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/assess/measure/score"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

const assessed = "01JASSESSMENT0000000000000"

func month(n int) period.Period { return period.Period{Kind: period.Month, N: (2026-1)*12 + n - 1} }

func (c *city) Version(context.Context) (int64, error) { return c.facts.Load(), nil }

// Opens are an indicator with a target that the north meets and the south does not state, one
// without a sentence of its own, and one of which nothing is known.
func (c *city) Opens(context.Context) ([]indicator.Public, error) {
	if c.failing.Load() {
		return nil, errDown
	}
	by := period.Period{Kind: period.Year, N: 2025}
	value := func(code string, i int, v *float64) indicator.OpenValue {
		return indicator.OpenValue{Region: code, NameZh: regions[i].Name.ZH, NameEn: regions[i].Name.EN, Value: v}
	}
	own := value(north, 1, number(99.97))
	own.Target = &indicator.Target{Value: 99, By: by, Zone: "hills"}
	few := value(south, 2, number(30))
	few.Target, few.Data = &indicator.Target{Value: 100, By: by, Region: south}, period.Period{Kind: period.Year, N: 2023}
	reach := 90 + float64(c.facts.Load())
	return []indicator.Public{
		{Code: "reach", NameZh: "到达率", NameEn: "Reach", UnitZh: "%", UnitEn: "%", SayZh: "每100台里有{value}台响了。", SayEn: "Of every 100, {value} sounded.", HowZh: "响了的 ÷ 应响的 × 100。", HowEn: "sounded ÷ due × 100.",
			Theme: "emergency", Direction: indicator.Up, Period: period.Day, Places: 1, Owner: "市局", Source: "某通知", SourceEn: "A notice", Licence: indicator.Licence, ChangedAt: noon.Add(-time.Minute), At: month(7), Value: &reach,
			Target: &indicator.Target{Value: 95, By: by}, Regions: []indicator.OpenValue{own, value(south, 2, nil)}},
		{Code: "speakers", NameZh: "终端数", NameEn: "Terminals", UnitZh: "台", UnitEn: "terminals", Theme: "自定", Direction: indicator.Neither, Period: period.Quarter, Sample: true, At: period.Period{Kind: period.Quarter, N: 2025*4 + 1},
			Value: number(123456), Stale: "2025-01", Regions: []indicator.OpenValue{value(north, 1, number(0)), value(south, 2, number(12))}},
		{Code: "outlets", NameZh: "网点数", NameEn: "Outlets", UnitZh: "家", UnitEn: "outlets", Theme: "outlet", Direction: indicator.Up, Period: period.Month, At: month(6), Data: month(6), Value: number(530), Regions: []indicator.OpenValue{value(north, 1, number(500)), few}},
		{Code: "census", NameZh: "人口", NameEn: "People", UnitZh: "人", UnitEn: "people", Theme: "people", Direction: indicator.Neither, Period: period.Month, At: month(7), Data: period.Period{Kind: period.Year, N: 2021}, Value: number(21)},
		{Code: "silent", NameZh: "没有数的", NameEn: "Nothing known", Theme: "money", Period: period.Month}}, nil
}

func (c *city) OpenSeries(_ context.Context, code string, _, _ period.Period) (t indicator.OpenTable, _ error) {
	t.Units = []indicator.Unit{{Code: cityCode}, {Code: north}, {Code: south}}
	for i := -3; i <= 0; i++ {
		t.Periods = append(t.Periods, month(7+i))
	}
	t.Indicators = []indicator.Series{{Code: code, Values: [][]*float64{{number(80), number(85), nil, number(91)}, {number(70), number(75), number(80), number(99.97)}, {nil, nil, nil, nil}}}}
	return t, nil
}

func (c *city) LatestScores(context.Context) ([]score.OpenScores, error) {
	return []score.OpenScores{{ID: assessed, NameZh: "考核办法", NameEn: "Method", Period: month(6), Pilot: true, At: noon.Add(-time.Hour), Licence: indicator.Licence, Groups: []score.OpenGroup{{Code: "g", NameZh: "质量", NameEn: "Quality"}}, Of: 2,
		Units: []score.OpenScore{{Code: north, NameZh: "山北区", NameEn: "Shanbei", Score: number(88.26), Rank: 1, Low: 1, High: 2, BandZh: "优", BandEn: "A", Groups: map[string]*float64{"g": number(80)}}, {Code: south, NameZh: "水南区", NameEn: "Shuinan"}}}}, nil
}

func (c *city) OpenScore(ctx context.Context, id string) (score.OpenScores, error) {
	if id != assessed {
		return score.OpenScores{}, fault.New(fault.NotFound, "measure.assessment.not_found")
	}
	all, err := c.LatestScores(ctx)
	return all[0], err
}

// A reader learns how their district stands, in sentences, and where each number comes from.
func TestHowOurDistrictStands(t *testing.T) {
	p, _ := open(everything())
	h := p.Handler()
	wants(t, get(h, "/figures"), 200, "我们区做得怎么样？", "江北市", "每100台里有<b>90</b>台响了。", "2026年7月", "目标是2026年不少于 95%，还没有达到", "应急广播", "自定", "终端数：<b>12.3万</b>台。", "这个数旧了，数据是2025年1月的。",
		"这里还没有数据的：", "没有数的", "2026年第二季度", "/figures/d/"+north, "这是样例城市", "最近一次改动：今天 11:59", "考核办法", `aria-current="page">做得怎么样`)
	wants(t, get(h, "/figures"), 200, "都是手头最新的数，句下写着是什么时候的", `<span>2026年7月，截至现在，2个区里1个有数</span>`, `<span>2026年第二季度</span>`, `<span class="late">最近一次的数是2022年的</span>`)
	wants(t, get(h, "/figures", view("place="+riverTwn)...), 200, "这里说的是 <b>山北区</b>", "有<b>99多</b>台响了", "目标是2026年不少于 99%，达到了", "江北市 90", "山北区得 88.3 分，在 2 个里排第 1", "<b>0</b> 台")
	wants(t, get(h, "/figures/d/"+south+"?lang=en"), 200, "How does Shuinan District stand?", "Terminals: <b>12</b> terminals.", "Nothing is known here yet of:", ">Reach</a>")
	wants(t, get(h, "/figures/i/reach/"+north), 200, "到达率", "粗线是山北区，细线是江北市", "从2026年4月的 70.0% 到现在的 100.0%，2026年7月还没有结束", "目标 99%", "竖线是各区各自的目标。", "响了的 ÷ 应响的 × 100。", "市局", "今天 11:59",
		"/api/public/indicators/reach/csv?from=2026-04&amp;to=2026-07", indicator.LicenceURL, "没有数据", `<path class="none"`, `width="100" height="10"`)
	wants(t, get(h, "/figures/i/reach"), 200, "某通知")
	wants(t, get(h, "/figures/i/reach?lang=en"), 200, "<dd>A notice</dd>")
	chart := get(h, "/figures/i/reach").Body.String()
	if strings.Count(chart, `class="gap"`) != 1 || strings.Count(chart, `r="3"`) != 2 {
		t.Errorf("a period without data is no gap in the line:\n%s", chart)
	}
	wants(t, get(h, "/figures/i/silent"), 200, "江北市还没有这个数。")
	wants(t, get(h, "/figures/s/"+assessed, view("place="+north)...), 200, "考核办法", "2026年6月", "这是一次试评", "<b>88.3</b> 优 第 1（1–2）", `class="here"`, "没有数据", "质量", "/api/public/scores/"+assessed+"/csv")
	for _, path := range []string{"/figures/d/" + riverTwn, "/figures/d/x", "/figures/i/none", "/figures/i/reach/" + riverTwn, "/figures/s/none", "/figures/s/" + listed} {
		wants(t, get(h, path), 404, "没有这个页面")
	}
	down := everything()
	down.failing.Store(true)
	p, _ = open(down)
	wants(t, get(p.Handler(), "/figures"), 503)
}

// What a district is asked itself is told however far it is from that, and its number is of when it
// stated it, not of when another did.
func TestADistrictIsToldOfItsOwn(t *testing.T) {
	p, _ := open(everything())
	wants(t, get(p.Handler(), "/figures/i/outlets/"+south), 200, "网点数：<b>30</b> 家。", "2024年", "目标是2026年不少于 100 家，还没有达到", "竖线是各区各自的目标", "各处怎么样（2026年6月）")
	wants(t, get(p.Handler(), "/figures/i/outlets"), 200, "网点数：<b>530</b> 家。", "2026年6月")
}

// A page of figures is never older than the last fact: nobody keeps it without asking.
func TestFiguresAreCurrent(t *testing.T) {
	c := everything()
	p, _ := open(c)
	h := p.Handler()
	first := get(h, "/figures")
	wants(t, first, 200, "有<b>90</b>台")
	if keep := first.Header().Get("Cache-Control"); keep != "no-cache" {
		t.Errorf("others may keep it: %q", keep)
	}
	tag := first.Header().Get("ETag")
	if again := get(h, "/figures", "If-None-Match", tag); again.Code != 304 {
		t.Errorf("unchanged: %d", again.Code)
	}
	c.facts.Add(2) // without a moment passing
	wants(t, get(h, "/figures", "If-None-Match", tag), 200, "有<b>92</b>台")
}

var _ portal.Figures = (*city)(nil)
