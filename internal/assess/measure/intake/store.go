package intake

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// kept is a job as it is stored.
type kept struct {
	Job
	Code string         `json:"code,omitempty"`
	Args map[string]any `json:"args,omitempty"`
}

func writeJob(ctx context.Context, tx *store.Tx, j *Job) error {
	_, err := tx.Exec(ctx, `INSERT INTO measure_import (id, region_path, body, by_id, state) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (id) DO UPDATE SET body = excluded.body, state = excluded.state`,
		j.ID, j.path, store.JSON(kept{*j, j.faultCode, j.faultArgs}), j.byID, string(j.State))
	return err
}

func scanJob(rows interface{ Scan(...any) error }) (*Job, error) {
	var k kept
	var state string
	if err := rows.Scan(&k.path, store.ScanJSON(&k), &k.byID, &state); err != nil {
		return nil, err
	}
	k.State, k.faultCode, k.faultArgs = State(state), k.Code, k.Args
	return &k.Job, nil
}

func readJob(ctx context.Context, q store.Queryer, id string) (*Job, error) {
	j, err := scanJob(q.QueryRow(ctx, `SELECT region_path, body, by_id, state FROM measure_import WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(fault.NotFound, "measure.import.not_found")
	}
	return j, err
}

// listJobs are somebody's imports, the latest first.
func listJobs(ctx context.Context, q store.Queryer, by string, page store.Page) (store.Listing[*Job], error) {
	w := new(store.Where)
	w.And("by_id = ?", by)
	return store.List(ctx, q, store.ListQuery[*Job]{Columns: "region_path, body, by_id, state", From: "measure_import", Where: w, Key: "id", Descending: true, Page: page,
		Scan: func(rows *sql.Rows) (*Job, error) { return scanJob(rows) }, KeyOf: func(j *Job) string { return j.ID }})
}

// writeLines adds what is told of lines, the first being number from.
func writeLines(ctx context.Context, tx *store.Tx, id string, from int, lines []Line) error {
	for i, l := range lines {
		args, err := json.Marshal(l.args)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO measure_import_line (import_id, n, line, place, kind, code, args) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			id, from+i, l.Line, l.Place, l.Kind, l.code, string(args)); err != nil {
			return err
		}
	}
	return nil
}

// listLines is what is told of lines, in the reader's language.
func listLines(ctx context.Context, q store.Queryer, id, kind string, lang i18n.Lang, page store.Page) (store.Listing[Line], error) {
	type numbered struct {
		Line
		n string
	}
	w := new(store.Where)
	w.And("import_id = ?", id)
	if kind != "" {
		w.And("kind = ?", kind)
	}
	const key = `substr('0000000000' || CAST(n AS text), length(CAST(n AS text)) + 1)`
	found, err := store.List(ctx, q, store.ListQuery[numbered]{Columns: "line, place, kind, code, args, " + key, From: "measure_import_line", Where: w, Key: key, Page: page,
		Scan: func(rows *sql.Rows) (l numbered, err error) {
			if err = rows.Scan(&l.Line.Line, &l.Place, &l.Kind, &l.code, store.ScanJSON(&l.args), &l.n); err == nil {
				l.Message = i18n.T(lang, l.code, l.args)
			}
			return l, err
		}, KeyOf: func(l numbered) string { return l.n }})
	out := store.Listing[Line]{Items: make([]Line, len(found.Items)), Next: found.Next, Total: found.Total}
	for i, l := range found.Items {
		out.Items[i] = l.Line
	}
	return out, err
}
