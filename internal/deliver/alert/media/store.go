package media

import (
	"context"
	"database/sql"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Note records that a message has an object.
func Note(ctx context.Context, tx *store.Tx, o Object) error {
	_, err := tx.Exec(ctx, `INSERT INTO alert_media (sm3, message_id, region_path, mime, bytes, issued, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (sm3, message_id) DO UPDATE SET region_path = excluded.region_path`,
		o.SM3, o.MessageID, o.RegionPath, o.MIME, o.Bytes, o.Issued, tx.Now.UnixMicro())
	return err
}

// Issue opens a message's objects to everybody.
func Issue(ctx context.Context, tx *store.Tx, message string, digests []string) error {
	var w store.Where
	w.And("message_id = ?", message)
	w.In("sm3", digests)
	_, err := tx.Exec(ctx, `UPDATE alert_media SET issued = true`+w.SQL(), w.Args()...)
	return err
}

type served struct {
	Object
	made time.Time
}

func find(ctx context.Context, q store.Queryer, digest string) ([]served, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (o served, err error) {
		return o, rows.Scan(&o.SM3, &o.MessageID, &o.RegionPath, &o.MIME, &o.Bytes, &o.Issued, store.ScanTime(&o.made))
	}, `SELECT sm3, message_id, region_path, mime, bytes, issued, created_at FROM alert_media WHERE sm3 = $1 ORDER BY issued DESC, message_id LIMIT 50`, digest)
}
