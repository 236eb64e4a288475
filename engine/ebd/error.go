package ebd

import "fmt"

// Error says what is wrong with a code, an identifier or a signature, and where.
// Code is a stable machine word a caller maps to its own messages; Pos is the
// 1-based position of the first wrong character or byte, 0 when the whole is meant.
type Error struct {
	Thing string // what was read: "resource code", "EBMID", "certificate", …
	Code  string // one of the Code constants
	Field string // the field in it: "level", "area", "type", …; empty for the whole
	Pos   int    // 1-based; 0 for the whole
	Found string // what stood there, shortened to 64 bytes
}

// Reasons an Error gives.
const (
	CodeLength   = "length"   // not the length the standard fixes
	CodeDigit    = "digit"    // a character that is not a decimal digit
	CodeRange    = "range"    // outside the values the field may have
	CodeUnknown  = "unknown"  // not in the standard's table
	CodeDate     = "date"     // not a day of the calendar
	CodeVersion  = "version"  // a format version this package does not know
	CodeKey      = "key"      // not a point on the SM2 curve
	CodeMismatch = "mismatch" // two fields that must agree do not
	CodeXML      = "xml"      // not XML that can be read, or refused
	CodeArchive  = "archive"  // not a TAR archive
	CodeMissing  = "missing"  // a mandatory field is empty
	CodeText     = "text"     // a character that XML 1.0 does not allow
)

func (e *Error) Error() string {
	s := "ebd: " + e.Thing + ": "
	if e.Field != "" {
		s += e.Field + ": "
	}
	s += e.Code
	if e.Pos > 0 {
		s += fmt.Sprintf(" at %d", e.Pos)
	}
	if e.Found != "" {
		s += fmt.Sprintf(" (found %q)", e.Found)
	}
	return s
}

func bad(thing, field, code string, pos int, found string) *Error {
	if len(found) > 64 {
		found = found[:64]
	}
	return &Error{Thing: thing, Code: code, Field: field, Pos: pos, Found: found}
}

// digits checks that s is exactly n decimal digits.
func digits(thing, s string, n int) error {
	if len(s) != n {
		return bad(thing, "", CodeLength, 0, s)
	}
	for i := 0; i < n; i++ {
		if s[i] < '0' || s[i] > '9' {
			return bad(thing, "", CodeDigit, i+1, s[i:i+1])
		}
	}
	return nil
}
