package text

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"math"
	"strconv"
	"strings"
	"sync"
)

//go:embed dictionary.txt.gz
var packed []byte

//go:embed terms.txt
var terms string

// maxWord is the longest word in the dictionary, in characters.
const maxWord = 5

// entry is a word's logarithmic probability and the first letter of its part of speech
// (n noun, v verb, a adjective, … as in the dictionary; x for what is in none).
type entry struct {
	cost float32 // −log p
	tag  byte
}

type dictionary struct {
	words map[string]entry
	rare  float32 // the cost of a character that is in no word
}

// standard is unpacked on first use: some 80,000 words.
var standard = sync.OnceValue(load)

func load() *dictionary {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic("text: the embedded dictionary is damaged: " + err.Error())
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		panic("text: the embedded dictionary is damaged: " + err.Error())
	}
	d := &dictionary{words: make(map[string]entry, 80_000)}
	total := 0.0
	each := func(list string, visit func(word string, frequency float64, tag byte)) {
		for lines := bufio.NewScanner(strings.NewReader(list)); lines.Scan(); {
			word, rest, _ := strings.Cut(lines.Text(), " ")
			number, tag, found := strings.Cut(rest, " ")
			frequency, err := strconv.ParseFloat(number, 64)
			if !found { // a term: no frequency of its own
				frequency, tag, err = 0, rest, nil
			}
			if err == nil && word != "" && tag != "" {
				visit(word, frequency, tag[0])
			}
		}
	}
	list := string(raw) // words are parts of this one string
	each(list, func(_ string, f float64, _ byte) { total += f })
	each(list, func(word string, f float64, tag byte) {
		d.words[word] = entry{float32(math.Log(total) - math.Log(f)), tag}
	})
	d.rare = float32(math.Log(total))
	each(terms, func(word string, _ float64, tag byte) { d.add(word, tag) })
	return d
}

// add makes a word that is always cut as one: it costs no more than its parts.
func (d *dictionary) add(word string, tag byte) {
	cost := float32(0)
	for _, w := range d.cut([]rune(word)) {
		cost += d.cost(w)
	}
	d.words[word] = entry{min(cost*0.9, d.rare), tag}
}

func (d *dictionary) cost(word string) float32 {
	if e, ok := d.words[word]; ok {
		return e.cost
	}
	return d.rare
}

// cut splits a run of Han characters at the most probable words: the cheapest path from
// its beginning to its end.
func (d *dictionary) cut(run []rune) []string {
	n := len(run)
	best, length := make([]float32, n+1), make([]int, n)
	for i := n - 1; i >= 0; i-- {
		best[i], length[i] = d.cost(string(run[i]))+best[i+1], 1
		for k := 2; k <= d.longest() && i+k <= n; k++ {
			if e, ok := d.words[string(run[i:i+k])]; ok && e.cost+best[i+k] < best[i] {
				best[i], length[i] = e.cost+best[i+k], k
			}
		}
	}
	var out []string
	for i := 0; i < n; i += length[i] {
		out = append(out, string(run[i:i+length[i]]))
	}
	return out
}

func (d *dictionary) longest() int { return 2 * maxWord } // people's own words may be longer
