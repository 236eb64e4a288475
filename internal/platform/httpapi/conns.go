package httpapi

import (
	"io"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
)

// Connections counts those to the web and refuses what is over its limits: every one
// takes a descriptor, and terminals need theirs.
type Connections struct {
	limit   int            // in all
	each    int            // of one address; IPv6 by its /64, which one household holds
	trusted []netip.Prefix // proxies, behind which many people are
	log     *slog.Logger
	refused func(why string)

	mu   sync.Mutex
	open int
	by   map[netip.Addr]int
	told bool // that the limit was reached, until half of it is free
}

// Why a connection is refused.
const (
	OverAll     = "all"
	OverAddress = "address"
)

// NewConnections makes a count; refused is told of every connection that is refused.
func NewConnections(limit, each int, trusted []netip.Prefix, log *slog.Logger, refused func(why string)) *Connections {
	return &Connections{limit: limit, each: each, trusted: trusted, log: log, refused: refused, by: map[netip.Addr]int{}}
}

// Open is how many there are.
func (c *Connections) Open() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open
}

// Listener accepts what is within the limits.
func (c *Connections) Listener(l net.Listener) net.Listener { return &doorkeeper{l, c} }

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
		from := d.count.key(conn.RemoteAddr())
		if why := d.count.enter(from); why != "" {
			_ = conn.Close()
			d.count.refused(why)
			continue
		}
		return &visitor{Conn: conn, leave: sync.OnceFunc(func() { d.count.leave(from) })}, nil
	}
}

// key is whom a connection counts for; the zero address is nobody in particular. What
// comes from this machine comes for others, or has no need of tricks.
func (c *Connections) key(a net.Addr) netip.Addr {
	at, ok := address(a.String())
	if !ok || at.IsLoopback() || slices.ContainsFunc(c.trusted, func(p netip.Prefix) bool { return p.Contains(at) }) {
		return netip.Addr{}
	}
	if at.Is6() {
		return netip.PrefixFrom(at, 64).Masked().Addr()
	}
	return at
}

func (c *Connections) enter(from netip.Addr) (why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.open >= c.limit:
		if !c.told {
			c.told = true
			c.log.Warn("web connections are refused: as many are open as may be", "open", c.open)
		}
		return OverAll
	case from.IsValid() && c.by[from] >= c.each:
		return OverAddress
	}
	c.open++
	if from.IsValid() {
		c.by[from]++
	}
	return ""
}

func (c *Connections) leave(from netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open--; c.open <= c.limit/2 {
		c.told = false
	}
	if !from.IsValid() {
		return
	}
	if c.by[from]--; c.by[from] == 0 {
		delete(c.by, from)
	}
}

// visitor leaves once, however often it is closed.
type visitor struct {
	net.Conn
	leave func()
}

func (v *visitor) Close() error {
	v.leave()
	return v.Conn.Close()
}

// ReadFrom keeps the system's way of sending a file without reading it.
func (v *visitor) ReadFrom(r io.Reader) (int64, error) { return io.Copy(v.Conn, r) }
