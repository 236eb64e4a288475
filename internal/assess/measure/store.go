package measure

import (
	"context"
	"database/sql"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// setDue notes when what came of a message is to be stated next.
func setDue(ctx context.Context, tx *store.Tx, message string, at time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO measure_due (message_id, due_at) VALUES ($1, $2) ON CONFLICT (message_id) DO UPDATE SET due_at = excluded.due_at`, message, at.UnixMicro())
	return err
}

func clearDue(ctx context.Context, tx *store.Tx, message string) error {
	_, err := tx.Exec(ctx, `DELETE FROM measure_due WHERE message_id = $1`, message)
	return err
}

// due are messages whose time has come.
func due(ctx context.Context, q store.Queryer, now time.Time) ([]string, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (id string, err error) {
		err = rows.Scan(&id)
		return id, err
	}, `SELECT message_id FROM measure_due WHERE due_at <= $1 ORDER BY due_at LIMIT 20`, now.UnixMicro())
}
