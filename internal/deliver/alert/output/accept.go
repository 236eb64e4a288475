package output

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"
)

// Accept is the next connection to l. Where none can be had, for want of descriptors say, it
// waits and tries again: a door that gave up would take the whole node with it. It fails once l
// is closed or ctx ends.
func Accept(ctx context.Context, l net.Listener, log *slog.Logger) (net.Conn, error) {
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		conn, err := l.Accept()
		if err == nil || ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
			return conn, err
		}
		log.Warn("alert: a connection could not be taken; it is tried again", "address", l.Addr().String(), "error", err)
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(wait):
		}
	}
}
