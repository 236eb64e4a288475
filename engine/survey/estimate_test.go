package survey

import "testing"

// Stata Survey Data Reference Manual, svyset: the fpc data (8 people, 2 strata, 8
// clusters), also data(fpc) of the R package survey: svymean x.
func TestEstimatePublished(t *testing.T) {
	strata := []string{"1", "1", "1", "1", "1", "2", "2", "2"}
	clusters := []string{"1", "2", "3", "4", "5", "1", "2", "3"}
	weights := []float64{3, 3, 3, 3, 3, 4, 4, 4}
	x := []float64{2.8, 4.1, 6.8, 6.8, 9.2, 3.7, 6.6, 4.2}
	all := []int{0, 1, 2, 3, 4, 5, 6, 7}
	for _, try := range []struct {
		fractions     map[string]float64
		se, low, high float64
	}{
		{nil, 0.7412683, 3.63433, 7.261966},
		{map[string]float64{"1": 5.0 / 15, "2": 3.0 / 12}, 0.6160407, 3.940751, 6.955545},
	} {
		d, err := NewDesign(weights, strata, clusters, try.fractions)
		if err != nil {
			t.Fatal(err)
		}
		e := d.Mean(all, func(i int) float64 { return x[i] })
		near(t, "mean", e.Value, 5.448148, 5e-7)
		near(t, "se", e.SE, try.se, 5e-7)
		near(t, "df", e.DF, 6, 0)
		near(t, "low", e.Interval(0.95).Low, try.low, 5e-6)
		near(t, "high", e.Interval(0.95).High, try.high, 5e-6)
	}
}

// Without strata, clusters and weights it is the textbook: s²/n, deff 1, Wilson of n.
func TestEstimateOfSimpleSample(t *testing.T) {
	const n = 263
	var w []float64
	var members []int
	for i := range n {
		w, members = append(w, 2.5), append(members, i)
	}
	d, err := NewDesign(w, make([]string, n), make([]string, n), nil)
	if err != nil {
		t.Fatal(err)
	}
	e := d.Mean(members, func(i int) float64 {
		if i < 81 {
			return 1
		}
		return 0
	})
	near(t, "deff", e.Deff, 1, 1e-9)
	near(t, "low", e.Proportion(0.95).Low, 0.2553, 5e-5) // Newcombe 1998a
	near(t, "high", e.Proportion(0.95).High, 0.3662, 5e-5)
	if _, err := NewDesign([]float64{0}, []string{""}, []string{""}, nil); err == nil {
		t.Error("a weight of nothing was taken")
	}
}

// Everybody in a place says the same: each place is one answer.
func TestEstimateOfLikeMindedPlaces(t *testing.T) {
	var w []float64
	var members []int
	var clusters []string
	for i := range 600 {
		w, members, clusters = append(w, 1), append(members, i), append(clusters, string(rune('a'+i/20)))
	}
	d, _ := NewDesign(w, make([]string, 600), clusters, nil)
	e := d.Mean(members, func(i int) float64 { return float64(i / 20 % 2) })
	near(t, "deff", e.Deff, 20, 0.8) // 1 + (20−1)·1
	near(t, "effective", e.Effective, 30, 1.2)
}
