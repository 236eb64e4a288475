package document

import "strings"

// The measure of a table's parts in millimetres.
const (
	cellPad    = 1.8 // to either side
	tightPad   = 1.1 // where many columns stand side by side
	minText    = 16  // the narrowest column of words
	rowPadding = 1.5
)

// pad is the room to either side of a cell.
func (t Table) pad() float64 {
	if len(t.Columns) > 9 {
		return tightPad
	}
	return cellPad
}

// table sets a table. Columns of figures are as wide as their widest figure, columns of
// words share what is left; the head is repeated on every page.
func (s *sheet) table(t Table) {
	if len(t.Columns) == 0 {
		return
	}
	t = t.settled(s.report.zone())
	cells := s.cells(t)
	widths := s.columnWidths(t, cells)
	rows, tall := s.rows(t, cells, widths)
	// One page holds a short table in one piece; a long one breaks between its rows.
	_, head := s.heads(t, widths)
	head += 10
	if most := (bodyBottom - bodyTop) * 0.6; tall+head > most && len(rows) > 0 {
		tall = rows[0].height // no head without a row
	}
	s.caption(t.Title, tall+head)
	s.tableHead(t, widths)
	for i, row := range rows {
		total := t.Total != nil && i == len(rows)-1
		lines, height := row.lines, row.height
		if s.room(height) {
			s.tableHead(t, widths)
		}
		if total {
			s.line(marginX, s.y, marginX+bodyWidth, s.y, 0.3, inkDark)
		}
		s.font(sizeTable, total, inkDark)
		x := marginX
		for c, col := range t.Columns {
			for k, l := range lines[c] {
				y := s.y + lead(sizeTable)*0.9*(float64(k)+0.74) + rowPadding/2
				if col.figures() {
					s.putRight(x+widths[c]-t.pad(), y, l)
				} else {
					s.put(x+t.pad(), y, l)
				}
			}
			x += widths[c]
		}
		s.y += height
		s.line(marginX, s.y, marginX+bodyWidth, s.y, 0.1, inkLine)
	}
	if len(rows) == 0 {
		s.font(sizeTable, false, inkGrey)
		s.put(marginX+t.pad(), s.y+5, s.clean(s.report.say("no_rows", nil)))
		s.y += 8
	}
	s.note(t.Note)
	s.y += 3
}

// tableRow is a row as it is set: the lines of each cell, and how tall that is.
type tableRow struct {
	lines  [][]string
	height float64
}

// rows breaks cells into lines, and says how tall they are together.
func (s *sheet) rows(t Table, cells [][]string, widths []float64) (rows []tableRow, tall float64) {
	for i, row := range cells {
		s.font(sizeTable, t.Total != nil && i == len(cells)-1, inkDark)
		r, most := tableRow{lines: make([][]string, len(row))}, 1
		for c, text := range row {
			r.lines[c] = wrap(text, widths[c]-2*t.pad(), s.width)
			most = max(most, len(r.lines[c]))
		}
		r.height = float64(most)*lead(sizeTable)*0.9 + rowPadding
		rows, tall = append(rows, r), tall+r.height
	}
	return rows, tall
}

// cells are the rows as text, the total last; a short row is filled with dashes.
func (s *sheet) cells(t Table) [][]string {
	rows := t.Rows
	if t.Total != nil {
		rows = append(rows[:len(rows):len(rows)], t.Total)
	}
	out := make([][]string, len(rows))
	for i, row := range rows {
		out[i] = make([]string, len(t.Columns))
		for c, col := range t.Columns {
			var v any
			if c < len(row) {
				v = row[c]
			}
			out[i][c] = s.clean(col.show(v, s.report.zone()))
		}
	}
	return out
}

func (s *sheet) columnWidths(t Table, cells [][]string) []float64 {
	natural := make([]float64, len(t.Columns))
	s.font(sizeTable, true, inkDark)
	for c, col := range t.Columns {
		head := s.clean(col.Title)
		if col.Unit != "" {
			head += s.clean(" " + col.Unit)
		}
		natural[c] = s.width(head)
		if words := units(head); !col.figures() && len(words) > 0 {
			natural[c] = min(natural[c], 32)
		}
		for _, row := range cells {
			natural[c] = max(natural[c], s.width(row[c]))
		}
		natural[c] += 2*t.pad() + 0.2
	}
	sum := 0.0
	for _, w := range natural {
		sum += w
	}
	switch {
	case sum <= bodyWidth:
		// What is over goes to every column alike, so that no gap tears the eye.
		extra := (bodyWidth - sum) / float64(len(natural))
		for c := range natural {
			natural[c] += extra
		}
	default:
		shrink(natural, t.Columns, s.floors(t, cells), sum-bodyWidth)
	}
	return natural
}

