package xmlscan

import (
	"bytes"
	"errors"
	"io"
	"strings"
)

// doctype is what a document type declaration said, as far as well-formedness needs it.
type doctype struct {
	present    bool
	standalone bool
	external   bool // there is an external subset or a parameter entity: more may be declared there
	entities   map[string]*entity
	used       bool // an entity that is not predefined was referred to in content
	inValue    bool // an attribute's value is being read
	depth      int
}

type entity struct {
	value    string
	external bool
	unparsed bool
	checked  bool
	busy     bool
	size     int // bytes it would expand to
}

// maxExpansion is how long the text of an entity may become with all that it refers
// to, though nothing is ever expanded: above it a document is refused as hostile.
const maxExpansion = 1_000_000

// maxEntities is how many entities a document may declare; libxml2 has no such limit.
const maxEntities = 10_000

// Doctype reports whether the document has a document type declaration.
func (s *Scanner) Doctype() bool { return s.doctype.present }

// EntityUsed reports whether an entity that the document declares was referred to in
// its content. Such a reference adds nothing to Text.
func (s *Scanner) EntityUsed() bool { return s.doctype.used }

// readDoctype reads <!DOCTYPE name … [ … ]>.
func (s *Scanner) readDoctype() error {
	from := s.pos
	bad := func() error { return s.fail(from, "the document type declaration is not in order") }
	s.doctype.present = true
	s.doctype.entities = map[string]*entity{}
	s.pos += len("<!DOCTYPE")
	if !s.skipSpace() {
		return bad()
	}
	to := nameEnd(s.src, s.pos)
	if to == s.pos {
		return bad()
	}
	s.pos = to
	s.skipSpace()
	if external, ok := s.externalID(false); !ok {
		return bad()
	} else if external {
		s.doctype.external = true
	}
	s.skipSpace()
	if s.pos < len(s.src) && s.src[s.pos] == '[' {
		s.pos++
		if err := s.subset(); err != nil {
			return err
		}
		s.skipSpace()
	}
	if s.pos >= len(s.src) || s.src[s.pos] != '>' {
		return bad()
	}
	s.pos++
	return nil
}

// subset reads the declarations between [ and ].
func (s *Scanner) subset() error {
	for {
		s.skipSpace()
		rest := s.src[s.pos:]
		var err error
		switch {
		case len(rest) == 0:
			return s.fail(s.pos, "the document type declaration does not end")
		case rest[0] == ']':
			s.pos++
			return nil
		case rest[0] == '%':
			to := nameEnd(s.src, s.pos+1)
			if to == s.pos+1 || to >= len(s.src) || s.src[to] != ';' {
				return s.fail(s.pos, "a % that begins no reference")
			}
			s.doctype.external = true
			s.pos = to + 1
		case bytes.HasPrefix(rest, []byte("<!--")):
			err = s.comment()
		case bytes.HasPrefix(rest, []byte("<?")):
			err = s.instruction()
		case bytes.HasPrefix(rest, []byte("<!ENTITY")):
			err = s.entityDeclaration()
		case bytes.HasPrefix(rest, []byte("<!ELEMENT")), bytes.HasPrefix(rest, []byte("<!ATTLIST")), bytes.HasPrefix(rest, []byte("<!NOTATION")):
			err = s.otherDeclaration()
		default:
			return s.fail(s.pos, "no declaration where one should stand")
		}
		if err != nil {
			return err
		}
	}
}

// otherDeclaration passes over a declaration that says nothing about well-formedness
// of what follows; its own form is not looked at beyond its quotes.
func (s *Scanner) otherDeclaration() error {
	from := s.pos
	for s.pos += 2; s.pos < len(s.src); s.pos++ {
		switch c := s.src[s.pos]; c {
		case '>':
			s.pos++
			return s.checkChars(s.src[from:s.pos], from)
		case '<':
			return s.fail(s.pos, "a < within a declaration")
		case '"', '\'':
			end := bytes.IndexByte(s.src[s.pos+1:], c)
			if end < 0 {
				return s.fail(s.pos, "a quote does not end")
			}
			s.pos += 1 + end
		}
	}
	return s.fail(from, "a declaration does not end")
}

// entityDeclaration reads <!ENTITY name "value">, <!ENTITY name SYSTEM "…" NDATA n>
// and their parameter forms. The first declaration of a name counts.
func (s *Scanner) entityDeclaration() error {
	from := s.pos
	bad := func() error { return s.fail(from, "an entity's declaration is not in order") }
	s.pos += len("<!ENTITY")
	if !s.skipSpace() {
		return bad()
	}
	parameter := s.pos < len(s.src) && s.src[s.pos] == '%'
	if parameter {
		s.pos++
		if !s.skipSpace() {
			return bad()
		}
	}
	to := nameEnd(s.src, s.pos)
	if to == s.pos {
		return bad()
	}
	name := string(s.src[s.pos:to])
	s.pos = to
	if !s.skipSpace() {
		return bad()
	}
	e := &entity{}
	external, ok := s.externalID(false)
	switch {
	case !ok:
		return bad()
	case external:
		e.external = true
		blank := s.skipSpace()
		if bytes.HasPrefix(s.src[s.pos:], []byte("NDATA")) && blank && !parameter {
			e.unparsed = true
			s.pos += 5
			if !s.skipSpace() {
				return bad()
			}
			to := nameEnd(s.src, s.pos)
			if to == s.pos {
				return bad()
			}
			s.pos = to
		}
	default:
		value, ok := s.literal()
		if !ok {
			return bad()
		}
		if err := s.checkChars([]byte(value), from); err != nil {
			return err
		}
		if value, ok = entityValue(value); !ok {
			return bad()
		}
		e.value = value
	}
	s.skipSpace()
	if s.pos >= len(s.src) || s.src[s.pos] != '>' {
		return bad()
	}
	s.pos++
	if _, known := s.doctype.entities[name]; !known && !parameter {
		if len(s.doctype.entities) >= maxEntities {
			return s.failAs(CodeLimit, from, "too many entities are declared")
		}
		s.doctype.entities[name] = e
	}
	return nil
}

