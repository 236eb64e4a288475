package region_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/geo"
	"github.com/tongsheng/tongsheng/internal/register/region"
)

// around is a regular polygon about a point.
func around(lon, lat, degrees float64) geo.MultiPolygon {
	const corners = 64
	ring := make(geo.Ring, corners+1)
	for i := range ring {
		sin, cos := math.Sincos(2 * math.Pi * float64(i%corners) / corners)
		ring[i] = geo.Point{Lon: lon + degrees*cos, Lat: lat + degrees*sin}
	}
	return geo.MultiPolygon{{ring}}
}

func TestAShapeBesideANamedVillageIsNotHiddenByIt(t *testing.T) {
	each(t, func(t *testing.T, m *region.Module) {
		ctx := context.Background()
		township, err := m.Get(ctx, "110105001000")
		if err != nil {
			t.Fatal(err)
		}
		villages, err := m.Covered(ctx, []string{township.Code}, nil)
		if err != nil || len(villages) < 2 {
			t.Fatalf("%d villages, %v", len(villages), err)
		}
		shape := around(township.Centre[0], township.Centre[1], 0.002)
		both, err := m.Covered(ctx, []string{villages[0].Code}, []geo.MultiPolygon{shape})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range both {
			if s.Code == township.Code && s.Share > 0 && s.Share < 1 {
				return
			}
		}
		t.Errorf("the township that the shape cuts is missing: %+v", both)
	})
}

func TestManyShapesOverTheSamePlaceCostLittleMoreThanOne(t *testing.T) {
	each(t, func(t *testing.T, m *region.Module) {
		ctx := context.Background()
		one := around(116.4, 40.2, 2)
		began := time.Now()
		first, err := m.Covered(ctx, nil, []geo.MultiPolygon{one})
		if err != nil {
			t.Fatal(err)
		}
		took := time.Since(began)
		many := make([]geo.MultiPolygon, 100)
		for i := range many {
			many[i] = one
		}
		began = time.Now()
		all, err := m.Covered(ctx, nil, many)
		if err != nil || len(all) != len(first) {
			t.Fatalf("%d, not %d, %v", len(all), len(first), err)
		}
		if again := time.Since(began); again > 10*took {
			t.Errorf("one took %s, a hundred %s", took, again)
		}
	})
}
