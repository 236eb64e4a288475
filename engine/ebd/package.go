package ebd

import (
	"bytes"
	"encoding/hex"
	"io"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/emmansun/gmsm/sm3"
)

// Package is what two platforms exchange, EBDT_<EBDID>.tar (082 §7, 083 §5.3): one
// document with its signature; with an EBM also the source information, its signature
// and the resources that the message names.
type Package struct {
	Document      *Document // Body, read
	Body          *File     // EBDB_<EBDID>.xml, byte for byte as it is signed
	Signature     *File     // EBDS_EBDB_<EBDID>.xml
	Info          *File     // EBDI_<InfoID>.xml
	InfoSignature *File     // EBDS_EBDI_<InfoID>.xml
	Resources     []File    // EBDR_<name>.<type>
	Others        []File    // of no known name, or second ones
}

// NewPackage encodes a document into a package without a signature. Resources that an
// EBM's Auxiliary names are given their size and SM3 digest there first, on a copy.
func NewPackage(ed *Edition, doc *Document, resources ...File) (*Package, error) {
	full := *doc
	if m, ok := full.Body.(*EBM); ok && len(resources) > 0 {
		full.Body = withDigests(m, resources)
	}
	b, err := full.Encode(ed)
	if err != nil {
		return nil, err
	}
	read, _, err := Decode(b, ed) // as whoever gets it will
	if err != nil {
		return nil, err
	}
	p := &Package{Document: read, Body: &File{ed.Files.Document + string(doc.EBDID) + ".xml", b}, Resources: resources}
	for _, r := range resources {
		if !strings.HasPrefix(r.Name, ed.Files.Resource) || strings.ContainsAny(r.Name, "/\\") {
			return nil, bad("package", r.Name, WarnFile, 0, r.Name)
		}
	}
	return p, nil
}

func withDigests(m *EBM, resources []File) *EBM {
	c := *m
	c.MsgContent = append([]MsgContent(nil), m.MsgContent...)
	for i := range c.MsgContent {
		aux := append([]Auxiliary(nil), c.MsgContent[i].Auxiliary...)
		for j := range aux {
			for _, r := range resources {
				if aux[j].AuxiliaryDesc == r.Name {
					aux[j].Size, aux[j].Digest = len(r.Data), Digest(r.Data)
				}
			}
		}
		c.MsgContent[i].Auxiliary = aux
	}
	return &c
}

// Digest is the SM3 digest of a resource in hexadecimal digits.
func Digest(b []byte) string {
	sum := sm3.Sum(b)
	return hex.EncodeToString(sum[:])
}

// FileName is the package's name, which HTTP must carry (083 Annex A).
func (p *Package) FileName(ed *Edition) string {
	if p.Document == nil {
		return ""
	}
	return ed.Files.Package + string(p.Document.EBDID) + ".tar"
}

// Files lists the package's files in the order in which they are written.
func (p *Package) Files() (files []File) {
	for _, f := range []*File{p.Info, p.InfoSignature, p.Body, p.Signature} {
		if f != nil {
			files = append(files, *f)
		}
	}
	return append(append(files, p.Resources...), p.Others...)
}

// Write writes the package, each time the same bytes for the same package.
func (p *Package) Write(w io.Writer) error { return WriteArchive(w, p.Files()) }

// ReadPackage reads a package, its document included, and checks that names, ids and
// resources agree. The error is for what is no package: no archive, over the limits, or
// without a document that can be read.
func ReadPackage(r io.Reader, limits Limits, editions ...*Edition) (*Package, []Warning, error) {
	files, warnings, err := ReadArchive(r, limits)
	if err != nil {
		return nil, warnings, err
	}
	p := Sort(files, editions...)
	if p.Body == nil {
		return p, warnings, bad("package", "EBDB", CodeMissing, 0, "")
	}
	doc, more, err := Decode(p.Body.Data, editions...)
	for _, w := range more {
		w.Path = p.Body.Name + "!" + w.Path
		warnings = append(warnings, w)
	}
	if err != nil {
		return p, warnings, err
	}
	p.Document = doc
	return p, append(warnings, p.Check(editions...)...), nil
}

