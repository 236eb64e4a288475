package route

import (
	"math"
	"math/rand/v2"
)

// worker is one search: a state that is ruined and recreated over and over.
type worker struct {
	s    *state
	best *state // since it was set, by what is unserved, then by cost
	rng  *rand.Rand
	stop func() bool
	left int // iterations until the workers meet
	made int // iterations, ever

	hot, mild, cold float64 // temperatures: at first, of what is good already, in the end

	absences   []int64 // by job, how often it fitted nowhere
	sight      float64
	untilBlink int
	ejection   ejection

	// price is what a unit of weight unserved counts as in cost while costs are lowered; it
	// follows the share of states with jobs left out.
	price        float64
	short, since int

	spare    int // vehicles without jobs that may have some
	chances  int // sum of sortingChances
	classes  []int
	ruined   []int
	isRuined []bool
}

func newWorker(m *model, seed uint64, number int) *worker {
	w := &worker{s: newState(m), rng: rand.New(rand.NewPCG(seed, uint64(number))),
		absences: make([]int64, m.n), isRuined: make([]bool, len(m.cars))}
	w.best = w.s.clone()
	for _, c := range sortingChances {
		w.chances += c
	}
	w.ejection.penalty = w.penalty
	return w
}

// more counts an iteration and reports whether there is one.
func (w *worker) more() bool {
	if w.made%64 == 0 && w.stop() {
		w.left = 0
	}
	if w.left <= 0 {
		return false
	}
	w.left--
	w.made++
	return true
}

// keep makes the state the best if it is better.
func (w *worker) keep() {
	if w.s.better(w.best) {
		w.best.copyFrom(w.s)
	}
}

// penalty of leaving a job out grows with how often it fitted nowhere.
func (w *worker) penalty(j int32) float64 { return float64(1+w.absences[j]) * w.s.m.weight[j] }

func (w *worker) penalties() (sum float64) {
	for _, j := range w.s.absent {
		sum += w.penalty(j)
	}
	return sum
}

// shakes is how often all that is served is shaken up for each job forced in.
const shakes = 10

// complete goes on until every job is served that can be, or so many iterations are over.
// An absent job is forced in where those that must go for it were absent least often, as
// Nagata and Bräysy do; between, ruins and recreations make room and try all the absent.
func (w *worker) complete(iterations int) {
	s := w.s
	for i := 0; len(s.absent) > 0 && i < iterations && w.more(); i++ {
		s.mark()
		if i%(shakes+1) == 0 {
			w.force(s.absent[w.rng.IntN(len(s.absent))])
			w.keep()
			continue
		}
		sum, weight, cost := w.penalties(), s.weight, s.cost
		w.strings()
		w.recreate()
		now := w.penalties()
		if now < sum || s.weight < weight || now == sum && s.cost < cost+w.mild*w.rng.ExpFloat64() {
			w.keep()
		} else {
			s.undo()
		}
	}
}

const (
	shortShare  = 0.2  // of the states that may have jobs left out, at first; in the end none
	priceEvery  = 500  // iterations after which the price follows
	priceStep   = 1.1  // by as much
	patience    = 5000 // iterations without all jobs after which the best state comes back
	coolingStep = 100  // iterations at one temperature
)

// shorten lowers the cost by simulated annealing over so many iterations. On the way some
// jobs may be left out for a price: where vehicles are as few as can be, good plans are
// islands that hardly any feasible step joins.
func (w *worker) shorten(iterations int, hot, cold float64) {
	s := w.s
	var temperature, share float64
	w.short, w.since = 0, 0
	for i := 0; i < iterations && w.more(); i++ {
		if i%coolingStep == 0 {
			done := float64(i) / float64(iterations)
			temperature, share = cooled(hot, cold, done), shortShare*(1-done)
		}
		s.mark()
		before := s.cost + w.price*s.weight
		w.strings()
		w.recreate()
		if s.cost+w.price*s.weight < before+temperature*w.rng.ExpFloat64() {
			w.keep()
		} else {
			s.undo()
		}
		if s.weight > w.best.weight {
			w.short++
			if w.since++; w.since > patience {
				s.copyFrom(w.best)
				w.since = 0
			}
		} else {
			w.since = 0
		}
		if i%priceEvery == priceEvery-1 {
			if float64(w.short) > share*priceEvery {
				w.price *= priceStep
			} else {
				w.price /= priceStep
			}
			w.short = 0
		}
	}
}

// cooled is the temperature between hot and cold after a share of the time. It is rounded so
// that the last bit of a processor's power function decides nothing.
func cooled(hot, cold, done float64) float64 {
	return hot * float64(float32(math.Pow(cold/hot, done)))
}
