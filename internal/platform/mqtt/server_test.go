package mqtt

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
)

// hold serves conn's other end, and returns it with what tells that it was let go.
func hold(t testing.TB) (ours net.Conn, gone chan struct{}) {
	t.Helper()
	s := NewServer(ServerOptions{Clock: clock.System{}, MaxPacket: 1000,
		Admit:        func(l Login) bool { return l.Password == "p" },
		MaySubscribe: func(user, topic string) bool { return topic == user },
		Receive:      func(user, topic string, _ []byte) bool { return topic == user }})
	ours, theirs := net.Pipe()
	gone = make(chan struct{})
	go func() {
		s.take(theirs)
		s.all.Wait()
		close(gone)
	}()
	t.Cleanup(func() { ours.Close(); s.Close() })
	return ours, gone
}

func hello() []byte {
	return packet(connect, append(str(nil, "MQTT"), 4, 0b1100_0010, 0, 60), str(nil, "id"), str(nil, "u"), str(nil, "p"))
}

func TestAWholeConversation(t *testing.T) {
	c, gone := hold(t)
	expect := func(say, want []byte) {
		t.Helper()
		if _, err := c.Write(say); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(want))
		_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.ReadFull(c, got); err != nil || string(got) != string(want) {
			t.Fatalf("to % x: % x, %v; want % x", say, got, err, want)
		}
	}
	expect(hello(), packet(connack, []byte{0, accepted}))
	expect(packet(pingreq), packet(pingresp))
	expect(packet(subscribe, []byte{0, 7}, str(nil, "u"), []byte{2}, str(nil, "other"), []byte{0}), packet(suback, []byte{0, 7, 0, 0x80}))
	expect(packet(publish|2, str(nil, "u"), []byte{1, 2}, []byte("x")), packet(puback, []byte{1, 2}))
	expect(packet(unsubscribe, []byte{0, 8}, str(nil, "u")), packet(unsuback, []byte{0, 8}))
	if _, err := c.Write(packet(disconnect)); err != nil {
		t.Fatal(err)
	}
	<-gone
}

func TestBadClientsAreLeft(t *testing.T) {
	after := func(b ...byte) []byte { return append(hello(), b...) }
	for name, say := range map[string][]byte{
		"something else":        []byte("GET / HTTP/1.1\r\n\r\n"),
		"not a connect":         packet(pingreq),
		"a long connect":        packet(connect, make([]byte, maxLogin+1)),
		"another protocol":      packet(connect, str(nil, "MQIsdp"), []byte{3, 0, 0, 0}, str(nil, "x")),
		"a cut connect":         packet(connect, str(nil, "MQTT"), []byte{4, 0xC2, 0, 60, 0, 9}),
		"nobody":                packet(connect, str(nil, "MQTT"), []byte{4, 0, 0, 0}, str(nil, "x")),
		"a wrong password":      packet(connect, str(nil, "MQTT"), []byte{4, 0xC2, 0, 0}, str(nil, "x"), str(nil, "u"), str(nil, "?")),
		"a second connect":      append(hello(), hello()...),
		"an endless length":     after(publish, 0xFF, 0xFF, 0xFF, 0xFF, 1),
		"too long a packet":     after(publish, 0xFF, 0x7F),
		"a topic past the end":  after(publish, 2, 0, 9),
		"a publication at QoS2": after(publish|4, 5, 0, 1, 'u', 0, 1),
		"another's topic":       after(packet(publish, str(nil, "v"))...),
		"an empty subscription": after(packet(subscribe, []byte{0, 1})...),
		"a cut subscription":    after(packet(subscribe, []byte{0, 1}, str(nil, "u"))...),
		"a cut unsubscription":  after(packet(unsubscribe, []byte{0, 1, 0})...),
		"a server's packet":     after(packet(connack, []byte{0, 0})...),
		"no packet":             after(0, 0),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, gone := hold(t)
			go func() { _, _ = c.Write(say) }()
			answer := make(chan string, 1)
			go func() { b, _ := io.ReadAll(c); answer <- string(b) }()
			select {
			case <-gone:
			case <-time.After(5 * time.Second):
				t.Fatal("it is still heard")
			}
			if strings.HasPrefix(name, "a wrong") && <-answer != string(packet(connack, []byte{0, refusedPassword})) {
				t.Error("it was not told why")
			}
		})
	}
}

