package index

import (
	"math"
	"slices"
)

// Limits of what is computed.
const (
	MaxUnits   = 60_000
	MaxColumns = 10_000     // indicators, aggregates, denominators and groups together
	MaxCells   = 20_000_000 // units times columns
	MaxLevels  = 100
	MaxValue   = 1e150 // of a number, whatever its sign: its powers are computed
)

// Unit is what is scored: a district, an operator, a country.
type Unit struct{ Code, Name string }

// Indicator is a column of the data, a leaf of the tree.
type Indicator struct {
	Code, Name, Measure string // Measure is the unit of its values, for people
	Parent              string // code of the aggregate it belongs to
	Direction           int    // 1: more is better; -1: less is better
	Weight              float64
	Denominator         string  // code of what its values are divided by, if anything
	Factor              float64 // by which the quotient is multiplied; 0 counts as 1
	Target              *Target
	Targets             map[string]Target // of units whose target is another, by their codes
	Goalposts           *Goalposts
}

// Target is the value that an indicator is to reach, in its own unit, for DistanceToTarget.
type Target struct {
	Value float64
	Cap   bool // what surpasses it counts as much as it
}

// Goalposts are the values between which an indicator is measured, in its own unit and
// whatever its direction: Low is the smaller one.
type Goalposts struct {
	Low, High float64
	Scale     float64 // of the result; 0 counts as 1
	Open      bool    // values beyond a post count beyond 0 or Scale instead of being cut off
}

// Aggregate is an inner node of the tree: a pillar, a sub-index, the index.
type Aggregate struct {
	Code, Name string
	Parent     string // empty for the top
	Weight     float64
}

// Column is numbers by unit that are no indicator: a denominator. NaN is not known.
type Column struct {
	Code   string
	Values []float64
}

// Group puts each unit into a class; empty is not known.
type Group struct {
	Code string
	Of   []string
}

// Data is everything an index is made from.
type Data struct {
	Units        []Unit
	Indicators   []Indicator
	Aggregates   []Aggregate
	Values       [][]float64 // by indicator, then by unit; NaN is not known
	Denominators []Column
	Groups       []Group
	Unread       []string // columns of a file that its iMeta does not name
}

// Table is numbers by unit and column at one stage. NaN is not known. Tables share columns
// that a stage left as they were: they are for reading.
type Table struct {
	Units   []string
	Codes   []string
	Columns [][]float64
}

// Column is the numbers of a code, nil where there is no such column.
func (t *Table) Column(code string) []float64 {
	if i := slices.Index(t.Codes, code); i >= 0 {
		return t.Columns[i]
	}
	return nil
}

// with is a table of the same units and codes with other columns.
func (t *Table) with(columns [][]float64) *Table {
	return &Table{Units: t.Units, Codes: t.Codes, Columns: columns}
}

// rows is the table of some of its units.
func (t *Table) rows(keep []int) *Table {
	kept := &Table{Codes: t.Codes, Columns: make([][]float64, len(t.Columns))}
	for _, u := range keep {
		kept.Units = append(kept.Units, t.Units[u])
	}
	for i, column := range t.Columns {
		kept.Columns[i] = make([]float64, len(keep))
		for to, from := range keep {
			kept.Columns[i][to] = column[from]
		}
	}
	return kept
}

// raw is the table of the indicators as they were given, with everything checked that does
// not hang on the method.
func (d *Data) raw() (*Table, error) {
	columns := len(d.Indicators) + len(d.Aggregates) + len(d.Denominators) + len(d.Groups)
	switch {
	case len(d.Units) == 0:
		return nil, bad("", "there is no unit")
	case len(d.Indicators) == 0:
		return nil, bad("", "there is no indicator")
	case len(d.Units) > MaxUnits || columns > MaxColumns || len(d.Units)*columns > MaxCells:
		return nil, bad("", "%d units and %d columns are more than the %d, %d and %d cells that are computed", len(d.Units), columns, MaxUnits, MaxColumns, MaxCells)
	case len(d.Values) != len(d.Indicators):
		return nil, bad("", "%d indicators have values, of %d", len(d.Values), len(d.Indicators))
	}
	t := &Table{Columns: d.Values}
	seen := map[string]bool{"": true}
	for _, u := range d.Units {
		if seen[u.Code] {
			return nil, &Error{Unit: u.Code, Reason: "a unit needs a code of its own"}
		}
		seen[u.Code] = true
		t.Units = append(t.Units, u.Code)
	}
	for i, in := range d.Indicators {
		if in.Direction != 1 && in.Direction != -1 {
			return nil, bad(in.Code, "the direction is %d; it is 1 or -1", in.Direction)
		}
		if g := in.Goalposts; g != nil && !(g.Low < g.High && moderate(g.Low, g.High, g.Scale)) {
			return nil, bad(in.Code, "the lower goalpost %v is not below the upper one %v, or one is not a number up to 1e150", g.Low, g.High)
		}
		if in.Target != nil && !moderate(in.Target.Value) || !moderate(in.Factor) {
			return nil, bad(in.Code, "its target or factor is not a number up to 1e150")
		}
		for unit, target := range in.Targets {
			if !moderate(target.Value) {
				return nil, &Error{Column: in.Code, Unit: unit, Reason: "its target is not a number up to 1e150"}
			}
		}
		t.Codes = append(t.Codes, in.Code)
		if err := t.bounded(in.Code, d.Values[i]); err != nil {
			return nil, err
		}
	}
	for _, c := range d.Denominators {
		if err := t.bounded(c.Code, c.Values); err != nil {
			return nil, err
		}
	}
	for _, g := range d.Groups {
		if len(g.Of) != len(d.Units) {
			return nil, bad(g.Code, "%d values for %d units", len(g.Of), len(d.Units))
		}
	}
	return t, nil
}

// bounded refuses a column of another length and numbers that are infinite or huge.
func (t *Table) bounded(code string, column []float64) error {
	if len(column) != len(t.Units) {
		return bad(code, "%d values for %d units", len(column), len(t.Units))
	}
	for u, v := range column {
		if math.Abs(v) > MaxValue {
			return &Error{Column: code, Unit: t.Units[u], Reason: "the value is beyond ±1e150"}
		}
	}
	return nil
}

// moderate reports whether all are numbers, none of them huge.
func moderate(values ...float64) bool {
	for _, v := range values {
		if !(math.Abs(v) <= MaxValue) {
			return false
		}
	}
	return true
}
