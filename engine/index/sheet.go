package index

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxFile is the largest file that is read, bytes.
const MaxFile = 256 << 20

// sheet is a CSV file (RFC 4180, UTF-8) with a head, read row by row.
type sheet struct {
	file string
	in   *csv.Reader
	size *io.LimitedReader
	head []string
	row  []string
	line int
}

// readSheet reads the head of a file. Its names are unique and none of them is missing
// that must be there.
func readSheet(file string, r io.Reader, must ...string) (*sheet, error) {
	s := &sheet{file: file, size: &io.LimitedReader{R: r, N: MaxFile + 1}}
	b := bufio.NewReader(s.size)
	if mark, _ := b.Peek(3); string(mark) == "\ufeff" {
		_, _ = b.Discard(3)
	}
	s.in = csv.NewReader(b)
	s.in.ReuseRecord = true
	if err := s.next(); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, &Error{File: file, Reason: "the file is empty"}
		}
		return nil, err
	}
	if len(s.row) > MaxColumns {
		return nil, s.bad("", "%d columns, more than %d", len(s.row), MaxColumns)
	}
	for i, name := range s.row {
		name = strings.TrimSpace(name)
		if slices.Contains(s.head, name) {
			return nil, s.bad(name, "column %d has the name of another", i+1)
		}
		s.head = append(s.head, name)
	}
	for _, name := range must {
		if !slices.Contains(s.head, name) {
			return nil, s.bad(name, "the file needs a column of this name")
		}
	}
	return s, nil
}

// next reads a row; io.EOF after the last.
func (s *sheet) next() error {
	row, err := s.in.Read()
	if s.size.N <= 0 {
		return &Error{File: s.file, Reason: fmt.Sprintf("the file is larger than %d bytes", MaxFile)}
	}
	if form := (*csv.ParseError)(nil); errors.As(err, &form) {
		s.line = form.Line
		if errors.Is(err, csv.ErrFieldCount) {
			return s.bad("", "%d fields under %d names", len(row), len(s.head))
		}
		return s.bad("", "character %d: %s", form.Column, form.Err)
	}
	if err != nil {
		if errors.Is(err, io.EOF) {
			return io.EOF
		}
		return &Error{File: s.file, Reason: err.Error()}
	}
	s.row = row
	s.line, _ = s.in.FieldPos(0)
	for i, field := range row {
		if !utf8.ValidString(field) {
			return s.bad(s.name(i), "the text is not in UTF-8")
		}
	}
	return nil
}

func (s *sheet) name(i int) string {
	if i < len(s.head) {
		return s.head[i]
	}
	return ""
}

func (s *sheet) bad(column, format string, args ...any) error {
	return &Error{File: s.file, Line: s.line, Column: column, Reason: fmt.Sprintf(format, args...)}
}

// text is a field of the present row, empty where the file has no such column, where the
// field is empty and where it is NA.
func (s *sheet) text(name string) string {
	if i := slices.Index(s.head, name); i >= 0 {
		return strings.Clone(textOf(s.row[i])) // the row goes, and this may stay
	}
	return ""
}

func textOf(field string) string {
	if field = strings.TrimSpace(field); field == "NA" {
		return ""
	}
	return field
}

// code is a field that names something: not empty, without characters that nobody sees.
// NA is a code like others: that of Namibia.
func (s *sheet) code(name string) (string, error) {
	code := strings.Clone(strings.TrimSpace(s.row[slices.Index(s.head, name)]))
	if code == "" {
		return "", s.bad(name, "there is none in this row")
	}
	if strings.ContainsFunc(code, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "", s.bad(name, "%q has characters that cannot be seen", code)
	}
	return code, nil
}

// number is a field as a number, NaN where there is none.
func (s *sheet) number(name string) (float64, error) {
	return s.parse(name, s.text(name))
}

func (s *sheet) parse(name, text string) (float64, error) {
	if text == "" {
		return math.NaN(), nil
	}
	x, err := strconv.ParseFloat(text, 64)
	if strings.Trim(text, "0123456789.+-eE") != "" || err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, s.bad(name, "%q is not a number", text)
	}
	if !moderate(x) {
		return 0, s.bad(name, "%s is beyond ±1e150", text)
	}
	return x, nil
}

// truth is a field that is TRUE or FALSE, or otherwise where there is none.
func (s *sheet) truth(name string, otherwise bool) (bool, error) {
	switch text := s.text(name); strings.ToUpper(text) {
	case "":
		return otherwise, nil
	case "TRUE", "T", "1":
		return true, nil
	case "FALSE", "F", "0":
		return false, nil
	default:
		return false, s.bad(name, "%q is neither TRUE nor FALSE", text)
	}
}
