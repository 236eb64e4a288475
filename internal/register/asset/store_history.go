package asset

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const slotColumns = `device_id, slot, beats, battery, rssi, volume, on_mains, faulty`

// foldSlots merges up to a thousand slots of one width that begin before a time into
// slots of the next, or drops them when there is no next. It returns how many went.
func foldSlots(ctx context.Context, tx *store.Tx, from, into span, before time.Time) (int64, error) {
	var slot sql.NullInt64
	if err := tx.QueryRow(ctx, `SELECT min(slot) FROM asset_heartbeat WHERE width = $1 AND slot < $2`, from.width, before.UnixMicro()).Scan(&slot); err != nil || !slot.Valid {
		return 0, err
	}
	var ids []string
	rows, err := store.Collect(ctx, tx, func(r *sql.Rows) ([]any, error) {
		var id string
		var beats, mains, faulty, was int64
		var battery, rssi, volume *int64
		err := r.Scan(&id, &was, &beats, &battery, &rssi, &volume, &mains, &faulty)
		ids = append(ids, id)
		return []any{id, into.width, into.width, beats, battery, rssi, volume, mains, faulty}, err
	}, `SELECT `+slotColumns+` FROM asset_heartbeat WHERE width = $1 AND slot = $2 LIMIT $3`, from.width, slot.Int64, maxBatch)
	if err != nil {
		return 0, err
	}
	if into.width > 0 {
		start := into.start(time.UnixMicro(slot.Int64))
		for _, r := range rows {
			r[2] = start
		}
		if _, err := insertMany(ctx, tx, `asset_heartbeat (device_id, width, slot, beats, battery, rssi, volume, on_mains, faulty)`, rows, addSlot); err != nil {
			return 0, err
		}
	}
	var w store.Where
	w.And("width = ? AND slot = ?", from.width, slot.Int64)
	w.In("device_id", ids)
	return tx.Exec(ctx, `DELETE FROM asset_heartbeat`+w.SQL(), w.Args()...)
}

// dropOld forgets happenings, instructions and imports after their time.
func dropOld(ctx context.Context, tx *store.Tx, now time.Time) error {
	if _, err := tx.Exec(ctx, `DELETE FROM asset_event WHERE id IN (SELECT id FROM asset_event WHERE at < $1 LIMIT 10000)`,
		now.Add(-eventAge).UnixMicro()); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM asset_instruction WHERE until < $1`, now.UnixMicro()); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM asset_import WHERE ended_at < $1`, now.Add(-importAge).UnixMicro())
	return err
}

// Slot is the heartbeats of a stretch of time.
type Slot struct {
	Start   time.Time `json:"start"`
	Seconds int64     `json:"seconds" doc:"Width of the slot"`
	Beats   int64     `json:"beats" doc:"Heartbeats heard in it"`
	Battery *int      `json:"battery,omitempty" doc:"Lowest, percent"`
	RSSI    *int      `json:"rssi,omitempty" doc:"Lowest, dBm"`
	Volume  *int      `json:"volume,omitempty" doc:"Last"`
	OnMains int64     `json:"onMains" doc:"Heartbeats on mains power"`
	Faulty  int64     `json:"faulty" doc:"Heartbeats that named a fault"`
}

// slots reads a device's heartbeats between two times, oldest first. Slots of all widths
// are disjoint, since a slot is folded or kept, never both.
func slots(ctx context.Context, q store.Queryer, deviceID string, from, to time.Time) ([]Slot, error) {
	return store.Collect(ctx, q, func(r *sql.Rows) (s Slot, err error) {
		err = r.Scan(&s.Seconds, store.ScanTime(&s.Start), &s.Beats, &s.Battery, &s.RSSI, &s.Volume, &s.OnMains, &s.Faulty)
		return s, err
	}, `SELECT width, slot, beats, battery, rssi, volume, on_mains, faulty FROM asset_heartbeat
		WHERE device_id = $1 AND width IN ($2, $3, $4) AND slot >= $5 AND slot < $6 ORDER BY slot LIMIT 2000`,
		deviceID, fresh.width, hours.width, days.width, from.UnixMicro(), to.UnixMicro())
}

// Happening is a line in a device's history.
type Happening struct {
	ID     string          `json:"id"`
	At     time.Time       `json:"at"`
	Kind   string          `json:"kind" doc:"registered, changed, moved, enrolled, activated, replaced, suspended, resumed, retired, online, offline, fault, recovered, power, restarted, result, refused"`
	Detail json.RawMessage `json:"detail"`
}

// happenings lists what happened to a device, newest first.
func happenings(ctx context.Context, q store.Queryer, deviceID string, kinds []string, page store.Page) (store.Listing[Happening], error) {
	var w store.Where
	w.And("device_id = ?", deviceID)
	if len(kinds) > 0 {
		w.In("kind", kinds)
	}
	return store.List(ctx, q, store.ListQuery[Happening]{
		Columns: "id, at, kind, detail", From: "asset_event", Where: &w, Key: "id", Descending: true, Page: page, SkipTotal: true,
		Scan: func(r *sql.Rows) (h Happening, err error) {
			var detail string
			err = r.Scan(&h.ID, store.ScanTime(&h.At), &h.Kind, &detail)
			h.Detail = json.RawMessage(detail)
			return h, err
		},
		KeyOf: func(h Happening) string { return h.ID },
	})
}

func insertRecording(ctx context.Context, tx *store.Tx, digest, deviceID string, size int) (added bool, err error) {
	n, err := tx.Exec(ctx, `INSERT INTO asset_sample (sm3, device_id, bytes, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		digest, deviceID, size, tx.Now.UnixMicro())
	return n == 1, err
}

func recordedAt(ctx context.Context, q store.Queryer, digest, deviceID string) (at time.Time, err error) {
	err = q.QueryRow(ctx, `SELECT at FROM asset_sample WHERE sm3 = $1 AND device_id = $2`, digest, deviceID).Scan(store.ScanTime(&at))
	return at, notFound(err, "asset.recording.not_found")
}

// dropRecordings forgets some recordings made before a time and returns those that no
// device refers to any more.
func dropRecordings(ctx context.Context, tx *store.Tx, before time.Time) (gone []string, err error) {
	digests, err := store.Collect(ctx, tx, func(r *sql.Rows) (d string, err error) {
		err = r.Scan(&d)
		return d, err
	}, `DELETE FROM asset_sample WHERE sm3 IN (SELECT sm3 FROM asset_sample WHERE at < $1 ORDER BY at LIMIT 100) AND at < $1 RETURNING sm3`, before.UnixMicro())
	for _, d := range digests {
		var left int
		if err == nil {
			err = tx.QueryRow(ctx, `SELECT count(*) FROM asset_sample WHERE sm3 = $1`, d).Scan(&left)
		}
		if left == 0 {
			gone = append(gone, d)
		}
	}
	return gone, err
}
