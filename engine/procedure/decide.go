package procedure

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/tongsheng/tongsheng/engine/worktime"
)

// World is what decisions ask of what is outside a case.
type World struct {
	Now      time.Time
	Calendar *worktime.Calendar
	NewID    func() string
	District func(region string) string                               // code of the district that a region lies in
	Secret   func(c *Case, draw string) (string, error)               // of a draw; made when it is first asked for, kept by the caller
	Urn      func(c *Case, q Urn) (in []string, out []Out, err error) // who or what may be drawn
}

// Urn asks who may be drawn.
type Urn struct {
	From  string
	Avoid []string
}

// Opening is what somebody opens a case with.
type Opening struct {
	ID      string // of the case to be
	Start   string
	Who     Who
	Birth   Birth // Number, Opener, Subject, Via, Parent, Link
	Region  string
	Data    map[string]any
	Give    map[string][]string // roles that are filled from the beginning on
	Key     string
	At      time.Time      // when it happened, if not now: brought from elsewhere
	Outside bool           // by somebody without an account
	Brought bool           // it is brought with its past; see Bring
	Event   map[string]any // of the platform, that opens it; what the type's opening asks for is made of it
}

// Act is what somebody does to a case.
type Act struct {
	Step string
	Who  Who
	Data map[string]any
	Key  string
	At   time.Time // when it was done, of a step that may be sent later
}

// errStuck is a type whose automatic steps do not come to rest, which prove rules out.
func errStuck(c *Case) error {
	return &Fault{Code: "procedure.act.restless", Args: map[string]any{"state": c.State}}
}

// turn is an entry in the making: events are applied as they come.
type turn struct {
	t       *Type
	w       *World
	c       *Case
	e       *Entry
	who     Who
	roles   []string
	at      time.Time      // when it was done: before it was sent, of what was done off line
	form    map[string]any // what is filled in now; nil where nothing is
	event   map[string]any // that opens the case
	brought bool           // what is told of happened elsewhere, at times of its own
	seen    map[string]any // what expressions asked for, until an event changes it
}

func (t *Type) turn(w *World, c *Case, who Who, key string) *turn {
	u := t.look(w, c, who)
	u.c, u.e.Key = c.clone(), key
	return u
}

// look is a turn in which nothing happens, for questions: it does not copy the case.
func (t *Type) look(w *World, c *Case, who Who) *turn {
	return &turn{t: t, w: w, c: c, who: who, roles: t.RolesOf(c, who), at: w.Now.UTC(), seen: map[string]any{},
		e: &Entry{Case: c.ID, Seq: c.Seq + 1, At: w.Now.UTC(), Actor: Actor{ID: who.ID, Name: who.Name}, Prev: c.Hash}}
}

func (u *turn) add(e Event) {
	if u.brought {
		e.At = u.e.At
	}
	u.e.Events = append(u.e.Events, e)
	u.c.apply(&u.e.Events[len(u.e.Events)-1], u.e.At)
	switch e.Kind {
	case Told, Recorded, Paid, Issued, Took: // change nothing that expressions see
	default:
		clear(u.seen)
	}
}

// done gives the case as it stands and its new entry; the caller seals it.
func (u *turn) done() (*Case, *Entry, error) {
	if len(u.e.Events) == 0 {
		return u.c, nil, nil
	}
	u.c.ChangedAt, u.c.Seq = u.e.lastAt(), u.e.Seq
	return u.c, u.e, nil
}

// Begin opens a case.
func (t *Type) Begin(w *World, o Opening) (*Case, *Entry, error) {
	u, err := t.begin(w, o)
	if err != nil {
		return nil, nil, err
	}
	return u.done()
}

