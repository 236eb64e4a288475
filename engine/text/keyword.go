package text

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Words that tell nothing of what an answer is about, beside those whose part of speech
// says so: of wishing, having and saying in Chinese; function words in English.
var empty = setOf(`希望 建议 觉得 感觉 认为 可以 能够 能不能 应该 需要 请 要 想 没有 有 没 是 不是 去 来 做 弄 搞 说 看 看到 让 给 叫 会 不会 能 行 可能
进行 方面 情况 问题 时候 东西 一点 一些 有些 有点 比较 非常 特别 经常 总是 老是 有时 还是 就是 不 不要 不能 太 很 挺 更 多 少 大 小 好 加 加强 增加 改进 改善 提高 提升 减少
大家 我们 他们 自己 人 我家 家里 村里 今年 去年 现在 以后 之后 之前 目前 一直 已经 一次 几次 每天 每年 晚上 早上 上次 不好 不够
a an and are as at be been but by can cannot could did do does don't for from get got had has have he her his how i if in is isn't it its just like me more most much my
no not of on or our out please really she should so some than that the their them then there they this to too up us very was we were what when where which who why will with would you your`)

func setOf(list string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(list) {
		set[w] = true
	}
	return set
}

// telling are the words of a text that can say what it is about: nouns, verbs, adjectives
// and idioms of two characters or more, words that no dictionary knows, Latin words of
// three letters or more, and adjectives of one character (贵, 慢, 吵). Of long words the
// words within count as well, so that 有线电视 and 网络电视 have 电视 in common.
func (s *Segmenter) telling(text string, stop map[string]bool) []string {
	var out []string
	for _, w := range s.Segment(text) {
		n := utf8.RuneCountInString(w.Text)
		if empty[w.Text] || stop[w.Text] {
			continue
		}
		switch {
		case w.Tag == 'e':
			if n < 3 && !strings.ContainsAny(w.Text, "0123456789") || isNumber(w.Text) {
				continue
			}
		case n == 1:
			if w.Tag != 'a' {
				continue
			}
		case strings.IndexByte("navijlxbzgst", w.Tag) < 0:
			continue
		}
		out = append(out, w.Text)
		if runes := []rune(w.Text); w.Tag != 'e' && n > 2 {
			for k := 2; k < n; k++ {
				for i := 0; i+k <= n; i++ {
					part := string(runes[i : i+k])
					if e, ok := s.d.words[part]; ok && strings.IndexByte("nav", e.tag) >= 0 && !empty[part] && !stop[part] {
						out = append(out, part)
					}
				}
			}
		}
	}
	return out
}

func isNumber(w string) bool { return strings.Trim(w, "0123456789") == "" }

// Keyword is a word with how many texts have it and how much it tells.
type Keyword struct {
	Text  string  `json:"text"`
	Texts int     `json:"texts"`
	Score float64 `json:"score"`
}

// Keywords are the most telling words of a set of texts, the best first: the number of
// texts with the word times the logarithm of how rare it is in the language, by the
// dictionary's frequencies. Words that fewer than two texts have are left out.
func (s *Segmenter) Keywords(texts []string, limit int, stop ...string) []Keyword {
	stops := setOf(strings.Join(stop, " "))
	count := map[string]int{}
	for _, t := range texts {
		seen := map[string]bool{}
		for _, w := range s.telling(t, stops) {
			if !seen[w] {
				seen[w] = true
				count[w]++
			}
		}
	}
	var out []Keyword
	for w, n := range count {
		if n >= 2 {
			out = append(out, Keyword{w, n, float64(n) * s.rarity(w)})
		}
	}
	slices.SortFunc(out, func(a, b Keyword) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Text, b.Text))
	})
	return out[:min(limit, len(out))]
}

// rarity is how little a word is used in the language, in nats; words that are in no
// dictionary count as middling.
func (s *Segmenter) rarity(w string) float64 {
	if e, ok := s.d.words[w]; ok {
		return float64(e.cost)
	}
	return math.Log(1e5)
}
