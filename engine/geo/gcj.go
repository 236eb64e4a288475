package geo

import "math"

// The Krasovsky 1940 ellipsoid, on which the GCJ-02 shift is defined.
const (
	krasovskyA  = 6378245.0
	krasovskyE2 = 0.00669342162296594323
)

// ToGCJ02 shifts a WGS84 point as Chinese web maps do, by some hundreds of metres. The
// shift applies on the mainland; callers decide whether a point is there.
func ToGCJ02(p Point) Point {
	x, y := p.Lon-105, p.Lat-35
	root := math.Sqrt(math.Abs(x))
	swing := 20*math.Sin(6*x*math.Pi) + 20*math.Sin(2*x*math.Pi)
	north := -100 + 2*x + 3*y + 0.2*y*y + 0.1*x*y + 0.2*root +
		(swing+20*math.Sin(y*math.Pi)+40*math.Sin(y/3*math.Pi)+160*math.Sin(y/12*math.Pi)+320*math.Sin(y/30*math.Pi))*2/3
	east := 300 + x + 2*y + 0.1*x*x + 0.1*x*y + 0.1*root +
		(swing+20*math.Sin(x*math.Pi)+40*math.Sin(x/3*math.Pi)+150*math.Sin(x/12*math.Pi)+300*math.Sin(x/30*math.Pi))*2/3
	s := math.Sin(radians(p.Lat))
	w := 1 - krasovskyE2*s*s
	return Point{
		Lon: p.Lon + east*180/(krasovskyA/math.Sqrt(w)*math.Cos(radians(p.Lat))*math.Pi),
		Lat: p.Lat + north*180/(krasovskyA*(1-krasovskyE2)/(w*math.Sqrt(w))*math.Pi),
	}
}

// FromGCJ02 undoes ToGCJ02 to better than 1e-9 degrees. The shift changes by a few parts
// in a thousand per degree moved, so each round of correction gains two digits or more.
func FromGCJ02(g Point) Point {
	p := g
	for range 12 {
		q := ToGCJ02(p)
		dLon, dLat := g.Lon-q.Lon, g.Lat-q.Lat
		p.Lon += dLon
		p.Lat += dLat
		if math.Abs(dLon) < 1e-11 && math.Abs(dLat) < 1e-11 {
			break
		}
	}
	return p
}
