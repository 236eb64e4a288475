package tsout

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/mpegts"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
)

// numbered writes datagrams that tell their number, and ends after most.
func numbered(most int) func([]byte) int {
	n := 0
	return func(b []byte) int {
		if n == most {
			return 0
		}
		for i := range b {
			b[i] = byte(n)
		}
		n++
		return len(b)
	}
}

func TestSendsToAddressAndGroup(t *testing.T) {
	loopback := ""
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		if i.Flags&net.FlagLoopback != 0 {
			loopback = i.Name
		}
	}
	listen := func(addr string) *net.UDPConn {
		a, err := net.ResolveUDPAddr("udp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if !a.IP.IsMulticast() {
			c, err := net.ListenUDP("udp", a)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		i, err := net.InterfaceByName(loopback)
		if err != nil {
			t.Fatal(err)
		}
		c, err := net.ListenMulticastUDP("udp4", i, a)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for _, addr := range []string{"127.0.0.1:0", "239.255.12.34:0"} {
		c := listen(addr)
		_, port, _ := net.SplitHostPort(c.LocalAddr().String())
		host, _, _ := net.SplitHostPort(addr)
		w, err := Open("udp://" + net.JoinHostPort(host, port) + "?ttl=0&interface=" + loopback)
		if err != nil {
			t.Fatal(err)
		}
		const count = 50
		r, err := Pace(t.Context(), clock.System{}, w, 100_000_000, numbered(count))
		if err != nil || r.Datagrams != count || r.Lost != 0 {
			t.Errorf("%s: %+v, %v", addr, r, err)
		}
		buf := make([]byte, 2000)
		for i := range count {
			_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
			n, err := c.Read(buf)
			if err != nil || n != Datagram || buf[0] != byte(i) || buf[n-1] != byte(i) {
				t.Fatalf("%s: datagram %d: %d bytes, %v", addr, i, n, err)
			}
		}
		w.Close()
		c.Close()
	}
}

// What is due is told by the clock alone, to the bit.
func TestScheduleIsExact(t *testing.T) {
	const rate = 38_014_706 // of 64 QAM in 8 MHz
	for n := int64(0); n < 1e9; n += 9_999_991 {
		want := float64(n) * Datagram * 8 / rate
		if got := at(n, rate).Seconds(); got < want-1e-6 || got > want+1e-6 {
			t.Fatalf("datagram %d at %v s, not %v", n, got, want)
		}
	}
}

// A process that stood still for long goes on in step instead of pouring out a flood.
func TestBeginsAnewWhenFarBehind(t *testing.T) {
	clk := clock.NewManual(time.Unix(0, 0))
	n := 0
	r, err := Pace(t.Context(), clk, new(bytes.Buffer), mpegts.MaxRate, func(b []byte) int {
		if n++; n == 5 {
			clk.Advance(10 * time.Second)
		}
		clk.Advance(at(1, mpegts.MaxRate) + time.Microsecond)
		if n == 20 {
			return 0
		}
		return len(b)
	})
	if err != nil || r.Restarts != 1 || r.Datagrams != 19 || r.LateMost > time.Millisecond || r.LateShare(0.99) > r.LateMost || r.LateMean() > r.LateMost {
		t.Errorf("%+v, %v", r, err)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no room") }

func TestEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	r, err := Pace(ctx, clock.System{}, new(bytes.Buffer), 50_000_000, func(b []byte) int {
		if n++; n == 3 {
			cancel()
		}
		return len(b)
	})
	if err != nil || r.Datagrams != 3 {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := Pace(t.Context(), clock.System{}, full{}, 1_000_000, numbered(2)); err == nil {
		t.Error("a file that is full is no error")
	}
	if _, err := Pace(t.Context(), clock.System{}, full{}, 0, numbered(2)); err == nil {
		t.Error("a rate of 0")
	}
	// Nobody listens there: datagrams are lost, and that is all.
	probe, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	addr := probe.LocalAddr().String()
	probe.Close()
	w, err := Open("udp://" + addr)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if r, err := Pace(t.Context(), clock.System{}, w, 100_000_000, numbered(20)); err != nil || r.Datagrams != 20 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestOpenFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.ts")
	w, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Pace(t.Context(), clock.System{}, w, 100_000_000, numbered(3)); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if b, err := os.ReadFile(path); err != nil || len(b) != 3*Datagram {
		t.Error(len(b), err)
	}
	for _, bad := range []string{"udp://", "udp://127.0.0.1", "udp://:1", "udp://239.1.1.1:1?ttl=300", "udp://239.1.1.1:1?interface=none", "udp://127.0.0.1:0"} {
		if _, err := Open(bad); err == nil || !strings.Contains(err.Error(), "tsout") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
