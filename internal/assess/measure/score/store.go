package score

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

func readIndices(ctx context.Context, q store.Queryer) ([]*Index, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (*Index, error) {
		x := new(Index)
		return x, rows.Scan(store.ScanJSON(x), &x.Revision)
	}, `SELECT body, revision FROM measure_index WHERE retired_at IS NULL ORDER BY code`)
}

// readIndexAt is an index as it was worded at a time, or first where it was not drawn up yet.
func readIndexAt(ctx context.Context, q store.Queryer, code string, at time.Time) (*Index, error) {
	x := new(Index)
	err := q.QueryRow(ctx, `SELECT body, revision FROM measure_index_version WHERE code = $1 AND revision = coalesce(
		(SELECT max(revision) FROM measure_index_version WHERE code = $1 AND at <= $2),
		(SELECT min(revision) FROM measure_index_version WHERE code = $1))`, code, at.UnixMicro()).Scan(store.ScanJSON(x), &x.Revision)
	return x, err
}

// lastWording is the revision of an index's last wording, 0 where there is none.
func lastWording(ctx context.Context, q store.Queryer, code string) (revision int64, err error) {
	err = q.QueryRow(ctx, `SELECT coalesce(max(revision), 0) FROM measure_index_version WHERE code = $1`, code).Scan(&revision)
	return revision, err
}

// writeIndex keeps an index in the place of the revision before, or of one that was retired, and
// this wording of it for ever; a time retires it.
func writeIndex(ctx context.Context, tx *store.Tx, x *Index, retired any) error {
	if err := store.Define(ctx, tx, "measure_index", x.Code, x, retired, x.Revision); err != nil {
		return err
	}
	who := auth.Who(ctx)
	_, err := tx.Exec(ctx, `INSERT INTO measure_index_version (code, revision, body, at, by_id, by_name) VALUES ($1, $2, $3, $4, $5, $6)`,
		x.Code, x.Revision, store.JSON(x), tx.Now.UnixMicro(), who.ID, who.Name)
	return err
}

// readWriters are those who worded an index.
func readWriters(ctx context.Context, q store.Queryer, code string) ([]auth.Person, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (p auth.Person, err error) {
		err = rows.Scan(&p.ID, &p.Name)
		return p, err
	}, `SELECT DISTINCT by_id, by_name FROM measure_index_version WHERE code = $1 AND by_id <> ''`, code)
}

func scanMethod(rows interface{ Scan(...any) error }) (*Method, error) {
	m := new(Method)
	var state string
	err := rows.Scan(store.ScanJSON(m), &state, &m.Revision)
	m.State = MethodState(state)
	return m, err
}

func readMethods(ctx context.Context, q store.Queryer) ([]*Method, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (*Method, error) { return scanMethod(rows) }, `SELECT body, state, revision FROM measure_method ORDER BY code`)
}

func readMethod(ctx context.Context, q store.Queryer, code string) (*Method, error) {
	m, err := scanMethod(q.QueryRow(ctx, `SELECT body, state, revision FROM measure_method WHERE code = $1`, code))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(fault.NotFound, "measure.method.not_found")
	}
	return m, err
}

// writeMethod keeps a change; refused as stale when it changed meanwhile.
func writeMethod(ctx context.Context, tx *store.Tx, m *Method) error {
	m.Revision++
	n, err := tx.Exec(ctx, `INSERT INTO measure_method (code, body, state, revision) VALUES ($1, $2, $3, $4)
		ON CONFLICT (code) DO UPDATE SET body = excluded.body, state = excluded.state, revision = excluded.revision WHERE measure_method.revision = excluded.revision - 1`,
		m.Code, store.JSON(m), string(m.State), m.Revision)
	return store.Touched(n, err)
}

const assessmentColumns = `id, method, period, pilot, state, body, results, revision`

func scanAssessment(rows interface{ Scan(...any) error }) (*Assessment, error) {
	a := new(Assessment)
	var id, method, at, state, results string
	var pilot bool
	var revision int64
	if err := rows.Scan(&id, &method, &at, &pilot, &state, store.ScanJSON(a), &results, &revision); err != nil {
		return nil, err
	}
	a.ID, a.Method, a.Pilot, a.State, a.Revision, a.Results = id, method, pilot, AssessmentState(state), revision, nil
	if results != "" {
		a.Results = new(Results)
		if err := store.ScanJSON(a.Results).Scan(results); err != nil {
			return nil, err
		}
	}
	var err error
	a.Period, err = period.Parse(at)
	return a, err
}

