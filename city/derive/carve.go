package main

import (
	"math"
	"sort"

	"github.com/tongsheng/tongsheng/engine/geo"
)

// carve draws the borders between sites inside a part of a region and gives every face
// there to the site it belongs to.
func (g *graph) carve(region string, part geo.MultiPolygon, sites []site) {
	var rim []step
	for _, s := range g.steps() {
		if g.left[s] == region {
			mid := geo.Point{Lon: (s.from.point().Lon + s.to.point().Lon) / 2, Lat: (s.from.point().Lat + s.to.point().Lat) / 2}
			if part.Bound().Contains(mid) {
				rim = append(rim, s)
			}
		}
	}
	cutter := &cutter{part: part, rim: rim, onEdge: map[step][]vertex{}}
	var inner []step
	for _, b := range diagram(sites, part.Bound()) {
		inner = append(inner, cutter.clip(b.a, b.b)...)
	}
	for _, s := range rim {
		if at := cutter.onEdge[s]; len(at) > 0 {
			sort.Slice(at, func(i, j int) bool { return step{s.from, at[i]}.length() < step{s.from, at[j]}.length() })
			g.split(s, at)
		}
	}
	for _, s := range inner {
		if _, there := g.left[s]; !there {
			g.add(s, region, region)
		}
	}
	g.relabelFaces(region, part, sites)
}

// relabelFaces gives the faces of a region inside part to their sites, then joins stray
// pieces that the outline cut from their cell to the neighbour with the longest border.
func (g *graph) relabelFaces(region string, part geo.MultiPolygon, sites []site) {
	type piece struct {
		cycle []step
		size  float64
	}
	at := func(p geo.Point) string { return sites[nearest(sites, plane(p))].code }
	pieces := map[string][]piece{}
	for _, c := range g.faces() {
		if g.left[c[0]] != region || !touches(c, part) {
			continue
		}
		code := vote(c, at)
		for _, s := range c {
			g.left[s] = code
		}
		if a := area(c); a > 0 {
			pieces[code] = append(pieces[code], piece{c, a})
		}
	}
	for _, s := range sites {
		list := pieces[s.code]
		sort.SliceStable(list, func(i, j int) bool { return list[i].size > list[j].size })
		for i := 1; i < len(list); i++ {
			votes := map[string]float64{}
			for _, e := range list[i].cycle {
				n := g.left[e.back()]
				for _, o := range sites {
					if o.code == n && n != s.code {
						votes[n] += e.length()
					}
				}
			}
			if len(votes) > 0 {
				to := heaviest(votes)
				for _, e := range list[i].cycle {
					g.left[e] = to
				}
			}
		}
	}
	g.dropInner()
}

func touches(c []step, part geo.MultiPolygon) bool {
	return vote(c, func(p geo.Point) string {
		if part.Contains(p) {
			return "in"
		}
		return ""
	}) == "in"
}

// relabel gives a whole detached part of a region to one code below it.
func (g *graph) relabel(region string, part geo.MultiPolygon, code string) {
	for _, c := range g.faces() {
		if g.left[c[0]] == region && touches(c, part) {
			for _, s := range c {
				g.left[s] = code
			}
		}
	}
}

// cutter clips lines to a part and remembers where they end on its rim.
type cutter struct {
	part   geo.MultiPolygon
	rim    []step
	onEdge map[step][]vertex
	ends   []vertex
}

// clip returns the pieces of a line inside the part, ending on vertices.
func (c *cutter) clip(a, b xy) []step {
	type end struct {
		t  float64
		on step // the rim edge it lies on; zero for an end of the line
	}
	pa, pb := a.point(), b.point()
	ends := []end{{t: 0}, {t: 1}}
	ax, ay := (pa.Lon-origin.Lon)/unit, (pa.Lat-origin.Lat)/unit
	dx, dy := (pb.Lon-pa.Lon)/unit, (pb.Lat-pa.Lat)/unit
	for _, s := range c.rim {
		ex, ey := s.to.minus(s.from)
		ox, oy := float64(s.from.x)-ax, float64(s.from.y)-ay
		den := dx*ey - dy*ex
		if den == 0 {
			continue
		}
		t, u := (ox*ey-oy*ex)/den, (ox*dy-oy*dx)/den
		if t > 0 && t < 1 && u >= 0 && u < 1 {
			ends = append(ends, end{t, s})
		}
	}
	sort.Slice(ends, func(i, j int) bool { return ends[i].t < ends[j].t })
	at := func(t float64) geo.Point {
		return geo.Point{Lon: pa.Lon + t*(pb.Lon-pa.Lon), Lat: pa.Lat + t*(pb.Lat-pa.Lat)}
	}
	settle := func(e end) vertex {
		v := toGrid(at(e.t))
		if e.on == (step{}) {
			return c.snap(v)
		}
		return c.onto(e.on, v)
	}
	var out []step
	for i := 1; i < len(ends); i++ {
		if c.part.Contains(at((ends[i-1].t + ends[i].t) / 2)) {
			from, to := settle(ends[i-1]), settle(ends[i])
			if from != to {
				out = append(out, step{from, to})
			}
		}
	}
	return out
}

const near = 4 // grid units within which two ends are one

func within(v, w vertex) bool { return math.Hypot(v.minus(w)) <= near }

// snap joins line ends that meet within rounding.
func (c *cutter) snap(v vertex) vertex {
	for _, w := range c.ends {
		if within(v, w) {
			return w
		}
	}
	c.ends = append(c.ends, v)
	return v
}

// onto puts a line's end on a rim edge, at one of its vertices when close.
func (c *cutter) onto(s step, v vertex) vertex {
	for _, w := range append([]vertex{s.from, s.to}, c.onEdge[s]...) {
		if within(v, w) {
			return w
		}
	}
	c.onEdge[s] = append(c.onEdge[s], v)
	return v
}
