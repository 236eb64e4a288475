package speech

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestChineseReading(t *testing.T) {
	cases := []struct{ text, want string }{
		{"转移12000人", "转移一万两千人"},
		{"共2个镇、22个村、200户", "共两个镇、二十二个村、二百户"},
		{"第2号令", "第二号令"},
		{"2月2日2时", "二月二日二时"},
		{"10、15、100、105、110、1005、1010、10500", "十、十五、一百、一百零五、一百一十、一千零五、一千零一十、一万零五百"},
		{"100000000和200000000", "一亿和两亿"},
		{"人口21893095人", "人口两千一百八十九万三千零九十五人"},
		{"1,234,567元", "一百二十三万四千五百六十七元"},
		{"水位上涨3.05米", "水位上涨三点零五米"},
		{"未来6小时降水50~100mm", "未来六小时降水五十到一百毫米"},
		{"降水量50-100毫米，局地150 mm以上", "降水量五十到一百毫米，局地一百五十毫米以上"},
		{"最大雨强70mm/h", "最大雨强七十毫米每小时"},
		{"阵风8-9级", "阵风八到九级"},
		{"风速24.5m/s，时速80km/h", "风速二十四点五米每秒，时速八十千米每小时"},
		{"气温-5℃", "气温零下五摄氏度"},
		{"气温－5～3℃", "气温零下五到三摄氏度"},
		{"最高气温40°C", "最高气温四十摄氏度"},
		{"湿度60%，误差-2%", "湿度百分之六十，误差负百分之二"},
		{"概率30-50%", "概率百分之三十到百分之五十"},
		{"盐度35‰", "盐度千分之三十五"},
		{"2025年7月28日18:30发布", "二零二五年七月二十八日十八点三十分发布"},
		{"2025-07-28 08:05", "二零二五年七月二十八日 八点零五分"},
		{"2025/7/8、2025.12.31", "二零二五年七月八日、二零二五年十二月三十一日"},
		{"2008年", "二零零八年"},
		{"工期2年", "工期两年"},
		{"18:00-20:00停水", "十八点到二十点停水"},
		{"2:00和12:00:09", "两点和十二点零分零九秒"},
		{"比分3:2", "比分三:二"},
		{"请拨打12345", "请拨打幺二三四五"},
		{"拨打110或120", "拨打幺幺零或幺二零"},
		{"12345热线", "幺二三四五热线"},
		{"遇险请致电119。已转移120人", "遇险请致电幺幺九。已转移一百二十人"},
		{"电话通知后120分钟内到达", "电话通知后一百二十分钟内到达"},
		{"电话010-65551234", "电话零幺零，六五五五幺二三四"},
		{"联系13800138000", "联系幺三八，零零幺三，八零零零"},
		{"400-810-1234", "四零零，八幺零，幺二三四"},
		{"G6高速、S215、101国道、302路", "G六高速、S二幺五、幺零幺国道、三零二路"},
		{"PM2.5浓度150μg/m³", "PM二点五浓度一百五十微克每立方米"},
		{"1/3的村", "三分之一的村"},
		{"频率98.2MHz", "频率九十八点二兆赫"},
		{"５０ｍｍ、３０％", "五十毫米、百分之三十"},
		{"编号007", "编号零零七"},
		{"5G基站", "五G基站"},
		{"库容2亿m³，下泄2 m³/s", "库容两亿立方米，下泄二立方米每秒"},
		{"7月28日-30日，10人－20人", "七月二十八日到三十日，十人到二十人"},
		{"5 万人、A-12区", "五 万人、A-幺二区"},
		{"没有数字，只有汉字。", "没有数字，只有汉字。"},
		{"", ""},
	}
	for _, c := range cases {
		if got := Chinese(c.text); got != c.want {
			t.Errorf("%s\n  got  %s\n  want %s", c.text, got, c.want)
		}
	}
}

func TestEnglishReading(t *testing.T) {
	cases := []struct{ text, want string }{
		{"Rainfall of 50-100 mm is expected", "Rainfall of 50 to 100 millimetres is expected"},
		{"70mm/h, gusts 24 m/s", "70 millimetres per hour, gusts 24 metres per second"},
		{"1 km away, 5 men, 5 metres", "1 kilometre away, 5 men, 5 metres"},
		{"-5°C to 3℃", "minus 5 degrees Celsius to 3 degrees Celsius"},
		{"60% of homes, 1,200 people", "60 percent of homes, 1200 people"},
		{"From 18:30 to 20:05 on 2025-07-28", "From 6 30 p m to 8 oh 5 p m on 28th of July 2025"},
		{"at 12:00, 00:00 and 9:00", "at 12 noon, midnight and 9 a m"},
		{"Call 12345 or 120 for help", "Call 1 2 3 4 5 or 1 2 0 for help"},
		{"the 12345 hotline", "the 1 2 3 4 5 hotline"},
		{"Call within 120 minutes", "Call within 120 minutes"},
		{"010-65551234", "0 1 0, 6 5 5 5 1 2 3 4"},
		{"No. 3 reservoir, highway G6, A-12", "number 3 reservoir, highway G 6, A-12"},
		{"No numbers here.", "No numbers here."},
	}
	for _, c := range cases {
		if got := English(c.text); got != c.want {
			t.Errorf("%s\n  got  %s\n  want %s", c.text, got, c.want)
		}
	}
}

var figure = regexp.MustCompile(`[0-9]`)

// Whatever digits a text holds, none is left for the engine to guess at.
func TestChineseLeavesNoFigure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("0123456789.,:-~%/℃mk年月日时点个第拨打热线G 。")), 0, 40, -1).Draw(t, "text")
		if got := Chinese(text); figure.MatchString(got) {
			t.Fatalf("%q was read as %q", text, got)
		}
	})
}

// Reading a cardinal back gives the number: the reading is one to one.
func TestCardinalsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Uint64Range(0, 9999_9999_9999_9999).Draw(t, "n")
		said := hanInteger(decimal(n))
		if got := parseHan(said); got != n {
			t.Fatalf("%d is read %s, which means %d", n, said, got)
		}
		if strings.Contains(said, "零零") || strings.HasSuffix(said, "零") && n != 0 {
			t.Fatalf("%d is read %s", n, said)
		}
	})
}

func decimal(n uint64) string {
	s := ""
	for ; n > 0 || s == ""; n /= 10 {
		s = string(rune('0'+n%10)) + s
	}
	return s
}

// parseHan is the grammar the other way round, written independently.
func parseHan(s string) uint64 {
	if i := strings.LastIndex(s, "亿"); i >= 0 {
		return parseHan(s[:i])*1_0000_0000 + parseHan(s[i+len("亿"):])
	}
	if i := strings.LastIndex(s, "万"); i >= 0 {
		return parseHan(s[:i])*1_0000 + parseHan(s[i+len("万"):])
	}
	sum, digit := uint64(0), uint64(0)
	for _, r := range s {
		unit := map[rune]uint64{'十': 10, '百': 100, '千': 1000}[r]
		switch i := strings.IndexRune("零一二三四五六七八九", r); {
		case unit > 0:
			sum += max(digit, 1) * unit
			digit = 0
		case r == '两':
			digit = 2
		default:
			digit = uint64(i / utf8.RuneLen('零'))
		}
	}
	return sum + digit
}
