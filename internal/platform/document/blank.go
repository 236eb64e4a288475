package document

import (
	"io"
	"strconv"

	"github.com/signintech/gopdf"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Blank is a form to fill in by hand.
type Blank struct {
	Issuer string
	Title  string
	About  string
	Fields []BlankField
	Code   [][]bool // leads to the same form on the web
	Link   string   // beside the code
	Sign   []string // lines to sign on
	Office []string // what the office fills in
	Foot   string
}

// BlankField is a question with room for its answer.
type BlankField struct {
	Title    string
	Help     string
	Required bool
	Options  []string // to tick
	Many     bool     // several may be ticked
	Lines    int      // of writing
	Cells    int      // a box for each digit
	Unit     string   // behind a short answer
	Words    []string // between short blanks: "年", "月", "日"
}

// WriteBlank writes a form as an A4 PDF.
func WriteBlank(w io.Writer, lang i18n.Lang, b Blank) error {
	printing.Lock()
	defer printing.Unlock()
	r := NewReport(b.Title, lang, false)
	r.Issuer = b.Issuer
	s, err := newSheet(r)
	if err != nil {
		return fault.New(fault.Internal, "internal").Because(err)
	}
	s.blank(&b)
	s.furniture()
	s.pdf.SetInfo(gopdf.PdfInfo{Title: b.Title, Author: b.Issuer, Producer: "Tongsheng"})
	if s.err == nil {
		_, s.err = s.pdf.WriteTo(w)
	}
	if s.err != nil {
		return fault.New(fault.Internal, "internal").Because(s.err)
	}
	return nil
}

const blankQR = 22.0

func (s *sheet) blank(b *Blank) {
	s.y = bodyTop + 4
	room := bodyWidth
	if len(b.Code) > 0 {
		s.qr(b.Code, marginX+bodyWidth-blankQR, bodyTop-6, blankQR)
		room -= blankQR + 8
	}
	s.font(sizeBody, false, inkGrey)
	s.put(marginX, s.y, s.clean(b.Issuer))
	s.y += 2
	s.font(sizeTitle, true, inkDark)
	for _, l := range wrap(s.clean(b.Title), room, s.width) {
		s.y += lead(sizeTitle) * 0.85
		s.put(marginX, s.y, l)
	}
	s.y = max(s.y+4, bodyTop+blankQR-4)
	s.line(marginX, s.y, pageWidth-marginX, s.y, 0.6, inkAccent)
	s.y += 1
	s.font(sizeSmall, false, inkGrey)
	for _, text := range []string{b.About, b.Link} {
		for _, l := range wrap(s.clean(text), bodyWidth, s.width) {
			if l != "" {
				s.y += lead(sizeSmall)
				s.put(marginX, s.y, l)
			}
		}
	}
	s.y += 5
	for i := range b.Fields {
		s.question(i+1, &b.Fields[i])
	}
	if len(b.Sign) > 0 {
		s.signatures(b.Sign)
	}
	s.office(b)
	s.note(b.Foot)
}

// question sets a question and the room for its answer in one piece.
func (s *sheet) question(n int, f *BlankField) {
	const step, square = 8.5, 3.4
	s.font(sizeBody, true, inkDark)
	title := strconv.Itoa(n) + ". " + s.clean(f.Title)
	titles := wrap(title, bodyWidth-8, s.width)
	s.font(sizeSmall, false, inkGrey)
	help := wrap(s.clean(f.Help), bodyWidth-6, s.width)
	if f.Help == "" {
		help = nil
	}
	s.font(sizeBody, false, inkDark)
	rows := s.ticks(f.Options)
	height := float64(len(titles))*lead(sizeBody) + float64(len(help))*lead(sizeSmall) + 5 + max(float64(len(rows))*7, float64(f.Lines)*step, 9)
	s.room(min(height, bodyBottom-bodyTop))
	for i, l := range titles {
		s.y += lead(sizeBody)
		s.font(sizeBody, true, inkDark)
		s.put(marginX, s.y, l)
		if i == len(titles)-1 && f.Required {
			w := s.width(l)
			s.font(sizeBody, true, inkAccent)
			s.put(marginX+w+1.5, s.y, "＊")
		}
	}
	s.font(sizeSmall, false, inkGrey)
	for _, l := range help {
		s.y += lead(sizeSmall)
		s.put(marginX+5, s.y, l)
	}
	s.y += 2.5
	switch {
	case len(f.Options) > 0:
		for _, row := range rows {
			s.y += 6
			for _, t := range row {
				s.outline(marginX+5+t.x, s.y-square+0.4, square, square)
				s.font(sizeBody, false, inkDark)
				s.put(marginX+5+t.x+square+1.8, s.y, t.text)
			}
			s.y++
		}
		s.y += 2
	case f.Cells > 0:
		for i := range f.Cells {
			s.outline(marginX+5+float64(i)*7, s.y, 7, 8.5)
		}
		s.y += 11
	case len(f.Words) > 0:
		x := marginX + 5.0
		s.y += 7
		s.font(sizeBody, false, inkDark)
		for i, word := range f.Words {
			w := 14.0
			if i == 0 {
				w = 22
			}
			s.line(x, s.y+0.8, x+w, s.y+0.8, 0.2, inkDark)
			s.put(x+w+1.5, s.y, s.clean(word))
			x += w + 3.5 + s.width(word)
		}
		s.y += 4
	case f.Lines > 1:
		s.outline(marginX+5, s.y, bodyWidth-5, float64(f.Lines)*step)
		for i := 1; i < f.Lines; i++ {
			s.dashed(marginX+7, s.y+float64(i)*step, marginX+bodyWidth-2, s.y+float64(i)*step, 0.1, inkLine)
		}
		s.y += float64(f.Lines)*step + 2
	default:
		w := bodyWidth - 5.0
		if f.Unit != "" {
			w = 45
			s.font(sizeBody, false, inkDark)
			s.put(marginX+5+w+2, s.y+6, s.clean(f.Unit))
		}
		s.outline(marginX+5, s.y, w, step)
		s.y += step + 2
	}
}

type tick struct {
	x    float64
	text string
}

// ticks sets options in rows, as many to one as fit.
func (s *sheet) ticks(options []string) (rows [][]tick) {
	const square, gap = 3.4 + 1.8, 9.0
	x := 0.0
	for _, o := range options {
		text := s.clean(o)
		w := square + s.width(text)
		if len(rows) == 0 || x+w > bodyWidth-5 {
			rows, x = append(rows, nil), 0
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], tick{x, text})
		x += w + gap
	}
	return rows
}

func (s *sheet) outline(x, y, w, h float64) {
	s.line(x, y, x+w, y, 0.2, inkDark)
	s.line(x, y+h, x+w, y+h, 0.2, inkDark)
	s.line(x, y, x, y+h, 0.2, inkDark)
	s.line(x+w, y, x+w, y+h, 0.2, inkDark)
}

// office sets what the office fills in, on a grey ground.
func (s *sheet) office(b *Blank) {
	if len(b.Office) == 0 {
		return
	}
	s.room(26)
	s.y += 4
	s.box(marginX, s.y, bodyWidth, 18, inkFaint)
	n := len(b.Office) - 1
	s.font(sizeSmall, true, inkGrey)
	s.put(marginX+3, s.y+5, s.clean(b.Office[0]))
	for i, text := range b.Office[1:] {
		x := marginX + 3 + float64(i)*(bodyWidth-6)/float64(max(n, 1))
		s.font(sizeTable, false, inkDark)
		s.put(x, s.y+13, s.clean(text))
		w := s.width(text)
		s.line(x+w+1.5, s.y+13.8, x+(bodyWidth-6)/float64(max(n, 1))-5, s.y+13.8, 0.2, inkDark)
	}
	s.y += 21
}
