package text

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

const (
	starts       = 8     // of k-means for each number of topics
	rounds       = 50    // of k-means at most
	maxClustered = 4_000 // answers
	maxWords     = 2_000 // that most answers have
	enough       = 0.9   // of the best silhouette
)

// term is one coordinate of a sparse vector.
type term struct {
	word  int
	value float64
}

// space is answers as vectors over words that two or more of them have. Similarity is
// the cosine after each vector x was spread over the words that occur with its own:
// Sx, S being 1 for a word with itself and, for two words, the number of answers with
// both over the root of the product of those with each (Ochiai). Vectors are kept
// sparse and scaled so that Sx has length 1; centres are kept as SᵀS·centre, so that
// a dot product with a vector is the cosine.
type space struct {
	words   []string
	vectors [][]term
	spread  [][]term // S by word; it is symmetric
	index   []int    // of the answer of each vector
	without []int    // answers with no word that another has too
}

// vectors makes the space of the answers listed in free.
func vectors(s *Segmenter, answers []string, free []int, stop map[string]bool) *space {
	counts := make([]map[string]int, len(free))
	texts := map[string]int{}
	for k, i := range free {
		counts[k] = map[string]int{}
		for _, w := range s.telling(answers[i], stop) {
			if counts[k][w]++; counts[k][w] == 1 {
				texts[w]++
			}
		}
	}
	v := &space{}
	for w, n := range texts {
		if n >= 2 {
			v.words = append(v.words, w)
		}
	}
	slices.SortFunc(v.words, func(a, b string) int { return cmp.Or(cmp.Compare(texts[b], texts[a]), cmp.Compare(a, b)) })
	v.words = v.words[:min(len(v.words), maxWords)]
	number := map[string]int{}
	for i, w := range v.words {
		number[w] = i
	}
	for k, i := range free {
		var vector []term
		for w, n := range counts[k] {
			if j, ok := number[w]; ok {
				idf := math.Log(float64(1+len(free))/float64(1+texts[w])) + 1
				vector = append(vector, term{j, (1 + math.Log(float64(n))) * idf})
			}
		}
		if len(vector) == 0 {
			v.without = append(v.without, i)
			continue
		}
		slices.SortFunc(vector, func(a, b term) int { return cmp.Compare(a.word, b.word) })
		v.vectors, v.index = append(v.vectors, vector), append(v.index, i)
	}
	v.together()
	for _, vector := range v.vectors {
		length := norm(v.apply(v.dense(vector)))
		for k := range vector {
			vector[k].value /= length
		}
	}
	return v
}

// together counts words that occur together.
func (v *space) together() {
	both := make([]map[int]float64, len(v.words))
	alone := make([]float64, len(v.words))
	for i := range both {
		both[i] = map[int]float64{}
	}
	for _, vector := range v.vectors {
		for _, a := range vector {
			alone[a.word]++
			for _, b := range vector {
				both[a.word][b.word]++
			}
		}
	}
	for a, others := range both {
		var row []term
		for b, n := range others {
			row = append(row, term{b, n / math.Sqrt(alone[a]*alone[b])})
		}
		slices.SortFunc(row, func(x, y term) int { return cmp.Compare(x.word, y.word) })
		v.spread = append(v.spread, row)
	}
}

// apply is Sx.
func (v *space) apply(x []float64) []float64 {
	out := make([]float64, len(x))
	for a, row := range v.spread {
		if x[a] != 0 {
			for _, t := range row {
				out[t.word] += t.value * x[a]
			}
		}
	}
	return out
}

func (v *space) dense(vector []term) []float64 {
	out := make([]float64, len(v.words))
	for _, t := range vector {
		out[t.word] = t.value
	}
	return out
}

func norm(x []float64) (length float64) {
	for _, y := range x {
		length += y * y
	}
	return math.Sqrt(length)
}

func dot(vector []term, centre []float64) (sum float64) {
	for _, t := range vector {
		sum += t.value * centre[t.word]
	}
	return sum
}

