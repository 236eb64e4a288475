package asset

import (
	"context"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// SiteFacts are what people say of a site.
type SiteFacts struct {
	Name       string   `json:"name" minLength:"1" maxLength:"100"`
	Address    string   `json:"address,omitempty" maxLength:"200"`
	Contact    string   `json:"contact,omitempty" maxLength:"100" doc:"Whom to ring: a duty desk, not a private number"`
	RegionCode string   `json:"regionCode" pattern:"^[0-9]{12}$"`
	Position   Position `json:"position"`
}

// Site is a place where devices stand.
type Site struct {
	ID string `json:"id"`
	SiteFacts
	RegionPath string    `json:"regionPath"`
	Region     string    `json:"region" doc:"Full name of the region"`
	Sample     bool      `json:"sample"`
	Version    int64     `json:"version"`
	CreatedAt  time.Time `json:"createdAt"`
	UpdatedAt  time.Time `json:"updatedAt"`
}

func (s *Site) placeKey() string { return s.RegionPath + s.ID }

func (s *Site) search() string { return strings.ToLower(s.Name + "\n" + s.Address) }

func (s *Site) check() (bad fault.List) {
	bad.Add(checkText("name", s.Name, 100))
	bad.Add(checkText("address", s.Address, 200))
	bad.Add(checkText("contact", s.Contact, 100))
	if strings.TrimSpace(s.Name) == "" {
		bad.Add(fault.Bad("name", "asset.text.missing"))
	}
	if !s.Position.point().Valid() {
		bad.Add(fault.Bad("position", "asset.position.invalid"))
	}
	return bad
}

// AddSite registers a site.
func (m *Module) AddSite(ctx context.Context, facts SiteFacts) (*Site, error) {
	now := m.clock.Now()
	s := &Site{ID: store.NewID(now), SiteFacts: facts, Version: 1, CreatedAt: now, UpdatedAt: now}
	if err := m.placeSite(ctx, s); err != nil {
		return nil, err
	}
	return s, m.db.Update(ctx, func(tx *store.Tx) error {
		if err := insertSite(ctx, tx, s); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "asset.site.add", Object: "asset.site:" + s.ID, RegionPath: s.RegionPath,
			Detail: map[string]any{"name": s.Name}})
	})
}

// ChangeSite writes a site's facts anew. Its devices stay where they are registered:
// their positions were surveyed one by one.
func (m *Module) ChangeSite(ctx context.Context, id string, version int64, facts SiteFacts) (s *Site, err error) {
	err = m.db.Update(ctx, func(tx *store.Tx) error {
		if s, err = m.ownSite(ctx, tx, id, version); err != nil {
			return err
		}
		old := s.SiteFacts
		s.SiteFacts = facts
		if err := m.placeSite(ctx, s); err != nil {
			return err
		}
		if err := updateSite(ctx, tx, s); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "asset.site.change", Object: "asset.site:" + id, RegionPath: s.RegionPath,
			Detail: map[string]any{"from": old, "to": facts}})
	})
	return s, err
}

// RemoveSite deletes a site where no device stands.
func (m *Module) RemoveSite(ctx context.Context, id string, version int64) error {
	return m.db.Update(ctx, func(tx *store.Tx) error {
		s, err := m.ownSite(ctx, tx, id, version)
		if err != nil {
			return err
		}
		if used, err := siteInUse(ctx, tx, id); err != nil || used {
			if used {
				err = fault.New(fault.Conflict, "asset.site.in_use")
			}
			return err
		}
		if err := deleteSite(ctx, tx, s); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "asset.site.remove", Object: "asset.site:" + id, RegionPath: s.RegionPath,
			Detail: map[string]any{"name": s.Name}})
	})
}

// ownSite reads a site that the asker may change, at the version they read.
func (m *Module) ownSite(ctx context.Context, tx *store.Tx, id string, version int64) (*Site, error) {
	s, err := readSite(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if err := guard(ctx, PermWrite, s.RegionPath); err != nil {
		return nil, err
	}
	if s.Version != version {
		return nil, fault.New(fault.Stale, "stale")
	}
	return s, nil
}

// placeSite checks a site's facts and finds its region, where the asker must have a say.
func (m *Module) placeSite(ctx context.Context, s *Site) error {
	bad := s.check()
	r, err := m.regions.find(ctx, s.RegionCode)
	if err != nil {
		bad.Add(fault.Of(err).At("regionCode"))
	}
	if err := bad.OrNil(); err != nil {
		return err
	}
	s.RegionPath, s.Region = r.path, r.name
	return auth.Check(ctx, PermWrite, r.path)
}

// Sites lists the sites that the asker may see, by region.
func (m *Module) Sites(ctx context.Context, regionCode, text string, page store.Page) (store.Listing[Site], error) {
	c, err := m.choose(ctx, Filter{Region: regionCode}, PermRead)
	if err != nil {
		return store.Listing[Site]{}, err
	}
	list, err := listSites(ctx, m.db, c.scope, c.path, text, page)
	for i := range list.Items {
		if s := &list.Items[i]; err == nil {
			s.Region, err = m.regions.name(ctx, s.RegionCode)
		}
	}
	return list, err
}

// PublicSites lists sites within a path that have a desk to ring, which anybody may know.
func (m *Module) PublicSites(ctx context.Context, path string, most int) ([]Site, error) {
	found, err := sitesToRing(ctx, m.db, path, most)
	for i := range found {
		if s := &found[i]; err == nil {
			s.Region, err = m.regions.name(ctx, s.RegionCode)
		}
	}
	return found, err
}

// Site reads one site, if the asker may see it.
func (m *Module) Site(ctx context.Context, id string) (*Site, error) {
	s, err := readSite(ctx, m.db, id)
	if err == nil {
		err = guard(ctx, PermRead, s.RegionPath)
	}
	if err == nil {
		s.Region, err = m.regions.name(ctx, s.RegionCode)
	}
	return s, err
}
