package httpapi

import (
	"net/http"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Bodies are read whole, so those of large uploads share a room in memory: a few dozen files
// at once would else take all that the process has.
const (
	largeBody = 1 << 20 // bytes; smaller ones find room by themselves
	bodyRoom  = 128 << 20
)

// room is what the bodies under way may take in all.
func room() *semaphore.Weighted { return semaphore.NewWeighted(bodyRoom) }

// underway counts an operation's calls that have begun and not ended, by whose they are.
type underway struct {
	mu sync.Mutex
	by map[string]int
}

func (u *underway) enter(who string, most int) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.by[who] >= most {
		return false
	}
	u.by[who]++
	return true
}

func (u *underway) leave(who string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.by[who]--; u.by[who] == 0 {
		delete(u.by, who)
	}
}

// admission lets a call in before its body is read, if the person has not too many under way
// and there is room for the body; leave is to be called at its end.
type admission func(http.ResponseWriter, *http.Request) (leave func(), err error)

// admission counts a person's calls over all their sessions, and those of who is not signed
// in by address.
func (a *API) admission(op Op) admission {
	calls := &underway{by: map[string]int{}}
	within := a.room
	if op.Room > 0 {
		within = semaphore.NewWeighted(op.Room)
	}
	return func(w http.ResponseWriter, r *http.Request) (func(), error) {
		leave := func() {}
		if op.AtOnce > 0 {
			who := counted(r)
			if p := auth.From(r.Context()); p != nil {
				who = "person:" + p.ID
			}
			if !calls.enter(who, op.AtOnce) {
				return nil, fault.New(fault.Limited, "request.at_once", fault.Args{"limit": op.AtOnce})
			}
			leave = func() { calls.leave(who) }
		}
		if !large(op) && op.Room == 0 {
			return leave, nil
		}
		size := op.MaxBody
		if said := r.ContentLength; said >= 0 { // no more than that is read
			size = min(size, said)
		}
		if !within.TryAcquire(size) {
			leave()
			w.Header().Set("Retry-After", "5")
			return nil, fault.New(fault.Unavailable, "request.no_room")
		}
		return func() { within.Release(size); leave() }, nil
	}
}

func large(op Op) bool { return op.MaxBody > largeBody && !op.Streams }
