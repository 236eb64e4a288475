package alert

import (
	"context"
	"net/http"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/door"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// registerTV adds what television sets and those who look after them ask.
func (m *Module) registerTV(api *httpapi.API) {
	m.tv.Register(api)
	httpapi.Register(api, op("alert-tv", http.MethodGet, "/api/alerts/{id}/tv", "What television sets said of a message, by township and over time", httpapi.Needs(PermRead)),
		func(ctx context.Context, in *ByID) (*httpapi.Body[*door.Figures], error) {
			msg, err := m.see(ctx, m.DB, in.ID)
			if err != nil {
				return nil, err
			}
			f, err := m.tv.Figures(ctx, msg.ID, sight(ctx, PermRead, msg))
			return httpapi.Of(f), err
		})
	httpapi.Register(api, op("alert-tv-sets", http.MethodGet, "/api/tv/sets", "Television sets that are connected now, by township within your regions", httpapi.Needs(PermRead)),
		func(ctx context.Context, _ *struct{}) (*httpapi.List[door.Standing], error) {
			found, err := m.tv.Connected(ctx, auth.ScopeOf(ctx, PermRead))
			return httpapi.All(found, err)
		})
}

// tvRegions answers what the door of television sets asks of the register of regions.
type tvRegions struct{ Regions }

func (r tvRegions) Region(ctx context.Context, code string) (door.Region, error) {
	found, err := r.Regions.Regions(ctx, []string{code})
	if err != nil {
		return door.Region{}, err
	}
	if len(found) == 0 {
		return door.Region{}, notFound()
	}
	return tvRegion(found[0]), nil
}

func (r tvRegions) Named(ctx context.Context, paths []string) ([]door.Region, error) {
	out := make([]door.Region, 0, len(paths))
	for _, path := range paths {
		found, err := r.RegionAt(ctx, path)
		if err != nil {
			return nil, err
		}
		out = append(out, tvRegion(found))
	}
	return out, nil
}

func (r tvRegions) Touched(ctx context.Context, area wire.Area) (codes []string, err error) {
	var drawn message.Area
	degrees := func(p wire.Point) [2]float64 { return [2]float64{float64(p[0]) / 1e6, float64(p[1]) / 1e6} }
	for _, ring := range area.Polygons {
		closed := make(message.Polygon, 0, len(ring)+1)
		for _, p := range ring {
			closed = append(closed, degrees(p))
		}
		drawn.Polygons = append(drawn.Polygons, append(closed, closed[0]))
	}
	for _, c := range area.Circles {
		drawn.Circles = append(drawn.Circles, message.Circle{Center: degrees(c.Center), Radius: float64(c.Radius)})
	}
	covered, err := r.Covered(ctx, nil, drawn.Shape())
	for _, c := range covered {
		if c.Share > 0 {
			codes = append(codes, c.Code)
		}
	}
	return codes, err
}

func tvRegion(r Region) door.Region {
	return door.Region{Code: r.Code, Path: r.Path, Zh: r.NameZh, En: r.NameEn}
}
