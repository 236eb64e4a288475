package docket

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Judgement is what there is to say about the text of a case type.
type Judgement struct {
	Type   *procedure.Type `json:"type,omitempty" doc:"Absent where it cannot be read"`
	Faults []Finding       `json:"faults"`
}

// Finding is a fault of a type with its place.
type Finding struct {
	Line  int            `json:"line,omitempty"`
	Place string         `json:"place,omitempty"`
	Code  string         `json:"code"`
	Args  map[string]any `json:"args,omitempty"`
	Say   string         `json:"say"`
}

// Review names all that is wrong with the text of a type.
func (d *Desk) Review(src []byte) *Judgement {
	t, err := d.Judge(src)
	j := &Judgement{Type: t, Faults: []Finding{}}
	var all procedure.Faults
	if errors.As(err, &all) {
		for _, f := range all {
			j.Faults = append(j.Faults, Finding{Line: f.Line, Place: f.Place, Code: f.Code, Args: worded(f.Args)})
		}
	}
	return j
}

// Trial is a case of a type that is tried: nothing of it is kept.
type Trial struct {
	Case  *procedure.Case   `json:"case"`
	Steps []TrialStep       `json:"steps" doc:"What can happen next, and who does it"`
	Next  time.Time         `json:"next,omitzero" doc:"When its clock rings"`
	Past  []procedure.Event `json:"past" doc:"What the last thing that was done made happen"`
}

// TrialStep is a step that can happen next in a trial.
type TrialStep struct {
	ID   string          `json:"id"`
	Name procedure.Words `json:"name"`
	Form string          `json:"form,omitempty"`
	By   []string        `json:"by"`
	To   string          `json:"to,omitempty"`
}

// TrialAct is something done in a trial: a way to open a case, a step, an event, or waiting for the
// clock.
type TrialAct struct {
	Start string         `json:"start,omitempty" maxLength:"40"`
	Step  string         `json:"step,omitempty" maxLength:"40"`
	Event string         `json:"event,omitempty" maxLength:"40"`
	Wait  bool           `json:"wait,omitempty"`
	Data  map[string]any `json:"data,omitempty"`
}

// Try plays acts through a type, each by whoever may do it, from a working morning on.
func (d *Desk) Try(_ context.Context, src []byte, acts []TrialAct) (*Trial, error) {
	t, err := d.Judge(src)
	if err != nil {
		return nil, refusal(err)
	}
	p := procedure.NewPlay(t, d.Calendar, d.Clock.Now().Truncate(time.Minute), func() string { return store.NewID(d.Clock.Now()) })
	trial := &Trial{Steps: []TrialStep{}, Past: []procedure.Event{}}
	for i, a := range acts {
		var e *procedure.Entry
		switch {
		case a.Start != "":
			e, err = p.Open(a.Start, a.Data)
		case a.Step != "":
			e, err = p.Step(a.Step, a.Data)
		case a.Event != "":
			e, err = p.Happen(a.Event)
		default:
			e, err = p.Wait()
		}
		if err != nil {
			return nil, atAct(i, refusal(err))
		}
		if e != nil && i == len(acts)-1 {
			trial.Past = e.Events
		}
	}
	trial.Case = p.Case()
	for _, s := range p.Steps() {
		trial.Steps = append(trial.Steps, TrialStep{s.ID, s.Name, s.Form, s.By, s.To})
	}
	trial.Next = p.Next()
	return trial, nil
}

func atAct(i int, err error) error { return fmt.Errorf("act %d: %w", i+1, err) }

// maxSimulated is how many cases a simulation from the page opens.
const maxSimulated = 5000

// Simulate plays many cases at random.
func (d *Desk) Simulate(ctx context.Context, src []byte, cases int) (*procedure.Simulation, error) {
	t, err := d.Judge(src)
	if err != nil {
		return nil, refusal(err)
	}
	types := map[string]*procedure.Type{}
	for _, other := range d.types.live() {
		types[other.Code] = other
	}
	return procedure.Simulate(procedure.Scenario{Type: t, Types: types, Calendar: d.Calendar, Start: d.Clock.Now(), Cases: min(cases, maxSimulated), Seed: 1, Stop: func() bool { return ctx.Err() != nil }})
}
