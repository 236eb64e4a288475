package asset

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/event"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Grant is leave to enrol: one device, or a number of planned devices of a region.
type Grant struct {
	ID         string           `json:"id"`
	Token      string           `json:"token,omitempty" doc:"Told once, when it is made; only its digest is kept"`
	DeviceID   string           `json:"deviceId,omitempty"`
	Code       ebd.ResourceCode `json:"code,omitempty" doc:"The one device it is for; absent for a batch"`
	RegionPath string           `json:"regionPath"`
	Kind       Kind             `json:"kind,omitempty"`
	Sample     bool             `json:"sample"`
	Total      int              `json:"total"`
	Used       int              `json:"used"`
	ExpiresAt  time.Time        `json:"expiresAt"`
	CreatedAt  time.Time        `json:"createdAt"`
	CreatedBy  string           `json:"createdBy"`
	Revoked    bool             `json:"revoked"`
}

// grantLife is how long a one-time token is good: long enough to carry it to a pole in
// the hills, short enough not to be lying about.
const grantLife = 14 * 24 * time.Hour

// tokenFor is the one-time grant of a device.
func tokenFor(d *Device) Grant {
	return Grant{DeviceID: d.ID, Code: d.Code, RegionPath: d.RegionPath, Kind: d.Kind, Sample: d.Sample, Total: 1}
}

// issue stores a grant and returns it with its token. Earlier unused tokens of the same
// device are revoked: the newest piece of paper is the only good one.
func (m *Module) issue(ctx context.Context, tx *store.Tx, g Grant) (*Grant, error) {
	g.ID, g.CreatedAt, g.CreatedBy, g.Token = store.NewID(tx.Now), tx.Now, auth.Who(ctx).ID, rand.Text()
	if g.ExpiresAt.IsZero() {
		g.ExpiresAt = tx.Now.Add(grantLife)
	}
	if g.DeviceID != "" {
		if err := revokeTokens(ctx, tx, g.DeviceID); err != nil {
			return nil, err
		}
	}
	return &g, insertGrant(ctx, tx, &g, digest(g.Token))
}

// digest is how a token is kept. It holds 128 random bits, so a plain hash is enough.
func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// IssueToken makes a one-time token for a planned device.
func (m *Module) IssueToken(ctx context.Context, id string) (grant *Grant, err error) {
	err = m.db.Update(ctx, func(tx *store.Tx) error {
		d, err := readDevice(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := guard(ctx, PermEnrol, d.RegionPath); err != nil {
			return err
		}
		if d.State != Planned {
			return fault.New(fault.Conflict, "asset.token.not_planned", fault.Args{"state": d.State})
		}
		if grant, err = m.issue(ctx, tx, tokenFor(d)); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "asset.token.issue", Object: "asset:" + d.ID, RegionPath: d.RegionPath,
			Detail: map[string]any{"token": grant.ID, "expires": grant.ExpiresAt}})
	})
	return grant, err
}

// Batch describes a token for many devices.
type Batch struct {
	RegionCode string    `json:"regionCode" pattern:"^[0-9]{12}$" doc:"Planned devices within this region may use it"`
	Kind       Kind      `json:"kind,omitempty" enum:"loudspeaker,adapter,transmitter,fm,tv,screen,set_top_box,probe,sensor,station"`
	Count      int       `json:"count" minimum:"1" maximum:"100000"`
	ExpiresAt  time.Time `json:"expiresAt" doc:"At most a year ahead"`
}

// IssueBatch makes a token with which many devices of a region may enrol.
func (m *Module) IssueBatch(ctx context.Context, b Batch) (grant *Grant, err error) {
	r, err := m.regions.find(ctx, b.RegionCode)
	if err != nil {
		return nil, fault.Of(err).At("regionCode")
	}
	if err := auth.Check(ctx, PermEnrol, r.path); err != nil {
		return nil, err
	}
	if now := m.clock.Now(); !b.ExpiresAt.After(now) || b.ExpiresAt.After(now.AddDate(1, 0, 0)) {
		return nil, fault.Bad("expiresAt", "asset.token.expiry")
	}
	if b.Count < 1 || b.Count > 100_000 {
		return nil, fault.Bad("count", "asset.token.count", fault.Args{"limit": 100_000})
	}
	err = m.db.Update(ctx, func(tx *store.Tx) error {
		grant, err = m.issue(ctx, tx, Grant{RegionPath: r.path, Kind: b.Kind, Total: b.Count, ExpiresAt: b.ExpiresAt.UTC()})
		if err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "asset.token.issue", Object: "asset.token:" + grant.ID, RegionPath: r.path,
			Detail: map[string]any{"count": b.Count, "kind": b.Kind, "expires": grant.ExpiresAt}})
	})
	return grant, err
}

// Tokens lists the tokens within the asker's grants, newest first.
func (m *Module) Tokens(ctx context.Context, page store.Page) (store.Listing[Grant], error) {
	return grants(ctx, m.db, auth.ScopeOf(ctx, PermEnrol), page)
}

// RevokeToken ends a token before its time.
func (m *Module) RevokeToken(ctx context.Context, id string) error {
	return m.db.Update(ctx, func(tx *store.Tx) error {
		g, err := readGrant(ctx, tx, "id", id)
		if err != nil {
			return notFound(err, "asset.token.not_found")
		}
		if err := guard(ctx, PermEnrol, g.RegionPath); err != nil {
			return err
		}
		if err := revokeGrant(ctx, tx, id); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "asset.token.revoke", Object: "asset.token:" + id, RegionPath: g.RegionPath})
	})
}

