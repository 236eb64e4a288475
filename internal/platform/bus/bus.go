// Package bus carries events between modules (JetStream) and frames between the
// platform and its terminals (the MQTT gateway). NATS runs inside the process by
// default; the same code joins an external cluster.
package bus

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Options say where the bus runs.
type Options struct {
	Name    string // server and JetStream domain, unique among joined sites
	Dir     string // JetStream's files
	URL     string // an external cluster, "nats://…"; empty runs NATS in this process
	Creds   string // credentials file for URL
	MQTT    string // address of the terminals' gateway, "127.0.0.1:8883"; empty for none
	MQTTTLS *tls.Config
	Log     *slog.Logger
}

// Bus is a running or joined NATS.
type Bus struct {
	server *server.Server
	gate   *gate
	conn   *nats.Conn
	js     jetstream.JetStream
	log    *slog.Logger
}

const (
	eventStream  = "EVENTS"
	eventSubject = "event."
	eventAge     = 7 * 24 * time.Hour
	// A terminal's frame is at most 64 KiB; events are small.
	maxPayload  = 256 << 10
	authTimeout = 10 * time.Second
)

// Open starts or joins NATS and makes the event stream.
func Open(ctx context.Context, o Options) (*Bus, error) {
	b := &Bus{log: o.Log, gate: &gate{user: "platform", password: randomHex(), opened: make(chan struct{})}}
	connect := []nats.Option{nats.Name("tongsheng"), nats.MaxReconnects(-1), nats.ReconnectWait(time.Second), nats.ReconnectBufSize(8 << 20)}
	if o.URL == "" {
		if err := b.start(o); err != nil {
			return nil, err
		}
		connect = append(connect, nats.InProcessServer(b.server), nats.UserInfo(b.gate.user, b.gate.password))
	} else if o.Creds != "" {
		connect = append(connect, nats.UserCredentials(o.Creds))
	}
	var err error
	if b.conn, err = nats.Connect(o.URL, connect...); err != nil {
		b.Close()
		return nil, fmt.Errorf("bus: connect: %w", err)
	}
	if b.js, err = jetstream.New(b.conn); err != nil {
		b.Close()
		return nil, fmt.Errorf("bus: %w", err)
	}
	_, err = b.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: eventStream, Subjects: []string{eventSubject + ">"}, MaxAge: eventAge, Duplicates: 2 * time.Minute,
	})
	if err != nil {
		b.Close()
		return nil, fmt.Errorf("bus: event stream: %w", err)
	}
	return b, nil
}

func (b *Bus) start(o Options) error {
	opts := &server.Options{
		ServerName: o.Name, DontListen: true, NoSigs: true, NoLog: true,
		JetStream: true, JetStreamDomain: o.Name, StoreDir: o.Dir,
		// The outbox row is marked published once JetStream has the event, so JetStream
		// must not lose it in a power cut. Events are few; telemetry is batched.
		SyncAlways:         true,
		JetStreamMaxMemory: 64 << 20, JetStreamMaxStore: 8 << 30,
		MaxPayload: maxPayload,
		// The default of 1,000 consumers per stream would refuse the MQTT QoS 1
		// subscription of terminal 1,001.
		JetStreamLimits:            server.JSLimitOpts{DefaultMaxConsumers: -1},
		CustomClientAuthentication: b.gate,
	}
	if o.MQTT != "" {
		host, port, err := hostPort(o.MQTT)
		if err != nil {
			return fmt.Errorf("bus: mqtt address: %w", err)
		}
		opts.MQTT = server.MQTTOpts{Host: host, Port: port, TLSConfig: o.MQTTTLS, TLSTimeout: 10, AuthTimeout: authTimeout.Seconds()}
	}
	srv, err := server.NewServer(opts)
	if err != nil {
		return fmt.Errorf("bus: %w", err)
	}
	srv.SetLoggerV2(natsLog{o.Log}, false, false, false)
	go srv.Start()
	if !srv.ReadyForConnections(15 * time.Second) {
		srv.Shutdown()
		return errors.New("bus: NATS did not become ready within 15 s")
	}
	b.server = srv
	return nil
}

