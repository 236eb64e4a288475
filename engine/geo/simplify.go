package geo

import "math"

// Simplify drops points of an open or closed line that lie within metres of the line
// through their neighbours (Douglas and Peucker). The ends stay; a closed ring keeps at
// least four points.
func Simplify(line []Point, metres float64) []Point {
	if len(line) < 3 || metres <= 0 {
		return line
	}
	keep := make([]bool, len(line))
	keep[0], keep[len(line)-1] = true, true
	closed := line[0] == line[len(line)-1]
	type span struct{ a, b int }
	work := []span{{0, len(line) - 1}}
	if closed { // a ring has no base line: begin with the point farthest from the start
		far := farthestFrom(line)
		keep[far] = true
		work = []span{{0, far}, {far, len(line) - 1}}
	}
	for len(work) > 0 {
		s := work[len(work)-1]
		work = work[:len(work)-1]
		worst, at := 0.0, -1
		for i := s.a + 1; i < s.b; i++ {
			if d := offLine(line[i], line[s.a], line[s.b]); d > worst {
				worst, at = d, i
			}
		}
		if at >= 0 && worst > metres {
			keep[at] = true
			work = append(work, span{s.a, at}, span{at, s.b})
		}
	}
	out := make([]Point, 0, len(line))
	for i, p := range line {
		if keep[i] {
			out = append(out, p)
		}
	}
	if closed && len(out) < 4 {
		return line
	}
	return out
}

func farthestFrom(line []Point) int {
	far, at := -1.0, 0
	for i, p := range line {
		if d := line[0].Distance(p); d > far {
			far, at = d, i
		}
	}
	return at
}

// offLine is the distance of p from the segment a b, metres, flat around a.
func offLine(p, a, b Point) float64 {
	kx, ky := radians(1)*EarthRadius*math.Cos(radians(a.Lat)), radians(1)*EarthRadius
	px, py := (p.Lon-a.Lon)*kx, (p.Lat-a.Lat)*ky
	bx, by := (b.Lon-a.Lon)*kx, (b.Lat-a.Lat)*ky
	t := 0.0
	if l := bx*bx + by*by; l > 0 {
		t = math.Max(0, math.Min(1, (px*bx+py*by)/l))
	}
	return math.Hypot(px-t*bx, py-t*by)
}

// Distance is how far p lies outside the shape, metres; 0 inside. Near the shape it is exact
// enough; far from it, flat reckoning makes it rough.
func (m MultiPolygon) Distance(p Point) float64 {
	if m.Contains(p) {
		return 0
	}
	least := math.Inf(1)
	for _, poly := range m {
		for _, r := range poly {
			for i := 1; i < len(r); i++ {
				least = min(least, offLine(p, r[i-1], r[i]))
			}
		}
	}
	return least
}

// LabelPoint is a point well inside the shape, where a name can stand: the middle of the
// widest inside stretch on any of 31 evenly spaced parallels, weighed by room above and
// below as well. It is inside whenever the shape has an area.
func (m MultiPolygon) LabelPoint() Point {
	b := m.Bound()
	best, room := b.Centre(), -1.0
	const rows = 31
	k := math.Cos(radians(b.Centre().Lat))
	for i := range rows {
		lat := b.Min.Lat + (b.Max.Lat-b.Min.Lat)*(float64(i)+0.5)/rows
		for _, s := range m.insideAt(lat) {
			p := Point{(s[0] + s[1]) / 2, lat}
			if r := math.Min((s[1]-s[0])/2*k, m.roomAt(p)); r > room && m.Contains(p) {
				best, room = p, r
			}
		}
	}
	return best
}

// roomAt is the distance from p straight up or down to the nearest edge, degrees.
func (m MultiPolygon) roomAt(p Point) float64 {
	room := math.Inf(1)
	for _, poly := range m {
		for _, r := range poly {
			for i := 1; i < len(r); i++ {
				a, b := r[i-1], r[i]
				if (a.Lon > p.Lon) != (b.Lon > p.Lon) {
					room = math.Min(room, math.Abs(a.Lat+(b.Lat-a.Lat)*(p.Lon-a.Lon)/(b.Lon-a.Lon)-p.Lat))
				}
			}
		}
	}
	return room
}
