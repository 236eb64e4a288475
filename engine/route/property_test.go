package route

import (
	"context"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"
)

// Every plan of small problems with some of everything keeps every rule, and none is better.
func TestSmallProblemsAreSolvedAsWellAsCanBe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawn(t, 4, 2, true)
		plan, err := Solve(context.Background(), p, Options{Seed: rapid.Uint64().Draw(t, "seed"), Iterations: 1500})
		if err != nil {
			t.Fatal(err)
		}
		slow{p}.hold(t, plan)
		weight, used, cost := slow{p}.best()
		if plan.Weight != weight || plan.Weight == 0 && p.Fewest && len(plan.Routes) != used || (!p.Fewest || len(plan.Routes) == used) && !near(plan.Cost, cost) && (plan.Weight == 0 || !p.Fewest) {
			t.Fatalf("weight %v with %d vehicles for %v, and %v with %d for %v can be had", plan.Weight, len(plan.Routes), plan.Cost, weight, used, cost)
		}
	})
}

// What vehicles have done stays, whatever comes in.
func TestPlansAreMadeAnewAroundWhatIsDone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawn(t, 8, 3, rapid.Bool().Draw(t, "city"))
		known := rapid.IntRange(0, len(p.Jobs)).Draw(t, "known")
		late := p.Jobs[known:]
		p.Jobs = p.Jobs[:known]
		first, err := Solve(context.Background(), p, Options{Iterations: 300})
		if err != nil {
			t.Fatal(err)
		}
		p.Jobs = append(p.Jobs, late...)
		now := float64(rapid.IntRange(0, 120).Draw(t, "now"))
		for _, r := range first.Routes {
			v := &p.Vehicles[r.Vehicle]
			v.Done.Free = now
			for _, s := range r.Stops {
				if s.Arrive <= now {
					v.Done.Jobs = append(v.Done.Jobs, s.Job)
				}
			}
			for _, rest := range r.Rests {
				if rest.After < len(v.Done.Jobs) {
					v.Done.Breaks++
				}
			}
		}
		given := first.Assignment(len(p.Vehicles))
		for _, o := range []Options{{}, {Iterations: 300}} {
			plan, err := Insert(context.Background(), p, given, o)
			if err != nil {
				t.Fatal(err)
			}
			stuck := slices.ContainsFunc(plan.Routes, func(r Route) bool {
				return r.Late > 0 && len(r.Stops) == len(p.Vehicles[r.Vehicle].Done.Jobs)
			})
			if !stuck { // else a vehicle with nothing else to do comes home late, which is told
				slow{p}.hold(t, plan)
			}
			if p.Late(plan) {
				t.Fatalf("a job was put in too late: %+v", plan)
			}
		}
	})
}

// Late reports whether a vehicle is late that has more to do than what is done.
func (p *Problem) Late(plan *Plan) bool {
	return slices.ContainsFunc(plan.Routes, func(r Route) bool {
		return r.Late > 0 && len(r.Stops) > len(p.Vehicles[r.Vehicle].Done.Jobs)
	})
}

// A move costs what the whole costs anew, and is feasible if the slow rules say so.
func TestAMoveCostsWhatThePlanCostsAnew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawn(t, 6, 3, rapid.Bool().Draw(t, "city"))
		if len(p.Jobs) == 0 {
			return
		}
		a := make(Assignment, len(p.Vehicles))
		for j := range p.Jobs {
			if v := rapid.IntRange(-1, len(a)-1).Draw(t, "vehicle"); v >= 0 {
				a[v] = append(a[v], j)
			}
		}
		job, vehicle := rapid.IntRange(0, len(p.Jobs)-1).Draw(t, "job"), rapid.IntRange(-1, len(a)-1).Draw(t, "to")
		position := rapid.IntRange(1, 4).Draw(t, "position")
		c, err := p.Move(a, job, vehicle, position)
		if err != nil {
			t.Fatal(err)
		}
		before, _, err := p.Evaluate(a)
		if err != nil {
			t.Fatal(err)
		}
		moved := make(Assignment, len(a))
		for v := range a {
			moved[v] = slices.DeleteFunc(slices.Clone(a[v]), func(j int) bool { return j == job })
		}
		if vehicle >= 0 {
			moved[vehicle] = slices.Insert(moved[vehicle], min(position-1, len(moved[vehicle])), job)
		}
		after, _, err := p.Evaluate(moved)
		if err != nil {
			t.Fatal(err)
		}
		if !near(c.Distance, after.Distance-before.Distance) || !near(c.Travel, after.Travel-before.Travel) || !near(c.Cost, after.Cost-before.Cost) ||
			!near(c.Late, after.Late-before.Late) || c.Weight != after.Weight-before.Weight {
			t.Fatalf("%+v\n%+v\n%+v", c, before, after)
		}
		feasible := true
		for v := range a {
			if v == vehicle || slices.Contains(a[v], job) {
				feasible = feasible && slow{p}.feasible(v, moved[v])
			}
		}
		if c.Feasible != feasible {
			t.Fatalf("feasible %v: %+v", c.Feasible, c)
		}
	})
}

// Lateness that Evaluate tells is 0 exactly where the slow rules find a way.
func TestFaultsAreFoundWhereThereAreAny(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawn(t, 5, 1, rapid.Bool().Draw(t, "city"))
		jobs := rapid.Permutation(seq(len(p.Jobs))).Draw(t, "order")
		_, faults, err := p.Evaluate(Assignment{jobs})
		if err != nil {
			t.Fatal(err)
		}
		if (len(faults) == 0) != (slow{p}.feasible(0, jobs)) {
			t.Fatalf("%v", faults)
		}
	})
}

func seq(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// The same seed and iterations give the same plan; an end at any time gives a whole one.
func TestPlansAreDeterministicAndThereAtAnyTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawn(t, 12, 4, rapid.Bool().Draw(t, "city"))
		o := Options{Seed: rapid.Uint64().Draw(t, "seed"), Iterations: rapid.IntRange(1, 2000).Draw(t, "iterations"), Searches: rapid.IntRange(1, 3).Draw(t, "searches")}
		one, err := Solve(context.Background(), p, o)
		if err != nil {
			t.Fatal(err)
		}
		two, err := Solve(context.Background(), p, o)
		if err != nil || !reflect.DeepEqual(one, two) {
			t.Fatalf("%v: %+v is not %+v", err, one, two)
		}
		slow{p}.hold(t, one)
		var asked atomic.Int64
		after := int64(rapid.IntRange(0, 30).Draw(t, "after"))
		o.Iterations = 0
		o.Spent = func() float64 { return float64(asked.Add(1)) / float64(after+1) }
		some, err := Solve(context.Background(), p, o)
		if err != nil {
			t.Fatal(err)
		}
		slow{p}.hold(t, some)
	})
}
