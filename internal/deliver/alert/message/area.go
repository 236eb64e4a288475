package message

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/geo"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Limits of an area.
const (
	MaxAreas    = 500  // regions, zones, shapes and devices together
	MaxVertices = 500  // of one polygon
	MaxCorners  = 3000 // of all polygons together: each is compared with every outline near it
	MinRadius   = 20   // metres
	MaxRadius   = 200_000
	// MaxShape is the largest polygon, square metres: about twice the Beijing, Tianjin
	// and Hebei region. A larger one is a slip of the hand; whole provinces have codes.
	MaxShape = 450_000e6
)

// Area is whom a message is for: everybody in any of these.
type Area struct {
	Regions  []string  `json:"regions,omitempty" maxItems:"500" doc:"Region codes of 12 digits"`
	Zones    []string  `json:"zones,omitempty" maxItems:"100" doc:"Named sets of regions"`
	Polygons []Polygon `json:"polygons,omitempty" maxItems:"100" doc:"Closed rings of [longitude, latitude], WGS 84 degrees"`
	Circles  []Circle  `json:"circles,omitempty" maxItems:"100"`
	Devices  []string  `json:"devices,omitempty" maxItems:"500" doc:"Resource codes of 23 digits"`
	Types    []string  `json:"types,omitempty" maxItems:"16" doc:"Leaves out devices that are not of one of these types of GD/J 080, four digits; absent leaves out none"`
	Members  []string  `json:"members,omitempty" readOnly:"true" doc:"Regions that the zones held when the message was checked"`
}

// Polygon is one closed ring of [longitude, latitude].
type Polygon [][2]float64

// Circle is everything within Radius metres of its centre.
type Circle struct {
	Center [2]float64 `json:"center" doc:"[longitude, latitude], WGS 84 degrees"`
	Radius float64    `json:"radius" doc:"Metres"`
}

// Empty reports whether the area names nothing.
func (a *Area) Empty() bool {
	return len(a.Regions)+len(a.Zones)+len(a.Polygons)+len(a.Circles)+len(a.Devices) == 0
}

// Codes are the regions named and those of the zones, each once.
func (a *Area) Codes() (codes []string) {
	seen := map[string]bool{}
	for _, c := range append(append([]string(nil), a.Regions...), a.Members...) {
		if !seen[c] {
			seen[c] = true
			codes = append(codes, c)
		}
	}
	return codes
}

// Validate says what is wrong with the area's form; whether regions, zones and devices
// exist is for those who know them.
func (a *Area) Validate(at string) (list fault.List) {
	if a.Empty() {
		list.Add(fault.Bad(at, "alert.area.empty"))
	}
	if n := len(a.Regions) + len(a.Zones) + len(a.Polygons) + len(a.Circles) + len(a.Devices); n > MaxAreas {
		list.Add(fault.Bad(at, "alert.area.many", fault.Args{"limit": MaxAreas, "count": n}))
		return list
	}
	corners := 0
	for _, p := range a.Polygons {
		corners += max(len(p)-1, 0)
	}
	if corners > MaxCorners { // nothing else of it is looked at
		list.Add(fault.Bad(at+".polygons", "alert.area.corners", fault.Args{"limit": MaxCorners, "count": corners}))
		return list
	}
	for i, c := range a.Regions {
		if _, err := ebd.ParseAreaCode(string(AreaCode(c))); err != nil {
			list.Add(fault.Bad(fmt.Sprintf("%s.regions[%d]", at, i), "alert.area.region_form", fault.Args{"code": c}))
		}
	}
	for i, c := range a.Types {
		if len(c) != 4 || strings.Trim(c, "0123456789") != "" {
			list.Add(fault.Bad(fmt.Sprintf("%s.types[%d]", at, i), "alert.area.type_form", fault.Args{"type": c}))
		}
	}
	for i, c := range a.Devices {
		if _, err := ebd.ParseResourceCode(c); err != nil {
			list.Add(fault.Bad(fmt.Sprintf("%s.devices[%d]", at, i), "alert.area.device_form", fault.Args{"code": c}))
		}
	}
	for i, p := range a.Polygons {
		list.Add(p.check(fmt.Sprintf("%s.polygons[%d]", at, i)))
	}
	for i, c := range a.Circles {
		where := fmt.Sprintf("%s.circles[%d]", at, i)
		switch {
		case !(geo.Point{Lon: c.Center[0], Lat: c.Center[1]}).Valid():
			list.Add(fault.Bad(where+".center", "alert.area.point"))
		case !(c.Radius >= MinRadius && c.Radius <= MaxRadius):
			list.Add(fault.Bad(where+".radius", "alert.area.radius", fault.Args{"min": MinRadius, "max": MaxRadius}))
		}
	}
	return list
}

