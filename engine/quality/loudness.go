package quality

import (
	"errors"
	"math"
)

// Gates and block of BS.1770-5 Annex 1: 400 ms blocks that overlap by three quarters.
const (
	absoluteGate  = -70.0 // LKFS
	relativeGate  = -10.0 // LU below the loudness of what passed the absolute gate
	stepsPerBlock = 4     // 100 ms steps in a block
	stepsPerSec   = 10
)

// The sample rates a Meter takes, in Hz.
const (
	MinRate = 8_000
	MaxRate = 384_000
)

// ErrLayout is returned for channels other than 1–6 or a rate outside MinRate–MaxRate.
var ErrLayout = errors.New("quality: need 1 to 6 channels and a rate of 8 to 384 kHz")

// Silence is the loudness and the peak of nothing: no block passed the gate.
var Silence = math.Inf(-1)

// Meter measures loudness and true peak of sound written to it in pieces of any size.
// It keeps 80 bytes per second of sound. A Meter is for one goroutine.
type Meter struct {
	rate     int
	channels int
	filters  [][2]biquad
	peaks    []peakMeter

	frames  int64     // frames written
	stepEnd int64     // frame at which the present 100 ms step ends
	sum     float64   // weighted square sum of the present step
	steps   []float64 // mean square of each finished step
}

// NewMeter makes a Meter for a sample rate in Hz and 1–6 channels, or ErrLayout.
func NewMeter(rate, channels int) (*Meter, error) {
	if channels < 1 || channels > 6 || rate < MinRate || rate > MaxRate {
		return nil, ErrLayout
	}
	m := &Meter{rate: rate, channels: channels}
	shelf, pass := kWeight(float64(rate))
	for range channels {
		m.filters = append(m.filters, [2]biquad{shelf, pass})
		m.peaks = append(m.peaks, newPeakMeter())
	}
	m.stepEnd = m.endOf(0)
	return m, nil
}

// endOf is the frame where step i ends; rates that ten does not divide are rounded step
// by step, so that no drift gathers.
func (m *Meter) endOf(i int) int64 {
	return (int64(i+1)*int64(m.rate) + stepsPerSec/2) / stepsPerSec
}

// Write adds interleaved samples; their number must be a multiple of the channels, what
// is over is ignored.
func (m *Meter) Write(samples []float32) {
	weights := channelWeights[m.channels]
	for ; len(samples) >= m.channels; samples = samples[m.channels:] {
		for c := range m.channels {
			x := float64(samples[c])
			m.peaks[c].next(x)
			f := &m.filters[c]
			y := f[1].next(f[0].next(x))
			m.sum += weights[c] * y * y
		}
		if m.frames++; m.frames == m.stepEnd {
			begin := int64(0)
			if n := len(m.steps); n > 0 {
				begin = m.endOf(n - 1)
			}
			m.steps = append(m.steps, m.sum/float64(m.stepEnd-begin))
			m.sum, m.stepEnd = 0, m.endOf(len(m.steps))
		}
	}
}

// Integrated is the gated programme loudness so far in LKFS, or Silence when no whole
// 400 ms block was above −70 LKFS.
func (m *Meter) Integrated() float64 {
	ungated := m.gatedMean(absoluteGate)
	if ungated == 0 {
		return Silence
	}
	return lkfs(m.gatedMean(max(absoluteGate, lkfs(ungated)+relativeGate)))
}

// gatedMean is the mean square over the blocks louder than gate (LKFS).
func (m *Meter) gatedMean(gate float64) float64 {
	sum, n := 0.0, 0
	floor := square(gate)
	for end := stepsPerBlock; end <= len(m.steps); end++ {
		if z := mean(m.steps[end-stepsPerBlock : end]); z > floor {
			sum, n = sum+z, n+1
		}
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}

// Momentary is the ungated loudness of the last 400 ms in LKFS (EBU Tech 3341).
func (m *Meter) Momentary() float64 { return m.last(stepsPerBlock) }

// ShortTerm is the ungated loudness of the last 3 s in LKFS (EBU Tech 3341).
func (m *Meter) ShortTerm() float64 { return m.last(3 * stepsPerSec) }

func (m *Meter) last(steps int) float64 {
	if len(m.steps) < steps {
		return Silence
	}
	return lkfs(mean(m.steps[len(m.steps)-steps:]))
}

// TruePeak is the highest true peak of any channel so far in dBTP, Silence for none.
func (m *Meter) TruePeak() float64 {
	top := 0.0
	for i := range m.peaks {
		top = max(top, m.peaks[i].value())
	}
	return decibel(top)
}

// Level is what Measure found.
type Level struct {
	Loudness float64 // integrated, LKFS; Silence when nothing passed the gate
	TruePeak float64 // dBTP
}

// Measure returns the integrated loudness and true peak of a whole sound, or ErrLayout.
func Measure(samples []float32, rate, channels int) (Level, error) {
	m, err := NewMeter(rate, channels)
	if err != nil {
		return Level{}, err
	}
	m.Write(samples)
	return Level{m.Integrated(), m.TruePeak()}, nil
}

// lkfs is formula (2) of BS.1770-5; −0.691 cancels the K-weighting's gain at 997 Hz.
func lkfs(meanSquare float64) float64 { return -0.691 + 10*math.Log10(meanSquare) }

func square(lkfs float64) float64 { return math.Pow(10, (lkfs+0.691)/10) }

func decibel(amplitude float64) float64 { return 20 * math.Log10(amplitude) }

func amplitude(db float64) float64 { return math.Pow(10, db/20) }

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}
