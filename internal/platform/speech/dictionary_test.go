package speech

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"pgregory.net/rapid"
)

func TestSplitTakesTheLongestWord(t *testing.T) {
	d, err := (&Dictionary{}).With(
		Entry{"大栅栏", "da4 shi2 lar4"}, Entry{"行", "xing2"}, Entry{"银行", "yin2 hang2"}, Entry{"行长", "hang2 zhang3"})
	if err != nil {
		t.Fatal(err)
	}
	got := d.Split("大栅栏银行行长，Peking Duck店PM二点五")
	want := []Word{
		{Text: "大栅栏", Pinyin: "da4 shi2 lar4"}, {Text: "银行", Pinyin: "yin2 hang2"},
		{Text: "行长", Pinyin: "hang2 zhang3"}, {Text: "，"},
		{Text: "Peking Duck", Latin: true}, {Text: "店PM二点五"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOperatorsEntryWins(t *testing.T) {
	d, err := Default().With(Entry{"重庆", "zhong4 qing4"})
	if err != nil || d.Split("重庆")[0].Pinyin != "zhong4 qing4" {
		t.Errorf("%v %v", err, d)
	}
	if Default().Split("重庆")[0].Pinyin != "chong2 qing4" {
		t.Error("adding a word changed the built-in dictionary")
	}
}

func TestBadEntriesAreNamed(t *testing.T) {
	for _, e := range []Entry{
		{"重庆", "chong2"}, {"重庆", "chong2 qing"}, {"重庆", "chong2 qing6"}, {"重庆", "chong2 qqq4"},
		{"", ""}, {"ABC", "a1 b1 c1"}, {strings.Repeat("长", 17), strings.Repeat("chang2 ", 17)},
	} {
		_, err := Default().With(e)
		if !fault.Is(err, "speech.dictionary_word") {
			t.Errorf("%v: %v", e, err)
		}
	}
	for _, text := range []string{"一,yi1,x\n", "一\n", "\"一,yi1\n"} {
		if _, err := ReadEntries(strings.NewReader(text)); !fault.Is(err, "speech.dictionary_line") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Splitting loses nothing, whatever the text.
func TestSplitKeepsTheText(t *testing.T) {
	d := Default()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("重庆大栅栏银行长地为不要一个 ab-CD'é，。12"))).Draw(t, "text")
		joined := ""
		for _, w := range d.Split(text) {
			joined += w.Text
		}
		if joined != text {
			t.Fatalf("%q became %q", text, joined)
		}
	})
}

func TestSSML(t *testing.T) {
	d := Default()
	cases := []struct {
		lang i18n.Lang
		text string
		want string
	}{
		{i18n.Chinese, "到大栅栏", `<speak><voice name="cmn-latn-pinyin">到 da4 shi2 la4 er5 </voice></speak>`},
		{i18n.Chinese, "在 Central Park 集合", `<speak><voice name="cmn-latn-pinyin">在 </voice> <voice name="en-gb">Central Park</voice> <voice name="cmn-latn-pinyin"> 集合</voice></speak>`},
		{i18n.Chinese, "AQI高<b>&", `<speak><voice name="cmn-latn-pinyin"> A Q I 高&lt;b&gt;&amp;</voice></speak>`},
		{i18n.English, "Flood & storm", `<speak><voice name="en-gb">Flood &amp; storm</voice></speak>`},
	}
	for _, c := range cases {
		words := []Word{{Text: c.text}}
		if c.lang == i18n.Chinese {
			words = d.Split(c.text)
		}
		if got := ssml(c.lang, words); got != c.want {
			t.Errorf("%s\n  got  %s\n  want %s", c.text, got, c.want)
		}
	}
	if got := rhotic.ReplaceAllString("er4 er5 huar1 nar3", "$1$2 er5"); got != "er4 er5 hua1 er5 na3 er5" {
		t.Error(got)
	}
}

func FuzzReadEntries(f *testing.F) {
	f.Add("重庆,chong2 qing4\n# 注\n")
	f.Fuzz(func(t *testing.T, text string) {
		entries, err := ReadEntries(strings.NewReader(text))
		if err != nil {
			return
		}
		if _, err := (&Dictionary{}).With(entries...); err != nil && !fault.Is(err, "speech.dictionary_word") {
			t.Fatal(err)
		}
	})
}
