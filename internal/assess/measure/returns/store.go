package returns

import (
	"context"
	"database/sql"
	"errors"

	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// readForms reads all forms, those that were retired among them.
func readForms(ctx context.Context, q store.Queryer) ([]*Form, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (*Form, error) {
		f := new(Form)
		return f, rows.Scan(store.ScanJSON(f), &f.Revision, &f.retired)
	}, `SELECT body, revision, retired_at IS NOT NULL FROM measure_form ORDER BY code`)
}

// writeForm keeps a form; a time retires it.
func writeForm(ctx context.Context, tx *store.Tx, f *Form, retired any) error {
	return store.Define(ctx, tx, "measure_form", f.Code, f, retired, f.Revision)
}

func readRules(ctx context.Context, q store.Queryer) ([]Rule, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (r Rule, err error) {
		err = rows.Scan(store.ScanJSON(&r), &r.Revision)
		return r, err
	}, `SELECT body, revision FROM measure_rule WHERE retired_at IS NULL ORDER BY code`)
}

// writeRule keeps a rule; a time retires it.
func writeRule(ctx context.Context, tx *store.Tx, r *Rule, retired any) error {
	return store.Define(ctx, tx, "measure_rule", r.Code, r, retired, r.Revision)
}

const returnColumns = `id, form, unit, region_path, period, state, step, round, reason, answers, history, writers, accepted_at, changed_at, revision`

func scanReturn(rows interface{ Scan(...any) error }) (*Return, error) {
	r := new(Return)
	var state, at string
	err := rows.Scan(&r.ID, &r.Form, &r.Unit, &r.RegionPath, &at, &state, &r.Step, &r.Round, &r.Reason, store.ScanJSON(&r.Answers), store.ScanJSON(&r.History), store.ScanJSON(&r.Writers),
		store.ScanTime(&r.AcceptedAt), store.ScanTime(&r.ChangedAt), &r.Revision)
	if err != nil {
		return nil, err
	}
	r.State = State(state)
	r.Period, err = period.Parse(at)
	return r, err
}

// readReturn is a return by id; nil where nobody began it.
func readReturn(ctx context.Context, q store.Queryer, id string) (*Return, error) {
	r, err := scanReturn(q.QueryRow(ctx, `SELECT `+returnColumns+` FROM measure_return WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return r, err
}

// writeReturn keeps a change; refused as stale when it changed meanwhile.
func writeReturn(ctx context.Context, tx *store.Tx, r *Return) error {
	r.Revision++
	n, err := tx.Exec(ctx, `INSERT INTO measure_return (`+returnColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, step = excluded.step, round = excluded.round, reason = excluded.reason, answers = excluded.answers, history = excluded.history,
			writers = excluded.writers, accepted_at = excluded.accepted_at, changed_at = excluded.changed_at, revision = excluded.revision WHERE measure_return.revision = excluded.revision - 1`,
		r.ID, r.Form, r.Unit, r.RegionPath, r.Period.String(), string(r.State), r.Step, r.Round, r.Reason, store.JSON(r.Answers), store.JSON(r.History), store.JSON(r.Writers),
		store.Micros(r.AcceptedAt), store.Micros(r.ChangedAt), r.Revision)
	return store.Touched(n, err)
}

// begun are the returns of a form that somebody began, within a scope and for some periods.
func begun(ctx context.Context, q store.Queryer, form string, periods []string, scope auth.Scope) ([]*Return, error) {
	w := new(store.Where)
	w.And("form = ?", form)
	w.In("period", periods)
	scope.Where(w, "region_path")
	return store.Collect(ctx, q, func(rows *sql.Rows) (*Return, error) { return scanReturn(rows) },
		`SELECT `+returnColumns+` FROM measure_return`+w.SQL()+` ORDER BY region_path, period`, w.Args()...)
}
