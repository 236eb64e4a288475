package httpapi

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
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
	return &arrival{ours, net.TCPAddrFromAddrPort(from)}, nil
}

type arrival struct {
	net.Conn
	from net.Addr
}

func (a *arrival) RemoteAddr() net.Addr { return a.from }

func TestConnectionsAreLimited(t *testing.T) {
	var said bytes.Buffer
	refused := map[string]int{}
	c := NewConnections(10, 3, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, slog.New(slog.NewTextHandler(&said, nil)),
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
