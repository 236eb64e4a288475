package document

import (
	"strings"
	"unicode"
)

// Chinese line breaking (GB/T 15834-2011 5.1): closing punctuation does not begin a
// line, opening punctuation does not end one; Latin words and figures stay whole.
const (
	notFirst = "，。、；：？！）》」』】〉〕”’…—·％%‰℃°,.;:?!)]}"
	notLast  = "（《「『【〈〔“‘([{¥￥$"
)

// wrap breaks s into lines that are at most width wide by measure. A word wider than a
// line is broken anywhere.
func wrap(s string, width float64, measure func(string) float64) []string {
	var lines []string
	for para := range strings.SplitSeq(s, "\n") {
		line, used := "", 0.0
		for _, unit := range units(para) {
			w := measure(unit)
			bare := strings.TrimRight(unit, " ") // spaces hang over the edge
			if used+measure(bare) > width && line != "" {
				lines = append(lines, strings.TrimRight(line, " "))
				line, used = "", 0
				unit = strings.TrimLeft(unit, " ")
				w = measure(unit)
			}
			for measure(strings.TrimRight(unit, " ")) > width && len([]rune(unit)) > 1 {
				n := fitting(unit, width, measure)
				lines = append(lines, unit[:n])
				unit = unit[n:]
				w = measure(unit)
			}
			line += unit
			used += w
		}
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return lines
}

// units cuts a paragraph where a line may end.
func units(s string) []string {
	var out []string
	runes := []rune(s)
	begin := 0
	for i := 1; i < len(runes); i++ {
		before, after := runes[i-1], runes[i]
		if strings.ContainsRune(notFirst, after) || strings.ContainsRune(notLast, before) {
			continue
		}
		if wide(before) || wide(after) || before == ' ' || before == '-' || before == '/' {
			if after != ' ' {
				out = append(out, string(runes[begin:i]))
				begin = i
			}
		}
	}
	if begin < len(runes) {
		out = append(out, string(runes[begin:]))
	}
	return out
}

// fitting is the number of bytes of s, at least one character, that fit into width.
func fitting(s string, width float64, measure func(string) float64) int {
	n := 0
	for i, r := range s {
		end := i + len(string(r))
		if i > 0 && measure(s[:end]) > width {
			break
		}
		n = end
	}
	return n
}

func wide(r rune) bool {
	return unicode.Is(unicode.Han, r) || r >= 0x3000 && r <= 0x303F || r >= 0xFF01 && r <= 0xFF60
}
