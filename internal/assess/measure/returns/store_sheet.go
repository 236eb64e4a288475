package returns

import (
	"context"
	"database/sql"
	"errors"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// writeSheet keeps a sheet, with the returns as they were before it; later without.
func writeSheet(ctx context.Context, tx *store.Tx, s *Sheet, by string, before []Return) error {
	_, err := tx.Exec(ctx, `INSERT INTO measure_sheet (id, by_id, body, was) VALUES ($1, $2, $3, $4)
		ON CONFLICT (id) DO UPDATE SET body = excluded.body, was = excluded.was`, s.ID, by, store.JSON(s), store.JSON(before))
	return err
}

// readSheet is a sheet that somebody brought.
func readSheet(ctx context.Context, q store.Queryer, id, by string) (*Sheet, []Return, error) {
	s, before := new(Sheet), []Return{}
	err := q.QueryRow(ctx, `SELECT body, was FROM measure_sheet WHERE id = $1 AND by_id = $2`, id, by).Scan(store.ScanJSON(s), store.ScanJSON(&before))
	if errors.Is(err, sql.ErrNoRows) {
		err = fault.New(fault.NotFound, "measure.sheet.not_found")
	}
	return s, before, err
}
