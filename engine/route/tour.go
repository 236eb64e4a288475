package route

import "math"

// tour is the route of one vehicle with what makes it cheap to ask whether a job fits in.
//
// Breaks make several answers to "how early" possible: with few of them taken a vehicle may
// be earlier, with more of them it has less to come. So times stand by position and by how
// many breaks were taken, its label: leave says how early, latest how late, and a route can
// be joined at a position if it can be with any label. One without breaks has one label.
type tour struct {
	m      *model
	car    *car
	v      int
	labels int
	seq    []int32   // nodes: start, jobs, end
	leave  []float64 // earliest departure, breaks at the place before it included
	latest []float64 // latest arrival from which all that follows can be done
	leg    []float64 // cost of the leg to a position
	load   []float64
	low    []int32 // lowest order from a position on
	high   []int32 // highest order up to a position
	cost   float64
	ok     bool
}

func newTour(m *model, v int) tour {
	c := &m.cars[v]
	t := tour{m: m, car: c, v: v, labels: len(c.breaks) + 1, load: make([]float64, m.dims)}
	t.seq = append(t.seq, c.start)
	t.seq = append(t.seq, c.head...)
	t.seq = append(t.seq, c.end)
	t.update()
	return t
}

func (t *tour) jobs() []int32 { return t.seq[1 : len(t.seq)-1] }
func (t *tour) empty() bool   { return len(t.seq) == 2 }

// loose are the jobs that can be taken out.
func (t *tour) loose() []int32 { return t.seq[1+len(t.car.head) : len(t.seq)-1] }

// copyFrom makes t the same as u, a tour of the same vehicle, without sharing memory.
func (t *tour) copyFrom(u *tour) {
	t.m, t.car, t.v, t.labels, t.cost, t.ok = u.m, u.car, u.v, u.labels, u.cost, u.ok
	t.seq = append(t.seq[:0], u.seq...)
	t.leave = append(t.leave[:0], u.leave...)
	t.latest = append(t.latest[:0], u.latest...)
	t.leg = append(t.leg[:0], u.leg...)
	t.load = append(t.load[:0], u.load...)
	t.low = append(t.low[:0], u.low...)
	t.high = append(t.high[:0], u.high...)
}

func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, 2*n)
	}
	return s[:n]
}

// update reckons everything anew after seq has changed; ok says whether it can be driven.
func (t *tour) update() {
	m, n, l := t.m, len(t.seq), t.labels
	t.leave, t.latest, t.leg = sized(t.leave, n*l), sized(t.latest, n*l), sized(t.leg, n)
	t.low, t.high = sized(t.low, n), sized(t.high, n)
	clear(t.load)
	t.cost, t.leg[0] = 0, 0
	for p := 1; p < n; p++ {
		t.leg[p] = m.cost[int(t.seq[p-1])*m.size+int(t.seq[p])]
		t.cost += t.leg[p]
		if p < n-1 {
			for k := range t.load {
				t.load[k] += m.load[int(t.seq[p])*m.dims+k]
			}
		}
	}
	if t.empty() {
		t.cost = 0 // whoever serves nobody stays at home
	}
	t.ranks()
	t.ok = true
	if l == 1 {
		t.plain()
		return
	}
	t.forward()
	t.backward()
}

func (t *tour) ranks() {
	m, n := t.m, len(t.seq)
	t.high[0], t.low[n-1] = 0, math.MaxInt32
	for p := 1; p < n; p++ {
		t.high[p] = t.high[p-1]
		if p < n-1 && p > t.car.done {
			t.high[p] = max(t.high[p], m.rank[t.seq[p]])
		}
	}
	for p := n - 2; p >= 0; p-- {
		t.low[p] = t.low[p+1]
		if p > t.car.done && m.rank[t.seq[p]] > 0 {
			t.low[p] = min(t.low[p], m.rank[t.seq[p]])
		}
	}
}

// plain is forward and backward of a tour without breaks.
func (t *tour) plain() {
	m, n := t.m, len(t.seq)
	at := t.car.shift.From
	t.leave[0] = at
	for p := 1; p < n-1; p++ {
		j := t.seq[p]
		at = m.nodes[j].open(at + m.time[int(t.seq[p-1])*m.size+int(j)])
		if at > m.nodes[j].due && p > t.car.done {
			t.ok = false
		}
		at += m.nodes[j].service
		if p == t.car.done {
			at = max(at, t.car.free)
		}
		t.leave[p] = at
	}
	last := at + m.time[int(t.seq[n-2])*m.size+int(t.seq[n-1])]
	t.leave[n-1] = last
	if last > t.car.shift.To {
		t.ok = false
	}
	at = t.car.shift.To
	t.latest[n-1] = at
	for p := n - 2; p > 0; p-- {
		j := t.seq[p]
		at = m.nodes[j].shut(at - m.time[int(j)*m.size+int(t.seq[p+1])] - m.nodes[j].service)
		t.latest[p] = at
	}
	t.latest[0] = math.Inf(1)
}

// fits reports whether job c may stand between positions p and p+1 as far as time goes.
func (t *tour) fits(c int32, p int) bool {
	m := t.m
	in := m.time[int(t.seq[p])*m.size+int(c)]
	out := m.time[int(c)*m.size+int(t.seq[p+1])]
	nd := &m.nodes[c]
	if t.labels == 1 {
		at := nd.open(t.leave[p] + in)
		return at <= nd.due && at+nd.service+out <= t.latest[p+1]
	}
	var room [maxBreaks + 1]float64
	early := room[:t.labels]
	copy(early, t.leave[p*t.labels:])
	t.visit(early, nd, in)
	for k, at := range early {
		if at+out <= t.latest[(p+1)*t.labels+k] {
			return true
		}
	}
	return false
}

// ranked reports whether job c may stand between positions p and p+1 as far as the order of
// pinned jobs goes.
func (m *model) ranked(t *tour, c int32, p int) bool {
	rank := m.rank[c]
	return rank == 0 || t.high[p] <= rank && t.low[p+1] >= rank
}

// insert puts job c between positions p and p+1 and reports whether the tour can be driven;
// if rounding has it that it cannot, the job is out again.
func (t *tour) insert(c int32, p int) bool {
	t.seq = append(t.seq, 0)
	copy(t.seq[p+2:], t.seq[p+1:])
	t.seq[p+1] = c
	t.update()
	if t.ok {
		return true
	}
	t.cut(p+1, p+2)
	return false
}

// cut takes out positions from to before to.
func (t *tour) cut(from, to int) {
	t.seq = append(t.seq[:from], t.seq[to:]...)
	t.update()
}
