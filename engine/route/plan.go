package route

import (
	"fmt"
	"slices"
)

// Plan says who goes where. Its routes are those of vehicles that serve anything, by vehicle.
type Plan struct {
	Routes           []Route
	Unserved         []Unserved // by job
	Weight           float64    // of the unserved: 1 of priority 0, 2 of 1, 4 of 2, …
	Distance, Travel float64
	Cost             float64
	Late             float64
}

// Unserved is a job that nobody serves, and why, as far as that is known.
type Unserved struct {
	Job     int
	Reasons []Reason
}

// Assignment is which jobs each vehicle serves, in order, by vehicle.
type Assignment [][]int

// Assignment is the plan without its times.
func (p *Plan) Assignment(vehicles int) Assignment {
	a := make(Assignment, vehicles)
	for i := range p.Routes {
		a[p.Routes[i].Vehicle] = p.Routes[i].Jobs()
	}
	return a
}

// check refuses an assignment that names what there is not, or a job twice.
func (p *Problem) check(a Assignment) error {
	if len(a) != len(p.Vehicles) {
		return bad("routes", "%d routes for %d vehicles", len(a), len(p.Vehicles))
	}
	seen := make([]bool, len(p.Jobs))
	for v, jobs := range a {
		for _, j := range jobs {
			if j < 0 || j >= len(p.Jobs) {
				return bad(fmt.Sprintf("routes[%d]", v), "%d is no job", j)
			}
			if seen[j] {
				return bad(fmt.Sprintf("routes[%d]", v), "job %d stands twice", j)
			}
			seen[j] = true
		}
	}
	return nil
}

// Evaluate is the plan that an assignment makes, feasible or not, and all that speaks
// against it.
func (p *Problem) Evaluate(a Assignment) (*Plan, []Fault, error) {
	if err := p.Validate(); err != nil {
		return nil, nil, err
	}
	if err := p.check(a); err != nil {
		return nil, nil, err
	}
	plan, faults := p.evaluate(a)
	m := newModel(p)
	s := newState(m)
	for i := range plan.Unserved {
		u := &plan.Unserved[i]
		u.Reasons = m.reasons(u.Job, s.tours)
	}
	return plan, faults, nil
}

func (p *Problem) evaluate(a Assignment) (*Plan, []Fault) {
	plan := &Plan{}
	var faults []Fault
	served := make([]bool, len(p.Jobs))
	for v, jobs := range a {
		r, wrong := p.Schedule(v, jobs)
		faults = append(faults, wrong...)
		if len(jobs) == 0 {
			continue
		}
		for _, j := range jobs {
			served[j] = true
		}
		plan.Routes = append(plan.Routes, r)
		plan.Distance += r.Distance
		plan.Travel += r.Travel
		plan.Cost += r.Cost
		plan.Late += r.Late
	}
	for j, ok := range served {
		if !ok {
			plan.Unserved = append(plan.Unserved, Unserved{Job: j})
			plan.Weight += p.Jobs[j].unserved()
		}
	}
	return plan, faults
}

// reasons is why a job is not served: what keeps each vehicle from it for itself, or that
// there is no room beside the rest.
func (m *model) reasons(j int, heads []tour) (all []Reason) {
	for v := range heads {
		why := m.against(&heads[v], j)
		if why == "" {
			return []Reason{NoRoom}
		}
		if !slices.Contains(all, why) {
			all = append(all, why)
		}
	}
	return all
}

// against is what keeps a vehicle from a job even if it has nothing to do but its head.
func (m *model) against(head *tour, j int) Reason {
	switch why := m.forbids(head.v, j); {
	case why != "":
		return why
	case !head.holds(int32(j)):
		return Capacity
	case !m.reach.serves(head, j):
		return Reach
	}
	return ""
}
