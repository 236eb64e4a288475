// Package indicator says what is made of facts: indicators, defined in data, and their values
// for any region, period and date of knowledge. A value is computed when it is asked for, from
// sums that are kept as facts are committed, so it is never older than the last fact.
package indicator

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/formula"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Direction is which way is better.
type Direction string

// Directions.
const (
	Up      Direction = "up"
	Down    Direction = "down"
	Neither Direction = "none"
)

// Aggregate is how an indicator of a region comes from what lies below.
type Aggregate string

// Ways up the tree of regions.
const (
	Formula  Aggregate = "formula"  // the formula over what facts add up to in the whole region
	Weighted Aggregate = "weighted" // the mean of the regions at Base, weighted, as a rule by population
	Worst    Aggregate = "worst"    // the worst of the regions at Base
	Union    Aggregate = "union"    // the share of people whom at least one of Parts reaches
)

// Definition is what an indicator is.
type Definition struct {
	Code        string      `json:"code" pattern:"^[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)*$" maxLength:"80"`
	NameZh      string      `json:"nameZh" minLength:"1" maxLength:"80" text:"name"`
	NameEn      string      `json:"nameEn" minLength:"1" maxLength:"120" text:"name"`
	UnitZh      string      `json:"unitZh" maxLength:"20" text:"bared"`
	UnitEn      string      `json:"unitEn" maxLength:"30" text:"bared"`
	PlainZh     string      `json:"plainZh" maxLength:"1000" doc:"What it says, as one would tell a neighbour"`
	PlainEn     string      `json:"plainEn" maxLength:"1500"`
	SayZh       string      `json:"sayZh,omitempty" maxLength:"300" doc:"The number in a sentence for everybody, with {value} in its place, or {hundred} for a share times 100; empty: the name and the number"`
	SayEn       string      `json:"sayEn,omitempty" maxLength:"450"`
	Theme       string      `json:"theme" maxLength:"40" doc:"What it belongs to: emergency, coverage, service, …"`
	Numerator   string      `json:"numerator" maxLength:"2000" doc:"CEL over codes of elements and indicators"`
	Denominator string      `json:"denominator" maxLength:"2000" doc:"Empty for 1"`
	Formula     string      `json:"formula" maxLength:"2000" doc:"CEL over numerator and denominator; empty for numerator / denominator"`
	Direction   Direction   `json:"direction" enum:"up,down,none"`
	Period      period.Kind `json:"period" enum:"day,month,quarter,half,year,plan" doc:"The shortest period that it is given for"`
	Aggregate   Aggregate   `json:"aggregate" enum:"formula,weighted,worst,union"`
	Base        string      `json:"base" enum:",nation,city,prefecture,district,township,village" doc:"Level at which the formula is reckoned where it is not reckoned everywhere"`
	Weight      string      `json:"weight" maxLength:"80" doc:"Element by which regions weigh; empty for population"`
	Parts       []string    `json:"parts" nullable:"false" maxItems:"8" doc:"Of a union: CEL, each the share of people reached, 0 to 1"`
	Places      int         `json:"places" minimum:"0" maximum:"6" doc:"Decimal places to show"`
	Fresh       int         `json:"fresh" minimum:"0" maximum:"3660" doc:"Days after which a value is out of date; 0: never"`
	Impute      Impute      `json:"impute"`
	Targets     []Target    `json:"targets" nullable:"false" maxItems:"40"`
	Owner       string      `json:"owner" maxLength:"120" text:"bared"`
	Source      string      `json:"source" maxLength:"500" doc:"Law, plan or decision that asks for it"`
	SourceEn    string      `json:"sourceEn,omitempty" maxLength:"500" doc:"The same in English; empty where it is not said otherwise"`
	Public      bool        `json:"public" doc:"Everybody may see it"`
	Accrues     bool        `json:"accrues" readOnly:"true" doc:"Adds up over time, so that a longer period is not measured by a target for its own"`
	BuiltIn     bool        `json:"builtIn" readOnly:"true"`
	Sample      bool        `json:"sample" readOnly:"true"`
	Revision    int64       `json:"revision" readOnly:"true"`
}

// Population is the element by which regions weigh where nothing else is said.
const Population = "population"

// Impute is what stands in for a value that is not known. It is marked wherever it is shown.
type Impute struct {
	Rule    string  `json:"rule" enum:"none,carry,peers,fixed" doc:"Nothing, the last known value, the mean of the regions beside it, or Value"`
	Periods int     `json:"periods" minimum:"0" maximum:"60" doc:"How far back carry looks"`
	Value   float64 `json:"value"`
}

// What stands for the number in SayZh and SayEn.
const (
	SaidValue   = "{value}"
	SaidHundred = "{hundred}" // a share of one, times 100
)

// compiled is a definition ready to be reckoned.
type compiled struct {
	Definition
	numerator, denominator, formula *formula.Expression
	parts                           []*formula.Expression
	elements                        []string // that it refers to, itself
	indicators                      []string
}

