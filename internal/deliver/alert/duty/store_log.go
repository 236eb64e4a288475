package duty

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const entryColumns = `id, region_path, kind, object, args, body, corrects, person, name, at`

func scanEntry(rows scanner) (*Entry, error) {
	e := new(Entry)
	return e, rows.Scan(&e.ID, &e.RegionPath, &e.Kind, &e.Object, store.ScanJSON(&e.Args), &e.Body, &e.Corrects, &e.By.ID, &e.By.Name, store.ScanTime(&e.At))
}

func readEntry(ctx context.Context, q store.Queryer, id string) (*Entry, error) {
	return scanEntry(q.QueryRow(ctx, `SELECT `+entryColumns+` FROM alert_duty_entry WHERE id = $1`, id))
}

func insertEntry(ctx context.Context, tx *store.Tx, e *Entry) error {
	_, err := tx.Exec(ctx, `INSERT INTO alert_duty_entry (`+entryColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		e.ID, e.RegionPath, e.Kind, e.Object, store.JSON(e.Args), e.Body, e.Corrects, e.By.ID, e.By.Name, e.At.UnixMicro())
	return err
}

// entryFilter chooses entries; empty fields choose all.
type entryFilter struct {
	Kinds    []string
	Text     string
	Object   string
	From, To time.Time
	Scope    auth.Scope
	Page     store.Page
}

// listEntries lists entries, newest first.
func listEntries(ctx context.Context, q store.Queryer, f entryFilter) (store.Listing[*Entry], error) {
	var w store.Where
	f.Scope.Where(&w, "region_path")
	if len(f.Kinds) > 0 {
		w.In("kind", f.Kinds)
	}
	if f.Text != "" {
		like := "%" + store.Like(f.Text) + "%"
		w.And(`(body LIKE ? ESCAPE '\' OR args LIKE ? ESCAPE '\' OR name LIKE ? ESCAPE '\')`, like, like, like)
	}
	if f.Object != "" {
		w.And("object = ?", f.Object)
	}
	if !f.From.IsZero() {
		w.And("at >= ?", f.From.UnixMicro())
	}
	if !f.To.IsZero() {
		w.And("at < ?", f.To.UnixMicro())
	}
	return store.List(ctx, q, store.ListQuery[*Entry]{Columns: entryColumns, From: "alert_duty_entry", Where: &w, Key: "id", Descending: true, Page: f.Page,
		Scan: func(rows *sql.Rows) (*Entry, error) { return scanEntry(rows) }, KeyOf: func(e *Entry) string { return e.ID }})
}

// claim is who looks after a thing that waits.
type claim struct {
	Name string
	At   time.Time
}

// keptClaims is how long it is known who took a thing.
const keptClaims = 30 * 24 * time.Hour

func listClaims(ctx context.Context, q store.Queryer) (map[[2]string]claim, error) {
	all := map[[2]string]claim{}
	_, err := store.Collect(ctx, q, func(rows *sql.Rows) (c claim, err error) {
		var key [2]string
		err = rows.Scan(&key[0], &key[1], &c.Name, store.ScanTime(&c.At))
		all[key] = c
		return c, err
	}, `SELECT kind, item, name, at FROM alert_duty_claim`)
	return all, err
}

// ClaimOf is who took a thing that waits, and when; the zero time for nobody.
func (d *Desk) ClaimOf(ctx context.Context, q store.Queryer, kind, item string) (name string, at time.Time, err error) {
	err = q.QueryRow(ctx, `SELECT name, at FROM alert_duty_claim WHERE kind = $1 AND item = $2`, kind, item).Scan(&name, store.ScanTime(&at))
	if errors.Is(err, sql.ErrNoRows) {
		return "", at, nil
	}
	return name, at, err
}

// putClaim notes who looks after a thing, unless somebody else does: whoever takes it over says
// from whom. A claim that is not later than stale counts no more.
func (d *Desk) putClaim(ctx context.Context, tx *store.Tx, kind, item string, by Person, from string, stale time.Time) error {
	if _, err := tx.Exec(ctx, `DELETE FROM alert_duty_claim WHERE at < $1`, tx.Now.Add(-keptClaims).UnixMicro()); err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `INSERT INTO alert_duty_claim AS c (kind, item, person, name, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (kind, item) DO UPDATE SET person = excluded.person, name = excluded.name, at = excluded.at
		WHERE c.person = excluded.person OR c.name = $6 OR c.at <= $7`, kind, item, by.ID, by.Name, tx.Now.UnixMicro(), from, max(stale.UnixMicro(), 0))
	if err != nil || n > 0 {
		return err
	}
	name, _, err := d.ClaimOf(ctx, tx, kind, item)
	if err != nil {
		return err
	}
	return Held(name)
}