// An unjudged connection does not stay, and neither do more than there is room for.
func TestConnectionsHaveLimits(t *testing.T) {
	s := NewServer(ServerOptions{Clock: clock.System{}, MaxClients: 1, Admit: func(Login) bool { return true }})
	defer s.Close()
	first, theirs := net.Pipe()
	defer first.Close()
	s.take(theirs)
	second, theirs := net.Pipe()
	s.take(theirs)
	_ = second.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := second.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the second was kept: %v", err)
	}
}

// caller is a connection from an address.
type caller struct {
	net.Conn
	from string
}

func (c caller) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.ParseIP(c.from), Port: 1000} }

// However many connections one address opens and says nothing on, there is room for others.
func TestOneAddressDoesNotKeepOthersOut(t *testing.T) {
	s := NewServer(ServerOptions{Clock: clock.System{}, Admit: func(Login) bool { return true }})
	t.Cleanup(s.Close)
	// call connects from an address and reports whether it is let go at once.
	call := func(from string) (c net.Conn, turnedAway bool) {
		ours, theirs := net.Pipe()
		t.Cleanup(func() { ours.Close() })
		s.take(caller{theirs, from})
		_, err := ours.Write([]byte{connect})
		return ours, err != nil
	}
	kept := 0
	for range maxJudged {
		if _, away := call("192.0.2.1"); !away {
			kept++
		}
	}
	if kept != maxJudged/2 {
		t.Errorf("%d of one address wait, want %d", kept, maxJudged/2)
	}
	kept = 0
	for i := range 2 * fairJudged { // one household's network
		if _, away := call(fmt.Sprintf("2001:db8::%x", i)); !away {
			kept++
		}
	}
	if kept != fairJudged {
		t.Errorf("%d of one network wait, want %d", kept, fairJudged)
	}
	c, away := call("192.0.2.2")
	if away {
		t.Fatal("another address is kept out")
	}
	if _, err := c.Write(hello()[1:]); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, 4)); err != nil {
		t.Errorf("another address is not judged: %v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.judging != maxJudged/2+fairJudged || len(s.unjudged) != 2 {
		t.Errorf("%d wait of %d addresses after one was judged", s.judging, len(s.unjudged))
	}
}

// Where few connections may be open in all, few of them may wait to be judged.
func TestFewConnectionsLeaveRoomForThoseAdmitted(t *testing.T) {
	s := NewServer(ServerOptions{Clock: clock.System{}, MaxClients: 40, Admit: func(Login) bool { return true }})
	t.Cleanup(s.Close)
	kept := 0
	for range 100 {
		ours, theirs := net.Pipe()
		t.Cleanup(func() { ours.Close() })
		s.take(caller{theirs, "192.0.2.1"})
		if _, err := ours.Write([]byte{connect}); err == nil {
			kept++
		}
	}
	if kept != 10 {
		t.Errorf("%d of one address wait of 40 in all", kept)
	}
}

func FuzzServer(f *testing.F) {
	f.Add([]byte{}, hello())
	f.Add(hello(), packet(subscribe, []byte{0, 7}, str(nil, "u"), []byte{2}))
	f.Add(hello(), packet(publish|2, str(nil, "u"), []byte{1, 2}, []byte("x")))
	f.Fuzz(func(t *testing.T, first, then []byte) {
		c, gone := hold(t)
		go func() { _, _ = io.Copy(io.Discard, c) }()
		_, _ = c.Write(append(first, then...))
		c.Close()
		<-gone
	})
}
