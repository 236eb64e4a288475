package procedure

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// firstDay is a moment for expressions that are tried.
var firstDay = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// target is where a step leads from a state.
func (s *Step) target(from string) string {
	if s.To == "" {
		return from
	}
	return s.To
}

// paths proves that every state can be reached and that from each an end can be, by steps that no
// guard can refuse for ever: a case gets stuck at most where people do nothing, and then its
// deadline falls due.
func (p *proof) paths() {
	t := p.t
	reached := map[string]bool{}
	var visit func(string)
	visit = func(state string) {
		if reached[state] {
			return
		}
		reached[state] = true
		for i := range t.Steps {
			if slices.Contains(t.Steps[i].From, state) {
				visit(t.Steps[i].target(state))
			}
		}
	}
	for i := range t.Start {
		visit(t.Start[i].To)
	}
	for i := range t.States {
		if !reached[t.States[i].ID] {
			p.fault("states."+t.States[i].ID, "state.unreachable", "state", t.States[i].ID)
		}
	}
	ends := map[string]bool{}
	for i := range t.States {
		ends[t.States[i].ID] = t.States[i].End
	}
	for changed := true; changed; {
		changed = false
		for i := range t.Steps {
			s := &t.Steps[i]
			if s.If != "" || !s.On.sure() {
				continue
			}
			for _, from := range s.From {
				if !ends[from] && ends[s.target(from)] {
					ends[from], changed = true, true
				}
			}
		}
	}
	for i := range t.States {
		if id := t.States[i].ID; reached[id] && !ends[id] {
			p.fault("states."+id, "state.endless", "state", id)
		}
	}
}

// sure reports whether what makes a step happen comes some time: what happens elsewhere may not.
func (on *Trigger) sure() bool { return on == nil || on.Event == "" && on.Parent == "" }

// waits proves that in every state that a case may stay in a deadline runs.
func (p *proof) waits() {
	for i := range p.t.States {
		s := &p.t.States[i]
		if s.End || p.passed(s.ID) {
			continue
		}
		if !slices.ContainsFunc(p.t.Deadlines, func(d Deadline) bool { return slices.Contains(d.In, s.ID) && (d.Again || !p.returns(&d, s.ID)) }) {
			p.fault("states."+s.ID, "state.waits", "state", s.ID)
		}
	}
}

// returns reports whether a case that left where a deadline runs can come back to a state of it: a
// deadline that does not run again is over by then, and nothing would.
func (p *proof) returns(d *Deadline, state string) bool {
	inside := func(s string) bool { return slices.Contains(d.In, s) || slices.Contains(d.Pause, s) }
	seen := map[string]bool{}
	var visit func(string) bool
	visit = func(at string) bool {
		if at == state {
			return true
		}
		if seen[at] {
			return false
		}
		seen[at] = true
		return slices.ContainsFunc(p.t.Steps, func(s Step) bool { return slices.Contains(s.From, at) && visit(s.target(at)) })
	}
	for i := range p.t.Steps {
		s := &p.t.Steps[i]
		for _, from := range s.From {
			if to := s.target(from); inside(from) && !inside(to) && visit(to) {
				return true
			}
		}
	}
	return false
}

// passed reports whether a case never stays in a state: a step without a guard takes it on at once.
func (p *proof) passed(state string) bool {
	return slices.ContainsFunc(p.t.Steps, func(s Step) bool {
		return s.On != nil && s.On.Entry && s.If == "" && slices.Contains(s.From, state)
	})
}

// hands proves that whoever is to do a step is there when it is to be done: a role that is
// assigned was assigned on every way to where it is needed.
func (p *proof) hands() {
	t := p.t
	sure := p.sure(func(s *Start) map[string]bool { // what a parent gives is judged where it is given: see fits
		return p.assigned(slices.Contains(s.By, ByParent) && len(s.By) == 1)
	})
	for i := range t.States {
		state := t.States[i].ID
		if t.States[i].End || p.passed(state) {
			continue
		}
		if !p.moved(state, sure[state]) {
			p.fault("states."+state, "state.nobody", "state", state)
		}
	}
	for _, role := range slices.Sorted(maps.Keys(p.assigned(true))) {
		if !p.fills(role) && !slices.ContainsFunc(t.Start, func(s Start) bool { return slices.Contains(s.By, ByParent) }) {
			p.fault("roles."+role, "role.never", "role", role)
		}
	}
}

// assigned are all roles that are assigned, or none.
func (p *proof) assigned(all bool) map[string]bool {
	roles := map[string]bool{}
	for i := range p.t.Roles {
		if all && p.t.Roles[i].Filled.Assigned != "" {
			roles[p.t.Roles[i].ID] = true
		}
	}
	return roles
}

