package fact_test

import (
	"testing"

	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
)

func TestNumbersInSentences(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 406: "406", 10574: "10,574", 1e12: "1,000,000,000,000", 91.5: "91.5", 0.123456789: "0.123457", 1234567.89: "1,234,568", -9800.25: "-9,800.25"} {
		if got := fact.Plain(v); got != want {
			t.Errorf("%g is written %s, want %s", v, got, want)
		}
	}
}
