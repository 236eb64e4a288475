package procedure

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/engine/worktime"
)

// Simulation is what became of many cases in which people did at random what they may do.
type Simulation struct {
	Cases   int             `json:"cases"`
	Events  int             `json:"events"`
	Steps   map[string]int  `json:"steps"`     // how often each was done
	States  map[string]Stay `json:"states"`    // how often and how long cases stood in each
	Ends    map[string]int  `json:"ends"`      // cases by the state in which they ended
	Clocks  map[string]Kept `json:"deadlines"` // how deadlines were kept
	Days    Spread          `json:"days"`      // from opening to end
	Refused int             `json:"refused"`   // steps that a guard refused
	Stuck   []string        `json:"stuck"`     // what happened to cases that could not go on, as steps
	Never   []string        `json:"never"`     // steps that no case came to
	lengths []float64
	tried   map[string]int // how often each thing was tried, of all types
}

// Stay is how cases stood in a state.
type Stay struct {
	Visits int     `json:"visits"`
	Hours  float64 `json:"hours"` // on average
}

// Kept is how a deadline was kept.
type Kept struct {
	Started int `json:"started"`
	Met     int `json:"met"`
	Due     int `json:"due"` // it fell due
}

// Spread is how something is distributed.
type Spread struct {
	Median float64 `json:"median"`
	Most   float64 `json:"most"` // nine of ten take no longer
	All    float64 `json:"all"`
}

// Scenario is what is simulated.
type Scenario struct {
	Type     *Type
	Types    map[string]*Type // of child cases
	Calendar *worktime.Calendar
	Start    time.Time
	Cases    int
	Seed     uint64
	Explore  bool    // people rather do what was tried least, so that rare ways are seen
	Pace     float64 // how long people take, as a part of what they have until the next deadline; 0.5 if 0
	Stop     func() bool
	Watch    func(c *Case, e *Entry) error // sees every entry; an error ends it
}

// maxLife is how many entries a simulated case may have before it counts as stuck.
const maxLife = 2000

// maxOpening is how often somebody tries to open a simulated case.
const maxOpening = 50

// maxJoining is how many children a simulated case takes in.
const maxJoining = 20

// Simulate lets people at random open cases and do what they may do, and the clock tick, until
// every case is over.
func Simulate(s Scenario) (*Simulation, error) {
	if s.Pace <= 0 {
		s.Pace = 0.5
	}
	sim := &Simulation{Steps: map[string]int{}, States: map[string]Stay{}, Ends: map[string]int{}, Clocks: map[string]Kept{}, Stuck: []string{}, Never: []string{}, tried: map[string]int{}}
	r := &chance{Rand: rand.New(rand.NewPCG(s.Seed, 0x746f6e67)), now: s.Start}
	for range s.Cases {
		if s.Stop != nil && s.Stop() {
			break
		}
		l := life{s: &s, sim: sim, r: r, cases: map[string]*Case{}}
		if err := l.run(); err != nil {
			return sim, err
		}
		sim.Cases++
	}
	for i := range s.Type.Steps {
		if id := s.Type.Steps[i].ID; sim.Steps[id] == 0 {
			sim.Never = append(sim.Never, id)
		}
	}
	slices.Sort(sim.lengths)
	if n := len(sim.lengths); n > 0 {
		sim.Days = Spread{sim.lengths[n/2], sim.lengths[min(n*9/10, n-1)], sim.lengths[n-1]}
	}
	for state, stay := range sim.States {
		stay.Hours /= float64(max(stay.Visits, 1))
		sim.States[state] = stay
	}
	return sim, nil
}

// life is a case with its children.
type life struct {
	s     *Scenario
	sim   *Simulation
	r     *chance
	root  string
	cases map[string]*Case
	order []string
	now   time.Time
	done  []string // steps, for what got stuck
}

func (l *life) typeOf(c *Case) *Type {
	if c.Type == l.s.Type.Code {
		return l.s.Type
	}
	return l.s.Types[c.Type]
}

