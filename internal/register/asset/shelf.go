package asset

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
)

// shelf keeps answers that are costly to make, for seconds. Askers of the same thing
// share one making of it. What is fresh is handed out as it is. What takes long to make is
// handed out up to staleFor while it is made again behind the asker's back; for what is quick
// the asker waits, who may ask only once after the last news. A change that a person made in
// this process puts everything away at once; telemetry does not.
type shelf[T any] struct {
	clock clock.Clock
	limit int // things kept at once

	flight singleflight.Group
	mu     sync.Mutex
	kept   map[string]kept[T]
	epoch  int // grows with every change
}

type kept[T any] struct {
	value T
	at    time.Time
	fresh time.Duration // for how long since at
}

const (
	freshFor = 2 * time.Second // at least
	// making is the share of the time that goes into making an answer again and again, while
	// freshest allows.
	making   = 1. / 20
	freshest = 10 * time.Second
	staleFor = 15 * time.Second
)

func newShelf[T any](clk clock.Clock, limit int) *shelf[T] {
	return &shelf[T]{clock: clk, limit: limit, kept: map[string]kept[T]{}}
}

// changed puts everything away.
func (s *shelf[T]) changed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epoch++
	clear(s.kept)
}

// get returns the thing of a key, made by load when it is not at hand.
func (s *shelf[T]) get(ctx context.Context, key string, load func(context.Context) (T, error)) (T, error) {
	s.mu.Lock()
	k, ok := s.kept[key]
	epoch := s.epoch
	s.mu.Unlock()
	age := s.clock.Now().Sub(k.at)
	if ok && age < k.fresh {
		return k.value, nil
	}
	// The epoch is part of the flight: who asks after a change must not be given what
	// was read before it.
	made := s.flight.DoChan(fmt.Sprintf("%d %s", epoch, key), func() (any, error) {
		began := s.clock.Now()
		v, err := load(context.WithoutCancel(ctx))
		if err == nil {
			s.keep(key, v, epoch, s.clock.Now().Sub(began))
		}
		return v, err
	})
	if ok && k.fresh > freshFor && age < staleFor {
		return k.value, nil
	}
	select {
	case r := <-made:
		v, _ := r.Val.(T)
		return v, r.Err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

func (s *shelf[T]) keep(key string, v T, epoch int, took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if epoch != s.epoch {
		return
	}
	if len(s.kept) >= s.limit {
		clear(s.kept)
	}
	fresh := min(max(freshFor, time.Duration(float64(took)/making)), freshest)
	s.kept[key] = kept[T]{v, s.clock.Now(), fresh}
}
