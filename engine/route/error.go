package route

import "fmt"

// Error says what is wrong with a problem or a file: where it lies, if in a file, and what
// it is about, as jobs[3].windows.
type Error struct {
	File  string
	Line  int
	About string
	Text  string
}

func (e *Error) Error() string {
	s := e.Text
	if e.About != "" {
		s = e.About + ": " + s
	}
	switch {
	case e.Line > 0:
		return fmt.Sprintf("%s:%d: %s", e.File, e.Line, s)
	case e.File != "":
		return e.File + ": " + s
	}
	return s
}

func bad(about, format string, args ...any) *Error {
	return &Error{About: about, Text: fmt.Sprintf(format, args...)}
}
