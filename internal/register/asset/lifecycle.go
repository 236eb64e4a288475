package asset

import (
	"context"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Change writes a device's facts anew.
func (m *Module) Change(ctx context.Context, id string, version int64, facts Facts) (*Device, error) {
	return m.amend(ctx, PermWrite, id, version, hapChanged, func(tx *store.Tx, d *Device) (map[string]any, error) {
		old := d.Facts
		d.Facts = facts
		if err := d.check(tx.Now).OrNil(); err != nil {
			return nil, err
		}
		if err := checkSite(ctx, tx, d); err != nil {
			return nil, err
		}
		if facts.hardware() != old.hardware() {
			if err := checkTwin(ctx, tx, d); err != nil {
				return nil, err
			}
		}
		return map[string]any{"changes": differences(old, facts)}, nil
	})
}

// Move puts a device elsewhere, and tells it so. Its code stays what it is: a code is for
// life.
func (m *Module) Move(ctx context.Context, id string, version int64, to Whereabouts, siteID string) (*Device, error) {
	r, err := m.regions.find(ctx, to.RegionCode)
	if err != nil {
		return nil, fault.Of(err).At("regionCode")
	}
	away, err := m.regions.outside(ctx, to)
	if err != nil {
		return nil, err
	}
	d, err := m.amend(ctx, PermWrite, id, version, hapMoved, func(tx *store.Tx, d *Device) (map[string]any, error) {
		if err := auth.Check(ctx, PermWrite, r.path); err != nil { // both where it was and where it goes
			return nil, err
		}
		detail := map[string]any{"from": d.RegionCode, "to": to.RegionCode, "fromPosition": d.Position, "toPosition": to.Position}
		old := *d
		d.Whereabouts, d.RegionPath, d.SiteID = to, r.path, siteID
		bad := d.check(tx.Now)
		if relocated(&old, d) {
			bad.Add(away)
		}
		if err := bad.OrNil(); err != nil {
			return nil, err
		}
		if err := checkSite(ctx, tx, d); err != nil {
			return nil, err
		}
		return detail, tellPlaces(ctx, tx, d)
	})
	if err == nil {
		m.deliver(ctx, []string{d.ID})
	}
	return d, err
}

// Suspend keeps a device from connecting and from being addressed until Resume.
func (m *Module) Suspend(ctx context.Context, id string, version int64, reason string) (*Device, error) {
	return m.amend(ctx, PermWrite, id, version, hapSuspended, func(_ *store.Tx, d *Device) (map[string]any, error) {
		if d.State == Suspended {
			return nil, fault.New(fault.Conflict, "asset.device.suspended")
		}
		d.State = Suspended
		return map[string]any{"reason": reason}, nil
	})
}

// Resume ends a suspension. The device is what its key and history make it.
func (m *Module) Resume(ctx context.Context, id string, version int64) (*Device, error) {
	return m.amend(ctx, PermWrite, id, version, hapResumed, func(tx *store.Tx, d *Device) (map[string]any, error) {
		if d.State != Suspended {
			return nil, fault.New(fault.Conflict, "asset.device.not_suspended")
		}
		key, err := currentKey(ctx, tx, d.ID)
		switch {
		case err != nil:
			return nil, err
		case key == nil:
			d.State = Planned
		default:
			d.State = Enrolled // active again with its first frame
		}
		return nil, nil
	})
}

// Retire ends a device's service for good: key and tokens are revoked, the code is
// never used again, the history stays.
func (m *Module) Retire(ctx context.Context, id string, version int64, reason string) (*Device, error) {
	return m.amend(ctx, PermWrite, id, version, hapRetired, func(tx *store.Tx, d *Device) (map[string]any, error) {
		d.State = Retired
		return map[string]any{"reason": reason}, revoke(ctx, tx, d.ID, "retired")
	})
}

// Hardware names the device that now stands behind a code.
type Hardware struct {
	Model  string `json:"model,omitempty" maxLength:"64"`
	Maker  string `json:"maker,omitempty" maxLength:"100"`
	Serial string `json:"serial,omitempty" maxLength:"64"`
}

// Replace puts new hardware behind the same code: the old key is revoked at once, the
// history is kept, and a one-time token is given for the new hardware to enrol with.
func (m *Module) Replace(ctx context.Context, id string, version int64, with Hardware, reason string) (*Device, *Grant, error) {
	var grant *Grant
	d, err := m.amend(ctx, PermEnrol, id, version, hapReplaced, func(tx *store.Tx, d *Device) (map[string]any, error) {
		detail := map[string]any{"reason": reason, "oldModel": d.Model, "oldSerial": d.Serial, "model": with.Model, "serial": with.Serial}
		d.Model, d.Maker, d.Serial, d.State = with.Model, with.Maker, with.Serial, Planned
		if err := d.check(tx.Now).OrNil(); err != nil {
			return nil, err
		}
		if err := checkTwin(ctx, tx, d); err != nil {
			return nil, err
		}
		if err := revoke(ctx, tx, d.ID, "replaced"); err != nil {
			return nil, err
		}
		var err error
		grant, err = m.issue(ctx, tx, tokenFor(d))
		return detail, err
	})
	return d, grant, err
}

// differences lists what changed, field by field, for the history and the audit.
func differences(old, now Facts) map[string][2]any {
	out := map[string][2]any{}
	for _, f := range []struct {
		name     string
		old, now any
	}{
		{"name", old.Name, now.Name}, {"model", old.Model, now.Model}, {"maker", old.Maker, now.Maker},
		{"serial", old.Serial, now.Serial}, {"owner", old.Owner, now.Owner}, {"contact", old.Contact, now.Contact},
		{"siteId", old.SiteID, now.SiteID}, {"microphone", old.Microphone, now.Microphone},
		{"installed", old.Installed, now.Installed}, {"commissioned", old.Commissioned, now.Commissioned},
	} {
		if f.old != f.now {
			out[f.name] = [2]any{f.old, f.now}
		}
	}
	return out
}
