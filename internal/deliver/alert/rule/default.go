package rule

import (
	"bytes"
	"embed"
	"encoding/json"
)

//go:embed default/*.json
var defaults embed.FS

// Defaults are the rules that a new installation begins with.
type Defaults struct {
	Templates  []Template
	Sending    []Sending
	Precedence Precedence
}

// Default reads the rules that are built in.
func Default() Defaults {
	var d Defaults
	for name, into := range map[string]any{"templates": &d.Templates, "sending": &d.Sending, "precedence": &d.Precedence} {
		raw, err := defaults.ReadFile("default/" + name + ".json")
		if err != nil {
			panic(err) // the binary was built without its rules
		}
		in := json.NewDecoder(bytes.NewReader(raw))
		in.DisallowUnknownFields()
		if err := in.Decode(into); err != nil {
			panic("rule: " + name + ".json: " + err.Error()) // a test reads it too
		}
	}
	return d
}
