// Package i18n holds the sentences the server says: one catalogue file per language
// and subject, Chinese first, English complete. Keys are fault codes and names of
// things; values may name arguments in braces: "at most {limit} characters".
package i18n

import (
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"sync"
)

//go:embed catalogue
var files embed.FS

// Lang is a language the product speaks.
type Lang string

// The languages, the first being the default.
const (
	Chinese Lang = "zh"
	English Lang = "en"
)

// Langs lists them in order of preference.
var Langs = []Lang{Chinese, English}

var load = sync.OnceValue(func() map[Lang]map[string]string {
	all := map[Lang]map[string]string{}
	for _, lang := range Langs {
		all[lang] = map[string]string{}
		dir := path.Join("catalogue", string(lang))
		entries, err := files.ReadDir(dir)
		if err != nil {
			panic(err) // the binary was built without its catalogues
		}
		for _, f := range entries {
			raw, _ := files.ReadFile(path.Join(dir, f.Name()))
			var part map[string]string
			if err := json.Unmarshal(raw, &part); err != nil {
				panic(fmt.Sprintf("%s/%s: %v", dir, f.Name(), err))
			}
			for k, v := range part {
				all[lang][k] = v
			}
		}
	}
	return all
})

// Catalogue returns every key of a language; the result must not be changed.
func Catalogue(lang Lang) map[string]string { return load()[lang] }

// T says key in lang with its arguments filled in. A key that no catalogue has is
// returned as it is, so that nothing is ever silent.
func T(lang Lang, key string, args map[string]any) string {
	text, ok := load()[lang][key]
	if !ok {
		if text, ok = load()[English][key]; !ok {
			return key
		}
	}
	if len(args) == 0 || !strings.Contains(text, "{") {
		return text
	}
	pairs := make([]string, 0, 2*len(args))
	for k, v := range args {
		pairs = append(pairs, "{"+k+"}", worded(lang, v))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// Both is a name or a sentence that is data, in both languages, as an argument of a text.
type Both struct {
	Zh string `json:"zh"`
	En string `json:"en"`
}

func (b Both) String() string { return b.Zh }

// worded is an argument in a language; one that was kept as JSON, too.
func worded(lang Lang, v any) string {
	var zh, en any
	switch v := v.(type) {
	case Both:
		zh, en = v.Zh, v.En
	case map[string]any:
		zh, en = v["zh"], v["en"]
	default:
		return fmt.Sprint(v)
	}
	if lang == English && en != nil && en != "" {
		return fmt.Sprint(en)
	}
	return fmt.Sprint(zh)
}

// Match picks the language for an Accept-Language header or a tag such as "zh-CN".
// Languages are taken in the order written; quality values are not weighed, because
// browsers list them by falling quality.
func Match(header string) Lang {
	for part := range strings.SplitSeq(header, ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		tag, _, _ = strings.Cut(strings.ToLower(tag), "-")
		for _, l := range Langs {
			if tag == string(l) {
				return l
			}
		}
	}
	return Chinese
}
