package survey

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const surveyColumns = `id, region_path, state, body, salt, closed_at, revision`

func scanSurvey(rows interface{ Scan(...any) error }) (*Survey, error) {
	s := new(Survey)
	var id, path, state string
	var revision int64
	var closed time.Time
	if err := rows.Scan(&id, &path, &state, store.ScanJSON(s), &s.salt, store.ScanTime(&closed), &revision); err != nil {
		return nil, err
	}
	s.ID, s.RegionPath, s.State, s.ClosedAt, s.Revision = id, path, State(state), closed, revision
	return s, nil
}

func readSurvey(ctx context.Context, q store.Queryer, id string) (*Survey, error) {
	s, err := scanSurvey(q.QueryRow(ctx, `SELECT `+surveyColumns+` FROM measure_survey WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(fault.NotFound, "measure.survey.not_found")
	}
	return s, err
}

// pageOfSurveys is a page of those in a scope, the latest first.
func pageOfSurveys(ctx context.Context, q store.Queryer, scope auth.Scope, page store.Page) (store.Listing[*Survey], error) {
	w := new(store.Where)
	scope.Where(w, "region_path")
	return store.List(ctx, q, store.ListQuery[*Survey]{Columns: surveyColumns, From: "measure_survey", Where: w, Key: "id", Descending: true, Page: page,
		Scan: func(rows *sql.Rows) (*Survey, error) { return scanSurvey(rows) }, KeyOf: func(s *Survey) string { return s.ID }})
}

// listSurveys are all those in a scope, the latest first; an agency sees what no other runs.
func listSurveys(ctx context.Context, q store.Queryer, scope auth.Scope, states []string, agency string) ([]*Survey, error) {
	w := new(store.Where)
	scope.Where(w, "region_path")
	if states != nil {
		w.In("state", states)
	}
	if agency != "" {
		w.And("(agency = '' OR agency = ?)", agency)
	}
	return store.Collect(ctx, q, func(rows *sql.Rows) (*Survey, error) { return scanSurvey(rows) },
		`SELECT `+surveyColumns+` FROM measure_survey`+w.SQL()+` ORDER BY id DESC`, w.Args()...)
}

func insertSurvey(ctx context.Context, tx *store.Tx, s *Survey) error {
	_, err := tx.Exec(ctx, `INSERT INTO measure_survey (id, region_path, state, agency, body, salt, results, closed_at, revision) VALUES ($1, $2, $3, $4, $5, $6, '', $7, $8)`,
		s.ID, s.RegionPath, string(s.State), s.Agency, store.JSON(s), s.salt, store.Micros(s.ClosedAt), s.Revision)
	return err
}

// updateSurvey keeps a change; refused as stale when it changed meanwhile.
func updateSurvey(ctx context.Context, tx *store.Tx, s *Survey) error {
	n, err := tx.Exec(ctx, `UPDATE measure_survey SET region_path = $1, state = $2, agency = $3, body = $4, salt = $5, closed_at = $6, revision = revision + 1 WHERE id = $7 AND revision = $8`,
		s.RegionPath, string(s.State), s.Agency, store.JSON(s), s.salt, store.Micros(s.ClosedAt), s.ID, s.Revision)
	if err := store.Touched(n, err); err != nil {
		return err
	}
	s.Revision++
	return nil
}

func deleteSurvey(ctx context.Context, tx *store.Tx, s *Survey) error {
	n, err := tx.Exec(ctx, `DELETE FROM measure_survey WHERE id = $1 AND revision = $2`, s.ID, s.Revision)
	if err := store.Touched(n, err); err != nil {
		return err
	}
	for _, query := range []string{`DELETE FROM measure_survey_version WHERE survey_id = $1`, `DELETE FROM measure_survey_plan WHERE survey_id = $1`} {
		if _, err := tx.Exec(ctx, query, s.ID); err != nil {
			return err
		}
	}
	return nil
}

// readResults are a survey's results as they were published; nil before.
func readResults(ctx context.Context, q store.Queryer, id string) (*Results, error) {
	var text string
	if err := q.QueryRow(ctx, `SELECT results FROM measure_survey WHERE id = $1`, id).Scan(&text); err != nil || text == "" {
		return nil, err
	}
	r := new(Results)
	return r, json.Unmarshal([]byte(text), r)
}

func writeResults(ctx context.Context, tx *store.Tx, id string, r *Results) error {
	_, err := tx.Exec(ctx, `UPDATE measure_survey SET results = $1 WHERE id = $2`, store.JSON(r), id)
	return err
}

func readVersion(ctx context.Context, q store.Queryer, id string, number int) (*Version, error) {
	v, form := new(Version), new(engine.Form)
	err := q.QueryRow(ctx, `SELECT approved, body, form FROM measure_survey_version WHERE survey_id = $1 AND number = $2`, id, number).
		Scan(&v.Approved, store.ScanJSON(v), store.ScanJSON(form))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(fault.NotFound, "measure.survey.version")
	}
	v.Number, v.Form = number, form
	return v, err
}

func writeVersion(ctx context.Context, tx *store.Tx, id string, v *Version) error {
	plain := *v
	plain.Form = nil
	_, err := tx.Exec(ctx, `INSERT INTO measure_survey_version (survey_id, number, approved, body, form) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (survey_id, number) DO UPDATE SET approved = excluded.approved, body = excluded.body, form = excluded.form`,
		id, v.Number, v.Approved, store.JSON(plain), store.JSON(v.Form))
	return err
}

// readSorting is how people sorted the answers to a question; nil where nobody did.
func readSorting(ctx context.Context, q store.Queryer, id, question string) (*sorting, error) {
	k := new(sorting)
	err := q.QueryRow(ctx, `SELECT body FROM measure_survey_sorting WHERE survey_id = $1 AND question = $2`, id, question).Scan(store.ScanJSON(k))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return k, err
}

func writeSorting(ctx context.Context, tx *store.Tx, id, question string, k *sorting) error {
	_, err := tx.Exec(ctx, `INSERT INTO measure_survey_sorting (survey_id, question, body) VALUES ($1, $2, $3) ON CONFLICT (survey_id, question) DO UPDATE SET body = excluded.body`, id, question, store.JSON(k))
	return err
}

func dropSorting(ctx context.Context, tx *store.Tx, id, question string) error {
	_, err := tx.Exec(ctx, `DELETE FROM measure_survey_sorting WHERE survey_id = $1 AND question = $2`, id, question)
	return err
}

// readPlan is a survey's sample; nil where none is planned.
func readPlan(ctx context.Context, q store.Queryer, id string) (*Plan, error) {
	p := new(Plan)
	err := q.QueryRow(ctx, `SELECT body FROM measure_survey_plan WHERE survey_id = $1`, id).Scan(store.ScanJSON(p))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return p, err
}

func writePlan(ctx context.Context, tx *store.Tx, id string, p *Plan) error {
	_, err := tx.Exec(ctx, `INSERT INTO measure_survey_plan (survey_id, body) VALUES ($1, $2) ON CONFLICT (survey_id) DO UPDATE SET body = excluded.body`, id, store.JSON(p))
	return err
}

// holdSurvey lets nobody else who holds it on until the transaction ends.
func holdSurvey(ctx context.Context, tx *store.Tx, id string) error {
	_, err := tx.Exec(ctx, `UPDATE measure_survey SET id = id WHERE id = $1`, id)
	return err
}
