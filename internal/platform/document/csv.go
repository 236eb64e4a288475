package document

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// readCSV reads text in the encoding it turns out to have: a byte order mark decides,
// then validity as UTF-8, and what is left is GB 18030, as Chinese Excel saves CSV.
func readCSV(f io.ReadSeeker, h *header) error {
	code, err := codeOf(f)
	if err != nil {
		return fault.New(fault.Invalid, "document.table_format").Because(err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fault.New(fault.Internal, "internal").Because(err)
	}
	measured := &lines{in: code.NewDecoder().Reader(f)}
	text := bufio.NewReaderSize(measured, 64<<10)
	head, _ := text.Peek(4096)
	in := csv.NewReader(text)
	in.Comma = separator(head)
	measured.comma = byte(in.Comma)
	in.FieldsPerRecord = -1
	last := 0 // line that was read
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			line := last + 1
			if at := (*csv.ParseError)(nil); errors.As(err, &at) {
				line = at.StartLine // a quote that is open to the end was opened here
			}
			return fault.Bad(strconv.Itoa(line), "document.table_line", fault.Args{"line": line}).Because(err)
		}
		line, _ := in.FieldPos(0)
		last = line
		for i, c := range cells {
			if strings.ContainsRune(c, utf8.RuneError) || strings.IndexByte(c, 0) >= 0 {
				return unreadable(i, line) // no text in any encoding we know
			}
		}
		if err := h.next(line, cells); err != nil {
			return err
		}
	}
}

// maxMarks is how many separators a line may hold, those within quotes included.
const maxMarks = 1 << 16

// lines refuses a line of far more cells than a table has, and a cell of far more text
// than fits in one, before they are taken apart: each byte costs many times itself.
type lines struct {
	in     io.Reader
	comma  byte // 0 until it is known
	marks  int
	cell   int // bytes of the present cell
	quoted bool
}

func (l *lines) Read(p []byte) (int, error) {
	n, err := l.in.Read(p)
	for _, c := range p[:n] {
		l.cell++
		switch c {
		case '"':
			l.quoted = !l.quoted
		case '\n':
			l.marks = 0
			if !l.quoted {
				l.cell = 0
			}
		case ',', ';', '\t':
			if l.marks++; l.marks > maxMarks {
				return 0, errTooWide
			}
			if !l.quoted && (c == l.comma || l.comma == 0) {
				l.cell = 0
			}
		}
		if l.cell > maxCellBytes {
			return 0, errTooLong
		}
	}
	return n, err
}

var (
	errTooWide = errors.New("document: a line has too many cells")
	errTooLong = errors.New("document: a cell is too long")
)

func codeOf(f io.ReadSeeker) (encoding.Encoding, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	r := bufio.NewReaderSize(f, 64<<10)
	head, _ := r.Peek(3)
	switch markOf(head) {
	case "utf-8":
		return unicode.UTF8BOM, nil
	case "utf-16le", "utf-16be":
		return unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM), nil
	}
	for {
		c, n, err := r.ReadRune()
		if errors.Is(err, io.EOF) {
			return encoding.Nop, nil
		}
		if err != nil {
			return nil, err
		}
		if c == utf8.RuneError && n == 1 {
			return simplifiedchinese.GB18030, nil
		}
	}
}
