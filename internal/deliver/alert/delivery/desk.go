package delivery

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Terminals is the register of terminals, as far as delivery asks it.
type Terminals interface {
	// Within lists the terminals in an area.
	Within(ctx context.Context, area wire.Area) ([]Terminal, error)
	// Find describes terminals by code; unknown codes are left out.
	Find(ctx context.Context, codes []ebd.ResourceCode) ([]Terminal, error)
	// Named lists the codes of terminals whose name, code or numbers hold a text.
	Named(ctx context.Context, text string) ([]string, error)
	// Microphones lists the codes of all terminals that can hear themselves.
	Microphones(ctx context.Context) ([]ebd.ResourceCode, error)
	// Online reports whether a terminal is connected now. It is asked often and must not
	// read the database.
	Online(code ebd.ResourceCode) bool
}

// Sender gives a frame to a terminal; whether it arrived is told by the receipt.
type Sender interface {
	Send(code string, frame []byte)
}

// Live tells open browsers.
type Live interface {
	Tell(name string, perm auth.Permission, regionPath string, data any)
}

// Deps are what a desk needs.
type Deps struct {
	DB        *store.DB
	Clock     clock.Clock
	Log       *slog.Logger
	Terminals Terminals
	Sender    Sender
	Live      Live
	Read      auth.Permission // who may see progress
	// Dispatched is called after orders were dispatched; it may be nil.
	Dispatched func()
	// Stored is called after receipts or deliveries were; it may be nil.
	Stored func()
	// Away reports whether a terminal that a joined node sends to is connected there, as far
	// as is known here. It may be nil and is asked like Terminals.Online.
	Away func(site string, code ebd.ResourceCode) bool
}

// Desk sends orders and takes receipts.
type Desk struct {
	Deps
	wake   chan struct{}
	busy   atomic.Bool // orders went out or receipts came in since the last tick
	waited int         // ticks that the flush has stepped aside

	mu      sync.Mutex // guards what follows
	threads map[int64]*thread
	byID    map[string]*thread
	looked  time.Time // newest change among the orders read

	taking   sync.Mutex // one batch of receipts at a time, so that ids grow with time
	lastID   int64      // of the log, 0 until it was looked up
	flushing sync.Mutex
	flushed  int64 // last number given to a delivery, 0 until it was looked up
	looking  singleflight.Group
	loads    chan struct{} // threads read at a time: each is a city's terminals
}

// NewDesk makes a desk. Run starts it.
func NewDesk(d Deps) *Desk {
	return &Desk{Deps: d, wake: make(chan struct{}, 1), loads: make(chan struct{}, 2), threads: map[int64]*thread{}, byID: map[string]*thread{}}
}

// How often the desk looks around.
const (
	lookEvery = time.Second
	tellEvery = 250 * time.Millisecond
)

// Run dispatches, re-sends, carries receipts over and tells progress until ctx ends.
func (d *Desk) Run(ctx context.Context) error {
	if err := d.Look(ctx); err != nil {
		return err
	}
	var group sync.WaitGroup
	group.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-d.wake:
				d.warn("orders wait to be dispatched", d.Look(ctx))
			}
		}
	})
	group.Go(func() {
		d.Clock.Every(ctx, lookEvery, func(ctx context.Context) {
			d.warn("orders wait to be dispatched", d.Look(ctx))
			d.Remind(ctx)
		})
	})
	group.Go(func() {
		d.Clock.Every(ctx, tellEvery, d.tick)
	})
	group.Wait()
	// What was worked out since the last flush is in the log, but saves the next start work.
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	d.warn("deliveries wait to be stored", d.Flush(last))
	return nil
}

// Wake makes the desk look for new orders now. Call it after the commit.
func (d *Desk) Wake() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

func (d *Desk) warn(what string, err error) {
	if err != nil && !fault.IsKind(err, fault.Full) { // the store tells of a full disk once
		d.Log.Warn("alert: "+what, "error", err)
	}
}

