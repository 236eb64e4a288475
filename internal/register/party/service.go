package party

import (
	"context"
	"reflect"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// NewParty is a party to add. A child's personal data comes with a guardian's consent.
type NewParty struct {
	Kind Kind `json:"kind" enum:"organisation,person"`
	Facts
	Personal *Personal  `json:"personal,omitempty" doc:"Kept sealed"`
	Consent  *Statement `json:"consent,omitempty" doc:"Consent that comes with it; of a child under 14 a guardian's, without which nothing personal is taken"`

	sample bool
}

// Add enters an organisation or a person.
func (m *Module) Add(ctx context.Context, n NewParty) (*Party, error) {
	p, who, err := m.draft(ctx, n)
	if err != nil {
		return nil, err
	}
	if err := auth.Check(ctx, PermWrite, p.RegionPath); err != nil {
		return nil, err
	}
	err = m.db.Update(ctx, func(tx *store.Tx) error { return m.enter(ctx, tx, p, who, n.Consent) })
	return p, err
}

// draft makes a party of what somebody wrote, and checks all that needs no transaction.
func (m *Module) draft(ctx context.Context, n NewParty) (*Party, Personal, error) {
	now := m.clock.Now()
	p := &Party{ID: store.NewID(now), Kind: n.Kind, State: Active, Facts: n.Facts, Sample: n.sample, Revision: 1}
	var who Personal
	bad := p.check(p.Kind)
	if n.Personal != nil {
		who = *n.Personal
		bad = append(bad, who.check(p.Kind, m.today())...)
	}
	places, err := m.settlePlaces(ctx, p)
	if err != nil {
		return nil, who, err
	}
	return p, who, append(bad, places...).OrNil()
}

// settlePlaces finds the regions that facts name.
func (m *Module) settlePlaces(ctx context.Context, p *Party) (bad fault.List, err error) {
	find := func(code, place string) (path, name string, err error) {
		path, name, err = m.regions.Region(ctx, code)
		if fault.IsKind(err, fault.NotFound) {
			bad.Add(fault.Of(err).At(place))
			err = nil
		}
		return path, name, err
	}
	if p.RegionPath, p.Region, err = find(p.RegionCode, "regionCode"); err != nil {
		return bad, err
	}
	slices.Sort(p.Serves)
	p.Serves, p.servesPaths = slices.Compact(p.Serves), nil
	for _, code := range p.Serves {
		path, _, err := find(code, "serves")
		if err != nil {
			return bad, err
		}
		p.servesPaths = append(p.servesPaths, path)
	}
	return bad, nil
}

// settleFacts checks facts against what else stands in the register.
func settleFacts(ctx context.Context, q store.Queryer, p *Party) error {
	var bad fault.List
	for _, code := range p.Fields {
		_, f, err := term(ctx, q, listField, code, "fields")
		if err != nil {
			return err
		}
		bad.Add(f)
	}
	if p.Parent == "" {
		return bad.OrNil()
	}
	up, err := resolve(ctx, q, p.Parent)
	switch {
	case fault.IsKind(err, fault.NotFound):
		bad.Add(fault.Bad("parent", "party.parent"))
	case err != nil:
		return err
	default:
		p.Parent = up.ID
		above, err := chainAbove(ctx, q, up)
		if err != nil {
			return err
		}
		if up.Kind != Organisation || slices.Contains(above, p.ID) {
			bad.Add(fault.Bad("parent", "party.parent.loop"))
		}
	}
	return bad.OrNil()
}

// maxDepth is how many organisations may stand one above the other.
const maxDepth = 12

// chainAbove are the ids of an organisation and those above it.
func chainAbove(ctx context.Context, q store.Queryer, p *Party) (ids []string, err error) {
	for range maxDepth {
		ids = append(ids, p.ID)
		if p.Parent == "" || slices.Contains(ids, p.Parent) {
			return ids, nil
		}
		if p, err = resolve(ctx, q, p.Parent); err != nil {
			return ids, err
		}
	}
	return ids, nil
}

// enter writes a new party with what comes with it.
func (m *Module) enter(ctx context.Context, tx *store.Tx, p *Party, who Personal, consent *Statement) error {
	if err := settleFacts(ctx, tx, p); err != nil {
		return err
	}
	if consent != nil {
		if err := m.settleEntry(ctx, tx, p, consent); err != nil {
			return under("consent", err)
		}
	}
	if err := m.guardChild(ctx, tx, p, &who, consent); err != nil {
		return err
	}
	if err := m.vault.lock(p, who); err != nil {
		return err
	}
	p.CreatedAt, p.UpdatedAt = tx.Now, tx.Now
	if err := insertParty(ctx, tx, p); err != nil {
		return err
	}
	if consent != nil {
		if _, err := m.enterEntry(ctx, tx, p, *consent); err != nil {
			return err
		}
	}
	detail := map[string]any{"kind": p.Kind, "roles": p.Roles}
	if p.Kind == Organisation {
		detail["name"], detail["code"] = p.NameZH, p.Code
	}
	if err := m.record(ctx, tx, "party.add", p, detail); err != nil {
		return err
	}
	return tx.Emit(ctx, changed(p, "add"))
}

// under puts faults below a place.
func under(place string, err error) error {
	var out fault.List
	if list, ok := err.(fault.List); ok {
		for _, f := range list {
			out.Add(f.At(place + "." + f.Place))
		}
		return out
	}
	return err
}

// anyRevision is of acts that add beside a party and overwrite nothing of it.
const anyRevision = -1

// amend is the shape of every change to one party: read, guard, change, write, and leave a record and
// an event in the same transaction.
func (m *Module) amend(ctx context.Context, perm auth.Permission, id string, revision int64, action string, fn func(tx *store.Tx, p *Party) (detail any, err error)) (*Party, error) {
	var p *Party
	err := m.db.Update(ctx, func(tx *store.Tx) (err error) {
		if p, err = readParty(ctx, tx, id); err != nil {
			return err
		}
		if err := guard(ctx, perm, p); err != nil {
			return err
		}
		switch {
		case revision != anyRevision && p.Revision != revision:
			return fault.New(fault.Stale, "stale")
		case p.State == Merged:
			return fault.New(fault.Conflict, "party.merged")
		case p.State == Erased:
			return fault.New(fault.Conflict, "party.erased")
		}
		detail, err := fn(tx, p)
		if err != nil {
			return err
		}
		if err := updateParty(ctx, tx, p); err != nil {
			return err
		}
		if err := m.record(ctx, tx, action, p, detail); err != nil {
			return err
		}
		return tx.Emit(ctx, changed(p, strings.TrimPrefix(action, "party.")))
	})
	if err != nil {
		return nil, err
	}
	return p, m.nameRegions(ctx, p)
}

// guard refuses with "not found" what the asker may not even see.
func guard(ctx context.Context, perm auth.Permission, p *Party) error {
	if !auth.ScopeOf(ctx, PermRead).Allows(p.RegionPath) && !auth.ScopeOf(ctx, perm).Allows(p.RegionPath) {
		return errNone()
	}
	return auth.Check(ctx, perm, p.RegionPath)
}

func errNone() error { return fault.New(fault.NotFound, "party.not_found") }

// nameRegions fills in what regions are called.
func (m *Module) nameRegions(ctx context.Context, list ...*Party) error {
	names := map[string]string{}
	for _, p := range list {
		if _, ok := names[p.RegionCode]; !ok {
			_, name, err := m.regions.Region(ctx, p.RegionCode)
			if err != nil && !fault.IsKind(err, fault.NotFound) {
				return err
			}
			names[p.RegionCode] = name
		}
		p.Region = names[p.RegionCode]
	}
	return nil
}

// Change corrects what is said of a party.
func (m *Module) Change(ctx context.Context, id string, revision int64, f Facts) (*Party, error) {
	return m.amend(ctx, PermWrite, id, revision, "party.change", func(tx *store.Tx, p *Party) (any, error) {
		return m.setFacts(ctx, tx, p, f)
	})
}

func (m *Module) setFacts(ctx context.Context, tx *store.Tx, p *Party, f Facts) (any, error) {
	was := p.Facts
	p.Facts = f
	bad := p.check(p.Kind)
	places, err := m.settlePlaces(ctx, p)
	if err != nil {
		return nil, err
	}
	if err := append(bad, places...).OrNil(); err != nil {
		return nil, err
	}
	if err := auth.Check(ctx, PermWrite, p.RegionPath); err != nil { // where it moves to
		return nil, err
	}
	if err := settleFacts(ctx, tx, p); err != nil {
		return nil, err
	}
	return difference(p.Kind, &was, &p.Facts), nil
}

// difference is what the record says of a change: of an organisation from what to what, of a person
// only in which fields.
func difference(k Kind, was, is *Facts) map[string]any {
	changes := map[string]any{}
	a, b := reflect.ValueOf(*was), reflect.ValueOf(*is)
	for i := range a.NumField() {
		name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("json"), ",")
		x, y := a.Field(i), b.Field(i)
		if x.Kind() == reflect.Slice && x.Len() == 0 && y.Len() == 0 || reflect.DeepEqual(x.Interface(), y.Interface()) {
			continue
		}
		if k == Person {
			changes[name] = true
		} else {
			changes[name] = map[string]any{"from": x.Interface(), "to": y.Interface()}
		}
	}
	return map[string]any{"changed": changes}
}

