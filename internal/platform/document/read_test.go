package document

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

var wants = []Want{
	{Key: "code", Names: []string{"资源编码", "Code"}, Required: true},
	{Key: "name", Names: []string{"名称", "Name"}, Required: true},
	{Key: "people", Names: []string{"人口", "People"}},
	{Key: "since", Names: []string{"启用日期", "Since"}},
}

func gather(t testing.TB, file []byte) ([]Row, Read, error) {
	var rows []Row
	info, err := ReadTable(context.Background(), bytes.NewReader(file), wants, func(r Row) error {
		rows = append(rows, r)
		return nil
	})
	return rows, info, err
}

const plainCSV = "设备一览表,,,\n\n* 资源编码,名　称,人口（人）,启用日期,备注\n0001,潞城镇,\"1,234\",2026-07-28,好\n\n0002,\"漷县\n镇\",,2026/7/1 08:30,\n"

func TestReadCSVInEveryEncoding(t *testing.T) {
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(plainCSV)
	if err != nil {
		t.Fatal(err)
	}
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(strings.ReplaceAll(plainCSV, ",", "\t"))
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{
		"UTF-8": plainCSV, "with mark": "\ufeff" + plainCSV, "GB 18030": gb, "UTF-16": strings.ReplaceAll(utf16, "1\x00\t\x002", "1\x00,\x002"),
		"CRLF": strings.ReplaceAll(plainCSV, "\n", "\r\n"),
	} {
		rows, info, err := gather(t, []byte(file))
		if err != nil || len(rows) != 2 {
			t.Errorf("%s: %v, %d rows", name, err, len(rows))
			continue
		}
		a, b := rows[0], rows[1]
		if a.Text("code") != "0001" || a.Text("name") != "潞城镇" || b.Text("name") != "漷县\n镇" || a.Line != 4 || b.Line != 6 {
			t.Errorf("%s: %+v", name, rows)
		}
		if a.Place("people") != "C4" || b.Place("since") != "D6" || !a.Has("people") {
			t.Errorf("%s: %s %s", name, a.Place("people"), b.Place("since"))
		}
		if v, ok := a.Number("people"); !ok || v != 1234 {
			t.Errorf("%s: %v %v", name, v, ok)
		}
		if _, ok := b.Number("people"); ok {
			t.Error("an empty cell is a number")
		}
		if at, ok := b.Time("since", beijing); !ok || !at.Equal(time.Date(2026, 7, 1, 0, 30, 0, 0, time.UTC)) {
			t.Errorf("%s: %v", name, at)
		}
		if diff := cmp.Diff([]string{"备注"}, info.Unknown); diff != "" || info.Rows != 2 {
			t.Errorf("%s: %v %s", name, info, diff)
		}
	}
}

// What a report exports, an import takes back.
func TestReadXLSXOfOurOwn(t *testing.T) {
	at := time.Date(2026, 7, 28, 10, 30, 1, 0, time.UTC)
	r := inBeijing("设备", i18n.Chinese, true)
	r.Table(Table{Title: "清单", Columns: []Column{{Title: "资源编码"}, {Title: "名称"}, {Title: "人口", Unit: "人", Kind: Count}, {Title: "启用日期", Kind: Instant}},
		Rows: [][]any{{"00063415231002000314010", "潞城镇", 12345, at}, {"2", "西集镇", nil, nil}}})
	var b bytes.Buffer
	if err := r.WriteXLSX(&b); err != nil {
		t.Fatal(err)
	}
	rows, info, err := gather(t, b.Bytes())
	if err != nil || len(rows) != 2 || info.Sheet != "清单" {
		t.Fatalf("%v, %d rows, %+v", err, len(rows), info)
	}
	if rows[0].Text("code") != "00063415231002000314010" || rows[0].Place("name") != "B3" {
		t.Errorf("%+v", rows[0])
	}
	if v, ok := rows[0].Number("people"); !ok || v != 12345 {
		t.Error(v)
	}
	if got, ok := rows[0].Time("since", beijing); !ok || !got.Equal(at) {
		t.Errorf("%v, want %v", got, at)
	}
}

