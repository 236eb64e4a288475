package ebd

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
)

// MarshalJSON writes the envelope with the names of the XML, and the body under its own.
func (d Document) MarshalJSON() ([]byte, error) {
	type envelope Document
	b, err := json.Marshal(envelope(d))
	if err != nil || d.Body == nil {
		return b, err
	}
	body, err := json.Marshal(d.Body)
	if err != nil {
		return nil, err
	}
	name := GDJ2018.typeOf(d.Body)
	if name == "" { // of another edition
		t := reflect.TypeOf(d.Body)
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		name = t.Name()
	}
	return slices.Concat(b[:len(b)-1], []byte(`,"`+name+`":`), body, []byte("}")), nil
}

// UnmarshalJSON reads what MarshalJSON writes, with a body of GDJ2018. Names that the
// standard does not have and values of another type are refused with their place;
// whether the values are right is for Encode to say.
func (d *Document) UnmarshalJSON(b []byte) error { return GDJ2018.UnmarshalDocument(b, d) }

// UnmarshalDocument is Document's UnmarshalJSON with a body of this edition.
func (e *Edition) UnmarshalDocument(b []byte, d *Document) error {
	all, err := object(b)
	if err != nil {
		return err
	}
	*d = Document{}
	for name, m := range e.Messages {
		inner, ok := all[name]
		if !ok {
			continue
		}
		if d.Body != nil {
			return bad("document", "EBD/"+name, CodeMismatch, 0, "a second body")
		}
		delete(all, name)
		d.Body = m.New()
		if err := fill(reflect.ValueOf(d.Body).Elem(), inner, "EBD/"+name); err != nil {
			return err
		}
	}
	return fill(reflect.ValueOf(d).Elem(), all, "EBD")
}

// UnmarshalJSON reads source information as Document's UnmarshalJSON reads a document.
func (i *EBI) UnmarshalJSON(b []byte) error {
	all, err := object(b)
	if err != nil {
		return err
	}
	*i = EBI{}
	return fill(reflect.ValueOf(i).Elem(), all, "EBI")
}

func object(b []byte) (all map[string]any, err error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	return all, dec.Decode(&all)
}

// fill puts a JSON object into a struct by its plan.
func fill(v reflect.Value, from any, path string) error {
	object, ok := from.(map[string]any)
	if !ok {
		return bad("document", path, WarnValue, 0, "not an object")
	}
	p := planOf(v.Type())
	for name, value := range object {
		i, ok := p.byName[name]
		if !ok {
			return bad("document", path+"/"+name, CodeUnknown, 0, "")
		}
		if value == nil {
			continue
		}
		f := &p.fields[i]
		if err := fillField(f, v.Field(f.index), value, path+"/"+name); err != nil {
			return err
		}
	}
	return nil
}

func fillField(f *field, v reflect.Value, value any, path string) error {
	switch f.kind {
	case leaf:
		return fillString(v, value, path)
	case whole:
		n, ok := value.(json.Number)
		i, err := strconv.Atoi(n.String())
		if !ok || err != nil {
			return bad("document", path, WarnValue, 0, "not a whole number")
		}
		v.SetInt(int64(i))
	case parts:
		v.Set(reflect.New(v.Type().Elem()))
		return fill(v.Elem(), value, path)
	case list:
		items, ok := value.([]any)
		if !ok {
			return bad("document", path, WarnValue, 0, "not an array")
		}
		v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
		for i, item := range items {
			at := path + "[" + strconv.Itoa(i+1) + "]"
			put := fillString
			if f.sub != nil {
				put = fill
			}
			if err := put(v.Index(i), item, at); err != nil {
				return err
			}
		}
	case free:
		b, err := json.Marshal(value)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(b, v.Addr().Interface()); err != nil {
			return bad("document", path, WarnValue, 0, "not elements with Name, Text and Elements")
		}
	}
	return nil
}

func fillString(v reflect.Value, value any, path string) error {
	s, ok := value.(string)
	if !ok {
		return bad("document", path, WarnValue, 0, "not a string")
	}
	v.SetString(s)
	return nil
}
