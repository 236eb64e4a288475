package casework

import (
	"context"
	"strings"

	"github.com/tongsheng/tongsheng/internal/event"
	"github.com/tongsheng/tongsheng/internal/platform/bus"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
)

// Devices answers for the register of devices.
type Devices interface {
	// Codes are the resource codes of devices by their ids; those that are not there are left out.
	Codes(ctx context.Context, ids []string) (map[string]string, error)
}

// maxSilent is how many terminals that did not sound a message are looked after one by one; more
// have a cause in common, which a case for each would hide.
const maxSilent = 50

// Reactions are the events that the module takes.
func (m *Module) Reactions() []bus.Reaction {
	return []bus.Reaction{
		bus.Project(func(ctx context.Context, tx *store.Tx, e event.DevicesOnline) error {
			return m.hearOf(ctx, tx, "device.online", e.IDs)
		}),
		bus.Project(func(ctx context.Context, tx *store.Tx, e event.DevicesOffline) error {
			return m.hearOf(ctx, tx, "device.offline", e.IDs)
		}),
		bus.Project(func(ctx context.Context, tx *store.Tx, e event.DevicesAiling) error {
			all := make([]docket.Heard, len(e.Devices))
			for i, d := range e.Devices {
				all[i] = docket.Heard{Event: "device.online", Subject: d.Code} // whole again
				if len(d.Faults) > 0 {
					all[i] = docket.Heard{Event: "device.faulty", Subject: d.Code, Words: "设备自报故障 " + strings.Join(d.Faults, "、")}
				}
			}
			return m.Docket.Hear(ctx, tx, all)
		}),
		bus.Project(func(ctx context.Context, tx *store.Tx, e event.AlertFellShort) error {
			if len(e.Silent) > maxSilent {
				return nil
			}
			all := make([]docket.Heard, len(e.Silent))
			for i, code := range e.Silent {
				all[i] = docket.Heard{Event: "device.faulty", Subject: code, Words: "没有播出一条应急消息"}
			}
			return m.Docket.Hear(ctx, tx, all)
		}),
		bus.Project(func(ctx context.Context, tx *store.Tx, e event.CasesChanged) error {
			return m.Hooks.Changed(ctx, tx, e)
		}),
	}
}

func (m *Module) hearOf(ctx context.Context, tx *store.Tx, what string, ids []string) error {
	codes, err := m.devices.Codes(ctx, ids)
	if err != nil {
		return err
	}
	var all []docket.Heard
	for _, id := range ids {
		if code := codes[id]; code != "" {
			all = append(all, docket.Heard{Event: what, Subject: code})
		}
	}
	return m.Docket.Hear(ctx, tx, all)
}
