package portal

import (
	"cmp"
	"context"
	"slices"

	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
)

// figurePage answers: how does a place stand with one thing?
type figurePage struct {
	Line figureLine
	figurePlace
	Indicator        string // code
	Name, Plain, How string
	Owner, Source    string
	Changed, Fresh   string
	Sample           bool
	Chart            *figureChart
	Past             []pastRow
	Rows             []districtRow
	When             string // what the rows are of
	Order            string
	From, To         string // of what is shown, for the links to open data
	Licence, URL     string
	Known            bool
}

// pastRow is a period in the table behind the chart.
type pastRow struct{ When, Here, City string }

// districtRow is a district in the table of all.
type districtRow struct {
	Code, Name, Value string
	Bar               *bar
	Here, None        bool
}

func (p *Portal) figure(ctx context.Context, r *request) (string, any, bool, error) {
	list, err := p.deps.Figures.Opens(ctx)
	if err != nil {
		return "", nil, false, err
	}
	i := slices.IndexFunc(list, func(o indicator.Public) bool { return o.Code == r.PathValue("code") })
	if i < 0 {
		return "", nil, false, errMissing
	}
	o := &list[i]
	at, err := p.placeOf(ctx, r, list, r.PathValue("region"))
	if err != nil {
		return "", nil, false, err
	}
	t, err := p.deps.Figures.OpenSeries(ctx, o.Code, period.Period{}, period.Period{})
	if err != nil {
		return "", nil, false, err
	}
	page := figurePage{figurePlace: at, Name: r.name(o.NameZh, o.NameEn), Plain: r.name(o.PlainZh, o.PlainEn), How: r.name(o.HowZh, o.HowEn), Owner: o.Owner, Source: r.name(o.Source, o.SourceEn), Sample: o.Sample,
		Licence: o.Licence, URL: indicator.LicenceURL, From: t.Periods[0].String(), To: t.Periods[len(t.Periods)-1].String()}
	page.Line, page.Known = r.figure(o, at)
	page.Indicator = o.Code
	if !o.ChangedAt.IsZero() {
		page.Changed = r.at(o.ChangedAt)
	}
	if o.At.Kind != "" {
		page.Fresh, page.When = r.period(statedIn(o, at.of(o))), r.period(statedIn(o, indicator.OpenValue{Data: o.Data}))
	}
	r.overTime(&page, o, &t, at)
	r.byDistrict(&page, o, at)
	return page.Name + " · " + at.Where, page, false, nil
}

// overTime draws an indicator over time, with the table behind.
func (r *request) overTime(page *figurePage, o *indicator.Public, t *indicator.OpenTable, at figurePlace) {
	here := slices.IndexFunc(t.Units, func(u indicator.Unit) bool { return u.Code == at.Code })
	if here < 0 {
		return
	}
	values := t.Indicators[0].Values
	lines := [][]*float64{values[here]}
	if at.City != "" {
		lines = append(lines, values[0])
	}
	periods, spoken := make([]string, len(t.Periods)), make([]string, len(t.Periods))
	for i, p := range t.Periods {
		periods[i], spoken[i] = r.period(p), r.soFar(p)
	}
	if page.Chart = r.draw(o, periods, spoken, lines, at.of(o).Target); page.Chart != nil {
		var both, gaps string
		if at.City != "" {
			both = r.t("figures.two_lines", "place", at.Where, "city", at.City)
		}
		if len(page.Chart.Gaps) > 0 {
			gaps = r.t("figures.gaps")
		}
		page.Chart.Caption = r.joined(both, gaps, page.Chart.Says)
	}
	exact := func(v *float64) string {
		if v == nil {
			return r.t("figures.none")
		}
		return r.exact(o, *v)
	}
	for i := len(periods) - 1; i >= 0; i-- {
		row := pastRow{When: spoken[i], Here: exact(values[here][i])}
		if at.City != "" {
			row.City = exact(values[0][i])
		}
		page.Past = append(page.Past, row)
	}
}

// byDistrict puts the districts beside each other, the best first.
func (r *request) byDistrict(page *figurePage, o *indicator.Public, at figurePlace) {
	if !slices.ContainsFunc(o.Regions, func(v indicator.OpenValue) bool { return v.Value != nil }) {
		return
	}
	regions := slices.Clone(o.Regions)
	slices.SortStableFunc(regions, func(a, b indicator.OpenValue) int {
		switch {
		case a.Value == nil || b.Value == nil:
			return cmp.Compare(b2i(a.Value == nil), b2i(b.Value == nil))
		case o.Direction == indicator.Down:
			return cmp.Compare(*a.Value, *b.Value)
		}
		return cmp.Compare(*b.Value, *a.Value)
	})
	values := make([]*float64, len(regions))
	for i := range regions {
		values[i] = regions[i].Value
	}
	targets := make([]*float64, len(regions))
	alike := true
	for i, v := range regions {
		if v.Target != nil && suits(o, values, v.Target) {
			targets[i] = &v.Target.Value
		}
		alike = alike && targets[i] != nil && *targets[i] == *targets[0]
	}
	mark := ""
	if alike {
		mark = r.t("figures.target.mark", "value", r.short(o, *targets[0]))
	} else if slices.ContainsFunc(targets, func(v *float64) bool { return v != nil }) {
		mark = r.t("figures.target.marks")
	}
	bars := barsOf(values, targets, o.UnitZh == "%")
	for i, v := range regions {
		row := districtRow{Code: v.Region, Name: r.name(v.NameZh, v.NameEn), Value: r.t("figures.none"), Bar: bars[i], Here: v.Region == at.Code, None: v.Value == nil}
		if v.Value != nil {
			row.Value = r.exact(o, *v.Value)
		}
		page.Rows = append(page.Rows, row)
	}
	page.Order = r.joined(r.t("figures.order."+string(o.Direction)), mark)
}

// suits reports whether a target that holds for a district can be meant for it: its own is, and that
// of its zone; one for all is where it is a share, not where it is a count of all districts together.
func suits(o *indicator.Public, values []*float64, target *indicator.Target) bool {
	if target.Region != "" || target.Zone != "" || o.UnitZh == "%" || o.SayZh != "" && hundred(o) {
		return true
	}
	for _, v := range values {
		if v != nil && *v >= target.Value/2 {
			return true
		}
	}
	return false
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
