package survey

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Interval is a confidence interval.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// normalQuantile is z of a two-sided confidence: 1.96 for 0.95.
func normalQuantile(confidence float64) float64 {
	return distuv.UnitNormal.Quantile((1 + confidence) / 2)
}

// studentQuantile is t of a two-sided confidence, z for infinite degrees of freedom.
func studentQuantile(confidence, df float64) float64 {
	if math.IsInf(df, 1) || df > 1e6 {
		return normalQuantile(confidence)
	}
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}.Quantile((1 + confidence) / 2)
}

// Wilson is the score interval of a proportion p of n answers (Wilson 1927; Newcombe
// 1998a, method 3). With weights or clusters n is the effective size, which need not
// be whole (Korn and Graubard 1998; Dean and Pagano 2015). With no answers nothing is
// known: 0 to 1.
func Wilson(p, n, confidence float64) Interval {
	if !(n > 0) {
		return Interval{0, 1}
	}
	z := normalQuantile(confidence)
	middle := 2*n*p + z*z
	half := z * math.Sqrt(z*z+4*n*p*(1-p))
	return clamp((middle-half)/(2*(n+z*z)), (middle+half)/(2*(n+z*z)), 0, 1)
}

// WilsonCorrected is Wilson with continuity correction (Newcombe 1998a, method 4):
// wider, near the exact interval of Clopper and Pearson.
func WilsonCorrected(p, n, confidence float64) Interval {
	if !(n > 0) {
		return Interval{0, 1}
	}
	z := normalQuantile(confidence)
	q := 1 - p
	low, high := 0.0, 1.0
	if p > 0 {
		low = (2*n*p + z*z - 1 - z*math.Sqrt(max(0, z*z-2-1/n+4*p*(n*q+1)))) / (2 * (n + z*z))
	}
	if p < 1 {
		high = (2*n*p + z*z + 1 + z*math.Sqrt(max(0, z*z+2-1/n+4*p*(n*q-1)))) / (2 * (n + z*z))
	}
	return clamp(low, high, 0, 1)
}

// Difference is the interval of p1 − p2 of independent samples, made of their Wilson
// intervals (Newcombe 1998b, method 10).
func Difference(p1, n1, p2, n2, confidence float64) Interval {
	return DifferenceOf(p1, Wilson(p1, n1, confidence), p2, Wilson(p2, n2, confidence))
}

// DifferenceOf is the interval of x − y of independent estimates from the interval of
// each (Zou and Donner 2008: MOVER).
func DifferenceOf(x float64, xi Interval, y float64, yi Interval) Interval {
	d := x - y
	return Interval{
		d - math.Hypot(x-xi.Low, yi.High-y),
		d + math.Hypot(xi.High-x, y-yi.Low),
	}
}

// MeanInterval is mean ± t·se with df degrees of freedom.
func MeanInterval(mean, se, df, confidence float64) Interval {
	if !(df >= 1) {
		return Interval{math.Inf(-1), math.Inf(1)}
	}
	half := studentQuantile(confidence, df) * se
	return Interval{mean - half, mean + half}
}

// NPS is the net promoter score in −100…100 of the shares of promoters (9, 10) and
// detractors (0–6) among n answers, with the adjusted Wald interval that adds 3 answers,
// ¾ of them promoters and ¾ detractors (Rocks 2016). n is the effective size.
func NPS(promoters, detractors, n, confidence float64) (score float64, i Interval) {
	score = 100 * (promoters - detractors)
	if !(n > 0) {
		return score, Interval{-100, 100}
	}
	p := (promoters*n + 0.75) / (n + 3)
	d := (detractors*n + 0.75) / (n + 3)
	half := normalQuantile(confidence) * math.Sqrt((p+d-(p-d)*(p-d))/(n+3))
	return score, clamp(100*(p-d-half), 100*(p-d+half), -100, 100)
}

func clamp(low, high, least, most float64) Interval {
	return Interval{min(max(low, least), most), max(min(high, most), least)}
}
