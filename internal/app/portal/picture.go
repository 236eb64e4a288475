package portal

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/skip2/go-qrcode"

	"github.com/tongsheng/tongsheng/engine/geo"
)

// drawing is a small map: the city's districts as hairlines, the message's area filled.
type drawing struct {
	Width, Height int
	Ground        string // path data
	Area          string
	Partly        string // districts of which only parts, without an outline of their own, are meant
	Spots         []spot // rings around areas too small to see
	Labels        []label
}

// Wide is the width with the margin, units.
func (d *drawing) Wide() int { return d.Width + 2*margin }

// High is the height with the margin.
func (d *drawing) High() int { return d.Height + 2*margin }

const margin = 4 // units around the drawing, so that lines at its edge are whole

type spot struct{ X, Y int }

// R is the ring's radius, units.
func (spot) R() int { return spotRadius }

type label struct {
	X, Y int
	Name string
}

const (
	drawingSize = 600 // units on the longer side, about two to a pixel on a phone
	smallest    = 26  // units below which an area gets a ring around it
	spotRadius  = 22
	maxLabels   = 6
	labelSize   = 26 // units, height of a label
)

// picture draws a message's area, or nothing when there are no outlines for it. Whole
// districts are drawn from their own outlines, the rest from what the message brings.
func (p *Portal) picture(ctx context.Context, r *request, m *Message) *drawing {
	if len(m.Area)+len(m.Places) == 0 {
		return nil
	}
	key := fmt.Sprintf("%s:%d:%s", m.ID, m.Version, r.lang)
	d, err := p.drawings.get(key, func() (*drawing, error) {
		ground, err := p.deps.Regions.Outlines(ctx, p.deps.City)
		if err != nil {
			return nil, err
		}
		return draw(ground, m, r.words), nil
	})
	if err != nil {
		p.deps.Log.WarnContext(ctx, "a message's area cannot be drawn", "message", m.ID, "error", err)
		return nil
	}
	return d
}

func draw(ground []Outline, m *Message, w words) *drawing {
	box := geo.EmptyBound()
	for _, o := range ground {
		box = box.Union(o.Shape.Bound())
	}
	for _, a := range m.Area {
		box = box.Union(a.Bound())
	}
	if box.Empty() {
		return nil
	}
	on := newSheet(box)
	d := &drawing{Width: on.width, Height: on.height}
	var land, area, partly strings.Builder
	for _, o := range ground {
		on.path(&land, o.Shape)
		switch whole, part := m.covers(o.Path); {
		case whole:
			on.path(&area, o.Shape)
		case part && len(m.Area) == 0:
			on.path(&partly, o.Shape)
		}
	}
	for _, a := range m.Area {
		on.path(&area, a)
		lo, hi := a.Bound().Min, a.Bound().Max
		x0, y1 := on.at(lo)
		x1, y0 := on.at(hi)
		if x1-x0 < smallest && y1-y0 < smallest {
			d.Spots = append(d.Spots, spot{(x0 + x1) / 2, (y0 + y1) / 2})
		}
	}
	d.Ground, d.Area, d.Partly = land.String(), area.String(), partly.String()
	if d.Area == "" && d.Partly == "" {
		return nil
	}
	d.Labels = on.labels(ground, d.Spots, m, w)
	return d
}

// covers reports whether the message names all of the district at path, or some of it.
func (m *Message) covers(path string) (whole, part bool) {
	for _, p := range m.Places {
		whole = whole || !p.Part && strings.HasPrefix(path, p.Path)
		part = part || strings.HasPrefix(p.Path, path) || strings.HasPrefix(path, p.Path)
	}
	return whole, part
}

// labels names the districts that the message touches, as long as they are few and the
// names do not meet; a message for the whole city needs no names.
func (s *sheet) labels(ground []Outline, spots []spot, m *Message, w words) (out []label) {
	touchedSoFar := 0
	for _, o := range ground {
		if _, touched := m.covers(o.Path); !touched {
			continue
		}
		if touchedSoFar++; touchedSoFar > maxLabels {
			return nil
		}
		x, y := s.at(o.Shape.LabelPoint())
		l := label{x, y, o.Name.In(w.lang)}
		for _, ring := range spots {
			if abs(ring.X-x) < l.width()/2+spotRadius && abs(ring.Y-y) < labelSize/2+spotRadius {
				l.Y = ring.Y + spotRadius + labelSize
			}
		}
		half := l.width() / 2
		l.X = min(max(l.X, half), s.width-half)
		free := true
		for _, other := range out {
			free = free && (abs(other.Y-l.Y) > labelSize || abs(other.X-l.X) > half+other.width()/2)
		}
		if free {
			out = append(out, l)
		}
	}
	return out
}

// width is about how wide a label is, units: Chinese characters are square.
func (l label) width() int {
	units := 0
	for _, r := range l.Name {
		if r < 0x2000 {
			units += labelSize * 6 / 10
		} else {
			units += labelSize
		}
	}
	return units
}

func abs(n int) int { return max(n, -n) }

// sheet places degrees on a drawing.
type sheet struct {
	box           geo.Bound
	kx, ky        float64 // units per degree
	metres        float64 // per unit
	width, height int
}

func newSheet(box geo.Bound) *sheet {
	shrink := math.Cos(box.Centre().Lat * math.Pi / 180)
	w, h := (box.Max.Lon-box.Min.Lon)*shrink, box.Max.Lat-box.Min.Lat
	k := drawingSize / math.Max(math.Max(w, h), 1e-6)
	return &sheet{box: box, kx: k * shrink, ky: k, metres: math.Pi / 180 * geo.EarthRadius / k,
		width: int(math.Ceil(w * k)), height: int(math.Ceil(h * k))}
}

func (s *sheet) at(p geo.Point) (x, y int) {
	return int(math.Round((p.Lon - s.box.Min.Lon) * s.kx)), int(math.Round((s.box.Max.Lat - p.Lat) * s.ky))
}

// path writes rings as SVG path data in whole units, leaving out what cannot be seen.
func (s *sheet) path(b *strings.Builder, m geo.MultiPolygon) {
	for _, polygon := range m {
		for _, ring := range polygon {
			s.ring(b, ring)
		}
	}
}

func (s *sheet) ring(b *strings.Builder, ring geo.Ring) {
	px, py, points := 0, 0, 0
	for i, pt := range geo.Simplify(ring, s.metres) {
		x, y := s.at(pt)
		switch {
		case i == 0:
			fmt.Fprintf(b, "M%d %dl", x, y)
		case x == px && y == py:
			continue
		default:
			fmt.Fprintf(b, "%d %d ", x-px, y-py)
			points++
		}
		px, py = x, y
	}
	if points == 0 { // smaller than a unit: keep a speck
		b.WriteString("1 0 0 1")
	}
	b.WriteString("z")
}

// qrCode draws text as a QR code (ISO/IEC 18004, level M), black on white with its quiet
// zone, as an SVG picture.
func qrCode(text string) (string, error) {
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return "", err
	}
	rows := code.Bitmap()
	var path strings.Builder
	for y, row := range rows {
		for x := 0; x < len(row); x++ {
			if !row[x] {
				continue
			}
			end := x
			for end < len(row) && row[end] {
				end++
			}
			fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", x, y, end-x, end-x)
			x = end
		}
	}
	n := len(rows)
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path d="%s"/></svg>`,
		n, n, n, n, path.String()), nil
}
