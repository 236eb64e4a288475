package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Faults of engine/survey reach people who write questionnaires and spreadsheets; each
// code it can give has a sentence.
func TestFaultsOfSurveysHaveSentences(t *testing.T) {
	catalogue := i18n.Catalogue(i18n.Chinese)
	patterns := map[string]*regexp.Regexp{ // what stands before the code written there
		"":                           regexp.MustCompile(`Error\{(?:Code: )?"(survey\.[a-z.]*[a-z])"`),
		"survey.":                    regexp.MustCompile(`(?:v\.fault\(|return )"([a-z]+\.[a-z]+)"`),
		"survey.draw.":               regexp.MustCompile(`bad\("([a-z]+)"\)`),
		"survey.xlsform.":            regexp.MustCompile(`r\.(?:fault|warn)\("([a-z]+)"`),
		"survey.xlsform.expression.": regexp.MustCompile(`(?:return (?:c|nil|reference\{\}), |p\.fault = )"([a-z]+)[ "]`),
	}
	files, err := filepath.Glob("../../engine/survey/*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for prefix, pattern := range patterns {
			for _, m := range pattern.FindAllStringSubmatch(string(source), -1) {
				found[prefix]++
				if code := prefix + m[1]; catalogue[code] == "" {
					t.Errorf("%s: %q has no sentence in the catalogues", file, code)
				}
			}
		}
	}
	for prefix := range patterns {
		if found[prefix] < 3 {
			t.Errorf("only %d codes of %q were found; has the source changed its form?", found[prefix], prefix)
		}
	}
}

// Those of other engines that speak to people, too.
func TestFaultsOfEnginesHaveSentences(t *testing.T) {
	for _, engine := range []string{"georeport", "worktime"} {
		code := regexp.MustCompile(`"(` + engine + `\.[a-z.]*[a-z])"`)
		files, err := filepath.Glob("../../engine/" + engine + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range code.FindAllStringSubmatch(string(source), -1) {
				found++
				if i18n.Catalogue(i18n.Chinese)[m[1]] == "" {
					t.Errorf("%s: %q has no sentence in the catalogues", file, m[1])
				}
			}
		}
		if found < 20 {
			t.Errorf("only %d codes of %s were found; has the source changed its form?", found, engine)
		}
	}
}

// Faults of engine/procedure reach people who write procedures and those who fill in forms; each
// code it can give has a sentence.
func TestFaultsOfProceduresHaveSentences(t *testing.T) {
	catalogue := i18n.Catalogue(i18n.Chinese)
	patterns := map[string]*regexp.Regexp{ // what stands before the code written there
		"":                  regexp.MustCompile(`"(procedure\.[a-z_.]*[a-z])"`),
		"procedure.":        regexp.MustCompile(`(?:p\.fault\([^,]+, "([a-z]+(?:\.[a-z]+)?)"|r\.fault\(.+, "([a-z]+\.[a-z]+)")`),
		"procedure.fill.":   regexp.MustCompile(`(?:bad\([^,]+(?:, "\."\))?, |return )"([a-z]+)", (?:nil|map)`),
		"procedure.chain.":  regexp.MustCompile(`broken\("([a-z]+)"\)`),
		"procedure.missing": regexp.MustCompile(`p\.name\([^"]+(?:"[^"]+"[^"]*)?, "([a-z]+)", `),
	}
	files, err := filepath.Glob("../../engine/procedure/*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for prefix, pattern := range patterns {
			if found[prefix] == nil {
				found[prefix] = map[string]bool{}
			}
			for _, m := range pattern.FindAllStringSubmatch(string(source), -1) {
				code := prefix + strings.Join(m[1:], "")
				if prefix == "procedure.missing" {
					code = prefix + "." + m[1]
				}
				found[prefix][code] = true
				if catalogue[code] == "" {
					t.Errorf("%s: %q has no sentence in the catalogues", file, code)
				}
			}
		}
	}
	for _, kind := range []string{"element", "event", "grant", "licence", "purpose", "urn"} {
		if catalogue["procedure.platform."+kind] == "" {
			t.Errorf("%q has no sentence in the catalogues", "procedure.platform."+kind)
		}
	}
	for prefix, least := range map[string]int{"": 25, "procedure.": 60, "procedure.fill.": 14, "procedure.chain.": 3, "procedure.missing": 5} {
		if len(found[prefix]) < least {
			t.Errorf("only %d codes of %q were found, not %d; has the source changed its form?", len(found[prefix]), prefix, least)
		}
	}
}
