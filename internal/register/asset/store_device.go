package asset

import (
	"context"
	"database/sql"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const deviceColumns = `d.id, d.code, d.kind, d.name, d.model, d.maker, d.serial, d.owner, d.contact, d.site_id, d.region_code,
	d.region_path, d.lon, d.lat, d.microphone, d.installed, d.commissioned, d.state, d.sample, d.version, d.created_at, d.updated_at`

// targets are the places of deviceColumns, with what has to be finished after the scan.
func (d *Device) targets() (into []any, finish func()) {
	var site sql.NullString
	var lon, lat sql.NullInt64
	return []any{&d.ID, &d.Code, &d.Kind, &d.Name, &d.Model, &d.Maker, &d.Serial, &d.Owner, &d.Contact, &site, &d.RegionCode,
			&d.RegionPath, &lon, &lat, &d.Microphone, &d.Installed, &d.Commissioned, &d.State, &d.Sample, &d.Version,
			store.ScanTime(&d.CreatedAt), store.ScanTime(&d.UpdatedAt)}, func() {
			d.SiteID = site.String
			if lon.Valid && lat.Valid {
				d.Position = &Position{degrees(lon.Int64), degrees(lat.Int64)}
			}
		}
}

func (d *Device) lonLat() (lon, lat any) {
	if d.Position == nil {
		return nil, nil
	}
	return micro(d.Position.Lon), micro(d.Position.Lat)
}

// insertDevices adds devices with the condition row each has from its first day.
func insertDevices(ctx context.Context, tx *store.Tx, period int, list ...*Device) error {
	now := tx.Now.UnixMicro()
	rows, conditions := make([][]any, len(list)), make([][]any, len(list))
	for i, d := range list {
		lon, lat := d.lonLat()
		rows[i] = []any{d.ID, string(d.Code), string(d.Kind), d.Name, d.Model, d.Maker, d.Serial, d.Owner, d.Contact, nullable(d.SiteID),
			d.RegionCode, d.RegionPath, d.placeKey(), lon, lat, d.Microphone, d.Installed, d.Commissioned, string(d.State), d.Sample,
			d.search(), d.Version, now, now}
		conditions[i] = []any{d.ID, d.placeKey(), seenKey(time.Time{}, d.ID), string(Never), period, "", "", "[]", "", "", "", 0}
	}
	n, err := insertMany(ctx, tx, `asset_device (id, code, kind, name, model, maker, serial, owner, contact, site_id,
		region_code, region_path, place_key, lon, lat, microphone, installed, commissioned, state, sample,
		search, version, created_at, updated_at)`, rows, "ON CONFLICT DO NOTHING")
	if err != nil {
		return err
	}
	if n != int64(len(list)) { // somebody else took a code since it was looked for
		return fault.New(fault.Conflict, "asset.code.taken", fault.Args{"code": list[0].Code})
	}
	_, err = insertMany(ctx, tx, `asset_condition (device_id, place_key, seen_key, condition, period, power, link, faults, playing,
		firmware, session, counter)`, conditions, "")
	return err
}

// updateDevice writes everything that may change, if the version is still the one read.
func updateDevice(ctx context.Context, tx *store.Tx, d *Device) error {
	lon, lat := d.lonLat()
	err := store.Touched(tx.Exec(ctx, `UPDATE asset_device SET name = $1, model = $2, maker = $3, serial = $4, owner = $5, contact = $6,
		site_id = $7, region_code = $8, region_path = $9, place_key = $10, lon = $11, lat = $12, microphone = $13, installed = $14,
		commissioned = $15, state = $16, search = $17, updated_at = $18, version = version + 1 WHERE id = $19 AND version = $20`,
		d.Name, d.Model, d.Maker, d.Serial, d.Owner, d.Contact, nullable(d.SiteID), d.RegionCode, d.RegionPath, d.placeKey(), lon, lat,
		d.Microphone, d.Installed, d.Commissioned, string(d.State), d.search(), tx.Now.UnixMicro(), d.ID, d.Version))
	if err != nil {
		return err
	}
	d.Version, d.UpdatedAt = d.Version+1, tx.Now
	_, err = tx.Exec(ctx, `UPDATE asset_condition SET place_key = $1 WHERE device_id = $2 AND place_key <> $1`, d.placeKey(), d.ID)
	return err
}

// readDevice finds a device by its id or its code.
func readDevice(ctx context.Context, q store.Queryer, idOrCode string) (*Device, error) {
	column := "d.id"
	if len(idOrCode) == 23 {
		column = "d.code"
	}
	d := new(Device)
	into, finish := d.targets()
	err := q.QueryRow(ctx, `SELECT `+deviceColumns+` FROM asset_device d WHERE `+column+` = $1`, idOrCode).Scan(into...)
	finish()
	return d, notFound(err, "asset.device.not_found")
}

// existing reads the devices that have any of the codes, by code.
func existing(ctx context.Context, q store.Queryer, codes []ebd.ResourceCode) (map[ebd.ResourceCode]*Device, error) {
	out := map[ebd.ResourceCode]*Device{}
	for len(codes) > 0 {
		n := min(len(codes), 500)
		var w store.Where
		texts := make([]string, n)
		for i, c := range codes[:n] {
			texts[i] = string(c)
		}
		w.In("d.code", texts)
		found, err := store.Collect(ctx, q, func(r *sql.Rows) (*Device, error) {
			d := new(Device)
			into, finish := d.targets()
			err := r.Scan(into...)
			finish()
			return d, err
		}, `SELECT `+deviceColumns+` FROM asset_device d`+w.SQL(), w.Args()...)
		if err != nil {
			return nil, err
		}
		for _, d := range found {
			out[d.Code] = d
		}
		codes = codes[n:]
	}
	return out, nil
}

// takeSequence reserves n sequence numbers of a prefix, counted from 0, and returns the
// first. The row serialises those who ask at once.
func takeSequence(ctx context.Context, tx *store.Tx, prefix string, n int) (first int, err error) {
	var next int
	if _, err = tx.Exec(ctx, `INSERT INTO asset_sequence (prefix, next) VALUES ($1, $2)
		ON CONFLICT (prefix) DO UPDATE SET next = asset_sequence.next + excluded.next`, prefix, n); err != nil {
		return 0, err
	}
	err = tx.QueryRow(ctx, `SELECT next FROM asset_sequence WHERE prefix = $1`, prefix).Scan(&next)
	return next - n, err
}

// taken lists the codes in use that begin with a prefix.
func taken(ctx context.Context, q store.Queryer, prefix string) (map[ebd.ResourceCode]bool, error) {
	codes, err := store.Collect(ctx, q, func(r *sql.Rows) (c ebd.ResourceCode, err error) {
		err = r.Scan(&c)
		return c, err
	}, `SELECT code FROM asset_device WHERE code >= $1 AND code < $2`, prefix, prefix+":") // ':' follows '9'
	out := make(map[ebd.ResourceCode]bool, len(codes))
	for _, c := range codes {
		out[c] = true
	}
	return out, err
}
