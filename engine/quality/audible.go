package quality

import "math"

// Noise is the level, in dB of full scale, below which a loudspeaker's microphone heard
// nothing but its own noise.
const Noise = -60.0

// Audible reports whether a microphone that shows this level heard anything. Levels are
// kept to the hundredth of a decibel and compared as they are kept.
func Audible(dbfs float64) bool { return math.Round(dbfs*100) >= Noise*100 }
