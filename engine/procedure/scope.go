package procedure

import (
	"maps"
	"slices"
	"time"

	"cel.dev/cel-go/cel"
)

// scope is what expressions see at a point of a turn. Most ask for one or two things, so that each
// is made when it is asked for and kept until an event changes it.
type scope struct {
	u    *turn
	each any
}

func (u *turn) scope(each any) *scope { return &scope{u, each} }

// Parent is none: a scope sees everything there is.
func (s *scope) Parent() cel.Activation { return nil }

// ResolveName gives what an expression asks for.
func (s *scope) ResolveName(name string) (any, bool) {
	if name == "each" {
		return s.each, true
	}
	u := s.u
	if v, made := u.seen[name]; made {
		return v, true
	}
	var v any
	switch name {
	case "data":
		v = u.t.filled(u.c.Data)
	case "form":
		if v = map[string]any{}; u.form != nil {
			v = u.t.filled(u.form)
		}
	case "it":
		v = u.it()
	case "actor":
		v = map[string]any{"id": u.who.ID, "name": u.who.Name, "roles": u.roles, "parties": u.who.Parties}
	case "hands":
		hands := make(map[string][]string, len(u.t.Roles))
		for i := range u.t.Roles {
			id := u.t.Roles[i].ID
			if hands[id] = u.c.Hands[id]; hands[id] == nil {
				hands[id] = []string{}
			}
		}
		v = hands
	case "children":
		v = u.children()
	case "now":
		v = u.at
	case "event":
		if v = u.event; u.event == nil {
			v = noEvent()
		}
	default:
		return nil, false
	}
	u.seen[name] = v
	return v, true
}

func (u *turn) it() map[string]any {
	c, district := u.c, ""
	if u.w.District != nil {
		district = u.w.District(c.Region)
	}
	late := []any{}
	for _, id := range slices.Sorted(maps.Keys(c.Clocks)) {
		if r := c.Clocks[id]; r.Late || !r.Done && r.missed(u.at) {
			late = append(late, id)
		}
	}
	return map[string]any{"id": c.ID, "number": c.Number, "state": c.State, "region": c.Region, "district": district, "opener": c.Opener, "subject": c.Subject, "parent": c.Parent, "via": c.Via,
		"opened": c.OpenedAt.UTC().Format(time.RFC3339), "days": u.at.Sub(c.OpenedAt).Hours() / 24, "late": late}
}

func (u *turn) children() []any {
	children := make([]any, len(u.c.Children))
	for i, k := range u.c.Children {
		with := k.With
		if with == nil {
			with = map[string]any{}
		}
		children[i] = map[string]any{"id": k.ID, "type": k.Type, "link": k.Link, "state": k.State, "outcome": k.Outcome, "end": k.End, "data": with}
	}
	return children
}

// filled is data with every field of the type: those that nobody filled in are zero.
func (t *Type) filled(data map[string]any) map[string]any {
	all := make(map[string]any, len(t.zeros)+len(data))
	maps.Copy(all, t.zeros)
	maps.Copy(all, data)
	return all
}

// nothing is a scope of a case in which nothing was filled in.
func (t *Type) nothing(form string, each any) cel.Activation {
	filled := map[string]any{}
	if f := t.Form(form); f != nil {
		for i := range f.Fields {
			filled[f.Fields[i].ID] = f.Fields[i].zero()
		}
	}
	hands := map[string][]string{}
	for i := range t.Roles {
		hands[t.Roles[i].ID] = []string{}
	}
	none, err := cel.NewActivation(map[string]any{"data": t.filled(nil), "form": filled, "hands": hands, "children": []any{}, "each": each, "now": firstDay, "event": noEvent(),
		"it":    map[string]any{"id": "", "number": "", "state": "", "region": "", "district": "", "opener": "", "subject": "", "parent": "", "via": "", "opened": "2026-01-01T00:00:00Z", "days": 0.0, "late": []any{}},
		"actor": map[string]any{"id": "", "name": "", "roles": []string{}, "parties": []string{}}})
	if err != nil {
		panic(err) // it is a map
	}
	return none
}

func noEvent() map[string]any {
	return map[string]any{"kind": "", "subject": "", "name": "", "words": ""}
}
