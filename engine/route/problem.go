package route

import "math"

// Window is a span of time, both ends in it.
type Window struct{ From, To float64 }

// Job is a visit to make.
type Job struct {
	ID       string
	Place    int      // in Problem.Travel
	Service  float64  // time that it takes
	Windows  []Window // service begins within one of them; none: at any time
	Load     []float64
	Skills   []string // that its vehicle must have, all of them
	Priority int      // 0 to MaxPriority; left unserved, a job weighs as much as two of the priority below
	Pin      *Pin     // nil: whoever serves it best
}

// Pin is what a dispatcher fixed by hand about a job.
type Pin struct {
	Vehicle int
	// Position, if above 0, makes it that stop of its vehicle, counted from 1. Those that a
	// vehicle has are 1, 2, … without gaps, after what is done.
	Position int
	// Order, if above 0, puts it after the vehicle's pinned jobs of lower order and before
	// those of higher order, whatever comes between.
	Order int
	// At, if not nil, is when its service begins.
	At *float64
}

// Nowhere is the place of a vehicle that begins at its first job, or ends at its last.
const Nowhere = -1

// Vehicle is who travels.
type Vehicle struct {
	ID         string
	Start, End int // places, or Nowhere
	Shift      Window
	Capacity   []float64 // what it carries over the whole shift, as many dimensions as Job.Load
	Skills     []string
	Breaks     []Break // all of them taken, in this order, if it serves any job
	Done       Done
}

// Break is a rest of some length that begins within its window, at a stop or on arrival at
// the next one, never during a service.
type Break struct {
	Begin  Window
	Length float64
}

// Done is what a vehicle has served or is on its way to when a plan is made anew: stops
// that nobody takes from it any more and before which nothing can be put.
type Done struct {
	Jobs   []int   // in the order of its stops
	Free   float64 // it goes on no earlier than this
	Breaks int     // how many of its breaks it has taken
}

// Problem is everything that a plan depends on. Times and distances are in any units.
type Problem struct {
	Jobs     []Job
	Vehicles []Vehicle
	Travel   Travel
	Cost     Cost
	// Fewest asks for as few vehicles as possible before it asks for the least cost.
	Fewest bool
}

// Cost says what a leg costs: so much for a unit of distance, so much for one of travel
// time. The zero value counts distance alone.
type Cost struct{ Distance, Time float64 }

func (c Cost) of(distance, time float64) float64 {
	if c == (Cost{}) {
		return distance
	}
	// Converted products are never fused with the sum, so that every processor gets the same.
	return float64(c.Distance*distance) + float64(c.Time*time)
}

// MaxPriority is the highest priority of a job.
const MaxPriority = 20

// unserved is what leaving a job out weighs; sums of such are exact.
func (j Job) unserved() float64 { return math.Ldexp(1, j.Priority) }
