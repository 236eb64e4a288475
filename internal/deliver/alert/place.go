package alert

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Place is a region that a message is for, as people are told: officers while they write,
// those who approve it, citizens and reports alike.
type Place struct {
	Code string `json:"code"`
	Path string `json:"path"`
	Zh   string `json:"zh" doc:"With the district before it where it is smaller than one: names of townships repeat"`
	En   string `json:"en" doc:"Of a region without an English name, that of the one around it"`
	Part bool   `json:"part" doc:"Only parts of the region are meant"`

	// Shown is as much as Zh for who reads English: by the name on record where there is no
	// English one, which an English voice could not read out.
	Shown string `json:"-"`
}

// Name is what the place is called in a language.
func (p Place) Name(lang i18n.Lang) string {
	if lang == i18n.English && p.En != "" {
		return p.En
	}
	return p.Zh
}

// spelt is where a message is for, in words.
type spelt struct {
	Zh string `json:"zh"`
	En string `json:"en"`
}

func (s spelt) in(lang i18n.Lang) string {
	if lang == i18n.English {
		return s.En
	}
	return s.Zh
}

func spell(places []Place) spelt {
	return spelt{strings.Join(placeNames(i18n.Chinese, places), "、"), listed(placeNames(i18n.English, places))}
}

// listed joins English names: A, B and C.
func listed(names []string) string {
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return strings.Join(names, "")
}

// placeNames are the places in words, each once.
func placeNames(lang i18n.Lang, places []Place) (names []string) {
	for _, p := range places {
		name := p.Name(lang)
		if p.Part {
			name = i18n.T(lang, "alert.place.part", map[string]any{"place": name})
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// maxSpelt is how many areas are kept in words.
const maxSpelt = 500

// placesOf puts an area into words. Regions chosen stand by name. A shape, or terminals, stand
// by the districts that they touch, of one district by its townships, as parts of them; never
// by the city beside its own districts.
func (m *Module) placesOf(ctx context.Context, a *message.Area) ([]Place, error) {
	raw, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	key := sha256.Sum256(raw)
	if known, ok := m.places.Get(key); ok {
		return known, nil
	}
	named, err := m.Regions.Regions(ctx, a.Codes())
	if err != nil {
		return nil, err
	}
	var paths []string
	if shape := a.Shape(); len(shape) > 0 {
		covered, err := m.Regions.Covered(ctx, nil, shape)
		if err != nil {
			return nil, err
		}
		for _, c := range covered {
			if c.Share > 0 {
				paths = append(paths, c.Path)
			}
		}
	}
	if len(a.Devices) > 0 {
		found, err := m.Terminals.Find(ctx, a.Wire().Codes)
		if err != nil {
			return nil, err
		}
		for _, t := range found {
			paths = append(paths, t.RegionPath)
		}
	}
	paths = slices.DeleteFunc(paths, func(p string) bool { return !m.ours(p) })
	places, err := m.gather(ctx, outermost(named), paths)
	if err == nil {
		m.places.Add(key, places)
	}
	return places, err
}

// outermost drops regions within another of the list.
func outermost(list []Region) []Region {
	return slices.DeleteFunc(slices.Clone(list), func(r Region) bool {
		return slices.ContainsFunc(list, func(o Region) bool { return o.Path != r.Path && strings.HasPrefix(r.Path, o.Path) })
	})
}

// gather is the places of regions by name and of paths that are touched.
func (m *Module) gather(ctx context.Context, named []Region, touched []string) ([]Place, error) {
	places := make([]Place, 0, len(named))
	for _, r := range named {
		places = append(places, Place{Code: r.Code, Path: r.Path, Zh: r.NameZh, En: r.NameEn})
	}
	for _, path := range told(places, touched) {
		r, err := m.Regions.RegionAt(ctx, path)
		if err != nil {
			return nil, err
		}
		places = append(places, Place{Code: r.Code, Path: r.Path, Zh: r.NameZh, En: r.NameEn, Part: true})
	}
	for i := range places {
		if err := m.nameFully(ctx, &places[i]); err != nil {
			return nil, err
		}
	}
	return places, nil
}

// How many townships of one district, and how many districts, are told one by one. More
// townships are told by their district, more districts by the city around them.
const (
	fewTownships = 12
	fewDistricts = 20
)

// told are the paths that stand for those touched outside the places named.
func told(named []Place, touched []string) []string {
	touched = slices.DeleteFunc(slices.Clone(touched), func(p string) bool { return within(named, p) })
	townships, districts := cutAll(touched, townshipDigits), cutAll(touched, districtDigits)
	switch {
	case len(districts) == 1 && len(townships) <= fewTownships && !slices.Contains(townships, districts[0]):
		return townships
	case len(districts) <= fewDistricts:
		return districts
	}
	var out []string
	for _, d := range districts {
		city := above(d)
		// A city that has a place named within it is not told beside it.
		if city == "" || slices.ContainsFunc(named, func(p Place) bool { return strings.HasPrefix(p.Path, city) }) {
			city = d
		}
		if !slices.Contains(out, city) {
			out = append(out, city)
		}
	}
	return out
}

func holds(regions []Region, path string) bool {
	return slices.ContainsFunc(regions, func(r Region) bool { return strings.HasPrefix(path, r.Path) })
}

func within(places []Place, path string) bool {
	return slices.ContainsFunc(places, func(p Place) bool { return strings.HasPrefix(path, p.Path) })
}

// Digits in the code of a district or county, and of a township, as paths hold them.
const (
	districtDigits = 6
	townshipDigits = 9
)

// cut is the beginning of a path down to codes of so many digits.
func cut(path string, digits int) string {
	at := 0
	for at < len(path) {
		end := at + strings.IndexByte(path[at:], '.')
		if end-at > digits {
			return path[:at]
		}
		at = end + 1
	}
	return path
}

// cutAll cuts paths; each result stands once, in order.
func cutAll(paths []string, digits int) []string {
	out := make([]string, 0, len(paths))
	for _, p := range paths {
		out = append(out, cut(p, digits))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// above is the path around a path.
func above(path string) string {
	return path[:strings.LastIndexByte(strings.TrimSuffix(path, "."), '.')+1]
}

// nameFully names the district with what is smaller, and finds English for what has none: it is
// part of what has.
func (m *Module) nameFully(ctx context.Context, p *Place) error {
	district := cut(p.Path, districtDigits)
	if p.Shown = p.En; district == p.Path {
		return nil
	}
	r, err := m.Regions.RegionAt(ctx, district)
	if err != nil {
		return err
	}
	if p.En != "" || r.NameEn != "" {
		p.Shown = cmp.Or(p.En, p.Zh) + ", " + cmp.Or(r.NameEn, r.NameZh)
	}
	p.Zh = r.NameZh + p.Zh
	switch {
	case p.En != "" && r.NameEn != "":
		p.En += ", " + r.NameEn
	case p.En == "" && p.Part:
		p.En = r.NameEn
	case p.En == "" && r.NameEn != "":
		p.En = i18n.T(i18n.English, "alert.place.part", map[string]any{"place": r.NameEn})
	}
	return nil
}
