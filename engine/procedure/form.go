package procedure

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"go.yaml.in/yaml/v3"
)

// Form is what a step asks: an object of JSON Schema (draft 2020-12) whose properties stand in the
// order in which they are asked, with labels in both languages and a few keywords of our own.
type Form struct {
	ID     string  `json:"id"`
	Title  Words   `json:"title,omitzero"`
	Fields []Field `json:"fields"`

	schema *jsonschema.Schema // without required, which hangs on what is shown
}

// Field is a property of a form.
type Field struct {
	ID       string           `json:"id"`
	Title    Words            `json:"title"`
	Help     Words            `json:"help,omitzero"`
	Type     string           `json:"type"`             // string, number, integer, boolean, array, object
	Format   string           `json:"format,omitempty"` // see formats
	Accept   string           `json:"accept,omitempty"` // of files: "image", "audio", "document"
	Of       string           `json:"of,omitempty"`     // what parties, devices and accounts may be chosen: a role or a kind
	Options  []Option         `json:"options,omitempty"`
	Required bool             `json:"required,omitempty"`
	Long     bool             `json:"long,omitempty"` // text of several lines
	When     map[string][]any `json:"when,omitempty"` // asked where each of these fields has one of these values
	Personal bool             `json:"personal,omitempty"`
	Sealed   bool             `json:"sealed,omitempty"` // nobody sees it until a step unseals it, but who wrote it
	See      []string         `json:"see,omitempty"`    // roles that see it; all if empty
	Default  any              `json:"default,omitempty"`
	Schema   map[string]any   `json:"schema"` // as JSON Schema
	Items    []Field          `json:"items,omitempty"`
}

// Option is a value that may be chosen.
type Option struct {
	Value any   `json:"value"`
	Title Words `json:"title"`
}

