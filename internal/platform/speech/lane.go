package speech

import (
	"context"
	"slices"
	"sync"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// lane shares places among people: each has one at a time, and those who wait take turns,
// so that however much one asks for, another waits for one clip of theirs at most.
type lane struct {
	mu      sync.Mutex
	free    int
	busy    map[string]bool // who has a place
	waiting []*ticket       // in the order in which they are served
}

type ticket struct {
	person string
	turn   chan struct{} // closed once it has a place
}

func newLane(places int) *lane { return &lane{free: places, busy: map[string]bool{}} }

// enter waits for a place.
func (l *lane) enter(ctx context.Context) (leave func(), err error) {
	t := &ticket{auth.Who(ctx).ID, make(chan struct{})}
	l.mu.Lock()
	l.waiting = append(l.waiting, t)
	l.call()
	l.mu.Unlock()
	select {
	case <-t.turn:
		return func() { l.leave(t) }, nil
	case <-ctx.Done():
		l.leave(t)
		return nil, fault.New(fault.Limited, "speech.busy").Because(ctx.Err())
	}
}

// leave gives up a place, or the wait for one. Who has had one is served after all others.
func (l *lane) leave(t *ticket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(l.waiting, t); i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
		return
	}
	l.free++
	delete(l.busy, t.person)
	var others, own []*ticket
	for _, w := range l.waiting {
		if w.person == t.person {
			own = append(own, w)
		} else {
			others = append(others, w)
		}
	}
	l.waiting = append(others, own...)
	l.call()
}

// call gives free places to those who wait and have none.
func (l *lane) call() {
	for l.free > 0 {
		i := slices.IndexFunc(l.waiting, func(t *ticket) bool { return !l.busy[t.person] })
		if i < 0 {
			return
		}
		t := l.waiting[i]
		l.waiting = slices.Delete(l.waiting, i, i+1)
		l.free--
		l.busy[t.person] = true
		close(t.turn)
	}
}
