package cap

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto"
	"crypto/x509"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/engine/xmlscan"
)

// document is a signed alert as a list of what stands in it, in order. Its memory may be used
// for one after another.
type document struct {
	tokens []token
	attrs  []xmlscan.RawAttr
	root   int // the root's start tag
	open   []int
	scan   *xmlscan.Scanner
	writer canonicaliser
	bare   map[manner][]byte            // digests without any signature
	certs  map[string]*x509.Certificate // by what they are written as; kept from one document to the next
}

// manner is how a digest is made.
type manner struct {
	hash crypto.Hash
	canon
}

// What a token is.
const (
	startTag = iota
	endTag
	charData
	comment
	instruction
)

type token struct {
	kind  uint8
	name  xmlscan.Name // of a start tag
	text  []byte       // a tag's name as written, or what stands in the others
	end   int          // of a start tag: where its end tag is
	attrs [2]int       // of a start tag: from which to before which they are; declarations of namespaces are among them
}

func (d *document) attrsOf(t *token) []xmlscan.RawAttr { return d.attrs[t.attrs[0]:t.attrs[1]] }

// parse reads an alert that signatures are looked for in: one that stands by itself and is
// of a bounded size.
func (d *document) parse(b []byte) (err error) {
	if len(b) > maxSigned {
		return unverified("the alert is too large")
	}
	if d.scan == nil {
		d.scan, err = xmlscan.New(b)
	} else {
		err = d.scan.Reset(b)
	}
	if err != nil {
		return err
	}
	d.tokens, d.attrs, d.open = d.tokens[:0], d.attrs[:0], d.open[:0]
	clear(d.bare)
	s := d.scan
	s.Asides(func(isInstruction bool, text []byte) {
		kind := uint8(comment)
		if isInstruction {
			kind = instruction
		}
		d.tokens = append(d.tokens, token{kind: kind, text: text})
	})
	for {
		kind, err := s.Next()
		switch {
		case err != nil && s.NamespaceError() != nil:
			return unverified("it rests on namespaces declared outside the alert")
		case err != nil && s.Doctype():
			return unverified("the document has a document type declaration")
		case len(d.tokens)+len(d.attrs) > maxPieces:
			return unverified("the alert has too many elements, attributes or comments")
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		at := len(d.tokens)
		switch kind {
		case xmlscan.Start:
			if len(d.open) == 0 {
				d.root = at
			}
			d.open = append(d.open, at)
			from := len(d.attrs)
			d.attrs = append(d.attrs, s.RawAttrs()...)
			d.tokens = append(d.tokens, token{kind: startTag, name: s.Name(), text: s.Tag(), attrs: [2]int{from, len(d.attrs)}})
		case xmlscan.End:
			from := &d.tokens[d.open[len(d.open)-1]]
			from.end, d.open = at, d.open[:len(d.open)-1]
			d.tokens = append(d.tokens, token{kind: endTag, text: from.text})
		default:
			d.tokens = append(d.tokens, token{kind: charData, text: s.Take()})
		}
	}
}

// children are the start tags of the elements within the one at i.
func (d *document) children(i int) (all []int) {
	for j := i + 1; j < d.tokens[i].end; j++ {
		if d.tokens[j].kind == startTag {
			all = append(all, j)
			j = d.tokens[j].end
		}
	}
	return all
}

// child is the first element of the namespace of signatures with that name within the one at
// i, or within that the next of path; -1 where there is none.
func (d *document) child(i int, path ...string) int {
	for _, name := range path {
		if i < 0 {
			return -1
		}
		all := d.children(i)
		at := slices.IndexFunc(all, func(j int) bool { return d.tokens[j].name == xmlscan.Name{Space: spaceDSig, Local: name} })
		if at < 0 {
			return -1
		}
		i = all[at]
	}
	return i
}

// attr is an attribute without a namespace of the element at i.
func (d *document) attr(i int, name string) (value string, ok bool) {
	if i < 0 {
		return "", false
	}
	for _, a := range d.attrsOf(&d.tokens[i]) {
		if string(a.Name) == name {
			return a.Value, true
		}
	}
	return "", false
}

// text is what stands within the element at i, up to an element.
func (d *document) text(i int) []byte {
	var all []byte
	for _, t := range d.tokens[i+1 : d.tokens[i].end] {
		if t.kind == startTag {
			break
		}
		if t.kind == charData {
			all = append(all, t.text...)
		}
	}
	return all
}

// Canonical XML 1.0 and 1.1, and Exclusive XML Canonicalization 1.0.
const (
	canonical10        = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
	canonical11        = "http://www.w3.org/2006/12/xml-c14n11"
	canonicalExclusive = "http://www.w3.org/2001/10/xml-exc-c14n#"
)

// canon is a method of canonicalisation. Canonical XML 1.0 and 1.1 differ only in attributes
// that are taken from around an element; see refuseInherited.
type canon struct {
	exclusive bool
	comments  bool
	prefixes  string // that the exclusive method treats as the others treat all, parted by blanks
}

// canonOf is the method that the element at i names; Canonical XML 1.0 where there is none
// (XML-Signature §4.3.3.2).
func (d *document) canonOf(i int) (c canon, err error) {
	if i < 0 {
		return c, nil
	}
	switch name, _ := d.attr(i, "Algorithm"); name {
	case canonical10, canonical11:
	case canonical10 + "#WithComments", canonical11 + "#WithComments":
		c.comments = true
	case canonicalExclusive:
		c.exclusive = true
	case canonicalExclusive + "WithComments":
		c.exclusive, c.comments = true, true
	default:
		return c, unverified("its transform %s is not known", quote(name))
	}
	for _, j := range d.children(i) {
		if d.tokens[j].name.Local == "InclusiveNamespaces" {
			c.prefixes, _ = d.attr(j, "PrefixList")
		}
	}
	return c, nil
}

// refuseInherited refuses attributes of the prefix xml around the element at i: but for the
// exclusive method they are signed with it, each in its own way.
func (d *document) refuseInherited(c canon, i int) error {
	for j := range d.tokens[:i] {
		t := &d.tokens[j]
		for _, a := range d.attrsOf(t) {
			if !c.exclusive && t.end > i && bytes.HasPrefix(a.Name, []byte("xml:")) {
				return unverified("it rests on the attribute %s of an element around it", quote(string(a.Name)))
			}
		}
	}
	return nil
}

// digest is the hash of the document in canonical form without some of its elements.
func (d *document) digest(hash crypto.Hash, c canon, without []int) []byte {
	return d.hash(hash, c, 0, len(d.tokens), without)
}

// digestOf is the hash of the element at i in canonical form.
func (d *document) digestOf(hash crypto.Hash, c canon, i int) []byte {
	return d.hash(hash, c, i, d.tokens[i].end+1, nil)
}

func (d *document) hash(hash crypto.Hash, c canon, from, to int, without []int) []byte {
	h := hash.New()
	d.canonical(h, c, from, to, without)
	return h.Sum(nil)
}

// canonical writes the tokens from and before to, which are the document or one element, in
// canonical form; it leaves out the elements at without.
func (d *document) canonical(w io.Writer, c canon, from, to int, without []int) {
	o := &d.writer
	o.begin(w, c)
	for i := range d.tokens[:from] {
		if t := &d.tokens[i]; t.kind == startTag && t.end > from { // around the element
			o.declare(d.attrsOf(t))
		}
	}
	for i := from; i < to; i++ {
		t := &d.tokens[i]
		switch {
		case t.kind == startTag && slices.Contains(without, i):
			i = t.end
		case t.kind == startTag:
			o.start(t.text, d.attrsOf(t))
		case t.kind == endTag:
			o.end(t.text)
		case t.kind == charData:
			o.escape(t.text, &escapedInText)
		case t.kind == instruction || c.comments:
			if i > d.tokens[d.root].end {
				_ = o.WriteByte('\n')
			}
			o.aside(t)
			if i < d.root {
				_ = o.WriteByte('\n')
			}
		}
	}
	_ = o.Flush() // whether w took everything is for the caller to know; a hash does
}

// canonicaliser writes tokens in canonical form.
type canonicaliser struct {
	*bufio.Writer
	canon
	listed  []string    // prefixes, in pieces
	inForce []namespace // as declared in the document, the innermost last
	written []namespace // as declared in what was written
	open    []mark
	names   []string
	attrs   []qualified
}

func (o *canonicaliser) begin(w io.Writer, c canon) {
	if o.Writer == nil {
		o.Writer = bufio.NewWriter(w)
	} else {
		o.Reset(w)
	}
	o.canon, o.listed = c, strings.Fields(c.prefixes)
	o.inForce, o.written, o.open = append(o.inForce[:0], namespace{"xml", xmlscan.SpaceXML}), o.written[:0], o.open[:0]
}

type namespace struct{ prefix, space string }

// mark is how many namespaces there were before an element.
type mark struct{ inForce, written int }

// qualified is an attribute with the namespace of its prefix.
type qualified struct {
	space string
	local []byte
	xmlscan.RawAttr
}

func spaceIn(all []namespace, prefix string) string {
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].prefix == prefix {
			return all[i].space
		}
	}
	return ""
}

