package asset

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"
	"unique"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const conditionColumns = `c.condition, c.last_seen, c.since, c.period, c.power, c.battery, c.link, c.rssi, c.volume, c.faults,
	c.playing, c.uptime, c.boots, c.firmware, c.clock_off`

// targets are the places of conditionColumns.
func (c *Condition) targets() []any {
	return []any{&c.Presence, optionalTime{&c.LastSeen}, optionalTime{&c.Since}, &c.Period, &c.Power, &c.Battery, &c.Link, &c.RSSI, &c.Volume,
		store.ScanJSON(&c.Faults), &c.Playing, &c.Uptime, &c.Boots, &c.Firmware, &c.ClockOffset}
}

// optionalTime scans a time that may be absent.
type optionalTime struct{ t **time.Time }

func (o optionalTime) Scan(v any) error {
	if v == nil {
		*o.t = nil
		return nil
	}
	t := new(time.Time)
	*o.t = t
	return store.ScanTime(t).Scan(v)
}

// loadIdentities reads what the uplink must know of some devices; codes that none has
// are left out.
func (m *Module) loadIdentities(ctx context.Context, codes []string) (map[string]*identity, error) {
	out := make(map[string]*identity, len(codes))
	for len(codes) > 0 {
		n := piece(len(codes))
		var w store.Where
		w.In("d.code", codes[:n])
		list, err := store.Collect(ctx, m.db, func(r *sql.Rows) (*identity, error) {
			who := &identity{line: &line{}}
			var key sql.NullString
			var state, path, session string
			var counter, period int64
			if err := r.Scan(&who.id, &who.code, &state, &path, &key, &session, &counter, &period); err != nil {
				return nil, err
			}
			// Thousands share a state and a path.
			who.state, who.regionPath = State(unique.Make(state).Value()), unique.Make(path).Value()
			if raw, err := hex.DecodeString(session); err == nil && len(raw) == len(who.window.Session) {
				who.window = wire.Window{Session: wire.SessionID(raw), Counter: uint64(counter)}
			}
			if key.Valid {
				k, err := decodeKey(key.String)
				if err != nil {
					return nil, err
				}
				who.keyed, who.key = true, *k
			}
			who.period.Store(period)
			return who, nil
		}, `SELECT d.id, d.code, d.state, d.region_path, k.public_key, c.session, c.counter, c.period
			FROM asset_device d JOIN asset_condition c ON c.device_id = d.id
			LEFT JOIN asset_key k ON k.device_id = d.id AND k.revoked_at IS NULL`+w.SQL(), w.Args()...)
		if err != nil {
			return nil, err
		}
		for _, who := range list {
			out[string(who.code)] = who
		}
		codes = codes[n:]
	}
	return out, nil
}

const setCondition = `ON CONFLICT (device_id) DO UPDATE SET seen_key = excluded.seen_key, condition = excluded.condition,
	last_seen = excluded.last_seen, deadline = excluded.deadline, since = excluded.since, power = excluded.power, battery = excluded.battery,
	link = excluded.link, rssi = excluded.rssi, volume = excluded.volume, faults = excluded.faults, playing = excluded.playing,
	uptime = excluded.uptime, boots = excluded.boots, firmware = excluded.firmware, clock_off = excluded.clock_off,
	session = excluded.session, counter = excluded.counter`

const addSlot = `ON CONFLICT (device_id, width, slot) DO UPDATE SET beats = asset_heartbeat.beats + excluded.beats,
	battery = CASE WHEN excluded.battery IS NULL OR asset_heartbeat.battery < excluded.battery THEN asset_heartbeat.battery ELSE excluded.battery END,
	rssi = CASE WHEN excluded.rssi IS NULL OR asset_heartbeat.rssi < excluded.rssi THEN asset_heartbeat.rssi ELSE excluded.rssi END,
	volume = excluded.volume, on_mains = asset_heartbeat.on_mains + excluded.on_mains, faulty = asset_heartbeat.faulty + excluded.faulty`

// stillOnline leaves a device alone that went offline, or out of service, after it was read.
const stillOnline = ` WHERE asset_condition.condition = 'online'`

