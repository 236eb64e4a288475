package rule

import (
	"bytes"
	"embed"
	"encoding/json"
	"io/fs"
)

//go:embed default
var defaults embed.FS

// Defaults are the rules that a new installation begins with.
type Defaults struct {
	Templates  []Template
	Sending    []Sending
	Precedence Precedence
	Escalation []Escalation
	Conduct    Conduct
}

// Default reads the rules that are built in; templates stand in a file for each group of
// events.
func Default() Defaults {
	var d Defaults
	read("default/sending.json", &d.Sending)
	read("default/precedence.json", &d.Precedence)
	read("default/escalation.json", &d.Escalation)
	read("default/conduct.json", &d.Conduct)
	groups, err := fs.Glob(defaults, "default/templates/*.json")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for _, name := range groups {
		var group []Template
		read(name, &group)
		d.Templates = append(d.Templates, group...)
	}
	return d
}

func read(name string, into any) {
	raw, err := defaults.ReadFile(name)
	if err != nil {
		panic(err) // the binary was built without its rules
	}
	in := json.NewDecoder(bytes.NewReader(raw))
	in.DisallowUnknownFields()
	if err := in.Decode(into); err != nil {
		panic("rule: " + name + ": " + err.Error()) // a test reads it too
	}
}
