package procedure

import (
	"maps"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/engine/worktime"
)

// Case is where a case stands: the fold of its entries.
type Case struct {
	ID        string              `json:"id"`
	Number    string              `json:"number"`
	Type      string              `json:"type"`
	Version   int                 `json:"version"`
	State     string              `json:"state"`
	Outcome   string              `json:"outcome,omitempty"`
	Region    string              `json:"region"` // code
	Subject   string              `json:"subject,omitempty"`
	Opener    string              `json:"opener,omitempty"`
	Via       string              `json:"via,omitempty"`
	Parent    string              `json:"parent,omitempty"`
	Link      string              `json:"link,omitempty"`
	OpenedAt  time.Time           `json:"openedAt"`
	ChangedAt time.Time           `json:"changedAt"`
	ClosedAt  time.Time           `json:"closedAt,omitzero"`
	Data      map[string]any      `json:"data"`
	Hands     map[string][]string `json:"hands,omitempty"`
	Clocks    map[string]*Running `json:"clocks,omitempty"`
	Children  []Child             `json:"children,omitempty"`
	Lots      map[string]*Lot     `json:"lots,omitempty"`
	Unsealed  []string            `json:"unsealed,omitempty"`
	Shown     *Event              `json:"shown,omitempty"` // what is published of it
	Papers    []Paper             `json:"papers,omitempty"`
	Seq       int64               `json:"seq"`
	Hash      string              `json:"hash"`
}

// Running is how a deadline stands.
type Running struct {
	worktime.Clock           // its term is empty where it ends at a set time
	Due            time.Time `json:"due"`
	Said           int       `json:"said,omitempty"`  // reminders
	Rung           int       `json:"rung,omitempty"`  // escalations
	Past           bool      `json:"past,omitempty"`  // it fell due
	Done           bool      `json:"done,omitempty"`  // it runs no more
	Late           bool      `json:"late,omitempty"`  // done after it fell due
	Guess          bool      `json:"guess,omitempty"` // hangs on a year whose holidays are not known yet
}

// missed reports whether a deadline that runs was over at a time. It may have been told that it fell
// due before it is known that what it is for had been done in time, by somebody without a network.
func (r *Running) missed(at time.Time) bool {
	return !at.Before(r.Due) && (r.Past || !r.Paused())
}

// Child finds a child case.
func (c *Case) child(id string) *Child {
	for i := range c.Children {
		if c.Children[i].ID == id {
			return &c.Children[i]
		}
	}
	return nil
}

// Closed reports whether a case is over.
func (c *Case) Closed() bool { return !c.ClosedAt.IsZero() }

// Fold brings a case to where it stands after an entry. ends tells where an end is; it comes with
// the entry's events as their Outcome.
func (c *Case) Fold(e *Entry, hash string) {
	for i := range e.Events {
		c.apply(&e.Events[i], e.When(&e.Events[i]))
	}
	if c.ID == "" {
		c.ID, c.OpenedAt = e.Case, e.When(&e.Events[0])
	}
	c.ChangedAt, c.Seq, c.Hash = e.lastAt(), e.Seq, hash
}

// FoldAll gives where a case stands after these entries, those that were undone left out.
func FoldAll(entries []Entry, hashes []string) *Case {
	undone := map[int64]bool{}
	for _, e := range entries {
		for _, ev := range e.Events {
			if ev.Kind == Undone {
				undone[ev.Seq] = true
			}
		}
	}
	c := new(Case)
	for i := range entries {
		e := entries[i]
		if undone[e.Seq] {
			c.Seq, c.Hash = e.Seq, hashes[i]
			continue
		}
		c.Fold(&e, hashes[i])
	}
	return c
}

// make gives a case what it lacks to be written into: one that was kept as JSON has no maps that were
// empty.
func (c *Case) make() {
	if c.Data == nil {
		c.Data = map[string]any{}
	}
	if c.Hands == nil {
		c.Hands = map[string][]string{}
	}
	if c.Clocks == nil {
		c.Clocks = map[string]*Running{}
	}
	if c.Lots == nil {
		c.Lots = map[string]*Lot{}
	}
}

