// Package quality measures what a listener or viewer would complain about. It begins
// with sound: programme loudness and true peak by Recommendation ITU-R BS.1770-5, and
// a gain that brings a sound to a target without overshooting a peak.
//
// Samples are float32, interleaved by channel, full scale being ±1. A channel order is
// that of a WAV file: mono; L R; L R C; L R Ls Rs; L R C Ls Rs; L R C LFE Ls Rs.
//
// The unit LKFS of ITU-R and GY/T is the LUFS of the EBU; 1 LU is 1 dB.
package quality
