package score

import (
	"context"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/engine/index"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Robust is how far an index hangs on choices.
type Robust struct {
	Period   period.Period `json:"period"`
	Trials   int           `json:"trials"`
	Noise    float64       `json:"noise" doc:"Share by which each weight may be off"`
	Reversed float64       `json:"reversed" doc:"Share of pairs of units that changed places, over all trials"`
	Shift    float64       `json:"shift" doc:"Mean change of rank"`
	Ranks    []RankSpread  `json:"ranks" doc:"The best first"`
	Ways     []Way         `json:"ways" doc:"Other normalisations and means"`
	LeftOut  []LeftOut     `json:"leftOut" doc:"Without one indicator or group at a time, what matters most first"`
}

// RankSpread is where a unit's ranks lie.
type RankSpread struct {
	Unit
	Rank   int     `json:"rank"`
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	Best   int     `json:"best"`
	Worst  int     `json:"worst"`
}

// Way is another way to reckon, and what it changes.
type Way struct {
	Normalise string         `json:"normalise"`
	Mean      string         `json:"mean"`
	Shift     float64        `json:"shift" doc:"Mean change of rank"`
	Ranks     map[string]int `json:"ranks" doc:"By unit"`
	Fault     string         `json:"fault,omitempty" doc:"Why it does not fit"`
}

// LeftOut is what changes without one part.
type LeftOut struct {
	Code   string         `json:"code"`
	Group  bool           `json:"group"`
	NameZh string         `json:"nameZh"`
	NameEn string         `json:"nameEn"`
	Shift  float64        `json:"shift"`
	Ranks  map[string]int `json:"ranks" doc:"By unit"`
}

// Robust says how far an index hangs on its weights, its way and each of its parts.
func (d *Desk) Robust(ctx context.Context, code string, p period.Period, asOfText string) (*Robust, error) {
	asOf, err := d.Ledger.AsOf(asOfText)
	if err != nil {
		return nil, err
	}
	r, err := d.Reckon(ctx, code, p, asOf)
	if err != nil {
		return nil, err
	}
	if r.Result == nil {
		return nil, fault.New(fault.Conflict, "measure.index.nothing")
	}
	scope := auth.ScopeOf(ctx, d.Read)
	seen := map[string]Unit{}
	for _, u := range r.Units {
		if scope.Allows(u.Path) {
			seen[u.Code] = u
		}
	}
	out := &Robust{Period: p, Trials: trials, Noise: noise, Ranks: []RankSpread{}, Ways: []Way{}, LeftOut: []LeftOut{}}
	levels := r.Result.Tree.Levels()
	u, err := index.Simulate(ctx, r.Result, index.Simulation{Trials: trials, Seed: seed, Noise: noises(levels)})
	if err != nil {
		return nil, told(err)
	}
	out.Reversed, out.Shift = u.Reversed, u.Shift
	for _, s := range u.Units {
		if unit, ok := seen[s.Unit]; ok && s.Rank > 0 {
			out.Ranks = append(out.Ranks, RankSpread{unit, s.Rank, s.Median, s.Low, s.High, s.Best, s.Worst})
		}
	}
	slices.SortFunc(out.Ranks, func(a, b RankSpread) int { return a.Rank - b.Rank })
	units := r.Result.At(index.Aggregated).Units
	ranks := func(of []int) map[string]int {
		m := map[string]int{}
		for i, rank := range of {
			if _, ok := seen[units[i]]; ok {
				m[units[i]] = rank
			}
		}
		return m
	}
	if err := r.ways(out, ranks); err != nil {
		return nil, err
	}
	return out, r.leaveOut(out, ranks)
}

// ways reckons the index in other ways. Geometric and harmonic means need scores above zero, so
// they follow a scale from 1.
func (r *Reckoned) ways(out *Robust, ranks func([]int) map[string]int) error {
	above := index.Normalisation{By: index.MinMax, A: 1, B: 100}
	for _, w := range []struct {
		name string
		by   index.Normalisation
		mean index.Mean
	}{{"minmax", normalisations["minmax"], index.Arithmetic}, {"zscore", normalisations["zscore"], index.Arithmetic}, {"prank", normalisations["prank"], index.Arithmetic},
		{"borda", normalisations["borda"], index.Arithmetic}, {"minmax", above, index.Geometric}, {"minmax", above, index.Harmonic}} {
		found, err := index.Vary(r.Result, []index.Normalisation{w.by}, [][]index.Mean{{w.mean}}, top)
		if err != nil {
			return told(err)
		}
		way := Way{Normalise: w.name, Mean: string(w.mean), Shift: found[0].Shift, Ranks: map[string]int{}}
		if found[0].Err != nil {
			way.Fault = found[0].Err.Error()
		} else {
			way.Ranks = ranks(found[0].Ranks)
		}
		out.Ways = append(out.Ways, way)
	}
	return nil
}

func (r *Reckoned) leaveOut(out *Robust, ranks func([]int) map[string]int) error {
	for level := 1; level < r.Result.Tree.Levels(); level++ {
		found, err := index.LeaveOut(r.Result, level, top)
		if err != nil {
			return told(err)
		}
		for _, l := range found {
			o := LeftOut{Code: l.Code, Shift: l.Shift, Ranks: ranks(l.Ranks)}
			if code, is := strings.CutPrefix(l.Code, "g:"); is {
				o.Code, o.Group = code, true
				if i := slices.IndexFunc(r.Index.Groups, func(g Group) bool { return g.Code == code }); i >= 0 {
					o.NameZh, o.NameEn = r.Index.Groups[i].NameZh, r.Index.Groups[i].NameEn
				}
			} else if def, ok := r.defined[l.Code]; ok {
				o.NameZh, o.NameEn = def.NameZh, def.NameEn
			}
			out.LeftOut = append(out.LeftOut, o)
		}
	}
	slices.SortStableFunc(out.LeftOut, func(a, b LeftOut) int {
		switch {
		case a.Shift > b.Shift:
			return -1
		case a.Shift < b.Shift:
			return 1
		}
		return 0
	})
	return nil
}
