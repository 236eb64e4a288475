package ebd

import (
	"bytes"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
)

// One table drives the reader, the writer and the schema: the Go structs of the
// messages. A field's name is the element's, its place the standard's order, and its
// tag says the rest:
//
//	ebd:"RULE[,opt][,due][,record][,old][,also=NAME]"
//
// RULE is one of rules, int:LOW-HIGH or in:A|B; empty is free text or an element with
// parts of its own. A field is mandatory unless it is opt. Where the standard's table
// and its figure disagree whether an element is mandatory it is due: written always,
// not missed when reading. record marks what the standard calls an entry (条目), old an
// element of older dialects that is read and never written, also another name to read.
// A field _ tagged "unordered" stands for parts in any order.

// need is how much an element is asked for.
type need uint8

const (
	required need = iota
	due
	optional
)

// kind is how an element's content is kept.
type kind uint8

const (
	leaf  kind = iota // a string
	whole             // an int
	parts             // a pointer to a struct
	list              // a slice of structs or strings
	free              // a slice of Element
)

type field struct {
	name   string
	index  int
	kind   kind
	need   need
	record bool
	old    bool
	rule   *rule
	low    int // of a whole
	high   int
	sub    *plan // of parts, and of a list of structs
}

type plan struct {
	fields    []field
	byName    map[string]int
	also      map[string]int    // other names
	folded    map[string]int    // names in small letters
	under     map[string][2]int // parts of a part, to which a lost wrapper is put back
	unordered bool
}

// Element is an element of a message's free extension (扩展参数), kept as it stands.
type Element struct {
	Name     string
	Text     string    `json:",omitempty"`
	Elements []Element `json:",omitempty"`
}

var (
	plans    sync.Map // reflect.Type → *plan
	elements = reflect.TypeFor[[]Element]()
)

// planOf is the plan of a struct type. It panics where a tag is wrong, which a test of
// every message finds.
func planOf(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	p := &plan{byName: map[string]int{}, also: map[string]int{}, folded: map[string]int{}, under: map[string][2]int{}}
	for i := range t.NumField() {
		sf := t.Field(i)
		tag, tagged := sf.Tag.Lookup("ebd")
		switch {
		case sf.Name == "_":
			p.unordered = tag == "unordered"
			continue
		case tag == "-" || !tagged:
			continue
		}
		f := field{name: sf.Name, index: i}
		words := strings.Split(tag, ",")
		f.read(words[0], sf)
		for _, w := range words[1:] {
			other, isName := strings.CutPrefix(w, "also=")
			switch {
			case isName:
				p.also[other] = len(p.fields)
			case w == "opt":
				f.need = optional
			case w == "due":
				f.need = due
			case w == "record":
				f.record = true
			case w == "old":
				f.old, f.need = true, optional
			default:
				panic(fmt.Sprintf("ebd: %s.%s: tag %q", t, sf.Name, tag))
			}
		}
		p.byName[f.name] = len(p.fields)
		p.folded[strings.ToLower(f.name)] = len(p.fields)
		p.fields = append(p.fields, f)
	}
	p.findUnder()
	got, _ := plans.LoadOrStore(t, p)
	return got.(*plan)
}

// read takes the kind from the field's type and the rule from its tag.
func (f *field) read(name string, sf reflect.StructField) {
	switch t := sf.Type; {
	case t == elements:
		f.kind = free
	case t.Kind() == reflect.String:
		f.kind = leaf
	case t.Kind() == reflect.Int:
		f.kind = whole
		low, high, ok := strings.Cut(strings.TrimPrefix(name, "int:"), "-")
		f.low, _ = strconv.Atoi(low)
		f.high, _ = strconv.Atoi(high)
		if !ok {
			panic(fmt.Sprintf("ebd: %s: an int needs a range", sf.Name))
		}
		return
	case t.Kind() == reflect.Pointer:
		f.kind, f.sub = parts, planOf(t.Elem())
	case t.Kind() == reflect.Slice:
		f.kind = list
		if t.Elem().Kind() == reflect.Struct {
			f.sub = planOf(t.Elem())
		}
	default:
		panic(fmt.Sprintf("ebd: %s: type %s", sf.Name, t))
	}
	if values, ok := strings.CutPrefix(name, "in:"); ok {
		f.rule = oneOf(strings.Split(values, "|"))
	} else if f.rule = rules[name]; f.rule == nil {
		panic(fmt.Sprintf("ebd: %s: no rule %q", sf.Name, name))
	}
}

func oneOf(values []string) *rule {
	return &rule{values: values, check: func(_ *Edition, s string) (string, string) {
		for _, v := range values {
			if s == v {
				return fine()
			}
		}
		return WarnValue, "one of " + strings.Join(values, ", ")
	}}
}

// findUnder lists the names that occur in exactly one part and not beside it.
func (p *plan) findUnder() {
	twice := map[string]bool{}
	for i, f := range p.fields {
		if f.kind != parts {
			continue
		}
		for j, g := range f.sub.fields {
			if _, seen := p.under[g.name]; seen || g.kind > whole {
				twice[g.name] = true
			}
			p.under[g.name] = [2]int{i, j}
		}
	}
	for name := range p.under {
		if _, beside := p.byName[name]; beside || twice[name] {
			delete(p.under, name)
		}
	}
}

// find gives the field an element name stands for, and the warning that its spelling
// deserves; -1 for none.
func (p *plan) find(name []byte) (i int, warn string) {
	if i, ok := p.byName[string(name)]; ok {
		return i, ""
	}
	if i, ok := p.also[string(name)]; ok {
		return i, WarnName
	}
	if i, ok := p.folded[string(bytes.ToLower(name))]; ok {
		return i, WarnCase
	}
	return -1, WarnUnknown
}

// records counts what the standard calls entries: those nearest to the root, not those
// in entries.
func (p *plan) records(v reflect.Value) (n int) {
	for _, f := range p.fields {
		switch {
		case f.record:
			n += v.Field(f.index).Len()
		case f.kind == parts && !v.Field(f.index).IsNil():
			n += f.sub.records(v.Field(f.index).Elem())
		}
	}
	return n
}
