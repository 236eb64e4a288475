package xmlscan

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// RawAttr is an attribute with its name as written; it may declare a namespace.
type RawAttr struct {
	Name  []byte
	Value string
}

// startTag reads <name a="b" …> or <name …/>.
func (s *Scanner) startTag() (Kind, error) {
	from := s.pos
	to := nameEnd(s.src, from+1)
	if to == from+1 {
		return 0, s.fail(from, "a < that begins no tag")
	}
	if to-from > MaxName {
		return 0, s.failAs(CodeLimit, from, "a name is too long")
	}
	if len(s.stack) > MaxDepth {
		return 0, s.failAs(CodeLimit, from, "elements are nested too deeply")
	}
	tag := s.src[from+1 : to]
	s.pos = to
	s.raw = s.raw[:0]
	for {
		blank := s.skipSpace()
		if s.pos >= len(s.src) {
			return 0, s.fail(from, "a tag does not end")
		}
		c := s.src[s.pos]
		if c == '>' {
			s.pos++
			break
		}
		if c == '/' {
			if s.pos+1 >= len(s.src) || s.src[s.pos+1] != '>' {
				return 0, s.fail(s.pos, "a / within a tag")
			}
			s.pos += 2
			s.empty = true
			break
		}
		if !blank {
			return 0, s.fail(s.pos, "a blank must stand before an attribute")
		}
		if err := s.attribute(); err != nil {
			return 0, err
		}
	}
	mark := len(s.bindings)
	if err := s.resolve(from); err != nil {
		return 0, err
	}
	s.tag, s.name = tag, s.qualify(tag, true)
	s.stack = append(s.stack, open{tag, s.name, mark})
	return Start, nil
}

// attribute reads one name="value".
func (s *Scanner) attribute() error {
	from := s.pos
	to := nameEnd(s.src, from)
	if to == from {
		return s.fail(from, "no name where an attribute should stand")
	}
	if to-from > MaxName {
		return s.failAs(CodeLimit, from, "a name is too long")
	}
	if len(s.raw) >= maxAttrs {
		return s.failAs(CodeLimit, from, "an element has too many attributes")
	}
	s.pos = to
	s.skipSpace()
	if s.pos >= len(s.src) || s.src[s.pos] != '=' {
		return s.fail(s.pos, "an attribute has no value")
	}
	s.pos++
	s.skipSpace()
	value, err := s.quoted()
	if err != nil {
		return err
	}
	s.raw = append(s.raw, RawAttr{s.src[from:to], value})
	return nil
}

// quoted reads an attribute's value with its references resolved and its blanks
// turned into spaces (XML 1.0 §3.3.3 for CDATA).
func (s *Scanner) quoted() (string, error) {
	b := s.src
	if s.pos >= len(b) || b[s.pos] != '"' && b[s.pos] != '\'' {
		return "", s.fail(s.pos, "an attribute's value is not quoted")
	}
	quote, from := b[s.pos], s.pos+1
	i, start := from, from
	s.scratch = s.scratch[:0]
	for {
		if i >= len(b) {
			return "", s.fail(s.pos, "an attribute's value does not end")
		}
		c := b[i]
		if class[c]&classAttr != 0 {
			i++
			continue
		}
		switch {
		case c == quote:
			if i-start > MaxText {
				return "", s.failAs(CodeLimit, s.pos, "an attribute's value is too long")
			}
			s.pos = i + 1
			if from == start { // nothing in it stands for something else
				return string(b[from:i]), nil
			}
			return string(append(s.scratch, b[from:i]...)), nil
		case c == '"' || c == '\'':
			i++
		case c == '<':
			return "", s.fail(i, "a < stands in an attribute's value")
		case c == '&':
			s.scratch = append(s.scratch, b[from:i]...)
			s.doctype.inValue = true
			n, err := s.reference(i)
			s.doctype.inValue = false
			if err != nil {
				return "", err
			}
			i = n
			from = i
		case isSpace(c):
			s.scratch = append(append(s.scratch, b[from:i]...), ' ')
			if i++; c == '\r' && i < len(b) && b[i] == '\n' {
				i++
			}
			from = i
		case c >= utf8.RuneSelf:
			n, err := s.wide(b[i:], i)
			if err != nil {
				return "", err
			}
			i += n
		default:
			return "", s.fail(i, "a character that XML does not allow")
		}
	}
}