// compile checks a definition. isElement and isIndicator know what it may refer to.
func compile(d Definition, isElement, isIndicator func(string) bool) (*compiled, error) {
	var list fault.List
	list.Add(fact.CheckCode("code", d.Code))
	if isElement(d.Code) {
		list.Add(fault.Bad("code", "measure.indicator.is_element", fault.Args{"code": d.Code}))
	}
	for place, name := range map[string]string{"nameZh": d.NameZh, "nameEn": d.NameEn} {
		if strings.TrimSpace(name) == "" {
			list.Add(fault.Bad(place, "measure.name"))
		}
	}
	if !slices.Contains([]Direction{Up, Down, Neither}, d.Direction) {
		list.Add(fault.Bad("direction", "measure.indicator.direction"))
	}
	if d.Period.Rank() < 0 {
		list.Add(fault.Bad("period", "measure.element.period"))
	}
	if d.Aggregate != Formula && !slices.Contains(fact.Levels, d.Base) {
		list.Add(fault.Bad("base", "measure.indicator.base"))
	}
	if d.Aggregate == Worst && d.Direction == Neither {
		list.Add(fault.Bad("direction", "measure.indicator.worst"))
	}
	if !slices.Contains([]string{"", "none", "carry", "peers", "fixed"}, d.Impute.Rule) {
		list.Add(fault.Bad("impute.rule", "measure.indicator.impute"))
	}
	for place, say := range map[string]string{"sayZh": d.SayZh, "sayEn": d.SayEn} {
		if say != "" && strings.Count(say, SaidValue)+strings.Count(say, SaidHundred) != 1 {
			list.Add(fault.Bad(place, "measure.indicator.say", fault.Args{"value": SaidValue, "hundred": SaidHundred}))
		}
	}
	for i, target := range d.Targets {
		if target.By.Kind == "" {
			list.Add(fault.Bad(fmt.Sprintf("targets[%d].by", i), "measure.period", fault.Args{"text": ""}))
		}
		if target.Zone != "" && target.Region != "" {
			list.Add(fault.Bad(fmt.Sprintf("targets[%d].region", i), "measure.target.both"))
		}
	}
	c := &compiled{Definition: d}
	known := func(name string) bool { return isElement(name) || isIndicator(name) }
	expr := func(place, text string, known func(string) bool) *formula.Expression {
		e, err := formula.Compile(place, text, formula.Number, known)
		if err != nil {
			list = append(list, faults(err)...)
		}
		return e
	}
	switch d.Aggregate {
	case Union:
		if len(d.Parts) == 0 {
			list.Add(fault.Bad("parts", "measure.indicator.parts"))
		}
		for i, part := range d.Parts {
			c.parts = append(c.parts, expr(fmt.Sprintf("parts[%d]", i), part, known))
		}
	case Formula, Weighted, Worst:
		c.numerator = expr("numerator", d.Numerator, known)
		if d.Denominator != "" {
			c.denominator = expr("denominator", d.Denominator, known)
		}
		if d.Formula != "" {
			c.formula = expr("formula", d.Formula, func(name string) bool { return name == numeratorName || name == denominatorName })
		}
	default:
		list.Add(fault.Bad("aggregate", "measure.indicator.aggregate"))
	}
	if d.Weight != "" && !isElement(d.Weight) {
		list.Add(fault.Bad("weight", "measure.element.not_found", fault.Args{"code": d.Weight}))
	}
	if err := list.OrNil(); err != nil {
		return nil, err
	}
	for _, e := range append([]*formula.Expression{c.numerator, c.denominator}, c.parts...) {
		if e == nil {
			continue
		}
		for _, name := range e.Names {
			switch {
			case isElement(name) && !slices.Contains(c.elements, name):
				c.elements = append(c.elements, name)
			case !isElement(name) && !slices.Contains(c.indicators, name):
				c.indicators = append(c.indicators, name)
			}
		}
	}
	return c, nil
}

// The names that a formula knows.
const (
	numeratorName   = "numerator"
	denominatorName = "denominator"
)

// faults are the single faults of an error.
func faults(err error) fault.List {
	if list, ok := err.(fault.List); ok {
		return list
	}
	return fault.List{fault.Of(err)}
}

// weight is the element by which regions weigh.
func (c *compiled) weight() string {
	if c.Weight != "" {
		return c.Weight
	}
	return Population
}

// ring finds a way along which indicators refer back to code, if there is one.
func ring(code string, of func(code string) []string) []string {
	var walk func(at string, path []string) []string
	seen := map[string]bool{}
	walk = func(at string, path []string) []string {
		for _, next := range of(at) {
			if next == code {
				return append(path, next)
			}
			if seen[next] {
				continue
			}
			seen[next] = true
			if found := walk(next, append(path, next)); found != nil {
				return found
			}
		}
		return nil
	}
	return walk(code, []string{code})
}
