package alert

import (
	"context"
	"database/sql"
	"errors"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// nextChange numbers a change of a message or a stop: by the time, and growing though the
// clock does not, so that after a restore numbers go on beyond those that were given.
func nextChange(ctx context.Context, tx *store.Tx) (n int64, err error) {
	err = tx.QueryRow(ctx, `INSERT INTO alert_sequence (name, value) VALUES ('change', $1)
		ON CONFLICT (name) DO UPDATE SET value = CASE WHEN excluded.value > alert_sequence.value THEN excluded.value ELSE alert_sequence.value + 1 END
		RETURNING value`, tx.Now.UnixMicro()).Scan(&n)
	return n, err
}

func lastChange(ctx context.Context, q store.Queryer) (n int64, err error) {
	return n, q.QueryRow(ctx, `SELECT coalesce(max(n), 0) FROM (SELECT max(change_no) AS n FROM alert_message UNION ALL SELECT max(change_no) FROM alert_stop) changes`).Scan(&n)
}

// epoch is a part of this node's log without a break.
type epoch struct {
	ID               string
	Receipt, Flushed int64 // where it began
}

func readEpoch(ctx context.Context, q store.Queryer) (e epoch, err error) {
	err = q.QueryRow(ctx, `SELECT id, receipt, flushed FROM alert_level_epoch ORDER BY id DESC LIMIT 1`).Scan(&e.ID, &e.Receipt, &e.Flushed)
	if errors.Is(err, sql.ErrNoRows) {
		return epoch{}, nil
	}
	return e, err
}

func insertEpoch(ctx context.Context, tx *store.Tx, e epoch) error {
	_, err := tx.Exec(ctx, `INSERT INTO alert_level_epoch (id, receipt, flushed, began_at) VALUES ($1, $2, $3, $4)`,
		e.ID, e.Receipt, e.Flushed, tx.Now.UnixMicro())
	return err
}

// mark is how far this node has come in one stream of another.
type mark struct {
	Epoch, Boot string
	Position    int64
}

func readMark(ctx context.Context, q store.Queryer, site, stream string) (m mark, err error) {
	err = q.QueryRow(ctx, `SELECT epoch, boot, position FROM alert_level_mark WHERE site = $1 AND stream = $2`, site, stream).Scan(&m.Epoch, &m.Boot, &m.Position)
	if errors.Is(err, sql.ErrNoRows) {
		return mark{}, nil
	}
	return m, err
}

func putMark(ctx context.Context, tx *store.Tx, site, stream string, m mark) error {
	_, err := tx.Exec(ctx, `INSERT INTO alert_level_mark (site, stream, epoch, boot, position) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (site, stream) DO UPDATE SET epoch = excluded.epoch, boot = excluded.boot, position = excluded.position`,
		site, stream, m.Epoch, m.Boot, m.Position)
	return err
}

// changed is a message or a stop that changed.
type changed struct {
	no      int64
	message string
	stop    string
	via     string
}

// changedAfter lists issued messages and stops that changed after a number, in that order. It is
// one query: of two, the second would see what was committed since the first, and what came
// between would lie behind the position that the asker goes on from.
func changedAfter(ctx context.Context, q store.Queryer, after int64, limit int) ([]changed, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (c changed, err error) { return c, rows.Scan(&c.no, &c.message, &c.stop, &c.via) },
		`SELECT change_no, id, '', via FROM alert_message WHERE change_no > $1 AND current_number > 0
		UNION ALL SELECT change_no, '', id, via FROM alert_stop WHERE change_no > $1 ORDER BY 1 LIMIT $2`, after, limit)
}

func changedBeyond(ctx context.Context, q store.Queryer, after int64) (n int64, err error) {
	return n, q.QueryRow(ctx, `SELECT (SELECT count(*) FROM alert_message WHERE change_no > $1 AND current_number > 0) + (SELECT count(*) FROM alert_stop WHERE change_no > $1)`, after).Scan(&n)
}

// reachOf lists the regions that any version of a message was issued to.
func reachOf(ctx context.Context, q store.Queryer, id string) ([]string, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (p string, err error) { return p, rows.Scan(&p) },
		`SELECT region_path FROM alert_reach WHERE message_id = $1 ORDER BY region_path`, id)
}

// mediaRef is an object of a message.
type mediaRef struct {
	SM3   string `json:"sm3"`
	MIME  string `json:"mime"`
	Bytes int64  `json:"bytes"`
}

func mediaOf(ctx context.Context, q store.Queryer, id string) ([]mediaRef, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (r mediaRef, err error) { return r, rows.Scan(&r.SM3, &r.MIME, &r.Bytes) },
		`SELECT sm3, mime, bytes FROM alert_media WHERE message_id = $1 AND issued ORDER BY sm3`, id)
}

// copiedMedia lists objects of messages that came from a node, the newest first.
func copiedMedia(ctx context.Context, q store.Queryer, via string, limit int) ([]mediaRef, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (r mediaRef, err error) { return r, rows.Scan(&r.SM3, &r.MIME, &r.Bytes) },
		`SELECT DISTINCT a.sm3, a.mime, a.bytes FROM alert_media a JOIN alert_message m ON m.id = a.message_id WHERE m.via = $1 AND m.id IN
		(SELECT id FROM alert_message WHERE via = $1 ORDER BY id DESC LIMIT $2)`, via, limit)
}

