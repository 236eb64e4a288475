package route

import "slices"

// cross makes the worker's state a child of two plans: the first one, but for some tours
// that lie together, in whose place come those of the second that serve the most of the
// same jobs. Jobs that then stand twice stay where the first had them; those that stand
// nowhere are absent.
func (w *worker) cross(a, b *state) {
	s, m := w.s, w.s.m
	s.copyFrom(a)
	from := w.around(a)
	if len(from) == 0 {
		return
	}
	from = from[:1+w.rng.IntN(max(1, len(from)-1))]
	inside := make([]bool, m.n)
	for _, v := range from {
		for _, j := range a.tours[v].loose() {
			inside[j] = true
		}
		if t := &s.tours[v]; len(t.loose()) > 0 {
			s.cut(v, 1+len(t.car.head), len(t.seq)-1)
		}
	}
	var others []int
	shared := make([]int, len(b.tours))
	for v := range b.tours {
		for _, j := range b.tours[v].loose() {
			if inside[j] {
				shared[v]++
			}
		}
		if shared[v] > 0 {
			others = append(others, v)
		}
	}
	slices.SortStableFunc(others, func(v, u int) int { return shared[u] - shared[v] })
	for _, v := range others[:min(len(others), len(from))] {
		to := slices.IndexFunc(from, func(u int) bool { return m.cars[u].class == m.cars[v].class })
		if to < 0 {
			continue
		}
		u := from[to]
		from = slices.Delete(from, to, to+1)
		s.adopt(u, b.tours[v].loose())
	}
	s.reckon()
	s.mark()
}

// adopt gives a vehicle without loose jobs those of a list that are absent.
func (s *state) adopt(v int, jobs []int32) {
	s.touch(v)
	t := &s.tours[v]
	end := t.seq[len(t.seq)-1]
	t.seq = t.seq[:len(t.seq)-1]
	for _, j := range jobs {
		if s.at[j] == absentAt {
			t.seq = append(t.seq, j)
			i := slices.Index(s.absent, j)
			s.absent = slices.Delete(s.absent, i, i+1)
			s.weight -= s.m.weight[j]
		}
	}
	t.seq = append(t.seq, end)
	t.update()
	s.settle(v)
}

// around are the vehicles with loose jobs, in the order in which one comes upon them from a
// job drawn by lot.
func (w *worker) around(a *state) (tours []int) {
	seen := make([]bool, len(a.tours))
	for _, j := range a.m.near[w.rng.IntN(a.m.n)] {
		if v := a.at[j]; v >= 0 && !seen[v] && len(a.tours[v].loose()) > 0 {
			seen[v] = true
			tours = append(tours, int(v))
		}
	}
	return tours
}
