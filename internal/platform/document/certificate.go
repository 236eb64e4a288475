package document

import (
	"io"

	"github.com/signintech/gopdf"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Certificate is a document that proves something: a title, what it says line by line, who issued it
// and when, and a code by which anybody can ask whether it is true.
type Certificate struct {
	Issuer  string
	Title   string
	Number  string
	Lines   []NamedLine
	Valid   string // until when
	Given   string // when, in words
	Framed  bool   // a licence or the like; else a notice
	Void    string // why it holds no longer, across the sheet
	Code    [][]bool
	Proof   []string // beside the code: how to verify it, the code in letters, the address
	Small   string   // about the signature
	Subject string   // for the file's properties
}

// NamedLine is a line of a certificate.
type NamedLine struct{ Name, Value string }

// The parts of a certificate.
const (
	frameAt, frameInset = 11.0, 2.2
	proofSide           = 30.0
	proofTop            = pageHeight - 74
	lineName            = 40.0
)

var inkVoid = ink{226, 160, 150}

// WriteCertificate writes a certificate as an A4 PDF.
func WriteCertificate(w io.Writer, lang i18n.Lang, c Certificate) error {
	printing.Lock()
	defer printing.Unlock()
	s, err := newSheet(NewReport(c.Title, lang, false))
	if err != nil {
		return fault.New(fault.Internal, "internal").Because(err)
	}
	s.certificate(&c)
	s.pdf.SetInfo(gopdf.PdfInfo{Title: c.Title, Author: c.Issuer, Subject: c.Subject, Producer: "Tongsheng"})
	if s.err == nil {
		_, s.err = s.pdf.WriteTo(w)
	}
	if s.err != nil {
		return fault.New(fault.Internal, "internal").Because(s.err)
	}
	return nil
}

func (s *sheet) certificate(c *Certificate) {
	s.backing(c)
	s.y = 38
	if c.Framed {
		s.y = 46
	}
	s.font(13, false, inkGrey)
	s.putCentre(pageWidth/2, s.y, s.clean(c.Issuer))
	s.y += 15
	size := 30.0
	if !c.Framed {
		size = 23
	}
	s.font(size, true, inkDark)
	for _, l := range wrap(spaced(s.clean(c.Title)), bodyWidth, s.width) {
		s.putCentre(pageWidth/2, s.y, l)
		s.y += lead(size) * 0.9
	}
	s.y -= 2
	s.line(pageWidth/2-24, s.y, pageWidth/2+24, s.y, 0.8, inkAccent)
	s.y += 9
	s.font(sizeBody, false, inkGrey)
	s.putCentre(pageWidth/2, s.y, s.clean(c.Number))
	s.y += 12
	for _, l := range c.Lines {
		s.certificateLine(c, l)
	}
	if c.Valid != "" {
		s.certificateLine(c, NamedLine{s.clean(s.report.say("valid", nil)), c.Valid})
	}
	s.given(c)
	s.proof(c)
}

// spaced sets a short Chinese title wide, as certificates have it.
func spaced(title string) string {
	runes := []rune(title)
	if len(runes) < 2 || len(runes) > 6 {
		return title
	}
	out := ""
	for i, r := range runes {
		if !wide(r) {
			return title
		}
		if i > 0 {
			out += "　"
		}
		out += string(r)
	}
	return out
}

// backing is what every page of a certificate has.
func (s *sheet) backing(c *Certificate) {
	if c.Framed {
		s.frame(frameAt, 1.1, inkAccent)
		s.frame(frameAt+frameInset, 0.25, inkAccent)
		const corner = 5.0
		for _, x := range []float64{frameAt + frameInset, pageWidth - frameAt - frameInset - corner} {
			for _, y := range []float64{frameAt + frameInset, pageHeight - frameAt - frameInset - corner} {
				s.line(x, y, x+corner, y, 0.25, inkAccent)
				s.line(x, y+corner, x+corner, y+corner, 0.25, inkAccent)
				s.line(x, y, x, y+corner, 0.25, inkAccent)
				s.line(x+corner, y, x+corner, y+corner, 0.25, inkAccent)
				s.box(x+1.6, y+1.6, corner-3.2, corner-3.2, inkAccent)
			}
		}
	}
	if c.Void != "" {
		s.font(64, true, inkVoid)
		s.pdf.Rotate(38, pageWidth/2, pageHeight/2)
		s.putCentre(pageWidth/2, pageHeight/2, s.clean(c.Void))
		s.pdf.RotateReset()
	}
}

func (s *sheet) frame(at, width float64, c ink) {
	right, bottom := pageWidth-at, pageHeight-at
	half := width / 2
	s.line(at-half, at, right+half, at, width, c)
	s.line(at-half, bottom, right+half, bottom, width, c)
	s.line(at, at, at, bottom, width, c)
	s.line(right, at, right, bottom, width, c)
}

func (s *sheet) certificateLine(c *Certificate, l NamedLine) {
	const size, inset = 12.0, 8.0
	x, right := marginX+inset, pageWidth-marginX-inset
	s.font(size, false, inkGrey)
	names := wrap(s.clean(l.Name), lineName-4, s.width)
	s.font(size, true, inkDark)
	values := wrap(s.clean(l.Value), right-x-lineName, s.width)
	for i := 0; i < max(len(names), len(values)); i++ {
		if s.y+lead(size) > proofTop-32 {
			s.page()
			s.backing(c)
			s.y = bodyTop + 8
		}
		if i < len(names) {
			s.font(size, false, inkGrey)
			s.put(x, s.y, names[i])
		}
		if i < len(values) {
			s.font(size, true, inkDark)
			s.put(x+lineName, s.y, values[i])
		}
		s.y += lead(size) * 0.95
	}
	s.line(x, s.y-3.4, right, s.y-3.4, 0.12, inkLine)
	s.y += 3
}

// given says who issued it and when, with room for a seal.
func (s *sheet) given(c *Certificate) {
	y, right := proofTop-20.0, pageWidth-marginX-8
	s.font(12.5, true, inkDark)
	s.putRight(right, y, s.clean(c.Issuer))
	s.font(sizeBody, false, inkDark)
	s.putRight(right, y+8, s.clean(c.Given))
}

// proof is the code by which the document is verified.
func (s *sheet) proof(c *Certificate) {
	x, y := marginX+8.0, proofTop
	s.line(x, y-5, pageWidth-x, y-5, 0.15, inkLine)
	s.qr(c.Code, x, y, proofSide)
	at := x + proofSide + 6
	y += 5
	for i, text := range c.Proof {
		s.font(sizeTable, i == 1, inkDark)
		if i == 1 {
			s.font(13, true, inkDark)
		}
		for _, l := range wrap(s.clean(text), pageWidth-x-at, s.width) {
			s.put(at, y, l)
			y += 5.4
		}
	}
	y = proofTop + proofSide + 4
	s.font(7, false, inkGrey)
	for _, l := range wrap(s.clean(c.Small), pageWidth-2*x, s.width) {
		s.put(x, y, l)
		y += 3.4
	}
}
