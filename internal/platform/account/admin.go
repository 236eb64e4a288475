package account

import (
	"context"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Users lists accounts within the asker's regions.
func (m *Module) Users(ctx context.Context, f UserFilter) (store.Listing[User], error) {
	f.Scope = auth.ScopeOf(ctx, PermRead)
	list, err := listUsers(ctx, m.DB, f)
	if err == nil {
		err = addGrants(ctx, m.DB, list.Items)
	}
	for i := range list.Items {
		if err == nil {
			err = m.addLock(ctx, &list.Items[i])
		}
	}
	return list, err
}

// User is one account within the asker's regions.
func (m *Module) User(ctx context.Context, id string) (User, error) {
	u, err := userByID(ctx, m.DB, id)
	if err == nil {
		err = auth.Check(ctx, PermRead, u.RegionPath)
	}
	if err != nil {
		return User{}, err
	}
	if u.Handled, err = handlingsOf(ctx, m.DB, u.ID, m.Clock.Now().Add(-handlingCounts)); err != nil {
		return User{}, err
	}
	return u, m.addLock(ctx, &u)
}

// addLock fills in until when a person is locked out.
func (m *Module) addLock(ctx context.Context, u *User) error {
	until, err := longestLock(ctx, m.DB, u.Username)
	if until.After(m.Clock.Now()) {
		u.LockedUntil = until
	}
	return err
}

// NewUser is what a new account is made from.
type NewUser struct {
	Username   string
	Name       string
	RegionPath string
	Lang       string
}

// Create makes an account without grants and returns its one-time password, which is
// shown once and must be changed at the first sign-in, where a second factor is enrolled.
func (m *Module) Create(ctx context.Context, n NewUser) (u User, password string, err error) {
	if u, err = m.draft(ctx, n); err != nil {
		return u, "", err
	}
	if err := auth.Check(ctx, PermManage, u.RegionPath); err != nil {
		return u, "", err
	}
	password = newPassword()
	if u.password, err = m.hasher.hash(ctx, password); err != nil {
		return u, "", err
	}
	u.ChangePassword = true
	err = m.DB.Update(ctx, func(tx *store.Tx) error {
		u, err = create(ctx, tx, u)
		return err
	})
	return u, password, err
}

// draft checks what a new account is made from.
func (m *Module) draft(ctx context.Context, n NewUser) (User, error) {
	u := User{Username: fold(n.Username), Name: n.Name, RegionPath: n.RegionPath, Lang: n.Lang, Theme: "system"}
	if u.Lang == "" {
		u.Lang = "zh"
	}
	var faults fault.List
	faults.Add(checkUsername(u.Username))
	faults.Add(checkName(u.Name))
	if err := faults.OrNil(); err != nil {
		return u, err
	}
	return u, m.checkPath(ctx, u.RegionPath)
}

func create(ctx context.Context, tx *store.Tx, u User) (User, error) {
	u.ID, u.CreatedAt, u.Version = store.NewID(tx.Now), tx.Now, 1
	if err := insertUser(ctx, tx, u); err != nil {
		return u, err
	}
	if u.password != "" {
		u.PasswordAt = tx.Now
		if err := setPassword(ctx, tx, u.ID, u.password, u.ChangePassword); err != nil {
			return u, err
		}
	}
	if err := handled(ctx, tx, u.ID, handledCreate); err != nil {
		return u, err
	}
	return u, audit.Write(ctx, tx, audit.Entry{Action: "account.create", Object: u.object(), RegionPath: u.RegionPath,
		Detail: map[string]any{"username": u.Username, "name": u.Name}})
}

// Change is what an administrator may change about an account; nil leaves it.
type Change struct {
	Name       *string
	RegionPath *string
	Disabled   *bool
}

// Update changes an account that the asker administers, both where it was and where it
// will be. A disabled account's sessions end at once; disabling and enabling need a fresh
// second factor.
func (m *Module) Update(ctx context.Context, id string, version int64, c Change) (u User, err error) {
	if c.RegionPath != nil {
		if err := m.checkPath(ctx, *c.RegionPath); err != nil {
			return u, err
		}
	}
	err = m.DB.Update(ctx, func(tx *store.Tx) error {
		if u, err = lockUser(ctx, tx, id); err != nil {
			return err
		}
		if err := mayHandle(ctx, tx, PermManage, u); err != nil {
			return err
		}
		action, was := "account.update", u.RegionPath
		if c.Name != nil {
			u.Name = *c.Name
			if e := checkName(u.Name); e != nil {
				return e
			}
		}
		if c.RegionPath != nil {
			u.RegionPath = *c.RegionPath
			if err := auth.Check(ctx, PermManage, u.RegionPath); err != nil {
				return err
			}
		}
		turned := c.Disabled != nil && *c.Disabled != u.Disabled
		if turned {
			if err := auth.RequireFresh(ctx, tx.Now, FreshFor); err != nil {
				return err
			}
			u.Disabled, action = *c.Disabled, "account.enable"
			if u.Disabled {
				action = "account.disable"
			}
		}
		if err := setUser(ctx, tx, u, version); err != nil {
			return err
		}
		if turned && u.Disabled {
			if err := shut(ctx, tx, u); err != nil {
				return err
			}
		}
		u.Version++
		return audit.Write(ctx, tx, audit.Entry{Action: action, Object: u.object(), RegionPath: was,
			Detail: map[string]any{"name": u.Name, "regionPath": u.RegionPath, "disabled": u.Disabled}})
	})
	if err == nil {
		m.forget(id)
	}
	return u, err
}

// shut ends a disabled person's sessions, unless they are the asker or the last of their
// kind of administrator.
func shut(ctx context.Context, tx *store.Tx, u User) error {
	if u.ID == auth.Who(ctx).ID {
		return fault.New(fault.Forbidden, "account.disable.self")
	}
	held, err := grantsOf(ctx, tx, u.ID)
	if err != nil {
		return err
	}
	var roles []string
	for _, g := range held {
		roles = append(roles, g.RoleID)
	}
	if err := stillAdministered(ctx, tx, roles); err != nil {
		return err
	}
	_, err = deleteSessionsOf(ctx, tx, u.ID, "")
	return err
}

// Unlock lifts a lock-out.
func (m *Module) Unlock(ctx context.Context, id string) error {
	return m.secureChange(ctx, id, "account.unlock", func(ctx context.Context, tx *store.Tx, u User) error {
		return forgetAllAttempts(ctx, tx, u.Username)
	})
}

// SignOut ends all of somebody's sessions.
func (m *Module) SignOut(ctx context.Context, id string) error {
	return m.secureChange(ctx, id, "account.sign_out_all", func(ctx context.Context, tx *store.Tx, u User) error {
		_, err := deleteSessionsOf(ctx, tx, u.ID, "")
		return err
	})
}

// Reset takes somebody's password and second factors away and returns a one-time
// password, shown once. An administrator may be reset only by one of the same kind, else
// one administrator could slip into another's role; where there is no second one, the
// operator's command line does it (the context then has an actor but no session).
func (m *Module) Reset(ctx context.Context, id string) (password string, err error) {
	if err := auth.RequireFresh(ctx, m.Clock.Now(), FreshFor); err != nil {
		return "", err
	}
	return m.reset(ctx, id, func(*store.Tx, User) error { return nil })
}

// reset is Reset with what else belongs to the same act.
func (m *Module) reset(ctx context.Context, id string, more func(*store.Tx, User) error) (password string, err error) {
	password = newPassword()
	hash, err := m.hasher.hash(ctx, password)
	if err != nil {
		return "", err
	}
	err = m.secureChange(ctx, id, "account.reset", func(ctx context.Context, tx *store.Tx, u User) error {
		if err := mayReset(ctx, tx, u); err != nil {
			return err
		}
		if err := setPassword(ctx, tx, u.ID, hash, true); err != nil {
			return err
		}
		if err := deleteFactors(ctx, tx, u.ID); err != nil {
			return err
		}
		if err := forgetAllAttempts(ctx, tx, u.Username); err != nil {
			return err
		}
		if err := deleteBrowsersOf(ctx, tx, u.ID); err != nil {
			return err
		}
		if _, err := deleteSessionsOf(ctx, tx, u.ID, ""); err != nil {
			return err
		}
		if err := handled(ctx, tx, u.ID, handledReset); err != nil {
			return err
		}
		return more(tx, u)
	})
	return password, err
}

// mayReset refuses to reset oneself, and an administrator unless one is of the same kind
// wherever they are.
func mayReset(ctx context.Context, tx *store.Tx, u User) error {
	p := auth.From(ctx)
	if p == nil {
		return nil
	}
	if p.ID == u.ID {
		return fault.New(fault.Forbidden, "account.reset.self")
	}
	separate, err := separateRoles(ctx, tx)
	if err != nil {
		return err
	}
	theirs, err := grantsOf(ctx, tx, u.ID)
	if err != nil {
		return err
	}
	own, err := grantsOf(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	mine := map[string][]string{}
	for _, g := range own {
		mine[g.RoleID] = append(mine[g.RoleID], g.RegionPath)
	}
	for _, g := range theirs {
		if separate[g.RoleID] && !auth.NewScope(mine[g.RoleID]...).Allows(g.RegionPath) {
			return fault.New(fault.Forbidden, "account.reset.separate")
		}
	}
	return nil
}

// secureChange runs a change that needs PermSecure wherever the person belongs or may do
// something, and records it.
func (m *Module) secureChange(ctx context.Context, id, action string, change func(context.Context, *store.Tx, User) error) error {
	err := m.DB.Update(ctx, func(tx *store.Tx) error {
		u, err := lockUser(ctx, tx, id)
		if err != nil {
			return err
		}
		if p := auth.From(ctx); p != nil {
			if err := mayHandle(ctx, tx, PermSecure, u); err != nil {
				return err
			}
		} else if who := auth.Who(ctx); !operator(who) {
			return fault.New(fault.Unauthenticated, "auth.sign_in_required")
		}
		if err := change(ctx, tx, u); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: action, Object: u.object(), RegionPath: u.RegionPath})
	})
	if err == nil {
		m.forget(id)
	}
	return err
}
