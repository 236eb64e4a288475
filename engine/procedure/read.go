package procedure

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Limits of a type's file.
const (
	MaxFile  = 256 << 10 // bytes
	maxNodes = 20_000
	maxDepth = 24
)

// Read reads a type from YAML (of which JSON is a part) and proves what can be proved without
// knowing the platform that it is to run on; see Type.Fits for the rest. It names every fault it
// finds, each with its line.
func Read(src []byte) (*Type, error) {
	root, fault := parse(src)
	if fault != nil {
		return nil, Faults{fault}
	}
	t := &Type{lines: map[string]int{}, exprs: map[string]*expression{}}
	r := reader{lines: t.lines}
	r.decode(root, reflect.ValueOf(t).Elem(), "")
	if len(r.faults) > 0 {
		return nil, r.faults
	}
	if err := t.prove().Err(); err != nil {
		return nil, err
	}
	return t, nil
}

var yamlLine = regexp.MustCompile(`line (\d+): (.*)`)

func parse(src []byte) (*yaml.Node, *Fault) {
	if len(src) > MaxFile {
		return nil, &Fault{Code: "procedure.file.large", Args: map[string]any{"max": MaxFile / 1024}}
	}
	d := yaml.NewDecoder(bytes.NewReader(src))
	var doc, more yaml.Node
	if err := d.Decode(&doc); err != nil {
		f := &Fault{Code: "procedure.file.yaml", Args: map[string]any{"why": strings.TrimPrefix(err.Error(), "yaml: ")}}
		if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
			f.Line, _ = strconv.Atoi(m[1])
			f.Args["why"] = m[2]
		}
		if errors.Is(err, io.EOF) {
			f.Code = "procedure.file.empty"
		}
		return nil, f
	}
	if d.Decode(&more) == nil {
		return nil, &Fault{Code: "procedure.file.documents", Line: more.Line}
	}
	if len(doc.Content) != 1 {
		return nil, &Fault{Code: "procedure.file.empty"}
	}
	count := 0
	if f := bounded(doc.Content[0], 0, &count); f != nil {
		return nil, f
	}
	return doc.Content[0], nil
}

// bounded refuses what is too deep or too much, and aliases, which make little text very large.
func bounded(n *yaml.Node, depth int, count *int) *Fault {
	*count++
	switch {
	case n.Kind == yaml.AliasNode:
		return &Fault{Code: "procedure.file.alias", Line: n.Line}
	case depth > maxDepth || *count > maxNodes:
		return &Fault{Code: "procedure.file.deep", Line: n.Line}
	}
	for _, c := range n.Content {
		if f := bounded(c, depth+1, count); f != nil {
			return f
		}
	}
	return nil
}

// reader brings YAML into the structs of a type by their json tags. A tag keyed:"true" stands for
// a mapping whose keys become the ids of a list, in the order of the file.
type reader struct {
	lines  map[string]int // by place
	faults Faults
}

func (r *reader) fault(n *yaml.Node, place, code string, args ...any) {
	f := &Fault{Code: "procedure." + code, Place: place, Line: n.Line, Args: map[string]any{}}
	for i := 0; i+1 < len(args); i += 2 {
		f.Args[args[i].(string)] = args[i+1]
	}
	r.faults = append(r.faults, f)
}

func under(place, key string) string {
	if place == "" {
		return key
	}
	return place + "." + key
}

// node is how a type of ours reads itself.
type node interface {
	read(r *reader, n *yaml.Node, place string)
}

func (r *reader) decode(n *yaml.Node, v reflect.Value, place string) {
	r.lines[place] = n.Line
	if own, ok := v.Addr().Interface().(node); ok {
		own.read(r, n, place)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		r.decode(n, v.Elem(), place)
	case reflect.Struct:
		r.object(n, v, place)
	case reflect.Map:
		r.pairs(n, v, place)
	case reflect.Slice:
		r.list(n, v, place)
	default:
		r.scalar(n, v, place)
	}
}

// mapping calls each with every pair of a mapping and refuses a key that stands twice.
func (r *reader) mapping(n *yaml.Node, place string, each func(key string, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		r.fault(n, place, "file.mapping")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i].Value
		if seen[key] {
			r.fault(n.Content[i], under(place, key), "file.twice", "key", key)
			continue
		}
		seen[key] = true
		each(key, n.Content[i+1])
	}
}

