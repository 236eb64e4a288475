package portal

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/skip2/go-qrcode"

	"github.com/tongsheng/tongsheng/engine/geo"
)

// drawing is a small map: the city's districts as hairlines, the message's area filled.
type drawing struct {
	Width, Height int
	Ground        string // path data
	Area          string
	Partly        string // regions of which only parts, without an outline of their own, are meant
	Spots         []spot // rings around areas too small to see
	Points        []spot // places whose outline is not known
	Labels        []label
	Estimated     bool // an outline in it is estimated
	Missing       bool // something chosen cannot be drawn
}

// Wide is the width with the margin, units.
func (d *drawing) Wide() int { return d.Width + 2*margin }

// High is the height with the margin.
func (d *drawing) High() int { return d.Height + 2*margin }

const margin = 4 // units around the drawing, so that lines at its edge are whole

type spot struct{ X, Y, R int }

const (
	drawingSize = 600 // units on the longer side, about two to a pixel on a phone
	smallest    = 26  // units below which an area gets a ring around it
	spotRadius  = 22
	pointRadius = 10
)

// picture draws a message's area, or nothing when there are no outlines for it. Whole
// districts are drawn from the ground, other regions from outlines of their own, the rest
// from what the message brings.
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
		var paths []string
		for _, place := range m.Places {
			if !onGround(ground, place) {
				paths = append(paths, place.Path)
			}
		}
		var shapes []Outline
		if len(paths) > 0 {
			if shapes, err = p.deps.Regions.Shapes(ctx, paths); err != nil {
				return nil, err
			}
		}
		return draw(ground, shapes, m, r.words), nil
	})
	if err != nil {
		p.deps.Log.WarnContext(ctx, "a message's area cannot be drawn", "message", m.ID, "error", err)
		return nil
	}
	return d
}

// onGround reports whether a place is one of the districts drawn, or holds some of them.
func onGround(ground []Outline, place Place) bool {
	return slices.ContainsFunc(ground, func(o Outline) bool { return strings.HasPrefix(o.Path, place.Path) })
}

func draw(ground, shapes []Outline, m *Message, w words) *drawing {
	box := frameOf(ground, shapes, m)
	if box.Empty() {
		return nil
	}
	on := newSheet(box)
	d := &drawing{Width: on.width, Height: on.height}
	var land, area, partly strings.Builder
	for _, o := range ground {
		if !o.Shape.Bound().Intersects(box) {
			continue
		}
		on.path(&land, o.Shape)
		switch whole, part := m.covers(o.Path); {
		case whole:
			on.path(&area, o.Shape)
		case part && m.names(o.Path) && !m.outlined(o.Shape):
			on.path(&partly, o.Shape)
		}
	}
	var wanted []wish
	for _, o := range shapes {
		whole, _ := m.covers(o.Path)
		switch {
		case len(o.Shape) > 0 && (whole || !m.outlined(o.Shape)):
			into := &partly
			if whole {
				into = &area
			}
			on.path(into, o.Shape)
			rings := len(d.Spots)
			d.ring(on, o.Shape)
			d.Estimated = d.Estimated || o.Estimated
			x, y := on.at(o.Shape.LabelPoint())
			wanted = append(wanted, wish{x, y, 0, len(d.Spots) == rings, o.Name.In(w.lang)})
		case len(o.Shape) > 0: // the message brings the very part of it
		case o.Point != nil:
			x, y := on.at(*o.Point)
			d.Points = append(d.Points, spot{x, y, pointRadius})
			wanted = append(wanted, wish{x, y, pointRadius, false, o.Name.In(w.lang)})
		default:
			d.Missing = true
		}
	}
	for _, a := range m.Area {
		on.path(&area, a)
		d.ring(on, a)
	}
	d.Ground, d.Area, d.Partly = land.String(), area.String(), partly.String()
	if d.Area == "" && d.Partly == "" && len(d.Points) == 0 {
		return nil
	}
	d.Labels = on.labels(append(wanted, districtNames(on, ground, m, w)...), append(slices.Clone(d.Spots), d.Points...))
	return d
}

// ring draws a ring around a shape that is too small to see.
func (d *drawing) ring(on *sheet, shape geo.MultiPolygon) {
	lo, hi := shape.Bound().Min, shape.Bound().Max
	x0, y1 := on.at(lo)
	x1, y0 := on.at(hi)
	if x1-x0 < smallest && y1-y0 < smallest {
		d.Spots = append(d.Spots, spot{(x0 + x1) / 2, (y0 + y1) / 2, spotRadius})
	}
}

// frameOf is what the drawing shows: the whole city, or, where no district is meant whole,
// the districts touched, so that a township can be seen; and always all that is meant.
func frameOf(ground, shapes []Outline, m *Message) geo.Bound {
	all, touched, far := geo.EmptyBound(), geo.EmptyBound(), false
	for _, o := range ground {
		all = all.Union(o.Shape.Bound())
		whole, part := m.covers(o.Path)
		far = far || whole
		if part {
			touched = touched.Union(o.Shape.Bound())
		}
	}
	box := all
	if !far && !touched.Empty() {
		box = touched
	}
	for _, o := range shapes {
		if len(o.Shape) > 0 {
			box = box.Union(o.Shape.Bound())
		} else if o.Point != nil {
			box = box.Extend(*o.Point)
		}
	}
	for _, a := range m.Area {
		box = box.Union(a.Bound())
	}
	return box
}

// covers reports whether the message names all of the region at path, or some of it.
func (m *Message) covers(path string) (whole, part bool) {
	for _, p := range m.Places {
		whole = whole || !p.Part && strings.HasPrefix(path, p.Path)
		part = part || strings.HasPrefix(p.Path, path) || strings.HasPrefix(path, p.Path)
	}
	return whole, part
}

// names reports whether the region at path, or one around it, is itself a place of the
// message.
func (m *Message) names(path string) bool {
	return slices.ContainsFunc(m.Places, func(p Place) bool { return strings.HasPrefix(path, p.Path) })
}

// outlined reports whether an outline that the message brings tells which part of a shape
// is meant.
func (m *Message) outlined(shape geo.MultiPolygon) bool {
	return slices.ContainsFunc(m.Area, func(a geo.MultiPolygon) bool { return a.Bound().Intersects(shape.Bound()) })
}

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
