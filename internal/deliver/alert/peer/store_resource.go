package peer

import (
	"context"
	"database/sql"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// putInfo keeps what a peer says of a resource; older word changes nothing.
func putInfo(ctx context.Context, tx *store.Tx, r resource) error {
	_, err := tx.Exec(ctx, `INSERT INTO alert_peer_resource (peer, code, region_path, kind, name, lon, lat, url, belongs, gone, info_at, state, state_desc, state_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, '', NULL)
		ON CONFLICT (peer, code) DO UPDATE SET kind = excluded.kind, name = CASE WHEN excluded.gone THEN alert_peer_resource.name ELSE excluded.name END, lon = excluded.lon,
		lat = excluded.lat, url = excluded.url, belongs = excluded.belongs, gone = excluded.gone, info_at = excluded.info_at
		WHERE alert_peer_resource.info_at IS NULL OR alert_peer_resource.info_at <= excluded.info_at`,
		r.peer, r.code, r.regionPath, r.kind, r.name, r.lon, r.lat, r.url, r.belongs, r.gone, r.infoAt.UnixMicro())
	return err
}

// putState keeps how a resource is; older word changes nothing.
func putState(ctx context.Context, tx *store.Tx, r resource) error {
	_, err := tx.Exec(ctx, `INSERT INTO alert_peer_resource (peer, code, region_path, kind, name, lon, lat, url, belongs, gone, info_at, state, state_desc, state_at)
		VALUES ($1, $2, $3, $4, '', '', '', '', '', $5, NULL, $6, $7, $8)
		ON CONFLICT (peer, code) DO UPDATE SET state = excluded.state, state_desc = excluded.state_desc, state_at = excluded.state_at
		WHERE alert_peer_resource.state_at IS NULL OR alert_peer_resource.state_at <= excluded.state_at`,
		r.peer, r.code, r.regionPath, r.kind, false, r.state, r.stateDesc, r.stateAt.UnixMicro())
	return err
}

func knownResource(ctx context.Context, q store.Queryer, peer, code string) (known bool, err error) {
	return known, q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM alert_peer_resource WHERE peer = $1 AND code = $2)`, peer, code).Scan(&known)
}

func countResources(ctx context.Context, q store.Queryer, peer string) (n int, err error) {
	return n, q.QueryRow(ctx, `SELECT count(*) FROM alert_peer_resource WHERE peer = $1`, peer).Scan(&n)
}

// DropResources deletes what was gone before a time, and what peers had that were given up before,
// at most limit rows, and says how many.
func DropResources(ctx context.Context, tx *store.Tx, before time.Time, limit int) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM alert_peer_resource WHERE (peer, code) IN (SELECT peer, code FROM alert_peer_resource
		WHERE gone AND info_at < $1 OR peer IN (SELECT id FROM alert_peer WHERE retired AND changed_at < $1) LIMIT $2)`, before.UnixMicro(), limit)
}

func listResources(ctx context.Context, q store.Queryer, peer, kind string, scope auth.Scope, page store.Page) (store.Listing[resource], error) {
	var w store.Where
	scope.Where(&w, "region_path")
	w.And("peer = ?", peer)
	w.And("NOT gone")
	if kind != "" {
		w.And("kind = ?", kind)
	}
	return store.List(ctx, q, store.ListQuery[resource]{Columns: `code, kind, name, lon, lat, url, belongs, info_at, state, state_desc, state_at`, From: "alert_peer_resource", Where: &w,
		Key: "code", Page: page, CountTo: 100000,
		Scan: func(rows *sql.Rows) (r resource, err error) {
			return r, rows.Scan(&r.code, &r.kind, &r.name, &r.lon, &r.lat, &r.url, &r.belongs, store.ScanTime(&r.infoAt), &r.state, &r.stateDesc, store.ScanTime(&r.stateAt))
		}, KeyOf: func(r resource) string { return r.code }})
}
