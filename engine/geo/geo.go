// Package geo is plane and sphere geometry for city maps: points, rings and polygons in
// WGS84 degrees, the web maps' GCJ-02 shift and its inverse, validity, area, overlap,
// simplification, and GeoJSON and TopoJSON under limits.
//
// Polygons here are at most a few degrees wide and do not cross the antimeridian.
package geo

import "math"

// EarthRadius is the mean radius of the Earth, metres (IUGG R1).
const EarthRadius = 6371008.8

// Point is a position in degrees, WGS84 unless said otherwise.
type Point struct{ Lon, Lat float64 }

// Valid reports whether p lies on the Earth.
func (p Point) Valid() bool {
	return p.Lon >= -180 && p.Lon <= 180 && p.Lat >= -90 && p.Lat <= 90 // false for NaN too
}

// Distance is the great-circle distance to q, metres (haversine).
func (p Point) Distance(q Point) float64 {
	dLat, dLon := radians(q.Lat-p.Lat)/2, radians(q.Lon-p.Lon)/2
	h := math.Sin(dLat)*math.Sin(dLat) + math.Cos(radians(p.Lat))*math.Cos(radians(q.Lat))*math.Sin(dLon)*math.Sin(dLon)
	return 2 * EarthRadius * math.Asin(math.Sqrt(math.Min(1, h)))
}

// Ring is a closed line: its first and last points are the same.
type Ring []Point

// Polygon is an outer ring, counter-clockwise, followed by its holes, clockwise.
type Polygon []Ring

// MultiPolygon is polygons whose insides do not overlap.
type MultiPolygon []Polygon

// Bound is a box; the zero Bound is not empty, EmptyBound is.
type Bound struct{ Min, Max Point }

// EmptyBound holds nothing; extending it gives the box of what it was extended by.
func EmptyBound() Bound {
	inf := math.Inf(1)
	return Bound{Point{inf, inf}, Point{-inf, -inf}}
}

// Extend is the smallest box around b and p.
func (b Bound) Extend(p Point) Bound {
	return Bound{
		Point{math.Min(b.Min.Lon, p.Lon), math.Min(b.Min.Lat, p.Lat)},
		Point{math.Max(b.Max.Lon, p.Lon), math.Max(b.Max.Lat, p.Lat)},
	}
}

// Union is the smallest box around both.
func (b Bound) Union(c Bound) Bound { return b.Extend(c.Min).Extend(c.Max) }

// Empty reports whether b holds no point.
func (b Bound) Empty() bool { return !(b.Min.Lon <= b.Max.Lon && b.Min.Lat <= b.Max.Lat) }

// Contains reports whether p lies in b or on its edge.
func (b Bound) Contains(p Point) bool {
	return p.Lon >= b.Min.Lon && p.Lon <= b.Max.Lon && p.Lat >= b.Min.Lat && p.Lat <= b.Max.Lat
}

// Intersects reports whether the boxes share a point.
func (b Bound) Intersects(c Bound) bool {
	return b.Min.Lon <= c.Max.Lon && c.Min.Lon <= b.Max.Lon && b.Min.Lat <= c.Max.Lat && c.Min.Lat <= b.Max.Lat
}

// Centre is the middle of the box.
func (b Bound) Centre() Point {
	return Point{(b.Min.Lon + b.Max.Lon) / 2, (b.Min.Lat + b.Max.Lat) / 2}
}

// Bound is the ring's box.
func (r Ring) Bound() Bound {
	b := EmptyBound()
	for _, p := range r {
		b = b.Extend(p)
	}
	return b
}

// Bound is the box of all rings.
func (m MultiPolygon) Bound() Bound {
	b := EmptyBound()
	for _, poly := range m {
		for _, r := range poly {
			b = b.Union(r.Bound())
		}
	}
	return b
}

// Points counts the points of all rings.
func (m MultiPolygon) Points() int {
	n := 0
	for _, poly := range m {
		for _, r := range poly {
			n += len(r)
		}
	}
	return n
}

// Contains reports whether p lies inside by the even–odd rule, so that holes are
// outside. Lower and left edges belong to the polygon, upper and right ones do not: a
// point on a border shared by two polygons lies in exactly one of them.
func (m MultiPolygon) Contains(p Point) bool {
	in := false
	for _, poly := range m {
		for _, r := range poly {
			in = in != r.crossesOdd(p)
		}
	}
	return in
}

// Contains reports whether p lies inside the polygon; see MultiPolygon.Contains.
func (poly Polygon) Contains(p Point) bool { return MultiPolygon{poly}.Contains(p) }

// crossesOdd counts the edges to the right of p, odd or even.
func (r Ring) crossesOdd(p Point) bool {
	odd := false
	for i := 1; i < len(r); i++ {
		a, b := r[i-1], r[i]
		if (a.Lat > p.Lat) == (b.Lat > p.Lat) {
			continue
		}
		if a.Lat > b.Lat { // the same arithmetic whichever way the edge runs
			a, b = b, a
		}
		if (b.Lon-a.Lon)*(p.Lat-a.Lat) > (p.Lon-a.Lon)*(b.Lat-a.Lat) {
			odd = !odd
		}
	}
	return odd
}

// Area is the ring's area on the sphere, square metres, positive when counter-clockwise
// (Chamberlain and Duquette, JPL 07-3).
func (r Ring) Area() float64 {
	sum, before := 0.0, 0.0
	for i, p := range r {
		sin := math.Sin(radians(p.Lat))
		if i > 0 {
			sum -= radians(p.Lon-r[i-1].Lon) * (2 + before + sin)
		}
		before = sin
	}
	return sum * EarthRadius * EarthRadius / 2
}

// Area is the area inside the outer rings and outside the holes, square metres.
func (m MultiPolygon) Area() float64 {
	sum := 0.0
	for _, poly := range m {
		for i, r := range poly {
			a := math.Abs(r.Area())
			if i > 0 {
				a = -a
			}
			sum += a
		}
	}
	return sum
}

func radians(deg float64) float64 { return deg * math.Pi / 180 }
