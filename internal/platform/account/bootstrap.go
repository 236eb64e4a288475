package account

import (
	"context"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Officer is an account to be made at the first start.
type Officer struct {
	NewUser
	Roles map[string]string // role id → region path
}

// Welcome is what a new officer needs to sign in. It exists only here: neither password
// nor secret is kept in clear or written to a log.
type Welcome struct {
	Username      string
	Name          string
	Password      string
	TOTP          Enrolment
	RecoveryCodes []string
}

// Bootstrap makes the first accounts, with passwords and second factors of their own. It
// does nothing, and returns nothing, once there is any account.
func (m *Module) Bootstrap(ctx context.Context, officers []Officer) ([]Welcome, error) {
	ctx = auth.As(ctx, auth.Actor{ID: "system:account", Name: "account"})
	if none, err := noUsers(ctx, m.DB); err != nil || !none {
		return nil, err
	}
	drafts, welcomes := make([]User, len(officers)), make([]Welcome, len(officers))
	for i, o := range officers {
		u, err := m.draft(ctx, o.NewUser)
		if err != nil {
			return nil, err
		}
		welcomes[i] = Welcome{Username: u.Username, Name: u.Name, Password: newPassword()}
		if u.password, err = m.hasher.hash(ctx, welcomes[i].Password); err != nil {
			return nil, err
		}
		drafts[i] = u
	}
	first := true
	err := m.DB.Update(ctx, func(tx *store.Tx) error {
		if none, err := noUsers(ctx, tx); err != nil || !none {
			first = false // there were some already
			return err
		}
		for i, o := range officers {
			u, err := create(ctx, tx, drafts[i])
			if err != nil {
				return err
			}
			for role, path := range o.Roles {
				if _, err := m.grant(ctx, tx, u, role, path); err != nil {
					return err
				}
			}
			if welcomes[i].TOTP, err = m.offer(ctx, tx, u); err != nil {
				return err
			}
			if err := adoptTOTP(ctx, tx, u.ID); err != nil {
				return err
			}
			if welcomes[i].RecoveryCodes, err = m.enrolled(ctx, tx, u, "totp"); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || !first {
		return nil, err
	}
	return welcomes, nil
}

// ResetByName is Reset for the operator's command line, which knows names, not ids. It
// gives a second factor too: where the last administrator was locked out, nobody else
// could hand it over. The context must carry a system actor (auth.As).
func (m *Module) ResetByName(ctx context.Context, username string) (w Welcome, err error) {
	if !operator(auth.Who(ctx)) {
		return w, fault.New(fault.Forbidden, "auth.sign_in_required")
	}
	u, found, err := userByName(ctx, m.DB, username)
	if err != nil {
		return w, err
	}
	if !found {
		return w, fault.New(fault.NotFound, "account.unknown")
	}
	w.Username, w.Name = u.Username, u.Name
	w.Password, err = m.reset(ctx, u.ID, func(tx *store.Tx, u User) (err error) {
		if w.TOTP, err = m.offer(ctx, tx, u); err != nil {
			return err
		}
		if err := adoptTOTP(ctx, tx, u.ID); err != nil {
			return err
		}
		w.RecoveryCodes, err = m.enrolled(ctx, tx, u, "totp")
		return err
	})
	return w, err
}

// operator tells whether the actor is the system itself, acting for who runs it.
func operator(who auth.Actor) bool { return strings.HasPrefix(who.ID, "system:") }
