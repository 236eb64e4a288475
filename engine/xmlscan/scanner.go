package xmlscan

import (
	"bytes"
	"io"
	"slices"
	"unicode/utf8"
)

// Kind is what Next found.
type Kind uint8

// What a document is made of, as far as its reader is told.
const (
	Start Kind = iota + 1 // a start tag: Name, Attrs
	End                   // an end tag, also of an empty element: Name
	Text                  // character data: Text; one run may come in pieces
)

// Name is a name with its namespace; Space is empty for none. A prefix that nobody
// declared stays in front of Local, as libxml2 does it.
type Name struct{ Space, Local string }

// Attr is one attribute that does not declare a namespace.
type Attr struct {
	Name
	Value string
}

// Namespaces that are bound from the beginning.
const (
	SpaceXML   = "http://www.w3.org/XML/1998/namespace"
	SpaceXMLNS = "http://www.w3.org/2000/xmlns/"
)

type binding struct{ prefix, space string }

type open struct {
	tag  []byte // as written, to be matched by the end tag
	name Name
	mark int // bindings that were in force before it
}

// Scanner reads one document. Its zero value is of no use; call New.
type Scanner struct {
	src      []byte
	pos      int
	stack    []open
	bindings []binding
	names    *[256]met // names and namespaces that were met
	name     Name
	attrs    []Attr
	tag      []byte
	raw      []RawAttr
	asides   func(instruction bool, text []byte)
	text     []byte
	scratch  []byte
	began    bool // the prolog is behind
	ended    bool // the root element is behind
	empty    bool // an empty element's end is still to be told
	at       int  // where the present token begins
	fragment bool // the text of an entity: content without a root
	cdata    bool
	inSource bool
	doctype  doctype
	spaceErr *Error
	err      error
}

// New reads b, which the scanner goes on using and never changes.
func New(b []byte) (*Scanner, error) {
	s := &Scanner{names: new([256]met)}
	if err := s.Reset(b); err != nil {
		return nil, err
	}
	return s, nil
}

// Reset reads another document in the memory of the one before.
func (s *Scanner) Reset(b []byte) error {
	src, err := decode(b)
	*s = Scanner{src: src, names: s.names, stack: s.stack[:0], attrs: s.attrs[:0], raw: s.raw[:0], scratch: s.scratch[:0],
		bindings: append(s.bindings[:0], binding{"xml", SpaceXML})}
	return err
}

// Name is that of the element that begins or ends.
func (s *Scanner) Name() Name { return s.name }

// Attrs are those of the element that begins, until Next is called again.
func (s *Scanner) Attrs() []Attr { return s.attrs }

// Tag is the name of the element that begins as it is written, and RawAttrs are its
// attributes so, until Next is called again.
func (s *Scanner) Tag() []byte         { return s.tag }
func (s *Scanner) RawAttrs() []RawAttr { return s.raw }

// Asides has visit called with what stands in each comment and processing instruction from
// here on, before Next tells what follows it. The text is not to be changed.
func (s *Scanner) Asides(visit func(instruction bool, text []byte)) { s.asides = visit }

// aside tells of a comment or a processing instruction.
func (s *Scanner) aside(instruction bool, text []byte) {
	if s.asides == nil {
		return
	}
	if bytes.IndexByte(text, '\r') >= 0 {
		text = normaliseEnds(nil, text)
	}
	s.asides(instruction, text)
}

// Text is the character data, until Next is called again.
func (s *Scanner) Text() []byte { return s.text }

// Take is Text, which from then on is the caller's: it lasts as long as Source, in which it
// may stand, so that it is not to be changed or appended to.
func (s *Scanner) Take() []byte {
	if !s.inSource {
		s.scratch = nil
	}
	return s.text
}

// CData reports whether Text is that of a CDATA section, which may be empty.
func (s *Scanner) CData() bool { return s.cdata }

// Depth is how many elements are open; the one that Start just told is among them.
func (s *Scanner) Depth() int { return len(s.stack) }

// Offset is where the present token begins and where it ends, in the bytes of Source.
func (s *Scanner) Offset() (from, to int) { return s.at, s.pos }

// Source is the document in UTF-8, which offsets count in.
func (s *Scanner) Source() []byte { return s.src }

// Line is the 1-based line of an offset.
func (s *Scanner) Line(offset int) int {
	return 1 + bytes.Count(s.src[:min(offset, len(s.src))], []byte{'\n'})
}

// Lookup is the namespace that a prefix stands for at the present place.
func (s *Scanner) Lookup(prefix string) (space string, ok bool) {
	for i := len(s.bindings) - 1; i >= 0; i-- {
		if s.bindings[i].prefix == prefix {
			return s.bindings[i].space, true
		}
	}
	return "", prefix == ""
}

