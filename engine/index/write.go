package index

import (
	"bufio"
	"encoding/csv"
	"io"
	"math"
	"strconv"
)

// WriteCSV writes the table with uCode first and then its columns. Numbers have as many
// digits as it takes to read the same number again; what is not known is empty.
func (t *Table) WriteCSV(w io.Writer) error {
	b := bufio.NewWriter(w)
	out := csv.NewWriter(b)
	row := append([]string{"uCode"}, t.Codes...)
	if err := out.Write(row); err != nil {
		return err
	}
	for u, unit := range t.Units {
		row[0] = unit
		for i, column := range t.Columns {
			row[i+1] = number(column[u])
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return err
	}
	return b.Flush()
}

func number(x float64) string {
	switch size := math.Abs(x); {
	case math.IsNaN(x):
		return ""
	case x == 0:
		return "0" // also -0
	case size >= 1e15 || size < 1e-5:
		return strconv.FormatFloat(x, 'e', -1, 64)
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}
