package document

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"pgregory.net/rapid"
)

func pdf(t *testing.T, r *Report) ([]byte, int) {
	t.Helper()
	var b bytes.Buffer
	replaced, err := r.WritePDF(&b)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), replaced
}

// pages is the text of each page, as a reader's program would copy it.
func pages(t *testing.T, file []byte) []string {
	t.Helper()
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("SKIPPED: pdftotext (poppler-utils) is not installed, the pages were not read back")
	}
	name := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, "-layout", name, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\f"), "\f")
}

func TestPDFHoldsEverything(t *testing.T) {
	file, replaced := pdf(t, sample(i18n.Chinese, true))
	if replaced != 0 || len(file) > 250_000 {
		t.Errorf("%d characters replaced, %d bytes", replaced, len(file))
	}
	again, _ := pdf(t, sample(i18n.Chinese, true))
	if !bytes.Equal(file, again) {
		t.Error("the same report made two different files")
	}
	all := pages(t, file)
	for i, text := range all {
		squeezed := strings.ReplaceAll(text, " ", "")
		if want := fmt.Sprintf("第%d页/共%d页", i+1, len(all)); !strings.Contains(squeezed, want) {
			t.Errorf("page %d lacks %q", i+1, want)
		}
		if strings.Count(text, "DRILL") < 2 || !strings.Contains(text, "演练") {
			t.Errorf("page %d does not say that it is a drill", i+1)
		}
	}
	whole := strings.Join(all, "\n")
	for _, want := range []string{"暴雨红色预警应急广播播发情况报告", "同声〔2026〕17 号", "1,840,295", "2026-07-28 18:30:00",
		"漷县镇", "98.4%", "注：", "应达 95% 1,900", "审核人", "0:25:30"} {
		if !strings.Contains(whole, want) {
			t.Errorf("%q is nowhere", want)
		}
	}
	real, _ := pdf(t, sample(i18n.English, false))
	if text := strings.Join(pages(t, real), ""); strings.Contains(text, "DRILL") || !strings.Contains(text, "Page 1 of") {
		t.Error("a real report calls itself a drill, or has no page numbers")
	}
}

func TestTableHeadIsRepeated(t *testing.T) {
	table := Table{Columns: []Column{{Title: "序号", Kind: Count}, {Title: "设备编码"}, {Title: "状态"}}}
	for i := range 200 {
		table.Rows = append(table.Rows, []any{i + 1, fmt.Sprintf("dev-%04d", i+1), "正常"})
	}
	file, _ := pdf(t, inBeijing("长表", i18n.Chinese, false).Table(table))
	all := pages(t, file)
	if len(all) < 4 {
		t.Fatalf("200 rows on %d pages", len(all))
	}
	for i, text := range all {
		if strings.Count(text, "设备编码") != 1 {
			t.Errorf("page %d has %d heads", i+1, strings.Count(text, "设备编码"))
		}
	}
	for i := range 200 {
		if !strings.Contains(strings.Join(all, ""), fmt.Sprintf("dev-%04d", i+1)) {
			t.Errorf("row %d is lost", i+1)
		}
	}
}

// A table that a page holds is not torn over two.
func TestAShortTableStaysInOnePiece(t *testing.T) {
	table := Table{Title: "结果", Columns: []Column{{Title: "项目"}, {Title: "终端", Kind: Count}}}
	for i := range 15 {
		table.Rows = append(table.Rows, []any{fmt.Sprintf("row-%02d", i), i})
	}
	r := inBeijing("报告", i18n.Chinese, false).Text(strings.Repeat("一行\n", 24) + "一行").Table(table)
	file, _ := pdf(t, r)
	all := pages(t, file)
	if len(all) != 2 || strings.Contains(all[0], "row-") || strings.Contains(all[0], "结果") || strings.Count(all[1], "row-") != 15 {
		t.Errorf("%q", all)
	}
}

// What has no place to break stays on one line, however much stands beside it.
func TestCodesAreNotBroken(t *testing.T) {
	const code = "61101050010000103140401"
	table := Table{Columns: []Column{{Title: "乡镇街道"}, {Title: "终端名称"}, {Title: "终端编码"}, {Title: "问题"}, {Title: "原因"}, {Title: "发送次数", Kind: Count}},
		Rows: [][]any{{"朝阳区建国门外街道", "建国门外街道东侧小区三号楼南门口喇叭", code, "迟到（没有回执或没有播完）", "被更高级别的消息打断", 6}}}
	file, _ := pdf(t, inBeijing("终端", i18n.Chinese, false).Table(table))
	if text := strings.Join(pages(t, file), ""); !strings.Contains(text, code) {
		t.Errorf("the code is broken in %s", text)
	}
}

