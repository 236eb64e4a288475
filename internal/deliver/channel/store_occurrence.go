package channel

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const occurrenceColumns = `id, timetable_id, number, slot_id, digest, region_path, kind, title, starts_at, ends_at, state, reason, message_id, outcome`

func scanOccurrence(r scanner) (*Occurrence, error) {
	o := new(Occurrence)
	var kind, stage string
	err := r.Scan(&o.ID, &o.Timetable, &o.Number, &o.SlotID, &o.Digest, &o.RegionPath, &kind, &o.Title, store.ScanTime(&o.StartsAt), store.ScanTime(&o.EndsAt), &stage, &o.Reason,
		&o.MessageID, store.ScanJSON(&o.Outcome))
	o.Kind, o.Stage = Kind(kind), Stage(stage)
	return o, err
}

// insertOccurrence writes an occurrence down unless it stands there.
func insertOccurrence(ctx context.Context, tx *store.Tx, o *Occurrence) error {
	_, err := tx.Exec(ctx, `INSERT INTO channel_occurrence (`+occurrenceColumns+`, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		ON CONFLICT (timetable_id, slot_id, starts_at, digest) DO NOTHING`, o.ID, o.Timetable, o.Number, o.SlotID, o.Digest, o.RegionPath, string(o.Kind), o.Title,
		o.StartsAt.UnixMicro(), o.EndsAt.UnixMicro(), string(o.Stage), o.Reason, o.MessageID, store.JSON(o.Outcome), tx.Now.UnixMicro())
	return err
}

// moveOccurrence brings an occurrence from a stage to that which it has now; false if it was in
// another one.
func moveOccurrence(ctx context.Context, tx *store.Tx, o *Occurrence, from Stage) (bool, error) {
	digest := o.Digest
	if o.Stage == Dropped || o.Stage == Withdrawn || o.Stage == Withdrawing {
		digest += ":" + o.ID // the same may be planned anew
	}
	n, err := tx.Exec(ctx, `UPDATE channel_occurrence SET state = $1, reason = $2, message_id = $3, outcome = $4, digest = $5, changed_at = $6 WHERE id = $7 AND state = $8`,
		string(o.Stage), o.Reason, o.MessageID, store.JSON(o.Outcome), digest, tx.Now.UnixMicro(), o.ID, string(from))
	return n > 0, err
}

// openOccurrences are those of a timetable that are not over, the earliest first.
func openOccurrences(ctx context.Context, q store.Queryer, timetable string) ([]*Occurrence, error) {
	return store.Collect(ctx, q, func(r *sql.Rows) (*Occurrence, error) { return scanOccurrence(r) },
		`SELECT `+occurrenceColumns+` FROM channel_occurrence WHERE state IN ('planned', 'handed', 'withdrawing') AND timetable_id = $1 ORDER BY starts_at, id`, timetable)
}

// playingOccurrences are those of a scope that sound at a time, the earliest first.
func playingOccurrences(ctx context.Context, q store.Queryer, scope auth.Scope, at time.Time) ([]*Occurrence, error) {
	var w store.Where
	w.And("state IN ('planned', 'handed', 'withdrawing') AND ends_at > ?", at.UnixMicro()) // as the index of open ones says
	w.And("state = 'handed' AND starts_at <= ?", at.UnixMicro())
	scope.Where(&w, "region_path")
	return store.Collect(ctx, q, func(r *sql.Rows) (*Occurrence, error) { return scanOccurrence(r) },
		`SELECT `+occurrenceColumns+` FROM channel_occurrence`+w.SQL()+` ORDER BY starts_at, id`, w.Args()...)
}

// dueOccurrences are those that something is to be done about now, the earliest first: not those
// that sound, which may be many for hours, until their time was over before settled.
func dueOccurrences(ctx context.Context, q store.Queryer, settled time.Time, limit int) ([]*Occurrence, error) {
	return store.Collect(ctx, q, func(r *sql.Rows) (*Occurrence, error) { return scanOccurrence(r) },
		`SELECT `+occurrenceColumns+` FROM channel_occurrence WHERE state IN ('planned', 'handed', 'withdrawing') AND (state <> 'handed' OR ends_at <= $1)
		ORDER BY starts_at, id LIMIT $2`, settled.UnixMicro(), limit)
}

// dropOccurrences deletes what was over before a time, at most limit, and says how many.
func dropOccurrences(ctx context.Context, tx *store.Tx, before time.Time, limit int) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM channel_occurrence WHERE id IN (SELECT id FROM channel_occurrence
		WHERE starts_at < $1 AND ends_at < $1 AND state NOT IN ('planned', 'handed', 'withdrawing') ORDER BY starts_at, id LIMIT $2)`, before.UnixMicro(), limit)
}

func readOccurrence(ctx context.Context, q store.Queryer, id string) (*Occurrence, error) {
	o, err := scanOccurrence(q.QueryRow(ctx, `SELECT `+occurrenceColumns+` FROM channel_occurrence WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, notFound()
	}
	return o, err
}

// asked chooses occurrences.
type asked struct {
	Scope      auth.Scope
	Timetable  string
	Around     string // a region path: that region's own, those under it and those above it
	RegionPath string // its subtree
	Stages     []string
	From, To   time.Time
	Page       store.Page
}

func (a *asked) where() *store.Where {
	var w store.Where
	a.Scope.Where(&w, "region_path")
	if a.Timetable != "" {
		w.And("timetable_id = ?", a.Timetable)
	}
	if a.RegionPath != "" {
		low, high := auth.Subtree(a.RegionPath)
		w.And("region_path >= ? AND region_path < ?", low, high)
	}
	if a.Around != "" {
		low, high := auth.Subtree(a.Around)
		w.And("(region_path >= ? AND region_path < ? OR ? LIKE region_path || '%')", low, high, a.Around)
	}
	if len(a.Stages) > 0 {
		w.In("state", a.Stages)
	}
	if !a.From.IsZero() {
		w.And("starts_at >= ?", a.From.UnixMicro())
	}
	if !a.To.IsZero() {
		w.And("starts_at < ?", a.To.UnixMicro())
	}
	return &w
}

// everyOccurrence is all that are chosen, the earliest first.
func everyOccurrence(ctx context.Context, q store.Queryer, a asked) ([]*Occurrence, error) {
	w := a.where()
	return store.Collect(ctx, q, func(r *sql.Rows) (*Occurrence, error) { return scanOccurrence(r) },
		`SELECT `+occurrenceColumns+` FROM channel_occurrence`+w.SQL()+` ORDER BY starts_at, id`, w.Args()...)
}

// listOccurrences is a page of those that are chosen, the latest first.
func listOccurrences(ctx context.Context, q store.Queryer, a asked) (store.Listing[*Occurrence], error) {
	return store.List(ctx, q, store.ListQuery[*Occurrence]{Columns: occurrenceColumns, From: "channel_occurrence", Where: a.where(), Key: "id", Descending: true, Page: a.Page,
		Scan: func(r *sql.Rows) (*Occurrence, error) { return scanOccurrence(r) }, KeyOf: func(o *Occurrence) string { return o.ID }})
}

// pageAll is as much as is read at once.
var pageAll = store.Page{Limit: store.MaxLimit}
