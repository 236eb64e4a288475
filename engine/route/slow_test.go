package route

import (
	"math"
	"slices"

	"pgregory.net/rapid"
)

// slow is what the tests hold the package to: rules followed one by one, nothing clever and
// nothing shared with what it checks.
type slow struct{ *Problem }

func (p slow) leg(from, to int) (distance, time float64) {
	if from == to || from == Nowhere || to == Nowhere {
		return 0, 0
	}
	return p.Travel.Leg(from, to)
}

func (p slow) cost(v int, jobs []int) (sum float64) {
	if len(jobs) == 0 {
		return 0
	}
	at := p.Vehicles[v].Start
	for _, j := range jobs {
		sum += p.of(at, p.Jobs[j].Place)
		at = p.Jobs[j].Place
	}
	return sum + p.of(at, p.Vehicles[v].End)
}

func (p slow) of(from, to int) float64 {
	d, t := p.leg(from, to)
	if p.Cost == (Cost{}) {
		return d
	}
	return d*p.Cost.Distance + t*p.Cost.Time
}

// may reports whether a vehicle may serve jobs in this order, time aside.
func (p slow) may(v int, jobs []int) bool {
	car := p.Vehicles[v]
	done := len(car.Done.Jobs)
	if len(jobs) < done || !slices.Equal(jobs[:done], car.Done.Jobs) {
		return false
	}
	for k := range car.Capacity {
		sum := 0.0
		for _, j := range jobs {
			sum += p.Jobs[j].Load[k]
		}
		if sum > car.Capacity[k] {
			return false
		}
	}
	order := 0
	for i, j := range jobs {
		job := p.Jobs[j]
		if i < done {
			continue
		}
		for _, s := range job.Skills {
			if !slices.Contains(car.Skills, s) {
				return false
			}
		}
		if pin := job.Pin; pin != nil {
			if pin.Vehicle != v || pin.Position > 0 && pin.Position != i+1 || pin.Order > 0 && pin.Order < order {
				return false
			}
			order = max(order, pin.Order)
		}
	}
	for j, job := range p.Jobs {
		if job.Pin != nil && job.Pin.Vehicle == v && job.Pin.Position > 0 && !slices.Contains(jobs, j) && !p.isDone(j) {
			return false
		}
	}
	return true
}

func (p slow) isDone(j int) bool {
	return slices.ContainsFunc(p.Vehicles, func(v Vehicle) bool { return slices.Contains(v.Done.Jobs, j) })
}

// starts lists when service of a job may begin.
func (p slow) starts(j int) []Window {
	if pin := p.Jobs[j].Pin; pin != nil && pin.At != nil {
		return []Window{{*pin.At, *pin.At}}
	}
	if len(p.Jobs[j].Windows) == 0 {
		return []Window{{-maxNumber, maxNumber}}
	}
	return p.Jobs[j].Windows
}

// intime tries every way to take the breaks: i stops are made, k breaks taken, the vehicle
// stands at a place, having arrived at the next stop or not.
func (p slow) intime(v int, jobs []int, i, k, at int, now float64, arrived bool) bool {
	car := p.Vehicles[v]
	done := len(car.Done.Jobs)
	if k < len(car.Breaks) && i >= done {
		b := car.Breaks[k]
		if begin := max(now, b.Begin.From); begin <= b.Begin.To && p.intime(v, jobs, i, k+1, at, begin+b.Length, arrived) {
			return true
		}
	}
	to := car.End
	if i < len(jobs) {
		to = p.Jobs[jobs[i]].Place
	}
	if !arrived {
		_, time := p.leg(at, to)
		return p.intime(v, jobs, i, k, to, now+time, true)
	}
	if i == len(jobs) {
		return now <= car.Shift.To && k == len(car.Breaks)
	}
	j := jobs[i]
	start := math.Inf(1)
	for _, w := range p.starts(j) {
		if t := max(now, w.From); t <= w.To {
			start = min(start, t)
		}
	}
	if i < done && math.IsInf(start, 1) {
		start = now // done too late is done
	}
	leave := start + p.Jobs[j].Service
	if i == done-1 {
		leave = max(leave, car.Done.Free)
	}
	return !math.IsInf(start, 1) && p.intime(v, jobs, i+1, k, to, leave, false)
}

