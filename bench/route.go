package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"

	"github.com/tongsheng/tongsheng/engine/route"
)

const routeSamples = "../shared/data/civic/vrptw/"

// routeTime is how long each instance is searched.
const routeTime = 10 * time.Second

// vroom is where VROOM 1.14.0 was recorded to leave jobs with the fleet limited to the best
// known; on all instances that it served whole it went 0 to 6.4 % further than the best known.
var vroom = map[string]string{"RC101": "VROOM 1.14, recorded: 2 unserved"}

// routes plans Solomon's shared instances with as many vehicles as the best known plans
// have, and says how much further it goes than these.
func routes(ctx context.Context) ([]measure, error) {
	f, err := os.Open(routeSamples + "best_known.csv")
	if err != nil {
		return nil, fmt.Errorf("SKIPPED: the shared instances are not at %s: %w", routeSamples, err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	var table []measure
	mean, short := 0.0, 0
	for _, row := range rows[1:] {
		vehicles, _ := strconv.Atoi(row[4])
		best, _ := strconv.ParseFloat(row[5], 64)
		plan, err := planned(ctx, row[0], vehicles)
		if err != nil {
			return nil, err
		}
		gap := 100 * (plan.Distance/best - 1)
		mean += gap / float64(len(rows)-1)
		short += len(plan.Unserved)
		peer := vroom[row[0]]
		if peer == "" {
			peer = "VROOM 1.14, recorded: 0 to 6.4 % further"
		}
		table = append(table, measure{fmt.Sprintf("Solomon's %s, %d vehicles, %s on %d processors; best known %.2f", row[0], vehicles, routeTime, runtime.GOMAXPROCS(0), best),
			fmt.Sprintf("%d vehicles, %.2f, %d unserved", len(plan.Routes), plan.Distance, len(plan.Unserved)), peer, fmt.Sprintf("%+.2f %%", gap), "—"})
	}
	table = append(table, measure{"How much further than the best known, in the mean", fmt.Sprintf("%.2f %%, %d unserved", mean, short), "—", "—", "≤ 1 %, all served"})
	return table, nil
}

// planned is the plan of an instance that is found in routeTime.
func planned(ctx context.Context, name string, vehicles int) (*route.Plan, error) {
	f, err := os.Open(routeSamples + name + ".txt")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in, err := route.Read(name, f)
	if err != nil {
		return nil, err
	}
	if err := in.Limit(vehicles); err != nil {
		return nil, err
	}
	began := time.Now()
	return route.Solve(ctx, in.Problem, route.Options{Seed: 1, Searches: runtime.GOMAXPROCS(0),
		Spent: func() float64 { return time.Since(began).Seconds() / routeTime.Seconds() }})
}
