package procedure

import (
	"time"

	"github.com/tongsheng/tongsheng/engine/worktime"
)

// Play takes one case through a type, step by step, each done by whoever may: for people who write
// types and want to see what happens.
type Play struct {
	t   *Type
	w   *World
	c   *Case
	now time.Time
}

// NewPlay begins at a moment.
func NewPlay(t *Type, cal *worktime.Calendar, now time.Time, newID func() string) *Play {
	p := &Play{t: t, now: now}
	p.w = &World{Calendar: cal, NewID: newID, Secret: func(*Case, string) (string, error) { return "for show only", nil },
		Urn: func(*Case, Urn) ([]string, []Out, error) {
			urn := make([]string, 20)
			for i := range urn {
				urn[i] = newID()
			}
			return urn, nil, nil
		}}
	return p
}

// world is the world at the moment that the play has come to; each act takes a minute.
func (p *Play) world() *World {
	p.now = p.now.Add(time.Minute)
	p.w.Now = p.now
	return p.w
}

func (p *Play) took(c *Case, e *Entry, err error) (*Entry, error) {
	if err != nil || e == nil {
		return nil, err
	}
	_, hash, err := e.Seal()
	c.Hash = hash
	p.c = c
	return e, err
}

// Open opens the case.
func (p *Play) Open(start string, data map[string]any) (*Entry, error) {
	s := p.t.Opening(start)
	if s == nil {
		return nil, &Fault{Code: "procedure.act.start", Args: map[string]any{"start": start}}
	}
	o := Opening{ID: p.w.NewID(), Start: start, Data: data, Region: "110101001", Who: Who{ID: p.w.NewID(), System: true, Holds: func(string, string) bool { return true }},
		Birth: Birth{Number: p.t.Prefix + "0000-000001", Opener: p.w.NewID(), Subject: p.w.NewID(), Via: "trial"}, Give: map[string][]string{}}
	if len(s.By) == 1 && s.By[0] == ByParent {
		o.Birth.Parent = p.w.NewID()
		for _, r := range p.t.Roles {
			if r.Filled.Assigned != "" {
				o.Give[r.ID] = []string{p.w.NewID()}
			}
		}
	}
	return p.took(p.t.Begin(p.world(), o))
}

// Step does a step.
func (p *Play) Step(id string, data map[string]any) (*Entry, error) {
	s := p.t.Step(id)
	if s == nil || p.c == nil {
		return nil, &Fault{Code: "procedure.act.step", Args: map[string]any{"step": id}}
	}
	for _, role := range s.By {
		if who, ok := p.t.somebody(p.c, role); ok {
			return p.took(p.t.Do(p.world(), p.c, Act{Step: id, Who: who, Data: data}))
		}
	}
	return nil, &Fault{Code: "procedure.act.role", Args: map[string]any{"roles": p.t.names(s.By)}}
}

// Happen lets an event of the platform happen.
func (p *Play) Happen(event string) (*Entry, error) {
	if p.c == nil {
		return nil, nil
	}
	return p.took(p.t.Happen(p.world(), p.c, event))
}

// Wait lets time pass until the clock rings.
func (p *Play) Wait() (*Entry, error) {
	if p.c == nil {
		return nil, nil
	}
	a := p.t.Next(p.w.Calendar, p.c)
	if a.At.IsZero() {
		return nil, nil
	}
	if a.At.After(p.now) {
		p.now = a.At
	}
	return p.took(p.t.Ring(p.world(), p.c))
}

// Case is where the case stands; nil before it is opened.
func (p *Play) Case() *Case { return p.c }

// Next is when the clock rings, the zero time for never.
func (p *Play) Next() time.Time {
	if p.c == nil {
		return time.Time{}
	}
	return p.t.Next(p.w.Calendar, p.c).At
}

// Steps are those that can happen next, by people or by events.
func (p *Play) Steps() (steps []*Step) {
	if p.c == nil {
		return nil
	}
	for i := range p.t.Steps {
		s := &p.t.Steps[i]
		if s.On != nil {
			if s.On.Event != "" && s.leaves(p.c.State) {
				steps = append(steps, s)
			}
			continue
		}
		for _, role := range s.By {
			if who, ok := p.t.somebody(p.c, role); ok && p.t.May(p.w, p.c, s, who) == nil {
				steps = append(steps, s)
				break
			}
		}
	}
	return steps
}

func (s *Step) leaves(state string) bool {
	for _, from := range s.From {
		if from == state {
			return true
		}
	}
	return false
}
