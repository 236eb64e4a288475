package index

import (
	"math"
	"slices"
)

// denominate divides the indicators that name a denominator by it, and multiplies by their
// factor. What has no denominator's value is not known; a denominator of 0 is an error.
func denominate(t *Table, d *Data) (*Table, error) {
	columns := slices.Clone(t.Columns)
	for i, in := range d.Indicators {
		if in.Denominator == "" {
			continue
		}
		at := slices.IndexFunc(d.Denominators, func(c Column) bool { return c.Code == in.Denominator })
		if at < 0 {
			return nil, bad(in.Code, "its denominator %s is not among the data", in.Denominator)
		}
		by := d.Denominators[at].Values
		factor := in.Factor
		if factor == 0 {
			factor = 1
		}
		columns[i] = make([]float64, len(by))
		for u, x := range t.Columns[i] {
			y := x / (by[u] / factor)
			if by[u] == 0 && !math.IsNaN(x) || math.Abs(y) > MaxValue {
				return nil, &Error{Column: in.Code, Unit: t.Units[u], Reason: "it cannot be divided by its denominator " + in.Denominator + ", which is 0 or next to it"}
			}
			columns[i][u] = y
		}
	}
	return t.with(columns), nil
}
