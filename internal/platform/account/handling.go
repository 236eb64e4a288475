package account

import (
	"context"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// handlingCounts is how long an administrator's hand on an account is remembered: whoever
// reset it, created it or gave it powers could act as the person until the person notices.
const handlingCounts = 72 * time.Hour

// Handling is what an administrator did that could put an account into their own hands.
type Handling struct {
	Kind string    `json:"kind" enum:"create,grant,reset"`
	By   string    `json:"by" doc:"Id of the administrator"`
	Name string    `json:"name" doc:"Name of the administrator"`
	At   time.Time `json:"at"`

	id string
}

const (
	handledCreate = "create"
	handledGrant  = "grant"
	handledReset  = "reset"
)

// handled remembers that the context's administrator had a hand on an account. What the
// system did at a first start, or for whoever runs the node, is nobody's hand: they could
// sign orders without any account.
func handled(ctx context.Context, tx *store.Tx, userID, kind string) error {
	if operator(auth.Who(ctx)) {
		return nil
	}
	return insertHandling(ctx, tx, userID, kind, auth.Who(ctx))
}

// behind is everybody who could act as a person: the person, the administrators with a
// recent hand on the account, and those with a hand on theirs.
func (m *Module) behind(ctx context.Context, q store.Queryer, id string) (map[string]bool, error) {
	all, next := map[string]bool{id: true}, []string{id}
	for len(next) > 0 {
		hands, err := handlingsOf(ctx, q, next[0], m.Clock.Now().Add(-handlingCounts))
		if err != nil {
			return nil, err
		}
		next = next[1:]
		for _, h := range hands {
			if !all[h.By] {
				all[h.By] = true
				next = append(next, h.By)
			}
		}
	}
	return all, nil
}

// Independent reports whether two accounts are surely in two people's hands: nobody could
// act as both.
func (m *Module) Independent(ctx context.Context, q store.Queryer, a, b string) (bool, error) {
	one, err := m.behind(ctx, q, a)
	if err != nil {
		return false, err
	}
	other, err := m.behind(ctx, q, b)
	if err != nil {
		return false, err
	}
	for id := range one {
		if other[id] {
			return false, nil
		}
	}
	return true, nil
}

// Vouch says that an account is in its owner's hands, whatever other administrators did to
// it. It counts only for what was done by those whom the voucher is independent of.
func (m *Module) Vouch(ctx context.Context, id string) error {
	if err := auth.RequireFresh(ctx, m.Clock.Now(), FreshFor); err != nil {
		return err
	}
	me := auth.From(ctx).ID
	return m.DB.Update(ctx, func(tx *store.Tx) error {
		u, err := lockUser(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := mayHandle(ctx, tx, PermVouch, u); err != nil {
			return err
		}
		if u.ID == me {
			return fault.New(fault.Forbidden, "account.vouch.self")
		}
		hands, err := handlingsOf(ctx, tx, u.ID, tx.Now.Add(-handlingCounts))
		if err != nil {
			return err
		}
		if len(hands) == 0 {
			return fault.New(fault.Conflict, "account.vouch.none")
		}
		settled := []string{}
		for _, h := range hands {
			apart, err := m.Independent(ctx, tx, me, h.By)
			if err != nil {
				return err
			}
			if apart {
				settled = append(settled, h.By)
				if err := settleHandling(ctx, tx, h.id, me); err != nil {
					return err
				}
			}
		}
		if len(settled) == 0 {
			return fault.New(fault.Forbidden, "account.vouch.own")
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "account.vouch", Object: u.object(), RegionPath: u.RegionPath, Detail: map[string]any{"handledBy": settled}})
	})
}

// mayHandle refuses unless the asker has perm where the person belongs and wherever the
// person may do something: else who administers a district could act as a city's leader.
func mayHandle(ctx context.Context, q store.Queryer, perm auth.Permission, u User) error {
	if err := auth.Check(ctx, perm, u.RegionPath); err != nil {
		return err
	}
	return mayHandleGrants(ctx, q, perm, u)
}

func mayHandleGrants(ctx context.Context, q store.Queryer, perm auth.Permission, u User) error {
	held, err := grantsOf(ctx, q, u.ID)
	if err != nil {
		return err
	}
	for _, g := range held {
		if !auth.ScopeOf(ctx, perm).Allows(g.RegionPath) {
			return fault.New(fault.Forbidden, "account.grant.elsewhere")
		}
	}
	return nil
}
