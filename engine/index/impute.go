package index

import (
	"fmt"
	"math"
	"slices"
)

// Filling is what an unknown value is filled with.
type Filling string

// The fillings: with nothing, or with the mean or median of the indicator's known values.
const (
	NoFilling  Filling = ""
	FillMean   Filling = "mean"
	FillMedian Filling = "median"
)

// Imputation says how gaps are filled. With a group, only units of the same class count,
// and units whose class is not known keep their gaps (i_mean_grp, i_median_grp of COINr).
type Imputation struct {
	With  Filling
	Group string // code; empty for all units together
}

func (im Imputation) impute(t *Table, d *Data) (*Table, []Note, error) {
	switch im.With {
	case NoFilling:
		return t, nil, nil
	case FillMean, FillMedian:
	default:
		return nil, nil, bad("", "gaps are filled with mean or median, not %q", im.With)
	}
	classes := make([]string, len(t.Units)) // one for all
	if im.Group == "" {
		for u := range classes {
			classes[u] = "all"
		}
	} else {
		at := slices.IndexFunc(d.Groups, func(g Group) bool { return g.Code == im.Group })
		if at < 0 {
			return nil, nil, bad(im.Group, "there is no such group to fill gaps by")
		}
		classes = d.Groups[at].Of
		if !slices.ContainsFunc(classes, func(c string) bool { return c != "" }) {
			return nil, nil, bad(im.Group, "no unit has a class in this group")
		}
	}
	columns := slices.Clone(t.Columns)
	var notes []Note
	for i, column := range t.Columns {
		if !slices.ContainsFunc(column, math.IsNaN) {
			continue
		}
		known := map[string][]float64{}
		for u, x := range column {
			if !math.IsNaN(x) {
				known[classes[u]] = append(known[classes[u]], x)
			}
		}
		filled, left := slices.Clone(column), 0
		fill := map[string]float64{}
		for class, values := range known {
			if im.With == FillMedian {
				fill[class] = median(values)
			} else {
				fill[class] = mean(values)
			}
		}
		for u, x := range column {
			if !math.IsNaN(x) {
				continue
			}
			if y, ok := fill[classes[u]]; ok && classes[u] != "" {
				filled[u] = y
			} else {
				left++
			}
		}
		if left > 0 {
			notes = append(notes, Note{Imputed, t.Codes[i], fmt.Sprintf("gaps that stay, because no unit of the same class has a value: %d", left)})
		}
		columns[i] = filled
	}
	return t.with(columns), notes, nil
}