func (t *Type) begin(w *World, o Opening) (*turn, error) {
	s := t.Opening(o.Start)
	if s == nil {
		return nil, &Fault{Code: "procedure.act.start", Args: map[string]any{"start": o.Start}}
	}
	c := &Case{ID: o.ID, Region: o.Region, Opener: o.Birth.Opener, Subject: o.Birth.Subject, Data: map[string]any{}}
	if !t.mayOpen(s, c, o) {
		return nil, &Fault{Code: "procedure.act.role", Args: map[string]any{"roles": t.names(s.By)}}
	}
	if s.Under != "" && o.Birth.Parent == "" {
		return nil, &Fault{Code: "procedure.act.under", Args: map[string]any{"type": s.Under}}
	}
	if !o.At.IsZero() {
		at := *w
		at.Now = o.At
		w = &at
	}
	u := t.turn(w, c, o.Who, o.Key)
	u.brought = o.Brought
	if o.Event != nil {
		var err error
		if o.Data, err = u.made(s, o.Event); err != nil {
			return nil, err
		}
	}
	form, err := t.take(s.Form, o.Data, nil)
	if err != nil {
		return nil, err
	}
	u.form = form
	if ok, err := t.holds("start."+s.ID+".if", s.If, u.scope(nil)); err != nil || !ok {
		return nil, u.refused(err)
	}
	u.c.OpenedAt = u.e.At
	birth := o.Birth
	birth.Type, birth.Version = t.Code, t.Version
	u.add(Event{Kind: Opened, Step: s.ID, To: s.To, Title: t.outcome(s.To), Form: s.Form, Data: form, Region: o.Region, Birth: &birth})
	for _, role := range slices.Sorted(maps.Keys(o.Give)) {
		u.add(Event{Kind: Assigned, Role: role, IDs: o.Give[role]})
	}
	if err := u.effects("start."+s.ID, s.Effects); err != nil {
		return nil, err
	}
	if err := u.settle(""); err != nil {
		return nil, err
	}
	return u, nil
}

// made is what an event fills in.
func (u *turn) made(s *Start, event map[string]any) (map[string]any, error) {
	u.event = event
	data := map[string]any{}
	for _, field := range slices.Sorted(maps.Keys(s.With)) {
		v, err := u.t.value("start."+s.ID+".with."+field, u.scope(nil))
		if err != nil {
			return nil, u.refused(err)
		}
		if !empty(v) {
			data[field] = v
		}
	}
	return data, nil
}

func (t *Type) mayOpen(s *Start, c *Case, o Opening) bool {
	for _, by := range s.By {
		switch by {
		case ByPublic:
			return true
		case BySystem:
			if o.Who.System {
				return true
			}
		case ByParent:
			if o.Birth.Parent != "" {
				return true
			}
		default:
			r := t.Role(by)
			if r.Filled.Opener && !o.Outside || r.Filled.Grant != "" && r.Filled.Assigned == "" && r.has(c, o.Who) {
				return true
			}
		}
	}
	return false
}

// outcome is how a state ends a case; empty where it does not.
func (t *Type) outcome(state string) string {
	if s := t.State(state); s != nil && s.End {
		if s.Outcome == "" {
			return "done"
		}
		return s.Outcome
	}
	return ""
}

func (t *Type) take(form string, data, before map[string]any) (map[string]any, error) {
	if form == "" {
		if len(data) > 0 {
			return nil, &Fault{Code: "procedure.fill.unknown", Place: slices.Sorted(maps.Keys(data))[0]}
		}
		return map[string]any{}, nil
	}
	return t.Form(form).Take(data, before)
}

func (t *Type) names(roles []string) []Words {
	names := make([]Words, 0, len(roles))
	for _, id := range roles {
		if r := t.Role(id); r != nil {
			names = append(names, r.Name)
		}
	}
	return names
}

// May judges whether somebody may do a step now, without what they would fill in.
func (t *Type) May(w *World, c *Case, s *Step, who Who) error {
	u := t.look(w, c, who)
	if err := u.may(s); err != nil {
		return err
	}
	if s.If == "" || t.exprs["steps."+s.ID+".if"].asksForm {
		return nil
	}
	ok, err := t.holds("steps."+s.ID+".if", s.If, u.scope(nil))
	if err != nil || !ok {
		return u.refused(err)
	}
	return nil
}

