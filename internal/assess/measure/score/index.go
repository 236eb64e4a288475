package score

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/engine/index"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/indicator"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Index is a composite index.
type Index struct {
	Code     string      `json:"code" pattern:"^[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)*$" maxLength:"80"`
	NameZh   string      `json:"nameZh" minLength:"1" maxLength:"80" text:"name"`
	NameEn   string      `json:"nameEn" minLength:"1" maxLength:"120" text:"name"`
	PlainZh  string      `json:"plainZh" maxLength:"2000" doc:"What it says, as one would tell a neighbour"`
	PlainEn  string      `json:"plainEn" maxLength:"3000"`
	Level    string      `json:"level" enum:",city,prefecture,district,township,village" doc:"Regions of this level are scored; empty for things"`
	Things   string      `json:"things" maxLength:"30" doc:"Things of this kind are scored: operator, outlet, fund, …; empty for regions"`
	Zone     string      `json:"zone" maxLength:"40" doc:"Only regions, or things, within a zone; empty for all"`
	Period   period.Kind `json:"period" enum:"day,month,quarter,half,year,plan"`
	Groups   []Group     `json:"groups" nullable:"false" maxItems:"60" doc:"Inner nodes; the index itself is their top and is not among them"`
	Parts    []Part      `json:"parts" nullable:"false" minItems:"1" maxItems:"200"`
	Method   Reckon      `json:"method"`
	Grades   []Grade     `json:"grades" nullable:"false" maxItems:"12" doc:"From the best"`
	Owner    string      `json:"owner" maxLength:"120" text:"bared"`
	Public   bool        `json:"public" doc:"Everybody may see it"`
	Judges   bool        `json:"judges,omitempty" readOnly:"true" doc:"In a list: a method on trial or in force judges by it"`
	Sample   bool        `json:"sample" readOnly:"true"`
	Revision int64       `json:"revision" readOnly:"true"`
}

// indicators are the codes of an index's parts.
func (x *Index) indicators() []string {
	codes := make([]string, len(x.Parts))
	for i, p := range x.Parts {
		codes[i] = p.Indicator
	}
	return codes
}

// Group is an inner node.
type Group struct {
	Code   string  `json:"code" pattern:"^[a-z][a-z0-9_]*$" maxLength:"40"`
	NameZh string  `json:"nameZh" minLength:"1" maxLength:"80" text:"name"`
	NameEn string  `json:"nameEn" minLength:"1" maxLength:"120" text:"name"`
	Parent string  `json:"parent" maxLength:"40" doc:"Empty for the index itself"`
	Weight float64 `json:"weight" minimum:"0" maximum:"1000000"`
}

// Part is an indicator in an index.
type Part struct {
	Indicator string   `json:"indicator" maxLength:"80"`
	Group     string   `json:"group" maxLength:"40" doc:"Empty for the index itself"`
	Weight    float64  `json:"weight" minimum:"0" maximum:"1000000"`
	Low       *float64 `json:"low,omitempty" doc:"Goalposts, in the indicator's unit, the smaller first"`
	High      *float64 `json:"high,omitempty"`
}

// Reckon is how indicators become one number.
type Reckon struct {
	Fill      string   `json:"fill" enum:"none,mean,median" doc:"What stands in for what is not known of a unit: nothing, or the others' mean or median"`
	Least     float64  `json:"least" minimum:"0" maximum:"1" doc:"Units of which a lesser share of indicators is known are not scored"`
	Treat     bool     `json:"treat" doc:"Outliers are brought in: winsorised, or else the logarithm is taken, though of nothing that is measured to a target"`
	Normalise string   `json:"normalise" enum:"minmax,zscore,prank,borda,dist2max,dist2targ,goalposts"`
	Weights   string   `json:"weights" enum:"given,equal,pca" doc:"As given, all alike, or by principal components"`
	Means     []string `json:"means" nullable:"false" minItems:"1" maxItems:"6" doc:"amean, gmean or hmean, from the lowest groups up; one for all levels"`
}

// Grade is what a score is called.
type Grade struct {
	From   float64 `json:"from"`
	NameZh string  `json:"nameZh" minLength:"1" maxLength:"20" text:"name"`
	NameEn string  `json:"nameEn" minLength:"1" maxLength:"30" text:"name"`
}

// top is the code of the index's own node in the tree of the engine, which no group may have.
const top = "index"

// toTarget is the name of the normalisation by the targets that hold for each unit.
const toTarget = "dist2targ"

