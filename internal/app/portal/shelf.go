package portal

import (
	"crypto/rand"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
)

// shelf keeps what people are in the middle of, under a key that only their device knows: in memory
// alone, bounded, and forgotten soon, so that what was not sent stays nowhere. Values are replaced,
// never changed.
type shelf[V any] struct {
	clock clock.Clock
	keep  time.Duration
	room  int // bytes, as those who put something say

	mu    sync.Mutex
	used  int
	items map[string]shelved[V]
}

type shelved[V any] struct {
	value V
	size  int
	at    time.Time
}

// idle is how long something must have lain before it gives way to others on a full shelf.
const idle = 5 * time.Minute

// entrySize is what an entry takes beside its value, about.
const entrySize = 512

func newShelf[V any](c clock.Clock, keep time.Duration, room int) *shelf[V] {
	return &shelf[V]{clock: c, keep: keep, room: room, items: map[string]shelved[V]{}}
}

// newKey is a key that nobody can guess.
func newKey() string { return rand.Text() }

// get is what lies under a key.
func (s *shelf[V]) get(key string) (v V, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	it, found := s.items[key]
	if found && s.clock.Now().Sub(it.at) > s.keep {
		s.remove(key)
		return v, false
	}
	return it.value, found
}

// put lays something under a key in place of what lay there; false if there is no room.
func (s *shelf[V]) put(key string, v V, size int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, size := s.clock.Now(), size+entrySize
	over := func() bool { return s.used-s.items[key].size+size > s.room }
	for _, older := range []time.Duration{s.keep, idle} {
		if over() {
			s.forget(now, older)
		}
	}
	if over() {
		return false
	}
	s.used += size - s.items[key].size
	s.items[key] = shelved[V]{v, size, now}
	return true
}

func (s *shelf[V]) drop(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(key)
}

func (s *shelf[V]) forget(now time.Time, older time.Duration) {
	for key, it := range s.items {
		if now.Sub(it.at) > older {
			s.remove(key)
		}
	}
}

func (s *shelf[V]) remove(key string) {
	s.used -= s.items[key].size
	delete(s.items, key)
}
