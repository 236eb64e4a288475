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
		ON CONFLICT (sm3, message_id) DO UPDATE SET region_path = excluded.region_path,
		created_at = CASE WHEN alert_media.issued THEN alert_media.created_at ELSE excluded.created_at END`,
		o.SM3, o.MessageID, o.RegionPath, o.MIME, o.Bytes, o.Issued, tx.Now.UnixMicro())
	return err
}

// unused are conditions on a row that no version of its message names any more. What was
// issued is named for ever, and the original of what came from outside, or from a platform, as long
// as its record is kept; quotes in a text that somebody wrote are not bare ones.
const unused = `NOT issued AND created_at < $1 AND NOT EXISTS (SELECT 1 FROM alert_version v
	WHERE v.message_id = alert_media.message_id AND v.content LIKE '%"sm3":"' || alert_media.sm3 || '"%')
	AND NOT EXISTS (SELECT 1 FROM alert_arrival a WHERE 'arrival:' || a.id = alert_media.message_id)
	AND NOT EXISTS (SELECT 1 FROM alert_peer_in p WHERE p.segment = alert_media.sm3 AND alert_media.message_id = 'packages')`

// key names a row of alert_media.
type key struct{ sm3, message string }

// unusedAfter lists rows noted before a time that no version names, in order of their keys.
func unusedAfter(ctx context.Context, q store.Queryer, before time.Time, after key, limit int) ([]key, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (k key, err error) { return k, rows.Scan(&k.sm3, &k.message) },
		`SELECT sm3, message_id FROM alert_media WHERE `+unused+` AND (sm3, message_id) > ($2, $3) ORDER BY sm3, message_id LIMIT $4`,
		before.UnixMicro(), after.sm3, after.message, limit)
}

// forget removes rows that are still unused. One that a message takes up at the same time
// is noted anew, and stays.
func forget(ctx context.Context, tx *store.Tx, before time.Time, keys []key) error {
	for _, k := range keys {
		if _, err := tx.Exec(ctx, `DELETE FROM alert_media WHERE `+unused+` AND sm3 = $2 AND message_id = $3`, before.UnixMicro(), k.sm3, k.message); err != nil {
			return err
		}
	}
	return nil
}

// noted are those of some digests that have a row.
func noted(ctx context.Context, q store.Queryer, digests []string) (map[string]bool, error) {
	var w store.Where
	w.In("sm3", digests)
	found, err := store.Collect(ctx, q, func(rows *sql.Rows) (digest string, err error) { return digest, rows.Scan(&digest) },
		`SELECT DISTINCT sm3 FROM alert_media`+w.SQL(), w.Args()...)
	known := make(map[string]bool, len(found))
	for _, digest := range found {
		known[digest] = true
	}
	return known, err
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
