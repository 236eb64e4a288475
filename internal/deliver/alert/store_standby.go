package alert

import (
	"context"
	"database/sql"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/duty"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// awaited is a version that waits for countersignatures.
type awaited struct {
	duty.Brief
	RegionPath string
	By         string // who submitted it
}

// awaitingApproval lists what waits for countersignatures in a scope.
func awaitingApproval(ctx context.Context, q store.Queryer, scope auth.Scope) ([]awaited, error) {
	var w store.Where
	w.And("m.open_number > 0 AND v.state = 'checked'")
	scope.Where(&w, "m.region_path")
	return store.Collect(ctx, q, func(rows *sql.Rows) (a awaited, err error) {
		var kind string
		var by message.Person
		var content message.Content
		err = rows.Scan(&a.ID, store.ScanJSON(&content), &kind, &a.State, store.ScanTime(&a.At), &a.RegionPath, store.ScanJSON(&by))
		a.Title, a.Severity, a.Drill, a.By = content.Text("zh").Title, string(content.Severity), message.Kind(kind).Drill(), by.Name
		return a, err
	}, `SELECT m.id, v.content, m.kind, m.state, coalesce(v.checked_at, m.updated_at), m.region_path, v.checked_by FROM alert_message m
		JOIN alert_version v ON v.message_id = m.id AND v.number = m.open_number`+w.SQL()+` ORDER BY m.id`, w.Args()...)
}

// briefs are messages in few words, emergencies first; items of timetables, which are
// many every day, are none of them.
func briefs(ctx context.Context, q store.Queryer, w *store.Where) ([]duty.Brief, error) {
	w.And("origin <> 'timetable'")
	return store.Collect(ctx, q, func(rows *sql.Rows) (b duty.Brief, err error) {
		var kind string
		err = rows.Scan(&b.ID, &b.Title, &b.Severity, &kind, &b.State, store.ScanTime(&b.At))
		b.Drill, b.At = message.Kind(kind).Drill(), b.At.UTC()
		return b, err
	}, `SELECT id, title, severity, kind, state, issued_at FROM alert_message`+w.SQL()+` ORDER BY CASE WHEN class = 'everyday' THEN 1 ELSE 0 END, issued_at, id`, w.Args()...)
}

// briefsBetween lists the messages of a scope first issued in a time.
func briefsBetween(ctx context.Context, q store.Queryer, scope auth.Scope, from, to time.Time) ([]duty.Brief, error) {
	var w store.Where
	w.And("issued_at >= ? AND issued_at < ?", from.UnixMicro(), to.UnixMicro())
	readable(&w, scope)
	return briefs(ctx, q, &w)
}

// onAirNow lists the messages of a scope that are on the air.
func onAirNow(ctx context.Context, q store.Queryer, scope auth.Scope) ([]duty.Brief, error) {
	var w store.Where
	w.And("state IN ('issued', 'in_progress')")
	readable(&w, scope)
	return briefs(ctx, q, &w)
}

// openHandoffs lists follow-up in a scope that was handed on and is open.
func openHandoffs(ctx context.Context, q store.Queryer, scope auth.Scope) ([]handoff, error) {
	var w store.Where
	w.And("state = 'open'")
	scope.Where(&w, "region_path")
	return store.Collect(ctx, q, func(rows *sql.Rows) (h handoff, err error) {
		return h, rows.Scan(&h.ID, &h.Party, &h.Note, store.ScanTime(&h.CreatedAt))
	}, `SELECT id, party, note, created_at FROM alert_handoff`+w.SQL()+` ORDER BY id`, w.Args()...)
}

// stopsBetween lists the stops in a scope in a time.
func stopsBetween(ctx context.Context, q store.Queryer, scope auth.Scope, from, to time.Time) ([]stop, error) {
	var w store.Where
	w.And("at >= ? AND at < ?", from.UnixMicro(), to.UnixMicro())
	scope.Where(&w, "region_path")
	return store.Collect(ctx, q, func(rows *sql.Rows) (stop, error) { return scanStop(rows) }, `SELECT `+stopColumns+` FROM alert_stop`+w.SQL()+` ORDER BY id`, w.Args()...)
}
