package peer

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const peerColumns = `id, direction, name, code, url, region_code, region_path, trust, lax, edition, enabled, created_at, changed_at, heard_at, beat_at, answered_at,
	failed_at, failure, refused_at, refusal, lost_at, revision`

func scanPeer(rows interface{ Scan(...any) error }) (*Peer, error) {
	p := new(Peer)
	var direction, code string
	h := &p.Health
	err := rows.Scan(&p.ID, &direction, &p.Name, &code, &p.URL, &p.RegionCode, &p.RegionPath, store.ScanJSON(&p.Trust), &p.Lax, &p.Edition, &p.Enabled,
		store.ScanTime(&p.CreatedAt), store.ScanTime(&p.ChangedAt), store.ScanTime(&h.HeardAt), store.ScanTime(&h.BeatAt), store.ScanTime(&h.AnsweredAt),
		store.ScanTime(&h.FailedAt), &h.Failure, store.ScanTime(&h.RefusedAt), &h.Refusal, store.ScanTime(&h.LostAt), &p.Revision)
	p.Direction, p.Code = Direction(direction), ebd.ResourceCode(code)
	return p, err
}

func listPeers(ctx context.Context, q store.Queryer) ([]*Peer, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (*Peer, error) { return scanPeer(rows) },
		`SELECT `+peerColumns+` FROM alert_peer WHERE NOT retired ORDER BY direction DESC, id`)
}

// readPeer is one peer; a fault NotFound if there is none within the scope.
func readPeer(ctx context.Context, q store.Queryer, id string, scope auth.Scope) (*Peer, error) {
	p, err := scanPeer(q.QueryRow(ctx, `SELECT `+peerColumns+` FROM alert_peer WHERE id = $1 AND NOT retired`, id))
	if errors.Is(err, sql.ErrNoRows) || err == nil && !scope.Allows(p.RegionPath) {
		return nil, notFound()
	}
	return p, err
}

func notFound() error { return fault.New(fault.NotFound, "alert.peer.not_found") }

func insertPeer(ctx context.Context, tx *store.Tx, p *Peer) error {
	_, err := tx.Exec(ctx, `INSERT INTO alert_peer (`+peerColumns+`, told, retired) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,
		NULL, NULL, NULL, NULL, '', NULL, '', NULL, 1, '{}', $14)`, p.ID, string(p.Direction), p.Name, string(p.Code), p.URL, p.RegionCode, p.RegionPath,
		store.JSON(p.Trust), p.Lax, p.Edition, p.Enabled, tx.Now.UnixMicro(), tx.Now.UnixMicro(), false)
	return twice(err)
}

func updatePeer(ctx context.Context, tx *store.Tx, p *Peer, retired bool) error {
	n, err := tx.Exec(ctx, `UPDATE alert_peer SET direction = $1, name = $2, code = $3, url = $4, region_code = $5, region_path = $6, trust = $7, lax = $8,
		edition = $9, enabled = $10, changed_at = $11, retired = $12, revision = revision + 1 WHERE id = $13 AND revision = $14`,
		string(p.Direction), p.Name, string(p.Code), p.URL, p.RegionCode, p.RegionPath, store.JSON(p.Trust), p.Lax, p.Edition, p.Enabled, tx.Now.UnixMicro(),
		retired, p.ID, p.Revision)
	return store.Touched(n, twice(err))
}

// endWaiting settles what waits of a peer that is gone, and for it: nobody would, and it would stay
// for ever.
func endWaiting(ctx context.Context, tx *store.Tx, id string) error {
	if _, err := tx.Exec(ctx, `UPDATE alert_peer_in SET state = 'failed', note = 'the platform is registered no more', acted_at = $1 WHERE peer = $2 AND state = 'waiting'`,
		tx.Now.UnixMicro(), id); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE alert_peer_out SET state = 'given_up', next_at = NULL WHERE peer = $1 AND next_at IS NOT NULL`, id)
	return err
}

func twice(err error) error {
	if store.Taken(err) {
		return fault.New(fault.Conflict, "alert.peer.code_taken").At("code")
	}
	return err
}

// noteHealth keeps how things stand with a peer; a time that is older than what is kept
// changes nothing.
func noteHealth(ctx context.Context, tx *store.Tx, id string, h Health) error {
	_, err := tx.Exec(ctx, `UPDATE alert_peer SET heard_at = $1, beat_at = $2, answered_at = $3, failed_at = $4, failure = $5, refused_at = $6, refusal = $7 WHERE id = $8`,
		store.Micros(h.HeardAt), store.Micros(h.BeatAt), store.Micros(h.AnsweredAt), store.Micros(h.FailedAt), h.Failure, store.Micros(h.RefusedAt), h.Refusal, id)
	return err
}

// setLost says that a peer is missing since a time, or there again; false says that it was so.
func setLost(ctx context.Context, tx *store.Tx, id string, since time.Time) (bool, error) {
	condition := "lost_at IS NULL"
	if since.IsZero() {
		condition = "lost_at IS NOT NULL"
	}
	n, err := tx.Exec(ctx, `UPDATE alert_peer SET lost_at = $1 WHERE id = $2 AND `+condition, store.Micros(since), id)
	return n > 0, err
}

// toldOf is how much of the register a peer was told.
func toldOf(ctx context.Context, q store.Queryer, id string) (t Told, err error) {
	err = q.QueryRow(ctx, `SELECT told FROM alert_peer WHERE id = $1`, id).Scan(store.ScanJSON(&t))
	return t, err
}

func putTold(ctx context.Context, tx *store.Tx, id string, t Told) error {
	_, err := tx.Exec(ctx, `UPDATE alert_peer SET told = $1 WHERE id = $2`, store.JSON(t), id)
	return err
}

// numbers takes n numbers of a name and returns the first.
func numbers(ctx context.Context, tx *store.Tx, name string, n int64) (first int64, err error) {
	var last int64
	err = tx.QueryRow(ctx, `INSERT INTO alert_sequence (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET value = alert_sequence.value + excluded.value RETURNING value`, name, n).Scan(&last)
	return last - n + 1, err
}
