package party

import (
	"context"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// LinkAccount says that an account belongs to a person. Nobody links their own: by a link one acts for
// organisations.
func (m *Module) LinkAccount(ctx context.Context, id, idOrName string) (*Account, error) {
	p, err := readParty(ctx, m.db, id)
	if err != nil {
		return nil, err
	}
	if err := guard(ctx, PermWrite, p); err != nil { // before anybody learns who has an account
		return nil, err
	}
	a, err := m.accounts.Account(ctx, idOrName)
	if err != nil {
		if fault.IsKind(err, fault.NotFound) {
			err = fault.Bad("account", "party.account.unknown")
		}
		return nil, err
	}
	if a.ID == auth.Who(ctx).ID {
		return nil, fault.New(fault.Forbidden, "party.account.own")
	}
	_, err = m.amend(ctx, PermWrite, id, anyRevision, "party.account.link", func(tx *store.Tx, p *Party) (any, error) {
		if p.Kind != Person {
			return nil, fault.New(fault.Conflict, "party.account.person")
		}
		has, err := personOf(ctx, tx, a.ID)
		if err != nil {
			return nil, err
		}
		if has != "" {
			return nil, fault.New(fault.Conflict, "party.account.taken").At("account")
		}
		return map[string]any{"account": a.ID}, linkAccount(ctx, tx, a.ID, p.ID)
	})
	return &a, err
}

// UnlinkAccount says that an account does not belong to a person any more.
func (m *Module) UnlinkAccount(ctx context.Context, id, account string) error {
	_, err := m.amend(ctx, PermWrite, id, anyRevision, "party.account.unlink", func(tx *store.Tx, p *Party) (any, error) {
		return map[string]any{"account": account}, unlinkAccount(ctx, tx, account, p.ID)
	})
	return err
}

// nameAccounts fills in who accounts are; one that is no more keeps its id.
func (m *Module) nameAccounts(ctx context.Context, list []Linked) error {
	for i := range list {
		a, err := m.accounts.Account(ctx, list[i].ID)
		if err != nil && !fault.IsKind(err, fault.NotFound) {
			return err
		}
		if err == nil {
			list[i].Account = a
		}
	}
	return nil
}
