package asset

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/engine/geo"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Regions tells where a region lies in the tree and what it is called. An unknown code
// is a fault of kind NotFound.
type Regions interface {
	Region(ctx context.Context, code string) (path, fullName string, err error)
}

// Outlines tells the outline of a region; one that has none has an empty shape.
type Outlines interface {
	Outline(ctx context.Context, code string) (geo.MultiPolygon, error)
}

// regionBook remembers what Regions said: lists name a region in every row.
type regionBook struct {
	ask      Regions
	outlines Outlines // nil: none is known
	known    memory[region]
	drawn    memory[drawn] // outlines of districts
}

type region struct{ path, name string }

// drawn is an outline and the box around it, the tolerance included.
type drawn struct {
	shape geo.MultiPolygon
	box   geo.Bound
}

func newRegionBook(ask Regions, outlines Outlines, clk clock.Clock) *regionBook {
	return &regionBook{ask: ask, outlines: outlines, known: newMemory[region](clk), drawn: newMemory[drawn](clk)}
}

// memory keeps for a while what was said of regions, by code.
type memory[T any] struct {
	clock clock.Clock
	mu    *sync.Mutex
	said  map[string]said[T]
}

type said[T any] struct {
	what T
	at   time.Time
}

const (
	regionMemory = 5 * time.Minute
	maxRegions   = 20_000
)

func newMemory[T any](clk clock.Clock) memory[T] {
	return memory[T]{clk, new(sync.Mutex), map[string]said[T]{}}
}

func (m memory[T]) get(code string, ask func() (T, error)) (T, error) {
	now := m.clock.Now()
	m.mu.Lock()
	s, ok := m.said[code]
	m.mu.Unlock()
	if ok && now.Sub(s.at) < regionMemory {
		return s.what, nil
	}
	what, err := ask()
	if err != nil {
		return what, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.said) >= maxRegions {
		clear(m.said)
	}
	m.said[code] = said[T]{what, now}
	return what, nil
}

func (b *regionBook) find(ctx context.Context, code string) (region, error) {
	return b.known.get(code, func() (region, error) {
		path, name, err := b.ask.Region(ctx, code)
		if fault.IsKind(err, fault.NotFound) {
			err = fault.New(fault.Invalid, "asset.region.unknown", fault.Args{"code": clip(code)})
		}
		return region{path, name}, err
	})
}

// tolerance is how far outside its district a device may stand: outlines are drawn from
// maps that are no legal boundary, and positions are taken by hand.
const tolerance = 2_000 // metres

// outside refuses a position that lies in another district than the device's region. The
// outlines of smaller regions are too rough to hold anybody to.
func (b *regionBook) outside(ctx context.Context, w Whereabouts) (*fault.Error, error) {
	if b.outlines == nil || w.Position == nil || !w.Position.point().Valid() || len(w.RegionCode) != 12 {
		return nil, nil
	}
	district, p := w.RegionCode[:6]+"000000", w.Position.point() // GB/T 2260
	d, err := b.outline(ctx, district)
	if err != nil || len(d.shape) == 0 || d.box.Contains(p) && d.shape.Distance(p) <= tolerance {
		return nil, err
	}
	name, err := b.name(ctx, district)
	return fault.Bad("position", "asset.position.outside", fault.Args{"region": name, "km": tolerance / 1000}), err
}

func (b *regionBook) outline(ctx context.Context, code string) (drawn, error) {
	return b.drawn.get(code, func() (drawn, error) {
		shape, err := b.outlines.Outline(ctx, code)
		if err != nil && !fault.IsKind(err, fault.NotFound) {
			return drawn{}, err
		}
		d := drawn{shape, shape.Bound()}
		if len(shape) > 0 {
			up := tolerance / 111_000.0 // degrees; a little more than it is
			aside := up / max(0.01, math.Cos(max(math.Abs(d.box.Min.Lat), math.Abs(d.box.Max.Lat))*math.Pi/180))
			d.box = geo.Bound{Min: geo.Point{Lon: d.box.Min.Lon - aside, Lat: d.box.Min.Lat - up}, Max: geo.Point{Lon: d.box.Max.Lon + aside, Lat: d.box.Max.Lat + up}}
		}
		return d, nil
	})
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
