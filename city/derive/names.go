package main

import (
	"strings"

	"github.com/mozillazg/go-pinyin"
)

// kindOf reads the kind of a unit from the end of its name.
func kindOf(level, name string) string {
	switch level {
	case "city":
		if strings.HasSuffix(name, "省") {
			return "province"
		}
		return "municipality"
	case "prefecture":
		return "prefecture"
	case "district":
		switch {
		case strings.HasSuffix(name, "县"):
			return "county"
		case strings.HasSuffix(name, "市"):
			return "county_city"
		}
		return "district"
	}
	for _, k := range []struct{ suffix, kind string }{{"街道", "street"}, {"地区", "area"}, {"镇", "town"}, {"乡", "township"}} {
		if strings.HasSuffix(name, k.suffix) {
			return k.kind
		}
	}
	return "zone" // development zones, farms, an airport: counted as townships by the statistics
}

// tidyVillage turns the name of a committee into that of the place it serves:
// 多福巷社区居委会 is 多福巷社区, 桃条沟村委会 is 桃条沟村.
func tidyVillage(name string) (string, string) {
	for _, end := range []string{"村民委员会", "村委会"} {
		if s, ok := strings.CutSuffix(name, end); ok {
			if !strings.HasSuffix(s, "村") {
				s += "村"
			}
			return s, "village"
		}
	}
	for _, end := range []string{"居民委员会", "居民居委会", "居委会"} {
		if s, ok := strings.CutSuffix(name, end); ok {
			if !strings.HasSuffix(s, "社区") {
				s += "社区"
			}
			return s, "community"
		}
	}
	switch {
	case strings.HasSuffix(name, "虚拟社区"): // stands for a zone with no community of its own
		return name, "statistical"
	case strings.HasSuffix(name, "村"), strings.HasSuffix(name, "生活区"): // a cooperative's village
		return name, "village"
	}
	return name, "community"
}

// readings mend what a reading character by character gets wrong in these place names.
// Longer keys come first where one contains another.
var readings = strings.NewReplacer(
	"朝阳", "chao yang ", "朝内", "chao nei ", "朝外", "chao wai ", "朝来", "chao lai ", "长安", "chang an ", "长阳", "chang yang ",
	"长沟", "chang gou ", "长辛店", "chang xin dian ", "长哨营", "chang shao ying ", "长子营", "zhang zi ying ", "长陵", "chang ling ",
	"长城", "chang cheng ", "长椿", "chang chun ", "长营", "chang ying ", "长春", "chang chun ", "大厂", "da chang ", "大夫", "da fu ",
	"大栅栏", "da shi lan ", "重兴", "chong xing ", "重华", "chong hua ", "行宫", "xing gong ", "银行", "yin hang ", "太行", "tai hang ",
	"音乐", "yin yue ", "蓟", "ji ", "石家庄", "shi jia zhuang ", "邯郸", "han dan ", "廊坊", "lang fang ", "坻", "di ",
	"大石头", "da shi tou ", "王府井", "wang fu jing ", "单店", "shan dian ", "单村", "shan cun ", "曲阳", "qu yang ",
	"厂洼", "chang wa ", "什刹海", "shi cha hai ", "刹", "cha ", "垡", "fa ", "峪", "yu ", "洼", "wa ", "堡头", "pu tou ", "十里堡", "shi li pu ",
	"八里庄", "ba li zhuang ", "区", "qu ", "柏", "bai ", "都市", "du shi ", "成都", "cheng du ", "首都", "shou du ", "会城门", "hui cheng men ",
)

// pinyinOf spells a name without tones for searching: syllables joined, then a space and
// the initials: "chaoyangqu cyq". It is a search key, not a transcription to print.
func pinyinOf(name string) string {
	args := pinyin.NewArgs()
	var joined, initials strings.Builder
	for _, part := range strings.Fields(spaced(name)) {
		syllable := part
		if r := []rune(part)[0]; r > 0x7f {
			syllable = strings.Join(pinyin.LazyPinyin(part, args), "")
		}
		if syllable == "" {
			continue
		}
		joined.WriteString(strings.ToLower(syllable))
		initials.WriteByte(strings.ToLower(syllable)[0])
	}
	return joined.String() + " " + initials.String()
}

// spaced sets every Chinese character that readings does not mend apart, by first
// mending and then spacing what is left.
func spaced(name string) string {
	var b strings.Builder
	for _, r := range readings.Replace(name) {
		if r > 0x7f {
			b.WriteString(" " + string(r) + " ")
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
