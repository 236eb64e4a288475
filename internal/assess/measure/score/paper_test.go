package score_test

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

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
