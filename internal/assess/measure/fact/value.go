package fact

import (
	"math"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Value is a fact's value in whole millionths.
type Value int64

const millionths = 1e6

// maxValue is how large a fact's value may be, as a number.
const maxValue = 1e12

// ValueOf rounds a number to millionths, halves away from zero.
func ValueOf(v float64) (Value, error) {
	if math.IsNaN(v) || math.Abs(v) > maxValue {
		return 0, fault.New(fault.Invalid, "measure.fact.value_range", fault.Args{"limit": maxValue})
	}
	return Value(math.Round(v * millionths)), nil
}

// Float is the value as a number.
func (v Value) Float() float64 { return float64(v) / millionths }

// add adds two sums of values; ok is false where the result would not fit.
func add(a, b int64) (sum int64, ok bool) {
	sum = a + b
	return sum, (sum > a) == (b > 0)
}
