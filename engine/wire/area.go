package wire

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// Point is a place on WGS 84 as longitude and latitude in microdegrees (about a
// decimetre). Whole numbers keep the signed bytes the same on every machine.
type Point [2]int32

// At makes a Point from degrees.
func At(lon, lat float64) Point {
	return Point{int32(math.Round(lon * 1e6)), int32(math.Round(lat * 1e6))}
}

func (p Point) valid() bool {
	return p[0] >= -180e6 && p[0] <= 180e6 && p[1] >= -90e6 && p[1] <= 90e6
}

// Circle is everything within Radius metres of Center.
type Circle struct {
	Center Point `json:"c"`
	Radius int   `json:"r"` // metres, 1–2,000,000
}

// Area says whom an order is for: everyone in any of the regions, polygons or
// circles, and every resource named or grouped by Codes. A terminal decides by
// itself whether it is meant; one without a known position is in no polygon.
type Area struct {
	Regions  []ebd.AreaCode     `json:"regions,omitempty"`
	Polygons [][]Point          `json:"polygons,omitempty"` // outer rings, not closed, 3–1000 points; not across the antimeridian
	Circles  []Circle           `json:"circles,omitempty"`
	Codes    []ebd.ResourceCode `json:"codes,omitempty"`
	// Types leaves out all whose code is not of one of these types (GD/J 080, four digits);
	// none leaves out nobody.
	Types []string `json:"types,omitempty"`
}

const maxTypes = 16

// Place is what a terminal knows of itself.
type Place struct {
	Code     ebd.ResourceCode
	Region   ebd.AreaCode
	Position *Point // nil when unknown
}

// Includes reports whether the order is for the terminal at p.
func (a *Area) Includes(p Place) bool {
	if len(a.Types) > 0 && !slices.Contains(a.Types, typeOf(p.Code)) {
		return false
	}
	for _, r := range a.Regions {
		if r.Covers(p.Region) {
			return true
		}
	}
	for _, c := range a.Codes {
		if c.Includes(p.Code) {
			return true
		}
	}
	if p.Position == nil {
		return false
	}
	for _, c := range a.Circles {
		if metres(c.Center, *p.Position) <= float64(c.Radius) {
			return true
		}
	}
	for _, ring := range a.Polygons {
		if inside(ring, *p.Position) {
			return true
		}
	}
	return false
}

// typeOf is the type within a resource code; empty where the code is too short to have one.
func typeOf(c ebd.ResourceCode) string {
	if len(c) < 17 {
		return ""
	}
	return string(c[13:17])
}

// inside is the even-odd rule on plain longitude and latitude; a point exactly on an
// edge may fall either way, the same way on every machine.
func inside(ring []Point, p Point) (in bool) {
	x, y := int64(p[0]), int64(p[1])
	for i, j := 0, len(ring)-1; i < len(ring); j, i = i, i+1 {
		xi, yi, xj, yj := int64(ring[i][0]), int64(ring[i][1]), int64(ring[j][0]), int64(ring[j][1])
		if (yi > y) == (yj > y) {
			continue
		}
		// x is left of the edge at height y, by cross-multiplication: no division,
		// no rounding. The products stay below 2^60.
		if left := (x-xi)*(yj-yi) < (xj-xi)*(y-yi); left == (yj > yi) {
			in = !in
		}
	}
	return in
}

// metres is the great-circle distance on a sphere of 6371008.8 m, the mean radius.
func metres(a, b Point) float64 {
	const rad = math.Pi / 180e6
	φ1, φ2 := float64(a[1])*rad, float64(b[1])*rad
	dφ, dλ := φ2-φ1, float64(b[0]-a[0])*rad
	h := math.Sin(dφ/2)*math.Sin(dφ/2) + math.Cos(φ1)*math.Cos(φ2)*math.Sin(dλ/2)*math.Sin(dλ/2)
	return 2 * 6371008.8 * math.Asin(math.Min(1, math.Sqrt(h)))
}

func (a *Area) validate() error {
	if len(a.Regions)+len(a.Polygons)+len(a.Circles)+len(a.Codes) == 0 {
		return wrong("area", "missing")
	}
	if len(a.Types) > maxTypes {
		return wrong("area.types", "size")
	}
	for i, t := range a.Types {
		if len(t) != 4 || strings.Trim(t, "0123456789") != "" {
			return wrong(fmt.Sprintf("area.types[%d]", i), "form")
		}
	}
	for i, r := range a.Regions {
		if _, err := ebd.ParseAreaCode(string(r)); err != nil {
			return wrong(fmt.Sprintf("area.regions[%d]", i), "form")
		}
	}
	for i, ring := range a.Polygons {
		if len(ring) < 3 || len(ring) > 1000 {
			return wrong(fmt.Sprintf("area.polygons[%d]", i), "size")
		}
		for j, p := range ring {
			if !p.valid() {
				return wrong(fmt.Sprintf("area.polygons[%d][%d]", i, j), "range")
			}
		}
	}
	for i, c := range a.Circles {
		if !c.Center.valid() || c.Radius < 1 || c.Radius > 2_000_000 {
			return wrong(fmt.Sprintf("area.circles[%d]", i), "range")
		}
	}
	for i, c := range a.Codes {
		if err := c.Validate(ebd.GDJ2018); err != nil {
			return wrong(fmt.Sprintf("area.codes[%d]", i), "form")
		}
	}
	return nil
}
