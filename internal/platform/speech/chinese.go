package speech

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Chinese writes a text as it is read aloud in Mandarin: numbers, dates, times, units,
// percentages, temperatures, ranges and telephone numbers become characters. What it
// does not know it leaves alone.
func Chinese(text string) string {
	text = foldWidth.Replace(text)
	text = rule(text, zhTelephone, sayTelephone)
	text = rule(text, zhDate, sayDate)
	text = rule(text, zhYear, func(c match) string { return hanSpell(c.group[1], false) + "年" })
	text = rule(text, zhTimeSpan, func(c match) string {
		return sayTime(c.group[1:4]) + "到" + sayTime(c.group[4:7])
	})
	text = rule(text, zhTime, func(c match) string { return sayTime(c.group[1:4]) })
	text = rule(text, zhRoad, func(c match) string { return hanSpell(c.group[1], true) + c.group[2] })
	text = rule(text, zhFraction, func(c match) string {
		return hanNumber(c.group[2]) + "分之" + hanNumber(c.group[1])
	})
	text = rule(text, zhQuantity, sayQuantity)
	return zhFigures.ReplaceAllStringFunc(text, func(s string) string { return hanSpell(s, false) })
}

const (
	reNumber = `\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?`
	reClock  = `([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?`
	reTo     = `\s*[-–—−~～至到]{1,2}\s*`
)

var (
	zhTelephone = regexp.MustCompile(`1[3-9]\d{9}|0\d{2,3}[- ]\d{7,8}|[48]00[- ]?\d{3,4}[- ]?\d{3,4}|\d{3,8}`)
	zhDate      = regexp.MustCompile(`([12]\d{3})([-/.年])(1[0-2]|0?[1-9])([-/.月])(3[01]|[12]\d|0?[1-9])(日|号)?`)
	zhYear      = regexp.MustCompile(`([12]\d{3})年`)
	zhTimeSpan  = regexp.MustCompile(reClock + reTo + reClock)
	zhTime      = regexp.MustCompile(reClock)
	zhRoad      = regexp.MustCompile(`(\d{3,4})(国道|省道|县道|乡道|路|次列车|次航班|号楼|室)`)
	zhFraction  = regexp.MustCompile(`(\d{1,3})/(\d{1,3})`)
	zhQuantity  = regexp.MustCompile(`([-−–]?)(` + reNumber + `)([%‰]?)(?:(` + reTo + `)([-−–]?)(` + reNumber + `)([%‰]?))?(\s*)([万亿]{0,2})(` + unitNames(zhUnits) + `)?`)
	zhFigures   = regexp.MustCompile(`\d+`)
	zhCue       = regexp.MustCompile(`(电话|热线|拨打|致电|拨|号码|咨询|求助|报警|短信|打)[^。；！？;!?\n]{0,24}$`)
	zhAfterCue  = regexp.MustCompile(`^(?:热线|电话|服务热线|报警|平台|急救)`)
	zhMeasure   = regexp.MustCompile(`^\s*(?:[%‰℃°.,:/年月日时点分秒天个人名户座处台套辆万亿千百元米公克吨升度级毫厘微平立小]|[a-zA-Z])`)
)

// foldWidth makes full-width digits, Latin letters and the signs inside numbers
// half-width, but leaves Chinese punctuation, which makes the pauses.
var foldWidth = func() *strings.Replacer {
	pairs := []string{"％", "%", "－", "-", "．", ".", "：", ":", "°C", "℃", "° C", "℃", "㎜", "mm", "㎝", "cm", "㎞", "km", "㎡", "m²", "㎏", "kg"}
	for r := '０'; r <= '９'; r++ {
		pairs = append(pairs, string(r), string(r-'０'+'0'))
	}
	for r := 'Ａ'; r <= 'Ｚ'; r++ {
		pairs = append(pairs, string(r), string(r-'Ａ'+'A'), string(r-'Ａ'+'ａ'), string(r-'Ａ'+'a'))
	}
	return strings.NewReplacer(pairs...)
}()

// match is one place where a rule applies.
type match struct {
	before, after string
	group         []string // group[0] is the whole
}

// keep is what a rule answers to leave a place as it is.
const keep = "\x00"

// rule rewrites every match of re in text. A match that begins or ends inside a longer
// number, which cannot be what the rule means, is left alone.
func rule(text string, re *regexp.Regexp, say func(match) string) string {
	var b strings.Builder
	at := 0
	for _, m := range re.FindAllStringSubmatchIndex(text, -1) {
		c := match{before: text[:m[0]], after: text[m[1]:]}
		for i := 0; i < len(m); i += 2 {
			if m[i] < 0 {
				c.group = append(c.group, "")
			} else {
				c.group = append(c.group, text[m[i]:m[i+1]])
			}
		}
		if digitBeside(c) {
			continue
		}
		if said := say(c); said != keep {
			b.WriteString(text[at:m[0]])
			b.WriteString(said)
			at = m[1]
		}
	}
	b.WriteString(text[at:])
	return b.String()
}

