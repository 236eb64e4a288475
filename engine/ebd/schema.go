package ebd

import (
	_ "embed"
	"fmt"
	"reflect"
	"strings"
)

// Schema2018 is an XML Schema of everything that GDJ2018 writes: documents with any of
// the seventeen bodies, signature files and source information. The standard publishes
// one of the EBM envelope and two of signatures; this one is made from the same table
// as reader and writer, with values as narrow as patterns can say.
//
//go:embed ebd2018.xsd
var Schema2018 []byte

// schema writes the XML Schema of an edition.
func (e *Edition) schema() []byte {
	var b strings.Builder
	w := func(depth int, format string, a ...any) {
		b.WriteString(strings.Repeat("  ", depth))
		fmt.Fprintf(&b, format+"\n", a...)
	}
	w(0, `<?xml version="1.0" encoding="UTF-8"?>`)
	w(0, `<!-- Made from the structs of package ebd by its tests (UPDATE=1 go test ./engine/ebd). -->`)
	w(0, `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">`)
	for _, root := range []struct {
		name string
		t    reflect.Type
	}{{"EBD", reflect.TypeFor[Document]()}, {"EBI", reflect.TypeFor[EBI]()}, {"Signature", reflect.TypeFor[SignatureFile]()}} {
		w(1, `<xs:element name="%s">`, root.name)
		w(2, `<xs:complexType>`)
		w(3, `<xs:sequence>`)
		parts2schema(w, e, planOf(root.t), 4)
		if root.name == "EBD" {
			w(4, `<xs:choice>`)
			for _, t := range e.MessageTypes() {
				w(5, `<xs:element name="%s">`, t)
				complex2schema(w, e, planOf(reflect.TypeOf(e.Messages[t].New()).Elem()), 6)
				w(5, `</xs:element>`)
			}
			w(4, `</xs:choice>`)
		}
		w(3, `</xs:sequence>`)
		w(2, `</xs:complexType>`)
		w(1, `</xs:element>`)
	}
	w(0, `</xs:schema>`)
	return []byte(b.String())
}

type line func(depth int, format string, a ...any)

func complex2schema(w line, e *Edition, p *plan, depth int) {
	w(depth, `<xs:complexType>`)
	w(depth+1, `<xs:sequence>`)
	parts2schema(w, e, p, depth+2)
	w(depth+1, `</xs:sequence>`)
	w(depth, `</xs:complexType>`)
}

func parts2schema(w line, e *Edition, p *plan, depth int) {
	for _, f := range p.fields {
		if f.old {
			continue
		}
		occurs := ""
		if f.need == optional || f.need == due && f.kind == parts && !f.sub.mayBeEmpty() {
			occurs = ` minOccurs="0"`
		}
		if f.kind == list {
			occurs += ` maxOccurs="unbounded"`
		}
		w(depth, `<xs:element name="%s"%s>`, f.name, occurs)
		switch {
		case f.kind == free:
			w(depth+1, `<xs:complexType mixed="true"><xs:sequence><xs:any processContents="skip" minOccurs="0" maxOccurs="unbounded"/></xs:sequence></xs:complexType>`)
		case f.sub != nil:
			complex2schema(w, e, f.sub, depth+1)
		case f.kind == whole:
			w(depth+1, `<xs:simpleType><xs:restriction base="xs:integer"><xs:minInclusive value="%d"/><xs:maxInclusive value="%d"/></xs:restriction></xs:simpleType>`, f.low, f.high)
		default:
			w(depth+1, `%s`, f.rule.schema(e))
		}
		w(depth, `</xs:element>`)
	}
}

// schema is the rule as a simple type.
func (r *rule) schema(e *Edition) string {
	base := r.base
	if base == "" {
		base = "xs:string"
	}
	var facets strings.Builder
	if r.pattern != "" {
		facets.WriteString(`<xs:pattern value="` + r.pattern + `"/>`)
	}
	values := r.values
	if len(values) == 1 && values[0] == GDJ2018.Version {
		values = []string{e.Version}
	}
	for _, v := range values {
		facets.WriteString(`<xs:enumeration value="` + v + `"/>`)
	}
	return `<xs:simpleType><xs:restriction base="` + base + `">` + facets.String() + `</xs:restriction></xs:simpleType>`
}
