package route

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tongsheng/tongsheng/engine/geo"
)

// line is a problem on a line: jobs at whole kilometres, one vehicle at 0, all day.
func line(at ...float64) *Problem {
	points := [][2]float64{{0, 0}}
	p := &Problem{Vehicles: []Vehicle{{ID: "v0", Shift: Window{0, 1000}}}}
	for i, x := range at {
		points = append(points, [2]float64{x, 0})
		p.Jobs = append(p.Jobs, Job{ID: fmt.Sprint(i), Place: i + 1})
	}
	p.Travel = Euclidean(points)
	return p
}

func solved(t *testing.T, p *Problem) *Plan {
	t.Helper()
	plan, err := Solve(context.Background(), p, Options{Iterations: 2000})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// served are the jobs of each vehicle.
func served(p *Problem, plan *Plan) Assignment { return plan.Assignment(len(p.Vehicles)) }

func same(a, b Assignment) bool { return slices.EqualFunc(a, b, slices.Equal[[]int]) }

func TestSkills(t *testing.T) {
	p := line(10, 20)
	p.Jobs[1].Skills = []string{"tower", "cable"}
	p.Vehicles[0].Skills = []string{"tower"}
	if plan := solved(t, p); !same(served(p, plan), Assignment{{0}}) || len(plan.Unserved) != 1 || !slices.Equal(plan.Unserved[0].Reasons, []Reason{Skill}) {
		t.Errorf("%+v", plan)
	}
	p.Vehicles = append(p.Vehicles, Vehicle{Shift: Window{0, 1000}, Skills: []string{"cable", "tower"}})
	if plan := solved(t, p); !slices.Contains(served(p, plan)[1], 1) || len(plan.Unserved) != 0 {
		t.Errorf("%+v", plan)
	}
}

func TestLoadsInSeveralDimensions(t *testing.T) {
	p := line(10, 11, 12)
	for i := range p.Jobs {
		p.Jobs[i].Load = []float64{1, float64(3 * i)}
	}
	p.Vehicles[0].Capacity = []float64{9, 6}
	// The second and third fill it together with 9, one of them alone with the first.
	if plan := solved(t, p); !same(served(p, plan), Assignment{{0, 1}}) && !same(served(p, plan), Assignment{{1, 0}}) || !slices.Equal(plan.Unserved[0].Reasons, []Reason{NoRoom}) {
		t.Errorf("%+v", plan)
	}
	p.Jobs[2].Load[1] = 7
	if plan := solved(t, p); !slices.Equal(plan.Unserved[0].Reasons, []Reason{Capacity}) {
		t.Errorf("%+v", plan)
	}
}

func TestPriorities(t *testing.T) {
	p := line(10, -10, -11)
	p.Vehicles[0].Shift.To = 25 // one side or the other
	if plan := solved(t, p); !slices.Equal(jobsOf(plan), []int{1, 2}) {
		t.Errorf("%+v", plan)
	}
	p.Jobs[0].Priority = 2 // weighs 4, against 1 and 1
	if plan := solved(t, p); !slices.Equal(jobsOf(plan), []int{0}) || plan.Weight != 2 {
		t.Errorf("%+v", plan)
	}
}

// jobsOf are all that are served.
func jobsOf(plan *Plan) (all []int) {
	for _, r := range plan.Routes {
		all = append(all, r.Jobs()...)
	}
	slices.Sort(all)
	return all
}

func TestSeveralDepotsAndShifts(t *testing.T) {
	p := line(10, 90, 50)
	p.Vehicles = append(p.Vehicles, Vehicle{Start: 2, End: Nowhere, Shift: Window{200, 300}})
	plan := solved(t, p)
	// The second begins at 90, ends where it likes, and comes by 50 for less than the first.
	if !same(served(p, plan), Assignment{{0}, {1, 2}}) || plan.Distance != 60 || plan.Routes[1].Stops[0].Start != 200 || plan.Routes[1].Return != 240 {
		t.Errorf("%+v", plan)
	}
	p.Vehicles[1].Shift = Window{200, 230} // no time for both
	if plan := solved(t, p); !same(served(p, plan), Assignment{{0, 2}, {1}}) && !same(served(p, plan), Assignment{{2, 0}, {1}}) {
		t.Errorf("%+v", plan)
	}
}

func TestSeveralWindows(t *testing.T) {
	p := line(10)
	p.Jobs[0].Windows = []Window{{0, 5}, {100, 110}, {200, 210}}
	if plan := solved(t, p); plan.Routes[0].Stops[0] != (Stop{0, 10, 100, 100, 0}) {
		t.Errorf("%+v", plan)
	}
	p.Jobs[0].Windows = p.Jobs[0].Windows[:1]
	if plan := solved(t, p); len(plan.Routes) != 0 || !slices.Equal(plan.Unserved[0].Reasons, []Reason{Reach}) {
		t.Errorf("%+v", plan)
	}
}

func TestBreaks(t *testing.T) {
	p := line(40, 60)
	p.Jobs[0].Windows, p.Jobs[1].Windows = []Window{{0, 45}}, []Window{{60, 75}}
	p.Vehicles[0].Breaks = []Break{{Window{50, 90}, 30}}
	// The break has to wait for the second job, on the way to which there is no time for it.
	plan := solved(t, p)
	if !same(served(p, plan), Assignment{{0, 1}}) || plan.Routes[0].Rests[0] != (Rest{2, 60, 90, 0}) || plan.Routes[0].Return != 150 {
		t.Errorf("%+v", plan)
	}
	p.Vehicles[0].Breaks[0].Begin.To = 55
	if plan := solved(t, p); slices.Contains(jobsOf(plan), 1) {
		t.Errorf("%+v", plan)
	}
	// Whoever serves nobody needs no break.
	p.Jobs = nil
	if plan := solved(t, p); len(plan.Routes) != 0 {
		t.Errorf("%+v", plan)
	}
}

func TestJobsFixedByHand(t *testing.T) {
	p := line(10, 20, 30)
	p.Vehicles = append(p.Vehicles, Vehicle{Shift: Window{0, 1000}})
	at := 500.0
	p.Jobs[2].Pin = &Pin{Vehicle: 1, Position: 1}
	p.Jobs[0].Pin = &Pin{Vehicle: 1, Order: 2}
	p.Jobs[1].Pin = &Pin{Vehicle: 1, Order: 1, At: &at}
	plan := solved(t, p)
	if !same(served(p, plan), Assignment{nil, {2, 1, 0}}) || plan.Routes[0].Stops[1].Start != 500 {
		t.Errorf("%+v", plan)
	}
	p.Jobs[0].Pin.Order, p.Jobs[1].Pin.Order = 1, 2
	if plan := solved(t, p); !same(served(p, plan), Assignment{nil, {2, 0, 1}}) {
		t.Errorf("%+v", plan)
	}
	c, err := p.Move(served(p, plan), 2, 1, 3)
	if err != nil || c.Feasible || !slices.ContainsFunc(c.Faults, func(f Fault) bool { return f.Reason == Position && f.Job == 2 }) {
		t.Errorf("%v: %+v", err, c)
	}
}

func TestAPlanIsMadeAnewWhenAJobComesIn(t *testing.T) {
	p := line(10, 20, 30, 21)
	p.Vehicles = append(p.Vehicles, Vehicle{Shift: Window{0, 1000}})
	now := Assignment{{0, 1}, {2}}
	p.Vehicles[0].Done = Done{Jobs: []int{0}, Free: 15}
	p.Vehicles[1].Done = Done{Jobs: []int{2}, Free: 30}
	for _, o := range []Options{{}, {Iterations: 1000}} {
		plan, err := Insert(context.Background(), p, now, o)
		if err != nil {
			t.Fatal(err)
		}
		// Going on from 30 to 21 is no way further than going home; what was planned at 20 costs
		// nothing on the way either, and who serves it saves the first the way.
		got := served(p, plan)
		if got[0][0] != 0 || got[1][0] != 2 || len(plan.Unserved) != 0 || o.Iterations > 0 && plan.Distance != 80 {
			t.Errorf("%+v", plan)
		}
	}
	c, err := p.Move(now, 3, 0, 1)
	if err != nil || c.Feasible || c.Faults[0].Reason != IsDone {
		t.Errorf("%v: %+v", err, c)
	}
	c, err = p.Move(now, 3, 0, 9)
	if err != nil || !c.Feasible || c.Distance != 2 || c.Weight != -1 {
		t.Errorf("%v: %+v", err, c)
	}
}

func TestAMoveSaysWhatItWouldBreak(t *testing.T) {
	p := line(10, 20)
	p.Jobs[0].Windows = []Window{{0, 12}}
	now := Assignment{{0, 1}}
	c, err := p.Move(now, 0, 0, 2)
	if err != nil || c.Feasible || c.Distance != 0 || c.Late != 18 || c.Faults[0] != (Fault{Late, 0, 0, 18}) {
		t.Errorf("%v: %+v", err, c)
	}
	for _, wrong := range [][3]int{{-1, 0, 1}, {2, 0, 1}, {0, 1, 1}, {0, -2, 1}, {0, 0, 0}} {
		if _, err := p.Move(now, wrong[0], wrong[1], wrong[2]); err == nil {
			t.Errorf("%v is taken", wrong)
		}
	}
	if _, err := p.Move(Assignment{{0, 0}}, 0, 0, 1); err == nil {
		t.Error("a job that stands twice is taken")
	}
}

func TestGreatCircle(t *testing.T) {
	travel := GreatCircle([]geo.Point{{Lon: 116.39, Lat: 39.9}, {Lon: 116.39, Lat: 40.0}}, 1.3, 10)
	d, s := travel.Leg(0, 1)
	if d < 14400 || d > 14500 || s != float64(int(d*100+0.5))/1000 && s != d/10 {
		t.Errorf("%v m, %v s", d, s)
	}
}

func TestOptionsAreLookedAt(t *testing.T) {
	for _, o := range []Options{{}, {Iterations: -1}, {Iterations: 1, Searches: 1000}} {
		if _, err := Solve(context.Background(), line(1), o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
	if _, err := Solve(context.Background(), &Problem{Jobs: []Job{{}}}, Options{Iterations: 1}); err == nil {
		t.Error("a job at no place is taken")
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if plan, err := Solve(ctx, line(1, 2, 3), Options{Iterations: 1 << 30}); err != nil || len(plan.Unserved) != 0 {
		t.Errorf("%v: %+v", err, plan)
	}
}

// A thousand customers are planned in an instant, if not well.
func TestManyJobs(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	points := [][2]float64{{50, 50}}
	p := &Problem{}
	for i := range 1000 {
		points = append(points, [2]float64{100 * rng.Float64(), 100 * rng.Float64()})
		from := 800 * rng.Float64()
		p.Jobs = append(p.Jobs, Job{Place: i + 1, Service: 5, Windows: []Window{{from, from + 100}}, Load: []float64{1}})
	}
	for range 100 {
		p.Vehicles = append(p.Vehicles, Vehicle{Shift: Window{0, 1000}, Capacity: []float64{30}})
	}
	p.Travel = Euclidean(points)
	plan, err := Solve(context.Background(), p, Options{Iterations: 2000})
	if err != nil || len(plan.Unserved) > 0 {
		t.Fatalf("%v: %d unserved", err, len(plan.Unserved))
	}
	if _, faults, _ := p.Evaluate(served(p, plan)); len(faults) > 0 {
		t.Error(faults)
	}
}