func (l *life) world() *World {
	return &World{Now: l.now, Calendar: l.s.Calendar, NewID: l.r.id, District: func(region string) string { return region[:min(6, len(region))] },
		Secret: func(c *Case, draw string) (string, error) { return "simulated " + c.ID + draw, nil },
		Urn: func(_ *Case, q Urn) (in []string, _ []Out, _ error) {
			for i := range 60 {
				in = append(in, fmt.Sprintf("0SAMPLE0%018d", i))
			}
			return in, nil, nil
		}}
}

func (l *life) run() error {
	l.now = l.s.Start.Add(time.Duration(l.r.IntN(365*24)) * time.Hour)
	l.r.now = l.now
	t := l.s.Type
	var c *Case
	for range maxOpening {
		var err error
		if c, err = l.open(t, t.Start[l.r.IntN(len(t.Start))].ID, Child{}, ""); err != nil {
			return err
		}
		if c != nil {
			break // else what was filled in is refused: people try again
		}
	}
	if c == nil {
		return nil
	}
	l.root = c.ID
	for range maxLife {
		c := l.cases[l.root]
		if c.Closed() {
			l.sim.Ends[c.State]++
			l.sim.lengths = append(l.sim.lengths, c.ClosedAt.Sub(c.OpenedAt).Hours()/24)
			return nil
		}
		moved, err := l.next()
		if err != nil {
			return err
		}
		if !moved {
			break
		}
	}
	l.stuck(l.cases[l.root])
	return nil
}

func (l *life) stuck(c *Case) {
	if len(l.sim.Stuck) < 10 {
		l.sim.Stuck = append(l.sim.Stuck, fmt.Sprintf("%s: %v", c.State, l.done[max(0, len(l.done)-12):]))
	}
}

func (l *life) open(t *Type, start string, child Child, parent string) (*Case, error) {
	s := t.Opening(start)
	o := Opening{ID: child.ID, Start: start, Birth: Birth{Number: "SIM", Parent: parent, Link: child.Link, Opener: l.r.id(), Subject: child.About, Via: "simulation"}, Region: "110105001", Give: child.Give, Data: child.With}
	if o.Birth.Subject == "" {
		o.Birth.Subject = l.r.id()
	}
	if o.ID == "" {
		o.ID = l.r.id()
	}
	if (s.Under != "" || slices.Contains(s.By, ByParent)) && parent == "" { // under a case that is not looked at
		o.Birth.Parent, o.Give = l.r.id(), map[string][]string{}
		for i := range t.Roles {
			if t.Roles[i].Filled.Assigned != "" && s.Under == "" {
				o.Give[t.Roles[i].ID] = []string{l.r.id()}
			}
		}
	}
	if child.Start == "" {
		if f := t.Form(s.Form); f != nil {
			o.Data = l.r.fill(f, nil)
		}
	}
	o.Who = Who{ID: o.Birth.Opener, System: true, Holds: func(string, string) bool { return true }}
	c, e, err := t.Begin(l.world(), o)
	if refused(err) {
		l.sim.Refused++
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", start, err)
	}
	return c, l.took(nil, c, e)
}

func refused(err error) bool {
	var f *Fault
	return errors.As(err, &f) && (f.Code == "procedure.act.guard" || f.Code == "procedure.act.nobody" || f.Code == "procedure.act.urn" || f.Code == "procedure.act.drawn" || f.Code == "procedure.act.children")
}

// took takes an entry in: children are opened, parents told.
func (l *life) took(before, c *Case, e *Entry) error {
	if e == nil {
		return nil
	}
	if _, hash, err := e.Seal(); err != nil {
		return err
	} else {
		c.Hash = hash
	}
	if l.s.Watch != nil {
		if err := l.s.Watch(c, e); err != nil {
			return err
		}
	}
	if _, known := l.cases[c.ID]; !known {
		l.order = append(l.order, c.ID)
	}
	l.cases[c.ID] = c
	l.count(before, c, e)
	for _, ev := range e.Events {
		switch ev.Kind {
		case Spawned:
			if t := l.childType(ev.Child.Type); t != nil {
				if _, err := l.open(t, ev.Child.Start, *ev.Child, c.ID); err != nil {
					return err
				}
			}
		case Unsealed:
			for _, k := range c.Children {
				if err := l.tell(k.ID, func(t *Type, child *Case) (*Case, *Entry, error) { return t.Unseal(l.world(), child, ev.Fields) }); err != nil {
					return err
				}
			}
		case Signalled:
			for _, id := range ev.IDs {
				if err := l.tell(id, func(t *Type, child *Case) (*Case, *Entry, error) { return t.Hear(l.world(), child, ev.Text) }); err != nil {
					return err
				}
			}
		}
	}
	parent := l.cases[c.Parent]
	if parent == nil || !e.Reports() {
		return nil
	}
	next, entry, err := l.typeOf(parent).ChildCame(l.world(), parent, l.typeOf(c).Report(c))
	if err != nil {
		return err
	}
	return l.took(parent, next, entry)
}

