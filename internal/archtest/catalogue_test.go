package archtest

import (
	"encoding/json"
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// A value stands in braces, in the web's English also with the forms of a number: {count|day|days}.
var argument = regexp.MustCompile(`\{(\w+)(?:\|[^|}]*\|[^}]*)?\}`)

func TestServerCataloguesAreComplete(t *testing.T) {
	zh, en := i18n.Catalogue(i18n.Chinese), i18n.Catalogue(i18n.English)
	compare(t, "internal/platform/i18n", zh, en)
}

func TestWebCataloguesAreComplete(t *testing.T) {
	zh, en := webCatalogue(t, "zh"), webCatalogue(t, "en")
	if len(zh) == 0 {
		t.Fatal("web/shared/locales/zh holds no text")
	}
	compare(t, "web/shared/locales", zh, en)
}

// A citizen, a report and the console read the same of the same thing.
func TestTheSameThingHasTheSameName(t *testing.T) {
	for _, lang := range []string{"zh", "en"} {
		console, server := webCatalogue(t, lang), i18n.Catalogue(i18n.Lang(lang))
		for _, pair := range [][2]string{{"alert.severity.", "portal.level."}, {"alert.reason.", "shared/message.json:reason."},
			{"asset.kind.", "shared/device.json:device.kind."}, {"asset.state.", "shared/device.json:device.state."}, {"asset.fault.", "shared/device.json:fault."},
			{"measure.survey.answer.", "shared/fault.json:survey.fault."}} {
			shared := 0
			for key, text := range server {
				value, ok := strings.CutPrefix(key, pair[0])
				other := server[pair[1]+value] + console[pair[1]+value]
				if !ok || other == "" {
					continue
				}
				if shared++; other != text {
					t.Errorf("%s: %s is %q and %s%s is %q", lang, key, text, pair[1], value, other)
				}
			}
			if shared < 4 {
				t.Errorf("%s: %s and %s share %d names", lang, pair[0], pair[1], shared)
			}
		}
	}
}

func compare(t *testing.T, where string, zh, en map[string]string) {
	t.Helper()
	for key, text := range zh {
		other, ok := en[key]
		if !ok {
			t.Errorf("%s: %q has no English", where, key)
			continue
		}
		if strings.TrimSpace(text) == "" || strings.TrimSpace(other) == "" {
			t.Errorf("%s: %q is empty", where, key)
		}
		if a, b := arguments(text), arguments(other); !slices.Equal(a, b) {
			t.Errorf("%s: %q names %v in Chinese and %v in English", where, key, a, b)
		}
	}
	for key := range en {
		if _, ok := zh[key]; !ok {
			t.Errorf("%s: %q has no Chinese", where, key)
		}
	}
}

func arguments(text string) (names []string) {
	for _, m := range argument.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(names, m[1]) {
			names = append(names, m[1])
		}
	}
	slices.Sort(names)
	return names
}

func webCatalogue(t *testing.T, lang string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "web/*/locales", lang, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var tree map[string]any
		if err := json.Unmarshal(raw, &tree); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		flatten(tree, filepath.Base(filepath.Dir(filepath.Dir(filepath.Dir(path))))+"/"+filepath.Base(path)+":", all)
	}
	return all
}

func flatten(tree map[string]any, prefix string, into map[string]string) {
	for key, v := range tree {
		switch v := v.(type) {
		case string:
			into[prefix+key] = v
		case map[string]any:
			flatten(v, prefix+key+".", into)
		}
	}
}

// Whatever may be wrong with an answer to a survey is told alike by the server and by the pages.
func TestEveryFaultOfAnAnswerHasASentence(t *testing.T) {
	codes := 0
	for _, f := range goFiles(t) {
		if f.dir != "engine/survey" || f.test() {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, "Fault") {
				return true
			}
			lit, ok := spec.Values[0].(*ast.BasicLit)
			if !ok {
				return true
			}
			codes++
			code, _ := strconv.Unquote(lit.Value)
			for _, lang := range []string{"zh", "en"} {
				if i18n.Catalogue(i18n.Lang(lang))["measure.survey.answer."+code] == "" || webCatalogue(t, lang)["shared/fault.json:survey.fault."+code] == "" {
					t.Errorf("%s: %q has no sentence on the server or on the pages", lang, code)
				}
			}
			return true
		})
	}
	if codes < 13 {
		t.Errorf("%d faults were found", codes)
	}
}

// Every fault code that the source writes has a sentence, so that nobody is shown a code.
func TestEveryFaultHasASentence(t *testing.T) {
	catalogue := i18n.Catalogue(i18n.Chinese)
	for _, f := range goFiles(t) {
		if f.test() || !under(f.dir, "internal") {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 2 {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || (sel.Sel.Name != "New" && sel.Sel.Name != "Bad") {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); !ok || x.Name != "fault" {
				return true
			}
			lit, ok := call.Args[1].(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			if code, _ := strconv.Unquote(lit.Value); catalogue[code] == "" {
				t.Errorf("%s: fault %q has no sentence in the catalogues", f.at(n), code)
			}
			return true
		})
	}
}
