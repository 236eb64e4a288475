package index

import (
	"errors"
	"fmt"
	"strings"
)

// Error is bad input, and its place as far as it has one.
type Error struct {
	File   string // as it was named to the reader
	Line   int    // from 1
	Column string // of the file, or the code of an indicator, aggregate or denominator
	Unit   string // code
	Reason string

	cause error
}

// ErrMean is why a score cannot be a part of a geometric or harmonic mean.
var ErrMean = errors.New("index: a score that the mean does not take")

// Unwrap gives what kind of error it is, if it is one of those above.
func (e *Error) Unwrap() error { return e.cause }

func (e *Error) Error() string {
	var place []string
	switch {
	case e.File != "" && e.Line > 0:
		place = append(place, fmt.Sprintf("%s:%d", e.File, e.Line))
	case e.File != "":
		place = append(place, e.File)
	}
	switch {
	case e.Column != "" && e.Unit != "":
		place = append(place, e.Column+" of "+e.Unit)
	case e.Column+e.Unit != "":
		place = append(place, e.Column+e.Unit)
	}
	return strings.Join(append(place, e.Reason), ": ")
}

func bad(column, format string, args ...any) *Error {
	return &Error{Column: column, Reason: fmt.Sprintf(format, args...)}
}

// Note is what a stage did that its reader should know of, though it is no error.
type Note struct {
	Stage  Stage
	Code   string // of an indicator or aggregate; empty for the whole stage
	Reason string
}

func (n Note) String() string {
	if n.Code == "" {
		return n.Stage.String() + ": " + n.Reason
	}
	return n.Stage.String() + ": " + n.Code + ": " + n.Reason
}
