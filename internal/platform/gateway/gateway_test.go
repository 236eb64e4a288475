package gateway_test

import (
	"fmt"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/gateway"
)

const code = "61101050010000314010401"

// heard is a frame that came up.
type heard struct{ code, frame string }

// door opens a gateway and serves it; whoever knows the password "right" comes in.
func door(t *testing.T) (g *gateway.Gateway, up chan heard) {
	t.Helper()
	g, err := gateway.Open(gateway.Options{Listen: "127.0.0.1:0", Clock: clock.System{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	up = make(chan heard, 100)
	stop, _ := g.Serve(func(_, password, _ string) bool { return password == "right" }, func(code string, frame []byte) bool {
		up <- heard{code, string(frame)}
		return string(frame) != "flood"
	})
	t.Cleanup(stop)
	return g, up
}

// terminal is a client of an independent library that reads its topic into down.
type terminal struct {
	paho.Client
	down chan string
	lost chan error
}

func connect(t *testing.T, address, user, password string) (*terminal, error) {
	t.Helper()
	c := &terminal{down: make(chan string, 100), lost: make(chan error, 1)}
	c.Client = paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + address).SetClientID("any id").SetUsername(user).SetPassword(password).
		SetProtocolVersion(4).SetAutoReconnect(false).SetConnectTimeout(10 * time.Second).SetConnectionLostHandler(func(_ paho.Client, err error) { c.lost <- err }))
	t.Cleanup(func() { c.Disconnect(0) })
	if token := c.Connect(); token.Wait() && token.Error() != nil {
		return nil, token.Error()
	}
	token := c.Subscribe("t/"+user+"/down", 1, func(_ paho.Client, m paho.Message) { c.down <- string(m.Payload()) })
	token.Wait()
	return c, token.Error()
}

func mustConnect(t *testing.T, address string) *terminal {
	t.Helper()
	c, err := connect(t, address, code, "right")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func within[T any](t *testing.T, c <-chan T, what string) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(20 * time.Second):
		t.Fatal(what + " did not come")
	}
	return v
}

func TestFramesGoBothWays(t *testing.T) {
	g, up := door(t)
	c := mustConnect(t, g.Addr())
	for i, qos := range []byte{0, 1} {
		if token := c.Publish("t/"+code+"/up", qos, true, fmt.Sprint("receipt ", i)); token.Wait() && token.Error() != nil {
			t.Fatal(token.Error())
		}
		if got := within(t, up, "the frame"); got != (heard{code, fmt.Sprint("receipt ", i)}) {
			t.Errorf("%+v", got)
		}
	}
	g.Send(code, []byte("order"))
	if got := within(t, c.down, "the order"); got != "order" {
		t.Errorf("%q", got)
	}
	if g.Connections() != 1 {
		t.Errorf("%d connections", g.Connections())
	}
	g.Send("61101050010000314010499", []byte("order")) // whoever is away hears of it when back
}

// A terminal is let in by its password, may read its own topic and write its own, and
// loses its connection when it tries another.
func TestATerminalSpeaksForItselfOnly(t *testing.T) {
	g, up := door(t)
	for user, password := range map[string]string{code: "wrong", "short": "right", "": "right"} {
		if _, err := connect(t, g.Addr(), user, password); err == nil {
			t.Errorf("%q came in with %q", user, password)
		}
	}
	c := mustConnect(t, g.Addr())
	for _, topic := range []string{"t/61101050010000314010402/down", "t/+/down", "#", "$SYS/#"} {
		token := c.Subscribe(topic, 0, nil).(*paho.SubscribeToken)
		if token.Wait(); token.Result()[topic] != 0x80 {
			t.Errorf("%s: %v %v", topic, token.Error(), token.Result())
		}
	}
	for _, topic := range []string{"t/61101050010000314010402/up", "t/" + code + "/down", "news"} {
		c := mustConnect(t, g.Addr())
		c.Publish(topic, 0, false, "forged")
		within(t, c.lost, "the end after publishing to "+topic)
	}
	if len(up) != 0 {
		t.Errorf("heard %+v", <-up)
	}
}

// Terminals that come before anybody hears them are let in once somebody does, and what
// they say first arrives.
func TestATerminalWaitsUntilItIsHeard(t *testing.T) {
	g, err := gateway.Open(gateway.Options{Listen: "127.0.0.1:0", Clock: clock.System{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	type outcome struct {
		c   *terminal
		err error
	}
	came := make(chan outcome, 1)
	go func() {
		c, err := connect(t, g.Addr(), code, "right")
		came <- outcome{c, err}
	}()
	select {
	case o := <-came:
		t.Fatalf("it was judged before anybody could: %v", o.err)
	case <-time.After(100 * time.Millisecond):
	}
	up := make(chan string, 1)
	stop, _ := g.Serve(func(_, password, _ string) bool { return password == "right" }, func(_ string, frame []byte) bool {
		up <- string(frame)
		return true
	})
	defer stop()
	o := within(t, came, "the terminal")
	if o.err != nil {
		t.Fatal(o.err)
	}
	o.c.Publish("t/"+code+"/up", 0, false, "hello")
	if got := within(t, up, "the hello"); got != "hello" {
		t.Errorf("heard %q", got)
	}
}

func TestATerminalThatIsHeardNoMoreIsLetGo(t *testing.T) {
	g, up := door(t)
	c := mustConnect(t, g.Addr())
	c.Publish("t/"+code+"/up", 0, false, "flood")
	within(t, up, "the frame")
	within(t, c.lost, "the end")
}

func TestATakenAddressIsToldAtOnce(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := gateway.Open(gateway.Options{Listen: l.Addr().String()}); err == nil {
		t.Error("two listen at one address")
	}
}

func TestTheSecondConnectionEndsTheFirst(t *testing.T) {
	g, up := door(t)
	first := mustConnect(t, g.Addr())
	second := mustConnect(t, g.Addr())
	within(t, first.lost, "the end of the first")
	second.Publish("t/"+code+"/up", 0, false, "second")
	if got := within(t, up, "the second's frame"); got.frame != "second" || g.Connections() != 1 {
		t.Errorf("%+v, %d connections", got, g.Connections())
	}
}

// A client that does not read is cut off, and holds up nobody.
func TestAClientThatDoesNotReadHoldsUpNobody(t *testing.T) {
	g, _ := door(t)
	conn, err := net.Dial("tcp", g.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	raw := []byte("\x10\x2e\x00\x04MQTT\x04\xc2\x00\x3c\x00\x01x\x00\x17" + code + "\x00\x05right")
	raw[1] = byte(len(raw) - 2)
	topic := "t/" + code + "/down"
	raw = append(raw, 0x82, byte(5+len(topic)), 0, 1, 0, byte(len(topic)))
	raw = append(append(raw, topic...), 0)
	if _, err := conn.Write(raw); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 16)); err != nil {
		t.Fatal(err)
	}
	var sent atomic.Int64
	for deadline := time.Now().Add(20 * time.Second); g.Connections() == 1 && time.Now().Before(deadline); sent.Add(1) {
		g.Send(code, make([]byte, 60<<10))
	}
	if g.Connections() != 0 {
		t.Errorf("still connected after %d frames", sent.Load())
	}
}
