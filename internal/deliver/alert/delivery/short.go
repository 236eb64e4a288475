package delivery

import (
	"context"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
)

// Short is a township in which too few terminals have sounded a message.
type Short struct {
	Township string   // region code
	Path     string   // the shortest region path among its terminals
	Targets  int      // terminals that the newest version is for
	Reached  int      // of these, those that claim to have sounded it
	Silent   []string // of these, those that do not, by code
}

// Shortfalls lists the townships in which a thread's newest version reached too few, in order
// of code.
func (d *Desk) Shortfalls(ctx context.Context, no int64, short func(reached, targets int) bool) ([]Short, error) {
	th, err := d.thread(ctx, no)
	if err != nil || th == nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	by := map[string]*Short{}
	for t := range th.within(auth.Everywhere) {
		if t.apart() || t.Version != th.newest {
			continue
		}
		s := by[t.Township]
		if s == nil {
			s = &Short{Township: t.Township, Path: t.RegionPath}
			by[t.Township] = s
		}
		if len(t.RegionPath) < len(s.Path) {
			s.Path = t.RegionPath
		}
		s.Targets++
		if t.PlayingAt > 0 {
			s.Reached++
		} else {
			s.Silent = append(s.Silent, t.Device)
		}
	}
	var out []Short
	for _, s := range by {
		if short(s.Reached, s.Targets) {
			slices.Sort(s.Silent)
			out = append(out, *s)
		}
	}
	slices.SortFunc(out, func(a, b Short) int { return strings.Compare(a.Township, b.Township) })
	return out, nil
}
