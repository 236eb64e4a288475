package tables

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// Charset is code_character_set, table 5. Every terminal knows GB 2312; the others are
// optional. GB/T 21669 (Uyghur, Kazakh, Kirghiz) and GB 16959 (Tibetan) take their
// characters from GB 13000 and are written as it is, in two bytes, high byte first.
type Charset uint8

// Character sets.
const (
	GB2312  Charset = 0 // in its eight-bit form, with ASCII
	GB18030 Charset = 1
	GB13000 Charset = 2
	GB21669 Charset = 3
	GB16959 Charset = 4
)

var charsetNames = [...]string{"GB/T 2312-1980", "GB/T 18030-2005", "GB/T 13000-2010", "GB/T 21669-2008", "GB 16959-1997"}

// Valid reports whether c is in table 5.
func (c Charset) Valid() bool { return int(c) < len(charsetNames) }

func (c Charset) String() string {
	if !c.Valid() {
		return fmt.Sprintf("character set %d", uint8(c))
	}
	return charsetNames[c]
}

// CharsetFor is the set for a text that most terminals can show.
func CharsetFor(text string) Charset {
	if _, err := GB2312.encode(text); err == nil {
		return GB2312
	}
	return GB18030
}

func (c Charset) encoding() encoding.Encoding {
	switch c {
	case GB2312:
		return simplifiedchinese.GBK
	case GB18030:
		return simplifiedchinese.GB18030
	}
	return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
}

// encode writes a text, or names the first character that the set does not have.
func (c Charset) encode(text string) ([]byte, error) {
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("the text is not valid UTF-8")
	}
	if !c.Valid() {
		return nil, fmt.Errorf("%v is not known", c)
	}
	if c >= GB13000 {
		if i := strings.IndexFunc(text, func(r rune) bool { return r > 0xFFFF }); i >= 0 {
			return nil, noCharacter(c, text, i)
		}
	}
	if c == GB2312 {
		return encodeGB2312(text)
	}
	b, err := c.encoding().NewEncoder().Bytes([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("the text does not fit %v: %w", c, err)
	}
	return b, nil
}

func noCharacter(c Charset, text string, i int) error {
	r, _ := utf8.DecodeRuneInString(text[i:])
	return fmt.Errorf("%v has no %q (character %d)", c, r, utf8.RuneCountInString(text[:i])+1)
}

// encodeGB2312 writes GBK, of which GB 2312 is a part, and refuses what is outside it.
func encodeGB2312(text string) ([]byte, error) {
	e := simplifiedchinese.GBK.NewEncoder()
	out := make([]byte, 0, 2*len(text)/3)
	for i, r := range text {
		if r < utf8.RuneSelf {
			out = append(out, byte(r))
			continue
		}
		b, err := e.Bytes([]byte(string(r)))
		if err != nil || len(b) != 2 || !inGB2312(b[0], b[1]) {
			return nil, noCharacter(GB2312, text, i)
		}
		out = append(out, b...)
	}
	return out, nil
}

// gb2312Rows are the cells that GB 2312 fills in its rows 1–9; the first byte counts
// from 0xA1, and each pair is a range of second bytes.
var gb2312Rows = [9][]byte{
	{0xA1, 0xFE}, {0xB1, 0xE2, 0xE5, 0xEE, 0xF1, 0xFC}, {0xA1, 0xFE}, {0xA1, 0xF3}, {0xA1, 0xF6},
	{0xA1, 0xB8, 0xC1, 0xD8}, {0xA1, 0xC1, 0xD1, 0xF1}, {0xA1, 0xBA, 0xC5, 0xE9}, {0xA4, 0xEF},
}

func inGB2312(row, cell byte) bool {
	switch {
	case row >= 0xA1 && row <= 0xA9:
		for r := gb2312Rows[row-0xA1]; len(r) > 0; r = r[2:] {
			if cell >= r[0] && cell <= r[1] {
				return true
			}
		}
		return false
	case row == 0xD7:
		return cell >= 0xA1 && cell <= 0xF9
	}
	return row >= 0xB0 && row <= 0xF7 && cell >= 0xA1 && cell <= 0xFE
}

// decode reads a text. ok is false where bytes were no text of the set; they read as
// U+FFFD. GB 2312 is read as GBK, since heads write what they have.
func (c Charset) decode(b []byte) (text string, ok bool) {
	out, err := c.encoding().NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\uFFFD"), false
	}
	return string(out), c.Valid() && !strings.ContainsRune(string(out), utf8.RuneError)
}
