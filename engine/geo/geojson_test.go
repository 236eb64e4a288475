package geo

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestDecodeGeoJSON(t *testing.T) {
	for _, c := range []struct{ name, in, code, place string }{
		{"polygon", `{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}`, "", ""},
		{"clockwise is turned", `{"type":"Polygon","coordinates":[[[0,0],[1,1],[1,0],[0,0]]]}`, "", ""},
		{"with height", `{"type":"MultiPolygon","coordinates":[[[[0,0,5],[1,0,5],[1,1,5],[0,0,5]]]]}`, "", ""},
		{"not JSON", `{"type":`, "geo.json.unreadable", ""},
		{"two values", `{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]} {}`, "geo.json.unreadable", ""},
		{"a line", `{"type":"LineString","coordinates":[[0,0],[1,1]]}`, "geo.type.unknown", "type"},
		{"wrong depth", `{"type":"Polygon","coordinates":[[0,0],[1,1]]}`, "geo.coordinates.unreadable", "coordinates"},
		{"no coordinates", `{"type":"Polygon"}`, "geo.coordinates.unreadable", "coordinates"},
		{"null", `{"type":"MultiPolygon","coordinates":null}`, "geo.polygon.empty", "coordinates"},
		{"no ring", `{"type":"MultiPolygon","coordinates":[[]]}`, "geo.polygon.empty", "coordinates[0]"},
		{"short point", `{"type":"Polygon","coordinates":[[[0,0],[1],[1,1],[0,0]]]}`, "geo.point.short", "coordinates[0][0][1]"},
		{"open ring", `{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]}`, "geo.ring.open", "coordinates[0][0]"},
		{"hole elsewhere", `{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]],[[5,5],[6,5],[6,6],[5,5]]]}`, "geo.ring.hole_outside", "coordinates[0][1]"},
		{"too large", `{"type":"` + strings.Repeat("x", 3000) + `"}`, "geo.too_large", ""},
		{"too many points", `{"type":"Polygon","coordinates":[[` + strings.Repeat("[0,0],", 60) + `[0,0]]]}`, "geo.points.many", "coordinates"},
		{"too many rings", `{"type":"Polygon","coordinates":[[],[],[],[],[],[]]}`, "geo.rings.many", "coordinates"},
	} {
		m, err := DecodeGeoJSON(strings.NewReader(c.in), Limits{Bytes: 2000, Points: 50, Rings: 5})
		if got := codeOf(err); got != c.code || (err == nil) != (c.code == "") {
			t.Errorf("%s: %v, want %q", c.name, err, c.code)
		} else if err != nil && err.(*Error).Place != c.place {
			t.Errorf("%s: at %q, want %q", c.name, err.(*Error).Place, c.place)
		} else if err == nil && m[0][0].Area() <= 0 {
			t.Errorf("%s: outer ring is clockwise", c.name)
		}
	}
}

func TestGeoJSONRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := MultiPolygon{star(t, "s")}
		got, err := DecodeGeoJSON(bytes.NewReader(AppendGeoJSON(nil, m, 9)), AreaLimits)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range m[0][0] {
			if q := got[0][0][i]; math.Abs(p.Lon-q.Lon) > 1e-9 || math.Abs(p.Lat-q.Lat) > 1e-9 {
				t.Fatalf("%v became %v", p, q)
			}
		}
	})
}

func TestTopologyRoundTrip(t *testing.T) {
	// Two squares side by side: the arc between them is kept once.
	topo := &Topology{Scale: 0.001, Origin: Point{115, 39},
		Arcs: [][][2]int32{
			{{1000, 0}, {1000, 1000}},
			{{1000, 1000}, {0, 1000}, {0, 0}, {1000, 0}},
			{{1000, 0}, {2000, 0}, {2000, 1000}, {1000, 1000}},
		},
		Shapes: []Shape{{ID: "left", Arcs: [][][]int{{{0, 1}}}}, {ID: "right", Modelled: true, Arcs: [][][]int{{{2, -1}}}}},
	}
	got, err := DecodeTopology(bytes.NewReader(AppendTopology(nil, topo)), TopologyLimits)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(topo, got); d != "" {
		t.Error(d)
	}
	left, right := got.Polygons(got.Shapes[0]), got.Polygons(got.Shapes[1])
	if err := left.Check("left"); err != nil {
		t.Error(err)
	}
	if err := right.Check("right"); err != nil {
		t.Error(err)
	}
	if Overlap(left, right) != 0 || !right.Contains(Point{116.5, 39.5}) {
		t.Error("the squares are not side by side")
	}
}

func TestDecodeTopologyRefuses(t *testing.T) {
	const head = `{"type":"Topology","transform":{"scale":[1,1],"translate":[0,0]},`
	for in, code := range map[string]string{
		`{"type":"Topology"}`:      "geo.topology.form",
		`[`:                        "geo.json.unreadable",
		head + `"arcs":[[[0,0]]]}`: "geo.ring.short",
		head + `"arcs":[[[0,0],[1,1]]],"objects":{"regions":{"geometries":[{"type":"MultiPolygon","arcs":[[[-3]]]}]}}}`: "geo.topology.arc",
		head + `"arcs":[],"objects":{"regions":{"geometries":[{"type":"Point"}]}}}`:                                     "geo.type.unknown",
	} {
		if _, err := DecodeTopology(strings.NewReader(in), TopologyLimits); codeOf(err) != code {
			t.Errorf("%s: %v, want %s", in, err, code)
		}
	}
}

func FuzzDecodeGeoJSON(f *testing.F) {
	f.Add([]byte(`{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}`))
	f.Add([]byte(`{"type":"MultiPolygon","coordinates":[[[[116,39],[117,39],[117,40],[116,39]],[[116.5,39.1],[116.6,39.2],[116.6,39.1],[116.5,39.1]]]]}`))
	f.Add([]byte(`{"type":"MultiPolygon","coordinates":[[[[1e308,0],[1,0],[1,1],[1e308,0]]]]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := DecodeGeoJSON(bytes.NewReader(raw), Limits{Bytes: 1 << 16, Points: 500, Rings: 20})
		if err != nil {
			if _, ok := err.(*Error); !ok {
				t.Fatalf("not an *Error: %v", err)
			}
			return
		}
		if err := m.Check(""); err != nil {
			t.Fatal(err)
		}
		if o := Overlap(m, m); o < 0 || o > 1 {
			t.Fatalf("Overlap with itself = %v", o)
		}
		m.Contains(m.LabelPoint())
	})
}

func FuzzDecodeTopology(f *testing.F) {
	f.Add([]byte(`{"type":"Topology","transform":{"scale":[1,1],"translate":[0,0]},"arcs":[[[0,0],[1,1],[0,2],[0,-3]]],"objects":{"regions":{"geometries":[{"type":"MultiPolygon","id":"a","arcs":[[[0]]]},{"type":"MultiPolygon","arcs":[[[-1]],[]]}]}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		topo, err := DecodeTopology(bytes.NewReader(raw), Limits{Bytes: 1 << 16, Points: 500, Rings: 50})
		if err != nil {
			return
		}
		for _, s := range topo.Shapes {
			_ = topo.Polygons(s).Check("")
		}
	})
}
