package asset

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
)

// identity is what the register says of a device and the uplink must know to believe
// its frames. It never changes; when the row does, another is loaded.
type identity struct {
	id         string
	code       ebd.ResourceCode
	state      State
	regionPath string
	keyed      bool // whether it has a key that was not revoked
	key        ebd.PublicKey
	heard      atomic.Bool // whether it was made active since it was loaded
	standing   atomic.Pointer[standing]
	*line
}

// trusted reports whether the device may speak at all.
func (i *identity) trusted() bool { return i.keyed && (i.state == Enrolled || i.state == Active) }

// line is what this process knows of a device by listening to it. It outlives the
// identity as long as the key is the same: a renamed device is neither silent nor may
// what it said before be replayed.
type line struct {
	lastFrame atomic.Int64 // when its newest frame was believed, UTC microseconds
	period    atomic.Int64 // seconds between its heartbeats

	mu       sync.Mutex
	session  *wire.ServerSession
	window   wire.Window    // newest frame believed
	admitted wire.SessionID // newest connection admitted
	home     string         // address it was last admitted from
	knocks   allowance      // connections judged from there
	strange  allowance      // connections judged from all other addresses
	knockers []knocker      // those
	frames   allowance
	samples  allowance
	excess   int // frames over the allowance since it was last whole
}

// roster is the identities of the devices that have knocked, at most as many as the
// register holds and some 400 bytes each. Codes that no device has are remembered for a
// while, so that a stranger's knocking costs no query each time.
type roster struct {
	load func(context.Context, []string) (map[string]*identity, error)

	mu        sync.Mutex
	by        map[string]*identity
	stale     map[string]bool      // whose row changed since
	strangers map[string]time.Time // until when a code is taken for unknown
	waiting   map[string]*lookup   // the next batch
	loading   bool
}

// lookup is one code being looked up, for all who asked for it.
type lookup struct {
	asked time.Time
	done  chan struct{}
	who   *identity
	err   error
}

const (
	strangerMemory = 10 * time.Second
	maxStrangers   = 10_000
	lookupTime     = 5 * time.Second // how long the store may take to tell who some are
)

func newRoster(load func(context.Context, []string) (map[string]*identity, error)) *roster {
	return &roster{load: load, by: map[string]*identity{}, stale: map[string]bool{}, strangers: map[string]time.Time{}, waiting: map[string]*lookup{}}
}

// find returns the identity of a code, loading it when it is not at hand; nil when no
// device has the code. Whoever asks while a batch is being loaded is answered by the
// next: when a city's terminals all connect at once, they take a few dozen queries.
func (r *roster) find(ctx context.Context, code string, now time.Time) (*identity, error) {
	r.mu.Lock()
	if who := r.by[code]; who != nil && !r.stale[code] {
		r.mu.Unlock()
		return who, nil
	}
	if now.Before(r.strangers[code]) {
		r.mu.Unlock()
		return nil, nil
	}
	l := r.waiting[code]
	if l == nil {
		l = &lookup{asked: now, done: make(chan struct{})}
		r.waiting[code] = l
	}
	if !r.loading {
		r.loading = true
		go r.work()
	}
	r.mu.Unlock()
	select {
	case <-l.done:
		return l.who, l.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// work loads batch after batch until nobody waits.
func (r *roster) work() {
	for {
		r.mu.Lock()
		batch := r.waiting
		r.waiting, r.loading = map[string]*lookup{}, len(batch) > 0
		codes := make([]string, 0, len(batch))
		for code := range batch {
			codes = append(codes, code)
			delete(r.stale, code) // a change from now on is not in what is loaded
		}
		r.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), lookupTime)
		found, err := r.load(ctx, codes)
		cancel()
		r.mu.Lock()
		for code, l := range batch {
			l.who, l.err = found[code], err
			switch {
			case err != nil:
				r.stale[code] = true
			case l.who != nil:
				r.keep(l.who)
			case !r.stale[code]: // nobody registered it meanwhile
				if len(r.strangers) >= maxStrangers {
					clear(r.strangers)
				}
				r.strangers[code] = l.asked.Add(strangerMemory)
			}
			close(l.done)
		}
		r.mu.Unlock()
	}
}

// keep takes an identity into the roster on the line that its device already has.
func (r *roster) keep(who *identity) {
	code := string(who.code)
	if old := r.by[code]; old != nil && old.keyed == who.keyed && old.key == who.key {
		stored := who.line
		who.line = old.line
		who.period.Store(stored.period.Load())
		who.mu.Lock()
		who.window.Accept(stored.window.Session, stored.window.Counter) // kept by the process before this one
		who.mu.Unlock()
	}
	r.by[code] = who
	delete(r.strangers, code)
}

// peek returns the identity of a code if it is at hand.
func (r *roster) peek(code string) *identity {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.by[code]
}

// forget makes a device whose row changed be looked up again before its next frame.
func (r *roster) forget(code string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.by[code] != nil || r.loading {
		r.stale[code] = true
	}
	delete(r.strangers, code)
}
