package survey

import "math"

// Design is who was asked how: what variances are computed from. A Design is for one
// goroutine.
type Design struct {
	weight  []float64
	cluster []int // of each respondent

	stratum  []int     // of each cluster
	clusters []float64 // in each stratum
	open     []float64 // 1 − sampling fraction of each stratum

	sums []float64 // by cluster, of the present call of Mean
	seen []int     // by cluster, the last call that touched it
	call int
}

// NewDesign makes a design of respondents with positive weights. An empty cluster means
// that the person was drawn alone. fractions are the shares of places drawn of all, by
// stratum, for the finite population correction of the first stage; nil for none.
func NewDesign(weights []float64, strata, clusters []string, fractions map[string]float64) (*Design, error) {
	d := &Design{weight: weights}
	stratumOf, clusterOf := map[string]int{}, map[[2]string]int{}
	for i, w := range weights {
		if !(w > 0) || math.IsInf(w, 0) {
			return nil, &Error{"survey.weight.invalid", "", map[string]any{"index": i}}
		}
		h, ok := stratumOf[strata[i]]
		if !ok {
			h = len(d.clusters)
			stratumOf[strata[i]] = h
			d.clusters = append(d.clusters, 0)
			d.open = append(d.open, 1-min(max(fractions[strata[i]], 0), 1))
		}
		c, ok := clusterOf[[2]string{strata[i], clusters[i]}]
		if !ok || clusters[i] == "" {
			c = len(d.stratum)
			clusterOf[[2]string{strata[i], clusters[i]}] = c
			d.stratum = append(d.stratum, h)
			d.clusters[h]++
		}
		d.cluster = append(d.cluster, c)
	}
	d.sums, d.seen = make([]float64, len(d.stratum)), make([]int, len(d.stratum))
	return d, nil
}

// Estimate is a weighted mean and how well it is known.
type Estimate struct {
	N         int     `json:"n"`
	Value     float64 `json:"value"`
	SE        float64 `json:"se"`
	DF        float64 `json:"df"`        // degrees of freedom: clusters − strata among these people
	Deff      float64 `json:"deff"`      // variance / that of a simple random sample of as many
	Effective float64 `json:"effective"` // N/Deff, N at most
}

// Mean estimates the mean of value over the respondents in members, one domain of the
// design, by Taylor linearisation with the clusters as ultimate units (Lohr 2019, 9.1;
// Särndal, Swensson and Wretman 1992, 5.7): V = Σ_h (1−f_h)·n_h/(n_h−1)·Σ_c (z_c − z̄_h)²,
// z_c being the sum over the cluster of w(y − mean)/Σw. A stratum with one cluster is
// centred at the mean of all, which is 0.
func (d *Design) Mean(members []int, value func(i int) float64) Estimate {
	e := Estimate{N: len(members)}
	if e.N == 0 {
		return e
	}
	total, weights := 0.0, make([]float64, 0, e.N)
	for _, i := range members {
		total += d.weight[i]
		e.Value += d.weight[i] * value(i)
		weights = append(weights, d.weight[i])
	}
	e.Value /= total
	spread := 0.0
	d.call++
	var touched []int // clusters, in order of appearance
	for _, i := range members {
		r, c := value(i)-e.Value, d.cluster[i]
		spread += d.weight[i] * r * r / total
		if d.seen[c] != d.call {
			d.seen[c], d.sums[c] = d.call, 0
			touched = append(touched, c)
		}
		d.sums[c] += d.weight[i] * r / total
	}
	type sums struct{ z, z2 float64 }
	strata := map[int]sums{}
	for _, c := range touched {
		s, z := strata[d.stratum[c]], d.sums[c]
		strata[d.stratum[c]] = sums{s.z + z, s.z2 + z*z}
	}
	v := 0.0
	for _, h := range sortedKeys(strata) {
		s, n := strata[h], d.clusters[h]
		if n > 1 {
			v += d.open[h] * n / (n - 1) * max(0, s.z2-s.z*s.z/n)
		} else {
			v += d.open[h] * s.z2
		}
	}
	e.SE, e.DF = math.Sqrt(v), max(1, float64(len(touched)-len(strata)))
	n := float64(e.N)
	simple := spread / max(1, n-1)
	if simple <= 1e-15 || v <= 1e-18 { // all alike: the answers tell nothing of the design
		e.Effective = EffectiveSize(weights)
		e.Deff = n / e.Effective
		return e
	}
	e.Deff = v / simple
	e.Effective = min(n, n/e.Deff)
	return e
}

// Proportion is the Wilson interval of an estimated proportion at its effective size,
// which is lessened by (t of N−1 / t of DF)² for a variance estimated from few clusters
// (Korn and Graubard 1998).
func (e Estimate) Proportion(confidence float64) Interval {
	n := e.Effective
	if e.N > 1 {
		ratio := studentQuantile(confidence, float64(e.N-1)) / studentQuantile(confidence, e.DF)
		n *= min(1, ratio*ratio)
	}
	return Wilson(e.Value, n, confidence)
}

// Interval is the t interval of an estimated mean.
func (e Estimate) Interval(confidence float64) Interval {
	return MeanInterval(e.Value, e.SE, e.DF, confidence)
}