// entityValue resolves the character references of an entity's literal value; general
// references stay, parameter references are not allowed here (XML 1.0 §4.4, WFC PEs
// in Internal Subset).
func entityValue(literal string) (string, bool) {
	if !strings.ContainsAny(literal, "&%") {
		return literal, true
	}
	var b strings.Builder
	for i := 0; i < len(literal); i++ {
		switch literal[i] {
		case '%':
			return "", false
		case '&':
			end := strings.IndexByte(literal[i:], ';')
			if end < 0 {
				return "", false
			}
			body := literal[i+1 : i+end]
			if strings.HasPrefix(body, "#") {
				r, ok := charRef([]byte(body[1:]))
				if !ok {
					return "", false
				}
				b.WriteRune(r)
			} else if nameEnd([]byte(body), 0) != len(body) || body == "" {
				return "", false
			} else {
				b.WriteString(literal[i : i+end+1])
			}
			i += end
		default:
			b.WriteByte(literal[i])
		}
	}
	return b.String(), true
}

// externalID reads SYSTEM "…" or PUBLIC "…" "…"; nothing is ever fetched.
func (s *Scanner) externalID(publicOnly bool) (found, ok bool) {
	rest := s.src[s.pos:]
	switch {
	case bytes.HasPrefix(rest, []byte("SYSTEM")):
		s.pos += 6
		if !s.skipSpace() {
			return true, false
		}
		_, ok := s.literal()
		return true, ok
	case bytes.HasPrefix(rest, []byte("PUBLIC")):
		s.pos += 6
		if !s.skipSpace() {
			return true, false
		}
		if _, ok := s.literal(); !ok {
			return true, false
		}
		if blank := s.skipSpace(); !blank && !publicOnly {
			return true, false
		}
		_, ok := s.literal()
		return true, ok
	}
	return false, true
}

func (s *Scanner) literal() (string, bool) {
	if s.pos >= len(s.src) || s.src[s.pos] != '"' && s.src[s.pos] != '\'' {
		return "", false
	}
	end := bytes.IndexByte(s.src[s.pos+1:], s.src[s.pos])
	if end < 0 {
		return "", false
	}
	v := string(s.src[s.pos+1 : s.pos+1+end])
	s.pos += end + 2
	return v, true
}

// entity judges a reference to an entity of the document's own. Its text is looked at
// once for its form and never put in the reference's place.
func (s *Scanner) entity(name string, at int) error {
	e := s.doctype.entities[name]
	if e == nil {
		if s.doctype.external && !s.doctype.standalone {
			s.doctype.used = true
			return nil // it may be declared where nobody looks
		}
		return s.fail(at, "the entity "+name+" is not declared")
	}
	inValue := s.doctype.inValue
	if e.unparsed || e.external && inValue {
		return s.fail(at, "a reference to the entity "+name+", which cannot stand here")
	}
	if inValue && strings.ContainsRune(e.value, '<') {
		return s.fail(at, "a < stands in an attribute's value")
	}
	if !inValue {
		s.doctype.used = true
	}
	if e.external || e.checked {
		return nil
	}
	if e.busy || s.doctype.depth > 40 {
		return s.fail(at, "the entity "+name+" contains itself")
	}
	e.busy = true
	inner := &Scanner{src: []byte(e.value), names: s.names, fragment: true, began: true, bindings: append([]binding(nil), s.bindings...)}
	inner.doctype = s.doctype
	inner.doctype.depth++
	inner.doctype.inValue = false
	for {
		if _, err := inner.Next(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return s.fail(at, "the text of the entity "+name+" is not well-formed")
		}
	}
	e.busy, e.checked = false, true
	e.size = s.expansion(e.value)
	if e.size > maxExpansion {
		return s.fail(at, "the entity "+name+" would expand to more than is sane")
	}
	return nil
}

// expansion is how many bytes a text would have with its entities in place.
func (s *Scanner) expansion(value string) int {
	n := len(value)
	for rest := value; ; {
		_, after, ok := strings.Cut(rest, "&")
		if !ok {
			return n
		}
		name, tail, _ := strings.Cut(after, ";")
		if e := s.doctype.entities[name]; e != nil {
			n = min(n+e.size, 1<<40)
		}
		rest = tail
	}
}
