package httpapi

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// isText reports whether s is text that both databases can keep: PostgreSQL refuses NUL
// and what is not UTF-8, and nobody means to send either.
func isText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// hidden reports whether a text would deceive whoever reads what was sent; lines may break.
func hidden(text string) bool { return i18n.Deceives(text, "\n\r\t") }

// isName reports whether a text can stand for a thing wherever it is listed: in one line, of which
// something is seen. Inputs that must be one are tagged text:"name".
func isName(text string) bool {
	return utf8.ValidString(text) && !i18n.Blank(text) && !i18n.Deceives(text, "")
}

// bared is a text without what hidden refuses in it.
func bared(text string) string {
	return strings.Map(func(r rune) rune {
		if hidden(string(r)) {
			return -1
		}
		return r
	}, text)
}

// WellFormed refuses addresses that are not text.
func WellFormed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isText(r.URL.Path) {
			WriteProblem(w, r, fault.New(fault.NotFound, "request.not_found"))
			return
		}
		for name, values := range r.URL.Query() {
			for _, v := range values {
				if !isText(name) || !isText(v) {
					WriteProblem(w, r, fault.Bad("query."+strings.ToValidUTF8(name, "?"), "validate.text"))
					return
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}

var requestNumber = regexp.MustCompile(`^[A-Za-z0-9._:/+=-]{1,64}$`)

// PlainRequestIDs drops the number that a caller gives a request unless it is a short
// word: it stands in the audit record and in logs.
func PlainRequestIDs(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !requestNumber.MatchString(r.Header.Get("X-Request-Id")) {
			r.Header.Del("X-Request-Id")
		}
		next.ServeHTTP(w, r)
	})
}

// checkTexts finds what is no text in an operation's input, each with its place. An input tagged
// text:"bared" is of an act that must not wait for what was pasted unseen: that is dropped, and
// refused only where nothing else is left.
func checkTexts(in any) error {
	var list fault.List
	walk(reflect.ValueOf(in), "", &list)
	return list.OrNil()
}

func walk(v reflect.Value, place string, list *fault.List) {
	if !v.IsValid() || !holdsText(v.Type()) {
		return
	}
	switch v.Kind() {
	case reflect.String:
		switch text := v.String(); {
		case !isText(text):
			list.Add(fault.Bad(place, "validate.text"))
		case hidden(text):
			list.Add(fault.Bad(place, "validate.hidden"))
		}
	case reflect.Pointer, reflect.Interface:
		walk(v.Elem(), place, list)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			walk(v.Index(i), fmt.Sprintf("%s[%d]", place, i), list)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			walk(key, place, list)
			walk(v.MapIndex(key), join(place, strings.ToValidUTF8(fmt.Sprint(key), "?")), list)
		}
	case reflect.Struct:
		if page, ok := v.Interface().(PageInput); ok && !page.readable() {
			list.Add(fault.Bad("after", "page.cursor_invalid"))
		}
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() || f.Tag.Get("hidden") != "" {
				continue
			}
			if f.Tag.Get("text") == "bared" {
				if rest := bared(v.Field(i).String()); !i18n.Blank(rest) {
					v.Field(i).SetString(rest)
				}
			}
			if at := placeOf(place, f); f.Tag.Get("text") == "name" && !isName(v.Field(i).String()) {
				list.Add(fault.Bad(at, "validate.name"))
			} else {
				walk(v.Field(i), at, list)
			}
		}
	}
}

// placeOf names a field as the caller knows it.
func placeOf(place string, f reflect.StructField) string {
	for _, in := range []string{"query", "path"} {
		if name, _, _ := strings.Cut(f.Tag.Get(in), ","); name != "" {
			return in + "." + name
		}
	}
	if name := f.Tag.Get("header"); name != "" {
		return name
	}
	if f.Anonymous || f.Name == "Body" && place == "" {
		return place
	}
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if name == "" {
		name = f.Name
	}
	return join(place, name)
}

func join(place, name string) string {
	if place == "" {
		return name
	}
	return place + "." + name
}

var textual sync.Map // reflect.Type → whether a value of it may hold text

// holdsText spares the walk through thousands of numbers, such as a polygon's corners,
// and through raw bytes, which those who read them check.
func holdsText(t reflect.Type) bool {
	if known, ok := textual.Load(t); ok {
		return known.(bool)
	}
	textual.Store(t, true) // a type that holds itself
	holds := false
	switch t.Kind() {
	case reflect.String, reflect.Interface:
		holds = true
	case reflect.Pointer, reflect.Array, reflect.Slice:
		holds = holdsText(t.Elem())
	case reflect.Map:
		holds = holdsText(t.Key()) || holdsText(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			holds = holds || t.Field(i).IsExported() && holdsText(t.Field(i).Type)
		}
	}
	textual.Store(t, holds)
	return holds
}

// readable reports whether a cursor, if it can be decoded at all, holds text.
func (p PageInput) readable() bool {
	key, err := base64.RawURLEncoding.DecodeString(p.After)
	return err != nil || isText(string(key))
}
