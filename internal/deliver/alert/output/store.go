package output

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const configColumns = `id, kind, name_zh, name_en, region_path, tier, fits, settings, secret, enabled, created_at, changed_at, ok_at, failed_at, failure, heard_at, revision`

// scanConfig reads an output; its secret is still sealed.
func scanConfig(rows interface{ Scan(...any) error }) (*Config, error) {
	c := new(Config)
	var settings, secret string
	err := rows.Scan(&c.ID, &c.Kind, &c.NameZh, &c.NameEn, &c.RegionPath, &c.Tier, store.ScanJSON(&c.Fits), &settings, &secret, &c.Enabled,
		store.ScanTime(&c.CreatedAt), store.ScanTime(&c.ChangedAt), store.ScanTime(&c.Health.OKAt), store.ScanTime(&c.Health.FailedAt), &c.Health.Failure,
		store.ScanTime(&c.Health.HeardAt), &c.Revision)
	if err == nil {
		c.Settings = json.RawMessage(settings)
		c.Secret, err = base64.StdEncoding.DecodeString(secret)
	}
	return c, err
}

func listConfigs(ctx context.Context, q store.Queryer) ([]*Config, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (*Config, error) { return scanConfig(rows) },
		`SELECT `+configColumns+` FROM alert_output WHERE NOT retired ORDER BY tier, id`)
}

// everConfigs are the outputs there ever were, by id, without their secrets.
func everConfigs(ctx context.Context, q store.Queryer) (map[string]*Config, error) {
	list, err := store.Collect(ctx, q, func(rows *sql.Rows) (*Config, error) { return scanConfig(rows) }, `SELECT `+configColumns+` FROM alert_output`)
	all := make(map[string]*Config, len(list))
	for _, c := range list {
		c.Secret = nil
		all[c.ID] = c
	}
	return all, err
}

// readConfig is one output; a fault NotFound if there is none within the scope.
func readConfig(ctx context.Context, q store.Queryer, id string, scope auth.Scope) (*Config, error) {
	c, err := scanConfig(q.QueryRow(ctx, `SELECT `+configColumns+` FROM alert_output WHERE id = $1 AND NOT retired`, id))
	if errors.Is(err, sql.ErrNoRows) || err == nil && !scope.Allows(c.RegionPath) {
		return nil, fault.New(fault.NotFound, "alert.output.not_found")
	}
	return c, err
}

func insertConfig(ctx context.Context, tx *store.Tx, c *Config) error {
	_, err := tx.Exec(ctx, `INSERT INTO alert_output (`+configColumns+`, retired) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, NULL, NULL, '', NULL, 1, $13)`,
		c.ID, c.Kind, c.NameZh, c.NameEn, c.RegionPath, c.Tier, store.JSON(c.Fits), string(c.Settings), base64.StdEncoding.EncodeToString(c.Secret), c.Enabled,
		tx.Now.UnixMicro(), tx.Now.UnixMicro(), false)
	return err
}

// updateConfig keeps a change of an output; refused as stale when it changed meanwhile.
func updateConfig(ctx context.Context, tx *store.Tx, c *Config, retired bool) error {
	n, err := tx.Exec(ctx, `UPDATE alert_output SET name_zh = $1, name_en = $2, region_path = $3, tier = $4, fits = $5, settings = $6, secret = $7, enabled = $8,
		changed_at = $9, retired = $10, revision = revision + 1 WHERE id = $11 AND revision = $12`, c.NameZh, c.NameEn, c.RegionPath, c.Tier, store.JSON(c.Fits),
		string(c.Settings), base64.StdEncoding.EncodeToString(c.Secret), c.Enabled, tx.Now.UnixMicro(), retired, c.ID, c.Revision)
	return store.Touched(n, err)
}

