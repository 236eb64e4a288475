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
