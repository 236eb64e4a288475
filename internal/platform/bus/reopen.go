package bus

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
)

// A file of JetStream that could not be written once is never written again: after a full
// disk only opening it anew helps. Its files stay as they are; what it had not taken
// waits in the outbox, and what it gives out twice the inboxes know.
const (
	patience     = 5 * time.Second // how long publishing may fail before JetStream is opened anew
	longestPause = 5 * time.Minute // between two attempts
	spare        = 1 << 20         // bytes that must find room before an attempt is worth it
)

// errPublish is an event that the bus did not take, as opposed to a database that fails.
var errPublish = errors.New("bus: not published")

// flow is how publishing goes.
type flow struct {
	mu    sync.Mutex
	since time.Time // when it began to fail; zero while events flow
	next  time.Time // when JetStream may be opened anew
	pause time.Duration
	anew  chan struct{} // closed once it was
}

// Stalled tells since when publishing has failed; zero while events flow. What is emitted
// then waits in the outbox, and orders to terminals go out all the same.
func (b *Bus) Stalled() time.Time {
	b.flow.mu.Lock()
	defer b.flow.mu.Unlock()
	return b.flow.since
}

// judge learns from one attempt at publishing whether JetStream should be opened anew now.
func (f *flow) judge(err error, now time.Time) (due bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case !errors.Is(err, errPublish):
		if err == nil {
			f.since = time.Time{}
		}
		return false
	case f.since.IsZero():
		f.since, f.pause = now, patience
		f.next = now.Add(patience)
	}
	return !now.Before(f.next)
}

// tried puts the next attempt off, each time for longer.
func (f *flow) tried(now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pause = min(2*f.pause, longestPause)
	f.next = now.Add(f.pause)
}

// reopened is closed the next time JetStream was opened anew.
func (f *flow) reopened() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.anew == nil {
		f.anew = make(chan struct{})
	}
	return f.anew
}

func (f *flow) tell() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.anew != nil {
		close(f.anew)
		f.anew = nil
	}
}

// reopen opens the embedded JetStream anew, in place: connections do not notice.
func (b *Bus) reopen(ctx context.Context) error {
	if err := b.server.ShutdownJetStream(); err != nil {
		return fmt.Errorf("bus: close JetStream: %w", err)
	}
	o := b.options
	err := b.server.EnableJetStream(&server.JetStreamConfig{StoreDir: o.StoreDir, Domain: o.JetStreamDomain,
		SyncAlways: o.SyncAlways, SyncInterval: o.SyncInterval, MaxMemory: o.JetStreamMaxMemory, MaxStore: o.JetStreamMaxStore,
		Strict: !o.NoJetStreamStrict})
	if err != nil {
		return fmt.Errorf("bus: open JetStream anew: %w", err)
	}
	if err := b.makeStream(ctx); err != nil {
		return err
	}
	b.flow.tell()
	return nil
}

// roomy reports whether the disk takes a file again. Opening JetStream on a full one would
// only take away what can still be read.
func (b *Bus) roomy() bool {
	path := filepath.Join(b.options.StoreDir, "room")
	defer os.Remove(path)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return false
	}
	_, err = f.Write(make([]byte, spare))
	return errors.Join(err, f.Sync(), f.Close()) == nil
}

// mend opens JetStream anew where publishing has failed for long enough, and reports
// whether it is worth publishing again.
func (b *Bus) mend(ctx context.Context, failed error, now time.Time) bool {
	if failed == nil && !b.whole.Load() {
		failed = errPublish // nothing waited, but nothing could be published
	}
	if !b.flow.judge(failed, now) || b.server == nil || !b.roomy() {
		return false
	}
	b.flow.tried(now)
	if err := b.reopen(ctx); err != nil {
		b.log.Error("JetStream could not be opened anew; it will be tried again", "error", err)
		return false
	}
	b.log.Info("JetStream was opened anew since events could not be published")
	return true
}

func (b *Bus) makeStream(ctx context.Context) error {
	_, err := b.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: eventStream, Subjects: []string{eventSubject + ">"}, MaxAge: eventAge, Duplicates: 2 * time.Minute,
	})
	if err != nil {
		return fmt.Errorf("bus: event stream: %w", err)
	}
	b.whole.Store(true)
	return nil
}
