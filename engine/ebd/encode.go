package ebd

import (
	"bytes"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxFaults is how many faults Encode tells at once.
const maxFaults = 20

// Encode writes the document as the edition wants it: UTF-8, the standard's order,
// everything mandatory, nothing else. Versions and EBDType are set by edition and body. What the standard does not allow is refused; the error joins an *Error for each
// place, whose Field is the path.
func (d *Document) Encode(ed *Edition) ([]byte, error) {
	body := reflect.ValueOf(d.Body)
	if body.Kind() != reflect.Pointer || body.IsNil() {
		return nil, bad("document", "EBD", CodeMissing, 0, "a body, by its pointer")
	}
	name := ed.typeOf(d.Body)
	if name == "" || d.EBDType != "" && d.EBDType != name {
		return nil, bad("document", "EBD/EBDType", CodeMismatch, 0, d.EBDType+", body "+name)
	}
	full := *d
	full.EBDVersion, full.EBDType = ed.Version, name
	if m, ok := full.Body.(*EBM); ok {
		c := *m
		c.EBMVersion = ed.Version
		full.Body, body = &c, reflect.ValueOf(&c)
	}
	e := &encoder{ed: ed}
	e.file("EBD", &full, func() { e.part(name, planOf(body.Type().Elem()), body.Elem(), 1) })
	return e.done()
}

// Encode writes source information, as Document's Encode does.
func (i *EBI) Encode(ed *Edition) ([]byte, error) {
	full := *i
	if m := i.EBMainInfo; m != nil {
		c := *m
		c.EBIVersion = ed.Version
		full.EBMainInfo = &c
	}
	e := &encoder{ed: ed}
	e.file("EBI", &full, nil)
	return e.done()
}

// Encode writes a signature file, as Document's Encode does.
func (s *SignatureFile) Encode(ed *Edition) ([]byte, error) {
	full := *s
	full.Version = ed.Version
	e := &encoder{ed: ed}
	e.file("Signature", &full, nil)
	return e.done()
}

type encoder struct {
	ed     *Edition
	out    bytes.Buffer
	path   []step
	faults []error
}

// file writes the whole; after adds what follows the root's own parts.
func (e *encoder) file(root string, file any, after func()) {
	e.out.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<" + root + ">\n")
	e.path = append(e.path, step{name: root})
	v := reflect.ValueOf(file).Elem()
	e.fields(planOf(v.Type()), v, 1)
	if after != nil {
		after()
	}
	for _, c := range e.ed.conflicts(file) {
		e.fault(c.code, c.place, c.detail)
	}
	e.out.WriteString("</" + root + ">\n")
}

func (e *encoder) done() ([]byte, error) {
	if len(e.faults) > 0 {
		return nil, errors.Join(e.faults...)
	}
	return e.out.Bytes(), nil
}

// fault notes what is wrong with the element called name here, or with this one.
func (e *encoder) fault(code, name, found string) {
	if len(e.faults) >= maxFaults {
		return
	}
	e.faults = append(e.faults, bad("document", pathOf(e.path, name), code, 0, found))
}

func (e *encoder) fields(p *plan, v reflect.Value, depth int) {
	for i := range p.fields {
		f := &p.fields[i]
		e.field(f, v.Field(f.index), depth)
	}
}

func (e *encoder) field(f *field, v reflect.Value, depth int) {
	if f.old {
		if !v.IsZero() {
			e.fault(CodeUnknown, f.name, "an older dialect has it")
		}
		return
	}
	if f.need == optional && (v.IsZero() || f.kind == list && v.Len() == 0) {
		return
	}
	switch f.kind {
	case leaf:
		e.leaf(f.name, f.rule, v.String(), depth, 0)
	case whole:
		n := v.Int()
		if n < int64(f.low) || n > int64(f.high) {
			e.fault(WarnValue, f.name, strconv.FormatInt(n, 10))
		}
		e.text(f.name, strconv.FormatInt(n, 10), depth)
	case parts:
		if v.IsNil() {
			if f.need == required || !f.sub.mayBeEmpty() {
				if f.need == required {
					e.fault(CodeMissing, f.name, "")
				}
				return
			}
			v = reflect.New(v.Type().Elem())
		}
		e.part(f.name, f.sub, v.Elem(), depth)
	case list:
		if v.Len() == 0 {
			e.fault(CodeMissing, f.name, "")
		}
		for i := range v.Len() {
			if f.sub == nil {
				e.leaf(f.name, f.rule, v.Index(i).String(), depth, i+1)
				continue
			}
			e.path = append(e.path, step{f.name, i + 1})
			e.wrap(f.name, f.sub, v.Index(i), depth)
			e.path = e.path[:len(e.path)-1]
		}
	case free:
		e.free(f.name, "", v.Interface().([]Element), depth)
	}
}

// mayBeEmpty reports whether an element without any part is right.
func (p *plan) mayBeEmpty() bool {
	for _, f := range p.fields {
		if f.need != optional {
			return false
		}
	}
	return true
}

func (e *encoder) part(name string, p *plan, v reflect.Value, depth int) {
	e.path = append(e.path, step{name: name})
	e.wrap(name, p, v, depth)
	e.path = e.path[:len(e.path)-1]
}

func (e *encoder) wrap(name string, p *plan, v reflect.Value, depth int) {
	e.indent(depth)
	e.out.WriteString("<" + name + ">\n")
	e.fields(p, v, depth+1)
	e.indent(depth)
	e.out.WriteString("</" + name + ">\n")
}

func (e *encoder) leaf(name string, r *rule, s string, depth, item int) {
	if r.check != nil {
		if code, want := r.check(e.ed, s); code != "" {
			if item > 0 {
				name += "[" + strconv.Itoa(item) + "]"
			}
			if s == "" {
				code = CodeMissing
			}
			e.fault(code, name, s+", should be "+want)
			return
		}
	}
	e.text(name, s, depth)
}

func (e *encoder) text(name, s string, depth int) {
	e.indent(depth)
	e.out.WriteString("<" + name + ">")
	e.escape(name, s)
	e.out.WriteString("</" + name + ">\n")
}

// escape writes character data. Blanks at either end would not survive reading, and
// carriage returns are written as references, since a parser would change them.
func (e *encoder) escape(name, s string) {
	if strings.TrimSpace(s) != s {
		e.fault(CodeText, name, "blanks at an end")
	}
	from := 0
	for i, r := range s {
		rep := ""
		switch {
		case r == '<':
			rep = "&lt;"
		case r == '>':
			rep = "&gt;"
		case r == '&':
			rep = "&amp;"
		case r == '\r':
			rep = "&#13;"
		case r < ' ' && r != '\n' && r != '\t', r == 0xFFFE, r == 0xFFFF, r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			e.fault(CodeText, name, "a character that XML does not allow")
			return
		default:
			continue
		}
		e.out.WriteString(s[from:i] + rep)
		from = i + 1
	}
	e.out.WriteString(s[from:])
}

// free writes an extension element.
func (e *encoder) free(name, text string, inner []Element, depth int) {
	if !elementName(name) || len(e.path) > 32 {
		e.fault(WarnValue, "", "element name "+quote(name))
		return
	}
	if len(inner) == 0 {
		e.text(name, text, depth)
		return
	}
	if text != "" {
		e.fault(CodeText, name, "text beside elements")
	}
	e.path = append(e.path, step{name: name})
	e.indent(depth)
	e.out.WriteString("<" + name + ">\n")
	for _, x := range inner {
		e.free(x.Name, x.Text, x.Elements, depth+1)
	}
	e.indent(depth)
	e.out.WriteString("</" + name + ">\n")
	e.path = e.path[:len(e.path)-1]
}

// elementName reports whether s may name an extension element: a letter or _, then
// letters, digits, _, - and dots.
func elementName(s string) bool {
	for i, r := range s {
		switch {
		case r == '_', r >= 'A' && r <= 'Z', r >= 'a' && r <= 'z', r >= 0x4E00 && r <= 0x9FA5:
		case i > 0 && (r == '-' || r == '.' || r >= '0' && r <= '9'):
		default:
			return false
		}
	}
	return s != ""
}

func (e *encoder) indent(depth int) {
	for range depth {
		e.out.WriteString("  ")
	}
}
