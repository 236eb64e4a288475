package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/tongsheng/tongsheng/engine/cap"
	"github.com/tongsheng/tongsheng/engine/cap/capebm"
	"github.com/tongsheng/tongsheng/engine/ebd"
)

type capConvertCmd struct {
	File     string `arg:"" help:"A CAP alert, or an EBM of GD/J 082 as XML or in a package (TAR); - is standard input. Which of them it is, is found out."`
	Output   string `short:"o" type:"path" help:"File to write, standard output by default; a name in .tar writes an EBM as a package, with the files that the alert holds."`
	Platform string `default:"11000000000000101010101" help:"Resource code of the platform that sends an EBM on; ids are made with it."`
	Area     string `help:"Region, twelve digits, for alerts that name none by a code; without it they are refused."`
}

// Run brings a message to the other side. What could not be carried over stands on standard
// error, one line each.
func (c capConvertCmd) Run() error {
	var file []byte
	raw, err := readDocument(&file, c.File, func(int64) {})
	if err != nil {
		return err
	}
	if ebd.IsArchive(raw) || bytes.Contains(raw[:min(len(raw), 1024)], []byte("<EBD")) {
		return c.toCAP(raw)
	}
	return c.toEBM(raw)
}

func (c capConvertCmd) toCAP(raw []byte) error {
	var resources []ebd.File
	var doc *ebd.Document
	var warnings []ebd.Warning
	var err error
	if ebd.IsArchive(raw) {
		var p *ebd.Package
		if p, warnings, err = ebd.ReadPackage(bytes.NewReader(raw), ebd.Limits{}); err == nil {
			doc, resources = p.Document, p.Resources
		}
	} else {
		doc, warnings, err = ebd.Decode(raw)
	}
	if err != nil {
		return err
	}
	for _, w := range warnings {
		fmt.Fprintln(os.Stderr, w)
	}
	m, ok := doc.Body.(*ebd.EBM)
	if !ok {
		return fmt.Errorf("%s is no message for the public: only an EBM has a counterpart in CAP", doc.EBDType)
	}
	a, notes, err := capebm.Alert(m, resources...)
	if err != nil {
		return err
	}
	tell(notes)
	out, err := a.Write()
	if err != nil {
		return err
	}
	return output(c.Output, out)
}

func (c capConvertCmd) toEBM(raw []byte) error {
	doc := cap.Read(raw)
	for _, f := range doc.Findings {
		fmt.Fprintf(os.Stderr, "%s %s: %s: %s\n", f.Severity, f.Rule, f.Path, f.Message)
	}
	switch {
	case !doc.WellFormed:
		return errors.New("the file is neither CAP nor an EBM")
	case len(doc.Alerts) != 1:
		return fmt.Errorf("one alert is converted at a time; here are %d", len(doc.Alerts))
	case !doc.Valid:
		return errors.New("the alert is not valid; what is wrong stands above")
	}
	platform, err := ebd.ParseResourceCode(c.Platform)
	if err != nil {
		return misuse{err}
	}
	area := ebd.AreaCode("")
	if c.Area != "" {
		if area, err = ebd.ParseAreaCode(c.Area); err != nil {
			return misuse{err}
		}
	}
	m, files, notes, err := capebm.To{Platform: platform, Area: area}.EBM(doc.Alerts[0])
	if err != nil {
		return err
	}
	tell(notes)
	id, err := ebd.NewEBDID(ebd.EBDOther, platform, uint64(m.EBMID.Seq()))
	if err != nil {
		return err
	}
	p, err := ebd.NewPackage(ebd.GDJ2018, &ebd.Document{EBDID: id, SRC: &ebd.Source{EBRID: platform}, EBDTime: m.MsgBasicInfo.SendTime, Body: m}, files...)
	if err != nil {
		return err
	}
	if strings.HasSuffix(c.Output, ".tar") {
		out, err := packed(p)
		if err != nil {
			return err
		}
		return output(c.Output, out)
	}
	for _, f := range files {
		fmt.Fprintf(os.Stderr, "%s: the file itself goes with a package only: give -o NAME.tar\n", f.Name)
	}
	return output(c.Output, p.Body.Data)
}

func tell(notes []capebm.Note) {
	for _, n := range notes {
		fmt.Fprintln(os.Stderr, n)
	}
}
