package score_test

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/platform/document/documenttest"
)

// A sheet's values are numbers with their units beside them; its points add up to the score, and each
// part says what it loses.
func TestTheSheetOfAUnitCanBeWorkedWith(t *testing.T) {
	each(t, func(b *bench) {
		b.index()
		f, err := b.desk.Paper(author, "quality", "d3", july, "", "xlsx")
		b.ok(err)
		o, err := b.desk.Open(author, "quality", "d3", july, "")
		b.ok(err)
		book, err := excelize.OpenReader(bytes.NewReader(f.Body))
		b.ok(err)
		if text := documenttest.Workbook(b, f.Body); (o.Low == o.High) != strings.Contains(text, "名次多半不变") {
			b.Errorf("ranks %g to %g: %s", o.Low, o.High, text)
		}
		rows, err := book.GetRows("得分构成", excelize.Options{RawCellValue: true})
		b.ok(err)
		column := map[string]int{}
		sum, seen := 0.0, 0
		for _, row := range rows {
			switch {
			case slices.Contains(row, "贡献分"):
				for i, title := range row {
					column[title] = i
				}
				for _, title := range []string{"数值", "单位", "若达到最好可加分"} {
					if _, known := column[title]; !known {
						b.Fatalf("%q has no %s", row, title)
					}
				}
			case len(column) > 0 && len(row) > 0 && row[0] == "合计":
				if total, err := strconv.ParseFloat(row[column["贡献分"]], 64); err != nil || math.Abs(total-*o.Score) > 1e-9 {
					b.Errorf("%q, but the score is %g", row, *o.Score)
				}
			case len(column) > 0 && len(row) > column["贡献分"] && strings.HasPrefix(row[0], "　"):
				if _, err := strconv.ParseFloat(row[column["数值"]], 64); err != nil {
					b.Errorf("%q: %v", row, err)
				}
				points, _ := strconv.ParseFloat(row[column["贡献分"]], 64)
				sum, seen = sum+points, seen+1
			}
		}
		if seen == 0 || math.Abs(sum-*o.Score) > 1e-6 {
			b.Errorf("%d parts come to %g, not %g: %q", seen, sum, *o.Score, rows)
		}
	})
}

// A unit's report says which target holds for each indicator, until when, and whether it is reached.
func TestTheReportOfAUnitSaysItsTargets(t *testing.T) {
	each(t, func(b *bench) {
		d, err := b.book.Definition("reach_rate")
		b.ok(err)
		d.Targets, d.UnitZh = []indicator.Target{{Value: 75, By: mustPeriod("2026")}, {Value: 60, By: mustPeriod("2027"), Region: "d3"}}, "%"
		_, err = b.book.Put(author, d, d.Revision)
		b.ok(err)
		b.index()
		for unit, want := range map[string]string{"d2": "到达率|40|%|75|2026年|未达到|", "d3": "到达率|70|%|60|2027年|达到|", "d4": "到达率|80|%|75|2026年|达到|"} {
			f, err := b.desk.Paper(author, "quality", unit, july, "", "xlsx")
			b.ok(err)
			if text := documenttest.Workbook(b, f.Body); !strings.Contains(text, want) {
				b.Errorf("%s: no %q in %s", unit, want, text)
			}
		}
	})
}
