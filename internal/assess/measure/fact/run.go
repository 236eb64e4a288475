package fact

import (
	"cmp"
	"maps"
	"slices"

	"github.com/tongsheng/tongsheng/internal/assess/measure/period"
)

// Run is a run of periods that one grid holds for some units.
type Run struct {
	Units    []string
	From, To period.Period // From lies before the first period that is asked for
	first    period.Period
}

// maxRun is how many values of a run are in memory at a time; about 6 MB.
const maxRun = 250_000

// Runs parts what is asked of units, by periods of one kind, into as few grids of some elements as are
// not too large, each with so many periods before its first. A period by itself is a run however many
// units it has.
func Runs(asked map[period.Period][]string, elements, before int) (runs []Run) {
	units := map[string]struct{}{}
	end := func() {
		if len(runs) > 0 {
			runs[len(runs)-1].Units = slices.Collect(maps.Keys(units))
		}
	}
	for _, p := range slices.SortedFunc(maps.Keys(asked), func(a, b period.Period) int { return cmp.Compare(a.N, b.N) }) {
		more := map[string]struct{}{}
		for _, u := range asked[p] {
			if _, has := units[u]; !has {
				more[u] = struct{}{}
			}
		}
		if n := len(runs); n == 0 || elements*(len(units)+len(more))*(p.N-runs[n-1].From.N+1) > maxRun {
			end()
			clear(units)
			for _, u := range asked[p] {
				more[u] = struct{}{}
			}
			runs = append(runs, Run{From: p.Next(-before), first: p})
		}
		maps.Copy(units, more)
		runs[len(runs)-1].To = p
	}
	end()
	return runs
}

// Has reports whether a period is asked for in the run.
func (r *Run) Has(p period.Period) bool { return r.first.N <= p.N && p.N <= r.To.N }
