package route

import "math"

// reach is how long it takes at least to come somewhere and back. Where travel is longer
// than by a detour, the way of least time may pass through other places.
type reach struct {
	m        *model
	from, to map[int32][]float64 // by the node from which one starts, or to which one returns
}

func newReach(m *model) *reach { return &reach{m, map[int32][]float64{}, map[int32][]float64{}} }

// serves reports whether a vehicle could serve job j in time after what it has to do first,
// if it had nothing else to do. It may say so of one that its breaks keep from it.
func (r *reach) serves(t *tour, j int) bool {
	last := len(t.seq) - 2
	begin := math.Inf(1)
	for _, at := range t.leave[last*t.labels : (last+1)*t.labels] {
		begin = min(begin, at)
	}
	nd := &r.m.nodes[j]
	start := nd.open(begin + r.least(r.from, r.m.time, t.seq[last])[j])
	return start <= nd.due && start+nd.service+r.least(r.to, r.m.timeTo, t.seq[last+1])[j] <= t.car.shift.To
}

// least is the least time between a node and all others, by Dijkstra's algorithm; along a
// table of times turned round it is that to the node.
func (r *reach) least(known map[int32][]float64, time []float64, from int32) []float64 {
	if d, ok := known[from]; ok {
		return d
	}
	m := r.m
	d := make([]float64, m.size)
	done := make([]bool, m.size)
	for i := range d {
		d[i] = math.Inf(1)
	}
	d[from] = 0
	for {
		next := -1
		for i := range d {
			if !done[i] && (next < 0 || d[i] < d[next]) {
				next = i
			}
		}
		if next < 0 {
			known[from] = d
			return d
		}
		done[next] = true
		for i, leg := range time[next*m.size : (next+1)*m.size] {
			// Nobody passes through a depot, least of all through the place that is nowhere.
			if (next < m.n || next == int(from)) && d[next]+leg < d[i] {
				d[i] = d[next] + leg
			}
		}
	}
}
