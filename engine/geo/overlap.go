package geo

import (
	"cmp"
	"math"
	"slices"
)

// Overlap is the fraction of m's area that lies inside n, 0…1. It works on Lambert's
// cylinder (longitude, sine of latitude), which keeps areas; edges are straight there.
//
// It cuts the plane into horizontal slabs at every vertex and every crossing, inside
// which no two edges cross, and adds the trapezoids that are inside both. Only areas
// come out, so no case of touching or overlapping edges needs special care.
func Overlap(m, n MultiPolygon) float64 {
	bm := m.Bound()
	if bm.Empty() || !bm.Intersects(n.Bound()) {
		return 0
	}
	bm.Min.Lat, bm.Max.Lat = math.Sin(radians(bm.Min.Lat)), math.Sin(radians(bm.Max.Lat))
	own, _ := edgesOf(m, 0, bm)
	edges, turns := edgesOf(n, 1, bm)
	edges = append(edges, own...)
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Compare(a.y0, b.y0) })
	cuts := slabs(edges, slices.Concat(turns, []float64{bm.Min.Lat, bm.Max.Lat}))
	var open []edge
	var xs []crossing
	var both, all float64
	var left bool // whether what is beside the box to the left is inside n
	next, turned := 0, 0
	for i := 1; i < len(cuts); i++ {
		lo, hi := cuts[i-1], cuts[i]
		if hi <= lo {
			continue
		}
		for next < len(edges) && edges[next].y0 <= lo {
			open = append(open, edges[next])
			next++
		}
		for turned < len(turns) && turns[turned] <= lo {
			left = !left
			turned++
		}
		mid := (lo + hi) / 2
		xs = xs[:0]
		kept := open[:0]
		for _, e := range open {
			if e.y1 <= lo {
				continue
			}
			kept = append(kept, e)
			if e.y1 > mid && e.y0 < mid {
				xs = append(xs, crossing{e.at(mid), e.owner})
			}
		}
		open = kept
		slices.SortFunc(xs, func(a, b crossing) int { return cmp.Compare(a.x, b.x) })
		in := [2]bool{false, left}
		for k := range xs {
			if k > 0 && in[0] {
				area := (xs[k].x - xs[k-1].x) * (hi - lo)
				all += area
				if in[1] {
					both += area
				}
			}
			in[xs[k].owner] = !in[xs[k].owner]
		}
	}
	if all == 0 {
		return 0
	}
	return math.Min(1, both/all)
}

// Intersects reports whether the insides of m and n have an area in common.
func Intersects(m, n MultiPolygon) bool { return Overlap(m, n) > 0 }

type edge struct {
	x0, y0, x1, y1 float64 // degrees and sines; y0 < y1
	owner          int
}

type crossing struct {
	x     float64
	owner int
}

func (e edge) at(y float64) float64 { return e.x0 + (e.x1-e.x0)*(y-e.y0)/(e.y1-e.y0) }

// edgesOf lists the edges of m as far as they lie inside a box (degrees and sines), and the
// heights, ascending, at which those beside it to the left turn inside to outside or back;
// those to the right change nothing within. So an edge costs where it is, however far its
// shape reaches.
func edgesOf(m MultiPolygon, owner int, box Bound) (edges []edge, turns []float64) {
	for _, poly := range m {
		for _, r := range poly {
			for i := 1; i < len(r); i++ {
				a, b := r[i-1], r[i]
				a.Lat, b.Lat = math.Sin(radians(a.Lat)), math.Sin(radians(b.Lat))
				if a.Lat > b.Lat {
					a, b = b, a
				}
				if a.Lat == b.Lat || b.Lat <= box.Min.Lat || a.Lat >= box.Max.Lat || min(a.Lon, b.Lon) > box.Max.Lon {
					continue
				}
				e := edge{a.Lon, a.Lat, b.Lon, b.Lat, owner}
				e = e.between(max(e.y0, box.Min.Lat), min(e.y1, box.Max.Lat))
				if max(e.x0, e.x1) < box.Min.Lon {
					turns = append(turns, e.y0, e.y1)
					continue
				}
				in0, in1 := e.within(box.Min.Lon, box.Max.Lon)
				if e.x0 < box.Min.Lon && in0 > e.y0 {
					turns = append(turns, e.y0, in0)
				}
				if e.x1 < box.Min.Lon && in1 < e.y1 {
					turns = append(turns, in1, e.y1)
				}
				if in0 < in1 {
					edges = append(edges, e.between(in0, in1))
				}
			}
		}
	}
	slices.Sort(turns)
	return edges, twice(turns)
}

// twice drops pairs of equal heights: what turns twice there has not turned.
func twice(turns []float64) []float64 {
	kept := turns[:0]
	for _, y := range turns {
		if last := len(kept) - 1; last >= 0 && kept[last] == y {
			kept = kept[:last]
		} else {
			kept = append(kept, y)
		}
	}
	return kept
}

// between is the part of an edge between two heights of it.
func (e edge) between(y0, y1 float64) edge {
	part := edge{e.x0, y0, e.x1, y1, e.owner}
	if y0 > e.y0 {
		part.x0 = e.at(y0)
	}
	if y1 < e.y1 {
		part.x1 = e.at(y1)
	}
	return part
}

// within are the heights between which an edge lies between two longitudes; the second is not
// above the first if it does not.
func (e edge) within(left, right float64) (y0, y1 float64) {
	y0, y1 = e.y0, e.y1
	height := func(x float64) float64 {
		return min(e.y1, max(e.y0, e.y0+(e.y1-e.y0)*(x-e.x0)/(e.x1-e.x0)))
	}
	if e.x0 < left {
		y0 = height(left)
	} else if e.x0 > right {
		y0 = height(right)
	}
	if e.x1 < left {
		y1 = height(left)
	} else if e.x1 > right {
		y1 = height(right)
	}
	return y0, y1
}

// slabs adds to heights those at which an edge begins, ends or crosses another, ascending. The
// edges are sorted by where they begin.
func slabs(edges []edge, ys []float64) []float64 {
	var open []edge
	for _, e := range edges {
		ys = append(ys, e.y0, e.y1)
		kept := open[:0]
		for _, f := range open {
			if f.y1 <= e.y0 {
				continue
			}
			kept = append(kept, f)
			if y, ok := e.meets(f); ok {
				ys = append(ys, y)
			}
		}
		open = append(kept, e)
	}
	slices.Sort(ys)
	return ys
}

// meets is the height at which two edges cross inside both.
func (e edge) meets(f edge) (float64, bool) {
	if max(e.x0, e.x1) < min(f.x0, f.x1) || max(f.x0, f.x1) < min(e.x0, e.x1) {
		return 0, false
	}
	lo, hi := max(e.y0, f.y0), min(e.y1, f.y1)
	if lo >= hi {
		return 0, false
	}
	g0, g1 := e.at(lo)-f.at(lo), e.at(hi)-f.at(hi)
	if g0 == 0 || g1 == 0 || (g0 > 0) == (g1 > 0) {
		return 0, false
	}
	return lo + (hi-lo)*g0/(g0-g1), true
}
