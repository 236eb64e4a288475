package speech

import (
	"math"

	"github.com/tongsheng/tongsheng/engine/quality"
)

// Signal is the sound in front of a message that makes people listen. Urgency is heard
// in the pace and the interval: the higher the level, the faster and the wider. All
// tones lie between 500 and 1,100 Hz, which horn loudspeakers carry far and old ears
// still hear (ISO 7731 wants danger signals within 500–2,500 Hz). None imitates a siren
// of civil air defence, whose signals are reserved.
type Signal string

// The signals by level, and a soft one for everyday messages.
const (
	NoSignal Signal = ""
	Everyday Signal = "everyday" // a falling third, once: 1.6 s
	Blue     Signal = "blue"     // three rising notes: 1.5 s
	Yellow   Signal = "yellow"   // three rising notes, twice: 2.4 s
	Orange   Signal = "orange"   // two notes in turn, five times: 3.0 s
	Red      Signal = "red"      // two notes in turn, fast, eight times: 3.2 s
)

type note struct{ hz, seconds float64 }

var signals = map[Signal]struct {
	notes  []note
	repeat int
}{
	Everyday: {[]note{{659.3, 0.6}, {523.3, 1.0}}, 1},
	Blue:     {[]note{{523.3, 0.4}, {659.3, 0.4}, {784.0, 0.7}}, 1},
	Yellow:   {[]note{{587.3, 0.3}, {740.0, 0.3}, {880.0, 0.6}}, 2},
	Orange:   {[]note{{880.0, 0.3}, {659.3, 0.3}}, 5},
	Red:      {[]note{{1046.5, 0.2}, {740.0, 0.2}}, 8},
}

// Known reports whether there is such a signal.
func (s Signal) Known() bool { return s == NoSignal || signals[s].repeat > 0 }

// tone generates the signal at quality.TargetLoudness.
func (s Signal) tone(rate int) []float32 {
	plan := signals[s]
	var out []float32
	for range plan.repeat {
		for _, n := range plan.notes {
			frames := int(n.seconds * float64(rate))
			edge := max(rate/100, 1) // 10 ms, so that no note clicks
			for i := range frames {
				t := 2 * math.Pi * n.hz * float64(i) / float64(rate)
				// Two overtones keep it audible on a small speaker.
				v := 0.5*math.Sin(t) + 0.15*math.Sin(2*t) + 0.08*math.Sin(3*t)
				fade := min(1, float64(i)/float64(edge), float64(frames-1-i)/float64(edge))
				decay := math.Exp(-1.2 * float64(i) / float64(frames)) // struck, not blown
				out = append(out, float32(v*fade*decay))
			}
		}
	}
	if len(out) > 0 {
		// The rate comes from a sound that was read, so it is one the meter takes.
		_, _ = quality.Normalise(out, rate, 1, quality.TargetLoudness, quality.PeakCeiling)
	}
	return out
}
