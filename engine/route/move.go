package route

import "slices"

// Change is what a move does to a plan: differences of the plan after it to that before.
type Change struct {
	Distance, Travel, Cost, Late float64
	Weight                       float64 // of the unserved
	Routes                       []Route // those that change, after it
	Faults                       []Fault // what speaks against these
	Feasible                     bool
}

// Move says what it costs to take a job from where it is, if it is served at all, and put
// it on a vehicle as its position-th stop, counted from 1 without the job; past the end
// means last. A vehicle of −1 leaves it unserved. Nothing is changed.
func (p *Problem) Move(a Assignment, job, vehicle, position int) (Change, error) {
	if err := p.check(a); err != nil {
		return Change{}, err
	}
	switch {
	case job < 0 || job >= len(p.Jobs):
		return Change{}, bad("", "%d is no job", job)
	case vehicle < -1 || vehicle >= len(p.Vehicles):
		return Change{}, bad("", "%d is no vehicle", vehicle)
	case vehicle >= 0 && position < 1:
		return Change{}, bad("", "positions are counted from 1")
	}
	var c Change
	after := map[int][]int{}
	from := slices.IndexFunc(a, func(jobs []int) bool { return slices.Contains(jobs, job) })
	if from >= 0 {
		i := slices.Index(a[from], job)
		after[from] = slices.Delete(slices.Clone(a[from]), i, i+1)
		c.Weight += p.Jobs[job].unserved()
	}
	if vehicle >= 0 {
		if after[vehicle] == nil {
			after[vehicle] = slices.Clone(a[vehicle])
		}
		after[vehicle] = slices.Insert(after[vehicle], min(position-1, len(after[vehicle])), job)
		c.Weight -= p.Jobs[job].unserved()
	}
	for v := range a {
		jobs, changed := after[v]
		if !changed {
			continue
		}
		before, _ := p.Schedule(v, a[v])
		then, faults := p.Schedule(v, jobs)
		c.Distance += then.Distance - before.Distance
		c.Travel += then.Travel - before.Travel
		c.Cost += then.Cost - before.Cost
		c.Late += then.Late - before.Late
		c.Routes = append(c.Routes, then)
		c.Faults = append(c.Faults, faults...)
	}
	c.Feasible = len(c.Faults) == 0
	return c, nil
}
