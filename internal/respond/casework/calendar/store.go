package calendar

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/store"
)

func putToken(ctx context.Context, tx *store.Tx, account, digest string) error {
	_, err := tx.Exec(ctx, `INSERT INTO casework_calendar (account, digest, at) VALUES ($1, $2, $3) ON CONFLICT (account) DO UPDATE SET digest = excluded.digest, at = excluded.at`, account, digest, tx.Now.UnixMicro())
	return err
}

func deleteToken(ctx context.Context, tx *store.Tx, account string) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM casework_calendar WHERE account = $1`, account)
}

// accountOf is whose calendar a token opens; empty for nobody's.
func accountOf(ctx context.Context, q store.Queryer, digest string) (account string, err error) {
	err = q.QueryRow(ctx, `SELECT account FROM casework_calendar WHERE digest = $1`, digest).Scan(&account)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return account, err
}

func madeAt(ctx context.Context, q store.Queryer, account string) (at time.Time, err error) {
	err = q.QueryRow(ctx, `SELECT at FROM casework_calendar WHERE account = $1`, account).Scan(store.ScanTime(&at))
	if errors.Is(err, sql.ErrNoRows) {
		return at, nil
	}
	return at, err
}
