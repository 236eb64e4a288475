package party

import (
	"context"

	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// What other modules ask, each by an interface of its own that internal/app fills with these.

// Party names a party; an alias is answered with the one it leads to.
func (m *Module) Party(ctx context.Context, q store.Queryer, id string) (Brief, error) {
	p, err := resolve(ctx, q, id)
	if err != nil {
		return Brief{}, err
	}
	return p.brief(), nil
}

// Parties names those of some ids, by the id that was asked for; those that nobody knows are left out.
func (m *Module) Parties(ctx context.Context, ids []string) (map[string]Brief, error) {
	return briefs(ctx, m.db, ids)
}

func briefs(ctx context.Context, q store.Queryer, ids []string) (map[string]Brief, error) {
	out := make(map[string]Brief, len(ids))
	for rest := ids; len(rest) > 0; {
		n := min(len(rest), 500)
		found, err := partiesByID(ctx, q, rest[:n])
		if err != nil {
			return nil, err
		}
		for i := range found {
			p := &found[i]
			id := p.ID
			if p.State == Merged {
				if p, err = resolve(ctx, q, p.Survivor); err != nil {
					return nil, err
				}
			}
			out[id] = p.brief()
		}
		rest = rest[n:]
	}
	return out, nil
}

// OrganisationsOf are the ids of whom an account may act for: the organisations whose member its
// person is today, and the person; nobody for an account that belongs to no person.
func (m *Module) OrganisationsOf(ctx context.Context, q store.Queryer, account string) ([]string, error) {
	person, err := personOf(ctx, q, account)
	if err != nil || person == "" {
		return nil, err
	}
	entries, err := entriesOf(ctx, q, person, Membership)
	if err != nil {
		return nil, err
	}
	ids, today := []string{}, m.today()
	for _, e := range entries {
		if !runs(e.From, e.Until, today) {
			continue
		}
		org, err := resolve(ctx, q, e.Other)
		if err != nil {
			return nil, err
		}
		if org.ClosedOn == "" || org.ClosedOn > today {
			ids = append(ids, org.ID)
		}
	}
	return append(ids, person), nil
}

// AccountsOf are the accounts that may act for a party today: a person's own, of an organisation those
// of its members.
func (m *Module) AccountsOf(ctx context.Context, q store.Queryer, party string) ([]string, error) {
	p, err := resolve(ctx, q, party)
	if err != nil {
		return nil, err
	}
	people := []string{p.ID}
	if p.Kind == Organisation {
		if people, err = membersOn(ctx, q, p.ID, m.today()); err != nil {
			return nil, err
		}
	}
	return accountsOfAll(ctx, q, people)
}

// With lists the active organisations that have a role and lie in a region, in the order of their ids.
func (m *Module) With(ctx context.Context, q store.Queryer, role Role, regionPath string) ([]Brief, error) {
	found, err := organisationsWith(ctx, q, role, regionPath)
	out := make([]Brief, len(found))
	for i := range found {
		out[i] = found[i].brief()
	}
	return out, err
}
