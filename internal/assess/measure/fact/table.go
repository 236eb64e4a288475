package fact

import (
	"context"
	"math"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// What people write into tables is read alike wherever a table comes in: regions and elements by
// what people call them, periods and numbers as spreadsheet programs write them.

// Names finds regions, elements and things by code and by name in either language; a region also by
// its name after those of the regions that it lies in.
type Names struct {
	All      []*Element // those that people may state
	elements map[string]*Element
	builtIn  map[string]*Element // that the product states
	regions  map[string][]*Region
	things   map[string][]*Thing
}

// Names reads what things are called now, at and below the region that the node serves.
func (l *Ledger) Names() *Names {
	n := &Names{elements: map[string]*Element{}, builtIn: map[string]*Element{}, regions: map[string][]*Region{}}
	for _, e := range l.Elements() {
		if e.BuiltIn {
			n.builtIn[e.Code], n.builtIn[folded(e.NameZh)], n.builtIn[folded(e.NameEn)] = e, e, e
			continue
		}
		n.All = append(n.All, e)
		n.elements[e.Code] = e
	}
	for _, e := range n.All {
		for _, name := range []string{e.NameZh, e.NameEn} {
			if n.elements[folded(name)] == nil {
				n.elements[folded(name)] = e
			}
		}
	}
	tree := l.Tree()
	for _, r := range tree.Within(l.Home, "") {
		n.regions[r.Code] = append(n.regions[r.Code], r)
		name := r.NameZh
		n.name(name, r)
		n.name(r.NameEn, r)
		for up, err := tree.Region(r.Parent); err == nil && up.Path != ""; up, err = tree.Region(up.Parent) {
			name = up.NameZh + name
			n.name(name, r)
		}
	}
	return n
}

func (n *Names) name(name string, r *Region) {
	if name = folded(name); name != "" && !slices.Contains(n.regions[name], r) {
		n.regions[name] = append(n.regions[name], r)
	}
}

// Element finds the element that somebody named.
func (n *Names) Element(text string) (*Element, *fault.Error) {
	e := n.elements[text]
	if e == nil {
		e = n.elements[folded(text)]
	}
	if e != nil {
		return e, nil
	}
	if e = n.builtIn[folded(text)]; e != nil {
		return nil, fault.New(fault.Invalid, "measure.fact.built_in", fault.Args{"element": i18n.Both{Zh: e.NameZh, En: e.NameEn}})
	}
	return nil, unheard("measure.import.element", text)
}

// unheard refuses what nothing is called by; an empty cell says nothing.
func unheard(code, text string) *fault.Error {
	if text == "" {
		return fault.New(fault.Invalid, "measure.import.empty")
	}
	return fault.New(fault.Invalid, code, fault.Args{"text": short(text)})
}

// Region finds the region that somebody named; where names are shared, the one at the level that
// is asked for.
func (n *Names) Region(text, level string) (*Region, *fault.Error) {
	found := n.regions[folded(text)]
	if level != "" && len(found) > 1 {
		found = slices.DeleteFunc(slices.Clone(found), func(r *Region) bool { return r.Level != level })
	}
	switch len(found) {
	case 0:
		return nil, unheard("measure.import.region", text)
	case 1:
		return found[0], nil
	}
	return nil, fault.New(fault.Invalid, "measure.import.regions", fault.Args{"text": short(text), "count": len(found)})
}

// NameThings reads what the things are called that people register, of those in a scope.
func (l *Ledger) NameThings(ctx context.Context, n *Names, scope auth.Scope) error {
	found, err := l.readThings(ctx, l.DB, "")
	found = slices.DeleteFunc(found, func(t Thing) bool { return !scope.Allows(t.RegionPath) })
	n.things = map[string][]*Thing{}
	for i := range found {
		t := &found[i]
		for _, name := range []string{t.ID, t.NameZh, t.NameEn} {
			if name = folded(name); !slices.Contains(n.things[name], t) {
				n.things[name] = append(n.things[name], t)
			}
		}
	}
	return err
}

// Thing finds the thing that somebody named; nil where there is none, or more than one.
func (n *Names) Thing(text string) *Thing {
	if found := n.things[folded(text)]; len(found) == 1 {
		return found[0]
	}
	return nil
}

// Columns that a table may have beside those of elements.
const (
	ColRegion = "region"
	ColPeriod = "period"
)

// ColumnOf is the key of an element's column in a table with one for each.
func ColumnOf(e *Element) string { return "e:" + e.Code }

// Columns are what a table may have: the region, the period, what the caller adds, and a column for
// each of some elements, by the titles that people give them.
func Columns(elements []*Element, more ...document.Want) []document.Want {
	wants := append([]document.Want{
		{Key: ColRegion, Names: []string{"区域", "区域代码", "行政区划代码", "地区", "单位", "街道乡镇", "区", "乡镇", "街道", "评价对象", "对象", "网点", "thing", "region", "region code", "unit", "org unit", "orgunit"}, Required: true},
		{Key: ColPeriod, Names: []string{"周期", "时间", "日期", "月份", "月", "季度", "年份", "年度", "年", "period", "date", "month", "quarter", "year"}},
	}, more...)
	taken := map[string]bool{}
	for _, w := range wants {
		for _, n := range w.Names {
			taken[n] = true
		}
	}
	for _, e := range elements {
		want := document.Want{Key: ColumnOf(e), Names: []string{e.Code}}
		for _, n := range []string{e.NameZh, e.NameEn} {
			if !taken[strings.ToLower(n)] {
				taken[strings.ToLower(n)] = true
				want.Names = append(want.Names, n)
			}
		}
		wants = append(wants, want)
	}
	return wants
}

// folded makes names comparable.
func folded(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(norm.NFKC.String(s)), ""))
}

