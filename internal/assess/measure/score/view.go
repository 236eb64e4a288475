package score

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/engine/index"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Scores is an index of every unit in a period.
type Scores struct {
	Index   Index         `json:"index"`
	Period  period.Period `json:"period"`
	AsOf    time.Time     `json:"asOf" doc:"As facts stood and definitions were worded then"`
	Version int64         `json:"version" doc:"Counts changes of facts"`
	Of      int           `json:"of" doc:"Units that have a score, those out of the reader's sight included"`
	Units   []Scored      `json:"units" doc:"The best first, those without a score last"`
	Whole   *Whole        `json:"whole,omitempty" doc:"The region that they are parts of, measured by their bounds; absent where it has no score, or is out of the reader's sight"`
}

// Scored is a unit and its score.
type Scored struct {
	Unit
	Score  *float64            `json:"score" doc:"Null: too little is known"`
	Rank   int                 `json:"rank" doc:"1 for the best; 0: none"`
	Low    float64             `json:"low" doc:"Nine of ten trials with other weights put it between these ranks"`
	High   float64             `json:"high"`
	Before int                 `json:"before" doc:"Rank in the period before; 0: none"`
	Grade  *Grade              `json:"grade"`
	Groups map[string]*float64 `json:"groups" doc:"By group at the first level below the index"`
	Known  float64             `json:"known" doc:"Share of indicators that are known"`
}

// How weights are varied for the ranks that a unit could have: each may be a quarter more or less.
const (
	trials = 1000
	noise  = 0.25
	seed   = 1
)

// Reckon reckons an index as facts are, or as facts stood and index and indicators were worded. What is
// reckoned of facts as they are is kept, and only what changed since is reckoned anew.
func (d *Desk) Reckon(ctx context.Context, code string, p period.Period, asOf time.Time) (*Reckoned, error) {
	x, err := d.Index(code)
	if err != nil {
		return nil, err
	}
	if !asOf.IsZero() {
		if x, err = readIndexAt(ctx, d.DB, code, asOf); err != nil {
			return nil, err
		}
		return d.reckon(ctx, d.DB, x, p, asOf, nil)
	}
	key := fmt.Sprintf("%s %d %s", code, x.Revision, p)
	before, _ := d.kept.Get(key)
	r, err := d.reckon(ctx, d.DB, x, p, asOf, before)
	if err == nil {
		d.kept.Add(key, r)
	}
	return r, err
}

// Warm reckons every index of this period and the two before, so that nobody waits for what a start
// forgot.
func (d *Desk) Warm(ctx context.Context) error {
	for _, x := range d.List() {
		for back := range 3 {
			_, err := d.Reckon(ctx, x.Code, period.Of(x.Period, d.Clock.Now(), d.Zone).Next(-back), time.Time{})
			if fault.IsKind(err, fault.Internal) { // what is wrong with an index itself is said to who asks for it
				return err
			}
		}
	}
	return nil
}

// earlier is an index of a period that is shown beside another's; one that has no scores, because it
// cannot be reckoned by its facts, keeps nobody from those of the other.
func (d *Desk) earlier(ctx context.Context, code string, p period.Period, asOf time.Time) (*Reckoned, error) {
	r, err := d.Reckon(ctx, code, p, asOf)
	if err != nil && !fault.IsKind(err, fault.Internal) {
		return &Reckoned{Period: p}, nil
	}
	return r, err
}

// Scores is an index of the units that the reader may see; ranks are among all.
func (d *Desk) Scores(ctx context.Context, code string, p period.Period, asOfText string) (*Scores, error) {
	asOf, err := d.Ledger.AsOf(asOfText)
	if err != nil {
		return nil, err
	}
	r, err := d.Reckon(ctx, code, p, asOf)
	if err != nil {
		return nil, err
	}
	before, err := d.earlier(ctx, code, p.Next(-1), asOf)
	if err != nil {
		return nil, err
	}
	s, err := r.scores(ctx, before)
	if err != nil {
		return nil, err
	}
	if s.AsOf.IsZero() {
		s.AsOf = d.Clock.Now()
	}
	s.Whole = d.wholeOf(ctx, r)
	scope := auth.ScopeOf(ctx, d.Read)
	s.Units = slices.DeleteFunc(s.Units, func(u Scored) bool { return !scope.Allows(u.Path) })
	return s, nil
}

