// Package gateway is the terminals' door: MQTT, by which a terminal reads the frames that
// are for it and writes its own, and nothing else (docs/wire.md §2). With several
// processes on one cluster a terminal may be connected to any of them.
package gateway

import (
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"sync/atomic"

	"github.com/tongsheng/tongsheng/internal/platform/bus"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/mqtt"
)

// Options say where terminals connect.
type Options struct {
	Listen string // "127.0.0.1:8883"; empty for no door in this process
	TLS    *tls.Config
	Shared bool     // other processes have doors too
	Bus    *bus.Bus // how they are told
	Clock  clock.Clock
	Log    *slog.Logger
}

// Gateway is an open door, or none.
type Gateway struct {
	o        Options
	name     string // of this process among others
	listener net.Listener
	server   atomic.Pointer[mqtt.Server]
}

// maxFrame is the longest frame, bytes, in a packet with its topic.
const maxFrame = 64<<10 + 256

// Open takes the address; terminals that come before Serve wait, as what they say first
// would be lost.
func Open(o Options) (*Gateway, error) {
	g := &Gateway{o: o, name: rand.Text()}
	if o.Listen == "" {
		return g, nil
	}
	l, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("mqtt.listen: %w", err)
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

// Connections is how many terminals are connected to this process.
func (g *Gateway) Connections() int {
	if s := g.server.Load(); s != nil {
		return s.Clients()
	}
	return 0
}

// What processes tell each other: a frame down with the terminal's code before it, and
// which terminal has connected where.
const (
	downSubject = "terminal.down"
	hereSubject = "terminal.here"
	codeLength  = 23
)

// Serve lets terminals in: admit decides by a terminal's resource code, the password it
// made with its own key and the address and port it comes from, and every frame from one
// goes to receive, in the order it sent them and by one goroutine at a time; false ends
// its connection. What comes through failed says that no terminal can connect any more;
// it is the only door, so the caller must not go on as if nothing had happened.
func (g *Gateway) Serve(admit func(code, password, address string) bool, receive func(code string, frame []byte) bool) (stop func(), failed <-chan error, err error) {
	if g.listener == nil {
		return func() {}, nil, nil
	}
	server := mqtt.NewServer(mqtt.ServerOptions{
		Clock: g.o.Clock, MaxPacket: maxFrame,
		Admit: func(l mqtt.Login) bool {
			if len(l.User) != codeLength || !admit(l.User, l.Password, l.Address) {
				g.o.Log.Debug("a terminal was not let in", "code", l.User, "address", l.Address)
				return false
			}
			if g.o.Shared {
				g.tell(hereSubject, l.User, []byte(g.name))
			}
			return true
		},
		MaySubscribe: func(code, topic string) bool { return topic == downTopic(code) },
		Receive: func(code, topic string, frame []byte) bool {
			return topic == upTopic(code) && receive(code, frame)
		},
	})
	var deaf []func()
	stop = func() {
		server.Close()
		for _, stop := range deaf {
			stop()
		}
	}
	if g.o.Shared {
		for subject, hear := range map[string]func(code string, rest []byte){
			downSubject: func(code string, frame []byte) { server.Send(code, downTopic(code), frame) },
			hereSubject: func(code string, where []byte) {
				if string(where) != g.name {
					server.Disconnect(code)
				}
			},
		} {
			stopListening, err := g.o.Bus.Listen(subject, func(raw []byte) {
				if len(raw) >= codeLength {
					hear(string(raw[:codeLength]), raw[codeLength:])
				}
			})
			if err != nil {
				stop()
				return nil, nil, err
			}
			deaf = append(deaf, stopListening)
		}
	}
	g.server.Store(server)
	shut := make(chan error, 1)
	go func() {
		if err := server.Serve(g.listener); err != nil {
			shut <- fmt.Errorf("gateway: no terminal can connect any more: %w", err)
		}
	}()
	return stop, shut, nil
}

// Send gives a frame to a terminal, wherever it is connected: whether it arrived is told
// by its receipt.
func (g *Gateway) Send(code string, frame []byte) error {
	if g.o.Shared {
		return g.tell(downSubject, code, frame)
	}
	if s := g.server.Load(); s != nil {
		s.Send(code, downTopic(code), frame)
	}
	return nil
}

func (g *Gateway) tell(subject, code string, rest []byte) error {
	if len(code) != codeLength {
		return fmt.Errorf("gateway: %q is no resource code", code)
	}
	return g.o.Bus.Broadcast(subject, append([]byte(code), rest...))
}

// Close gives the address back; Serve's stop ends the connections.
func (g *Gateway) Close() {
	if g.listener != nil {
		g.listener.Close()
	}
}

func downTopic(code string) string { return "t/" + code + "/down" }
func upTopic(code string) string   { return "t/" + code + "/up" }
