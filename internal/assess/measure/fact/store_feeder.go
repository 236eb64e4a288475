package fact

import (
	"context"
	"database/sql"
	"errors"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const feederColumns = `id, name, region, region_path, elements, made_by, made_at, last_at, revoked_at`

func scanFeeder(rows interface{ Scan(...any) error }) (f Feeder, err error) {
	err = rows.Scan(&f.ID, &f.Name, &f.RegionCode, &f.RegionPath, store.ScanJSON(&f.Elements), &f.MadeBy, store.ScanTime(&f.MadeAt), store.ScanTime(&f.LastAt), store.ScanTime(&f.RevokedAt))
	return f, err
}

func insertFeeder(ctx context.Context, tx *store.Tx, f *Feeder, digest string) error {
	_, err := tx.Exec(ctx, `INSERT INTO measure_feeder (id, name, region, region_path, elements, secret, made_by, made_at, last_at, revoked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, NULL)`,
		f.ID, f.Name, f.RegionCode, f.RegionPath, store.JSON(f.Elements), digest, f.MadeBy, f.MadeAt.UnixMicro())
	return err
}

// readFeeder is a feeder by its id or by the digest of its secret.
func readFeeder(ctx context.Context, q store.Queryer, column, value string) (*Feeder, error) {
	f, err := scanFeeder(q.QueryRow(ctx, `SELECT `+feederColumns+` FROM measure_feeder WHERE `+column+` = $1`, value))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(fault.NotFound, "measure.feeder.not_found")
	}
	return &f, err
}

func listFeeders(ctx context.Context, q store.Queryer, scope auth.Scope) ([]Feeder, error) {
	w := new(store.Where)
	scope.Where(w, "region_path")
	return store.Collect(ctx, q, func(rows *sql.Rows) (Feeder, error) { return scanFeeder(rows) }, `SELECT `+feederColumns+` FROM measure_feeder`+w.SQL()+` ORDER BY id DESC LIMIT 500`, w.Args()...)
}

func revokeFeeder(ctx context.Context, tx *store.Tx, id string) error {
	_, err := tx.Exec(ctx, `UPDATE measure_feeder SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL`, tx.Now.UnixMicro(), id)
	return err
}

func renewFeeder(ctx context.Context, tx *store.Tx, id, digest string) error {
	_, err := tx.Exec(ctx, `UPDATE measure_feeder SET secret = $1 WHERE id = $2`, digest, id)
	return err
}

func noteFed(ctx context.Context, tx *store.Tx, id string) error {
	_, err := tx.Exec(ctx, `UPDATE measure_feeder SET last_at = $1 WHERE id = $2`, tx.Now.UnixMicro(), id)
	return err
}
