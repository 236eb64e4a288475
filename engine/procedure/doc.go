// Package procedure is what a case type says and what becomes of a case by it: it reads types,
// proves that no case of theirs can get stuck, decides what people and clocks may do, folds what
// happened into where a case stands, and simulates.
//
//	type.go      what a type consists of
//	read.go      a type from its file, every fault with its line
//	form.go      forms: JSON Schema with labels, conditions and what may be seen
//	expr.go      guards and values: expressions of CEL
//	prove.go     what is proved when a type is loaded
//	event.go     what happens to a case, and the chain that shows whether it was changed
//	scope.go     what expressions see
//	fold.go      where a case stands, by what happened
//	decide.go    what an act makes happen
//	clock.go     deadlines in working time
//	who.go       who is what to a case, and what they see of it
//	draw.go      draws that anyone can replay
//	simulate.go  what would happen to many cases
//
// A case is the list of what happened to it and nothing else: a fold needs neither the type nor a
// calendar, since every event carries what it came to. Nothing here reads a clock, a database or
// chance of its own.
package procedure

import (
	"fmt"
	"strings"
)

// Fault is what is wrong with a type or with what somebody wants to do.
type Fault struct {
	Code  string         // key of its sentence
	Place string         // "steps.dispatch.to", or the field of a form
	Line  int            // of the type's file; 0 where there is none
	Args  map[string]any // what the sentence names
}

func (f *Fault) Error() string {
	var b strings.Builder
	if f.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", f.Line)
	}
	if f.Place != "" {
		b.WriteString(f.Place + ": ")
	}
	b.WriteString(f.Code)
	if len(f.Args) > 0 {
		fmt.Fprintf(&b, " %v", f.Args)
	}
	return b.String()
}

// Faults is all that is wrong.
type Faults []*Fault

func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// Err is the faults as an error, nil where there are none.
func (fs Faults) Err() error {
	if len(fs) == 0 {
		return nil
	}
	return fs
}

// Words are a text in both languages.
type Words struct {
	Zh string `json:"zh"`
	En string `json:"en"`
}

// In is the text in a language, "zh" or "en".
func (w Words) In(lang string) string {
	if lang == "en" && w.En != "" {
		return w.En
	}
	return w.Zh
}
