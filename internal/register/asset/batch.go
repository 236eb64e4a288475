package asset

import (
	"context"
	"slices"
	"sync/atomic"
	"time"
)

// What terminals say goes to the store in batches: so many rows, or whatever came in so long.
const (
	maxBatch    = 1000
	maxReceipts = 4000 // those of a city share what a transaction costs
	linger      = 50 * time.Millisecond
	beatsLinger = time.Second // nobody waits for them, and a batch costs more than what is in it
)

// A batch that steps aside for what is more urgent grows meanwhile.
const (
	maxAside     = 8 * maxBatch
	longestAside = 20 * time.Second
	flows        = time.Second // more is likely to come so long after the last
)

// batcher gathers what comes one by one and hands it on in batches. Its queue holds
// pointers: an empty one, which is the usual state, takes little memory.
type batcher[T any] struct {
	in    chan *T
	size  int           // of a batch
	waits time.Duration // for more, from the first
	flush func(context.Context, []T)
	aside func() bool // whether something more urgent is going on; may be nil

	flowing atomic.Int64 // batches handed on, until a little after
}

func newBatcher[T any](depth, size int, flush func(context.Context, []T)) *batcher[T] {
	return &batcher[T]{in: make(chan *T, depth), size: size, waits: linger, flush: flush}
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
	pass := func(first T) {
		b.flowing.Add(1)
		defer time.AfterFunc(flows, func() { b.flowing.Add(-1) })
		for piece := range slices.Chunk(b.gather(ctx, first), b.size) {
			b.flush(write, piece)
		}
	}
	for {
		select {
		case v := <-b.in:
			pass(*v)
		case <-ctx.Done():
			for len(b.in) > 0 {
				pass(*<-b.in)
			}
			return
		}
	}
}

func (b *batcher[T]) gather(ctx context.Context, first T) []T {
	batch := append(make([]T, 0, 16), first)
	left := longestAside
	timer := time.NewTimer(b.waits)
	defer timer.Stop()
	// The batch may step aside for a while; it does not grow without bound.
	aside := func() bool {
		return b.aside != nil && len(batch) < maxAside && left > 0 && b.aside()
	}
	for len(batch) < b.size || aside() {
		select {
		case v := <-b.in:
			batch = append(batch, *v)
		case <-timer.C:
			if !aside() {
				return batch
			}
			left -= b.waits
			timer.Reset(b.waits)
		case <-ctx.Done():
			return b.rest(batch)
		}
	}
	return batch
}

// busy reports whether a batch is being gathered or written, or one was right now.
func (b *batcher[T]) busy() bool { return b.flowing.Load() > 0 }

// rest takes what already waits, without waiting for more.
func (b *batcher[T]) rest(batch []T) []T {
	for len(batch) < b.size {
		select {
		case v := <-b.in:
			batch = append(batch, *v)
		default:
			return batch
		}
	}
	return batch
}
