package route

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
)

const smallSolomon = "T1\r\n\r\nVEHICLE\r\nNUMBER     CAPACITY\r\n  3         20\r\n\r\nCUSTOMER\r\n" +
	"CUST NO.   XCOORD.   YCOORD.    DEMAND   READY TIME   DUE DATE   SERVICE TIME\r\n \r\n" +
	"    0          0       0         0          0       100           0\r\n" +
	"    1          3       4        10         10        20           5\r\n" +
	"    2          0       10       15         0         90           5\r\n"

func TestSolomonsFormatIsReadStrictly(t *testing.T) {
	in, err := Read("t1.txt", strings.NewReader(smallSolomon))
	if err != nil {
		t.Fatal(err)
	}
	p := in.Problem
	if err := p.Validate(); err != nil || len(p.Vehicles) != 3 || len(p.Jobs) != 2 || p.Jobs[1].Load[0] != 15 || p.Vehicles[2].Shift != (Window{0, 100}) {
		t.Fatalf("%v: %+v", err, p)
	}
	for _, c := range []struct{ old, new, says string }{
		{"T1\r\n", "", `"VEHICLE" should be`},
		{"NUMBER     CAPACITY", "CAPACITY", `t.txt:4: "CAPACITY" stands where`},
		{"  3         20", "  3", "t.txt:5: 1 numbers, where there are 2"},
		{"  3         20", "  2.5       20", "t.txt:5: number: 2.5 vehicles"},
		{"  3         20", "  3         -20", `t.txt:5: capacity: "-20"`},
		{"  3         20", "  99999     20", "t.txt:5: number: 99999 vehicles"},
		{"CUSTOMER", "CLIENT", `t.txt:7: "CLIENT"`},
		{"READY TIME   DUE", "DUE", "t.txt:8:"},
		{"    1          3", "    7          3", "t.txt:11: customer: 7 stands where 1 should be"},
		{"    1          3       4        10         10        20           5", "    1          3       4        10         10        20", "t.txt:11: 6 numbers, where there are 7"},
		{"10        20 ", "30        20 ", "t.txt:11: due date: 20 is before the ready time"},
		{"    1          3", "    1          x", `t.txt:11: x: "x" is no number`},
		{"    1          3", "    1          NaN", `t.txt:11: x: "NaN"`},
		{"15         0 ", "1e400      0 ", "t.txt:12: demand"},
		{"    0          0       0         0          0       100           0\r\n    1 ", "    1 ", "t.txt:10: customer: 1 stands where 0"},
	} {
		text := strings.Replace(smallSolomon, c.old, c.new, 1)
		if text == smallSolomon {
			t.Fatalf("%q is not there", c.old)
		}
		if _, err := Read("t.txt", strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v, want %q", c.new, err, c.says)
		}
	}
	for text, says := range map[string]string{
		"":                             "t.txt:1: the file is empty",
		"T1\n":                         "t.txt:2: the file ends where",
		smallSolomon[:60]:              "t.txt:",
		strings.Repeat("x", MaxFile+1): "64 MiB",
		strings.Repeat("x", 100_000):   "t.txt:",
	} {
		if _, err := Read("t.txt", strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.20q: %v, want %q", text, err, says)
		}
	}
}

const smallJSON = `{
  "travel": {"kind": "euclidean"},
  "places": [[0, 0], [3, 4], [0, 10]],
  "vehicles": [{"id": "van", "start": 0, "end": 0, "shift": [0, 100], "capacity": [20], "skills": ["tower"],
    "breaks": [{"window": [0, 60], "length": 5}]}],
  "jobs": [
    {"id": "a", "place": 1, "service": 5, "windows": [[10, 20], [30, 40]], "load": [10], "priority": 2},
    {"id": "b", "place": 2, "load": [5], "skills": ["tower"], "pin": {"vehicle": "van", "order": 1}},
    {"id": "c", "place": 2, "load": [50]}
  ]
}`

