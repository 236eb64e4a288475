package tables

import (
	"strings"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/mpegts"
)

// Content is the content table 应急广播内容表 of one message. 086 and 087 table 4.
type Content struct {
	ID        ebd.EBMID  `json:"id"`
	Languages []Language `json:"languages"` // 1–5
}

// Language is the content in one language.
type Language struct {
	Code      string      `json:"language"` // three letters of GB/T 4880.2, as "zho"
	Charset   Charset     `json:"charset"`
	Text      string      `json:"text"`                // at most 65,535 bytes when written
	Agency    string      `json:"agency"`              // who issues it; at most 255 bytes
	Auxiliary []Auxiliary `json:"auxiliary,omitempty"` // at most two
}

// Auxiliary is a file that goes with a text.
type Auxiliary struct {
	Type AuxiliaryType `json:"type"`
	Data mpegts.Hex    `json:"data"` // the whole file
}

// AuxiliaryType is the kind of a file, GD/J 082 table G.1.
type AuxiliaryType uint8

// Auxiliary types.
const (
	MPEGAudio   AuxiliaryType = 1 // MPEG-1 Layer I or II
	MP3         AuxiliaryType = 2
	DRA         AuxiliaryType = 3
	DRAPlus     AuxiliaryType = 4
	PNG         AuxiliaryType = 41
	JPEG        AuxiliaryType = 42
	GIF         AuxiliaryType = 43
	MediaStream AuxiliaryType = 61 // audio or video stream
)

// Valid reports whether t is in the table.
func (t AuxiliaryType) Valid() bool {
	switch t {
	case MPEGAudio, MP3, DRA, DRAPlus, PNG, JPEG, GIF, MediaStream:
		return true
	}
	return false
}

// TableID implements Body.
func (*Content) TableID() uint8 { return IDContent }

// Name implements Body.
func (*Content) Name() string { return "content" }

// Extension implements Body: the CRC-16/CCITT-FALSE of EBM_id.
func (c *Content) Extension() uint16 { return crc16(appendDigits(nil, string(c.ID))) }

