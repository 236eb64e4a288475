package i18n_test

import (
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

func TestCharactersThatDeceive(t *testing.T) {
	for _, r := range "\x00\n\u0085\u202e\u2066\u200f\u061c\ue000\ufffd\ufdd0\U000e0041" {
		if !i18n.Deceptive(r) {
			t.Errorf("%U passes", r)
		}
	}
	if at := strings.IndexFunc("暴雨红色预警（Ⅰ级）：请勿外出！A–Z 25°C，㎜ 𠮷 👩\u200d🚒 é", i18n.Deceptive); at >= 0 {
		t.Errorf("an honest text is refused at byte %d", at)
	}
}

func TestTextsOfWhichNothingIsSeen(t *testing.T) {
	for text, want := range map[string]bool{"": true, " \u3000\n": true, "\u200b\u200b": true, "\ufeff": true, "雨": false, "\u200b1": false, "。": false} {
		if i18n.Blank(text) != want {
			t.Errorf("%q", text)
		}
	}
}