// floors are the narrowest that columns become. Of words, what has no place to break, such as
// a code, stays whole where a third of the sheet holds it; figures stay whole, their heads break
// between words.
func (s *sheet) floors(t Table, cells [][]string) []float64 {
	floors := make([]float64, len(t.Columns))
	for c, col := range t.Columns {
		s.font(sizeTable, true, inkDark)
		for _, word := range strings.Fields(s.clean(col.Title + " " + col.Unit)) {
			floors[c] = max(floors[c], s.width(word))
		}
		for _, row := range cells {
			floors[c] = max(floors[c], s.width(row[c]))
		}
		floors[c] += 2*t.pad() + 0.2
		if col.Kind == Plain {
			floors[c] = min(floors[c], minText)
		}
	}
	s.font(sizeTable, false, inkDark)
	for c, col := range t.Columns {
		if col.Kind != Plain {
			continue
		}
		for _, row := range cells {
			for _, unit := range units(row[c]) {
				if w := s.width(strings.TrimRight(unit, " ")) + 2*t.pad() + 0.2; w <= bodyWidth/3 {
					floors[c] = max(floors[c], w)
				}
			}
		}
	}
	return floors
}

// shrink takes over millimetres from the heads of figures, then from the widest columns of words,
// then, when words are at their narrowest, from all columns in proportion.
func shrink(widths []float64, columns []Column, floors []float64, over float64) {
	for c := range widths {
		if columns[c].Kind != Plain {
			cut := min(over, max(widths[c]-floors[c], 0))
			widths[c] -= cut
			over -= cut
		}
	}
	for over > 0.01 {
		widest, second := -1, float64(minText)
		for c := range widths {
			if columns[c].Kind != Plain || widths[c] <= floors[c] {
				continue
			}
			if widest < 0 || widths[c] > widths[widest] {
				if widest >= 0 {
					second = max(second, widths[widest])
				}
				widest = c
			} else {
				second = max(second, widths[c])
			}
		}
		if widest < 0 {
			break
		}
		cut := min(over, max(widths[widest]-second, 1), widths[widest]-floors[widest])
		widths[widest] -= cut
		over -= cut
	}
	if over > 0.01 {
		scale := bodyWidth / (bodyWidth + over)
		for c := range widths {
			widths[c] *= scale
		}
	}
}

// columnHead is a title as it is set, and the unit behind its last line.
type columnHead struct {
	lines []string
	unit  string
}

// heads breaks titles into lines, and says how tall they are.
func (s *sheet) heads(t Table, widths []float64) (heads []columnHead, height float64) {
	heads = make([]columnHead, len(t.Columns))
	tall := 1
	for c, col := range t.Columns {
		s.font(sizeTable, true, inkDark)
		h := columnHead{unit: s.clean(col.Unit)}
		h.lines = wrap(s.clean(col.Title), widths[c]-2*t.pad(), s.width)
		if h.unit != "" {
			last := s.width(h.lines[len(h.lines)-1])
			s.font(sizeSmall, false, inkGrey)
			if last+1+s.width(h.unit) > widths[c]-2*t.pad() {
				h.lines = append(h.lines, "")
			}
		}
		heads[c] = h
		tall = max(tall, len(h.lines))
	}
	return heads, float64(tall)*lead(sizeTable)*0.9 + 2.2
}

// tableHead sets titles in bold with units in light grey behind or below them.
func (s *sheet) tableHead(t Table, widths []float64) {
	heads, height := s.heads(t, widths)
	tall := 1
	for _, h := range heads {
		tall = max(tall, len(h.lines))
	}
	s.room(height + 8)
	s.line(marginX, s.y, marginX+bodyWidth, s.y, 0.3, inkDark)
	x := marginX
	for c, h := range heads {
		right := t.Columns[c].figures()
		for k, l := range h.lines {
			// Heads stand on the same last line.
			y := s.y + 1 + lead(sizeTable)*0.9*(float64(tall-len(h.lines)+k)+0.78)
			unit := ""
			if k == len(h.lines)-1 {
				unit = h.unit
			}
			s.font(sizeTable, true, inkDark)
			w := s.width(l)
			s.font(sizeSmall, false, inkGrey)
			uw, gap := s.width(unit), 0.0
			if l != "" && unit != "" {
				gap = 1
			}
			left := x + t.pad()
			if right {
				left = x + widths[c] - t.pad() - w - gap - uw
			}
			s.put(left+w+gap, y, unit)
			s.font(sizeTable, true, inkDark)
			s.put(left, y, l)
		}
		x += widths[c]
	}
	s.y += height
	s.line(marginX, s.y, marginX+bodyWidth, s.y, 0.3, inkDark)
}

// caption is the title of a table or chart; it stays with height millimetres below it.
func (s *sheet) caption(title string, height float64) {
	s.room(height + 10)
	s.y += 4
	if title == "" {
		return
	}
	s.font(sizeBody, true, inkDark)
	for _, l := range wrap(s.clean(title), bodyWidth, s.width) {
		s.y += lead(sizeBody) * 0.9
		s.put(marginX, s.y, l)
	}
	s.y += 2.4
}

func (s *sheet) note(text string) {
	if text == "" {
		return
	}
	s.font(sizeSmall, false, inkGrey)
	for _, l := range wrap(s.clean(text), bodyWidth, s.width) {
		if s.room(lead(sizeSmall)) {
			s.font(sizeSmall, false, inkGrey)
		}
		s.y += lead(sizeSmall)
		s.put(marginX, s.y, l)
	}
}
