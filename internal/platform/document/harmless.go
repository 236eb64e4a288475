package document

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Harmless keeps a spreadsheet from running a cell of a CSV file as a formula, and from
// rounding a code that it takes for a number. Some take the full-width signs of Chinese
// input for the plain ones.
func Harmless(cells []string) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		_, size := utf8.DecodeRuneInString(c)
		sign := norm.NFKC.String(c[:size])
		_, err := strconv.ParseFloat(c, 64)
		if sign != "" && (strings.Contains("=@\t\r\n", sign) || strings.Contains("+-", sign) && err != nil || len(c) > 15 && err == nil) {
			c = "'" + c
		}
		out[i] = c
	}
	return out
}
