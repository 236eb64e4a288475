package document

import (
	"fmt"
	"math"
	"sort"
	"time"
)

const (
	chartHeight = 62.0 // of the plot
	chartLabels = 26.0 // to the right, for the names of the lines
)

// plot maps values to places on the sheet.
type plot struct {
	left, top, width, height float64
	x0, x1, y0, y1           float64
}

func (p plot) x(v float64) float64 { return p.left + (v-p.x0)/(p.x1-p.x0)*p.width }
func (p plot) y(v float64) float64 { return p.top + p.height - (v-p.y0)/(p.y1-p.y0)*p.height }

// lineChart draws thin lines over a faint grid, names at the ends of the lines, and
// thresholds dashed with their names.
func (s *sheet) lineChart(c LineChart) {
	s.caption(c.Title, chartHeight+16)
	at := func(p Point) float64 {
		if c.Timed {
			return float64(p.Time.UnixMicro())
		}
		return p.X
	}
	c.Series = measuredOnly(c.Series)
	p, ok := chartRange(c, at)
	if !ok {
		s.font(sizeBody, false, inkGrey)
		s.put(marginX, s.y+5, s.clean(s.report.say("no_data", nil)))
		s.y += 12
		return
	}
	value := Column{Kind: Decimal, Decimals: c.Decimals}
	if c.Decimals == 0 {
		value.Kind = Count
	}
	yTicks := ticks(p.y0, p.y1, 5, c.Decimals == 0)
	p.y0, p.y1 = yTicks[0], yTicks[len(yTicks)-1]

	s.font(sizeSmall, false, inkGrey)
	gutter := 0.0
	for _, v := range yTicks {
		gutter = max(gutter, s.width(value.show(v, nil)))
	}
	s.put(marginX, s.y+3, s.clean(withUnit(c.YTitle, c.Unit, s.report.Lang)))
	p.left, p.top = marginX+gutter+2, s.y+6
	p.width, p.height = bodyWidth-gutter-2-chartLabels, chartHeight
	s.grid(c, p, yTicks, value)
	for _, m := range c.Marks {
		s.dashed(p.left, p.y(m.Y), p.left+p.width, p.y(m.Y), 0.25, inkDark)
	}
	inks := []ink{inkAccent, inkSecond, inkThird, inkDark, inkGrey}
	var labels []label
	for i, series := range c.Series {
		pen := inks[i%len(inks)]
		s.trace(p, series, at, pen)
		if n := len(series.Points); n > 0 {
			last := series.Points[n-1].Y
			labels = append(labels, label{p.y(last), s.clean(series.Name + " " + value.show(last, nil)), pen})
		}
	}
	for _, m := range c.Marks {
		labels = append(labels, label{p.y(m.Y), s.clean(m.Name + " " + value.show(m.Y, nil)), inkDark})
	}
	s.beside(p, labels)
	s.y = p.top + p.height + 5
	if c.XTitle != "" {
		s.font(sizeSmall, false, inkGrey)
		s.putRight(p.left+p.width, s.y+4.5, s.clean(c.XTitle))
		s.y += 4.5
	}
	s.y += 5
}

// measuredOnly leaves out points that have no value.
func measuredOnly(series []Series) []Series {
	out := make([]Series, len(series))
	for i, s := range series {
		out[i] = s
		out[i].Points = nil
		for _, p := range s.Points {
			if !math.IsNaN(p.X+p.Y) && !math.IsInf(p.X+p.Y, 0) {
				out[i].Points = append(out[i].Points, p)
			}
		}
	}
	return out
}

func chartRange(c LineChart, at func(Point) float64) (p plot, ok bool) {
	p = plot{x0: math.Inf(1), x1: math.Inf(-1), y0: 0, y1: math.Inf(-1)}
	for _, s := range c.Series {
		for _, v := range s.Points {
			p.x0, p.x1 = min(p.x0, at(v)), max(p.x1, at(v))
			p.y0, p.y1 = min(p.y0, v.Y), max(p.y1, v.Y)
		}
	}
	for _, m := range c.Marks {
		p.y0, p.y1 = min(p.y0, m.Y), max(p.y1, m.Y)
	}
	if p.x1 == p.x0 {
		p.x1++
	}
	finite := func(span float64) bool { return !math.IsNaN(span) && !math.IsInf(span, 0) }
	return p, finite(p.x1-p.x0) && finite(p.y1-p.y0)
}

