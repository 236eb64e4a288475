package account

import (
	"context"
	"database/sql"

	"github.com/tongsheng/tongsheng/internal/platform/store"
)

func listRoles(ctx context.Context, q store.Queryer) ([]Role, error) {
	return store.Collect(ctx, q, func(r *sql.Rows) (role Role, err error) {
		err = r.Scan(&role.ID, &role.NameZH, &role.NameEN, store.ScanJSON(&role.Permissions), &role.Separate)
		return role, err
	}, `SELECT id, name_zh, name_en, permissions, separate FROM account_role ORDER BY id`)
}

func putRole(ctx context.Context, tx *store.Tx, r Role) error {
	_, err := tx.Exec(ctx, `INSERT INTO account_role (id, name_zh, name_en, permissions, separate) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (id) DO UPDATE SET name_zh = excluded.name_zh, name_en = excluded.name_en, permissions = excluded.permissions,
			separate = excluded.separate`, r.ID, r.NameZH, r.NameEN, store.JSON(r.Permissions), r.Separate)
	return err
}

func separateRoles(ctx context.Context, q store.Queryer) (map[string]bool, error) {
	roles, err := listRoles(ctx, q)
	out := map[string]bool{}
	for _, r := range roles {
		out[r.ID] = r.Separate
	}
	return out, err
}

func grantsOf(ctx context.Context, q store.Queryer, userID string) ([]Grant, error) {
	return store.Collect(ctx, q, func(r *sql.Rows) (g Grant, err error) {
		err = r.Scan(&g.ID, &g.RoleID, &g.RegionPath, store.ScanTime(&g.GrantedAt), &g.GrantedBy)
		return g, err
	}, `SELECT id, role_id, region_path, granted_at, granted_by FROM account_grant WHERE user_id = $1 ORDER BY id`, userID)
}

// addGrants fills in what each of some people was granted.
func addGrants(ctx context.Context, q store.Queryer, users []User) error {
	at := make(map[string]int, len(users))
	ids := make([]string, len(users))
	for i, u := range users {
		at[u.ID], ids[i] = i, u.ID
	}
	var w store.Where
	w.In("user_id", ids)
	_, err := store.Collect(ctx, q, func(r *sql.Rows) (g Grant, err error) {
		var user string
		if err = r.Scan(&user, &g.ID, &g.RoleID, &g.RegionPath, store.ScanTime(&g.GrantedAt), &g.GrantedBy); err == nil {
			u := &users[at[user]]
			u.Grants = append(u.Grants, g)
		}
		return g, err
	}, `SELECT user_id, id, role_id, region_path, granted_at, granted_by FROM account_grant`+w.SQL()+` ORDER BY id`, w.Args()...)
	return err
}

func insertGrant(ctx context.Context, tx *store.Tx, userID string, g Grant) (bool, error) {
	n, err := tx.Exec(ctx, `INSERT INTO account_grant (id, user_id, role_id, region_path, granted_at, granted_by) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (user_id, role_id, region_path) DO NOTHING`, g.ID, userID, g.RoleID, g.RegionPath, g.GrantedAt.UnixMicro(), g.GrantedBy)
	return n == 1, err
}

func deleteGrant(ctx context.Context, tx *store.Tx, id string) error {
	_, err := tx.Exec(ctx, `DELETE FROM account_grant WHERE id = $1`, id)
	return err
}

// activeHolders counts the people who can act in a role. It first takes hold of the role,
// so that of two changes that each leave one holder only the first goes through.
func activeHolders(ctx context.Context, tx *store.Tx, roleID string) (n int, err error) {
	if _, err = tx.Exec(ctx, `UPDATE account_role SET separate = separate WHERE id = $1`, roleID); err != nil {
		return 0, err
	}
	err = tx.QueryRow(ctx, `SELECT count(DISTINCT g.user_id) FROM account_grant g JOIN account_user u ON u.id = g.user_id
		WHERE g.role_id = $1 AND NOT u.disabled`, roleID).Scan(&n)
	return n, err
}

// openGrant is a role that somebody whose account is open holds somewhere.
type openGrant struct {
	who        Holder
	role, path string
}

func openGrants(ctx context.Context, q store.Queryer) ([]openGrant, error) {
	return store.Collect(ctx, q, func(r *sql.Rows) (g openGrant, err error) {
		return g, r.Scan(&g.who.ID, &g.who.Name, &g.role, &g.path)
	}, `SELECT u.id, u.name, g.role_id, g.region_path FROM account_grant g JOIN account_user u ON u.id = g.user_id WHERE NOT u.disabled ORDER BY u.name, u.id`)
}
