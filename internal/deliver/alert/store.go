package alert

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// next counts up a named sequence.
func next(ctx context.Context, tx *store.Tx, name string) (n int64, err error) {
	err = tx.QueryRow(ctx, `INSERT INTO alert_sequence (name, value) VALUES ($1, 1)
		ON CONFLICT (name) DO UPDATE SET value = alert_sequence.value + 1 RETURNING value`, name).Scan(&n)
	return n, err
}

// handOverOrders gives the numbering of orders, which this module once counted by itself,
// to whoever numbers them for the whole node.
func handOverOrders(ctx context.Context, db *store.DB, to Signer) error {
	var last uint64
	err := db.QueryRow(ctx, `SELECT value FROM alert_sequence WHERE name = 'order'`).Scan(&last)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return db.Housekeep(ctx, func(tx *store.Tx) error {
		if err := to.OrdersGiven(ctx, tx, last); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM alert_sequence WHERE name = 'order'`)
		return err
	})
}

const messageColumns = `id, no, ebmid, kind, class, region_path, state, current_number, open_number, last_number, starts_at, ends_at, last_end,
	created_by, created_name, created_at, updated_at, issued_at, ended_at, end_reason, end_note, revision, origin, source, source_name,
	site, via, site_epoch, site_level`

func scanMessage(rows interface{ Scan(...any) error }) (m *message.Message, current, open int, err error) {
	m = new(message.Message)
	var kind, class, state, ebmid, reason string
	err = rows.Scan(&m.ID, &m.No, &ebmid, &kind, &class, &m.RegionPath, &state, &current, &open, &m.LastNumber,
		store.ScanTime(&m.StartsAt), store.ScanTime(&m.EndsAt), store.ScanTime(&m.LastEnd), &m.CreatedBy.ID, &m.CreatedBy.Name,
		store.ScanTime(&m.CreatedAt), store.ScanTime(&m.UpdatedAt), store.ScanTime(&m.IssuedAt), store.ScanTime(&m.EndedAt),
		&reason, &m.EndNote, &m.Revision, &m.Origin.Kind, &m.Origin.Source, &m.Origin.Name,
		&m.Copy.Site, &m.Copy.Via, &m.Copy.Epoch, &m.Copy.Level)
	m.EBMID, m.Kind, m.Class, m.State, m.EndReason = ebd.EBMID(ebmid), message.Kind(kind), wire.Class(class), message.State(state), message.EndReason(reason)
	return m, current, open, err
}

func notFound() *fault.Error { return fault.New(fault.NotFound, "alert.not_found") }

// readMessage reads a message with its current and its open version.
func readMessage(ctx context.Context, q store.Queryer, id string) (*message.Message, error) {
	m, current, open, err := scanMessage(q.QueryRow(ctx, `SELECT `+messageColumns+` FROM alert_message WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, notFound()
	}
	if err != nil {
		return nil, err
	}
	versions, err := readVersions(ctx, q, id, current, open)
	for _, v := range versions {
		switch v.Number {
		case current:
			m.Current = v
		case open:
			m.Open = v
		}
	}
	return m, err
}

const versionColumns = `number, state, content, digest, editors, checked_by, checked_at, required, rule, standing, forced, reach, rejection, created_at, issued_at`

// readVersions reads the versions with these numbers; none means all of them.
func readVersions(ctx context.Context, q store.Queryer, id string, numbers ...int) ([]*message.Version, error) {
	var w store.Where
	w.And("message_id = ?", id)
	if len(numbers) > 0 {
		w.And("number IN (?, ?)", numbers[0], numbers[1])
	}
	list, err := store.Collect(ctx, q, func(rows *sql.Rows) (*message.Version, error) {
		v := new(message.Version)
		var state string
		err := rows.Scan(&v.Number, &state, store.ScanJSON(&v.Content), &v.Digest, store.ScanJSON(&v.Editors), store.ScanJSON(&v.CheckedBy),
			store.ScanTime(&v.CheckedAt), &v.Required, &v.Rule, store.ScanJSON(&v.Standing), &v.Forced, store.ScanJSON(&v.Reach),
			store.ScanJSON(&v.Rejection), store.ScanTime(&v.CreatedAt), store.ScanTime(&v.IssuedAt))
		v.State = message.VersionState(state)
		return v, err
	}, `SELECT `+versionColumns+` FROM alert_version`+w.SQL()+` ORDER BY number`, w.Args()...)
	if err != nil || len(list) == 0 {
		return list, err
	}
	_, err = store.Collect(ctx, q, func(rows *sql.Rows) (struct{}, error) {
		var number int
		var a message.Approval
		if err := rows.Scan(&number, &a.By.ID, &a.By.Name, &a.Digest, store.ScanTime(&a.At)); err != nil {
			return struct{}{}, err
		}
		for _, v := range list {
			// An approval of an earlier wording stays on record and counts for nothing.
			if v.Number == number && v.Digest == a.Digest {
				v.Approvals = append(v.Approvals, a)
			}
		}
		return struct{}{}, nil
	}, `SELECT number, person, name, digest, at FROM alert_approval WHERE message_id = $1 ORDER BY at, person`, id)
	return list, err
}

var errRepeated = errors.New("alert: the request was answered before")

// insertMessage stores a new message; errRepeated when the request that asks for it has
// made one before.
func insertMessage(ctx context.Context, tx *store.Tx, m *message.Message, requestKey any) error {
	n, err := tx.Exec(ctx, `INSERT INTO alert_message (id, no, ebmid, kind, class, region_path, state, current_number, open_number, last_number, title, event,
		severity, sameness, starts_at, ends_at, created_by, created_name, created_at, updated_at, end_reason, end_note, request_key, revision, origin, source, source_name)
		VALUES ($1, $2, '', $3, $4, $5, $6, 0, 0, 0, '', '', '', '', $7, $8, $9, $10, $11, $12, '', '', $13, 0, $14, $15, $16) ON CONFLICT (request_key) DO NOTHING`,
		m.ID, m.No, string(m.Kind), string(m.Class), m.RegionPath, string(m.State), store.Micros(m.StartsAt), m.EndsAt.UnixMicro(),
		m.CreatedBy.ID, m.CreatedBy.Name, m.CreatedAt.UnixMicro(), m.CreatedAt.UnixMicro(), requestKey, string(ruleOrigin(m.Origin)), m.Origin.Source, m.Origin.Name)
	if err == nil && n == 0 {
		err = errRepeated
	}
	if err != nil {
		return err
	}
	return writeMessage(ctx, tx, m)
}

// writeMessage stores what changed in a message and its versions. It is refused as stale
// when somebody else changed the message since it was read.
func writeMessage(ctx context.Context, tx *store.Tx, m *message.Message) error {
	number := func(v *message.Version) int {
		if v == nil {
			return 0
		}
		return v.Number
	}
	open := number(m.Open)
	if m.Open != nil && m.Open.State == message.VersionDiscarded && m.Current != nil {
		open = 0
	}
	sameness := ""
	if m.Current != nil {
		sameness = message.Sameness(m.Kind, m.Class, m.Current.Content)
	}
	shown, english := m.Shown().Content, ""
	if t := shown.Text("en"); t.Lang == "en" {
		english = t.Title
	}
	m.UpdatedAt = tx.Now
	change, err := nextChange(ctx, tx)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE alert_message SET ebmid = $1, region_path = $2, state = $3, current_number = $4, open_number = $5, last_number = $6,
		title = $7, event = $8, severity = $9, sameness = $10, starts_at = $11, ends_at = $12, last_end = $13, updated_at = $14, issued_at = $15,
		ended_at = $16, end_reason = $17, end_note = $18, title_en = $19, revision = revision + 1, change_no = $22 WHERE id = $20 AND revision = $21`,
		string(m.EBMID), m.RegionPath, string(m.State), number(m.Current), open, m.LastNumber, shown.Text("zh").Title, string(shown.Event),
		string(shown.Severity), sameness, store.Micros(m.StartsAt), m.EndsAt.UnixMicro(), store.Micros(m.LastEnd), tx.Now.UnixMicro(),
		store.Micros(m.IssuedAt), store.Micros(m.EndedAt), string(m.EndReason), m.EndNote, english, m.ID, m.Revision, change)
	if err := store.Touched(n, err); err != nil {
		return err
	}
	m.Revision++
	for _, v := range []*message.Version{m.Current, m.Open} {
		if v == nil {
			continue
		}
		if err := writeVersion(ctx, tx, m.ID, v); err != nil {
			return err
		}
	}
	return nil
}

func writeVersion(ctx context.Context, tx *store.Tx, id string, v *message.Version) error {
	var rejection any
	if v.Rejection != nil {
		rejection = store.JSON(v.Rejection)
	}
	_, err := tx.Exec(ctx, `INSERT INTO alert_version (message_id, `+versionColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
		ON CONFLICT (message_id, number) DO UPDATE SET state = excluded.state, content = excluded.content, digest = excluded.digest,
		editors = excluded.editors, checked_by = excluded.checked_by, checked_at = excluded.checked_at, required = excluded.required,
		rule = excluded.rule, standing = excluded.standing, forced = excluded.forced, reach = excluded.reach, rejection = excluded.rejection,
		issued_at = excluded.issued_at`,
		id, v.Number, string(v.State), store.JSON(v.Content), v.Digest, store.JSON(v.Editors), store.JSON(v.CheckedBy), store.Micros(v.CheckedAt),
		v.Required, v.Rule, store.JSON(v.Standing), v.Forced, store.JSON(v.Reach), rejection, v.CreatedAt.UnixMicro(), store.Micros(v.IssuedAt))
	if err != nil {
		return err
	}
	for _, a := range v.Approvals {
		_, err := tx.Exec(ctx, `INSERT INTO alert_approval (message_id, number, person, name, digest, at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (message_id, number, person, digest) DO NOTHING`, id, v.Number, a.By.ID, a.By.Name, a.Digest, a.At.UnixMicro())
		if err != nil {
			return err
		}
	}
	return nil
}

// retireVersion notes that a version was superseded by the one just issued.
func retireVersion(ctx context.Context, tx *store.Tx, id string, number int) error {
	_, err := tx.Exec(ctx, `UPDATE alert_version SET state = $1 WHERE message_id = $2 AND number = $3`, string(message.VersionSuperseded), id, number)
	return err
}

// byRequestKey finds the message that a repeated request made before.
func byRequestKey(ctx context.Context, q store.Queryer, key any) (id string, err error) {
	err = q.QueryRow(ctx, `SELECT id FROM alert_message WHERE request_key = $1`, key).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}

// byEBMID finds the message that was given an EBMID; empty for none.
func byEBMID(ctx context.Context, q store.Queryer, ebmid ebd.EBMID) (id string, err error) {
	err = q.QueryRow(ctx, `SELECT id FROM alert_message WHERE ebmid = $1 ORDER BY id DESC LIMIT 1`, string(ebmid)).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}

// sameOnAir finds a message on the air that tells the same people the same thing.
func sameOnAir(ctx context.Context, q store.Queryer, m *message.Message, sameness string, now int64) (id, title string, err error) {
	err = q.QueryRow(ctx, `SELECT id, title FROM alert_message WHERE sameness = $1 AND state IN ('issued', 'in_progress') AND ends_at > $2 AND id <> $3
		ORDER BY id DESC LIMIT 1`, sameness, now, m.ID).Scan(&id, &title)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", nil
	}
	return id, title, err
}