func TestMissingCharactersAreCounted(t *testing.T) {
	r := inBeijing("𠮷野家😀", i18n.Chinese, false)
	r.Text("正常文字\u200b与𠮷").Table(Table{Columns: []Column{{Title: "名"}}, Rows: [][]any{{"😀"}}})
	file, replaced := pdf(t, r)
	if replaced < 4 {
		t.Errorf("%d replaced", replaced)
	}
	if text := strings.Join(pages(t, file), ""); !strings.Contains(text, "〓野家〓") || !strings.Contains(text, "正常文字与〓") {
		t.Errorf("geta missing in %s", text)
	}
}

// Whatever a module puts into a report, a file comes out.
// Quarters stand along the axis by their names, the last always; in a workbook as well.
func TestALineOverNamedPlaces(t *testing.T) {
	c := LineChart{Title: "历期得分", Decimals: 1, Series: []Series{{Name: "门头沟区"}}}
	for i := range 12 {
		c.Names = append(c.Names, fmt.Sprintf("%dQ%d", 2024+i/4, i%4+1))
		c.Series[0].Points = append(c.Series[0].Points, Point{X: float64(i), Y: 60})
	}
	c.Names[11] += "（未结束）"
	file, _ := pdf(t, inBeijing("成绩单", i18n.Chinese, false).Chart(c))
	text := strings.Join(pages(t, file), "\n")
	if !strings.Contains(text, "2026Q4（未结束）") || !strings.Contains(text, "2025Q") || strings.Contains(text, "01-01") {
		t.Error(text)
	}
	book := workbook(t, inBeijing("成绩单", i18n.Chinese, false).Chart(c))
	sheets := book.GetSheetList()
	if v, err := book.GetCellValue(sheets[len(sheets)-1], "A2"); err != nil || v != "2024Q1" {
		t.Error(v, err)
	}
}

func TestAnyReportCanBePrinted(t *testing.T) {
	value := rapid.OneOf(
		rapid.Just[any](nil), rapid.Map(rapid.String(), func(s string) any { return s }),
		rapid.Map(rapid.Float64(), func(f float64) any { return f }), rapid.Map(rapid.Int(), func(i int) any { return i }),
		rapid.Just[any](math.NaN()), rapid.Just[any](math.Inf(1)), rapid.Just[any](time.Time{}),
		rapid.Map(rapid.Int64(), func(i int64) any { return time.UnixMicro(i) }),
		rapid.Map(rapid.Int64(), func(i int64) any { return time.Duration(i) }), rapid.Just[any](true), rapid.Just[any](struct{}{}))
	rapid.Check(t, func(t *rapid.T) {
		r := inBeijing(rapid.String().Draw(t, "title"), i18n.Chinese, rapid.Bool().Draw(t, "drill"))
		r.Facts(KV{rapid.String().Draw(t, "name"), value.Draw(t, "value"), rapid.StringN(0, 5, -1).Draw(t, "unit")})
		table := Table{}
		for range rapid.IntRange(0, 12).Draw(t, "columns") {
			table.Columns = append(table.Columns, Column{Title: rapid.String().Draw(t, "head"), Unit: rapid.StringN(0, 4, -1).Draw(t, "unit"), Kind: Kind(rapid.IntRange(0, 6).Draw(t, "kind"))})
		}
		for range rapid.IntRange(0, 5).Draw(t, "rows") {
			table.Rows = append(table.Rows, rapid.SliceOfN(value, 0, 14).Draw(t, "row"))
		}
		r.Table(table)
		points := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Point {
			return Point{Time: time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, "t")), X: rapid.Float64().Draw(t, "x"), Y: rapid.Float64().Draw(t, "y")}
		}), 0, 5).Draw(t, "points")
		r.Chart(LineChart{Timed: rapid.Bool().Draw(t, "timed"), Series: []Series{{Points: points}}})
		v := rapid.Float64().Draw(t, "bar")
		r.Bars(BarChart{Bars: []Bar{{"a", &v}, {"b", nil}}})
		var b bytes.Buffer
		if _, err := r.WritePDF(&b); err != nil {
			t.Fatal(err)
		}
		b.Reset()
		if err := r.WriteXLSX(&b); err != nil {
			t.Fatal(err)
		}
	})
}
