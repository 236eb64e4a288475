package document

import (
	_ "embed"
	"strings"
	"unicode"

	"golang.org/x/image/font/sfnt"
)

// The fonts are parsed for one document and let go with it; until then they are pages
// of the binary that nobody has touched. Their licence and derivation: font/README.md.
var (
	//go:embed font/NotoSansSC-Regular.subset.ttf
	regularTTF []byte
	//go:embed font/NotoSansSC-Bold.subset.ttf
	boldTTF []byte
)

// geta 〓 is what Chinese and Japanese printers set for a character they lack.
const geta = '〓'

// cleaner replaces what the font lacks and counts it.
type cleaner struct {
	font     *sfnt.Font
	buf      sfnt.Buffer
	replaced int
}

func newCleaner() (*cleaner, error) {
	f, err := sfnt.Parse(regularTTF)
	return &cleaner{font: f}, err
}

// clean returns s with every missing character as 〓, control characters as spaces.
// Each text is cleaned once, before it is measured or set.
func (c *cleaner) clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case unicode.IsControl(r) || r == '\u2028' || r == '\u2029':
			return ' '
		case r == '\ufeff' || r == '\u200b' || r == '\u200d' || unicode.Is(unicode.Variation_Selector, r):
			return -1 // has no width and no ink
		}
		if g, err := c.font.GlyphIndex(&c.buf, r); err == nil && g != 0 {
			return r
		}
		c.replaced++
		return geta
	}, s)
}
