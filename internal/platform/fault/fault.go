// Package fault is how anything says that it could not do what was asked: a kind
// (whose fault it is and what may be done about it), a machine code that is also the
// key of the sentence people read, the place it is about, and the values in it.
package fault

import (
	"errors"
	"fmt"
	"sort"
	"strings"
)

// Kind tells whose fault it is; each maps to one HTTP status in httpapi.
type Kind int

// The kinds, from the asker's faults to ours.
const (
	Internal        Kind = iota // ours; details go to the log only
	Invalid                     // the input is bad; Place says where
	Unauthenticated             // who is asking is not known
	Forbidden                   // known, but has no grant for this
	NotFound                    // no such thing, or none within the asker's regions
	Conflict                    // the thing's present state does not allow it
	Stale                       // the thing changed since the asker read it
	TooLarge                    // over a stated limit
	Limited                     // too often; try again later
	Unavailable                 // something needed is not there now
	Full                        // the platform has no room to keep it
)

// Args are the values that a message names, such as {"limit": 600}.
type Args map[string]any

// Error is one thing that went wrong at one place.
type Error struct {
	Kind  Kind
	Code  string // machine code and catalogue key, e.g. "alert.text.too_long"
	Place string // what it is about: a JSON pointer-like path ("areas[0].code"), a line, a file
	Args  Args
	Err   error // cause, for the log; never shown
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.Place != "" {
		b.WriteString(e.Place + ": ")
	}
	b.WriteString(e.Code)
	keys := make([]string, 0, len(e.Args))
	for k := range e.Args {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		fmt.Fprintf(&b, " %s=%v", k, e.Args[k])
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// At returns a copy of e that is about place.
func (e *Error) At(place string) *Error {
	c := *e
	c.Place = place
	return &c
}

// Because returns a copy of e with its cause.
func (e *Error) Because(err error) *Error {
	c := *e
	c.Err = err
	return &c
}

// New makes an error of a kind. At most one Args may be given.
func New(kind Kind, code string, args ...Args) *Error {
	e := &Error{Kind: kind, Code: code}
	if len(args) > 0 {
		e.Args = args[0]
	}
	return e
}

// Bad is New(Invalid, …).At(place): the commonest fault.
func Bad(place, code string, args ...Args) *Error { return New(Invalid, code, args...).At(place) }

// List is several faults of one input, so that a person can mend them all at once.
type List []*Error

func (l List) Error() string {
	parts := make([]string, len(l))
	for i, e := range l {
		parts[i] = e.Error()
	}
	return strings.Join(parts, "; ")
}

// Add appends a fault; it is a no-op on nil.
func (l *List) Add(e *Error) {
	if e != nil {
		*l = append(*l, e)
	}
}

// OrNil is the list as an error, nil when empty.
func (l List) OrNil() error {
	if len(l) == 0 {
		return nil
	}
	return l
}

// Of finds the Error in err's chain: the first of a List, or an Internal one with
// code "internal" that wraps err. It is nil for nil.
func Of(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	var l List
	if errors.As(err, &l) && len(l) > 0 {
		return l[0]
	}
	return New(Internal, "internal").Because(err)
}

// Is reports whether err is a fault with this code.
func Is(err error, code string) bool { return err != nil && Of(err).Code == code }

// IsKind reports whether err is a fault of this kind.
func IsKind(err error, kind Kind) bool { return err != nil && Of(err).Kind == kind }