// formats are the forms that text may have beside those of JSON Schema.
var formats = map[string]*regexp.Regexp{
	"file":      regexp.MustCompile(`^[0-9A-Z]{26}$`),
	"region":    regexp.MustCompile(`^[0-9]{2,15}$`),
	"device":    regexp.MustCompile(`^[0-9]{23}$`),
	"site":      regexp.MustCompile(`^[0-9A-Z]{26}$`),
	"party":     regexp.MustCompile(`^[0-9A-Z]{26}$`),
	"account":   regexp.MustCompile(`^[0-9A-Z]{26}$`),
	"case":      regexp.MustCompile(`^[0-9A-Z]{26}$`),
	"phone":     regexp.MustCompile(`^\+?[0-9][0-9 \-]{4,19}$`),
	"minute":    regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}$`),
	"signature": regexp.MustCompile(`^[0-9A-Z]{26}$`),
	"place":     nil, // an object with lon, lat and an address
	"money":     nil, // yuan
	"date":      nil,
	"time":      nil,
	"date-time": nil,
	"email":     nil,
}

// keywords of JSON Schema that a form may use; what is in neither list is refused, since a
// misspelt limit would be none.
var (
	ours     = []string{"title-en", "description-en", "accept", "of", "long", "when", "personal", "sealed", "see"}
	standard = []string{"title", "description", "type", "format", "oneOf", "enum", "const", "default", "pattern", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
		"multipleOf", "minItems", "maxItems", "uniqueItems", "items", "properties", "required", "additionalProperties", "allOf", "if", "then", "else", "not", "anyOf", "dependentRequired", "examples"}
)

// Longest text and list that a form takes where it does not say.
const (
	maxText = 4000
	maxList = 200
)

func (f *Form) read(r *reader, n *yaml.Node, place string) {
	required := map[string]bool{}
	schema := map[string]any{"type": "object"}
	r.mapping(n, place, func(key string, v *yaml.Node) {
		switch key {
		case "title":
			f.Title.Zh = v.Value
		case "title-en":
			f.Title.En = v.Value
		case "type":
			if v.Value != "object" {
				r.fault(v, under(place, key), "form.object")
			}
		case "properties":
			r.mapping(v, under(place, key), func(id string, p *yaml.Node) {
				at := under(under(place, key), id)
				if !idForm.MatchString(id) {
					r.fault(p, at, "file.id", "id", id)
					return
				}
				f.Fields = append(f.Fields, r.field(p, at, id))
			})
		case "required":
			var names []string
			r.list(v, reflect.ValueOf(&names).Elem(), under(place, key))
			for _, name := range names {
				required[name] = true
			}
		case "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentRequired":
			schema[key] = plain(v)
		default:
			r.fault(v, under(place, key), "file.unknown", "key", key, "known", "title, title-en, type, properties, required, allOf, anyOf, oneOf, not, if, then, else, dependentRequired")
		}
	})
	properties := map[string]any{}
	for i := range f.Fields {
		field := &f.Fields[i]
		field.Required = required[field.ID]
		delete(required, field.ID)
		properties[field.ID] = field.Schema
	}
	for _, name := range slices.Sorted(maps.Keys(required)) {
		r.fault(n, under(place, "required"), "form.required", "field", name)
	}
	schema["properties"], schema["additionalProperties"] = properties, false
	var err error
	if f.schema, err = compile(schema); err != nil {
		lines := strings.Split(err.Error(), "\n") // the last says what, those before where
		r.fault(n, place, "form.schema", "why", strings.TrimLeft(lines[len(lines)-1], " -"))
	}
}

// field reads a property.
func (r *reader) field(n *yaml.Node, place, id string) (f Field) {
	r.lines[place] = n.Line
	f = Field{ID: id, Schema: map[string]any{}}
	required := map[string]bool{}
	r.mapping(n, place, func(key string, v *yaml.Node) {
		at := under(place, key)
		switch key {
		case "title":
			f.Title.Zh = strings.TrimSpace(v.Value)
		case "title-en":
			f.Title.En = strings.TrimSpace(v.Value)
		case "description":
			f.Help.Zh = strings.TrimSpace(v.Value)
		case "description-en":
			f.Help.En = strings.TrimSpace(v.Value)
		case "type":
			f.Type = v.Value
		case "format":
			f.Format = v.Value
		case "accept":
			f.Accept = v.Value
		case "of":
			f.Of = v.Value
		case "long":
			r.decode(v, reflect.ValueOf(&f.Long).Elem(), at)
		case "personal":
			r.decode(v, reflect.ValueOf(&f.Personal).Elem(), at)
		case "sealed":
			r.decode(v, reflect.ValueOf(&f.Sealed).Elem(), at)
		case "see":
			r.decode(v, reflect.ValueOf(&f.See).Elem(), at)
		case "default":
			f.Default = plain(v)
		case "when":
			f.When = map[string][]any{}
			r.mapping(v, at, func(other string, values *yaml.Node) {
				if list, many := plain(values).([]any); many {
					f.When[other] = list
				} else {
					f.When[other] = []any{plain(values)}
				}
			})
			return
		case "oneOf":
			r.options(v, at, &f)
		case "enum":
			if list, ok := plain(v).([]any); ok {
				for _, value := range list {
					f.Options = append(f.Options, Option{value, Words{fmt.Sprint(value), fmt.Sprint(value)}})
				}
			}
		case "properties":
			r.mapping(v, at, func(id string, p *yaml.Node) { f.Items = append(f.Items, r.field(p, under(at, id), id)) })
		case "items":
			f.Items = []Field{r.field(v, at, "item")}
			f.Schema[key] = f.Items[0].Schema
			return
		case "required":
			for _, name := range v.Content {
				required[name.Value] = true
			}
		default:
			if !slices.Contains(standard, key) {
				r.fault(v, at, "file.unknown", "key", key, "known", strings.Join(append(slices.Clone(standard), ours...), ", "))
				return
			}
		}
		if slices.Contains(standard, key) && key != "properties" {
			f.Schema[key] = plain(v)
		}
	})
	if f.Type == "object" && f.Format != "place" {
		properties := map[string]any{}
		for i := range f.Items {
			f.Items[i].Required = required[f.Items[i].ID]
			properties[f.Items[i].ID] = f.Items[i].Schema
		}
		f.Schema["properties"], f.Schema["additionalProperties"] = properties, false
	}
	if !strings.HasSuffix(place, ".items") && (f.Title.Zh == "" || f.Title.En == "") {
		r.fault(n, place, "form.title")
	}
	if (f.Help.Zh == "") != (f.Help.En == "") {
		r.fault(n, place, "form.help")
	}
	r.limits(n, place, &f)
	return f
}

// limits refuses types and formats that no form can show, and bounds what has no bounds.
func (r *reader) limits(n *yaml.Node, place string, f *Field) {
	if _, ok := formats[f.Format]; !ok && f.Format != "" {
		r.fault(n, place, "form.format", "format", f.Format, "known", strings.Join(slices.Sorted(maps.Keys(formats)), ", "))
	}
	switch f.Type {
	case "string":
		if f.Schema["maxLength"] == nil {
			f.Schema["maxLength"] = float64(maxText)
		}
		if f.Required && f.Schema["minLength"] == nil {
			f.Schema["minLength"] = 1.0
		}
		if examples, _ := f.Schema["examples"].([]any); f.Schema["pattern"] != nil && len(examples) == 0 {
			r.fault(n, place, "form.example")
		}
	case "array":
		if len(f.Items) == 0 {
			r.fault(n, place, "form.items")
		}
		if f.Schema["maxItems"] == nil {
			f.Schema["maxItems"] = float64(maxList)
		}
	case "object":
		if f.Format == "place" {
			f.Schema["properties"] = map[string]any{"lon": map[string]any{"type": "number", "minimum": -180.0, "maximum": 180.0}, "lat": map[string]any{"type": "number", "minimum": -90.0, "maximum": 90.0},
				"address": map[string]any{"type": "string", "maxLength": 200.0}}
			f.Schema["additionalProperties"] = false
		} else if len(f.Items) == 0 {
			r.fault(n, place, "form.items")
		}
	case "number", "integer", "boolean":
	default:
		r.fault(n, place, "form.type", "type", f.Type)
	}
}

func (r *reader) options(n *yaml.Node, place string, f *Field) {
	if n.Kind != yaml.SequenceNode {
		r.fault(n, place, "form.options")
		return
	}
	for i, o := range n.Content {
		var option Option
		at := fmt.Sprintf("%s[%d]", place, i)
		r.mapping(o, at, func(key string, v *yaml.Node) {
			switch key {
			case "const":
				option.Value = plain(v)
			case "title":
				option.Title.Zh = v.Value
			case "title-en":
				option.Title.En = v.Value
			default:
				r.fault(v, under(at, key), "file.unknown", "key", key, "known", "const, title, title-en")
			}
		})
		if option.Value == nil || option.Title.Zh == "" || option.Title.En == "" {
			r.fault(o, at, "form.option")
		}
		f.Options = append(f.Options, option)
	}
}

func compile(schema map[string]any) (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	for name, form := range formats {
		if form == nil {
			continue
		}
		c.RegisterFormat(&jsonschema.Format{Name: name, Validate: func(v any) error {
			if s, ok := v.(string); ok && s != "" && !form.MatchString(s) {
				return fmt.Errorf("not a %s", name)
			}
			return nil
		}})
	}
	if err := c.AddResource("form.json", schema); err != nil {
		return nil, err
	}
	return c.Compile("form.json")
}

// Shown reports whether a field is asked, by what was answered so far.
func (f *Field) Shown(data map[string]any) bool {
	for other, values := range f.When {
		if !slices.ContainsFunc(values, func(v any) bool { return among(v, data[other]) }) {
			return false
		}
	}
	return true
}

// among reports whether a value is one, or of a list one of them. What was not answered is false.
func among(v, answer any) bool {
	if list, ok := answer.([]any); ok {
		return slices.ContainsFunc(list, func(a any) bool { return reflect.DeepEqual(a, v) })
	}
	return reflect.DeepEqual(answer, v) || answer == nil && v == false
}

// empty reports whether a value says nothing.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(v) == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// Take judges what somebody filled in. It gives back what counts: what is not asked under these
// answers is left out, text is without blanks around it. before is what the case knows already.
func (f *Form) Take(filled, before map[string]any) (map[string]any, error) {
	var faults Faults
	bad := func(field, code string, args map[string]any) {
		faults = append(faults, &Fault{Code: "procedure.fill." + code, Place: field, Args: args})
	}
	for _, id := range slices.Sorted(maps.Keys(filled)) {
		if !slices.ContainsFunc(f.Fields, func(k Field) bool { return k.ID == id }) {
			bad(id, "unknown", nil)
		}
	}
	taken, all := map[string]any{}, maps.Clone(before)
	if all == nil {
		all = map[string]any{}
	}
	for i := range f.Fields {
		field := &f.Fields[i]
		v := filled[field.ID]
		if s, ok := v.(string); ok {
			v = strings.TrimSpace(s)
			if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
				bad(field.ID, "text", nil)
				continue
			}
		}
		delete(all, field.ID)
		if !field.Shown(all) {
			continue
		}
		if empty(v) {
			if field.Required {
				bad(field.ID, "required", nil)
			}
			continue
		}
		taken[field.ID], all[field.ID] = v, v
	}
	if err := f.schema.Validate(taken); err != nil {
		if invalid, ok := err.(*jsonschema.ValidationError); ok {
			leaves(invalid, func(e *jsonschema.ValidationError) {
				code, args := reason(e)
				bad(strings.Join(e.InstanceLocation, "."), code, args)
			})
		} else {
			bad("", "invalid", nil)
		}
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return taken, nil
}

// leaves are the errors that name what is wrong, not those that say that something below is.
func leaves(e *jsonschema.ValidationError, each func(*jsonschema.ValidationError)) {
	if _, choice := e.ErrorKind.(*kind.OneOf); choice || len(e.Causes) == 0 {
		each(e)
		return
	}
	for _, c := range e.Causes {
		leaves(c, each)
	}
}

func reason(e *jsonschema.ValidationError) (string, map[string]any) {
	switch k := e.ErrorKind.(type) {
	case *kind.MaxLength:
		return "long", map[string]any{"max": k.Want, "is": k.Got}
	case *kind.MinLength:
		return "short", map[string]any{"min": k.Want}
	case *kind.Minimum:
		least, _ := k.Want.Float64()
		return "small", map[string]any{"min": least}
	case *kind.Maximum:
		most, _ := k.Want.Float64()
		return "big", map[string]any{"max": most}
	case *kind.MaxItems:
		return "many", map[string]any{"max": k.Want}
	case *kind.MinItems:
		return "few", map[string]any{"min": k.Want}
	case *kind.OneOf, *kind.Enum, *kind.Const:
		return "choice", nil
	case *kind.Type:
		return "type", map[string]any{"want": strings.Join(k.Want, ", ")}
	case *kind.Format:
		return "format." + k.Want, nil
	case *kind.Pattern:
		return "pattern", nil
	case *kind.Required:
		return "required", nil
	case *kind.UniqueItems:
		return "same", nil
	}
	return "invalid", nil
}

// zero is what an expression sees of a field that nobody filled in.
func (f *Field) zero() any {
	switch f.Type {
	case "number", "integer":
		return 0.0
	case "boolean":
		return false
	case "array":
		return []any{}
	case "object":
		return map[string]any{}
	}
	return ""
}

// normal is a value as JSON would give it back, so that what is folded from memory and from the
// store is the same.
func normal(v any) any {
	switch v := v.(type) {
	case int:
		return float64(v)
	case int64:
		return float64(v)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
		return v
	case []string:
		l := make([]any, len(v))
		for i, s := range v {
			l[i] = s
		}
		return l
	case []any:
		l := make([]any, len(v))
		for i := range v {
			l[i] = normal(v[i])
		}
		return l
	case map[string]any:
		m := make(map[string]any, len(v))
		for k := range v {
			m[k] = normal(v[k])
		}
		return m
	case time.Time:
		return v.UTC().Format(time.RFC3339)
	}
	return v
}

// Say is a value as people read it, in Chinese: the titles of what was chosen, numbers without
// needless zeros, yes and no.
func (f *Field) Say(v any) string {
	for _, o := range f.Options {
		if reflect.DeepEqual(o.Value, v) {
			return o.Title.Zh
		}
	}
	switch v := v.(type) {
	case bool:
		if v {
			return "是"
		}
		return "否"
	case []any:
		said := make([]string, len(v))
		for i, item := range v {
			said[i] = f.Say(item)
			if len(f.Items) == 1 {
				said[i] = f.Items[0].Say(item)
			}
		}
		return strings.Join(said, "、")
	case map[string]any:
		if address, ok := v["address"].(string); ok {
			return address
		}
		var said []string
		for i := range f.Items {
			if part, ok := v[f.Items[i].ID]; ok {
				said = append(said, f.Items[i].Title.Zh+" "+f.Items[i].Say(part))
			}
		}
		return strings.Join(said, "，")
	}
	return say(v)
}
