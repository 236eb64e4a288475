package route

import (
	"context"
	"math"
	"slices"
)

// Options say how long and with which random numbers to search. Of Iterations and Spent
// at least one must be there.
type Options struct {
	Seed uint64
	// Iterations are ruins and recreations of all searches together; 0: as long as Spent
	// says. The same problem, seed, iterations and searches give the same plan anywhere.
	Iterations int
	// Searches that go on side by side and meet; 0 means 2.
	Searches int
	// Spent is the share of the time there is that is over; from 1 on the search ends. It
	// is called from several goroutines.
	Spent func() float64
}

const maxSearches = 64

func (o Options) validate() error {
	switch {
	case o.Iterations < 0 || o.Iterations == 0 && o.Spent == nil:
		return bad("", "a search needs iterations or a time that is spent")
	case o.Searches < 0 || o.Searches > maxSearches:
		return bad("", "%d searches: there are 1 to %d", o.Searches, maxSearches)
	}
	return nil
}

// Solve makes a plan: as little unserved as it can, by the weight of priorities; then, if
// the problem asks for it, with as few vehicles; then at the least cost. When ctx ends, so
// does the search, with the best plan so far.
func Solve(ctx context.Context, p *Problem, o Options) (*Plan, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if err := o.validate(); err != nil {
		return nil, err
	}
	r := newSearch(ctx, p, o)
	for _, w := range r.workers {
		w.recreate()
		w.keep()
	}
	r.base.copyFrom(r.workers[0].best)
	r.measure()
	if r.base.weight > 0 {
		r.serve()
	}
	if p.Fewest && r.base.weight == 0 {
		r.reduce()
	}
	r.improve(false)
	return r.plan(), nil
}

// Insert goes on from a plan that is given: what it serves stays as it is as far as it can
// be driven, and all other jobs are put where they cost least. With iterations, or time,
// the whole is then improved, apart from what vehicles have done and what is pinned.
func Insert(ctx context.Context, p *Problem, a Assignment, o Options) (*Plan, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if err := p.check(a); err != nil {
		return nil, err
	}
	search := o.Iterations > 0 || o.Spent != nil
	if !search {
		o.Iterations = 1
	}
	if err := o.validate(); err != nil {
		return nil, err
	}
	r := newSearch(ctx, p, o)
	w := r.workers[0]
	for v, jobs := range a {
		w.s.follow(v, jobs)
	}
	w.s.mark()
	w.untilBlink = math.MaxInt
	w.inOrder()
	w.best.copyFrom(w.s)
	r.base.copyFrom(w.s)
	if search {
		r.measure()
		if r.base.weight > 0 {
			for _, w := range r.workers {
				w.s.copyFrom(r.base)
				w.best.copyFrom(r.base)
			}
			r.serve()
		}
		r.improve(true)
	}
	return r.plan(), nil
}

// follow puts jobs, in their order, at the end of a vehicle's tour, as far as they fit.
func (s *state) follow(v int, jobs []int) {
	t := &s.tours[v]
	for _, j := range jobs {
		c, last := int32(j), len(t.seq)-2
		if s.at[j] != absentAt || !s.m.allowed[v*s.m.n+j] || !t.holds(c) || !s.m.ranked(t, c, last) || !t.fits(c, last) {
			continue
		}
		if s.insert(c, v, last) {
			s.absent = slices.DeleteFunc(s.absent, func(a int32) bool { return a == c })
			s.weight -= s.m.weight[j]
		}
	}
	s.reckon()
}

// plan is that of the best state.
func (r *search) plan() *Plan {
	a := make(Assignment, len(r.m.cars))
	for v := range r.base.tours {
		for _, j := range r.base.tours[v].jobs() {
			a[v] = append(a[v], int(j))
		}
	}
	plan, _ := r.m.p.evaluate(a)
	heads := newState(r.m).tours
	for i := range plan.Unserved {
		u := &plan.Unserved[i]
		u.Reasons = r.m.reasons(u.Job, heads)
	}
	return plan
}
