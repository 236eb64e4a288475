package account

import (
	"context"
	"database/sql"
	"errors"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const userColumns = `u.id, u.username, u.name, u.region_path, u.lang, u.theme, u.disabled, u.password, u.password_at,
	u.password_change, u.signed_in_at, u.signed_in_from, u.created_at, u.version`

func scanUser(scan func(...any) error) (u User, err error) {
	err = scan(&u.ID, &u.Username, &u.Name, &u.RegionPath, &u.Lang, &u.Theme, &u.Disabled, &u.password, store.ScanTime(&u.PasswordAt),
		&u.ChangePassword, store.ScanTime(&u.SignedInAt), &u.SignedInFrom, store.ScanTime(&u.CreatedAt), &u.Version)
	return u, err
}

// userByName finds a person by user name; found is false when there is none.
func userByName(ctx context.Context, q store.Queryer, username string) (u User, found bool, err error) {
	u, err = scanUser(q.QueryRow(ctx, `SELECT `+userColumns+` FROM account_user u WHERE u.username = $1`, fold(username)).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return User{}, false, nil
	}
	return u, err == nil, err
}

func userByID(ctx context.Context, q store.Queryer, id string) (User, error) {
	u, err := scanUser(q.QueryRow(ctx, `SELECT `+userColumns+` FROM account_user u WHERE u.id = $1`, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return u, fault.New(fault.NotFound, "account.unknown")
	}
	return u, err
}

// lockUser reads a person within a change and keeps others from changing them meanwhile,
// so that a rule over all grants or factors of a person holds for whoever comes second.
func lockUser(ctx context.Context, tx *store.Tx, id string) (User, error) {
	if _, err := tx.Exec(ctx, `UPDATE account_user SET version = version WHERE id = $1`, id); err != nil {
		return User{}, err
	}
	return userByID(ctx, tx, id)
}

func insertUser(ctx context.Context, tx *store.Tx, u User) error {
	n, err := tx.Exec(ctx, `INSERT INTO account_user (id, username, name, region_path, lang, theme, disabled, password, password_change,
			signed_in_from, created_at, version)
		VALUES ($1, $2, $3, $4, $5, $6, false, '', false, '', $7, 1) ON CONFLICT (username) DO NOTHING`,
		u.ID, u.Username, u.Name, u.RegionPath, u.Lang, u.Theme, tx.Now.UnixMicro())
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "account.username.taken").At("username")
	}
	return err
}

// setUser writes what an administrator or the person may change; version 0 takes any.
func setUser(ctx context.Context, tx *store.Tx, u User, version int64) error {
	return store.Touched(tx.Exec(ctx, `UPDATE account_user SET name = $1, region_path = $2, lang = $3, theme = $4, disabled = $5, version = version + 1
		WHERE id = $6 AND (version = $7 OR $7 = 0)`, u.Name, u.RegionPath, u.Lang, u.Theme, u.Disabled, u.ID, version))
}

func setPassword(ctx context.Context, tx *store.Tx, userID, hash string, change bool) error {
	if _, err := tx.Exec(ctx, `UPDATE account_user SET password = $1, password_at = $2, password_change = $3 WHERE id = $4`,
		hash, tx.Now.UnixMicro(), change, userID); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO account_password (id, user_id, hash) VALUES ($1, $2, $3)`, store.NewID(tx.Now), userID, hash); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM account_password WHERE user_id = $1 AND id NOT IN (
		SELECT id FROM account_password WHERE user_id = $1 ORDER BY id DESC LIMIT $2)`, userID, rememberedPasswords)
	return err
}

// rehash replaces a hash made at another cost; the password stays what it was.
func rehash(ctx context.Context, tx *store.Tx, userID, old, hash string) error {
	_, err := tx.Exec(ctx, `UPDATE account_user SET password = $1 WHERE id = $2 AND password = $3`, hash, userID, old)
	return err
}

func earlierPasswords(ctx context.Context, q store.Queryer, userID string) ([]string, error) {
	return store.Collect(ctx, q, func(r *sql.Rows) (hash string, err error) { return hash, r.Scan(&hash) },
		`SELECT hash FROM account_password WHERE user_id = $1 ORDER BY id DESC`, userID)
}

func noteSignIn(ctx context.Context, tx *store.Tx, userID, address string) error {
	_, err := tx.Exec(ctx, `UPDATE account_user SET signed_in_at = $1, signed_in_from = $2 WHERE id = $3`, tx.Now.UnixMicro(), address, userID)
	return err
}

func noUsers(ctx context.Context, q store.Queryer) (bool, error) {
	var any bool
	err := q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM account_user)`).Scan(&any)
	return !any, err
}

// UserFilter chooses accounts; empty fields choose all.
type UserFilter struct {
	Text     string // part of the name or user name
	Disabled *bool
	Role     string // who holds this role somewhere
	Scope    auth.Scope
	Page     store.Page
}

func listUsers(ctx context.Context, q store.Queryer, f UserFilter) (store.Listing[User], error) {
	var w store.Where
	if f.Text != "" {
		like := "%" + store.Like(fold(f.Text)) + "%"
		w.And(`(u.username LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\')`, like, like)
	}
	if f.Disabled != nil {
		w.And("u.disabled = ?", *f.Disabled)
	}
	if f.Role != "" {
		w.And("EXISTS (SELECT 1 FROM account_grant g WHERE g.user_id = u.id AND g.role_id = ?)", f.Role)
	}
	f.Scope.Where(&w, "u.region_path")
	return store.List(ctx, q, store.ListQuery[User]{
		Columns: userColumns, From: "account_user u", Where: &w, Key: "u.username", Page: f.Page,
		KeyOf: func(u User) string { return u.Username }, Scan: func(r *sql.Rows) (User, error) { return scanUser(r.Scan) },
	})
}

func namesOf(ctx context.Context, q store.Queryer, ids []string) (map[string]string, error) {
	w, names := new(store.Where), map[string]string{}
	w.In("id", ids)
	_, err := store.Collect(ctx, q, func(rows *sql.Rows) (struct{}, error) {
		var id, name string
		err := rows.Scan(&id, &name)
		names[id] = name
		return struct{}{}, err
	}, `SELECT id, name FROM account_user`+w.SQL(), w.Args()...)
	return names, err
}
