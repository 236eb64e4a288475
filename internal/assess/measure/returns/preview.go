package returns

import (
	"context"
	"maps"
	"slices"

	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
)

// perPreview is how many returns are held against their surroundings at a time.
const perPreview = 200

// preview says what a sheet would write, and what would speak against it once it is submitted.
func (d *Desk) preview(ctx context.Context, f *Form, p period.Period, s *Sheet, rows []*sheetRow) error {
	would := map[string]*Return{}
	err := d.fillIn(ctx, d.DB, f, p, s, rows, func(r *Return, answers map[string]Answer) error {
		next := *r
		next.Answers = answers
		would[r.Unit] = &next
		return nil
	})
	if err != nil {
		return err
	}
	lines := map[string]*SheetLine{}
	for i := range s.Lines {
		lines[s.Lines[i].Unit] = &s.Lines[i]
	}
	for units := range slices.Chunk(slices.Sorted(maps.Keys(would)), perPreview) {
		known, err := d.around(ctx, d.DB, f, p, units, d.rules())
		if err != nil {
			return err
		}
		for _, unit := range units {
			for _, finding := range d.against(known, f, would[unit]) {
				if lines[unit].doubt(finding) {
					s.Odd++
				}
			}
		}
	}
	return nil
}

// doubt tells of a finding at the first changed cell that it is about, if there is one: what was
// answered before is not the sheet's.
func (l *SheetLine) doubt(f Finding) bool {
	about := append([]string{f.Element}, f.About...)
	for i := range l.Cells {
		c := &l.Cells[i]
		if c.Value == nil || !slices.Contains(about, c.Element) {
			continue
		}
		if !c.Odd {
			c.Odd, c.MessageZh, c.MessageEn = true, f.MessageZh, f.MessageEn
		} else {
			c.MessageZh, c.MessageEn = c.MessageZh+f.MessageZh, c.MessageEn+" "+f.MessageEn
		}
		return true
	}
	return false
}