// noteHealth keeps how an output did.
func noteHealth(ctx context.Context, tx *store.Tx, id, failure string) error {
	if failure == "" {
		_, err := tx.Exec(ctx, `UPDATE alert_output SET ok_at = $1 WHERE id = $2`, tx.Now.UnixMicro(), id)
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE alert_output SET failed_at = $1, failure = $2 WHERE id = $3`, tx.Now.UnixMicro(), failure, id)
	return err
}

// noteHeard keeps that the far side of an output said that it is there.
func noteHeard(ctx context.Context, tx *store.Tx, id string) error {
	_, err := tx.Exec(ctx, `UPDATE alert_output SET heard_at = $1 WHERE id = $2`, tx.Now.UnixMicro(), id)
	return err
}

// task is what one output is to carry.
type task struct {
	ID          string
	Output      string
	MessageID   string
	Number      int
	Act         Act
	RegionPath  string
	Rank        uint32
	State       State
	Attempts    int
	NextAt      time.Time
	UntilAt     time.Time
	SentAt      time.Time
	ConfirmedAt time.Time
	DoneAt      time.Time
	Proof       json.RawMessage
	Failure     string
	CreatedAt   time.Time
	ChangedAt   time.Time
}

// waits reports whether it is to be carried, or is being carried.
func (t *task) waits() bool { return !t.NextAt.IsZero() }

const taskColumns = `id, output, message_id, number, act, region_path, rank, state, attempts, next_at, until_at, sent_at, confirmed_at, done_at, proof, failure, created_at, changed_at`

func scanTask(rows interface{ Scan(...any) error }) (*task, error) {
	t := new(task)
	var act, state, proof string
	err := rows.Scan(&t.ID, &t.Output, &t.MessageID, &t.Number, &act, &t.RegionPath, &t.Rank, &state, &t.Attempts, store.ScanTime(&t.NextAt), store.ScanTime(&t.UntilAt),
		store.ScanTime(&t.SentAt), store.ScanTime(&t.ConfirmedAt), store.ScanTime(&t.DoneAt), &proof, &t.Failure, store.ScanTime(&t.CreatedAt), store.ScanTime(&t.ChangedAt))
	t.Act, t.State, t.Proof = Act(act), State(state), json.RawMessage(proof)
	return t, err
}

// insertTask adds a task unless it is there.
func insertTask(ctx context.Context, tx *store.Tx, t *task) error {
	_, err := tx.Exec(ctx, `INSERT INTO alert_output_task (`+taskColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, NULL, NULL, NULL, '{}', '', $11, $11)
		ON CONFLICT (message_id, output, number, act) DO NOTHING`, store.NewID(tx.Now), t.Output, t.MessageID, t.Number, string(t.Act), t.RegionPath, int64(t.Rank),
		string(Waiting), store.Micros(t.NextAt), t.UntilAt.UnixMicro(), tx.Now.UnixMicro())
	return err
}

// lockTask reads a task to change it: nobody else does until the transaction ends.
func lockTask(ctx context.Context, tx *store.Tx, id string) (*task, error) {
	return scanTask(tx.QueryRow(ctx, `UPDATE alert_output_task SET changed_at = changed_at WHERE id = $1 RETURNING `+taskColumns, id))
}

// updateTask keeps what became of a task that lockTask read.
func updateTask(ctx context.Context, tx *store.Tx, t *task) error {
	_, err := tx.Exec(ctx, `UPDATE alert_output_task SET state = $1, attempts = $2, next_at = $3, sent_at = $4, confirmed_at = $5, done_at = $6, proof = $7, failure = $8,
		changed_at = $9 WHERE id = $10`,
		string(t.State), t.Attempts, store.Micros(t.NextAt), store.Micros(t.SentAt), store.Micros(t.ConfirmedAt), store.Micros(t.DoneAt),
		string(t.Proof), t.Failure, tx.Now.UnixMicro(), t.ID)
	return err
}

// dueTasks are what an output is to carry now, the most urgent first. A stop that failed does not
// wait for its time where anything else is due: carried later, it would take that off the air too.
func dueTasks(ctx context.Context, q store.Queryer, output string, now time.Time) ([]*task, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (*task, error) { return scanTask(rows) },
		`SELECT `+taskColumns+` FROM alert_output_task t WHERE output = $1 AND next_at IS NOT NULL
		AND (next_at <= $2 OR act = 'stop' AND EXISTS (SELECT 1 FROM alert_output_task o WHERE o.output = t.output AND o.act <> 'stop' AND o.next_at <= $2)) ORDER BY rank DESC, id LIMIT 20`, output, now.UnixMicro())
}

// tasksOf lists the tasks of a message, or a stop, the oldest first.
func tasksOf(ctx context.Context, q store.Queryer, messageID string) ([]*task, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (*task, error) { return scanTask(rows) },
		`SELECT `+taskColumns+` FROM alert_output_task WHERE message_id = $1 ORDER BY id`, messageID)
}

// standingTasks are the newest versions that an output took and that are still on the air.
func standingTasks(ctx context.Context, q store.Queryer, output string, now time.Time) ([]*task, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (*task, error) { return scanTask(rows) },
		`SELECT `+taskColumns+` FROM alert_output_task t WHERE output = $1 AND act = 'play' AND until_at > $2 AND state IN ('accepted', 'playing', 'done')
		AND NOT EXISTS (SELECT 1 FROM alert_output_task o WHERE o.output = t.output AND o.message_id = t.message_id AND (o.number > t.number OR o.act <> 'play')) ORDER BY id`,
		output, now.UnixMicro())
}

// standingStops are the stops that an output was given and that still stand.
func standingStops(ctx context.Context, q store.Queryer, output string, now time.Time) ([]*task, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (*task, error) { return scanTask(rows) },
		`SELECT `+taskColumns+` FROM alert_output_task WHERE output = $1 AND act = 'stop' AND until_at > $2 ORDER BY id`, output, now.UnixMicro())
}

// supersede ends the tasks of a message that wait to be carried and do one of these acts.
func supersede(ctx context.Context, tx *store.Tx, messageID string, acts ...Act) error {
	for _, act := range acts {
		if _, err := tx.Exec(ctx, `UPDATE alert_output_task SET state = 'superseded', next_at = NULL, changed_at = $1
			WHERE message_id = $2 AND act = $3 AND next_at IS NOT NULL`, tx.Now.UnixMicro(), messageID, string(act)); err != nil {
			return err
		}
	}
	return nil
}