func (s *sheet) grid(c LineChart, p plot, yTicks []float64, value Column) {
	s.font(sizeSmall, false, inkGrey)
	for _, v := range yTicks {
		y := p.y(v)
		pen := inkFaint
		if v == 0 {
			pen = inkGrey
		}
		s.line(p.left, y, p.left+p.width, y, 0.15, pen)
		s.putRight(p.left-1.5, y+1, value.show(v, nil))
	}
	base := p.top + p.height
	tick := func(x float64, text string) {
		s.line(x, base, x, base+1, 0.15, inkGrey)
		s.putCentre(x, base+4.4, text)
	}
	if c.Timed {
		times, layout := timeTicks(time.UnixMicro(int64(p.x0)), time.UnixMicro(int64(p.x1)), 7, s.report.zone())
		for _, t := range times {
			tick(p.x(float64(t.UnixMicro())), t.Format(layout))
		}
		return
	}
	if len(c.Names) > 0 {
		widest := 0.0
		for _, name := range c.Names {
			widest = max(widest, s.width(s.clean(name))+3)
		}
		fits := max(1, int(p.width/widest))
		step := (len(c.Names) + fits - 1) / fits
		for i := (len(c.Names) - 1) % step; i < len(c.Names); i += step { // the last is always named
			if x := float64(i); x >= p.x0 && x <= p.x1 {
				tick(p.x(x), s.clean(c.Names[i]))
			}
		}
		return
	}
	for _, v := range ticks(p.x0, p.x1, 7, false) {
		if v >= p.x0 && v <= p.x1 {
			tick(p.x(v), group(fmt.Sprintf("%.6g", v)))
		}
	}
}

func (s *sheet) trace(p plot, series Series, at func(Point) float64, pen ink) {
	const width = 0.45
	for i := 1; i < len(series.Points); i++ {
		a, b := series.Points[i-1], series.Points[i]
		x1, y1, x2, y2 := p.x(at(a)), p.y(a.Y), p.x(at(b)), p.y(b.Y)
		if series.Step {
			s.line(x1, y1, x2+width/2, y1, width, pen)
			s.line(x2, y1, x2, y2, width, pen)
		} else {
			s.line(x1, y1, x2, y2, width, pen)
		}
	}
	if len(series.Points) == 1 {
		s.box(p.x(at(series.Points[0]))-0.6, p.y(series.Points[0].Y)-0.6, 1.2, 1.2, pen)
	}
}

type label struct {
	y    float64
	text string
	pen  ink
}

// beside sets names to the right of the plot, pushed apart where they would overlap.
func (s *sheet) beside(p plot, labels []label) {
	sort.SliceStable(labels, func(i, j int) bool { return labels[i].y < labels[j].y })
	next := math.Inf(-1)
	for _, l := range labels {
		s.font(sizeSmall, true, l.pen)
		y := max(l.y+1, next)
		for _, line := range wrap(l.text, chartLabels-2, s.width) {
			s.put(p.left+p.width+2, y, line)
			y += 3.8
		}
		next = y
	}
}

// barChart draws one bar to a row from zero, the values in a column of figures at the
// edge; what has no data has a dash and no bar.
func (s *sheet) barChart(c BarChart) {
	const pitch, thick = 6.2, 2.8
	s.caption(c.Title, min(pitch*float64(len(c.Bars)), 150)+16) // a short chart stays whole
	value := Column{Kind: Decimal, Decimals: c.Decimals}
	s.font(sizeTable, false, inkDark)
	names, top := 12.0, 0.0
	for _, b := range c.Bars {
		names = max(names, min(s.width(s.clean(b.Name)), 46))
		if b.Value != nil && !math.IsNaN(*b.Value) && !math.IsInf(*b.Value, 0) {
			top = max(top, *b.Value)
		}
	}
	for _, m := range c.Marks {
		top = max(top, m.Y)
	}
	if top <= 0 {
		top = 1
	}
	left := marginX + names + 2.5
	width := bodyWidth - names - 2.5 - 18
	if c.Unit != "" {
		s.font(sizeSmall, false, inkGrey)
		s.put(left, s.y+2, s.clean(c.Unit))
		s.y += 4
	}
	begin := s.y
	end := func() {
		s.line(left, begin, left, s.y, 0.25, inkDark)
		for i, m := range c.Marks {
			x := left + m.Y/top*width
			s.dashed(x, begin, x, s.y+1, 0.25, inkDark)
			s.font(sizeSmall, false, inkDark)
			s.putCentre(x, s.y+4.4+float64(i)*3.8, s.clean(m.Name+" "+value.show(m.Y, nil)))
		}
	}
	for _, b := range c.Bars {
		if s.y+pitch > bodyBottom-6 {
			end()
			s.page()
			begin = s.y
		}
		s.font(sizeTable, false, inkDark)
		name := s.clean(b.Name)
		if n := fitting(name, names, s.width); n < len(name) {
			name = name[:n]
		}
		base := s.y + pitch/2 + 1.1
		s.putRight(left-2.5, base, name)
		if b.Value != nil && *b.Value > 0 && !math.IsInf(*b.Value, 0) {
			s.box(left, s.y+(pitch-thick)/2, *b.Value/top*width, thick, inkAccent)
		}
		s.font(sizeTable, true, inkDark)
		s.putRight(marginX+bodyWidth, base, value.show(b.Value, nil))
		s.y += pitch
	}
	end()
	s.y += 5 + 3.8*float64(len(c.Marks))
}
