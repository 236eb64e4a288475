package terminal

import (
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/obs/obstest"
)

// A terminal that is told to end does so at once, also while a platform that is busy or
// gone has not yet said whether it lets the terminal in.
func TestEndingDoesNotWaitForAPlatformThatIsSilent(t *testing.T) {
	key, err := ebd.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	own, silent := net.Pipe()
	asked := make(chan struct{})
	go func() {
		_, _ = silent.Read(make([]byte, 1))
		close(asked)
		_, _ = io.Copy(io.Discard, silent)
	}()
	s := &speaker{key: key, receiptKey: key.Public(), place: wire.Place{Code: "61101050010010314010401"}, clock: clock.System{}, log: slog.New(slog.DiscardHandler),
		dial: func(context.Context) (net.Conn, error) { return own, nil }}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); s.online(ctx, nil) }()
	<-asked
	stop()
	select {
	case <-ended:
	case <-time.After(2 * time.Second):
		t.Error("still waiting for an answer two seconds after it was told to end")
	}
}

// A device that the platform lets in no more says so once, not with every attempt.
func TestARefusalIsLoggedOnce(t *testing.T) {
	w := newTown(t)
	c := w.enrolled(t.TempDir())
	var log obstest.Diary
	count := func(word string) int { return strings.Count(log.String(), word) }
	c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c.Player = newStage()
	a, _ := w.run(c)
	w.mu.Lock()
	device := w.devices[a.Code()]
	delete(w.devices, a.Code())
	w.mu.Unlock()
	w.gateway.Drop(string(a.Code()))
	refused := func(n int) {
		t.Helper()
		for range 1000 {
			if count("connection refused") >= n || count("level=WARN") > 1 {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Fatalf("was not refused %d times", n)
	}
	refused(2)
	if n := count("level=WARN"); n != 1 {
		t.Errorf("%d warnings", n)
	}
	w.forget()
	w.mu.Lock()
	w.devices[a.Code()] = device
	w.mu.Unlock()
	w.await("hello", func(r report) bool { return r.up.Kind == wire.UpHello })
}
