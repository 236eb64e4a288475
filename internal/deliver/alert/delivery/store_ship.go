package delivery

import (
	"context"
	"database/sql"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// loggedReceipt is a receipt as it stands in the log.
type loggedReceipt struct {
	thread, id int64
	taken      int64 // 0 for one of this node's own
	Receipt
}

func receiptsAfter(ctx context.Context, q store.Queryer, after int64, limit int) ([]loggedReceipt, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (r loggedReceipt, err error) {
		var device, phase, reason, source string
		var heard *string
		var taken sql.NullInt64
		if err := rows.Scan(&r.thread, &r.id, &device, &r.Version, &phase, &reason, &r.At, &source, &heard, &taken); err != nil {
			return r, err
		}
		r.taken = taken.Int64
		r.Code, r.Phase, r.Reason, r.Source = ebd.ResourceCode(device), wire.Phase(phase), wire.Reason(reason), wire.Source(source)
		if heard != nil {
			r.Heard = new(wire.Heard)
			err = store.ScanJSON(r.Heard).Scan(*heard)
		}
		return r, err
	}, `SELECT thread, id, device, version, phase, reason, at, source, heard, taken FROM alert_receipt WHERE id > $1 ORDER BY id LIMIT $2`, after, limit)
}

func receiptsBeyond(ctx context.Context, q store.Queryer, after int64) (n int64, err error) {
	return n, q.QueryRow(ctx, `SELECT count(*) FROM alert_receipt WHERE id > $1`, after).Scan(&n)
}

// flushedTrack is a delivery with the number of the flush that wrote it last.
type flushedTrack struct {
	thread, flushed int64
	*Track
}

func tracksAfter(ctx context.Context, q store.Queryer, after int64, limit int) ([]flushedTrack, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (f flushedTrack, err error) {
		f.Track, err = scanTrackOf(rows, &f.thread, &f.flushed)
		return f, err
	}, `SELECT `+trackColumns+` FROM alert_delivery WHERE flushed > $1 ORDER BY flushed LIMIT $2`, after, limit)
}

func tracksBeyond(ctx context.Context, q store.Queryer, after int64) (n int64, err error) {
	return n, q.QueryRow(ctx, `SELECT count(*) FROM alert_delivery WHERE flushed > $1`, after).Scan(&n)
}

// newest are the last id of the log and the last number of a flush.
func newest(ctx context.Context, q store.Queryer) (receipt, flushed int64, err error) {
	err = q.QueryRow(ctx, `SELECT coalesce((SELECT max(id) FROM alert_receipt), 0), coalesce((SELECT max(flushed) FROM alert_delivery), 0)`).Scan(&receipt, &flushed)
	return receipt, flushed, err
}

// logged reports whether the log of a thread holds a receipt.
func logged(ctx context.Context, q store.Queryer, thread int64, r *wire.Receipt, device string) (held bool, err error) {
	return held, q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM alert_receipt WHERE thread = $1 AND device = $2 AND version = $3 AND phase = $4 AND at = $5)`,
		thread, device, r.Version, string(r.Phase), r.At).Scan(&held)
}

// number finds the thread of a message or a stop by its id, whether or not anything was
// ever sent in it.
func number(ctx context.Context, q store.Queryer, id string) (no int64, err error) {
	err = q.QueryRow(ctx, `SELECT no FROM alert_message WHERE id = $1 UNION ALL SELECT no FROM alert_stop WHERE id = $1`, id).Scan(&no)
	if err == sql.ErrNoRows {
		return 0, errNoThread
	}
	return no, err
}

// PutHeads notes orders of another node beside the thread's own: what its terminals were
// told. They are sent to nobody, and stand as dispatched.
func PutHeads(ctx context.Context, tx *store.Tx, no int64, id, regionPath string, list []Head) error {
	for _, h := range list {
		_, err := tx.Exec(ctx, `INSERT INTO alert_order (thread, thread_id, version, kind, seq, region_path, area, frame, issued_at, due_at, valid_until, changed_at,
			dispatched_at, targets, starts_at, lasts, closed_at) VALUES ($1, $2, $3, $4, 0, $5, '{}', '', $6, $6, $7, $8, $8, 0, $9, $10, $11)
			ON CONFLICT (thread, version) DO UPDATE SET closed_at = excluded.closed_at, changed_at = excluded.changed_at
			WHERE alert_order.frame = '' AND alert_order.closed_at IS NULL AND excluded.closed_at IS NOT NULL`,
			no, id, h.Version, string(h.Kind), regionPath, h.IssuedAt, h.ValidUntil, tx.Now.UnixMicro(), h.StartsAt, h.Lasts, some(h.ClosedAt))
		if err != nil {
			return err
		}
	}
	return nil
}

// Ordered reports whether this node signed any order in the thread.
func Ordered(ctx context.Context, q store.Queryer, no int64) (sent bool, err error) {
	return sent, q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM alert_order WHERE thread = $1 AND frame <> '')`, no).Scan(&sent)
}

// HasOrder reports whether the thread has an order of this node's of a version.
func HasOrder(ctx context.Context, q store.Queryer, no int64, version int) (has bool, err error) {
	return has, q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM alert_order WHERE thread = $1 AND version = $2 AND frame <> '')`, no, version).Scan(&has)
}
