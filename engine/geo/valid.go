package geo

import (
	"cmp"
	"fmt"
	"slices"
)

// Error is one thing wrong with a shape, at one place in it.
type Error struct {
	Code  string         // machine code and message key, e.g. "geo.ring.open"
	Place string         // where in the input, e.g. "coordinates[0][2]"
	Args  map[string]any // values the message names
}

func (e *Error) Error() string {
	s := e.Code
	if e.Place != "" {
		s = e.Place + ": " + s
	}
	if len(e.Args) > 0 {
		s += fmt.Sprint(" ", e.Args)
	}
	return s
}

// Check says what is wrong with a ring, or nil: fewer than four points, a point off the
// Earth, not closed, no area, or a crossing of itself. place is put before the index.
func (r Ring) Check(place string) error {
	if len(r) < 4 {
		return &Error{"geo.ring.short", place, map[string]any{"points": len(r)}}
	}
	for i, p := range r {
		if !p.Valid() {
			return &Error{"geo.point.invalid", fmt.Sprintf("%s[%d]", place, i), map[string]any{"lon": fmt.Sprint(p.Lon), "lat": fmt.Sprint(p.Lat)}}
		}
	}
	if r[0] != r[len(r)-1] {
		return &Error{"geo.ring.open", place, nil}
	}
	if r.Area() == 0 {
		return &Error{"geo.ring.flat", place, nil}
	}
	if i, j, ok := r.selfCrossing(); ok {
		return &Error{"geo.ring.crosses", fmt.Sprintf("%s[%d]", place, i), map[string]any{
			"other": j, "lon": fmt.Sprintf("%.5f", r[i].Lon), "lat": fmt.Sprintf("%.5f", r[i].Lat)}}
	}
	return nil
}

// Check says what is wrong with the first bad ring: see Ring.Check. Outer rings must run
// counter-clockwise and holes clockwise, and a hole must begin inside its outer ring.
func (m MultiPolygon) Check(place string) error {
	for i, poly := range m {
		if len(poly) == 0 {
			return &Error{"geo.polygon.empty", fmt.Sprintf("%s[%d]", place, i), nil}
		}
		for j, r := range poly {
			at := fmt.Sprintf("%s[%d][%d]", place, i, j)
			if err := r.Check(at); err != nil {
				return err
			}
			if (r.Area() > 0) != (j == 0) {
				return &Error{"geo.ring.orientation", at, nil}
			}
			if j > 0 && !poly[0].Bound().Contains(r[0]) {
				return &Error{"geo.ring.hole_outside", at, nil}
			}
		}
	}
	return nil
}

// Oriented is m with outer rings counter-clockwise and holes clockwise (RFC 7946 §3.1.6).
func (m MultiPolygon) Oriented() MultiPolygon {
	out := make(MultiPolygon, len(m))
	for i, poly := range m {
		out[i] = make(Polygon, len(poly))
		for j, r := range poly {
			if (r.Area() > 0) != (j == 0) {
				turned := make(Ring, len(r))
				for k, p := range r {
					turned[len(r)-1-k] = p
				}
				r = turned
			}
			out[i][j] = r
		}
	}
	return out
}

// selfCrossing finds two edges that meet anywhere but at the point they share. Edges are
// swept by longitude, so that only those whose boxes overlap are compared.
func (r Ring) selfCrossing() (int, int, bool) {
	type edge struct {
		left, right float64
		i           int
	}
	var room, more [64]edge // enough for most
	n := len(r) - 1
	edges, open := room[:0], more[:0]
	for i := range n {
		edges = append(edges, edge{min(r[i].Lon, r[i+1].Lon), max(r[i].Lon, r[i+1].Lon), i})
	}
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Compare(a.left, b.left) })
	for _, e := range edges {
		kept := open[:0]
		for _, f := range open {
			if f.right < e.left {
				continue
			}
			kept = append(kept, f)
			if r.edgesCross(e.i, f.i, n) {
				return min(e.i, f.i), max(e.i, f.i), true
			}
		}
		open = append(kept, e)
	}
	return 0, 0, false
}

func (r Ring) edgesCross(i, j, n int) bool {
	if i > j {
		i, j = j, i
	}
	a, b, c, d := r[i], r[i+1], r[j], r[j+1]
	switch {
	case j == i+1: // neighbours share b; they cross only by folding back
		return cross(a, b, d) == 0 && onSegment(a, b, d) || cross(b, d, a) == 0 && onSegment(c, d, a)
	case i == 0 && j == n-1: // the closing edge shares a
		return cross(a, b, c) == 0 && onSegment(a, b, c) || cross(c, d, b) == 0 && onSegment(c, d, b)
	}
	return segmentsMeet(a, b, c, d)
}

// cross is twice the signed area of the triangle a b c in square degrees.
func cross(a, b, c Point) float64 {
	return (b.Lon-a.Lon)*(c.Lat-a.Lat) - (b.Lat-a.Lat)*(c.Lon-a.Lon)
}

// onSegment reports whether p, known to be on the line a b, lies between them.
func onSegment(a, b, p Point) bool { return EmptyBound().Extend(a).Extend(b).Contains(p) }

// segmentsMeet reports whether the closed segments a b and c d share a point.
func segmentsMeet(a, b, c, d Point) bool {
	d1, d2, d3, d4 := cross(a, b, c), cross(a, b, d), cross(c, d, a), cross(c, d, b)
	if (d1 > 0) != (d2 > 0) && (d3 > 0) != (d4 > 0) && d1 != 0 && d2 != 0 && d3 != 0 && d4 != 0 {
		return true
	}
	return d1 == 0 && onSegment(a, b, c) || d2 == 0 && onSegment(a, b, d) ||
		d3 == 0 && onSegment(c, d, a) || d4 == 0 && onSegment(c, d, b)
}
