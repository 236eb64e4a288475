package delivery

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
)

// LateAfter is how long a connected terminal may be silent, or past the end of what it has
// taken, before it counts as late.
const LateAfter = 30 * time.Second

// Problem is why a terminal needs looking after.
type Problem string

// Problems.
const (
	ProblemFailed  Problem = "failed"  // it says that it could not, or would not
	ProblemLate    Problem = "late"    // connected, but no receipt in time; or taken, and not played in time
	ProblemSilent  Problem = "silent"  // no receipt, and not connected
	ProblemUnheard Problem = "unheard" // it played, to the end or until it was stopped, and its microphone heard nothing
)

// problem judges a track of a thread at now; the empty Problem is none.
func (d *Desk) problem(th *thread, t *Track, now time.Time) Problem {
	switch {
	case t.State == Failed || t.State == Refused:
		return ProblemFailed
	case t.State == Sent && !d.online(t):
		return ProblemSilent
	case t.State == Sent && now.Sub(time.UnixMicro(t.SentAt)) > LateAfter:
		return ProblemLate
	case t.begun() && !t.cancelling() && th.overdue(t, now):
		return ProblemLate
	case t.unheard():
		return ProblemUnheard
	}
	return ""
}

// online reports whether a terminal is connected, here or to the node that sends to it.
func (d *Desk) online(t *Track) bool {
	if t.Site == "" {
		return d.Terminals.Online(codeOf(t))
	}
	return d.Away != nil && d.Away(t.Site, codeOf(t))
}

// Summary is what came of a thread in all, small enough to be kept when it is over.
type Summary struct {
	Figures   Figures    `json:"figures"`
	Curve     Curve      `json:"curve"`
	Townships []Township `json:"townships"`
}

