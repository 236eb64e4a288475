package main

import (
	"math"

	"github.com/tongsheng/tongsheng/engine/geo"
)

// xy is a place on a plane in metres, flat around 40° north: good enough to place cells,
// and exactly undone by point.
type xy struct{ x, y float64 }

const metresPerDegree = geo.EarthRadius * math.Pi / 180

var shrink = math.Cos(40 * math.Pi / 180)

func plane(p geo.Point) xy {
	return xy{(p.Lon - origin.Lon) * metresPerDegree * shrink, (p.Lat - origin.Lat) * metresPerDegree}
}

func (a xy) point() geo.Point {
	return geo.Point{Lon: origin.Lon + a.x/metresPerDegree/shrink, Lat: origin.Lat + a.y/metresPerDegree}
}

func (a xy) to2(b xy) float64 { return (a.x-b.x)*(a.x-b.x) + (a.y-b.y)*(a.y-b.y) }

// site is one cell of a power diagram: a place is in the cell whose squared distance
// less weight is smallest.
type site struct {
	code   string
	at     xy
	mass   float64 // wanted, as a share
	weight float64 // square metres
}

func nearest(sites []site, p xy) int {
	best, d := 0, math.Inf(1)
	for i, s := range sites {
		if v := s.at.to2(p) - s.weight; v < d {
			best, d = i, v
		}
	}
	return best
}

// balance moves the sites to the middles of their cells and grows or shrinks the cells
// until each holds its share (Nocaj and Brandes, Computing Voronoi Treemaps, 2012). A
// weight never exceeds the squared distance to the nearest other site, so that each
// site stays in its own cell.
func balance(m geo.MultiPolygon, sites []site, density func(geo.Point) float64) []site {
	points := sample(m, 7000)
	at := make([]xy, len(points))
	mass := make([]float64, len(points))
	total, wanted := 0.0, 0.0
	for i, p := range points {
		at[i], mass[i] = plane(p), density(p)
		total += mass[i]
	}
	for _, s := range sites {
		wanted += s.mass
	}
	const even, rounds = 12, 140 // sites are spread evenly first, so that none starts in a knot
	for round := range rounds {
		held := make([]float64, len(sites))
		count := make([]float64, len(sites))
		middle := make([]xy, len(sites))
		for i, p := range at {
			k := nearest(sites, p)
			held[k] += mass[i]
			pull := math.Sqrt(mass[i]) // towards where people are
			count[k] += pull
			middle[k].x += pull * p.x
			middle[k].y += pull * p.y
		}
		for k := range sites {
			if count[k] > 0 && round < rounds*2/3 {
				sites[k].at = xy{middle[k].x / count[k], middle[k].y / count[k]}
			}
		}
		if round < even {
			continue
		}
		for k := range sites {
			s := &sites[k]
			near := math.Inf(1)
			for j := range sites {
				if j != k {
					near = math.Min(near, s.at.to2(sites[j].at))
				}
			}
			grow := math.Max(0.8, math.Min(1.25, math.Sqrt(s.mass/wanted*total/math.Max(held[k], 1e-9))))
			r := math.Sqrt(math.Max(s.weight, 100*100)) * grow
			s.weight = math.Min(r*r, near*0.9)
		}
	}
	return sites
}

// bisector is the line between two cells, cut to where it is their border.
type bisector struct {
	a, b     xy
	one, two string // the cells on either side
}

// diagram lists the borders between cells within a box a little larger than b.
func diagram(sites []site, b geo.Bound) []bisector {
	lo, hi := plane(b.Min), plane(b.Max)
	const room = 5000
	var out []bisector
	for i, s := range sites {
		for j := i + 1; j < len(sites); j++ {
			a, c, ok := border(sites, i, j, xy{lo.x - room, lo.y - room}, xy{hi.x + room, hi.y + room})
			if ok {
				out = append(out, bisector{a, c, s.code, sites[j].code})
			}
		}
	}
	return out
}

// border walks the line of equal power between sites i and j and keeps the stretch on
// which no third site is nearer, within the box.
func border(sites []site, i, j int, lo, hi xy) (xy, xy, bool) {
	p, q := sites[i], sites[j]
	dx, dy := q.at.x-p.at.x, q.at.y-p.at.y
	d2 := dx*dx + dy*dy
	if d2 == 0 {
		return xy{}, xy{}, false
	}
	f := (d2 + p.weight - q.weight) / (2 * d2)
	o := xy{p.at.x + f*dx, p.at.y + f*dy}
	ux, uy := -dy/math.Sqrt(d2), dx/math.Sqrt(d2)
	from, to := math.Inf(-1), math.Inf(1)
	keep := func(a, b float64) { // a + b·t ≥ 0
		switch {
		case b > 0:
			from = math.Max(from, -a/b)
		case b < 0:
			to = math.Min(to, -a/b)
		case a < 0:
			from, to = 1, 0
		}
	}
	keep(o.x-lo.x, ux)
	keep(hi.x-o.x, -ux)
	keep(o.y-lo.y, uy)
	keep(hi.y-o.y, -uy)
	here := o.to2(p.at) - p.weight
	for k, r := range sites {
		if k == i || k == j {
			continue
		}
		// power of r less power of p at o + t·u is linear in t
		keep(o.to2(r.at)-r.weight-here, 2*(ux*(p.at.x-r.at.x)+uy*(p.at.y-r.at.y)))
	}
	if !(from < to) {
		return xy{}, xy{}, false
	}
	return xy{o.x + from*ux, o.y + from*uy}, xy{o.x + to*ux, o.y + to*uy}, true
}
