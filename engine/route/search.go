package route

import (
	"context"
	"math"
	"slices"
	"sync"
)

// search is several workers that meet after fixed numbers of iterations, and what they found.
type search struct {
	ctx     context.Context
	o       Options
	m       *model
	workers []*worker
	pool    []*state // plans to cross, the best first
	base    *state   // the best
	made    int      // iterations, at the last meeting
	brought int      // of them until all was served that is, with as few vehicles
}

func newSearch(ctx context.Context, p *Problem, o Options) *search {
	if o.Searches == 0 {
		o.Searches = 2
	}
	r := &search{ctx: ctx, o: o, m: newModel(p)}
	for i := range o.Searches {
		w := newWorker(r.m, o.Seed, i)
		w.stop = func() bool { return ctx.Err() != nil || o.Spent != nil && o.Spent() >= 1 }
		r.workers = append(r.workers, w)
	}
	r.base = r.workers[0].s.clone()
	return r
}

// Temperatures and prices in units of the mean leg, so that they fit metres as well as
// kilometres.
const (
	hotUnits   = 3
	mildUnits  = 1
	coldUnits  = 0.1
	priceUnits = 10
)

// measure sets temperatures by the costs of the base.
func (r *search) measure() {
	legs := r.base.used()
	for v := range r.base.tours {
		legs += len(r.base.tours[v].jobs())
	}
	unit := r.base.cost / float64(max(1, legs))
	if unit == 0 {
		unit = 1
	}
	for _, w := range r.workers {
		w.hot, w.mild, w.cold, w.price = hotUnits*unit, mildUnits*unit, coldUnits*unit, priceUnits*unit
	}
}

// spent is the share of the search that is over, 1 when it is to end.
func (r *search) spent() float64 {
	share := 0.0
	if r.o.Iterations > 0 {
		share = float64(r.made) / float64(r.o.Iterations)
	}
	if r.o.Spent != nil {
		share = max(share, r.o.Spent())
	}
	if r.ctx.Err() != nil {
		share = 1
	}
	return min(1, share)
}

// meet lets every worker do something of at most so many iterations and waits for all.
func (r *search) meet(iterations int, do func(w *worker)) {
	if r.o.Iterations > 0 {
		iterations = min(iterations, max(0, r.o.Iterations-r.made)/len(r.workers))
	}
	var group sync.WaitGroup
	for _, w := range r.workers {
		before := w.made
		w.left = iterations
		group.Go(func() { do(w) })
		defer func() { r.made += w.made - before }()
	}
	group.Wait()
	if iterations == 0 {
		r.made = max(r.made, r.o.Iterations) // what is left is less than one for each
	}
}

const (
	bringShare = 0.4  // of the search at most to serve all
	fleetShare = 0.5  // and, from the beginning, to do so with fewer vehicles
	round      = 2000 // iterations between meetings meanwhile
	attempt    = 20000
)

// serve tries to bring in all jobs, until one worker has.
func (r *search) serve() {
	for r.base.weight > 0 && r.spent() < bringShare {
		r.meet(round, func(w *worker) { w.complete(round) })
		for _, w := range r.workers {
			if w.best.better(r.base) {
				r.base.copyFrom(w.best)
			}
		}
	}
	r.brought = r.made
	r.measure()
}

// reduce leaves out one vehicle after another for as long as all jobs are served without.
func (r *search) reduce() {
	least := r.m.fewest()
	for r.base.used() > least && r.spent() < fleetShare {
		r.meet(attempt, func(w *worker) {
			w.s.copyFrom(r.base)
			w.best.copyFrom(r.base)
			if w.dissolve() {
				clear(w.absences)
				w.best.copyFrom(w.s)
				w.complete(attempt)
			}
		})
		removable := false
		for _, w := range r.workers {
			removable = removable || w.best.limit < r.base.used()
			if w.best.weight == 0 && w.best.used() < r.base.used() {
				r.base.copyFrom(w.best)
				r.brought = r.made
			}
		}
		if !removable {
			break
		}
	}
	r.base.limit = r.base.used()
	r.measure()
}

// dissolve takes the jobs of a vehicle out, rather of one with few, and leaves one vehicle
// less for all.
func (w *worker) dissolve() bool {
	s := w.s
	which := -1
	for v := range s.tours {
		t := &s.tours[v]
		if t.empty() || len(t.car.head) > 0 {
			continue
		}
		if which < 0 || len(t.seq) < len(s.tours[which].seq) && w.rng.Float64() < 0.7 {
			which = v
		}
	}
	if which < 0 {
		return false
	}
	s.limit = s.used() - 1
	s.cut(which, 1, len(s.tours[which].seq)-1)
	s.reckon()
	s.mark()
	return true
}

