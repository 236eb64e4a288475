// Package returns is what regions are asked to state, period by period: a form says which
// elements, of regions at which level, by when, and who must approve. A return is one region's
// answer for one period:
//
//	open → submitted → approved, step by step upward → accepted
//	       ↖ sent back ↙                                  ↓ reopened to be corrected
//
// Invariants:
//   - What is in a return counts from the moment that it is accepted and not before. Then its
//     facts are committed and locked with it, in one transaction.
//   - After that a value changes by a correction only: the return is reopened with a reason, goes
//     the same way up again, and what stood before stays to be seen.
//   - Nobody approves what they wrote.
//   - A rule that is broken keeps a return from being submitted; a value that is merely unlikely
//     needs a word of explanation.
package returns

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/formula"
	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Form is what regions of a level are asked to state.
type Form struct {
	Code     string      `json:"code" pattern:"^[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)*$" maxLength:"80"`
	NameZh   string      `json:"nameZh" minLength:"1" maxLength:"80" text:"name"`
	NameEn   string      `json:"nameEn" minLength:"1" maxLength:"120" text:"name"`
	NoteZh   string      `json:"noteZh" maxLength:"2000" doc:"How to fill it in"`
	NoteEn   string      `json:"noteEn" maxLength:"3000"`
	Level    string      `json:"level" enum:"city,prefecture,district,township,village" doc:"Of the regions that state it"`
	Period   period.Kind `json:"period" enum:"day,month,quarter,half,year,plan"`
	Due      int         `json:"due" minimum:"0" maximum:"400" doc:"Days after the end of a period by which it is to be submitted"`
	Items    []Item      `json:"items" nullable:"false" minItems:"1" maxItems:"100"`
	Steps    []string    `json:"steps" nullable:"false" maxItems:"4" doc:"Levels whose regions approve, from the lowest: district, city"`
	From     string      `json:"from" maxLength:"10" doc:"First period that is asked for"`
	Until    string      `json:"until" maxLength:"10" doc:"Last period; empty for no end"`
	Owner    string      `json:"owner" maxLength:"120" text:"bared"`
	Sample   bool        `json:"sample" readOnly:"true"`
	Revision int64       `json:"revision" readOnly:"true"`

	retired bool
}

// Item is one line of a form.
type Item struct {
	Element  string `json:"element" maxLength:"80"`
	Required bool   `json:"required"`
	HelpZh   string `json:"helpZh" maxLength:"500"`
	HelpEn   string `json:"helpEn" maxLength:"800"`
}

// check refuses a form that cannot be filled in.
func (f *Form) check(element func(code string) (*fact.Element, error)) error {
	var list fault.List
	list.Add(fact.CheckCode("code", f.Code))
	for place, name := range map[string]string{"nameZh": f.NameZh, "nameEn": f.NameEn} {
		if strings.TrimSpace(name) == "" {
			list.Add(fault.Bad(place, "measure.name"))
		}
	}
	rank := slices.Index(fact.Levels, f.Level)
	if rank < 0 {
		list.Add(fault.Bad("level", "measure.element.level"))
	}
	if f.Period.Rank() < 0 {
		list.Add(fault.Bad("period", "measure.element.period"))
	}
	seen := map[string]bool{}
	for i, item := range f.Items {
		place := fmt.Sprintf("items[%d].element", i)
		e, err := element(item.Element)
		switch {
		case err != nil:
			list.Add(fault.Of(err).At(place))
		case e.BuiltIn:
			list.Add(fault.Bad(place, "measure.fact.built_in", fault.Args{"element": i18n.Both{Zh: e.NameZh, En: e.NameEn}}))
		case e.Period != f.Period:
			list.Add(fault.Bad(place, "measure.form.period", fault.Args{"element": i18n.Both{Zh: e.NameZh, En: e.NameEn}}))
		case e.Level != "" && e.Level != f.Level:
			list.Add(fault.Bad(place, "measure.form.level", fault.Args{"element": i18n.Both{Zh: e.NameZh, En: e.NameEn}}))
		case seen[item.Element]:
			list.Add(fault.Bad(place, "measure.form.twice", fault.Args{"element": i18n.Both{Zh: e.NameZh, En: e.NameEn}}))
		}
		seen[item.Element] = true
	}
	if len(f.Items) == 0 {
		list.Add(fault.Bad("items", "measure.form.empty"))
	}
	last := rank
	for i, step := range f.Steps {
		at := slices.Index(fact.Levels, step)
		if at < 0 || at > rank || i > 0 && at >= last {
			list.Add(fault.Bad(fmt.Sprintf("steps[%d]", i), "measure.form.steps"))
		}
		last = at
	}
	for place, text := range map[string]string{"from": f.From, "until": f.Until} {
		if p, err := period.Parse(text); text != "" && (err != nil || p.Kind != f.Period) {
			list.Add(fault.Bad(place, "measure.period", fault.Args{"text": text}))
		}
	}
	if f.From == "" {
		list.Add(fault.Bad("from", "measure.period", fault.Args{"text": ""}))
	}
	return list.OrNil()
}

// asks reports whether a period is asked for.
func (f *Form) asks(p period.Period) bool {
	from, _ := period.Parse(f.From) // checked when the form was put
	until, err := period.Parse(f.Until)
	return p.Kind == f.Period && p.N >= from.N && (err != nil || p.N <= until.N)
}

// latest is the last period that is asked for of those up to a present one: returns of the last
// are due, and approved, after it is over.
func (f *Form) latest(present period.Period) period.Period {
	if until, err := period.Parse(f.Until); err == nil && until.N < present.N {
		return until
	}
	return present
}

// Rule says what values of one region and period must agree with.
type Rule struct {
	Code      string `json:"code" pattern:"^[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)*$" maxLength:"80"`
	Says      string `json:"says" maxLength:"2000" doc:"CEL that gives true or false over codes of elements; prev.x is the period before"`
	MessageZh string `json:"messageZh" minLength:"1" maxLength:"300"`
	MessageEn string `json:"messageEn" minLength:"1" maxLength:"400"`
	Warns     bool   `json:"warns" doc:"Asks for an explanation; else it must hold"`
	Sample    bool   `json:"sample" readOnly:"true"`
	Revision  int64  `json:"revision" readOnly:"true"`
}

// before is what the names of values of the period before begin with.
const before = "prev."

// compile checks a rule.
func (r *Rule) compile(isElement func(string) bool) (*formula.Expression, error) {
	if f := fact.CheckCode("code", r.Code); f != nil {
		return nil, f
	}
	return formula.Compile("says", r.Says, formula.Truth, func(name string) bool { return isElement(strings.TrimPrefix(name, before)) })
}
