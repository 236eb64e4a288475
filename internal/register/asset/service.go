package asset

import (
	"context"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/event"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Permissions of this module.
const (
	PermRead    auth.Permission = "asset.read"
	PermWrite   auth.Permission = "asset.write"
	PermOperate auth.Permission = "asset.operate" // settings and test tones of devices in service
	PermEnrol   auth.Permission = "asset.enrol"
	PermImport  auth.Permission = "asset.import"
	PermExport  auth.Permission = "asset.export"
)

// NewDevice is a device to register.
type NewDevice struct {
	Code string `json:"code,omitempty" maxLength:"23" doc:"Resource code; the next free one of the region when empty"`
	Kind Kind   `json:"kind" enum:"loudspeaker,adapter,transmitter,fm,tv,screen,set_top_box,probe,sensor,station"`
	Facts
	Whereabouts
	Sample bool `json:"-"`
}

// RegisterDevice adds one device. Without a code it is given the next free one.
func (m *Module) RegisterDevice(ctx context.Context, n NewDevice) (*Device, error) {
	d, err := m.prepare(ctx, PermWrite, n)
	if err != nil {
		return nil, err
	}
	err = m.db.Update(ctx, func(tx *store.Tx) error {
		if err := m.settleCode(ctx, tx, d, n.Code); err != nil {
			return err
		}
		if err := checkSite(ctx, tx, d); err != nil {
			return err
		}
		if err := checkTwin(ctx, tx, d); err != nil {
			return err
		}
		return m.enter(ctx, tx, []*Device{d})
	})
	if err != nil {
		return nil, err
	}
	m.changed()
	return d, nil
}

// prepare makes a device of what somebody wrote and checks all that needs no transaction.
func (m *Module) prepare(ctx context.Context, perm auth.Permission, n NewDevice) (*Device, error) {
	now := m.clock.Now()
	d := &Device{ID: store.NewID(now), Kind: n.Kind, Facts: n.Facts, Whereabouts: n.Whereabouts, State: Planned, Sample: n.Sample,
		Version: 1, CreatedAt: now, UpdatedAt: now}
	bad := d.check(now)
	r, err := m.regions.find(ctx, n.RegionCode)
	if err != nil {
		bad.Add(fault.Of(err).At("regionCode"))
	} else {
		away, err := m.regions.outside(ctx, n.Whereabouts)
		if err != nil {
			return nil, err
		}
		bad.Add(away)
	}
	if n.Code != "" {
		var f *fault.Error
		d.Code, f = parseCode(n.Code, n.Kind)
		bad.Add(f)
	}
	if err := bad.OrNil(); err != nil {
		return nil, err
	}
	d.RegionPath, d.Region = r.path, r.name
	return d, auth.Check(ctx, perm, d.RegionPath)
}

// settleCode gives a device its code, or makes sure that the wanted one was never used.
func (m *Module) settleCode(ctx context.Context, tx *store.Tx, d *Device, wanted string) error {
	if wanted == "" {
		codes, err := allocate(ctx, tx, ebd.AreaCode(d.RegionCode), d.Kind, 1, nil)
		if err == nil {
			d.Code = codes[0]
		}
		return err
	}
	known, err := existing(ctx, tx, []ebd.ResourceCode{d.Code})
	if err == nil && known[d.Code] != nil {
		return fault.New(fault.Conflict, "asset.code.taken", fault.Args{"code": d.Code}).At("code")
	}
	return err
}

// enter writes new devices with all that their coming leaves behind: history, one audit
// record, one event for up to a thousand.
func (m *Module) enter(ctx context.Context, tx *store.Tx, list []*Device) error {
	if err := insertDevices(ctx, tx, m.terminals.Period, list...); err != nil {
		return err
	}
	haps, refs := make([]happening, len(list)), make([]event.DeviceRef, len(list))
	for i, d := range list {
		haps[i] = happening{deviceID: d.ID, at: tx.Now, kind: hapRegistered, detail: map[string]any{"by": auth.Who(ctx).Name}}
		refs[i] = d.ref()
	}
	if err := addHappenings(ctx, tx, haps); err != nil {
		return err
	}
	entry := audit.Entry{Action: "asset.register", Object: "asset:" + list[0].ID, RegionPath: list[0].RegionPath,
		Detail: map[string]any{"code": list[0].Code, "kind": list[0].Kind, "name": list[0].Name}}
	if len(list) > 1 {
		entry.RegionPath = commonPath(list)
		entry.Detail = map[string]any{"count": len(list), "first": list[0].Code, "last": list[len(list)-1].Code}
	}
	if err := audit.Write(ctx, tx, entry); err != nil {
		return err
	}
	for len(refs) > 0 {
		n := min(len(refs), maxBatch)
		if err := tx.Emit(ctx, event.AssetRegistered{Devices: refs[:n]}); err != nil {
			return err
		}
		refs = refs[n:]
	}
	return nil
}

// amend is the shape of every change to one device: read, guard, change, write, and
// leave history, audit and event in the same transaction.
func (m *Module) amend(ctx context.Context, perm auth.Permission, id string, version int64, what string,
	fn func(tx *store.Tx, d *Device) (detail map[string]any, err error)) (*Device, error) {
	var d *Device
	mute := what == hapSuspended || what == hapReplaced || what == hapRetired // it may no longer speak
	var wasOnline bool
	err := m.db.Update(ctx, func(tx *store.Tx) (err error) {
		if d, err = readDevice(ctx, tx, id); err != nil {
			return err
		}
		if err := guard(ctx, perm, d.RegionPath); err != nil {
			return err
		}
		if d.Version != version {
			return fault.New(fault.Stale, "stale")
		}
		if d.State == Retired {
			return fault.New(fault.Conflict, "asset.device.retired")
		}
		detail, err := fn(tx, d)
		if err != nil {
			return err
		}
		if err := updateDevice(ctx, tx, d); err != nil {
			return err
		}
		haps := []happening{{deviceID: d.ID, at: tx.Now, kind: what, detail: with(detail, "by", auth.Who(ctx).Name)}}
		if mute {
			if wasOnline, err = hushed(ctx, tx, d.ID); err != nil {
				return err
			}
		}
		if wasOnline {
			haps = append(haps, happening{deviceID: d.ID, at: tx.Now, kind: hapOffline})
			e := event.DevicesOffline{Batch: store.NewID(tx.Now), At: tx.Now.UnixMicro(), IDs: []string{d.ID}, Regions: map[string]int{d.RegionPath: 1}}
			if err := tx.Emit(ctx, e); err != nil {
				return err
			}
		}
		if err := addHappenings(ctx, tx, haps); err != nil {
			return err
		}
		if err := audit.Write(ctx, tx, audit.Entry{Action: "asset." + verbs[what], Object: "asset:" + d.ID, RegionPath: d.RegionPath,
			Detail: with(detail, "code", d.Code)}); err != nil {
			return err
		}
		if what == hapRetired {
			return tx.Emit(ctx, event.AssetRetired{Device: d.ref()})
		}
		return tx.Emit(ctx, event.AssetChanged{What: verbs[what], Devices: []event.DeviceRef{d.ref()}})
	})
	if err != nil {
		return nil, err
	}
	if who := m.roster.peek(string(d.Code)); mute && who != nil {
		who.lastFrame.Store(0)
	}
	if wasOnline {
		m.news.add(d.RegionPath, delta{string(d.Code), Offline, 0})
	}
	m.forget(d.Code)
	if mute { // after it is forgotten, so that it is not let in again
		m.gateway.Drop(string(d.Code))
	}
	m.changed()
	return d, m.nameRegions(ctx, d)
}

var verbs = map[string]string{hapChanged: "change", hapMoved: "move", hapReplaced: "replace", hapSuspended: "suspend",
	hapResumed: "resume", hapRetired: "retire"}

// guard refuses with "not found" what the asker may not even see.
func guard(ctx context.Context, perm auth.Permission, path string) error {
	if p := auth.From(ctx); p != nil && !p.Scope(PermRead).Allows(path) && !p.Scope(perm).Allows(path) {
		return fault.New(fault.NotFound, "asset.device.not_found")
	}
	return auth.Check(ctx, perm, path)
}

// with is detail and one more value.
func with(detail map[string]any, key string, value any) map[string]any {
	out := map[string]any{key: value}
	for k, v := range detail {
		out[k] = v
	}
	return out
}

// commonPath is the innermost region that holds all the devices.
func commonPath(list []*Device) string {
	path := list[0].RegionPath
	for _, d := range list[1:] {
		n := 0
		for n < len(path) && n < len(d.RegionPath) && path[n] == d.RegionPath[n] {
			n++
		}
		path = path[:n]
	}
	for len(path) > 0 && path[len(path)-1] != '.' {
		path = path[:len(path)-1]
	}
	return path
}
