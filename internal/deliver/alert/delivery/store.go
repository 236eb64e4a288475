package delivery

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// PutOrder stores a signed order in the transaction that issues it. Wake the desk after
// the commit.
func PutOrder(ctx context.Context, tx *store.Tx, o Order) error {
	_, err := tx.Exec(ctx, `INSERT INTO alert_order (thread, thread_id, version, kind, seq, region_path, area, frame, issued_at, due_at, valid_until, changed_at, targets,
		starts_at, lasts) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13, $14)`,
		o.Thread, o.ThreadID, o.Version, string(o.Kind), int64(o.Seq), o.RegionPath, store.JSON(o.Area), base64.StdEncoding.EncodeToString(o.Frame),
		o.IssuedAt.UnixMicro(), o.DueAt.UnixMicro(), o.ValidUntil.UnixMicro(), tx.Now.UnixMicro(),
		o.StartsAt, o.Lasts.Microseconds())
	return err
}

// CloseThread makes sure that no play order of the thread is ever sent again.
func CloseThread(ctx context.Context, tx *store.Tx, thread int64) error {
	_, err := tx.Exec(ctx, `UPDATE alert_order SET closed_at = $1, changed_at = $1 WHERE thread = $2 AND kind = 'play' AND closed_at IS NULL`,
		tx.Now.UnixMicro(), thread)
	return err
}

// Undispatched reports whether an order of the thread still waits to be sent.
func Undispatched(ctx context.Context, q store.Queryer, thread int64) (bool, error) {
	var n int
	err := q.QueryRow(ctx, `SELECT count(*) FROM alert_order WHERE thread = $1 AND dispatched_at IS NULL`, thread).Scan(&n)
	return n > 0, err
}

// StandsUntil is until when something of a thread may still be sent, the zero time if nothing
// may at now: what thread.over says of one in memory.
func StandsUntil(ctx context.Context, q store.Queryer, thread int64, now time.Time) (until time.Time, err error) {
	err = q.QueryRow(ctx, `SELECT max(valid_until) FROM alert_order WHERE thread = $1 AND valid_until > $2 AND (closed_at IS NULL OR kind <> 'play')`,
		thread, now.UnixMicro()).Scan(store.ScanTime(&until))
	return until, err
}

const orderColumns = `thread, thread_id, version, kind, seq, region_path, area, frame, issued_at, due_at, valid_until, changed_at, dispatched_at, closed_at, targets, starts_at, lasts`

func scanOrder(rows *sql.Rows) (*Order, error) {
	o := new(Order)
	var kind, frame string
	var seq, lasts int64
	err := rows.Scan(&o.Thread, &o.ThreadID, &o.Version, &kind, &seq, &o.RegionPath, store.ScanJSON(&o.Area), &frame,
		store.ScanTime(&o.IssuedAt), store.ScanTime(&o.DueAt), store.ScanTime(&o.ValidUntil), store.ScanTime(&o.ChangedAt),
		store.ScanTime(&o.DispatchedAt), store.ScanTime(&o.ClosedAt), &o.Targets, &o.StartsAt, &lasts)
	if err != nil {
		return nil, err
	}
	o.Kind, o.Seq, o.Lasts = wire.Kind(kind), uint64(seq), time.Duration(lasts)*time.Microsecond
	o.Frame, err = base64.StdEncoding.DecodeString(frame)
	return o, err
}

// changedOrders are the orders that were changed since and may still matter, and all that
// wait to be dispatched, whatever clock wrote them; with the zero time, all that may matter.
// History is large and neither walks through it.
func changedOrders(ctx context.Context, q store.Queryer, since, now time.Time) ([]*Order, error) {
	if since.IsZero() {
		return store.Collect(ctx, q, scanOrder, `SELECT `+orderColumns+` FROM alert_order WHERE valid_until > $1 OR dispatched_at IS NULL`, now.UnixMicro())
	}
	return store.Collect(ctx, q, scanOrder, `SELECT `+orderColumns+` FROM alert_order
		WHERE changed_at >= $1 AND valid_until > $2 OR dispatched_at IS NULL`, since.UnixMicro(), now.UnixMicro())
}

func threadOrders(ctx context.Context, q store.Queryer, thread int64) ([]*Order, error) {
	return store.Collect(ctx, q, scanOrder, `SELECT `+orderColumns+` FROM alert_order WHERE thread = $1`, thread)
}

var errNoThread = errors.New("alert: no such thread")

func threadNumber(ctx context.Context, q store.Queryer, id string) (no int64, err error) {
	err = q.QueryRow(ctx, `SELECT thread FROM alert_order WHERE thread_id = $1 LIMIT 1`, id).Scan(&no)
	if errors.Is(err, sql.ErrNoRows) {
		err = errNoThread
	}
	return no, err
}

// markDispatched notes that an order went out and every row that says so is stored.
func markDispatched(ctx context.Context, tx *store.Tx, o *Order) error {
	_, err := tx.Exec(ctx, `UPDATE alert_order SET dispatched_at = $1, targets = $2, changed_at = $1 WHERE thread = $3 AND version = $4 AND dispatched_at IS NULL`,
		tx.Now.UnixMicro(), o.Targets, o.Thread, o.Version)
	return err
}