func (u *turn) may(s *Step) error {
	switch {
	case !slices.Contains(s.From, u.c.State):
		return &Fault{Code: "procedure.act.state", Place: s.ID, Args: map[string]any{"state": u.t.State(u.c.State).Name, "step": s.Name}}
	case s.On != nil, !slices.ContainsFunc(s.By, func(r string) bool { return slices.Contains(u.roles, r) }):
		return &Fault{Code: "procedure.act.role", Place: s.ID, Args: map[string]any{"roles": u.t.names(s.By)}}
	}
	return nil
}

// refused tells that a guard does not hold. One that cannot be worked out does not.
func (u *turn) refused(err error) error {
	f := &Fault{Code: "procedure.act.guard"}
	if err != nil {
		f.Args = map[string]any{"why": err.Error()}
	}
	return f
}

// StepsFor are the steps that somebody may do now.
func (t *Type) StepsFor(w *World, c *Case, who Who) (may []*Step) {
	for i := range t.Steps {
		if s := &t.Steps[i]; t.May(w, c, s, who) == nil {
			may = append(may, s)
		}
	}
	return may
}

// Do does a step.
func (t *Type) Do(w *World, c *Case, a Act) (*Case, *Entry, error) {
	s := t.Step(a.Step)
	if s == nil {
		return nil, nil, &Fault{Code: "procedure.act.step", Args: map[string]any{"step": a.Step}}
	}
	u := t.turn(w, c, a.Who, a.Key)
	if err := u.may(s); err != nil {
		return nil, nil, err
	}
	form, err := t.take(s.Form, a.Data, c.Data)
	if err != nil {
		return nil, nil, err
	}
	u.form = form
	if s.Offline && !a.At.IsZero() && a.At.Before(u.at) {
		if u.at = a.At.UTC(); u.at.Before(c.OpenedAt) {
			u.at = c.OpenedAt
		}
	}
	if ok, err := t.holds("steps."+s.ID+".if", s.If, u.scope(nil)); err != nil || !ok {
		return nil, nil, u.refused(err)
	}
	u.e.Actor.For = t.standsIn(c, a.Who, s.By)
	if err := u.step(s, form); err != nil {
		return nil, nil, err
	}
	return u.done()
}

// step makes a step happen and lets the case come to rest.
func (u *turn) step(s *Step, form map[string]any) error {
	if err := u.happen(s, form); err != nil {
		return err
	}
	return u.settle(s.ID)
}

func (u *turn) happen(s *Step, form map[string]any) error {
	u.form = form
	data := maps.Clone(form)
	if f := u.t.Form(s.Form); f != nil { // what is asked and left empty is emptied
		for i := range f.Fields {
			id := f.Fields[i].ID
			if _, was := u.c.Data[id]; was && data[id] == nil {
				if data == nil {
					data = map[string]any{}
				}
				data[id] = nil
			}
		}
	}
	to := s.To
	if to == "" {
		to = u.c.State
	}
	e := Event{Kind: Moved, Step: s.ID, From: u.c.State, To: to, Title: u.t.outcome(to), Form: s.Form, Data: data}
	if u.at.Before(u.e.At) {
		e.Text = u.at.Format(time.RFC3339)
	}
	u.add(e)
	return u.effects("steps."+s.ID, s.Effects)
}

// maxTurns is how many automatic steps may follow one another at once.
const maxTurns = 20

// settle brings deadlines in line with where the case stands and makes the steps happen that need
// nobody, until there are none.
func (u *turn) settle(last string) error {
	for range maxTurns {
		if err := u.clocks(); err != nil {
			return err
		}
		s, err := u.automatic()
		if s == nil || err != nil {
			return err
		}
		if err := u.happen(s, nil); err != nil {
			return err
		}
	}
	return errStuck(u.c)
}

