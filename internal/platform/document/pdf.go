package document

import (
	"io"
	"sync"

	"github.com/signintech/gopdf"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// printing lets one PDF be set at a time: each holds about 30 MB while it is made.
var printing sync.Mutex

// WritePDF writes the report as an A4 PDF. It returns how many characters were replaced
// by 〓 because the font lacks them.
func (r *Report) WritePDF(w io.Writer) (replaced int, err error) {
	printing.Lock()
	defer printing.Unlock()
	s, err := newSheet(r)
	if err != nil {
		return 0, fault.New(fault.Internal, "internal").Because(err)
	}
	s.head()
	for _, b := range r.blocks {
		switch b := b.(type) {
		case facts:
			s.facts(b)
		case heading:
			s.heading(string(b))
		case text:
			s.paragraph(string(b))
		case Table:
			s.table(b)
		case LineChart:
			s.lineChart(b)
		case BarChart:
			s.barChart(b)
		case signatures:
			s.signatures(b)
		}
	}
	s.furniture()
	info := gopdf.PdfInfo{Title: r.Title, Author: r.Issuer, Producer: "Tongsheng"}
	if !r.Made.IsZero() {
		info.CreationDate = r.Made.In(r.zone())
	}
	s.pdf.SetInfo(info)
	if s.err == nil {
		_, s.err = s.pdf.WriteTo(w)
	}
	if s.err != nil {
		return 0, fault.New(fault.Internal, "internal").Because(s.err)
	}
	return s.replaced, nil
}

// head sets the title over a rule in the accent colour.
func (s *sheet) head() {
	s.y = bodyTop + 4
	if s.report.Issuer != "" {
		s.font(sizeBody, false, inkGrey)
		s.put(marginX, s.y, s.clean(s.report.Issuer))
		if s.report.Number != "" {
			s.putRight(pageWidth-marginX, s.y, s.clean(s.report.Number))
		}
		s.y += 4
	}
	s.font(sizeTitle, true, inkDark)
	for _, l := range wrap(s.clean(s.report.Title), bodyWidth, s.width) {
		s.y += lead(sizeTitle) * 0.85
		s.put(marginX, s.y, l)
	}
	s.y += 4.5
	s.line(marginX, s.y, pageWidth-marginX, s.y, 0.6, inkAccent)
	s.y += 4
}

func (s *sheet) heading(title string) {
	s.room(25) // never the last thing on a page
	s.y += 7
	s.font(sizeHeading, true, inkDark)
	for _, l := range wrap(s.clean(title), bodyWidth, s.width) {
		s.put(marginX, s.y+2, l)
		s.y += lead(sizeHeading)
	}
	s.y -= 3 // what follows belongs to it
}

func (s *sheet) paragraph(body string) {
	s.y += 2
	s.font(sizeBody, false, inkDark)
	for _, l := range wrap(s.clean(body), bodyWidth, s.width) {
		if s.room(lead(sizeBody)) {
			s.font(sizeBody, false, inkDark)
		}
		s.y += lead(sizeBody)
		s.put(marginX, s.y-1.4, l)
	}
	s.y += 1.5
}

// facts sets names in grey beside their values, two facts to a row; a long value takes
// a row for itself.
func (s *sheet) facts(list []KV) {
	const gap, nameWidth = 8.0, 26.0
	half := (bodyWidth - gap) / 2
	type cell struct {
		name, value []string
		unit        string
		wide        bool
	}
	cells := make([]cell, len(list))
	for i, f := range list {
		c := &cells[i]
		c.unit = s.clean(f.Unit)
		value := s.clean(Column{Kind: naturalKind(f.Value)}.show(f.Value, s.report.zone()))
		s.font(sizeBody, false, inkGrey)
		c.name = wrap(s.clean(f.Name), nameWidth-2, s.width)
		s.font(sizeBody, true, inkDark)
		room := half - nameWidth - s.width(c.unit) - 1
		c.wide = len(wrap(value, room, s.width)) > 1
		if c.wide {
			room += half + gap
		}
		c.value = wrap(value, room, s.width)
	}
	s.y += 1.5
	for i := 0; i < len(cells); {
		row := cells[i : i+1]
		if !cells[i].wide && i+1 < len(cells) && !cells[i+1].wide {
			row = cells[i : i+2]
		}
		lines := 1
		for _, c := range row {
			lines = max(lines, len(c.name), len(c.value))
		}
		height := float64(lines)*lead(sizeBody) + 1.6
		s.room(height)
		for j, c := range row {
			x := marginX + float64(j)*(half+gap)
			for k, l := range c.name {
				s.font(sizeBody, false, inkGrey)
				s.put(x, s.y+lead(sizeBody)*(float64(k)+0.78), l)
			}
			for k, l := range c.value {
				s.font(sizeBody, true, inkDark)
				y := s.y + lead(sizeBody)*(float64(k)+0.78)
				s.put(x+nameWidth, y, l)
				if k == len(c.value)-1 && c.unit != "" {
					w := s.width(l)
					s.font(sizeSmall, false, inkGrey)
					s.put(x+nameWidth+w+1, y, c.unit)
				}
			}
			end := x + half
			if c.wide {
				end = marginX + bodyWidth
			}
			s.line(x, s.y+height-0.6, end, s.y+height-0.6, 0.12, inkLine)
		}
		s.y += height
		i += len(row)
	}
	s.y += 2
}

func naturalKind(v any) Kind {
	if f, ok := v.(float64); ok && f != float64(int64(f)) {
		return Plain
	}
	return Count
}

// signatures sets a line for each role, with the date to write in.
func (s *sheet) signatures(roles []string) {
	s.room(30)
	s.y += 16
	n := float64(max(len(roles), 1))
	width := (bodyWidth - 8*(n-1)) / n
	for i, role := range roles {
		x := marginX + float64(i)*(width+8)
		s.font(sizeBody, false, inkGrey)
		s.put(x, s.y, s.clean(role))
		s.line(x+s.width(role)+2, s.y+1, x+width, s.y+1, 0.2, inkDark)
		s.font(sizeSmall, false, inkGrey)
		s.putRight(x+width, s.y+6, s.clean(s.report.say("date", nil)))
	}
	s.y += 10
}
