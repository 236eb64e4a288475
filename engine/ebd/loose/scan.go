// Package loose reads XML the way emergency-broadcasting systems in the field write it:
// with NUL character references, stray bytes after the end, forgotten end tags and
// comments that are none. It repairs what it can, says what it repaired, and never
// expands an entity, follows a reference or looks at a DTD.
//
// It is a pull scanner over one buffer; Charset brings that buffer to UTF-8 first.
package loose

import (
	"bytes"
	"errors"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// Kind is what Next found.
type Kind uint8

// Kinds of token. Every Start has its End, also where the document forgot it.
const (
	EOF Kind = iota
	Start
	End
	Text
)

// Repairs that a Scanner reports.
const (
	NUL       = "nul"       // a NUL, as a byte or a character reference, was dropped
	Control   = "control"   // another character that XML 1.0 does not allow was dropped
	Entity    = "entity"    // an unknown entity, a bare & or a bad reference was kept as text
	Markup    = "markup"    // something between < and > that is no markup was skipped, or kept as text
	Unclosed  = "unclosed"  // an end tag was missing
	Stray     = "stray"     // an end tag had no start
	Truncated = "truncated" // the document ends before its root does
	Leading   = "leading"   // bytes before the document were skipped
	Trailing  = "trailing"  // bytes after the document were skipped
	Attribute = "attribute" // an attribute was dropped
	Case      = "case"      // an end tag's letters differ in case from its start's
)

// Errors at which reading ends.
var (
	ErrDTD     = errors.New("a document type declaration is refused")
	ErrDepth   = errors.New("elements are nested too deeply")
	ErrCount   = errors.New("there are too many elements")
	ErrRepairs = errors.New("there is too much to repair")
	ErrEmpty   = errors.New("there is no XML element")
)

// Limits of a document.
const (
	MaxDepth    = 64
	MaxElements = 1 << 20
	MaxRepairs  = 1 << 18
)

// Scanner walks through a UTF-8 document.
type Scanner struct {
	Name   []byte                           // of the element that starts or ends, without a prefix
	Chars  []byte                           // of a Text, good until the next call
	Report func(repair string, what []byte) // may be nil; what is cut short by Excerpt
	Err    error                            // why reading ended early, with EOF

	src      []byte
	pos      int
	open     [][]byte // names of open elements
	elements int
	repairs  int
	pending  int  // ends still to give, for forgotten tags
	closing  bool // an empty element, <a/>, ends next
	begun    bool
	buf      []byte
}

// NewScanner reads src, which must be UTF-8 and is not changed.
func NewScanner(src []byte) *Scanner { return &Scanner{src: src} }

func (s *Scanner) report(repair string, what []byte) {
	if s.repairs++; s.repairs > MaxRepairs {
		s.Err = ErrRepairs
	}
	if s.Report != nil {
		s.Report(repair, what)
	}
}

// Next gives the next token. Text is given only inside the root.
func (s *Scanner) Next() Kind {
	if s.Err != nil {
		return EOF
	}
	if s.closing {
		s.closing = false
		return s.pop()
	}
	if s.pending > 0 {
		s.pending--
		return s.pop()
	}
	for s.Err == nil {
		if s.begun && len(s.open) == 0 {
			s.trailing()
			return EOF
		}
		if s.pos >= len(s.src) {
			return s.end()
		}
		if !s.begun {
			if s.leading(); s.pos >= len(s.src) {
				continue
			}
		}
		if s.src[s.pos] != '<' {
			return s.text()
		}
		if k, ok := s.markup(); ok {
			return k
		}
	}
	return EOF
}

// end is reached where the buffer ends inside the root, or holds none.
func (s *Scanner) end() Kind {
	if !s.begun {
		s.Err = ErrEmpty
		return EOF
	}
	s.report(Truncated, s.open[len(s.open)-1])
	s.pending = len(s.open) - 1
	return s.pop()
}

func (s *Scanner) pop() Kind {
	last := len(s.open) - 1
	s.Name, s.open = s.open[last], s.open[:last]
	return End
}

// leading skips what stands before the next <: blanks are fine, all else is not.
func (s *Scanner) leading() {
	i := bytes.IndexByte(s.src[s.pos:], '<')
	if i < 0 {
		i = len(s.src) - s.pos
	}
	if skipped := bytes.TrimSpace(s.src[s.pos : s.pos+i]); len(skipped) > 0 {
		s.report(Leading, skipped)
	}
	s.pos += i
}

// trailing looks at what is left after the root.
func (s *Scanner) trailing() {
	rest := bytes.TrimSpace(s.src[s.pos:])
	for len(rest) > 0 {
		switch {
		case bytes.HasPrefix(rest, []byte("<!--")) && bytes.Contains(rest, []byte("-->")):
			rest = bytes.TrimSpace(rest[bytes.Index(rest, []byte("-->"))+3:])
		case bytes.HasPrefix(rest, []byte("<?")) && bytes.Contains(rest, []byte("?>")):
			rest = bytes.TrimSpace(rest[bytes.Index(rest, []byte("?>"))+2:])
		default:
			s.report(Trailing, rest)
			rest = nil
		}
	}
	s.pos = len(s.src)
}

// markup reads what begins at <. ok is false where it gives no token.
func (s *Scanner) markup() (k Kind, ok bool) {
	rest := s.src[s.pos:]
	switch {
	case len(rest) > 1 && nameStart(rest[1:]):
		return s.start()
	case bytes.HasPrefix(rest, []byte("</")):
		return s.endTag()
	case bytes.HasPrefix(rest, []byte("<!--")):
		s.skip(4, "-->")
	case bytes.HasPrefix(rest, []byte("<![CDATA[")):
		return s.cdata()
	case bytes.HasPrefix(rest, []byte("<?")):
		s.skip(2, "?>")
	case len(rest) >= 9 && bytes.EqualFold(rest[:9], []byte("<!DOCTYPE")):
		s.Err = ErrDTD
		return EOF, true
	case bytes.HasPrefix(rest, []byte("<!")):
		s.report(Markup, rest)
		s.skip(2, ">")
	default: // a bare <
		s.report(Markup, rest)
		s.pos++
		if s.begun {
			s.Chars = rest[:1]
			return Text, true
		}
	}
	return 0, false
}

// skip moves behind the next end after n more bytes, or to the end of the buffer.
func (s *Scanner) skip(n int, end string) {
	from := min(s.pos+n, len(s.src))
	if i := bytes.Index(s.src[from:], []byte(end)); i >= 0 {
		s.pos = from + i + len(end)
		return
	}
	s.report(Markup, s.src[s.pos:])
	s.pos = len(s.src)
}

func (s *Scanner) cdata() (Kind, bool) {
	from := s.pos + 9
	s.skip(9, "]]>")
	chars := bytes.TrimSuffix(s.src[from:s.pos], []byte("]]>"))
	if !s.begun {
		return 0, false
	}
	s.buf = s.clean(s.buf[:0], chars)
	s.Chars = s.buf
	return Text, true
}

// start reads a start tag or an empty element.
func (s *Scanner) start() (Kind, bool) {
	i := s.pos + 1
	for i < len(s.src) && !nameEnd(s.src[i]) {
		i++
	}
	s.Name = local(s.src[s.pos+1 : i])
	s.begun = true
	if s.elements++; s.elements > MaxElements {
		s.Err = ErrCount
		return EOF, true
	}
	if len(s.open) >= MaxDepth {
		s.Err = ErrDepth
		return EOF, true
	}
	s.open = append(s.open, s.Name)
	s.pos = s.attributes(i)
	return Start, true
}

// attributes walks from i to behind the tag's >. Namespace declarations and xsi
// attributes say nothing here; others are dropped and reported.
func (s *Scanner) attributes(i int) int {
	for i < len(s.src) {
		switch c := s.src[i]; {
		case c == '>':
			return i + 1
		case c == '<': // the > was forgotten
			s.report(Markup, s.src[i:])
			return i
		case c == '/':
			s.closing = i+1 < len(s.src) && s.src[i+1] == '>'
			i++
		case c <= ' ' || c == '=':
			i++
		case c == '"' || c == '\'':
			n := bytes.IndexByte(s.src[i+1:], c)
			if n < 0 {
				s.report(Markup, s.src[i:])
				return len(s.src)
			}
			i += n + 2
		default:
			from := i
			for i < len(s.src) && !nameEnd(s.src[i]) && s.src[i] != '=' && s.src[i] != '<' {
				i++
			}
			if name := s.src[from:i]; !bytes.HasPrefix(name, []byte("xmlns")) && !bytes.HasPrefix(name, []byte("xsi:")) {
				s.report(Attribute, name)
			}
		}
	}
	return i
}

func (s *Scanner) endTag() (Kind, bool) {
	rest := s.src[s.pos+2:]
	n := bytes.IndexAny(rest, "<>")
	if n < 0 {
		n = len(rest)
	}
	name := local(bytes.TrimSpace(rest[:n]))
	s.pos = min(s.pos+2+n+1, len(s.src))
	if n < len(rest) && rest[n] == '<' {
		s.pos--
	}
	for i := len(s.open) - 1; i >= 0; i-- {
		if !bytes.EqualFold(s.open[i], name) {
			continue
		}
		if !bytes.Equal(s.open[i], name) {
			s.report(Case, name)
		}
		if s.pending = len(s.open) - 1 - i; s.pending > 0 {
			s.report(Unclosed, s.open[len(s.open)-1])
		}
		return s.pop(), true
	}
	s.report(Stray, name)
	return 0, false
}

// text reads up to the next <.
func (s *Scanner) text() Kind {
	n := bytes.IndexByte(s.src[s.pos:], '<')
	if n < 0 {
		n = len(s.src) - s.pos
	}
	raw := s.src[s.pos : s.pos+n]
	s.pos += n
	if plain(raw) {
		s.Chars = raw
		return Text
	}
	s.buf = s.buf[:0]
	for len(raw) > 0 && s.Err == nil {
		i := bytes.IndexByte(raw, '&')
		if i < 0 {
			i = len(raw)
		}
		s.buf = s.clean(s.buf, raw[:i])
		if raw = raw[i:]; len(raw) > 0 {
			raw = raw[s.reference(raw):]
		}
	}
	s.Chars = s.buf
	return Text
}

// plain reports whether text holds neither references nor characters to drop.
func plain(b []byte) bool {
	for _, c := range b {
		if c == '&' || c < ' ' && c != '\n' && c != '\r' && c != '\t' {
			return false
		}
	}
	return true
}

// clean appends text without the control characters that XML 1.0 does not allow.
func (s *Scanner) clean(dst, text []byte) []byte {
	for _, c := range text {
		switch {
		case c >= ' ' || c == '\n' || c == '\r' || c == '\t':
			dst = append(dst, c)
		case c == 0:
			s.report(NUL, nil)
		default:
			s.report(Control, nil)
		}
	}
	return dst
}

var named = map[string]byte{"lt": '<', "gt": '>', "amp": '&', "quot": '"', "apos": '\''}

// reference appends what the reference at the start of raw stands for and gives its length.
func (s *Scanner) reference(raw []byte) int {
	end := bytes.IndexByte(raw[:min(len(raw), 16)], ';')
	if end < 0 {
		s.report(Entity, raw)
		s.buf = append(s.buf, '&')
		return 1
	}
	name := raw[1:end]
	if c, ok := named[string(name)]; ok {
		s.buf = append(s.buf, c)
		return end + 1
	}
	if r, ok := character(name); ok {
		switch {
		case r == 0:
			s.report(NUL, raw[:end+1])
		case r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == 0xFFFE || r == 0xFFFF:
			s.report(Control, raw[:end+1])
		default:
			s.buf = utf8.AppendRune(s.buf, r)
		}
		return end + 1
	}
	s.report(Entity, raw[:end+1])
	s.buf = append(s.buf, raw[:end+1]...)
	return end + 1
}

// character reads #10 or #xA.
func character(name []byte) (rune, bool) {
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' || digits[0] == 'X' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(string(digits), base, 32)
	if err != nil || n > unicode.MaxRune || n >= 0xD800 && n < 0xE000 {
		return 0, false
	}
	return rune(n), true
}

func nameStart(b []byte) bool {
	c := b[0]
	if c < utf8.RuneSelf {
		return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_' || c == ':'
	}
	r, _ := utf8.DecodeRune(b)
	return unicode.IsLetter(r)
}

func nameEnd(c byte) bool { return c <= ' ' || c == '>' || c == '/' || c == '<' }

// local is a name without its prefix.
func local(name []byte) []byte {
	if i := bytes.LastIndexByte(name, ':'); i >= 0 {
		return name[i+1:]
	}
	return name
}

// Excerpt is the beginning of what is reported, fit to be printed.
func Excerpt(b []byte) string {
	const most = 40
	if len(b) > most {
		b = b[:most]
	}
	return string(bytes.ToValidUTF8(bytes.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, b), nil))
}
