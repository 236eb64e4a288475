package terminal

import (
	"context"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
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