// saved is what came of a batch of heartbeats.
type saved struct {
	written []*beat
	woken   []*beat // of devices that were not online before
	haps    []happening
}

// saveBeats writes a batch of heartbeats, one per device. How a device stands that was online
// when an earlier batch was written is not read again.
func saveBeats(ctx context.Context, tx *store.Tx, batch []*beat) (out saved, err error) {
	slices.SortFunc(batch, func(a, b *beat) int { return strings.Compare(a.device.id, b.device.id) }) // one order of locks for all
	var read, kept []*beat
	known := make(map[string]*Condition, len(batch))
	for _, b := range batch {
		if known[b.device.id] = b.device.stands(); known[b.device.id] != nil {
			kept = append(kept, b)
		} else {
			read = append(read, b)
		}
	}
	rows, written := conditionRows(kept, known)
	touched, err := insertMany(ctx, tx, setInto, rows, setCondition+stillOnline)
	if err != nil {
		return out, err
	}
	if touched < int64(len(rows)) { // some went offline meanwhile, or out of service
		now, err := conditions(ctx, tx, written)
		if err != nil {
			return out, err
		}
		written = slices.DeleteFunc(written, func(b *beat) bool {
			gone := now[b.device.id] == nil || now[b.device.id].Presence != Online
			if gone {
				read = append(read, b)
			}
			return gone
		})
	}
	found, err := conditions(ctx, tx, read)
	if err != nil {
		return out, err
	}
	rows, more := conditionRows(read, found)
	if _, err := insertMany(ctx, tx, setInto, rows, setCondition); err != nil {
		return out, err
	}
	maps.Copy(known, found)
	out.written = append(written, more...)
	slots := make([][]any, 0, len(out.written))
	for _, b := range out.written {
		old, h := known[b.device.id], &b.heartbeat
		out.haps = append(out.haps, compare(b, old)...)
		if old.Presence != Online {
			out.woken = append(out.woken, b)
		}
		slots = append(slots, []any{b.device.id, fresh.width, fresh.start(b.at), b.count, h.Battery, h.RSSI, h.Volume, b.onMains, b.faulty})
	}
	if _, err = insertMany(ctx, tx, `asset_heartbeat (device_id, width, slot, beats, battery, rssi, volume, on_mains, faulty)`, slots, addSlot); err != nil {
		return out, err
	}
	return out, addHappenings(ctx, tx, out.haps)
}

// The row exists from the device's first day, so place_key is never taken from here.
const setInto = `asset_condition (device_id, place_key, seen_key, condition, last_seen, deadline, period, since, power,
	battery, link, rssi, volume, faults, playing, uptime, boots, firmware, clock_off, session, counter)`

// conditionRows are the heartbeats of the devices that are known and were not heard later,
// and their rows.
func conditionRows(batch []*beat, known map[string]*Condition) (rows [][]any, told []*beat) {
	for _, b := range batch {
		old := known[b.device.id]
		if old == nil || old.LastSeen != nil && old.LastSeen.After(b.at) {
			continue
		}
		h, faults := &b.heartbeat, b.heartbeat.Faults
		if faults == nil {
			faults = []string{}
		}
		b.since = b.at
		if old.Presence == Online && old.Since != nil {
			b.since = *old.Since
		}
		deadline := b.at.Add(silence * time.Duration(old.Period) * time.Second)
		rows = append(rows, []any{b.device.id, "", seenKey(b.at, b.device.id), string(Online), b.at.UnixMicro(), deadline.UnixMicro(),
			old.Period, b.since.UnixMicro(), string(h.Power), h.Battery, h.Link, h.RSSI, h.Volume, store.JSON(faults), h.Playing, h.Uptime,
			h.Boots, h.Firmware, h.At - b.at.UnixMicro(), hex.EncodeToString(b.window.Session[:]), int64(b.window.Counter)})
		told = append(told, b)
	}
	return rows, told
}

