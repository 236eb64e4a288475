package cap

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unsafe"

	"github.com/tongsheng/tongsheng/engine/xmlscan"
)

// Limits on what is read.
const (
	MaxSize     = 10 << 20 // bytes of a document
	maxElements = 500_000  // elements of a document; more are checked for form only
)

// frame is an element that is open.
type frame struct {
	kind   *kind // nil: anything goes within
	schema *schema
	name   string
	nth    int // its number among its like
	place  place
	step   int // where in the sequence its children are
	count  int // how many of that step were there
	last   string
	lastN  int
	node   node // for the rules of containers
}

// reader walks a document once: it judges each element by its schema, fills alerts, and
// hands each alert on when it ends.
type reader struct {
	raw         []byte // the document
	scan        *xmlscan.Scanner
	report      finder
	values      values
	frames      []frame
	text        []byte // of the simple element that is open
	whole       bool   // text is one piece, in the source or the scanner's own
	elements    int
	box         container
	builder     builder
	begins      int // where the alert that is open begins in the source
	signed      bool
	signedBytes int // of the alerts so far that are signed
	kept        int // bytes that the parts of the alerts so far take
	budget      int
	checks      int          // of signatures that may still be made
	each        func(*Alert) // nil where only the verdict is wanted
	bare        bool         // a lone alert, not in a container: no prefix before its paths
	document    document     // that a signature is looked for in
}

// read judges a document and calls each with every alert in it, valid or not.
func (r *reader) read(b []byte) Report {
	r.budget, r.checks = maxComparisons, maxChecks
	r.report.Report = Report{WellFormed: true, SchemaValid: true, Valid: true, Findings: []Finding{}}
	r.values.report, r.values.at, r.values.bytes = &r.report, r.path, &r.builder.bytes
	if len(b) > MaxSize {
		r.report.WellFormed, r.report.SchemaValid = false, false
		r.report.found(RuleSize, "", fmt.Sprintf("the document has more than %d bytes and was not read", MaxSize))
		return r.report.close()
	}
	if err := r.walk(b); err != nil {
		r.report.WellFormed, r.report.SchemaValid = false, false
		r.report.whole(RuleXML, r.path(), err.Error())
	}
	r.report.Valid = r.report.Valid && r.report.WellFormed && r.report.SchemaValid
	return r.report.close()
}

func (r *reader) walk(b []byte) (err error) {
	r.raw = b
	if r.scan == nil {
		r.scan, err = xmlscan.New(b)
	} else {
		err = r.scan.Reset(b)
	}
	if err != nil {
		return err
	}
	for {
		kind, err := r.scan.Next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				r.finish()
				return nil
			}
			return err
		}
		switch kind {
		case xmlscan.Start:
			r.start()
		case xmlscan.End:
			r.end()
		default:
			r.characters()
		}
	}
}

// finish tells what holds for the whole document.
func (r *reader) finish() {
	if err := r.scan.NamespaceError(); err != nil {
		r.report.whole(RuleNamespace, "", err.Error())
	}
	if r.scan.Doctype() {
		r.report.whole(RuleDoctype, "", "the document has a document type declaration")
		if r.scan.EntityUsed() {
			r.report.SchemaValid = false // its elements are not all here
		}
	}
	r.boxFinish()
}

func (r *reader) start() {
	name := r.scan.Name()
	if r.elements++; r.elements > maxElements {
		if r.elements == maxElements+1 {
			r.report.whole(RuleSize, "", fmt.Sprintf("the document has more than %d elements", maxElements))
		}
		r.frames = append(r.frames, frame{})
		return
	}
	f := frame{name: name.Local, nth: 1}
	if len(r.frames) == 0 {
		r.root(name, &f)
	} else {
		parent := &r.frames[len(r.frames)-1]
		if parent.last == name.Local {
			parent.lastN++
		} else {
			parent.last, parent.lastN = name.Local, 1
		}
		f.nth = parent.lastN
		r.child(parent, name, &f)
	}
	if name.Local == "alert" && f.kind != nil && r.builder.alert == nil && f.schema != schemaDE {
		r.begin(f.schema)
		f.place = inAlert
	}
	if name.Space == spaceDSig && name.Local == "Signature" && len(r.frames) > 0 && r.frames[len(r.frames)-1].place == inAlert {
		r.signed = true
	}
	r.builder.enter(f.place)
	r.frames = append(r.frames, f)
	r.attributes(&r.frames[len(r.frames)-1])
	r.text, r.whole = nil, false
}