// Look reads orders that are new or have changed, and dispatches those that are due.
func (d *Desk) Look(ctx context.Context) error {
	now := d.Clock.Now()
	d.mu.Lock()
	since := d.looked
	d.mu.Unlock()
	if !since.IsZero() {
		since = since.Add(-overlap)
	}
	orders, err := changedOrders(ctx, d.DB, since, now)
	if err != nil {
		return err
	}
	// One order that fails holds up no other.
	var failed []error
	for _, o := range orders {
		failed = append(failed, d.learn(ctx, o))
	}
	d.mu.Lock()
	for _, o := range orders {
		if o.ChangedAt.After(d.looked) {
			d.looked = o.ChangedAt
		}
	}
	var due []*Order
	for no, th := range d.threads {
		for _, o := range th.orders {
			if o.DispatchedAt.IsZero() && !o.DueAt.After(now) && !th.isSending(o) {
				due = append(due, o)
			}
		}
		if th.over(now) && th.settled() && now.Sub(th.touched) > linger {
			delete(d.threads, no)
			delete(d.byID, th.id)
		}
	}
	d.mu.Unlock()
	for _, o := range inOrder(due) {
		failed = append(failed, d.dispatch(ctx, o))
	}
	return errors.Join(failed...)
}

const (
	// overlap looks back over transactions that committed later than they began.
	overlap = 10 * time.Second
	// linger keeps a finished thread in memory for receipts that come late.
	linger = 10 * time.Minute
)

// learn puts an order into memory, with its thread's deliveries and unread receipts.
func (d *Desk) learn(ctx context.Context, o *Order) error {
	d.mu.Lock()
	th := d.threads[o.Thread]
	if th != nil {
		th.put(o)
	}
	d.mu.Unlock()
	if th != nil {
		return nil
	}
	_, err := d.keep(ctx, o.Thread)
	return err
}

// keep reads a thread from the database and holds it in memory.
func (d *Desk) keep(ctx context.Context, no int64) (*thread, error) {
	th, err := d.load(ctx, no)
	if err != nil || th == nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if known := d.threads[no]; known != nil { // another goroutine was faster
		return known, nil
	}
	d.threads[no], d.byID[th.id] = th, th
	d.makeRoom(th)
	return th, nil
}

// maxOver is how many threads that are over are kept for receipts that come late.
const maxOver = 32

// makeRoom lets go of threads that are over when there are too many, those first that were
// untouched for longest: a terminal may name every message there ever was.
func (d *Desk) makeRoom(newest *thread) {
	now := d.Clock.Now()
	var over []*thread
	for _, th := range d.threads {
		if th != newest && th.over(now) && th.settled() {
			over = append(over, th)
		}
	}
	slices.SortFunc(over, func(a, b *thread) int { return b.touched.Compare(a.touched) })
	for _, th := range over[min(len(over), maxOver):] {
		delete(d.threads, th.no)
		delete(d.byID, th.id)
	}
}

// look reads a thread from the database for somebody who only looks at it; who looks at
// the same meanwhile is shown the same.
func (d *Desk) look(ctx context.Context, no int64) (*thread, error) {
	seen, err, _ := d.looking.Do(strconv.FormatInt(no, 10), func() (any, error) {
		d.loads <- struct{}{}
		defer func() { <-d.loads }()
		return d.load(context.WithoutCancel(ctx), no)
	})
	th, _ := seen.(*thread)
	return th, err
}

// load reads a thread from the database.
func (d *Desk) load(ctx context.Context, no int64) (*thread, error) {
	orders, err := threadOrders(ctx, d.DB, no)
	if err != nil || len(orders) == 0 {
		return nil, err
	}
	th := newThread(no, orders[0].ThreadID, orders[0].RegionPath)
	for _, o := range orders {
		th.put(o)
	}
	if err := loadTracks(ctx, d.DB, th); err != nil {
		return nil, err
	}
	if err := replay(ctx, d.DB, th); err != nil {
		return nil, err
	}
	th.touched = d.Clock.Now()
	return th, nil
}
