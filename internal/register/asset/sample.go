package asset

import (
	"context"
	"fmt"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// SamplePoint is a made-up place for a loudspeaker.
type SamplePoint struct {
	Name       string
	RegionCode string // 12 digits
	Position   Position
}

// sampleTokenLife is long, since a sample city is started again and again.
const sampleTokenLife = 365 * 24 * time.Hour

// LoadSample registers a loudspeaker labelled sample for each point that has none yet,
// all in one transaction, and returns the codes in the order of the points and a token
// with which they enrol. Points are told apart by their place and order in their
// region, so loading the same points again adds nothing; it does give a new token,
// since the old one's text is not kept.
func (m *Module) LoadSample(ctx context.Context, points []SamplePoint) (codes []ebd.ResourceCode, grant *Grant, err error) {
	ctx = auth.As(ctx, auth.Actor{ID: "system:asset", Name: "asset"})
	devices := make([]*Device, len(points))
	now := m.clock.Now()
	nth := map[string]int{}
	for i, p := range points {
		r, err := m.regions.find(ctx, p.RegionCode)
		if err != nil {
			return nil, nil, fmt.Errorf("asset: sample point %d: %w", i, err)
		}
		nth[p.RegionCode]++
		pos := p.Position
		devices[i] = &Device{ID: store.NewID(now), Kind: "loudspeaker", State: Planned, Sample: true, Version: 1, CreatedAt: now, UpdatedAt: now,
			Facts: Facts{Name: p.Name, Model: "TS-SIM", Maker: "Tongsheng", Serial: fmt.Sprintf("%s-%04d", p.RegionCode, nth[p.RegionCode]),
				Microphone: true, Installed: now.Format(time.DateOnly)},
			Whereabouts: Whereabouts{p.RegionCode, &pos}, RegionPath: r.path, Region: r.name}
		if err := devices[i].check(now).OrNil(); err != nil {
			return nil, nil, fmt.Errorf("asset: sample point %d: %w", i, err)
		}
	}
	err = m.db.Update(ctx, func(tx *store.Tx) error {
		known, err := sampleSerials(ctx, tx)
		if err != nil {
			return err
		}
		var fresh []*Device
		wanting := map[string][]*Device{}
		var order []string
		for _, d := range devices {
			if d.Code = known[d.Serial]; d.Code == "" {
				if wanting[d.RegionCode] == nil {
					order = append(order, d.RegionCode)
				}
				wanting[d.RegionCode], fresh = append(wanting[d.RegionCode], d), append(fresh, d)
			}
		}
		for _, area := range order {
			given, err := allocate(ctx, tx, ebd.AreaCode(area), "loudspeaker", len(wanting[area]), nil)
			if err != nil {
				return err
			}
			for i, d := range wanting[area] {
				d.Code = given[i]
			}
		}
		if len(fresh) > 0 {
			if err := m.enter(ctx, tx, fresh); err != nil {
				return err
			}
		}
		if err := revokeSampleTokens(ctx, tx); err != nil {
			return err
		}
		grant, err = m.issue(ctx, tx, Grant{Sample: true, Kind: "loudspeaker", Total: max(len(points), 1), ExpiresAt: tx.Now.Add(sampleTokenLife)})
		if err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "asset.sample", Object: "asset.token:" + grant.ID,
			Detail: map[string]any{"points": len(points), "added": len(fresh)}})
	})
	if err != nil {
		return nil, nil, err
	}
	m.changed()
	for _, d := range devices {
		codes = append(codes, d.Code)
	}
	return codes, grant, nil
}
