package returns

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// State is how far a return has come.
type State string

// States.
const (
	None      State = "none" // nobody began it
	Open      State = "open"
	Submitted State = "submitted"
	Accepted  State = "accepted"
)

// Answer is what a region states of an element. A nil value was left out.
type Answer struct {
	Value *float64 `json:"value"`
	Note  string   `json:"note,omitempty" maxLength:"500" doc:"Explains an unlikely value"`
}

// Return is one region's answer for one period.
type Return struct {
	ID         string            `json:"id"`
	Form       string            `json:"form"`
	Unit       string            `json:"unit"`
	RegionPath string            `json:"regionPath"`
	Period     period.Period     `json:"period"`
	State      State             `json:"state" enum:"none,open,submitted,accepted"`
	Step       int               `json:"step" doc:"Approvals given so far"`
	Round      int               `json:"round" doc:"1, and one more for each correction"`
	Reason     string            `json:"reason,omitempty" doc:"Of the correction"`
	Answers    map[string]Answer `json:"answers" doc:"By element"`
	History    []Event           `json:"history"`
	Writers    []string          `json:"-"` // ids of all who wrote in this round
	AcceptedAt time.Time         `json:"acceptedAt,omitzero"`
	ChangedAt  time.Time         `json:"changedAt"`
	Revision   int64             `json:"revision"`
}

// Event is something that was done to a return.
type Event struct {
	What   string    `json:"what" enum:"begin,save,undo,submit,approve,accept,send_back,reopen"`
	At     time.Time `json:"at"`
	ByID   string    `json:"byId"`
	ByName string    `json:"byName"`
	Note   string    `json:"note,omitempty"`
	Round  int       `json:"round"`
}

// idOf names the return of a form, a unit and a period.
func idOf(form, unit string, p period.Period) string { return form + "/" + unit + "/" + p.String() }

// errState is a fault that says what cannot be done to a return in its state.
func errState(s State) error { return fault.New(fault.Conflict, "measure.return.state."+string(s)) }

func (r *Return) did(what, note string, by auth.Person, at time.Time) {
	e := Event{what, at, by.ID, by.Name, note, r.Round}
	if n := len(r.History); what == "save" && n > 0 && r.History[n-1].What == "save" && r.History[n-1].ByID == by.ID {
		r.History[n-1] = e // one line for one sitting
		return
	}
	r.History = append(r.History, e)
}

// write replaces the answers of an open return.
func (r *Return) write(f *Form, answers map[string]Answer, by auth.Person, at time.Time) error {
	if r.State != Open && r.State != None {
		return errState(r.State)
	}
	if r.State == None {
		r.State = Open
		r.did("begin", "", by, at)
	}
	var list fault.List
	for code := range answers {
		if !slices.ContainsFunc(f.Items, func(i Item) bool { return i.Element == code }) {
			list.Add(fault.Bad("answers."+code, "measure.return.not_asked"))
		}
	}
	if err := list.OrNil(); err != nil {
		return err
	}
	r.Answers = answers
	if !slices.Contains(r.Writers, by.ID) {
		r.Writers = append(r.Writers, by.ID)
	}
	r.did("save", "", by, at)
	return nil
}

// submit sends a return up, unless findings stand against it.
func (r *Return) submit(findings []Finding, by auth.Person, at time.Time) error {
	if r.State != Open {
		return errState(r.State)
	}
	var list fault.List
	for _, f := range findings {
		switch {
		case f.Stops:
			list.Add(fault.Bad("answers."+f.Element, "measure.return.stops"))
		case strings.TrimSpace(r.noteOn(f)) == "":
			list.Add(fault.Bad("answers."+f.Element, "measure.return.explain"))
		}
	}
	if err := list.OrNil(); err != nil {
		return err
	}
	r.State, r.Step = Submitted, 0
	r.did("submit", "", by, at)
	return nil
}

// noteOn is the explanation of what was found: of its element, or of any that a rule is about.
func (r *Return) noteOn(f Finding) string {
	for _, code := range append([]string{f.Element}, f.About...) {
		if note := r.Answers[code].Note; note != "" {
			return note
		}
	}
	return ""
}

// approve is the consent of the next step; it reports whether that was the last.
func (r *Return) approve(f *Form, by auth.Person, at time.Time) (last bool, err error) {
	if r.State != Submitted {
		return false, errState(r.State)
	}
	if slices.Contains(r.Writers, by.ID) {
		return false, fault.New(fault.Forbidden, "measure.return.own")
	}
	r.Step++
	if r.Step < len(f.Steps) {
		r.did("approve", "", by, at)
		return false, nil
	}
	r.State, r.AcceptedAt = Accepted, at
	r.did("accept", "", by, at)
	return true, nil
}

// sendBack gives a submitted return back to who wrote it.
func (r *Return) sendBack(reason string, by auth.Person, at time.Time) error {
	if r.State != Submitted {
		return errState(r.State)
	}
	r.State, r.Step = Open, 0
	r.did("send_back", reason, by, at)
	return nil
}

// reopen begins the correction of an accepted return.
func (r *Return) reopen(reason string, by auth.Person, at time.Time) error {
	if r.State != Accepted {
		return errState(r.State)
	}
	r.State, r.Step, r.Reason, r.Writers = Open, 0, reason, nil
	r.Round++
	r.did("reopen", reason, by, at)
	return nil
}

// parse reads the id of a return.
func parse(id string) (form, unit string, p period.Period, err error) {
	parts := strings.Split(id, "/")
	if len(parts) != 3 {
		return "", "", p, fault.New(fault.NotFound, "measure.return.not_found")
	}
	p, err = period.Parse(parts[2])
	if err != nil {
		err = fault.New(fault.NotFound, "measure.return.not_found").Because(fmt.Errorf("%s: %w", id, err))
	}
	return parts[0], parts[1], p, err
}