// resolve takes the namespace declarations out of the attributes and gives the others
// their names; a name that stands twice is refused.
func (s *Scanner) resolve(at int) error {
	s.attrs = s.attrs[:0]
	if len(s.raw) == 0 {
		return nil
	}
	for i, a := range s.raw {
		if len(s.raw) <= 16 {
			for j := range i {
				if bytes.Equal(s.raw[j].Name, a.Name) {
					return s.fail(at, "the attribute "+string(a.Name)+" stands twice")
				}
			}
		}
		switch {
		case string(a.Name) == "xmlns":
			s.bind("", a.Value)
		case bytes.HasPrefix(a.Name, []byte("xmlns:")):
			s.bind(s.intern(a.Name[6:]), a.Value)
		}
	}
	if len(s.raw) > 16 {
		seen := make(map[string]bool, len(s.raw))
		for _, a := range s.raw {
			if seen[string(a.Name)] {
				return s.fail(at, "the attribute "+string(a.Name)+" stands twice")
			}
			seen[string(a.Name)] = true
		}
	}
	if len(s.bindings) > maxBindings {
		return s.failAs(CodeLimit, at, "too many namespaces are declared")
	}
	for _, a := range s.raw {
		if string(a.Name) == "xmlns" || bytes.HasPrefix(a.Name, []byte("xmlns:")) {
			continue
		}
		s.attrs = append(s.attrs, Attr{s.qualify(a.Name, false), a.Value})
	}
	return s.twice(at)
}

// twice refuses two attributes with different prefixes and the same name.
func (s *Scanner) twice(at int) error {
	if len(s.attrs) < 2 {
		return nil
	}
	seen := make(map[Name]bool, len(s.attrs))
	for _, a := range s.attrs {
		if seen[a.Name] {
			s.spaceFault("the attribute " + a.Local + " of namespace " + a.Space + " stands twice")
		}
		seen[a.Name] = true
	}
	return nil
}

// bind puts a namespace declaration in force. What Namespaces in XML forbids is told
// as a fault and has no effect.
func (s *Scanner) bind(prefix, space string) {
	switch {
	case prefix == "xml":
		if space != SpaceXML {
			s.spaceFault("the prefix xml is bound to another namespace")
		}
		return
	case prefix == "xmlns" || space == SpaceXML || space == SpaceXMLNS:
		s.spaceFault("a reserved prefix or namespace is declared")
		return
	case prefix != "" && space == "":
		s.spaceFault("the prefix " + prefix + " is bound to no namespace")
		return
	}
	s.bindings = append(s.bindings, binding{prefix, s.intern([]byte(space))})
}

// qualify resolves a name's prefix; only elements take the default namespace.
func (s *Scanner) qualify(tag []byte, element bool) Name {
	met := s.met(tag)
	if !met.colon {
		n := Name{Local: met.name}
		if element {
			n.Space, _ = s.Lookup("")
		}
		return n
	}
	colon := bytes.IndexByte(tag, ':')
	local := tag[colon+1:]
	if colon == 0 || len(local) == 0 || bytes.IndexByte(local, ':') >= 0 || nameEnd(local, 0) != len(local) {
		s.spaceFault(string(tag) + " is not a qualified name")
		if colon == 0 || len(local) == 0 {
			n := Name{Local: s.intern(tag)}
			if element {
				n.Space, _ = s.Lookup("")
			}
			return n
		}
	}
	prefix := s.intern(tag[:colon])
	space, ok := s.Lookup(prefix)
	if !ok {
		s.spaceFault("the prefix " + prefix + " is not declared")
		n := Name{Local: s.intern(tag)}
		if element {
			n.Space, _ = s.Lookup("")
		}
		return n
	}
	return Name{space, s.intern(local)}
}

