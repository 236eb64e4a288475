package door

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Region is a place that a set may stand in.
type Region struct {
	Code string `json:"code"`
	Path string `json:"path"`
	Zh   string `json:"zh"`
	En   string `json:"en"`
}

// Regions is the register of regions, as far as the door asks it.
type Regions interface {
	// Region finds a region by its 12 digits; a fault NotFound if there is none.
	Region(ctx context.Context, code string) (Region, error)
	// Named finds regions by path; unknown ones are left out.
	Named(ctx context.Context, paths []string) ([]Region, error)
	// Touched lists the codes of the lowest regions that the shapes of an area touch.
	Touched(ctx context.Context, area wire.Area) ([]string, error)
}

// Settings are what sets are told to do.
type Settings struct {
	FullScreen string        // least severity that takes the whole screen: "orange"; others crawl
	Hold       time.Duration // how long a full screen stands before a person may put it away
	Streams    int           // open at a time; 0 means maxStreams
}

// Deps are what the door stands on.
type Deps struct {
	DB       *store.DB
	Clock    clock.Clock
	Log      *slog.Logger
	Regions  Regions
	Issuers  func() []wire.Issuer // whom sets are to believe
	Settings Settings
}

// Door tells sets what is for them, and counts what they say.
type Door struct {
	Deps
	wake chan struct{}

	mu      sync.Mutex // guards what follows
	orders  map[string]*thread
	looked  time.Time
	streams map[*stream]bool
	of      map[string]map[*stream]bool // by region code
	by      map[string]int              // by address
	counts  counts
}

// thread is the orders about one message, or one stop.
type thread struct {
	orders []*order
	sets   map[uint64]bool // that showed it
}

// order is a signed order that may still matter to a set.
type order struct {
	ThreadID   string
	Version    int
	Kind       wire.Kind
	Seq        uint64
	Area       wire.Area
	Frame      []byte
	DueAt      time.Time
	ValidUntil time.Time
	ChangedAt  time.Time
	Closed     bool     // a play order that must not be told any more
	touched    []string // regions that its shapes touch
	told       bool
}

// New makes a door; Run opens it.
func New(d Deps) *Door {
	if d.Settings.Streams == 0 {
		d.Settings.Streams = maxStreams
	}
	return &Door{Deps: d, wake: make(chan struct{}, 1), orders: map[string]*thread{}, streams: map[*stream]bool{},
		of: map[string]map[*stream]bool{}, by: map[string]int{}, counts: newCounts()}
}

const (
	lookEvery  = time.Second
	flushEvery = time.Second
	// overlap looks back over transactions that committed later than they began.
	overlap = 10 * time.Second
	// linger is how long sets may say of a message that is over what they showed, and that it is.
	linger = 10 * time.Minute
)

// Changed says that a message was issued, updated, ended or stopped. Call it after the
// commit; it waits for nothing.
func (d *Door) Changed() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Run tells and counts until ctx ends.
func (d *Door) Run(ctx context.Context) error {
	d.warn("televisions are not told of orders", d.Look(ctx))
	var group sync.WaitGroup
	group.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-d.wake:
				d.warn("televisions are not told of orders", d.Look(ctx))
			}
		}
	})
	group.Go(func() {
		d.Clock.Every(ctx, lookEvery, func(ctx context.Context) { d.warn("televisions are not told of orders", d.Look(ctx)) })
	})
	group.Go(func() {
		d.Clock.Every(ctx, flushEvery, func(ctx context.Context) { d.warn("what televisions said waits to be stored", d.Flush(ctx)) })
	})
	group.Wait()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	d.warn("what televisions said is lost", d.Flush(last))
	return nil
}

func (d *Door) warn(what string, err error) {
	if err != nil && !fault.IsKind(err, fault.Full) { // the store tells of a full disk once
		d.Log.Warn("alert: "+what, "error", err)
	}
}

