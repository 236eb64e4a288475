package store

import (
	"context"
	"database/sql"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Define keeps a definition as JSON, in the place of the revision before it or of one that was
// retired; a time retires it. The table has the columns code, body, retired_at and revision. It is
// stale where another revision stands there.
func Define(ctx context.Context, tx *Tx, table, code string, body, retired any, revision int64) error {
	done, err := tx.Exec(ctx, `INSERT INTO `+table+` (code, body, retired_at, revision) VALUES ($1, $2, $3, $4)
		ON CONFLICT (code) DO UPDATE SET body = excluded.body, retired_at = excluded.retired_at, revision = excluded.revision
		WHERE `+table+`.revision = excluded.revision - 1 OR `+table+`.retired_at IS NOT NULL`, code, JSON(body), retired, revision)
	if err == nil && done == 0 {
		err = fault.New(fault.Stale, "stale")
	}
	return err
}

// Defined are the codes of definitions in a table, those that were retired among them: what somebody
// retired is not brought back by a sample.
func Defined(ctx context.Context, q Queryer, table string) (map[string]bool, error) {
	codes, err := Collect(ctx, q, func(rows *sql.Rows) (code string, err error) { return code, rows.Scan(&code) }, `SELECT code FROM `+table)
	known := make(map[string]bool, len(codes))
	for _, code := range codes {
		known[code] = true
	}
	return known, err
}
