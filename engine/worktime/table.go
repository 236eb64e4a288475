package worktime

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// tableFrom is the day of December from which the next year's table speaks too: the New
// Year's holiday and what is worked for it may reach back into the old year.
const tableFrom = 25

// table is what the authorities announced for a year.
type table struct {
	Source   string `json:"source"`
	Holidays []struct {
		Name map[string]string `json:"name"`
		From string            `json:"from"`
		To   string            `json:"to"`
	} `json:"holidays"`
	Workdays []string `json:"workdays"`
}

// years reads the tables. A day may be named once, whichever table names it.
func (d *decoder) years(tables map[string]table) {
	if len(tables) > maxYears {
		d.bad("years", "worktime.many", map[string]any{"limit": maxYears})
		return
	}
	named := map[Day]*shift{}
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		place := "years." + clip(name)
		year, err := strconv.Atoi(name)
		if err != nil || len(name) != 4 || year < 1900 || year > 2199 {
			d.bad(place, "worktime.year.bad", nil)
			continue
		}
		d.year(place, year, tables[name], named)
		first, end := NewDay(year, 1, 1), NewDay(year, 12, tableFrom)
		if n := len(d.c.known); n > 0 && d.c.known[n-1].end == NewDay(year-1, 12, tableFrom) {
			d.c.known[n-1].end = end
		} else {
			d.c.known = append(d.c.known, stretch{first, end})
		}
	}
	if len(d.errs) > 0 {
		return
	}
	slices.SortFunc(d.c.holidays, func(a, b Holiday) int { return cmp.Compare(a.From, b.From) })
	slices.Sort(d.c.made)
	for _, day := range slices.Sorted(maps.Keys(named)) {
		// What is worked or off anyway is as its weekday.
		if s, usual := named[day], d.c.week[day.fromMonday()]; worked(s) != worked(usual) {
			d.c.lay(day, s)
		}
	}
}

func (d *decoder) year(place string, year int, t table, named map[Day]*shift) {
	if t.Source == "" {
		d.bad(place+".source", "worktime.missing", nil)
	}
	if len(t.Source) > maxText {
		d.bad(place+".source", "worktime.long", map[string]any{"limit": maxText})
	}
	if len(t.Holidays) > maxHolidays || len(t.Workdays) > maxWorkdays {
		d.bad(place, "worktime.many", map[string]any{"limit": maxHolidays})
		return
	}
	name := func(place string, day Day, s *shift) {
		if named[day] != nil {
			d.bad(place, "worktime.day.twice", map[string]any{"day": day.String()})
		}
		named[day] = s
	}
	for i, h := range t.Holidays {
		at := fmt.Sprintf("%s.holidays[%d]", place, i)
		d.name(at+".name", h.Name)
		from, ok1 := d.day(at+".from", year, h.From)
		to, ok2 := d.day(at+".to", year, h.To)
		if !ok1 || !ok2 {
			continue
		}
		if to < from || to-from >= maxRun {
			d.bad(at, "worktime.holiday.order", map[string]any{"from": h.From, "to": h.To, "limit": maxRun})
			continue
		}
		d.c.holidays = append(d.c.holidays, Holiday{h.Name, from, to})
		for day := from; day <= to; day++ {
			name(at, day, off)
		}
	}
	for i, w := range t.Workdays {
		at := fmt.Sprintf("%s.workdays[%d]", place, i)
		if day, ok := d.day(at, year, w); ok {
			d.c.made = append(d.c.made, day)
			name(at, day, d.c.makeup)
		}
	}
}

// day reads a day that a year's table may speak of.
func (d *decoder) day(place string, year int, s string) (Day, bool) {
	day, err := ParseDay(s)
	if err != nil {
		d.bad(place, "worktime.date.bad", map[string]any{"value": clip(s)})
		return 0, false
	}
	if day < NewDay(year-1, 12, tableFrom) || day > NewDay(year, 12, 31) {
		d.bad(place, "worktime.date.year", map[string]any{"value": s, "year": year})
		return 0, false
	}
	return day, true
}

func (d *decoder) name(place string, names map[string]string) {
	if len(names) == 0 || len(names) > 20 {
		d.bad(place, "worktime.missing", nil)
	}
	for _, lang := range slices.Sorted(maps.Keys(names)) {
		if n := len(names[lang]); n == 0 || n > maxText || len(lang) > 20 {
			d.bad(place+"."+clip(lang), "worktime.missing", nil)
		}
	}
}
