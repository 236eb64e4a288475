package gateway_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/coder/websocket"
)

// throughWeb serves a gateway's door in the web; its address is "ws://…".
func throughWeb(t *testing.T) (address string, up chan heard, send func(string)) {
	t.Helper()
	g, up := door(t)
	s := httptest.NewServer(g)
	t.Cleanup(s.Close)
	return "ws" + strings.TrimPrefix(s.URL, "http"), up, func(frame string) { g.Send(code, []byte(frame)) }
}

// A client of an independent library speaks through a WebSocket as through a connection.
func TestFramesGoBothWaysThroughTheWeb(t *testing.T) {
	address, up, send := throughWeb(t)
	join := func(password string) (*terminal, error) {
		c := &terminal{down: make(chan string, 100), lost: make(chan error, 1)}
		c.Client = paho.NewClient(paho.NewClientOptions().AddBroker(address).SetClientID("screen").SetUsername(code).SetPassword(password).
			SetProtocolVersion(4).SetAutoReconnect(false).SetConnectionLostHandler(func(_ paho.Client, err error) { c.lost <- err }))
		t.Cleanup(func() { c.Disconnect(0) })
		if token := c.Connect(); token.Wait() && token.Error() != nil {
			return nil, token.Error()
		}
		token := c.Subscribe("t/"+code+"/down", 0, func(_ paho.Client, m paho.Message) { c.down <- string(m.Payload()) })
		token.Wait()
		return c, token.Error()
	}
	if _, err := join("wrong"); err == nil {
		t.Error("a stranger came in")
	}
	first, err := join("right")
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("o", 64<<10)
	for _, frame := range []string{"order", long} {
		send(frame)
		if got := within(t, first.down, "the order"); got != frame {
			t.Errorf("%d bytes came of %d", len(got), len(frame))
		}
	}
	first.Publish("t/"+code+"/up", 0, false, "receipt")
	if got := within(t, up, "the receipt"); got != (heard{code, "receipt"}) {
		t.Errorf("%+v", got)
	}
	second, err := join("right")
	if err != nil {
		t.Fatal(err)
	}
	within(t, first.lost, "the end of the first connection")
	second.Publish("t/"+code+"/up", 0, false, "flood")
	within(t, second.lost, "the end after a flood")
}

func TestTheWebsDoorRefuses(t *testing.T) {
	address, _, _ := throughWeb(t)
	ctx := context.Background()
	_, answer, err := websocket.Dial(ctx, address, &websocket.DialOptions{Subprotocols: []string{"mqtt"}, HTTPHeader: http.Header{"Origin": {"https://elsewhere.example"}}})
	if err == nil || answer.StatusCode != http.StatusForbidden {
		t.Errorf("a page of another origin: %v, %v", answer, err)
	}
	for what, dial := range map[string]struct {
		protocols []string
		kind      websocket.MessageType
		bytes     string
	}{
		"another protocol":   {[]string{"chat"}, websocket.MessageBinary, ""},
		"no protocol":        {nil, websocket.MessageBinary, ""},
		"text":               {[]string{"mqtt"}, websocket.MessageText, "hello"},
		"no CONNECT":         {[]string{"mqtt"}, websocket.MessageBinary, "\x30\x02ab"},
		"a packet too long":  {[]string{"mqtt"}, websocket.MessageBinary, "\x10\xff\xff\xff\x7f"},
		"an empty CONNECT":   {[]string{"mqtt"}, websocket.MessageBinary, "\x10\x00"},
		"a length of 5 bits": {[]string{"mqtt"}, websocket.MessageBinary, "\x10\xff\xff\xff\xff\xff"},
	} {
		conn, _, err := websocket.Dial(ctx, address, &websocket.DialOptions{Subprotocols: dial.protocols})
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if dial.bytes != "" {
			_ = conn.Write(ctx, dial.kind, []byte(dial.bytes))
		}
		for err == nil { // an answer may come first
			_, _, err = conn.Read(ctx)
		}
		_ = conn.CloseNow()
	}
	if got, err := http.Get("http" + strings.TrimPrefix(address, "ws")); err != nil || got.StatusCode != http.StatusUpgradeRequired {
		t.Errorf("a plain request: %v, %v", got, err)
	}
}