// automatic finds a step that happens by itself as the case stands.
func (u *turn) automatic() (*Step, error) {
	for i := range u.t.Steps {
		s := &u.t.Steps[i]
		if s.On == nil || !slices.Contains(s.From, u.c.State) || !s.On.Entry && (s.On.Children == nil || !u.c.joined(s.On.Children)) {
			continue
		}
		ok, err := u.t.holds("steps."+s.ID+".if", s.If, u.scope(nil))
		if err != nil {
			return nil, u.refused(err)
		}
		if ok {
			return s, nil
		}
	}
	return nil, nil
}

// joined reports whether the children have come as far as they must.
func (c *Case) joined(j *Join) bool {
	all, there := 0, 0
	for _, k := range c.Children {
		if k.Link != j.Link {
			continue
		}
		all++
		if len(j.In) == 0 && k.End || slices.Contains(j.In, k.State) {
			there++
		}
	}
	switch j.Need {
	case "any":
		return there > 0 || all == 0
	case "all":
		return there == all
	}
	k, err := strconv.Atoi(j.Need)
	return err == nil && there >= min(k, all)
}

// Happen tells a case of an event of the platform about its subject.
func (t *Type) Happen(w *World, c *Case, event string) (*Case, *Entry, error) {
	return t.upon(w, c, func(on *Trigger) bool { return on.Event == event })
}

// Hear tells a case what its parent signalled.
func (t *Type) Hear(w *World, c *Case, signal string) (*Case, *Entry, error) {
	return t.upon(w, c, func(on *Trigger) bool { return on.Parent == signal })
}

func (t *Type) upon(w *World, c *Case, is func(*Trigger) bool) (*Case, *Entry, error) {
	u := t.turn(w, c, Who{ID: "system:casework", System: true}, "")
	for i := range t.Steps {
		s := &t.Steps[i]
		if s.On == nil || !is(s.On) || !slices.Contains(s.From, c.State) {
			continue
		}
		ok, err := t.holds("steps."+s.ID+".if", s.If, u.scope(nil))
		if err != nil {
			return nil, nil, u.refused(err)
		}
		if ok {
			if err := u.step(s, nil); err != nil {
				return nil, nil, err
			}
			return u.done()
		}
	}
	return c, nil, nil
}

// ChildCame tells a case how far a child came.
func (t *Type) ChildCame(w *World, c *Case, child Child) (*Case, *Entry, error) {
	if was := c.child(child.ID); was == nil {
		return c, nil, nil
	}
	u := t.turn(w, c, Who{ID: "system:casework", System: true}, "")
	u.add(Event{Kind: Came, Child: &child})
	if !c.Closed() {
		if err := u.settle(""); err != nil {
			return nil, nil, err
		}
	}
	return u.done()
}

// Adopt takes in a case that somebody opened under this one. It is opened and reports at once; who
// opens it may not where the case that is to take it in does not.
func (t *Type) Adopt(w *World, c *Case, child Child) (*Case, *Entry, error) {
	k := t.Intake(child.Link)
	switch {
	case k == nil || k.Type != child.Type:
		return nil, nil, &Fault{Code: "procedure.act.under", Args: map[string]any{"type": child.Type}}
	case !slices.Contains(k.In, c.State):
		return nil, nil, &Fault{Code: "procedure.act.intake", Args: map[string]any{"state": t.State(c.State).Name, "name": k.Name}}
	case len(c.Children) >= maxChildren:
		return nil, nil, &Fault{Code: "procedure.act.children", Args: map[string]any{"max": maxChildren}}
	}
	u := t.turn(w, c, Who{ID: "system:casework", System: true}, "")
	u.add(Event{Kind: Joined, Child: &Child{ID: child.ID, Type: child.Type, Link: child.Link}})
	u.add(Event{Kind: Came, Child: &child})
	if err := u.settle(""); err != nil {
		return nil, nil, err
	}
	return u.done()
}

