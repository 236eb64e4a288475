package document

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/xuri/excelize/v2"
)

// WriteXLSX writes the report as a workbook: a summary sheet with facts and text, then
// a sheet for each table and each chart. Numbers are numbers, times are times in the
// report's zone, and units stand in the heads, so that the figures can be worked with.
func (r *Report) WriteXLSX(w io.Writer) error {
	b := &book{File: excelize.NewFile(), report: r, styles: map[string]int{}}
	defer b.Close()
	b.summary()
	for _, block := range r.blocks {
		switch block := block.(type) {
		case Table:
			b.table(block)
		case LineChart:
			b.lineChart(block)
		case BarChart:
			b.barChart(block)
		}
	}
	b.SetActiveSheet(0)
	props := &excelize.DocProperties{Title: r.Title, Creator: r.Issuer, Identifier: r.Number}
	if !r.Made.IsZero() {
		props.Created = r.Made.UTC().Format(time.RFC3339)
		props.Modified = props.Created
	}
	b.fail(b.SetDocProps(props))
	if b.err == nil {
		b.err = b.Write(w)
	}
	if b.err != nil {
		return fault.New(fault.Internal, "internal").Because(b.err)
	}
	return nil
}

type book struct {
	*excelize.File
	report *Report
	sheets int // made so far
	styles map[string]int
	err    error
}

func (b *book) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

// style makes a style once. Formats are Excel's: "#,##0", "0.0%", "yyyy-mm-dd hh:mm:ss".
func (b *book) style(format string, bold, grey, head bool) int {
	key := fmt.Sprint(format, bold, grey, head)
	if id, ok := b.styles[key]; ok {
		return id
	}
	st := &excelize.Style{
		Font:      &excelize.Font{Family: "Microsoft YaHei", Size: 10, Bold: bold, Color: "1C2126"},
		Alignment: &excelize.Alignment{Vertical: "top", WrapText: head || format == ""},
	}
	if grey {
		st.Font.Color = "646E76"
	}
	if head {
		st.Border = []excelize.Border{{Type: "bottom", Color: "1C2126", Style: 1}}
	}
	if format != "" {
		st.CustomNumFmt = &format
	}
	id, err := b.NewStyle(st)
	b.fail(err)
	b.styles[key] = id
	return id
}

// sheet opens a sheet with a name that Excel takes: at most 31 characters, none of
// []:*?/\, not used before. In a drill its first row is the band.
func (b *book) sheet(title string) (name string, row int) {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\'`, r) || r < ' ' {
			return ' '
		}
		return r
	}, title)
	base := strings.TrimSpace(name)
	for len(utf16.Encode([]rune(base))) > 27 { // Excel counts so; four are left for a number
		_, n := utf8.DecodeLastRuneInString(base)
		base = strings.TrimSpace(base[:len(base)-n])
	}
	if base == "" {
		base = fmt.Sprint(b.sheets + 1)
	}
	name = base
	taken := func() bool { at, err := b.GetSheetIndex(name); return err != nil || at >= 0 }
	for i := 2; b.sheets > 0 && taken() && i < 1000; i++ {
		name = fmt.Sprintf("%s %d", base, i)
	}
	if b.sheets++; b.sheets == 1 {
		b.fail(b.SetSheetName("Sheet1", name))
	} else {
		_, err := b.NewSheet(name)
		b.fail(err)
	}
	paper, portrait, wide := 9, "portrait", 1
	b.fail(b.SetPageLayout(name, &excelize.PageLayoutOptions{Size: &paper, Orientation: &portrait, FitToWidth: &wide}))
	if !b.report.Drill {
		return name, 1
	}
	word := b.report.say("drill", nil)
	id, err := b.NewStyle(&excelize.Style{
		Font:      &excelize.Font{Family: "Microsoft YaHei", Size: 14, Bold: true, Color: "1C2126"},
		Fill:      excelize.Fill{Type: "pattern", Pattern: 7, Color: []string{"1C2126"}}, // dark diagonal stripes
		Alignment: &excelize.Alignment{Horizontal: "left"},
	})
	b.fail(err)
	plain := b.style("", true, false, false)
	b.fail(b.SetCellStyle(name, "A1", "P1", id))
	b.fail(b.SetCellStyle(name, "A1", "A1", plain))
	b.fail(b.SetCellStr(name, "A1", word))
	b.fail(b.SetRowHeight(name, 1, 24))
	b.fail(b.SetHeaderFooter(name, &excelize.HeaderFooterOptions{OddHeader: "&C&\"-,Bold\"&16" + word, OddFooter: "&C" + word + "　&P / &N"}))
	return name, 2
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// set writes one value with the style its column asks for.
func (b *book) set(sheet string, col, row int, c Column, v any, bold bool) {
	cell, err := excelize.CoordinatesToCellName(col, row)
	b.fail(err)
	format := ""
	if p, ok := v.(*float64); ok && p != nil {
		v = *p
	}
	switch x := v.(type) {
	case nil, *float64:
		v = nil
	case string:
		v = firstRunes(x, excelize.TotalCellChars)
	case time.Time:
		format = map[Kind]string{Day: "yyyy-mm-dd"}[c.Kind]
		if format == "" {
			format = "yyyy-mm-dd hh:mm:ss"
		}
		v = nil
		if !x.IsZero() {
			// Excel's times have no zone: hand it the clock on the wall.
			wall := x.In(b.report.zone())
			v = time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), time.UTC)
		}
	case time.Duration:
		format, v = "[h]:mm:ss", x.Hours()/24
	default:
		if f, ok := number(x); ok {
			if math.IsNaN(f) || math.IsInf(f, 0) {
				v = nil
			}
			format = numberFormat(c)
		}
	}
	b.fail(b.SetCellStyle(sheet, cell, cell, b.style(format, bold, false, false)))
	if v != nil {
		b.fail(b.SetCellValue(sheet, cell, v))
		if format != "" {
			b.fail(b.SetCellStyle(sheet, cell, cell, b.style(format, bold, false, false)))
		}
	}
}

