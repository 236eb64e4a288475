package document

import (
	"fmt"
	"math"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// sample is the report of a drill in a district, with everything a report can hold.
func sample(lang i18n.Lang, drill bool) *Report {
	start := time.Date(2026, 7, 28, 10, 30, 0, 0, time.UTC)
	r := inBeijing("暴雨红色预警应急广播播发情况报告", lang, drill)
	r.Issuer, r.Number, r.Made = "通州区应急广播中心", "同声〔2026〕17 号", start.Add(26*time.Hour)
	r.Facts(
		KV{"事件类型", "暴雨（10203）", ""}, KV{"级别", "红色（Ⅰ级）", ""},
		KV{"签发时间", start, ""}, KV{"解除时间", start.Add(6 * time.Hour), ""},
		KV{"覆盖人口", 1840295, "人"}, KV{"目标终端", 2000, "台"},
		KV{"播发区域", "通州区：中仓、新华、北苑、玉桥、通运、潞源、文景、九棵树、临河里、杨庄、潞邑街道，永顺、梨园、宋庄、漷县、马驹桥、西集、台湖、永乐店、潞城镇，于家务回族乡", ""},
		KV{"首台播出", 1.8, "秒"}, KV{"最后回执", 1530 * time.Second, ""},
	)
	r.Heading("一、播发内容")
	r.Text("市气象台7月28日18时30分发布暴雨红色预警信号：预计未来6小时，我区大部分地区降水量将达50～100毫米，局地150毫米以上，伴有8～9级短时大风。请潞城、漷县、永乐店等乡镇低洼地区居民立即按预案转移避险，不要在桥下、涵洞、河道停留；如需帮助，请拨打12345或110。")
	r.Heading("二、播发与回执")
	curve := Series{Name: "已播出", Step: true}
	heard := Series{Name: "已听到"}
	for i := range 60 {
		t := start.Add(time.Duration(i) * 25 * time.Second)
		curve.Points = append(curve.Points, Point{Time: t, Y: math.Round(1968 * (1 - math.Exp(-float64(i)/9)))})
		heard.Points = append(heard.Points, Point{Time: t, Y: math.Round(1420 * (1 - math.Exp(-float64(i)/14)))})
	}
	r.Chart(LineChart{Title: "图 1　终端回执随时间的变化", YTitle: "终端", Unit: "台", XTitle: "7月28日，北京时间", Timed: true,
		Series: []Series{curve, heard}, Marks: []Mark{{"应达 95%", 1900}}})
	names := []string{"中仓街道", "新华街道", "北苑街道", "玉桥街道", "通运街道", "潞源街道", "文景街道", "九棵树街道", "临河里街道", "杨庄街道", "潞邑街道", "永顺镇", "梨园镇", "宋庄镇", "漷县镇", "马驹桥镇", "西集镇", "台湖镇", "永乐店镇", "潞城镇", "于家务回族乡"}
	t := Table{Title: "表 1　各乡镇（街道）播发情况", Columns: []Column{
		{Title: "乡镇（街道）"}, {Title: "人口", Unit: "人", Kind: Count}, {Title: "终端", Unit: "台", Kind: Count}, {Title: "已播出", Unit: "台", Kind: Count},
		{Title: "播出率", Kind: Share, Decimals: 1}, {Title: "平均时延", Unit: "秒", Kind: Decimal, Decimals: 2}, {Title: "最后回执", Kind: Instant}, {Title: "说明"}},
		Note: "注：“—”表示没有数据，不等于零；人口为2020年普查数按乡镇估计。"}
	for i, n := range names {
		var note any = ""
		if i%6 == 2 {
			note = "2台断电，已转乡镇值守人员上门通知"
		}
		var delay any = 1.2 + float64(i)*0.17
		if i == 7 {
			delay = nil
		}
		t.Rows = append(t.Rows, []any{n, 31000 + 4127*i, 60 + 3*i, 58 + 3*i, float64(58+3*i) / float64(60+3*i), delay, start.Add(time.Duration(100+i*13) * time.Second), note})
	}
	t.Total = []any{"合计", 1840295, 2000, 1968, 0.984, 2.31, start.Add(1530 * time.Second), ""}
	r.Table(t)
	v := func(f float64) *float64 { return &f }
	r.Bars(BarChart{Title: "图 2　各乡镇播出率（后五位）", Unit: "%", Decimals: 1, Marks: []Mark{{"标准", 95}},
		Bars: []Bar{{"漷县镇", v(91.2)}, {"马驹桥镇", v(93.4)}, {"西集镇", v(94.0)}, {"永乐店镇", v(95.5)}, {"于家务回族乡", nil}}})
	r.Heading("三、审计记录")
	audit := Table{Columns: []Column{{Title: "时间", Kind: Instant}, {Title: "人员"}, {Title: "操作"}, {Title: "记录摘要"}}}
	for i := range 14 {
		audit.Rows = append(audit.Rows, []any{start.Add(time.Duration(i) * 37 * time.Second), []string{"值班员　王芳", "带班领导　李强", "系统"}[i%3], []string{"起草", "复核签发", "下发至21个乡镇", "补发未回执终端"}[i%4], fmt.Sprintf("%064x", uint64(i)*0x9e3779b97f4a7c15)})
	}
	r.Table(audit)
	r.Signatures("签发人", "审核人", "值班员")
	return r
}
