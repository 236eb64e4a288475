package xmlscan

import (
	"bytes"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// decode turns a document into UTF-8 by its byte order mark or by the encoding that
// its XML declaration names. What is UTF-8 already is returned as it is.
func decode(b []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(b, []byte{0xFE, 0xFF}), bytes.HasPrefix(b, []byte{0, '<', 0, '?'}):
		return wide(b, unicode.BigEndian)
	case bytes.HasPrefix(b, []byte{0xFF, 0xFE}), bytes.HasPrefix(b, []byte{'<', 0, '?', 0}):
		return wide(b, unicode.LittleEndian)
	}
	marked := bytes.HasPrefix(b, []byte{0xEF, 0xBB, 0xBF})
	if marked {
		b = b[3:]
	}
	name := declaredEncoding(b)
	switch upper := strings.ToUpper(name); {
	case upper == "", upper == "UTF-8", upper == "UTF8":
		return b, nil
	case strings.HasPrefix(upper, "UTF-16"), upper == "UTF16", strings.HasPrefix(upper, "UCS-"), upper == "ISO-10646-UCS-2", upper == "ISO-10646-UCS-4":
		return nil, &Error{CodeEncoding, "the declaration says " + name + ", which the document is not in", 0, 1}
	}
	enc, err := byName(name)
	if err != nil || enc == nil {
		return nil, &Error{CodeEncoding, "unknown encoding " + name, 0, 1}
	}
	out, err := transcode(b, enc, name)
	if err == nil && marked {
		out = b // the mark outweighs a declaration that the bytes happen to fit
	}
	return out, err
}

// wide reads UTF-16, which the declaration may call so or, out of habit, UTF-8.
func wide(b []byte, order unicode.Endianness) ([]byte, error) {
	out, err := transcode(b, unicode.UTF16(order, unicode.UseBOM), "UTF-16")
	if err != nil {
		return nil, err
	}
	switch name := strings.ToUpper(declaredEncoding(out)); {
	case name == "", name == "UTF-8", name == "UTF8", strings.HasPrefix(name, "UTF-16"), name == "UTF16":
		return out, nil
	}
	return nil, &Error{CodeEncoding, "the document is in UTF-16 and says otherwise", 0, 1}
}

// byName finds an encoding by its IANA name. GB2312 is decoded as GBK, which contains it;
// transcode refuses what is beyond it.
func byName(name string) (encoding.Encoding, error) {
	upper := strings.ToUpper(name)
	if page, ok := strings.CutPrefix(upper, "CP125"); ok { // as many write windows-1252
		name = "windows-125" + page
	}
	switch upper {
	case "GB2312", "GBK", "CP936", "EUC-CN":
		return simplifiedchinese.GBK, nil
	case "GB18030":
		return simplifiedchinese.GB18030, nil
	case "ISO-8859-1", "ISO_8859-1", "LATIN1", "ISO-LATIN-1", "ISO LATIN 1":
		return charmap.ISO8859_1, nil
	}
	return ianaindex.IANA.Encoding(name)
}

func transcode(b []byte, enc encoding.Encoding, name string) ([]byte, error) {
	// Two bytes of the encodings in use become three at most; others may take more room.
	out, _, err := transform.Append(enc.NewDecoder(), make([]byte, 0, len(b)+len(b)/2+16), b)
	if err != nil {
		return nil, &Error{CodeEncoding, "not in the encoding " + name, 0, 1}
	}
	// A decoder puts U+FFFD where bytes are not in the encoding; none of the encodings
	// that a document is likely to be in has that character itself, but Unicode's.
	if at := bytes.Index(out, []byte("\uFFFD")); at >= 0 && !bytes.Contains(b, []byte{0xFF, 0xFD}) && !bytes.Contains(b, []byte{0xFD, 0xFF}) {
		return nil, &Error{CodeEncoding, "bytes that are not in the encoding " + name, at, 1 + bytes.Count(out[:at], []byte("\n"))}
	}
	upper := strings.ToUpper(name)
	ascii := upper == "US-ASCII" || upper == "ASCII"
	if ascii || upper == "GB2312" || upper == "EUC-CN" {
		// The decoder knows a larger set; of GB 2312 every second byte is above A0.
		for i := 0; i < len(b); i++ {
			if b[i] < 0x80 {
				continue
			}
			if i++; ascii || i < len(b) && (b[i-1] < 0xA1 || b[i] < 0xA1) {
				i--
				return nil, &Error{CodeEncoding, "bytes that are not in the encoding " + name, i, 1 + bytes.Count(b[:i], []byte("\n"))}
			}
		}
	}
	return out, nil
}

// declaredEncoding is the name in the XML declaration, or nothing. Whether the
// declaration is in order is for the scanner to say.
func declaredEncoding(b []byte) string {
	if !bytes.HasPrefix(b, []byte("<?xml")) || len(b) < 6 || !isSpace(b[5]) {
		return ""
	}
	head := b[:min(len(b), 1024)]
	end := bytes.Index(head, []byte("?>"))
	if end < 0 {
		return ""
	}
	head = head[:end]
	at := bytes.Index(head, []byte("encoding"))
	if at < 0 {
		return ""
	}
	rest := bytes.TrimLeft(head[at+len("encoding"):], " \t\r\n")
	if len(rest) == 0 || rest[0] != '=' {
		return ""
	}
	rest = bytes.TrimLeft(rest[1:], " \t\r\n")
	if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
		return ""
	}
	to := bytes.IndexByte(rest[1:], rest[0])
	if to < 0 {
		return ""
	}
	return string(rest[1 : 1+to])
}
