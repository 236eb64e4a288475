package main

import (
	"log"
	"math"
	"sort"

	"github.com/tongsheng/tongsheng/engine/geo"
)

// join makes one graph of outlines that came separately: edges are cut where they meet,
// every face gets the region that covers it, and the slivers that none or two of the
// sources cover go to the neighbour with which they share the longest border.
func join(shapes []shape) *graph {
	edges := map[step]bool{}
	for _, s := range shapes {
		for _, r := range s.rings {
			for i := 1; i < len(r); i++ {
				edges[ordered(r[i-1], r[i])] = true
			}
		}
	}
	for round := 1; cut(edges); round++ {
		if round > 20 {
			panic("join: the outlines do not settle on the grid")
		}
	}
	g := &graph{left: map[step]string{}}
	for e := range edges {
		g.add(e, "", "")
	}
	cover := newCover(shapes)
	for _, c := range g.faces() {
		code := cover.vote(c)
		for _, s := range c {
			g.left[s] = code
		}
	}
	g.absorbSlivers()
	g.dropInner()
	return g
}

func ordered(a, b vertex) step {
	if before(b, a) {
		a, b = b, a
	}
	return step{a, b}
}

// cut splits edges at crossings and at vertices that lie on them; false when none did.
func cut(edges map[step]bool) bool {
	list := make([]step, 0, len(edges))
	for e := range edges {
		list = append(list, e)
	}
	sort.Slice(list, func(i, j int) bool { return less(list[i], list[j]) })
	at := map[step][]vertex{}
	for i, e := range list { // sorted by western end, so that the rest of the row may be skipped
		for _, f := range list[i+1:] {
			if f.from.x > e.to.x+1 {
				break
			}
			if min(f.from.y, f.to.y) > max(e.from.y, e.to.y)+1 || max(f.from.y, f.to.y) < min(e.from.y, e.to.y)-1 {
				continue
			}
			meet(e, f, at)
		}
	}
	for e, vs := range at {
		sort.Slice(vs, func(i, j int) bool { return step{e.from, vs[i]}.length() < step{e.from, vs[j]}.length() })
		delete(edges, e)
		from := e.from
		for _, v := range append(vs, e.to) {
			if from != v {
				edges[ordered(from, v)] = true
			}
			from = v
		}
	}
	return len(at) > 0
}

func meet(e, f step, at map[step][]vertex) {
	touched := false
	touch := func(e step, v vertex) {
		if v == e.from || v == e.to {
			return
		}
		dx, dy := e.to.minus(e.from)
		px, py := v.minus(e.from)
		t := (px*dx + py*dy) / (dx*dx + dy*dy)
		if t > 0 && t < 1 && math.Abs(dx*py-dy*px) < 0.75*math.Hypot(dx, dy) {
			at[e] = append(at[e], v)
			touched = true
		}
	}
	touch(e, f.from)
	touch(e, f.to)
	touch(f, e.from)
	touch(f, e.to)
	if touched || e.from == f.from || e.to == f.to || e.from == f.to || e.to == f.from {
		return
	}
	dx, dy := e.to.minus(e.from)
	fx, fy := f.to.minus(f.from)
	den := dx*fy - dy*fx
	if den == 0 {
		return
	}
	ox, oy := f.from.minus(e.from)
	t, u := (ox*fy-oy*fx)/den, (ox*dy-oy*dx)/den
	if t > 0 && t < 1 && u > 0 && u < 1 {
		v := vertex{e.from.x + int32(math.Round(t*dx)), e.from.y + int32(math.Round(t*dy))}
		for _, s := range []step{e, f} {
			if v != s.from && v != s.to {
				at[s] = append(at[s], v)
			}
		}
	}
}

// cover answers which sources hold a place.
type cover struct {
	code  []string
	shape []geo.MultiPolygon
	bound []geo.Bound
}

func newCover(shapes []shape) *cover {
	c := &cover{}
	for _, s := range shapes {
		var m geo.MultiPolygon
		for _, r := range pointsOf(s.rings) {
			m = append(m, geo.Polygon{r})
		}
		c.code, c.shape, c.bound = append(c.code, s.code), append(c.shape, m), append(c.bound, m.Bound())
	}
	return c
}

// contested marks a face that two sources claim.
const contested = "?"

func (c *cover) at(p geo.Point) string {
	found := ""
	for i, m := range c.shape {
		if c.bound[i].Contains(p) && m.Contains(p) {
			if found != "" {
				return contested
			}
			found = c.code[i]
		}
	}
	return found
}

// vote asks three metres to the left of each edge of a cycle and takes the longest yes.
func (c *cover) vote(cycle []step) string { return vote(cycle, c.at) }

func vote(cycle []step, at func(geo.Point) string) string {
	votes := map[string]float64{}
	for _, s := range cycle {
		l := s.length()
		dx, dy := s.to.minus(s.from)
		p := s.from.point()
		p.Lon += (dx/2 - 3*dy/l) * unit
		p.Lat += (dy/2 + 3*dx/l) * unit
		votes[at(p)] += l
	}
	return heaviest(votes)
}

func heaviest(votes map[string]float64) string {
	best, most := "", -1.0
	for code, v := range votes {
		if v > most || v == most && code < best {
			best, most = code, v
		}
	}
	return best
}

// absorbSlivers gives faces that no region or several claim to their longest neighbour.
// What is unclaimed and wide, such as the sea, stays outside.
func (g *graph) absorbSlivers() {
	const wide = 400 // grid units, about 400 m
	for range 10 {
		changed := 0
		for _, c := range g.faces() {
			code, a := g.left[c[0]], area(c)
			if code != contested && (code != "" || a <= 0 || 2*a/perimeter(c) > wide) {
				continue
			}
			votes := map[string]float64{}
			for _, s := range c {
				if n := g.left[s.back()]; n != "" && n != contested {
					votes[n] += s.length()
				}
			}
			if len(votes) == 0 {
				continue
			}
			to := heaviest(votes)
			for _, s := range c {
				g.left[s] = to
			}
			changed++
		}
		log.Printf("join: %d slivers absorbed", changed)
		if changed == 0 {
			return
		}
	}
}

// dropInner removes edges with the same region on both sides.
func (g *graph) dropInner() {
	for s, code := range g.left {
		if g.left[s.back()] == code {
			delete(g.left, s)
			delete(g.left, s.back())
		}
	}
}

// arc is a border between two places where three or more regions meet, or a whole rim.
type arc struct{ line []vertex }

// arcs cuts the graph into its arcs, each once.
func (g *graph) arcs() []arc {
	degree := map[vertex]int{}
	next := map[vertex][]step{}
	steps := g.steps()
	for _, s := range steps {
		degree[s.from]++
		next[s.from] = append(next[s.from], s)
	}
	var out []arc
	seen := map[step]bool{}
	walk := func(s step) {
		if seen[s] {
			return
		}
		line := []vertex{s.from}
		for {
			seen[s], seen[s.back()] = true, true
			line = append(line, s.to)
			if degree[s.to] != 2 || s.to == line[0] {
				break
			}
			o := next[s.to]
			if o[0].to != s.from {
				s = o[0]
			} else {
				s = o[1]
			}
		}
		out = append(out, arc{line})
	}
	for _, s := range steps {
		if degree[s.from] != 2 {
			walk(s)
		}
	}
	for _, s := range steps {
		walk(s)
	}
	return out
}
