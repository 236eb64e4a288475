package account

import (
	"context"
	"slices"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Holder is somebody who may do something.
type Holder struct{ ID, Name string }

// Holders lists the people who may do something in a region and whose account is open.
func (m *Module) Holders(ctx context.Context, perm auth.Permission, path string) ([]Holder, error) {
	granted, err := openGrants(ctx, m.DB)
	if err != nil {
		return nil, err
	}
	roles, err := listRoles(ctx, m.DB)
	if err != nil {
		return nil, err
	}
	may := map[string]bool{}
	for _, r := range roles {
		for _, p := range r.Permissions {
			may[r.ID] = may[r.ID] || p == perm
		}
	}
	list, seen := []Holder{}, map[string]bool{}
	for _, g := range granted {
		if may[g.role] && !seen[g.who.ID] && auth.NewScope(g.path).Allows(path) {
			seen[g.who.ID] = true
			list = append(list, g.who)
		}
	}
	return list, nil
}

// RolesOf are the roles that somebody whose account is open holds anywhere, each once.
func (m *Module) RolesOf(ctx context.Context, userID string) (roles []string, err error) {
	granted, err := openGrants(ctx, m.DB)
	for _, g := range granted {
		if g.who.ID == userID && !slices.Contains(roles, g.role) {
			roles = append(roles, g.role)
		}
	}
	return roles, err
}

// Principal is somebody with what they may do, without a session; nil if nobody has that id or
// the account is closed.
func (m *Module) Principal(ctx context.Context, id string) (*auth.Principal, error) {
	u, err := userByID(ctx, m.DB, id)
	if fault.IsKind(err, fault.NotFound) || err == nil && u.Disabled {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	granted, err := permissionsOf(ctx, m.DB, u.ID)
	if err != nil {
		return nil, err
	}
	who := auth.NewPrincipal(auth.Actor{ID: u.ID, Name: u.Name}, granted)
	who.Username, who.Lang = u.Username, u.Lang
	return who, nil
}

// HashSecret hashes a secret the way passwords are kept.
func (m *Module) HashSecret(ctx context.Context, secret string) (string, error) {
	return m.hasher.hash(ctx, secret)
}

// SecretIs compares a secret with its hash.
func (m *Module) SecretIs(ctx context.Context, secret, hash string) (bool, error) {
	ok, _, err := m.hasher.verify(ctx, secret, hash)
	return ok, err
}

// Named gives the names of accounts by id; those that nobody has are left out.
func (m *Module) Named(ctx context.Context, ids []string) (map[string]string, error) {
	return namesOf(ctx, m.DB, ids)
}

// Known is an account by its id or user name: who it is, for those who are asked to name somebody.
func (m *Module) Known(ctx context.Context, idOrName string) (User, error) {
	u, found, err := userByName(ctx, m.DB, idOrName)
	if err != nil || found {
		return u, err
	}
	return userByID(ctx, m.DB, idOrName)
}
