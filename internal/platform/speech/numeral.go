package speech

import "strings"

var hanDigits = [10]string{"零", "一", "二", "三", "四", "五", "六", "七", "八", "九"}

// hanInteger reads a string of at most 16 decimal digits as a Chinese cardinal:
// "10500" → 一万零五百, "12000" → 一万两千, "15" → 十五.
func hanInteger(digits string) string {
	digits = strings.TrimLeft(digits, "0")
	if digits == "" {
		return "零"
	}
	if len(digits) > 16 {
		return hanSpell(digits, false)
	}
	digits = strings.Repeat("0", 16-len(digits)) + digits
	var b strings.Builder
	gap := false // a zero stands between what was said and what comes
	for i, unit := range []string{"万亿", "亿", "万", ""} {
		group := digits[i*4 : i*4+4]
		if group == "0000" {
			gap = b.Len() > 0
			continue
		}
		if unit == "万亿" && digits[4:8] != "0000" {
			unit = "万" // 三万五千亿, not 三万亿五千亿
		}
		if b.Len() > 0 && (gap || group[0] == '0') {
			b.WriteString("零")
		}
		if group == "0002" && unit != "" {
			b.WriteString("两")
		} else {
			b.WriteString(hanGroup(group))
		}
		b.WriteString(unit)
		gap = false
	}
	if rest, ok := strings.CutPrefix(b.String(), "一十"); ok {
		return "十" + rest
	}
	return b.String()
}

func hanGroup(group string) string {
	var b strings.Builder
	for i, unit := range []string{"千", "百", "十", ""} {
		d := group[i] - '0'
		switch {
		case d != 0:
			if d == 2 && unit == "千" {
				b.WriteString("两")
			} else {
				b.WriteString(hanDigits[d])
			}
			b.WriteString(unit)
		case b.Len() > 0 && strings.Trim(group[i:], "0") != "" && group[i-1] != '0':
			b.WriteString("零")
		}
	}
	return b.String()
}

// hanNumber reads an integer or decimal, thousands separators allowed.
func hanNumber(s string) string {
	s = strings.ReplaceAll(s, ",", "")
	whole, part, decimal := strings.Cut(s, ".")
	if len(whole) > 1 && whole[0] == '0' && !decimal {
		return hanSpell(whole, false)
	}
	if !decimal {
		return hanInteger(whole)
	}
	return hanInteger(whole) + "点" + hanSpell(part, false)
}

// hanSpell reads digit by digit. On the telephone and in road numbers one is said 幺
// (yāo), so that it is not taken for seven.
func hanSpell(digits string, telephone bool) string {
	var b strings.Builder
	for _, d := range digits {
		switch {
		case d < '0' || d > '9':
		case d == '1' && telephone:
			b.WriteString("幺")
		default:
			b.WriteString(hanDigits[d-'0'])
		}
	}
	return b.String()
}
