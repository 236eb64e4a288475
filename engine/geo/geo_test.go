package geo

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func rect(x0, y0, x1, y1 float64) Polygon {
	return Polygon{{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}, {x0, y0}}}
}

// star draws a ring around a centre whose radius changes with the angle: simple by
// construction, but as ragged as a coast.
func star(t *rapid.T, label string) Polygon {
	n := rapid.IntRange(3, 40).Draw(t, label+"-n")
	cx := rapid.Float64Range(115.5, 117).Draw(t, label+"-x")
	cy := rapid.Float64Range(39.5, 40.5).Draw(t, label+"-y")
	ring := Ring{}
	for i := range n {
		r := rapid.Float64Range(0.05, 0.6).Draw(t, label+"-r")
		a := 2 * math.Pi * float64(i) / float64(n)
		ring = append(ring, Point{cx + r*math.Cos(a), cy + r*math.Sin(a)})
	}
	return Polygon{append(ring, ring[0])}
}

func TestGCJ02KnownPoint(t *testing.T) {
	// Tiananmen: the published offset there is about 0.0062° east and 0.0014° north.
	g := ToGCJ02(Point{116.3912, 39.9067})
	if math.Abs(g.Lon-116.3912-0.00624) > 2e-4 || math.Abs(g.Lat-39.9067-0.00140) > 2e-4 {
		t.Errorf("ToGCJ02 = %v", g)
	}
}

func TestGCJ02RoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Point{rapid.Float64Range(73.5, 135).Draw(t, "lon"), rapid.Float64Range(18, 53.5).Draw(t, "lat")}
		q := FromGCJ02(ToGCJ02(p))
		if math.Abs(p.Lon-q.Lon) > 1e-9 || math.Abs(p.Lat-q.Lat) > 1e-9 {
			t.Fatalf("%v became %v", p, q)
		}
		if d := p.Distance(ToGCJ02(p)); d < 20 || d > 1200 {
			t.Fatalf("shifted by %.0f m", d)
		}
	})
}

func TestDistance(t *testing.T) {
	if d := (Point{0, 0}).Distance(Point{1, 0}); math.Abs(d-111195.08) > 0.1 {
		t.Errorf("a degree on the equator = %f m", d)
	}
	if d := (Point{116.4, 39.9}).Distance(Point{121.47, 31.23}); math.Abs(d-1067e3) > 3e3 {
		t.Errorf("Beijing to Shanghai = %f m", d)
	}
}

func TestArea(t *testing.T) {
	// The spherical rectangle is exact: R² Δλ (sin φ2 − sin φ1).
	want := EarthRadius * EarthRadius * radians(1) * (math.Sin(radians(40)) - math.Sin(radians(39)))
	if got := (MultiPolygon{rect(116, 39, 117, 40)}).Area(); math.Abs(got/want-1) > 1e-3 {
		t.Errorf("area = %g, want %g", got, want)
	}
	holed := rect(116, 39, 117, 40)
	holed = append(holed, MultiPolygon{rect(116.25, 39.25, 116.75, 39.75)}[0][0])
	if got := (MultiPolygon{holed}).Area() / want; math.Abs(got-0.75) > 0.01 {
		t.Errorf("with a hole, %f of the whole", got)
	}
}

func TestContainsSharedBorderOnce(t *testing.T) {
	left, right := rect(0, 0, 1, 1), rect(1, 0, 2, 1)
	for _, p := range []Point{{1, 0.5}, {1, 0}, {0.5, 0}, {1, 0.25}} {
		if left.Contains(p) == right.Contains(p) && p.Lon == 1 {
			t.Errorf("%v: left %v, right %v", p, left.Contains(p), right.Contains(p))
		}
	}
	if left.Contains(Point{2, 0.5}) || !right.Contains(Point{1.5, 0.5}) {
		t.Error("plain cases fail")
	}
}

func TestOverlapOfBoxes(t *testing.T) {
	a := MultiPolygon{rect(116, 39.9, 116.2, 40)}
	for _, c := range []struct {
		n    MultiPolygon
		want float64
	}{
		{a, 1},
		{MultiPolygon{rect(116.1, 39, 118, 41)}, 0.5},
		{MultiPolygon{rect(115, 39, 116, 41)}, 0},
		{MultiPolygon{rect(115, 39, 117, 41)}, 1},
		{MultiPolygon{rect(116, 39.9, 116.05, 40), rect(116.15, 39.9, 116.2, 40)}, 0.5},
	} {
		if got := Overlap(a, c.n); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("Overlap with %v = %v, want %v", c.n, got, c.want)
		}
	}
}

// The overlap agrees with counting grid points, and with its complement.
func TestOverlapAgainstSampling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, n := MultiPolygon{star(t, "m")}, MultiPolygon{star(t, "n")}
		b := m.Bound()
		in, both := 0, 0
		const side = 150
		for i := range side {
			for j := range side {
				p := Point{b.Min.Lon + (b.Max.Lon-b.Min.Lon)*(float64(i)+.5)/side, b.Min.Lat + (b.Max.Lat-b.Min.Lat)*(float64(j)+.5)/side}
				if m.Contains(p) {
					in++
					if n.Contains(p) {
						both++
					}
				}
			}
		}
		if in < 500 {
			t.Skip("too thin to sample")
		}
		if got, want := Overlap(m, n), float64(both)/float64(in); math.Abs(got-want) > 0.05 {
			t.Fatalf("Overlap = %f, sampled %f", got, want)
		}
		if am, an := Overlap(m, n)*m.Area(), Overlap(n, m)*n.Area(); math.Abs(am-an) > 1e-3*math.Max(m.Area(), n.Area()) {
			t.Fatalf("common area is %g one way and %g the other", am, an)
		}
	})
}

