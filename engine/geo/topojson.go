package geo

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
)

// Topology is shapes that share their borders exactly: each border is kept once, as an
// arc, so that simplified neighbours leave no gaps (TopoJSON 1.0, one collection named
// "regions", quantised).
type Topology struct {
	Scale  float64 // degrees in one unit
	Origin Point   // degrees
	Arcs   [][][2]int32
	Shapes []Shape
}

// Shape is one outline as arcs: polygons of rings of arc numbers, ^n for arc n reversed.
type Shape struct {
	ID       string
	Modelled bool // drawn by a model; not a legal boundary
	Arcs     [][][]int
}

// TopologyLimits bound a file of outlines for one city.
var TopologyLimits = Limits{Bytes: 16 << 20, Points: 1_000_000, Rings: 100_000}

// topologyJSON is the file's form; positions in an arc are deltas after the first.
type topologyJSON struct {
	Type      string `json:"type"`
	Transform struct {
		Scale     [2]float64 `json:"scale"`
		Translate [2]float64 `json:"translate"`
	} `json:"transform"`
	Objects map[string]struct {
		Type       string `json:"type"`
		Geometries []struct {
			Type       string    `json:"type"`
			ID         string    `json:"id"`
			Arcs       [][][]int `json:"arcs"`
			Properties struct {
				Modelled bool `json:"modelled"`
			} `json:"properties"`
		} `json:"geometries"`
	} `json:"objects"`
	Arcs [][][2]int32 `json:"arcs"`
}

// DecodeTopology reads a file that AppendTopology wrote, or another of the same form.
// Every arc number in the result is in range. Faults are *Error.
func DecodeTopology(r io.Reader, lim Limits) (*Topology, error) {
	limited := &io.LimitedReader{R: r, N: lim.Bytes + 1}
	dec := json.NewDecoder(limited)
	var f topologyJSON
	err := dec.Decode(&f)
	if limited.N <= 0 {
		return nil, &Error{"geo.too_large", "", map[string]any{"limit": lim.Bytes}}
	}
	if err != nil {
		return nil, &Error{"geo.json.unreadable", "", map[string]any{"at": dec.InputOffset()}}
	}
	if f.Type != "Topology" || f.Transform.Scale[0] <= 0 || f.Transform.Scale[0] != f.Transform.Scale[1] {
		return nil, &Error{"geo.topology.form", "", nil}
	}
	t := &Topology{Scale: f.Transform.Scale[0], Origin: Point{f.Transform.Translate[0], f.Transform.Translate[1]}, Arcs: f.Arcs}
	points, rings, drawn := 0, 0, 0
	for i, arc := range t.Arcs {
		if points += len(arc); points > lim.Points {
			return nil, &Error{"geo.points.many", "arcs", map[string]any{"limit": lim.Points}}
		}
		if len(arc) < 2 {
			return nil, &Error{"geo.ring.short", fmt.Sprintf("arcs[%d]", i), map[string]any{"points": len(arc)}}
		}
		for k := 1; k < len(arc); k++ {
			arc[k][0] += arc[k-1][0]
			arc[k][1] += arc[k-1][1]
		}
	}
	for i, g := range f.Objects["regions"].Geometries {
		place := fmt.Sprintf("objects.regions.geometries[%d]", i)
		if g.Type != "MultiPolygon" {
			return nil, &Error{"geo.type.unknown", place, map[string]any{"type": clip(g.Type)}}
		}
		for _, poly := range g.Arcs {
			for _, ring := range poly {
				if rings++; rings > lim.Rings {
					return nil, &Error{"geo.rings.many", place, map[string]any{"limit": lim.Rings}}
				}
				for _, n := range ring {
					if index(n) >= len(t.Arcs) {
						return nil, &Error{"geo.topology.arc", place, map[string]any{"arc": n}}
					}
					// A short file can name a long arc many times over.
					if drawn += len(t.Arcs[index(n)]); drawn > 4*lim.Points {
						return nil, &Error{"geo.points.many", place, map[string]any{"limit": 4 * lim.Points}}
					}
				}
			}
		}
		t.Shapes = append(t.Shapes, Shape{ID: g.ID, Modelled: g.Properties.Modelled, Arcs: g.Arcs})
	}
	return t, nil
}

// index is the arc that a number means, whichever way it runs.
func index(n int) int {
	if n < 0 {
		return ^n
	}
	return n
}

// Polygons is a shape's outline in degrees.
func (t *Topology) Polygons(s Shape) MultiPolygon {
	out := make(MultiPolygon, len(s.Arcs))
	for i, poly := range s.Arcs {
		out[i] = make(Polygon, len(poly))
		for j, ring := range poly {
			out[i][j] = t.ring(ring)
		}
	}
	return out
}

func (t *Topology) ring(arcs []int) Ring {
	n := 1
	for _, a := range arcs {
		n += len(t.Arcs[index(a)]) - 1
	}
	ring := make(Ring, 0, n)
	for _, a := range arcs {
		arc := t.Arcs[index(a)]
		for k := range arc {
			if k == 0 && len(ring) > 0 {
				continue // the arc before ended here
			}
			q := arc[k]
			if a < 0 {
				q = arc[len(arc)-1-k]
			}
			ring = append(ring, Point{
				t.Origin.Lon + float64(q[0])*t.Scale,
				t.Origin.Lat + float64(q[1])*t.Scale,
			})
		}
	}
	return ring
}

// AppendTopology appends the file, one shape and one arc to a line so that a change
// shows as a change.
func AppendTopology(out []byte, t *Topology) []byte {
	scale := strconv.FormatFloat(t.Scale, 'g', -1, 64)
	out = fmt.Appendf(out, `{"type":"Topology","transform":{"scale":[%s,%s],"translate":[%v,%v]},`+"\n", scale, scale, t.Origin.Lon, t.Origin.Lat)
	out = append(out, `"objects":{"regions":{"type":"GeometryCollection","geometries":[`...)
	for i, s := range t.Shapes {
		arcs, _ := json.Marshal(s.Arcs) // numbers cannot fail
		out = append(comma(out, i), '\n')
		out = fmt.Appendf(out, `{"type":"MultiPolygon","id":%q,`, s.ID)
		if s.Modelled {
			out = append(out, `"properties":{"modelled":true},`...)
		}
		out = append(append(append(out, `"arcs":`...), arcs...), '}')
	}
	out = append(out, "\n]}},\n\"arcs\":["...)
	for i, arc := range t.Arcs {
		out = append(append(comma(out, i), '\n'), '[')
		prev := [2]int32{}
		for k, p := range arc {
			out = fmt.Appendf(comma(out, k), "[%d,%d]", p[0]-prev[0], p[1]-prev[1])
			prev = p
		}
		out = append(out, ']')
	}
	return append(out, "\n]}\n"...)
}
