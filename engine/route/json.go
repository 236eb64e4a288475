package route

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/engine/geo"
)

// The format of docs/route.md. Names are those of the file.
type fileProblem struct {
	Travel   fileTravel    `json:"travel"`
	Places   [][2]float64  `json:"places"`
	Vehicles []fileVehicle `json:"vehicles"`
	Jobs     []fileJob     `json:"jobs"`
	Cost     *fileCost     `json:"cost"`
	Fewest   bool          `json:"fewest_vehicles"`
	Routes   []fileRoute   `json:"routes"`
}

type fileTravel struct {
	Kind      string      `json:"kind"`
	Factor    *float64    `json:"factor"`
	Speed     float64     `json:"speed"`
	Distances [][]float64 `json:"distances"`
	Times     [][]float64 `json:"times"`
}

type fileVehicle struct {
	ID          string      `json:"id"`
	Start       *int        `json:"start"`
	End         *int        `json:"end"`
	Shift       *[2]float64 `json:"shift"`
	Capacity    []float64   `json:"capacity"`
	Skills      []string    `json:"skills"`
	Breaks      []fileBreak `json:"breaks"`
	Done        []string    `json:"done"`
	Free        *float64    `json:"free"`
	BreaksTaken int         `json:"breaks_taken"`
}

type fileBreak struct {
	Window [2]float64 `json:"window"`
	Length float64    `json:"length"`
}

type fileJob struct {
	ID       string       `json:"id"`
	Place    int          `json:"place"`
	Service  float64      `json:"service"`
	Windows  [][2]float64 `json:"windows"`
	Load     []float64    `json:"load"`
	Skills   []string     `json:"skills"`
	Priority int          `json:"priority"`
	Pin      *filePin     `json:"pin"`
}

type filePin struct {
	Vehicle  string   `json:"vehicle"`
	Position int      `json:"position"`
	Order    int      `json:"order"`
	Time     *float64 `json:"time"`
}

type fileCost struct {
	Distance float64 `json:"distance"`
	Time     float64 `json:"time"`
}

type fileRoute struct {
	Vehicle string   `json:"vehicle"`
	Jobs    []string `json:"jobs"`
}

func readJSON(file, text string) (*Input, error) {
	var f fileProblem
	in := json.NewDecoder(bytes.NewReader([]byte(text)))
	in.DisallowUnknownFields()
	err := in.Decode(&f)
	if err == nil {
		if _, more := in.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows the problem")
		}
	}
	if err != nil {
		wrong := &Error{File: file, Text: strings.TrimPrefix(err.Error(), "json: ")}
		line := func(at int64) int { return 1 + strings.Count(text[:min(int(at), len(text))], "\n") }
		if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
			wrong.Line = line(syntax.Offset)
		} else if kind := (*json.UnmarshalTypeError)(nil); errors.As(err, &kind) {
			wrong.Line = line(kind.Offset)
		}
		return nil, wrong
	}
	input, err := f.input()
	if wrong := (*Error)(nil); errors.As(err, &wrong) {
		wrong.File = file
		return nil, wrong
	}
	return input, err
}

