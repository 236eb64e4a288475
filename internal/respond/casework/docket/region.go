package docket

import (
	"context"
	"sync"
)

// regionBook knows regions by code. It is read when the desk opens; regions are added by hand and
// rarely, so it is read again where one is not known.
type regionBook struct {
	ask Regions

	mu    sync.RWMutex
	codes map[string]Region
	paths map[string]Region
}

func (b *regionBook) load(ctx context.Context) error {
	all, err := b.ask.All(ctx)
	if err != nil {
		return err
	}
	codes, paths := make(map[string]Region, len(all)), make(map[string]Region, len(all))
	for _, r := range all {
		codes[r.Code], paths[r.Path] = r, r
	}
	b.mu.Lock()
	b.codes, b.paths = codes, paths
	b.mu.Unlock()
	return nil
}

func (b *regionBook) byCode(code string) (Region, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	r, ok := b.codes[code]
	return r, ok
}

func (b *regionBook) byPath(path string) Region {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.paths[path]
}

// find is byCode for what people name.
func (b *regionBook) find(ctx context.Context, code string) (Region, bool) {
	if r, ok := b.byCode(code); ok {
		return r, true
	}
	if b.load(ctx) != nil {
		return Region{}, false
	}
	return b.byCode(code)
}
