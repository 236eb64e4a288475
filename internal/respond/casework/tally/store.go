package tally

import (
	"context"
	"database/sql"
	"time"

	"github.com/tongsheng/tongsheng/internal/event"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

func changed(ctx context.Context, q store.Queryer, before time.Time, most int) ([]event.CaseTally, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (t event.CaseTally, err error) {
		return t, rows.Scan(&t.Element, &t.Unit, &t.Of, &t.Day, &t.Value)
	}, `SELECT element, unit, of_id, day, value FROM casework_tally WHERE NOT stated AND (stated_at IS NULL OR stated_at <= $1) ORDER BY element, of_id, day LIMIT $2`, before.UnixMicro(), most)
}

// markTold marks what was told, unless it changed meanwhile.
func markTold(ctx context.Context, tx *store.Tx, t *event.CaseTally) error {
	_, err := tx.Exec(ctx, `UPDATE casework_tally SET stated = (value = $4), stated_at = $5 WHERE element = $1 AND of_id = $2 AND day = $3`, t.Element, t.Of, t.Day, t.Value, tx.Now.UnixMicro())
	return err
}
