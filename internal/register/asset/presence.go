package asset

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/event"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// saveBatch writes heartbeats: the condition, the history and what changed, then tells
// of devices that woke. A batch that cannot be written is dropped: the next heartbeats
// say the same.
func (m *Module) saveBatch(ctx context.Context, batch []beat) {
	by := make(map[string]*beat, len(batch))
	folded := make([]*beat, 0, len(batch))
	for i := range batch {
		b := &batch[i]
		if first := by[b.device.id]; first != nil {
			first.fold(b)
			continue
		}
		by[b.device.id] = b
		folded = append(folded, b)
	}
	var out saved
	err := m.db.Telemetry(ctx, func(tx *store.Tx) (err error) {
		if out, err = saveBeats(ctx, tx, folded); err != nil {
			return err
		}
		if e := ailing(tx, out.haps, by); len(e.Devices) > 0 {
			if err := tx.Emit(ctx, e); err != nil {
				return err
			}
		}
		if len(out.woken) == 0 {
			return nil
		}
		e := event.DevicesOnline{Batch: store.NewID(tx.Now), At: tx.Now.UnixMicro(), Regions: map[string]int{}}
		for _, b := range out.woken {
			e.IDs = append(e.IDs, b.device.id)
			e.Regions[b.device.regionPath]++
		}
		return tx.Emit(ctx, e)
	})
	if err != nil {
		m.lost("heartbeats were not stored", err, "count", len(folded))
		return
	}
	for _, b := range folded {
		b.device.standing.Store(nil)
	}
	for _, b := range out.written {
		b.device.standing.Store(b.standing())
	}
	told := map[string]bool{}
	for _, h := range out.haps {
		if b := by[h.deviceID]; !told[h.deviceID] {
			told[h.deviceID] = true
			m.news.add(b.device.regionPath, delta{string(b.device.code), Online, len(b.heartbeat.Faults)})
		}
	}
	m.activateHeard(ctx, folded)
}

// ailing says which devices of a batch began to name faults, or ceased to name any.
func ailing(tx *store.Tx, haps []happening, by map[string]*beat) event.DevicesAiling {
	e := event.DevicesAiling{Batch: store.NewID(tx.Now), At: tx.Now.UnixMicro()}
	told := map[string]bool{}
	for _, h := range haps {
		b := by[h.deviceID]
		if told[h.deviceID] || h.kind != hapFault && (h.kind != hapRecovered || len(b.heartbeat.Faults) > 0) {
			continue
		}
		told[h.deviceID] = true
		e.Devices = append(e.Devices, event.Ailment{ID: h.deviceID, Code: string(b.device.code), RegionPath: b.device.regionPath, Faults: b.heartbeat.Faults})
	}
	return e
}

// lost logs what was not stored, unless for a full disk, of which the store tells once.
func (m *Module) lost(what string, err error, args ...any) {
	if !fault.IsKind(err, fault.Full) {
		m.log.Error(what, append(args, "error", err)...)
	}
}

// activateHeard makes active what was enrolled and is now heard.
func (m *Module) activateHeard(ctx context.Context, batch []*beat) {
	var ids []string
	for _, b := range batch {
		if b.device.state == Enrolled && !b.device.heard.Load() {
			ids = append(ids, b.device.id)
		}
	}
	if len(ids) == 0 {
		return
	}
	ctx = auth.As(ctx, auth.Actor{ID: "system:asset", Name: "asset"})
	err := m.db.Update(ctx, func(tx *store.Tx) error {
		list, err := activate(ctx, tx, ids)
		if err != nil || len(list) == 0 {
			return err
		}
		haps, refs := make([]happening, len(list)), make([]event.DeviceRef, len(list))
		for i, d := range list {
			haps[i], refs[i] = happening{deviceID: d.ID, at: tx.Now, kind: hapActivated}, d.ref()
		}
		if err := addHappenings(ctx, tx, haps); err != nil {
			return err
		}
		if err := audit.Write(ctx, tx, audit.Entry{Action: "asset.activate", Object: "asset:" + list[0].ID, RegionPath: commonPath(list),
			Detail: map[string]any{"count": len(list), "ids": ids}}); err != nil {
			return err
		}
		return tx.Emit(ctx, event.AssetChanged{What: "activate", Devices: refs})
	})
	if err != nil {
		m.log.Error("enrolled devices were heard but not made active", "count", len(ids), "error", err)
		return
	}
	for _, b := range batch {
		b.device.heard.Store(true)
	}
}

func (m *Module) heard(code string) bool { return m.Online(ebd.ResourceCode(code)) }

// sweepSilent declares offline what has been silent for three of its periods. Silence
// counts only from when this process began to listen: after a restart nobody is offline
// before a full window has passed.
func (m *Module) sweepSilent(ctx context.Context) {
	listening := m.clock.Now().Sub(m.listening)
	for {
		var list []silent
		err := m.db.Telemetry(ctx, func(tx *store.Tx) (err error) {
			if list, err = silenced(ctx, tx, listening, maxBatch, m.heard); err != nil || len(list) == 0 {
				return err
			}
			e := event.DevicesOffline{Batch: store.NewID(tx.Now), At: tx.Now.UnixMicro(), Regions: map[string]int{}}
			haps := make([]happening, len(list))
			for i, s := range list {
				haps[i] = happening{deviceID: s.id, at: tx.Now, kind: hapOffline}
				e.IDs = append(e.IDs, s.id)
				e.Regions[s.regionPath]++
			}
			if err := addHappenings(ctx, tx, haps); err != nil {
				return err
			}
			return tx.Emit(ctx, e)
		})
		if err != nil {
			if ctx.Err() == nil {
				m.lost("silent devices were not noted", err)
			}
			return
		}
		for _, s := range list {
			if who := m.roster.peek(s.code); who != nil {
				who.standing.Store(nil)
			}
			m.news.add(s.regionPath, delta{s.code, Offline, 0})
		}
		if len(list) < maxBatch {
			return
		}
	}
}

// delta is what browsers are told of a device: its code, presence and number of faults.
type delta struct {
	code     string
	presence Presence
	faults   int
}

// newsdesk gathers deltas and tells them at most four times a second, newest state only.
type newsdesk struct {
	mu   sync.Mutex
	by   map[string]map[string]delta // region path, code
	tell func(regionPath string, rows [][3]any)
}

const (
	newsEvery = 250 * time.Millisecond
	// A browser that reads slowly is cut off at 256 waiting pieces of news, so a storm
	// over a whole city is told over several turns.
	newsRegions = 48
)

func (n *newsdesk) add(regionPath string, d delta) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.by == nil {
		n.by = map[string]map[string]delta{}
	}
	if n.by[regionPath] == nil {
		n.by[regionPath] = map[string]delta{}
	}
	n.by[regionPath][d.code] = d
}

func (n *newsdesk) publish(context.Context) {
	n.mu.Lock()
	turn := map[string]map[string]delta{}
	for path, deltas := range n.by {
		if len(turn) == newsRegions {
			break
		}
		turn[path] = deltas
		delete(n.by, path)
	}
	n.mu.Unlock()
	for _, path := range slices.Sorted(maps.Keys(turn)) {
		rows := make([][3]any, 0, len(turn[path]))
		for _, code := range slices.Sorted(maps.Keys(turn[path])) {
			d := turn[path][code]
			rows = append(rows, [3]any{d.code, d.presence, d.faults})
		}
		n.tell(path, rows)
	}
}
