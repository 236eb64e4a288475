package main

import (
	"math"
	"sort"

	"github.com/tongsheng/tongsheng/engine/geo"
)

// step is an edge walked one way.
type step struct{ from, to vertex }

func (s step) back() step { return step{s.to, s.from} }

func (s step) length() float64 { return math.Hypot(s.to.minus(s.from)) }

// graph is every border once: for each edge, walked either way, the code of the region
// on its left. Outside everything is "". Edges meet only at vertices.
type graph struct{ left map[step]string }

// steps lists the walked edges in a fixed order, so that runs agree.
func (g *graph) steps() []step {
	out := make([]step, 0, len(g.left))
	for s := range g.left {
		out = append(out, s)
	}
	sort.Slice(out, func(i, j int) bool { return less(out[i], out[j]) })
	return out
}

func less(a, b step) bool {
	if a.from != b.from {
		return before(a.from, b.from)
	}
	return before(a.to, b.to)
}

func before(a, b vertex) bool { return a.x < b.x || a.x == b.x && a.y < b.y }

// add puts an edge with a region on each side.
func (g *graph) add(s step, left, right string) {
	if s.from != s.to {
		g.left[s], g.left[s.back()] = left, right
	}
}

// split puts vertices on an edge; they lie within a unit of it, in order.
func (g *graph) split(s step, at []vertex) {
	left, right := g.left[s], g.left[s.back()]
	delete(g.left, s)
	delete(g.left, s.back())
	from := s.from
	for _, v := range append(append([]vertex(nil), at...), s.to) {
		g.add(step{from, v}, left, right)
		from = v
	}
}

// following finds, for each step, the step after it around the region on its left: the
// first one clockwise from the way back. Only steps that keep holds for take part.
func following(steps []step) map[step]step {
	out := map[vertex][]step{}
	for _, s := range steps {
		out[s.from] = append(out[s.from], s)
	}
	angle := func(a, b vertex) float64 { x, y := b.minus(a); return math.Atan2(y, x) }
	next := make(map[step]step, len(steps))
	for _, s := range steps {
		back := angle(s.to, s.from)
		best, turn := step{}, math.Inf(1)
		for _, o := range out[s.to] {
			t := back - angle(o.from, o.to)
			if t <= 0 {
				t += 2 * math.Pi
			}
			if o == s.back() {
				t = 2 * math.Pi // turning round is the last resort
			}
			if t < turn {
				best, turn = o, t
			}
		}
		next[s] = best
	}
	return next
}

// cycles follows the steps round until each has been walked once.
func cycles(steps []step) [][]step {
	next := following(steps)
	seen := make(map[step]bool, len(steps))
	var out [][]step
	for _, s := range steps {
		if seen[s] {
			continue
		}
		var c []step
		for at := s; !seen[at]; at = next[at] {
			seen[at] = true
			c = append(c, at)
		}
		out = append(out, c)
	}
	return out
}

// simpleCycles are the cycles cut where they pass a vertex twice, so that each is a ring.
func simpleCycles(steps []step) [][]step {
	var out [][]step
	for _, c := range cycles(steps) {
		at := map[vertex]int{}
		var open []step
		for _, s := range c {
			open = append(open, s)
			at[s.from] = len(open) - 1
			if i, ok := at[s.to]; ok {
				loop := append([]step(nil), open[i:]...)
				for _, l := range loop {
					delete(at, l.from)
				}
				out, open = append(out, loop), open[:i]
			}
		}
	}
	return out
}

// faces are all cycles of the graph: counter-clockwise ones bound a face from outside,
// clockwise ones are the rims of holes in the face that surrounds them.
func (g *graph) faces() [][]step { return cycles(g.steps()) }

// area of a cycle in square grid units, positive when counter-clockwise.
func area(c []step) float64 {
	sum := 0.0
	for _, s := range c {
		ax, ay := s.from.minus(c[0].from)
		bx, by := s.to.minus(c[0].from)
		sum += ax*by - bx*ay
	}
	return sum / 2
}

func perimeter(c []step) float64 {
	sum := 0.0
	for _, s := range c {
		sum += s.length()
	}
	return sum
}

// polygons is the outline of every region for which in holds, taken together.
func (g *graph) polygons(in func(code string) bool) geo.MultiPolygon {
	var rim []step
	for _, s := range g.steps() {
		if in(g.left[s]) && !in(g.left[s.back()]) {
			rim = append(rim, s)
		}
	}
	var rings [][]vertex
	for _, c := range simpleCycles(rim) {
		ring := make([]vertex, 0, len(c)+1)
		for _, s := range c {
			ring = append(ring, s.from)
		}
		rings = append(rings, append(ring, c[0].from))
	}
	return nest(pointsOf(rings))
}

func pointsOf(rings [][]vertex) []geo.Ring {
	out := make([]geo.Ring, len(rings))
	for i, r := range rings {
		for _, v := range r {
			out[i] = append(out[i], v.point())
		}
	}
	return out
}

// nest puts each clockwise ring as a hole into the smallest polygon around it; polygons
// come largest first.
func nest(rings []geo.Ring) geo.MultiPolygon {
	var m geo.MultiPolygon
	var holes []geo.Ring
	for _, r := range rings {
		if r.Area() > 0 {
			m = append(m, geo.Polygon{r})
		} else {
			holes = append(holes, r)
		}
	}
	sort.SliceStable(m, func(i, j int) bool { return m[i][0].Area() > m[j][0].Area() })
	for _, h := range holes {
		inside := geo.MultiPolygon{{h}}.LabelPoint()
		for i := len(m) - 1; i >= 0; i-- {
			if (geo.Polygon{m[i][0]}).Contains(inside) {
				m[i] = append(m[i], h)
				break
			}
		}
	}
	return m
}
