package document

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/scratch"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/unicode/norm"
)

// The limits of ReadTable.
const (
	MaxTableBytes   = 50 << 20
	MaxTableRows    = 100_000
	maxColumns      = 256
	maxCell         = 32_767 // characters, Excel's own limit
	maxCellBytes    = 4 * maxCell
	maxUnpacked     = 160 << 20 // bytes of an unpacked XLSX; 100,000 full rows take about 100 MB
	maxPart         = 4 << 20   // …of a part that is read whole: styles, the list of sheets
	maxStrings      = 32 << 20  // …of the shared strings, which take many times their bytes
	maxRatio        = 200       // how much smaller packing makes honest tables, at most
	maxParts        = 2_000     // files in an XLSX
	headWithin      = 20        // the head is one of the first rows; above it are titles
	spillAbove      = 8 << 20   // parts of an XLSX larger than this are read from disk
	sheetsLookedAt  = 8
	lastLineOfExcel = 1 << 20
)

// Want is a column the caller can use. Names are its titles in every language; case,
// width, spaces, a unit in brackets and a star for "required" do not matter.
type Want struct {
	Key      string
	Names    []string
	Required bool
}

// Row is one row of data, blank rows being left out.
type Row struct {
	Line  int // as the spreadsheet program numbers it, from 1
	cells []string
	index map[string]int
	excel bool
}

// Read tells what ReadTable found.
type Read struct {
	Rows    int
	Sheet   string   // of an XLSX
	Unknown []string // titles of columns that nobody wants
}

// Limits bound a file that is read; an XLSX has at most MaxTableRows whatever they say.
type Limits struct {
	Bytes int64
	Rows  int
}

// ReadTable reads an XLSX or CSV file (UTF-8, UTF-16 with a mark, or GB 18030; commas,
// semicolons or tabs) and calls visit for each row below the head. An error of visit
// ends the reading and is returned, and so does the end of ctx. Faults have a place such as
// "C12" or "12".
func ReadTable(ctx context.Context, r io.Reader, wants []Want, visit func(Row) error) (Read, error) {
	return ReadLongTable(ctx, r, Limits{MaxTableBytes, MaxTableRows}, wants, visit)
}

// ReadLongTable is ReadTable under other limits. A CSV file is read row by row, so its length
// costs no memory.
func ReadLongTable(ctx context.Context, r io.Reader, limits Limits, wants []Want, visit func(Row) error) (Read, error) {
	f, size, err := keep(r, limits.Bytes)
	if err != nil {
		return Read{}, err
	}
	defer f.Close()
	var magic [4]byte
	_, _ = f.ReadAt(magic[:], 0)
	h := &header{ctx: ctx, wants: wants, visit: visit, rows: limits.Rows}
	if string(magic[:]) == "PK\x03\x04" {
		h.rows = min(h.rows, MaxTableRows)
		err = readXLSX(f, size, h)
	} else {
		err = readCSV(f, h)
	}
	if err == nil {
		err = h.done()
	}
	return h.read, err
}

// keep writes what is read to a file of its own, which the caller closes.
func keep(r io.Reader, limit int64) (f *os.File, size int64, err error) {
	f, err = scratch.File()
	if err != nil {
		return nil, 0, fault.New(fault.Internal, "internal").Because(err)
	}
	if size, err = io.Copy(f, io.LimitReader(r, limit+1)); err != nil {
		err = fault.New(fault.Invalid, "document.table_format").Because(err)
	} else if size > limit {
		err = fault.New(fault.TooLarge, "document.table_too_large", fault.Args{"limit": limit >> 20})
	}
	if err != nil {
		_ = f.Close()
	}
	return f, size, err
}

// header finds the head among the first rows, then hands on what follows it.
type header struct {
	ctx   context.Context
	wants []Want
	visit func(Row) error
	rows  int // at most
	excel bool

	early []Row // rows before the head is known
	index map[string]int
	read  Read
}

