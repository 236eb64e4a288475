// Package gateway is the terminals' door: MQTT, by which a terminal reads the frames that
// are for it and writes its own, and nothing else (docs/wire.md §2).
package gateway

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"sync/atomic"

	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/mqtt"
)

// Options say where terminals connect.
type Options struct {
	Listen string // "127.0.0.1:8883"; empty for the web's door only
	TLS    *tls.Config
	Clock  clock.Clock
	Log    *slog.Logger
	Limit  int // terminals at a time; 0 for what the server allows
	// Origins are hosts whose pages may open a WebSocket here, beside the host that was asked.
	Origins []string
}

// Gateway is an open door, or none.
type Gateway struct {
	o        Options
	listener net.Listener
	server   atomic.Pointer[mqtt.Server]
}

// maxFrame is the longest frame, bytes, in a packet with its topic.
const maxFrame = 64<<10 + 256

// Open takes the address; terminals that come before Serve wait, as what they say first
// would be lost.
func Open(o Options) (*Gateway, error) {
	g := &Gateway{o: o}
	if o.Listen == "" {
		return g, nil
	}
	l, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "app.listen", fault.Args{"address": o.Listen, "error": err, "setting": "mqtt.listen"}).Because(err)
	}
	g.listener = l
	if o.TLS != nil {
		g.listener = tls.NewListener(l, o.TLS)
	}
	return g, nil
}

// Addr is the address terminals connect to, "127.0.0.1:8883": the actual one when port 0
// was asked for. It is empty when there is no door here.
func (g *Gateway) Addr() string {
	if g.listener == nil {
		return ""
	}
	return g.listener.Addr().String()
}

// Connections is how many terminals are connected.
func (g *Gateway) Connections() int {
	if s := g.server.Load(); s != nil {
		return s.Clients()
	}
	return 0
}

const codeLength = 23

// Serve lets terminals in, at the address and through the web (ServeHTTP): admit decides by a terminal's resource code, the password it
// made with its own key and the address and port it comes from, and every frame from one
// goes to receive, in the order it sent them and by one goroutine at a time; false ends
// its connection. What comes through failed says that no terminal can connect any more;
// it is the only door, so the caller must not go on as if nothing had happened.
func (g *Gateway) Serve(admit func(code, password, address string) bool, receive func(code string, frame []byte) bool) (stop func(), failed <-chan error) {
	server := mqtt.NewServer(mqtt.ServerOptions{
		Clock: g.o.Clock, MaxPacket: maxFrame, MaxClients: g.o.Limit,
		Admit: func(l mqtt.Login) bool {
			if len(l.User) != codeLength || !admit(l.User, l.Password, l.Address) {
				g.o.Log.Debug("a terminal was not let in", "code", l.User, "address", l.Address)
				return false
			}
			return true
		},
		MaySubscribe: func(code, topic string) bool { return topic == downTopic(code) },
		Receive: func(code, topic string, frame []byte) bool {
			return topic == upTopic(code) && receive(code, frame)
		},
	})
	g.server.Store(server)
	if g.listener == nil {
		return server.Close, nil
	}
	shut := make(chan error, 1)
	go func() {
		if err := server.Serve(g.listener); err != nil {
			shut <- fmt.Errorf("gateway: no terminal can connect any more: %w", err)
		}
	}()
	return server.Close, shut
}

// Send gives a frame to a terminal: whether it arrived is told by its receipt.
func (g *Gateway) Send(code string, frame []byte) {
	if s := g.server.Load(); s != nil {
		s.Send(code, downTopic(code), frame)
	}
}

// Drop ends a terminal's connection, if it has one here.
func (g *Gateway) Drop(code string) {
	if s := g.server.Load(); s != nil {
		s.Drop(code)
	}
}

// Close gives the address back; Serve's stop ends the connections.
func (g *Gateway) Close() {
	if g.listener != nil {
		g.listener.Close()
	}
}

func downTopic(code string) string { return "t/" + code + "/down" }
func upTopic(code string) string   { return "t/" + code + "/up" }