// root decides what the document is.
func (r *reader) root(name xmlscan.Name, f *frame) {
	f.schema = schemaOf(name.Space)
	switch {
	case f.schema != nil:
		r.report.Version = f.schema.version
		f.kind = f.schema.global[name.Local]
		r.bare = f.schema != schemaDE
		if f.kind == nil || name.Local != "alert" && f.schema != schemaDE {
			r.report.SchemaValid = f.kind != nil
			r.report.found(RuleRoot, "", "the root element "+quote(name.Local)+" is not alert")
			r.bare = false
		}
	case name.Space == SpaceAtom && (name.Local == "feed" || name.Local == "entry"):
		r.report.Version = "atom"
	case name.Space == "" && name.Local == "rss":
		r.report.Version = "rss"
	default:
		r.report.SchemaValid = false
		r.report.found(RuleRoot, "", "the root element "+quote(name.Local)+" of the namespace "+quote(name.Space)+" is neither an alert nor a container of alerts")
	}
	r.boxRoot(name, f)
}

// child judges an element by its parent's kind.
func (r *reader) child(parent *frame, name xmlscan.Name, f *frame) {
	if r.builder.alert != nil && parent.place != nowhere && name.Space == parent.schema.space {
		f.place = parent.place.child(name.Local)
	}
	if parent.kind == nil {
		f.schema = parent.schema
		r.lax(name, f)
		r.boxChild(parent, name, f)
		return
	}
	f.schema = parent.schema
	if parent.kind.simple != nil {
		r.fault(parent, quote(name.Local)+" stands within a text")
		return
	}
	f.kind = r.step(parent, name, f)
}

// lax is what may be anything, but must be valid where a schema knows it.
func (r *reader) lax(name xmlscan.Name, f *frame) {
	s := schemaOf(name.Space)
	if s == nil || s == schemaDE {
		return
	}
	if k := s.global[name.Local]; k != nil && (name.Local == "alert" || s == f.schema) {
		f.kind, f.schema = k, s
	}
}

// step finds the particle of an element in its parent's sequence.
func (r *reader) step(parent *frame, name xmlscan.Name, f *frame) *kind {
	seq := parent.kind.sequence
	if name.Space == parent.schema.space {
		for parent.step < len(seq) {
			p := &seq[parent.step]
			if k := p.match(name.Local); k != nil {
				if parent.count++; parent.count > p.max {
					r.fault(parent, quote(name.Local)+" stands more often than it may")
				}
				return k
			}
			if parent.count < p.min {
				break
			}
			parent.step, parent.count = parent.step+1, 0
		}
	} else if any := parent.kind.any; any != nil && any.allows(name.Space, parent.schema.space) {
		r.complete(parent)
		parent.step = len(seq)
		parent.count++
		r.lax(name, f)
		return f.kind
	}
	why := "is not expected here"
	if parent.step < len(seq) && parent.count < seq[parent.step].min {
		why += "; " + seq[parent.step].name + " is"
	}
	r.fault(parent, quote(name.Local)+" "+why)
	for i := range seq { // out of its place it is read all the same
		if k := seq[i].match(name.Local); k != nil && name.Space == parent.schema.space {
			return k
		}
	}
	f.place = nowhere
	return nil
}

func (p *particle) match(name string) *kind {
	if p.name == name {
		return p.kind
	}
	if p.or != nil {
		return p.or.match(name)
	}
	return nil
}

// complete tells what is still missing in the sequence of an element.
func (r *reader) complete(f *frame) {
	for seq := f.kind.sequence; f.step < len(seq); f.step, f.count = f.step+1, 0 {
		if f.count < seq[f.step].min {
			r.fault(f, seq[f.step].name+" is missing")
		}
	}
}

// attributes refuses those that the schema does not have: all but the instance's own.
func (r *reader) attributes(f *frame) {
	if f.kind == nil {
		return
	}
	for _, a := range r.scan.Attrs() {
		switch {
		case a.Space == spaceXSI && (a.Local == "schemaLocation" || a.Local == "noNamespaceSchemaLocation"):
		case a.Space == spaceXSI && a.Local == "type" && r.typeIs(f.kind, a.Value):
		case f.kind.open && a.Space != "" && a.Space != f.schema.space && a.Space != spaceXSI:
		default:
			r.fault(f, "the attribute "+quote(a.Local)+" is not allowed")
		}
	}
}

// typeIs reports whether xsi:type names the type that the element has anyway, or one
// that differs from it in nothing but the handling of blanks.
func (r *reader) typeIs(k *kind, value string) bool {
	prefix, local, ok := strings.Cut(value, ":")
	if !ok {
		prefix, local = "", prefix
	}
	if space, _ := r.scan.Lookup(prefix); space != spaceXSD || k.builtin == "" {
		return false
	}
	return local == k.builtin || k.builtin == "string" && (local == "token" || local == "normalizedString")
}

func (r *reader) characters() {
	if r.elements > maxElements || len(r.frames) == 0 {
		return
	}
	f := &r.frames[len(r.frames)-1]
	switch {
	case f.kind == nil && f.node == nodeNone && f.place == nowhere:
	case f.kind == nil || f.kind.simple != nil:
		r.gather()
	case r.scan.CData():
		r.fault(f, "a CDATA section stands between elements")
	case !blank(r.scan.Text()):
		r.fault(f, "text stands between elements")
	}
}