// PutPersonal replaces what is personal of a party. Only who may see it changes it.
func (m *Module) PutPersonal(ctx context.Context, id string, revision int64, who Personal) (*Party, error) {
	return m.amend(ctx, PermPersonal, id, revision, "party.personal.put", func(tx *store.Tx, p *Party) (any, error) {
		if err := who.check(p.Kind, m.today()).OrNil(); err != nil {
			return nil, err
		}
		was, err := m.vault.unlock(p)
		if err != nil {
			return nil, err
		}
		if err := m.guardChild(ctx, tx, p, &who, nil); err != nil {
			return nil, err
		}
		return map[string]any{"changed": touchedFields(&was, &who)}, m.vault.lock(p, who)
	})
}

// touchedFields names the personal fields that differ, without what they hold.
func touchedFields(was, is *Personal) map[string]any {
	changes := map[string]any{}
	a, b := reflect.ValueOf(*was), reflect.ValueOf(*is)
	for i := range a.NumField() {
		name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("json"), ",")
		if !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			changes[name] = true
		}
	}
	return changes
}

// Revealed is what is personal of a party, unmasked.
type Revealed struct {
	Personal Personal           `json:"personal"`
	Entries  map[string]Private `json:"entries" doc:"By id, what of entries is sealed"`
	Numbers  map[string]string  `json:"numbers" doc:"By id, the numbers of certificates"`
}

