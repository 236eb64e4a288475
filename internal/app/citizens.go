package app

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/city"
	"github.com/tongsheng/tongsheng/engine/geo"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/app/portal"
	"github.com/tongsheng/tongsheng/internal/deliver/alert"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/register/asset"
	"github.com/tongsheng/tongsheng/internal/register/region"
)

// portalMessages tells the portal what was sent to the public.
type portalMessages struct {
	*alert.Module
	issuer portal.Name
}

func (p portalMessages) Recent(ctx context.Context, since time.Time) ([]portal.Message, error) {
	found, err := p.Published(ctx, since)
	if err != nil {
		return nil, err
	}
	out := make([]portal.Message, len(found))
	for i := range found {
		out[i] = portalMessage(&found[i])
		out[i].Issuer = p.issuer
		if out[i].Version > 1 {
			versions, err := p.Changes(ctx, out[i].ID)
			if err != nil {
				return nil, err
			}
			out[i].StartsAt = began(versions)
		}
	}
	return out, nil
}

func (p portalMessages) Message(ctx context.Context, id string) (*portal.Message, error) {
	found, err := p.PublishedOne(ctx, id)
	if err != nil {
		return nil, err
	}
	out := portalMessage(found)
	out.Issuer = p.issuer
	out.Area = found.Current.Content.Area.Shape()
	versions, err := p.Changes(ctx, id)
	if err != nil {
		return nil, err
	}
	out.StartsAt = began(versions)
	for i, v := range versions {
		what := portal.Updated
		if i == 0 {
			what = portal.Issued
		}
		out.History = append(out.History, portal.Change{At: v.IssuedAt, What: what})
	}
	return &out, nil
}

// began is when a message began, or will: an update of one that has begun does not begin it
// anew, though its orders hold from then.
func began(versions []*message.Version) (at time.Time) {
	for i, v := range versions {
		if i > 0 && !at.After(v.IssuedAt) {
			break
		}
		at = v.IssuedAt
		if v.Content.StartsAt.After(at) {
			at = v.Content.StartsAt
		}
	}
	return at
}

func portalMessage(p *alert.Published) portal.Message {
	v := p.Current
	c := &v.Content
	m := portal.Message{ID: p.ID, Version: v.Number, Emergency: p.Class == wire.Emergency, Drill: p.Kind.Drill(), Severity: string(c.Severity),
		IssuedAt: p.IssuedAt, UpdatedAt: v.IssuedAt, StartsAt: p.StartsAt, EndsAt: p.EndsAt, EndedAt: p.EndedAt}
	event, _ := c.Event.Name()
	m.Event = portal.Name{ZH: event.Zh, EN: event.En}
	if m.StartsAt.IsZero() {
		m.StartsAt = p.IssuedAt
	}
	switch p.EndReason {
	case message.Cancelled:
		m.End = portal.Cancelled
	case message.Stopped:
		m.End = portal.Stopped
	case message.Expired:
		m.End = portal.Expired
	}
	for _, t := range c.Texts {
		m.Texts = append(m.Texts, portal.Text{Lang: i18n.Lang(t.Lang), Title: t.Title, Body: t.Body, Advice: t.Advice})
	}
	for _, s := range c.Sounds {
		m.Sounds = append(m.Sounds, portal.Sound{Lang: i18n.Lang(s.Lang), URL: "/media/" + s.SM3, MIME: s.MIME})
	}
	for _, at := range c.Attachments {
		if at.Audible() {
			m.Audio = append(m.Audio, portal.Audio{URL: "/media/" + at.SM3, Name: at.Name})
		} else {
			m.Pictures = append(m.Pictures, portal.Picture{URL: "/media/" + at.SM3, Alt: at.Name})
		}
	}
	for _, place := range p.Places {
		m.Places = append(m.Places, portal.Place{Name: portal.Name{ZH: place.Zh, EN: place.Shown}, Path: place.Path, Part: place.Part})
	}
	return m
}

// portalDevices answers for the label on a loudspeaker.
type portalDevices struct {
	assets  *asset.Module
	regions *region.Module
}

func (p portalDevices) Device(ctx context.Context, code string) (*portal.Device, error) {
	d, err := p.assets.Public(ctx, code)
	if err != nil {
		return nil, err
	}
	out := &portal.Device{Code: string(d.Code), Name: d.Name, Kind: string(d.Kind), State: deviceState(d), Faulty: d.Faulty, Contact: d.Contact}
	if d.LastSeen != nil {
		out.LastSeen = *d.LastSeen
	}
	out.Sample = d.Sample
	for _, t := range d.Tests {
		out.Tests = append(out.Tests, portal.Test{At: t.At, OK: t.OK, Heard: t.Heard})
	}
	// The code names the region that the device was registered in.
	if r, err := p.regions.Get(ctx, string(d.Code.Area())); err == nil {
		out.Region = portalRegion(r)
	} else {
		out.Region = portal.Region{Name: portal.Name{ZH: d.Region}}
	}
	return out, nil
}

