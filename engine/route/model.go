package route

import (
	"math"
	"slices"
)

// model is a problem made ready for the search: nodes are the jobs, by their own numbers,
// and after them every different place where a vehicle begins or ends.
type model struct {
	p     *Problem
	n     int // jobs
	size  int // nodes
	dims  int // of loads
	nodes []node
	cars  []car
	load  []float64 // job × dims
	rank  []int32   // Pin.Order
	// Legs from node to node and, for walking down a column, turned round.
	cost, costTo, time, timeTo []float64
	allowed                    []bool // vehicle × job
	weight                     []float64
	near                       [][]int32 // of each job those that are cheap to go to, the cheapest first
	orders                     [][]float64
	reach                      *reach
}

// node is when service can begin: from ready to due but for the gaps between windows.
type node struct {
	ready, due, service float64
	gaps                []Window
}

// open is the first moment from t on when service can begin; it may lie past due.
func (n *node) open(t float64) float64 {
	if t < n.ready {
		return n.ready
	}
	for _, g := range n.gaps {
		if t > g.From && t < g.To {
			return g.To
		}
	}
	return t
}

// shut is the last moment up to t when service can begin, −Inf where there is none.
func (n *node) shut(t float64) float64 {
	t = min(t, n.due)
	for _, g := range n.gaps {
		if t > g.From && t < g.To {
			t = g.From
		}
	}
	if t < n.ready {
		return math.Inf(-1)
	}
	return t
}

// car is a vehicle of the model.
type car struct {
	start, end int32 // nodes
	shift      Window
	capacity   []float64
	breaks     []Break
	head       []int32 // what is done, then jobs pinned to positions
	done       int     // of head
	free       float64
	taken      int // breaks
	class      int // vehicles of a class are interchangeable as long as they are empty
}

// newModel takes a problem that Validate found to be sound.
func newModel(p *Problem) *model {
	m := &model{p: p, n: len(p.Jobs)}
	if m.n > 0 {
		m.dims = len(p.Jobs[0].Load)
	} else if len(p.Vehicles) > 0 {
		m.dims = len(p.Vehicles[0].Capacity)
	}
	for _, j := range p.Jobs {
		m.nodes = append(m.nodes, j.node())
		m.load = append(m.load, j.Load...)
		m.weight = append(m.weight, j.unserved())
		order := 0
		if j.Pin != nil {
			order = j.Pin.Order
		}
		m.rank = append(m.rank, int32(order))
	}
	places := make([]int, m.n)
	for i, j := range p.Jobs {
		places[i] = j.Place
	}
	at := map[int]int32{}
	depot := func(place int) int32 {
		if _, ok := at[place]; !ok {
			at[place] = int32(len(places))
			places = append(places, place)
			m.nodes = append(m.nodes, node{ready: math.Inf(-1), due: math.Inf(1)})
		}
		return at[place]
	}
	for _, v := range p.Vehicles {
		shift := Window{p.begin(len(m.cars)), v.Shift.To}
		m.cars = append(m.cars, car{start: depot(v.Start), end: depot(v.End), shift: shift, capacity: v.Capacity, breaks: v.Breaks,
			head: positions(p, len(m.cars)), done: len(v.Done.Jobs), free: v.Done.Free, taken: v.Done.Breaks})
	}
	m.size = len(places)
	m.measure(places)
	m.allow()
	m.classify()
	m.neighbours()
	m.sortings()
	m.reach = newReach(m)
	return m
}

func (j Job) node() node {
	n := node{ready: math.Inf(-1), due: math.Inf(1), service: j.Service}
	if len(j.Windows) > 0 {
		n.ready, n.due = j.Windows[0].From, j.Windows[len(j.Windows)-1].To
		for i := range j.Windows[1:] {
			n.gaps = append(n.gaps, Window{j.Windows[i].To, j.Windows[i+1].From})
		}
	}
	if j.Pin != nil && j.Pin.At != nil {
		// Not the windows: a hand that sets a time knows better than they do.
		n.ready, n.due, n.gaps = *j.Pin.At, *j.Pin.At, nil
	}
	return n
}

