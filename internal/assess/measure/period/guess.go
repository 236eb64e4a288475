package period

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

// numerals are the quarters and halves as people write them.
var numerals = strings.NewReplacer("一", "1", "二", "2", "三", "3", "四", "4", "上", "1", "下", "2")

// loose are the ways in which people write a period of each kind, beside those of String. The
// groups are the year and the number within it, or the day.
var loose = map[Kind]*regexp.Regexp{
	Day:     regexp.MustCompile(`^(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?$`),
	Month:   regexp.MustCompile(`^(\d{4})[-/.年]?(\d{1,2})月?(?:份)?$`),
	Quarter: regexp.MustCompile(`^(\d{4})年?(?:第?([1-4])季度?|[Qq]([1-4]))$`),
	Half:    regexp.MustCompile(`^(\d{4})年?(?:([12])半年|[Hh]([12]))$`),
	Year:    regexp.MustCompile(`^(\d{4})(?:年|年度)?$`),
	Plan:    regexp.MustCompile(`^(\d{4})年?[-—–~至到](\d{4})年?$`),
}

// Guess reads a period of a kind as people and spreadsheets write it: 2026年7月, 2026/7/28,
// 202607, 2026年第三季度, 2026年上半年.
func Guess(k Kind, text string) (Period, error) {
	s := strings.Join(strings.Fields(norm.NFKC.String(text)), "")
	if p, err := Parse(s); err == nil && p.Kind == k {
		return p, nil
	}
	if k == Quarter || k == Half {
		s = numerals.Replace(s)
	}
	pattern := loose[k]
	if pattern == nil {
		return Period{}, errPeriod(text)
	}
	m := pattern.FindStringSubmatch(s)
	if m == nil {
		return Period{}, errPeriod(text)
	}
	var parts []int
	for _, g := range m[1:] {
		if g != "" {
			n, _ := strconv.Atoi(g) // digits, by the pattern
			parts = append(parts, n)
		}
	}
	month, day := 1, 1
	switch k {
	case Day:
		month, day = parts[1], parts[2]
	case Month:
		month = parts[1]
	case Quarter:
		month = parts[1]*3 - 2
	case Half:
		month = parts[1]*6 - 5
	}
	if month < 1 || month > 12 {
		return Period{}, errPeriod(text)
	}
	p := onDate(k, parts[0], time.Month(month), day)
	if back, err := Parse(p.String()); err != nil || back != p || k == Day && p.Year() != parts[0] || k == Plan && parts[1] != p.Year()+4 || k == Plan && parts[0] != p.Year() {
		return Period{}, errPeriod(text)
	}
	if _, m, d := p.date(); k == Day && (int(m) != month || d != day) {
		return Period{}, errPeriod(text)
	}
	return p, nil
}
