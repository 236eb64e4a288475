package i18n

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Deceptive reports whether a character has no place in what people write for others to
// read: it is not seen, or it makes the rest be seen otherwise than it is kept, so that
// who approves a text or a name could approve another than goes out. These are control
// characters, breaks of lines, marks that turn the direction of writing or say how to, fillers,
// tags, private use, and the character that stands for one that was lost.
func Deceptive(r rune) bool {
	return unicode.IsControl(r) || r == unicode.ReplacementChar ||
		unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs, unicode.Noncharacter_Code_Point, unicode.Other_Default_Ignorable_Code_Point)
}

// joiner makes one picture of two: a woman and a fire engine are a firefighter.
const joiner = '\u200d'

// Deceives reports whether a text holds a deceptive character that is not among those
// allowed, such as a new line. Joiners may stand between pictures.
func Deceives(text, allowed string) bool {
	before := rune(0)
	for at, r := range text {
		if r == joiner {
			after, _ := utf8.DecodeRuneInString(text[at+utf8.RuneLen(r):])
			if !pictured(before) || !pictured(after) {
				return true
			}
		} else if Deceptive(r) && !strings.ContainsRune(allowed, r) {
			return true
		}
		before = r
	}
	return false
}

// pictured reports whether a character is a picture, its colour of skin or the mark that
// makes a sign a picture.
func pictured(r rune) bool {
	return unicode.In(r, unicode.So, unicode.Sm) && r != unicode.ReplacementChar || r >= 0x1F3FB && r <= 0x1F3FF || r == '\uFE0F'
}

// Blank reports whether nothing of a text can be seen.
func Blank(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsSpace(r) && !unicode.In(r, unicode.Cf, unicode.Cc, unicode.Mn) })
}

// Phone is a telephone number in one form: its digits, of a number abroad with a plus; empty
// for what is none.
func Phone(text string) string {
	digits := strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r >= '0' && r <= '9' || r == '+':
			return r
		case strings.ContainsRune(" -‐–—()（）.\u00a0", r):
			return -1
		}
		return 'x'
	}, strings.TrimSpace(text))
	digits = strings.TrimPrefix(strings.TrimPrefix(digits, "+86"), "0086")
	bare := strings.TrimPrefix(digits, "+")
	if len(bare) < 7 || len(bare) > 15 || strings.Trim(bare, "0123456789") != "" {
		return ""
	}
	return digits
}
