package fact

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Combine is how facts of one unit and period are put together.
type Combine string

// Ways to put facts together.
const (
	Sum   Combine = "sum"
	Mean  Combine = "mean"
	Max   Combine = "max"
	Min   Combine = "min"
	Stock Combine = "stock"
)

var combines = []Combine{Sum, Mean, Max, Min, Stock}

// Levels are those of regions at which an element may be stated.
var Levels = []string{"nation", "city", "prefecture", "district", "township", "village"}

// Element is something that facts are about: what is counted, in which unit, how often.
type Element struct {
	Code     string      `json:"code" pattern:"^[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)*$" maxLength:"80" doc:"What formulas call it: alert.reached"`
	NameZh   string      `json:"nameZh" minLength:"1" maxLength:"80" text:"name"`
	NameEn   string      `json:"nameEn" minLength:"1" maxLength:"120" text:"name"`
	UnitZh   string      `json:"unitZh" maxLength:"20" text:"bared" doc:"What one of it is: 台"`
	UnitEn   string      `json:"unitEn" maxLength:"30" text:"bared"`
	Combine  Combine     `json:"combine" enum:"sum,mean,max,min,stock"`
	Period   period.Kind `json:"period" enum:"day,month,quarter,half,year,plan" doc:"How often it is stated"`
	Level    string      `json:"level" enum:",nation,city,prefecture,district,township,village" doc:"Level of the regions that it is stated for; empty for any"`
	Min      *float64    `json:"min,omitempty" doc:"No value may be less"`
	Max      *float64    `json:"max,omitempty" doc:"No value may be more"`
	Whole    bool        `json:"whole" doc:"Whole numbers only"`
	Places   int         `json:"places" minimum:"0" maximum:"6" doc:"Decimal places to show"`
	Source   string      `json:"source" maxLength:"300" doc:"Where its facts come from, in words"`
	SourceEn string      `json:"sourceEn,omitempty" maxLength:"300" doc:"The same in English; empty where it is not said otherwise"`
	Owner    string      `json:"owner" maxLength:"120" doc:"Who answers for it"`
	Note     string      `json:"note" maxLength:"2000"`
	BuiltIn  bool        `json:"builtIn" readOnly:"true" doc:"A part of the product states it; it cannot be changed"`
	Sample   bool        `json:"sample" readOnly:"true"`

	Revision int64 `json:"revision" readOnly:"true"`
}

var codePattern = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$`)

// reserved are words of the language of formulas.
var reserved = []string{"true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package", "namespace", "return", "var", "void", "while"}

// CheckCode refuses what formulas could not call something by.
func CheckCode(place, code string) *fault.Error {
	if len(code) > 80 || !codePattern.MatchString(code) {
		return fault.Bad(place, "measure.code", fault.Args{"code": code})
	}
	for _, part := range strings.Split(code, ".") {
		if slices.Contains(reserved, part) {
			return fault.Bad(place, "measure.code_reserved", fault.Args{"word": part})
		}
	}
	return nil
}

// Check refuses an element that makes no sense.
func (e *Element) Check() error {
	var list fault.List
	list.Add(CheckCode("code", e.Code))
	for place, name := range map[string]string{"nameZh": e.NameZh, "nameEn": e.NameEn} {
		if strings.TrimSpace(name) == "" || utf8.RuneCountInString(name) > 120 {
			list.Add(fault.Bad(place, "measure.name"))
		}
	}
	if !slices.Contains(combines, e.Combine) {
		list.Add(fault.Bad("combine", "measure.element.combine"))
	}
	if e.Period.Rank() < 0 {
		list.Add(fault.Bad("period", "measure.element.period"))
	}
	if e.Level != "" && !slices.Contains(Levels, e.Level) {
		list.Add(fault.Bad("level", "measure.element.level"))
	}
	for place, bound := range map[string]*float64{"min": e.Min, "max": e.Max} {
		if bound != nil {
			if _, err := ValueOf(*bound); err != nil {
				list.Add(fault.Of(err).At(place))
			}
		}
	}
	if e.Min != nil && e.Max != nil && *e.Min > *e.Max {
		list.Add(fault.Bad("max", "measure.element.bounds"))
	}
	return list.OrNil()
}

// admit refuses a value that an element cannot have.
func (e *Element) admit(v Value) *fault.Error {
	f := v.Float()
	switch {
	case e.Whole && v%millionths != 0:
		return fault.Bad("value", "measure.fact.whole", fault.Args{"value": f})
	case e.Min != nil && f < *e.Min:
		return fault.Bad("value", "measure.fact.below", fault.Args{"value": f, "limit": *e.Min})
	case e.Max != nil && f > *e.Max:
		return fault.Bad("value", "measure.fact.above", fault.Args{"value": f, "limit": *e.Max})
	}
	return nil
}

// grains are the kinds of periods for which an element has sums: its own and, but for a stock,
// every longer one.
func (e *Element) grains() []period.Kind {
	if e.Combine == Stock {
		return []period.Kind{e.Period}
	}
	return period.Kinds[e.Period.Rank():]
}

func (e *Element) String() string { return fmt.Sprintf("%s (%s, %s)", e.Code, e.Combine, e.Period) }

// Admit refuses a number that an element cannot have.
func (e *Element) Admit(v float64) error {
	value, err := ValueOf(v)
	if err != nil {
		return err
	}
	if f := e.admit(value); f != nil {
		return f
	}
	return nil
}