// endTasks ends what was taken, and is over now ($1), as a condition tells.
func endTasks(ctx context.Context, tx *store.Tx, cond string, args ...any) error {
	_, err := tx.Exec(ctx, `UPDATE alert_output_task SET state = 'ended', done_at = $1, changed_at = $1 WHERE act = 'play' AND state IN ('accepted', 'playing') AND `+cond,
		append([]any{tx.Now.UnixMicro()}, args...)...)
	return err
}

// endOvertaken ends what the output of a task took of the same message and has no longer, in
// whatever order it told: its far side took what came after, or its time is up.
func endOvertaken(ctx context.Context, tx *store.Tx, t *task) error {
	return endTasks(ctx, tx, `message_id = $2 AND output = $3 AND (until_at <= $1 OR EXISTS (SELECT 1 FROM alert_output_task o
		WHERE o.message_id = alert_output_task.message_id AND o.output = alert_output_task.output AND o.number > alert_output_task.number AND o.sent_at IS NOT NULL AND o.state <> 'failed'))`,
		t.MessageID, t.Output)
}

// holders are the outputs that were given any version of a message: one that is just being
// carried may arrive.
func holders(ctx context.Context, q store.Queryer, messageID string) ([]string, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) },
		`SELECT DISTINCT output FROM alert_output_task WHERE message_id = $1 AND act = 'play' ORDER BY output`, messageID)
}

// maxFailed bounds how many failures are told at a time.
const maxFailed = 200

// failedTasks are what outputs that reach a scope could not carry, or tried in vain several times,
// of what still stands: the newest.
func failedTasks(ctx context.Context, q store.Queryer, scope auth.Scope, now time.Time) ([]*task, error) {
	var w store.Where
	w.And("until_at > ?", now.UnixMicro())
	w.And("(state IN ('failed', 'given_up') OR state = 'retrying' AND attempts >= 3)")
	w.And("output IN (SELECT id FROM alert_output WHERE " + scope.Cond(&w, "region_path") + ")")
	return store.Collect(ctx, q, func(rows *sql.Rows) (*task, error) { return scanTask(rows) },
		`SELECT `+taskColumns+` FROM alert_output_task`+w.SQL()+` ORDER BY id DESC LIMIT `+strconv.Itoa(maxFailed), w.Args()...)
}

// Drop deletes what outputs carried of things that were over before a time, at most limit
// rows, and says how many.
func Drop(ctx context.Context, tx *store.Tx, before time.Time, limit int) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM alert_output_task WHERE id IN (SELECT id FROM alert_output_task
		WHERE id < $1 AND until_at < $2 AND changed_at < $2 ORDER BY id LIMIT $3)`, store.FirstID(before), before.UnixMicro(), limit)
}

// waitingTasks counts what is to be carried, or is tried again, by output.
func waitingTasks(ctx context.Context, q store.Queryer) (map[string]int, error) {
	counts := map[string]int{}
	_, err := store.Collect(ctx, q, func(rows *sql.Rows) (_ struct{}, err error) {
		var id string
		var n int
		err = rows.Scan(&id, &n)
		counts[id] = n
		return struct{}{}, err
	}, `SELECT output, count(*) FROM alert_output_task WHERE next_at IS NOT NULL GROUP BY output`)
	return counts, err
}

// listHistory is a page of what one output carried, the newest first. A stop has no title.
func listHistory(ctx context.Context, q store.Queryer, c *Config, f historyFilter, page store.Page) (store.Listing[Past], error) {
	var w store.Where
	w.And("t.output = ?", c.ID)
	if len(f.States) > 0 {
		w.In("t.state", f.States)
	}
	if f.Text != "" {
		text := "%" + store.Like(f.Text) + "%"
		w.And(`(m.title LIKE ? ESCAPE '\' OR m.title_en LIKE ? ESCAPE '\')`, text, text)
	}
	return store.List(ctx, q, store.ListQuery[Past]{
		Columns: `coalesce(m.title, ''), coalesce(m.title_en, ''), coalesce(m.kind, ''), coalesce(m.severity, ''), t.` + strings.ReplaceAll(taskColumns, ", ", ", t."),
		From:    "alert_output_task t LEFT JOIN alert_message m ON m.id = t.message_id", Where: &w, Key: "t.id", Descending: true, Page: page,
		Scan: func(rows *sql.Rows) (p Past, err error) {
			var kind string
			t, err := scanTask(pastRow{rows, []any{&p.Title, &p.TitleEn, &kind, &p.Severity}})
			p.ID, p.MessageID, p.Drill, p.Carried = t.ID, t.MessageID, message.Kind(kind).Drill(), carriedBy(c, t)
			return p, err
		}, KeyOf: func(p Past) string { return p.ID },
	})
}

// pastRow scans columns of the message before those of the task.
type pastRow struct {
	rows   *sql.Rows
	before []any
}

func (r pastRow) Scan(dest ...any) error { return r.rows.Scan(append(r.before, dest...)...) }
