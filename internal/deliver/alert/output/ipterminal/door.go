package ipterminal

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
)

// Limits on who comes in by the door.
const (
	maxConns    = 4096 // terminals and who is about to say that it is one
	maxGreeting = 256  // of them who did not say who they are; of one address a quarter
)

// Door is where IP terminals connect: one address of the node for all of them.
type Door struct {
	Clock clock.Clock
	Log   *slog.Logger
	// Source is the platform's resource code, under which it speaks to them.
	Source func() ebd.ResourceCode
	// Patience is how long an answer, or a write, may take; 0 means 10 s.
	Patience time.Duration

	session   atomic.Uint32 // numbers orders; it goes on growing over restarts
	strangers output.Strangers

	mu       sync.Mutex
	code     map[ebd.ResourceCode]*terminal
	physical map[string]*terminal
}

func (d *Door) patience() time.Duration { return cmp.Or(d.Patience, 10*time.Second) }

// enter lets the terminals of a group in; one that another has too is a mistake.
func (d *Door) enter(g *group) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.code == nil {
		d.code, d.physical = map[ebd.ResourceCode]*terminal{}, map[string]*terminal{}
		d.session.Store(uint32(d.Clock.Now().Unix()))
	}
	for code, t := range g.by {
		if d.code[code] != nil || t.Physical != "" && d.physical[t.Physical] != nil {
			return fmt.Errorf("alert: two outputs have the IP terminal %s", code)
		}
	}
	for code, t := range g.by {
		d.code[code] = t
		if t.Physical != "" {
			d.physical[t.Physical] = t
		}
	}
	return nil
}

func (d *Door) leave(g *group) {
	d.mu.Lock()
	for code, t := range g.by {
		if d.code[code] == t {
			delete(d.code, code)
			delete(d.physical, t.Physical)
		}
	}
	d.mu.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.left = true
	for _, t := range g.by {
		if t.session != nil {
			t.session.drop("its output was changed")
			t.session = nil
		}
	}
}

// terminals counts those of an output and how many are connected, nil for one that is not open.
func (d *Door) terminals(id string) *output.Terminals {
	var g *group
	d.mu.Lock()
	for _, t := range d.code {
		if t.group.config.ID == id {
			g = t.group
			break
		}
	}
	d.mu.Unlock()
	if g == nil {
		return nil
	}
	n := &output.Terminals{Known: len(g.by)}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, t := range g.by {
		if t.session != nil {
			n.Connected++
		}
	}
	return n
}

// find is the terminal that calls itself so: by its code, or by the address it was made with,
// so that one fresh from the factory can be given its code.
func (d *Door) find(code ebd.ResourceCode, physical string) *terminal {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.code[code]
	if t == nil && physical != "" {
		t = d.physical[physical]
	}
	if t != nil && (t.Physical == "" || t.Physical == physical) {
		return t
	}
	if d.strangers.Tell(string(code)+" "+physical, d.Clock.Now()) {
		d.Log.Warn("alert: an IP terminal comes that no output is set up for", "code", code, "physical", physical)
	}
	return nil
}

// Serve lets terminals in from l, which it closes, until ctx ends.
func (d *Door) Serve(ctx context.Context, l net.Listener) error {
	var all sync.WaitGroup
	defer all.Wait()
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()
	room, greeting := &output.Room{All: maxConns, Each: maxConns}, &output.Room{All: maxGreeting, Each: maxGreeting / 4}
	for {
		conn, err := output.Accept(ctx, l, d.Log)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("alert: no IP terminal can join any more: %w", err)
		}
		leave, ok := room.Enter(conn)
		if !ok {
			_ = conn.Close() // it comes again
			continue
		}
		greeted, ok := greeting.Enter(conn)
		if !ok {
			leave()
			_ = conn.Close()
			continue
		}
		all.Go(func() {
			defer leave()
			d.serve(ctx, conn, greeted)
		})
	}
}