// Reveal unmasks what is personal of a party for a stated purpose, and records that.
func (m *Module) Reveal(ctx context.Context, id, purpose string) (out *Revealed, err error) {
	err = m.db.Update(ctx, func(tx *store.Tx) error {
		p, err := readParty(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := guard(ctx, PermPersonal, p); err != nil {
			return err
		}
		if out, err = m.unsealed(ctx, tx, p); err != nil {
			return err
		}
		return m.record(ctx, tx, "party.reveal", p, map[string]any{"reason": purpose})
	})
	return out, err
}

func (m *Module) unsealed(ctx context.Context, q store.Queryer, p *Party) (*Revealed, error) {
	who, err := m.vault.unlock(p)
	if err != nil {
		return nil, err
	}
	out := &Revealed{Personal: who, Entries: map[string]Private{}, Numbers: map[string]string{}}
	entries, err := entriesOf(ctx, q, p.ID, "")
	if err != nil {
		return nil, err
	}
	for i := range entries {
		e := &entries[i]
		if err := m.vault.open(e.sealed, ofEntry(e.ID), &e.Private); err != nil {
			return nil, err
		}
		if e.Private != (Private{}) {
			out.Entries[e.ID] = e.Private
		}
		if e.Number != "" {
			out.Numbers[e.ID] = e.Number
		}
	}
	return out, nil
}