// tell tells a child something.
func (l *life) tell(id string, what func(*Type, *Case) (*Case, *Entry, error)) error {
	child := l.cases[id]
	if child == nil {
		return nil // its type is not simulated
	}
	next, e, err := what(l.typeOf(child), child)
	if err != nil {
		return err
	}
	return l.took(child, next, e)
}

// join lets somebody open a case under another that takes them.
func (l *life) join(parent *Case, k *Intake) error {
	c, err := l.open(l.childType(k.Type), k.Start, Child{ID: l.r.id(), Link: k.ID}, parent.ID)
	if c == nil || err != nil {
		return err
	}
	next, e, err := l.typeOf(parent).Adopt(l.world(), parent, l.typeOf(c).Report(c))
	if err != nil {
		return err
	}
	return l.took(parent, next, e)
}

func (l *life) childType(code string) *Type {
	if code == l.s.Type.Code {
		return l.s.Type
	}
	return l.s.Types[code]
}

// count keeps the figures of the type that is simulated.
func (l *life) count(before, c *Case, e *Entry) {
	l.sim.Events += len(e.Events)
	if c.Type != l.s.Type.Code {
		return
	}
	for _, ev := range e.Events {
		switch ev.Kind {
		case Moved:
			l.sim.Steps[ev.Step]++
			if len(l.done) > 100 {
				l.done = l.done[50:]
			}
			l.done = append(l.done, ev.Step)
		case Ticked:
			k := l.sim.Clocks[ev.Clock.Deadline]
			switch ev.Clock.What {
			case tickStarted:
				k.Started++
			case tickMet:
				k.Met++
			case FellDue:
				k.Due++
			}
			l.sim.Clocks[ev.Clock.Deadline] = k
		}
	}
	if before == nil || before.State != c.State {
		s := l.sim.States[c.State]
		s.Visits++
		l.sim.States[c.State] = s
	}
	if before != nil {
		s := l.sim.States[before.State]
		s.Hours += e.At.Sub(before.ChangedAt).Hours()
		l.sim.States[before.State] = s
	}
}

// next lets one thing happen: somebody acts on a case, or a clock rings first.
func (l *life) next() (bool, error) {
	var bell Alarm
	var rings *Case
	var open []*Case
	for _, id := range l.order {
		c := l.cases[id]
		if c.Closed() {
			continue
		}
		open = append(open, c)
		if a := l.typeOf(c).Next(l.s.Calendar, c); !a.At.IsZero() && (rings == nil || a.At.Before(bell.At)) {
			bell, rings = a, c
		}
	}
	l.r.Shuffle(len(open), func(i, k int) { open[i], open[k] = open[k], open[i] })
	for _, c := range open {
		acted, err := l.act(c, bell.At, rings != nil)
		if acted || err != nil {
			return acted, err
		}
	}
	if rings == nil {
		return false, nil
	}
	return true, l.ring(rings, bell.At)
}

func (l *life) ring(c *Case, at time.Time) error {
	if at.After(l.now) {
		l.now = at
	}
	l.r.now = l.now
	next, e, err := l.typeOf(c).Ring(l.world(), c)
	if err != nil {
		return fmt.Errorf("%s in %s: %w", c.Type, c.State, err)
	}
	return l.took(c, next, e)
}

// may is something that somebody may do: a step, or opening a case under this one.
type may struct {
	step *Step
	who  Who
	take *Intake
}

func (m may) name(c *Case) string {
	if m.take != nil {
		return c.Type + "+" + m.take.ID
	}
	return c.Type + "." + m.step.ID
}

