package index

import (
	"fmt"
	"math"
	"slices"
)

// Screening says which units have too few data to be scored. The zero Screening keeps all.
type Screening struct {
	Available float64  // least share of indicators whose value is known
	NonZero   float64  // least share of the known values that are not 0
	Keep      []string // codes of units that stay whatever their data
	Drop      []string // codes of units that go whatever their data
	Unfilled  bool     // known is what was before gaps were filled; COINr counts what fills them, too
}

// Availability is how much is known of a unit.
type Availability struct {
	Unit          string
	Missing, Zero int     // indicators
	Available     float64 // share of indicators whose value is known
	NonZero       float64 // share of those that are not 0; NaN where none is known
	Included      bool
}

// screen drops units of a table and says how much is known of each: in the table, or in what it was
// before gaps were filled.
func (s Screening) screen(t, before *Table) (*Table, []Availability, []Note, error) {
	if !(s.Available >= 0 && s.Available <= 1 && s.NonZero >= 0 && s.NonZero <= 1) {
		return nil, nil, nil, bad("", "shares to screen units by are between 0 and 1, not %v and %v", s.Available, s.NonZero)
	}
	for _, code := range slices.Concat(s.Keep, s.Drop) {
		if !slices.Contains(t.Units, code) {
			return nil, nil, nil, &Error{Unit: code, Reason: "there is no such unit to keep or drop"}
		}
	}
	counted := t
	if s.Unfilled {
		counted = before
	}
	all := float64(len(t.Codes))
	availability := make([]Availability, len(t.Units))
	var keep []int
	var notes []Note
	for u, unit := range t.Units {
		a := Availability{Unit: unit}
		for _, column := range counted.Columns {
			switch x := column[u]; {
			case math.IsNaN(x):
				a.Missing++
			case x == 0:
				a.Zero++
			}
		}
		a.Available = (all - float64(a.Missing)) / all
		a.NonZero = 1 - float64(a.Zero)/(all-float64(a.Missing))
		a.Included = !(a.Available < s.Available || a.NonZero < s.NonZero)
		if slices.Contains(s.Keep, unit) {
			a.Included = true
		}
		if slices.Contains(s.Drop, unit) {
			a.Included = false
		}
		if availability[u] = a; a.Included {
			keep = append(keep, u)
		} else {
			notes = append(notes, Note{Screened, "", fmt.Sprintf("%s is left out: of %d indicators %d are not known and %d are 0", unit, len(t.Codes), a.Missing, a.Zero)})
		}
	}
	switch len(keep) {
	case len(t.Units):
		return t, availability, notes, nil
	case 0:
		return nil, nil, nil, bad("", "no unit is left: of none is as much known as screening asks for")
	}
	return t.rows(keep), availability, notes, nil
}
