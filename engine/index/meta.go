package index

import (
	"errors"
	"io"
	"math"
	"slices"
)

// Meta is COINr's iMeta: what the columns of an iData are, and the tree above them.
type Meta struct {
	Indicators                  []Indicator // in the order of the file
	Aggregates                  []Aggregate
	Denominators, Groups, Other []string // codes of columns
}

// entry is a row of an iMeta, kept until all are read.
type entry struct {
	code, parent string
	level        int // 0 for what is not in the tree
	aggregate    bool
	line         int
}

// ReadMeta reads an iMeta from CSV. Its columns are COINr's: Level, iCode, Parent,
// Direction, Weight and Type must be there; iName, Unit, Denominator, Target,
// dist2targ_cap_max, goalpost_lower, goalpost_upper, goalpost_scale and
// goalpost_trunc2posts may be; others are passed over. An *Error names file, line and
// column.
func ReadMeta(file string, r io.Reader) (*Meta, error) {
	s, err := readSheet(file, r, "Level", "iCode", "Parent", "Direction", "Weight", "Type")
	if err != nil {
		return nil, err
	}
	m := &Meta{}
	var tree []entry
	lines := map[string]int{}
	for {
		if err := s.next(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		code, err := s.code("iCode")
		if err != nil {
			return nil, err
		}
		if line, twice := lines[code]; twice {
			return nil, s.bad("iCode", "%s stands in line %d already", code, line)
		}
		if lines[code] = s.line; len(lines) > MaxColumns {
			return nil, s.bad("", "more than %d rows", MaxColumns)
		}
		switch kind := s.text("Type"); kind {
		case "Indicator", "Aggregate":
			e, err := m.node(s, code, kind == "Aggregate")
			if err != nil {
				return nil, err
			}
			tree = append(tree, e)
		case "Denominator":
			m.Denominators = append(m.Denominators, code)
		case "Group":
			m.Groups = append(m.Groups, code)
		case "Other":
			m.Other = append(m.Other, code)
		default:
			return nil, s.bad("Type", "%q is not Indicator, Aggregate, Group, Denominator or Other", kind)
		}
	}
	if len(m.Indicators) == 0 {
		return nil, &Error{File: file, Column: "Type", Reason: "no row is an Indicator"}
	}
	return m, m.check(file, tree)
}

// node reads an indicator or aggregate.
func (m *Meta) node(s *sheet, code string, aggregate bool) (entry, error) {
	e := entry{code: code, parent: s.text("Parent"), aggregate: aggregate, line: s.line}
	level, err := s.number("Level")
	switch {
	case err != nil:
		return e, err
	case math.IsNaN(level) || level != math.Trunc(level) || level < 1 || level > MaxLevels:
		return e, s.bad("Level", "%s needs a whole number from 1 to %d", code, MaxLevels)
	case aggregate && level == 1:
		return e, s.bad("Level", "%s is an Aggregate, which stands on level 2 or above", code)
	case !aggregate && level != 1:
		return e, s.bad("Level", "%s is an Indicator, which stands on level 1", code)
	}
	e.level = int(level)
	weight, err := s.number("Weight")
	if err != nil {
		return e, err
	}
	if math.IsNaN(weight) {
		if weight = 1; e.parent != "" {
			return e, s.bad("Weight", "%s needs a number", code)
		}
	}
	if aggregate {
		m.Aggregates = append(m.Aggregates, Aggregate{Code: code, Name: s.text("iName"), Parent: e.parent, Weight: weight})
		return e, nil
	}
	in := Indicator{Code: code, Name: s.text("iName"), Measure: s.text("Unit"), Parent: e.parent, Weight: weight, Denominator: s.text("Denominator")}
	switch direction := s.text("Direction"); direction {
	case "1", "+1":
		in.Direction = 1
	case "-1":
		in.Direction = -1
	default:
		return e, s.bad("Direction", "%q is neither 1 nor -1", direction)
	}
	if in.Target, err = s.target(); err != nil {
		return e, err
	}
	if in.Goalposts, err = s.goalposts("goalpost_lower", "goalpost_upper", "goalpost_scale", "goalpost_trunc2posts"); err != nil {
		return e, err
	}
	m.Indicators = append(m.Indicators, in)
	return e, nil
}

// target reads the target of an indicator, nil where there is none.
func (s *sheet) target() (*Target, error) {
	value, err := s.number("Target")
	if err != nil || math.IsNaN(value) {
		return nil, err
	}
	most, err := s.truth("dist2targ_cap_max", false)
	return &Target{value, most}, err
}

// check judges the tree as COINr does: no level is missing, a parent is an aggregate on
// the next level, and only the highest level has none.
func (m *Meta) check(file string, tree []entry) error {
	levels := map[string]int{}
	highest := 0
	for _, e := range tree {
		if levels[e.code] = e.level; !e.aggregate {
			levels[e.code] = -1 // nobody's parent
		}
		highest = max(highest, e.level)
	}
	for _, e := range tree {
		wrong := func(column, format string, args ...any) error {
			return (&sheet{file: file, line: e.line}).bad(column, format, args...)
		}
		above, known := levels[e.parent]
		switch {
		case e.parent == "" && e.level < highest:
			return wrong("Parent", "%s has none; only the highest level, %d, has none", e.code, highest)
		case e.parent == "":
		case !known || above < 0:
			return wrong("Parent", "%s is no Aggregate of this file", e.parent)
		case above != e.level+1:
			return wrong("Level", "%s is on level %d and its parent %s on level %d, which is not the next", e.code, e.level, e.parent, above)
		}
		if e.aggregate && !slices.ContainsFunc(tree, func(c entry) bool { return c.parent == e.code }) {
			return wrong("iCode", "nothing has %s as its Parent", e.code)
		}
	}
	return nil
}
