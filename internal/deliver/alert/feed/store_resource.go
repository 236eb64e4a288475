package feed

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const offerColumns = `id, source, arrival, message_id, lang, title, uri, sha1, state, reason, sm3, mime, bytes, attempts, next_at, created_at`

func scanOffer(rows interface{ Scan(...any) error }) (*Offer, error) {
	o := new(Offer)
	return o, rows.Scan(&o.ID, &o.source, &o.Arrival, &o.message, &o.Lang, &o.Title, &o.URI, &o.sha1, &o.State, &o.Reason, &o.SM3, &o.MIME, &o.Bytes, &o.attempts, store.ScanTime(&o.nextAt), store.ScanTime(&o.At))
}

func insertOffer(ctx context.Context, tx *store.Tx, o *Offer) error {
	o.ID, o.At = store.NewID(tx.Now), tx.Now
	_, err := tx.Exec(ctx, `INSERT INTO alert_cap_resource (`+offerColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		o.ID, o.source, o.Arrival, o.message, o.Lang, o.Title, o.URI, o.sha1, o.State, o.Reason, o.SM3, o.MIME, o.Bytes, o.attempts, store.Micros(o.nextAt), tx.Now.UnixMicro())
	return err
}

func updateOffer(ctx context.Context, tx *store.Tx, o *Offer) error {
	_, err := tx.Exec(ctx, `UPDATE alert_cap_resource SET state = $1, reason = $2, sm3 = $3, mime = $4, bytes = $5, attempts = $6, next_at = $7 WHERE id = $8`,
		o.State, o.Reason, o.SM3, o.MIME, o.Bytes, o.attempts, store.Micros(o.nextAt), o.ID)
	return err
}

func dueOffers(ctx context.Context, q store.Queryer, now time.Time, limit int) ([]*Offer, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (*Offer, error) { return scanOffer(rows) },
		`SELECT `+offerColumns+` FROM alert_cap_resource WHERE next_at <= $1 ORDER BY next_at LIMIT $2`, now.UnixMicro(), limit)
}

// Offers are the sounds and pictures that came with a message, the oldest first.
func Offers(ctx context.Context, q store.Queryer, message string) ([]*Offer, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (*Offer, error) { return scanOffer(rows) },
		`SELECT `+offerColumns+` FROM alert_cap_resource WHERE message_id = $1 ORDER BY id LIMIT 100`, message)
}

// OfferOf is one of them; a fault NotFound if it is none of the message's.
func OfferOf(ctx context.Context, q store.Queryer, message, id string) (*Offer, error) {
	o, err := scanOffer(q.QueryRow(ctx, `SELECT `+offerColumns+` FROM alert_cap_resource WHERE message_id = $1 AND id = $2`, message, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(fault.NotFound, "alert.offer.not_found")
	}
	return o, err
}

// DropOffers deletes what came with alerts before a time, at most limit rows, and says how
// many. What a message took is its own by then.
func DropOffers(ctx context.Context, tx *store.Tx, before time.Time, limit int) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM alert_cap_resource WHERE id IN (SELECT id FROM alert_cap_resource WHERE id < $1 AND next_at IS NULL
		AND NOT EXISTS (SELECT 1 FROM alert_message m WHERE m.id = message_id AND (m.ended_at IS NULL OR m.ended_at >= $2)) ORDER BY id LIMIT $3)`, store.FirstID(before), before.UnixMicro(), limit)
}