// Close drains what is on its way and stops.
func (b *Bus) Close() {
	if b.conn != nil {
		_ = b.conn.FlushTimeout(2 * time.Second)
		b.conn.Close()
	}
	if b.server != nil {
		b.gate.judge()
		b.server.Shutdown()
		b.server.WaitForShutdown()
	}
}

// MQTTAddr is the address the terminals' gateway listens on, "127.0.0.1:8883": the
// actual one when port 0 was asked for. It is empty when there is no gateway here.
func (b *Bus) MQTTAddr() string {
	if b.server == nil {
		return ""
	}
	state, err := b.server.Varz(nil)
	if err != nil || state.MQTT.Port == 0 {
		return ""
	}
	return net.JoinHostPort(state.MQTT.Host, strconv.Itoa(state.MQTT.Port))
}

// Healthy reports whether the bus can carry anything now.
func (b *Bus) Healthy() bool { return b.conn.IsConnected() }

// Connections is how many terminals are connected to this process.
func (b *Bus) Connections() int {
	if b.server == nil {
		return 0
	}
	return max(b.server.NumClients()-1, 0) // less the platform itself
}

// gate admits the platform by a password made at start, and terminals by their own
// keys; a terminal may read its own down topic and write its own up topic, nothing else.
// Terminals that come before the platform hears them wait, since what they say first
// would be lost.
type gate struct {
	user, password string
	opened         chan struct{}
	once           sync.Once
	admit          atomic.Pointer[func(code, password string) bool]
}

func (g *gate) open(admit func(code, password string) bool) {
	g.admit.Store(&admit)
	g.judge()
}

// judge ends the wait; without open, by refusing.
func (g *gate) judge() { g.once.Do(func() { close(g.opened) }) }

// admits asks whoever keeps the register, and waits at most until a client must have
// been judged.
func (g *gate) admits(code, password string) bool {
	select {
	case <-g.opened:
		admit := g.admit.Load()
		return admit != nil && (*admit)(code, password)
	case <-time.After(authTimeout):
		return false
	}
}

func (g *gate) Check(c server.ClientAuthentication) bool {
	given := c.GetOpts()
	if c.Kind() == server.CLIENT && c.RemoteAddress() == nil || given.Username == g.user {
		return given.Username == g.user && given.Password == g.password
	}
	code := given.Username
	if code == "" || strings.ContainsAny(code, ".*> \t\r\n/") || !g.admits(code, given.Password) {
		return false
	}
	c.RegisterUser(&server.User{Username: code, Permissions: &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: []string{UpSubject(code)}},
		Subscribe: &server.SubjectPermission{Allow: []string{DownSubject(code)}},
	}})
	return true
}

func hostPort(addr string) (string, int, error) {
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, err
	}
	port, err := strconv.Atoi(text)
	if port == 0 {
		port = server.RANDOM_PORT
	}
	return host, port, err
}

func randomHex() string {
	var raw [24]byte
	_, _ = rand.Read(raw[:]) // never fails
	return hex.EncodeToString(raw[:])
}

// natsLog passes the server's warnings and errors on; its notices would drown ours.
type natsLog struct{ log *slog.Logger }

func (l natsLog) Noticef(string, ...any)         {}
func (l natsLog) Debugf(string, ...any)          {}
func (l natsLog) Tracef(string, ...any)          {}
func (l natsLog) Warnf(format string, v ...any)  { l.log.Warn("nats: " + fmt.Sprintf(format, v...)) }
func (l natsLog) Errorf(format string, v ...any) { l.log.Warn("nats: " + fmt.Sprintf(format, v...)) }
func (l natsLog) Fatalf(format string, v ...any) { l.log.Error("nats: " + fmt.Sprintf(format, v...)) }
