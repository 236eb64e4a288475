package drill

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// briefColumns are all but what came of a drill in full, which is long.
const briefColumns = `id, region_path, state, plan, planners, message_id, created_at, approved_by, approved_name, approved_at, reminded_at, started_by, started_name,
	started_at, ended_at, off_by, off_name, off_at, off_reason, evaluation, total, revision`

func scanDrill(rows interface{ Scan(...any) error }, more ...any) (*Drill, error) {
	d := new(Drill)
	var state string
	err := rows.Scan(append([]any{&d.ID, &d.RegionPath, &state, store.ScanJSON(&d.Plan), store.ScanJSON(&d.Planners), &d.Message, store.ScanTime(&d.CreatedAt),
		&d.ApprovedBy.ID, &d.ApprovedBy.Name, store.ScanTime(&d.ApprovedAt), store.ScanTime(&d.RemindedAt), &d.StartedBy.ID, &d.StartedBy.Name, store.ScanTime(&d.StartedAt),
		store.ScanTime(&d.EndedAt), &d.OffBy.ID, &d.OffBy.Name, store.ScanTime(&d.OffAt), &d.OffReason, store.ScanJSON(&d.Evaluation), store.ScanJSON(&d.Total), &d.Revision}, more...)...)
	d.State = State(state)
	return d, err
}

func errNoDrill() error { return fault.New(fault.NotFound, "alert.drill.not_found") }

// readDrill is one drill with its result; a fault NotFound if there is none.
func readDrill(ctx context.Context, q store.Queryer, id string) (*Drill, error) {
	var r *Result
	d, err := scanDrill(q.QueryRow(ctx, `SELECT `+briefColumns+`, result FROM alert_drill WHERE id = $1`, id), store.ScanJSON(&r))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errNoDrill()
	}
	d.Result = r
	return d, err
}

func insertDrill(ctx context.Context, tx *store.Tx, d *Drill) error {
	_, err := tx.Exec(ctx, `INSERT INTO alert_drill (`+briefColumns+`, name, kind, at, announced)
		VALUES ($1, $2, $3, $4, $5, '', $6, '', '', NULL, NULL, '', '', NULL, NULL, '', '', NULL, '', NULL, NULL, 1, $7, $8, $9, $10)`,
		d.ID, d.RegionPath, string(d.State), store.JSON(d.Plan), store.JSON(d.Planners), d.CreatedAt.UnixMicro(), d.Plan.Name, string(d.Plan.Kind), d.Plan.At.UnixMicro(), d.Plan.Announced)
	return err
}

// updateDrill keeps a change of a drill; refused as stale when it changed meanwhile.
func updateDrill(ctx context.Context, tx *store.Tx, d *Drill) error {
	var evaluation, total, result any
	if d.Evaluation != nil {
		evaluation = store.JSON(d.Evaluation)
	}
	if d.Total != nil {
		total = store.JSON(d.Total)
	}
	if d.Result != nil {
		result = store.JSON(d.Result)
	}
	n, err := tx.Exec(ctx, `UPDATE alert_drill SET region_path = $1, state = $2, plan = $3, planners = $4, message_id = $5, approved_by = $6, approved_name = $7, approved_at = $8,
		reminded_at = $9, started_by = $10, started_name = $11, started_at = $12, ended_at = $13, off_by = $14, off_name = $15, off_at = $16, off_reason = $17, evaluation = $18,
		total = $19, result = $20, name = $21, kind = $22, at = $23, announced = $24, revision = revision + 1 WHERE id = $25 AND revision = $26`,
		d.RegionPath, string(d.State), store.JSON(d.Plan), store.JSON(d.Planners), d.Message, d.ApprovedBy.ID, d.ApprovedBy.Name, store.Micros(d.ApprovedAt),
		store.Micros(d.RemindedAt), d.StartedBy.ID, d.StartedBy.Name, store.Micros(d.StartedAt), store.Micros(d.EndedAt), d.OffBy.ID, d.OffBy.Name, store.Micros(d.OffAt), d.OffReason, evaluation,
		total, result, d.Plan.Name, string(d.Plan.Kind), d.Plan.At.UnixMicro(), d.Plan.Announced, d.ID, d.Revision)
	if err := store.Touched(n, err); err != nil {
		return err
	}
	d.Revision++
	return nil
}

// noteReminded keeps that the duty staff were told. It is no change of the plan, so whoever read
// that may go on with what they read.
func noteReminded(ctx context.Context, tx *store.Tx, id string) error {
	_, err := tx.Exec(ctx, `UPDATE alert_drill SET reminded_at = $1 WHERE id = $2`, tx.Now.UnixMicro(), id)
	return err
}

// filter chooses drills; empty fields choose all.
type filter struct {
	States []string
	Kind   string
	Text   string
	Region string // path
	From   time.Time
	To     time.Time
	Scope  auth.Scope // who reads them
	Agrees auth.Scope // where the reader approves: only there, and of those they wrote, unannounced ones are seen beforehand
	Reader string     // id
	Page   store.Page
}