// input turns names into numbers and looks at what only a file can have wrong.
func (f *fileProblem) input() (*Input, error) {
	p := &Problem{Fewest: f.Fewest}
	if f.Cost != nil {
		p.Cost = Cost(*f.Cost)
	}
	var err error
	if p.Travel, err = f.travel(); err != nil {
		return nil, err
	}
	vehicles, jobs := map[string]int{}, map[string]int{}
	for i, v := range f.Vehicles {
		if err := unique(vehicles, v.ID, i, "vehicles"); err != nil {
			return nil, err
		}
	}
	for i, j := range f.Jobs {
		if err := unique(jobs, j.ID, i, "jobs"); err != nil {
			return nil, err
		}
	}
	for i := range f.Vehicles {
		v, err := f.Vehicles[i].vehicle(jobs, fmt.Sprintf("vehicles[%d]", i))
		if err != nil {
			return nil, err
		}
		p.Vehicles = append(p.Vehicles, v)
	}
	for i := range f.Jobs {
		j, err := f.Jobs[i].job(vehicles, fmt.Sprintf("jobs[%d]", i))
		if err != nil {
			return nil, err
		}
		p.Jobs = append(p.Jobs, j)
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	input := &Input{Problem: p}
	if f.Routes == nil {
		return input, nil
	}
	input.Plan = make(Assignment, len(p.Vehicles))
	for i, r := range f.Routes {
		about := fmt.Sprintf("routes[%d]", i)
		v, ok := vehicles[r.Vehicle]
		if !ok || input.Plan[v] != nil {
			return nil, bad(about+".vehicle", "%q is no vehicle, or one that has a route already", r.Vehicle)
		}
		if input.Plan[v], err = numbers(r.Jobs, jobs, about+".jobs"); err != nil {
			return nil, err
		}
	}
	return input, p.check(input.Plan)
}

func unique(known map[string]int, id string, i int, about string) error {
	if _, twice := known[id]; twice || id == "" {
		return bad(fmt.Sprintf("%s[%d].id", about, i), "%q is empty or that of another", id)
	}
	known[id] = i
	return nil
}

func numbers(ids []string, known map[string]int, about string) ([]int, error) {
	list := []int{}
	for _, id := range ids {
		j, ok := known[id]
		if !ok {
			return nil, bad(about, "%q is no job", id)
		}
		list = append(list, j)
	}
	return list, nil
}

func (f *fileProblem) travel() (Travel, error) {
	t := f.Travel
	if t.Kind != "matrix" && (t.Distances != nil || t.Times != nil) || t.Kind == "matrix" && f.Places != nil {
		return Travel{}, bad("travel", "a matrix has distances and times, anything else has places")
	}
	if t.Kind != "great-circle" && (t.Factor != nil || t.Speed != 0) {
		return Travel{}, bad("travel", "factor and speed are for a great-circle")
	}
	if len(f.Places) > MaxJobs+2*MaxVehicles {
		return Travel{}, bad("places", "%d places, more than jobs and vehicles can have", len(f.Places))
	}
	switch t.Kind {
	case "euclidean":
		return Euclidean(f.Places), nil
	case "great-circle":
		factor := 1.3
		if t.Factor != nil {
			factor = *t.Factor
		}
		if !(factor >= 1 && factor <= 10 && t.Speed > 0 && t.Speed <= 1000) {
			return Travel{}, bad("travel", "a factor is 1 to 10, a speed above 0 and up to 1000 metres per second")
		}
		var points []geo.Point
		for i, xy := range f.Places {
			pt := geo.Point{Lon: xy[0], Lat: xy[1]}
			if !pt.Valid() {
				return Travel{}, bad(fmt.Sprintf("places[%d]", i), "%v is no longitude and latitude", xy)
			}
			points = append(points, pt)
		}
		return GreatCircle(points, factor, t.Speed), nil
	case "matrix":
		for _, table := range [][][]float64{t.Distances, t.Times} {
			if table != nil && len(table) != len(t.Distances) || slices.ContainsFunc(table, func(row []float64) bool { return len(row) != len(t.Distances) }) {
				return Travel{}, bad("travel", "distances and times are square and as large as each other")
			}
		}
		return Matrix(t.Distances, t.Times), nil
	}
	return Travel{}, bad("travel.kind", "%q is none of euclidean, great-circle, matrix", t.Kind)
}

func (f *fileVehicle) vehicle(jobs map[string]int, about string) (Vehicle, error) {
	v := Vehicle{ID: f.ID, Start: Nowhere, End: Nowhere, Capacity: f.Capacity, Skills: f.Skills}
	if f.Shift == nil {
		return v, bad(about+".shift", "it has none")
	}
	v.Shift = Window{f.Shift[0], f.Shift[1]}
	if f.Start != nil {
		v.Start = *f.Start
	}
	if f.End != nil {
		v.End = *f.End
	}
	if f.Start != nil && *f.Start < 0 || f.End != nil && *f.End < 0 {
		return v, bad(about, "places are counted from 0; leave start or end out where there is none")
	}
	for _, b := range f.Breaks {
		v.Breaks = append(v.Breaks, Break{Window{b.Window[0], b.Window[1]}, b.Length})
	}
	var err error
	v.Done.Jobs, err = numbers(f.Done, jobs, about+".done")
	v.Done.Breaks, v.Done.Free = f.BreaksTaken, v.Shift.From
	if f.Free != nil {
		v.Done.Free = *f.Free
	}
	return v, err
}

func (f *fileJob) job(vehicles map[string]int, about string) (Job, error) {
	j := Job{ID: f.ID, Place: f.Place, Service: f.Service, Load: f.Load, Skills: f.Skills, Priority: f.Priority}
	for _, w := range f.Windows {
		j.Windows = append(j.Windows, Window{w[0], w[1]})
	}
	if f.Pin == nil {
		return j, nil
	}
	v, ok := vehicles[f.Pin.Vehicle]
	if !ok {
		return j, bad(about+".pin.vehicle", "%q is no vehicle", f.Pin.Vehicle)
	}
	j.Pin = &Pin{Vehicle: v, Position: f.Pin.Position, Order: f.Pin.Order, At: f.Pin.Time}
	return j, nil
}