// Scope calls visit for every prefix in force, innermost first; a prefix that is
// declared again within is visited twice.
func (s *Scanner) Scope(visit func(prefix, space string)) {
	for i := len(s.bindings) - 1; i > 0; i-- {
		visit(s.bindings[i].prefix, s.bindings[i].space)
	}
}

// NamespaceError is the first place that breaks Namespaces in XML; nil where none did.
func (s *Scanner) NamespaceError() error {
	if s.spaceErr == nil {
		return nil
	}
	return s.spaceErr
}

func (s *Scanner) fail(at int, message string) error { return s.failAs(CodeSyntax, at, message) }

func (s *Scanner) failAs(code string, at int, message string) error {
	if at > len(s.src) {
		at = len(s.src)
	}
	s.err = &Error{code, message, at, s.Line(at)}
	return s.err
}

func (s *Scanner) spaceFault(message string) {
	if s.spaceErr == nil {
		s.spaceErr = &Error{CodeSyntax, message, s.at, s.Line(s.at)}
	}
}

// Next tells what comes next. At the end of a well-formed document it gives io.EOF;
// any other error is an *Error, and what follows it is not read.
func (s *Scanner) Next() (Kind, error) {
	if s.err != nil {
		return 0, s.err
	}
	if s.empty {
		s.empty = false
		s.at = s.pos
		return s.close(), nil
	}
	if !s.began && !s.fragment {
		if err := s.prolog(); err != nil {
			return 0, err
		}
		s.began = true
	}
	for {
		s.at = s.pos
		if s.ended || s.pos >= len(s.src) {
			return 0, s.finish()
		}
		if s.src[s.pos] != '<' {
			return s.characters()
		}
		if s.pos+1 >= len(s.src) {
			return 0, s.fail(s.pos, "the document ends within a tag")
		}
		switch s.src[s.pos+1] {
		case '/':
			return s.endTag()
		case '?':
			if err := s.instruction(); err != nil {
				return 0, err
			}
		case '!':
			told, err := s.bang()
			if told || err != nil {
				return Text, err
			}
		default:
			return s.startTag()
		}
	}
}

// finish is the end of the input: what follows the root may be comments, processing
// instructions and blanks.
func (s *Scanner) finish() error {
	if !s.ended && !(s.fragment && len(s.stack) == 0) {
		return s.fail(s.pos, "the document ends before its elements do")
	}
	if err := s.misc(false); err != nil {
		return err
	}
	if s.pos < len(s.src) {
		return s.fail(s.pos, "there is more after the root element")
	}
	s.err = io.EOF
	return io.EOF
}