func TestReadRefuses(t *testing.T) {
	bomb := func() []byte {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for i := range 5 {
			part, _ := w.Create(fmt.Sprintf("xl/worksheets/sheet%d.xml", i))
			_, _ = io.CopyN(part, zeros{}, 100<<20)
		}
		w.Close()
		return b.Bytes()
	}
	packed := func(name, beginning, again string, size int) []byte {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		part, _ := w.Create(name)
		_, _ = io.WriteString(part, beginning)
		for block := strings.Repeat(again, 1+(1<<16)/len(again)); size > 0; size -= len(block) {
			_, _ = io.WriteString(part, block)
		}
		w.Close()
		return b.Bytes()
	}
	cases := map[string]struct {
		file  []byte
		code  string
		place string
	}{
		"a sheet of air":     {packed("xl/worksheets/sheet1.xml", "<worksheet><sheetData>", " ", 64<<20), "document.table_format", ""},
		"one endless cell":   {packed("xl/worksheets/sheet1.xml", "<worksheet><sheetData><row><c><v>", "x", 64<<20), "document.table_format", ""},
		"millions of words":  {packed("xl/sharedStrings.xml", "<sst>", "<si/>", 40<<20), "document.table_too_large", ""},
		"millions of styles": {packed("xl/styles.xml", "<styleSheet><cellXfs>", "<xf/>", 8<<20), "document.table_too_large", ""},
		"millions of cells":  {bytes.Repeat([]byte(","), 4<<20), "document.table_line", "1"},
		"empty":              {nil, "document.table_empty", ""},
		"head only":          {[]byte("资源编码,名称\n"), "document.table_empty", ""},
		"column missing":     {[]byte("标题\n资源编码,人口\n1,2\n"), "document.column_missing", "2"},
		"column twice":       {[]byte("资源编码,名称,Name\n1,2,3\n"), "document.column_twice", "C1"},
		"open quote":         {[]byte("资源编码,名称\n1,\"2\n3,4\n"), "document.table_line", "2"},
		"not text":           {[]byte("资源编码,名称\n1,2\n3,a\x00b\n"), "document.table_cell", "B3"},
		"binary":             {[]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR,\xff\xff"), "document.table_cell", ""},
		"broken zip":         {[]byte("PK\x03\x04 and nothing else"), "document.table_format", ""},
		"zip bomb":           {bomb(), "document.table_too_large", ""},
		"too many rows":      {[]byte("资源编码,名称\n" + strings.Repeat("1,2\n", MaxTableRows+1)), "document.table_too_long", "100002"},
		"too many fields":    {[]byte("资源编码,名称" + strings.Repeat(",x", maxColumns) + "\n"), "document.table_format", "1"},
		"too large":          {bytes.Repeat([]byte("a"), MaxTableBytes+1), "document.table_too_large", ""},
	}
	for name, c := range cases {
		_, err := ReadTable(context.Background(), bytes.NewReader(c.file), wants, func(Row) error { return nil })
		if !fault.Is(err, c.code) || c.place != "" && fault.Of(err).Place != c.place {
			t.Errorf("%s: %v, want %s at %q", name, err, c.code, c.place)
		}
	}
	// A sheet that was cut off is not taken for a short one.
	var book bytes.Buffer
	if err := WriteSheets(&book, Sheet{"表", [][]string{{"资源编码", "名称"}, {"1", "2"}, {"3", "4"}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadTable(context.Background(), bytes.NewReader(cutOff(t, book.Bytes())), wants, func(Row) error { return nil }); !fault.Is(err, "document.table_format") {
		t.Errorf("a sheet that was cut off: %v", err)
	}
	stop := errors.New("stop")
	if _, err := ReadTable(context.Background(), strings.NewReader("资源编码,名称\n1,2\n3,4\n"), wants, func(Row) error { return stop }); err != stop {
		t.Error(err)
	}
}

// cutOff leaves of every sheet of a workbook what stands before its last row.
func cutOff(t *testing.T, book []byte) []byte {
	in, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, part := range in.File {
		from, _ := part.Open()
		text, _ := io.ReadAll(from)
		if strings.Contains(part.Name, "worksheets/") {
			text = text[:bytes.LastIndex(text, []byte("<row"))]
		}
		to, _ := w.Create(part.Name)
		_, _ = to.Write(text)
	}
	w.Close()
	return out.Bytes()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestNumbersAndTimes(t *testing.T) {
	cell := func(s string, excel bool) Row {
		return Row{Line: 1, cells: []string{s}, index: map[string]int{"a": 0}, excel: excel}
	}
	for s, want := range map[string]float64{"1,234.5": 1234.5, "１２": 12, "85%": 0.85, "-3": -3, "−3": -3, "1e3": 1000} {
		if v, ok := cell(s, false).Number("a"); !ok || v != want {
			t.Errorf("%s: %v %v", s, v, ok)
		}
	}
	for _, s := range []string{"", "abc", "NaN", "Inf", "0x10", "1_0", "1e999"} {
		if v, ok := cell(s, false).Number("a"); ok {
			t.Errorf("%q is %v", s, v)
		}
	}
	day := time.Date(2026, 7, 28, 0, 0, 0, 0, beijing)
	for _, s := range []string{"2026-07-28", "2026/7/28", "2026年7月28日", "20260728", "2026-07-28 00:00"} {
		if at, ok := cell(s, false).Time("a", beijing); !ok || !at.Equal(day) {
			t.Errorf("%s: %v %v", s, at, ok)
		}
	}
	if at, ok := cell("46231", true).Time("a", beijing); !ok || !at.Equal(day) {
		t.Errorf("%v", at)
	}
	if _, ok := cell("46231", false).Time("a", beijing); ok {
		t.Error("a number in a CSV file is no date")
	}
}

func FuzzReadTable(f *testing.F) {
	f.Add([]byte(plainCSV))
	f.Add([]byte("\ufeff资源编码;名称\n1;2"))
	book := excelize.NewFile()
	_ = book.SetSheetRow("Sheet1", "A1", &[]any{"资源编码", "名称", "人口"})
	_ = book.SetSheetRow("Sheet1", "A2", &[]any{"1", "二", 3})
	if b, err := book.WriteToBuffer(); err == nil {
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		rows, info, err := gather(t, file)
		for _, r := range rows {
			_, _ = r.Number("people")
			_, _ = r.Time("since", time.UTC)
			if r.Line < 1 || r.Place("name") == "" {
				t.Fatalf("%+v", r)
			}
		}
		if err == nil && len(rows) != info.Rows {
			t.Fatalf("%d rows, said %d", len(rows), info.Rows)
		}
		if err != nil && fault.IsKind(err, fault.Internal) {
			t.Fatalf("the file is at fault, not we: %v", err)
		}
	})
}

// A cell of megabytes is refused while it is read, wherever it stands.
func TestACellOfMegabytesIsRefusedAtOnce(t *testing.T) {
	long := strings.Repeat("长", 7<<20)
	for name, file := range map[string]string{
		"in the head":          "资源编码,名称," + long + "\n1,2,3\n",
		"in a row":             "资源编码,名称\n1," + long + "\n",
		"in quotes":            "资源编码,名称\n1,\"" + strings.Repeat("长，\n", 1<<20) + "\"\n",
		"of other separators":  "资源编码,名称\n1,\"" + strings.Repeat("长;;\n", 1<<20) + "\"\n",
		"in GB 18030":          "\xd7\xca," + strings.Repeat("\xb3\xa4", 7<<20) + "\n",
		"in a row like no CSV": "资源编码,名称\n1,\"" + long,
	} {
		measured := &counted{Reader: bytes.NewReader([]byte(file))}
		h := &header{ctx: context.Background(), wants: wants, visit: func(Row) error { return nil }}
		if err := readCSV(measured, h); !fault.Is(err, "document.table_line") {
			t.Errorf("%s: %v", name, err)
		}
		if measured.second > 1<<20 {
			t.Errorf("%s: %d bytes were taken apart", name, measured.second)
		}
	}
	within := "资源编码,名称,备注\n1,\"" + strings.Repeat("字,", 30_000/2) + "\",长\n" + strings.Repeat("1,短,\n", 50_000)
	if rows, _, err := gather(t, []byte(within)); err != nil || len(rows) != 50_001 {
		t.Errorf("long cells that a table may have: %d rows, %v", len(rows), err)
	}
}

// counted counts what is read after the encoding was looked for, which takes the whole file.
type counted struct {
	*bytes.Reader
	sought int
	second int64
}

func (c *counted) Seek(to int64, whence int) (int64, error) {
	c.sought++
	return c.Reader.Seek(to, whence)
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if c.sought > 1 {
		c.second += int64(n)
	}
	return n, err
}