// split takes a qualified name apart.
func split(name []byte) (prefix string, local []byte) {
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		return string(name[:i]), name[i+1:]
	}
	return "", name
}

// declares is the prefix that an attribute declares.
func declares(a xmlscan.RawAttr) (prefix string, ok bool) {
	if string(a.Name) == "xmlns" {
		return "", true
	}
	rest, ok := bytes.CutPrefix(a.Name, []byte("xmlns:"))
	if !ok {
		return "", false
	}
	return string(rest), true
}

func (o *canonicaliser) declare(attrs []xmlscan.RawAttr) {
	for _, a := range attrs {
		if prefix, ok := declares(a); ok {
			o.inForce = append(o.inForce, namespace{prefix, a.Value})
		}
	}
}

func (o *canonicaliser) start(tag []byte, attrs []xmlscan.RawAttr) {
	apex := len(o.open) == 0
	o.open = append(o.open, mark{len(o.inForce), len(o.written)})
	o.declare(attrs)
	_ = o.WriteByte('<')
	_, _ = o.Write(tag)
	o.names, o.attrs = o.names[:0], o.attrs[:0]
	if o.exclusive {
		prefix, _ := split(tag)
		o.names = append(o.names, prefix)
	}
	for _, a := range attrs {
		if prefix, ok := declares(a); ok {
			o.mayDeclare(prefix)
			continue
		}
		prefix, local := split(a.Name)
		space := ""
		if prefix != "" {
			space = spaceIn(o.inForce, prefix)
			if o.exclusive {
				o.names = append(o.names, prefix)
			}
		}
		o.attrs = append(o.attrs, qualified{space, local, a})
	}
	if apex {
		for _, n := range o.inForce {
			o.mayDeclare(n.prefix)
		}
	}
	o.declarations()
	slices.SortFunc(o.attrs, func(a, b qualified) int {
		return cmp.Or(strings.Compare(a.space, b.space), bytes.Compare(a.local, b.local))
	})
	for _, a := range o.attrs {
		o.attr(string(a.Name), a.Value)
	}
	_ = o.WriteByte('>')
}