func (f *filter) where() *store.Where {
	w := new(store.Where)
	f.Scope.Where(w, "region_path")
	w.And("(announced OR state NOT IN ('planned', 'approved') OR "+f.Agrees.Cond(w, "region_path")+` OR planners LIKE ? ESCAPE '\')`, `%"id":"`+store.Like(f.Reader)+`"%`)
	if len(f.States) > 0 {
		w.In("state", f.States)
	}
	if f.Kind != "" {
		w.And("kind = ?", f.Kind)
	}
	if f.Text != "" {
		w.And(`name LIKE ? ESCAPE '\'`, "%"+store.Like(f.Text)+"%")
	}
	if f.Region != "" {
		low, high := auth.Subtree(f.Region)
		w.And("region_path >= ? AND region_path < ?", low, high)
	}
	if !f.From.IsZero() {
		w.And("coalesce(started_at, at) >= ?", f.From.UnixMicro())
	}
	if !f.To.IsZero() {
		w.And("coalesce(started_at, at) < ?", f.To.UnixMicro())
	}
	return w
}

func listDrills(ctx context.Context, q store.Queryer, f filter) (store.Listing[*Drill], error) {
	return store.List(ctx, q, store.ListQuery[*Drill]{Columns: briefColumns, From: "alert_drill", Where: f.where(), Key: "id", Descending: true, Page: f.Page,
		Scan: func(rows *sql.Rows) (*Drill, error) { return scanDrill(rows) }, KeyOf: func(d *Drill) string { return d.ID }})
}

// drillsBetween are all drills that a filter chooses, the earliest first.
func drillsBetween(ctx context.Context, q store.Queryer, f filter) ([]*Drill, error) {
	w := f.where()
	return store.Collect(ctx, q, func(rows *sql.Rows) (*Drill, error) { return scanDrill(rows) },
		`SELECT `+briefColumns+` FROM alert_drill`+w.SQL()+` ORDER BY coalesce(started_at, at), id LIMIT 5000`, w.Args()...)
}

// before are the ids of the drills of one kind in one region that were held before a time, the newest first.
func before(ctx context.Context, q store.Queryer, path string, kind message.Kind, at time.Time, n int) ([]string, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) },
		`SELECT id FROM alert_drill WHERE region_path = $1 AND kind = $2 AND state IN ('done', 'evaluated') AND started_at < $3 ORDER BY started_at DESC, id DESC LIMIT $4`,
		path, string(kind), at.UnixMicro(), n)
}

// inState are the drills in a state whose time is not after a time, without results.
func inState(ctx context.Context, q store.Queryer, s State, until time.Time) ([]*Drill, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (*Drill, error) { return scanDrill(rows) },
		`SELECT `+briefColumns+` FROM alert_drill WHERE state = $1 AND at <= $2 ORDER BY at, id`, string(s), until.UnixMicro())
}

// runningIn are the drills of a scope that are running.
func runningIn(ctx context.Context, q store.Queryer, scope auth.Scope) ([]*Drill, error) {
	var w store.Where
	w.And("state = ?", string(Running))
	scope.Where(&w, "region_path")
	return store.Collect(ctx, q, func(rows *sql.Rows) (*Drill, error) { return scanDrill(rows) }, `SELECT `+briefColumns+` FROM alert_drill`+w.SQL()+` ORDER BY started_at, id`, w.Args()...)
}

// ofMessage is the id of the drill that a message belongs to; empty for none.
func ofMessage(ctx context.Context, q store.Queryer, msg string) (id string, err error) {
	err = q.QueryRow(ctx, `SELECT id FROM alert_drill WHERE message_id = $1`, msg).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}

// maxEntries is how many notes and ticks a drill takes, so that it can be read as a whole.
const maxEntries = 2000

func insertEntry(ctx context.Context, tx *store.Tx, drill string, e *Entry) error {
	var n int
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM alert_drill_entry WHERE drill = $1`, drill).Scan(&n); err != nil {
		return err
	}
	if n >= maxEntries {
		return fault.New(fault.Conflict, "alert.drill.entries_full", fault.Args{"limit": maxEntries})
	}
	_, err := tx.Exec(ctx, `INSERT INTO alert_drill_entry (id, drill, kind, step, body, person, name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		e.ID, drill, e.Kind, e.Step, e.Body, e.By.ID, e.By.Name, e.At.UnixMicro())
	return err
}

// entriesOf are what was noted of a drill, the oldest first.
func entriesOf(ctx context.Context, q store.Queryer, drill string) ([]Entry, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (e Entry, err error) {
		return e, rows.Scan(&e.ID, &e.Kind, &e.Step, &e.Body, &e.By.ID, &e.By.Name, store.ScanTime(&e.At))
	}, `SELECT id, kind, step, body, person, name, at FROM alert_drill_entry WHERE drill = $1 ORDER BY id`, drill)
}
