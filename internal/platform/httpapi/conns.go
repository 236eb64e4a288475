package httpapi

import (
	"container/list"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
)

// Connections counts those to the web and keeps them within its limits: every one takes a
// descriptor, and terminals need theirs. Where a limit is reached one that is idle makes
// room: of the same address, or else of who holds the most, or else the one that has been
// idle longest. Where none is idle, whoever has the most requests that are not answered yet
// loses the oldest of them to who still holds fewer connections with the new one: bodies that
// never end keep nobody out, and what is being answered, such as a stream of events, goes on.
// Else whoever comes is refused.
type Connections struct {
	limit   int            // in all
	each    int            // of one address; IPv6 by its /64, which one household holds
	trusted []netip.Prefix // proxies, behind which many people are
	clock   clock.Clock
	log     *slog.Logger
	refused func(why string)

	mu   sync.Mutex
	open int
	by   map[netip.Addr]*holder
	told bool // that the limit was reached, until half of it is free
}

// holder is a party with its connections, those in a list the longest first.
type holder struct {
	open   int
	idle   list.List // at which nothing is asked or answered
	asking list.List // at which the answer has not begun: the request may still be arriving
}

// Why a connection is refused.
const (
	OverAll     = "all"
	OverAddress = "address"
)

// longEnough is how long a connection must have been idle, or asking, to make room: one that
// was just opened is about to ask, and most are answered at once.
const longEnough = 2 * time.Second

// leastAnswer is how many bytes are the beginning of an answer: what urges the asker to go on
// ("100 Continue", a frame of HTTP/2) is fewer, the head of any answer here is more.
const leastAnswer = 200

// NewConnections makes a count; refused is told of every connection that is refused.
func NewConnections(limit, each int, trusted []netip.Prefix, clk clock.Clock, log *slog.Logger, refused func(why string)) *Connections {
	return &Connections{limit: limit, each: each, trusted: trusted, clock: clk, log: log, refused: refused,
		by: map[netip.Addr]*holder{}}
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
	switch s {
	case http.StateIdle:
		c.put(v, &v.holder.idle)
	case http.StateActive:
		v.said.Store(0)
		c.put(v, &v.holder.asking)
	case http.StateHijacked:
		c.put(v, nil)
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
	if h := c.by[v.from]; v.from.IsValid() && h != nil && h.open >= c.each && !c.makeRoom(&h.idle) {
		return OverAddress
	}
	if c.open >= c.limit && !c.makeRoom(c.idleOfMost()) && !c.makeRoom(c.longestIdle()) && !c.makeRoom(c.mostAsking(v.from)) {
		if !c.told {
			c.told = true
			c.log.Warn("web connections are refused: as many are open as may be", "open", c.open)
		}
		return OverAll
	}
	if c.by[v.from] == nil {
		c.by[v.from] = new(holder)
	}
	c.open++
	v.holder = c.by[v.from]
	v.holder.open++
	c.put(v, &v.holder.idle)
	return ""
}

// idleOfMost are the idle ones of who holds the most; nil where nobody holds any.
func (c *Connections) idleOfMost() *list.List {
	var most *holder
	for _, h := range c.by {
		if most == nil || h.open > most.open {
			most = h
		}
	}
	if most == nil {
		return nil
	}
	return &most.idle
}

// longestIdle are the idle ones of who has the one that has been idle longest.
func (c *Connections) longestIdle() (found *list.List) {
	for _, h := range c.by {
		if h.idle.Len() > 0 && (found == nil || since(&h.idle).Before(since(found))) {
			found = &h.idle
		}
	}
	return found
}

// mostAsking are those that ask of who has the most of them, of several the one that has asked
// longest, where that is more than the newcomer would hold: they would take it from each other
// for ever else. Nobody in particular holds nothing.
func (c *Connections) mostAsking(newcomer netip.Addr) (found *list.List) {
	for from, h := range c.by {
		if n := h.asking.Len(); from.IsValid() && n > 0 && (found == nil || n > found.Len() || n == found.Len() && since(&h.asking).Before(since(found))) {
			found = &h.asking
		}
	}
	held := 0
	if h := c.by[newcomer]; h != nil && newcomer.IsValid() {
		held = h.open
	}
	if found == nil || held+1 >= found.Len() {
		return nil
	}
	return found
}

// since is when the first of a list came into it.
func since(l *list.List) time.Time { return l.Front().Value.(*visitor).since }

// makeRoom ends the first of a list if it has been there for long enough.
func (c *Connections) makeRoom(l *list.List) bool {
	if l == nil || l.Len() == 0 || c.clock.Now().Sub(since(l)) < longEnough {
		return false
	}
	v := l.Front().Value.(*visitor)
	c.leave(v)
	_ = v.Conn.Close()
	return true
}

// put has a connection in this list of its holder's from now on, or in none.
func (c *Connections) put(v *visitor, l *list.List) {
	if v.gone { // as the server may say of one that was just ended
		l = nil
	}
	if v.in != nil {
		v.in.Remove(v.place)
	}
	if v.in = l; l != nil {
		v.since, v.place = c.clock.Now(), l.PushBack(v)
	}
}

// leave is called with the lock held.
func (c *Connections) leave(v *visitor) {
	if v.gone { // once, however often it is closed
		return
	}
	v.gone = true
	c.put(v, nil)
	if v.holder.open--; v.holder.open == 0 {
		delete(c.by, v.from)
	}
	if c.open--; c.open <= c.limit/2 {
		c.told = false
	}
}

// visitor is a connection that is counted.
type visitor struct {
	net.Conn
	count  *Connections
	from   netip.Addr
	holder *holder
	in     *list.List // of the holder's; nil while it is answered
	place  *list.Element
	since  time.Time // when it came into that list
	gone   bool
	said   atomic.Int64 // bytes since it asked last
}

func (v *visitor) Write(b []byte) (int, error) {
	if was := v.said.Add(int64(len(b))) - int64(len(b)); was < leastAnswer && was+int64(len(b)) >= leastAnswer {
		v.count.mu.Lock()
		if v.in == &v.holder.asking {
			v.count.put(v, nil)
		}
		v.count.mu.Unlock()
	}
	return v.Conn.Write(b)
}

func (v *visitor) Close() error {
	v.count.mu.Lock()
	v.count.leave(v)
	v.count.mu.Unlock()
	return v.Conn.Close()
}
