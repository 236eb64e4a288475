package door

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
)

// Figures are what television sets said of a message. They are claims of machines that
// nobody knows: no proof of a reader, and an upper bound where sets were switched on twice.
type Figures struct {
	Tally
	Listening int        `json:"listening" doc:"Sets that are connected now, anywhere"`
	Townships []Township `json:"townships" doc:"By where the sets stand, the most first"`
	Curve     []Moment   `json:"curve" doc:"Sets that had shown it by then"`
}

// Township is what the sets of one place said.
type Township struct {
	Region
	Tally
}

// Moment is a point of the curve.
type Moment struct {
	Second int64 `json:"second" doc:"Since the message went out"`
	Shown  int64 `json:"shown"`
}

// Figures are those of a message within a scope.
func (d *Door) Figures(ctx context.Context, message string, scope auth.Scope) (*Figures, error) {
	cells, err := stored(ctx, d.DB, message, scope)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	for c, t := range d.counts.cells { // not stored yet
		if c.message == message && scope.Allows(c.path) {
			sum := cells[c]
			sum.add(*t)
			cells[c] = sum
		}
	}
	f := &Figures{Listening: len(d.streams), Townships: []Township{}, Curve: []Moment{}}
	d.mu.Unlock()
	places, moments := map[string]*Tally{}, map[int64]int64{}
	for c, t := range cells {
		f.add(t)
		if places[c.path] == nil {
			places[c.path] = new(Tally)
		}
		places[c.path].add(t)
		if n := t.Crawl + t.Full; n > 0 {
			moments[c.slot] += n
		}
	}
	paths := make([]string, 0, len(places))
	for path := range places {
		paths = append(paths, path)
	}
	named, err := d.Regions.Named(ctx, paths)
	if err != nil {
		return nil, err
	}
	for _, r := range named {
		f.Townships = append(f.Townships, Township{r, *places[r.Path]})
	}
	slices.SortFunc(f.Townships, func(a, b Township) int {
		return cmp.Or(cmp.Compare(b.Crawl+b.Full, a.Crawl+a.Full), cmp.Compare(a.Path, b.Path))
	})
	for second, n := range moments {
		f.Curve = append(f.Curve, Moment{second, n})
	}
	slices.SortFunc(f.Curve, func(a, b Moment) int { return cmp.Compare(a.Second, b.Second) })
	for i := 1; i < len(f.Curve); i++ {
		f.Curve[i].Shown += f.Curve[i-1].Shown
	}
	return f, nil
}

// Standing is how many sets are connected in one township now.
type Standing struct {
	Region
	Sets int `json:"sets"`
}

// Connected are the sets within a scope that are connected now, by township, the most first.
// Those that ask instead of holding a connection are not among them.
func (d *Door) Connected(ctx context.Context, scope auth.Scope) ([]Standing, error) {
	counts := map[string]int{}
	d.mu.Lock()
	for s := range d.streams {
		if scope.Allows(s.path) {
			counts[about(s.path)]++
		}
	}
	d.mu.Unlock()
	named, err := d.Regions.Named(ctx, slices.Collect(maps.Keys(counts)))
	out := make([]Standing, 0, len(named))
	for _, r := range named {
		out = append(out, Standing{r, counts[r.Path]})
	}
	slices.SortFunc(out, func(a, b Standing) int { return cmp.Or(cmp.Compare(b.Sets, a.Sets), cmp.Compare(a.Path, b.Path)) })
	return out, err
}
