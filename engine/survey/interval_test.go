package survey

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Newcombe, Two-sided confidence intervals for the single proportion, Statistics in
// Medicine 17, 1998, 857–872, table I: methods 3 and 4.
func TestWilson(t *testing.T) {
	for _, x := range []struct{ r, n, low, high, ccLow, ccHigh float64 }{
		{81, 263, 0.2553, 0.3662, 0.2535, 0.3682},
		{15, 148, 0.0624, 0.1605, 0.0598, 0.1644},
		{0, 20, 0.0000, 0.1611, 0.0000, 0.2005},
		{1, 29, 0.0061, 0.1718, 0.0018, 0.1963},
	} {
		w, c := Wilson(x.r/x.n, x.n, 0.95), WilsonCorrected(x.r/x.n, x.n, 0.95)
		near(t, "low", w.Low, x.low, 5e-5)
		near(t, "high", w.High, x.high, 5e-5)
		near(t, "corrected low", c.Low, x.ccLow, 5.1e-5)
		near(t, "corrected high", c.High, x.ccHigh, 5.1e-5)
	}
	if (Wilson(0, 0, 0.95) != Interval{0, 1}) {
		t.Error("with no answers nothing is known")
	}
}

// Newcombe, Interval estimation for the difference between independent proportions,
// Statistics in Medicine 17, 1998, 873–890, table II: method 10.
func TestDifference(t *testing.T) {
	for _, x := range []struct{ a, m, b, n, low, high float64 }{
		{56, 70, 48, 80, 0.0524, 0.3339},
		{9, 10, 3, 10, 0.1705, 0.8090},
		{6, 7, 2, 7, 0.0582, 0.8062},
		{5, 56, 0, 29, -0.0381, 0.1926},
		{0, 10, 0, 20, -0.1611, 0.2775},
		{0, 10, 0, 10, -0.2775, 0.2775},
		{10, 10, 0, 20, 0.6791, 1.0000},
		{10, 10, 0, 10, 0.6075, 1.0000},
	} {
		d := Difference(x.a/x.m, x.m, x.b/x.n, x.n, 0.95)
		near(t, "low", d.Low, x.low, 5e-5)
		near(t, "high", d.High, x.high, 5e-5)
	}
}

func TestIntervalsHoldTheirEstimate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, n := rapid.Float64Range(0, 1).Draw(t, "p"), rapid.Float64Range(0.1, 1e5).Draw(t, "n")
		confidence := rapid.Float64Range(0.5, 0.999).Draw(t, "confidence")
		narrow, wide := Wilson(p, n, confidence), WilsonCorrected(p, n, confidence)
		if !(0 <= narrow.Low && narrow.Low <= p+1e-9 && p <= narrow.High+1e-9 && narrow.High <= 1) {
			t.Fatal(p, n, narrow)
		}
		if math.IsNaN(wide.Low+wide.High) || n*p >= 1 && n*(1-p) >= 1 && (wide.Low > narrow.Low+1e-9 || wide.High < narrow.High-1e-9) {
			t.Fatal(p, n, narrow, wide)
		}
		if more := Wilson(p, 2*n, confidence); more.High-more.Low > narrow.High-narrow.Low+1e-9 {
			t.Fatal("more answers made the interval wider")
		}
	})
}

func TestNPS(t *testing.T) {
	// Lewis and Sauro, Confidence intervals for Net Promoter Scores, MeasuringU 2020, after
	// Rocks 2016: add ¾ promoters, ¾ detractors and 3 answers. By hand for 14 promoters, 8
	// passives and 2 detractors of 24: p̂ = 14.75/27, d̂ = 2.75/27, centre 44.44, variance
	// 0.64815−0.19753 = 0.45062, half 1.95996·√(0.45062/27) = 25.32.
	score, i := NPS(14.0/24, 2.0/24, 24, 0.95)
	near(t, "score", score, 50, 1e-9)
	near(t, "low", i.Low, 19.12, 0.01)
	near(t, "high", i.High, 69.76, 0.01)
	if _, all := NPS(1, 0, 50, 0.95); all.High != 100 || all.Low > 97 {
		t.Error(all)
	}
}

// Coverage of Wilson at effective size under clusters: the interval must hold what it
// promises, which the naive one does not.
func TestCoverageOfClusteredWilson(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates")
	}
	const rounds, places, each, truth = 2000, 40, 12, 0.3
	hits, naive := 0, 0
	for round := range rounds {
		s := NewStream("coverage", string(rune(round)))
		var w []float64
		var strata, clusters []string
		var y []float64
		var members []int
		for c := range places {
			// Beta-like places: a third of them much higher than the rest.
			p := 0.1
			if s.Float() < 1.0/3 {
				p = 0.7
			}
			for range each {
				x := 0.0
				if s.Float() < p {
					x = 1
				}
				members = append(members, len(y))
				y, w, strata, clusters = append(y, x), append(w, 1), append(strata, ""), append(clusters, string(rune('A'+c)))
			}
		}
		d, err := NewDesign(w, strata, clusters, nil)
		if err != nil {
			t.Fatal(err)
		}
		e := d.Mean(members, func(i int) float64 { return y[i] })
		if i := e.Proportion(0.95); i.Low <= truth && truth <= i.High {
			hits++
		}
		if i := Wilson(e.Value, float64(e.N), 0.95); i.Low <= truth && truth <= i.High {
			naive++
		}
	}
	if got := float64(hits) / rounds; got < 0.93 || got > 0.97 {
		t.Errorf("coverage %.3f of promised 0.95", got)
	}
	if got := float64(naive) / rounds; got > 0.8 {
		t.Errorf("the naive interval covers %.3f; the test does not test", got)
	}
}