// due lists messages whose state must follow the clock: begun or over.
func due(ctx context.Context, q store.Queryer, now int64) ([]string, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) },
		`SELECT id FROM alert_message WHERE (state = 'issued' AND starts_at <= $1) OR (state IN ('issued', 'in_progress') AND ends_at <= $1) ORDER BY id`, now)
}

// lastEndAcross is the latest end that any message on the air promised terminals at or
// above these region paths; zero for none.
func lastEndAcross(ctx context.Context, q store.Queryer, paths []string) (latest time.Time, err error) {
	var w store.Where
	w.And("state IN ('issued', 'in_progress')")
	w.In("region_path", auth.Above(paths...))
	err = q.QueryRow(ctx, `SELECT max(last_end) FROM alert_message`+w.SQL(), w.Args()...).Scan(store.ScanTime(&latest))
	return latest, err
}

// insertReach notes the regions that a message was issued to, beside those of its versions
// before.
func insertReach(ctx context.Context, tx *store.Tx, id string, paths []string) error {
	for _, p := range paths {
		if _, err := tx.Exec(ctx, `INSERT INTO alert_reach (message_id, region_path) VALUES ($1, $2) ON CONFLICT (message_id, region_path) DO NOTHING`, id, p); err != nil {
			return err
		}
	}
	return nil
}

