package mqtt

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
)

func broker(t *testing.T) string {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		ServerName: "mqtt-test", DontListen: true, NoSigs: true, NoLog: true, JetStream: true, StoreDir: t.TempDir(),
		MQTT: server.MQTTOpts{Host: "127.0.0.1", Port: -1, Username: "u", Password: "p"},
	})
	if err != nil {
		t.Fatal(err)
	}
	go s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("broker not ready")
	}
	v, err := s.Varz(nil)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", v.MQTT.Port)
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func options(id string) Options {
	return Options{ClientID: id, Username: "u", Password: "p", Clock: clock.System{}, KeepAlive: 2 * time.Second}
}

func TestTalksToARealBroker(t *testing.T) {
	addr := broker(t)
	for qos := byte(0); qos <= 1; qos++ {
		sub, err := Connect(dial(t, addr), options(fmt.Sprint("sub", qos)))
		if err != nil {
			t.Fatal(err)
		}
		if err := sub.Subscribe("t/1/down", qos); err != nil {
			t.Fatal(err)
		}
		got := make(chan []byte, 10)
		ended := make(chan error, 1)
		go func() {
			ended <- sub.Run(func(topic string, p []byte) {
				if topic == "t/1/down" {
					got <- p
				}
			})
		}()
		pub, err := Connect(dial(t, addr), options(fmt.Sprint("pub", qos)))
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{0, 1, 127, 128, 16383, 16384, 64 << 10} { // each width of the length field
			want := bytes.Repeat([]byte{byte(n)}, n)
			if err := pub.Publish("t/1/down", want); err != nil {
				t.Fatal(err)
			}
			select {
			case p := <-got:
				if !bytes.Equal(p, want) {
					t.Errorf("%d bytes came as %d", n, len(p))
				}
			case <-time.After(5 * time.Second):
				t.Fatalf("%d bytes did not come", n)
			}
		}
		pub.Close()
		sub.Close()
		if err := <-ended; err == nil {
			t.Error("Run ends with a reason")
		}
	}
}

func TestStaysConnectedWhenIdle(t *testing.T) {
	c, err := Connect(dial(t, broker(t)), options("idle"))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Subscribe("t/1/down", 0); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Run(func(string, []byte) {}) }()
	select {
	case err := <-ended:
		t.Fatalf("lost the connection: %v", err)
	case <-time.After(4 * time.Second): // twice the keep-alive
	}
	c.Close()
	<-ended
}

func TestRefusalIsTold(t *testing.T) {
	o := options("x")
	o.Password = "wrong"
	_, err := Connect(dial(t, broker(t)), o)
	var r *RefusedError
	if !errors.As(err, &r) || r.Code != 5 {
		t.Fatal(err)
	}
}

// say runs a broker that answers every connection with these bytes.
func say(t *testing.T, answer []byte, hang bool) net.Conn {
	t.Helper()
	ours, theirs := net.Pipe()
	t.Cleanup(func() { ours.Close(); theirs.Close() })
	go func() { _, _ = io.Copy(io.Discard, theirs) }()
	go func() {
		_, _ = theirs.Write(answer)
		if !hang {
			theirs.Close()
		}
	}()
	return ours
}

func TestBadBrokersAreLeft(t *testing.T) {
	ok := []byte{connack, 2, 0, 0}
	for name, answer := range map[string][]byte{
		"nothing":            {},
		"not a connack":      {publish, 2, 0, 0},
		"cut connack":        {connack, 2, 0},
		"endless length":     {connack, 0xFF, 0xFF, 0xFF, 0xFF, 1},
		"too long a packet":  append(ok, publish, 0xFF, 0xFF, 0xFF, 0x7F),
		"topic past the end": append(ok, publish, 2, 0, 9),
		"publish at QoS 2":   append(ok, publish|4, 5, 0, 1, 'x', 0, 1),
		"QoS 1 without id":   append(ok, publish|2, 3, 0, 1, 'x'),
		"unknown packet":     append(ok, 0xF0, 0),
		"lost half-way":      append(ok, publish, 9, 0, 1),
	} {
		c, err := Connect(say(t, answer, false), options("x"))
		if err == nil {
			err = c.Run(func(string, []byte) { t.Errorf("%s: handled", name) })
		}
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestADeadBrokerIsNoticed(t *testing.T) {
	c, err := Connect(say(t, []byte{connack, 2, 0, 0}, true), options("x"))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Run(func(string, []byte) {}); err == nil {
		t.Error("no error")
	}
}

func FuzzPackets(f *testing.F) {
	f.Add([]byte{publish, 4, 0, 1, 'x', 'y'})
	f.Fuzz(func(t *testing.T, b []byte) {
		ours, theirs := net.Pipe()
		defer ours.Close()
		go func() { _, _ = io.Copy(io.Discard, theirs) }()
		go func() { _, _ = theirs.Write(append([]byte{connack, 2, 0, 0}, b...)); theirs.Close() }()
		c, err := Connect(ours, options("x"))
		if err != nil {
			t.Fatal(err)
		}
		if c.Run(func(string, []byte) {}) == nil {
			t.Error("ended without a reason")
		}
	})
}
