package alert

import (
	"maps"
	"slices"
	"strings"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// maxAnswers is how many answers about messages that are over are kept written; the
// longest, every terminal's state, takes some 300 kB for 100,000 of them.
const maxAnswers = 100

// answers keeps what was answered about messages that are over. A key begins with the
// message's id and a space.
type answers struct {
	flight singleflight.Group

	mu      sync.Mutex
	kept    *lru.Cache[string, *httpapi.Kept]
	writing map[string]bool // by key: whether the message changed since the writing began
}

func newAnswers() (*answers, error) {
	kept, err := lru.New[string, *httpapi.Kept](maxAnswers)
	return &answers{kept: kept, writing: map[string]bool{}}, err
}

// get returns the answer of a key, written when it is not at hand.
func (a *answers) get(key string, write func() (*httpapi.Kept, error)) (*httpapi.Kept, error) {
	if k, ok := a.kept.Get(key); ok {
		return k, nil
	}
	made, err, _ := a.flight.Do(key, func() (any, error) {
		a.mu.Lock()
		a.writing[key] = false
		a.mu.Unlock()
		k, err := write()
		a.mu.Lock()
		defer a.mu.Unlock()
		if err == nil && !a.writing[key] {
			a.kept.Add(key, k)
		}
		delete(a.writing, key)
		return k, err
	})
	k, _ := made.(*httpapi.Kept)
	return k, err
}

// forget lets go of what was written of messages that receipts came for: it may say
// something else now.
func (a *answers) forget(receipts []delivery.Receipt) {
	a.forgetOf(func(told map[string]bool) {
		for i := range receipts {
			told[receipts[i].Order] = true
		}
	})
}

// forgetOf lets go of what was written of the messages that name tells, if anything is kept.
func (a *answers) forgetOf(name func(told map[string]bool)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	keys := append(a.kept.Keys(), slices.Collect(maps.Keys(a.writing))...)
	if len(keys) == 0 {
		return
	}
	told := map[string]bool{}
	name(told)
	for _, key := range keys {
		id, _, _ := strings.Cut(key, " ")
		if !told[id] {
			continue
		}
		a.kept.Remove(key)
		if _, under := a.writing[key]; under {
			a.writing[key] = true
		}
	}
}