// fewest is a number of vehicles that loads alone make necessary.
func (m *model) fewest() int {
	least := 1
	for k := range m.dims {
		var capacities []float64
		for i := range m.cars {
			capacities = append(capacities, m.cars[i].capacity[k])
		}
		slices.Sort(capacities)
		total, n := 0.0, 0
		for j := range m.n {
			total += m.load[j*m.dims+k]
		}
		for i := len(capacities) - 1; i >= 0 && total > 0; i-- {
			total -= capacities[i]
			n++
		}
		least = max(least, n)
	}
	return least
}

const (
	poolSize   = 12
	childEach  = 100  // iterations for each job to improve a child
	seedEach   = 200  // and a plan made from nothing
	seedShare  = 0.6  // of the rest of the search at most for such
	seedUntil  = 0.6  // of the whole search, where making them takes long
	longServe  = 0.15 // of the rest of the search, from which on it took long to serve all
	childTries = 300 * (shakes + 1)
)

// improve lowers the cost: first plans made independently, or from the base, then children
// of two of them, the best of all being parents.
func (r *search) improve(given bool) {
	if !r.base.any() {
		return
	}
	n, bring := r.m.n, 2*r.brought+attempt
	total := r.budget()
	first := r.base.clone()
	// Where it took long to serve all, plans from nothing would too; and a plan that was given
	// is to be kept in the main.
	fresh := !given && float64(r.brought) <= longServe*total
	size := max(min(poolSize, int(seedShare*total/float64(seedEach*n+1))), len(r.workers))
	seed := min(seedEach*n, int(seedShare*total)/size)
	for begun := 0; r.spent() < 1; begun += len(r.workers) {
		each := int(r.budget() / float64(len(r.workers)))
		if begun < len(r.workers) || begun < size && r.spent() < seedUntil {
			length := min(seed, each)
			r.meet(bring+length, func(w *worker) {
				hot := w.hot
				if given {
					hot = w.mild
				}
				w.seed(first, fresh, hot, bring, length)
			})
		} else {
			length := min(childEach*n, each)
			r.meet(childTries+length, func(w *worker) {
				a, b := w.rng.IntN(len(r.pool)), w.rng.IntN(len(r.pool))
				w.cross(r.pool[a], r.pool[b])
				w.child(length)
			})
		}
		for _, w := range r.workers {
			r.add(w.best)
		}
	}
}

// budget is how many iterations are left; where only time is, by what they took so far.
func (r *search) budget() float64 {
	if r.o.Iterations > 0 && r.o.Spent == nil {
		return float64(max(0, r.o.Iterations-r.made))
	}
	for r.spent() < 0.01 {
		r.meet(64, func(w *worker) {
			w.s.copyFrom(r.base)
			w.best.copyFrom(r.base)
			w.shorten(64, w.cold, w.cold)
		})
	}
	spent := r.spent()
	left := float64(r.made) / spent * (1 - spent)
	if r.o.Iterations > 0 {
		left = min(left, float64(max(0, r.o.Iterations-r.made)))
	}
	return left
}

// seed makes a plan with the vehicles of the base, from nothing or from the base.
func (w *worker) seed(base *state, fresh bool, hot float64, bring, length int) {
	w.s.copyFrom(base)
	w.best.copyFrom(base)
	if fresh {
		w.s.clear(base.limit)
		w.best.copyFrom(w.s)
		clear(w.absences)
		w.recreate()
		w.keep()
		w.complete(bring)
		if base.weight < w.best.weight {
			w.best.copyFrom(base)
		}
		w.s.copyFrom(w.best)
	}
	w.shorten(length, hot, w.cold)
}

// child makes the state, which is one, as good as it can.
func (w *worker) child(length int) {
	clear(w.absences)
	w.recreate()
	w.best.copyFrom(w.s)
	w.complete(childTries)
	w.s.copyFrom(w.best)
	w.shorten(length, w.mild, w.cold)
}

// add takes a plan among the parents if it is none of them already and not worse than all.
func (r *search) add(s *state) {
	if s.better(r.base) {
		r.base.copyFrom(s)
	}
	for _, o := range r.pool {
		if o.weight == s.weight && math.Abs(o.cost-s.cost) <= 1e-9*o.cost {
			return
		}
	}
	r.pool = append(r.pool, s.clone())
	slices.SortStableFunc(r.pool, func(a, b *state) int {
		switch {
		case a.better(b):
			return -1
		case b.better(a):
			return 1
		}
		return 0
	})
	r.pool = r.pool[:min(len(r.pool), poolSize)]
}
