// Package capebm brings messages from CAP 1.2 to the emergency broadcasting message (EBM) of
// GD/J 082 and back. docs/cap.md has the table of what stands for what.
//
// Neither side can say all that the other can. Whatever is left out, filled in or guessed
// is told in notes; nothing is lost without one.
package capebm

import (
	"fmt"
	"strings"

	"github.com/tongsheng/tongsheng/engine/cap"
	"github.com/tongsheng/tongsheng/engine/ebd"
)

// Names of the systems that codes are of, as valueName in CAP.
const (
	Events    = "GB/T 35561"  // event types, five digits
	Counties  = "GB/T 2260"   // regions down to the county, six digits
	Townships = "GB/T 10114"  // regions below it, nine or twelve digits
	MsgType   = "EBM.MsgType" // parameter: 3, 4 or 5, how far a drill goes
	InfoID    = "EBM.EBIID"   // parameter: the source information that a message follows from
	Programme = "EBM.ProgramNum"
)

// Note is something that could not be carried over as it was.
type Note struct{ Place, Message string }

func (n Note) String() string { return n.Place + ": " + n.Message }

// Error is why a message has no counterpart at all.
type Error struct{ Place, Message string }

func (e *Error) Error() string { return "capebm: " + e.Place + ": " + e.Message }

func refuse(place, format string, args ...any) error {
	return &Error{place, fmt.Sprintf(format, args...)}
}

// notes collects what is told.
type notes []Note

func (n *notes) add(place, format string, args ...any) {
	*n = append(*n, Note{place, fmt.Sprintf(format, args...)})
}

// lost tells of a text that has no place on the other side.
func (n *notes) lost(place, text string) {
	if text != "" {
		n.add(place, "has no place on the other side and was left out: %s", short(text))
	}
}

// short is the beginning of a text.
func short(text string) string {
	const most = 60
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return string(runes)
}

func at(place, name string, i int) string { return fmt.Sprintf("%s/%s[%d]", place, name, i+1) }

// severities in the order of ebd.Severity.
var severities = [...]string{"Unknown", "Extreme", "Severe", "Moderate", "Minor"}

// Severity is the level that a CAP severity stands for.
func Severity(s string) ebd.Severity {
	for i, name := range severities {
		if s == name {
			return ebd.Severity(i)
		}
	}
	return ebd.SeverityUnknown
}

// CAPSeverity is the CAP severity that a level stands for.
func CAPSeverity(s ebd.Severity) string {
	if !s.Valid() {
		return severities[0]
	}
	return severities[s]
}

// value finds a value by its name.
func value(values []cap.Value, name string) string {
	for _, v := range values {
		if v.Name == name {
			return v.Value
		}
	}
	return ""
}