func TestRingCheck(t *testing.T) {
	for _, c := range []struct {
		name string
		ring Ring
		code string
	}{
		{"good", rect(0, 0, 1, 1)[0], ""},
		{"short", Ring{{0, 0}, {1, 0}, {0, 0}}, "geo.ring.short"},
		{"open", Ring{{0, 0}, {1, 0}, {1, 1}, {0, 1}}, "geo.ring.open"},
		{"flat", Ring{{0, 0}, {1, 0}, {2, 0}, {0, 0}}, "geo.ring.flat"},
		{"bow tie", Ring{{0, 0}, {1, 1}, {1, 0}, {0, 2}, {0, 0}}, "geo.ring.crosses"},
		{"spike", Ring{{0, 0}, {2, 0}, {2, 2}, {2, 1}, {0, 2}, {0, 0}}, "geo.ring.crosses"},
		{"touches itself", Ring{{0, 0}, {2, 0}, {1, 1}, {2, 2}, {0, 2}, {1, 1}, {0, 0}}, "geo.ring.crosses"},
		{"off the Earth", Ring{{0, 0}, {1, 0}, {1, 91}, {0, 0}}, "geo.point.invalid"},
		{"not a number", Ring{{0, 0}, {1, 0}, {1, math.NaN()}, {0, 0}}, "geo.point.invalid"},
	} {
		err := c.ring.Check("r")
		if got := codeOf(err); got != c.code {
			t.Errorf("%s: %q, want %q", c.name, got, c.code)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		if err := star(t, "s")[0].Check(""); err != nil {
			t.Fatal(err)
		}
	})
}

func codeOf(err error) string {
	if e, ok := err.(*Error); ok {
		return e.Code
	}
	return ""
}

func TestSimplifyStaysWithin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ring := star(t, "s")[0]
		limit := rapid.Float64Range(10, 20000).Draw(t, "metres")
		line := ring[:len(ring)-1] // open, so that the bound is exact
		short := Simplify(line, limit)
		if short[0] != line[0] || short[len(short)-1] != line[len(line)-1] {
			t.Fatal("an end moved")
		}
		k := 0
		for _, p := range line {
			if k+1 < len(short) && p == short[k+1] {
				k++
			} else if p != short[k] {
				if d := offLine(p, short[k], short[k+1]); d > limit*1.02 {
					t.Fatalf("%v is %.0f m off, limit %.0f", p, d, limit)
				}
			}
		}
		if closed := Simplify(ring, limit); closed[0] != closed[len(closed)-1] || len(closed) < 4 {
			t.Fatalf("ring became %v", closed)
		}
	})
}

func TestLabelPointInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := MultiPolygon{star(t, "s")}
		if p := m.LabelPoint(); !m.Contains(p) {
			t.Fatalf("%v lies outside", p)
		}
	})
}

// What reaches far beyond the box of the other shape on all sides counts as much as what lies
// within it.
func TestOverlapOfWhatReachesFar(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wide := star(t, "wide")
		var m MultiPolygon
		for range 3 {
			x, y := rapid.Float64Range(115, 117.5).Draw(t, "x"), rapid.Float64Range(39, 41).Draw(t, "y")
			m = append(m, rect(x, y, x+0.02, y+0.02))
		}
		var parts, all float64
		for _, p := range m {
			parts += Overlap(MultiPolygon{p}, MultiPolygon{wide}) * MultiPolygon{p}.Area()
			all += MultiPolygon{p}.Area()
		}
		back := Overlap(MultiPolygon{wide}, m) * MultiPolygon{wide}.Area()
		if disjoint(m) && math.Abs(parts-back) > 1e-6*all {
			t.Fatalf("%v of the boxes lies within, %v of the shape", parts, back)
		}
	})
}

func disjoint(m MultiPolygon) bool {
	for i, a := range m {
		for _, b := range m[i+1:] {
			if (MultiPolygon{a}).Bound().Intersects(MultiPolygon{b}.Bound()) {
				return false
			}
		}
	}
	return true
}

func TestDistanceFromAShape(t *testing.T) {
	square := MultiPolygon{{Ring{{116, 40}, {117, 40}, {117, 41}, {116, 41}, {116, 40}}}}
	for _, x := range []struct {
		p    Point
		want float64
	}{{Point{116.5, 40.5}, 0}, {Point{116.5, 39.99}, 1112}, {Point{115.99, 40.5}, 846}, {Point{117.01, 41.01}, 1394}} {
		if got := square.Distance(x.p); math.Abs(got-x.want) > 12 {
			t.Errorf("%v lies %.0f m outside, want %.0f", x.p, got, x.want)
		}
	}
	if d := (MultiPolygon)(nil).Distance(Point{}); !math.IsInf(d, 1) {
		t.Errorf("no shape lies %v away", d)
	}
}
