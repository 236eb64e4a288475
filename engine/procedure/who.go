package procedure

import (
	"slices"

	"github.com/tongsheng/tongsheng/engine/worktime"
)

// Who is somebody, as far as cases ask.
type Who struct {
	ID      string
	Name    string
	Parties []string                        // organisations they belong to
	Absent  []string                        // people whose work they do while those are away
	Holds   func(grant, region string) bool // whether they hold a role of the platform over a region
	System  bool                            // the platform itself
}

// RolesOf are what somebody is to a case, in the order of the type. What is asked of the store for
// a list of cases is made from the same fillings; see Type.Fillings.
func (t *Type) RolesOf(c *Case, w Who) (roles []string) {
	for i := range t.Roles {
		if t.Roles[i].has(c, w) {
			roles = append(roles, t.Roles[i].ID)
		}
	}
	return roles
}

func (r *Role) has(c *Case, w Who) bool {
	f := r.Filled
	switch {
	case f.Opener:
		return c.Opener != "" && (c.Opener == w.ID || slices.Contains(w.Parties, c.Opener))
	case f.Assigned == "":
		return w.Holds != nil && w.Holds(f.Grant, c.Region)
	}
	for _, id := range c.Hands[r.ID] {
		theirs := f.Assigned == ToPerson && (id == w.ID || slices.Contains(w.Absent, id)) || f.Assigned == ToParty && slices.Contains(w.Parties, id)
		if theirs && (f.Grant == "" || w.Holds != nil && w.Holds(f.Grant, c.Region)) {
			return true
		}
	}
	return false
}

// standsIn is the person in whose absence somebody has one of these roles, if it is so.
func (t *Type) standsIn(c *Case, w Who, roles []string) string {
	for _, id := range roles {
		if r := t.Role(id); r != nil && r.Filled.Assigned == ToPerson && !slices.Contains(c.Hands[id], w.ID) {
			for _, away := range c.Hands[id] {
				if slices.Contains(w.Absent, away) {
					return away
				}
			}
		}
	}
	return ""
}

// Sees reports whether somebody with these roles sees a field of the case. A sealed one is seen by
// those it names until a step unseals it, and by everybody from then on.
func (c *Case) Sees(f *Field, roles []string) bool {
	return f.open(c) || slices.ContainsFunc(f.See, func(r string) bool { return slices.Contains(roles, r) })
}

// open reports whether everybody who sees the case sees the field.
func (f *Field) open(c *Case) bool {
	if f.Sealed {
		return slices.Contains(c.Unsealed, f.ID)
	}
	return len(f.See) == 0
}

// Report is what the case that opened this one learns of it: how far it came, and what everybody
// who sees this one may see. So a parent knows nothing sealed, and shows nobody what is hidden here.
func (t *Type) Report(c *Case) Child {
	k := Child{ID: c.ID, Type: c.Type, Link: c.Link, State: c.State, Outcome: c.Outcome, End: c.Closed(), With: map[string]any{}}
	for id, v := range c.Data {
		if f := t.known[id]; f == nil || f.open(c) && !f.Personal {
			k.With[id] = v
		}
	}
	return k
}

// Seen is what somebody with these roles sees of the case's data; hidden lists the fields that
// hold something they do not see.
func (t *Type) Seen(c *Case, roles []string) (data map[string]any, hidden []string) {
	data = map[string]any{}
	for id, v := range c.Data {
		if f := t.known[id]; f == nil || c.Sees(f, roles) {
			data[id] = v
		} else {
			hidden = append(hidden, id)
		}
	}
	slices.Sort(hidden)
	return data, hidden
}

// IsBlind reports whether somebody with these roles may not learn who opened the case and who else
// works on it.
func (t *Type) IsBlind(roles []string) bool {
	return len(roles) > 0 && !slices.ContainsFunc(roles, func(r string) bool { return !slices.Contains(t.Blind, r) })
}

// TitleOf is what a case is called in lists.
func (t *Type) TitleOf(cal *worktime.Calendar, c *Case) string {
	e := t.exprs["title"]
	if e == nil {
		return t.Name.Zh
	}
	u := t.turn(&World{Now: c.ChangedAt, Calendar: cal}, c, Who{}, "")
	v, err := e.eval(u.scope(nil))
	if s, ok := v.(string); err == nil && ok && s != "" {
		return s
	}
	return t.Name.Zh
}

// Awaits are the states in which somebody who has a role has something to do.
func (t *Type) Awaits(role string) (states []string) {
	for i := range t.Steps {
		s := &t.Steps[i]
		if !slices.Contains(s.By, role) {
			continue
		}
		for _, from := range s.From {
			if !slices.Contains(states, from) {
				states = append(states, from)
			}
		}
	}
	return states
}
