package loose

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// ErrCharset is given where no encoding that Charset knows fits.
var ErrCharset = errors.New("the character encoding is unknown")

// Charset brings a document to UTF-8. Encodings are UTF-8, UTF-16 and GB18030, of
// which GBK and GB2312 are parts. A byte order mark counts first, then the encoding
// declared, then whether the bytes are UTF-8. what says in which encoding the document
// is where that is not UTF-8 or not the one declared, else it is empty.
func Charset(b []byte) (utf []byte, what string, err error) {
	switch {
	case bytes.HasPrefix(b, []byte("\xEF\xBB\xBF")):
		b = b[3:]
		if label := declared(b); label != "" && !strings.EqualFold(label, "utf-8") && !strings.EqualFold(label, "utf8") {
			return valid(b, "declared as "+label+", read as UTF-8")
		}
		return valid(b, "")
	case bytes.HasPrefix(b, []byte("\xFF\xFE")), bytes.HasPrefix(b, []byte("<\x00")):
		return decode(b, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "UTF-16", unicode.LittleEndian)
	case bytes.HasPrefix(b, []byte("\xFE\xFF")), bytes.HasPrefix(b, []byte("\x00<")):
		return decode(b, unicode.UTF16(unicode.BigEndian, unicode.UseBOM), "UTF-16", unicode.BigEndian)
	}
	label := declared(b)
	switch strings.ToLower(label) {
	case "gb2312", "gbk", "gb18030", "cp936", "936", "x-gbk", "ms936", "windows-936", "gb_2312-80":
		if ascii(b) || utf8.Valid(b) && wide(b) { // says GBK and is UTF-8
			return b, "declared as " + label + ", read as UTF-8", nil
		}
		if out, ok := gb18030(b); ok {
			return out, label, nil
		}
	case "", "utf-8", "utf8":
		if !utf8.Valid(b) {
			break
		}
		return b, "", nil
	}
	if utf8.Valid(b) {
		return b, "declared as " + label + ", read as UTF-8", nil
	}
	if out, ok := gb18030(b); ok {
		return out, "declared as " + orNothing(label) + ", read as GB18030", nil
	}
	return valid(b, "declared as "+orNothing(label))
}

func orNothing(label string) string {
	if label == "" {
		return "nothing"
	}
	return label
}

// valid replaces what is no UTF-8.
func valid(b []byte, what string) ([]byte, string, error) {
	if utf8.Valid(b) {
		return b, what, nil
	}
	if what == "" {
		what = "UTF-8"
	}
	return bytes.ToValidUTF8(b, []byte("\uFFFD")), what + ", with bytes that are no characters", nil
}

func decode(b []byte, enc encoding.Encoding, what string, order unicode.Endianness) ([]byte, string, error) {
	if b[0] == '<' || b[0] == 0 { // no byte order mark
		enc = unicode.UTF16(order, unicode.IgnoreBOM)
	}
	out, err := enc.NewDecoder().Bytes(b)
	if err != nil {
		return nil, "", ErrCharset
	}
	return out, what, nil
}

func gb18030(b []byte) ([]byte, bool) {
	out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b)
	return out, err == nil && !bytes.ContainsRune(out, utf8.RuneError)
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// wide reports whether UTF-8 text has a character of three bytes or more: GBK text that
// is also valid UTF-8 by chance has only such of two.
func wide(b []byte) bool {
	for _, c := range b {
		if c >= 0xE0 {
			return true
		}
	}
	return false
}

// declared is the encoding that the XML declaration names.
func declared(b []byte) string {
	start := bytes.Index(b[:min(len(b), 256)], []byte("<?xml"))
	if start < 0 {
		return ""
	}
	decl := b[start:min(len(b), start+256)]
	if end := bytes.Index(decl, []byte("?>")); end >= 0 {
		decl = decl[:end]
	}
	_, after, ok := bytes.Cut(decl, []byte("encoding"))
	if !ok {
		return ""
	}
	after = bytes.TrimLeft(after, " \t\r\n=")
	if len(after) == 0 || after[0] != '"' && after[0] != '\'' {
		return ""
	}
	label, _, _ := bytes.Cut(after[1:], after[:1])
	return Excerpt(label)
}
