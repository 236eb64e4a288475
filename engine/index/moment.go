package index

import (
	"math"
	"slices"
)

// known are the values that are not NaN.
func known(x []float64) []float64 {
	if !slices.ContainsFunc(x, math.IsNaN) {
		return x
	}
	kept := make([]float64, 0, len(x))
	for _, v := range x {
		if !math.IsNaN(v) {
			kept = append(kept, v)
		}
	}
	return kept
}

// mean is summed twice, the second time over what the first one missed, as R does.
func mean(x []float64) float64 {
	n, sum, rest := float64(len(x)), 0.0, 0.0
	for _, v := range x {
		sum += v
	}
	first := sum / n
	for _, v := range x {
		rest += v - first
	}
	return first + rest/n
}

func median(x []float64) float64 {
	s := slices.Sorted(slices.Values(x))
	n := len(s)
	if n%2 == 1 {
		return s[n/2]
	}
	return s[n/2-1]/2 + s[n/2]/2
}

// Skewness is the skewness of the known values, G1 of Joanes and Gill (1998), which is
// e1071's type 2 and the SKEW of spreadsheets. NaN for fewer than three values and for
// values that are all the same.
func Skewness(x []float64) float64 {
	x = known(x)
	n := float64(len(x))
	if n < 3 || constant(x) {
		return math.NaN()
	}
	_, m2, m3, _ := central(x)
	return math.Sqrt(n) * m3 / math.Pow(m2, 1.5) * math.Sqrt(n*(n-1)) / (n - 2)
}

// Kurtosis is the excess kurtosis of the known values, G2 of Joanes and Gill (1998), which
// is e1071's type 2 and the KURT of spreadsheets. NaN for fewer than four values and for
// values that are all the same.
func Kurtosis(x []float64) float64 {
	x = known(x)
	n := float64(len(x))
	if n < 4 || constant(x) {
		return math.NaN()
	}
	_, m2, _, m4 := central(x)
	return ((n+1)*(n*m4/(m2*m2)-3) + 6) * (n - 1) / ((n - 2) * (n - 3))
}

// central are the largest distance from the mean, and the sums of the second to fourth
// powers of the distances in units of it, so that no power over- or underflows.
func central(x []float64) (largest, m2, m3, m4 float64) {
	m := mean(x)
	for _, v := range x {
		largest = max(largest, math.Abs(v-m))
	}
	for _, v := range x {
		d := (v - m) / largest
		m2 += d * d
		m3 += d * d * d
		m4 += d * d * d * d
	}
	return largest, m2, m3, m4
}

// deviation is the sample's standard deviation, of n-1.
func deviation(x []float64) float64 {
	largest, m2, _, _ := central(x)
	return largest * math.Sqrt(m2/float64(len(x)-1))
}

// constant reports whether no two values differ, as those of none and of one do not.
func constant(x []float64) bool {
	return len(x) == 0 || slices.Min(x) == slices.Max(x)
}
