package xmlscan

import "unicode/utf8"

// What a byte is in text, in names and in attribute values.
const (
	classText      = 1 << iota // stands for itself in text
	classNameStart             // begins a name
	className                  // goes on with a name
	classAttr                  // stands for itself in an attribute value
	classSpace
)

var class = func() (t [256]byte) {
	for c := 0x20; c < 0x80; c++ {
		t[c] = classText | classAttr
	}
	for _, c := range "<&" {
		t[c] = 0
	}
	t[']'] &^= classText
	t['"'] &^= classAttr
	t['\''] &^= classAttr
	t['\n'], t['\t'] = classText|classSpace, classSpace|classText
	t['\r'], t[' '] = classSpace, classText|classAttr|classSpace
	for c := 'a'; c <= 'z'; c++ {
		t[c] |= classNameStart | className
		t[c-32] |= classNameStart | className
	}
	for c := '0'; c <= '9'; c++ {
		t[c] |= className
	}
	t['_'] |= classNameStart | className
	t[':'] |= classNameStart | className
	t['-'] |= className
	t['.'] |= className
	return t
}()

func isSpace(c byte) bool { return class[c]&classSpace != 0 }

// isChar is production 2 of XML 1.0.
func isChar(r rune) bool {
	return r >= 0x20 && r <= 0xD7FF || r == '\t' || r == '\n' || r == '\r' ||
		r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= 0x10FFFF
}

// isNameStart is production 4 of the fifth edition beyond ASCII.
func isNameStart(r rune) bool {
	switch {
	case r >= 0xC0 && r <= 0x2FF:
		return r != 0xD7 && r != 0xF7
	case r >= 0x370 && r <= 0x1FFF:
		return r != 0x37E
	}
	return r == 0x200C || r == 0x200D || r >= 0x2070 && r <= 0x218F || r >= 0x2C00 && r <= 0x2FEF ||
		r >= 0x3001 && r <= 0xD7FF || r >= 0xF900 && r <= 0xFDCF || r >= 0xFDF0 && r <= 0xFFFD ||
		r >= 0x10000 && r <= 0xEFFFF
}

// isName is production 4a beyond ASCII.
func isName(r rune) bool {
	return isNameStart(r) || r == 0xB7 || r >= 0x300 && r <= 0x36F || r == 0x203F || r == 0x2040
}

// nameEnd is where the name that begins at i ends; i itself where none begins.
func nameEnd(b []byte, i int) int {
	start := i
	if i < len(b) && class[b[i]]&classNameStart != 0 {
		i++
	}
	for i < len(b) {
		c := b[i]
		if c < utf8.RuneSelf {
			if i == start || class[c]&className == 0 {
				return i
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 || i == start && !isNameStart(r) || i > start && !isName(r) {
			return i
		}
		i += n
	}
	return i
}
