package output

import (
	"net"
	"strconv"
	"testing"
	"time"
)

func connected(t *testing.T, l net.Listener, from string) net.Conn {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	far, err := dialer.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	near, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { far.Close(); near.Close() })
	return near
}

func TestOneAddressLeavesPlacesForOthers(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r := &Room{All: 3, Each: 2}
	var leave []func()
	enter := func(from string) bool {
		out, ok := r.Enter(connected(t, l, from))
		if ok {
			leave = append(leave, out)
		}
		return ok
	}
	if !enter("127.0.0.1") || !enter("127.0.0.1") || enter("127.0.0.1") {
		t.Error("one address takes more or less than its share")
	}
	if !enter("127.0.0.2") || enter("127.0.0.3") {
		t.Error("another takes what is left, and no more")
	}
	for _, out := range leave {
		out()
	}
	if r.used != 0 || len(r.by) != 0 || !enter("127.0.0.3") {
		t.Errorf("%d places are taken by nobody: %v", r.used, r.by)
	}
}

func TestMadeUpNamesDoNotFillTheLog(t *testing.T) {
	var s Strangers
	now, told := time.Unix(1784610816, 0), 0
	for i := range 10_000 {
		if s.Tell(strconv.Itoa(i%5000), now.Add(time.Duration(i)*time.Millisecond)) {
			told++
		}
	}
	if told != maxStrangers {
		t.Errorf("%d were told of", told)
	}
	if !s.Tell("new", now.Add(forgetAfter)) {
		t.Error("a later one is not told of")
	}
}