// isIssued reports whether an object belongs to a message that was issued.
func isIssued(ctx context.Context, q store.Queryer, digest string) (is bool, err error) {
	return is, q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM alert_media WHERE sm3 = $1 AND issued)`, digest).Scan(&is)
}

// writeCopy stores another node's message as that node says that it stands.
func writeCopy(ctx context.Context, tx *store.Tx, m *message.Message) error {
	change, err := nextChange(ctx, tx)
	if err != nil {
		return err
	}
	shown, english := m.Current.Content, ""
	if t := shown.Text("en"); t.Lang == "en" {
		english = t.Title
	}
	_, err = tx.Exec(ctx, `INSERT INTO alert_message (id, no, ebmid, kind, class, region_path, state, current_number, open_number, last_number, title, title_en, event,
		severity, sameness, starts_at, ends_at, last_end, created_by, created_name, created_at, updated_at, issued_at, ended_at, end_reason, end_note, revision,
		origin, source, source_name, site, via, site_epoch, site_level, change_no)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34)
		ON CONFLICT (id) DO UPDATE SET ebmid = excluded.ebmid, region_path = excluded.region_path, state = excluded.state, current_number = excluded.current_number,
		last_number = excluded.last_number, title = excluded.title, title_en = excluded.title_en, event = excluded.event, severity = excluded.severity,
		sameness = excluded.sameness, starts_at = excluded.starts_at, ends_at = excluded.ends_at, last_end = excluded.last_end, updated_at = excluded.updated_at,
		issued_at = excluded.issued_at, ended_at = excluded.ended_at, end_reason = excluded.end_reason, end_note = excluded.end_note, revision = excluded.revision,
		site_epoch = excluded.site_epoch, site_level = excluded.site_level, change_no = excluded.change_no,
		figures = CASE WHEN excluded.state = 'ended' THEN alert_message.figures END`,
		m.ID, m.No, string(m.EBMID), string(m.Kind), string(m.Class), m.RegionPath, string(m.State), m.Current.Number, m.LastNumber, shown.Text("zh").Title, english,
		string(shown.Event), string(shown.Severity), message.Sameness(m.Kind, m.Class, shown), store.Micros(m.StartsAt), m.EndsAt.UnixMicro(), store.Micros(m.LastEnd),
		m.CreatedBy.ID, m.CreatedBy.Name, m.CreatedAt.UnixMicro(), m.UpdatedAt.UnixMicro(), store.Micros(m.IssuedAt), store.Micros(m.EndedAt), string(m.EndReason), m.EndNote,
		m.Revision, m.Origin.Kind, m.Origin.Source, m.Origin.Name, m.Copy.Site, m.Copy.Via, m.Copy.Epoch, m.Copy.Level, change)
	return err
}

// followCopy notes what the clock says of a copy. Its revision is the other node's to count.
func followCopy(ctx context.Context, tx *store.Tx, m *message.Message) error {
	n, err := tx.Exec(ctx, `UPDATE alert_message SET state = $1, ended_at = $2, end_reason = $3 WHERE id = $4 AND revision = $5 AND site_epoch = $6`,
		string(m.State), store.Micros(m.EndedAt), string(m.EndReason), m.ID, m.Revision, m.Copy.Epoch)
	return store.Touched(n, err)
}

// refreezeLate has figures that were frozen before late receipts came frozen anew.
func refreezeLate(ctx context.Context, tx *store.Tx, ids []string) error {
	var w store.Where
	at := w.Arg(tx.Now.UnixMicro())
	w.And("figures IS NOT NULL AND state = 'ended' AND (refreeze_at IS NULL OR refreeze_at < " + at + ")")
	w.In("id", ids)
	_, err := tx.Exec(ctx, `UPDATE alert_message SET refreeze_at = `+at+w.SQL(), w.Args()...)
	return err
}

// remoteTerminals are the terminals of a joined node, in order of code.
func remoteTerminals(ctx context.Context, q store.Queryer, site string) ([]delivery.Terminal, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (t delivery.Terminal, err error) {
		var code, region string
		var lon, lat sql.NullInt64
		err = rows.Scan(&code, &t.Name, &t.Kind, &t.RegionPath, &region, &lon, &lat)
		t.Code = ebd.ResourceCode(code)
		t.Place = wire.Place{Code: t.Code, Region: ebd.AreaCode(region)}
		if lon.Valid && lat.Valid {
			t.Place.Position = &wire.Point{int32(lon.Int64), int32(lat.Int64)}
		}
		return t, err
	}, `SELECT code, name, kind, region_path, region, lon, lat FROM alert_level_terminal WHERE site = $1 ORDER BY code`, site)
}

func putRemoteTerminal(ctx context.Context, tx *store.Tx, site string, t *delivery.Terminal) error {
	var lon, lat any
	if p := t.Place.Position; p != nil {
		lon, lat = int64(p[0]), int64(p[1])
	}
	_, err := tx.Exec(ctx, `INSERT INTO alert_level_terminal (site, code, name, kind, region_path, region, lon, lat) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (site, code) DO UPDATE SET name = excluded.name, kind = excluded.kind, region_path = excluded.region_path, region = excluded.region,
		lon = excluded.lon, lat = excluded.lat`, site, string(t.Code), t.Name, t.Kind, t.RegionPath, string(t.Place.Region), lon, lat)
	return err
}

func dropRemoteTerminal(ctx context.Context, tx *store.Tx, site, code string) error {
	_, err := tx.Exec(ctx, `DELETE FROM alert_level_terminal WHERE site = $1 AND code = $2`, site, code)
	return err
}

func remoteSites(ctx context.Context, q store.Queryer) ([]string, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (site string, err error) { return site, rows.Scan(&site) },
		`SELECT DISTINCT site FROM alert_level_terminal ORDER BY site`)
}

// viaOf is the node that a message or a stop came from; empty for this node's own, and for
// what is not known here.
func viaOf(ctx context.Context, q store.Queryer, id string) (via string, err error) {
	err = q.QueryRow(ctx, `SELECT via FROM alert_message WHERE id = $1 UNION ALL SELECT via FROM alert_stop WHERE id = $1`, id).Scan(&via)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return via, err
}