// Sort tells a package's files apart by their names, else by what they hold. It reads
// nothing else; Document stays nil.
func Sort(files []File, editions ...*Edition) *Package {
	ed := first(editions)
	p := &Package{}
	for i := range files {
		f := &files[i]
		var place **File
		switch n := upper(f.Name); {
		case strings.HasPrefix(n, upper(ed.Files.Signature+ed.Files.Info)):
			place = &p.InfoSignature
		case strings.HasPrefix(n, upper(ed.Files.Signature)):
			place = &p.Signature
		case strings.HasPrefix(n, upper(ed.Files.Info)):
			place = &p.Info
		case strings.HasPrefix(n, upper(ed.Files.Resource)):
			p.Resources = append(p.Resources, *f)
			continue
		case strings.HasPrefix(n, upper(ed.Files.Document)), strings.HasSuffix(n, ".XML") && rootIs(f.Data, "EBD"):
			place = &p.Body
		case strings.HasSuffix(n, ".XML") && rootIs(f.Data, "Signature"):
			place = &p.Signature
		}
		if place == nil || *place != nil {
			p.Others = append(p.Others, *f)
			continue
		}
		*place = f
	}
	return p
}

func first(editions []*Edition) *Edition {
	if len(editions) > 0 {
		return editions[0]
	}
	return GDJ2018
}

func upper(s string) string { return strings.ToUpper(s) }

// rootIs looks for a root element's start near the beginning.
func rootIs(b []byte, name string) bool {
	b = b[:min(len(b), 1024)]
	return bytes.Contains(b, []byte("<"+name+">")) || bytes.Contains(b, []byte("<"+name+" "))
}

// Check notes where names, ids and resources of a package that was read do not agree.
func (p *Package) Check(editions ...*Edition) []Warning {
	ed := first(editions)
	var found findings
	note := func(code, name, detail string) { found.add(code, name, name, detail) }
	id := string(p.Document.EBDID)
	for _, f := range []struct {
		file *File
		want string
	}{{p.Body, ed.Files.Document + id + ".xml"}, {p.Signature, ed.Files.Signature + ed.Files.Document + id + ".xml"}} {
		if f.file != nil && f.file.Name != f.want {
			note(WarnFile, f.file.Name, "should be "+f.want)
		}
	}
	if p.Signature == nil && p.Document.MustBeSigned() {
		note(WarnMissing, ed.Files.Signature+ed.Files.Document+id+".xml", "the document is not signed")
	}
	for _, f := range p.Others {
		note(WarnResource, f.Name, "no file of a package")
	}
	p.checkResources(note)
	return found.list
}

// checkResources compares the files with what the message says of them.
func (p *Package) checkResources(note func(code, name, detail string)) {
	asked := map[string]Auxiliary{}
	if m, ok := p.Document.Body.(*EBM); ok {
		for _, c := range m.MsgContent {
			for _, a := range c.Auxiliary {
				if a.AuxiliaryType != AuxStream && a.AuxiliaryDesc != "" && !strings.Contains(a.AuxiliaryDesc, "://") {
					asked[path.Base(strings.ReplaceAll(a.AuxiliaryDesc, `\`, "/"))] = a
				}
			}
		}
	}
	for _, r := range p.Resources {
		a, ok := asked[r.Name]
		if !ok {
			note(WarnResource, r.Name, "the document does not name it")
			continue
		}
		delete(asked, r.Name)
		if a.Size != 0 && a.Size != len(r.Data) {
			note(WarnResource, r.Name, strconv.Itoa(len(r.Data))+" bytes, the document says "+strconv.Itoa(a.Size))
		}
		if a.Digest != "" && !DigestIs(r.Data, a.Digest) {
			note(WarnMismatch, r.Name, "its SM3 digest is not the one in the document")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(asked)) {
		note(WarnResource, name, "the document names it and it is not here")
	}
}

// DigestIs reports whether text, hexadecimal or Base64, is the SM3 digest of b.
func DigestIs(b []byte, text string) bool {
	want, ok := digestBytes(text)
	sum := sm3.Sum(b)
	return ok && bytes.Equal(want, sum[:])
}
