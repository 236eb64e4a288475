package account

import (
	"context"
	"database/sql"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

func insertHandling(ctx context.Context, tx *store.Tx, userID, kind string, by auth.Actor) error {
	_, err := tx.Exec(ctx, `INSERT INTO account_handling (id, user_id, kind, by_id, by_name, at) VALUES ($1, $2, $3, $4, $5, $6)`,
		store.NewID(tx.Now), userID, kind, by.ID, by.Name, tx.Now.UnixMicro())
	return err
}

// handlingsOf are those since a time that nobody vouched for, oldest first.
func handlingsOf(ctx context.Context, q store.Queryer, userID string, since time.Time) ([]Handling, error) {
	return readHandlings(ctx, q, `user_id = $1 AND at > $2 AND settled_by IS NULL`, userID, since.UnixMicro())
}

// resetsOf are the resets since a time, vouched for or not.
func resetsOf(ctx context.Context, q store.Queryer, userID string, since time.Time) ([]Handling, error) {
	return readHandlings(ctx, q, `user_id = $1 AND at > $2 AND kind = $3`, userID, since.UnixMicro(), handledReset)
}

func readHandlings(ctx context.Context, q store.Queryer, where string, args ...any) ([]Handling, error) {
	return store.Collect(ctx, q, func(r *sql.Rows) (h Handling, err error) {
		err = r.Scan(&h.id, &h.Kind, &h.By, &h.Name, store.ScanTime(&h.At))
		return h, err
	}, `SELECT id, kind, by_id, by_name, at FROM account_handling WHERE `+where+` ORDER BY id`, args...)
}

func settleHandling(ctx context.Context, tx *store.Tx, id, by string) error {
	_, err := tx.Exec(ctx, `UPDATE account_handling SET settled_by = $1, settled_at = $2 WHERE id = $3`, by, tx.Now.UnixMicro(), id)
	return err
}
