package docket

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// openSubjects are those of some things that open cases are about.
func openSubjects(ctx context.Context, q store.Queryer, subjects []string) (map[string]bool, error) {
	w, open := new(store.Where), map[string]bool{}
	w.And("closed_at IS NULL AND subject <> ''")
	w.In("subject", subjects)
	_, err := store.Collect(ctx, q, func(rows *sql.Rows) (struct{}, error) {
		var s string
		err := rows.Scan(&s)
		open[s] = true
		return struct{}{}, err
	}, `SELECT DISTINCT subject FROM casework_case`+w.SQL(), w.Args()...)
	return open, err
}

func insertHeard(ctx context.Context, tx *store.Tx, rows [][]any) error {
	return insert(ctx, tx, `INSERT INTO casework_heard (id, event, subject, words)`, "", 4, rows)
}

func heardFirst(ctx context.Context, q store.Queryer, most int) ([]heardRow, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (h heardRow, err error) {
		err = rows.Scan(&h.id, &h.Event, &h.Subject, &h.Words)
		return h, err
	}, fmt.Sprintf(`SELECT id, event, subject, words FROM casework_heard ORDER BY id LIMIT %d`, most))
}

func deleteHeard(ctx context.Context, tx *store.Tx, id string) error {
	_, err := tx.Exec(ctx, `DELETE FROM casework_heard WHERE id = $1`, id)
	return err
}

// openCase is an open case with its type.
type openCase struct{ id, code string }

// openAbout lists the open cases about a thing.
func openAbout(ctx context.Context, q store.Queryer, subject string) ([]openCase, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (o openCase, err error) { return o, rows.Scan(&o.id, &o.code) },
		`SELECT id, type FROM casework_case WHERE subject = $1 AND subject <> '' AND closed_at IS NULL ORDER BY n`, subject)
}