// act lets somebody do something at random, unless the bell rings before. Steps that can be done
// over and over without the case going on are done less and less.
func (l *life) act(c *Case, bell time.Time, rings bool) (bool, error) {
	t := l.typeOf(c)
	var can []may
	for i := range t.Steps {
		s := &t.Steps[i]
		if s.On != nil && s.On.Event == "" && (s.On.Parent == "" || l.cases[c.Parent] != nil) || !slices.Contains(s.From, c.State) {
			continue
		}
		if s.On != nil {
			can = append(can, may{step: s})
			continue
		}
		for _, role := range s.By {
			who, ok := t.somebody(c, role)
			if ok && t.May(l.world(), c, s, who) == nil {
				can = append(can, may{step: s, who: who})
				break
			}
		}
	}
	for i := range t.Takes {
		if k := &t.Takes[i]; slices.Contains(k.In, c.State) && l.childType(k.Type) != nil && len(c.Children) < maxJoining {
			can = append(can, may{take: k})
		}
	}
	if len(can) == 0 {
		return false, nil
	}
	wait := time.Duration(l.r.ExpFloat64() * float64(2*time.Hour))
	if rings {
		wait = time.Duration(l.r.ExpFloat64() * l.s.Pace * float64(max(bell.Sub(l.now), time.Minute)))
		if l.now.Add(wait).After(bell) {
			return false, nil
		}
	}
	l.now = l.now.Add(wait)
	l.r.now = l.now
	m := can[l.r.IntN(len(can))]
	switch rarest := slices.MinFunc(can, func(a, b may) int { return l.sim.tried[a.name(c)] - l.sim.tried[b.name(c)] }); {
	case l.s.Explore && l.r.IntN(2) == 0:
		m = rarest
	case m.step != nil && t.outcome(m.step.target(c.State)) != "" && t.outcome(m.step.target(c.State)) != "done":
		m = can[l.r.IntN(len(can))] // most people who begin something want to come to its end
	}
	l.sim.tried[m.name(c)]++
	var next *Case
	var e *Entry
	var err error
	if m.take != nil {
		return true, l.join(c, m.take)
	}
	if m.step.On != nil {
		next, e, err = t.upon(l.world(), c, func(on *Trigger) bool { return on == m.step.On })
	} else {
		a := Act{Step: m.step.ID, Who: m.who}
		if f := t.Form(m.step.Form); f != nil {
			l.r.cases = l.r.cases[:0]
			for _, k := range c.Children {
				if !k.End {
					l.r.cases = append(l.r.cases, k.ID)
				}
			}
			a.Data = l.r.fill(f, c.Data)
		}
		next, e, err = t.Do(l.world(), c, a)
	}
	if refused(err) {
		l.sim.Refused++
		return !rings || l.r.IntN(4) > 0, nil // tries again, or waits for the bell
	}
	if err != nil {
		return false, fmt.Errorf("%s: step %s in %s: %w", c.Type, m.step.ID, c.State, err)
	}
	return true, l.took(c, next, e)
}

// somebody is who has a role of a case.
func (t *Type) somebody(c *Case, role string) (Who, bool) {
	r := t.Role(role)
	switch {
	case r.Filled.Opener:
		return Who{ID: c.Opener}, c.Opener != ""
	case r.Filled.Assigned == "":
		return Who{ID: "0GRANT" + r.Filled.Grant, Holds: func(grant, _ string) bool { return grant == r.Filled.Grant }}, true
	case len(c.Hands[role]) == 0:
		return Who{}, false
	case r.Filled.Assigned == ToParty:
		return Who{ID: "0CLERK", Parties: c.Hands[role][:1], Holds: func(grant, _ string) bool { return true }}, true
	}
	return Who{ID: c.Hands[role][0], Holds: func(grant, _ string) bool { return grant == r.Filled.Grant }}, true
}

// Replay proves that folding entries again, as they are kept, gives the same case.
func Replay(c *Case, entries []Entry, hashes []string) error {
	again := FoldAll(entries, hashes)
	was, err := json.Marshal(c)
	if err != nil {
		return err
	}
	is, err := json.Marshal(again)
	if err != nil {
		return err
	}
	if !bytes.Equal(was, is) {
		return &Fault{Code: "procedure.chain.fold", Args: map[string]any{"is": c.State, "again": again.State}}
	}
	return nil
}
