package main

import (
	"context"
	"errors"
	"math"
	"os"
	"runtime"
	"time"

	"github.com/tongsheng/tongsheng/engine/route"
)

// routeCmd is the group of commands for vehicle routing.
type routeCmd struct {
	Solve routeSolveCmd `cmd:"" help:"Print a plan as JSON: which vehicle goes where, in which order."`
}

type routeSolveCmd struct {
	File       string   `arg:"" help:"A problem, in Solomon's format or in JSON (docs/route.md); - is standard input."`
	Seconds    *float64 `xor:"length" placeholder:"S" help:"How long to search. Default: 10."`
	Iterations *int     `xor:"length" placeholder:"I" help:"How long to search, in iterations: the same plan on any machine."`
	Vehicles   *int     `placeholder:"N" help:"Vehicles there are. Default: those of the file, in Solomon's format as few of them as can be."`
	Seed       uint64   `default:"1" placeholder:"K" help:"Random numbers. Default: ${default}."`
}

// Searches side by side: with a number of iterations always as many, by time as many as
// there are processors.
const (
	fixedSearches = 2
	mostSearches  = 8
)

func (c routeSolveCmd) Run(ctx context.Context) error {
	seconds := 10.0
	if c.Seconds != nil {
		seconds = *c.Seconds
	}
	switch {
	case !(seconds > 0 && seconds <= 86400):
		return misuse{errors.New("--seconds: it is above 0 and at most 86400")}
	case c.Iterations != nil && (*c.Iterations < 1 || *c.Iterations > math.MaxInt32):
		return misuse{errors.New("--iterations: it is at least 1 and at most 2147483647")}
	case c.Vehicles != nil && (*c.Vehicles < 1 || *c.Vehicles > route.MaxVehicles):
		return misuse{errors.New("--vehicles: there are 1 to 500")}
	}
	began := time.Now()
	in, err := readFile(c.File, route.Read)
	if err != nil {
		return err
	}
	if c.Vehicles != nil {
		if err := in.Limit(*c.Vehicles); err != nil {
			return err
		}
	}
	o := route.Options{Seed: c.Seed}
	if c.Iterations != nil {
		o.Iterations, o.Searches = *c.Iterations, fixedSearches
	} else {
		o.Searches = min(runtime.GOMAXPROCS(0), mostSearches)
		// A little is kept for what comes before and after, so that the plan is there in time.
		search := seconds - min(0.2, seconds/20)
		o.Spent = func() float64 { return time.Since(began).Seconds() / search }
	}
	var plan *route.Plan
	if in.Plan != nil {
		plan, err = route.Insert(ctx, in.Problem, in.Plan, o)
	} else {
		plan, err = route.Solve(ctx, in.Problem, o)
	}
	if err != nil {
		return err
	}
	return in.Write(os.Stdout, plan)
}
