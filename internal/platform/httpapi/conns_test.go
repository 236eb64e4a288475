package httpapi

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
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
	shut atomic.Bool
}

func (a *arrival) Close() error { a.shut.Store(true); return a.Conn.Close() }

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
	closed := func(conn net.Conn) bool { return conn.(*visitor).Conn.(*arrival).shut.Load() }
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
	clk.Advance(longEnough)
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
	clk.Advance(longEnough)
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
		come(fmt.Sprintf("192.0.2.1:%d", i+1), http.StateHijacked) // not to be ended
	}
	early, late := come("192.0.2.2:1", http.StateIdle), come("192.0.2.3:1", http.StateIdle)
	c.State(early, http.StateActive)
	clk.Advance(time.Minute)
	c.State(early, http.StateIdle)
	shut := func(v *visitor) bool { return v.Conn.(*arrival).shut.Load() }
	if come("192.0.2.4:1", http.StateHijacked) == nil || !shut(late) || shut(early) {
		t.Error("the one that has been idle longest did not make room")
	}
	if come("192.0.2.5:1", http.StateHijacked) != nil {
		t.Error("one that was idle for no time made room")
	}
	clk.Advance(longEnough)
	c.State(late, http.StateIdle) // as the server may say of one that was just ended
	if come("192.0.2.5:1", http.StateHijacked) == nil || !shut(early) {
		t.Error("the other one did not make room")
	}
	if come("192.0.2.6:1", http.StateActive) != nil || c.Open() != 5 {
		t.Errorf("one that is at work made room; %d are open", c.Open())
	}
}

// newWeb serves on this machine, with a limit of ten, whoever comes from 127.0.0.x as 192.0.2.x:
// /hold takes a body and /stream answers without end.
func newWeb(t *testing.T, clk clock.Clock) (count *Connections, address string) {
	t.Helper()
	inner, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	count = NewConnections(10, 6, nil, clk, slog.New(slog.DiscardHandler), func(string) {})
	s := &http.Server{ConnState: count.State, ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hold" {
			_, _ = io.Copy(io.Discard, r.Body)
			return
		}
		w.Header().Set("Link", strings.Repeat("x", leastAnswer)) // as everything here has a head of that length
		_, _ = io.WriteString(w, "there\n")
		if r.URL.Path == "/stream" {
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}
	})}
	go func() { _ = s.Serve(count.Listener(abroad{inner})) }()
	t.Cleanup(func() { _ = s.Close() })
	return count, inner.Addr().String()
}

// abroad has connections from 127.0.0.x come from 192.0.2.x.
type abroad struct{ net.Listener }

func (a abroad) Accept() (net.Conn, error) {
	conn, err := a.Listener.Accept()
	if err != nil {
		return nil, err
	}
	from := *conn.RemoteAddr().(*net.TCPAddr)
	from.IP = net.IPv4(192, 0, 2, from.IP.To4()[3])
	return &arrival{Conn: conn, from: &from}, nil
}

// Bodies that never end keep nobody out who holds fewer connections, and end no stream.
func TestSlowBodiesMakeRoom(t *testing.T) {
	clk := clock.NewManual(time.Date(2026, 7, 21, 2, 0, 0, 0, time.UTC))
	count, address := newWeb(t, clk)
	ask := func(from byte, head string) net.Conn {
		conn, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, from)}}).Dial("tcp4", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.WriteString(conn, head+"Host: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		return conn
	}
	answered := func(conn net.Conn) bool {
		got, err := http.ReadResponse(bufio.NewReader(conn), nil)
		return err == nil && got.StatusCode == http.StatusOK
	}
	asking := func(want int) {
		t.Helper()
		for range 1000 {
			n := 0
			count.mu.Lock()
			for _, h := range count.by {
				n += h.asking.Len()
			}
			count.mu.Unlock()
			if n == want {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
		t.Fatalf("there were never %d that ask", want)
	}
	stream := bufio.NewReader(ask(2, "GET /stream HTTP/1.1\r\n"))
	if _, err := http.ReadResponse(stream, nil); err != nil {
		t.Fatal(err)
	}
	const slow = "POST /hold HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1000\r\n"
	var bodies []net.Conn
	for range 6 {
		bodies = append(bodies, ask(3, slow))
		asking(len(bodies))
		clk.Advance(time.Second)
	}
	for range 3 {
		ask(4, slow)
	}
	asking(9)
	clk.Advance(longEnough)
	if !answered(ask(4, "GET / HTTP/1.1\r\n")) {
		t.Error("who holds three was kept out by who has six bodies")
	}
	asking(8)
	if _, err := io.Copy(io.Discard, bodies[0]); err != nil {
		t.Errorf("the oldest body of who had the most did not make room: %v", err)
	}
	if answered(ask(4, "GET / HTTP/1.1\r\n")) {
		t.Error("who would hold as many got in")
	}
	if !answered(ask(5, "GET / HTTP/1.1\r\n")) {
		t.Error("a newcomer was kept out")
	}
	count.mu.Lock()
	streams := count.by[netip.MustParseAddr("192.0.2.2")]
	count.mu.Unlock()
	if streams == nil || streams.open != 1 {
		t.Error("the stream made room")
	}
}
