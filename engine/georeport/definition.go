package georeport

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Check names all that is wrong with the answers to the attributes of a service.
func (d *Definition) Check(answers []Answer) (errs []*Error) {
	given := map[string][]string{}
	for _, a := range answers {
		given[a.Code] = a.Values
		if !slices.ContainsFunc(d.Attributes, func(q Attribute) bool { return q.Variable && q.Code == a.Code }) {
			errs = append(errs, bad(placeOf(a.Code), "georeport.attribute.unknown", nil))
		}
	}
	for i := range d.Attributes {
		q := &d.Attributes[i]
		values := given[q.Code]
		switch {
		case !q.Variable:
		case len(values) == 0 && q.Required:
			errs = append(errs, bad(placeOf(q.Code), "georeport.attribute.required", nil))
		case len(values) > 1 && q.Datatype != MultiValueList:
			errs = append(errs, bad(placeOf(q.Code), "georeport.attribute.several", nil))
		default:
			for _, v := range values {
				if code := q.fault(v); code != "" {
					errs = append(errs, bad(placeOf(q.Code), code, map[string]any{"value": clip(v)}))
				}
			}
		}
	}
	return errs
}

// fault is what is wrong with an answer, or nothing.
func (q *Attribute) fault(v string) string {
	switch q.Datatype {
	case String:
		if strings.ContainsRune(v, '\n') {
			return "georeport.attribute.line"
		}
		if utf8.RuneCountInString(v) > maxLine {
			return "georeport.attribute.long"
		}
	case Number:
		if _, ok := decimal(strings.TrimSpace(v)); !ok {
			return "georeport.attribute.number"
		}
	case Datetime:
		if !iso8601(strings.TrimSpace(v)) {
			return "georeport.attribute.datetime"
		}
	case SingleValueList, MultiValueList:
		if !slices.ContainsFunc(q.Values, func(x Value) bool { return x.Key == v }) {
			return "georeport.attribute.value"
		}
	}
	return ""
}

// iso8601 says whether s is a date, or a time of one; here a zone may be left out.
func iso8601(s string) bool {
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if _, err := time.Parse(layout, s); err == nil {
			return true
		}
	}
	_, ok := Moment(s)
	return ok
}

// Validate names all that would make a service useless to clients.
func (s *Service) Validate() (errs []*Error) {
	if !isCode(s.Code) {
		errs = append(errs, bad("service_code", "georeport.definition.code", nil))
	}
	if s.Name == "" {
		errs = append(errs, bad("service_name", "georeport.definition.missing", nil))
	}
	if s.Type != Realtime && s.Type != Batch && s.Type != Blackbox {
		errs = append(errs, bad("type", "georeport.definition.type", nil))
	}
	for _, k := range s.Keywords {
		if k == "" || strings.Contains(k, ",") {
			errs = append(errs, bad("keywords", "georeport.definition.keyword", nil))
		}
	}
	return errs
}

// What a definition may hold.
const (
	maxQuestions = 100
	maxValues    = 1000
)

// Validate names all that would make a definition useless to clients.
func (d *Definition) Validate() (errs []*Error) {
	fault := func(place, code string) { errs = append(errs, bad(place, code, nil)) }
	if !isCode(d.ServiceCode) {
		fault("service_code", "georeport.definition.code")
	}
	if len(d.Attributes) == 0 || len(d.Attributes) > maxQuestions {
		fault("attributes", "georeport.definition.count")
		return errs
	}
	codes, orders := map[string]bool{}, map[int]bool{}
	for i := range d.Attributes {
		q := &d.Attributes[i]
		place := fmt.Sprintf("attributes[%d]", i)
		if !isCode(q.Code) {
			fault(place+".code", "georeport.definition.code")
		} else if codes[q.Code] {
			fault(place+".code", "georeport.definition.twice")
		}
		if q.Order < 1 || orders[q.Order] {
			fault(place+".order", "georeport.definition.order")
		}
		codes[q.Code], orders[q.Order] = true, true
		if !slices.Contains([]Datatype{String, Number, Datetime, Text, SingleValueList, MultiValueList}, q.Datatype) {
			fault(place+".datatype", "georeport.definition.datatype")
		}
		if q.Description == "" {
			fault(place+".description", "georeport.definition.missing")
		}
		if q.Datatype.list() != (len(q.Values) > 0) || len(q.Values) > maxValues {
			fault(place+".values", "georeport.definition.values")
			continue
		}
		keys := map[string]bool{}
		for j, v := range q.Values {
			at := fmt.Sprintf("%s.values[%d]", place, j)
			if !isCode(v.Key) || v.Name == "" {
				fault(at, "georeport.definition.code")
			} else if keys[v.Key] {
				fault(at, "georeport.definition.twice")
			}
			keys[v.Key] = true
		}
	}
	return errs
}

// isCode says whether a code can be sent, also as part of an argument's name.
func isCode(s string) bool {
	return s != "" && utf8.RuneCountInString(s) <= maxID && utf8.ValidString(s) && strings.TrimSpace(s) == s &&
		!strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || strings.ContainsRune("[],", r) })
}
