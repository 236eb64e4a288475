package asset

import (
	"context"
	"sync/atomic"
	"testing"
	"time"
)

// What steps aside is kept while something more urgent goes on, and handed on in pieces of
// the usual size once that is over.
func TestABatchStepsAside(t *testing.T) {
	var urgent atomic.Bool
	urgent.Store(true)
	pieces := make(chan int, 100)
	b := newBatcher(10_000, 100, func(_ context.Context, list []int) { pieces <- len(list) })
	b.aside = urgent.Load
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { b.run(ctx); close(done) }()
	for n := range 250 {
		b.put(n)
	}
	time.Sleep(4 * linger)
	if len(pieces) != 0 {
		t.Errorf("%d pieces were handed on at once", len(pieces))
	}
	urgent.Store(false)
	for _, want := range []int{100, 100, 50} {
		if n := <-pieces; n != want {
			t.Errorf("a piece of %d, want %d", n, want)
		}
	}
	// A batch that grew too large waits no longer, nor does one at the end.
	urgent.Store(true)
	for n := range maxAside + 1 {
		b.put(n)
	}
	for range maxAside / 100 {
		if n := <-pieces; n != 100 {
			t.Errorf("a piece of %d, want 100", n)
		}
	}
	b.put(1)
	stop()
	<-done
	left := 0
	for len(pieces) > 0 {
		left += <-pieces
	}
	if left != 2 {
		t.Errorf("%d were handed on at the end, want 2", left)
	}
}

// A batcher is busy while it hands on, and a little longer.
func TestABatcherIsBusyWhileItHandsOn(t *testing.T) {
	hold := make(chan struct{})
	b := newBatcher(10, 1, func(context.Context, []int) { <-hold })
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go b.run(ctx)
	if b.busy() {
		t.Error("busy before anything came")
	}
	b.put(1)
	for deadline := time.Now().Add(10 * time.Second); !b.busy(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not busy while it hands on")
		}
	}
	close(hold)
	for deadline := time.Now().Add(10 * time.Second); b.busy(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("busy for ever")
		}
	}
}
