package asset

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const siteColumns = `id, name, address, region_code, region_path, lon, lat, contact, sample, version, created_at, updated_at`

func scanSite(r interface{ Scan(...any) error }) (s Site, err error) {
	var lon, lat int64
	err = r.Scan(&s.ID, &s.Name, &s.Address, &s.RegionCode, &s.RegionPath, &lon, &lat, &s.Contact, &s.Sample, &s.Version,
		store.ScanTime(&s.CreatedAt), store.ScanTime(&s.UpdatedAt))
	s.Position = Position{degrees(lon), degrees(lat)}
	return s, err
}

func insertSite(ctx context.Context, tx *store.Tx, s *Site) error {
	_, err := tx.Exec(ctx, `INSERT INTO asset_site (id, name, address, region_code, region_path, place_key, lon, lat, contact, sample,
		search, version, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		s.ID, s.Name, s.Address, s.RegionCode, s.RegionPath, s.placeKey(), micro(s.Position.Lon), micro(s.Position.Lat), s.Contact, s.Sample,
		s.search(), s.Version, tx.Now.UnixMicro(), tx.Now.UnixMicro())
	return err
}

func updateSite(ctx context.Context, tx *store.Tx, s *Site) error {
	err := store.Touched(tx.Exec(ctx, `UPDATE asset_site SET name = $1, address = $2, region_code = $3, region_path = $4, place_key = $5,
		lon = $6, lat = $7, contact = $8, search = $9, updated_at = $10, version = version + 1 WHERE id = $11 AND version = $12`,
		s.Name, s.Address, s.RegionCode, s.RegionPath, s.placeKey(), micro(s.Position.Lon), micro(s.Position.Lat), s.Contact, s.search(),
		tx.Now.UnixMicro(), s.ID, s.Version))
	s.Version, s.UpdatedAt = s.Version+1, tx.Now
	return err
}

func readSite(ctx context.Context, q store.Queryer, id string) (*Site, error) {
	s, err := scanSite(q.QueryRow(ctx, `SELECT `+siteColumns+` FROM asset_site WHERE id = $1`, id))
	return &s, notFound(err, "asset.site.not_found")
}

// siteInUse reports whether devices stand at a site.
func siteInUse(ctx context.Context, q store.Queryer, id string) (bool, error) {
	var one int
	err := q.QueryRow(ctx, `SELECT 1 FROM asset_device WHERE site_id = $1 LIMIT 1`, id).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

func deleteSite(ctx context.Context, tx *store.Tx, s *Site) error {
	return store.Touched(tx.Exec(ctx, `DELETE FROM asset_site WHERE id = $1 AND version = $2`, s.ID, s.Version))
}

// checkSite makes sure that the site a device names is there.
func checkSite(ctx context.Context, q store.Queryer, d *Device) error {
	if d.SiteID == "" {
		return nil
	}
	_, err := readSite(ctx, q, d.SiteID)
	if fault.IsKind(err, fault.NotFound) {
		return fault.Bad("siteId", "asset.site.not_found")
	}
	return err
}

func listSites(ctx context.Context, q store.Queryer, scope auth.Scope, path, text string, page store.Page) (store.Listing[Site], error) {
	var w store.Where
	if path != "" {
		auth.NewScope(path).Where(&w, "place_key")
	}
	scope.Where(&w, "place_key")
	if text = strings.ToLower(strings.TrimSpace(text)); text != "" {
		w.And(`search LIKE ? ESCAPE '\'`, "%"+store.Like(text)+"%")
	}
	return store.List(ctx, q, store.ListQuery[Site]{
		Columns: siteColumns, From: "asset_site", Where: &w, Key: "place_key", Page: page,
		Scan:  func(r *sql.Rows) (Site, error) { return scanSite(r) },
		KeyOf: func(s Site) string { return s.placeKey() },
	})
}

// sitesToRing are sites within a path that have somebody to ring.
func sitesToRing(ctx context.Context, q store.Queryer, path string, most int) ([]Site, error) {
	w := new(store.Where)
	auth.NewScope(path).Where(w, "place_key")
	w.And("contact <> ''")
	return store.Collect(ctx, q, func(r *sql.Rows) (Site, error) { return scanSite(r) }, fmt.Sprintf(`SELECT %s FROM asset_site%s ORDER BY place_key LIMIT %d`, siteColumns, w.SQL(), most), w.Args()...)
}
