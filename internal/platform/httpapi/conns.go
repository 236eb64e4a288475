package httpapi

import (
	"container/list"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
)

// Connections counts those to the web and keeps them within its limits: every one takes a
// descriptor, and terminals need theirs. Where a limit is reached one that is idle makes
// room: of the same address, or else of who holds the most, or else the one that has been
// idle longest. Where none is idle, whoever comes is refused.
type Connections struct {
	limit   int            // in all
	each    int            // of one address; IPv6 by its /64, which one household holds
	trusted []netip.Prefix // proxies, behind which many people are
	clock   clock.Clock
	log     *slog.Logger
	refused func(why string)

	mu   sync.Mutex
	open int
	by   map[netip.Addr]map[*visitor]bool
	idle *list.List // the visitors that are idle, the longest first
	told bool       // that the limit was reached, until half of it is free
}

// Why a connection is refused.
const (
	OverAll     = "all"
	OverAddress = "address"
)

// idleEnough is how long a connection must have been idle to make room: one that was just
// opened is about to ask.
const idleEnough = 2 * time.Second

// NewConnections makes a count; refused is told of every connection that is refused.
func NewConnections(limit, each int, trusted []netip.Prefix, clk clock.Clock, log *slog.Logger, refused func(why string)) *Connections {
	return &Connections{limit: limit, each: each, trusted: trusted, clock: clk, log: log, refused: refused,
		by: map[netip.Addr]map[*visitor]bool{}, idle: list.New()}
}

// Open is how many there are.
func (c *Connections) Open() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open
}

// Listener accepts what is within the limits.
func (c *Connections) Listener(l net.Listener) net.Listener { return &doorkeeper{l, c} }

// State is the server's http.Server.ConnState.
func (c *Connections) State(conn net.Conn, s http.ConnState) {
	if t, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = t.NetConn()
	}
	v, ok := conn.(*visitor)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by[v.from][v] {
		c.rest(v, s == http.StateIdle)
	}
}

type doorkeeper struct {
	net.Listener
	count *Connections
}

// Accept implements net.Listener. It goes on at once with the next: a door that waited for
// somebody to leave would be shut by whoever stays.
func (d *doorkeeper) Accept() (net.Conn, error) {
	for {
		conn, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		v := &visitor{Conn: conn, count: d.count, from: d.count.key(conn.RemoteAddr())}
		if why := d.count.enter(v); why != "" {
			_ = conn.Close()
			d.count.refused(why)
			continue
		}
		return v, nil
	}
}

// key is whom a connection counts for; the zero address is nobody in particular. What
// comes from this machine comes for others, or has no need of tricks.
func (c *Connections) key(a net.Addr) netip.Addr {
	at, ok := address(a.String())
	if !ok || at.IsLoopback() || slices.ContainsFunc(c.trusted, func(p netip.Prefix) bool { return p.Contains(at) }) {
		return netip.Addr{}
	}
	return household(at)
}

// household is an address as one party holds it: IPv6 by its /64.
func household(at netip.Addr) netip.Addr {
	if at.Is6() {
		return netip.PrefixFrom(at, 64).Masked().Addr()
	}
	return at
}

func (c *Connections) enter(v *visitor) (why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v.from.IsValid() && len(c.by[v.from]) >= c.each && !c.makeRoom(c.longest(v.from)) {
		return OverAddress
	}
	if c.open >= c.limit && !c.makeRoom(c.longest(c.largest())) && !c.makeRoom(c.longestOfAll()) {
		if !c.told {
			c.told = true
			c.log.Warn("web connections are refused: as many are open as may be", "open", c.open)
		}
		return OverAll
	}
	c.open++
	if c.by[v.from] == nil {
		c.by[v.from] = map[*visitor]bool{}
	}
	c.by[v.from][v] = true
	c.rest(v, true)
	return ""
}

// largest is who holds the most connections.
func (c *Connections) largest() (holder netip.Addr) {
	for from, held := range c.by {
		if len(held) > len(c.by[holder]) {
			holder = from
		}
	}
	return holder
}

// longest is the connection of a holder that has been idle longest; nil where none is.
func (c *Connections) longest(holder netip.Addr) (found *visitor) {
	for v := range c.by[holder] {
		if v.place != nil && (found == nil || v.since.Before(found.since)) {
			found = v
		}
	}
	return found
}

func (c *Connections) longestOfAll() *visitor {
	if first := c.idle.Front(); first != nil {
		return first.Value.(*visitor)
	}
	return nil
}

// makeRoom ends a connection that has been idle for long enough.
func (c *Connections) makeRoom(v *visitor) bool {
	if v == nil || c.clock.Now().Sub(v.since) < idleEnough {
		return false
	}
	c.leave(v)
	_ = v.Conn.Close()
	return true
}

// rest notes that a connection is idle from now on, or that it is not.
func (c *Connections) rest(v *visitor, idle bool) {
	if v.place != nil {
		c.idle.Remove(v.place)
		v.place = nil
	}
	if idle {
		v.since, v.place = c.clock.Now(), c.idle.PushBack(v)
	}
}

// leave is called with the lock held.
func (c *Connections) leave(v *visitor) {
	if !c.by[v.from][v] { // once, however often it is closed
		return
	}
	c.rest(v, false)
	if delete(c.by[v.from], v); len(c.by[v.from]) == 0 {
		delete(c.by, v.from)
	}
	if c.open--; c.open <= c.limit/2 {
		c.told = false
	}
}

// visitor is a connection that is counted.
type visitor struct {
	net.Conn
	count *Connections
	from  netip.Addr
	place *list.Element // among those that are idle, at which nothing is asked or answered
	since time.Time     // when it became idle
}

func (v *visitor) Close() error {
	v.count.mu.Lock()
	v.count.leave(v)
	v.count.mu.Unlock()
	return v.Conn.Close()
}
