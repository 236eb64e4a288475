package index

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Normal is a way to bring indicators to one scale, on which more is always better.
type Normal string

// The ways, with x an indicator's values times its direction.
const (
	AsIs             Normal = ""          // x
	MinMax           Normal = "minmax"    // (x − min)/(max − min)·(B − A) + A
	ZScore           Normal = "zscore"    // (x − mean)/sd·B + A
	Rank             Normal = "rank"      // the rank of x, 1 for the lowest
	Borda            Normal = "borda"     // the same less 1
	PercentileRank   Normal = "prank"     // (rank − 1)/(number of known values − 1)
	DistanceToMax    Normal = "dist2max"  // 1 − (max − x)/(max − min)
	DistanceToTarget Normal = "dist2targ" // (x − min)/(target − min)
	DistanceToUnit   Normal = "dist2ref"  // 1 − (x of the unit Reference − x)/(x of it − min)
	BetweenGoalposts Normal = "goalposts" // (x − low)/(high − low)·scale
)

// Normalisation is a way with its parameters. Goalposts and targets are the indicators' own.
type Normalisation struct {
	By        Normal
	A, B      float64
	Reference string // code of a unit
}

// ParseNormalisation reads minmax:LOW:HIGH, zscore:MEAN:SD, dist2ref:UNIT or the name of
// another way. minmax alone is minmax:0:100, zscore alone zscore:0:1.
func ParseNormalisation(text string) (Normalisation, error) {
	name, rest, more := strings.Cut(text, ":")
	n := Normalisation{By: Normal(name)}
	switch n.By {
	case MinMax, ZScore:
		n.B = 1
		if n.By == MinMax {
			n.B = 100
		}
		if !more {
			return n, nil
		}
		a, b, two := strings.Cut(rest, ":")
		var errA, errB error
		n.A, errA = strconv.ParseFloat(a, 64)
		n.B, errB = strconv.ParseFloat(b, 64)
		if !two || errA != nil || errB != nil {
			return n, bad("", "%q: %s takes two numbers, %s:A:B", text, name, name)
		}
		return n, n.valid()
	case DistanceToUnit:
		if n.Reference = rest; rest == "" {
			return n, bad("", "%q: it takes the code of a unit, dist2ref:UNIT", text)
		}
		return n, nil
	case Rank, Borda, PercentileRank, DistanceToMax, DistanceToTarget, BetweenGoalposts:
		if more {
			return n, bad("", "%q: %s takes no parameter here", text, name)
		}
		return n, nil
	}
	return n, bad("", "%q is no normalisation: there are minmax, zscore, rank, borda, prank, dist2max, dist2targ, dist2ref and goalposts", text)
}

// String is the text that ParseNormalisation reads.
func (n Normalisation) String() string {
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	switch n.By {
	case MinMax, ZScore:
		return string(n.By) + ":" + number(n.A) + ":" + number(n.B)
	case DistanceToUnit:
		return string(n.By) + ":" + n.Reference
	}
	return string(n.By)
}

func (n Normalisation) valid() error {
	switch n.By {
	case AsIs, MinMax, ZScore, Rank, Borda, PercentileRank, DistanceToMax, DistanceToTarget, DistanceToUnit, BetweenGoalposts:
	default:
		return bad("", "%q is no normalisation", n.By)
	}
	switch {
	case (n.By == MinMax || n.By == ZScore) && !moderate(n.A, n.B):
		return bad("", "%s: the parameters are finite numbers", n)
	case n.By == MinMax && n.A >= n.B:
		return bad("", "%s: the lower end is below the upper one", n)
	case n.By == ZScore && n.B <= 0:
		return bad("", "%s: the standard deviation is above 0", n)
	}
	return nil
}

// normalise brings all indicators to one scale, some of them in a way of their own.
func (m Method) normalise(t *Table, d *Data) (*Table, []Note, error) {
	for code := range m.Each {
		if !slices.Contains(t.Codes, code) {
			return nil, nil, bad(code, "there is no such indicator to normalise in a way of its own")
		}
	}
	columns := make([][]float64, len(t.Columns))
	var notes []Note
	for i, in := range d.Indicators {
		n, own := m.Each[in.Code]
		if !own {
			n = m.Normalise
		}
		column, note, err := n.column(t, i, in)
		if err != nil {
			return nil, nil, err
		}
		for u, v := range column {
			if math.IsInf(v, 0) {
				return nil, nil, &Error{Column: in.Code, Unit: t.Units[u], Reason: fmt.Sprintf("by %s it is infinite: what it is measured against is too small", n)}
			}
		}
		if columns[i] = column; note != "" {
			notes = append(notes, Note{Normalised, in.Code, note})
		}
	}
	return t.with(columns), notes, nil
}

