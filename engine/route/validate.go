package route

import (
	"fmt"
	"math"
)

// What a problem may have at most, so that its tables of travel stay below 300 MB.
const (
	MaxJobs     = 2000
	MaxVehicles = 500
	MaxWindows  = 32
	maxNumber   = 1e12
)

// Validate reports the first thing that is wrong with a problem.
func (p *Problem) Validate() error {
	if len(p.Jobs) > MaxJobs || len(p.Vehicles) > MaxVehicles {
		return bad("", "%d jobs and %d vehicles: at most %d and %d are taken", len(p.Jobs), len(p.Vehicles), MaxJobs, MaxVehicles)
	}
	if !(p.Cost.Distance >= 0 && p.Cost.Distance <= maxNumber && p.Cost.Time >= 0 && p.Cost.Time <= maxNumber) {
		return bad("cost", "what a unit costs is 0 or more")
	}
	dims := -1
	sizes := func(about string, list []float64) error {
		if dims < 0 {
			dims = len(list)
		}
		switch {
		case len(list) > maxLoads:
			return bad(about, "%d dimensions: there are at most %d", len(list), maxLoads)
		case len(list) != dims:
			return bad(about, "%d dimensions, where others have %d", len(list), dims)
		}
		for _, x := range list {
			if !(x >= 0 && x <= maxNumber) {
				return bad(about, "%v is not a number from 0 on", x)
			}
		}
		return nil
	}
	for i := range p.Vehicles {
		about := fmt.Sprintf("vehicles[%d]", i)
		if err := p.vehicle(i, about); err != nil {
			return err
		}
		if err := sizes(about+".capacity", p.Vehicles[i].Capacity); err != nil {
			return err
		}
	}
	for i := range p.Jobs {
		about := fmt.Sprintf("jobs[%d]", i)
		if err := p.job(i, about); err != nil {
			return err
		}
		if err := sizes(about+".load", p.Jobs[i].Load); err != nil {
			return err
		}
	}
	if err := p.done(); err != nil {
		return err
	}
	return p.travel()
}

func (p *Problem) vehicle(i int, about string) error {
	v := &p.Vehicles[i]
	for _, place := range []int{v.Start, v.End} {
		if place != Nowhere && (place < 0 || place >= p.Travel.Places) {
			return bad(about, "%d is no place: there are %d, from 0 on", place, p.Travel.Places)
		}
	}
	if err := span(about+".shift", v.Shift); err != nil {
		return err
	}
	if len(v.Breaks) > maxBreaks {
		return bad(about+".breaks", "%d breaks: there are at most %d", len(v.Breaks), maxBreaks)
	}
	for _, b := range v.Breaks {
		if err := span(about+".breaks", b.Begin); err != nil {
			return err
		}
		if !(b.Length >= 0 && b.Length <= maxNumber) {
			return bad(about+".breaks", "a length of %v", b.Length)
		}
	}
	if v.Done.Breaks < 0 || v.Done.Breaks > len(v.Breaks) {
		return bad(about, "%d of %d breaks taken", v.Done.Breaks, len(v.Breaks))
	}
	if !(math.Abs(v.Done.Free) <= maxNumber) {
		return bad(about, "it is free from %v on, which is no time", v.Done.Free)
	}
	return nil
}

func (p *Problem) job(i int, about string) error {
	j := &p.Jobs[i]
	if j.Place < 0 || j.Place >= p.Travel.Places {
		return bad(about+".place", "%d is no place: there are %d, from 0 on", j.Place, p.Travel.Places)
	}
	if !(j.Service >= 0 && j.Service <= maxNumber) {
		return bad(about+".service", "%v is not a duration", j.Service)
	}
	if j.Priority < 0 || j.Priority > MaxPriority {
		return bad(about+".priority", "%d: priorities are 0 to %d", j.Priority, MaxPriority)
	}
	if len(j.Windows) > MaxWindows {
		return bad(about+".windows", "%d windows: there are at most %d", len(j.Windows), MaxWindows)
	}
	for k, w := range j.Windows {
		if err := span(about+".windows", w); err != nil {
			return err
		}
		if k > 0 && w.From <= j.Windows[k-1].To {
			return bad(about+".windows", "window %d begins before the one before it has ended", k+1)
		}
	}
	pin := j.Pin
	if pin == nil {
		return nil
	}
	if pin.Vehicle < 0 || pin.Vehicle >= len(p.Vehicles) {
		return bad(about+".pin", "%d is no vehicle: there are %d, from 0 on", pin.Vehicle, len(p.Vehicles))
	}
	if pin.Position < 0 || pin.Order < 0 || pin.Order > math.MaxInt32/2 {
		return bad(about+".pin", "positions and orders are counted from 1")
	}
	if pin.At != nil && !(math.Abs(*pin.At) <= maxNumber) {
		return bad(about+".pin", "%v is no time", *pin.At)
	}
	return nil
}

func span(about string, w Window) error {
	if !(math.Abs(w.From) <= maxNumber && math.Abs(w.To) <= maxNumber && w.From <= w.To) {
		return bad(about, "%v to %v is no span of time", w.From, w.To)
	}
	return nil
}

// done looks at what is done and at the positions that hands fixed.
func (p *Problem) done() error {
	by := map[int]int{}
	for i := range p.Vehicles {
		about := fmt.Sprintf("vehicles[%d].done", i)
		for _, j := range p.Vehicles[i].Done.Jobs {
			if j < 0 || j >= len(p.Jobs) {
				return bad(about, "%d is no job", j)
			}
			if _, twice := by[j]; twice {
				return bad(about, "job %d is done twice", j)
			}
			by[j] = i
		}
	}
	for i := range p.Vehicles {
		fixed := 0
		for j := range p.Jobs {
			pin := p.Jobs[j].Pin
			if pin == nil || pin.Position == 0 || pin.Vehicle != i {
				continue
			}
			if _, already := by[j]; !already {
				fixed++
			}
		}
		done := len(p.Vehicles[i].Done.Jobs)
		if head := positions(p, i); len(head) != done+fixed {
			return bad(fmt.Sprintf("vehicles[%d]", i), "the positions to which jobs are pinned are not %d, %d, … without gaps", done+1, done+2)
		}
	}
	return nil
}

func (p *Problem) travel() error {
	used := make([]bool, p.Travel.Places)
	for _, j := range p.Jobs {
		used[j.Place] = true
	}
	for _, v := range p.Vehicles {
		for _, place := range []int{v.Start, v.End} {
			if place != Nowhere {
				used[place] = true
			}
		}
	}
	for i := range used {
		for j := range used {
			if !used[i] || !used[j] || i == j {
				continue
			}
			if d, t := p.Travel.Leg(i, j); !(d >= 0 && d <= maxNumber && t >= 0 && t <= maxNumber) {
				return bad("travel", "from place %d to %d it is %v far and takes %v", i, j, d, t)
			}
		}
	}
	return nil
}