// sure are the assigned roles that are filled in each state whichever way a case came there, where
// given are those that are filled before an opening does anything.
func (p *proof) sure(given func(*Start) map[string]bool) map[string]map[string]bool {
	t, sure := p.t, map[string]map[string]bool{}
	for i := range t.States {
		sure[t.States[i].ID] = p.assigned(true)
	}
	for i := range t.Start {
		meet(sure[t.Start[i].To], after(given(&t.Start[i]), t.Start[i].Effects))
	}
	for changed := true; changed; {
		changed = false
		for i := range t.Steps {
			s := &t.Steps[i]
			for _, from := range s.From {
				if meet(sure[s.target(from)], after(sure[from], s.Effects)) {
					changed = true
				}
			}
		}
	}
	return sure
}

// fills reports whether something that happens to the type's cases gives somebody a role.
func (p *proof) fills(role string) bool {
	return slices.ContainsFunc(p.allEffects(), func(e placed) bool {
		return e.effect.Assign != nil && e.effect.Assign.Role == role || e.effect.Draw != nil && e.effect.Draw.Role == role
	})
}

// moved reports whether somebody is sure to be there who can do a step that no guard refuses, or a
// deadline or the children take the case on.
func (p *proof) moved(state string, sure map[string]bool) bool {
	return slices.ContainsFunc(p.t.Steps, func(s Step) bool {
		if !slices.Contains(s.From, state) || s.If != "" || s.target(state) == state {
			return false
		}
		if s.On != nil {
			return s.On.sure()
		}
		return slices.ContainsFunc(s.By, func(r string) bool {
			role := p.t.Role(r)
			return role.Filled.Grant != "" && role.Filled.Assigned == "" || role.Filled.Opener || sure[r]
		})
	})
}

// after is who is sure to be there after these effects.
func after(before map[string]bool, effects []Effect) map[string]bool {
	sure := maps.Clone(before)
	for i := range effects {
		e := &effects[i]
		switch {
		case e.Assign != nil && e.If == "":
			sure[e.Assign.Role] = true
		case e.Draw != nil && e.Draw.Role != "" && e.If == "":
			sure[e.Draw.Role] = true
		case e.Release != "":
			delete(sure, e.Release)
		}
	}
	return sure
}

// meet takes from the first what is not in the second.
func meet(into, with map[string]bool) (changed bool) {
	for r := range into {
		if !with[r] {
			delete(into, r)
			changed = true
		}
	}
	return changed
}

// rest proves that the steps that happen by themselves come to rest: those that happen on entry do
// not lead round.
func (p *proof) rest() {
	next := map[string][]string{}
	for i := range p.t.Steps {
		s := &p.t.Steps[i]
		if s.On == nil || !s.On.Entry && s.On.Children == nil {
			continue
		}
		for _, from := range s.From {
			next[from] = append(next[from], s.target(from))
		}
	}
	for _, state := range slices.Sorted(maps.Keys(next)) {
		seen := map[string]bool{}
		var round func(string) bool
		round = func(at string) bool {
			for _, to := range next[at] {
				if to == state {
					return true
				}
				if !seen[to] {
					seen[to] = true
					if round(to) {
						return true
					}
				}
			}
			return false
		}
		if round(state) {
			p.fault("states."+state, "state.round", "state", state)
		}
	}
}

// Platform is what a type is to run on.
type Platform struct {
	Grants   map[string]bool // roles of the platform
	Types    map[string]*Type
	Elements map[string]bool // of facts; nil where nobody knows
	Urns     map[string]bool
	Licences map[string]bool
	Purposes map[string]bool
	Events   map[string]bool
}