// nothings are what people write where there is no value.
var nothings = []string{"", "-", "--", "—", "——", "/", "\\", "无", "空", "n/a", "na", "null", "none", "…"}

// Nothing reports whether a cell says that there is no value.
func Nothing(text string) bool { return slices.Contains(nothings, folded(text)) }

// sumNames are what people call the line of sums below a table.
var sumNames = []string{"合计", "总计", "小计", "共计", "全市合计", "total", "sum", "subtotal"}

// IsSum reports whether a line in whose place of a region this stands adds up the others.
func IsSum(text string) bool { return slices.Contains(sumNames, folded(text)) }

// PeriodOf is the period of a row: its own, a spreadsheet's date that stands for one, or otherwise
// the file's.
func (l *Ledger) PeriodOf(r document.Row, e *Element, otherwise string) (period.Period, *fault.Error) {
	text := r.Text(ColPeriod)
	if text == "" {
		text = otherwise
	}
	at, err := period.Guess(e.Period, text)
	if err == nil {
		return at, nil
	}
	if t, ok := r.Time(ColPeriod, l.Zone); ok && r.Text(ColPeriod) != "" {
		day := period.Of(period.Day, t, l.Zone)
		at = day.In(e.Period)
		// A date stands for the period that begins then; for a day, for itself.
		if at.First(period.Day) == day {
			return at, nil
		}
	}
	if text == "" {
		return at, unheard("measure.import.period", text)
	}
	return at, fault.New(fault.Invalid, "measure.import.period", fault.Args{"text": short(text), "element": i18n.Both{Zh: e.NameZh, En: e.NameEn}, "example": period.Of(e.Period, l.Clock.Now(), l.Zone).String()})
}

// NumberOf reads the value in a cell. A percent sign belongs to the number where the element counts
// in percent.
func NumberOf(r document.Row, column string, e *Element) (Value, *fault.Error) {
	text := r.Text(column)
	v, ok := r.Number(column)
	if !ok {
		if strings.HasPrefix(text, "#") {
			return 0, fault.New(fault.Invalid, "measure.import.formula", fault.Args{"text": short(text)})
		}
		return 0, fault.New(fault.Invalid, "measure.import.value", fault.Args{"text": short(text)})
	}
	if strings.HasSuffix(norm.NFKC.String(text), "%") && e.UnitZh == "%" {
		v = math.Round(v*1e10) / 1e8
	}
	value, err := ValueOf(v)
	if err != nil {
		return 0, fault.Of(err)
	}
	return value, nil
}

// short is a text for a sentence.
func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
