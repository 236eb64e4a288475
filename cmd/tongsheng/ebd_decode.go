package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

type ebdDecodeCmd struct {
	Files inputs `arg:"" name:"file" help:"XML files or packages; - for standard input."`
}

// decoded is the line for one document. Empty fields are those it does not have.
type decoded struct {
	File        string   `json:"file"`
	Type        string   `json:"type"` // EBDType, "Signature" or "EBI"
	ID          string   `json:"id"`
	Source      string   `json:"source"`
	Destination string   `json:"destination"`
	Time        string   `json:"time"`
	Items       int      `json:"items"`
	Strict      bool     `json:"strict"`
	Warnings    []string `json:"warnings"`
	Error       string   `json:"error,omitempty"`
}

func (c ebdDecodeCmd) Run() error {
	releaseProgram()
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	bad := false
	for _, name := range c.Files {
		for _, d := range decodeInput(name) {
			if bad = bad || d.Error != ""; d.Warnings == nil {
				d.Warnings = []string{}
			}
			if err := out.Encode(d); err != nil {
				return err
			}
		}
	}
	if bad {
		return errInput
	}
	return nil
}

func decodeInput(name string) []decoded {
	in, err := receive(name)
	if err != nil {
		return []decoded{{File: name, Error: err.Error()}}
	}
	defer in.Close()
	if in.isArchive() {
		return decodePackage(name, in)
	}
	b, err := in.document()
	switch {
	case err != nil:
		return []decoded{{File: name, Error: err.Error()}}
	case bytes.HasPrefix(b, []byte("\x1f\x8b")), bytes.HasPrefix(b, []byte("PK\x03\x04")):
		return []decoded{{File: name, Error: "the file is compressed; packages are plain TAR"}}
	}
	return []decoded{decodeXML(name, filepath.Base(name), b, nil)}
}

// decodePackage gives a line for each XML file of a package. What is to be said of the
// package as a whole stands with its document.
func decodePackage(name string, in io.Reader) (lines []decoded) {
	files, warnings, err := ebd.ReadArchive(in, ebd.Limits{})
	if err != nil {
		return []decoded{{File: name, Warnings: sentences(warnings), Error: err.Error()}}
	}
	p := ebd.Sort(files)
	if p.Body != nil {
		if doc, _, err := ebd.Decode(p.Body.Data); err == nil {
			p.Document = doc
			warnings = append(warnings, p.Check()...)
			warnings = append(warnings, nameWarning(filepath.Base(name), ebd.GDJ2018.Files.Package, p.FileName(ebd.GDJ2018))...)
		}
	}
	for _, f := range p.Files() {
		named := func(as *ebd.File) bool { return as != nil && as.Name == f.Name }
		if !strings.EqualFold(filepath.Ext(f.Name), ".xml") && !slices.ContainsFunc([]*ebd.File{p.Body, p.Signature, p.Info, p.InfoSignature}, named) {
			continue
		}
		var about []ebd.Warning
		if p.Body != nil && f.Name == p.Body.Name {
			about, warnings = warnings, nil
		}
		lines = append(lines, decodeXML(name+"!"+f.Name, "", f.Data, about))
	}
	if len(lines) == 0 {
		return []decoded{{File: name, Warnings: sentences(warnings), Error: "the package holds no document"}}
	}
	lines[0].Warnings = append(lines[0].Warnings, sentences(warnings)...)
	lines[0].Strict = lines[0].Strict && len(warnings) == 0
	return lines
}

// decodeXML gives the line of one XML file called base; about are warnings on what
// surrounds it.
func decodeXML(name, base string, b []byte, about []ebd.Warning) decoded {
	d := decoded{File: name}
	file, warnings, err := ebd.DecodeFile(b)
	names := ebd.GDJ2018.Files
	switch f := file.(type) {
	case *ebd.Document:
		d.Type, d.ID, d.Time, d.Items = f.EBDType, string(f.EBDID), string(f.EBDTime), f.Items()
		d.Source, d.Destination = string(f.Source()), string(f.Destination())
		warnings = append(warnings, nameWarning(base, names.Document, names.Document+d.ID+".xml")...)
	case *ebd.SignatureFile:
		d.Type, d.ID = "Signature", f.ID()
		what := names.Document
		if f.RelatedEBInfo != nil {
			what = names.Info
		}
		warnings = append(warnings, nameWarning(base, names.Signature, names.Signature+what+d.ID+".xml")...)
	case *ebd.EBI:
		d.Type, d.ID = "EBI", string(f.ID())
		warnings = append(warnings, nameWarning(base, names.Info, names.Info+d.ID+".xml")...)
	}
	if err != nil {
		d.Error = err.Error()
	}
	d.Warnings = sentences(append(warnings, about...))
	d.Strict = err == nil && len(d.Warnings) == 0
	return d
}

// nameWarning compares a file's name, where it is made as the standard says, with the
// one that its content asks for.
func nameWarning(base, prefix, want string) []ebd.Warning {
	if base == want || !strings.HasPrefix(base, prefix) {
		return nil
	}
	return []ebd.Warning{{Code: ebd.WarnFile, Path: base, Detail: "should be " + want}}
}

func sentences(warnings []ebd.Warning) (lines []string) {
	for _, w := range warnings {
		lines = append(lines, w.String())
	}
	return lines
}