// Unseal tells a case that its parent unsealed these fields. A case without any of them, or in which
// they are open already, comes back without an entry.
func (t *Type) Unseal(w *World, c *Case, fields []string) (*Case, *Entry, error) {
	var mine []string
	for _, id := range fields {
		if f := t.known[id]; f != nil && f.Sealed && !f.open(c) {
			mine = append(mine, id)
		}
	}
	if len(mine) == 0 {
		return c, nil, nil
	}
	u := t.turn(w, c, Who{ID: "system:casework", System: true}, "")
	u.add(Event{Kind: Unsealed, Fields: mine})
	if !c.Closed() {
		if err := u.settle(""); err != nil {
			return nil, nil, err
		}
	}
	return u.done()
}

// Comment adds what somebody says. roles are who may read it; everybody who sees the case if empty.
func (t *Type) Comment(w *World, c *Case, who Who, text string, files, roles []string, key string) (*Case, *Entry, error) {
	u := t.turn(w, c, who, key)
	u.add(Event{Kind: Commented, Text: text, Files: files, Roles: roles})
	return u.done()
}

// HandOver gives a role that is assigned to a person to another. Who has it may give it away, and
// so may who assigns it.
func (t *Type) HandOver(w *World, c *Case, who Who, role, to, why string) (*Case, *Entry, error) {
	r := t.Role(role)
	u := t.turn(w, c, who, "")
	switch {
	case r == nil || r.Filled.Assigned != ToPerson:
		return nil, nil, &Fault{Code: "procedure.act.hand", Place: "role"}
	case c.Closed():
		return nil, nil, &Fault{Code: "procedure.act.closed"}
	case !slices.Contains(u.roles, role) && !slices.ContainsFunc(t.assigners(role), func(a string) bool { return slices.Contains(u.roles, a) }):
		return nil, nil, &Fault{Code: "procedure.act.role", Args: map[string]any{"roles": t.names(append(t.assigners(role), role))}}
	}
	u.add(Event{Kind: Assigned, Role: role, IDs: []string{to}, Text: why})
	u.add(Event{Kind: Told, Roles: []string{role}, Say: &Words{Zh: "事项转交给您", En: "A case was handed over to you"}, Text: why})
	return u.done()
}

// assigners are the roles that do the steps which assign a role.
func (t *Type) assigners(role string) (by []string) {
	for i := range t.Steps {
		if slices.ContainsFunc(t.Steps[i].Effects, func(e Effect) bool { return e.Assign != nil && e.Assign.Role == role }) {
			by = append(by, t.Steps[i].By...)
		}
	}
	return by
}

// Undo takes the last entry back, if it was this person's step and nothing left the house with it:
// neither a document nor money, nor what the case that opened this one learnt.
func (t *Type) Undo(w *World, c *Case, who Who, last *Entry) (*Entry, error) {
	irrevocable := []Kind{Opened, Spawned, Joined, Signalled, Came, Committed, Drawn, Unsealed, Paid, Issued, Published, Took, Undone, Commented}
	switch {
	case last.Actor.ID != who.ID || last.Seq != c.Seq || w.Now.Sub(last.At) > UndoFor:
		return nil, &Fault{Code: "procedure.undo.late", Args: map[string]any{"minutes": int(UndoFor.Minutes())}}
	case slices.ContainsFunc(last.Events, func(e Event) bool {
		return slices.Contains(irrevocable, e.Kind) || e.Kind == Moved && e.From != e.To && c.Parent != ""
	}):
		return nil, &Fault{Code: "procedure.undo.never"}
	}
	return &Entry{Case: c.ID, Seq: c.Seq + 1, At: w.Now.UTC(), Actor: Actor{ID: who.ID, Name: who.Name}, Prev: c.Hash, Events: []Event{{Kind: Undone, Seq: last.Seq}}}, nil
}

// UndoFor is how long a step can be taken back.
const UndoFor = 10 * time.Minute
