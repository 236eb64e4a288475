package asset

import (
	"context"
	"time"
)

// Telemetry goes to the store in batches: so many rows, or whatever came in so long.
const (
	maxBatch = 1000
	linger   = 50 * time.Millisecond
)

// batcher gathers what comes one by one and hands it on in batches. Its queue holds
// pointers: an empty one, which is the usual state, takes little memory.
type batcher[T any] struct {
	in    chan *T
	flush func(context.Context, []T)
}

func newBatcher[T any](depth int, flush func(context.Context, []T)) *batcher[T] {
	return &batcher[T]{make(chan *T, depth), flush}
}

// put takes v, and waits while the queue is full.
func (b *batcher[T]) put(v T) { b.in <- &v }

// offer takes v unless the queue is full.
func (b *batcher[T]) offer(v T) bool {
	select {
	case b.in <- &v:
		return true
	default:
		return false
	}
}

// run works until ctx ends, then hands on what was taken before: a batch is written
// even when ctx ended while it was gathered.
func (b *batcher[T]) run(ctx context.Context) {
	write := context.WithoutCancel(ctx)
	for {
		select {
		case v := <-b.in:
			b.flush(write, b.gather(ctx, *v))
		case <-ctx.Done():
			for len(b.in) > 0 {
				b.flush(write, b.gather(ctx, *<-b.in))
			}
			return
		}
	}
}

func (b *batcher[T]) gather(ctx context.Context, first T) []T {
	batch := append(make([]T, 0, 16), first)
	timer := time.NewTimer(linger)
	defer timer.Stop()
	for len(batch) < maxBatch {
		select {
		case v := <-b.in:
			batch = append(batch, *v)
		case <-timer.C:
			return batch
		case <-ctx.Done():
			return b.rest(batch)
		}
	}
	return batch
}

// rest takes what already waits, without waiting for more.
func (b *batcher[T]) rest(batch []T) []T {
	for len(batch) < maxBatch {
		select {
		case v := <-b.in:
			batch = append(batch, *v)
		default:
			return batch
		}
	}
	return batch
}
