package portal

import (
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
)

// cache keeps what was made for a short time. Whoever asks while a value is being made
// waits for it: however many look at once, it is made once. A failure is kept as long as
// a value, so that a database in trouble is not asked by everybody.
type cache[V any] struct {
	clock clock.Clock
	keep  time.Duration
	limit int // entries; beyond it values are made and not kept

	mu      sync.Mutex
	entries map[string]*entry[V]
}

type entry[V any] struct {
	once  sync.Once
	until time.Time
	value V
	err   error
}

func newCache[V any](c clock.Clock, keep time.Duration, limit int) *cache[V] {
	return &cache[V]{clock: c, keep: keep, limit: limit, entries: map[string]*entry[V]{}}
}

// get is the value for key, made if there is none that is fresh.
func (c *cache[V]) get(key string, make func() (V, error)) (V, error) {
	e := c.claim(key)
	e.once.Do(func() { e.value, e.err = make() })
	return e.value, e.err
}

func (c *cache[V]) claim(key string) *entry[V] {
	now := c.clock.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.entries[key]; e != nil && now.Before(e.until) {
		return e
	}
	e := &entry[V]{until: now.Add(c.keep)}
	if len(c.entries) >= c.limit {
		for k, old := range c.entries {
			if !now.Before(old.until) {
				delete(c.entries, k)
			}
		}
	}
	if len(c.entries) < c.limit {
		c.entries[key] = e
	}
	return e
}
