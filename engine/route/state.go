package route

import "slices"

// state is a set of tours and the jobs that stand in none. Its changes since mark can be
// taken back.
type state struct {
	m      *model
	tours  []tour // by vehicle
	limit  int    // vehicles that may serve anything
	at     []int32
	pos    []int32
	absent []int32
	weight float64 // of the absent
	cost   float64

	saved   []tour
	touched []int32
	isSaved []bool
	before  struct {
		absent       []int32
		weight, cost float64
	}
}

// absentAt is at of a job in no tour; neverAt of one that no vehicle can serve.
const (
	absentAt = -1
	neverAt  = -2
)

// newState has every job that can be served at all among the absent, heads aside.
func newState(m *model) *state {
	s := &state{m: m, tours: make([]tour, len(m.cars)), saved: make([]tour, len(m.cars)), isSaved: make([]bool, len(m.cars)),
		limit: len(m.cars), at: make([]int32, m.n), pos: make([]int32, m.n)}
	for j := range s.at {
		s.at[j] = absentAt
	}
	for v := range s.tours {
		s.tours[v] = newTour(m, v)
		s.locate(v)
	}
	for j := range m.n {
		switch {
		case s.at[j] >= 0:
		case s.hopeless(j):
			s.at[j] = neverAt
		default:
			s.leave(int32(j))
		}
	}
	s.reckon()
	return s
}

// hopeless reports whether no vehicle could serve job j beside what it has to do first.
func (s *state) hopeless(j int) bool {
	for v := range s.tours {
		if s.m.against(&s.tours[v], j) == "" {
			return false
		}
	}
	return true
}

// holds reports whether the load of job c finds room.
func (t *tour) holds(c int32) bool {
	for k, x := range t.load {
		if x+t.m.load[int(c)*t.m.dims+k] > t.car.capacity[k] {
			return false
		}
	}
	return true
}

func (s *state) locate(v int) {
	for p, j := range s.tours[v].jobs() {
		s.at[j], s.pos[j] = int32(v), int32(p+1)
	}
}

// leave lists a job, which stands in no tour any more, among the absent.
func (s *state) leave(j int32) {
	s.at[j] = absentAt
	s.absent = append(s.absent, j)
	s.weight += s.m.weight[j]
}

func (s *state) reckon() {
	s.cost = 0
	for v := range s.tours {
		s.cost += s.tours[v].cost
	}
}

func (s *state) used() (n int) {
	for v := range s.tours {
		if !s.tours[v].empty() {
			n++
		}
	}
	return n
}

// mark makes what s is now that to which undo returns.
func (s *state) mark() {
	for _, v := range s.touched {
		s.isSaved[v] = false
	}
	s.touched = s.touched[:0]
	s.before.absent = append(s.before.absent[:0], s.absent...)
	s.before.weight, s.before.cost = s.weight, s.cost
}

func (s *state) undo() {
	for _, j := range s.absent {
		s.at[j] = absentAt
	}
	for _, v := range s.touched {
		s.tours[v], s.saved[v] = s.saved[v], s.tours[v]
		s.isSaved[v] = false
		s.locate(int(v))
	}
	s.touched = s.touched[:0]
	s.absent = append(s.absent[:0], s.before.absent...)
	for _, j := range s.absent {
		s.at[j] = absentAt
	}
	s.weight, s.cost = s.before.weight, s.before.cost
}

// touch keeps a tour for undo before it is changed.
func (s *state) touch(v int) {
	if !s.isSaved[v] {
		s.isSaved[v] = true
		s.touched = append(s.touched, int32(v))
		s.saved[v].copyFrom(&s.tours[v])
	}
}

// cut takes positions from before to out of a tour. Where travel takes longer than by a
// detour, what is left may be out of time; then more goes, from the end.
func (s *state) cut(v, from, to int) {
	s.touch(v)
	t := &s.tours[v]
	for _, j := range t.seq[from:to] {
		s.leave(j)
	}
	t.cut(from, to)
	s.settle(v)
}

// settle takes jobs from the end of a tour until it can be driven.
func (s *state) settle(v int) {
	t := &s.tours[v]
	for !t.ok && len(t.loose()) > 0 {
		last := len(t.seq) - 2
		s.leave(t.seq[last])
		t.cut(last, last+1)
	}
	s.locate(v)
}

// insert puts an absent job into a tour; the caller minds the list of the absent and its weight.
func (s *state) insert(j int32, v, p int) bool {
	s.touch(v)
	ok := s.tours[v].insert(j, p)
	s.locate(v)
	return ok
}

// copyFrom makes s the same as other, with nothing to undo.
func (s *state) copyFrom(other *state) {
	for v := range s.tours {
		s.tours[v].copyFrom(&other.tours[v])
	}
	s.limit = other.limit
	copy(s.at, other.at)
	copy(s.pos, other.pos)
	s.absent = append(s.absent[:0], other.absent...)
	s.weight, s.cost = other.weight, other.cost
	s.mark()
}

// clone is a state like s with memory of its own.
func (s *state) clone() *state {
	m := s.m
	c := &state{m: m, tours: make([]tour, len(m.cars)), saved: make([]tour, len(m.cars)), isSaved: make([]bool, len(m.cars)),
		limit: len(m.cars), at: make([]int32, m.n), pos: make([]int32, m.n)}
	c.copyFrom(s)
	return c
}

// clear takes out every loose job.
func (s *state) clear(limit int) {
	s.limit = limit
	for v := range s.tours {
		if t := &s.tours[v]; len(t.loose()) > 0 {
			s.cut(v, 1+len(t.car.head), len(t.seq)-1)
		}
	}
	s.reckon()
	s.mark()
}

// better compares by what is unserved, then by cost.
func (s *state) better(o *state) bool {
	return s.weight < o.weight || s.weight == o.weight && s.cost < o.cost
}

// any reports whether there is anything to decide: a job that is absent or can be taken out.
func (s *state) any() bool {
	return len(s.absent) > 0 || slices.ContainsFunc(s.tours, func(t tour) bool { return len(t.loose()) > 0 })
}
