package survey

import "math"

// What is told of shares and means is as rough as the sample makes it: digits beyond that say
// nothing of the population, but let whoever knows or guesses the weights solve for the people
// behind hidden cells. Everything else that is told, intervals and ranks, follows from the rough
// numbers.

// roughShare is a share on a grid of whole per cents, and its interval. A step of the grid is half the
// margin of error or more. Where some breakdown hides how many in a group gave this answer, it is also
// no finer than what least of these people would change by going from the lightest to the heaviest
// weight; and twice as rough among everybody, whose share adds groups up in other proportions than
// their counts do. Only what nobody or everybody said is 0 or 1.
func (s *subject) roughShare(e Estimate, members []int, deff float64, veiled, everybody bool) (share float64, interval Interval) {
	e.Deff, e.Effective = deff, min(float64(e.N), float64(e.N)/deff)
	margin := e.Proportion(s.options.Confidence)
	fine := max((margin.High-margin.Low)/4, 0.01)
	if veiled {
		light, heavy, total := s.weights(members)
		if fine = max(fine, float64(s.options.Least)*(heavy-light)/total); everybody {
			fine *= 2
		}
	}
	step := math.Ceil(100*fine-1e-9) / 100
	if e.Value > 0 && e.Value < 1 {
		steps := min(max(math.Round(e.Value/step), 1), math.Ceil(1/step-1e-9)-1)
		e.Value = math.Round(100*steps*step) / 100
	}
	return e.Value, e.Proportion(s.options.Confidence)
}

// roughDeff is the design effect of a group's shares all together, rounded up to quarters: the mean of
// those of its choices, each weighing as its variance does (Rao and Scott 1981). That of a single choice
// would tell in which stratum few people gave it.
func roughDeff(estimates []Estimate) float64 {
	variance, simple, most := 0.0, 0.0, 0.0
	for _, e := range estimates {
		variance, simple, most = variance+e.SE*e.SE, simple+e.SE*e.SE/e.Deff, max(most, e.Deff)
	}
	if simple == 0 { // everybody said the same
		return quarters(most)
	}
	return quarters(variance / simple)
}

// roughMean is a mean on a grid of 1, 2 or 5 times a power of ten, with its standard error in
// quarters of a step, rounded up. A step is no finer than the standard error, nor than what least
// people of the heaviest weight change by moving by grain, which is one point of a scale.
func (s *subject) roughMean(e Estimate, members []int, grain float64) (m *Mean, step float64) {
	_, heavy, total := s.weights(members)
	step = nice(max(e.SE, grain*float64(s.options.Least)*heavy/total))
	value, se := onGrid(e.Value, step), max(math.Ceil(e.SE/step*4-1e-9), 1)*step/4
	return &Mean{value, clean(se), e.DF, quarters(e.Deff), MeanInterval(value, se, e.DF, s.options.Confidence)}, step
}

// weights are the least and the largest weight of some people, and what all weigh together.
func (s *subject) weights(members []int) (light, heavy, total float64) {
	light = math.Inf(1)
	for _, i := range members {
		w := s.design.weight[i]
		light, heavy, total = min(light, w), max(heavy, w), total+w
	}
	return light, heavy, total
}

// quarters rounds a design effect up, so that intervals grow rather than shrink.
func quarters(deff float64) float64 { return math.Ceil(4*deff-1e-9) / 4 }

// nice is the least of …, 0.1, 0.2, 0.5, 1, 2, 5, … that is not below x.
func nice(x float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 2, 5} {
		if m*unit >= x*(1-1e-9) {
			return m * unit
		}
	}
	return 10 * unit
}

func onGrid(x, step float64) float64 { return clean(math.Round(x/step) * step) }

// clean takes off what arithmetic left in the last digits, and the sign of nothing.
func clean(x float64) float64 {
	if x = math.Round(x*1e9) / 1e9; x == 0 {
		return 0
	}
	return x
}