// Fits proves that a platform has what a type asks of it: roles that somebody can be given, types
// of child cases and the states they are to come to, elements of facts, urns, kinds of licences.
func (t *Type) Fits(on Platform) error {
	p := &proof{t: t}
	has := func(at, kind, name string, known map[string]bool) {
		if known != nil && name != "" && !known[name] {
			p.fault(at, "platform."+kind, "name", name, "known", strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
	}
	for i := range t.Roles {
		has("roles."+t.Roles[i].ID+".filled.grant", "grant", t.Roles[i].Filled.Grant, on.Grants)
	}
	for i := range t.Start {
		has("start."+t.Start[i].ID+".on", "event", t.Start[i].On, on.Events)
	}
	links := map[string]*Type{}
	for i := range t.Takes {
		k := &t.Takes[i]
		child := on.Types[k.Type]
		if links[k.ID] = child; child == nil {
			p.fault("takes."+k.ID+".type", "platform.type", "name", k.Type)
		} else if s := child.Opening(k.Start); s == nil || s.Under != t.Code {
			p.fault("takes."+k.ID+".start", "platform.under", "name", k.Start, "type", k.Type)
		}
	}
	for i := range t.Start {
		s := &t.Start[i]
		if parent := on.Types[s.Under]; s.Under != "" && (parent == nil || !slices.ContainsFunc(parent.Takes, func(k Intake) bool { return k.Type == t.Code && k.Start == s.ID })) {
			p.fault("start."+s.ID+".under", "platform.takes", "name", s.Under)
		}
	}
	for _, e := range p.allEffects() {
		if s := e.effect.Spawn; s != nil {
			child := on.Types[s.Type]
			if s.Type == t.Code {
				child = t
			}
			if links[s.Link] = child; child == nil {
				p.fault(e.at+".spawn.type", "platform.type", "name", s.Type)
			} else {
				p.fits(e.at+".spawn", s, child)
			}
		}
		for _, field := range e.effect.Unseal {
			if t.known[field] == nil && !slices.ContainsFunc(slices.Collect(maps.Values(links)), func(k *Type) bool { return k != nil && k.known[field] != nil && k.known[field].Sealed }) {
				p.fault(e.at+".unseal", "missing.field", "name", field)
			}
		}
		if s := e.effect.Signal; s != nil && links[s.Link] != nil && !slices.ContainsFunc(links[s.Link].Steps, func(k Step) bool { return k.On != nil && k.On.Parent == s.Name }) {
			p.fault(e.at+".signal.name", "platform.signal", "name", s.Name, "type", links[s.Link].Code)
		}
		if r := e.effect.Record; r != nil {
			has(e.at+".record.element", "element", r.Element, on.Elements)
		}
		if d := e.effect.Draw; d != nil {
			has(e.at+".draw.from", "urn", d.From, on.Urns)
		}
		if y := e.effect.Pay; y != nil {
			has(e.at+".pay.purpose", "purpose", y.Purpose, on.Purposes)
		}
		if i := e.effect.Issue; i != nil {
			has(e.at+".issue.licence", "licence", i.Licence, on.Licences)
		}
	}
	for i := range t.Steps {
		s := &t.Steps[i]
		if s.On == nil {
			continue
		}
		has("steps."+s.ID+".on.event", "event", s.On.Event, on.Events)
		if j := s.On.Children; j != nil && links[j.Link] != nil {
			p.join(s, links[j.Link])
		}
	}
	return p.faults.Err()
}

// Elements are the elements of the facts that the type's cases leave.
func (t *Type) Elements() []string {
	seen := map[string]bool{}
	for _, e := range (&proof{t: t}).allEffects() {
		if e.effect.Record != nil {
			seen[e.effect.Record.Element] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// join proves that the states that children are to come to are there, and that a case does not wait
// for ever for children that ended elsewhere: if they may, something else leads on as well.
func (p *proof) join(s *Step, child *Type) {
	for _, state := range s.On.Children.In {
		if child.State(state) == nil {
			p.fault("steps."+s.ID+".on.children.in", "missing.state", "name", state)
		}
	}
	sure := len(s.On.Children.In) == 0 || !slices.ContainsFunc(child.States, func(k State) bool {
		return k.End && !slices.Contains(s.On.Children.In, k.ID)
	})
	for _, from := range s.From {
		onward := slices.ContainsFunc(p.t.Steps, func(o Step) bool {
			return o.ID != s.ID && o.If == "" && slices.Contains(o.From, from) && o.target(from) != from && o.On.sure()
		})
		if !onward && !sure {
			p.fault("steps."+s.ID+".on.children", "platform.join", "state", from, "type", child.Code)
		}
	}
}

// fits proves that a child can be opened as a spawn has it.
func (p *proof) fits(at string, s *Spawn, child *Type) {
	start := child.Opening(s.Start)
	if start == nil || !slices.Contains(start.By, ByParent) {
		p.fault(at+".start", "missing.start", "name", s.Start)
		return
	}
	form := child.Form(start.Form)
	for field := range s.With {
		if form == nil || !slices.ContainsFunc(form.Fields, func(f Field) bool { return f.ID == field }) {
			p.fault(at+".with."+field, "missing.field", "name", field)
		}
	}
	for role := range s.Give {
		if r := child.Role(role); r == nil {
			p.fault(at+".give."+role, "missing.role", "name", role)
		} else if r.Filled.Assigned == "" {
			p.fault(at+".give."+role, "effect.assign", "role", role)
		}
	}
	k := &proof{t: child}
	given := map[string]bool{}
	for role := range s.Give {
		given[role] = true
	}
	sure := k.sure(func(o *Start) map[string]bool {
		if o.ID == s.Start {
			return maps.Clone(given)
		}
		return k.assigned(true)
	})
	for i := range child.States {
		if state := child.States[i].ID; !child.States[i].End && !k.passed(state) && !k.moved(state, sure[state]) {
			p.fault(at+".give", "effect.give", "state", state)
		}
	}
	if form != nil {
		for i := range form.Fields {
			f := &form.Fields[i]
			if _, given := s.With[f.ID]; f.Required && len(f.When) == 0 && !given {
				p.fault(at+".with", "effect.with", "field", f.ID)
			}
		}
	}
}
