package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"github.com/tongsheng/tongsheng/engine/geo"
)

// The grid on which everything is drawn: 1e-5 degrees, about a metre, from an origin
// south-west of Hebei. The source's own grid is 1/1024 degree, about a hundred metres.
const unit = 1e-5

var origin = geo.Point{Lon: 113, Lat: 36}

// vertex is a place on the grid.
type vertex struct{ x, y int32 }

func toGrid(p geo.Point) vertex {
	return vertex{int32(math.Round((p.Lon - origin.Lon) / unit)), int32(math.Round((p.Lat - origin.Lat) / unit))}
}

func (v vertex) point() geo.Point {
	return geo.Point{Lon: origin.Lon + float64(v.x)*unit, Lat: origin.Lat + float64(v.y)*unit}
}

func (v vertex) minus(w vertex) (float64, float64) { return float64(v.x - w.x), float64(v.y - w.y) }

// shape is a source outline on the grid.
type shape struct {
	code  string
	rings [][]vertex
	seat  geo.Point // of its government
}

// readOutlines reads the npm package echarts: county outlines of Beijing and Tianjin,
// prefecture outlines of Hebei, in GCJ-02, delta encoded.
func readOutlines(dir string) ([]shape, error) {
	var out []shape
	for _, province := range []string{"beijing", "tianjin", "hebei"} {
		raw, err := os.ReadFile(filepath.Join(dir, province+".json"))
		if err != nil {
			return nil, err
		}
		var f struct {
			Features []struct {
				ID         string
				Properties struct{ Cp [2]float64 }
				Geometry   struct {
					Type          string
					Coordinates   json.RawMessage
					EncodeOffsets json.RawMessage
				}
			}
		}
		if err := json.Unmarshal(raw, &f); err != nil {
			return nil, fmt.Errorf("%s: %w", province, err)
		}
		for _, feature := range f.Features {
			g := feature.Geometry
			var lines [][]string
			var offsets [][][2]int
			if g.Type == "Polygon" {
				lines, offsets = make([][]string, 1), make([][][2]int, 1)
				err = firstOf(json.Unmarshal(g.Coordinates, &lines[0]), json.Unmarshal(g.EncodeOffsets, &offsets[0]))
			} else {
				err = firstOf(json.Unmarshal(g.Coordinates, &lines), json.Unmarshal(g.EncodeOffsets, &offsets))
			}
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", province, feature.ID, err)
			}
			cp := feature.Properties.Cp
			s := shape{code: full(feature.ID), seat: geo.FromGCJ02(geo.Point{Lon: cp[0], Lat: cp[1]})}
			for i := range lines {
				for j := range lines[i] {
					s.rings = append(s.rings, unpack(lines[i][j], offsets[i][j]))
				}
			}
			out = append(out, s)
		}
	}
	return out, nil
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// unpack undoes ECharts' encoding: characters in pairs, each 64 more than a zigzag
// number, each pair a step on a grid of 1024 to the degree.
func unpack(line string, at [2]int) []vertex {
	var ring []vertex
	codes := []rune(line)
	for i := 0; i+1 < len(codes); i += 2 {
		for k := range 2 {
			z := int(codes[i+k]) - 64
			at[k] += (z >> 1) ^ -(z & 1)
		}
		p := geo.FromGCJ02(geo.Point{Lon: float64(at[0]) / 1024, Lat: float64(at[1]) / 1024})
		if v := toGrid(p); len(ring) == 0 || ring[len(ring)-1] != v {
			ring = append(ring, v)
		}
	}
	if ring[0] != ring[len(ring)-1] {
		ring = append(ring, ring[0])
	}
	return ring
}