// normalisations are those of the engine by name, on the scale that scores are shown on.
var normalisations = map[string]index.Normalisation{
	"minmax": {By: index.MinMax, A: 0, B: 100}, "zscore": {By: index.ZScore, A: 100, B: 15}, "prank": {By: index.PercentileRank}, "borda": {By: index.Borda},
	"dist2max": {By: index.DistanceToMax}, toTarget: {By: index.DistanceToTarget}, "goalposts": {By: index.BetweenGoalposts},
}

// scale is what the results of a normalisation are multiplied by, so that scores go to 100 where
// there is a best.
func scale(normalise string) float64 {
	switch normalise {
	case "prank", "dist2max", "dist2targ", "goalposts":
		return 100
	}
	return 1
}

// check refuses an index that cannot be reckoned.
func (x *Index) check(definition func(code string) (indicator.Definition, error)) error {
	var list fault.List
	list.Add(fact.CheckCode("code", x.Code))
	for place, name := range map[string]string{"nameZh": x.NameZh, "nameEn": x.NameEn} {
		if strings.TrimSpace(name) == "" {
			list.Add(fault.Bad(place, "measure.name"))
		}
	}
	if (x.Level == "") == (x.Things == "") {
		list.Add(fault.Bad("level", "measure.index.units"))
	}
	if x.Level != "" && !slices.Contains(fact.Levels, x.Level) {
		list.Add(fault.Bad("level", "measure.element.level"))
	}
	if x.Period.Rank() < 0 {
		list.Add(fault.Bad("period", "measure.element.period"))
	}
	groups := map[string]bool{"": true}
	for i, g := range x.Groups {
		place := fmt.Sprintf("groups[%d]", i)
		switch {
		case g.Code == top || strings.Contains(g.Code, "."):
			list.Add(fault.Bad(place+".code", "measure.code", fault.Args{"code": g.Code}))
		case groups[g.Code]:
			list.Add(fault.Bad(place+".code", "measure.index.twice", fault.Args{"code": g.Code}))
		case !weighs(g.Weight):
			list.Add(fault.Bad(place+".weight", "measure.index.weight"))
		}
		groups[g.Code] = true
	}
	seen := map[string]bool{}
	for i, p := range x.Parts {
		place := fmt.Sprintf("parts[%d]", i)
		d, err := definition(p.Indicator)
		switch {
		case err != nil:
			list.Add(fault.Of(err).At(place + ".indicator"))
		case d.Period.Rank() > x.Period.Rank():
			list.Add(fault.Bad(place+".indicator", "measure.indicator.short", fault.Args{"indicator": i18n.Both{Zh: d.NameZh, En: d.NameEn}, "period": string(d.Period)}))
		case seen[p.Indicator]:
			list.Add(fault.Bad(place+".indicator", "measure.index.twice", fault.Args{"code": p.Indicator}))
		case !groups[p.Group]:
			list.Add(fault.Bad(place+".group", "measure.index.group", fault.Args{"code": p.Group}))
		case !weighs(p.Weight):
			list.Add(fault.Bad(place+".weight", "measure.index.weight"))
		case x.Method.Normalise == "goalposts" && (p.Low == nil || p.High == nil || !(*p.Low < *p.High)):
			list.Add(fault.Bad(place+".low", "measure.index.goalposts", fault.Args{"indicator": i18n.Both{Zh: d.NameZh, En: d.NameEn}}))
		case x.Method.Normalise == toTarget && len(d.Targets) == 0:
			list.Add(fault.Bad(place+".indicator", "measure.index.target", fault.Args{"indicator": i18n.Both{Zh: d.NameZh, En: d.NameEn}}))
		case x.Method.Normalise == toTarget && d.Accrues && d.Period != x.Period:
			list.Add(fault.Bad(place+".indicator", "measure.index.target_period", fault.Args{"indicator": i18n.Both{Zh: d.NameZh, En: d.NameEn}}))
		}
		seen[p.Indicator] = true
	}
	x.checkTree(&list)
	if len(x.Parts) == 0 {
		list.Add(fault.Bad("parts", "measure.index.empty"))
	}
	if _, ok := normalisations[x.Method.Normalise]; !ok {
		list.Add(fault.Bad("method.normalise", "measure.index.normalise"))
	}
	if _, err := index.ParseMeans(strings.Join(x.Method.Means, ",")); err != nil {
		list.Add(fault.Bad("method.means", "measure.index.means"))
	}
	for i := 1; i < len(x.Grades); i++ {
		if !(x.Grades[i].From < x.Grades[i-1].From) {
			list.Add(fault.Bad(fmt.Sprintf("grades[%d].from", i), "measure.index.grades"))
		}
	}
	if err := list.OrNil(); err != nil {
		return err
	}
	// The engine says what is wrong with the tree: rings, groups of nothing, weights of nothing.
	if _, err := x.data(nil).Tree(nil); err != nil {
		return told(err)
	}
	return nil
}

