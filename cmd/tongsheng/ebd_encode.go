package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

type ebdEncodeCmd struct {
	File     string   `arg:"" optional:"" help:"JSON of a document or of source information (EBI), with the names of the XML; standard input by default."`
	Package  bool     `help:"Write a package (TAR) instead of the XML."`
	Resource []string `type:"existingfile" help:"Resource file EBDR_… to pack; may be repeated. Its size and digest are filled in where the message names it."`
	Output   string   `short:"o" type:"path" help:"File to write, standard output by default."`
}

func (c ebdEncodeCmd) Run() error {
	b, err := input(c.File)
	if err != nil {
		return err
	}
	if err := requireJSON(b); err != nil {
		return err
	}
	var keys map[string]json.RawMessage
	_ = json.Unmarshal(b, &keys) // what is wrong is told below
	if _, ok := keys["EBMainInfo"]; ok {
		var info ebd.EBI
		if err := json.Unmarshal(b, &info); err != nil {
			return err
		}
		out, err := info.Encode(ebd.GDJ2018)
		if err != nil {
			return err
		}
		return output(c.Output, out)
	}
	var doc ebd.Document
	if err := json.Unmarshal(b, &doc); err != nil {
		return err
	}
	var resources []ebd.File
	for _, name := range c.Resource {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		resources = append(resources, ebd.File{Name: filepath.Base(name), Data: data})
	}
	p, err := ebd.NewPackage(ebd.GDJ2018, &doc, resources...)
	if err != nil {
		return err
	}
	out := p.Body.Data
	if c.Package {
		if out, err = packed(p); err != nil {
			return err
		}
	}
	return output(c.Output, out)
}

// requireJSON tells where the JSON is broken.
func requireJSON(b []byte) error {
	var any map[string]json.RawMessage
	err := json.Unmarshal(b, &any)
	if syntax, ok := err.(*json.SyntaxError); ok {
		return fmt.Errorf("JSON, at byte %d: %w", syntax.Offset, err)
	}
	return err
}
