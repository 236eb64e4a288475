package delivery

import (
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
)

// Order is one signed order and how far its dispatch is.
type Order struct {
	Thread       int64
	ThreadID     string // id in the order: the message's, or the stop's own
	Version      int
	Kind         wire.Kind
	Seq          uint64
	RegionPath   string
	Area         wire.Area
	Frame        []byte
	IssuedAt     time.Time
	DueAt        time.Time
	StartsAt     int64         // when terminals begin to sound it, UTC microseconds
	Lasts        time.Duration // from the first sound to the last, repeats and gaps included
	ValidUntil   time.Time
	DispatchedAt time.Time // when every row that says so was stored
	ClosedAt     time.Time
	Targets      int
	ChangedAt    time.Time

	out bool // every frame went out
}

// live reports whether the order may still be sent at now.
func (o *Order) live(now time.Time) bool {
	return o.ClosedAt.IsZero() && o.ValidUntil.After(now) && !o.DueAt.After(now)
}

// overdue reports whether a terminal that took the order at takenAt should have played all of
// it by now, and did not. One that something else interrupted or kept waiting is overdue
// too: people there have not been told.
func (o *Order) overdue(takenAt int64, now time.Time) bool {
	due := time.UnixMicro(max(o.StartsAt, takenAt)).Add(o.Lasts)
	if due.After(o.ValidUntil) || o.Kind == wire.Play && o.Lasts == 0 {
		due = o.ValidUntil
	}
	return o.ClosedAt.IsZero() && now.Sub(due) > LateAfter
}

// thread is everything sent under one id, and every terminal's part in it.
type thread struct {
	no         int64
	id         string
	regionPath string
	orders     []*Order // newest version first
	newest     int      // newest version that is no cancel: what the figures are about
	tracks     map[string]*Track
	figures    Figures
	owing      int      // terminals that have not confirmed their cancel, those apart included
	dirty      []*Track // tracks that differ from their rows, each once
	news       map[State][]string
	lastID     int64    // newest receipt taken
	markedID   int64    // newest receipt whose effect is in alert_delivery
	sending    []*Order // on their way, or out and not yet stored as dispatched
	touched    time.Time
	flowedAt   time.Time // when an order went out, or a terminal that owed an answer gave it
	remindedAt time.Time // when it was last looked for who owes one
	askedAgain time.Time // until when retries that somebody asked for are followed up
}

func newThread(no int64, id, path string) *thread {
	return &thread{no: no, id: id, regionPath: path, tracks: map[string]*Track{}, news: map[State][]string{}}
}

// put adds an order or replaces what is known of it.
func (th *thread) put(o *Order) {
	if o.Kind != wire.Cancel && o.Version > th.newest {
		th.newest, th.figures = o.Version, Figures{}
		for _, t := range th.tracks {
			th.figures.count(t, th.newest, 1)
		}
	}
	for i, old := range th.orders {
		if old.Version == o.Version {
			if o.DispatchedAt.IsZero() { // read before our own mark was committed
				o.DispatchedAt, o.Targets = old.DispatchedAt, old.Targets
			}
			th.orders[i] = o
			return
		}
	}
	th.orders = append(th.orders, o)
	slices.SortFunc(th.orders, func(a, b *Order) int { return b.Version - a.Version })
}

// meant is the newest order whose area holds the terminal at p, nil for none.
func (th *thread) meant(p wire.Place) *Order {
	for _, o := range th.orders {
		if (o.ClosedAt.IsZero() || o.Kind != wire.Play) && o.Area.Includes(p) {
			return o
		}
	}
	return nil
}

// wanted is the order that the terminal at p should have at now, nil for none.
func (th *thread) wanted(p wire.Place, now time.Time) *Order {
	if o := th.meant(p); o != nil && o.live(now) {
		return o
	}
	return nil
}

// take merges a receipt into a terminal's track.
func (th *thread) take(t *Track, r *wire.Receipt, at int64) {
	th.change(t, func(t *Track) {
		if th.cancels(r.Version) {
			t.cancelWith(r.Version)
		}
		t.Take(r, at)
	})
}

// overdue reports whether the terminal should have played what it took.
func (th *thread) overdue(t *Track, now time.Time) bool {
	o := th.orderOf(t.Version)
	return o != nil && o.overdue(t.ReceivedAt, now)
}

// orderOf is the order of a version, nil for none.
func (th *thread) orderOf(version int) *Order {
	for _, o := range th.orders {
		if o.Version == version {
			return o
		}
	}
	return nil
}

// within visits the tracks of terminals in a scope, but for those that are apart.
func (th *thread) within(scope auth.Scope) iter.Seq[*Track] {
	return func(yield func(*Track) bool) {
		for _, t := range th.tracks {
			if !t.apart() && scope.Allows(t.RegionPath) && !yield(t) {
				return
			}
		}
	}
}

// has reports whether the thread has an order of this version.
func (th *thread) has(version int) bool {
	return th.orderOf(version) != nil
}

// cancels reports whether version is a cancel's.
func (th *thread) cancels(version int) bool {
	o := th.orderOf(version)
	return o != nil && o.Kind == wire.Cancel
}

// change alters a track and keeps the figures, the list of dirty tracks and the news.
func (th *thread) change(t *Track, alter func(*Track)) {
	if th.tracks[t.Device] == nil {
		th.tracks[t.Device] = t
	} else {
		th.count(t, -1)
	}
	was := t.dirty
	alter(t)
	th.count(t, 1)
	if t.dirty && !was {
		th.dirty = append(th.dirty, t)
	}
	if t.told != t.State {
		t.told = t.State
		th.news[t.State] = append(th.news[t.State], t.Device)
	}
}

// restore puts a track that equals its row.
func (th *thread) restore(t *Track) {
	t.told = t.State
	th.tracks[t.Device] = t
	th.count(t, 1)
}

// count adds (by 1) or takes away (by -1) a track.
func (th *thread) count(t *Track, by int) {
	th.figures.count(t, th.newest, by)
	if t.unconfirmed() {
		th.owing += by
	}
}

// track finds or makes a terminal's track.
func (th *thread) track(device ebd.ResourceCode, path string) *Track {
	if t := th.tracks[string(device)]; t != nil {
		return t
	}
	return &Track{Device: string(device), RegionPath: path, Township: TownshipOf(path)}
}

// over reports whether nothing of the thread can be sent any more.
func (th *thread) over(now time.Time) bool {
	return !slices.ContainsFunc(th.orders, func(o *Order) bool {
		return o.ValidUntil.After(now) && (o.ClosedAt.IsZero() || o.Kind != wire.Play)
	})
}

// settled reports whether everything known of the thread is stored.
func (th *thread) settled() bool {
	return len(th.dirty) == 0 && len(th.sending) == 0 && th.markedID >= th.lastID
}

// Terminal is a terminal as those who keep the register describe it.
type Terminal struct {
	Code       ebd.ResourceCode
	Name       string
	Kind       string
	RegionPath string
	Place      wire.Place
	Online     bool
	Microphone bool
}

// TownshipOf is the 12-digit code of the township that a region path leads to or through;
// a path that ends above a township gives the region where it ends.
func TownshipOf(path string) string {
	parts := strings.Split(strings.TrimSuffix(path, "."), ".")
	last := parts[len(parts)-1]
	if len(last) > 9 {
		last = last[:9]
	}
	return last + strings.Repeat("0", max(12-len(last), 0))
}