// column normalises one indicator. What cannot be normalised, because no two values differ or a
// target is no better than the worst, becomes unknown, and the note says so.
func (n Normalisation) column(t *Table, i int, in Indicator) (y []float64, note string, err error) {
	x := each(t.Columns[i], func(v float64) float64 { return v * float64(in.Direction) })
	f, note, err := n.scale(t.Units, x, in)
	if err != nil {
		return nil, "", err
	}
	y = each(x, f)
	var lost []string
	for u, unit := range t.Units {
		if g := n.own(unit, x, in); g != nil {
			if y[u] = g(x[u]); math.IsNaN(y[u]) && !math.IsNaN(x[u]) {
				lost = append(lost, unit)
			}
		}
	}
	if len(lost) > 0 {
		note = strings.TrimPrefix(note+"; units whose own target is no better than the worst value become unknown: "+strings.Join(lost, ", "), "; ")
	}
	return y, note, nil
}

// own is the scale of a unit that has a target of its own; nil where all units share one.
func (n Normalisation) own(unit string, x []float64, in Indicator) func(float64) float64 {
	target, has := in.Targets[unit]
	all := known(x)
	if !has || n.By != DistanceToTarget || len(all) == 0 {
		return nil
	}
	in.Target = &target
	f, _ := toTarget(slices.Min(all), in)
	return f
}

// scale is what brings a value of an indicator, times its direction, to the scale that x, the
// values of all units, make.
func (n Normalisation) scale(units []string, x []float64, in Indicator) (f func(float64) float64, note string, err error) {
	if err := n.valid(); err != nil {
		return nil, "", err
	}
	all := known(x)
	if len(all) == 0 {
		return unknown, "no value is known", nil
	}
	least, most := slices.Min(all), slices.Max(all)
	flat := least == most
	switch n.By {
	case AsIs:
		return func(v float64) float64 { return v }, "", nil
	case Rank:
		return ascending(all), "", nil
	case Borda:
		rank := ascending(all)
		return func(v float64) float64 { return rank(v) - 1 }, "", nil
	case BetweenGoalposts:
		f, err := between(in)
		return f, "", err
	case DistanceToTarget:
		switch {
		case in.Target != nil:
		case len(in.Targets) > 0:
			return unknown, "units for which there is no target become unknown", nil
		default:
			return nil, "", bad(in.Code, "it has no target")
		}
		f, note := toTarget(least, in)
		return f, note, nil
	case DistanceToUnit:
		return n.toUnit(units, x, least)
	}
	if flat && (n.By != PercentileRank || len(all) == 1) {
		return unknown, "its values do not differ, so that they have no place on a scale: they become unknown", nil
	}
	switch n.By {
	case MinMax:
		return func(v float64) float64 { return (v-least)/(most-least)*(n.B-n.A) + n.A }, "", nil
	case DistanceToMax:
		return func(v float64) float64 { return 1 - (most-v)/(most-least) }, "", nil
	case ZScore:
		m, sd := mean(all), deviation(all)
		return func(v float64) float64 { return (v-m)/sd*n.B + n.A }, "", nil
	default: // PercentileRank
		rank, others := ascending(all), float64(len(all)-1)
		return func(v float64) float64 { return (rank(v) - 1) / others }, "", nil
	}
}

func each(x []float64, f func(float64) float64) []float64 {
	y := make([]float64, len(x))
	for u, v := range x {
		y[u] = f(v)
	}
	return y
}

func unknown(float64) float64 { return math.NaN() }

// between measures from the worse goalpost to the better one.
func between(in Indicator) (func(float64) float64, error) {
	g := in.Goalposts
	if g == nil {
		return nil, bad(in.Code, "it has no goalposts")
	}
	from, scale := g.Low, g.Scale
	if in.Direction < 0 {
		from = -g.High
	}
	if scale == 0 {
		scale = 1
	}
	return func(v float64) float64 {
		y := (v - from) / (g.High - g.Low)
		if !g.Open && !math.IsNaN(y) {
			y = min(max(y, 0), 1)
		}
		return y * scale
	}, nil
}

// toTarget measures from the worst value to the target. From one that is no worse than the target no
// distance can be measured; what surpasses a target with Cap has reached it all the same.
func toTarget(least float64, in Indicator) (f func(float64) float64, note string) {
	target := in.Target.Value * float64(in.Direction)
	f = func(v float64) float64 { return (v - least) / (target - least) }
	if target <= least {
		f = unknown
	}
	switch {
	case in.Target.Cap:
		distance := f
		f = func(v float64) float64 {
			if v >= target {
				return 1
			}
			return distance(v)
		}
	case target <= least:
		note = "its target is no better than its worst value, from which no distance can be measured: all become unknown"
	}
	return f, note
}

// toUnit measures from the worst value to that of the reference.
func (n Normalisation) toUnit(units []string, x []float64, least float64) (f func(float64) float64, note string, err error) {
	at := slices.Index(units, n.Reference)
	switch {
	case at < 0:
		return nil, "", &Error{Unit: n.Reference, Reason: "there is no such unit to compare with"}
	case math.IsNaN(x[at]):
		return unknown, "the value of " + n.Reference + " is not known: all become unknown", nil
	case x[at] == least:
		return unknown, "the value of " + n.Reference + " is the worst, from which no distance can be measured: all become unknown", nil
	}
	return func(v float64) float64 { return 1 - (x[at]-v)/(x[at]-least) }, "", nil
}
