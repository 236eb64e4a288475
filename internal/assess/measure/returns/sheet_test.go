package returns_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/assess/measure/returns"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// east works for both townships of the district.
var east = as("east", "c.d1.", state)

func (b *bench) bring(ctx context.Context, body io.Reader, dryRun bool) *returns.Sheet {
	b.Helper()
	s, err := b.desk.BringSheet(ctx, "devices", "2026-07", "七月.xlsx", dryRun, body)
	b.ok(err)
	return s
}

// says are the answers of a township for July: "10 8", "–" for none.
func (b *bench) says(unit string) string {
	b.Helper()
	v, err := b.desk.Get(city, "devices/"+unit+"/2026-07")
	b.ok(err)
	out := []string{}
	for _, code := range []string{"devices", "working"} {
		text := "–"
		if a := v.Answers[code]; a.Value != nil {
			text = fmt.Sprint(*a.Value)
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

func TestASheetFillsInAWholePeriodAndIsTakenBack(t *testing.T) {
	each(t, func(b *bench) {
		_, err := b.desk.Write(clerk, july, 0, answers(1, 1, "a word"))
		b.ok(err)
		var file bytes.Buffer
		b.ok(b.desk.WriteSheet(east, &file, "devices", "2026-07", "", i18n.Chinese))
		book, err := excelize.OpenReader(&file)
		b.ok(err)
		sheet := book.GetSheetList()[1]
		rows, err := book.GetRows(sheet)
		b.ok(err)
		head := -1
		for i, row := range rows {
			if len(row) > 0 && row[0] == "区域代码" {
				head = i
			}
		}
		if head < 0 || len(rows) != head+3 || fmt.Sprint(rows[head+1]) != "[t11 t11 d1 2026-07 1 1]" || fmt.Sprint(rows[head+2]) != "[t12 t12 d1 2026-07]" {
			b.Fatalf("%q", rows)
		}
		b.ok(book.SetCellValue(sheet, fmt.Sprintf("E%d", head+2), 10))
		b.ok(book.SetCellValue(sheet, fmt.Sprintf("E%d", head+3), "２０"))
		b.ok(book.SetCellValue(sheet, fmt.Sprintf("F%d", head+3), "1,8"))
		var back bytes.Buffer
		b.ok(book.Write(&back))

		look := b.bring(east, bytes.NewReader(back.Bytes()), true)
		if look.ID != "" || look.Returns != 2 || look.Values != 3 || look.Bad != 0 || b.says("t11") != "1 1" {
			b.Fatalf("%+v, %s", look, b.says("t11"))
		}
		s := b.bring(east, bytes.NewReader(back.Bytes()), false)
		if s.Returns != 2 || b.says("t11") != "10 1" || b.says("t12") != "20 18" {
			b.Fatalf("%+v, %s, %s", s, b.says("t11"), b.says("t12"))
		}
		if c := s.Lines[0].Cells[0]; c.Place != fmt.Sprintf("E%d", head+2) || *c.Was != 1 || *c.Value != 10 {
			b.Errorf("%+v", c)
		}
		now, err := b.desk.Get(clerk, july)
		b.ok(err)
		if now.Answers["devices"].Note != "a word" {
			b.Error("an explanation was lost")
		}
		if again := b.bring(east, bytes.NewReader(back.Bytes()), false); again.ID != "" || again.Returns != 0 || again.Lines[0].What != "same" {
			b.Errorf("the same table again: %+v", again)
		}
		// What somebody changed since is left alone; a return that nobody had begun is so again.
		_, err = b.desk.Write(clerk, july, now.Revision, answers(11, 1))
		b.ok(err)
		if _, err := b.desk.UndoSheet(clerk, s.ID); fault.Of(err).Kind != fault.NotFound {
			b.Errorf("another's table: %v", err)
		}
		undone, err := b.desk.UndoSheet(east, s.ID)
		b.ok(err)
		if undone.Kept != 1 || undone.UndoneAt == nil || b.says("t11") != "11 1" || b.says("t12") != "– –" {
			b.Errorf("%+v, %s, %s", undone, b.says("t11"), b.says("t12"))
		}
		other, err := b.desk.Get(east, "devices/t12/2026-07")
		b.ok(err)
		if other.State != returns.None {
			b.Error(other.State)
		}
		if _, err := b.desk.Write(east, "devices/t12/2026-07", other.Revision, answers(2, 2)); err != nil {
			b.Errorf("it can be begun again: %v", err)
		}
		if _, err := b.desk.UndoSheet(east, s.ID); !fault.Is(err, "measure.sheet.undone") {
			b.Error(err)
		}
	})
}

// A clerk's table may be wrong in every way; each is told by its cell, and the rest is taken.
func TestWrongSheetsAreToldOfByCell(t *testing.T) {
	each(t, func(b *bench) {
		csv := strings.Join([]string{"七月设备情况", "区域,周期,devices,working,负责人",
			"t11,2026-07,10,八,张", // 3: a word
			"t12,2026年7月,1.5,3,", // 4: half a device
			"t11,2026-07,1,1,",   // 5: as line 3
			"t99,2026-07,1,1,",   // 6: no such region
			"d1,2026-07,1,1,",    // 7: a district
			"合计,,12,3,",          // 8: sums
			"t12,2026-08,1,1,",   // 9: as line 4
			",2026-07,1,1,",      // 10: no region
		}, "\n")
		s := b.bring(east, strings.NewReader(csv), false)
		var got []string
		for _, l := range s.Lines {
			for _, c := range l.Cells {
				if c.MessageZh != "" {
					got = append(got, c.Place)
				}
				if c.MessageZh != "" && c.MessageEn == "" {
					b.Errorf("%+v is not told in English", c)
				}
			}
		}
		if strings.Join(got, " ") != "D3 C4 A5 A6 A7 A9 A10" || s.Bad != 7 || s.Returns != 2 || fmt.Sprint(s.Unknown) != "[负责人]" {
			b.Errorf("%v %+v", got, s)
		}
		if b.says("t11") != "10 –" || b.says("t12") != "– 3" {
			b.Errorf("%s, %s", b.says("t11"), b.says("t12"))
		}
		if s := b.bring(east, strings.NewReader("区域,周期,devices\nt11,2026-06,5\nt12,,—\n"), true); s.Lines[0].What != "bad" || s.Lines[0].Cells[0].Place != "B2" || s.Lines[1].What != "same" {
			b.Errorf("another month's table: %+v", s.Lines)
		}
		for name, c := range map[string]struct{ period, body, want string }{
			"no items":    {"2026-07", "区域,张三\nt11,1\n", "measure.sheet.no_items"},
			"no region":   {"2026-07", "devices,working\n1,1\n", "document.column_missing"},
			"empty":       {"2026-07", "", "document.table_empty"},
			"broken":      {"2026-07", "PK\x03\x04 not a zip", "document.table_format"},
			"not a month": {"七月", "区域,devices\nt11,1\n", "measure.period"},
			"not asked":   {"2024-12", "区域,devices\nt11,1\n", "measure.sheet.period"},
			"long":        {"2026-07", "区域,devices\n" + strings.Repeat("t11,1\n", 2_001), "document.table_too_long"},
		} {
			if _, err := b.desk.BringSheet(east, "devices", c.period, name, false, strings.NewReader(c.body)); !fault.Is(err, c.want) {
				b.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestASheetWritesWithinItsBringersRegionsAndOpenReturnsOnly(t *testing.T) {
	each(t, func(b *bench) {
		b.submitted(10, 8)
		s := b.bring(east, strings.NewReader("区域,devices\nt11,99\nt12,5\n"), false)
		if s.Lines[0].What != "left" || s.Lines[0].Cells[0].MessageZh == "" || s.Returns != 1 || b.says("t11") != "10 8" {
			b.Errorf("a submitted return: %+v, %s", s, b.says("t11"))
		}
		s = b.bring(clerk, strings.NewReader("区域,devices\nt12,6\n"), false)
		if s.Returns != 0 || s.Lines[0].What != "bad" || b.says("t12") != "5 –" {
			b.Errorf("another's township: %+v", s)
		}
		if _, err := b.desk.BringSheet(district, "devices", "2026-07", "x", false, strings.NewReader("区域,devices\nt12,6\n")); !fault.Is(err, "auth.no_grant") {
			b.Errorf("who may only approve: %v", err)
		}
		// Who writes by a table does not approve it either.
		id := "devices/t12/2026-07"
		mine, err := b.desk.Get(east, id)
		b.ok(err)
		mine, err = b.desk.Submit(east, id, mine.Revision)
		b.ok(err)
		if _, err := b.desk.Approve(as("east", "c.", agree), id, mine.Revision); !fault.Is(err, "measure.return.own") {
			b.Error(err)
		}
		var file bytes.Buffer
		b.ok(b.desk.WriteSheet(as("other", "c.d2."), &file, "devices", "2026-07", "c.", i18n.English))
		if book, err := excelize.OpenReader(&file); err != nil || strings.Contains(fmt.Sprint(book.GetRows(book.GetSheetList()[1])), "t11") {
			b.Errorf("another district's returns were handed out: %v", err)
		}
	})
}

func TestWhoComesToWorkSeesWhatIsAsked(t *testing.T) {
	each(t, func(b *bench) {
		b.clk.Advance(time.Date(2026, 8, 20, 0, 0, 0, 0, time.UTC).Sub(b.clk.Now()))
		b.submitted(10, 8)
		got, err := b.desk.Asked(district)
		b.ok(err)
		if len(got) != 1 || got[0].Period.String() != "2026-07" || got[0].Counts.Submitted != 1 || got[0].Counts.None != 1 || got[0].Mine != 1 || got[0].Regions != 2 {
			b.Errorf("%+v", got)
		}
		if none, err := b.desk.Asked(as("other", "c.d2.")); err != nil || len(none) != 0 {
			b.Errorf("%+v %v", none, err)
		}
	})
}

func TestARuleIsTriedOnAReturn(t *testing.T) {
	each(t, func(b *bench) {
		_, err := b.desk.Write(clerk, july, 0, answers(10, 12))
		b.ok(err)
		got, err := b.desk.TryRule(city, "working <= devices", july)
		b.ok(err)
		if !got.Known || got.Holds || len(got.Values) != 2 {
			b.Errorf("%+v", got)
		}
		if got, err = b.desk.TryRule(city, "devices >= prev.devices", july); err != nil || got.Known {
			b.Errorf("a month that nobody stated: %+v %v", got, err)
		}
		if _, err = b.desk.TryRule(city, "gold > 1", july); !fault.Is(err, "measure.formula.unknown") {
			b.Error(err)
		}
		if _, err = b.desk.TryRule(as("other", "c.d2.", define), "working > 1", july); fault.Of(err).Kind != fault.NotFound {
			b.Error(err)
		}
	})
}

// A transaction that has to run again says all once.
func TestASheetIsToldOfOnce(t *testing.T) {
	each(t, func(b *bench) {
		storetest.ConflictOnce(t, b.db, "measure_sheet")
		s := b.bring(east, strings.NewReader("区域,周期,devices,working\nt11,2026-07,10,八\nt12,2026-07,5,3\n"), false)
		if s.Returns != 2 || s.Values != 3 || s.Bad != 1 || len(s.Lines) != 2 || len(s.Lines[0].Cells) != 2 || len(s.Lines[1].Cells) != 2 {
			b.Errorf("%+v", s)
		}
		if kept, err := b.desk.Sheet(east, s.ID); err != nil || kept.Returns != 2 || len(kept.Lines) != 2 {
			b.Errorf("%+v %v", kept, err)
		}
	})
}

// A look at a table tells what would speak against its answers, by cell; nothing of it is refused.
func TestALookAtASheetTellsWhatIsUnlikely(t *testing.T) {
	each(t, func(b *bench) {
		now, err := period.Parse("2026-07")
		b.ok(err)
		b.ok(b.db.Housekeep(context.Background(), func(tx *store.Tx) error {
			for i := range 12 {
				v := fact.Value(10_000_000 + i%3*1_000_000)
				if _, err := b.ledger.Take(context.Background(), tx, fact.Origin{Source: fact.FromSample}, []fact.Entry{{Element: "devices", Unit: "t11", Period: now.Next(-1 - i), Value: &v}}); err != nil {
					return err
				}
			}
			return nil
		}))
		s := b.bring(east, strings.NewReader("区域,周期,devices,working\nt11,2026-07,1000000000000,8\nt12,2026-07,9,10\n"), true)
		var got []string
		for _, l := range s.Lines {
			for _, c := range l.Cells {
				if c.Odd {
					got = append(got, c.Place+" "+c.MessageEn)
				}
			}
		}
		if len(got) != 2 || !strings.HasPrefix(got[0], "C2 ") || !strings.HasPrefix(got[1], "C3 No more can work") && !strings.HasPrefix(got[1], "D3 No more can work") || s.Odd != 2 || s.Bad != 0 || s.Returns != 2 {
			b.Errorf("%q %+v", got, s)
		}
	})
}

// Nothing can be filled in of a month that has not begun.
func TestASheetOfAPeriodAheadIsRefused(t *testing.T) {
	each(t, func(b *bench) {
		if _, err := b.desk.BringSheet(east, "devices", "2027-05", "x", true, strings.NewReader("区域,devices\nt11,5\n")); !fault.Is(err, "measure.fact.ahead") {
			b.Error(err)
		}
		s := b.bring(east, strings.NewReader("区域,周期,devices\nt11,2027-05,5\n"), true)
		if c := s.Lines[0].Cells; s.Bad != 1 || c[0].Place != "B2" || !strings.Contains(c[0].MessageZh, "还没有开始") {
			b.Errorf("%+v", s)
		}
	})
}
