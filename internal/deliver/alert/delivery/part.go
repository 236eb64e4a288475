package delivery

import (
	"context"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
)

// Part is how a thread stands among some of its terminals.
type Part struct {
	Key     string
	Figures Figures
	Curve   Curve
	Sounded []int64 // when each that claims to have sounded the newest version did, milliseconds after dispatch, ascending
	Reasons []Why   // the most first
	// Microphones are the targets that have one, whether it has listened or not.
	Microphones int
}

// Why is how many terminals need looking after for one reason.
type Why struct {
	Problem Problem `json:"problem" enum:"failed,late,silent,unheard"`
	Reason  string  `json:"reason,omitempty" doc:"What the terminals said; absent where they said nothing"`
	Count   int     `json:"count"`
}

// Parts divides a thread's terminals by a key, in order of the keys; the first part has the key
// "" and is all of them. Every curve counts from the first dispatch of all. What listens says
// of a terminal is whether it has a microphone.
func (d *Desk) Parts(ctx context.Context, no int64, key func(device, regionPath string) string, listens func(device string) bool) ([]Part, error) {
	th, err := d.thread(ctx, no)
	if err != nil || th == nil {
		return []Part{{}}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	groups := map[string][]*Track{}
	for t := range th.within(auth.Everywhere) {
		if t.Version != th.newest { // an update left it out
			continue
		}
		groups[""] = append(groups[""], t)
		if k := key(t.Device, t.RegionPath); k != "" {
			groups[k] = append(groups[k], t)
		}
	}
	first := th.began(groups[""])
	parts := []Part{d.part(th, "", groups[""], first, listens)}
	for k, tracks := range groups {
		if k != "" {
			parts = append(parts, d.part(th, k, tracks, first, listens))
		}
	}
	slices.SortFunc(parts, func(a, b Part) int { return strings.Compare(a.Key, b.Key) })
	return parts, nil
}

// part counts some tracks of a thread; d.mu is held.
func (d *Desk) part(th *thread, key string, tracks []*Track, first int64, listens func(device string) bool) Part {
	p, now := Part{Key: key, Curve: th.curveOf(tracks, first)}, d.Clock.Now()
	why := map[Why]int{}
	for _, t := range tracks {
		p.Figures.count(t, th.newest, 1)
		if !t.apart() && (t.measured() || listens(t.Device)) {
			p.Microphones++
		}
		problem := d.problem(th, t, now)
		switch problem {
		case ProblemSilent:
			p.Figures.Offline++
		case ProblemLate:
			p.Figures.Late++
		}
		if problem != "" {
			why[Why{Problem: problem, Reason: string(t.Reason)}]++
		}
		if t.PlayingAt > 0 {
			p.Sounded = append(p.Sounded, t.soundedAfter(p.Curve.From.UnixMicro()))
		}
	}
	slices.Sort(p.Sounded)
	for w, n := range why {
		w.Count = n
		p.Reasons = append(p.Reasons, w)
	}
	slices.SortFunc(p.Reasons, func(a, b Why) int {
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		return strings.Compare(string(a.Problem)+a.Reason, string(b.Problem)+b.Reason)
	})
	return p
}

// Tally is what came of a thread in a township, or in a larger region where terminals stand in none.
type Tally struct {
	Township    string // code of 12 digits
	Figures     Figures
	Microphones int     // targets that have one
	Sounded     []int64 // when each that claims to have sounded the newest version did, milliseconds after the first dispatch, in no order
}

// Tallies count a thread's terminals by township. What listens says of a terminal is whether it has a
// microphone. It is asked while receipts pour in, which wait for one walk only.
func (d *Desk) Tallies(ctx context.Context, no int64, listens func(device string) bool) ([]Tally, error) {
	th, err := d.thread(ctx, no)
	if err != nil || th == nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	first := int64(0)
	for t := range th.within(auth.Everywhere) {
		if t.Version == th.newest && t.SentAt > 0 {
			first = earliest(first, t.SentAt)
		}
	}
	if o := th.orderOf(th.newest); first == 0 && o != nil { // a crash forgot when it was sent
		first = o.DueAt.UnixMicro()
	}
	towns := map[string]*Tally{}
	for t := range th.within(auth.Everywhere) {
		if t.Version != th.newest { // an update left it out
			continue
		}
		town := towns[t.Township]
		if town == nil {
			town = &Tally{Township: t.Township}
			towns[t.Township] = town
		}
		town.Figures.count(t, th.newest, 1)
		if t.measured() || listens(t.Device) {
			town.Microphones++
		}
		if t.PlayingAt > 0 {
			town.Sounded = append(town.Sounded, t.soundedAfter(first))
		}
	}
	out := make([]Tally, 0, len(towns))
	for _, t := range towns {
		out = append(out, *t)
	}
	slices.SortFunc(out, func(a, b Tally) int { return strings.Compare(a.Township, b.Township) })
	return out, nil
}

// Devices are the terminals of a thread's newest version, by code.
func (d *Desk) Devices(ctx context.Context, no int64) (codes []string, err error) {
	th, err := d.thread(ctx, no)
	if err != nil || th == nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for t := range th.within(auth.Everywhere) {
		if t.Version == th.newest {
			codes = append(codes, t.Device)
		}
	}
	slices.Sort(codes)
	return codes, nil
}
