package geo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"sort"
	"strconv"
)

// Limits bound what a decoder takes from the network.
type Limits struct {
	Bytes  int64 // of text
	Points int   // of all rings together
	Rings  int
}

// AreaLimits suit an area that a person drew or another system sent.
var AreaLimits = Limits{Bytes: 1 << 20, Points: 20_000, Rings: 500}

// DecodeGeoJSON reads one Polygon or MultiPolygon geometry (RFC 7946), checks it and
// turns its rings the right way round. Faults are *Error.
func DecodeGeoJSON(r io.Reader, lim Limits) (MultiPolygon, error) {
	raw, err := io.ReadAll(io.LimitReader(r, lim.Bytes+1))
	if err != nil {
		return nil, fmt.Errorf("geo: read: %w", err)
	}
	if int64(len(raw)) > lim.Bytes {
		return nil, &Error{"geo.too_large", "", map[string]any{"limit": lim.Bytes}}
	}
	var g struct {
		Type        string          `json:"type"`
		Coordinates json.RawMessage `json:"coordinates"`
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if err := dec.Decode(&g); err != nil {
		return nil, &Error{"geo.json.unreadable", "", map[string]any{"at": dec.InputOffset()}}
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, &Error{"geo.json.unreadable", "", map[string]any{"at": dec.InputOffset()}}
	}
	var coords [][][][]float64
	switch g.Type {
	case "Polygon":
		coords = make([][][][]float64, 1)
		err = json.Unmarshal(g.Coordinates, &coords[0])
	case "MultiPolygon":
		err = json.Unmarshal(g.Coordinates, &coords)
	default:
		return nil, &Error{"geo.type.unknown", "type", map[string]any{"type": clip(g.Type)}}
	}
	if err != nil {
		return nil, &Error{"geo.coordinates.unreadable", "coordinates", nil}
	}
	m, err := fromCoordinates(coords, lim)
	if err != nil {
		return nil, err
	}
	m = m.Oriented()
	return m, m.Check("coordinates")
}

func fromCoordinates(coords [][][][]float64, lim Limits) (MultiPolygon, error) {
	points, rings := 0, 0
	if len(coords) == 0 {
		return nil, &Error{"geo.polygon.empty", "coordinates", nil}
	}
	m := make(MultiPolygon, 0, len(coords))
	for i, rs := range coords {
		poly := make(Polygon, 0, len(rs))
		for j, ps := range rs {
			if rings++; rings > lim.Rings {
				return nil, &Error{"geo.rings.many", "coordinates", map[string]any{"limit": lim.Rings}}
			}
			if points += len(ps); points > lim.Points {
				return nil, &Error{"geo.points.many", "coordinates", map[string]any{"limit": lim.Points}}
			}
			ring := make(Ring, len(ps))
			for k, c := range ps {
				if len(c) < 2 {
					return nil, &Error{"geo.point.short", fmt.Sprintf("coordinates[%d][%d][%d]", i, j, k), nil}
				}
				ring[k] = Point{c[0], c[1]} // a height, if any, is dropped
			}
			poly = append(poly, ring)
		}
		m = append(m, poly)
	}
	return m, nil
}

// AppendGeoJSON appends m as a MultiPolygon geometry with the given number of decimals
// (5 is about a metre).
func AppendGeoJSON(out []byte, m MultiPolygon, decimals int) []byte {
	out = append(out, `{"type":"MultiPolygon","coordinates":[`...)
	for i, poly := range m {
		out = comma(out, i)
		out = append(out, '[')
		for j, r := range poly {
			out = comma(out, j)
			out = append(out, '[')
			for k, p := range r {
				out = comma(out, k)
				out = append(out, '[')
				out = strconv.AppendFloat(out, p.Lon, 'f', decimals, 64)
				out = append(out, ',')
				out = strconv.AppendFloat(out, p.Lat, 'f', decimals, 64)
				out = append(out, ']')
			}
			out = append(out, ']')
		}
		out = append(out, ']')
	}
	return append(out, "]}"...)
}

func comma(out []byte, i int) []byte {
	if i > 0 {
		out = append(out, ',')
	}
	return out
}

// clip keeps a hostile value from filling a message.
func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// insideAt lists the stretches of a parallel that are inside m, as west and east ends.
func (m MultiPolygon) insideAt(lat float64) [][2]float64 {
	var xs []float64
	for _, poly := range m {
		for _, r := range poly {
			for i := 1; i < len(r); i++ {
				a, b := r[i-1], r[i]
				if (a.Lat > lat) != (b.Lat > lat) {
					xs = append(xs, a.Lon+(b.Lon-a.Lon)*(lat-a.Lat)/(b.Lat-a.Lat))
				}
			}
		}
	}
	sort.Float64s(xs)
	var out [][2]float64
	for i := 1; i < len(xs); i += 2 {
		out = append(out, [2]float64{xs[i-1], xs[i]})
	}
	return out
}