// reachCond is the condition that a row of alert_reach lies in the scope or above it.
func reachCond(w *store.Where, scope auth.Scope) string {
	cond := scope.Cond(w, "region_path")
	for _, up := range auth.Above(scope.Paths()...) {
		cond += " OR region_path = " + w.Arg(up)
	}
	return "(" + cond + ")"
}

// reaches reports whether a message was issued to a place within the scope.
func reaches(ctx context.Context, q store.Queryer, id string, scope auth.Scope) (bool, error) {
	var w store.Where
	w.And("message_id = ?", id)
	w.And(reachCond(&w, scope))
	n := 0
	err := q.QueryRow(ctx, `SELECT count(*) FROM alert_reach`+w.SQL(), w.Args()...).Scan(&n)
	return n > 0, err
}

// readable adds the condition that a message belongs to the scope or was issued to a place
// within it: see, as a filter.
func readable(w *store.Where, scope auth.Scope) {
	own := scope.Cond(w, "region_path")
	w.And("(" + own + " OR id IN (SELECT message_id FROM alert_reach WHERE " + reachCond(w, scope) + "))")
}

// putSummary freezes what came of a message, to be frozen anew at a time if one is given, and
// reports whether nothing was frozen of it before.
func putSummary(ctx context.Context, tx *store.Tx, id string, s *delivery.Summary, again time.Time) (first bool, err error) {
	if err := tx.QueryRow(ctx, `SELECT figures IS NULL FROM alert_message WHERE id = $1`, id).Scan(&first); err != nil {
		return false, err
	}
	if _, err := tx.Exec(ctx, `UPDATE alert_message SET figures = $1, refreeze_at = $2 WHERE id = $3`, store.JSON(s.Figures), store.Micros(again), id); err != nil {
		return false, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO alert_summary (message_id, body) VALUES ($1, $2) ON CONFLICT (message_id) DO UPDATE SET body = excluded.body`, id, store.JSON(s))
	return first, err
}

// frozenSummary is what was frozen of a message that is over for good; nil until then.
func frozenSummary(ctx context.Context, q store.Queryer, id string) (*delivery.Summary, error) {
	s := new(delivery.Summary)
	err := q.QueryRow(ctx, `SELECT s.body FROM alert_summary s JOIN alert_message m ON m.id = s.message_id WHERE m.id = $1 AND m.refreeze_at IS NULL`, id).Scan(store.ScanJSON(s))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return s, err
}

// unfrozen lists messages that were over before a time and whose figures are to be frozen:
// for the first time, or anew because a cancel of theirs, which then still stood, no longer does.
func unfrozen(ctx context.Context, q store.Queryer, before int64) ([]string, error) {
	var ids []string
	for _, query := range []string{ // one index each
		`SELECT id FROM alert_message WHERE state = 'ended' AND ended_at <= $1 AND figures IS NULL ORDER BY id LIMIT 100`,
		`SELECT id FROM alert_message WHERE refreeze_at <= $1 ORDER BY refreeze_at LIMIT 100`,
	} {
		found, err := store.Collect(ctx, q, func(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) }, query, before)
		if err != nil {
			return nil, err
		}
		ids = append(ids, found...)
	}
	return ids, nil
}

// frozenFigures are the figures of a message that is over for good; nil until then.
func frozenFigures(ctx context.Context, q store.Queryer, id string) (f *delivery.Figures, err error) {
	return f, q.QueryRow(ctx, `SELECT CASE WHEN refreeze_at IS NULL THEN figures END FROM alert_message WHERE id = $1`, id).Scan(store.ScanJSON(&f))
}
