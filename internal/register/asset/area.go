package asset

import (
	"context"
	"math"
	"slices"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Target is a terminal that a message can be addressed to.
type Target struct {
	ID         string
	Code       ebd.ResourceCode
	Name       string
	Kind       Kind
	RegionPath string
	Place      wire.Place // what the terminal knows of itself
	Online     bool
	Microphone bool
}

// Within lists the terminals that an area includes, by the rule that the terminals
// themselves apply: what the database finds by index is judged once more by wire.Area.
// Only devices in service take messages; planned, suspended and retired ones are left
// out. It asks no grants: who may address whom is for the asker to know.
func (m *Module) Within(ctx context.Context, area wire.Area) ([]Target, error) {
	var out []Target
	seen := map[string]bool{}
	s := selectors(area)
	for len(s) > 0 {
		n := min(len(s), maxSelectors)
		found, err := targets(ctx, m.db, s[:n])
		if err != nil {
			return nil, err
		}
		for _, t := range found {
			if err := ctx.Err(); err != nil { // shapes of many corners over many terminals take a while
				return nil, err
			}
			if !seen[t.ID] && area.Includes(t.Place) {
				seen[t.ID] = true
				out = append(out, t)
			}
		}
		s = s[n:]
	}
	return out, nil
}

// Find describes terminals by code, whatever their state; unknown codes are left out.
func (m *Module) Find(ctx context.Context, codes []ebd.ResourceCode) ([]Target, error) {
	var out []Target
	for len(codes) > 0 {
		n := min(len(codes), 500)
		found, err := targetsByCode(ctx, m.db, codes[:n])
		if err != nil {
			return nil, err
		}
		out, codes = append(out, found...), codes[n:]
	}
	return out, nil
}

// Microphones lists the codes of all terminals that can hear themselves, whatever their state.
func (m *Module) Microphones(ctx context.Context) ([]ebd.ResourceCode, error) {
	return withMicrophone(ctx, m.db)
}

// selector is a coarse condition that an index answers: a range of region codes, a
// range of resource codes, or a box.
type selector struct {
	column   string // "d.region_code" or "d.code"; empty for a box
	low, end string
	box      [4]int64 // west, south, east, north, microdegrees
}

// A query takes so many at once: SQLite bounds how deep an expression may be.
const maxSelectors = 200

func selectors(area wire.Area) (out []selector) {
	for _, r := range area.Regions {
		prefix := r.Prefix()
		out = append(out, selector{column: "d.region_code", low: prefix, end: prefix + ":"}) // ':' follows '9'
	}
	for _, c := range area.Codes {
		low, end := string(c), string(c)+":"
		if c.IsGroup() && len(c) == 23 { // level, then every area within
			low = string(c[:1]) + c.Area().Prefix()
			end = low + ":"
		}
		out = append(out, selector{column: "d.code", low: low, end: end})
	}
	for _, ring := range area.Polygons {
		box := [4]int64{math.MaxInt64, math.MaxInt64, math.MinInt64, math.MinInt64}
		for _, p := range ring {
			lon, lat := int64(p[0]), int64(p[1])
			box = [4]int64{min(box[0], lon), min(box[1], lat), max(box[2], lon), max(box[3], lat)}
		}
		out = append(out, selector{box: box})
	}
	for _, c := range area.Circles {
		// A degree of latitude is 111,195 m on the sphere that wire.Area measures on;
		// a hair is added for rounding.
		lat := float64(c.Radius)/111195*1e6 + 10
		lon := 360e6
		if cos := math.Cos((math.Abs(float64(c.Center[1])) + lat) * math.Pi / 180e6); cos > 0.01 {
			lon = lat / cos
		}
		x, y := float64(c.Center[0]), float64(c.Center[1])
		out = append(out, selector{box: [4]int64{int64(x - lon), int64(y - lat), int64(x + lon), int64(y + lat)}})
	}
	return out
}

// Named lists the codes of the devices that a text finds within the asker's grants, as in a
// list of them.
func (m *Module) Named(ctx context.Context, text string) ([]string, error) {
	c, err := m.choose(ctx, Filter{Text: text}, PermRead)
	if err != nil {
		return nil, err
	}
	return codesOf(ctx, m.db, c)
}

// Codes are the resource codes of devices by their ids; unknown ones are left out.
func (m *Module) Codes(ctx context.Context, ids []string) (map[string]string, error) {
	codes := map[string]string{}
	for chunk := range slices.Chunk(ids, 500) {
		if err := codesByID(ctx, m.db, chunk, codes); err != nil {
			return nil, err
		}
	}
	return codes, nil
}

// maxOfKind is how many devices of a kind are listed at once.
const maxOfKind = 20_000

// OfKind lists the codes of the active devices of a kind within a region, in their order.
func (m *Module) OfKind(ctx context.Context, q store.Queryer, kind Kind, regionPath string) ([]string, error) {
	return activeOfKind(ctx, q, kind, regionPath, maxOfKind)
}
