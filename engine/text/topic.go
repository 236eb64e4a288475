package text

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of what is grouped.
const (
	MaxAnswers = 50_000
	MaxTopics  = 20
)

// Pin is a topic that people named: answers with one of its words belong to it, whatever
// clustering would say.
type Pin struct {
	Name  string   `json:"name"`
	Words []string `json:"words"`
}

// Options of Topics.
type Options struct {
	Topics int      // how many to find beside the pinned ones; 0: chosen, see Topics
	Seed   uint64   // of the clustering's starts
	Pinned []Pin    // in order of precedence where an answer has as many words of one as of another
	Stop   []string // words that tell nothing here
	Words  []string // words that the dictionary lacks
}

// Topic is a group of answers.
type Topic struct {
	Name    string   `json:"name"` // of a pinned topic its name, otherwise the telling words
	Pinned  bool     `json:"pinned,omitempty"`
	Words   []string `json:"words"`   // the most telling, at most five
	Answers []int    `json:"answers"` // indices, the most typical first; ascending in a pinned topic
}

// Grouping is what Topics found.
type Grouping struct {
	Topics   []Topic `json:"topics"`   // pinned ones in their order, then by size
	Unsorted []int   `json:"unsorted"` // answers that share no telling word with a topic
	// Silhouette is how well found topics separate, −1…1: near 0 they hardly do and their
	// names should be read with care.
	Silhouette float64 `json:"silhouette"`
}

// Topics groups answers. Those with a word of a pinned topic go there. The others become
// vectors of telling words weighed by 1+log(tf) and smoothed idf. Short answers on one
// matter often share no word, so words that occur together count as alike (see space),
// as in the generalised vector space model (Wong, Ziarko and Wong 1985). The vectors are
// clustered by spherical k-means (Dhillon and Modha 2001) from k-means++ starts (Arthur
// and Vassilvitskii 2007), the best of several.
//
// Where no number of topics is given, it is the least, of 2 to MaxTopics, whose
// simplified silhouette (Hruschka, Castro and Campello 2004) reaches nine tenths of the
// best: the silhouette of short answers keeps creeping up with ever smaller groups.
//
// A cluster of one answer is no topic. Of very many answers a sample of maxClustered,
// evenly spaced, makes the clusters and the others join the nearest. Beyond MaxAnswers
// answers are left out.
func Topics(answers []string, opt Options) Grouping {
	answers = answers[:min(len(answers), MaxAnswers)]
	words := slices.Clone(opt.Words)
	for _, p := range opt.Pinned {
		words = append(words, p.Words...)
	}
	s := NewSegmenter(words...)
	var g Grouping
	pinned, free := pin(s, answers, opt.Pinned)
	g.Topics = pinned
	v := vectors(s, answers, free, setOf(strings.Join(opt.Stop, " ")))
	g.Unsorted = v.without
	found := v.best(opt)
	if found == nil {
		g.Unsorted = append(g.Unsorted, v.index...)
	} else {
		topics, loose := v.name(found)
		g.Topics, g.Unsorted = append(g.Topics, topics...), append(g.Unsorted, loose...)
		g.Silhouette = found.silhouette
	}
	slices.Sort(g.Unsorted)
	return g
}

// pin sorts answers into pinned topics and returns the indices of the others. A word
// matches a whole word of the answer, or, of two Chinese characters or more, any part.
func pin(s *Segmenter, answers []string, pins []Pin) (topics []Topic, free []int) {
	for _, p := range pins {
		topics = append(topics, Topic{Name: p.Name, Pinned: true, Words: p.Words, Answers: []int{}})
	}
	for i, answer := range answers {
		best, most := -1, 0
		if len(pins) > 0 {
			lower, words := strings.ToLower(answer), map[string]bool{}
			for _, w := range s.Segment(answer) {
				words[w.Text] = true
			}
			for k, p := range pins {
				hits := 0
				for _, w := range p.Words {
					w = strings.ToLower(strings.TrimSpace(w))
					parts := s.Segment(w)
					chinese := len(parts) > 0 && parts[0].Tag != 'e' && len(w) > 3
					if w != "" && (len(parts) == 1 && words[parts[0].Text] || (chinese || len(parts) > 1) && strings.Contains(lower, w)) {
						hits++
					}
				}
				if hits > most {
					best, most = k, hits
				}
			}
		}
		if best >= 0 {
			topics[best].Answers = append(topics[best].Answers, i)
		} else {
			free = append(free, i)
		}
	}
	return topics, free
}

// name makes topics of clusters, the largest first, and returns the answers of clusters
// of one.
func (v *space) name(c *clustering) (topics []Topic, loose []int) {
	weights := make([][]float64, len(c.centres)) // mean weight of each word in each cluster
	sizes := make([]float64, len(c.centres))
	for k := range weights {
		weights[k] = make([]float64, len(v.words))
	}
	for i, k := range c.of {
		sizes[k]++
		for _, t := range v.vectors[i] {
			weights[k][t.word] += t.value
		}
	}
	for k := range weights {
		for j := range weights[k] {
			weights[k][j] /= max(sizes[k], 1)
		}
	}
	for k, centre := range c.centres {
		var members []int
		for i, of := range c.of {
			if of == k {
				members = append(members, i)
			}
		}
		if len(members) < 2 {
			for _, i := range members {
				loose = append(loose, v.index[i])
			}
			continue
		}
		slices.SortStableFunc(members, func(a, b int) int {
			return cmp.Compare(dot(v.vectors[b], centre), dot(v.vectors[a], centre))
		})
		t := Topic{Words: v.label(weights, k)}
		t.Name = strings.Join(t.Words[:min(3, len(t.Words))], "、")
		for _, i := range members {
			t.Answers = append(t.Answers, v.index[i])
		}
		topics = append(topics, t)
	}
	slices.SortStableFunc(topics, func(a, b Topic) int {
		return cmp.Or(cmp.Compare(len(b.Answers), len(a.Answers)), cmp.Compare(a.Name, b.Name))
	})
	return topics, loose
}

// label are up to five words of a cluster that tell it from the others: its mean weight
// in the cluster less half the greatest elsewhere. A word that is part of one chosen, or
// has one as its part, is left out.
func (v *space) label(weights [][]float64, k int) []string {
	score := make([]float64, len(v.words))
	var order []int
	for j := range v.words {
		elsewhere := 0.0
		for other := range weights {
			if other != k {
				elsewhere = max(elsewhere, weights[other][j])
			}
		}
		length := float64(utf8.RuneCountInString(v.words[j])) // a longer word says more than its parts
		score[j] = (weights[k][j] - elsewhere/2) * (1 + 0.2*min(length-2, 3))
		if weights[k][j] > 0 {
			order = append(order, j)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(score[b], score[a]) })
	var out []string
	for _, j := range order {
		inside := slices.ContainsFunc(out, func(w string) bool { return strings.Contains(w, v.words[j]) || strings.Contains(v.words[j], w) })
		if len(out) < 5 && !inside {
			out = append(out, v.words[j])
		}
	}
	return out
}