func digitBeside(c match) bool {
	whole := c.group[0]
	isDigit := func(b byte) bool { return b >= '0' && b <= '9' }
	return c.before != "" && isDigit(whole[0]) && isDigit(c.before[len(c.before)-1]) ||
		c.after != "" && isDigit(whole[len(whole)-1]) && isDigit(c.after[0])
}

// sayTelephone reads digit by digit what is a telephone number: by its own form, or a
// short one near a word such as 拨打 or 热线 that no measure word follows.
func sayTelephone(c match) string {
	digits := c.group[0]
	if prev, _ := utf8.DecodeLastRuneInString(c.before); prev == '.' || prev == '-' || unicode.Is(unicode.Latin, prev) {
		return keep
	}
	byForm := len(digits) > 8
	cued := zhCue.MatchString(c.before) || zhAfterCue.MatchString(c.after)
	if !byForm && (!cued || zhMeasure.MatchString(c.after)) {
		return keep
	}
	groups := strings.FieldsFunc(digits, func(r rune) bool { return r == '-' || r == ' ' })
	if len(digits) == 11 && len(groups) == 1 {
		groups = []string{digits[:3], digits[3:7], digits[7:]}
	}
	for i := range groups {
		groups[i] = hanSpell(groups[i], true)
	}
	return strings.Join(groups, "，") // a comma is a short pause
}

func sayDate(c match) string {
	year, sep, month, sep2, day, last := c.group[1], c.group[2], c.group[3], c.group[4], c.group[5], c.group[6]
	if (sep == "年") != (sep2 == "月") || sep != "年" && sep != sep2 || sep == "年" && last == "" {
		return keep
	}
	if last == "" {
		last = "日"
	}
	return hanSpell(year, false) + "年" + hanInteger(month) + "月" + hanInteger(day) + last
}

// sayTime reads hour, minute and perhaps second: 18:05 → 十八点零五分, 8:00 → 八点.
func sayTime(hms []string) string {
	said := hanInteger(hms[0]) + "点"
	if hms[0] == "2" || hms[0] == "02" {
		said = "两点"
	}
	if hms[1] == "00" && hms[2] == "" {
		return said
	}
	said += sayMinute(hms[1]) + "分"
	if hms[2] != "" {
		said += sayMinute(hms[2]) + "秒"
	}
	return said
}

func sayMinute(two string) string {
	if two[0] == '0' && two != "00" {
		return "零" + hanInteger(two)
	}
	return hanInteger(two)
}

// liang are the measure words before which two is 两.
var liang = []string{"个", "名", "位", "户", "座", "处", "台", "套", "辆", "条", "次", "天", "周", "年", "小时", "分钟", "秒钟", "倍", "家", "人", "间", "栋", "层", "艘", "架", "支", "场", "种", "项", "成", "米", "公里", "千米", "公斤", "吨", "万", "亿", "千", "块", "元", "所", "片", "段", "点", "批", "组", "班", "类", "件", "份"}

// counted are the characters that end a quantity, so that a dash after them is a span.
const counted = "年月日号时点分秒人名个户座辆米度级元层岁吨克"

// sayQuantity reads a number or a range with what belongs to it: −5℃ → 零下五摄氏度,
// 50~100mm → 五十到一百毫米, 60% → 百分之六十, 2个 → 两个.
func sayQuantity(c match) string {
	sign, first, percent, to, sign2, second, percent2, space, scale, unit :=
		c.group[1], c.group[2], c.group[3], c.group[4], c.group[5], c.group[6], c.group[7], c.group[8], c.group[9], c.group[10]
	prev, _ := utf8.DecodeLastRuneInString(c.before)
	code := unicode.Is(unicode.Latin, prev) // G6, S215, PM2.5
	letters := ""
	if unit != "" && len(c.after) > 0 && isLatin(c.after[0]) {
		letters, unit = unit, "" // "5mins" is not 5 min: give the letters back
	}
	degrees := unit == "℃" || unit == "" && strings.HasPrefix(c.after, "摄氏度")
	said := scale + zhUnits[unit]
	say := func(sign, number, percent string) string {
		text := hanNumber(number)
		switch {
		case code && !strings.Contains(number, "."):
			text = hanSpell(number, true)
		case number == "2" && prev != '第' && (hasAnyPrefix(c.after, liang) || hasAnyPrefix(said, liang)):
			text = "两"
		}
		switch percent {
		case "%":
			text = "百分之" + text
		case "‰":
			text = "千分之" + text
		}
		if sign != "" {
			if degrees {
				return "零下" + text
			}
			return "负" + text
		}
		return text
	}
	if to != "" && percent == "" && percent2 != "" {
		percent = percent2 // 30-50%
	}
	lead := ""
	switch {
	case sign == "":
	case code: // the hyphen joins
		lead, sign = sign, ""
	case strings.ContainsRune(counted, prev): // 28日-30日: it spans
		lead, sign = "到", ""
	}
	if unit == "" {
		said = space + scale + letters
	}
	out := lead + say(sign, first, percent)
	if to != "" {
		out += "到" + say(sign2, second, percent2)
	}
	return out + said
}

func isLatin(b byte) bool { return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' }

func hasAnyPrefix(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
