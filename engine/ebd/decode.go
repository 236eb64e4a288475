package ebd

import (
	"bytes"
	"errors"
	"reflect"
	"strconv"
	"strings"

	"github.com/tongsheng/tongsheng/engine/ebd/loose"
)

// MaxDocument is how long an XML file may be, 32 MB. Field systems report some thousand
// terminals in half a megabyte.
const MaxDocument = 32 << 20

// decoder reads one file by its plan, in one pass and without a tree.
type decoder struct {
	s     *loose.Scanner
	ed    *Edition
	path  []step
	found findings
	text  []byte
	moves int // how often path has changed
	noted int
	where []byte
	last  lastWarn // so that a million NULs in one place cost little
}

type lastWarn struct {
	code, name string
	moves      int
	at         int
}

type step struct {
	name string
	item int // 1-based, 0 where the element does not repeat
}

// open brings b to UTF-8 and moves to its root, whose name it gives.
func (d *decoder) open(b []byte) (root string, err error) {
	if len(b) > MaxDocument {
		return "", bad("document", "", CodeLength, 0, strconv.Itoa(len(b))+" bytes")
	}
	utf, what, err := loose.Charset(b)
	if err != nil {
		return "", unreadable(err)
	}
	if what != "" {
		d.warn(WarnEncoding, "", what)
	}
	d.s = loose.NewScanner(utf)
	d.s.Report = func(repair string, what []byte) {
		if d.same(repair, "") {
			return
		}
		detail := loose.Excerpt(what)
		if detail == "" && len(what) > 0 {
			detail = strconv.Itoa(len(what)) + " bytes that cannot be printed"
		}
		d.warn(repair, "", detail)
	}
	for {
		switch d.s.Next() {
		case loose.Start:
			root = string(d.s.Name)
			d.path = append(d.path, step{name: root})
			return root, nil
		case loose.EOF:
			return "", unreadable(d.s.Err)
		}
	}
}

func unreadable(err error) error { return &Error{Thing: "document", Code: CodeXML, Field: err.Error()} }

// close reads what is left, so that what follows the root is noticed.
func (d *decoder) close() error {
	for d.s.Next() != loose.EOF {
	}
	if d.s.Err != nil {
		return unreadable(d.s.Err)
	}
	return nil
}

// warn notes a deviation here, or in the element called name that is or should be here.
func (d *decoder) warn(code, name, detail string) {
	if d.same(code, name) {
		return
	}
	if d.noted++; d.noted > maxDeviations {
		d.s.Err = errDeviations
	}
	place := d.place(name)
	if i, ok := d.found.at[key{code, place}]; ok {
		d.found.again(i)
		d.last = lastWarn{code, name, d.moves, i + 1}
		return
	}
	var path strings.Builder
	for i, s := range d.path {
		if i > 0 {
			path.WriteByte('/')
		}
		path.WriteString(s.name)
		if s.item > 0 {
			path.WriteString("[" + strconv.Itoa(s.item) + "]")
		}
	}
	if name != "" {
		path.WriteString("/" + name)
	}
	i := d.found.add(code, place, path.String(), detail)
	d.last = lastWarn{code, name, d.moves, i + 1}
}

// maxDeviations is how many deviations, repeated ones included, a document may have.
const maxDeviations = 1 << 19

var errDeviations = errors.New("there are too many deviations")

// place is the path without item numbers, so that an entry's deviations are one.
func (d *decoder) place(name string) string {
	b := d.where[:0]
	for _, s := range d.path {
		b = append(append(b, s.name...), '/')
	}
	d.where = append(b, name...)
	return string(d.where)
}

// same counts a deviation that was also the last one noted.
func (d *decoder) same(code, name string) bool {
	l := &d.last
	if l.at == 0 || l.code != code || l.name != name || l.moves != d.moves {
		return false
	}
	d.found.again(l.at - 1)
	return true
}

func (d *decoder) push(name string, item int) {
	d.moves++
	d.path = append(d.path, step{name, item})
}

func (d *decoder) pop() {
	d.moves++
	d.path = d.path[:len(d.path)-1]
}

// element reads the parts of the element that has just started into v. other may take
// an element that the plan does not have.
func (d *decoder) element(p *plan, v reflect.Value, other func(name []byte) bool) {
	var seen [64]bool
	last, any := -1, false
	for {
		switch d.s.Next() {
		case loose.Text:
			if t := bytes.TrimSpace(d.s.Chars); len(t) > 0 {
				any = true
				d.warn(WarnText, "", quote(string(t)))
			}
		case loose.Start:
			any = true
			i := d.child(p, v, &seen, other)
			if i >= 0 && i < last && !p.unordered {
				d.warn(WarnOrder, p.fields[i].name, "stands after "+p.fields[last].name)
			}
			last = max(last, i)
		default:
			d.missing(p, v, &seen, any)
			return
		}
	}
}