// next takes one row, blank or not.
func (h *header) next(line int, cells []string) error {
	if err := h.ctx.Err(); err != nil {
		return err
	}
	if len(cells) > maxColumns {
		cells = trimBlank(cells)
		if len(cells) > maxColumns {
			return fault.Bad(strconv.Itoa(line), "document.table_format")
		}
	}
	if len(trimBlank(cells)) == 0 {
		return nil
	}
	for i, c := range cells { // those of the head are looked at more closely than any
		if len(c) > maxCellBytes || strings.IndexByte(c, 0) >= 0 { // an XLSX may write NUL as _x0000_
			return unreadable(i, line)
		}
	}
	row := Row{Line: line, cells: cells, excel: h.excel}
	if h.index == nil {
		h.early = append(h.early, row)
		if len(h.early) < headWithin {
			return nil
		}
		return h.settle()
	}
	return h.hand(row)
}

func (h *header) hand(row Row) error {
	if h.read.Rows++; h.read.Rows > h.rows {
		return fault.New(fault.TooLarge, "document.table_too_long", fault.Args{"limit": h.rows}).At(strconv.Itoa(row.Line))
	}
	row.index = h.index
	return h.visit(row)
}

// settle takes the early row that names the most wanted columns as the head.
func (h *header) settle() error {
	if len(h.early) == 0 {
		return fault.New(fault.Invalid, "document.table_empty")
	}
	names := map[string]string{} // folded title → key
	for _, w := range h.wants {
		for _, n := range w.Names {
			names[fold(n)] = w.Key
		}
	}
	head, best := 0, 0
	for i, row := range h.early {
		found := map[string]bool{}
		for _, c := range row.cells {
			if key, ok := names[fold(c)]; ok {
				found[key] = true
			}
		}
		if len(found) > best {
			head, best = i, len(found)
		}
	}
	row := h.early[head]
	index := map[string]int{}
	var unknown []string
	for i, c := range row.cells {
		key, ok := names[fold(c)]
		switch _, twice := index[key]; {
		case !ok && strings.TrimSpace(c) != "":
			unknown = append(unknown, strings.TrimSpace(c))
		case ok && twice:
			return fault.Bad(place(i, row.Line), "document.column_twice", fault.Args{"column": strings.TrimSpace(c)})
		case ok:
			index[key] = i
		}
	}
	var missing fault.List
	for _, w := range h.wants {
		if _, ok := index[w.Key]; w.Required && !ok {
			missing.Add(fault.Bad(strconv.Itoa(row.Line), "document.column_missing", fault.Args{"column": w.Names[0]}))
		}
	}
	if err := missing.OrNil(); err != nil {
		return err
	}
	h.index, h.read.Unknown = index, unknown
	rest := h.early[head+1:]
	h.early = nil
	for _, r := range rest {
		if err := h.hand(r); err != nil {
			return err
		}
	}
	return nil
}

func (h *header) done() error {
	if h.index == nil {
		if err := h.settle(); err != nil {
			return err
		}
	}
	if h.read.Rows == 0 {
		return fault.New(fault.Invalid, "document.table_empty")
	}
	return nil
}

// fold makes titles comparable: "＊人口（人）" and "人口" are the same.
func fold(title string) string {
	title = strings.ToLower(norm.NFKC.String(title))
	if at := strings.IndexByte(title, '('); at > 0 {
		title = title[:at]
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || strings.ContainsRune("*_-\ufeff", r) {
			return -1
		}
		return r
	}, title)
}

func trimBlank(cells []string) []string {
	for len(cells) > 0 && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	return cells
}

// unreadable refuses a cell that holds no text.
func unreadable(column, line int) error {
	at := place(column, line)
	return fault.Bad(at, "document.table_cell", fault.Args{"cell": at})
}

// place is a cell as people name it: column 2 of line 12 is "C12".
func place(column, line int) string {
	name, err := excelize.ColumnNumberToName(column + 1)
	if err != nil {
		return strconv.Itoa(line)
	}
	return name + strconv.Itoa(line)
}

