package procedure

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"time"
)

// chance fills in forms as people might.
type chance struct {
	*rand.Rand
	now   time.Time
	cases []string // that a form may name: those under the case, as far as they are not over
}

const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// id looks like those of the platform.
func (r *chance) id() string {
	b := make([]byte, 26)
	for i := range b {
		b[i] = letters[r.IntN(len(letters))]
	}
	b[0] = '0'
	return string(b)
}

// fill fills in a form: everything that is required and some of the rest.
func (r *chance) fill(f *Form, before map[string]any) map[string]any {
	data, all := map[string]any{}, map[string]any{}
	for k, v := range before {
		all[k] = v
	}
	for i := range f.Fields {
		field := &f.Fields[i]
		delete(all, field.ID)
		if !field.Shown(all) || !field.Required && r.IntN(2) == 0 {
			continue
		}
		v := r.value(field)
		if !empty(v) {
			data[field.ID], all[field.ID] = v, v
		}
	}
	return data
}

func (r *chance) value(f *Field) any {
	if len(f.Options) > 0 {
		return f.Options[r.IntN(len(f.Options))].Value
	}
	if only, ok := f.Schema["const"]; ok {
		return only
	}
	limit := func(key string, usual float64) float64 {
		if v, ok := f.Schema[key].(float64); ok {
			return v
		}
		return usual
	}
	switch f.Type {
	case "boolean":
		return r.IntN(2) == 0
	case "integer", "number":
		low := limit("minimum", 0)
		high := max(low, limit("maximum", low+100))
		v := low + r.Float64()*(high-low)
		if step := limit("multipleOf", 0); step > 0 {
			return math.Min(math.Ceil(v/step)*step, math.Floor(high/step)*step)
		}
		return math.Round(v)
	case "array":
		items := []any{}
		n := int(limit("minItems", 1)) + r.IntN(2)
		n = min(max(n, 1), int(limit("maxItems", maxList)))
		for len(items) < n {
			v := r.value(&f.Items[0])
			if f.Schema["uniqueItems"] == true && slices.ContainsFunc(items, func(was any) bool { return reflect.DeepEqual(was, v) }) {
				break // drawing on until all differ might never end
			}
			items = append(items, v)
		}
		return items
	case "object":
		if f.Format == "place" {
			return map[string]any{"lon": 116 + r.Float64(), "lat": 40 + r.Float64(), "address": "示例路 1 号"}
		}
		m := map[string]any{}
		for i := range f.Items {
			if v := r.value(&f.Items[i]); !empty(v) {
				m[f.Items[i].ID] = v
			}
		}
		return m
	}
	switch f.Format {
	case "case":
		if len(r.cases) > 0 {
			return r.cases[r.IntN(len(r.cases))]
		}
		return r.id()
	case "file", "signature", "party", "account", "site":
		return r.id()
	case "device":
		return fmt.Sprintf("%023d", r.Int64N(1e18))
	case "region":
		return fmt.Sprintf("1101%02d%03d", 1+r.IntN(16), 1+r.IntN(20))
	case "phone":
		return fmt.Sprintf("010-8%07d", r.IntN(1e7))
	case "email":
		return "someone@example.org"
	case "date":
		return r.now.AddDate(0, 0, r.IntN(30)).Format(time.DateOnly)
	case "minute":
		return r.now.Add(time.Duration(r.IntN(72)) * time.Hour).Format("2006-01-02T15:04")
	case "date-time":
		return r.now.Format(time.RFC3339)
	case "time":
		return "10:00:00Z"
	}
	if examples, ok := f.Schema["examples"].([]any); ok && len(examples) > 0 { // where there is a pattern there is one
		return examples[r.IntN(len(examples))]
	}
	s := "示例文字 sample text"
	least := int(limit("minLength", 0))
	for len([]rune(s)) < least {
		s += "，示例文字"
	}
	if most := int(limit("maxLength", maxText)); len([]rune(s)) > most {
		s = string([]rune(s)[:most])
	}
	return s
}