func (r *reader) object(n *yaml.Node, v reflect.Value, place string) {
	fields, keyed := fieldsOf(v.Type())
	r.mapping(n, place, func(key string, value *yaml.Node) {
		i, known := fields[key]
		switch {
		case !known:
			names := make([]string, 0, len(fields))
			for name := range fields {
				names = append(names, name)
			}
			slices.Sort(names)
			r.fault(value, under(place, key), "file.unknown", "key", key, "known", strings.Join(names, ", "))
		case keyed[i]:
			r.keyed(value, v.Field(i), under(place, key))
		default:
			r.decode(value, v.Field(i), under(place, key))
		}
	})
}

// fieldsOf are the fields of a struct by the names they have in files.
func fieldsOf(t reflect.Type) (fields map[string]int, keyed map[int]bool) {
	fields, keyed = map[string]int{}, map[int]bool{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "" || name == "-" || name == "id" {
			continue
		}
		fields[name], keyed[i] = i, f.Tag.Get("keyed") != ""
	}
	return fields, keyed
}

var idForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// keyed reads a mapping as a list whose items know their keys.
func (r *reader) keyed(n *yaml.Node, list reflect.Value, place string) {
	r.lines[place] = n.Line
	r.mapping(n, place, func(key string, value *yaml.Node) {
		at := under(place, key)
		if !idForm.MatchString(key) {
			r.fault(value, at, "file.id", "id", key)
			return
		}
		item := reflect.New(list.Type().Elem()).Elem()
		r.decode(value, item, at)
		item.FieldByName("ID").SetString(key)
		list.Set(reflect.Append(list, item))
	})
}

func (r *reader) pairs(n *yaml.Node, v reflect.Value, place string) {
	v.Set(reflect.MakeMap(v.Type()))
	r.mapping(n, place, func(key string, value *yaml.Node) {
		item := reflect.New(v.Type().Elem()).Elem()
		r.decode(value, item, under(place, key))
		v.SetMapIndex(reflect.ValueOf(key), item)
	})
}

// list reads a list; a single thing stands for a list of it.
func (r *reader) list(n *yaml.Node, v reflect.Value, place string) {
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	for i, c := range items {
		item := reflect.New(v.Type().Elem()).Elem()
		r.decode(c, item, fmt.Sprintf("%s[%d]", place, i))
		v.Set(reflect.Append(v, item))
	}
}

func (r *reader) scalar(n *yaml.Node, v reflect.Value, place string) {
	if n.Kind != yaml.ScalarNode {
		r.fault(n, place, "file.scalar")
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(strings.TrimSpace(n.Value))
	case reflect.Bool:
		if n.Tag != "!!bool" {
			r.fault(n, place, "file.bool", "value", n.Value)
			return
		}
		v.SetBool(n.Value == "true" || n.Value == "True" || n.Value == "TRUE")
	case reflect.Int:
		i, err := strconv.Atoi(n.Value)
		if err != nil {
			r.fault(n, place, "file.int", "value", n.Value)
			return
		}
		v.SetInt(int64(i))
	default:
		panic("procedure: no way to read a " + v.Type().String())
	}
}

// plain is a node as JSON knows it.
func plain(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = plain(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		l := make([]any, len(n.Content))
		for i, c := range n.Content {
			l[i] = plain(c)
		}
		return l
	}
	switch n.Tag {
	case "!!int", "!!float":
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return f
		}
	case "!!bool":
		return n.Value == "true" || n.Value == "True" || n.Value == "TRUE"
	case "!!null":
		return nil
	}
	return n.Value
}

// read takes words as a mapping of languages.
func (w *Words) read(r *reader, n *yaml.Node, place string) {
	r.mapping(n, place, func(key string, value *yaml.Node) {
		if value.Kind != yaml.ScalarNode {
			r.fault(value, under(place, key), "file.scalar")
			return
		}
		switch key {
		case "zh":
			w.Zh = strings.TrimSpace(value.Value)
		case "en":
			w.En = strings.TrimSpace(value.Value)
		default:
			r.fault(value, under(place, key), "file.unknown", "key", key, "known", "en, zh")
		}
	})
	if w.Zh == "" || w.En == "" {
		r.fault(n, place, "words.missing")
	}
}

// takings lets a deadline say "take: 5wd" where it takes always as long.
func (t *Taking) read(r *reader, n *yaml.Node, place string) {
	if n.Kind == yaml.ScalarNode {
		t.Term = n.Value
		return
	}
	type bare Taking
	r.object(n, reflect.ValueOf((*bare)(t)).Elem(), place)
}
