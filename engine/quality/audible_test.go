package quality

import "testing"

func TestOwnNoiseIsNotAudible(t *testing.T) {
	for dbfs, want := range map[float64]bool{0: true, -59.99: true, -60: true, -60.004: true, -60.006: false, -71: false, -120: false} {
		if Audible(dbfs) != want {
			t.Errorf("%v dB: audible %v", dbfs, !want)
		}
	}
}