// Has reports whether the file has the column at all.
func (r Row) Has(key string) bool { _, ok := r.index[key]; return ok }

// Text is a cell without spaces around it; empty when the column or the cell is absent.
func (r Row) Text(key string) string {
	if i, ok := r.index[key]; ok && i < len(r.cells) {
		return strings.TrimSpace(r.cells[i])
	}
	return ""
}

// Place names the cell of a column for a fault: "C12", or the line when the column is
// absent.
func (r Row) Place(key string) string {
	if i, ok := r.index[key]; ok {
		return place(i, r.Line)
	}
	return strconv.Itoa(r.Line)
}

// Number is a cell as a number; thousands separators, full-width digits and a percent
// sign are understood. ok is false when it is empty or no finite number.
func (r Row) Number(key string) (v float64, ok bool) {
	s := strings.ReplaceAll(norm.NFKC.String(r.Text(key)), ",", "")
	s = strings.ReplaceAll(strings.TrimSpace(s), "−", "-")
	s, percent := strings.CutSuffix(s, "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || v-v != 0 || strings.ContainsAny(s, "xXpP_") {
		return 0, false
	}
	if percent {
		v /= 100
	}
	return v, true
}

var timeLayouts = []string{"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02", "2006/1/2 15:04:05", "2006/1/2 15:04", "2006/1/2",
	"2006年1月2日 15:04:05", "2006年1月2日 15:04", "2006年1月2日15时04分", "2006年1月2日", "20060102", time.RFC3339}

// Time is a cell as a time on the clocks of zone: a spreadsheet's date, or text such as
// 2026-07-28 18:30, 2026/7/28 or 2026年7月28日.
func (r Row) Time(key string, zone *time.Location) (t time.Time, ok bool) {
	s := strings.Join(strings.Fields(norm.NFKC.String(r.Text(key))), " ")
	for _, layout := range timeLayouts {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t, true
		}
	}
	if v, err := strconv.ParseFloat(s, 64); err == nil && r.excel && v >= 1 && v < 2_958_466 {
		if t, err := excelize.ExcelDateToTime(v, false); err == nil {
			t = t.Round(time.Millisecond)
			return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), zone), true
		}
	}
	return time.Time{}, false
}

// openXLSX opens a workbook that may have been made to harm: what it unpacks to is
// bounded before it is read.
func openXLSX(f *os.File, size int64) (*excelize.File, error) {
	format := func(err error) error { return fault.New(fault.Invalid, "document.table_format").Because(err) }
	archive, err := zip.NewReader(f, size)
	if err != nil || len(archive.File) > maxParts {
		return nil, format(err)
	}
	// archive/zip stops at the stated size of a part, so a liar cannot unpack more.
	total := uint64(0)
	for _, part := range archive.File {
		limit := partLimit(part.Name)
		if total += part.UncompressedSize64; part.UncompressedSize64 > limit || total > maxUnpacked {
			return nil, fault.New(fault.TooLarge, "document.table_too_large", fault.Args{"limit": min(limit, maxUnpacked) >> 20})
		}
	}
	for _, part := range archive.File {
		if part.UncompressedSize64 > maxPart && part.UncompressedSize64/maxRatio > part.CompressedSize64 {
			return nil, format(fmt.Errorf("%s unpacks to more than %d times its size", part.Name, maxRatio))
		}
	}
	for _, part := range archive.File {
		if err := whole(part); err != nil {
			return nil, format(err)
		}
	}
	book, err := excelize.OpenFile(scratch.Path(f), excelize.Options{RawCellValue: true, UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: spillAbove})
	if err != nil {
		return nil, format(err)
	}
	return book, nil
}

// whole refuses a sheet that was cut off, of which excelize reads what there is.
func whole(part *zip.File) error {
	name := strings.ToLower(part.Name)
	if !strings.Contains(name, "worksheets/") || !strings.HasSuffix(name, ".xml") {
		return nil
	}
	in, err := part.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	last := new(tail)
	if _, err := io.Copy(last, in); err != nil {
		return err
	}
	if !bytes.Contains(bytes.ReplaceAll(last.bytes, []byte{0}, nil), []byte("worksheet>")) { // in UTF-16 every other is 0
		return fmt.Errorf("%s does not end", part.Name)
	}
	return nil
}

