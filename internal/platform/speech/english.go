package speech

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// English writes a text as it is read aloud in English. Plain cardinals stay figures,
// which every engine reads; dates, clock times, units, ranges, signs and telephone
// numbers are written out.
func English(text string) string {
	text = foldWidth.Replace(text)
	text = rule(text, enTelephone, spellTelephone)
	text = rule(text, enDate, func(c match) string {
		month, _ := strconv.Atoi(c.group[3])
		if c.group[2] != c.group[4] {
			return keep
		}
		return ordinal(c.group[5]) + " of " + enMonths[month-1] + " " + c.group[1]
	})
	text = rule(text, zhTimeSpan, func(c match) string {
		return clock12(c.group[1], c.group[2]) + " to " + clock12(c.group[4], c.group[5])
	})
	text = rule(text, zhTime, func(c match) string { return clock12(c.group[1], c.group[2]) })
	text = enOrdinalMark.ReplaceAllString(text, "number $1")
	return rule(text, enQuantity, readQuantity)
}

var (
	enTelephone   = regexp.MustCompile(`\+?\d{2,3}[- ]\d{3,4}[- ]\d{4}|\+?1[3-9]\d{9}|0\d{2,3}[- ]\d{7,8}|[48]00[- ]?\d{3,4}[- ]?\d{3,4}|\d{3,8}`)
	enDate        = regexp.MustCompile(`([12]\d{3})([-/])(1[0-2]|0?[1-9])([-/])(3[01]|[12]\d|0?[1-9])`)
	enQuantity    = regexp.MustCompile(`([-−–]?)(` + reNumber + `)(%?)(?:\s*(?:[-–—−~～]|to)\s*([-−–]?)(` + reNumber + `)(%?))?(\s*)(` + unitNames(enUnits) + `)?`)
	enOrdinalMark = regexp.MustCompile(`\b[Nn]o\.\s*(\d)`)
	enCue         = regexp.MustCompile(`(?i)\b(call|dial|phone|ring|tel|telephone|hotline|helpline|contact|text)\b[^.;!?\n]{0,40}$`)
	enAfterCue    = regexp.MustCompile(`(?i)^\s*(hotline|helpline|line)\b`)
	enMeasure     = regexp.MustCompile(`(?i)^\s*(?:[%‰℃°.,:/]\d|[%‰℃°]|[a-z]*(?:metre|meter|minute|hour|day|second|people|person|home|km|mm|cm|m\b|kg))`)
	enMonths      = [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
)

func spellTelephone(c match) string {
	number := c.group[0]
	prev, _ := utf8.DecodeLastRuneInString(c.before)
	if prev == '.' || prev == '-' || unicode.IsLetter(prev) {
		return keep
	}
	cued := enCue.MatchString(c.before) || enAfterCue.MatchString(c.after)
	if len(number) <= 8 && (!cued || enMeasure.MatchString(c.after)) {
		return keep
	}
	var b strings.Builder
	for _, r := range number {
		switch {
		case r >= '0' && r <= '9':
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteRune(r)
		case r == '+':
			b.WriteString("plus")
		default:
			b.WriteByte(',') // a short pause
		}
	}
	return b.String()
}

// clock12 says a time of day as English speakers do: 18:30 → 6 30 p m, 12:00 → 12 noon.
func clock12(hour, minute string) string {
	h, _ := strconv.Atoi(hour)
	if minute == "00" && h%12 == 0 {
		return map[bool]string{true: "12 noon", false: "midnight"}[h == 12]
	}
	half := " a m"
	if h >= 12 && h < 24 {
		half = " p m"
	}
	said := strconv.Itoa((h+11)%12 + 1)
	switch {
	case minute == "00":
	case minute[0] == '0':
		said += " oh " + minute[1:]
	default:
		said += " " + minute
	}
	return said + half
}

func ordinal(day string) string {
	n, _ := strconv.Atoi(day)
	suffix := "th"
	if n/10 != 1 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return strconv.Itoa(n) + suffix
}

func readQuantity(c match) string {
	sign, first, percent, sign2, second, percent2, space, unit :=
		c.group[1], c.group[2], c.group[3], c.group[4], c.group[5], c.group[6], c.group[7], c.group[8]
	prev, _ := utf8.DecodeLastRuneInString(c.before)
	if unit != "" && len(c.after) > 0 && isLatin(c.after[0]) {
		// The symbol begins a word, as in "5 men": give the letters back.
		space, unit = space+unit, ""
	}
	if unicode.IsLetter(prev) || unicode.IsDigit(prev) {
		if sign != "" {
			return keep
		}
		return " " + c.group[0] // G6
	}
	out := readSign(sign) + strings.ReplaceAll(first, ",", "")
	last := first
	if percent != "" {
		out += " percent"
	}
	if second != "" {
		last = second
		out += " to " + readSign(sign2) + strings.ReplaceAll(second, ",", "")
		if percent2 != "" {
			out += " percent"
		}
	}
	names, ok := enUnits[unit]
	switch {
	case !ok:
		return out + space
	case last == "1":
		return out + " " + names[0]
	default:
		return out + " " + names[1]
	}
}

func readSign(sign string) string {
	if sign != "" {
		return "minus "
	}
	return ""
}
