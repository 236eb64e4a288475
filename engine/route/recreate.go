package route

import (
	"cmp"
	"math"
	"slices"
)

// In the mean so many places for jobs are seen before one is not, which keeps the search
// from doing the same again and again; now and then only a few.
const (
	longSight  = 100
	shortSight = 4
	squints    = 20 // one recreation in so many
)

// recreate puts the absent jobs, in one order or another, where they cost least; those
// that fit nowhere stay absent.
func (w *worker) recreate() {
	if w.sight = longSight; w.rng.IntN(squints) == 0 {
		w.sight = shortSight
	}
	w.untilBlink = w.blinks()
	w.arrange(w.s.absent)
	w.bringIn()
}

// inOrder puts the absent jobs, the heaviest first, where they cost least.
func (w *worker) inOrder() {
	m := w.s.m
	slices.SortStableFunc(w.s.absent, func(a, b int32) int { return cmp.Compare(m.weight[b], m.weight[a]) })
	w.bringIn()
}

func (w *worker) bringIn() {
	s := w.s
	left := s.absent[:0]
	s.weight = 0
	w.spare = s.limit - s.used()
	for _, j := range s.absent {
		v, p := w.cheapest(j)
		if v < 0 || !s.insert(j, v, p) {
			left = append(left, j)
			s.weight += s.m.weight[j]
		} else if len(s.tours[v].jobs()) == 1 {
			w.spare--
		}
	}
	s.absent = left
	s.reckon()
}

// arrange sorts jobs by a key drawn by its chances, or leaves them in any order.
func (w *worker) arrange(jobs []int32) {
	w.rng.Shuffle(len(jobs), func(a, b int) { jobs[a], jobs[b] = jobs[b], jobs[a] })
	draw, which := w.rng.IntN(w.chances), 0
	for draw >= sortingChances[which] {
		draw -= sortingChances[which]
		which++
	}
	m := w.s.m
	slices.SortStableFunc(jobs, func(a, b int32) int {
		if c := cmp.Compare(m.weight[b], m.weight[a]); c != 0 || which == 0 {
			return c
		}
		return cmp.Compare(m.orders[which-1][a], m.orders[which-1][b])
	})
}

// cheapest is the tour and position after which job c costs least, or no tour.
func (w *worker) cheapest(c int32) (tour, position int) {
	s, m := w.s, w.s.m
	tour = -1
	best := math.Inf(1)
	classes := w.classes[:0]
	for v := range s.tours {
		t := &s.tours[v]
		if !m.allowed[v*m.n+int(c)] || !t.holds(c) {
			continue
		}
		if t.empty() {
			if w.spare <= 0 {
				continue
			}
			// One of several empty vehicles that are alike is as good as all.
			if slices.Contains(classes, t.car.class) {
				continue
			}
			classes = append(classes, t.car.class)
		}
		if p, delta := w.place(t, c, best); p >= 0 {
			tour, position, best = v, p, delta
		}
	}
	w.classes = classes
	return tour, position
}

// place is the position of a tour after which c costs least, if less than best, or −1.
func (w *worker) place(t *tour, c int32, best float64) (position int, delta float64) {
	m := t.m
	position, delta = -1, best
	nd := &m.nodes[c]
	row := int(c) * m.size
	costIn, costOut := m.costTo[row:row+m.size], m.cost[row:row+m.size]
	timeIn, timeOut := m.timeTo[row:row+m.size], m.time[row:row+m.size]
	seq := t.seq
	leave, latest, leg := t.leave[:len(seq)], t.latest[:len(seq)], t.leg[:len(seq)]
	plain, ranked := t.labels == 1 && nd.gaps == nil, m.rank[c] > 0
	earliest := nd.ready + nd.service
	for p := len(t.car.head); p < len(seq)-1; p++ {
		i, j := seq[p], seq[p+1]
		if plain {
			if leave[p] > nd.due {
				break
			}
			if latest[p+1] < earliest {
				continue
			}
		}
		d := costIn[i] + costOut[j] - leg[p+1]
		if len(seq) == 2 {
			d = costIn[i] + costOut[j]
		}
		if d >= delta {
			continue
		}
		if ranked && !m.ranked(t, c, p) {
			continue
		}
		if w.untilBlink--; w.untilBlink < 0 {
			w.untilBlink = w.blinks()
			continue
		}
		if plain {
			at := leave[p] + timeIn[i]
			if at < nd.ready {
				at = nd.ready
			}
			if at > nd.due || at+nd.service+timeOut[j] > latest[p+1] {
				continue
			}
		} else if !t.fits(c, p) {
			continue
		}
		position, delta = p, d
	}
	return position, delta
}

// blinks draws how many places are seen before one is not.
func (w *worker) blinks() int {
	return int(w.rng.ExpFloat64() * w.sight)
}