// longestInterned is how long a name may be that is remembered, bytes; few are longer.
const longestInterned = 100

// met is a name that was met before.
type met struct {
	name  string
	colon bool // it holds one
}

// met gives equal names the same string, as far as its slots last: a document has few
// names and many elements.
func (s *Scanner) met(b []byte) met {
	if len(b) == 0 || len(b) > longestInterned {
		return met{string(b), bytes.IndexByte(b, ':') >= 0}
	}
	slot := &s.names[(uint(b[0])*31+uint(b[len(b)-1])*7+uint(b[len(b)/2])+uint(len(b))*61)%uint(len(s.names))]
	if slot.name != string(b) {
		*slot = met{string(b), bytes.IndexByte(b, ':') >= 0}
	}
	return *slot
}

func (s *Scanner) intern(b []byte) string { return s.met(b).name }

// endTag reads </name>.
func (s *Scanner) endTag() (Kind, error) {
	if len(s.stack) == 0 {
		return 0, s.fail(s.pos, "an end tag without its start tag")
	}
	tag := s.stack[len(s.stack)-1].tag
	rest := s.src[s.pos+2:]
	if !bytes.HasPrefix(rest, tag) {
		return 0, s.fail(s.pos, "the end tag of "+string(tag)+" is missing")
	}
	at := s.pos
	s.pos += 2 + len(tag)
	s.skipSpace()
	if s.pos >= len(s.src) || s.src[s.pos] != '>' {
		return 0, s.fail(at, "the end tag of "+string(tag)+" is missing")
	}
	s.pos++
	return s.close(), nil
}

func (s *Scanner) close() Kind {
	top := s.stack[len(s.stack)-1]
	s.stack = s.stack[:len(s.stack)-1]
	s.bindings = s.bindings[:top.mark]
	s.name, s.attrs = top.name, s.attrs[:0]
	if len(s.stack) == 0 && !s.fragment {
		s.ended = true
	}
	return End
}

// reference appends what the reference at i stands for to the text that is being read
// and gives the place behind it.
func (s *Scanner) reference(i int) (int, error) {
	b := s.src
	end := bytes.IndexByte(b[i:min(len(b), i+MaxName)], ';')
	if end < 0 {
		return 0, s.fail(i, "an & that begins no reference")
	}
	body := b[i+1 : i+end]
	next := i + end + 1
	if len(body) > 0 && body[0] == '#' {
		r, ok := charRef(body[1:])
		if !ok {
			return 0, s.fail(i, "a reference to no character of XML")
		}
		s.scratch = utf8.AppendRune(s.scratch, r)
		return next, nil
	}
	switch string(body) {
	case "lt":
		s.scratch = append(s.scratch, '<')
	case "gt":
		s.scratch = append(s.scratch, '>')
	case "amp":
		s.scratch = append(s.scratch, '&')
	case "quot":
		s.scratch = append(s.scratch, '"')
	case "apos":
		s.scratch = append(s.scratch, '\'')
	default:
		if len(body) == 0 || nameEnd(body, 0) != len(body) {
			return 0, s.fail(i, "an & that begins no reference")
		}
		return next, s.entity(string(body), i)
	}
	return next, nil
}

func charRef(body []byte) (rune, bool) {
	base := 10
	if len(body) > 0 && body[0] == 'x' {
		base, body = 16, body[1:]
	}
	for _, c := range body {
		if c == '_' || c == '+' || c == '-' {
			return 0, false
		}
	}
	for len(body) > 1 && body[0] == '0' {
		body = body[1:]
	}
	if len(body) > 7 {
		return 0, false
	}
	n, err := strconv.ParseUint(string(body), base, 32)
	if err != nil || !isChar(rune(n)) {
		return 0, false
	}
	return rune(n), true
}
