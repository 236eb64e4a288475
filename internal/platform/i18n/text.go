package i18n

import (
	"strings"
	"unicode"
)

// Deceptive reports whether a character has no place in what people write for others to
// read: it is not seen, or it makes the rest be seen otherwise than it is kept, so that
// who approves a text or a name could approve another than goes out. These are control
// characters, marks that turn the direction of writing, tags, private use, and the
// character that stands for one that was lost.
func Deceptive(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Co, unicode.Cs, unicode.Noncharacter_Code_Point) ||
		r >= 0xE0000 && r <= 0xE007F || r == unicode.ReplacementChar
}

// Blank reports whether nothing of a text can be seen.
func Blank(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsSpace(r) && !unicode.In(r, unicode.Cf, unicode.Cc, unicode.Mn) })
}
