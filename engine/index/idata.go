package index

import (
	"errors"
	"io"
	"slices"
	"strings"
)

// ReadData reads an iData from CSV: a row for each unit, with uCode, uName if wanted, and
// the columns of the iMeta. Empty fields and NA are not known. A column Time must be the
// same in all rows; others that the iMeta does not name are passed over and listed in
// Unread. The units are sorted by the bytes of their codes. An *Error names file, line and
// column.
func ReadData(file string, r io.Reader, m *Meta) (*Data, error) {
	s, err := readSheet(file, r, "uCode")
	if err != nil {
		return nil, err
	}
	d := &Data{Indicators: m.Indicators, Aggregates: m.Aggregates, Values: make([][]float64, len(m.Indicators))}
	var numbers []*[]float64 // where each column of the file goes; nil for what is no number
	var classes []*[]string
	for _, c := range m.Denominators {
		d.Denominators = append(d.Denominators, Column{Code: c})
	}
	for _, c := range m.Groups {
		d.Groups = append(d.Groups, Group{Code: c})
	}
	for _, name := range s.head {
		var number *[]float64
		var class *[]string
		if i := slices.IndexFunc(m.Indicators, func(in Indicator) bool { return in.Code == name }); i >= 0 {
			number = &d.Values[i]
		} else if i := slices.Index(m.Denominators, name); i >= 0 {
			number = &d.Denominators[i].Values
		} else if i := slices.Index(m.Groups, name); i >= 0 {
			class = &d.Groups[i].Of
		} else if slices.ContainsFunc(m.Aggregates, func(a Aggregate) bool { return a.Code == name }) {
			return nil, s.bad(name, "it is an Aggregate, which is computed and not given")
		} else if !slices.Contains(m.Other, name) && !slices.Contains([]string{"uCode", "uName", "Time"}, name) {
			d.Unread = append(d.Unread, name)
		}
		numbers, classes = append(numbers, number), append(classes, class)
	}
	for _, code := range m.columns() {
		if !slices.Contains(s.head, code) {
			return nil, s.bad(code, "the iMeta names this column, and it is not there")
		}
	}
	return d, d.rows(s, numbers, classes)
}

// columns are the codes of what an iData must hold.
func (m *Meta) columns() (codes []string) {
	for _, in := range m.Indicators {
		codes = append(codes, in.Code)
	}
	return slices.Concat(codes, m.Denominators, m.Groups)
}

// rows reads the units.
func (d *Data) rows(s *sheet, numbers []*[]float64, classes []*[]string) error {
	lines := map[string]int{}
	time := ""
	for {
		if err := s.next(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		code, err := s.code("uCode")
		if err != nil {
			return err
		}
		if now := s.text("Time"); len(lines) == 0 {
			time = now
		} else if now != time {
			return s.bad("Time", "%s, and %s before: an index is made of one time, keep its rows only", now, time)
		}
		if line, twice := lines[code]; twice {
			return s.bad("uCode", "%s stands in line %d already", code, line)
		}
		lines[code] = s.line
		if len(lines) > MaxUnits || len(lines)*len(s.head) > MaxCells {
			return s.bad("", "more than %d units, or %d fields", MaxUnits, MaxCells)
		}
		d.Units = append(d.Units, Unit{code, s.text("uName")})
		for i, field := range s.row {
			switch {
			case numbers[i] != nil:
				x, err := s.parse(s.head[i], textOf(field))
				if err != nil {
					return err
				}
				*numbers[i] = append(*numbers[i], x)
			case classes[i] != nil:
				*classes[i] = append(*classes[i], strings.Clone(textOf(field)))
			}
		}
	}
	if len(lines) == 0 {
		return s.bad("uCode", "there is no unit")
	}
	d.sort()
	return nil
}

// sort puts the units in the order of the bytes of their codes.
func (d *Data) sort() {
	order := make([]int, len(d.Units))
	for u := range order {
		order[u] = u
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(d.Units[a].Code, d.Units[b].Code) })
	d.Units = permuted(d.Units, order)
	for i, column := range d.Values {
		d.Values[i] = permuted(column, order)
	}
	for i, c := range d.Denominators {
		d.Denominators[i].Values = permuted(c.Values, order)
	}
	for i, g := range d.Groups {
		d.Groups[i].Of = permuted(g.Of, order)
	}
}

func permuted[T any](x []T, order []int) []T {
	y := make([]T, len(x))
	for to, from := range order {
		y[to] = x[from]
	}
	return y
}
