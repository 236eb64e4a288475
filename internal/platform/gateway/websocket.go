package gateway

import (
	"context"
	"net"
	"net/http"
	"net/netip"

	"github.com/coder/websocket"
)

// subprotocol is the name of MQTT in a WebSocket (MQTT 3.1.1 §6, IANA).
const subprotocol = "mqtt"

// ServeHTTP is the door for terminals that live in a browser, which can open no plain
// connection: the same MQTT in a WebSocket's binary messages, to the same rules. A page of
// another origin is refused, so that none can knock with its visitors' addresses.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	server := g.server.Load()
	if server == nil {
		w.Header().Set("Retry-After", "2")
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{subprotocol}, OriginPatterns: g.o.Origins})
	if err != nil {
		return // it has answered
	}
	// Not the request's context: net/http ends that one when it likes.
	ctx, stop := context.WithCancel(context.WithoutCancel(r.Context()))
	defer stop()
	if conn.Subprotocol() != subprotocol {
		_ = conn.Close(websocket.StatusProtocolError, "mqtt only")
		return
	}
	server.ServeConn(&throughWeb{websocket.NetConn(ctx, conn, websocket.MessageBinary), conn, r.RemoteAddr})
}

// throughWeb is a WebSocket as a connection. The server bounds what it reads of each packet,
// and gives every wait a deadline.
type throughWeb struct {
	net.Conn
	socket *websocket.Conn
	from   string
}

// RemoteAddr is who asked, proxies seen through; a WebSocket itself does not know.
func (t *throughWeb) RemoteAddr() net.Addr {
	if at, err := netip.ParseAddrPort(t.from); err == nil {
		return net.TCPAddrFromAddrPort(at)
	}
	return t.Conn.RemoteAddr()
}

// Close ends the connection at once: a goodbye would wait for a peer that does not read.
func (t *throughWeb) Close() error { return t.socket.CloseNow() }
