package cap

import "strings"

// anyURI is xs:anyURI as libxml2 has it: a reference by RFC 3986 in which characters
// that a URI may not hold, but an IRI or a careless author does, are let through.
func anyURI(text string) string {
	s := collapse(text)
	if s == "" || isReference(s) {
		return ""
	}
	return "is not a URI"
}

// inAnyPart are the bytes that every part of a URI may hold: those that are unreserved, the
// sub-delimiters, and those that are let through.
var inAnyPart = func() (t [256]bool) {
	for c := range t {
		t[c] = c <= 32 || c >= 127 || strings.IndexByte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"+"!$&'()*+,;="+`<>"{}|\^`+"`", byte(c)) >= 0
	}
	return t
}()

// run is how many bytes of s may stand in any part, are escaped, or in more.
func run(s, more string) int {
	i := 0
	for i < len(s) {
		c := s[i]
		switch {
		case inAnyPart[c] || strings.IndexByte(more, c) >= 0:
			i++
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			i += 3
		default:
			return i
		}
	}
	return i
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }

func isReference(s string) bool {
	if scheme := schemeOf(s); scheme > 0 && hierarchical(s[scheme+1:], true) {
		return true
	}
	return hierarchical(s, false)
}

// schemeOf is the length of the scheme, 0 where there is none.
func schemeOf(s string) int {
	for i := range len(s) {
		c := s[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		switch {
		case c == ':':
			return i
		case letter, i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'):
		default:
			return 0
		}
	}
	return 0
}

// hierarchical is what follows the scheme, or a relative reference.
func hierarchical(s string, absolute bool) bool {
	if rest, ok := strings.CutPrefix(s, "//"); ok {
		n, ok := authority(rest)
		if !ok {
			return false
		}
		s = rest[n:]
		if s != "" && s[0] != '/' && s[0] != '?' && s[0] != '#' {
			return false
		}
	} else if !absolute {
		// The first segment of a relative path holds no colon.
		first := run(s, "@")
		if first < len(s) && s[first] == ':' {
			return false
		}
	}
	s = s[run(s, ":@/"):]
	if strings.HasPrefix(s, "?") {
		s = s[1+run(s[1:], ":@/?"):]
	}
	if strings.HasPrefix(s, "#") {
		s = s[1+run(s[1:], ":@/?[]"):]
	}
	return s == ""
}

// authority reads user, host and port and gives their length.
func authority(s string) (int, bool) {
	i := 0
	if user := run(s, ":"); user < len(s) && s[user] == '@' {
		i = user + 1
	}
	if i < len(s) && s[i] == '[' {
		end := strings.IndexByte(s[i:], ']')
		if end < 0 {
			return 0, false
		}
		i += end + 1
	} else {
		i += run(s[i:], "")
	}
	if i < len(s) && s[i] == ':' {
		i++
		n := digitsAt(s[i:])
		if n == 0 || len(strings.TrimLeft(s[i:i+n], "0")) > 9 {
			return 0, false
		}
		i += n
	}
	return i, true
}

// isAbsolute reports whether s is a URI with a scheme and something behind it.
func isAbsolute(s string) bool {
	n := schemeOf(s)
	return n > 1 && n+1 < len(s) && isReference(s)
}
