package cap

import (
	"math"
	"strings"
)

// A simple type of XML Schema 1.0 as far as the schemas of CAP and EDXL-DE use it: says
// what is wrong with a text, or nothing. It judges as libxml2 does, also where that
// departs from the standard by a limit of its own.
type simple func(text string) string

func anyText(string) string { return "" }

// oneOf is an enumeration of xs:string: blanks count.
func oneOf(values ...string) simple {
	wrong := "is not one of " + strings.Join(values, ", ")
	return func(text string) string {
		for _, v := range values {
			if v == text {
				return ""
			}
		}
		return wrong
	}
}

// oneToken is an enumeration of xs:NMTOKEN: blanks around do not count.
func oneToken(values ...string) simple {
	check := oneOf(values...)
	return func(text string) string { return check(trim(text)) }
}

// trim takes blanks off both ends.
func trim(s string) string {
	from, to := 0, len(s)
	for from < to && isBlank(s[from]) {
		from++
	}
	for from < to && isBlank(s[to-1]) {
		to--
	}
	return s[from:to]
}

func isBlank(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// collapse is the whitespace facet of that name.
func collapse(s string) string {
	s = trim(s)
	if !strings.ContainsAny(s, "\t\r\n") && !strings.Contains(s, "  ") {
		return s
	}
	var out strings.Builder
	out.Grow(len(s))
	for i := range len(s) {
		switch c := s[i]; c {
		case ' ', '\t', '\r', '\n':
			if before := s[i-1]; before != ' ' && before != '\t' && before != '\r' && before != '\n' {
				out.WriteByte(' ')
			}
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}

func digitsAt(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// two reads two digits; -1 where there are none.
func two(s string) int {
	if len(s) < 2 || digitsAt(s[:2]) != 2 {
		return -1
	}
	return int(s[0]-'0')*10 + int(s[1]-'0')
}

// dateTime is xs:dateTime. libxml2 takes blanks behind it, where there is a zone, and
// none before it.
func dateTime(text string) string {
	s := strings.TrimRight(text, " \t\r\n")
	if !isDateTime(s) || len(s) < len(text) && s[len(s)-1] != 'Z' && !isOffset(s[len(s)-6:]) {
		return "is not a date and time"
	}
	return ""
}

func isDateTime(s string) bool {
	negative := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	n := digitsAt(s)
	if n < 4 || n > 9 || n > 4 && s[0] == '0' || len(s) < n+15 {
		return false
	}
	year := 0
	for _, c := range s[:n] {
		year = year*10 + int(c-'0')
	}
	if year == 0 || year > math.MaxInt32 {
		return false
	}
	if negative {
		year = -year
	}
	s = s[n:]
	month, day, hour, minute, second := two(s[1:]), two(s[4:]), two(s[7:]), two(s[10:]), two(s[13:])
	if s[0] != '-' || s[3] != '-' || s[6] != 'T' || s[9] != ':' || s[12] != ':' ||
		month < 1 || month > 12 || day < 1 || day > monthDays(year, month) || hour < 0 || minute < 0 || minute > 59 || second < 0 || second > 59 {
		return false
	}
	s = s[15:]
	fraction := false
	if strings.HasPrefix(s, ".") {
		f := digitsAt(s[1:])
		if f == 0 {
			return false
		}
		fraction = strings.Trim(s[1:1+f], "0") != ""
		s = s[1+f:]
	}
	if hour > 24 || hour == 24 && (minute != 0 || second != 0 || fraction) {
		return false
	}
	return s == "" || s == "Z" || isOffset(s)
}

func isOffset(s string) bool {
	if len(s) != 6 || s[0] != '+' && s[0] != '-' || s[3] != ':' {
		return false
	}
	h, m := two(s[1:]), two(s[4:])
	return h >= 0 && m >= 0 && m <= 59 && h*60+m <= 14*60
}

func monthDays(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// dateTime12 is the type of times in CAP 1.2: xs:dateTime with seconds, without their
// fraction, and with an offset in digits.
func dateTime12(text string) string {
	s := trim(text)
	if len(s) != 25 || !isDateTime(s) || !isOffset(s[19:]) {
		return "is not a date and time of the form YYYY-MM-DDThh:mm:ss±hh:mm"
	}
	return ""
}

// language is xs:language.
func language(text string) string {
	first := true
	for part := range strings.SplitSeq(collapse(text), "-") {
		if len(part) < 1 || len(part) > 8 {
			return "is not a language"
		}
		for i := range len(part) {
			c := part[i]
			if letter := c|0x20 >= 'a' && c|0x20 <= 'z'; !letter && (first || c < '0' || c > '9') {
				return "is not a language"
			}
		}
		first = false
	}
	return ""
}

// integer is xs:integer; libxml2 takes no more than 24 digits.
func integer(text string) string {
	s := trim(text)
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	if n := digitsAt(s); n == 0 || n != len(s) || len(strings.TrimLeft(s, "0")) > 24 {
		return "is not a whole number"
	}
	return ""
}

// decimal is xs:decimal; libxml2 takes no more than 24 digits.
func decimal(text string) string {
	s := trim(text)
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	whole := digitsAt(s)
	rest, fraction := s[whole:], 0
	if strings.HasPrefix(rest, ".") {
		fraction = digitsAt(rest[1:])
		rest = rest[1+fraction:]
	}
	if rest != "" || whole+fraction == 0 || len(strings.TrimLeft(s[:whole], "0"))+fraction > 24 {
		return "is not a decimal number"
	}
	return ""
}

// base64Binary is xs:base64Binary: blanks anywhere, padding in its place, no bits left over.
func base64Binary(text string) string {
	const wrong = "is not base 64"
	n, pad, last := 0, 0, byte(0)
	for i := range len(text) {
		c := text[i]
		switch {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
		case c == '=':
			pad++
		case pad > 0:
			return wrong
		case c >= 'A' && c <= 'Z':
			n, last = n+1, c-'A'
		case c >= 'a' && c <= 'z':
			n, last = n+1, c-'a'+26
		case c >= '0' && c <= '9':
			n, last = n+1, c-'0'+52
		case c == '+':
			n, last = n+1, 62
		case c == '/':
			n, last = n+1, 63
		default:
			return wrong
		}
	}
	switch {
	case (n+pad)%4 != 0 || pad > 2 || n%4 == 1 || pad > 0 && n%4+pad != 4:
		return wrong
	case pad == 1 && last&3 != 0, pad == 2 && last&15 != 0:
		return wrong
	}
	return ""
}
