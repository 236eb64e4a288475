package quality

import "math"

// True peak by BS.1770-5 Annex 2: the signal between the samples is estimated at four
// times the rate. The interpolator is a Kaiser-windowed sinc, longer than the 12 taps of
// the Annex's example, so that it under-reads by less than 0.1 dB up to 0.45 of the rate.
const (
	oversample = 4
	peakTaps   = 24 // per phase
	peakDelay  = peakTaps / 2
)

var peakPhases = func() (h [oversample][peakTaps]float64) {
	const beta = 5.0
	for p := 1; p < oversample; p++ {
		sum := 0.0
		for i := range peakTaps {
			// t is the distance in samples from tap i to the wanted instant.
			t := float64(i-peakDelay+1) - float64(p)/oversample
			w := 2 * t / peakTaps
			v := math.Sin(math.Pi*t) / (math.Pi * t) * bessel0(beta*math.Sqrt(max(0, 1-w*w)))
			h[p][i] = v
			sum += v
		}
		for i := range h[p] {
			h[p][i] /= sum // unity at zero frequency
		}
	}
	return h
}()

// bessel0 is the modified Bessel function of the first kind, order 0, as its series.
func bessel0(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1; term > 1e-12*sum; k++ {
		term *= (x / 2 / float64(k)) * (x / 2 / float64(k))
		sum += term
	}
	return sum
}

// peakMeter follows one channel. The history is written twice so that the last peakTaps
// samples always lie in one piece.
type peakMeter struct {
	history [2 * peakTaps]float64
	at      int
	top     float64
}

func newPeakMeter() peakMeter { return peakMeter{} }

// next takes one sample and returns the highest amplitude from the sample peakDelay
// frames ago up to the one after it, both included.
func (p *peakMeter) next(x float64) float64 {
	p.history[p.at], p.history[p.at+peakTaps] = x, x
	p.at = (p.at + 1) % peakTaps
	window := p.history[p.at : p.at+peakTaps] // oldest first
	local := max(math.Abs(window[peakDelay-1]), math.Abs(window[peakDelay]))
	for ph := 1; ph < oversample; ph++ {
		sum := 0.0
		for i, v := range window {
			sum += v * peakPhases[ph][i]
		}
		local = max(local, math.Abs(sum))
	}
	p.top = max(p.top, local)
	return local
}

// value is the peak so far, the samples still inside the interpolator included.
func (p *peakMeter) value() float64 {
	rest := *p
	for range peakDelay {
		rest.next(0)
	}
	return rest.top
}