// Held says that somebody else looks after a thing, and that who takes it over says so.
func Held(name string) error {
	return fault.New(fault.Conflict, "alert.duty.held", fault.Args{"name": name})
}

func dropClaim(ctx context.Context, tx *store.Tx, kind, item string) error {
	_, err := tx.Exec(ctx, `DELETE FROM alert_duty_claim WHERE kind = $1 AND item = $2`, kind, item)
	return err
}

const reportColumns = `id, message_id, title, severity, drill, post, post_name, region_path, person, name, told_at, due_at, acked_by, acked_at,
	done_by, done_at, link, note, overdue_at`

func scanReport(rows scanner) (*Report, error) {
	r := new(Report)
	return r, rows.Scan(&r.ID, &r.MessageID, &r.Title, &r.Severity, &r.Drill, &r.Post, &r.PostName, &r.RegionPath, &r.Person, &r.Name, store.ScanTime(&r.ToldAt),
		store.ScanTime(&r.DueAt), &r.AckedBy, store.ScanTime(&r.AckedAt), &r.DoneBy, store.ScanTime(&r.DoneAt), &r.Link, &r.Note, store.ScanTime(&r.OverdueAt))
}

// reportFilter chooses reports; empty fields choose all.
type reportFilter struct {
	Message string
	Overdue bool // late and not done
	Open    bool
	Scope   auth.Scope
	Page    store.Page
}

func listReports(ctx context.Context, q store.Queryer, f reportFilter) (store.Listing[*Report], error) {
	var w store.Where
	f.Scope.Where(&w, "region_path")
	if f.Message != "" {
		w.And("message_id = ?", f.Message)
	}
	if f.Open || f.Overdue {
		w.And("done_at IS NULL")
	}
	if f.Overdue {
		w.And("overdue_at IS NOT NULL")
	}
	return store.List(ctx, q, store.ListQuery[*Report]{Columns: reportColumns, From: "alert_duty_report", Where: &w, Key: "id", Descending: true, Page: f.Page,
		Scan: func(rows *sql.Rows) (*Report, error) { return scanReport(rows) }, KeyOf: func(r *Report) string { return r.ID }})
}

// lateReports are those that were due before a time, and of which nobody was told yet.
func lateReports(ctx context.Context, q store.Queryer, now time.Time) ([]*Report, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (*Report, error) { return scanReport(rows) },
		`SELECT `+reportColumns+` FROM alert_duty_report WHERE done_at IS NULL AND overdue_at IS NULL AND due_at <= $1 ORDER BY due_at LIMIT 100`, now.UnixMicro())
}

func readReport(ctx context.Context, q store.Queryer, id string) (*Report, error) {
	r, err := scanReport(q.QueryRow(ctx, `SELECT `+reportColumns+` FROM alert_duty_report WHERE id = $1`, id))
	return r, orNotFound(err, "alert.duty.report_not_found")
}

func insertReport(ctx context.Context, tx *store.Tx, r *Report) (first bool, err error) {
	n, err := tx.Exec(ctx, `INSERT INTO alert_duty_report (id, message_id, title, severity, drill, post, post_name, region_path, person, name, told_at, due_at, acked_by, done_by, link, note)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '', '', '', '') ON CONFLICT (message_id, post) DO NOTHING`,
		r.ID, r.MessageID, r.Title, r.Severity, r.Drill, r.Post, r.PostName, r.RegionPath, r.Person, r.Name, r.ToldAt.UnixMicro(), r.DueAt.UnixMicro())
	return n == 1, err
}

func updateReport(ctx context.Context, tx *store.Tx, r *Report) error {
	n, err := tx.Exec(ctx, `UPDATE alert_duty_report SET acked_by = $1, acked_at = $2, done_by = $3, done_at = $4, link = $5, note = $6, overdue_at = $7 WHERE id = $8`,
		r.AckedBy, store.Micros(r.AckedAt), r.DoneBy, store.Micros(r.DoneAt), r.Link, r.Note, store.Micros(r.OverdueAt), r.ID)
	return store.Touched(n, err)
}
