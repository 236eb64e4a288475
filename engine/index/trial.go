package index

import (
	"math"
	"math/rand/v2"
)

// worker makes trials, one after another, in memory of its own.
type worker struct {
	*experiment
	weights       []float64
	scores        []*scores // by model, with what no trial changes
	source        *rand.PCG
	random        *rand.Rand
	room          []float64 // for sorting scores
	tree          []int32   // counts of ranks, as Fenwick has them
	turned, moved int
}

func (e *experiment) worker() *worker {
	w := &worker{experiment: e, weights: make([]float64, len(e.base)), source: rand.NewPCG(0, 0), room: make([]float64, 0, len(e.units)), tree: make([]int32, len(e.units)+1)}
	w.random = rand.New(w.source)
	for _, m := range e.models {
		all := *m
		all.plan = nil
		for i := len(m.leaves); i < len(m.tree); i++ {
			all.plan = append(all.plan, i)
		}
		s := m.scores()
		all.run(e.base, s)
		w.scores = append(w.scores, s)
	}
	return w
}

// try makes one trial: draws, scores, ranks, and compares with the ranks without noise.
func (w *worker) try(trial int) {
	w.source.Seed(w.Seed, mix(uint64(trial)))
	at := 0
	if len(w.models) > 1 {
		at = w.random.IntN(len(w.models))
	}
	for i, base := range w.base {
		w.weights[i] = base
		if off := w.noise[i]; off > 0 {
			w.weights[i] = base * (1 + off*(2*w.random.Float64()-1))
		}
	}
	w.models[at].run(w.weights, w.scores[at])
	ranks := w.ranks[trial*len(w.units):][:len(w.units)]
	rank(w.scores[at].columns[w.top], w.room, ranks)
	moved := 0
	for u, r := range ranks {
		if r > 0 && w.nominal[u] > 0 {
			moved += abs(int(r) - w.nominal[u])
		}
	}
	w.moved += moved
	w.turned += w.inversions(ranks)
}

// mix spreads the bits of a number (splitmix64), so that neighbouring trials have nothing
// in common.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// inversions counts the pairs of units whose order in ranks is the other way round than
// without noise. Units are taken from the best down, those with equal ranks together, and
// each is compared with how many of those before it have now a worse rank.
func (w *worker) inversions(ranks []uint16) (count int) {
	clear(w.tree)
	in := int32(0)
	for from := 0; from < len(w.order); {
		to := from + 1
		for to < len(w.order) && w.nominal[w.order[to]] == w.nominal[w.order[from]] {
			to++
		}
		for _, u := range w.order[from:to] {
			if ranks[u] == 0 {
				continue
			}
			better := int32(0)
			for i := int(ranks[u]); i > 0; i &= i - 1 {
				better += w.tree[i]
			}
			count += int(in - better)
		}
		for _, u := range w.order[from:to] {
			if ranks[u] == 0 {
				continue
			}
			for i := int(ranks[u]); i < len(w.tree); i += i & -i {
				w.tree[i]++
			}
			in++
		}
		from = to
	}
	return count
}

// uncertainty sums the trials up.
func (e *experiment) uncertainty(turned, moved int64) *Uncertainty {
	found := &Uncertainty{}
	if e.pairs > 0 {
		found.Reversed = float64(turned) / (float64(e.pairs) * float64(e.Trials))
	}
	const block = 64 // units counted at a time, so that trials are read in one go
	n, ranked := len(e.units), 0
	counts := make([]int32, block*(n+1))
	for from := 0; from < n; from += block {
		to := min(from+block, n)
		clear(counts)
		for trial := range e.Trials {
			for i, r := range e.ranks[trial*n+from : trial*n+to] {
				counts[i*(n+1)+int(r)]++
			}
		}
		for u := from; u < to; u++ {
			own := counts[(u-from)*(n+1):][:n+1]
			s := Spread{Unit: e.units[u], Score: e.scores[u], Rank: e.nominal[u], Scored: e.Trials - int(own[0])}
			if s.Scored > 0 {
				s.summarise(own)
			}
			if s.Rank > 0 {
				ranked += s.Scored
			}
			found.Units = append(found.Units, s)
		}
	}
	if ranked > 0 {
		found.Shift = float64(moved) / float64(ranked)
	}
	return found
}

// summarise sets what is told of ranks from how often each occurred.
func (s *Spread) summarise(counts []int32) {
	sum := 0
	for rank, n := range counts {
		if rank > 0 && n > 0 {
			if s.Best == 0 {
				s.Best = rank
			}
			s.Worst = rank
			sum += rank * int(n)
		}
	}
	s.Mean = float64(sum) / float64(s.Scored)
	at := func(place int) int { // the rank that many places from the best
		for rank := 1; ; rank++ {
			if place -= int(counts[rank]); place < 0 {
				return rank
			}
		}
	}
	quantile := func(p float64) float64 {
		h := p * float64(s.Scored-1)
		lower := math.Floor(h)
		a := float64(at(int(lower)))
		if h == lower {
			return a
		}
		return a + (h-lower)*(float64(at(int(lower)+1))-a)
	}
	s.Low, s.Median, s.High = quantile(0.05), quantile(0.5), quantile(0.95)
}
