package score

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// MethodState is how far a method has come.
type MethodState string

// States of a method.
const (
	Draft   MethodState = "draft"
	Pilot   MethodState = "pilot" // binds its pilot zone
	Force   MethodState = "force" // binds all
	Retired MethodState = "retired"
)

// Method is how some are judged: who, on what, how, with what reward or penalty.
type Method struct {
	Code     string        `json:"code" pattern:"^[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)*$" maxLength:"80"`
	NameZh   string        `json:"nameZh" minLength:"1" maxLength:"80" text:"name"`
	NameEn   string        `json:"nameEn" minLength:"1" maxLength:"120" text:"name"`
	BasisZh  string        `json:"basisZh" maxLength:"2000" doc:"Law, plan or decision that it rests on"`
	BasisEn  string        `json:"basisEn" maxLength:"3000"`
	HowZh    string        `json:"howZh" maxLength:"6000" doc:"Who judges, when, from what, in words"`
	HowEn    string        `json:"howEn" maxLength:"9000"`
	Judge    string        `json:"judge" maxLength:"120" text:"bared" doc:"Who judges"`
	Index    string        `json:"index" maxLength:"80" doc:"Code of the index"`
	Pilot    string        `json:"pilot" maxLength:"40" doc:"Zone that it is tried on first"`
	Bands    []Band        `json:"bands" nullable:"false" minItems:"1" maxItems:"12" doc:"From the best"`
	Hearing  int           `json:"hearing" minimum:"1" maximum:"120" doc:"Days in which the judged may object"`
	State    MethodState   `json:"state" enum:"draft,pilot,force,retired" readOnly:"true"`
	Authors  []auth.Person `json:"authors" readOnly:"true" nullable:"false"`
	Agreed   []Agreement   `json:"agreed" readOnly:"true" nullable:"false"`
	Sample   bool          `json:"sample" readOnly:"true"`
	Revision int64         `json:"revision" readOnly:"true"`
}

// Band is what a score leads to.
type Band struct {
	From   float64 `json:"from"`
	NameZh string  `json:"nameZh" minLength:"1" maxLength:"30" text:"name"`
	NameEn string  `json:"nameEn" minLength:"1" maxLength:"40" text:"name"`
	Kind   string  `json:"kind" enum:"reward,none,penalty"`
	WhatZh string  `json:"whatZh" maxLength:"300" doc:"What follows"`
	WhatEn string  `json:"whatEn" maxLength:"400"`
}

// Agreement is somebody's consent to a step.
type Agreement struct {
	auth.Person
	To MethodState `json:"to"`
	At int64       `json:"at" doc:"UTC microseconds"`
}

// check refuses a method that cannot be applied.
func (m *Method) check(exists func(index string) bool) error {
	var list fault.List
	list.Add(fact.CheckCode("code", m.Code))
	for place, name := range map[string]string{"nameZh": m.NameZh, "nameEn": m.NameEn} {
		if strings.TrimSpace(name) == "" {
			list.Add(fault.Bad(place, "measure.name"))
		}
	}
	if !exists(m.Index) {
		list.Add(fault.Bad("index", "measure.index.not_found", fault.Args{"code": m.Index}))
	}
	if m.Pilot == "" {
		list.Add(fault.Bad("pilot", "measure.method.pilot"))
	}
	if len(m.Bands) == 0 {
		list.Add(fault.Bad("bands", "measure.method.bands"))
	}
	for i := 1; i < len(m.Bands); i++ {
		if !(m.Bands[i].From < m.Bands[i-1].From) {
			list.Add(fault.Bad(fmt.Sprintf("bands[%d].from", i), "measure.index.grades"))
		}
	}
	return list.OrNil()
}

// band is what a score leads to; nil where nothing fits.
func (m *Method) band(score float64) *Band {
	for i := range m.Bands {
		if score >= m.Bands[i].From {
			return &m.Bands[i]
		}
	}
	return nil
}

// wrote reports whether somebody wrote a part of the method.
func (m *Method) wrote(id string) bool {
	return slices.ContainsFunc(m.Authors, func(p auth.Person) bool { return p.ID == id })
}

// change replaces what a draft says; what was agreed to of it is void. A method that binds
// somebody does not change: another takes its place.
func (m *Method) change(to Method, by auth.Person) error {
	if m.State != Draft {
		return fault.New(fault.Conflict, "measure.method.state."+string(m.State))
	}
	to.State, to.Authors, to.Agreed, to.Sample, to.Revision = Draft, m.Authors, []Agreement{}, m.Sample, m.Revision
	if !to.wrote(by.ID) {
		to.Authors = append(slices.Clone(to.Authors), by)
	}
	*m = to
	return nil
}

// next is the state that a method's next step leads to.
func (m *Method) next() (MethodState, bool) {
	switch m.State {
	case Draft:
		return Pilot, true
	case Pilot:
		return Force, true
	}
	return "", false
}
