package intake

import (
	"context"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Columns of a file with a line for each value, beside the region and the period.
const (
	colElement = "element"
	colValue   = "value"
	colRef     = "ref"
)

// columns are what a file may have, with the titles that people give them.
func columns(elements []*fact.Element) []document.Want {
	return fact.Columns(elements,
		document.Want{Key: colElement, Names: []string{"数据项", "数据项代码", "指标", "指标名称", "项目", "element", "indicator", "data element", "dataelement"}},
		document.Want{Key: colValue, Names: []string{"数值", "值", "数量", "value"}},
		document.Want{Key: colRef, Names: []string{"编号", "凭证号", "ref", "reference"}})
}

// parser makes entries of rows.
type parser struct {
	*fact.Names
	ledger *fact.Ledger
	period string // where the file has no column for it
	reason string
}

func newParser(ctx context.Context, l *fact.Ledger, scope auth.Scope, at, reason string) (*parser, error) {
	p := &parser{Names: l.Names(), ledger: l, period: at, reason: reason}
	return p, l.NameThings(ctx, p.Names, scope)
}

// parsed is one value of a row, or what is wrong with it.
type parsed struct {
	line  int
	entry fact.Entry
	place string
	bad   *fault.Error
	empty bool

	region, ref   string    // their places
	element, unit i18n.Both // their names
}

// row makes the values of a row.
func (p *parser) row(r document.Row) []parsed {
	if fact.IsSum(r.Text(fact.ColRegion)) {
		return []parsed{{empty: true}}
	}
	if r.Has(colValue) {
		return []parsed{p.single(r)}
	}
	var out []parsed
	for _, e := range p.All {
		if column := fact.ColumnOf(e); r.Has(column) {
			out = append(out, p.cell(r, e, column))
		}
	}
	return out
}

func (p *parser) single(r document.Row) parsed {
	e, bad := p.Element(r.Text(colElement))
	if bad != nil {
		return parsed{place: r.Place(colElement), bad: bad}
	}
	return p.cell(r, e, colValue)
}

// cell makes one value.
func (p *parser) cell(r document.Row, e *fact.Element, column string) parsed {
	if fact.Nothing(r.Text(column)) {
		return parsed{empty: true}
	}
	at, badPeriod := p.ledger.PeriodOf(r, e, p.period)
	in := fact.Entry{Element: e.Code, Period: at, Ref: r.Text(colRef), At: at.End(p.ledger.Zone), Reason: p.reason, Correct: p.reason != ""}
	var unit i18n.Both
	if region, bad := p.Region(r.Text(fact.ColRegion), e.Level); bad == nil {
		in.Unit, unit = region.Code, i18n.Both{Zh: region.NameZh, En: region.NameEn}
	} else if t := p.Thing(r.Text(fact.ColRegion)); t == nil {
		return parsed{place: r.Place(fact.ColRegion), bad: bad}
	} else if bad := p.ledger.Stand(t, &in); bad != nil && badPeriod == nil {
		return parsed{place: r.Place(fact.ColPeriod), bad: bad}
	} else {
		unit = i18n.Both{Zh: t.NameZh, En: t.NameEn}
	}
	if badPeriod != nil {
		return parsed{place: r.Place(fact.ColPeriod), bad: badPeriod}
	}
	place := r.Place(column)
	v, bad := fact.NumberOf(r, column, e)
	if bad != nil {
		return parsed{place: place, bad: bad}
	}
	in.Value = &v
	if err := p.ledger.Check(fact.FromImport, &in); err != nil {
		at := fault.Of(err)
		where := map[string]string{"region": r.Place(fact.ColRegion), "unit": r.Place(fact.ColRegion), "period": r.Place(fact.ColPeriod), "ref": r.Place(colRef)}[at.Place]
		if where == "" {
			where = place
		}
		return parsed{place: where, bad: at}
	}
	return parsed{entry: in, place: place, region: r.Place(fact.ColRegion), ref: r.Place(colRef), element: i18n.Both{Zh: e.NameZh, En: e.NameEn}, unit: unit}
}