func numberFormat(c Column) string {
	places := ""
	if c.Decimals > 0 {
		places = "." + strings.Repeat("0", c.Decimals)
	}
	switch c.Kind {
	case Share:
		return "0" + places + "%"
	case Decimal:
		return "#,##0" + places
	case Count:
		return "#,##0"
	}
	return "General"
}

// summary is the first sheet: title, source, facts, text.
func (b *book) summary() {
	r := b.report
	name, row := b.sheet(r.say("summary", nil))
	cell := func(col, row int) string {
		s, err := excelize.CoordinatesToCellName(col, row)
		b.fail(err)
		return s
	}
	title, err := b.NewStyle(&excelize.Style{Font: &excelize.Font{Family: "Microsoft YaHei", Size: 16, Bold: true, Color: "1C2126"}})
	b.fail(err)
	b.fail(b.SetCellStr(name, cell(1, row), r.Title))
	b.fail(b.SetCellStyle(name, cell(1, row), cell(1, row), title))
	b.fail(b.SetRowHeight(name, row, 28))
	row++
	grey := b.style("", false, true, false)
	source := strings.TrimSpace(r.Issuer + "　" + r.Number)
	if !r.Made.IsZero() {
		source = strings.TrimSpace(source + "　" + r.say("made", map[string]any{"time": r.Made.In(r.zone()).Format("2006-01-02 15:04")}))
	}
	b.fail(b.SetCellStr(name, cell(1, row), source))
	plain, err := b.NewStyle(&excelize.Style{Font: &excelize.Font{Family: "Microsoft YaHei", Size: 10, Color: "646E76"}})
	b.fail(err)
	b.fail(b.SetCellStyle(name, cell(1, row), cell(1, row), plain))
	row += 2
	for _, block := range r.blocks {
		switch block := block.(type) {
		case facts:
			for _, f := range block {
				b.fail(b.SetCellStr(name, cell(1, row), f.Name))
				b.fail(b.SetCellStyle(name, cell(1, row), cell(1, row), grey))
				b.set(name, 2, row, Column{Kind: naturalKind(f.Value)}, f.Value, false)
				b.fail(b.SetCellStr(name, cell(3, row), f.Unit))
				b.fail(b.SetCellStyle(name, cell(3, row), cell(3, row), grey))
				row++
			}
			row++
		case heading:
			b.set(name, 1, row, Column{}, string(block), true)
			row++
		case text:
			b.fail(b.MergeCell(name, cell(1, row), cell(3, row)))
			b.set(name, 1, row, Column{}, string(block), false)
			lines := 0
			for _, l := range strings.Split(string(block), "\n") {
				lines += 1 + displayWidth(l)/88
			}
			b.fail(b.SetRowHeight(name, row, min(float64(lines)*16, 400)))
			row += 2
		}
	}
	b.fail(b.SetColWidth(name, "A", "A", 18))
	b.fail(b.SetColWidth(name, "B", "B", 60))
	b.fail(b.SetColWidth(name, "C", "C", 12))
}

