package region

import (
	"cmp"
	"context"
	"io/fs"
	"strings"

	"github.com/tongsheng/tongsheng/city"
	"github.com/tongsheng/tongsheng/engine/geo"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// shapeLimits bound what is read back from the store; a city's outlines are far smaller.
var shapeLimits = geo.Limits{Bytes: 8 << 20, Points: 500_000, Rings: 10_000}

// Load brings the tree in line with a city's files. It does nothing when they have not
// changed since the last time.
func (m *Module) Load(ctx context.Context, files fs.FS) error {
	hash, err := city.Hash(files)
	if err != nil {
		return err
	}
	present, err := readEdition(ctx, m.db)
	if err != nil || present.hash == hash {
		return err
	}
	c, err := city.Load(files)
	if err != nil {
		return err
	}
	outlines, err := c.Outlines()
	if err != nil {
		return err
	}
	ctx = auth.As(ctx, auth.Actor{ID: "system:region", Name: "region"})
	return m.db.Update(ctx, func(tx *store.Tx) error { return replace(ctx, tx, c, outlines) })
}

// City is the city that is loaded.
func (m *Module) City(ctx context.Context) (Edition, error) {
	e, err := readEdition(ctx, m.db)
	e.Home = cmp.Or(m.home, e.Root)
	return e, err
}

// Get is one region with those above it.
func (m *Module) Get(ctx context.Context, code string) (Region, error) {
	r, err := readRegion(ctx, m.db, "code", code)
	if err != nil {
		return r, err
	}
	return m.withAncestors(ctx, r)
}

// At is the region at a path, with those above it.
func (m *Module) At(ctx context.Context, path string) (Region, error) {
	r, err := readRegion(ctx, m.db, "path", path)
	if err != nil {
		return r, err
	}
	return m.withAncestors(ctx, r)
}

func (m *Module) withAncestors(ctx context.Context, r Region) (Region, error) {
	one := []Region{r}
	err := m.addAncestors(ctx, one)
	return one[0], err
}

// ByCodes finds regions; unknown codes are left out.
func (m *Module) ByCodes(ctx context.Context, codes []string) ([]Region, error) {
	if len(codes) == 0 {
		return nil, nil
	}
	return readByCodes(ctx, m.db, codes)
}

// HasPath reports whether a region has this path.
func (m *Module) HasPath(ctx context.Context, path string) (bool, error) {
	_, err := readRegion(ctx, m.db, "path", path)
	if fault.IsKind(err, fault.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// List lists the regions directly within a parent, or finds regions by text.
func (m *Module) List(ctx context.Context, parent, text string, page store.Page) (store.Listing[Region], error) {
	if text = strings.TrimSpace(text); text != "" {
		return m.find(ctx, parent, text, page)
	}
	return listRegions(ctx, m.db, parent, page)
}

// Zones lists the named sets of regions.
func (m *Module) Zones(ctx context.Context) ([]Zone, error) { return readZones(ctx, m.db) }

// ZoneMembers are the codes of a zone's regions.
func (m *Module) ZoneMembers(ctx context.Context, zone string) ([]string, error) {
	codes, err := zoneMembers(ctx, m.db, zone)
	if err == nil && len(codes) == 0 {
		err = fault.New(fault.NotFound, "region.zone_not_found", fault.Args{"zone": zone})
	}
	return codes, err
}

// Outlines are the shapes of a level within a region.
func (m *Module) Outlines(ctx context.Context, code string, level city.Level) ([]Outline, error) {
	r, err := readRegion(ctx, m.db, "code", code)
	if err != nil {
		return nil, err
	}
	return readOutlines(ctx, m.db, r.Path, level, nil)
}

// Shapes are the regions at these paths, each with its outline; one without an outline has
// an empty shape.
func (m *Module) Shapes(ctx context.Context, paths []string) ([]Outline, error) {
	return readShapes(ctx, m.db, paths)
}

// Covered lists the lowest regions with a known population that lie in an area: villages
// where a township lies in it whole, and the township itself, with the share of its
// surface, where a shape cuts it, also beside villages of it that are named.
func (m *Module) Covered(ctx context.Context, codes []string, shapes []geo.MultiPolygon) ([]Share, error) {
	c := cover{found: map[string]Share{}, whole: map[string]bool{}}
	named, err := m.ByCodes(ctx, codes)
	if err != nil {
		return nil, err
	}
	for _, r := range outermost(named) {
		if err := m.lowest(ctx, r, c); err != nil {
			return nil, err
		}
	}
	if len(shapes) > 0 {
		var all geo.MultiPolygon
		for _, shape := range shapes {
			all = append(all, shape...)
		}
		box := all.Bound()
		townships, err := readOutlines(ctx, m.db, auth.Root, city.Township, &box) // once, however many shapes there are
		if err != nil {
			return nil, err
		}
		for _, shape := range shapes {
			if err := m.drawn(ctx, shape, townships, c); err != nil {
				return nil, err
			}
		}
	}
	list := make([]Share, 0, len(c.found))
	for _, s := range c.found {
		list = append(list, s)
	}
	return list, nil
}

// cover is what an area was found to cover so far.
type cover struct {
	found map[string]Share // by code
	whole map[string]bool  // paths of townships of which nothing is left to find
}

// outermost drops regions that lie within another of the list, which is sorted by path.
func outermost(list []Region) (out []Region) {
	for _, r := range list {
		if n := len(out); n == 0 || !strings.HasPrefix(r.Path, out[n-1].Path) {
			out = append(out, r)
		}
	}
	return out
}

// lowest adds the villages of a region, or where no village is known the townships, or the region.
func (m *Module) lowest(ctx context.Context, r Region, c cover) error {
	for _, level := range []city.Level{city.Village, city.Township, r.Level} {
		under, err := readUnder(ctx, m.db, r.Path, level)
		if err != nil {
			return err
		}
		for _, u := range under {
			c.found[u.Code] = Share{u, 1}
			c.whole[u.Path] = true
			if above := u.Path[:strings.LastIndexByte(u.Path[:len(u.Path)-1], '.')+1]; strings.HasPrefix(above, r.Path) {
				delete(c.found, u.Parent) // a cut township that is now whole
				c.whole[above] = true
			}
		}
		if len(under) > 0 {
			return nil
		}
	}
	return nil
}

// whole is the share from which a township counts as lying in a shape entirely; outlines
// are not finer than this.
const whole = 0.999

func (m *Module) drawn(ctx context.Context, shape geo.MultiPolygon, townships []Outline, c cover) error {
	for _, t := range townships {
		if err := ctx.Err(); err != nil {
			return err
		}
		if c.whole[t.Path] {
			continue // another shape over it costs nothing
		}
		share := geo.Overlap(t.Shape, shape)
		switch {
		case share <= 0:
		case share >= whole:
			if err := m.lowest(ctx, t.Region, c); err != nil {
				return err
			}
		case share > c.found[t.Code].Share:
			c.found[t.Code] = Share{t.Region, share}
		}
	}
	return nil
}

// All lists every region, those above before those below.
func (m *Module) All(ctx context.Context) ([]Region, error) { return readAll(ctx, m.db) }

// Holding is the code of the smallest region with an outline that a point lies in; empty where it
// lies in none.
func (m *Module) Holding(ctx context.Context, lon, lat float64) (string, error) {
	p := geo.Point{Lon: lon, Lat: lat}
	box := geo.Bound{Min: p, Max: p}
	for _, level := range []city.Level{city.Township, city.District} {
		near, err := readOutlines(ctx, m.db, auth.Root, level, &box)
		if err != nil {
			return "", err
		}
		for _, o := range near {
			if o.Shape.Contains(p) {
				return o.Code, nil
			}
		}
	}
	return "", nil
}