func deviceState(d *asset.PublicDevice) portal.DeviceState {
	switch {
	case d.State == asset.Retired:
		return portal.Retired
	case d.State == asset.Suspended:
		return portal.Suspended
	case d.Presence == asset.Online:
		return portal.Working
	case d.LastSeen == nil:
		return portal.Waiting
	}
	return portal.Silent
}

// portalRegions answers where people live.
type portalRegions struct{ *region.Module }

func (p portalRegions) Region(ctx context.Context, code string) (*portal.Region, error) {
	r, err := p.Get(ctx, code)
	if err != nil {
		return nil, err
	}
	out := portalRegion(r)
	return &out, nil
}

func (p portalRegions) Inside(ctx context.Context, code string) ([]portal.Region, error) {
	return p.named(p.List(ctx, code, "", store.Page{Limit: store.MaxLimit}))
}

func (p portalRegions) Search(ctx context.Context, words string, limit int) ([]portal.Region, error) {
	return p.named(p.List(ctx, "", words, store.Page{Limit: limit})) // each with what lies around it, by which people tell namesakes apart
}

func (p portalRegions) named(found store.Listing[region.Region], err error) ([]portal.Region, error) {
	out := make([]portal.Region, len(found.Items))
	for i, r := range found.Items {
		out[i] = portalRegion(r)
	}
	return out, err
}

func (p portalRegions) Outlines(ctx context.Context, code string) ([]portal.Outline, error) {
	return portalOutlines(p.Module.Outlines(ctx, code, city.District))
}

func (p portalRegions) Shapes(ctx context.Context, paths []string) ([]portal.Outline, error) {
	return portalOutlines(p.Module.Shapes(ctx, paths))
}

func portalOutlines(found []region.Outline, err error) ([]portal.Outline, error) {
	out := make([]portal.Outline, len(found))
	for i, o := range found {
		out[i] = portal.Outline{Name: portal.Name{ZH: o.Name, EN: o.NameEn}, Path: o.Path, Shape: o.Shape, Estimated: o.Modelled}
		if o.Centre != nil {
			out[i].Point = &geo.Point{Lon: o.Centre[0], Lat: o.Centre[1]}
		}
	}
	return out, err
}

func portalRegion(r region.Region) portal.Region {
	out := portal.Region{Code: r.Code, Path: r.Path, Name: portal.Name{ZH: r.Name, EN: r.NameEn}}
	for _, a := range r.Ancestors {
		if a.Level != city.Nation && a.Level != city.CityLevel {
			out.Within = append(out.Within, portal.Name{ZH: a.Name, EN: a.NameEn})
		}
	}
	return out
}

// located is the township or village of a point.
func (p portalRegions) located(ctx context.Context, lon, lat float64) (*portal.Region, error) {
	const by = 0.0005 // degrees; about 50 m
	at := geo.MultiPolygon{{{{Lon: lon - by, Lat: lat - by}, {Lon: lon + by, Lat: lat - by}, {Lon: lon + by, Lat: lat + by}, {Lon: lon - by, Lat: lat + by}, {Lon: lon - by, Lat: lat - by}}}}
	shares, err := p.Covered(ctx, nil, []geo.MultiPolygon{at})
	if err != nil {
		return nil, err
	}
	if len(shares) == 0 {
		return nil, fault.New(fault.NotFound, "region.not_found")
	}
	return p.Region(ctx, shares[0].Code)
}

// portalSites are places where people can go and ask.
type portalSites struct {
	assets  *asset.Module
	regions *region.Module
	home    string // path of the city
}

// Near lists sites of a region that have somebody to ring; of a village or township without one,
// those of what lies around it.
func (p portalSites) Near(ctx context.Context, code string, most int) ([]portal.Site, error) {
	r, err := p.regions.Get(ctx, code)
	if err != nil {
		return nil, err
	}
	for paths := append([]string{r.Path}, around(r.Path, p.home)...); len(paths) > 0; paths = paths[1:] {
		found, err := p.assets.PublicSites(ctx, paths[0], most)
		if err != nil {
			return nil, err
		}
		if len(found) > 0 {
			out := make([]portal.Site, len(found))
			for i, s := range found {
				out[i] = portal.Site{Name: s.Name, Address: s.Address, Contact: s.Contact, Where: s.Region}
			}
			return out, nil
		}
	}
	return nil, nil
}

// around are the paths of what lies around a region, the nearest first, as far as the city.
func around(path, home string) (paths []string) {
	above := auth.Above(path)
	slices.SortFunc(above, func(a, b string) int { return len(b) - len(a) })
	for _, p := range above {
		if p != path && strings.HasPrefix(p, home) {
			paths = append(paths, p)
		}
	}
	return paths
}