// misc passes over blanks, comments and processing instructions outside the root, and
// with doctype over one document type declaration.
func (s *Scanner) misc(doctype bool) error {
	for {
		s.skipSpace()
		rest := s.src[s.pos:]
		var err error
		switch {
		case bytes.HasPrefix(rest, []byte("<?")):
			err = s.instruction()
		case bytes.HasPrefix(rest, []byte("<!--")):
			err = s.comment()
		case doctype && bytes.HasPrefix(rest, []byte("<!DOCTYPE")):
			doctype = false
			err = s.readDoctype()
		default:
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *Scanner) skipSpace() bool {
	from := s.pos
	for s.pos < len(s.src) && isSpace(s.src[s.pos]) {
		s.pos++
	}
	return s.pos > from
}

// comment passes over <!-- … -->.
func (s *Scanner) comment() error {
	from := s.pos
	body := s.src[from+4:]
	end := bytes.Index(body, []byte("--"))
	if end < 0 {
		return s.fail(from, "a comment does not end")
	}
	if end+2 >= len(body) || body[end+2] != '>' {
		return s.fail(from+4+end, "a comment holds two hyphens")
	}
	if end > MaxText {
		return s.failAs(CodeLimit, from, "a comment is too long")
	}
	s.pos = from + 4 + end + 3
	if err := s.checkChars(body[:end], from+4); err != nil {
		return err
	}
	s.aside(false, body[:end])
	return nil
}

// instruction passes over <? … ?>.
func (s *Scanner) instruction() error {
	from := s.pos
	to := nameEnd(s.src, from+2)
	target := s.src[from+2 : to]
	if len(target) == 0 {
		return s.fail(from, "a processing instruction has no target")
	}
	if bytes.EqualFold(target, []byte("xml")) {
		return s.fail(from, "an XML declaration stands only at the very beginning")
	}
	end := bytes.Index(s.src[to:], []byte("?>"))
	if end < 0 {
		return s.fail(from, "a processing instruction does not end")
	}
	if end > 0 && !isSpace(s.src[to]) {
		return s.fail(to, "a blank must follow the target of a processing instruction")
	}
	if bytes.IndexByte(target, ':') >= 0 {
		s.spaceFault("the target of a processing instruction holds a colon")
	}
	s.pos = to + end + 2
	if err := s.checkChars(s.src[to:to+end], to); err != nil {
		return err
	}
	s.aside(true, s.src[from+2:to+end])
	return nil
}

// checkChars refuses bytes that are no characters of XML.
func (s *Scanner) checkChars(b []byte, at int) error {
	for i := 0; i < len(b); {
		if c := b[i]; c < utf8.RuneSelf {
			if c < 0x20 && !isSpace(c) {
				return s.fail(at+i, "a character that XML does not allow")
			}
			i++
			continue
		}
		n, err := s.wide(b[i:], at+i)
		if err != nil {
			return err
		}
		i += n
	}
	return nil
}

// wide is the length of the character beyond ASCII that b begins with.
func (s *Scanner) wide(b []byte, at int) (int, error) {
	r, n := utf8.DecodeRune(b)
	if r == utf8.RuneError && n <= 1 {
		return 0, s.failAs(CodeEncoding, at, "bytes that are not UTF-8")
	}
	if !isChar(r) {
		return 0, s.fail(at, "a character that XML does not allow")
	}
	return n, nil
}

// bang reads what begins with <! in content; told where it is text.
func (s *Scanner) bang() (told bool, err error) {
	rest := s.src[s.pos:]
	switch {
	case bytes.HasPrefix(rest, []byte("<!--")):
		return false, s.comment()
	case !bytes.HasPrefix(rest, []byte("<![CDATA[")):
		return false, s.fail(s.pos, "a declaration within the document")
	case len(s.stack) == 0 && !s.fragment:
		return false, s.fail(s.pos, "text outside the root element")
	}
	from := s.pos + 9
	end := bytes.Index(s.src[from:], []byte("]]>"))
	if end < 0 {
		return false, s.fail(s.pos, "a CDATA section does not end")
	}
	if end > MaxText {
		return false, s.failAs(CodeLimit, s.pos, "a CDATA section is too long")
	}
	body := s.src[from : from+end]
	if err := s.checkChars(body, from); err != nil {
		return false, err
	}
	s.pos = from + end + 3
	s.cdata, s.inSource = true, true
	if bytes.IndexByte(body, '\r') >= 0 {
		s.scratch = normaliseEnds(slices.Grow(s.scratch[:0], len(body)), body)
		body, s.inSource = s.scratch, false
	}
	s.text = body
	return true, nil
}

// normaliseEnds turns CR LF and CR into LF (XML 1.0 §2.11).
func normaliseEnds(to, b []byte) []byte {
	for i := 0; i < len(b); i++ {
		if b[i] != '\r' {
			to = append(to, b[i])
			continue
		}
		to = append(to, '\n')
		if i+1 < len(b) && b[i+1] == '\n' {
			i++
		}
	}
	return to
}

// characters reads text up to the next tag.
func (s *Scanner) characters() (Kind, error) {
	b, i := s.src, s.pos
	from, plain := i, true // plain: the text stands in the source as it is to be told
	s.scratch = s.scratch[:0]
	keep := func(to int) {
		if plain { // what is kept is no longer than it stands there
			end := bytes.IndexByte(b[i:], '<')
			if end < 0 {
				end = len(b) - i
			}
			s.scratch = slices.Grow(s.scratch, min(i-s.pos+end, MaxText))
		}
		s.scratch = append(s.scratch, b[from:to]...)
		plain = false
	}
loop:
	for i < len(b) {
		for i < len(b) && class[b[i]]&classText != 0 {
			i++
		}
		if i == len(b) {
			break
		}
		switch c := b[i]; {
		case c == '<':
			break loop
		case c == '&':
			keep(i)
			n, err := s.reference(i)
			if err != nil {
				return 0, err
			}
			i = n
			from = i
		case c == ']':
			if i+2 < len(b) && b[i+1] == ']' && b[i+2] == '>' {
				return 0, s.fail(i, "]]> stands in text")
			}
			i++
		case c == '\r':
			keep(i)
			s.scratch = append(s.scratch, '\n')
			if i++; i < len(b) && b[i] == '\n' {
				i++
			}
			from = i
		case c >= utf8.RuneSelf:
			n, err := s.wide(b[i:], i)
			if err != nil {
				return 0, err
			}
			i += n
		default:
			return 0, s.fail(i, "a character that XML does not allow")
		}
	}
	if i-s.pos > MaxText {
		return 0, s.failAs(CodeLimit, s.pos, "a text is too long")
	}
	if plain {
		s.text = b[from:i]
	} else {
		keep(i)
		s.text = s.scratch
	}
	s.pos, s.cdata, s.inSource = i, false, plain
	return Text, nil
}
