package asset

import (
	"context"
	"database/sql"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const importColumns = `id, file, ignored, dry_run, replace, state, total, done, added, changed, unchanged, bad, started_by, started_at, ended_at`

func scanImport(r interface{ Scan(...any) error }) (i Import, err error) {
	err = r.Scan(&i.ID, &i.File, store.ScanJSON(&i.Ignored), &i.DryRun, &i.Replace, &i.State, &i.Total, &i.Done, &i.Added, &i.Changed, &i.Unchanged, &i.Bad,
		&i.StartedBy, store.ScanTime(&i.StartedAt), optionalTime{&i.EndedAt})
	return i, err
}

func insertImport(ctx context.Context, tx *store.Tx, i *Import) error {
	_, err := tx.Exec(ctx, `INSERT INTO asset_import (id, file, ignored, dry_run, replace, state, total, done, added, changed, unchanged, bad,
		started_by, started_at, heard_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0, 0, 0, $8, $9, $9)`,
		i.ID, i.File, store.JSON(i.Ignored), i.DryRun, i.Replace, string(i.State), i.Total, i.StartedBy, i.StartedAt.UnixMicro())
	return err
}

func saveImport(ctx context.Context, tx *store.Tx, i *Import) error {
	state := ImportRunning
	var ended any
	if i.EndedAt != nil {
		state, ended = i.State, i.EndedAt.UnixMicro()
	}
	_, err := tx.Exec(ctx, `UPDATE asset_import SET state = $1, done = $2, added = $3, changed = $4, unchanged = $5, bad = $6, ended_at = $7,
		heard_at = $8 WHERE id = $9`, string(state), i.Done, i.Added, i.Changed, i.Unchanged, i.Bad, ended, tx.Now.UnixMicro(), i.ID)
	return err
}

func readImport(ctx context.Context, q store.Queryer, id string) (*Import, error) {
	i, err := scanImport(q.QueryRow(ctx, `SELECT `+importColumns+` FROM asset_import WHERE id = $1`, id))
	return &i, notFound(err, "asset.import.not_found")
}

// interruptImports ends the imports that have not been heard of since a time.
func interruptImports(ctx context.Context, tx *store.Tx, since time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE asset_import SET state = $1, ended_at = $2 WHERE state = $3 AND heard_at < $4`,
		string(ImportInterrupted), tx.Now.UnixMicro(), string(ImportRunning), since.UnixMicro())
	return err
}

func listImports(ctx context.Context, q store.Queryer, by string, page store.Page) (store.Listing[Import], error) {
	var w store.Where
	w.And("started_by = ?", by)
	return store.List(ctx, q, store.ListQuery[Import]{
		Columns: importColumns, From: "asset_import", Where: &w, Key: "id", Descending: true, Page: page,
		Scan:  func(r *sql.Rows) (Import, error) { return scanImport(r) },
		KeyOf: func(i Import) string { return i.ID },
	})
}

func insertResults(ctx context.Context, tx *store.Tx, importID string, list []rowResult) error {
	rows := make([][]any, len(list))
	for i, r := range list {
		if r.args == nil {
			r.args = fault.Args{}
		}
		rows[i] = []any{importID, rowKey(r.line, r.column), r.line, r.column, r.outcome, r.code, store.JSON(r.args)}
	}
	// A cell with two faults tells the first.
	_, err := insertMany(ctx, tx, `asset_import_row (import_id, key, line, col, outcome, code, args)`, rows, "ON CONFLICT DO NOTHING")
	return err
}

func listResults(ctx context.Context, q store.Queryer, importID, outcome string, page store.Page) (store.Listing[rowResult], error) {
	var w store.Where
	w.And("import_id = ?", importID)
	if outcome != "" {
		w.And("outcome = ?", outcome)
	}
	return store.List(ctx, q, store.ListQuery[rowResult]{
		Columns: "line, col, outcome, code, args", From: "asset_import_row", Where: &w, Key: "key", Page: page,
		Scan: func(r *sql.Rows) (v rowResult, err error) {
			err = r.Scan(&v.line, &v.column, &v.outcome, &v.code, store.ScanJSON(&v.args))
			return v, err
		},
		KeyOf: func(v rowResult) string { return rowKey(v.line, v.column) },
	})
}

// siteByName finds a site by its name within a region; n is how many
// there are, up to two.
func siteByName(ctx context.Context, q store.Queryer, path, name string) (id string, n int, err error) {
	var w store.Where
	auth.NewScope(path).Where(&w, "place_key")
	w.And("name = ?", name)
	ids, err := store.Collect(ctx, q, func(r *sql.Rows) (s string, err error) {
		err = r.Scan(&s)
		return s, err
	}, `SELECT id FROM asset_site`+w.SQL()+` LIMIT 2`, w.Args()...)
	if len(ids) > 0 {
		id = ids[0]
	}
	return id, len(ids), err
}
