package standard

import (
	"strings"
	"unicode"
)

// Piece is a part of a text beside another: in both, only in the earlier, or only in the later.
type Piece struct {
	In   string `json:"in" enum:"both,earlier,later"`
	Text string `json:"text"`
}

// Where a piece stands.
const (
	inBoth    = "both"
	inEarlier = "earlier"
	inLater   = "later"
)

// diff compares two texts word by word: a run of letters or of digits is a word, and so is each
// Chinese character and each mark. Texts are at most some thousand words, so the table of their
// longest common sequence fits in memory.
func diff(earlier, later string) []Piece {
	a, b := words(earlier), words(later)
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	p := pieces{}
	p.add(inBoth, a[:head]...)
	p.middle(a[head:len(a)-tail], b[head:len(b)-tail])
	p.add(inBoth, a[len(a)-tail:]...)
	return p.joined()
}

// words cuts a text.
func words(text string) (list []string) {
	class := func(r rune) int {
		switch {
		case unicode.Is(unicode.Han, r):
			return 0
		case unicode.IsDigit(r) || r == '.':
			return 1
		case unicode.IsLetter(r):
			return 2
		case r == ' ':
			return 3
		}
		return 0
	}
	last := 0
	for _, r := range text {
		of := class(r)
		if of != 0 && of == last {
			list[len(list)-1] += string(r)
		} else {
			list = append(list, string(r))
		}
		last = of
	}
	return list
}

type pieces []Piece

func (p *pieces) add(in string, words ...string) {
	for _, w := range words {
		*p = append(*p, Piece{in, w})
	}
}

// middle follows the longest common sequence of what differs.
func (p *pieces) middle(a, b []string) {
	width := len(b) + 1
	length := make([]uint16, (len(a)+1)*width)
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				length[i*width+j] = length[(i+1)*width+j+1] + 1
			} else {
				length[i*width+j] = max(length[(i+1)*width+j], length[i*width+j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			p.add(inBoth, a[i])
			i, j = i+1, j+1
		case length[(i+1)*width+j] >= length[i*width+j+1]:
			p.add(inEarlier, a[i])
			i++
		default:
			p.add(inLater, b[j])
			j++
		}
	}
	p.add(inEarlier, a[i:]...)
	p.add(inLater, b[j:]...)
}

// joined puts words that stand alike together. A single word in both texts between two changes
// joins them: to read 直播|卫星 is easier than four characters by turns.
func (p pieces) joined() []Piece {
	for i := 1; i+1 < len(p); i++ {
		if p[i].In == inBoth && p[i-1].In != inBoth && p[i+1].In != inBoth && !strings.ContainsAny(p[i].Text, "，。；、,.; ") {
			p[i].In = ""
		}
	}
	out, earlier, later := []Piece{}, "", ""
	flush := func() {
		if earlier != "" {
			out = append(out, Piece{inEarlier, earlier})
		}
		if later != "" {
			out = append(out, Piece{inLater, later})
		}
		earlier, later = "", ""
	}
	for _, w := range p {
		switch w.In {
		case inEarlier:
			earlier += w.Text
		case inLater:
			later += w.Text
		case "":
			earlier, later = earlier+w.Text, later+w.Text
		default:
			flush()
			if n := len(out); n > 0 && out[n-1].In == inBoth {
				out[n-1].Text += w.Text
			} else {
				out = append(out, w)
			}
		}
	}
	flush()
	return out
}