// Look reads orders that are new or have changed, and tells those that are due.
func (d *Door) Look(ctx context.Context) error {
	now := d.Clock.Now()
	d.mu.Lock()
	since := d.looked
	d.mu.Unlock()
	if !since.IsZero() {
		since = since.Add(-overlap)
	}
	found, err := ordersSince(ctx, d.DB, since, now)
	if err != nil {
		return err
	}
	for _, o := range found {
		if d.knows(o) || len(o.Area.Polygons)+len(o.Area.Circles) == 0 {
			continue
		}
		if o.touched, err = d.Regions.Touched(ctx, o.Area); err != nil {
			return err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, o := range found {
		d.put(o)
		if o.ChangedAt.After(d.looked) {
			d.looked = o.ChangedAt
		}
	}
	var due []*order
	for id, th := range d.orders {
		if th.over(now) {
			delete(d.orders, id)
			continue
		}
		for _, o := range th.orders {
			if !o.told && !o.DueAt.After(now) {
				due = append(due, o)
			}
		}
	}
	sortBySeq(due) // sets hear them in the order in which they were signed
	for _, o := range due {
		o.told = true
		d.tell(d.orders[o.ThreadID], o, now)
	}
	return nil
}

func (d *Door) knows(o *order) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	th := d.orders[o.ThreadID]
	return th != nil && th.version(o.Version) != nil
}

// put keeps an order, or what has changed of it; the lock is held.
func (d *Door) put(o *order) {
	th := d.orders[o.ThreadID]
	if th == nil {
		th = &thread{sets: map[uint64]bool{}}
		d.orders[o.ThreadID] = th
	}
	if known := th.version(o.Version); known != nil {
		known.Closed, known.ChangedAt = o.Closed, o.ChangedAt
		return
	}
	th.orders = append(th.orders, o)
}

func (th *thread) version(n int) *order {
	for _, o := range th.orders {
		if o.Version == n {
			return o
		}
	}
	return nil
}

func (o *order) live(now time.Time) bool { return o.ValidUntil.After(now) && !o.Closed }

// over reports whether nothing of a thread is in force, and its sets have had time to say so.
func (th *thread) over(now time.Time) bool {
	for _, o := range th.orders {
		ended := o.ValidUntil
		if o.Closed && o.ChangedAt.Before(ended) {
			ended = o.ChangedAt
		}
		if now.Sub(ended) < linger {
			return false
		}
	}
	return true
}

// wanted is the newest order of the thread that is due, in force, and about a region.
func (th *thread) wanted(region string, now time.Time) (newest *order) {
	for _, o := range th.orders {
		if o.DueAt.After(now) || !o.concerns(region) || newest != nil && newest.Version > o.Version {
			continue
		}
		newest = o
	}
	if newest != nil && !newest.live(now) {
		return nil
	}
	return newest
}

// concerns reports whether an order is for a place that a set stands in: one that the area
// covers or touches, or that holds a part of it. A household does not know its village, and
// would rather hear of what is near.
func (o *order) concerns(region string) bool {
	if len(o.Area.Types) > 0 { // for devices of these types; a set is none
		return false
	}
	in := func(code string) bool {
		a, b := ebd.AreaCode(code), ebd.AreaCode(region)
		return a.Covers(b) || b.Covers(a)
	}
	for _, c := range o.Area.Regions {
		if in(string(c)) {
			return true
		}
	}
	for _, c := range o.touched {
		if in(c) {
			return true
		}
	}
	return false
}

// current lists what a set in a region should hold, in the order in which it was signed.
func (d *Door) current(region string, now time.Time) (list []*order) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, th := range d.orders {
		if o := th.wanted(region, now); o != nil {
			list = append(list, o)
		}
	}
	sortBySeq(list)
	return list
}

// about is the part of a path that counts are kept for: the township, or what is above it.
func about(path string) string {
	parts := strings.SplitAfter(path, ".")
	const nationToTownship = 4
	return strings.Join(parts[:min(len(parts), nationToTownship)], "")
}
