package asset

import (
	"container/list"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
)

// identity is what the uplink must know of a device to believe its frames. The first
// block never changes but for the atomics; the second is guarded by mu.
type identity struct {
	id         string
	code       ebd.ResourceCode
	kind       Kind
	state      State
	regionPath string
	key        *ebd.PublicKey // nil when it has none or it was revoked
	heard      atomic.Bool    // whether it was made active since it was loaded
	lastFrame  atomic.Int64   // when its newest frame was believed, UTC microseconds
	period     atomic.Int64   // seconds between its heartbeats

	mu       sync.Mutex
	session  *wire.ServerSession
	window   wire.Window    // newest frame believed
	admitted wire.SessionID // newest connection admitted
	tokens   float64        // frames it may send at once, refilled by time
	refilled time.Time
}

// A terminal that comes back may repeat everything the platform has not confirmed, so
// the burst is wide; the rate is far above what a healthy terminal says.
const (
	frameRate  = 10  // a second
	frameBurst = 400 // at once
)

// allow takes one frame from the device's allowance. The caller holds mu.
func (i *identity) allow(now time.Time) bool {
	i.tokens = min(frameBurst, i.tokens+frameRate*now.Sub(i.refilled).Seconds())
	i.refilled = now
	if i.tokens < 1 {
		return false
	}
	i.tokens--
	return true
}

// trusted reports whether the device may speak at all.
func (i *identity) trusted() bool {
	return i.key != nil && (i.state == Enrolled || i.state == Active)
}

// roster is the identities in use, the least recently used dropped first. Unknown codes
// are remembered too, as nil, so that a stranger's knocking costs no query each time.
type roster struct {
	mu    sync.Mutex
	limit int
	order *list.List // of *entry, newest first
	by    map[string]*list.Element
	epoch int // grows with every forget: a load begun before it must not be kept
}

type entry struct {
	code  string
	who   *identity
	until time.Time // when an unknown code is looked up again
}

const strangerMemory = 10 * time.Second

func newRoster(limit int) *roster {
	return &roster{limit: limit, order: list.New(), by: map[string]*list.Element{}}
}

// find returns the identity of a code, loading it when it is not at hand; nil when no
// device has the code.
func (r *roster) find(ctx context.Context, code string, now time.Time, load func(context.Context, string) (*identity, error)) (*identity, error) {
	r.mu.Lock()
	if el := r.by[code]; el != nil {
		if e := el.Value.(*entry); e.who != nil || now.Before(e.until) {
			r.order.MoveToFront(el)
			r.mu.Unlock()
			return e.who, nil
		}
	}
	epoch := r.epoch
	r.mu.Unlock()
	who, err := load(ctx, code)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if el := r.by[code]; el != nil {
		if e := el.Value.(*entry); e.who != nil { // another load was quicker; its window counts
			return e.who, nil
		}
		r.drop(el)
	}
	if r.epoch != epoch {
		return who, nil
	}
	r.by[code] = r.order.PushFront(&entry{code, who, now.Add(strangerMemory)})
	for r.order.Len() > r.limit {
		r.drop(r.order.Back())
	}
	return who, nil
}

// peek returns the identity of a code if it is at hand.
func (r *roster) peek(code string) *identity {
	r.mu.Lock()
	defer r.mu.Unlock()
	if el := r.by[code]; el != nil {
		return el.Value.(*entry).who
	}
	return nil
}

// forget drops a device whose row changed, so that its next frame is judged afresh.
func (r *roster) forget(code string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.epoch++
	if el := r.by[code]; el != nil {
		r.drop(el)
	}
}

func (r *roster) drop(el *list.Element) {
	delete(r.by, el.Value.(*entry).code)
	r.order.Remove(el)
}
