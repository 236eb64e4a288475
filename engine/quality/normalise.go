package quality

import "math"

// Targets of GY/T 282-2014 and GY/T 262-2012 for Chinese radio and television. They are
// arguments everywhere; these are only the customary values.
const (
	TargetLoudness = -24.0 // LKFS
	PeakCeiling    = -2.0  // dBTP
)

// Normalised says what Normalise did.
type Normalised struct {
	Before, After Level
	Gain          float64 // dB applied to everything
	Reduction     float64 // dB taken off the highest peak by the limiter; 0 if it slept
}

// maxLimiting is the most the limiter may take off: beyond it speech begins to sound
// squashed, so a target that would need more is missed rather than forced.
const maxLimiting = 9.0 // dB

// limitRounds is how often the limiter is followed by a make-up gain.
const limitRounds = 6

// Normalise changes samples in place so that they measure target LKFS without a true
// peak above ceiling dBTP. A sound whose peaks stand in the way goes through a limiter
// that looks ahead; one that is silent by BS.1770 (or shorter than 400 ms) is only held
// below the ceiling. It returns ErrLayout as NewMeter does.
func Normalise(samples []float32, rate, channels int, target, ceiling float64) (Normalised, error) {
	before, err := Measure(samples, rate, channels)
	if err != nil {
		return Normalised{}, err
	}
	n := Normalised{Before: before}
	if !math.IsInf(before.Loudness, -1) {
		n.Gain = min(target-before.Loudness, ceiling-before.TruePeak+maxLimiting)
	}
	scale(samples, n.Gain)
	n.After = before
	n.After.Loudness += n.Gain
	n.After.TruePeak += n.Gain
	// Limiting lowers loudness a little; more rounds make up for it.
	for round := range limitRounds {
		if n.After.TruePeak <= ceiling {
			break
		}
		n.Reduction = max(n.Reduction, n.After.TruePeak-ceiling)
		limit(samples, rate, channels, ceiling)
		if n.After, err = Measure(samples, rate, channels); err != nil {
			return n, err
		}
		lack := min(target-n.After.Loudness, maxLimiting-n.Reduction)
		if round < limitRounds-1 && n.Reduction < maxLimiting && lack > 0.05 && !math.IsInf(lack, 1) {
			scale(samples, lack)
			n.Gain += lack
			n.After.Loudness += lack
			n.After.TruePeak += lack
		}
	}
	if over := n.After.TruePeak - ceiling; over > 0 { // the last hundredths of a decibel
		scale(samples, -over)
		n.Gain -= over
		n.After.Loudness -= over
		n.After.TruePeak = ceiling
	}
	return n, nil
}

func scale(samples []float32, db float64) {
	g := float32(amplitude(db))
	for i := range samples {
		samples[i] *= g
	}
}

// limit holds the true peak at ceiling dBTP with one gain for all channels. The gain
// each frame needs is spread by a moving minimum over the look-ahead and smoothed by a
// moving average of the same length, which never rises above the minimum: the gain has
// no corners and comes down before the peak, so nothing is clipped.
func limit(samples []float32, rate, channels int, ceiling float64) {
	frames := len(samples) / channels
	if frames == 0 {
		return
	}
	top := amplitude(ceiling)
	peaks := make([]peakMeter, channels)
	need := make([]float32, frames)
	for i := range need {
		need[i] = 1
	}
	for f := range frames + peakDelay {
		for c := range channels {
			x := 0.0
			if f < frames {
				x = float64(samples[f*channels+c])
			}
			// local stands for the two frames around the interpolated instants.
			if local := peaks[c].next(x); local > top {
				g := float32(top / local)
				for at := f - peakDelay; at <= f-peakDelay+1; at++ {
					if at >= 0 && at < frames {
						need[at] = min(need[at], g)
					}
				}
			}
		}
	}
	release := float32(1 - math.Exp(-1/(0.080*float64(rate)))) // 80 ms, after the peak
	for f := 1; f < frames; f++ {
		if held := need[f-1] + (1-need[f-1])*release; held < need[f] {
			need[f] = held
		}
	}
	half := max(rate/400, 1) // 2.5 ms to either side
	smooth(slideMin(need, half), half, func(f int, gain float64) {
		for c := range channels {
			samples[f*channels+c] *= float32(gain)
		}
	})
}

// slideMin is the minimum over half frames to either side of each frame.
func slideMin(v []float32, half int) []float32 {
	out := make([]float32, len(v))
	var queue []int // indices of rising values
	for i := range len(v) + half {
		if i < len(v) {
			for len(queue) > 0 && v[queue[len(queue)-1]] >= v[i] {
				queue = queue[:len(queue)-1]
			}
			queue = append(queue, i)
		}
		if at := i - half; at >= 0 {
			if queue[0] < at-half {
				queue = queue[1:]
			}
			out[at] = v[queue[0]]
		}
	}
	return out
}

// smooth calls use with the mean over half frames to either side of each frame; beyond
// the ends the gain is taken as that of the end.
func smooth(v []float32, half int, use func(frame int, gain float64)) {
	at := func(i int) float64 { return float64(v[min(max(i, 0), len(v)-1)]) }
	sum := 0.0
	for i := -half; i <= half; i++ {
		sum += at(i)
	}
	for f := range v {
		use(f, sum/float64(2*half+1))
		sum += at(f+half+1) - at(f-half)
	}
}
