package xmlscan

import (
	"bytes"
	"strings"
)

// prolog reads the XML declaration, comments, processing instructions and the document
// type declaration, up to the root element.
func (s *Scanner) prolog() error {
	if len(s.src) == 0 {
		return s.fail(0, "the document is empty")
	}
	if bytes.HasPrefix(s.src, []byte("<?xml")) && len(s.src) > 5 && isSpace(s.src[5]) {
		if err := s.declaration(); err != nil {
			return err
		}
	} else if isSpace(s.src[0]) {
		s.skipSpace()
		if bytes.HasPrefix(s.src[s.pos:], []byte("<?xml")) && s.pos+5 < len(s.src) && isSpace(s.src[s.pos+5]) {
			return s.fail(s.pos, "an XML declaration stands only at the very beginning")
		}
	}
	if err := s.misc(true); err != nil {
		return err
	}
	if s.pos >= len(s.src) {
		return s.fail(s.pos, "there is no root element")
	}
	if s.src[s.pos] != '<' {
		return s.fail(s.pos, "text outside the root element")
	}
	return nil
}

// declaration reads <?xml version="1.0" encoding="…" standalone="…"?>.
func (s *Scanner) declaration() error {
	from := s.pos
	s.pos += 5
	end := bytes.Index(s.src[s.pos:], []byte("?>"))
	if end < 0 {
		return s.fail(from, "the XML declaration does not end")
	}
	text := string(s.src[s.pos : s.pos+end])
	step := 0 // 1 version, 2 encoding, 3 standalone
	for {
		rest := strings.TrimLeft(text, " \t\r\n")
		if rest == "" {
			break
		}
		if rest == text {
			return s.fail(from, "a blank is missing in the XML declaration")
		}
		name, value, after, ok := pseudo(rest)
		if !ok {
			return s.fail(from, "the XML declaration is not in order")
		}
		text = after
		switch {
		case step == 0 && name == "version":
			if !versionNumber(value) {
				return s.fail(from, "XML version "+value+" is not known")
			}
			step = 1
		case step == 1 && name == "encoding":
			if !encodingName(value) {
				return s.fail(from, "the encoding's name is not in order")
			}
			step = 2
		case step >= 1 && step < 3 && name == "standalone":
			if value != "yes" && value != "no" {
				return s.fail(from, "standalone is neither yes nor no")
			}
			s.doctype.standalone = value == "yes"
			step = 3
		default:
			return s.fail(from, "the XML declaration is not in order")
		}
	}
	if step == 0 {
		return s.fail(from, "the XML declaration has no version")
	}
	s.pos += end + 2
	return nil
}

func pseudo(text string) (name, value, rest string, ok bool) {
	name, rest, ok = strings.Cut(text, "=")
	name = strings.TrimRight(name, " \t\r\n")
	rest = strings.TrimLeft(rest, " \t\r\n")
	if !ok || rest == "" || rest[0] != '"' && rest[0] != '\'' {
		return "", "", "", false
	}
	value, rest, ok = strings.Cut(rest[1:], rest[:1])
	return name, value, rest, ok
}

// versionNumber is 1.x, or 1. as libxml2 lets it be: the fifth edition has readers of 1.0 take every 1.x for 1.0.
func versionNumber(v string) bool {
	digits, ok := strings.CutPrefix(v, "1.")
	return ok && strings.Trim(digits, "0123456789") == ""
}

func encodingName(v string) bool {
	for i := range len(v) {
		c := v[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || !(c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-')) {
			return false
		}
	}
	return v != ""
}
