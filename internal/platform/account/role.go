package account

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Role is a named set of permissions.
type Role struct {
	ID          string            `json:"id"`
	NameZH      string            `json:"nameZh"`
	NameEN      string            `json:"nameEn"`
	Permissions []auth.Permission `json:"permissions"`
	Separate    bool              `json:"separate" doc:"An administrators' role: a person holds at most one of these"`
}

// label names the role in a sentence of either language.
func (r Role) label() string { return r.NameZH + " " + r.NameEN }

// The administrators, whom GB/T 22239-2019, 8.1.5 keeps apart: one runs the system, one
// says who may do what, one watches both.
const (
	SystemAdministrator   = "system-administrator"
	SecurityAdministrator = "security-administrator"
	AuditAdministrator    = "audit-administrator"
)

// Administrators are the three roles with what this package and audit let them do; the
// application adds the permissions of other modules.
func Administrators() []Role {
	return []Role{
		{SystemAdministrator, "系统管理员", "System administrator", []auth.Permission{PermRead, PermManage, PermVouch}, true},
		{SecurityAdministrator, "安全管理员", "Security administrator", []auth.Permission{PermRead, PermSecure, PermGrant, PermVouch}, true},
		{AuditAdministrator, "审计管理员", "Audit administrator", append([]auth.Permission{PermRead}, audit.Permissions()...), true},
	}
}

// Grant is a role that somebody holds in a region and everything below it.
type Grant struct {
	ID         string    `json:"id"`
	RoleID     string    `json:"role"`
	RegionPath string    `json:"regionPath" doc:"Region whose subtree the grant covers; empty is everywhere"`
	GrantedAt  time.Time `json:"grantedAt"`
	GrantedBy  string    `json:"grantedBy" doc:"Id of who granted it"`
}

