package index

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// ReadWeights reads weights from CSV with the columns iCode and Weight, as COINr writes
// them; others, as Level, are passed over.
func ReadWeights(file string, r io.Reader) (Weights, error) {
	s, err := readSheet(file, r, "iCode", "Weight")
	if err != nil {
		return nil, err
	}
	w := Weights{}
	err = s.parameters("iCode", func(code string) error {
		weight, err := s.number("Weight")
		if err == nil && math.IsNaN(weight) {
			err = s.bad("Weight", "%s needs a number", code)
		}
		w[code] = weight
		return err
	})
	return w, err
}

// goalpostNames are the names that a file of goalposts may give its columns, in small
// letters: of the indicator, the lower and the upper post, the scale, and whether values
// beyond a post are cut off. The first ones are COINr's.
var goalpostNames = [...][]string{
	{"icode", "code", "var", "variable", "indicator"},
	{"goalpost_lower", "lower", "low", "min"},
	{"goalpost_upper", "upper", "high", "max"},
	{"goalpost_scale", "scale"},
	{"goalpost_trunc2posts", "trunc2posts", "cap"},
}

// ReadGoalposts reads goalposts by indicator from CSV: an iMeta with COINr's columns, or a
// table with columns for the code (iCode, code or var), the lower and the upper post (lower
// and upper, low and high, or min and max), and if wanted scale and cap. Rows without posts
// are passed over.
func ReadGoalposts(file string, r io.Reader) (map[string]Goalposts, error) {
	s, err := readSheet(file, r)
	if err != nil {
		return nil, err
	}
	var names [len(goalpostNames)]string
	for i, known := range goalpostNames {
		for _, k := range known {
			if at := slices.IndexFunc(s.head, func(h string) bool { return strings.EqualFold(h, k) }); at >= 0 {
				names[i] = s.head[at]
				break
			}
		}
		if i < 3 && names[i] == "" {
			return nil, s.bad("", "the file needs a column named %s", strings.Join(known, " or "))
		}
	}
	posts := map[string]Goalposts{}
	err = s.parameters(names[0], func(code string) error {
		g, err := s.goalposts(names[1], names[2], names[3], names[4])
		if err == nil && g != nil {
			posts[code] = *g
		}
		return err
	})
	return posts, err
}

// parameters reads rows that each say something of another code.
func (s *sheet) parameters(name string, read func(code string) error) error {
	lines := map[string]int{}
	for {
		if err := s.next(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		code, err := s.code(name)
		if err != nil {
			return err
		}
		if line, twice := lines[code]; twice {
			return s.bad(name, "%s stands in line %d already", code, line)
		}
		if lines[code] = s.line; len(lines) > MaxColumns {
			return s.bad("", "more than %d rows", MaxColumns)
		}
		if err := read(code); err != nil {
			return err
		}
	}
}

// goalposts reads those of the present row, nil where it has none.
func (s *sheet) goalposts(lower, upper, scale, cut string) (*Goalposts, error) {
	g := &Goalposts{}
	var err error
	for _, f := range []struct {
		name string
		to   *float64
	}{{lower, &g.Low}, {upper, &g.High}, {scale, &g.Scale}} {
		if *f.to, err = s.number(f.name); err != nil {
			return nil, err
		}
	}
	closed, err := s.truth(cut, true)
	switch {
	case err != nil:
		return nil, err
	case math.IsNaN(g.Low) && math.IsNaN(g.High):
		return nil, nil
	case !(g.Low < g.High):
		return nil, s.bad(lower, "the lower goalpost is not below the upper one")
	case g.Scale == 0:
		return nil, s.bad(scale, "the scale is 0")
	case math.IsNaN(g.Scale):
		g.Scale = 1
	}
	g.Open = !closed
	return g, nil
}

// SetGoalposts gives indicators goalposts. file names where they came from, for the error.
func (d *Data) SetGoalposts(file string, posts map[string]Goalposts) error {
	d.Indicators = slices.Clone(d.Indicators)
	for code := range posts {
		if !slices.ContainsFunc(d.Indicators, func(in Indicator) bool { return in.Code == code }) {
			return &Error{File: file, Column: code, Reason: "goalposts are given for it, but it is no indicator"}
		}
	}
	for i, in := range d.Indicators {
		if g, ok := posts[in.Code]; ok {
			d.Indicators[i].Goalposts = &g
		} else if in.Goalposts == nil {
			return &Error{File: file, Column: in.Code, Reason: fmt.Sprintf("there are no goalposts for this indicator, only for %d others", len(posts))}
		}
	}
	return nil
}
