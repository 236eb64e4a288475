package route

import (
	"encoding/json"
	"io"
)

type filePlan struct {
	Vehicles int     `json:"vehicles"`
	Distance float64 `json:"distance"`
	Unserved any     `json:"unserved"`
	Routes   any     `json:"routes"`

	Travel   *float64            `json:"travel_time,omitempty"`
	Cost     *float64            `json:"cost,omitempty"`
	Late     *float64            `json:"late,omitempty"`
	Reasons  map[string][]Reason `json:"reasons,omitempty"`
	Schedule []fileSchedule      `json:"schedule,omitempty"`
}

type fileSchedule struct {
	Vehicle  string     `json:"vehicle"`
	Depart   float64    `json:"depart"`
	Stops    []fileStop `json:"stops"`
	Breaks   []fileRest `json:"breaks,omitempty"`
	Return   float64    `json:"return"`
	Distance float64    `json:"distance"`
	Travel   float64    `json:"travel_time"`
	Late     float64    `json:"late"`
}

type fileStop struct {
	Job    string  `json:"job"`
	Arrive float64 `json:"arrive"`
	Start  float64 `json:"start"`
	Leave  float64 `json:"leave"`
	Late   float64 `json:"late"`
}

type fileRest struct {
	After int     `json:"after"`
	Start float64 `json:"start"`
	End   float64 `json:"end"`
}

// Write writes a plan as JSON, on one line: for Solomon's format by customer numbers, for
// our own by the names of jobs and with all times.
func (in *Input) Write(w io.Writer, plan *Plan) error {
	out := filePlan{Vehicles: len(plan.Routes), Distance: plan.Distance}
	if in.Solomon {
		// Customers have the number after that of their job, as the depot is 0.
		unserved, routes := []int{}, [][]int{}
		for _, u := range plan.Unserved {
			unserved = append(unserved, u.Job+1)
		}
		for i := range plan.Routes {
			row := plan.Routes[i].Jobs()
			for k := range row {
				row[k]++
			}
			routes = append(routes, row)
		}
		out.Unserved, out.Routes = unserved, routes
		return json.NewEncoder(w).Encode(out)
	}
	p := in.Problem
	unserved, routes := []string{}, [][]string{}
	out.Travel, out.Cost, out.Late = &plan.Travel, &plan.Cost, &plan.Late
	for _, u := range plan.Unserved {
		id := p.Jobs[u.Job].ID
		unserved = append(unserved, id)
		if out.Reasons == nil {
			out.Reasons = map[string][]Reason{}
		}
		out.Reasons[id] = u.Reasons
	}
	for i := range plan.Routes {
		r := &plan.Routes[i]
		row := []string{}
		s := fileSchedule{Vehicle: p.Vehicles[r.Vehicle].ID, Depart: r.Depart, Return: r.Return, Distance: r.Distance, Travel: r.Travel, Late: r.Late}
		for _, stop := range r.Stops {
			id := p.Jobs[stop.Job].ID
			row = append(row, id)
			s.Stops = append(s.Stops, fileStop{id, stop.Arrive, stop.Start, stop.Leave, stop.Late})
		}
		for _, rest := range r.Rests {
			s.Breaks = append(s.Breaks, fileRest{rest.After, rest.Start, rest.End})
		}
		routes = append(routes, row)
		out.Schedule = append(out.Schedule, s)
	}
	out.Unserved, out.Routes = unserved, routes
	return json.NewEncoder(w).Encode(out)
}