// checkTree refuses groups that hang on none or in a ring, that hold nothing, or nothing that weighs.
func (x *Index) checkTree(list *fault.List) {
	parents, weights, holds := map[string]string{}, map[string]float64{}, map[string]bool{}
	for _, g := range x.Groups {
		parents[g.Code] = g.Parent
		weights[g.Parent] += g.Weight
		holds[g.Parent] = true
	}
	for _, p := range x.Parts {
		weights[p.Group] += p.Weight
		holds[p.Group] = true
	}
	for i, g := range x.Groups {
		place, name := fmt.Sprintf("groups[%d]", i), fault.Args{"group": i18n.Both{Zh: g.NameZh, En: g.NameEn}}
		above, known := g.Parent, true
		for range x.Groups {
			if above != "" && known {
				above, known = parents[above]
			}
		}
		switch {
		case !known:
			list.Add(fault.Bad(place+".parent", "measure.index.group", fault.Args{"code": g.Parent}))
		case above != "":
			list.Add(fault.Bad(place+".parent", "measure.index.group_ring", name))
		case !holds[g.Code]:
			list.Add(fault.Bad(place, "measure.index.group_empty", name))
		case weights[g.Code] == 0:
			list.Add(fault.Bad(place, "measure.index.group_weightless", name))
		}
	}
	if holds[""] && weights[""] == 0 {
		list.Add(fault.Bad("parts", "measure.index.weightless"))
	}
}

func weighs(w float64) bool { return w >= 0 && w <= 1e6 && !math.IsNaN(w) }

// unfit says of which part, and for which unit, a score is none that the index's mean takes.
func (d *Desk) unfit(x *Index, units []Unit, err error) error {
	var at *index.Error
	if !errors.Is(err, index.ErrMean) || !errors.As(err, &at) {
		return told(err)
	}
	args := fault.Args{"part": at.Column, "unit": at.Unit}
	if def, err := d.Book.Definition(at.Column); err == nil {
		args["part"] = i18n.Both{Zh: def.NameZh, En: def.NameEn}
	}
	for _, g := range x.Groups {
		if "g:"+g.Code == at.Column {
			args["part"] = i18n.Both{Zh: g.NameZh, En: g.NameEn}
		}
	}
	for _, u := range units {
		if u.Code == at.Unit {
			args["unit"] = i18n.Both{Zh: u.NameZh, En: u.NameEn}
		}
	}
	return fault.Bad("method.means", "measure.index.mean_zero", args)
}

// told makes a fault of what the engine says.
func told(err error) error {
	return fault.New(fault.Invalid, "measure.index.engine", fault.Args{"what": err.Error()}).Because(err)
}

// grade is what a score is called; nil where nothing fits.
func (x *Index) grade(score float64) *Grade {
	for i := range x.Grades {
		if score >= x.Grades[i].From {
			return &x.Grades[i]
		}
	}
	return nil
}

// data is the tree of the index for the engine, with these units and no values yet.
func (x *Index) data(units []index.Unit) *index.Data {
	d := &index.Data{Units: units, Aggregates: []index.Aggregate{{Code: top, Name: x.NameEn, Weight: 1}}}
	parent := func(code string) string {
		if code == "" {
			return top
		}
		return "g:" + code
	}
	for _, g := range x.Groups {
		d.Aggregates = append(d.Aggregates, index.Aggregate{Code: "g:" + g.Code, Name: g.NameEn, Parent: parent(g.Parent), Weight: g.Weight})
	}
	for _, p := range x.Parts {
		d.Indicators = append(d.Indicators, index.Indicator{Code: p.Indicator, Parent: parent(p.Group), Direction: 1, Weight: p.Weight})
		d.Values = append(d.Values, slices.Repeat([]float64{math.NaN()}, len(units)))
	}
	return d
}

// method is the index's way for the engine.
func (x *Index) method() (index.Method, error) {
	means, err := index.ParseMeans(strings.Join(x.Method.Means, ","))
	if err != nil {
		return index.Method{}, told(err)
	}
	m := index.Method{Screen: index.Screening{Available: x.Method.enough(len(x.Parts)), Unfilled: true}, Normalise: normalisations[x.Method.Normalise], Aggregate: index.Aggregation{Means: means}}
	switch x.Method.Fill {
	case "mean":
		m.Impute.With = index.FillMean
	case "median":
		m.Impute.With = index.FillMedian
	}
	if x.Method.Treat {
		m.Treat = index.Treatment{Skew: 2, Kurt: 3.5, WinMax: 5, Then: index.LogCT}
		if x.Method.Normalise == toTarget { // which is in the indicator's own unit
			m.Treat.Then = index.NoTransform
		}
	}
	return m, nil
}
