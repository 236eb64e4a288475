package region

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/tongsheng/tongsheng/city"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

type listInput struct {
	httpapi.PageInput
	Parent string `query:"parent" maxLength:"12" doc:"Code of the region above"`
	Q      string `query:"q" maxLength:"40" doc:"Part of the name, or the beginning of the code or pinyin"`
}

type codeInput struct {
	Code string `path:"code" pattern:"^[0-9]{12}$"`
}

// Register adds the module's operations. All are public: a citizen looks up where they live.
func (m *Module) Register(api *httpapi.API) {
	op := func(id, path, summary string) httpapi.Op {
		return httpapi.Op{ID: id, Method: http.MethodGet, Path: path, Summary: summary, Tag: "region", Access: httpapi.Public}
	}
	httpapi.Register(api, op("region-city", "/api/city", "The city that is served"),
		func(ctx context.Context, _ *struct{}) (*httpapi.Body[Edition], error) {
			e, err := m.City(ctx)
			return httpapi.Of(e), err
		})
	httpapi.Register(api, op("region-list", "/api/regions", "Regions within a parent, or found by name, code or pinyin"),
		func(ctx context.Context, in *listInput) (*httpapi.Body[store.Listing[Region]], error) {
			l, err := m.List(ctx, in.Parent, in.Q, in.Page())
			return httpapi.Of(l), err
		})
	httpapi.Register(api, op("region-get", "/api/regions/{code}", "One region and those above it"),
		func(ctx context.Context, in *codeInput) (*httpapi.Body[Region], error) {
			r, err := m.Get(ctx, in.Code)
			return httpapi.Of(r), err
		})
	httpapi.Register(api, op("region-zones", "/api/zones", "Named sets of regions"),
		func(ctx context.Context, _ *struct{}) (*httpapi.Body[[]Zone], error) {
			z, err := m.Zones(ctx)
			return httpapi.Of(z), err
		})
	api.Guard(op("region-outlines", "/api/regions/{code}/outlines", "Outlines of a level within a region, as GeoJSON; ?level=city|district|township"),
		"application/geo+json", m.serveOutlines)
}

// serveOutlines writes the shapes as they are stored. They change only with the city's
// files, whose digest is the entity tag.
func (m *Module) serveOutlines(w http.ResponseWriter, r *http.Request) error {
	level := city.Level(r.URL.Query().Get("level"))
	if level == "" {
		level = city.District
	}
	if level.Rank() < 0 {
		return fault.Bad("level", "region.level_unknown", fault.Args{"level": string(level)})
	}
	edition, err := m.City(r.Context())
	if err != nil {
		return err
	}
	tag := `"` + edition.hash[:min(16, len(edition.hash))] + `"`
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", "public, max-age=300")
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	within, err := readRegion(r.Context(), m.db, "code", chi.URLParam(r, "code"))
	if err != nil {
		w.Header().Del("ETag")
		w.Header().Set("Cache-Control", "no-store")
		return err
	}
	w.Header().Set("Content-Type", "application/geo+json")
	var b strings.Builder
	b.WriteString(`{"type":"FeatureCollection","features":[`)
	first := true
	err = eachOutline(r.Context(), m.db, within.Path, level, func(o Region, shape string) error {
		properties, err := json.Marshal(map[string]any{"code": o.Code, "path": o.Path, "name": o.Name, "nameEn": o.NameEn, "level": o.Level,
			"population": o.Population, "populationEstimated": o.PopulationEstimated, "modelled": o.Modelled, "label": o.Centre})
		if err != nil {
			return err
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		b.WriteString(`{"type":"Feature","id":"` + o.Code + `","properties":`)
		b.Write(properties)
		b.WriteString(`,"geometry":` + shape + `}`)
		return nil
	})
	if err != nil {
		return err
	}
	b.WriteString("]}")
	_, _ = w.Write([]byte(b.String()))
	return nil
}
