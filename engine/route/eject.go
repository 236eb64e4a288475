package route

import (
	"math"
	"slices"
)

// maxLoads is how many dimensions loads can have, maxEjected how many jobs one that fits
// nowhere can put out of a tour.
const (
	maxLoads   = 8
	maxEjected = 5
)

// path is a way along a tour up to some position, past jobs that it leaves out, with the
// job that is to come in or yet without it.
type path struct {
	early    [maxBreaks + 1]float64 // departures, as tour.leave
	load     [maxLoads]float64
	penalty  float64 // of those left out
	left     int
	position int
	inside   bool // the job stands before position
	entered  bool // the job stands immediately before position
	from     int  // the path that it goes on from
}

// ejection finds the jobs of a tour with the least penalty that must go for a job to come in:
// the shortest way from its start to its end, by dominance of paths.
type ejection struct {
	t       *tour
	c       int32
	penalty func(j int32) float64
	bound   float64
	paths   []path
	at      [2][][]int32 // paths by whether the job is inside, by position
	found   int
}

// search reports whether there is a way with a penalty below bound.
func (e *ejection) search(t *tour, c int32, bound float64) bool {
	e.t, e.c, e.bound, e.found = t, c, bound, -1
	n, head, m := len(t.seq), len(t.car.head), t.m
	e.paths = e.paths[:0]
	for i := range e.at {
		for len(e.at[i]) < n {
			e.at[i] = append(e.at[i], nil)
		}
		for p := range e.at[i] {
			e.at[i][p] = e.at[i][p][:0]
		}
	}
	first := path{position: head, from: -1}
	copy(first.early[:], t.leave[head*t.labels:(head+1)*t.labels])
	for _, j := range t.seq[1 : 1+head] {
		for k := range m.dims {
			first.load[k] += m.load[int(j)*m.dims+k]
		}
	}
	e.paths = append(e.paths, first)
	e.at[0][head] = append(e.at[0][head], 0)
	for p := head; p < n-1; p++ {
		for inside := range e.at {
			for _, i := range e.at[inside][p] {
				if e.paths[i].penalty < e.bound {
					e.extend(i)
				}
			}
		}
	}
	return e.found >= 0
}

// extend goes on from a path to every position that it can reach.
func (e *ejection) extend(i int32) {
	t, from := e.t, e.paths[i]
	penalty, left := from.penalty, from.left
	mayEnter := !from.inside && t.m.ranked(t, e.c, from.position)
	var entered path
	if mayEnter {
		entered = from
		mayEnter = e.visit(&entered, t.seq[from.position], e.c)
	}
	for q := from.position + 1; q < len(t.seq); q++ {
		next := from
		next.penalty, next.left, next.position, next.from, next.entered = penalty, left, q, int(i), false
		e.step(next, t.seq[from.position])
		if mayEnter {
			next = entered
			next.penalty, next.left, next.position, next.from, next.inside, next.entered = penalty, left, q, int(i), true, true
			e.step(next, e.c)
		}
		if q == len(t.seq)-1 {
			break
		}
		penalty += e.penalty(t.seq[q])
		if left++; left > maxEjected || penalty >= e.bound {
			break
		}
	}
}

// visit moves a path on from one node to a job; it reports whether that can be.
func (e *ejection) visit(to *path, from, job int32) bool {
	t, m := e.t, e.t.m
	early := to.early[:t.labels]
	leg := m.time[int(from)*m.size+int(job)]
	if t.labels == 1 {
		nd := &m.nodes[job]
		if early[0] = nd.open(early[0] + leg); early[0] > nd.due {
			return false
		}
		early[0] += nd.service
	} else {
		t.visit(early, &m.nodes[job], leg)
		if !slices.ContainsFunc(early, func(at float64) bool { return !math.IsInf(at, 1) }) {
			return false
		}
	}
	for k := range m.dims {
		if to.load[k] += m.load[int(job)*m.dims+k]; to.load[k] > t.car.capacity[k] {
			return false
		}
	}
	return true
}

// step keeps a path that goes from a node to the position it names, if it can and none is better.
func (e *ejection) step(next path, from int32) {
	t, m := e.t, e.t.m
	q := next.position
	if q == len(t.seq)-1 {
		if !next.inside {
			return
		}
		early := next.early[:t.labels]
		leg := m.time[int(from)*m.size+int(t.seq[q])]
		for k := range early {
			early[k] += leg
		}
		t.relax(early)
		if early[t.labels-1] <= t.car.shift.To && next.penalty < e.bound {
			e.bound = next.penalty
			e.found = len(e.paths)
			e.paths = append(e.paths, next)
		}
		return
	}
	if !e.visit(&next, from, t.seq[q]) {
		return
	}
	list := &e.at[0][q]
	if next.inside {
		list = &e.at[1][q]
	}
	for _, i := range *list {
		if e.dominates(&e.paths[i], &next) {
			return
		}
	}
	*list = append(*list, int32(len(e.paths)))
	e.paths = append(e.paths, next)
}

func (e *ejection) dominates(a, b *path) bool {
	if a.penalty > b.penalty || a.left > b.left {
		return false
	}
	for k := range e.t.labels {
		if a.early[k] > b.early[k] {
			return false
		}
	}
	for k := range e.t.m.dims {
		if a.load[k] > b.load[k] {
			return false
		}
	}
	return true
}

// route is the sequence that was found, and who is out of it.
func (e *ejection) route() (seq, out []int32) {
	t := e.t
	end := len(t.seq)
	var back []int32
	for i := e.found; i >= 0; i = e.paths[i].from {
		pt := &e.paths[i]
		back = append(back, t.seq[pt.position])
		for q := pt.position + 1; q < end; q++ {
			out = append(out, t.seq[q])
		}
		end = pt.position
		if pt.entered {
			back = append(back, e.c)
		}
	}
	slices.Reverse(back)
	seq = append(seq, t.seq[:end]...)
	return append(seq, back...), out
}

// force brings an absent job in where those that go for it were absent least often, and
// reports whether there was such a place.
func (w *worker) force(c int32) bool {
	s := w.s
	w.absences[c]++
	bound := w.penalty(c)
	var seq, out []int32
	tour := -1
	from := w.rng.IntN(len(s.tours))
	full := s.used() >= s.limit
	for i := range s.tours {
		v := (from + i) % len(s.tours)
		t := &s.tours[v]
		if !s.m.allowed[v*s.m.n+int(c)] || t.empty() && full {
			continue
		}
		if w.ejection.search(t, c, bound) {
			bound = w.ejection.bound
			seq, out = w.ejection.route()
			tour = v
		}
	}
	if tour < 0 {
		return false
	}
	s.touch(tour)
	t := &s.tours[tour]
	t.seq = append(t.seq[:0], seq...)
	t.update()
	if !t.ok {
		t.copyFrom(&s.saved[tour])
		return false
	}
	i := slices.Index(s.absent, c)
	s.absent = slices.Delete(s.absent, i, i+1)
	s.weight -= s.m.weight[c]
	for _, j := range out {
		s.leave(j)
	}
	s.locate(tour)
	s.reckon()
	return true
}
