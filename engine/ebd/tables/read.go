package tables

import (
	"encoding/hex"
	"fmt"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// reader takes the body of a table apart. The first thing that cannot be read is kept
// with its place, and all that follows reads as zero; deviations are collected.
type reader struct {
	ed       *Edition
	table    string
	at       string // place
	b        []byte
	err      error
	warnings []Warning
}

func (r *reader) fail(field, format string, args ...any) {
	if r.err == nil {
		r.err = &Error{r.table, place(r.at, field), fmt.Sprintf(format, args...)}
	}
}

// maxWarnings bounds what a hostile table can make of itself.
const maxWarnings = 200

func (r *reader) warn(field, format string, args ...any) {
	if r.err == nil && len(r.warnings) < maxWarnings {
		r.warnings = append(r.warnings, Warning{r.table, place(r.at, field), fmt.Sprintf(format, args...)})
	}
}

// suspect warns of a value that another package refuses.
func (r *reader) suspect(field string, err error) {
	if err != nil {
		r.warn(field, "%v", err)
	}
}

func (r *reader) in(field string, part func()) {
	outer := r.at
	r.at = place(outer, field)
	part()
	r.at = outer
}

// take is the next n bytes, in place.
func (r *reader) take(field string, n int) []byte {
	if r.err == nil && (n < 0 || n > len(r.b)) {
		r.fail(field, "%d bytes are needed and %d left", n, len(r.b))
	}
	if r.err != nil {
		return make([]byte, min(max(n, 0), 32)) // no field that is looked into is longer
	}
	b := r.b[:n:n]
	r.b = r.b[n:]
	return b
}

// number is the next n bytes as a number, n at most 4.
func (r *reader) number(field string, n int) (v int) {
	for _, c := range r.take(field, n) {
		v = v<<8 | int(c)
	}
	return v
}

func (r *reader) u8(field string) uint8   { return uint8(r.number(field, 1)) }
func (r *reader) u16(field string) uint16 { return uint16(r.number(field, 2)) }

// tooMany ends the warning of a length that its fields do not fill.
const tooMany = " bytes more than the fields need"

// within reads a part that has n bytes of its own; more than it needs is a deviation.
func (r *reader) within(field string, n int, part func()) {
	own := r.take(field, n)
	if r.err != nil {
		return
	}
	rest := r.b
	r.b = own
	r.in(field, func() {
		part()
		if r.err == nil && len(r.b) > 0 {
			r.warn("", "%d"+tooMany, len(r.b))
		}
	})
	r.b = rest
}

// reserved warns of reserved bits that are not 1 (§3.3.4).
func (r *reader) reserved(field string, v, mask int) {
	if v&mask != mask {
		r.warn(field, "reserved bits are not 1")
	}
}

// digits reads n decimal digits after four reserved bits where n is odd. What is no
// decimal digit is kept as a hexadecimal one.
func (r *reader) digits(field string, n int) string {
	b := r.take(field, (n+1)/2)
	if r.err != nil {
		return ""
	}
	s := hex.EncodeToString(b)
	if n%2 == 1 {
		r.reserved(field, int(b[0]), 0xF0)
		s = s[1:]
	}
	return s
}

func (r *reader) message(n int) ebd.EBMID {
	id := r.digits("id", n)
	_, err := ebd.ParseEBMID(id)
	r.suspect("id", err)
	return ebd.EBMID(id)
}

func (r *reader) codes(field string, digits int) (codes []ebd.ResourceCode) {
	n := int(r.u8(field))
	for i := 0; i < n && r.err == nil; i++ {
		codes = append(codes, r.code(nth(field, i), digits))
	}
	return codes
}

func (r *reader) code(field string, digits int) ebd.ResourceCode {
	c := ebd.ResourceCode(r.digits(field, digits))
	r.suspect(field, c.Validate(ebd.GDJ2018))
	return c
}

// time reads a date and a time of day; all ones read as the zero time.
func (r *reader) time(field string) time.Time {
	b := r.take(field, 5)
	if r.err != nil || string(b) == "\xFF\xFF\xFF\xFF\xFF" {
		return time.Time{}
	}
	var clock [3]int
	for i, c := range b[2:] {
		if c>>4 > 9 || c&0x0F > 9 {
			r.warn(field, "the time of day %x is not decimal", b[2:])
			return time.Time{}
		}
		clock[i] = int(c>>4)*10 + int(c&0x0F)
	}
	if clock[0] > 23 || clock[1] > 59 || clock[2] > 60 {
		r.warn(field, "the time of day %x does not exist", b[2:])
	}
	y, m, d := mjdEpoch.AddDate(0, 0, int(b[0])<<8|int(b[1])).Date()
	return time.Date(y, m, d, clock[0], clock[1], clock[2], 0, r.ed.zone())
}
