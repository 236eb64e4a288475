package document

import (
	"math"
	"time"
)

// ticks are round values that cover low to high in about n steps of 1, 2, 2.5 or 5
// times a power of ten; with whole, steps are not less than one.
func ticks(low, high float64, n int, whole bool) []float64 {
	if least := max(math.Abs(low), math.Abs(high)) * 1e-9; !(high-low > least) {
		high = low + max(1, least) // a span too small to be counted through
	}
	raw := (high - low) / float64(n)
	mag := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * mag
	for _, m := range []float64{1, 2, 2.5, 5} {
		if m*mag >= raw*0.999 && !(whole && m == 2.5 && mag < 10) {
			step = m * mag
			break
		}
	}
	if whole {
		step = max(step, 1)
	}
	var out []float64
	for i := math.Floor(low/step + 1e-9); len(out) < 4*n; i++ {
		out = append(out, i*step)
		if i*step >= high-1e-9*step {
			break
		}
	}
	return out
}

// timeTicks are round times within from–to, at most n of them, and the layout that
// tells them apart.
func timeTicks(from, to time.Time, n int, zone *time.Location) (at []time.Time, layout string) {
	steps := []time.Duration{time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
		24 * time.Hour, 48 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour, 90 * 24 * time.Hour, 365 * 24 * time.Hour}
	span := to.Sub(from)
	step := steps[len(steps)-1]
	for _, s := range steps {
		if span/s <= time.Duration(n) {
			step = s
			break
		}
	}
	step = max(step, span/1000) // centuries: whatever happens, few ticks
	switch {
	case step < time.Minute:
		layout = "15:04:05"
	case step < 24*time.Hour:
		layout = "15:04"
	case step < 365*24*time.Hour:
		layout = "01-02"
	default:
		layout = "2006"
	}
	// Steps are counted from midnight of the zone, not of UTC.
	_, offset := from.In(zone).Zone()
	shift := time.Duration(offset) * time.Second
	for t := from.Add(shift).Truncate(step).Add(-shift); !t.After(to); t = t.Add(step) {
		if !t.Before(from) {
			at = append(at, t.In(zone))
		}
	}
	return at, layout
}
