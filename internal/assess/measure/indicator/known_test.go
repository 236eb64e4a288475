package indicator

import "testing"

// What one district of many was the first to state of a period is not shown as the city's, nor what
// adds up before it is over, unless there is no other.
func TestTheLastValueIsOneOfAll(t *testing.T) {
	run := func(known string) (values []*float64) { // x: known in that period
		for _, c := range known {
			if v := 1.0; c == 'x' {
				values = append(values, &v)
			} else {
				values = append(values, nil)
			}
		}
		return values
	}
	for _, c := range []struct {
		city      string
		districts []string
		accrues   bool
		want      int
	}{
		{"....", []string{"....", "....", "...."}, false, -1},
		{"..xx", []string{"..x.", "..x.", "..xx"}, false, 2}, // one of three
		{"..xx", []string{"..x.", "..xx", "..xx"}, false, 3}, // two of three
		{"...x", []string{"....", "....", "...x"}, false, 3}, // no other
		{"xxxx", []string{"xxxx", "xxxx", "xxxx"}, true, 2},  // the present one, which is not over
		{"...x", []string{"...x", "...x", "...x"}, true, 3},
		{"xx..", nil, true, 1}, // of the city alone
		{".xxx", []string{"xx..", "xx..", "x..x"}, true, 1},
	} {
		values := [][]*float64{run(c.city)}
		for _, d := range c.districts {
			values = append(values, run(d))
		}
		if got := lastKnown(values, c.accrues); got != c.want {
			t.Errorf("%s of %v: %d, want %d", c.city, c.districts, got, c.want)
		}
	}
}
