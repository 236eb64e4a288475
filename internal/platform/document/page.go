package document

import "github.com/signintech/gopdf"

// The sheet, in millimetres; type sizes are in points.
const (
	pageWidth, pageHeight = 210.0, 297.0
	marginX               = 22.0
	bodyTop               = 26.0
	bodyBottom            = pageHeight - 24
	bodyWidth             = pageWidth - 2*marginX

	sizeTitle, sizeHeading, sizeBody, sizeTable, sizeSmall = 20.0, 12.5, 10.5, 9.0, 8.0
	mmPerPoint                                             = 25.4 / 72
)

type ink [3]uint8

// Ink on paper: one dark, two greys, one accent; the severity colours belong to alerts.
var (
	inkDark   = ink{28, 33, 38}
	inkGrey   = ink{100, 110, 118}
	inkLine   = ink{205, 210, 214}
	inkFaint  = ink{232, 235, 237}
	inkAccent = ink{15, 110, 104}
	inkSecond = ink{150, 96, 40}
	inkThird  = ink{88, 80, 140}
	inkPaper  = ink{255, 255, 255}
)

// sheet is a PDF being drawn: a cursor that falls down the page, and pens. The first
// error sticks and is returned at the end.
type sheet struct {
	*cleaner
	pdf    *gopdf.GoPdf
	report *Report
	y      float64
	err    error
}

func newSheet(r *Report) (*sheet, error) {
	c, err := newCleaner()
	if err != nil {
		return nil, err
	}
	s := &sheet{cleaner: c, pdf: &gopdf.GoPdf{}, report: r}
	s.pdf.Start(gopdf.Config{PageSize: *gopdf.PageSizeA4, Unit: gopdf.UnitMM})
	s.fail(s.pdf.AddTTFFontData("sc", regularTTF))
	s.fail(s.pdf.AddTTFFontDataWithOption("sc", boldTTF, gopdf.TtfOption{Style: gopdf.Bold}))
	s.page()
	return s, s.err
}

func (s *sheet) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

func (s *sheet) page() {
	s.pdf.AddPage()
	s.y = bodyTop
}

// room begins a new page unless height millimetres are left on this one.
func (s *sheet) room(height float64) bool {
	if s.y+height <= bodyBottom {
		return false
	}
	s.page()
	return true
}

func (s *sheet) font(size float64, bold bool, c ink) {
	style := ""
	if bold {
		style = "B"
	}
	s.fail(s.pdf.SetFont("sc", style, size))
	s.pdf.SetTextColor(c[0], c[1], c[2])
}

// width of a text in the present font.
func (s *sheet) width(text string) float64 {
	w, err := s.pdf.MeasureTextWidth(text)
	s.fail(err)
	return w
}

// put sets text with its baseline at y.
func (s *sheet) put(x, y float64, text string) {
	if text == "" {
		return
	}
	s.pdf.SetXY(x, y)
	s.fail(s.pdf.Text(text))
}

func (s *sheet) putRight(right, y float64, text string) { s.put(right-s.width(text), y, text) }

func (s *sheet) putCentre(x, y float64, text string) { s.put(x-s.width(text)/2, y, text) }

func (s *sheet) line(x1, y1, x2, y2, width float64, c ink) {
	s.pdf.SetStrokeColor(c[0], c[1], c[2])
	s.pdf.SetLineWidth(width)
	s.pdf.Line(x1, y1, x2, y2)
}

func (s *sheet) dashed(x1, y1, x2, y2, width float64, c ink) {
	s.pdf.SetCustomLineType([]float64{1.2, 0.9}, 0)
	s.line(x1, y1, x2, y2, width, c)
	s.pdf.SetCustomLineType(nil, 0)
}

func (s *sheet) box(x, y, w, h float64, c ink) {
	s.pdf.SetFillColor(c[0], c[1], c[2])
	s.pdf.RectFromUpperLeftWithStyle(x, y, w, h, "F")
}

// lead is the distance of baselines for a type size.
func lead(size float64) float64 { return size * mmPerPoint * 1.62 }

// furniture draws what every page has, when the number of pages is known.
func (s *sheet) furniture() {
	r := s.report
	pages := s.pdf.GetNumberOfPages()
	source := r.Issuer
	if r.Number != "" {
		source += map[bool]string{true: "　", false: ""}[source != ""] + r.Number
	}
	source = s.clean(source)
	title := s.clean(r.Title)
	made := ""
	if !r.Made.IsZero() {
		made = s.clean(r.say("made", map[string]any{"time": r.Made.In(r.zone()).Format("2006-01-02 15:04")}))
	}
	for n := 1; n <= pages; n++ {
		s.fail(s.pdf.SetPage(n))
		s.font(sizeSmall, false, inkGrey)
		if n > 1 {
			s.put(marginX, 18.5, title)
			s.line(marginX, 21, pageWidth-marginX, 21, 0.15, inkLine)
		}
		s.line(marginX, pageHeight-18, pageWidth-marginX, pageHeight-18, 0.15, inkLine)
		s.put(marginX, pageHeight-13.5, source)
		s.putCentre(pageWidth/2, pageHeight-13.5, made)
		s.putRight(pageWidth-marginX, pageHeight-13.5, s.clean(r.say("page", map[string]any{"page": n, "pages": pages})))
		if r.Drill {
			s.band(0, 11)
			s.band(pageHeight-8, 8)
		}
	}
}

// band draws hatching across the whole page at y with the word on it.
func (s *sheet) band(y, height float64) {
	s.box(0, y, pageWidth, height, inkPaper)
	s.pdf.SetFillColor(inkDark[0], inkDark[1], inkDark[2])
	const pitch, slab = 7.0, 3.2
	for x := -height; x < pageWidth; x += pitch {
		// A slab leaning at 45°; the sheet's own edges cut it off.
		p := []gopdf.Point{{X: x, Y: y + height}, {X: x + slab, Y: y + height}, {X: x + slab + height, Y: y}, {X: x + height, Y: y}}
		s.pdf.Polygon(p, "F")
	}
	size := height * 1.45
	s.font(size, true, inkDark)
	word := s.clean(s.report.say("drill", nil))
	w := s.width(word) + 10
	s.box((pageWidth-w)/2, y-0.3, w, height+0.6, inkPaper)
	s.putCentre(pageWidth/2, y+height/2+size*mmPerPoint*0.36, word)
}
