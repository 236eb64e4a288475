package i18n_test

import (
	"encoding/json"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// What is data is said in the reader's language, in Chinese where there is no English; also after it
// was kept as JSON.
func TestDataIsSaidInTheReadersLanguage(t *testing.T) {
	kept := map[string]any{}
	if err := json.Unmarshal([]byte(`{"says":{"zh":"多了","en":"too many"}}`), &kept); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		lang i18n.Lang
		args map[string]any
		want string
	}{{i18n.Chinese, kept, "多了"}, {i18n.English, kept, "too many"}, {i18n.English, map[string]any{"says": i18n.Both{Zh: "多了", En: "too many"}}, "too many"}, {i18n.English, map[string]any{"says": i18n.Both{Zh: "多了"}}, "多了"}} {
		if got := i18n.T(c.lang, "measure.fact.contradicts", c.args); got != c.want {
			t.Errorf("%s %v: %s", c.lang, c.args, got)
		}
	}
}
