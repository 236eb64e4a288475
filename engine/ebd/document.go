package ebd

import (
	"bytes"
	"reflect"
	"strings"
)

// Document is one business data file 应急广播业务数据文件, the EBDB_….xml of a package:
// an envelope and one body, which is a pointer to one of the message structs (*EBM,
// *EBRDTState, …). Its JSON has the names of the XML, the body under its own.
type Document struct {
	EBDVersion string   `ebd:"v1"` // Encode sets it
	EBDID      EBDID    `ebd:"ebdid"`
	EBDType    string   `ebd:""` // Encode sets it by the body
	SRC        *Source  `ebd:""`
	DEST       *Ref     `ebd:",opt" json:",omitempty"`
	EBDTime    DateTime `ebd:"time"`
	RelatedEBD *Related `ebd:",opt" json:",omitempty"`
	Body       any      `ebd:"-" json:"-"`
}

// Source is who sent a document, and where replies go.
type Source struct {
	EBRID ResourceCode `ebd:"code"`
	URL   string       `ebd:",opt" json:",omitempty"`
}

// Related names the document that this one answers.
type Related struct {
	EBDID EBDID `ebd:"ebdid"`
}

// Source is SRC.EBRID, empty where there is none.
func (d *Document) Source() ResourceCode {
	if d.SRC == nil {
		return ""
	}
	return d.SRC.EBRID
}

// Destination is DEST.EBRID, empty where there is none.
func (d *Document) Destination() ResourceCode {
	if d.DEST == nil {
		return ""
	}
	return d.DEST.EBRID
}

// Items counts the body's entries (条目): resources, states, log entries, and in an
// EBMStateResponse the resources called on. Other bodies have none.
func (d *Document) Items() int {
	v := reflect.ValueOf(d.Body)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return 0
	}
	return planOf(v.Type().Elem()).records(v.Elem())
}

// Decode reads a document and gets over what it can, with a warning for each deviation.
// Of several editions the one whose version the document names counts, else the first;
// without any it is GDJ2018. The error is for what cannot be read at all.
func Decode(b []byte, editions ...*Edition) (*Document, []Warning, error) {
	file, warnings, err := DecodeFile(b, editions...)
	if err != nil {
		return nil, warnings, err
	}
	if doc, ok := file.(*Document); ok {
		return doc, warnings, nil
	}
	return nil, warnings, bad("document", "root", CodeUnknown, 0, strings.TrimPrefix(reflect.TypeOf(file).String(), "*ebd."))
}

// roots are the root elements of a package's XML files.
var roots = []struct {
	name string
	read func(*decoder) any
}{{"EBD", (*decoder).document}, {"EBI", (*decoder).info}, {"Signature", (*decoder).signature}}

// DecodeFile is Decode for any XML file of a package: it gives a *Document (EBDB), an
// *EBI (EBDI) or a *SignatureFile (EBDS).
func DecodeFile(b []byte, editions ...*Edition) (any, []Warning, error) {
	if len(editions) == 0 {
		editions = []*Edition{GDJ2018}
	}
	d := &decoder{ed: editions[0]}
	root, err := d.open(b)
	if err != nil {
		return nil, d.found.list, err
	}
	for _, ed := range editions[1:] {
		if bytes.Contains(b[:min(len(b), 1024)], []byte("<EBDVersion>"+ed.Version+"<")) {
			d.ed = ed
		}
	}
	var file any
	for _, r := range roots {
		if !strings.EqualFold(root, r.name) {
			continue
		}
		if d.path[0].name = r.name; root != r.name {
			d.warn(WarnCase, "", "written "+root)
		}
		file = r.read(d)
	}
	if file == nil {
		return nil, d.found.list, bad("document", "root", CodeUnknown, 0, root)
	}
	if err := d.close(); err != nil {
		return nil, d.found.list, err
	}
	return file, d.found.list, nil
}

func (d *decoder) document() any {
	doc := &Document{}
	v := reflect.ValueOf(doc).Elem()
	var body string
	d.element(planOf(v.Type()), v, func(name []byte) bool {
		m, ok := d.ed.message(string(name))
		if !ok {
			return false
		}
		if m.Type != string(name) {
			d.warn(WarnCase, m.Type, "written "+string(name))
		}
		if doc.Body != nil {
			d.warn(WarnRepeated, m.Type, "a document has one body")
			d.skip()
			return true
		}
		body, doc.Body = m.Type, m.New()
		d.push(m.Type, 0)
		inner := reflect.ValueOf(doc.Body).Elem()
		d.element(planOf(inner.Type()), inner, nil)
		d.pop()
		return true
	})
	d.settleType(doc, body)
	d.check(doc)
	return doc
}

// settleType reconciles EBDType with the body that was found. What EBDType says counts
// where the standard knows it, else the body's name.
func (d *decoder) settleType(doc *Document, body string) {
	m, known := d.ed.message(doc.EBDType)
	switch {
	case known && m.Type != doc.EBDType:
		d.warn(WarnCase, "EBDType", "written "+quote(doc.EBDType))
		doc.EBDType = m.Type
	case !known:
		d.warn(WarnType, "EBDType", quote(doc.EBDType))
	}
	switch {
	case body == "" && !known:
		d.warn(WarnMissing, "", "the document has no body")
	case body == "":
		d.warn(WarnMissing, doc.EBDType, "the document has no body")
	case !known:
		doc.EBDType = body
	case doc.EBDType != body:
		d.warn(WarnMismatch, "EBDType", doc.EBDType+", but the body is "+body)
	}
}

// check notes what no single element can tell.
func (d *decoder) check(file any) {
	for _, p := range d.ed.conflicts(file) {
		d.warn(p.code, p.place, p.detail)
	}
}

// conflict is a rule between elements that does not hold; place is below the root.
type conflict struct{ code, place, detail string }

// conflicts checks the rules between elements, for the reader and the writer alike.
func (ed *Edition) conflicts(file any) (c []conflict) {
	switch f := file.(type) {
	case *Document:
		if id, src := f.EBDID.Source(), f.Source(); id != "" && len(src) == 23 && id != src {
			c = append(c, conflict{WarnMismatch, "EBDID", "names the source " + string(id) + ", SRC is " + string(src)})
		}
		_, heartbeat := f.Body.(*ConnectionCheck)
		if kind := slice(string(f.EBDID), 41, 0, 2); kind != "" && f.Body != nil && heartbeat != (kind == EBDHeartbeat) {
			c = append(c, conflict{WarnMismatch, "EBDID", "kind " + kind + " of a " + f.EBDType})
		}
		if m, ok := f.Body.(*EBM); ok && m.EBMID.Seq() != 0 { // 082 table 2: must be acted on
			if m.MsgBasicInfo == nil {
				c = append(c, conflict{WarnMissing, "EBM/MsgBasicInfo", ""})
			}
			if len(m.MsgContent) == 0 {
				c = append(c, conflict{WarnMissing, "EBM/MsgContent", ""})
			}
		}
	case *EBI:
		if m := f.EBMainInfo; m != nil && m.EBIID != "" && m.EBIID != m.InfoID {
			c = append(c, conflict{WarnMismatch, "EBMainInfo/EBIID", "is not InfoID"})
		}
	case *SignatureFile:
		c = f.conflicts()
	}
	return c
}