func (p Polygon) ring() geo.Ring {
	r := make(geo.Ring, len(p))
	for i, c := range p {
		r[i] = geo.Point{Lon: c[0], Lat: c[1]}
	}
	return r
}

func (p Polygon) check(at string) *fault.Error {
	if len(p) > MaxVertices+1 {
		return fault.Bad(at, "alert.area.vertices", fault.Args{"limit": MaxVertices, "count": len(p)})
	}
	r := p.ring()
	var bad *geo.Error
	if err := r.Check(at); errors.As(err, &bad) {
		return fault.Bad(bad.Place, "alert.area."+strings.ReplaceAll(strings.TrimPrefix(bad.Code, "geo."), ".", "_"), fault.Args(bad.Args))
	}
	if size := math.Abs(r.Area()); size > MaxShape {
		return fault.Bad(at, "alert.area.too_large", fault.Args{"limit": int(MaxShape / 1e6), "size": int(size / 1e6)})
	}
	return nil
}

// Shape is the polygons and circles as outlines, circles as 64 corners. Overlapping
// outlines stay apart: each is asked about on its own.
func (a *Area) Shape() (shapes []geo.MultiPolygon) {
	for _, p := range a.Polygons {
		shapes = append(shapes, geo.MultiPolygon{{p.ring()}}.Oriented())
	}
	for _, c := range a.Circles {
		shapes = append(shapes, geo.MultiPolygon{{c.ring()}})
	}
	return shapes
}

func (c Circle) ring() geo.Ring {
	const corners = 64
	r := make(geo.Ring, corners+1)
	dLat := c.Radius / geo.EarthRadius * 180 / math.Pi
	dLon := dLat / math.Max(math.Cos(c.Center[1]*math.Pi/180), 0.01)
	for i := range corners {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / corners)
		r[i] = geo.Point{Lon: c.Center[0] + dLon*cos, Lat: c.Center[1] + dLat*sin}
	}
	r[corners] = r[0]
	return r
}

// nation is the code of the whole country in the tree of regions, where GD/J 080 has
// another.
const nation = "000000000000"

// AreaCode is a region's code as orders carry it.
func AreaCode(region string) ebd.AreaCode {
	if region == nation {
		return ebd.Nation
	}
	return ebd.AreaCode(region)
}

// Wire is the area as orders carry it.
func (a *Area) Wire() wire.Area {
	w := wire.Area{Types: a.Types}
	for _, c := range a.Codes() {
		w.Regions = append(w.Regions, AreaCode(c))
	}
	for _, p := range a.Polygons {
		ring := make([]wire.Point, 0, len(p))
		for _, c := range p[:len(p)-1] { // the wire does not close rings
			ring = append(ring, wire.At(c[0], c[1]))
		}
		w.Polygons = append(w.Polygons, ring)
	}
	for _, c := range a.Circles {
		w.Circles = append(w.Circles, wire.Circle{Center: wire.At(c.Center[0], c.Center[1]), Radius: int(math.Ceil(c.Radius))})
	}
	for _, c := range a.Devices {
		w.Codes = append(w.Codes, ebd.ResourceCode(c))
	}
	return w
}
