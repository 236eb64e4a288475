package indicator

import (
	"context"
	"database/sql"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

func readDefinitions(ctx context.Context, q store.Queryer) ([]Definition, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (d Definition, err error) {
		err = rows.Scan(store.ScanJSON(&d), &d.BuiltIn, &d.Revision)
		return d, err
	}, `SELECT body, built_in, revision FROM measure_indicator WHERE retired_at IS NULL ORDER BY code`)
}

// readDefinitionsAt are the definitions that were in use at a time, each as it was worded then,
// or first where it was not defined yet.
func readDefinitionsAt(ctx context.Context, q store.Queryer, at time.Time) ([]Definition, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (d Definition, err error) {
		err = rows.Scan(store.ScanJSON(&d), &d.BuiltIn, &d.Revision)
		return d, err
	}, `SELECT v.body, i.built_in, v.revision FROM measure_indicator i JOIN measure_indicator_version v ON v.code = i.code AND v.revision = coalesce(
			(SELECT max(revision) FROM measure_indicator_version WHERE code = i.code AND at <= $1),
			(SELECT min(revision) FROM measure_indicator_version WHERE code = i.code))
		WHERE i.retired_at IS NULL OR i.retired_at > $1 ORDER BY i.code`, at.UnixMicro())
}

// write keeps a definition, and this wording of it for ever. A time retires it.
func write(ctx context.Context, tx *store.Tx, d *Definition, retired any) error {
	done, err := tx.Exec(ctx, `INSERT INTO measure_indicator (code, body, built_in, retired_at, revision) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (code) DO UPDATE SET body = excluded.body, built_in = excluded.built_in, retired_at = excluded.retired_at, revision = excluded.revision
		WHERE measure_indicator.revision = excluded.revision - 1`,
		d.Code, store.JSON(d), d.BuiltIn, retired, d.Revision)
	if err != nil {
		return err
	}
	if done == 0 {
		return fault.New(fault.Stale, "stale")
	}
	who := auth.Who(ctx)
	_, err = tx.Exec(ctx, `INSERT INTO measure_indicator_version (code, revision, body, at, by_id, by_name) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (code, revision) DO NOTHING`,
		d.Code, d.Revision, store.JSON(d), tx.Now.UnixMicro(), who.ID, who.Name)
	return err
}

// lastRevision is that of a definition, retired or not; 0 where there was none.
func lastRevision(ctx context.Context, q store.Queryer, code string) (revision int64, err error) {
	err = q.QueryRow(ctx, `SELECT coalesce(max(revision), 0) FROM measure_indicator WHERE code = $1`, code).Scan(&revision)
	return revision, err
}

// Wording is an indicator as it was defined once.
type Wording struct {
	Definition Definition `json:"definition"`
	At         time.Time  `json:"at"`
	By         string     `json:"by"`
}

func readWordings(ctx context.Context, q store.Queryer, code string) ([]Wording, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (w Wording, err error) {
		err = rows.Scan(store.ScanJSON(&w.Definition), store.ScanTime(&w.At), &w.By)
		return w, err
	}, `SELECT body, at, by_name FROM measure_indicator_version WHERE code = $1 ORDER BY revision DESC`, code)
}
