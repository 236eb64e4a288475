package httpapi

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
)

// arrivals is a listener at which connections from given addresses arrive, then nothing.
type arrivals struct {
	net.Listener
	from []string
}

func (a *arrivals) Accept() (net.Conn, error) {
	if len(a.from) == 0 {
		return nil, net.ErrClosed
	}
	from := netip.MustParseAddrPort(a.from[0])
	a.from = a.from[1:]
	ours, _ := net.Pipe()
	return &arrival{Conn: ours, from: net.TCPAddrFromAddrPort(from)}, nil
}

type arrival struct {
	net.Conn
	from net.Addr
	shut bool
}

func (a *arrival) Close() error { a.shut = true; return a.Conn.Close() }

func (a *arrival) RemoteAddr() net.Addr { return a.from }

func TestConnectionsAreLimited(t *testing.T) {
	var said bytes.Buffer
	refused := map[string]int{}
	clk := clock.NewManual(time.Date(2026, 7, 21, 2, 0, 0, 0, time.UTC))
	c := NewConnections(10, 3, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, clk, slog.New(slog.NewTextHandler(&said, nil)),
		func(why string) { refused[why]++ })
	// arrive lets so many connections come from an address and returns those let in.
	arrive := func(from string, count int) (in []net.Conn) {
		a := &arrivals{}
		for i := range count {
			a.from = append(a.from, fmt.Sprintf(from, i+1))
		}
		for l := c.Listener(a); ; {
			conn, err := l.Accept()
			if err != nil {
				return in
			}
			in = append(in, conn)
		}
	}
	leave := func(all []net.Conn) {
		for _, conn := range all {
			conn.Close()
			conn.Close() // once counts
		}
	}
	one := arrive("192.0.2.1:%d", 5)
	if len(one) != 3 || refused[OverAddress] != 2 {
		t.Errorf("%d of one address were let in, refused %v", len(one), refused)
	}
	house := arrive("[2001:db8::%d]:443", 5)
	if len(house) != 3 || refused[OverAddress] != 4 {
		t.Errorf("%d of one household were let in, refused %v", len(house), refused)
	}
	if refused[OverAll] != 0 || said.Len() > 0 {
		t.Errorf("refused %v, said %q", refused, said.String())
	}
	leave(one)
	proxy := arrive("10.0.0.9:%d", 9) // 3 of the household are there
	if len(proxy) != 7 || refused[OverAll] != 2 {
		t.Errorf("%d through a trusted proxy were let in, refused %v", len(proxy), refused)
	}
	if arrive("192.0.2.%d:1", 4); refused[OverAll] != 6 || strings.Count(said.String(), "are refused") != 1 {
		t.Errorf("refused %v, said %q", refused, said.String())
	}
	leave(proxy)
	leave(house)
	if c.Open() != 0 || len(c.by) != 0 {
		t.Errorf("%d are still counted, %v", c.Open(), c.by)
	}
	local := arrive("127.0.0.1:%d", 12)
	if len(local) != 10 || strings.Count(said.String(), "are refused") != 2 {
		t.Errorf("%d of this machine were let in, said %q", len(local), said.String())
	}
}

// Where a limit is reached the connection that has been idle longest makes room, of the
// same address or else of who holds the most, or else of anybody.
func TestIdleConnectionsMakeRoom(t *testing.T) {
	clk := clock.NewManual(time.Date(2026, 7, 21, 2, 0, 0, 0, time.UTC))
	c := NewConnections(6, 3, nil, clk, slog.New(slog.DiscardHandler), func(string) {})
	come := func(from string) net.Conn {
		conn, err := c.Listener(&arrivals{from: []string{from}}).Accept()
		if err != nil {
			return nil
		}
		return conn
	}
	closed := func(conn net.Conn) bool { return conn.(*visitor).Conn.(*arrival).shut }
	one, two, three := come("192.0.2.1:1"), come("192.0.2.1:2"), come("192.0.2.1:3")
	for _, conn := range []net.Conn{one, two, three} {
		c.State(conn, http.StateActive)
	}
	clk.Advance(time.Minute)
	if come("192.0.2.1:4") != nil {
		t.Error("one that is at work made room")
	}
	c.State(two, http.StateIdle)
	if come("192.0.2.1:4") != nil {
		t.Error("one that was idle for no time made room")
	}
	clk.Advance(idleEnough)
	c.State(three, http.StateIdle)
	four := come("192.0.2.1:4")
	if four == nil || !closed(two) || closed(one) || closed(three) {
		t.Errorf("the longest idle did not make room for %v", four)
	}
	c.State(four, http.StateActive)
	for i := range 3 {
		if come(fmt.Sprintf("192.0.2.%d:1", i+2)) == nil {
			t.Fatal("there was room")
		}
	}
	clk.Advance(idleEnough)
	if come("192.0.2.9:1") == nil || !closed(three) {
		t.Error("who holds the most did not make room")
	}
	if c.Open() != 6 {
		t.Errorf("%d are open", c.Open())
	}
	_ = three.Close() // the server closes it as well
	if c.Open() != 6 {
		t.Errorf("%d are open after one left twice", c.Open())
	}
}

// Who holds the most is not the only one who can make room.
func TestAnybodysIdleConnectionMakesRoom(t *testing.T) {
	clk := clock.NewManual(time.Date(2026, 7, 21, 2, 0, 0, 0, time.UTC))
	c := NewConnections(5, 3, nil, clk, slog.New(slog.DiscardHandler), func(string) {})
	come := func(from string, state http.ConnState) *visitor {
		conn, err := c.Listener(&arrivals{from: []string{from}}).Accept()
		if err != nil {
			return nil
		}
		c.State(conn, state)
		return conn.(*visitor)
	}
	for i := range 3 {
		come(fmt.Sprintf("192.0.2.1:%d", i+1), http.StateActive)
	}
	early, late := come("192.0.2.2:1", http.StateIdle), come("192.0.2.3:1", http.StateIdle)
	c.State(early, http.StateActive)
	clk.Advance(time.Minute)
	c.State(early, http.StateIdle)
	shut := func(v *visitor) bool { return v.Conn.(*arrival).shut }
	if come("192.0.2.4:1", http.StateActive) == nil || !shut(late) || shut(early) {
		t.Error("the one that has been idle longest did not make room")
	}
	if come("192.0.2.5:1", http.StateActive) != nil {
		t.Error("one that was idle for no time made room")
	}
	clk.Advance(idleEnough)
	c.State(late, http.StateIdle) // as the server may say of one that was just ended
	if come("192.0.2.5:1", http.StateActive) == nil || !shut(early) {
		t.Error("the other one did not make room")
	}
	if come("192.0.2.6:1", http.StateActive) != nil || c.Open() != 5 {
		t.Errorf("one that is at work made room; %d are open", c.Open())
	}
}