// scores is what was reckoned, the best first.
func (r *Reckoned) scores(ctx context.Context, before *Reckoned) (*Scores, error) {
	s := &Scores{Index: r.Index, Period: r.Period, AsOf: r.AsOf, Version: r.Version, Units: []Scored{}}
	ranks, earlier := r.ranks(), map[string]int{}
	if before != nil {
		earlier = before.ranks()
	}
	spread := map[string]index.Spread{}
	if r.Result != nil {
		levels := r.Result.Tree.Levels()
		u, err := index.Simulate(ctx, r.Result, index.Simulation{Trials: trials, Seed: seed, Noise: noises(levels)})
		if err != nil {
			return nil, told(err)
		}
		for _, of := range u.Units {
			spread[of.Unit] = of
		}
	}
	known := map[string]float64{}
	for _, a := range r.Known {
		known[a.Unit] = a.Available
	}
	for _, u := range r.Units {
		one := r.scored(u)
		one.Rank, one.Low, one.High, one.Before, one.Known = ranks[u.Code], spread[u.Code].Low, spread[u.Code].High, earlier[u.Code], known[u.Code]
		if one.Score != nil {
			s.Of++
		}
		s.Units = append(s.Units, one)
	}
	slices.SortStableFunc(s.Units, func(a, b Scored) int {
		switch {
		case a.Rank == b.Rank:
			return 0
		case a.Rank == 0:
			return 1
		case b.Rank == 0:
			return -1
		}
		return a.Rank - b.Rank
	})
	return s, nil
}

// scored is a unit with its scores.
func (r *Reckoned) scored(u Unit) Scored {
	one := Scored{Unit: u, Score: fact.Told(r.score(top, u.Code)), Groups: map[string]*float64{}}
	if one.Score != nil {
		one.Grade = r.Index.grade(*one.Score)
	}
	for _, g := range r.Index.Groups {
		if g.Parent == "" {
			one.Groups[g.Code] = fact.Told(r.score("g:"+g.Code, u.Code))
		}
	}
	return one
}

// noises lets the weights of every level but the top's be off.
func noises(levels int) map[int]float64 {
	out := map[int]float64{}
	for level := 1; level < levels; level++ {
		out[level] = noise
	}
	return out
}

// Opened is a score opened into its parts.
type Opened struct {
	Scored
	Index  Index         `json:"index"`
	Period period.Period `json:"period"`
	AsOf   time.Time     `json:"asOf"`
	Of     int           `json:"of"`
	Whole  bool          `json:"whole" doc:"It is the region that the units are parts of: it has no rank, and each part says how it came to its score"`
	Parts  []OpenedPart  `json:"parts" doc:"In the order of the tree, each node before what lies below it"`
	Past   []Past        `json:"past" doc:"The last periods, the oldest first"`
}

// OpenedPart is what a node of the tree contributes.
type OpenedPart struct {
	Code    string   `json:"code" doc:"Of a group or an indicator"`
	Group   bool     `json:"group"`
	Parent  string   `json:"parent" doc:"Code of the group that it belongs to; empty for the index"`
	Depth   int      `json:"depth"`
	NameZh  string   `json:"nameZh"`
	NameEn  string   `json:"nameEn"`
	UnitZh  string   `json:"unitZh"`
	UnitEn  string   `json:"unitEn"`
	Places  int      `json:"places"`
	Raw     *float64 `json:"raw" doc:"The indicator's own value; null for a group or where it is not known"`
	Imputed bool     `json:"imputed"`
	By      string   `json:"by,omitempty" enum:"own,mean" doc:"Of the whole's indicators: its own value between the bounds of the units, or the mean of their scores weighted by population"`
	Score   *float64 `json:"score" doc:"On the index's scale, more being better"`
	Weight  float64  `json:"weight" doc:"Its share among its siblings that are known"`
	Points  *float64 `json:"points" doc:"How many of the index's points are its; those of siblings add up to their group's"`
	Lost    *float64 `json:"lost" doc:"How many more the index would have if it were as good as the best unit"`
	Best    string   `json:"best" doc:"Name of that unit"`
	BestEn  string   `json:"bestEn"`

	Target  *indicator.Target `json:"target,omitempty" doc:"The target of the indicator that holds for the unit in this period"`
	Reached *bool             `json:"reached,omitempty" doc:"Whether its value is as good as that; absent where it is not known"`
}

// Past is a score of an earlier period.
type Past struct {
	Period period.Period `json:"period"`
	Score  *float64      `json:"score"`
	Rank   int           `json:"rank"`
	Of     int           `json:"of"`
}

// pastPeriods are those that a unit's page goes back.
const pastPeriods = 12

