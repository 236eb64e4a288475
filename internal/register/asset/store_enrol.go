package asset

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const grantColumns = `t.id, t.device_id, d.code, t.region_path, t.kind, t.sample, t.total, t.used, t.expires_at, t.created_at, t.created_by, t.revoked_at`
const grantFrom = `asset_token t LEFT JOIN asset_device d ON d.id = t.device_id`

func (g *Grant) scan(row interface{ Scan(...any) error }) error {
	var device, code sql.NullString
	var revoked time.Time
	err := row.Scan(&g.ID, &device, &code, &g.RegionPath, &g.Kind, &g.Sample, &g.Total, &g.Used, store.ScanTime(&g.ExpiresAt),
		store.ScanTime(&g.CreatedAt), &g.CreatedBy, store.ScanTime(&revoked))
	g.DeviceID, g.Code, g.Revoked = device.String, ebd.ResourceCode(code.String), !revoked.IsZero()
	return err
}

// readGrant finds a grant by its id or hash.
func readGrant(ctx context.Context, q store.Queryer, column, value string) (*Grant, error) {
	g := new(Grant)
	return g, g.scan(q.QueryRow(ctx, `SELECT `+grantColumns+` FROM `+grantFrom+` WHERE t.`+column+` = $1`, value))
}

// holdGrant keeps others from using a token until the transaction ends.
func holdGrant(ctx context.Context, tx *store.Tx, hash string) error {
	_, err := tx.Exec(ctx, `UPDATE asset_token SET used = used WHERE hash = $1`, hash)
	return err
}

// grants lists the tokens within a scope, newest first.
func grants(ctx context.Context, q store.Queryer, scope auth.Scope, page store.Page) (store.Listing[Grant], error) {
	var w store.Where
	scope.Where(&w, "t.region_path")
	return store.List(ctx, q, store.ListQuery[Grant]{
		Columns: grantColumns, From: grantFrom, Where: &w, Key: "t.id", Descending: true, Page: page,
		Scan:  func(r *sql.Rows) (g Grant, err error) { err = g.scan(r); return g, err },
		KeyOf: func(g Grant) string { return g.ID },
	})
}

func insertGrant(ctx context.Context, tx *store.Tx, g *Grant, hash string) error {
	_, err := tx.Exec(ctx, `INSERT INTO asset_token (id, hash, device_id, region_path, kind, sample, total, used, expires_at, created_at, created_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10)`,
		g.ID, hash, nullable(g.DeviceID), g.RegionPath, string(g.Kind), g.Sample, g.Total, store.Micros(g.ExpiresAt), store.Micros(g.CreatedAt), g.CreatedBy)
	return err
}

func revokeGrant(ctx context.Context, tx *store.Tx, id string) error {
	_, err := tx.Exec(ctx, `UPDATE asset_token SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL`, tx.Now.UnixMicro(), id)
	return err
}

// revokeTokens ends a device's unused tokens.
func revokeTokens(ctx context.Context, tx *store.Tx, deviceID string) error {
	_, err := tx.Exec(ctx, `UPDATE asset_token SET revoked_at = $1 WHERE device_id = $2 AND revoked_at IS NULL AND used < total`, tx.Now.UnixMicro(), deviceID)
	return err
}

// revoke ends a device's key and tokens.
func revoke(ctx context.Context, tx *store.Tx, deviceID, why string) error {
	if _, err := tx.Exec(ctx, `UPDATE asset_key SET revoked_at = $1, revoked_for = $2 WHERE device_id = $3 AND revoked_at IS NULL`,
		tx.Now.UnixMicro(), why, deviceID); err != nil {
		return err
	}
	return revokeTokens(ctx, tx, deviceID)
}

// spend counts one use of a token, unless another request took the last one meanwhile.
func spend(ctx context.Context, tx *store.Tx, id string) error {
	n, err := tx.Exec(ctx, `UPDATE asset_token SET used = used + 1 WHERE id = $1 AND used < total AND revoked_at IS NULL`, id)
	if err == nil && n == 0 {
		return fault.New(fault.Forbidden, "asset.enrol.token_used")
	}
	return err
}