// child reads one element and gives the number of its field, -1 for none.
func (d *decoder) child(p *plan, v reflect.Value, seen *[64]bool, other func(name []byte) bool) int {
	i, spelling := p.find(d.s.Name)
	if i < 0 {
		if other != nil && other(d.s.Name) {
			return -1
		}
		if place, ok := p.under[string(d.s.Name)]; ok && !seen[place[0]] {
			d.misplaced(p, v, place)
			seen[place[0]] = true
			return place[0]
		}
		d.warn(WarnUnknown, loose.Excerpt(d.s.Name), "")
		d.skip()
		return -1
	}
	f := &p.fields[i]
	if spelling != "" {
		d.warn(spelling, f.name, "written "+string(d.s.Name))
	}
	if seen[i] && f.kind != list {
		d.warn(WarnRepeated, f.name, "")
		d.skip()
		return i
	}
	seen[i] = true
	if f.old {
		d.warn(WarnDialect, f.name, "")
	}
	d.field(f, v.Field(f.index))
	return i
}

// misplaced puts an element into the part it belongs to, whose tag is missing.
func (d *decoder) misplaced(p *plan, v reflect.Value, place [2]int) {
	f := &p.fields[place[0]]
	g := &f.sub.fields[place[1]]
	d.warn(WarnMisplaced, g.name, f.name+" is missing around it")
	part := reflect.New(v.Field(f.index).Type().Elem())
	v.Field(f.index).Set(part)
	d.field(g, part.Elem().Field(g.index))
}

// field reads the element that has just started.
func (d *decoder) field(f *field, v reflect.Value) {
	switch f.kind {
	case leaf:
		d.push(f.name, 0)
		v.SetString(d.value(f))
		d.pop()
	case whole:
		d.push(f.name, 0)
		v.SetInt(int64(d.number(f)))
		d.pop()
	case parts:
		d.push(f.name, 0)
		part := reflect.New(v.Type().Elem())
		v.Set(part)
		d.element(f.sub, part.Elem(), nil)
		d.pop()
	case list:
		d.push(f.name, v.Len()+1)
		if f.sub != nil {
			v.Grow(1)
			v.SetLen(v.Len() + 1)
			d.element(f.sub, v.Index(v.Len()-1), nil)
		} else {
			v.Set(reflect.Append(v, reflect.ValueOf(d.value(f)).Convert(v.Type().Elem())))
		}
		d.pop()
	case free:
		_, inner := d.tree()
		v.Set(reflect.ValueOf(inner))
	}
}

// value reads a leaf's text and checks it.
func (d *decoder) value(f *field) string {
	s := d.chars()
	if f.rule.check == nil || s == "" && f.need == optional {
		return s
	}
	if code, want := f.rule.check(d.ed, s); code != "" {
		d.warn(code, "", quote(s)+" where the standard has "+want)
	}
	return s
}

// Absent is an integer that a document that was read should have and has not.
const Absent = -1

func (d *decoder) number(f *field) int {
	s := d.chars()
	n, err := strconv.Atoi(s)
	if err == nil && n >= f.low && n <= f.high {
		return n
	}
	if s == "" && f.need == optional {
		return 0
	}
	d.warn(WarnValue, "", quote(s)+" where the standard has "+strconv.Itoa(f.low)+" to "+strconv.Itoa(f.high))
	if err != nil {
		if x, ferr := strconv.ParseFloat(s, 64); ferr == nil && x == float64(int32(x)) {
			return int(x)
		}
		if f.need == required {
			return Absent
		}
		return 0
	}
	return n
}

// chars reads to the end of a leaf and gives its text without the blanks around it.
func (d *decoder) chars() string {
	d.text = d.text[:0]
	for {
		switch d.s.Next() {
		case loose.Text:
			d.text = append(d.text, d.s.Chars...)
		case loose.Start:
			d.warn(WarnUnknown, loose.Excerpt(d.s.Name), "")
			d.skip()
		default:
			return string(bytes.TrimSpace(d.text))
		}
	}
}

// skip reads to the end of the element that has just started.
func (d *decoder) skip() {
	for depth := 1; depth > 0; {
		switch d.s.Next() {
		case loose.Start:
			depth++
		case loose.End:
			depth--
		case loose.EOF:
			return
		}
	}
}

// tree reads an element of any content.
func (d *decoder) tree() (text string, inner []Element) {
	var own []byte
	for {
		switch d.s.Next() {
		case loose.Text:
			own = append(own, d.s.Chars...)
		case loose.Start:
			e := Element{Name: string(d.s.Name)}
			e.Text, e.Elements = d.tree()
			inner = append(inner, e)
		default:
			return string(bytes.TrimSpace(own)), inner
		}
	}
}

// missing notes the mandatory parts that were not there.
func (d *decoder) missing(p *plan, v reflect.Value, seen *[64]bool, any bool) {
	empty := false
	for i := range p.fields {
		f := &p.fields[i]
		if seen[i] || f.need != required {
			continue
		}
		if f.kind == whole {
			v.Field(f.index).SetInt(Absent)
		}
		if any {
			d.warn(WarnMissing, f.name, "")
		}
		empty = !any
	}
	if empty {
		d.warn(WarnEmpty, "", "")
	}
}