// feasible reports whether a vehicle can serve jobs in this order.
func (p slow) feasible(v int, jobs []int) bool {
	if !p.may(v, jobs) {
		return false
	}
	car := p.Vehicles[v]
	begin := car.Shift.From
	if len(car.Done.Jobs) == 0 {
		begin = max(begin, car.Done.Free)
	}
	return len(jobs) == 0 || p.intime(v, jobs, 0, car.Done.Breaks, car.Start, begin, false)
}

// best tries every plan and gives the least weight unserved, and then the fewest vehicles,
// if that is asked for, and the least cost.
func (p slow) best() (weight float64, used int, cost float64) {
	routes := make(Assignment, len(p.Vehicles))
	weight, cost = math.Inf(1), math.Inf(1)
	var try func(j int, left float64)
	try = func(j int, left float64) {
		if left > weight {
			return
		}
		if j == len(p.Jobs) {
			n, sum := 0, 0.0
			for v, jobs := range routes {
				if !p.feasible(v, jobs) {
					return
				}
				if len(jobs) > 0 {
					n++
				}
				sum += p.cost(v, jobs)
			}
			fewer := p.Fewest && n < used
			same := !p.Fewest || n == used
			if left < weight || fewer || same && sum < cost {
				weight, used, cost = left, n, sum
			}
			return
		}
		if !p.isDone(j) {
			try(j+1, left+p.Jobs[j].unserved())
		}
		for v := range routes {
			for at := 0; at <= len(routes[v]); at++ {
				kept := routes[v]
				routes[v] = slices.Insert(slices.Clone(kept), at, j)
				try(j+1, left)
				routes[v] = kept
			}
		}
	}
	try(0, 0)
	return weight, used, cost
}

// hold checks a plan: every rule, every time that it tells and every sum.
func (p slow) hold(t *rapid.T, plan *Plan) {
	served := make([]int, len(p.Jobs))
	var distance, travel, cost float64
	for _, r := range plan.Routes {
		jobs := r.Jobs()
		for _, j := range jobs {
			served[j]++
		}
		if !p.feasible(r.Vehicle, jobs) {
			t.Fatalf("vehicle %d cannot serve %v", r.Vehicle, jobs)
		}
		p.driven(t, r)
		distance, travel, cost = distance+r.Distance, travel+r.Travel, cost+p.cost(r.Vehicle, jobs)
	}
	weight := 0.0
	for _, u := range plan.Unserved {
		served[u.Job]++
		weight += p.Jobs[u.Job].unserved()
		if len(u.Reasons) == 0 && len(p.Vehicles) > 0 {
			t.Fatalf("nothing is said of why job %d is not served", u.Job)
		}
	}
	for j, n := range served {
		if n != 1 {
			t.Fatalf("job %d stands %d times in the plan", j, n)
		}
	}
	if !near(cost, plan.Cost) || !near(distance, plan.Distance) || !near(travel, plan.Travel) || weight != plan.Weight || plan.Late != 0 {
		t.Fatalf("sums: %+v, cost %v, weight %v", plan, cost, weight)
	}
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a)) }

// driven follows the times of a route.
func (p slow) driven(t *rapid.T, r Route) {
	car := p.Vehicles[r.Vehicle]
	now, at, k := r.Depart, car.Start, car.Done.Breaks
	rest := func(after int, until float64) {
		for ; k-car.Done.Breaks < len(r.Rests); k++ {
			x := r.Rests[k-car.Done.Breaks]
			if x.After != after || x.Start >= until {
				return
			}
			if b := car.Breaks[k]; x.Start < now || x.Start < b.Begin.From || x.Start > b.Begin.To || x.End != x.Start+b.Length {
				t.Fatalf("break %+v of %+v at %v", x, b, now)
			}
			now = x.End
		}
	}
	for i, s := range r.Stops {
		_, time := p.leg(at, p.Jobs[s.Job].Place)
		rest(i, s.Arrive)
		if !near(now+time, s.Arrive) {
			t.Fatalf("stop %d of %+v: at %v and %v away", i, r, now, time)
		}
		now, at = s.Arrive, p.Jobs[s.Job].Place
		rest(i, math.Inf(1))
		within := slices.ContainsFunc(p.starts(s.Job), func(w Window) bool { return s.Start >= w.From && s.Start <= w.To })
		if done := i < len(car.Done.Jobs); !within && !done || s.Start < now || s.Late != 0 || !done && s.Leave != s.Start+p.Jobs[s.Job].Service {
			t.Fatalf("stop %d of %+v", i, r)
		}
		now = s.Leave
	}
	_, time := p.leg(at, car.End)
	home := now + time
	for _, x := range r.Rests {
		if x.After == len(r.Stops) && x.Start < home {
			home = max(home, x.End+time)
		}
	}
	rest(len(r.Stops), home)
	now += time
	rest(len(r.Stops), math.Inf(1))
	if !near(now, r.Return) || r.Return > car.Shift.To || k != len(car.Breaks) {
		t.Fatalf("the end of %+v at %v", r, now)
	}
}

