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

// sum adds up as exactly as twice the digits would (Neumaier 1974), near to what R's longer
// numbers give.
func sum(x []float64, of func(v float64) float64) float64 {
	total, lost := 0.0, 0.0
	for _, v := range x {
		v = of(v)
		next := total + v
		if math.Abs(total) >= math.Abs(v) {
			lost += total - next + v
		} else {
			lost += v - next + total
		}
		total = next
	}
	return total + lost
}

func itself(v float64) float64 { return v }

// mean is taken twice, the second time of what the first one missed, as R does: that of
// values that are all the same is that value.
func mean(x []float64) float64 {
	n := float64(len(x))
	first := sum(x, itself) / n
	return first + sum(x, func(v float64) float64 { return v - first })/n
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
	d, _ := distances(x)
	n := float64(len(d))
	if n < 3 {
		return math.NaN()
	}
	m2, m3 := sum(d, square), sum(d, func(v float64) float64 { return v * v * v })
	return math.Sqrt(n) * m3 / math.Pow(m2, 1.5) * math.Sqrt(n*(n-1)) / (n - 2)
}

// Kurtosis is the excess kurtosis of the known values, G2 of Joanes and Gill (1998), which
// is e1071's type 2 and the KURT of spreadsheets. NaN for fewer than four values and for
// values that are all the same.
func Kurtosis(x []float64) float64 {
	d, _ := distances(x)
	n := float64(len(d))
	if n < 4 {
		return math.NaN()
	}
	m2, m4 := sum(d, square), sum(d, func(v float64) float64 { return v * v * v * v })
	return ((n+1)*(n*m4/(m2*m2)-3) + 6) * (n - 1) / ((n - 2) * (n - 3))
}

func square(v float64) float64 { return v * v }

// distances are those of the known values from their mean, in units of a power of two, so
// that no power over- or underflows and none is rounded otherwise for it; none where no two
// values differ. They are in order, whatever that of the values: what is on the edge of a
// bound does not hang on it.
func distances(x []float64) (d []float64, unit float64) {
	d = slices.Sorted(slices.Values(known(x)))
	if constant(d) {
		return nil, 0
	}
	m, largest := mean(d), 0.0
	for i, v := range d {
		d[i] = v - m
		largest = max(largest, math.Abs(d[i]))
	}
	_, exponent := math.Frexp(largest)
	for i, v := range d {
		d[i] = math.Ldexp(v, -exponent)
	}
	return d, math.Ldexp(1, exponent)
}

// deviation is the sample's standard deviation, of n-1.
func deviation(x []float64) float64 {
	d, unit := distances(x)
	return unit * math.Sqrt(sum(d, square)/float64(len(d)-1))
}

// constant reports whether no two values differ, as those of none and of one do not.
func constant(x []float64) bool {
	return len(x) == 0 || slices.Min(x) == slices.Max(x)
}