func (c *Case) apply(e *Event, at time.Time) {
	c.make()
	switch e.Kind {
	case Opened:
		b := e.Birth
		c.Type, c.Version, c.Number, c.Opener, c.Subject, c.Via, c.Parent, c.Link = b.Type, b.Version, b.Number, b.Opener, b.Subject, b.Via, b.Parent, b.Link
		c.Region = e.Region
		c.stand(e, at)
		maps.Copy(c.Data, e.Data)
	case Moved:
		c.stand(e, at)
		c.put(e.Data)
	case Computed:
		c.put(e.Data)
	case Assigned:
		c.Hands[e.Role] = slices.Clone(e.IDs)
	case Released:
		delete(c.Hands, e.Role)
	case Spawned, Joined:
		c.Children = append(c.Children, Child{ID: e.Child.ID, Type: e.Child.Type, Link: e.Child.Link})
	case Came:
		if k := c.child(e.Child.ID); k != nil {
			k.State, k.Outcome, k.End, k.With = e.Child.State, e.Child.Outcome, e.Child.End, e.Child.With
		}
	case Ticked:
		c.tick(e.Clock, at)
	case Committed:
		c.Lots[e.Lot.Name] = &Lot{Name: e.Lot.Name, Digest: e.Lot.Digest}
	case Drawn:
		lot := *e.Lot
		c.Lots[lot.Name] = &lot
		if e.Role != "" {
			c.Hands[e.Role] = slices.Clone(e.IDs)
		}
		c.put(e.Data)
	case Unsealed:
		c.Unsealed = append(c.Unsealed, e.Fields...)
	case Published:
		shown := *e
		c.Shown = &shown
	case Unshown:
		c.Shown = nil
	case Issued:
		c.Papers = append(c.Papers, *e.Paper)
	case Relocated:
		c.Region = e.Region
	}
}

// stand puts the case into the state an event leads to. An end carries its outcome in Title.
func (c *Case) stand(e *Event, at time.Time) {
	if e.To == "" {
		return
	}
	c.State, c.Outcome = e.To, e.Title
	if e.Title != "" {
		c.ClosedAt = at
	} else {
		c.ClosedAt = time.Time{}
	}
}

// put takes values; an empty one clears a field.
func (c *Case) put(data map[string]any) {
	for k, v := range data {
		if empty(v) {
			delete(c.Data, k)
		} else {
			c.Data[k] = v
		}
	}
}

func (c *Case) tick(t *Tick, at time.Time) {
	r := c.Clocks[t.Deadline]
	if t.What == tickStarted {
		c.Clocks[t.Deadline] = &Running{Clock: worktime.Clock{Start: at, Term: t.term()}, Due: t.Due, Guess: t.Guess}
		return
	}
	if r == nil {
		return
	}
	switch t.What {
	case tickPaused:
		r.Clock, _ = r.Pause(at) // what cannot be paused was not
	case tickResumed:
		r.Clock, _ = r.Resume(at)
		r.Due, r.Guess = t.Due, t.Guess
	case tickReminded:
		r.Said = t.N
	case FellDue:
		r.Past = true
	case tickEscalated:
		r.Rung = t.N
	case tickMet:
		r.Done = true
	case tickLate:
		r.Done, r.Late = true, true
	}
}

// clone is a case that can be changed without changing this one.
func (c *Case) clone() *Case {
	d := *c
	d.Data, d.Lots = maps.Clone(c.Data), maps.Clone(c.Lots)
	d.Hands = make(map[string][]string, len(c.Hands))
	for k, v := range c.Hands {
		d.Hands[k] = slices.Clone(v)
	}
	d.Clocks = make(map[string]*Running, len(c.Clocks))
	for k, v := range c.Clocks {
		r := *v
		d.Clocks[k] = &r
	}
	d.Children, d.Unsealed, d.Papers = slices.Clone(c.Children), slices.Clone(c.Unsealed), slices.Clone(c.Papers)
	return &d
}
