package document

import (
	"io"

	"github.com/signintech/gopdf"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Letter is one page to one person: an address for an envelope's window, words, and a QR code.
type Letter struct {
	To    []string
	Title string
	Body  []string
	Code  [][]bool // modules of the QR code, without a border
	Link  string   // as the code leads, to type
	Below string   // what to do with the code
	Foot  string   // small print
}

// The parts of a letter: DIN 5008's field for the address shows in a window envelope.
const (
	addressTop, textTop = 45.0, 98.0
	codeSide            = 42.0
)

// WriteLetters writes letters as an A4 PDF, a page each.
func WriteLetters(w io.Writer, lang i18n.Lang, letters []Letter) error {
	printing.Lock()
	defer printing.Unlock()
	s, err := newSheet(NewReport("", lang, false))
	if err != nil {
		return fault.New(fault.Internal, "internal").Because(err)
	}
	for i, l := range letters {
		if i > 0 {
			s.page()
		}
		s.letter(l)
	}
	s.pdf.SetInfo(gopdf.PdfInfo{Producer: "Tongsheng"})
	if s.err == nil {
		_, s.err = s.pdf.WriteTo(w)
	}
	if s.err != nil {
		return fault.New(fault.Internal, "internal").Because(s.err)
	}
	return nil
}

func (s *sheet) letter(l Letter) {
	s.y = addressTop
	s.font(sizeBody, false, inkDark)
	for _, part := range l.To {
		for _, line := range wrap(s.clean(part), 85, s.width) {
			s.y += lead(sizeBody)
			s.put(marginX, s.y, line)
		}
	}
	s.y = textTop
	s.font(16, true, inkDark)
	for _, line := range wrap(s.clean(l.Title), bodyWidth, s.width) {
		s.put(marginX, s.y, line)
		s.y += lead(16)
	}
	s.y += 1
	foot := bodyBottom - codeSide - 24
	for _, p := range l.Body {
		s.font(sizeBody, false, inkDark)
		for _, line := range wrap(s.clean(p), bodyWidth, s.width) {
			if s.y+lead(sizeBody) > foot { // one page; the notice stands before the first question, too
				break
			}
			s.y += lead(sizeBody)
			s.put(marginX, s.y, line)
		}
		s.y += 2.5
	}
	s.y = max(s.y+6, foot-20)
	s.code(l.Code, marginX, s.y)
	s.font(sizeBody, false, inkDark)
	x, y := marginX+codeSide+8, s.y+8
	for _, line := range wrap(s.clean(l.Below), bodyWidth-codeSide-8, s.width) {
		s.put(x, y, line)
		y += lead(sizeBody)
	}
	s.font(sizeBody, true, inkDark)
	for _, line := range wrap(s.clean(l.Link), bodyWidth-codeSide-8, s.width) {
		s.put(x, y+2, line)
		y += lead(sizeBody)
	}
	s.y += codeSide + 6
	s.font(sizeSmall, false, inkGrey)
	for _, line := range wrap(s.clean(l.Foot), bodyWidth, s.width) {
		s.y += lead(sizeSmall)
		s.put(marginX, s.y, line)
	}
}

// code draws a QR code, run by run, so that no hairline shows between modules.
func (s *sheet) code(bits [][]bool, x, y float64) { s.qr(bits, x, y, codeSide) }

func (s *sheet) qr(bits [][]bool, x, y, side float64) {
	unit := side / float64(max(len(bits), 1))
	for row, line := range bits {
		for from := 0; from < len(line); from++ {
			to := from
			for to < len(line) && line[to] {
				to++
			}
			if to > from {
				s.box(x+float64(from)*unit, y+float64(row)*unit, float64(to-from)*unit, unit+0.02, inkDark)
				from = to
			}
		}
	}
}