// drawn is a problem with some of everything, in a city of blocks or with distances that
// have no sense at all. All its numbers are whole, so that sums are exact.
func drawn(t *rapid.T, jobs, vehicles int, city bool) *Problem {
	number := func(name string, low, high int) float64 { return float64(rapid.IntRange(low, high).Draw(t, name)) }
	places := jobs + 2
	distances, times := make([][]float64, places), make([][]float64, places)
	xy := make([][2]float64, places)
	for i := range places {
		xy[i] = [2]float64{number("x", 0, 15), number("y", 0, 15)}
	}
	for i := range places {
		for j := range places {
			d := math.Abs(xy[i][0]-xy[j][0]) + math.Abs(xy[i][1]-xy[j][1])
			if !city {
				d = number("time", 0, 30)
			}
			distances[i], times[i] = append(distances[i], d), append(times[i], 2*d)
			if !city {
				distances[i][j] = number("distance", 0, 30)
			}
		}
	}
	p := &Problem{Travel: Matrix(distances, times), Fewest: rapid.Bool().Draw(t, "fewest")}
	if rapid.Bool().Draw(t, "weighed") {
		p.Cost = Cost{number("per distance", 0, 3), number("per time", 1, 3)}
	}
	skills := []string{"tower", "cable"}
	for range rapid.IntRange(1, vehicles).Draw(t, "vehicles") {
		v := Vehicle{Start: rapid.IntRange(Nowhere, places-1).Draw(t, "start"), End: rapid.IntRange(Nowhere, places-1).Draw(t, "end"),
			Capacity: []float64{number("capacity", 0, 9), number("capacity", 3, 9)}}
		v.Shift.From = number("shift", 0, 40)
		v.Shift.To = v.Shift.From + number("long", 20, 150)
		v.Skills = rapid.SliceOfNDistinct(rapid.SampledFrom(skills), 0, 2, rapid.ID).Draw(t, "skills")
		for range max(0, rapid.IntRange(-2, 2).Draw(t, "breaks")) {
			from := number("break", 0, 80)
			v.Breaks = append(v.Breaks, Break{Window{from, from + number("until", 0, 60)}, number("length", 1, 20)})
		}
		p.Vehicles = append(p.Vehicles, v)
	}
	for i := range rapid.IntRange(0, jobs).Draw(t, "jobs") {
		j := Job{Place: i, Service: number("service", 0, 10), Load: []float64{number("load", 0, 4), number("load", 0, 4)}, Priority: rapid.IntRange(0, 3).Draw(t, "priority")}
		at := 0.0
		for range rapid.IntRange(0, 2).Draw(t, "windows") {
			from := at + number("window", 1, 60)
			at = from + number("until", 0, 50)
			j.Windows = append(j.Windows, Window{from, at})
		}
		j.Skills = rapid.SliceOfNDistinct(rapid.SampledFrom(skills), 0, 1, rapid.ID).Draw(t, "needs")
		if rapid.IntRange(0, 3).Draw(t, "pinned") == 0 {
			j.Pin = &Pin{Vehicle: rapid.IntRange(0, len(p.Vehicles)-1).Draw(t, "to"), Order: rapid.IntRange(0, 2).Draw(t, "order")}
			if rapid.IntRange(0, 3).Draw(t, "timed") == 0 {
				at := number("at", 0, 100)
				j.Pin.At = &at
			}
		}
		p.Jobs = append(p.Jobs, j)
	}
	return p
}
