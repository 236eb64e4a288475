package docket

import (
	"context"
	"database/sql"

	"github.com/tongsheng/tongsheng/internal/platform/store"
)

func savedOf(ctx context.Context, q store.Queryer, person string) ([]Saved, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (s Saved, err error) {
		var owner string
		err = rows.Scan(&s.ID, &owner, &s.Name, &s.Shared, &s.Query)
		s.Own = owner == person
		return s, err
	}, `SELECT id, owner, name, shared, query FROM casework_view WHERE owner = $1 OR shared ORDER BY name, id`, person)
}

func countSaved(ctx context.Context, q store.Queryer, person string) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) FROM casework_view WHERE owner = $1`, person).Scan(&n)
	return n, err
}

func insertSaved(ctx context.Context, tx *store.Tx, person string, s *Saved) error {
	_, err := tx.Exec(ctx, `INSERT INTO casework_view (id, owner, name, shared, query, revision) VALUES ($1, $2, $3, $4, $5, 1)`, s.ID, person, s.Name, s.Shared, s.Query)
	return err
}

func deleteSaved(ctx context.Context, tx *store.Tx, id, person string) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM casework_view WHERE id = $1 AND owner = $2`, id, person)
}