// Summary sums a thread up as it is now, as far as its terminals lie in the scope; of no
// thread, it is empty.
func (d *Desk) Summary(ctx context.Context, no int64, scope auth.Scope) (*Summary, error) {
	th, err := d.thread(ctx, no)
	if err != nil || th == nil {
		return &Summary{Townships: []Township{}}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return &Summary{*d.figures(th, scope), th.curve(scope), d.townships(th, scope)}, nil
}

// Figures are a thread's figures now, as far as its terminals lie in the scope; nil if there
// is no such thread.
func (d *Desk) Figures(ctx context.Context, no int64, scope auth.Scope) (*Figures, error) {
	th, err := d.thread(ctx, no)
	if err != nil || th == nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.figures(th, scope), nil
}

func (d *Desk) figures(th *thread, scope auth.Scope) *Figures {
	f := th.figures
	if !scope.Allows(auth.Root) {
		f = Figures{}
		for t := range th.within(scope) {
			f.count(t, th.newest, 1)
		}
	}
	if f.Sent+f.Received+f.Queued+f.Playing+f.Interrupted > 0 {
		now := d.Clock.Now()
		for t := range th.within(scope) {
			switch d.problem(th, t, now) {
			case ProblemSilent:
				f.Offline++
			case ProblemLate:
				f.Late++
			}
		}
	}
	return &f
}

// Township is how a thread stands in one township.
type Township struct {
	Code     string  `json:"code"`
	Name     string  `json:"name"`
	Figures  Figures `json:"figures"`
	Troubled int     `json:"troubled" doc:"Terminals that need looking after: those that retry and hand-on mean when they name the township"`
}

// townships are the figures by township, in order of code.
func (d *Desk) townships(th *thread, scope auth.Scope) []Township {
	now := d.Clock.Now()
	by := map[string]*Township{}
	for t := range th.within(scope) {
		w := by[t.Township]
		if w == nil {
			w = &Township{Code: t.Township}
			by[t.Township] = w
		}
		w.Figures.count(t, th.newest, 1)
		p := d.problem(th, t, now)
		switch p {
		case ProblemSilent:
			w.Figures.Offline++
		case ProblemLate:
			w.Figures.Late++
		}
		if p != "" {
			w.Troubled++
		}
	}
	out := make([]Township, 0, len(by))
	for _, w := range by {
		out = append(out, *w)
	}
	slices.SortFunc(out, func(a, b Township) int { return strings.Compare(a.Code, b.Code) })
	return out
}

// Troubled is a terminal that needs looking after.
type Troubled struct {
	Device   string  `json:"device"`
	Name     string  `json:"name,omitempty"`
	Township string  `json:"township"`
	Problem  Problem `json:"problem"`
	State    State   `json:"state"`
	Reason   string  `json:"reason"`
	Attempts int     `json:"attempts"`
	SentAt   int64   `json:"sentAt"`
}

func (t *Track) troubled(p Problem) Troubled {
	return Troubled{Device: t.Device, Township: t.Township, Problem: p, State: t.State, Reason: string(t.Reason), Attempts: t.Attempts, SentAt: t.SentAt}
}

// Troubled lists the terminals that need looking after, by township.
func (d *Desk) Troubled(ctx context.Context, no int64, scope auth.Scope) ([]Troubled, error) {
	th, err := d.thread(ctx, no)
	if err != nil || th == nil {
		return []Troubled{}, err
	}
	now := d.Clock.Now()
	out := []Troubled{}
	d.mu.Lock()
	for t := range th.within(scope) {
		if p := d.problem(th, t, now); p != "" {
			out = append(out, t.troubled(p))
		}
	}
	d.mu.Unlock()
	slices.SortFunc(out, func(a, b Troubled) int {
		return strings.Compare(a.Township+string(a.Problem)+a.Device, b.Township+string(b.Problem)+b.Device)
	})
	return out, nil
}

// Curve counts, in each step since the newest version went out, the terminals that by then
// had answered, begun to sound, played to the end, and were heard.
type Curve struct {
	From       time.Time `json:"from"`
	StepMillis int64     `json:"stepMillis"`
	Targets    int       `json:"targets"`
	Quick      []int64   `json:"quick" doc:"Milliseconds by which a twentieth of the targets had answered, two twentieths, and so on, as far as that came"`
	Answered   []int     `json:"answered" doc:"Running totals at the end of each step"`
	Reached    []int     `json:"reached"`
	Played     []int     `json:"played"`
	Heard      []int     `json:"heard"`
}

// curveSteps is how many points a curve has at most.
const curveSteps = 120

// curve is the curve of the thread's newest version from its dispatch to its last receipt.
func (th *thread) curve(scope auth.Scope) Curve {
	var tracks []*Track
	for t := range th.within(scope) {
		if t.Version == th.newest {
			tracks = append(tracks, t)
		}
	}
	return th.curveOf(tracks, th.began(tracks))
}

// began is when the first of these tracks of the newest version was sent it, 0 for never.
func (th *thread) began(tracks []*Track) (first int64) {
	for _, t := range tracks {
		if t.SentAt > 0 {
			first = earliest(first, t.SentAt)
		}
	}
	return first
}

// curveOf is the curve of these tracks, counted from first.
func (th *thread) curveOf(tracks []*Track, first int64) Curve {
	last := int64(0)
	var due, closed time.Time
	if o := th.orderOf(th.newest); o != nil {
		due, closed = o.DueAt, o.ClosedAt
	}
	for _, t := range tracks {
		last = max(last, t.ReceivedAt, t.PlayedAt, t.PlayingAt)
		if t.WasHeard() {
			last = max(last, t.heardBy(closed))
		}
	}
	if first == 0 && last > 0 { // a crash forgot when it was sent
		first = due.UnixMicro()
	}
	c := Curve{From: time.UnixMicro(first).UTC(), StepMillis: 100, Targets: len(tracks), Quick: quick(tracks, first)}
	for _, step := range []int64{100, 250, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000, 21_600_000} {
		c.StepMillis = step
		if (last-first)/1000/step < curveSteps {
			break
		}
	}
	n := max(last-first, 0)/1000/c.StepMillis + 1
	for _, to := range []*[]int{&c.Answered, &c.Reached, &c.Played, &c.Heard} {
		*to = make([]int, min(n, curveSteps))
	}
	put := func(to []int, at int64) {
		if at > 0 {
			to[min(max(at-first, 0)/1000/c.StepMillis, int64(len(to))-1)]++
		}
	}
	for _, t := range tracks {
		put(c.Answered, t.ReceivedAt)
		put(c.Reached, t.PlayingAt)
		put(c.Played, t.PlayedAt)
		if t.WasHeard() {
			put(c.Heard, t.heardBy(closed))
		}
	}
	for _, to := range [][]int{c.Answered, c.Reached, c.Played, c.Heard} {
		for i := 1; i < len(to); i++ {
			to[i] += to[i-1]
		}
	}
	return c
}

// twentieths is into how many parts quick divides a crowd.
const twentieths = 20

// quick is when each twentieth of the tracks had answered, in milliseconds after first.
func quick(tracks []*Track, first int64) []int64 {
	came := make([]int64, 0, len(tracks))
	for _, t := range tracks {
		if t.ReceivedAt > 0 {
			came = append(came, t.ReceivedAt)
		}
	}
	slices.Sort(came)
	out := make([]int64, 0, twentieths)
	for k := 1; k <= twentieths; k++ {
		n := (len(tracks)*k + twentieths - 1) / twentieths // so many are that part, at least
		if n == 0 || n > len(came) {
			break
		}
		out = append(out, (max(came[n-1]-first, 0)+999)/1000)
	}
	return out
}

// Standing is every terminal's state, for the map, in order of code.
func (d *Desk) Standing(ctx context.Context, no int64, scope auth.Scope) (map[State][]string, error) {
	d.mu.Lock()
	th := d.threads[no]
	if th == nil { // over, and its rows are final
		d.mu.Unlock()
		return standing(ctx, d.DB, no, scope)
	}
	defer d.mu.Unlock()
	out := map[State][]string{}
	for t := range th.within(scope) {
		out[t.State] = append(out[t.State], t.Device)
	}
	for _, codes := range out {
		slices.Sort(codes)
	}
	return out, nil
}

// Unconfirmed lists the terminals of a thread in the scope that were told to cancel and have not
// confirmed it, by township; of all townships where none is named. Those that are apart are
// among them: they may sound the message for all we know.
func (d *Desk) Unconfirmed(ctx context.Context, no int64, township string, scope auth.Scope) ([]string, error) {
	th, err := d.thread(ctx, no)
	if err != nil || th == nil {
		return nil, err
	}
	var out []string
	d.mu.Lock()
	for _, t := range th.tracks {
		if scope.Allows(t.RegionPath) && t.unconfirmed() && (township == "" || t.Township == township) {
			out = append(out, t.Device)
		}
	}
	d.mu.Unlock()
	slices.Sort(out)
	return out, nil
}

// Owing describes the terminals of a thread in the scope that were told to cancel and have not
// confirmed it, by township.
func (d *Desk) Owing(ctx context.Context, no int64, scope auth.Scope) ([]Troubled, error) {
	th, err := d.thread(ctx, no)
	if err != nil || th == nil {
		return nil, err
	}
	var out []Troubled
	d.mu.Lock()
	for t := range th.within(scope) {
		if t.unconfirmed() {
			out = append(out, t.troubled(""))
		}
	}
	d.mu.Unlock()
	slices.SortFunc(out, func(a, b Troubled) int { return strings.Compare(a.Township+a.Device, b.Township+b.Device) })
	return out, nil
}

// Within keeps of these terminals of a thread those that lie in the scope, with the region
// paths that they lie at.
func (d *Desk) Within(ctx context.Context, no int64, devices []string, scope auth.Scope) (kept, paths []string, err error) {
	th, err := d.thread(ctx, no)
	if err != nil || th == nil {
		return nil, nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, code := range devices {
		if t := th.tracks[code]; t != nil && scope.Allows(t.RegionPath) {
			kept, paths = append(kept, code), append(paths, t.RegionPath)
		}
	}
	return kept, paths, nil
}
