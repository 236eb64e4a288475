package index

import (
	"math"
	"slices"
)

// Transform is what is done to an indicator that winsorising did not bring within bounds.
type Transform string

// The logarithms of COINr, each moved so that it exists for every value. With r the range
// of the values, log_CT is ln(x − min + r/100); log_CT_plus is that for a skewness above 0,
// else −ln(max + r/100 − x); log_CT_orig is ln(x − min + 1).
const (
	NoTransform Transform = ""
	LogCT       Transform = "log_CT"
	LogCTPlus   Transform = "log_CT_plus"
	LogCTOrig   Transform = "log_CT_orig"
)

// Treatment brings indicators with outliers within bounds: one passes if its absolute
// skewness is below Skew or its kurtosis below Kurt. One that does not is winsorised: its
// highest values (its lowest, where it is skewed to the left) are set to the next one, again
// and again, until it passes or WinMax values were changed; values that are equal are
// changed together and all count. If it still does not pass, the original values are
// transformed. The zero Treatment leaves everything as it is.
type Treatment struct {
	Skew, Kurt float64
	WinMax     int
	Then       Transform
	Combine    bool     // transform the winsorised values instead of the original ones
	Except     []string // codes of indicators that are left as they are
}

// Check is whether an indicator passes. Skew and Kurt are NaN where they do not exist.
type Check struct {
	Pass       bool
	Skew, Kurt float64
}

// Outliers is what was found and done about those of an indicator.
type Outliers struct {
	Code             string
	Before           Check
	Winsorised       int      // values that were set to the next one
	AfterWinsorising *Check   // nil where it was not winsorised
	AfterTransform   *Check   // nil where it was not transformed
	Points           []string // by unit: winhi, winlo, the transform, or both with a + between
	Untreated        string   // why it was left as it was although it does not pass

	on func(float64) float64 // what the treatment makes of a value; nil where it leaves all as they are
}

func (tr Treatment) treat(t *Table) (*Table, []Outliers, []Note, error) {
	if tr.Skew == 0 && tr.Kurt == 0 {
		return t, nil, nil, nil
	}
	switch tr.Then {
	case NoTransform, LogCT, LogCTPlus, LogCTOrig:
	default:
		return nil, nil, nil, bad("", "there is no transform %q", tr.Then)
	}
	if !moderate(tr.Skew, tr.Kurt) || tr.WinMax < 0 {
		return nil, nil, nil, bad("", "the bounds of treatment are finite, and no less than 0 values are changed")
	}
	for _, code := range tr.Except {
		if !slices.Contains(t.Codes, code) {
			return nil, nil, nil, bad(code, "there is no such indicator to leave untreated")
		}
	}
	columns := slices.Clone(t.Columns)
	var details []Outliers
	var notes []Note
	for i, code := range t.Codes {
		if slices.Contains(tr.Except, code) {
			continue
		}
		column, detail := tr.column(t.Columns[i])
		detail.Code = code
		if detail.Untreated != "" {
			notes = append(notes, Note{Treated, code, "left untreated: " + detail.Untreated})
		}
		columns[i] = column
		details = append(details, detail)
	}
	return t.with(columns), details, notes, nil
}

// column treats one indicator.
func (tr Treatment) column(x []float64) ([]float64, Outliers) {
	const few = "too few of its values differ to judge skewness and kurtosis"
	before, sure := tr.check(x)
	detail := Outliers{Before: before, Points: make([]string, len(x))}
	switch {
	case before.Pass:
		return x, detail
	case !sure:
		detail.Untreated = few
		return x, detail
	}
	won, points, count, check, sure := tr.winsorise(x)
	if !sure {
		detail.Untreated = few
		return x, detail
	}
	detail.Winsorised, detail.AfterWinsorising, detail.Points = count, &check, points
	least, most := slices.Min(known(won)), slices.Max(known(won))
	bounded := func(v float64) float64 { return min(max(v, least), most) } // NaN stays NaN
	if check.Pass || tr.Then == NoTransform {
		detail.on = bounded
		return won, detail
	}
	from := x
	if tr.Combine {
		from = won
	}
	of, name := tr.Then.of(from)
	y := each(from, of)
	if detail.on = of; tr.Combine {
		detail.on = func(v float64) float64 { return of(bounded(v)) }
	}
	after, _ := tr.check(y)
	detail.AfterTransform = &after
	for u, p := range points {
		detail.Points[u] = p + "+" + name
	}
	return y, detail
}

// check says whether x passes, and whether that can be said. Like COINr's it holds one
// criterion that is met enough, though the other cannot be computed.
func (tr Treatment) check(x []float64) (c Check, sure bool) {
	c = Check{Skew: Skewness(x), Kurt: Kurtosis(x)}
	c.Pass = math.Abs(c.Skew) < tr.Skew || c.Kurt < tr.Kurt
	return c, c.Pass || !math.IsNaN(c.Skew) && !math.IsNaN(c.Kurt)
}

// winsorise changes the values at the longer tail until x passes or enough were changed.
func (tr Treatment) winsorise(x []float64) (y []float64, points []string, count int, c Check, sure bool) {
	y = slices.Clone(x)
	var high, low []int
	c, sure = tr.check(y)
	for !c.Pass && sure && count < tr.WinMax {
		if c.Skew >= 0 {
			high = clip(y, func(a, b float64) bool { return a > b })
		} else {
			low = clip(y, func(a, b float64) bool { return a < b })
		}
		count = len(high) + len(low)
		c, sure = tr.check(y)
	}
	points = make([]string, len(x))
	for _, u := range high {
		points[u] = "winhi"
	}
	for _, u := range low {
		points[u] = "winlo"
	}
	return y, points, count, c, sure
}

// clip sets what lies farthest out to what lies next, and gives the places. There are at
// least two different values.
func clip(y []float64, beyond func(a, b float64) bool) (places []int) {
	first, next := math.NaN(), math.NaN()
	for _, v := range y {
		switch {
		case math.IsNaN(v) || v == first || v == next:
		case math.IsNaN(first) || beyond(v, first):
			first, next = v, first
		case math.IsNaN(next) || beyond(v, next):
			next = v
		}
	}
	for u, v := range y {
		if v == first {
			places = append(places, u)
			y[u] = next
		}
	}
	return places
}

// of is the transform that x, whose range is not 0, asks for, and its name.
func (f Transform) of(x []float64) (of func(float64) float64, name string) {
	least, most := slices.Min(known(x)), slices.Max(known(x))
	off := 0.01 * (most - least)
	name, of = string(f), func(v float64) float64 { return math.Log(v - least + off) }
	switch {
	case f == LogCTOrig:
		of = func(v float64) float64 { return math.Log(v - least + 1) }
	case f == LogCTPlus && Skewness(x) > 0:
		name = string(LogCT)
	case f == LogCTPlus:
		name, of = "log_CT_neg", func(v float64) float64 { return -math.Log(most + off - v) }
	}
	return of, name
}
