package tables

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// writer collects the body of a table. The first thing that cannot be written is kept
// with its place, and nothing after it is.
type writer struct {
	ed    *Edition
	table string
	at    string // place
	b     []byte
	err   error
}

func (w *writer) fail(field, format string, args ...any) {
	if w.err == nil {
		w.err = &Error{w.table, place(w.at, field), fmt.Sprintf(format, args...)}
	}
}

// check fails with an error of another package.
func (w *writer) check(field string, err error) {
	if err != nil {
		w.fail(field, "%v", err)
	}
}

// in writes a part whose places begin with field.
func (w *writer) in(field string, part func()) {
	outer := w.at
	w.at = place(outer, field)
	part()
	w.at = outer
}

func (w *writer) u8(v uint8)   { w.b = append(w.b, v) }
func (w *writer) u16(v uint16) { w.b = binary.BigEndian.AppendUint16(w.b, v) }
func (w *writer) u32(v uint32) { w.b = binary.BigEndian.AppendUint32(w.b, v) }
func (w *writer) raw(b []byte) { w.b = append(w.b, b...) }

// count writes the number of things that follow, which must be from least to most.
func (w *writer) count(field string, n, least, most int) {
	if n < least || n > most {
		w.fail(field, "%d of them; %d to %d can be", n, least, most)
	}
	w.u8(uint8(n))
}

// counted writes a part after its length in size bytes.
func (w *writer) counted(field string, size int, part func()) {
	at := len(w.b)
	w.b = append(w.b, make([]byte, size)...)
	part()
	n := len(w.b) - at - size
	if uint64(n) >= 1<<(8*size) {
		w.fail(field, "%d bytes, at most %d fit", n, 1<<(8*size)-1)
	}
	for i := range size {
		w.b[at+i] = byte(n >> (8 * (size - 1 - i)))
	}
}

// digits writes decimal digits four bits each after four reserved bits.
func (w *writer) digits(s string) { w.b = appendDigits(w.b, s) }

func appendDigits(b []byte, s string) []byte {
	acc := byte(0xF)
	for i := range len(s) {
		acc = acc<<4 | s[i]&0x0F
		if i%2 == 0 {
			b = append(b, acc)
			acc = 0
		}
	}
	return b
}

func (w *writer) message(id ebd.EBMID) {
	_, err := ebd.ParseEBMID(string(id))
	w.check("id", err)
	w.digits(string(id))
}

// codes writes resource codes after their number.
func (w *writer) codes(field string, codes []ebd.ResourceCode) {
	w.count(field, len(codes), 1, 255)
	for i, c := range codes {
		w.code(nth(field, i), c)
	}
}

func (w *writer) code(field string, c ebd.ResourceCode) {
	if w.err == nil {
		w.check(field, c.Validate(ebd.GDJ2018))
	}
	w.digits(string(c))
}

// mjdEpoch is day 0 of the modified Julian date, of which 16 bits are kept.
var mjdEpoch = time.Date(1858, 11, 17, 0, 0, 0, 0, time.UTC)

// time writes a modified Julian date and six digits of the time of day, to the second
// (Annex A). The day beyond the last, which all ones would name, cannot be written.
func (w *writer) time(field string, t time.Time) {
	t = t.In(w.ed.zone())
	y, m, d := t.Date()
	day := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Sub(mjdEpoch) / (24 * time.Hour)
	if day < 0 || day >= 0xFFFF {
		w.fail(field, "%s is not between 1858-11-17 and 2038-04-21", t.Format(time.RFC3339))
	}
	w.u16(uint16(day))
	h, min, s := t.Clock()
	for _, v := range []int{h, min, s} {
		w.u8(byte(v/10<<4 | v%10))
	}
}