// centre is the centre of a sum of vectors, or nil for none.
func (v *space) centre(sum []float64) []float64 {
	x := v.apply(sum)
	length := norm(x)
	if length == 0 {
		return nil
	}
	for j := range x {
		x[j] /= length
	}
	return v.apply(x)
}

// clustering is one way to divide the vectors.
type clustering struct {
	of         []int // cluster of each vector
	centres    [][]float64
	fit        float64 // sum of similarities to the own centre
	silhouette float64
}

// best is the clustering of the number of topics wanted, or of the least number that
// separates nearly best; nil when there is too little to divide.
func (v *space) best(opt Options) *clustering {
	sample := v.vectors
	if n := len(v.vectors); n > maxClustered {
		sample = nil
		for i := range maxClustered {
			sample = append(sample, v.vectors[i*n/maxClustered])
		}
	}
	low, high := 2, min(MaxTopics, len(sample)/3)
	if opt.Topics > 0 {
		low = min(opt.Topics, MaxTopics, len(sample))
		high = low
	}
	var tried []*clustering
	most := 0.0
	for k := max(low, 1); k <= high; k++ {
		var c *clustering
		for start := range uint64(starts) {
			try := v.cluster(sample, k, rand.New(rand.NewPCG(opt.Seed, uint64(k)<<8|start)))
			if c == nil || try.fit > c.fit+1e-9 {
				c = try
			}
		}
		c.silhouette = silhouette(sample, c)
		most = max(most, c.silhouette)
		tried = append(tried, c)
	}
	for _, c := range tried {
		if c.silhouette >= enough*most {
			c.of = make([]int, len(v.vectors))
			c.assign(v.vectors)
			return c
		}
	}
	return nil
}

// assign puts each vector into the nearest cluster and reports whether any moved.
func (c *clustering) assign(vectors [][]term) (moved bool) {
	c.fit = 0
	for i, x := range vectors {
		to, most := 0, math.Inf(-1)
		for k, centre := range c.centres {
			if s := dot(x, centre); s > most+1e-12 {
				to, most = k, s
			}
		}
		moved = moved || to != c.of[i]
		c.of[i], c.fit = to, c.fit+most
	}
	return moved
}

// cluster is spherical k-means from a k-means++ start.
func (v *space) cluster(vectors [][]term, k int, r *rand.Rand) *clustering {
	c := &clustering{of: make([]int, len(vectors))}
	far := make([]float64, len(vectors))
	for i := range far {
		far[i] = math.Inf(1)
	}
	next := r.IntN(len(vectors))
	for {
		c.centres = append(c.centres, v.centre(v.dense(vectors[next])))
		if len(c.centres) == k {
			break
		}
		total := 0.0
		for i, x := range vectors {
			far[i] = min(far[i], max(0, 1-dot(x, c.centres[len(c.centres)-1])))
			total += far[i]
		}
		at := r.Float64() * total
		next = len(far) - 1
		for i, f := range far {
			if at -= f; at < 0 {
				next = i
				break
			}
		}
	}
	for round := range rounds {
		if !c.assign(vectors) && round > 0 {
			break
		}
		sums := make([][]float64, k)
		for i, of := range c.of {
			if sums[of] == nil {
				sums[of] = make([]float64, len(v.words))
			}
			for _, t := range vectors[i] {
				sums[of][t.word] += t.value
			}
		}
		for of, sum := range sums {
			if sum != nil { // a centre without vectors stays
				c.centres[of] = v.centre(sum)
			}
		}
	}
	return c
}

// silhouette is the mean over vectors of (b−a)/max(a, b), a and b being the distances to
// the own centre and to the nearest other.
func silhouette(vectors [][]term, c *clustering) float64 {
	total := 0.0
	for i, x := range vectors {
		a, b := 1-dot(x, c.centres[c.of[i]]), math.Inf(1)
		for k, centre := range c.centres {
			if k != c.of[i] {
				b = min(b, 1-dot(x, centre))
			}
		}
		if m := max(a, b); m > 1e-12 && !math.IsInf(b, 1) {
			total += (b - a) / m
		}
	}
	return total / float64(len(vectors))
}