// table writes one sheet with a frozen head and a filter, and returns its name.
func (b *book) table(t Table) (name string) {
	title := t.Title
	if title == "" {
		title = b.report.Title
	}
	name, row := b.sheet(title)
	if len(t.Columns) == 0 {
		return name
	}
	for c, col := range t.Columns {
		cell, err := excelize.CoordinatesToCellName(c+1, row)
		b.fail(err)
		b.fail(b.SetCellStr(name, cell, withUnit(col.Title, col.Unit, b.report.Lang)))
		b.fail(b.SetCellStyle(name, cell, cell, b.style("", true, false, true)))
	}
	top, err := excelize.CoordinatesToCellName(1, row+1)
	b.fail(err)
	b.fail(b.SetPanes(name, &excelize.Panes{Freeze: true, YSplit: row, TopLeftCell: top, ActivePane: "bottomLeft"}))
	head := row
	for _, values := range t.Rows {
		row++
		b.row(name, row, t.Columns, values, false)
	}
	last, err := excelize.CoordinatesToCellName(len(t.Columns), row)
	b.fail(err)
	b.fail(b.AutoFilter(name, fmt.Sprintf("A%d:%s", head, last), nil))
	if t.Total != nil {
		row++
		b.row(name, row, t.Columns, t.Total, true)
	}
	if t.Note != "" {
		cell, err := excelize.CoordinatesToCellName(1, row+2)
		b.fail(err)
		b.fail(b.SetCellStr(name, cell, t.Note))
	}
	for c, col := range t.Columns {
		wide := displayWidth(withUnit(col.Title, col.Unit, b.report.Lang)) + 3 // room for the filter's arrow
		for i, values := range t.Rows {
			if c < len(values) && i < 1000 {
				wide = max(wide, displayWidth(col.show(values[c], b.report.zone())))
			}
		}
		letter, err := excelize.ColumnNumberToName(c + 1)
		b.fail(err)
		b.fail(b.SetColWidth(name, letter, letter, float64(min(wide, 60))+2))
	}
	return name
}

func (b *book) row(name string, row int, columns []Column, values []any, bold bool) {
	for c, col := range columns {
		var v any
		if c < len(values) {
			v = values[c]
		}
		b.set(name, c+1, row, col, v, bold)
	}
}

// lineChart writes the series as columns, one row for each place on the x axis, with a
// chart beside them.
func (b *book) lineChart(c LineChart) {
	x := Column{Title: c.XTitle, Kind: Decimal, Decimals: 3}
	form := excelize.Scatter
	switch {
	case c.Timed:
		x.Kind = Instant
	case len(c.Names) > 0:
		x.Kind, form = Plain, excelize.Line
	}
	value := Column{Kind: Decimal, Decimals: c.Decimals, Unit: c.Unit}
	t := Table{Title: c.Title, Columns: []Column{x}}
	type key struct {
		t int64
		x float64
	}
	rows := map[key]int{}
	for i, s := range c.Series {
		value.Title = s.Name
		t.Columns = append(t.Columns, value)
		for _, p := range s.Points {
			k := key{x: p.X}
			var place any = p.X
			if c.Timed {
				k, place = key{t: p.Time.UnixMicro()}, p.Time
			} else if i := int(p.X); i >= 0 && i < len(c.Names) {
				place = c.Names[i]
			}
			at, ok := rows[k]
			if !ok {
				at = len(t.Rows)
				rows[k] = at
				t.Rows = append(t.Rows, append([]any{place}, make([]any, len(c.Series))...))
			}
			t.Rows[at][i+1] = p.Y
		}
	}
	first := 2
	if b.report.Drill {
		first = 3
	}
	name := b.table(t)
	chart := &excelize.Chart{Type: form, Title: excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: c.Title}}}, Legend: excelize.ChartLegend{Position: "right"},
		Dimension: excelize.ChartDimension{Width: 720, Height: 400}}
	quoted := "'" + name + "'"
	for i := range c.Series {
		letter, err := excelize.ColumnNumberToName(i + 2)
		b.fail(err)
		chart.Series = append(chart.Series, excelize.ChartSeries{
			Name:       fmt.Sprintf("%s!$%s$%d", quoted, letter, first-1),
			Categories: fmt.Sprintf("%s!$A$%d:$A$%d", quoted, first, first+len(t.Rows)-1),
			Values:     fmt.Sprintf("%s!$%s$%d:$%s$%d", quoted, letter, first, letter, first+len(t.Rows)-1),
			Marker:     excelize.ChartMarker{Symbol: "none"},
		})
	}
	if len(t.Rows) > 0 {
		place, err := excelize.CoordinatesToCellName(len(t.Columns)+2, first)
		b.fail(err)
		b.fail(b.AddChart(name, place, chart))
	}
}

func (b *book) barChart(c BarChart) {
	t := Table{Title: c.Title, Columns: []Column{{Title: c.Title}, {Title: c.Unit, Kind: Decimal, Decimals: c.Decimals}}}
	for _, bar := range c.Bars {
		t.Rows = append(t.Rows, []any{bar.Name, bar.Value})
	}
	b.table(t)
}

// displayWidth counts a Chinese character as two columns of a spreadsheet.
func displayWidth(s string) int {
	n := utf8.RuneCountInString(s)
	for _, r := range s {
		if wide(r) {
			n++
		}
	}
	return n
}
