package asset

import (
	"context"
	"encoding/json"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/quality"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// PublicDevice is what anybody who stands in front of a device may know of it. It holds
// nothing about persons and no position finer than the township.
type PublicDevice struct {
	Code      ebd.ResourceCode `json:"code"`
	Name      string           `json:"name"`
	Kind      Kind             `json:"kind"`
	Region    string           `json:"region" doc:"Full name of the township"`
	State     State            `json:"state"`
	Presence  Presence         `json:"presence"`
	LastSeen  *time.Time       `json:"lastSeen,omitempty"`
	Faulty    bool             `json:"faulty"`
	Installed string           `json:"installed,omitempty"`
	Contact   string           `json:"contact,omitempty" doc:"Whom to ring"`
	Tests     []PublicTest     `json:"tests" doc:"Last tests and settings that it carried out, newest first"`
	Sample    bool             `json:"sample"`
}

// PublicTest is one test of a device.
type PublicTest struct {
	At    time.Time `json:"at"`
	OK    bool      `json:"ok"`
	Heard bool      `json:"heard" doc:"Whether its microphone heard it"`
}

const publicTests = 5

// Public describes a device to the public. A retired device is shown as such, since its
// label may still hang there.
func (m *Module) Public(ctx context.Context, code string) (*PublicDevice, error) {
	if _, err := ebd.ParseResourceCode(code); err != nil {
		return nil, fault.New(fault.NotFound, "asset.device.not_found")
	}
	e, err := readEntry(ctx, m.db, code)
	if err != nil {
		return nil, err
	}
	out := &PublicDevice{Code: e.Code, Name: e.Name, Kind: e.Kind, State: e.State, Presence: e.Condition.Presence,
		LastSeen: e.Condition.LastSeen, Faulty: len(e.Condition.Faults) > 0, Installed: e.Installed, Contact: e.Contact,
		Tests: []PublicTest{}, Sample: e.Sample}
	township := e.RegionCode
	if township[6:9] != "000" {
		township = township[:9] + "000"
	}
	if out.Region, err = m.regions.name(ctx, township); err != nil {
		return nil, err
	}
	if out.Contact == "" && e.SiteID != "" {
		if s, err := readSite(ctx, m.db, e.SiteID); err == nil {
			out.Contact = s.Contact
		}
	}
	tests, err := happenings(ctx, m.db, e.ID, []string{hapResult}, store.Page{Limit: publicTests})
	if err != nil {
		return nil, err
	}
	for _, h := range tests.Items {
		var d struct {
			OK    bool        `json:"ok"`
			Heard *wire.Heard `json:"heard"`
		}
		if err := json.Unmarshal(h.Detail, &d); err != nil {
			return nil, err
		}
		out.Tests = append(out.Tests, PublicTest{h.At, d.OK, d.Heard != nil && quality.Audible(d.Heard.DBFS)})
	}
	return out, nil
}
