// Package clock is the only place that reads the time of day. Everything else is
// handed a Clock, so that a test decides what time it is.
package clock

import (
	"context"
	"sync"
	"time"
)

// Clock tells the time and runs recurring work on it.
type Clock interface {
	// Now is the present time in UTC with microsecond precision, which is what the
	// store keeps, so that a time survives a round trip unchanged.
	Now() time.Time
	// Every runs fn each d until ctx ends. A run that outlasts d delays the next;
	// runs never overlap. It returns when ctx ends and the last run is over.
	Every(ctx context.Context, d time.Duration, fn func(context.Context))
}

// System is the machine's clock.
type System struct{}

// Now implements Clock.
func (System) Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// Every implements Clock.
func (System) Every(ctx context.Context, d time.Duration, fn func(context.Context)) {
	ticker := time.NewTicker(d)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			fn(ctx)
		}
	}
}

// Manual is a clock that moves only when told to.
type Manual struct {
	mu    sync.Mutex
	now   time.Time
	moved chan struct{}
}

// NewManual returns a clock that stands at start.
func NewManual(start time.Time) *Manual {
	return &Manual{now: start.UTC().Truncate(time.Microsecond), moved: make(chan struct{})}
}

// Now implements Clock.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Advance moves the clock forward and wakes everything that waits on it.
func (m *Manual) Advance(d time.Duration) {
	m.mu.Lock()
	m.now = m.now.Add(d)
	close(m.moved)
	m.moved = make(chan struct{})
	m.mu.Unlock()
}

// Every implements Clock: fn runs once for each d that has passed.
func (m *Manual) Every(ctx context.Context, d time.Duration, fn func(context.Context)) {
	m.mu.Lock()
	next := m.now.Add(d)
	m.mu.Unlock()
	for {
		m.mu.Lock()
		due, moved := !m.now.Before(next), m.moved
		m.mu.Unlock()
		if due {
			fn(ctx)
			next = next.Add(d)
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-moved:
		}
	}
}
