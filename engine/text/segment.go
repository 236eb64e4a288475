package text

import (
	"maps"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxText is how many bytes of one text are looked at.
const MaxText = 64 << 10

// Word is a piece of a text.
type Word struct {
	Text string // lower case
	Tag  byte   // part of speech: n, v, a, …; e for words and numbers in Latin letters; x for what is in no dictionary
}

// Segmenter cuts texts. It may be used by many at once.
type Segmenter struct{ d *dictionary }

// NewSegmenter makes a segmenter that also knows some words of its user's, each of two to
// ten characters; others are ignored.
func NewSegmenter(words ...string) *Segmenter {
	d := standard()
	if len(words) > 0 {
		own := &dictionary{words: maps.Clone(d.words), rare: d.rare}
		for _, w := range words {
			w = strings.ToLower(strings.TrimSpace(w))
			if n := utf8.RuneCountInString(w); n >= 2 && n <= own.longest() {
				if _, known := own.words[w]; !known {
					own.add(w, 'n')
				}
			}
		}
		d = own
	}
	return &Segmenter{d}
}

// Segment cuts a text into words; spaces, punctuation and symbols fall away. Full-width
// letters and digits count as their narrow forms. What is beyond MaxText is left out.
func (s *Segmenter) Segment(text string) []Word {
	if len(text) > MaxText {
		text = strings.ToValidUTF8(text[:MaxText], "")
	}
	var out []Word
	var run []rune
	han := false
	flush := func() {
		switch {
		case len(run) == 0:
		case han:
			for _, w := range s.d.cut(run) {
				tag := byte('x')
				if e, ok := s.d.words[w]; ok {
					tag = e.tag
				}
				out = append(out, Word{w, tag})
			}
		default:
			out = append(out, Word{stem(strings.Trim(string(run), "'")), 'e'})
		}
		run = run[:0]
	}
	for _, c := range text {
		if c >= '！' && c <= '～' {
			c -= '！' - '!'
		}
		isHan := unicode.Is(unicode.Han, c)
		isLetter := !isHan && (unicode.IsLetter(c) || unicode.IsDigit(c) || c == '\'' && len(run) > 0)
		if isHan != han || !isHan && !isLetter {
			flush()
		}
		if isHan || isLetter {
			run, han = append(run, unicode.ToLower(c)), isHan
		}
	}
	flush()
	return out
}

// stem takes the plural off English nouns, so that "loudspeaker" and "loudspeakers" are
// one word (the s-stemmer of Harman 1991).
func stem(w string) string {
	w = strings.TrimSuffix(w, "'s")
	switch n := len(w); {
	case n > 4 && strings.HasSuffix(w, "ies") && !strings.HasSuffix(w, "eies") && !strings.HasSuffix(w, "aies"):
		return w[:n-3] + "y"
	case n > 4 && strings.HasSuffix(w, "es") && (strings.HasSuffix(w, "ches") || strings.HasSuffix(w, "shes") || strings.HasSuffix(w, "sses") || strings.HasSuffix(w, "xes")):
		return w[:n-2]
	case n > 3 && strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "us") && !strings.HasSuffix(w, "ss"):
		return w[:n-1]
	}
	return w
}