// positions is the head of a vehicle's route: what it did, then jobs pinned to positions.
func positions(p *Problem, vehicle int) []int32 {
	var head []int32
	for _, j := range p.Vehicles[vehicle].Done.Jobs {
		head = append(head, int32(j))
	}
	pinned := map[int]int32{}
	for i, j := range p.Jobs {
		if j.Pin != nil && j.Pin.Vehicle == vehicle && j.Pin.Position > 0 && !slices.Contains(head, int32(i)) {
			pinned[j.Pin.Position] = int32(i)
		}
	}
	for len(pinned) > 0 {
		next := len(head) + 1
		j, ok := pinned[next]
		if !ok {
			break // Validate refuses gaps
		}
		head = append(head, j)
		delete(pinned, next)
	}
	return head
}

func (m *model) measure(places []int) {
	table := func() []float64 { return make([]float64, m.size*m.size) }
	m.cost, m.time = table(), table()
	same, symmetric := true, true
	for i, from := range places {
		for j, to := range places {
			if from == to || from == Nowhere || to == Nowhere {
				continue
			}
			d, t := m.p.Travel.Leg(from, to)
			k := i*m.size + j
			m.cost[k], m.time[k] = m.p.Cost.of(d, t), t
			same = same && m.cost[k] == t
			if j < i {
				symmetric = symmetric && m.cost[k] == m.cost[j*m.size+i] && t == m.time[j*m.size+i]
			}
		}
	}
	if same {
		m.time = m.cost // half the memory to walk through
	}
	m.costTo, m.timeTo = m.cost, m.time
	if symmetric {
		return
	}
	turned := func(table []float64) []float64 {
		out := make([]float64, len(table))
		for i := range m.size {
			for j := range m.size {
				out[j*m.size+i] = table[i*m.size+j]
			}
		}
		return out
	}
	m.costTo = turned(m.cost)
	m.timeTo = m.costTo
	if !same {
		m.timeTo = turned(m.time)
	}
}

// allow says which vehicle may serve which job, for all that does not depend on the rest of
// its route.
func (m *model) allow() {
	m.allowed = make([]bool, len(m.cars)*m.n)
	for v := range m.cars {
		for j := range m.n {
			m.allowed[v*m.n+j] = m.forbids(v, j) == ""
		}
	}
}

// forbids is why a vehicle can never serve a job, skills and hands first.
func (m *model) forbids(v, j int) Reason {
	job, vehicle := &m.p.Jobs[j], &m.p.Vehicles[v]
	if job.Pin != nil && job.Pin.Vehicle != v {
		return Pinned
	}
	for _, s := range job.Skills {
		if !slices.Contains(vehicle.Skills, s) {
			return Skill
		}
	}
	for k, x := range job.Load {
		if x > vehicle.Capacity[k] {
			return Capacity
		}
	}
	return ""
}

// classify numbers vehicles so that those alike in all that the model knows share a class.
func (m *model) classify() {
	for v := range m.cars {
		m.cars[v].class = v
		for w := range v {
			if m.alike(v, w) {
				m.cars[v].class = m.cars[w].class
				break
			}
		}
	}
}

func (m *model) alike(v, w int) bool {
	a, b := &m.cars[v], &m.cars[w]
	return a.start == b.start && a.end == b.end && a.shift == b.shift && len(a.head) == 0 && len(b.head) == 0 &&
		a.free == b.free && a.taken == b.taken && slices.Equal(a.capacity, b.capacity) && slices.Equal(a.breaks, b.breaks) &&
		slices.Equal(m.allowed[v*m.n:(v+1)*m.n], m.allowed[w*m.n:(w+1)*m.n])
}