// mayDeclare notes a prefix that is declared where the method keeps all declarations, or
// those of that prefix.
func (o *canonicaliser) mayDeclare(prefix string) {
	if !o.exclusive || slices.Contains(o.listed, cmp.Or(prefix, "#default")) {
		o.names = append(o.names, prefix)
	}
}

// declarations declares those of the noted prefixes that do not stand yet for what they
// stand for in the document.
func (o *canonicaliser) declarations() {
	slices.Sort(o.names)
	for _, prefix := range slices.Compact(o.names) {
		space := spaceIn(o.inForce, prefix)
		if prefix == "xml" || space == spaceIn(o.written, prefix) {
			continue
		}
		o.written = append(o.written, namespace{prefix, space})
		if prefix == "" {
			o.attr("xmlns", space)
		} else {
			o.attr("xmlns:"+prefix, space)
		}
	}
}

func (o *canonicaliser) attr(name, value string) {
	_ = o.WriteByte(' ')
	_, _ = o.WriteString(name)
	_, _ = o.WriteString(`="`)
	o.escape([]byte(value), &escapedInAttr)
	_ = o.WriteByte('"')
}

func (o *canonicaliser) end(tag []byte) {
	_, _ = o.WriteString("</")
	_, _ = o.Write(tag)
	_ = o.WriteByte('>')
	before := o.open[len(o.open)-1]
	o.open, o.inForce, o.written = o.open[:len(o.open)-1], o.inForce[:before.inForce], o.written[:before.written]
}

// aside writes a comment or an instruction, whose target is parted by one blank from the rest.
func (o *canonicaliser) aside(t *token) {
	before, after, text := "<!--", "-->", t.text
	if t.kind == instruction {
		before, after = "<?", "?>"
		if i := bytes.IndexAny(text, " \t\n"); i >= 0 {
			rest := bytes.TrimLeft(text[i:], " \t\n")
			text = text[:i:i]
			if len(rest) > 0 {
				text = append(append(text, ' '), rest...)
			}
		}
	}
	_, _ = o.WriteString(before)
	_, _ = o.Write(text)
	_, _ = o.WriteString(after)
}

// What stands for some bytes in canonical form.
var (
	escapedInText = [256]string{'&': "&amp;", '<': "&lt;", '>': "&gt;", '\r': "&#xD;"}
	escapedInAttr = [256]string{'&': "&amp;", '<': "&lt;", '"': "&quot;", '\t': "&#x9;", '\n': "&#xA;", '\r': "&#xD;"}
)

func (o *canonicaliser) escape(b []byte, as *[256]string) {
	from := 0
	for i, c := range b {
		if as[c] != "" {
			_, _ = o.Write(b[from:i])
			_, _ = o.WriteString(as[c])
			from = i + 1
		}
	}
	_, _ = o.Write(b[from:])
}
