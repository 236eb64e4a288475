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

// Standing is how a region stands with an item.
type Standing string

// Standings. What is not known is neither kept nor failed.
const (
	Kept    Standing = "kept"
	Failed  Standing = "failed"
	Unknown Standing = "unknown"
)

// Impact is what a version would mean on the facts of a moment: who keeps each item already, who
// would fail it, by how much, and how many people live there.
type Impact struct {
	At     time.Time    `json:"at"`
	Facts  int64        `json:"facts" doc:"Version of the facts that it was reckoned from"`
	Region string       `json:"region" doc:"Code of the region that the standard binds"`
	Items  []ItemImpact `json:"items" nullable:"false"`
	Pilot  []ItemImpact `json:"pilot,omitempty" doc:"Where it is tried: how its regions stand now, and stood before"`
}

// ItemImpact is what one item would mean.
type ItemImpact struct {
	Key        string       `json:"key"`
	HeadingZh  string       `json:"headingZh"`
	HeadingEn  string       `json:"headingEn"`
	Indicator  string       `json:"indicator"`
	NameZh     string       `json:"nameZh" doc:"Of the indicator"`
	NameEn     string       `json:"nameEn"`
	UnitZh     string       `json:"unitZh"`
	UnitEn     string       `json:"unitEn"`
	Places     int          `json:"places"`
	Comparison Comparison   `json:"comparison" enum:",at_least,at_most"`
	Level      string       `json:"level" enum:"city,district,township"`
	Sum        Sum          `json:"sum"`
	Tried      *Sum         `json:"tried,omitempty" doc:"Of the regions where it is to be tried first"`
	Units      []UnitImpact `json:"units" nullable:"false" doc:"Regions that have a threshold"`
	Free       int          `json:"free" doc:"Regions for which the item names no threshold"`
}

// Sum counts regions and the people who live there.
type Sum struct {
	Kept          int   `json:"kept"`
	Failed        int   `json:"failed"`
	Unknown       int   `json:"unknown"`
	PeopleKept    int64 `json:"peopleKept"`
	PeopleFailed  int64 `json:"peopleFailed"`
	PeopleUnknown int64 `json:"peopleUnknown"`
}

func (s *Sum) add(u *UnitImpact) {
	n, people := &s.Unknown, &s.PeopleUnknown
	switch u.Standing {
	case Kept:
		n, people = &s.Kept, &s.PeopleKept
	case Failed:
		n, people = &s.Failed, &s.PeopleFailed
	}
	*n++
	*people += u.People
}

// UnitImpact is how one region stands with an item.
type UnitImpact struct {
	Code      string        `json:"code"`
	Path      string        `json:"path"`
	NameZh    string        `json:"nameZh"`
	NameEn    string        `json:"nameEn"`
	People    int64         `json:"people" doc:"0 where it is not known"`
	Value     *float64      `json:"value,omitempty"`
	Before    *float64      `json:"before,omitempty" doc:"Of a pilot: before it began"`
	Threshold float64       `json:"threshold"`
	Short     *float64      `json:"short,omitempty" doc:"By how much it fails"`
	Standing  Standing      `json:"standing" enum:"kept,failed,unknown"`
	Data      period.Period `json:"data" doc:"Period in which the value was stated"`
	Stale     bool          `json:"stale,omitempty" doc:"Older than the indicator allows"`
	Tried     bool          `json:"tried,omitempty" doc:"Lies where it is to be tried first"`
}

// impact reckons what items would mean for all whom a standard binds; items may be left out for
// all of a content's.
func (d *Desk) impact(ctx context.Context, q store.Queryer, s *Standard, c *Content, items []Item) (*Impact, error) {
	j, err := d.judge(ctx, q, period.Period{})
	if err != nil {
		return nil, err
	}
	out := &Impact{At: d.Clock.Now().UTC(), Region: s.RegionCode, Items: []ItemImpact{}}
	if out.Facts, err = fact.Version(ctx, q); err != nil {
		return nil, err
	}
	tried := j.paths(c.Pilot)
	if items == nil {
		items = c.Items
	}
	for i := range items {
		it := &items[i]
		found, err := j.item(it, d.subject(j.tree, s, it))
		if err != nil {
			return nil, err
		}
		for u := range found.Units {
			if unit := &found.Units[u]; within(unit.Path, tried) {
				unit.Tried = true
				if found.Tried == nil {
					found.Tried = &Sum{}
				}
				found.Tried.add(unit)
			}
		}
		out.Items = append(out.Items, found)
	}
	return out, nil
}