// Enrol binds a device's key to its code. The request has proved that the device holds
// the private key. A device whose answer was lost may ask again with the same key.
func (m *Module) Enrol(ctx context.Context, req *wire.EnrolRequest) (*wire.EnrolResponse, error) {
	key := base64.RawURLEncoding.EncodeToString(req.Key[:])
	var d *Device
	err := m.db.Update(ctx, func(tx *store.Tx) (err error) {
		g, err := m.usable(ctx, tx, req.Token)
		if err != nil {
			return err
		}
		if d, err = m.claimed(ctx, tx, g, req, key); err != nil {
			return err
		}
		holder, err := currentKey(ctx, tx, d.ID)
		if err != nil {
			return err
		}
		if holder != nil && *holder == ebd.PublicKey(req.Key) {
			// It did not hear our answer.
			return audit.Write(ctx, tx, audit.Entry{Action: "asset.enrol.repeat", Object: "asset:" + d.ID, RegionPath: d.RegionPath,
				Detail: map[string]any{"code": d.Code, "token": g.ID}})
		}
		if holder != nil || d.State != Planned {
			return fault.New(fault.Conflict, "asset.enrol.taken", fault.Args{"code": d.Code})
		}
		if g.Used >= g.Total {
			return fault.New(fault.Forbidden, "asset.enrol.token_used")
		}
		return m.bind(auth.As(ctx, auth.Actor{ID: "device:" + string(d.Code), Name: d.Name, Address: auth.Who(ctx).Address}), tx, g, d, req, key)
	})
	if err != nil {
		return nil, err
	}
	m.forget(d.Code)
	return m.welcome(d)
}

// usable finds the grant of a token and says why it is no good. Those who come with the
// same token take turns, so that no two are given the same planned device.
func (m *Module) usable(ctx context.Context, tx *store.Tx, token string) (*Grant, error) {
	if err := holdGrant(ctx, tx, digest(token)); err != nil {
		return nil, err
	}
	g, err := readGrant(ctx, tx, "hash", digest(token))
	switch {
	case err != nil:
		return nil, notFound(err, "asset.enrol.token_unknown")
	case g.Revoked:
		return nil, fault.New(fault.Forbidden, "asset.enrol.token_revoked")
	case !tx.Now.Before(g.ExpiresAt):
		return nil, fault.New(fault.Forbidden, "asset.enrol.token_expired")
	}
	return g, nil
}

// claimed is the device that a request speaks for: the grant's own, the one it names
// within a batch, or, if it names none, the one its key has or the next planned one.
func (m *Module) claimed(ctx context.Context, tx *store.Tx, g *Grant, req *wire.EnrolRequest, key string) (*Device, error) {
	elsewhere := fault.New(fault.Forbidden, "asset.enrol.not_in_batch")
	id := g.DeviceID
	if id == "" {
		id = string(req.Code)
	}
	if id == "" {
		var err error
		if id, err = nextPlanned(ctx, tx, g, key); err != nil {
			return nil, notFound(err, "asset.enrol.none_left")
		}
	}
	d, err := readDevice(ctx, tx, id)
	switch {
	case err != nil && g.DeviceID == "" && fault.IsKind(err, fault.NotFound):
		return nil, elsewhere
	case err != nil:
		return nil, err
	case g.DeviceID != "" && req.Code != "" && req.Code != d.Code:
		return nil, fault.New(fault.Forbidden, "asset.enrol.other_code")
	case g.DeviceID == "" && !g.covers(d):
		return nil, elsewhere
	}
	return d, nil
}

// covers reports whether a batch is for the device.
func (g *Grant) covers(d *Device) bool {
	return auth.NewScope(g.RegionPath).Allows(d.RegionPath) && (g.Kind == "" || g.Kind == d.Kind) && g.Sample == d.Sample
}

// bind writes the key and what follows from it.
func (m *Module) bind(ctx context.Context, tx *store.Tx, g *Grant, d *Device, req *wire.EnrolRequest, key string) error {
	if err := insertKey(ctx, tx, d.ID, g.ID, key, req); err != nil {
		return err
	}
	if err := spend(ctx, tx, g.ID); err != nil {
		return err
	}
	if err := dropInstructions(ctx, tx, d.ID); err != nil {
		return err
	}
	d.State = Enrolled
	if d.Model == "" {
		d.Model = req.Model
	}
	if d.Serial == "" {
		d.Serial = req.Serial
	}
	if err := updateDevice(ctx, tx, d); err != nil {
		return err
	}
	detail := map[string]any{"model": req.Model, "serial": req.Serial, "firmware": req.Firmware, "token": g.ID}
	if err := addHappenings(ctx, tx, []happening{{deviceID: d.ID, at: tx.Now, kind: hapEnrolled, detail: detail}}); err != nil {
		return err
	}
	if err := audit.Write(ctx, tx, audit.Entry{Action: "asset.enrol", Object: "asset:" + d.ID, RegionPath: d.RegionPath,
		Detail: with(detail, "code", d.Code)}); err != nil {
		return err
	}
	return tx.Emit(ctx, event.AssetEnrolled{Device: d.ref()})
}

// welcome tells a device who it is, whom to believe, and where to go.
func (m *Module) welcome(d *Device) (*wire.EnrolResponse, error) {
	out := &wire.EnrolResponse{
		Code: d.Code, Region: ebd.AreaCode(d.RegionCode), Volume: m.terminals.Volume, Issuers: m.terminals.Issuers(),
		ReceiptKey: wire.KeyText(m.terminals.ReceiptKey.Public()), MQTT: m.terminals.MQTT, TLSPin: m.terminals.TLSPin,
		MediaBase: m.terminals.MediaBase, Period: m.terminals.Period, At: m.clock.Now().UnixMicro(),
	}
	if p := d.Position; p != nil {
		at := wire.At(p.Lon, p.Lat)
		out.Position = &at
	}
	return out, out.Validate()
}
