package i18n_test

import (
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

func TestCharactersThatDeceive(t *testing.T) {
	for _, r := range "\x00\n\u0085\u202e\u2066\u200f\u061c\ue000\ufffd\ufdd0\U000e0041\u2028\u2029\u200b\u200c\u00ad\u2060\ufeff\u3164" {
		if !i18n.Deceptive(r) {
			t.Errorf("%U passes", r)
		}
	}
	for _, honest := range []string{"暴雨红色预警（Ⅰ级）：请勿外出！A–Z 25°C，㎜ 𠮷 é", "👩\u200d🚒", "👩🏽\u200d🚒", "🏳\ufe0f\u200d🌈", "🙂\u200d↔\ufe0f"} {
		if i18n.Deceives(honest, "") {
			t.Errorf("an honest text is refused: %q", honest)
		}
	}
	for _, text := range []string{"暴\u200d雨", "\u200d🚒", "👩\u200d", "一\n二", "暴\u200b雨", "\xff"} {
		if !i18n.Deceives(text, "\t") {
			t.Errorf("%q passes", text)
		}
	}
	if i18n.Deceives("一\n二", "\n") {
		t.Error("a new line is refused where it is allowed")
	}
}

func TestTextsOfWhichNothingIsSeen(t *testing.T) {
	for text, want := range map[string]bool{"": true, " \u3000\n": true, "\u200b\u200b": true, "\ufeff": true, "雨": false, "\u200b1": false, "。": false} {
		if i18n.Blank(text) != want {
			t.Errorf("%q", text)
		}
	}
}
