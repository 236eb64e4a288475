package adapter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/ebd/speaker"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
)

// Limits on what comes in by the door.
const (
	maxConns = 512 // of one address an eighth
	maxBody  = 64 << 10
	idle     = time.Minute // a connection that says nothing so long is closed
)

// Door is where adapters bring their reports: one address of the node for all of them.
type Door struct {
	Clock clock.Clock
	Log   *slog.Logger

	strangers output.Strangers

	mu sync.Mutex
	by map[ebd.ResourceCode]*adapter
}

// enter lets an adapter's reports in; two adapters of one code are a mistake.
func (d *Door) enter(a *adapter) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.by == nil {
		d.by = map[ebd.ResourceCode]*adapter{}
	}
	code := ebd.ResourceCode(a.settings.Code)
	if d.by[code] != nil {
		return fmt.Errorf("alert: two outputs are for the adapter %s", code)
	}
	d.by[code] = a
	return nil
}

func (d *Door) leave(a *adapter) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if code := ebd.ResourceCode(a.settings.Code); d.by[code] == a {
		delete(d.by, code)
	}
}

// Serve takes reports from l, which it closes, until ctx ends.
func (d *Door) Serve(ctx context.Context, l net.Listener) error {
	var all sync.WaitGroup
	defer all.Wait()
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()
	room := &output.Room{All: maxConns, Each: maxConns / 8}
	for {
		conn, err := output.Accept(ctx, l, d.Log)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("alert: no adapter can report any more: %w", err)
		}
		leave, ok := room.Enter(conn)
		if !ok { // adapters come again
			_ = conn.Close()
			continue
		}
		all.Go(func() { defer leave(); d.serve(ctx, conn) })
	}
}

// serve answers the reports of one connection.
func (d *Door) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	for r := speaker.NewPacketReader(conn, maxBody); ; {
		_ = conn.SetDeadline(d.Clock.Now().Add(idle))
		p, err := r.Next()
		if p == nil {
			return
		}
		answer, known := d.answer(ctx, p, err)
		raw, bad := answer.Encode()
		if bad != nil {
			d.Log.Error("alert: an answer to an adapter could not be written", "error", bad)
			return
		}
		if _, lost := conn.Write(raw); lost != nil || err != nil || !known { // who is nobody's holds no place
			return
		}
	}
}

// answer takes a packet that was read with err, and reports whether it is an adapter's.
func (d *Door) answer(ctx context.Context, p *speaker.Packet, err error) (answer *speaker.Packet, known bool) {
	no := func(code speaker.Code) (*speaker.Packet, bool) {
		return &speaker.Packet{Direction: speaker.Down, Type: speaker.TypeAck, Body: &speaker.Reply{Code: code}}, false
	}
	if broken := (*ebd.Error)(nil); errors.As(err, &broken) {
		switch broken.Code {
		case ebd.CodeVersion:
			return no(speaker.CodeVersion)
		case ebd.CodeLength:
			return no(speaker.CodeLength)
		}
	}
	if err != nil || p.Direction != speaker.Up {
		return no(speaker.CodeUnknown)
	}
	front := frontOf(p.Body)
	d.mu.Lock()
	a := d.by[front]
	d.mu.Unlock()
	if a == nil {
		if d.strangers.Tell(string(front), d.Clock.Now()) {
			d.Log.Warn("alert: an adapter reports that no output is set up for", "code", front)
		}
		return no(speaker.CodeUnknown)
	}
	return a.heard(ctx, p), true
}

// frontOf is whose report it is.
func frontOf(b speaker.Body) ebd.ResourceCode {
	switch b := b.(type) {
	case *speaker.Heartbeat:
		return b.Front
	case *speaker.TaskStart:
		return b.Front
	case *speaker.TaskEnd:
		return b.Front
	case *speaker.Fault:
		return b.Front
	}
	return ""
}