// conditions reads what is known of the devices in a batch that may still speak: what others
// said before they were suspended, replaced or retired does not bring them back.
func conditions(ctx context.Context, q store.Queryer, batch []*beat) (map[string]*Condition, error) {
	out := make(map[string]*Condition, len(batch))
	for len(batch) > 0 {
		n := piece(len(batch))
		var w store.Where
		ids := make([]string, n)
		for i, b := range batch[:n] {
			ids[i] = b.device.id
		}
		w.In("c.device_id", ids)
		w.In("d.state", []string{string(Enrolled), string(Active)})
		rows, err := q.Query(ctx, `SELECT c.device_id, `+conditionColumns+` FROM asset_condition c JOIN asset_device d ON d.id = c.device_id`+w.SQL(), w.Args()...)
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			c, id := new(Condition), ""
			if err := rows.Scan(append([]any{&id}, c.targets()...)...); err != nil {
				rows.Close()
				return nil, err
			}
			out[id] = c
		}
		rows.Close()
		if err := rows.Err(); err != nil {
			return nil, err
		}
		batch = batch[n:]
	}
	return out, nil
}

// silent is a device that fell silent.
type silent struct{ id, code, regionPath string }

// silenced marks up to limit devices offline that have been silent for their deadline,
// and for which we have listened long enough, and returns them. Those that were heard, whose
// heartbeats still wait to be written, are left out.
func silenced(ctx context.Context, tx *store.Tx, listening time.Duration, limit int, heard func(code string) bool) (out []silent, err error) {
	rows, err := tx.Query(ctx, `SELECT c.device_id, d.code, d.region_path FROM asset_condition c JOIN asset_device d ON d.id = c.device_id
		WHERE c.condition = 'online' AND c.deadline < $1 AND c.period * $2 <= $3 ORDER BY c.deadline`,
		tx.Now.UnixMicro(), silence*int64(time.Second/time.Microsecond), listening.Microseconds())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for len(out) < limit && rows.Next() {
		var s silent
		if err := rows.Scan(&s.id, &s.code, &s.regionPath); err != nil {
			return nil, err
		}
		if !heard(s.code) {
			out = append(out, s)
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	for left := out; len(left) > 0; {
		n := piece(len(left))
		ids := make([]string, n)
		for i, s := range left[:n] {
			ids[i] = s.id
		}
		var w store.Where
		set := `UPDATE asset_condition SET condition = ` + w.Arg(string(Offline)) + `, since = ` + w.Arg(tx.Now.UnixMicro())
		w.In("device_id", ids)
		if _, err := tx.Exec(ctx, set+w.SQL(), w.Args()...); err != nil {
			return nil, err
		}
		left = left[n:]
	}
	return out, nil
}

// hushed marks a device offline that may no longer speak, and tells whether it was online.
func hushed(ctx context.Context, tx *store.Tx, deviceID string) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE asset_condition SET condition = $1, since = $2 WHERE device_id = $3 AND condition = $4`,
		string(Offline), tx.Now.UnixMicro(), deviceID, string(Online))
	return n > 0, err
}

// activate makes devices active that were heard for the first time since they enrolled.
func activate(ctx context.Context, tx *store.Tx, ids []string) ([]*Device, error) {
	var w store.Where
	w.In("d.id", ids)
	w.And("d.state = ?", string(Enrolled))
	list, err := store.Collect(ctx, tx, func(r *sql.Rows) (*Device, error) {
		d := new(Device)
		into, finish := d.targets()
		err := r.Scan(into...)
		finish()
		return d, err
	}, `SELECT `+deviceColumns+` FROM asset_device d`+w.SQL(), w.Args()...)
	if err != nil {
		return nil, err
	}
	for _, d := range list {
		d.State = Active
		if d.Commissioned == "" {
			d.Commissioned = tx.Now.Format(time.DateOnly)
		}
		if err := updateDevice(ctx, tx, d); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// setPeriod notes how often a device will report from now on.
func setPeriod(ctx context.Context, tx *store.Tx, deviceID string, seconds int) error {
	_, err := tx.Exec(ctx, `UPDATE asset_condition SET period = $1, deadline = last_seen + $2 WHERE device_id = $3 AND period <> $1`,
		seconds, silence*int64(seconds)*int64(time.Second/time.Microsecond), deviceID)
	return err
}
