package geo

import (
	"math"
	"sort"
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
	edges := append(edgesOf(m, 0, bm), edgesOf(n, 1, bm)...)
	cuts := slabs(edges, bm)
	sort.Slice(edges, func(i, j int) bool { return edges[i].y0 < edges[j].y0 })
	var open []edge
	var xs []crossing
	var both, all float64
	next := 0
	for i := 1; i < len(cuts); i++ {
		lo, hi := cuts[i-1], cuts[i]
		if hi <= lo {
			continue
		}
		for next < len(edges) && edges[next].y0 <= lo {
			open = append(open, edges[next])
			next++
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
		sort.Slice(xs, func(a, b int) bool { return xs[a].x < xs[b].x })
		var in [2]bool
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

// edgesOf lists the edges that can matter inside the box (degrees and sines): those
// beside it to the right change nothing within, those to the left turn inside to outside.
func edgesOf(m MultiPolygon, owner int, box Bound) []edge {
	var out []edge
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
				out = append(out, edge{a.Lon, a.Lat, b.Lon, b.Lat, owner})
			}
		}
	}
	return out
}

// slabs lists the heights at which an edge begins, ends or crosses another, ascending.
func slabs(edges []edge, box Bound) []float64 {
	var ys []float64
	add := func(y float64) {
		if y >= box.Min.Lat && y <= box.Max.Lat {
			ys = append(ys, y)
		}
	}
	sort.Slice(edges, func(i, j int) bool { return edges[i].y0 < edges[j].y0 })
	var open []edge
	for _, e := range edges {
		add(e.y0)
		add(e.y1)
		kept := open[:0]
		for _, f := range open {
			if f.y1 <= e.y0 {
				continue
			}
			kept = append(kept, f)
			if y, ok := e.meets(f); ok {
				add(y)
			}
		}
		open = append(kept, e)
	}
	add(box.Min.Lat)
	add(box.Max.Lat)
	sort.Float64s(ys)
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
