package quality

import "math"

// biquad is a second-order section in transposed direct form II, a0 being 1.
type biquad struct {
	b0, b1, b2, a1, a2 float64
	z1, z2             float64
}

func (q *biquad) next(x float64) float64 {
	y := q.b0*x + q.z1
	q.z1 = q.b1*x - q.a1*y + q.z2
	q.z2 = q.b2*x - q.a2*y
	return y
}

// kWeight returns the two stages of BS.1770-5 Annex 1 for a sample rate in Hz. The
// Recommendation gives coefficients for 48 kHz only; here the analogue prototypes
// behind them (a high shelf that stands for the head, then a high pass) are carried to
// any rate by the bilinear transform. At 48 kHz the result is the printed table.
func kWeight(rate float64) (shelf, highpass biquad) {
	const (
		shelfHz, shelfQ = 1681.974450955533, 0.7071752369554196
		shelfDB         = 3.999843853973347
		passHz, passQ   = 38.13547087602444, 0.5003270373238773
	)
	k := math.Tan(math.Pi * shelfHz / rate)
	high := math.Pow(10, shelfDB/20)
	band := math.Pow(high, 0.4996667741545416)
	a0 := 1 + k/shelfQ + k*k
	shelf = biquad{
		b0: (high + band*k/shelfQ + k*k) / a0,
		b1: 2 * (k*k - high) / a0,
		b2: (high - band*k/shelfQ + k*k) / a0,
		a1: 2 * (k*k - 1) / a0,
		a2: (1 - k/shelfQ + k*k) / a0,
	}
	k = math.Tan(math.Pi * passHz / rate)
	a0 = 1 + k/passQ + k*k
	highpass = biquad{
		b0: 1, b1: -2, b2: 1, // the table does not normalise the numerator
		a1: 2 * (k*k - 1) / a0,
		a2: (1 - k/passQ + k*k) / a0,
	}
	return shelf, highpass
}

// channelWeights gives G of BS.1770-5 Annex 1 table 3 for each channel of a layout:
// front channels count once, surround ones 1.41 times (+1.5 dB), LFE not at all.
var channelWeights = [][]float64{
	1: {1},
	2: {1, 1},
	3: {1, 1, 1},
	4: {1, 1, 1.41, 1.41},
	5: {1, 1, 1, 1.41, 1.41},
	6: {1, 1, 1, 0, 1.41, 1.41},
}
