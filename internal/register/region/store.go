package region

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/tongsheng/tongsheng/city"
	"github.com/tongsheng/tongsheng/engine/geo"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const columns = `code, parent, path, level, kind, name, name_en, pinyin, population, basis, lon, lat, modelled`

func scan(rows *sql.Rows) (Region, error) { return scanRow(rows.Scan) }

func scanRow(scan func(...any) error) (r Region, err error) {
	var lon, lat sql.NullFloat64
	err = scan(&r.Code, &r.Parent, &r.Path, &r.Level, &r.Kind, &r.Name, &r.NameEn, &r.pinyin, &r.Population, &r.basis, &lon, &lat, &r.Modelled)
	r.PopulationEstimated = r.basis == city.Estimate
	if lon.Valid && lat.Valid {
		r.Centre = &[2]float64{lon.Float64, lat.Float64}
	}
	return r, err
}

func notFound(code string) error {
	return fault.New(fault.NotFound, "region.not_found", fault.Args{"code": code})
}

func readRegion(ctx context.Context, q store.Queryer, column, value string) (Region, error) {
	r, err := scanRow(q.QueryRow(ctx, `SELECT `+columns+` FROM region_region WHERE `+column+` = $1`, value).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return r, notFound(value)
	}
	return r, err
}

// readByPaths reads the regions at these paths, from the top down.
func readByPaths(ctx context.Context, q store.Queryer, paths []string) ([]Region, error) {
	var w store.Where
	w.In("path", paths)
	return store.Collect(ctx, q, scan, `SELECT `+columns+` FROM region_region`+w.SQL()+` ORDER BY path`, w.Args()...)
}

func readByCodes(ctx context.Context, q store.Queryer, codes []string) ([]Region, error) {
	var w store.Where
	w.In("code", codes)
	return store.Collect(ctx, q, scan, `SELECT `+columns+` FROM region_region`+w.SQL()+` ORDER BY path`, w.Args()...)
}

func readAll(ctx context.Context, q store.Queryer) ([]Region, error) {
	return store.Collect(ctx, q, scan, `SELECT `+columns+` FROM region_region ORDER BY path`)
}

// readUnder reads the regions of a level at and below a path.
func readUnder(ctx context.Context, q store.Queryer, path string, level city.Level) ([]Region, error) {
	low, high := auth.Subtree(path)
	return store.Collect(ctx, q, scan, `SELECT `+columns+` FROM region_region WHERE level = $1 AND path >= $2 AND path < $3 ORDER BY path`,
		string(level), low, high)
}

// listRegions lists the regions directly within a parent, or all where none is named.
func listRegions(ctx context.Context, q store.Queryer, parent string, page store.Page) (store.Listing[Region], error) {
	var w store.Where
	if parent != "" {
		w.And("parent = ?", parent)
	}
	return store.List(ctx, q, store.ListQuery[Region]{Columns: columns, From: "region_region", Where: &w, Key: "path", Page: page,
		Scan: scan, KeyOf: func(r Region) string { return r.Path }})
}

// readShapes reads regions with the outlines that are known of them.
func readShapes(ctx context.Context, q store.Queryer, paths []string) ([]Outline, error) {
	var w store.Where
	w.In("r.path", paths)
	return collectOutlines(ctx, q, `SELECT `+outlineColumns+` FROM region_region r LEFT JOIN region_outline o ON o.code = r.code`+
		w.SQL()+` ORDER BY r.path`, w.Args())
}

var outlineColumns = `r.` + strings.ReplaceAll(columns, ", ", ", r.") + `, coalesce(o.shape, '')`

// levelRank is a level's place from the top, as text.
var levelRank = func() string {
	var b strings.Builder
	b.WriteString("CASE level")
	for i, l := range city.Levels {
		fmt.Fprintf(&b, " WHEN '%s' THEN '%d'", l, i)
	}
	return b.String() + " END"
}()

