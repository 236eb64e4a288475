package account

import (
	"context"
	"maps"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
)

const (
	cacheFor  = 5 * time.Second // what a command beside the server changed is seen here by then
	cacheSize = 4096
)

// entry is a session as requests need it. It is never changed once kept.
type entry struct {
	session session
	who     *auth.Principal
	loaded  time.Time
}

// cache keeps sessions for a few seconds, so that a busy console costs one read of the
// database per session and five seconds, and gathers when sessions were used.
type cache struct {
	mu      sync.Mutex
	entries map[string]*entry    // by token digest
	uses    map[string]time.Time // by session id, not yet written down
	epoch   int64                // grows with every forgetting, so that a read begun before it is not kept
	loads   singleflight.Group
	changed func(userID string) // told of every drop
}

func newCache(changed func(userID string)) *cache {
	if changed == nil {
		changed = func(string) {}
	}
	return &cache{entries: map[string]*entry{}, uses: map[string]time.Time{}, changed: changed}
}

func (c *cache) get(ctx context.Context, digest string, now time.Time, load func(context.Context, string) (*entry, error)) (*entry, error) {
	c.mu.Lock()
	e, epoch := c.entries[digest], c.epoch
	c.mu.Unlock()
	if e != nil && now.Sub(e.loaded) < cacheFor {
		return e, nil
	}
	// Readers of one epoch share a read; one's hanging up must not fail the others.
	v, err, _ := c.loads.Do(strconv.FormatInt(epoch, 36)+digest, func() (any, error) { return load(context.WithoutCancel(ctx), digest) })
	e, _ = v.(*entry)
	if err != nil || e == nil {
		c.mu.Lock()
		delete(c.entries, digest)
		c.mu.Unlock()
		return nil, err
	}
	kept := *e
	kept.loaded = now
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.epoch == epoch {
		if len(c.entries) >= cacheSize {
			c.entries = map[string]*entry{} // cheaper than an order of use, and rare
		}
		c.entries[digest] = &kept
	}
	return &kept, nil
}

// use notes that a session was used.
func (c *cache) use(s session, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.After(s.SeenAt) {
		c.uses[s.ID] = now
	}
}

// withUse is the session with its last use, written down or not.
func (c *cache) withUse(s session) session {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at, ok := c.uses[s.ID]; ok && at.After(s.SeenAt) {
		s.SeenAt = at
	}
	return s
}

// unwritten is a copy of the uses that the database does not know of.
func (c *cache) unwritten() map[string]time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.uses)
}

// written forgets uses that the database now knows of, and the entries read before.
func (c *cache) written(uses map[string]time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.uses, func(id string, at time.Time) bool { return at.Equal(uses[id]) })
	c.entries = map[string]*entry{}
	c.epoch++
}

// drop forgets every session of a person.
func (c *cache) drop(userID string) {
	defer c.changed(userID) // after the lock: who is told will ask again
	c.mu.Lock()
	defer c.mu.Unlock()
	c.epoch++
	for digest, e := range c.entries {
		if userID == "" || e.session.userID == userID {
			delete(c.entries, digest)
		}
	}
}

// forget makes the next request look anew at a person's sessions and grants; no person is
// everybody.
func (m *Module) forget(userID string) { m.sessions.drop(userID) }
