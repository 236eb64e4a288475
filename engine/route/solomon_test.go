package route

import (
	"context"
	"encoding/csv"
	"os"
	"strconv"
	"testing"
)

const instances = "../../../shared/data/civic/vrptw/"

// The shared instances with as many vehicles as the best known plans have: everything is
// served and hardly further than in those.
func TestSolomonsInstances(t *testing.T) {
	f, err := os.Open(instances + "best_known.csv")
	if err != nil {
		t.Skipf("SKIPPED: the shared instances are not at %s", instances)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	mean := 0.0
	for _, row := range rows[1:] {
		in, err := os.Open(instances + row[0] + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		input, err := Read(row[0], in)
		in.Close()
		if err != nil {
			t.Fatal(err)
		}
		vehicles, _ := strconv.Atoi(row[4])
		best, _ := strconv.ParseFloat(row[5], 64)
		if err := input.Limit(vehicles); err != nil {
			t.Fatal(err)
		}
		plan, err := Solve(context.Background(), input.Problem, Options{Seed: 1, Iterations: 60_000})
		if err != nil {
			t.Fatal(err)
		}
		gap := plan.Distance/best - 1
		t.Logf("%s: %d vehicles, %.2f, %+.2f %%", row[0], len(plan.Routes), plan.Distance, 100*gap)
		if len(plan.Unserved) > 0 || len(plan.Routes) != vehicles {
			t.Errorf("%s: %d unserved, %d vehicles", row[0], len(plan.Unserved), len(plan.Routes))
		}
		if _, faults, err := input.Problem.Evaluate(served(input.Problem, plan)); err != nil || len(faults) > 0 {
			t.Errorf("%s: %v %v", row[0], err, faults)
		}
		mean += gap / float64(len(rows)-1)
	}
	if mean > 0.01 {
		t.Errorf("the mean gap is %.2f %%", 100*mean)
	}
}

// As few vehicles as the best known plan has are found from the 25 of the file.
func TestTheFleetIsMadeSmall(t *testing.T) {
	in, err := os.Open(instances + "RC101.txt")
	if err != nil {
		t.Skipf("SKIPPED: the shared instances are not at %s", instances)
	}
	defer in.Close()
	input, err := Read("RC101", in)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := Solve(context.Background(), input.Problem, Options{Iterations: 50_000})
	if err != nil || len(plan.Unserved) > 0 || len(plan.Routes) > 15 {
		t.Errorf("%v: %d vehicles, %d unserved", err, len(plan.Routes), len(plan.Unserved))
	}
	t.Logf("%d vehicles, %.2f", len(plan.Routes), plan.Distance)
}