// findRegions lists the regions that a text finds: by a part of the name, or by how the code,
// the pinyin or the English name begins. What is called just so comes first, then what begins
// so, then the rest; larger regions before smaller.
func findRegions(ctx context.Context, q store.Queryer, parent, text string, page store.Page) (store.Listing[Region], error) {
	var w store.Where
	low := strings.ToLower(text)
	is, begins, follows, holds := w.Arg(low), w.Arg(store.Like(low)+"%"), w.Arg("% "+store.Like(low)+"%"), w.Arg("%"+store.Like(text)+"%")
	like := func(column, pattern string) string { return column + " LIKE " + pattern + ` ESCAPE '\'` }
	w.And("(code = " + is + " OR " + like("code", begins) + " OR " + like("name", holds) + " OR " + like("pinyin", begins) +
		" OR " + like("pinyin", follows) + " OR " + like("lower(name_en)", begins) + ")")
	if parent != "" {
		w.And("parent = ?", parent)
	}
	key := "(CASE WHEN " + is + " IN (lower(name), lower(name_en), code) THEN '0' WHEN " +
		like("lower(name)", begins) + " OR " + like("lower(name_en)", begins) + " OR " + like("code", begins) + " THEN '1' ELSE '2' END || " +
		levelRank + " || path)"
	return store.List(ctx, q, store.ListQuery[Region]{Columns: columns + ", " + key, From: "region_region", Where: &w, Key: key, Page: page,
		Scan: func(rows *sql.Rows) (Region, error) {
			var key string
			r, err := scanRow(func(into ...any) error { return rows.Scan(append(into, &key)...) })
			r.key = key
			return r, err
		},
		KeyOf: func(r Region) string { return r.key }})
}

// outlineQuery selects the outlines of a level under a path that touch a box.
func outlineQuery(path string, level city.Level, box *geo.Bound) (string, []any) {
	var w store.Where
	low, high := auth.Subtree(path)
	w.And("o.level = ? AND o.path >= ? AND o.path < ?", string(level), low, high)
	if box != nil {
		w.And("o.west <= ? AND o.east >= ? AND o.south <= ? AND o.north >= ?", box.Max.Lon, box.Min.Lon, box.Max.Lat, box.Min.Lat)
	}
	return `SELECT ` + outlineColumns + `
		FROM region_outline o JOIN region_region r ON r.code = o.code` + w.SQL() + ` ORDER BY o.path`, w.Args()
}

func scanOutline(rows *sql.Rows) (r Region, shape string, err error) {
	r, err = scanRow(func(into ...any) error { return rows.Scan(append(into, &shape)...) })
	return r, shape, err
}

// readOutlines reads outlines as shapes to reckon with.
func readOutlines(ctx context.Context, q store.Queryer, path string, level city.Level, box *geo.Bound) ([]Outline, error) {
	query, args := outlineQuery(path, level, box)
	return collectOutlines(ctx, q, query, args)
}

func collectOutlines(ctx context.Context, q store.Queryer, query string, args []any) ([]Outline, error) {
	return store.Collect(ctx, q, func(rows *sql.Rows) (o Outline, err error) {
		var shape string
		if o.Region, shape, err = scanOutline(rows); err == nil && shape != "" {
			o.Shape, err = geo.DecodeGeoJSON(strings.NewReader(shape), shapeLimits)
		}
		return o, err
	}, query, args...)
}

// eachOutline visits outlines as the GeoJSON text they are kept as.
func eachOutline(ctx context.Context, q store.Queryer, path string, level city.Level, visit func(r Region, shape string) error) error {
	query, args := outlineQuery(path, level, nil)
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		r, shape, err := scanOutline(rows)
		if err != nil {
			return err
		}
		if err := visit(r, shape); err != nil {
			return err
		}
	}
	return rows.Err()
}

func readZones(ctx context.Context, q store.Queryer) ([]Zone, error) {
	zones, err := store.Collect(ctx, q, func(r *sql.Rows) (z Zone, err error) {
		return z, r.Scan(&z.Code, &z.Name, &z.NameEn, &z.Kind, &z.Source, &z.Note)
	}, `SELECT code, name, name_en, kind, source, note FROM region_zone ORDER BY code`)
	for i := range zones {
		if err == nil {
			zones[i].Members, err = zoneMembers(ctx, q, zones[i].Code)
		}
	}
	return zones, err
}

