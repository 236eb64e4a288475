package document

import (
	"encoding/csv"
	"io"
	"iter"
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
		if sign != "" && (strings.Contains("=@\t\r\n", sign) || strings.Contains("+-", sign) && err != nil || len(c) > 15 && strings.Trim(c, "0123456789") == "") {
			c = "'" + c
		}
		out[i] = c
	}
	return out
}

// WriteCSV writes lines that every spreadsheet program reads as they are meant.
func WriteCSV(w io.Writer, lines iter.Seq[[]string]) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil { // they take it for another encoding without
		return err
	}
	out := csv.NewWriter(w)
	for line := range lines {
		if err := out.Write(Harmless(line)); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