// subject are the regions that an item of a standard judges: of one from above those that this
// node serves.
func (d *Desk) subject(t *fact.Tree, s *Standard, it *Item) []*fact.Region {
	path := s.RegionPath
	if strings.HasPrefix(d.Home, path) {
		path = d.Home
	}
	return t.Within(path, it.level())
}

// pilotResult is how the regions of a pilot stand now, and stood before it began.
func (d *Desk) pilotResult(ctx context.Context, q store.Queryer, s *Standard, v *Version) ([]ItemImpact, error) {
	now, err := d.judge(ctx, q, period.Period{})
	if err != nil {
		return nil, err
	}
	began, err := time.ParseInLocation(time.DateOnly, v.Content.Pilot.From, d.Zone)
	if err != nil {
		return nil, err
	}
	then := *now
	then.until = began
	out, tried := []ItemImpact{}, now.paths(v.Content.Pilot)
	for i := range v.Content.Items {
		it := &v.Content.Items[i]
		units := slices.DeleteFunc(d.subject(now.tree, s, it), func(r *fact.Region) bool { return !within(r.Path, tried) })
		found, err := now.item(it, units)
		if err != nil {
			return nil, err
		}
		before, err := then.item(it, units)
		if err != nil {
			return nil, err
		}
		for u := range found.Units {
			found.Units[u].Before = before.Units[u].Value
		}
		out = append(out, found)
	}
	return out, nil
}

// judge holds what is needed to say how regions stand.
type judge struct {
	d      *Desk
	ctx    context.Context
	q      store.Queryer
	tree   *fact.Tree
	zones  []Zone
	period period.Period // zero: the latest that is known
	until  time.Time     // nothing is looked at that begins then or later
}

// back is how many periods are looked through for the latest value.
var back = map[period.Kind]int{period.Month: 12, period.Quarter: 4, period.Half: 3, period.Year: 5, period.Plan: 1}

func (d *Desk) judge(ctx context.Context, q store.Queryer, p period.Period) (*judge, error) {
	zones, err := d.Zones.Zones(ctx)
	return &judge{d: d, ctx: ctx, q: q, tree: d.Ledger.Tree(), zones: zones, period: p, until: d.Clock.Now().Add(time.Nanosecond)}, err
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

// item says how regions stand with an item.
func (j *judge) item(it *Item, regions []*fact.Region) (ItemImpact, error) {
	out := ItemImpact{Key: it.Key, HeadingZh: it.HeadingZh, HeadingEn: it.HeadingEn, Indicator: it.Indicator, Comparison: it.Comparison, Level: it.level(), Units: []UnitImpact{}}
	def, err := j.d.Book.Definition(it.Indicator)
	if it.Indicator == "" || err != nil { // one that was retired since judges nothing
		out.Free = len(regions)
		return out, nil
	}
	out.NameZh, out.NameEn, out.UnitZh, out.UnitEn, out.Places = def.NameZh, def.NameEn, def.UnitZh, def.UnitEn, def.Places
	var codes []string
	limits := map[string]float64{}
	for _, r := range regions {
		limit, ok := j.threshold(it, r)
		if !ok {
			out.Free++
			continue
		}
		limits[r.Code] = limit
		codes = append(codes, r.Code)
	}
	values, run, err := j.values(it, &def, codes)
	if err != nil {
		return out, err
	}
	people, err := j.people(codes)
	if err != nil {
		return out, err
	}
	for _, r := range regions {
		limit, bound := limits[r.Code]
		if !bound {
			continue
		}
		u := UnitImpact{Code: r.Code, Path: r.Path, NameZh: r.NameZh, NameEn: r.NameEn, People: people(r.Code), Threshold: limit, Standing: Unknown}
		for i, v := range slices.Backward(values[r.Code]) {
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
	}
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

// threshold is what a region must reach: that of its zone, else of its kind, else of town or
// country, else of all. Of several that fit alike the strictest holds.
func (j *judge) threshold(it *Item, r *fact.Region) (limit float64, ok bool) {
	best := -1
	for _, th := range it.Thresholds {
		rank := j.fits(th.For, r)
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

// fits says how closely a threshold is meant for a region; −1: not at all.
func (j *judge) fits(whom string, r *fact.Region) int {
	what, which, _ := strings.Cut(whom, ":")
	switch what {
	case "all":
		return 0
	case "area":
		if areas[r.Kind] == which {
			return 1
		}
	case "kind":
		if r.Kind == which {
			return 2
		}
	case "zone":
		if within(r.Path, j.paths(&PilotPlan{Zone: which})) {
			return 3
		}
	}
	return -1
}
