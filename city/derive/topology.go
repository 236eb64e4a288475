package main

import (
	"log"
	"math/rand/v2"
	"strings"

	"github.com/tongsheng/tongsheng/engine/geo"
)

// outlines is the finished topology with each region's polygons.
type outlines struct {
	topo  *geo.Topology
	shape map[string]geo.MultiPolygon
}

func (o *outlines) encode() []byte { return geo.AppendTopology(nil, o.topo) }

// significant is a code without the zeros that fill it up.
func significant(code string) string {
	for _, n := range []int{2, 4, 6, 9} {
		if strings.Trim(code[n:], "0") == "" {
			return code[:n]
		}
	}
	return code
}

// topology draws every region that the graph covers as arcs. A region is all faces whose
// code is its own or below it.
func (g *graph) topology(t *tree) *outlines {
	o := &outlines{topo: &geo.Topology{Scale: unit, Origin: origin}, shape: map[string]geo.MultiPolygon{}}
	// Each arc is known by its first step; a region's rim picks the arcs it needs.
	arcOf := map[step]int{}
	drawn := map[string]bool{}
	for i, a := range g.arcs() {
		line := make([][2]int32, len(a.line))
		for k, v := range a.line {
			line[k] = [2]int32{v.x, v.y}
			if k > 0 {
				arcOf[step{a.line[k-1], v}] = i
				arcOf[step{v, a.line[k-1]}] = ^i
			}
		}
		o.topo.Arcs = append(o.topo.Arcs, line)
	}
	for _, code := range g.left {
		drawn[code] = true
	}
	steps := g.steps()
	for _, r := range t.all {
		if r.level == "nation" || r.level == "village" {
			continue
		}
		prefix := significant(r.code)
		any := false
		for code := range drawn {
			any = any || strings.HasPrefix(code, prefix)
		}
		if !any {
			continue
		}
		var rim []step
		for _, s := range steps {
			if strings.HasPrefix(g.left[s], prefix) && !strings.HasPrefix(g.left[s.back()], prefix) {
				rim = append(rim, s)
			}
		}
		shape := geo.Shape{ID: r.code, Modelled: r.modelled}
		var rings []geo.Ring
		var arcs [][]int
		for _, c := range simpleCycles(rim) {
			rings = append(rings, ringOf(c))
			arcs = append(arcs, arcsOf(c, arcOf))
		}
		shape.Arcs, o.shape[r.code] = nestArcs(rings, arcs)
		o.topo.Shapes = append(o.topo.Shapes, shape)
	}
	log.Printf("outlines: %d shapes, %d arcs", len(o.topo.Shapes), len(o.topo.Arcs))
	return o
}

func ringOf(c []step) geo.Ring {
	var r geo.Ring
	for _, s := range c {
		r = append(r, s.from.point())
	}
	return append(r, c[0].from.point())
}

// arcsOf reads a cycle as arcs. It is turned to begin where an arc begins.
func arcsOf(c []step, arcOf map[step]int) []int {
	start := 0
	for i := range c {
		if arcOf[c[i]] != arcOf[c[(i+len(c)-1)%len(c)]] {
			start = i
			break
		}
	}
	var out []int
	for i := range c {
		n := arcOf[c[(start+i)%len(c)]]
		if len(out) == 0 || out[len(out)-1] != n {
			out = append(out, n)
		}
	}
	return out
}

// nestArcs nests rings as nest does, and their arcs alike.
func nestArcs(rings []geo.Ring, arcs [][]int) ([][][]int, geo.MultiPolygon) {
	m := nest(rings)
	first := map[geo.Point]map[geo.Point]int{} // a ring is known by its first step
	for i, r := range rings {
		if first[r[0]] == nil {
			first[r[0]] = map[geo.Point]int{}
		}
		first[r[0]][r[1]] = i
	}
	var out [][][]int
	for _, poly := range m {
		var rows [][]int
		for _, r := range poly {
			rows = append(rows, arcs[first[r[0]][r[1]]])
		}
		out = append(out, rows)
	}
	return out, m
}

// place gives every drawn region a point inside it to stand for it, and every village a
// point of its own inside its township, spread evenly by the model.
func place(t *tree, o *outlines) {
	for _, r := range t.all {
		m, ok := o.shape[r.code]
		if !ok {
			continue
		}
		r.place, r.placed = m.LabelPoint(), true
		if r.level != "township" || len(r.children) == 0 {
			continue
		}
		points := scatter(m, len(r.children))
		// Codes list communities before villages; shuffled, neither kind keeps to one side.
		random := rand.New(rand.NewPCG(seedOf(r.code), 2))
		random.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
		for i, p := range points {
			v := r.children[i]
			v.place, v.placed, v.modelled = p, true, true
		}
	}
}

// scatter is n points inside m, evenly apart: the sample points nearest to the middles
// of n Voronoi cells.
func scatter(m geo.MultiPolygon, n int) []geo.Point {
	points := sample(m, 40*n+200)
	sites := make([]site, n)
	for i := range sites {
		sites[i].at = plane(points[(2*i+1)*len(points)/(2*n)])
	}
	for range 25 {
		count, middle := make([]float64, n), make([]xy, n)
		for _, p := range points {
			q := plane(p)
			k := nearest(sites, q)
			count[k]++
			middle[k].x += q.x
			middle[k].y += q.y
		}
		for k := range sites {
			if count[k] > 0 {
				sites[k].at = xy{middle[k].x / count[k], middle[k].y / count[k]}
			}
		}
	}
	out := make([]geo.Point, n)
	taken := map[geo.Point]bool{}
	for k := range sites {
		best, d := geo.Point{}, -1.0
		for _, p := range points {
			if e := plane(p).to2(sites[k].at); !taken[p] && (d < 0 || e < d) {
				best, d = p, e
			}
		}
		taken[best], out[k] = true, best
	}
	return out
}
