package document

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/xuri/excelize/v2"
)

func workbook(t *testing.T, r *Report) *excelize.File {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteXLSX(&b); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestXLSXCellsAreTyped(t *testing.T) {
	at := time.Date(2026, 7, 28, 10, 30, 0, 0, time.UTC)
	r := inBeijing("报告", i18n.Chinese, false).Table(Table{Title: "表", Columns: []Column{
		{Title: "名"}, {Title: "人口", Unit: "人", Kind: Count}, {Title: "率", Kind: Share, Decimals: 1}, {Title: "时刻", Kind: Instant}, {Title: "用时", Kind: Span}},
		Rows: [][]any{{"=1+1", 1234, 0.987, at, 90 * time.Minute}, {"乙", nil, nil, nil, nil}}})
	f := workbook(t, r)
	raw, err := f.GetRows("表", excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	// Excel's day 46231.770833… is 2026-07-28 18:30, the clock on the wall in Beijing.
	if diff := cmp.Diff([]string{"=1+1", "1234", "0.987", "46231.770833333336", "0.0625"}, raw[1]); diff != "" {
		t.Error(diff)
	}
	shown, _ := f.GetRows("表")
	if diff := cmp.Diff([]string{"=1+1", "1,234", "98.7%", "2026-07-28 18:30:00", "1:30:00"}, shown[1]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"名", "人口（人）", "率", "时刻", "用时"}, shown[0]); diff != "" {
		t.Error(diff)
	}
	if formula, _ := f.GetCellFormula("表", "A2"); formula != "" {
		t.Error("a text that begins with = became a formula")
	}
	if p, _ := f.GetPanes("表"); !p.Freeze || p.YSplit != 1 {
		t.Errorf("the head is not frozen: %+v", p)
	}
	for cell, want := range map[string]excelize.CellType{"B2": excelize.CellTypeUnset, "A2": excelize.CellTypeSharedString} {
		if got, _ := f.GetCellType("表", cell); got != want {
			t.Errorf("%s has type %v", cell, got)
		}
	}
}

func TestXLSXDrillIsOnEverySheet(t *testing.T) {
	f := workbook(t, sample(i18n.Chinese, true))
	sheets := f.GetSheetList()
	if len(sheets) != 5 {
		t.Fatal(sheets)
	}
	for _, name := range sheets {
		if v, _ := f.GetCellValue(name, "A1"); !strings.Contains(v, "演练") || !strings.Contains(v, "DRILL") {
			t.Errorf("%s begins with %q", name, v)
		}
	}
	rows, _ := f.GetRows(sheets[2])
	if rows[1][0] != "乡镇（街道）" || len(rows) < 24 {
		t.Errorf("%s: %v", sheets[2], rows[:2])
	}
	if real := workbook(t, sample(i18n.Chinese, false)); true {
		for _, name := range real.GetSheetList() {
			if v, _ := real.GetCellValue(name, "A1"); strings.Contains(v, "演练") {
				t.Errorf("%s calls itself a drill", name)
			}
		}
	}
}

func TestSheetNames(t *testing.T) {
	long := strings.Repeat("长", 40)
	r := inBeijing("R", i18n.English, false)
	for _, title := range []string{"a/b:c", long, long, "", "'", "SUMMARY"} {
		r.Table(Table{Title: title, Columns: []Column{{Title: "x"}}})
	}
	got := workbook(t, r).GetSheetList()
	if len(got) != 7 {
		t.Errorf("%q", got)
	}
}
