package alert

import (
	"context"
	"maps"
	"slices"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/duty"
	"github.com/tongsheng/tongsheng/internal/event"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/bus"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// many is how many devices that fall silent at once the duty log tells of.
const many = 10

// Reactions are what the module does about what happens elsewhere.
func (m *Module) Reactions() []bus.Reaction {
	return []bus.Reaction{bus.Project(m.outage)}
}

// outage tells the duty log that many devices fell silent at once.
func (m *Module) outage(ctx context.Context, tx *store.Tx, e event.DevicesOffline) error {
	if len(e.IDs) < many {
		return nil
	}
	ctx = auth.As(ctx, auth.Actor{ID: "system:alert", Name: "alert"})
	path := commonPath(slices.Sorted(maps.Keys(e.Regions)))
	return m.Duty.Record(ctx, tx, duty.Entry{RegionPath: path, Kind: "offline", Args: map[string]any{"count": len(e.IDs)}})
}
