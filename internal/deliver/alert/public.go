package alert

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Place is a region that a message is for, as people are told.
type Place struct {
	Code string `json:"code"`
	Path string `json:"path"`
	Zh   string `json:"zh"`
	En   string `json:"en"`
	Part bool   `json:"part" doc:"Only parts of the region are meant"`
}

// Name is what the place is called in a language.
func (p Place) Name(lang i18n.Lang) string {
	if lang == i18n.English && p.En != "" {
		return p.En
	}
	return p.Zh
}

// Published is a message that was sent to the public, with its places by name.
type Published struct {
	*message.Message
	Places []Place
}

// Changes are the versions of a published message that were issued, the oldest first.
func (m *Module) Changes(ctx context.Context, id string) ([]*message.Version, error) {
	versions, err := readVersions(ctx, m.DB, id)
	return slices.DeleteFunc(versions, func(v *message.Version) bool { return v.IssuedAt.IsZero() }), err
}

// public reports whether citizens may know of a message: it was issued, and it is not a
// drill that stays within platforms.
func public(msg *message.Message) bool {
	return msg.Current != nil && msg.Kind.ReachesTerminals()
}

// Published lists what is on the air or to come; and, with since, what ended after it.
func (m *Module) Published(ctx context.Context, since time.Time) ([]Published, error) {
	ids, err := published(ctx, m.DB, since)
	if err != nil {
		return nil, err
	}
	out := make([]Published, 0, len(ids))
	for _, id := range ids {
		p, err := m.PublishedOne(ctx, id)
		if err != nil {
			return nil, err
		}
		out = append(out, *p)
	}
	return out, nil
}

// PublishedOne is one message that was sent to the public, however long ago.
func (m *Module) PublishedOne(ctx context.Context, id string) (*Published, error) {
	msg, err := readMessage(ctx, m.DB, id)
	if err != nil {
		return nil, err
	}
	if !public(msg) {
		return nil, notFound()
	}
	places, err := m.placesOf(ctx, msg.Current)
	return &Published{msg, places}, err
}

// fewPlaces is how many townships are named one by one; more are told by their districts.
const fewPlaces = 12

// placesOf names the places of a version. A version never changes once it was issued, so
// its places are worked out once.
func (m *Module) placesOf(ctx context.Context, v *message.Version) ([]Place, error) {
	if known, ok := m.places.Load(v.Digest); ok {
		return known.([]Place), nil
	}
	a := v.Content.Area
	named, err := m.Regions.Regions(ctx, a.Codes())
	if err != nil {
		return nil, err
	}
	places := []Place{}
	for _, r := range named {
		places = append(places, Place{r.Code, r.Path, r.NameZh, r.NameEn, false})
	}
	var drawn []Place
	if len(a.Polygons)+len(a.Circles) > 0 {
		covered, err := m.Regions.Covered(ctx, nil, a.Shape())
		if err != nil {
			return nil, err
		}
		for _, c := range covered {
			if c.Share > 0 && m.ours(c.Path) && !within(places, c.Path) {
				drawn = append(drawn, Place{c.Code, c.Path, c.NameZh, c.NameEn, c.Share < 0.99})
			}
		}
	}
	if len(a.Devices) > 0 {
		r, err := m.resolve(ctx, &message.Area{Devices: a.Devices})
		if err == nil {
			for _, t := range r.devices {
				if !within(places, t.RegionPath) {
					drawn = append(drawn, Place{Path: t.RegionPath, Part: true})
				}
			}
		}
	}
	if places, err = m.gather(ctx, places, drawn); err != nil {
		return nil, err
	}
	m.places.Store(v.Digest, places)
	return places, nil
}

func within(places []Place, path string) bool {
	return slices.ContainsFunc(places, func(p Place) bool { return strings.HasPrefix(path, p.Path) })
}

// gather adds drawn places to the named ones: a few as they are, many by the region above.
func (m *Module) gather(ctx context.Context, places, drawn []Place) ([]Place, error) {
	for len(drawn) > fewPlaces {
		var above []Place
		for _, d := range drawn {
			up := d.Path[:strings.LastIndexByte(strings.TrimSuffix(d.Path, "."), '.')+1]
			if up == "" || within(above, up) {
				continue
			}
			above = append(above, Place{Path: up, Part: true})
		}
		if len(above) == 0 || len(above) == len(drawn) {
			break
		}
		drawn = above
	}
	for _, d := range drawn {
		if d.Code == "" {
			r, err := m.Regions.RegionAt(ctx, d.Path)
			if err != nil {
				return nil, err
			}
			d.Code, d.Zh, d.En = r.Code, r.NameZh, r.NameEn
		}
		if !slices.ContainsFunc(places, func(p Place) bool { return p.Path == d.Path }) {
			places = append(places, d)
		}
	}
	return places, nil
}
