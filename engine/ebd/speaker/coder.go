package speaker

import (
	"bytes"
	"encoding/hex"
	"math"
	"strconv"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// A coder walks the fields of a frame in the order of its table, reading or writing each,
// so that a table is written down once for both directions. The first error sticks and
// turns the rest of the walk into nothing.
type coder struct {
	thing   string // what is walked, for errors
	buf     []byte // read from, or appended to
	base    int    // where buf begins in the frame, for errors
	at      int    // where the field last taken begins
	pos     int    // next byte to read
	end     int    // first byte that is not the part's being read
	writing bool

	inner    int  // depth of lists and counted parts: to end there is an error
	missing  bool // the body ended between two fields; the rest is left zero
	misfit   bool // bytes were missing or left over: another layout may fit better
	layout   int  // which of the known layouts of a body to read
	warnings []*ebd.Error
	err      *ebd.Error
}

// maxWarnings bounds what one frame can make us say about it.
const maxWarnings = 16

// fail notes the first error, at the field last taken.
func (c *coder) fail(field, code, found string) {
	if c.err == nil {
		c.err = &ebd.Error{Thing: c.thing, Field: field, Code: code, Pos: c.place(), Found: short(found)}
	}
}

// deviate notes what is not by the table: a warning in reading, an error in writing.
func (c *coder) deviate(field, code, found string) {
	if c.writing {
		c.fail(field, code, found)
	} else if c.err == nil && len(c.warnings) < maxWarnings {
		c.warnings = append(c.warnings, &ebd.Error{Thing: c.thing, Field: field, Code: code, Pos: c.place(), Found: short(found)})
	}
}

// place is the 1-based position in the frame of the field last taken, 0 in writing.
func (c *coder) place() int {
	if c.writing {
		return 0
	}
	return c.base + c.at + 1
}

func short(s string) string {
	if len(s) > 64 {
		return s[:64]
	}
	return s
}

func (c *coder) left() int { return c.end - c.pos }

// take reads n bytes; nil if they are not there. A body may end between two of its
// outermost fields, as those of some devices do, but not before the first of them.
func (c *coder) take(field string, n int) []byte {
	if c.err != nil || c.missing || n == 0 {
		return nil
	}
	c.at = c.pos
	if n > c.left() {
		if c.left() == 0 && c.inner == 0 && c.pos > 0 && !c.writing {
			c.missing, c.misfit = true, true
			c.deviate(field, ebd.CodeLength, "")
		} else {
			c.fail(field, ebd.CodeLength, "")
		}
		return nil
	}
	b := c.buf[c.pos : c.pos+n]
	c.pos += n
	return b
}

func (c *coder) put(b ...byte) {
	if c.err == nil {
		c.buf = append(c.buf, b...)
	}
}

// number codes an unsigned big-endian integer of size bytes.
func number[T ~uint8 | ~uint16 | ~uint32](c *coder, field string, size int, v *T) {
	if c.writing {
		for i := size - 1; i >= 0; i-- {
			c.put(byte(uint32(*v) >> (8 * i)))
		}
		return
	}
	var n uint32
	for _, b := range c.take(field, size) {
		n = n<<8 | uint32(b)
	}
	*v = T(n)
}

func u8[T ~uint8](c *coder, field string, v *T)   { number(c, field, 1, v) }
func u16[T ~uint16](c *coder, field string, v *T) { number(c, field, 2, v) }
func u32[T ~uint32](c *coder, field string, v *T) { number(c, field, 4, v) }

// choice is a byte with the values from lo to hi.
func choice[T ~uint8](c *coder, field string, v *T, lo, hi T) {
	u8(c, field, v)
	if !c.missing && (*v < lo || *v > hi) {
		c.deviate(field, ebd.CodeRange, hex.EncodeToString([]byte{byte(*v)}))
	}
}

// count codes the length prefix of size bytes for n things and gives how many follow.
func (c *coder) count(field string, size, n int) int {
	v := uint32(n)
	if c.writing && uint64(n) >= 1<<(8*size) {
		c.fail(field, ebd.CodeRange, "")
		return 0
	}
	number(c, field, size, &v)
	if v > math.MaxInt32 { // more than there can be, and negative where int has 32 bits
		c.fail(field, ebd.CodeLength, strconv.FormatUint(uint64(v), 10))
		return 0
	}
	return int(v)
}

// list codes a count of size bytes and so many elements.
func list[T any](c *coder, field string, size int, s *[]T, each func(*coder, *T)) {
	n := c.count(field, size, len(*s))
	c.inner++
	defer func() { c.inner-- }()
	if c.writing {
		for i := range *s {
			each(c, &(*s)[i])
		}
		return
	}
	*s = nil
	for i := 0; i < n && c.err == nil; i++ {
		var v T
		each(c, &v)
		*s = append(*s, v)
	}
}

// raw codes n bytes as they are.
func (c *coder) raw(field string, n int, v *Raw) {
	if c.writing {
		c.put(*v...)
		return
	}
	c.inner++
	*v = bytes.Clone(c.take(field, n))
	c.inner--
}

// blob codes bytes after a length of size bytes.
func (c *coder) blob(field string, size int, v *Raw) { c.raw(field, c.count(field, size, len(*v)), v) }

// text codes UTF-8 after a length of size bytes. The tables seldom name a character set;
// what is not UTF-8 is read as GB 18030.
func (c *coder) text(field string, size int, v *string) {
	b := Raw(*v)
	if c.writing && !utf8.ValidString(*v) {
		c.fail(field, ebd.CodeRange, *v)
	}
	c.blob(field, size, &b)
	if !c.writing {
		*v = c.utf8(field, b)
	}
}

func (c *coder) utf8(field string, b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	c.deviate(field, ebd.CodeRange, "")
	s, _ := simplifiedchinese.GB18030.NewDecoder().String(string(b)) // never fails: bad bytes become U+FFFD
	return s
}

// part codes a length of size bytes and what walk does within it.
func (c *coder) part(field string, size int, walk func()) {
	if c.writing {
		at := len(c.buf)
		c.put(make([]byte, size)...)
		walk()
		if n := len(c.buf) - at - size; c.err == nil {
			if uint64(n) >= 1<<(8*size) {
				c.fail(field, ebd.CodeLength, "")
				return
			}
			for i := range size {
				c.buf[at+i] = byte(n >> (8 * (size - 1 - i)))
			}
		}
		return
	}
	n := c.count(field, size, 0)
	if c.err != nil || c.missing {
		return
	}
	if n > c.left() {
		c.fail(field, ebd.CodeLength, strconv.Itoa(n))
		return
	}
	end := c.end
	c.end = c.pos + n
	c.inner++
	walk()
	c.inner--
	c.rest(field)
	c.end = end
}

// rest skips what the table does not know at the end of a part.
func (c *coder) rest(field string) {
	if n := c.left(); n > 0 && c.err == nil {
		c.at, c.misfit = c.pos, true
		c.deviate(field, ebd.CodeLength, hex.EncodeToString(c.buf[c.pos:c.pos+min(n, 16)]))
		c.pos += n
	}
}