// crc16 is CRC-16/CCITT-FALSE: x¹⁶+x¹²+x⁵+1, start value all ones.
func crc16(b []byte) uint16 {
	crc := uint16(0xFFFF)
	for _, c := range b {
		crc ^= uint16(c) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}

// extensions are the values heads give: of the bytes as they stand in the section, with
// zeros for the reserved bits, of the digits as text.
func (c *Content) extensions() [3]uint16 {
	b := appendDigits(nil, string(c.ID))
	plain := append([]byte(nil), b...)
	plain[0] &= 0x0F
	return [3]uint16{crc16(b), crc16(plain), crc16([]byte(c.ID))}
}

func (c *Content) write(w *writer) {
	w.message(c.ID)
	if n := len(c.Languages); n < 1 || n > 5 {
		w.fail("languages", "%d of them; 1 to 5 can be", n)
	}
	w.u8(0xF0 | uint8(len(c.Languages)))
	for i := range c.Languages {
		l := &c.Languages[i]
		w.in(nth("languages", i), func() { w.counted("", 4, func() { l.write(w) }) })
	}
}

func (l *Language) write(w *writer) {
	if !languageCode(l.Code) {
		w.fail("language", "%q is not three small letters", l.Code)
	}
	w.raw([]byte(l.Code))
	if !l.Charset.Valid() {
		w.fail("charset", "%v is not in table 5", l.Charset)
	}
	w.u8(0xF8 | uint8(l.Charset))
	w.text("text", 2, l.Charset, l.Text)
	w.text("agency", 1, l.Charset, l.Agency)
	if len(l.Auxiliary) > 2 {
		w.fail("auxiliary", "%d of them; at most 2 can be", len(l.Auxiliary))
	}
	w.u8(0xF0 | uint8(len(l.Auxiliary)))
	for i, a := range l.Auxiliary {
		w.in(nth("auxiliary", i), func() {
			switch {
			case !a.Type.Valid():
				w.fail("type", "%d is not in GD/J 082 table G.1", a.Type)
			case a.Type == MediaStream && w.ed.NoStreams:
				w.fail("type", "a stream is sent as a channel, not as content (086 §10.3)")
			case len(a.Data) == 0:
				w.fail("data", "the file is empty")
			}
			w.u8(uint8(a.Type))
			w.counted("data", 3, func() { w.raw(a.Data) })
		})
	}
}

func languageCode(s string) bool {
	for _, c := range s {
		if c < 'a' || c > 'z' {
			return false
		}
	}
	return len(s) == 3
}

// text writes a text in its character set after its length.
func (w *writer) text(field string, size int, c Charset, text string) {
	b, err := c.encode(text)
	w.check(field, err)
	w.counted(field, size, func() { w.raw(b) })
}

// read takes lengths of files as 24 bits, or as 32 where that alone fits.
func (c *Content) read(r *reader) {
	as24, as32 := *r, *r
	c24, c32 := Content{}, Content{}
	if c24.readAs(&as24, 3); as24.err == nil && !spare(as24.warnings) {
		*r, *c = as24, c24
		return
	}
	if c32.readAs(&as32, 4); as32.err == nil && !spare(as32.warnings) {
		as32.warn("", "lengths of auxiliary data have 32 bits, not 24")
		*r, *c = as32, c32
		return
	}
	*r, *c = as24, c24
}

// spare reports whether something was left over where lengths should have met.
func spare(ws []Warning) bool {
	for _, w := range ws {
		if strings.HasSuffix(w.Text, tooMany) {
			return true
		}
	}
	return false
}

func (c *Content) readAs(r *reader, size int) {
	c.ID = r.message(35)
	v := int(r.u8("languages"))
	r.reserved("languages", v, 0xF0)
	if n := v & 0x0F; n < 1 || n > 5 {
		r.warn("languages", "%d of them; 1 to 5 should be", n)
	}
	for i := 0; i < v&0x0F && r.err == nil; i++ {
		l := Language{}
		r.within(nth("languages", i), r.number(nth("languages", i), 4), func() { l.read(r, size) })
		c.Languages = append(c.Languages, l)
	}
}

func (l *Language) read(r *reader, size int) {
	l.Code = string(r.take("language", 3))
	if r.err == nil && !languageCode(l.Code) {
		r.warn("language", "%q is not three small letters", l.Code)
	}
	v := int(r.u8("charset"))
	r.reserved("charset", v, 0xF8)
	if l.Charset = Charset(v & 7); !l.Charset.Valid() {
		r.warn("charset", "%v is not in table 5; texts are read as GB 2312", l.Charset)
	}
	l.Text = r.text("text", 2, l.Charset)
	l.Agency = r.text("agency", 1, l.Charset)
	v = int(r.u8("auxiliary"))
	r.reserved("auxiliary", v, 0xF0)
	if v&0x0F > 2 {
		r.warn("auxiliary", "%d of them; at most 2 should be", v&0x0F)
	}
	for i := 0; i < v&0x0F && r.err == nil; i++ {
		r.in(nth("auxiliary", i), func() {
			a := Auxiliary{Type: AuxiliaryType(r.u8("type"))}
			switch {
			case !a.Type.Valid():
				r.warn("type", "%d is not in GD/J 082 table G.1", a.Type)
			case a.Type == MediaStream && r.ed.NoStreams:
				r.warn("type", "a stream is sent as a channel, not as content")
			}
			a.Data = r.take("data", r.number("data", size))
			l.Auxiliary = append(l.Auxiliary, a)
		})
	}
}

func (r *reader) text(field string, size int, c Charset) string {
	b := r.take(field, r.number(field, size))
	if r.err != nil {
		return ""
	}
	if !c.Valid() {
		c = GB2312
	}
	text, ok := c.decode(b)
	if !ok {
		r.warn(field, "some bytes are no text of %v", c)
	} else if c == GB2312 {
		_, err := c.encode(text)
		r.suspect(field, err)
	}
	return text
}
