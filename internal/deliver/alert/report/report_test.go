package report

import (
	"testing"
	"unicode/utf16"

	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// A workbook cuts the name of a sheet off after 27 characters: titles of tables are shorter.
func TestTitlesFitTheTabsOfAWorkbook(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.Chinese, i18n.English} {
		for _, key := range []string{"approvals", "figures", "curve", "townships", "troubled", "trail"} {
			title := i18n.T(lang, "alert.report."+key, nil)
			if n := len(utf16.Encode([]rune(title))); n == 0 || n > 27 {
				t.Errorf("%s: %q has %d characters", lang, title, n)
			}
		}
	}
}
