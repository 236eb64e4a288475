package drill

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Person is somebody who acted.
type Person = message.Person

// State is how far a drill has come.
type State string

// States.
const (
	Planned   State = "planned"
	Approved  State = "approved"
	Running   State = "running"
	Done      State = "done"
	Evaluated State = "evaluated"
	CalledOff State = "called_off"
)

// States lists every state.
var States = []State{Planned, Approved, Running, Done, Evaluated, CalledOff}

// Open reports whether a drill has not begun and may still.
func (s State) Open() bool { return s == Planned || s == Approved }

// Over reports whether a drill was held and has a result.
func (s State) Over() bool { return s == Done || s == Evaluated }

// Drill is one drill.
type Drill struct {
	ID         string
	RegionPath string // the smallest region that holds the whole area
	Plan       Plan
	State      State
	Message    string   // id of its message, from its beginning on
	Planners   []Person // everybody who wrote the plan, the first first
	CreatedAt  time.Time
	ApprovedBy Person
	ApprovedAt time.Time
	RemindedAt time.Time
	StartedBy  Person
	StartedAt  time.Time
	EndedAt    time.Time
	OffBy      Person // who called it off, or stopped it midway
	OffAt      time.Time
	OffReason  string
	Evaluation *Evaluation
	Total      *Part   // of Result, for lists
	Result     *Result // frozen when it was over
	Revision   int64
}

// Evaluation is what people say of a drill that is over.
type Evaluation struct {
	Text    string    `json:"text" minLength:"1" maxLength:"4000"`
	Lessons []Lesson  `json:"lessons" maxItems:"50"`
	By      Person    `json:"by" readOnly:"true"`
	At      time.Time `json:"at" readOnly:"true"`
}

// Lesson is what is to be done about something that a drill showed.
type Lesson struct {
	Text  string `json:"text" minLength:"1" maxLength:"500"`
	Owner string `json:"owner" minLength:"1" maxLength:"60" doc:"Who sees to it"`
	Due   string `json:"due" format:"date" doc:"By when"`
	Done  bool   `json:"done"`
}

// errState is a fault that says what cannot be done to a drill in its state.
func errState(s State) error {
	return fault.New(fault.Conflict, "alert.drill.state."+string(s))
}

// change replaces the plan; what was approved of it is void.
func (d *Drill) change(p Plan, path string, by Person) error {
	if !d.State.Open() {
		return errState(d.State)
	}
	if !p.At.Equal(d.Plan.At) {
		d.RemindedAt = time.Time{}
	}
	d.Plan, d.RegionPath, d.State, d.ApprovedBy, d.ApprovedAt = p, path, Planned, Person{}, time.Time{}
	if !d.wrote(by) {
		d.Planners = append(d.Planners, by)
	}
	return nil
}

// wrote reports whether somebody wrote a part of the plan.
func (d *Drill) wrote(who Person) bool {
	return slices.ContainsFunc(d.Planners, func(p Person) bool { return p.ID == who.ID })
}

// approve is a second person's consent.
func (d *Drill) approve(by Person, now time.Time) error {
	switch {
	case d.State != Planned:
		return errState(d.State)
	case d.wrote(by):
		return fault.New(fault.Forbidden, "alert.drill.own")
	}
	d.State, d.ApprovedBy, d.ApprovedAt = Approved, by, now
	return nil
}

// start begins the drill with its message.
func (d *Drill) start(by Person, msg string, now time.Time) error {
	if d.State != Approved {
		return errState(d.State)
	}
	d.State, d.StartedBy, d.StartedAt, d.Message = Running, by, now, msg
	return nil
}

// finish keeps what came of a drill whose message is over.
func (d *Drill) finish(r *Result, ended time.Time) error {
	if d.State != Running {
		return errState(d.State)
	}
	brief := r.Total
	brief.Curve = Line{}
	d.State, d.EndedAt, d.Result, d.Total = Done, ended, r, &brief
	return nil
}

// callOff gives up a drill that has sent nothing.
func (d *Drill) callOff(by Person, reason string, now time.Time) error {
	if !d.State.Open() && d.State != Running {
		return errState(d.State)
	}
	d.State, d.OffBy, d.OffAt, d.OffReason, d.EndedAt = CalledOff, by, now, reason, now
	return nil
}

// evaluate says what people think of it; it may be said anew.
func (d *Drill) evaluate(e Evaluation, by Person, now time.Time) error {
	if !d.State.Over() {
		return errState(d.State)
	}
	var list fault.List
	if strings.TrimSpace(e.Text) == "" {
		list.Add(fault.Bad("text", "alert.drill.missing"))
	}
	for i, l := range e.Lessons {
		if _, err := time.Parse(time.DateOnly, l.Due); err != nil {
			list.Add(fault.Bad(fmt.Sprintf("lessons[%d].due", i), "alert.drill.day"))
		}
	}
	if err := list.OrNil(); err != nil {
		return err
	}
	if e.Lessons == nil {
		e.Lessons = []Lesson{}
	}
	e.By, e.At = by, now.UTC()
	d.State, d.Evaluation = Evaluated, &e
	return nil
}

// hidden reports whether a drill is kept from all but who wrote it and who may approve it.
func (d *Drill) hidden() bool { return !d.Plan.Announced && d.State.Open() }

// may lists what the reader may do with a drill now, so that no page has to guess.
func (s *Desk) may(ctx context.Context, d *Drill) []string {
	can := func(p auth.Permission) bool { return auth.ScopeOf(ctx, p).Allows(d.RegionPath) }
	out := []string{}
	add := func(name string, when bool) {
		if when {
			out = append(out, name)
		}
	}
	plans := can(s.Plans)
	add("change", d.State.Open() && plans)
	add("approve", d.State == Planned && can(s.Agrees) && !d.wrote(person(ctx)))
	add("start", d.State == Approved && plans && can(s.Draft))
	add("observe", d.State == Running && can(s.Keep))
	add("call_off", d.State.Open() && plans || d.State == Running && plans && can(s.Cancel))
	add("evaluate", d.State.Over() && plans)
	return out
}

// Entry is what somebody noted of a running drill: a remark, or that a step was done or was not.
type Entry struct {
	ID   string    `json:"id"`
	Kind string    `json:"kind" enum:"note,tick,untick"`
	Step int       `json:"step" doc:"Number of the step, from 0; of a note 0"`
	Body string    `json:"body,omitempty"`
	By   Person    `json:"by"`
	At   time.Time `json:"at"`
}

// Step is a step of the checklist and who did it when.
type Step struct {
	Text string     `json:"text"`
	By   string     `json:"by,omitempty"`
	At   *time.Time `json:"at,omitempty" doc:"Absent: not done"`
}

// steps are the steps of a plan as entries, oldest first, leave them.
func steps(texts []string, entries []Entry) []Step {
	out := make([]Step, len(texts))
	for i, t := range texts {
		out[i].Text = t
	}
	for _, e := range entries {
		if e.Step < 0 || e.Step >= len(out) {
			continue
		}
		switch e.Kind {
		case "tick":
			out[e.Step].By, out[e.Step].At = e.By.Name, moment(e.At)
		case "untick":
			out[e.Step].By, out[e.Step].At = "", nil
		}
	}
	return out
}

// notes are the entries that are remarks.
func notes(entries []Entry) []Entry {
	return slices.DeleteFunc(slices.Clone(entries), func(e Entry) bool { return e.Kind != "note" })
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	u := t.UTC()
	return &u
}