func readAssessment(ctx context.Context, q store.Queryer, id string) (*Assessment, error) {
	a, err := scanAssessment(q.QueryRow(ctx, `SELECT `+assessmentColumns+` FROM measure_assessment WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(fault.NotFound, "measure.assessment.not_found")
	}
	return a, err
}

// listAssessments are those of a method, or all, the latest first and without their results.
func listAssessments(ctx context.Context, q store.Queryer, method string) ([]*Assessment, error) {
	w := new(store.Where)
	if method != "" {
		w.And("method = ?", method)
	}
	return store.Collect(ctx, q, func(rows *sql.Rows) (*Assessment, error) { return scanAssessment(rows) },
		`SELECT id, method, period, pilot, state, body, '', revision FROM measure_assessment`+w.SQL()+` ORDER BY id DESC`, w.Args()...)
}

// pageOfPublished is a page of those that were published for everybody, of any method, the latest first.
func pageOfPublished(ctx context.Context, q store.Queryer, page store.Page) (store.Listing[*Assessment], error) {
	w := new(store.Where)
	w.And("state = 'published' AND public")
	return store.List(ctx, q, store.ListQuery[*Assessment]{Columns: assessmentColumns, From: "measure_assessment", Where: w, Key: "id", Descending: true, Page: page, SkipTotal: true,
		Scan: func(rows *sql.Rows) (*Assessment, error) { return scanAssessment(rows) }, KeyOf: func(a *Assessment) string { return a.ID }})
}

// latestPublished are the latest that were published for everybody by each method.
func latestPublished(ctx context.Context, q store.Queryer) ([]*Assessment, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (*Assessment, error) { return scanAssessment(rows) }, `SELECT `+assessmentColumns+` FROM measure_assessment
		WHERE id IN (SELECT max(id) FROM measure_assessment WHERE state = 'published' AND public GROUP BY method) ORDER BY id DESC`)
}

// split is an assessment without its results, and those as JSON.
func split(a *Assessment) (body, results any) {
	plain := *a
	plain.Results, results = nil, ""
	if a.Results != nil && a.State != Drawn {
		results = store.JSON(a.Results)
	}
	return store.JSON(plain), results
}

func insertAssessment(ctx context.Context, tx *store.Tx, a *Assessment) error {
	body, results := split(a)
	_, err := tx.Exec(ctx, `INSERT INTO measure_assessment (`+assessmentColumns+`, public) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		a.ID, a.Method, a.Period.String(), a.Pilot, string(a.State), body, results, a.Revision, a.public())
	return err
}

func updateAssessment(ctx context.Context, tx *store.Tx, a *Assessment) error {
	body, results := split(a)
	n, err := tx.Exec(ctx, `UPDATE measure_assessment SET state = $1, body = $2, results = $3, public = $4, revision = revision + 1 WHERE id = $5 AND revision = $6`,
		string(a.State), body, results, a.public(), a.ID, a.Revision)
	return store.Touched(n, err)
}

// pilotPublished reports whether a method was tried.
func pilotPublished(ctx context.Context, q store.Queryer, method string) (tried bool, err error) {
	err = q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM measure_assessment WHERE method = $1 AND pilot AND state = 'published')`, method).Scan(&tried)
	return tried, err
}

func scanObjection(rows interface{ Scan(...any) error }) (*Objection, error) {
	o := new(Objection)
	var path, state string
	var revision int64
	err := rows.Scan(store.ScanJSON(o), &path, &state, &revision)
	o.RegionPath, o.State, o.Revision = path, ObjectionState(state), revision
	return o, err
}

func readObjection(ctx context.Context, q store.Queryer, id string) (*Objection, error) {
	o, err := scanObjection(q.QueryRow(ctx, `SELECT body, region_path, state, revision FROM measure_objection WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(fault.NotFound, "measure.objection.not_found")
	}
	return o, err
}

func listObjections(ctx context.Context, q store.Queryer, assessment string, scope auth.Scope) ([]*Objection, error) {
	w := new(store.Where)
	w.And("assessment_id = ?", assessment)
	scope.Where(w, "region_path")
	return store.Collect(ctx, q, func(rows *sql.Rows) (*Objection, error) { return scanObjection(rows) }, `SELECT body, region_path, state, revision FROM measure_objection`+w.SQL()+` ORDER BY id`, w.Args()...)
}

func openObjections(ctx context.Context, q store.Queryer, assessment string) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) FROM measure_objection WHERE assessment_id = $1 AND state = 'open'`, assessment).Scan(&n)
	return n, err
}

func insertObjection(ctx context.Context, tx *store.Tx, o *Objection) error {
	_, err := tx.Exec(ctx, `INSERT INTO measure_objection (id, assessment_id, region_path, state, body, revision) VALUES ($1, $2, $3, $4, $5, $6)`,
		o.ID, o.Assessment, o.RegionPath, string(o.State), store.JSON(o), o.Revision)
	return err
}

func updateObjection(ctx context.Context, tx *store.Tx, o *Objection) error {
	n, err := tx.Exec(ctx, `UPDATE measure_objection SET state = $1, body = $2, revision = revision + 1 WHERE id = $3 AND revision = $4`, string(o.State), store.JSON(o), o.ID, o.Revision)
	if err := store.Touched(n, err); err != nil {
		return err
	}
	o.Revision++
	return nil
}
