package survey

import (
	"math"
	"slices"
)

// EffectiveSize is Kish's: (Σw)²/Σw², how many people answering alike in weight would
// tell as much (Kish 1965, 11.7).
func EffectiveSize(weights []float64) float64 {
	s, s2 := 0.0, 0.0
	for _, w := range weights {
		s += w
		s2 += w * w
	}
	if s2 == 0 {
		return 0
	}
	return s * s / s2
}

// WeightingEffect is Kish's design effect of unequal weights: n·Σw²/(Σw)², 1 + cv².
func WeightingEffect(weights []float64) float64 {
	if n := EffectiveSize(weights); n > 0 {
		return float64(len(weights)) / n
	}
	return math.NaN()
}

// ClusterEffect is the design effect of asking b people in each place whose answers
// resemble each other by the intraclass correlation roh: 1 + (b−1)·roh (Kish 1965, 5.4).
func ClusterEffect(b, roh float64) float64 { return 1 + (b-1)*roh }

// ForNonresponse spreads the weights of those who did not answer over those who did in
// the same class: factor Σw of all / Σw who answered. Those who did not get 0.
func ForNonresponse(weights []float64, answered []bool, class []string) ([]float64, error) {
	all, some := map[string]float64{}, map[string]float64{}
	for i, w := range weights {
		all[class[i]] += w
		if answered[i] {
			some[class[i]] += w
		}
	}
	for _, c := range sortedKeys(all) {
		if some[c] == 0 && all[c] > 0 {
			return nil, &Error{"survey.weight.empty", c, map[string]any{"category": clip(c)}}
		}
	}
	out := make([]float64, len(weights))
	for i, w := range weights {
		if answered[i] {
			out[i] = w * all[class[i]] / some[class[i]]
		}
	}
	return out, nil
}

// Margin is what is known of the population by one property.
type Margin struct {
	Name   string             `json:"name"`   // e.g. "district"
	Totals map[string]float64 `json:"totals"` // people by category
	Of     []string           `json:"-"`      // category of each respondent
}

// PostStratify scales weights so that each category has its total.
func PostStratify(weights []float64, m Margin) ([]float64, error) {
	sums, err := m.sums(weights)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(weights)
	m.scale(out, sums)
	return out, nil
}

func (m *Margin) scale(weights []float64, sums map[string]float64) {
	for i, c := range m.Of {
		if sums[c] > 0 {
			weights[i] *= m.Totals[c] / sums[c]
		}
	}
}

// sums are the weighted counts by category; an error names a category that people have
// and the totals lack, or the reverse, for which no weight can make up.
func (m *Margin) sums(weights []float64) (map[string]float64, error) {
	if len(m.Of) != len(weights) {
		return nil, &Error{"survey.weight.length", m.Name, map[string]any{"weights": len(weights), "categories": len(m.Of)}}
	}
	sums := map[string]float64{}
	for i, c := range m.Of {
		if !(weights[i] >= 0) || math.IsInf(weights[i], 0) {
			return nil, &Error{"survey.weight.invalid", m.Name, map[string]any{"index": i}}
		}
		if t, ok := m.Totals[c]; !ok || !(t >= 0) || math.IsInf(t, 0) {
			return nil, &Error{"survey.weight.total", m.Name, map[string]any{"category": clip(c)}}
		}
		sums[c] += weights[i]
	}
	for _, c := range sortedKeys(m.Totals) {
		if m.Totals[c] > 0 && sums[c] == 0 {
			return nil, &Error{"survey.weight.empty", m.Name, map[string]any{"category": clip(c)}}
		}
	}
	return sums, nil
}

// RakeOptions say when raking ends and how far a weight may stand from the mean.
type RakeOptions struct {
	Tolerance  float64 `json:"tolerance,omitempty"`  // greatest |Σw/total − 1| allowed; 0 is 1e-6
	Iterations int     `json:"iterations,omitempty"` // rounds over all margins at most; 0 is 200
	Low        float64 `json:"low,omitempty"`        // bounds of a weight as a multiple of the mean weight; 0: none
	High       float64 `json:"high,omitempty"`
}

// RakeReport is how it went.
type RakeReport struct {
	Converged  bool               `json:"converged"`
	Iterations int                `json:"iterations"`
	Deviation  map[string]float64 `json:"deviation"` // by margin, the greatest |Σw/total − 1| left
	Trimmed    int                `json:"trimmed"`   // weights that stand at a bound
	Effective  float64            `json:"effective"` // Kish's effective size
	Deff       float64            `json:"deff"`      // Kish's design effect of the weights
}

// Rake fits weights to several margins at once by iterative proportional fitting (Deming
// and Stephan 1940). With bounds, weights are trimmed after each round and raked again;
// what the bounds do not allow remains as deviation and Converged is false. Margins whose
// totals differ from the first's are scaled to it when they differ by less than a
// thousandth, and refused when by more.
func Rake(weights []float64, margins []Margin, opt RakeOptions) ([]float64, RakeReport, error) {
	var report RakeReport
	if opt.Tolerance == 0 {
		opt.Tolerance = 1e-6
	}
	if opt.Iterations == 0 {
		opt.Iterations = 200
	}
	if len(margins) == 0 || opt.Low < 0 || opt.High < 0 || (opt.High > 0 && opt.High < 1) || opt.Low > 1 {
		return nil, report, &Error{"survey.weight.options", "", nil}
	}
	margins = slices.Clone(margins)
	total := 0.0
	for i := range margins {
		m := &margins[i]
		if _, err := m.sums(weights); err != nil {
			return nil, report, err
		}
		own := 0.0
		for _, c := range sortedKeys(m.Totals) {
			own += m.Totals[c]
		}
		if i == 0 {
			total = own
		}
		if total <= 0 || math.Abs(own/total-1) > 1e-3 {
			return nil, report, &Error{"survey.weight.margins", m.Name, map[string]any{"total": own, "first": total}}
		}
		scaled := map[string]float64{}
		for c, t := range m.Totals {
			scaled[c] = t * total / own
		}
		m.Totals = scaled
	}
	w := slices.Clone(weights)
	mean := total / float64(len(w))
	for report.Iterations < opt.Iterations && !report.Converged {
		report.Iterations++
		for i := range margins {
			sums, err := margins[i].sums(w)
			if err != nil {
				return nil, report, err
			}
			margins[i].scale(w, sums)
		}
		report.Trimmed = trimWeights(w, opt, mean)
		report.Converged = true
		report.Deviation = map[string]float64{}
		for i := range margins {
			d := margins[i].deviation(w)
			report.Deviation[margins[i].Name] = d
			report.Converged = report.Converged && d <= opt.Tolerance
		}
	}
	report.Effective, report.Deff = EffectiveSize(w), WeightingEffect(w)
	return w, report, nil
}

func trimWeights(w []float64, opt RakeOptions, mean float64) (trimmed int) {
	for i := range w {
		if low := opt.Low * mean; w[i] <= low && w[i] > 0 && opt.Low > 0 {
			w[i], trimmed = low, trimmed+1
		} else if high := opt.High * mean; w[i] >= high && opt.High > 0 {
			w[i], trimmed = high, trimmed+1
		}
	}
	return trimmed
}

func (m *Margin) deviation(w []float64) float64 {
	sums := map[string]float64{}
	for i, c := range m.Of {
		sums[c] += w[i]
	}
	worst := 0.0
	for c, t := range m.Totals {
		if t > 0 {
			worst = max(worst, math.Abs(sums[c]/t-1))
		}
	}
	return worst
}