func TestOurFormatIsReadAndWritten(t *testing.T) {
	in, err := Read("p.json", strings.NewReader("\ufeff\n"+smallJSON))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := Solve(context.Background(), in.Problem, Options{Iterations: 500})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := in.Write(&out, plan); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Vehicles int
		Distance float64
		Unserved []string
		Routes   [][]string
		Late     *float64
		Reasons  map[string][]Reason
		Schedule []struct {
			Vehicle string
			Stops   []struct{ Arrive, Start, Leave float64 }
			Breaks  []struct{ Start, End float64 }
			Return  float64
		}
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	s := got.Schedule
	if got.Vehicles != 1 || len(got.Unserved) != 1 || got.Reasons["c"][0] != Capacity || len(got.Routes[0]) != 2 || *got.Late != 0 ||
		len(s) != 1 || s[0].Vehicle != "van" || len(s[0].Stops) != 2 || len(s[0].Breaks) != 1 {
		t.Error(out.String())
	}
	// The plan goes into the next problem, with a job that has come in.
	next := strings.Replace(smallJSON, `"jobs": [`, `"routes": [{"vehicle": "van", "jobs": ["b"]}], "jobs": [`, 1)
	if in, err = Read("p.json", strings.NewReader(next)); err != nil || len(in.Plan[0]) != 1 || in.Plan[0][0] != 1 {
		t.Errorf("%v: %+v", err, in)
	}
}

func TestOurFormatIsReadStrictly(t *testing.T) {
	for _, c := range []struct{ old, new, says string }{
		{`"places"`, `"spots"`, `p.json: unknown field "spots"`},
		{`"euclidean"`, `"teleport"`, "travel.kind"},
		{`"euclidean"`, `"great-circle"`, "a speed above 0"},
		{`"euclidean"`, `"euclidean", "speed": 3`, "for a great-circle"},
		{`"euclidean"`, `"matrix"`, "a matrix has distances"},
		{`"euclidean"}`, `"great-circle", "speed": 3}, "cost": {"distance": -1}`, "cost: what a unit costs"},
		{`[3, 4]`, `[3, "4"]`, "p.json:3:"},
		{`[0, 100]`, `[100, 0]`, "vehicles[0].shift"},
		{`"shift": [0, 100], `, ``, "vehicles[0].shift: it has none"},
		{`"start": 0`, `"start": 9`, "vehicles[0]: 9 is no place"},
		{`"start": 0`, `"start": -1`, "leave start or end out"},
		{`"capacity": [20]`, `"capacity": [20, 3]`, "jobs[0].load: 1 dimensions"},
		{`"id": "b"`, `"id": "a"`, `jobs[1].id: "a" is empty or that of another`},
		{`[[10, 20], [30, 40]]`, `[[10, 30], [30, 40]]`, "jobs[0].windows: window 2"},
		{`"priority": 2`, `"priority": 99`, "jobs[0].priority"},
		{`"vehicle": "van"`, `"vehicle": "bus"`, `jobs[1].pin.vehicle: "bus"`},
		{`"order": 1`, `"position": 2`, "without gaps"},
		{`"length": 5`, `"length": -5`, "vehicles[0].breaks: a length"},
		{`"skills": ["tower"],`, `"done": ["x"],`, `vehicles[0].done: "x" is no job`},
		{`"skills": ["tower"],`, `"done": ["a", "a"],`, "job 0 is done twice"},
		{`"skills": ["tower"],`, `"breaks_taken": 3,`, "3 of 1 breaks taken"},
		{`"jobs": [`, `"routes": [{"vehicle": "van", "jobs": ["a", "a"]}], "jobs": [`, "job 0 stands twice"},
		{`"jobs": [`, `"routes": [{"vehicle": "bus"}], "jobs": [`, `"bus" is no vehicle`},
		{`"load": [50]}`, `"load": [50]`, "p.json:10: invalid"},
	} {
		text := strings.Replace(smallJSON, c.old, c.new, 1)
		if text == smallJSON {
			t.Fatalf("%q is not there", c.old)
		}
		if _, err := Read("p.json", strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), "p.json:") {
			t.Errorf("%s: %v, want %q", c.new, err, c.says)
		}
	}
	if _, err := Read("p.json", strings.NewReader(smallJSON+"{}")); err == nil || !strings.Contains(err.Error(), "follows") {
		t.Error(err)
	}
}

// Whatever is read can be solved or is refused with words.
func FuzzRead(f *testing.F) {
	f.Add([]byte(smallSolomon))
	f.Add([]byte(smallJSON))
	f.Fuzz(func(t *testing.T, raw []byte) {
		in, err := Read("f", bytes.NewReader(raw))
		if err != nil {
			return
		}
		if err := in.Problem.Validate(); err != nil {
			if in.Solomon {
				t.Fatal(err)
			}
			return
		}
		if len(in.Problem.Jobs) > 20 || len(in.Problem.Vehicles) > 20 {
			return
		}
		plan, err := Solve(context.Background(), in.Problem, Options{Iterations: 50})
		if err != nil {
			t.Fatal(err)
		}
		if err := in.Write(&bytes.Buffer{}, plan); err != nil {
			t.Fatal(err)
		}
	})
}
