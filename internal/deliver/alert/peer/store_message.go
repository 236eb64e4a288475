package peer

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// putMessage keeps which message came of a peer's; a peer is told of it from then on.
func putMessage(ctx context.Context, tx *store.Tx, peer, ebmid, messageID string) error {
	_, err := tx.Exec(ctx, `INSERT INTO alert_peer_message (peer, ebmid, message_id, state, rate, told_at, seen, looked_at, over) VALUES ($1, $2, $3, -1, '', NULL, 0, 0, $4)
		ON CONFLICT (peer, ebmid) DO NOTHING`, peer, ebmid, messageID, messageID == "")
	return err
}

// openMessages are the messages of peers that changed since these were told of them, or that
// are on the air and were not looked at since a time; those that wait longest first.
func openMessages(ctx context.Context, q store.Queryer, before time.Time, limit int) ([]told, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (t told, err error) {
		return t, rows.Scan(&t.peer, &t.ebmid, &t.messageID, &t.state, &t.rate, store.ScanTime(&t.at))
	}, `SELECT p.peer, p.ebmid, p.message_id, p.state, p.rate, p.told_at FROM alert_peer_message p JOIN alert_message m ON m.id = p.message_id
		JOIN alert_peer a ON a.id = p.peer AND a.enabled AND NOT a.retired
		WHERE NOT p.over AND (p.seen <> m.revision OR m.state IN ('issued', 'in_progress', 'ended') AND p.looked_at < $1) ORDER BY p.looked_at, p.peer, p.ebmid LIMIT $2`,
		before.UnixMicro(), limit)
}

// looked keeps when a message was looked at, and which revision of it.
func looked(ctx context.Context, tx *store.Tx, t told, revision int64) error {
	_, err := tx.Exec(ctx, `UPDATE alert_peer_message SET seen = $1, looked_at = $2 WHERE peer = $3 AND ebmid = $4`, revision, tx.Now.UnixMicro(), t.peer, t.ebmid)
	return err
}

func putFollowed(ctx context.Context, tx *store.Tx, t told, over bool) error {
	_, err := tx.Exec(ctx, `UPDATE alert_peer_message SET state = $1, rate = $2, told_at = $3, over = $4 WHERE peer = $5 AND ebmid = $6`,
		t.state, t.rate, store.Micros(t.at), over, t.peer, t.ebmid)
	return err
}

// messageOf is the message that came of a peer's; empty for none.
func messageOf(ctx context.Context, q store.Queryer, peer, ebmid string) (id string, err error) {
	err = q.QueryRow(ctx, `SELECT message_id FROM alert_peer_message WHERE peer = $1 AND ebmid = $2`, peer, ebmid).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}

// ebmidFrom is the id that a peer gave to a message; empty where it came from elsewhere.
func ebmidFrom(ctx context.Context, q store.Queryer, peer, messageID string) (id string, err error) {
	err = q.QueryRow(ctx, `SELECT ebmid FROM alert_peer_message WHERE peer = $1 AND message_id = $2 ORDER BY ebmid LIMIT 1`, peer, messageID).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}