// gather adds to the text of the element that is open. A text in one piece is not copied.
func (r *reader) gather() {
	switch {
	case len(r.text) == 0:
		r.text, r.whole = r.scan.Take(), true
		return
	case r.whole: // which may be the source: it is not appended to
		r.text, r.whole = append(make([]byte, 0, len(r.text)+len(r.scan.Text())), r.text...), false
	}
	r.text = append(r.text, r.scan.Text()...)
}

// gathered is the text as a string. Where only the verdict is wanted it is looked at where
// it stands; nobody else has it, and nothing of the source outlives the reading.
func (r *reader) gathered() string {
	if r.each == nil && len(r.text) > 0 {
		return unsafe.String(&r.text[0], len(r.text))
	}
	return string(r.text)
}

func blank(b []byte) bool {
	for _, c := range b {
		if !isBlank(c) {
			return false
		}
	}
	return true
}

func (r *reader) end() {
	f := &r.frames[len(r.frames)-1]
	switch {
	case f.name == "": // beyond the limit
	case f.kind == nil:
		r.boxEnd(f)
	case f.kind.simple != nil:
		r.leaf(f)
	default:
		r.complete(f)
		if any := f.kind.any; any != nil && f.count < any.min {
			r.fault(f, "is empty")
		}
	}
	place := f.place
	if place == inAlert {
		r.finishAlert()
	}
	r.frames = r.frames[:len(r.frames)-1]
	r.text, r.whole = nil, false
}

// leaf judges the text of a simple element and puts it where it belongs.
func (r *reader) leaf(f *frame) {
	text := r.gathered()
	if !(f.kind.fallback && text == "") {
		if wrong := f.kind.simple(text); wrong != "" {
			r.fault(f, quote(text)+" "+wrong)
		}
	}
	if r.builder.alert != nil && f.place != nowhere && len(r.frames) > 1 {
		r.builder.set(&r.values, r.frames[len(r.frames)-2].place, f.name, text)
	} else if f.schema == schemaDE {
		r.distribution(f.name, text)
	}
}

// fault reports what the schema of an element refuses.
func (r *reader) fault(f *frame, message string) {
	r.report.SchemaValid = false
	if !r.report.heeds(SeverityError) {
		r.report.found(RuleSchema, "", message)
		return
	}
	for i := range r.frames {
		if &r.frames[i] == f {
			r.report.found(RuleSchema, r.pathOf(i+1), message)
			return
		}
	}
	r.report.found(RuleSchema, r.path(), message)
}

// path is that of the element that is open.
func (r *reader) path() string { return r.pathOf(len(r.frames)) }

// pathOf names the first n open elements; within an alert of a container it begins
// with the alert's number in the document.
func (r *reader) pathOf(n int) string {
	var b strings.Builder
	for i := range n {
		f := &r.frames[i]
		if f.place == inAlert {
			b.Reset()
			b.WriteString(r.prefix())
			continue
		}
		fmt.Fprintf(&b, "/%s", f.name)
		if f.place.repeats(f.name) || f.nth > 1 {
			fmt.Fprintf(&b, "[%d]", f.nth)
		}
	}
	return b.String()
}

func (r *reader) prefix() string {
	if r.bare {
		return "/alert"
	}
	return fmt.Sprintf("alert[%d]", r.box.alerts)
}

// begin opens an alert.
func (r *reader) begin(s *schema) {
	if r.each == nil {
		r.builder.parts.reset()
	}
	r.builder.alert, r.builder.bytes = &Alert{Version: s.version}, 0
	r.values.old, r.values.new = s == schema10, s == schema12
	r.box.alerts++
	r.begins, _ = r.scan.Offset()
	r.signed = false
	if r.each != nil {
		r.report.first = &Finding{}
	}
}

// hand gives the alert to whoever keeps alerts, as long as they are not too much together.
func (r *reader) hand(a *Alert) {
	if r.each == nil {
		return
	}
	before := r.kept
	if r.kept += r.builder.bytes; r.kept <= maxKept {
		r.each(a)
		r.box.holds(a)
	} else if before <= maxKept {
		r.report.whole(RuleSize, r.prefix(), "the alerts of the document have more parts than they may")
	}
}

// finishAlert applies the rules to an alert that is whole and hands it on.
func (r *reader) finishAlert() {
	a := r.builder.alert
	r.builder.alert = nil
	defer func() { r.report.first = nil }()
	if r.builder.over() {
		r.report.whole(RuleSize, r.prefix(), "the alert has more parts than it may")
		return
	}
	judge{&r.report, r.prefix(), &r.budget}.alert(a)
	if r.signed {
		r.signature(r.prefix())
	}
	if r.bare {
		r.hand(a)
	} else if r.box.alerts <= maxAlerts {
		r.box.met(a, r.prefix(), r.report.first)
		r.hand(a)
	}
}