// Open opens a unit's score.
func (d *Desk) Open(ctx context.Context, code, unit string, p period.Period, asOfText string) (*Opened, error) {
	asOf, err := d.Ledger.AsOf(asOfText)
	if err != nil {
		return nil, err
	}
	r, err := d.Reckon(ctx, code, p, asOf)
	if err != nil {
		return nil, err
	}
	s, err := r.scores(ctx, nil)
	if err != nil {
		return nil, err
	}
	one, err := d.opened(ctx, r, s, unit)
	if err != nil {
		return nil, err
	}
	out := &Opened{Scored: one, Whole: r.Home != nil && unit == r.Home.Code, Index: r.Index, Period: p, AsOf: s.AsOf, Of: s.Of, Parts: []OpenedPart{}, Past: []Past{}}
	if out.AsOf.IsZero() {
		out.AsOf = d.Clock.Now()
	}
	if out.Score != nil {
		if out.Parts, err = r.parts(unit); err != nil {
			return nil, err
		}
		if err := d.aim(ctx, r, out); err != nil {
			return nil, err
		}
	}
	for back := pastPeriods - 1; back >= 0; back-- {
		then, err := d.earlier(ctx, code, p.Next(-back), asOf)
		if err != nil {
			return nil, err
		}
		ranks := then.ranks()
		of := 0
		for _, rank := range ranks {
			if rank > 0 {
				of++
			}
		}
		out.Past = append(out.Past, Past{p.Next(-back), fact.Told(then.score(top, unit)), ranks[unit], of})
	}
	return out, nil
}

// aim gives the indicators of an opened score the targets that hold for its unit.
func (d *Desk) aim(ctx context.Context, r *Reckoned, o *Opened) error {
	for i := range o.Parts {
		x := &o.Parts[i]
		def, known := r.defined[x.Code]
		if x.Group || !known {
			continue
		}
		held, err := d.Book.Targets(ctx, def)
		if err != nil {
			return err
		}
		x.Target = held.At(&def, o.Path, o.Period)
		if x.Target != nil && x.Raw != nil && def.Direction != indicator.Neither {
			reached := *x.Raw == x.Target.Value || (*x.Raw > x.Target.Value) == (def.Direction == indicator.Up)
			x.Reached = &reached
		}
	}
	return nil
}

func (r *Reckoned) parts(unit string) ([]OpenedPart, error) {
	explained, err := r.resultOf(unit).Explain(unit, top)
	if err != nil {
		return nil, told(err)
	}
	depth := map[string]int{top: 0}
	out := []OpenedPart{}
	for _, e := range explained[1:] {
		depth[e.Code] = depth[e.Parent] + 1
		o := OpenedPart{Code: e.Code, Depth: depth[e.Code], Parent: bare(e.Parent), Weight: e.Weight, Score: fact.Told(e.Score * r.scale), Points: fact.Told(e.Points * r.scale)}
		if math.IsNaN(o.Weight) {
			o.Weight = 0
		}
		if i := slices.IndexFunc(r.Index.Groups, func(g Group) bool { return "g:"+g.Code == e.Code }); i >= 0 {
			g := r.Index.Groups[i]
			o.Code, o.Group, o.NameZh, o.NameEn = g.Code, true, g.NameZh, g.NameEn
		} else if def, ok := r.defined[e.Code]; ok {
			v := r.Values[e.Code][unit][0]
			o.NameZh, o.NameEn, o.UnitZh, o.UnitEn, o.Places, o.Raw, o.Imputed = def.NameZh, def.NameEn, def.UnitZh, def.UnitEn, def.Places, fact.Told(v.V), v.Imputed
			if r.Whole != nil && unit == r.Home.Code {
				o.By = r.Whole.by[e.Code]
			}
		}
		r.lost(&o, e)
		out = append(out, o)
	}
	return out, nil
}

// bare is the code of a group without what tells it from indicators.
func bare(code string) string {
	if code == top {
		return ""
	}
	return code[len("g:"):]
}

// lost says what a unit loses on a node against the best, to first order: the slope of the index
// there times the difference.
func (r *Reckoned) lost(o *OpenedPart, e index.Part) {
	column := r.Result.At(index.Aggregated).Column(e.Code)
	best, at := math.Inf(-1), -1
	for i, v := range column {
		if v > best { // NaN is not
			best, at = v, i
		}
	}
	if at < 0 || math.IsNaN(e.Score) || math.IsNaN(e.Marginal) {
		return
	}
	o.Lost = fact.Told((best - e.Score) * e.Marginal * r.scale)
	code := r.Result.At(index.Aggregated).Units[at]
	if i := slices.IndexFunc(r.Units, func(u Unit) bool { return u.Code == code }); i >= 0 {
		o.Best, o.BestEn = r.Units[i].NameZh, r.Units[i].NameEn
	}
}
