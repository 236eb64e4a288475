package output

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"syscall"
	"testing"
)

// scarce is a listener for which there are no descriptors at first.
type scarce struct {
	net.Listener
	fails int
	conn  net.Conn
}

func (s *scarce) Accept() (net.Conn, error) {
	if s.fails--; s.fails >= 0 {
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	if s.conn == nil {
		return nil, net.ErrClosed
	}
	return s.conn, nil
}

func (s *scarce) Addr() net.Addr { return &net.TCPAddr{} }

func TestADoorOutlivesAScarcityOfDescriptors(t *testing.T) {
	one, other := net.Pipe()
	defer one.Close()
	defer other.Close()
	l := &scarce{fails: 2, conn: one}
	conn, err := Accept(t.Context(), l, slog.New(slog.DiscardHandler))
	if err != nil || conn != one {
		t.Errorf("%v, %v", conn, err)
	}
	if _, err := Accept(t.Context(), &scarce{}, slog.New(slog.DiscardHandler)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a closed one: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Accept(ctx, &scarce{fails: 9}, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("it waits although nobody does")
	}
}