// nextPlanned is the device that a key already has, or the first planned device that a
// batch is for.
func nextPlanned(ctx context.Context, tx *store.Tx, g *Grant, key string) (id string, err error) {
	err = tx.QueryRow(ctx, `SELECT device_id FROM asset_key WHERE public_key = $1 AND revoked_at IS NULL`, key).Scan(&id)
	if !errors.Is(err, sql.ErrNoRows) {
		return id, err
	}
	var w store.Where
	w.And("state = ? AND sample = ?", string(Planned), g.Sample)
	if g.Kind != "" {
		w.And("kind = ?", string(g.Kind))
	}
	auth.NewScope(g.RegionPath).Where(&w, "place_key")
	err = tx.QueryRow(ctx, `SELECT id FROM asset_device`+w.SQL()+` ORDER BY place_key LIMIT 1`, w.Args()...).Scan(&id)
	return id, err
}

// keyHolder is the device that has a key now, nil when none has.
func keyHolder(ctx context.Context, q store.Queryer, key string) (*Device, error) {
	var id string
	err := q.QueryRow(ctx, `SELECT device_id FROM asset_key WHERE public_key = $1 AND revoked_at IS NULL`, key).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return readDevice(ctx, q, id)
}

// currentKey is the device's valid key, nil when it has none.
func currentKey(ctx context.Context, q store.Queryer, deviceID string) (*ebd.PublicKey, error) {
	var text string
	err := q.QueryRow(ctx, `SELECT public_key FROM asset_key WHERE device_id = $1 AND revoked_at IS NULL`, deviceID).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return decodeKey(text)
}

func decodeKey(text string) (*ebd.PublicKey, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	key, err := ebd.ParsePublicKey(raw)
	return &key, err
}

// insertKey binds a key. A key that any device ever had is refused: two devices with
// one key are one secret in two places.
func insertKey(ctx context.Context, tx *store.Tx, deviceID, tokenID, key string, req *wire.EnrolRequest) error {
	n, err := tx.Exec(ctx, `INSERT INTO asset_key (id, device_id, public_key, model, serial, firmware, token_id, enrolled_at, revoked_for)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '') ON CONFLICT DO NOTHING`,
		store.NewID(tx.Now), deviceID, key, req.Model, req.Serial, req.Firmware, tokenID, tx.Now.UnixMicro())
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "asset.enrol.key_used")
	}
	return err
}

// Enrolment is one piece of hardware that stood behind a code.
type Enrolment struct {
	Model      string     `json:"model"`
	Serial     string     `json:"serial"`
	Firmware   string     `json:"firmware"`
	EnrolledAt time.Time  `json:"enrolledAt"`
	RevokedAt  *time.Time `json:"revokedAt,omitempty"`
	RevokedFor string     `json:"revokedFor,omitempty" doc:"replaced or retired"`
}

// enrolments lists a device's hardware, newest first.
func enrolments(ctx context.Context, q store.Queryer, deviceID string) ([]Enrolment, error) {
	return store.Collect(ctx, q, func(r *sql.Rows) (e Enrolment, err error) {
		var revoked time.Time
		err = r.Scan(&e.Model, &e.Serial, &e.Firmware, store.ScanTime(&e.EnrolledAt), store.ScanTime(&revoked), &e.RevokedFor)
		if !revoked.IsZero() {
			e.RevokedAt = &revoked
		}
		return e, err
	}, `SELECT model, serial, firmware, enrolled_at, revoked_at, revoked_for FROM asset_key WHERE device_id = $1 ORDER BY id DESC LIMIT 100`, deviceID)
}

// revokeSampleTokens ends the batch tokens of sample devices.
func revokeSampleTokens(ctx context.Context, tx *store.Tx) error {
	_, err := tx.Exec(ctx, `UPDATE asset_token SET revoked_at = $1 WHERE sample AND device_id IS NULL AND revoked_at IS NULL`, tx.Now.UnixMicro())
	return err
}

// sampleSerials lists the sample devices by serial number.
func sampleSerials(ctx context.Context, q store.Queryer) (map[string]ebd.ResourceCode, error) {
	out := map[string]ebd.ResourceCode{}
	_, err := store.Collect(ctx, q, func(r *sql.Rows) (_ struct{}, err error) {
		var serial string
		var code ebd.ResourceCode
		err = r.Scan(&serial, &code)
		out[serial] = code
		return struct{}{}, err
	}, `SELECT serial, code FROM asset_device WHERE sample AND model = 'TS-SIM'`)
	return out, err
}
