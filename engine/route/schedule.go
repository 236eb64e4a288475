package route

import "slices"

// Stop is a visit of a route.
type Stop struct {
	Job                  int
	Arrive, Start, Leave float64 // Start is when service begins
	Late                 float64 // how long after the last window
}

// Rest is a break that is taken.
type Rest struct {
	After      int // how many stops were made before it
	Start, End float64
	Late       float64 // how long after its window it begins
}

// Route is what one vehicle does, as early as it can.
type Route struct {
	Vehicle          int
	Stops            []Stop
	Rests            []Rest
	Depart, Return   float64
	Distance, Travel float64 // Travel is time on the way
	Cost             float64
	Late             float64 // of stops, breaks and the end of the shift together
}

// Jobs are those of the route in their order.
func (r *Route) Jobs() []int {
	jobs := make([]int, len(r.Stops))
	for i, s := range r.Stops {
		jobs[i] = s.Job
	}
	return jobs
}

// moment is a label of a schedule in the making: how late all was so far, and how early one
// is. Less late is better, then earlier.
type moment struct {
	late, at float64
	reached  bool
}

func (m moment) better(o moment) bool {
	return m.reached && (!o.reached || m.late < o.late || m.late == o.late && m.at < o.at)
}

// timetable finds where a vehicle takes its breaks along given stops so that it is late as
// little, and then as early, as can be. Rows stand by phase: after leaving a stop and after
// arriving at one, in turn.
type timetable struct {
	breaks []Break
	rows   [][]moment
	rested [][]bool // this label of this row came about by taking a break there
}

func (tt *timetable) add(row []moment) {
	rested := make([]bool, len(row))
	for k, b := range tt.breaks {
		if !row[k].reached {
			continue
		}
		at := max(row[k].at, b.Begin.From)
		if next := (moment{row[k].late + max(0, at-b.Begin.To), at + b.Length, true}); next.better(row[k+1]) {
			row[k+1], rested[k+1] = next, true
		}
	}
	tt.rows, tt.rested = append(tt.rows, row), append(tt.rested, rested)
}

// Schedule is the route of a vehicle along jobs in the given order, and all that speaks
// against it. Travel, loads and lateness are those of the whole route; what is done is
// never late.
func (p *Problem) Schedule(vehicle int, jobs []int) (Route, []Fault) {
	v := &p.Vehicles[vehicle]
	r := Route{Vehicle: vehicle, Depart: p.begin(vehicle)}
	if len(jobs) == 0 {
		r.Return = r.Depart
		return r, p.misplaced(vehicle, jobs)
	}
	tt := timetable{breaks: v.Breaks}
	done := len(v.Done.Jobs)
	row := make([]moment, len(v.Breaks)+1)
	row[v.Done.Breaks] = moment{at: r.Depart, reached: true}
	if done > 0 {
		tt.rows, tt.rested = append(tt.rows, row), append(tt.rested, make([]bool, len(row)))
	} else {
		tt.add(row)
	}
	at := v.Start
	for i, j := range jobs {
		n := p.Jobs[j].node()
		time := r.leg(p, at, p.Jobs[j].Place)
		at = p.Jobs[j].Place
		arrive := shifted(tt.rows[len(tt.rows)-1], time)
		if i < done {
			tt.rows, tt.rested = append(tt.rows, arrive), append(tt.rested, make([]bool, len(arrive)))
		} else {
			tt.add(arrive)
		}
		leave := slices.Clone(arrive)
		for k := range leave {
			start := n.open(leave[k].at)
			if i >= done {
				leave[k].late += max(0, start-n.due)
			}
			leave[k].at = start + n.service
			if i == done-1 {
				leave[k].at = max(leave[k].at, v.Done.Free)
			}
		}
		if i < done-1 {
			tt.rows, tt.rested = append(tt.rows, leave), append(tt.rested, make([]bool, len(leave)))
		} else {
			tt.add(leave)
		}
	}
	tt.add(shifted(tt.rows[len(tt.rows)-1], r.leg(p, at, v.End)))
	return r, append(p.misplaced(vehicle, jobs), p.trace(&r, &tt, jobs)...)
}