func zoneMembers(ctx context.Context, q store.Queryer, zone string) ([]string, error) {
	return store.Collect(ctx, q, func(r *sql.Rows) (s string, err error) { return s, r.Scan(&s) },
		`SELECT code FROM region_zone_member WHERE zone = $1 ORDER BY code`, zone)
}

func readEdition(ctx context.Context, q store.Queryer) (e Edition, err error) {
	err = q.QueryRow(ctx, `SELECT root, name, name_en, time_zone, edition, hash FROM region_edition WHERE id = 'city'`).
		Scan(&e.Root, &e.Name, &e.NameEn, &e.TimeZone, &e.Edition, &e.hash)
	if errors.Is(err, sql.ErrNoRows) {
		return Edition{}, nil
	}
	return e, err
}

// replace puts a city's whole tree in the place of what was there.
func replace(ctx context.Context, tx *store.Tx, c *city.City, outlines []city.Outline) error {
	for _, table := range []string{"region_zone_member", "region_zone", "region_outline", "region_region", "region_edition"} {
		if _, err := tx.Exec(ctx, `DELETE FROM `+table); err != nil {
			return err
		}
	}
	if err := insertRegions(ctx, tx, c); err != nil {
		return err
	}
	if err := insertOutlines(ctx, tx, c, outlines); err != nil {
		return err
	}
	for _, z := range c.Zones {
		if _, err := tx.Exec(ctx, `INSERT INTO region_zone (code, name, name_en, kind, source, note) VALUES ($1, $2, $3, $4, $5, $6)`,
			z.Code, z.Name, z.NameEn, z.Kind, z.Source, z.Note); err != nil {
			return err
		}
		for _, m := range z.Members {
			if _, err := tx.Exec(ctx, `INSERT INTO region_zone_member (zone, code) VALUES ($1, $2)`, z.Code, m); err != nil {
				return err
			}
		}
	}
	if _, err := tx.Exec(ctx, `INSERT INTO region_edition (id, root, name, name_en, time_zone, edition, hash, loaded_at)
		VALUES ('city', $1, $2, $3, $4, $5, $6, $7)`, c.Root, c.Name, c.NameEn, c.TimeZone, c.Edition, c.Hash, tx.Now.UnixMicro()); err != nil {
		return err
	}
	return audit.Write(ctx, tx, audit.Entry{Action: "region.load", Object: "city:" + c.Root,
		Detail: map[string]any{"edition": c.Edition, "regions": len(c.Regions), "outlines": len(outlines), "hash": c.Hash}})
}

func insertRegions(ctx context.Context, tx *store.Tx, c *city.City) error {
	insert, err := tx.Prepare(ctx, `INSERT INTO region_region (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`)
	if err != nil {
		return err
	}
	defer insert.Close()
	for i := range c.Regions {
		r := &c.Regions[i]
		var lon, lat any
		if r.HasPoint {
			lon, lat = r.Point.Lon, r.Point.Lat
		}
		if _, err := insert.ExecContext(ctx, r.Code, r.Parent, r.Path, string(r.Level), r.Kind, r.Name, r.NameEn, r.Pinyin,
			r.Population, string(r.Basis), lon, lat, r.Modelled); err != nil {
			return err
		}
	}
	return nil
}

// About a metre: finer than any outline that is loaded.
const decimals = 5

func insertOutlines(ctx context.Context, tx *store.Tx, c *city.City, outlines []city.Outline) error {
	insert, err := tx.Prepare(ctx, `INSERT INTO region_outline (code, path, level, modelled, west, south, east, north, shape)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`)
	if err != nil {
		return err
	}
	defer insert.Close()
	for _, o := range outlines {
		r, ok := c.Region(o.Code)
		if !ok {
			continue // city.Check names it
		}
		b := o.Shape.Bound()
		if _, err := insert.ExecContext(ctx, o.Code, r.Path, string(r.Level), o.Modelled, b.Min.Lon, b.Min.Lat, b.Max.Lon, b.Max.Lat,
			string(geo.AppendGeoJSON(nil, o.Shape, decimals))); err != nil {
			return err
		}
	}
	return nil
}