// Seed writes the application's roles. A role that is already as given is left alone.
func (m *Module) Seed(ctx context.Context, roles []Role) error {
	ctx = auth.As(ctx, auth.Actor{ID: "system:account", Name: "account"})
	changed := false
	err := m.DB.Update(ctx, func(tx *store.Tx) error {
		changed = false
		kept, err := listRoles(ctx, tx)
		if err != nil {
			return err
		}
		for _, r := range roles {
			slices.Sort(r.Permissions)
			r.Permissions = slices.Compact(r.Permissions)
			if i := slices.IndexFunc(kept, func(k Role) bool { return k.ID == r.ID }); i >= 0 && same(kept[i], r) {
				continue
			}
			changed = true
			if err := putRole(ctx, tx, r); err != nil {
				return err
			}
			if err := audit.Write(ctx, tx, audit.Entry{Action: "account.role_set", Object: "role:" + r.ID, Detail: r}); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && changed {
		m.forget("")
	}
	return err
}

func same(a, b Role) bool {
	return a.NameZH == b.NameZH && a.NameEN == b.NameEN && a.Separate == b.Separate && slices.Equal(a.Permissions, b.Permissions)
}

// Roles lists every role.
func (m *Module) Roles(ctx context.Context) ([]Role, error) { return listRoles(ctx, m.DB) }

// Grants lists what somebody was granted.
func (m *Module) Grants(ctx context.Context, userID string) ([]Grant, error) {
	u, err := userByID(ctx, m.DB, userID)
	if err != nil {
		return nil, err
	}
	if err := auth.Check(ctx, PermRead, u.RegionPath); err != nil {
		return nil, err
	}
	return grantsOf(ctx, m.DB, u.ID)
}

// AddGrant gives somebody a role in a region. Who grants must have the power there and
// wherever the person holds a grant already, and may not give themselves anything.
func (m *Module) AddGrant(ctx context.Context, userID, roleID, path string) (g Grant, err error) {
	if err := m.checkPath(ctx, path); err != nil {
		return g, err
	}
	if err := auth.Check(ctx, PermGrant, path); err != nil {
		return g, err
	}
	if userID == auth.Who(ctx).ID {
		return g, fault.New(fault.Forbidden, "account.grant.self")
	}
	if err := auth.RequireFresh(ctx, m.Clock.Now(), FreshFor); err != nil {
		return g, err
	}
	err = m.DB.Update(ctx, func(tx *store.Tx) error {
		u, err := lockUser(ctx, tx, userID)
		if err == nil {
			err = mayHandleGrants(ctx, tx, PermGrant, u)
		}
		if err == nil {
			g, err = m.grant(ctx, tx, u, roleID, path)
		}
		return err
	})
	if err == nil {
		m.forget(userID)
	}
	return g, err
}

// grant writes a grant unless it would join powers that are kept apart.
func (m *Module) grant(ctx context.Context, tx *store.Tx, u User, roleID, path string) (Grant, error) {
	g := Grant{ID: store.NewID(tx.Now), RoleID: roleID, RegionPath: path, GrantedAt: tx.Now, GrantedBy: auth.Who(ctx).ID}
	roles, err := listRoles(ctx, tx)
	if err != nil {
		return g, err
	}
	i := slices.IndexFunc(roles, func(r Role) bool { return r.ID == roleID })
	if i < 0 {
		return g, fault.Bad("role", "account.role.unknown")
	}
	held, err := grantsOf(ctx, tx, u.ID)
	if err != nil {
		return g, err
	}
	for _, h := range held {
		if h.RoleID == roleID || !roles[i].Separate {
			continue
		}
		if j := slices.IndexFunc(roles, func(r Role) bool { return r.ID == h.RoleID }); j >= 0 && roles[j].Separate {
			return g, fault.New(fault.Conflict, "account.grant.separate", fault.Args{"held": roles[j].label(), "wanted": roles[i].label()})
		}
	}
	if added, err := insertGrant(ctx, tx, u.ID, g); err != nil || !added {
		if err == nil {
			err = fault.New(fault.Conflict, "account.grant.held")
		}
		return g, err
	}
	if err := handled(ctx, tx, u.ID, handledGrant); err != nil {
		return g, err
	}
	return g, audit.Write(ctx, tx, audit.Entry{Action: "account.grant_add", Object: u.object(), RegionPath: u.RegionPath,
		Detail: map[string]any{"grant": g.ID, "role": roleID, "regionPath": path}})
}

// RemoveGrant withdraws a grant. The last holder of an administrators' role keeps it:
// without them nobody could mend anything.
func (m *Module) RemoveGrant(ctx context.Context, userID, grantID string) error {
	if userID == auth.Who(ctx).ID {
		return fault.New(fault.Forbidden, "account.grant.self")
	}
	if err := auth.RequireFresh(ctx, m.Clock.Now(), FreshFor); err != nil {
		return err
	}
	err := m.DB.Update(ctx, func(tx *store.Tx) error {
		u, err := lockUser(ctx, tx, userID)
		if err != nil {
			return err
		}
		held, err := grantsOf(ctx, tx, userID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(held, func(g Grant) bool { return g.ID == grantID })
		if i < 0 {
			return fault.New(fault.NotFound, "account.grant.unknown")
		}
		g := held[i]
		if err := auth.Check(ctx, PermGrant, g.RegionPath); err != nil {
			return err
		}
		if err := deleteGrant(ctx, tx, grantID); err != nil {
			return err
		}
		if err := stillAdministered(ctx, tx, []string{g.RoleID}); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "account.grant_remove", Object: u.object(), RegionPath: u.RegionPath,
			Detail: map[string]any{"grant": g.ID, "role": g.RoleID, "regionPath": g.RegionPath}})
	})
	if err == nil {
		m.forget(userID)
	}
	return err
}

// stillAdministered refuses a change after which nobody could act in one of these
// administrators' roles any more.
func stillAdministered(ctx context.Context, tx *store.Tx, roleIDs []string) error {
	separate, err := separateRoles(ctx, tx)
	if err != nil {
		return err
	}
	for _, id := range roleIDs {
		if !separate[id] {
			continue
		}
		if n, err := activeHolders(ctx, tx, id); err != nil || n == 0 {
			if err == nil {
				err = fault.New(fault.Conflict, "account.grant.last", fault.Args{"role": id})
			}
			return err
		}
	}
	return nil
}

// permissionsOf is what somebody may do and where: their grants times their roles' permissions.
func permissionsOf(ctx context.Context, q store.Queryer, userID string) (map[auth.Permission][]string, error) {
	held, err := grantsOf(ctx, q, userID)
	if err != nil || len(held) == 0 {
		return nil, err
	}
	roles, err := listRoles(ctx, q)
	if err != nil {
		return nil, err
	}
	granted := map[auth.Permission][]string{}
	for _, g := range held {
		for _, r := range roles {
			if r.ID != g.RoleID {
				continue
			}
			for _, p := range r.Permissions {
				granted[p] = append(granted[p], g.RegionPath)
			}
		}
	}
	return granted, nil
}

// permissions lists what a principal may do, each act with a region it may be done in.
func permissions(p *auth.Principal) []Permission {
	out := []Permission{}
	for _, perm := range slices.Sorted(maps.Keys(p.Grants())) {
		for _, path := range p.Grants()[perm].Paths() {
			out = append(out, Permission{string(perm), path})
		}
	}
	return out
}