// begin is when a vehicle can begin: with nothing done it may be free later than its shift.
func (p *Problem) begin(vehicle int) float64 {
	v := &p.Vehicles[vehicle]
	if len(v.Done.Jobs) == 0 {
		return max(v.Shift.From, v.Done.Free)
	}
	return v.Shift.From
}

func shifted(row []moment, by float64) []moment {
	out := slices.Clone(row)
	for k := range out {
		out[k].at += by
	}
	return out
}

func (r *Route) leg(p *Problem, from, to int) (time float64) {
	if from == to || from == Nowhere || to == Nowhere {
		return 0
	}
	d, t := p.Travel.Leg(from, to)
	r.Distance += d
	r.Travel += t
	r.Cost += p.Cost.of(d, t)
	return t
}

// trace walks back from the end with all breaks taken, writes down stops and breaks, and
// says what comes too late.
func (p *Problem) trace(r *Route, tt *timetable, jobs []int) (faults []Fault) {
	v := &p.Vehicles[r.Vehicle]
	k := len(v.Breaks)
	last := len(tt.rows) - 1
	r.Return = tt.rows[last][k].at
	over := max(0, r.Return-v.Shift.To)
	r.Late = tt.rows[last][k].late + over
	if over > 0 {
		faults = append(faults, Fault{Shift, r.Vehicle, -1, over})
	}
	r.Stops = make([]Stop, len(jobs))
	for i := last; i >= 0; i-- {
		// Rows are: start, then arrival and departure of each stop, then the end.
		stop := (i+1)/2 - 1
		isArrival := i%2 == 1
		if isArrival && stop < len(jobs) {
			r.Stops[stop].Start = tt.rows[i][k].at // after breaks; opened below
		}
		for ; tt.rested[i][k]; k-- {
			b := v.Breaks[k-1]
			begin := max(tt.rows[i][k-1].at, b.Begin.From)
			rest := Rest{i / 2, begin, begin + b.Length, max(0, begin-b.Begin.To)}
			r.Rests = append(r.Rests, rest)
			if rest.Late > 0 {
				faults = append(faults, Fault{Rested, r.Vehicle, -1, rest.Late})
			}
		}
		switch {
		case isArrival && stop < len(jobs):
			r.Stops[stop].Arrive = tt.rows[i][k].at
		case !isArrival && i > 0:
			r.Stops[i/2-1].Leave = tt.rows[i][k].at
		}
	}
	slices.Reverse(r.Rests)
	for i := range r.Stops {
		s := &r.Stops[i]
		s.Job = jobs[i]
		n := p.Jobs[jobs[i]].node()
		s.Start = n.open(s.Start)
		if i >= len(v.Done.Jobs) {
			s.Late = max(0, s.Start-n.due)
		}
		if s.Late > 0 {
			faults = append(faults, Fault{Late, r.Vehicle, s.Job, s.Late})
		}
	}
	return faults
}

// misplaced is what speaks against jobs on a vehicle, in their order, apart from time.
func (p *Problem) misplaced(vehicle int, jobs []int) (faults []Fault) {
	v := &p.Vehicles[vehicle]
	load := make([]float64, len(v.Capacity))
	order := 0
	head := positions(p, vehicle)
	for i, j := range jobs {
		job := &p.Jobs[j]
		for k, x := range job.Load {
			load[k] += x
		}
		if i < len(v.Done.Jobs) {
			continue
		}
		if job.Pin != nil && job.Pin.Vehicle != vehicle {
			faults = append(faults, Fault{Pinned, vehicle, j, 0})
		}
		for _, s := range job.Skills {
			if !slices.Contains(v.Skills, s) {
				faults = append(faults, Fault{Skill, vehicle, j, 0})
				break
			}
		}
		if job.Pin != nil && job.Pin.Order > 0 {
			if job.Pin.Order < order {
				faults = append(faults, Fault{Order, vehicle, j, 0})
			}
			order = max(order, job.Pin.Order)
		}
	}
	for k := range load {
		if load[k] > v.Capacity[k] {
			faults = append(faults, Fault{Capacity, vehicle, -1, load[k] - v.Capacity[k]})
		}
	}
	for i, j := range head {
		if i < len(jobs) && jobs[i] == int(j) {
			continue
		}
		reason := Position
		if i < len(v.Done.Jobs) {
			reason = IsDone
		}
		faults = append(faults, Fault{reason, vehicle, int(j), 0})
	}
	return faults
}
