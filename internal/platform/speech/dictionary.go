package speech

import (
	_ "embed"
	"encoding/csv"
	"errors"
	"io"
	"maps"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Entry says how a word is pronounced: pinyin syllables with tone numbers 1–5 (5 is the
// neutral tone), one for each character, parted by spaces; ü is ü or v. A syllable may
// end in r for a rhotic ending (儿化): 大栅栏 is "da4 shi2 lar4".
type Entry struct{ Word, Pinyin string }

// The limits of ReadEntries.
const (
	maxWord    = 16     // characters
	maxEntries = 20_000 // lines
)

//go:embed dictionary.csv
var builtin string

// Default holds polyphones of everyday warnings and well-known place names whose
// reading their characters do not give away.
var Default = sync.OnceValue(func() *Dictionary {
	entries, err := ReadEntries(strings.NewReader(builtin))
	if err != nil {
		panic("speech: dictionary.csv: " + err.Error()) // a test reads it too
	}
	d, err := (&Dictionary{}).With(entries...)
	if err != nil {
		panic("speech: dictionary.csv: " + err.Error())
	}
	return d
})

// Dictionary knows how words are pronounced. It does not change, so many may read it.
type Dictionary struct {
	pinyin  map[string]string
	longest int // characters
}

// With returns a dictionary that has the entries too; where both know a word, the entry
// wins. The fault speech.dictionary_word names an entry that makes no sense.
func (d *Dictionary) With(entries ...Entry) (*Dictionary, error) {
	n := &Dictionary{pinyin: maps.Clone(d.pinyin), longest: d.longest}
	if n.pinyin == nil {
		n.pinyin = make(map[string]string, len(entries))
	}
	for _, e := range entries {
		syllables := strings.Fields(strings.ToLower(e.Pinyin))
		chars := utf8.RuneCountInString(e.Word)
		if chars == 0 || chars > maxWord || len(syllables) != chars || !allHan(e.Word) {
			return nil, badEntry(e)
		}
		for _, s := range syllables {
			if !syllable.MatchString(s) {
				return nil, badEntry(e)
			}
		}
		n.pinyin[e.Word] = strings.Join(syllables, " ")
		n.longest = max(n.longest, chars)
	}
	return n, nil
}

// syllable is an initial, a final, perhaps the rhotic r, and a tone.
var syllable = regexp.MustCompile(`^(?:[bpmfdtnlgkhjqxrzcsyw]|zh|ch|sh)?(?:a|ai|an|ang|ao|e|ei|en|eng|er|i|ia|ian|iang|iao|ie|in|ing|iong|iu|o|ong|ou|u|ua|uai|uan|uang|ue|ui|un|uo|ü|üe|v|ve|van|vn)r?[1-5]$`)

func badEntry(e Entry) error {
	return fault.New(fault.Invalid, "speech.dictionary_word", fault.Args{"word": e.Word, "pinyin": e.Pinyin})
}

func allHan(s string) bool {
	for _, r := range s {
		if !unicode.Is(unicode.Han, r) {
			return false
		}
	}
	return true
}

// ReadEntries reads lines "word,pinyin"; lines that begin with # are comments. The fault
// speech.dictionary_line names the line.
func ReadEntries(r io.Reader) ([]Entry, error) {
	in := csv.NewReader(r)
	in.Comment = '#'
	in.FieldsPerRecord = 2
	in.ReuseRecord = true
	var entries []Entry
	for {
		rec, err := in.Read()
		if errors.Is(err, io.EOF) {
			return entries, nil
		}
		line := len(entries) + 1
		if at := (*csv.ParseError)(nil); errors.As(err, &at) {
			line = at.Line
		}
		if err != nil || len(entries) == maxEntries {
			return nil, fault.New(fault.Invalid, "speech.dictionary_line", fault.Args{"line": line, "limit": maxEntries}).Because(err)
		}
		entries = append(entries, Entry{strings.TrimSpace(rec[0]), strings.TrimSpace(rec[1])})
	}
}

// Word is a stretch of text, with its pinyin when a dictionary knows it.
type Word struct {
	Text   string
	Pinyin string // syllables parted by spaces, or empty
	Latin  bool   // a foreign word or phrase in Chinese text
}

// Split cuts text into words: the longest known word at each place, foreign phrases,
// and the stretches between them.
func (d *Dictionary) Split(text string) []Word {
	var words []Word
	rest := []rune(text)
	begin := 0
	flush := func(to int) {
		if to > begin {
			words = append(words, Word{Text: string(rest[begin:to])})
		}
	}
	for at := 0; at < len(rest); {
		n, pinyin := d.match(rest[at:])
		latin := false
		if n == 0 {
			n = foreign(rest[at:])
			latin = n > 0
		}
		if n == 0 {
			at++
			continue
		}
		flush(at)
		words = append(words, Word{string(rest[at : at+n]), pinyin, latin})
		at += n
		begin = at
	}
	flush(len(rest))
	return words
}

func (d *Dictionary) match(text []rune) (n int, pinyin string) {
	for n := min(d.longest, len(text)); n > 0; n-- {
		if p, ok := d.pinyin[string(text[:n])]; ok {
			return n, p
		}
	}
	return 0, ""
}

// foreign is the length of the Latin phrase at the start of text: words with a small
// letter in them, parted by single spaces. Initials such as PM stay with the Chinese,
// whose voice spells letters.
func foreign(text []rune) int {
	end := 0
	for at := 0; at < len(text); {
		small := false
		from := at
		for at < len(text) && (unicode.Is(unicode.Latin, text[at]) || text[at] == '\'' || text[at] == '-') {
			small = small || unicode.IsLower(text[at])
			at++
		}
		if at-from < 2 || !small {
			return end
		}
		end = at
		if at < len(text) && text[at] == ' ' {
			at++
			continue
		}
		break
	}
	return end
}
