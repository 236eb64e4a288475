package standard

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// judge holds what is needed to say how regions and things stand.
type judge struct {
	d      *Desk
	ctx    context.Context
	q      store.Queryer
	tree   *fact.Tree
	zones  []Zone
	period period.Period // zero: the latest that is known
	until  time.Time     // nothing is looked at that begins then or later
	read   map[string][]fact.Thing
}

// back is how many periods are looked through for the latest value.
var back = map[period.Kind]int{period.Month: 12, period.Quarter: 4, period.Half: 3, period.Year: 5, period.Plan: 1}

func (d *Desk) judge(ctx context.Context, q store.Queryer, p period.Period) (*judge, error) {
	zones, err := d.Zones.Zones(ctx)
	return &judge{d: d, ctx: ctx, q: q, tree: d.Ledger.Tree(), zones: zones, period: p, read: map[string][]fact.Thing{}, until: d.Clock.Now().Add(time.Nanosecond)}, err
}

// paths are where a pilot is to be.
func (j *judge) paths(p *PilotPlan) (paths []string) {
	if p == nil {
		return nil
	}
	codes := slices.Clone(p.Regions)
	for _, z := range j.zones {
		if z.Code == p.Zone {
			codes = append(codes, z.Codes...)
		}
	}
	for _, code := range codes {
		if r, err := j.tree.Region(code); err == nil {
			paths = append(paths, r.Path)
		}
	}
	return paths
}

func within(path string, paths []string) bool {
	return slices.ContainsFunc(paths, func(p string) bool { return strings.HasPrefix(path, p) })
}

func (it *Item) level() string {
	if it.Level == "" {
		return "district"
	}
	return it.Level
}

// item says how regions, or things, stand with an item.
func (j *judge) item(it *Item, units []unit) (ItemImpact, error) {
	out := ItemImpact{Key: it.Key, HeadingZh: it.HeadingZh, HeadingEn: it.HeadingEn, Indicator: it.Indicator, Comparison: it.Comparison, Level: it.level(), Things: it.Things, Units: []UnitImpact{}}
	def, err := j.d.Book.Definition(it.Indicator)
	if it.Indicator == "" || err != nil { // one that was retired since judges nothing
		out.Free = len(units)
		return out, nil
	}
	out.NameZh, out.NameEn, out.UnitZh, out.UnitEn, out.Places = def.NameZh, def.NameEn, def.UnitZh, def.UnitEn, def.Places
	var codes []string
	limits := map[string]float64{}
	for _, u := range units {
		limit, ok := j.threshold(it, &u)
		if !ok {
			out.Free++
			continue
		}
		limits[u.code] = limit
		codes = append(codes, u.code)
	}
	values, run, err := j.values(it, &def, codes)
	if err != nil {
		return out, err
	}
	people, err := j.people(codes)
	if err != nil {
		return out, err
	}
	for _, one := range units {
		limit, bound := limits[one.code]
		if !bound {
			continue
		}
		u := UnitImpact{Code: one.code, Path: one.path, NameZh: one.nameZh, NameEn: one.nameEn, People: people(one.code), Threshold: limit, Standing: Unknown}
		for i, v := range slices.Backward(values[one.code]) {
			if !v.Known() {
				continue
			}
			value, at := v.V, run.Next(i)
			u.Value, u.Data, u.Stale = &value, v.Data, j.d.Book.Stale(&def, v, at)
			if u.Data.Kind == "" {
				u.Data = at
			}
			u.judge(it.Comparison)
			break
		}
		out.Sum.add(&u)
		out.Units = append(out.Units, u)
		if district := j.around(one.region, "district"); it.Level == thingLevel && district != nil {
			out.rollUp(district, &u)
		}
	}
	slices.SortFunc(out.Districts, func(a, b Rollup) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}

// hair is what two numbers may differ by and still be the same.
const hair = 1e-9

// judge says whether a value reaches its threshold.
func (u *UnitImpact) judge(c Comparison) {
	short := u.Threshold - *u.Value
	if c == AtMost {
		short = -short
	}
	if u.Standing = Kept; short > hair*math.Max(1, math.Abs(u.Threshold)) {
		u.Standing, u.Short = Failed, &short
	}
}

// values are an item's indicator over the periods that are looked through, and the first of them.
func (j *judge) values(it *Item, def *indicator.Definition, codes []string) (map[string][]indicator.Value, period.Period, error) {
	kind := it.Period
	if kind == "" || kind.Rank() < def.Period.Rank() {
		kind = def.Period
	}
	if kind.Rank() < period.Month.Rank() {
		kind = period.Month
	}
	to := period.Of(kind, j.until.Add(-time.Nanosecond), j.d.Zone)
	if def.Accrues && to.End(j.d.Zone).After(j.until) { // what adds up has not kept or failed anything before its period is over
		to = to.Next(-1)
	}
	from := to.Next(-back[kind])
	if j.period.Kind != "" {
		if kind = j.period.Kind; kind.Rank() < def.Period.Rank() {
			kind = def.Period
		}
		from = j.period.In(kind)
		to = from
	}
	if len(codes) == 0 {
		return nil, from, nil
	}
	found, err := j.d.Book.Values(j.ctx, j.q, indicator.Ask{Indicators: []string{it.Indicator}, Units: codes, From: from, To: to})
	return found[it.Indicator], from, err
}

// people answers how many live in regions.
func (j *judge) people(codes []string) (func(code string) int64, error) {
	now := period.Of(period.Year, j.until, j.d.Zone)
	if len(codes) == 0 {
		return nil, nil
	}
	if _, err := j.d.Ledger.Element(indicator.Population); err != nil {
		return func(string) int64 { return 0 }, nil
	}
	grid, err := j.d.Ledger.Read(j.ctx, j.q, fact.Ask{Elements: []string{indicator.Population}, Units: codes, From: now, To: now})
	return func(code string) int64 {
		if r := grid.At(indicator.Population, code, 0); r.Known() {
			return int64(math.Round(r.V))
		}
		return 0
	}, err
}

// threshold is what a region, or a thing that stands in it, must reach: that of its zone, else of its
// kind, else of town or country, else of all. Of several that fit alike the strictest holds.
func (j *judge) threshold(it *Item, u *unit) (limit float64, ok bool) {
	best := -1
	for _, th := range it.Thresholds {
		rank := j.fits(th.For, u)
		switch stricter := it.Comparison == AtMost && th.Value < limit || it.Comparison != AtMost && th.Value > limit; {
		case rank < 0 || rank < best || rank == best && !stricter:
			continue
		}
		best, limit, ok = rank, th.Value, true
	}
	return limit, ok
}

// Kinds of regions that are town or country; others are neither.
var areas = map[string]string{"street": "urban", "community": "urban", "town": "rural", "township": "rural", "village": "rural"}

// fits says how closely a threshold is meant for a unit; −1: not at all.
func (j *judge) fits(whom string, u *unit) int {
	what, which, _ := strings.Cut(whom, ":")
	switch what {
	case "all":
		return 0
	case "area":
		if areas[u.region.Kind] == which {
			return 1
		}
	case "kind":
		if u.region.Kind == which {
			return 2
		}
	case "zone":
		if within(u.path, j.paths(&PilotPlan{Zone: which})) {
			return 3
		}
	}
	return -1
}
