// Package bus carries events between modules (JetStream).
// NATS runs inside the process by default; the same code joins an external cluster.
package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tongsheng/tongsheng/internal/event"
)

// Options say where the bus runs.
type Options struct {
	Name  string // server and JetStream domain, unique among joined sites
	Dir   string // JetStream's files
	URL   string // an external cluster, "nats://…"; empty runs NATS in this process
	Creds string // credentials file for URL
	Log   *slog.Logger
	// MakeRoom, where set, gives up other things on a full disk and reports whether trying
	// again is worth it.
	MakeRoom func(context.Context) bool
}

// Bus is a running or joined NATS.
type Bus struct {
	server  *server.Server  // nil where an external cluster was joined
	options *server.Options // of server
	conn    *nats.Conn
	js      jetstream.JetStream
	log     *slog.Logger
	nats    natsLog
	flow    flow
	whole   atomic.Bool // the event stream was there once since the start
}

const (
	eventStream  = "EVENTS"
	eventSubject = "event."
	eventAge     = 7 * 24 * time.Hour
	maxPayload   = event.MaxPayload + 8<<10 // with its envelope; a frame to a terminal is at most 64 KiB
)

// Open starts or joins NATS and makes the event stream.
func Open(ctx context.Context, o Options) (*Bus, error) {
	b := &Bus{log: o.Log}
	connect := []nats.Option{nats.Name("tongsheng"), nats.MaxReconnects(-1), nats.ReconnectWait(time.Second), nats.ReconnectBufSize(8 << 20)}
	if o.URL == "" {
		if err := b.start(o); err != nil {
			return nil, err
		}
		connect = append(connect, nats.InProcessServer(b.server))
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
	if err = b.makeStream(ctx); err == nil {
		return b, nil
	}
	if b.server == nil || b.roomy() {
		b.Close()
		return nil, err
	}
	for err != nil && o.MakeRoom != nil && o.MakeRoom(ctx) {
		err = b.reopen(ctx)
	}
	if err != nil { // orders go out without events
		o.Log.Error("the disk is full: the event store could not be opened and will be tried again", "error", err)
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
	}
	srv, err := server.NewServer(opts)
	if err != nil {
		return fmt.Errorf("bus: %w", err)
	}
	b.nats.log = o.Log
	srv.SetLoggerV2(&b.nats, false, false, false)
	go srv.Start()
	if !srv.ReadyForConnections(15 * time.Second) {
		srv.Shutdown()
		return errors.New("bus: NATS did not become ready within 15 s")
	}
	b.server, b.options = srv, opts
	return nil
}

// Close drains what is on its way and stops.
func (b *Bus) Close() {
	if b.conn != nil {
		_ = b.conn.FlushTimeout(2 * time.Second)
		b.conn.Close()
	}
	if b.server != nil {
		b.server.Shutdown()
		b.server.WaitForShutdown()
	}
}

// Healthy reports whether the bus can carry anything now.
func (b *Bus) Healthy() bool { return b.conn.IsConnected() }

// natsLog passes the server's warnings and errors on; its notices would drown ours. What
// it says again and again it is heard saying once, until events flow again.
type natsLog struct {
	log  *slog.Logger
	mu   sync.Mutex
	said map[string]bool
}

// remembered is how many different things the server is known to have said.
const remembered = 100

func (l *natsLog) Noticef(string, ...any)         {}
func (l *natsLog) Debugf(string, ...any)          {}
func (l *natsLog) Tracef(string, ...any)          {}
func (l *natsLog) Warnf(format string, v ...any)  { l.warn(fmt.Sprintf(format, v...)) }
func (l *natsLog) Errorf(format string, v ...any) { l.warn(fmt.Sprintf(format, v...)) }
func (l *natsLog) Fatalf(format string, v ...any) { l.log.Error("nats: " + fmt.Sprintf(format, v...)) }

func (l *natsLog) warn(text string) {
	l.mu.Lock()
	known := l.said[text]
	if !known {
		if l.said == nil || len(l.said) >= remembered { // rather told twice than never
			l.said = map[string]bool{}
		}
		l.said[text] = true
	}
	l.mu.Unlock()
	if !known {
		l.log.Warn("nats: " + text)
	}
}

// forget lets everything be heard again.
func (l *natsLog) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.said = nil
}
