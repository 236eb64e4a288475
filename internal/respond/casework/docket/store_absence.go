package docket

import (
	"context"
	"database/sql"

	"github.com/tongsheng/tongsheng/internal/platform/store"
)

func absencesOf(ctx context.Context, q store.Queryer, person, day string) ([]Absence, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (a Absence, err error) {
		err = rows.Scan(&a.ID, &a.Who.ID, &a.Who.Name, &a.Delegate.ID, &a.Delegate.Name, &a.From, &a.To)
		return a, err
	}, `SELECT id, account, name, delegate, delegate_name, first_day, last_day FROM casework_absence WHERE (account = $1 OR delegate = $1) AND last_day >= $2 ORDER BY first_day, id`, person, day)
}

func awayBetween(ctx context.Context, q store.Queryer, person, from, to string) (bool, error) {
	var n int
	err := q.QueryRow(ctx, `SELECT count(*) FROM casework_absence WHERE account = $1 AND first_day <= $3 AND last_day >= $2`, person, from, to).Scan(&n)
	return n > 0, err
}

func insertAbsence(ctx context.Context, tx *store.Tx, a *Absence) error {
	_, err := tx.Exec(ctx, `INSERT INTO casework_absence (id, account, name, delegate, delegate_name, first_day, last_day) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		a.ID, a.Who.ID, a.Who.Name, a.Delegate.ID, a.Delegate.Name, a.From, a.To)
	return err
}

func deleteAbsence(ctx context.Context, tx *store.Tx, id, person string) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM casework_absence WHERE id = $1 AND account = $2`, id, person)
}

// absentFor lists those whose work somebody does on a day while they are away.
func absentFor(ctx context.Context, q store.Queryer, delegate, day string) ([]string, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) },
		`SELECT account FROM casework_absence WHERE delegate = $1 AND first_day <= $2 AND last_day >= $2`, delegate, day)
}
