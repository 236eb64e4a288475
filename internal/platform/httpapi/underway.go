package httpapi

import (
	"net/http"
	"sync"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

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

// admission lets a call in, if nobody has too many of them under way; leave is to be called
// at its end.
type admission func(*http.Request) (leave func(), err error)

// admission counts a person's calls over all their sessions, and those of who is not signed
// in by address.
func (a *API) admission(op Op) admission {
	calls := &underway{by: map[string]int{}}
	return func(r *http.Request) (func(), error) {
		if op.AtOnce <= 0 {
			return func() {}, nil
		}
		who := counted(r)
		if p := auth.From(r.Context()); p != nil {
			who = "person:" + p.ID
		}
		if !calls.enter(who, op.AtOnce) {
			return nil, fault.New(fault.Limited, "request.at_once", fault.Args{"limit": op.AtOnce})
		}
		return func() { calls.leave(who) }, nil
	}
}