// tail keeps the last of what is written to it.
type tail struct{ bytes []byte }

func (t *tail) Write(p []byte) (int, error) {
	const most = 256
	t.bytes = append(t.bytes, p[max(0, len(p)-most):]...)
	t.bytes = t.bytes[max(0, len(t.bytes)-most):]
	return len(p), nil
}

// unharmed turns a panic into a fault: excelize trusts the XML it is given here and there,
// and a file must not end us.
func unharmed(err *error) {
	if p := recover(); p != nil {
		*err = fault.New(fault.Invalid, "document.table_format").Because(fmt.Errorf("panic: %v", p))
	}
}

// readXLSX looks for the first sheet whose head has all required columns and reads it.
// When none has, the faults of the first sheet are returned.
func readXLSX(f *os.File, size int64, h *header) (err error) {
	defer unharmed(&err)
	book, err := openXLSX(f, size)
	if err != nil {
		return err
	}
	defer book.Close()
	h.excel = true
	sheets := book.GetSheetList()
	sheets = sheets[:min(len(sheets), sheetsLookedAt)]
	var first error
	for _, name := range sheets {
		try := &header{ctx: h.ctx, wants: h.wants, visit: h.visit, rows: h.rows, excel: true, read: Read{Sheet: name}}
		err := readSheet(book, name, try)
		if err == nil {
			err = try.done()
		}
		if try.index != nil || h.ctx.Err() != nil { // the head fitted: this is the sheet, whatever came of it
			*h = *try
			return err
		}
		if first == nil {
			first = err
		}
	}
	if first == nil {
		first = fault.New(fault.Invalid, "document.table_empty")
	}
	return first
}

// partLimit is how large a part of an XLSX may be. Sheets are read row by row, pictures
// not at all; all else becomes objects of many times its size.
func partLimit(name string) uint64 {
	switch name = strings.ToLower(name); {
	case strings.HasSuffix(name, "sharedstrings.xml"):
		return maxStrings
	case strings.Contains(name, "worksheets/"), strings.Contains(name, "media/"):
		return maxUnpacked
	}
	return maxPart
}

func readSheet(book *excelize.File, name string, h *header) (err error) {
	rows, err := book.Rows(name)
	if err != nil {
		return fault.New(fault.Invalid, "document.table_format").Because(err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for line := 1; rows.Next() && line <= lastLineOfExcel; line++ {
		cells, err := rows.Columns()
		if err != nil {
			return fault.Bad(strconv.Itoa(line), "document.table_format").Because(err)
		}
		if err := h.next(line, cells); err != nil {
			return err
		}
	}
	if err := rows.Error(); err != nil {
		return fault.New(fault.Invalid, "document.table_format").Because(err)
	}
	return nil
}

// separator is what parts the cells of a CSV that begins so, in order of preference: what the
// first line has most of that has any, since titles may stand above the head.
func separator(head []byte) rune {
	order := []rune{',', '\t', ';'}
	counts := map[rune]int{}
	quoted := false
	for _, r := range string(head) {
		switch {
		case r == '"':
			quoted = !quoted
		case !quoted && slices.Contains(order, r):
			counts[r]++
		}
		if r == '\n' && len(counts) > 0 {
			break
		}
	}
	sort.SliceStable(order, func(i, j int) bool { return counts[order[i]] > counts[order[j]] })
	return order[0]
}

var marks = []struct {
	bytes []byte
	name  string
}{{[]byte("\xef\xbb\xbf"), "utf-8"}, {[]byte("\xff\xfe"), "utf-16le"}, {[]byte("\xfe\xff"), "utf-16be"}}

func markOf(head []byte) string {
	for _, m := range marks {
		if bytes.HasPrefix(head, m.bytes) {
			return m.name
		}
	}
	return ""
}
