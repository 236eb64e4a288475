package door

import (
	"context"
	"database/sql"
	"encoding/base64"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// ordersSince are the orders in force that were changed since; with the zero time, all.
func ordersSince(ctx context.Context, q store.Queryer, since, now time.Time) ([]*order, error) {
	from := int64(0)
	if !since.IsZero() {
		from = since.UnixMicro()
	}
	return store.Collect(ctx, q, func(r *sql.Rows) (*order, error) {
		o := new(order)
		var kind, frame string
		var seq int64
		var closed time.Time
		err := r.Scan(&o.ThreadID, &o.Version, &kind, &seq, store.ScanJSON(&o.Area), &frame, store.ScanTime(&o.DueAt), store.ScanTime(&o.ValidUntil),
			store.ScanTime(&o.ChangedAt), store.ScanTime(&closed))
		if err != nil {
			return nil, err
		}
		o.Kind, o.Seq, o.Closed = wire.Kind(kind), uint64(seq), !closed.IsZero()
		o.Frame, err = base64.StdEncoding.DecodeString(frame)
		return o, err
	}, `SELECT thread_id, version, kind, seq, area, frame, due_at, valid_until, changed_at, closed_at FROM alert_order
		WHERE changed_at >= $1 AND valid_until > $2`, from, now.UnixMicro())
}

func addCount(ctx context.Context, tx *store.Tx, c cell, t Tally) error {
	_, err := tx.Exec(ctx, `INSERT INTO alert_tv_count (message_id, region_path, slot, connected, crawl, whole, ended) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (message_id, region_path, slot) DO UPDATE SET connected = alert_tv_count.connected + excluded.connected,
			crawl = alert_tv_count.crawl + excluded.crawl, whole = alert_tv_count.whole + excluded.whole, ended = alert_tv_count.ended + excluded.ended`,
		c.message, c.path, c.slot, t.Connected, t.Crawl, t.Full, t.Ended)
	return err
}

// stored reads the counts of a message within a scope.
func stored(ctx context.Context, q store.Queryer, message string, scope auth.Scope) (map[cell]Tally, error) {
	var w store.Where
	w.And("message_id = ?", message)
	scope.Where(&w, "region_path")
	out := map[cell]Tally{}
	_, err := store.Collect(ctx, q, func(r *sql.Rows) (_ struct{}, err error) {
		c, t := cell{message: message}, Tally{}
		err = r.Scan(&c.path, &c.slot, &t.Connected, &t.Crawl, &t.Full, &t.Ended)
		out[c] = t
		return struct{}{}, err
	}, `SELECT region_path, slot, connected, crawl, whole, ended FROM alert_tv_count`+w.SQL(), w.Args()...)
	return out, err
}
