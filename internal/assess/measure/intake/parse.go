package intake

import (
	"math"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Columns of a file with a line for each value.
const (
	colElement = "element"
	colRegion  = "region"
	colPeriod  = "period"
	colValue   = "value"
	colRef     = "ref"
	elementCol = "e:" // followed by an element's code, in a wide table
)

// columns are what a file may have, with the titles that people give them.
func columns(elements []*fact.Element) []document.Want {
	wants := []document.Want{
		{Key: colElement, Names: []string{"数据项", "数据项代码", "指标", "指标名称", "项目", "element", "indicator", "data element", "dataelement"}},
		{Key: colRegion, Names: []string{"区域", "区域代码", "行政区划代码", "地区", "单位", "街道乡镇", "区", "乡镇", "街道", "region", "region code", "unit", "org unit", "orgunit"}, Required: true},
		{Key: colPeriod, Names: []string{"周期", "时间", "日期", "月份", "月", "季度", "年份", "年度", "年", "period", "date", "month", "quarter", "year"}},
		{Key: colValue, Names: []string{"数值", "值", "数量", "value"}},
		{Key: colRef, Names: []string{"编号", "凭证号", "ref", "reference"}},
	}
	taken := map[string]bool{}
	for _, w := range wants {
		for _, n := range w.Names {
			taken[n] = true
		}
	}
	for _, e := range elements {
		want := document.Want{Key: elementCol + e.Code, Names: []string{e.Code}}
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

// parser makes entries of rows.
type parser struct {
	ledger   *fact.Ledger
	home     string
	elements map[string]*fact.Element // by code and by name
	all      []*fact.Element
	regions  map[string][]*fact.Region // by code and by names
	period   string                    // where the file has no column for it
	reason   string
}

func newParser(l *fact.Ledger, home, at, reason string) *parser {
	p := &parser{ledger: l, home: home, elements: map[string]*fact.Element{}, regions: map[string][]*fact.Region{}, period: at, reason: reason}
	for _, e := range l.Elements() {
		if e.BuiltIn {
			continue
		}
		p.all = append(p.all, e)
		p.elements[e.Code] = e
	}
	for _, e := range p.all {
		for _, n := range []string{e.NameZh, e.NameEn} {
			if p.elements[folded(n)] == nil {
				p.elements[folded(n)] = e
			}
		}
	}
	tree := l.Tree()
	for _, r := range tree.Within(home, "") {
		p.regions[r.Code] = append(p.regions[r.Code], r)
		name := r.NameZh
		p.name(name, r)
		p.name(r.NameEn, r)
		for up, err := tree.Region(r.Parent); err == nil && up.Path != ""; up, err = tree.Region(up.Parent) {
			name = up.NameZh + name
			p.name(name, r)
		}
	}
	return p
}

func (p *parser) name(name string, r *fact.Region) {
	if name = folded(name); name != "" && !slices.Contains(p.regions[name], r) {
		p.regions[name] = append(p.regions[name], r)
	}
}

// folded makes names comparable.
func folded(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(norm.NFKC.String(s)), ""))
}

// nothings are what people write where there is no value.
var nothings = []string{"", "-", "--", "—", "——", "/", "\\", "无", "空", "n/a", "na", "null", "none", "…"}

// sums are what people call the line of sums below a table.
var sumNames = []string{"合计", "总计", "小计", "共计", "全市合计", "total", "sum", "subtotal"}

// parsed is one value of a row, or what is wrong with it.
type parsed struct {
	entry fact.Entry
	place string
	bad   *fault.Error
	empty bool
}

// row makes the values of a row.
func (p *parser) row(r document.Row) []parsed {
	if slices.Contains(sumNames, folded(r.Text(colRegion))) {
		return []parsed{{empty: true}}
	}
	if r.Has(colValue) {
		return []parsed{p.single(r)}
	}
	var out []parsed
	for _, e := range p.all {
		if r.Has(elementCol + e.Code) {
			out = append(out, p.cell(r, e, elementCol+e.Code, r.Place(elementCol+e.Code)))
		}
	}
	return out
}

func (p *parser) single(r document.Row) parsed {
	text := r.Text(colElement)
	e := p.elements[text]
	if e == nil {
		e = p.elements[folded(text)]
	}
	if e == nil {
		return parsed{place: r.Place(colElement), bad: fault.New(fault.Invalid, "measure.import.element", fault.Args{"text": short(text)})}
	}
	return p.cell(r, e, colValue, r.Place(colValue))
}

// cell makes one value.
func (p *parser) cell(r document.Row, e *fact.Element, column, place string) parsed {
	text := r.Text(column)
	if slices.Contains(nothings, folded(text)) {
		return parsed{empty: true}
	}
	region, bad := p.region(r.Text(colRegion), e)
	if bad != nil {
		return parsed{place: r.Place(colRegion), bad: bad}
	}
	at, bad := p.at(r, e)
	if bad != nil {
		return parsed{place: r.Place(colPeriod), bad: bad}
	}
	v, bad := number(r, column, text, e)
	if bad != nil {
		return parsed{place: place, bad: bad}
	}
	in := fact.Entry{Element: e.Code, Unit: region.Code, Period: at, Ref: r.Text(colRef), Value: &v, At: at.End(p.ledger.Zone), Reason: p.reason, Correct: p.reason != ""}
	if err := p.ledger.Check(&in); err != nil {
		at := fault.Of(err)
		where := map[string]string{"region": r.Place(colRegion), "period": r.Place(colPeriod), "ref": r.Place(colRef)}[at.Place]
		if where == "" {
			where = place
		}
		return parsed{place: where, bad: at}
	}
	return parsed{entry: in, place: place}
}

// region finds the region that somebody named; where names are shared, the one at the level that
// the element is stated at.
func (p *parser) region(text string, e *fact.Element) (*fact.Region, *fault.Error) {
	found := p.regions[folded(text)]
	if e.Level != "" && len(found) > 1 {
		found = slices.DeleteFunc(slices.Clone(found), func(r *fact.Region) bool { return r.Level != e.Level })
	}
	switch len(found) {
	case 0:
		return nil, fault.New(fault.Invalid, "measure.import.region", fault.Args{"text": short(text)})
	case 1:
		return found[0], nil
	}
	return nil, fault.New(fault.Invalid, "measure.import.regions", fault.Args{"text": short(text), "count": len(found)})
}

// at is the period of a row: its own, a spreadsheet's date that stands for one, or the file's.
func (p *parser) at(r document.Row, e *fact.Element) (period.Period, *fault.Error) {
	text := r.Text(colPeriod)
	if text == "" {
		text = p.period
	}
	at, err := period.Guess(e.Period, text)
	if err == nil {
		return at, nil
	}
	if t, ok := r.Time(colPeriod, p.ledger.Zone); ok && r.Text(colPeriod) != "" {
		day := period.Of(period.Day, t, p.ledger.Zone)
		at = day.In(e.Period)
		// A date stands for the period that begins then; for a day, for itself.
		if at.First(period.Day) == day {
			return at, nil
		}
	}
	return at, fault.New(fault.Invalid, "measure.import.period", fault.Args{"text": short(text), "element": e.NameZh, "example": period.Of(e.Period, p.ledger.Clock.Now(), p.ledger.Zone).String()})
}

// number reads a value. A percent sign belongs to the number where the element counts in percent.
func number(r document.Row, column, text string, e *fact.Element) (fact.Value, *fault.Error) {
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
	value, err := fact.ValueOf(v)
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
