package asset

import (
	"context"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Regions tells where a region lies in the tree and what it is called. An unknown code
// is a fault of kind NotFound.
type Regions interface {
	Region(ctx context.Context, code string) (path, fullName string, err error)
}

// regionBook remembers what Regions said: lists name a region in every row.
type regionBook struct {
	ask   Regions
	clock clock.Clock
	mu    sync.Mutex
	known map[string]region
}

type region struct {
	path, name string
	at         time.Time
}

const (
	regionMemory = 5 * time.Minute
	maxRegions   = 20_000
)

func newRegionBook(ask Regions, clk clock.Clock) *regionBook {
	return &regionBook{ask: ask, clock: clk, known: map[string]region{}}
}

func (b *regionBook) find(ctx context.Context, code string) (region, error) {
	now := b.clock.Now()
	b.mu.Lock()
	r, ok := b.known[code]
	b.mu.Unlock()
	if ok && now.Sub(r.at) < regionMemory {
		return r, nil
	}
	path, name, err := b.ask.Region(ctx, code)
	if fault.IsKind(err, fault.NotFound) {
		return region{}, fault.New(fault.Invalid, "asset.region.unknown", fault.Args{"code": clip(code)})
	}
	if err != nil {
		return region{}, err
	}
	r = region{path, name, now}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.known) >= maxRegions {
		clear(b.known)
	}
	b.known[code] = r
	return r, nil
}

// nameRegions writes the regions' full names into devices. A region that is gone from
// the tree leaves its code as its name.
func (m *Module) nameRegions(ctx context.Context, list ...*Device) error {
	for _, d := range list {
		name, err := m.regions.name(ctx, d.RegionCode)
		if err != nil {
			return err
		}
		d.Region = name
	}
	return nil
}

func (b *regionBook) name(ctx context.Context, code string) (string, error) {
	r, err := b.find(ctx, code)
	if fault.IsKind(err, fault.Invalid) {
		return code, nil
	}
	return r.name, err
}
