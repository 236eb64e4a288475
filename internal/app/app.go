// Package app wires the modules together. It is the only place that knows them all: it
// opens what they stand on, hands each the answers it asks of others, and runs them.
package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tongsheng/tongsheng/internal/app/portal"
	"github.com/tongsheng/tongsheng/internal/assess/measure"
	"github.com/tongsheng/tongsheng/internal/deliver/alert"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output/adapter"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output/ipterminal"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output/push"
	"github.com/tongsheng/tongsheng/internal/deliver/channel"
	"github.com/tongsheng/tongsheng/internal/platform/account"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/bus"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/config"
	"github.com/tongsheng/tongsheng/internal/platform/gateway"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/keyring"
	"github.com/tongsheng/tongsheng/internal/platform/link"
	"github.com/tongsheng/tongsheng/internal/platform/live"
	"github.com/tongsheng/tongsheng/internal/platform/obs"
	"github.com/tongsheng/tongsheng/internal/platform/speech"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/register/asset"
	"github.com/tongsheng/tongsheng/internal/register/party"
	"github.com/tongsheng/tongsheng/internal/register/region"
	"github.com/tongsheng/tongsheng/internal/respond/casework"
)

// App is a node: everything opened and wired.
type App struct {
	cfg     config.Config
	version string
	log     *slog.Logger
	clock   clock.Clock
	metrics *obs.Metrics
	zone    *time.Location // the city's

	folder        *os.File // locked, so that no other process works in the data folder
	db            *store.DB
	lease         *store.Lease
	objects       blob.Store
	ring          *keyring.Ring
	sealer        *keyring.Sealer
	bus           *bus.Bus
	gateway       *gateway.Gateway
	links         *link.Links
	joining       *link.Desk
	hub           *live.Hub
	studio        *speech.Studio
	sampleToken   string // what simulated loudspeakers enrol with; never written to a log
	sampleDevices []string
	tlsPin        string // SHA-256 of the certificate that terminals hold the gateway to

	accounts *account.Module
	regions  *region.Module
	assets   *asset.Module
	parties  *party.Module
	alerts   *alert.Module
	channels *channel.Module
	measures *measure.Module
	cases    *casework.Module
	speakers *adapter.Door
	ipDoor   *ipterminal.Door
	pushes   *push.Service
	portal   *portal.Portal

	api         *httpapi.API
	conns       *httpapi.Connections
	handler     http.Handler
	ready       chan struct{}
	web         net.Listener // nil until Bind
	figures     net.Listener // nil until Bind, or without an address of its own
	reports     net.Listener // of loudspeaker adapters; as figures
	ipTerminals net.Listener
}

// Migrations are those of every module.
func Migrations() []store.Migrations {
	return []store.Migrations{account.Migrations(), region.Migrations(), asset.Migrations(), party.Migrations(), alert.Migrations(), channel.Migrations(), measure.Migrations(), casework.Migrations()}
}

// Open opens everything a configuration names. It starts nothing but NATS; Run does.
func Open(ctx context.Context, cfg config.Config, log *slog.Logger, version string) (a *App, err error) {
	a = &App{cfg: cfg, version: version, log: log, clock: clock.System{}, metrics: obs.NewMetrics(), ready: make(chan struct{})}
	defer func() {
		if err != nil {
			a.Close()
		}
	}()
	slog.SetDefault(log)
	if a.folder, err = takeFolder(cfg); err != nil {
		return a, err
	}
	if err = whole(cfg); err != nil {
		return a, err
	}
	if a.db, err = store.Open(ctx, cfg.DatabaseAddress(), a.clock); err != nil {
		return a, err
	}
	if a.lease, err = a.takeLease(ctx); err != nil {
		return a, err
	}
	if err = a.db.Migrate(ctx, Migrations()...); err != nil {
		return a, err
	}
	if a.objects, err = openObjects(ctx, cfg, a.db); err != nil {
		return a, err
	}
	if a.sealer, err = openSealer(ctx, cfg, a.db); err != nil {
		return a, err
	}
	if a.ring, err = keyring.Open(ctx, a.db, a.sealer); err != nil {
		return a, err
	}
	a.bus, err = bus.Open(ctx, bus.Options{Name: cfg.Site, Dir: filepath.Join(cfg.Data, "bus"), URL: cfg.Bus.URL, Creds: cfg.Bus.CredsFile, Log: log, MakeRoom: makeRoom(cfg, a.db)})
	if err != nil {
		return a, err
	}
	if err = a.openGateway(ctx); err != nil {
		return a, err
	}
	if err = a.wire(ctx); err != nil {
		return a, err
	}
	a.handler = a.routes(a.accounts.Session)
	a.conns = a.countConnections()
	a.measure()
	return a, nil
}

// takeLease waits until no other process serves the database: on PostgreSQL a second one
// stands by and takes over when the first ends. A file has no use for one that stands by.
func (a *App) takeLease(ctx context.Context) (*store.Lease, error) {
	for told := false; ; told = true {
		l, err := a.db.TakeLease(ctx)
		if !errors.Is(err, store.ErrServed) || a.db.Dialect() == store.SQLite {
			return l, err
		}
		if !told {
			a.log.Info("standing by: " + store.ErrServed.Error())
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (a *App) openGateway(ctx context.Context) (err error) {
	options := gateway.Options{Listen: a.cfg.MQTT.Listen, Clock: a.clock, Log: a.log, Limit: a.terminalLimit(), Origins: []string{address(a.cfg.HTTP.PublicURL)}}
	if !a.cfg.MQTT.Plain {
		if options.TLS, err = a.mqttTLS(ctx); err != nil {
			return err
		}
	}
	a.gateway, err = gateway.Open(options)
	return err
}

// Config is the configuration the node runs with.
func (a *App) Config() config.Config { return a.cfg }

// Ready is closed once pages are answered.
func (a *App) Ready() <-chan struct{} { return a.ready }

// Handler serves everything the node serves over HTTP.
func (a *App) Handler() http.Handler { return a.handler }

// API is the interface with every operation registered.
func (a *App) API() *httpapi.API { return a.api }

// DB is the node's database, for benchmarks and tests that look behind the interface.
func (a *App) DB() *store.DB { return a.db }

func (a *App) register(api *httpapi.API, session func(*http.Request) (*auth.Principal, error)) {
	a.api = api
	a.accounts.Register(api)
	a.regions.Register(api)
	a.assets.Register(api)
	a.parties.Register(api)
	a.alerts.Register(api)
	a.channels.Register(api)
	a.measures.Register(api)
	a.cases.Register(api)
	a.pushes.Register(api)
	authority := a.ring.Authority().Key
	audit.Register(api, a.db, &authority, a.zone)
	a.registerKeys(api)
	a.registerLinks(api)
	a.hub.Register(api, session)
}

// Run serves and works until ctx ends or a part fails.
func (a *App) Run(ctx context.Context) error {
	if err := a.Bind(); err != nil {
		return err
	}
	flush, err := obs.Tracing(ctx, a.cfg.Trace.Endpoint, a.cfg.Site, a.version)
	if err != nil {
		return err
	}
	defer func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		_ = flush(last)
	}()
	for _, missing := range a.studio.Missing() {
		a.log.Warn("messages cannot be spoken until this is installed", "error", missing)
	}
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error {
		select {
		case err := <-a.lease.Lost():
			return err
		case <-ctx.Done():
			return nil
		}
	})
	work.Go(func() error { a.bus.Relay(ctx, a.db); return nil })
	work.Go(func() error { return a.bus.Consume(ctx, a.db, "alert-duty", a.alerts.Reactions()...) })
	work.Go(func() error { return a.bus.Consume(ctx, a.db, "measure", a.measures.Reactions()...) })
	work.Go(func() error { return a.bus.Consume(ctx, a.db, "casework", a.cases.Reactions()...) })
	work.Go(func() error { audit.Sealer(ctx, a.db, a.ring, a.log); return nil })
	work.Go(func() error { a.housekeep(ctx); return nil })
	work.Go(func() error { a.db.KeepReserve(ctx); return nil })
	for _, run := range []func(context.Context) error{a.accounts.Run, a.assets.Run, a.parties.Run, a.alerts.Run, a.channels.Run, a.measures.Run, a.cases.Run} {
		work.Go(func() error { return run(ctx) })
	}
	work.Go(func() error { return a.links.Run(ctx) })
	work.Go(func() error { return a.answer(ctx) })
	if a.figures != nil {
		work.Go(func() error { return a.answerMetrics(ctx) })
	}
	if a.reports != nil {
		work.Go(func() error { return a.speakers.Serve(ctx, a.reports) })
	}
	if a.ipTerminals != nil {
		work.Go(func() error { return a.ipDoor.Serve(ctx, a.ipTerminals) })
	}
	if err := work.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// housekeep does the platform's own recurring work.
func (a *App) housekeep(ctx context.Context) {
	var jobs sync.WaitGroup
	for every, job := range map[time.Duration]func(context.Context) error{
		time.Hour:      func(ctx context.Context) error { return bus.Sweep(ctx, a.db) },
		24 * time.Hour: a.rotateWhenDue,
	} {
		jobs.Go(func() {
			a.clock.Every(ctx, every, func(ctx context.Context) {
				if err := job(ctx); err != nil && ctx.Err() == nil {
					a.log.Error("recurring work failed and will be tried again", "every", every, "error", err)
				}
			})
		})
	}
	jobs.Wait()
}

func (a *App) rotateWhenDue(ctx context.Context) error {
	if !a.ring.Due(a.clock.Now()) {
		return nil
	}
	return a.ring.Rotate(ctx)
}

// Close releases what Open opened. It may be called on a half-opened App.
func (a *App) Close() {
	for _, l := range []net.Listener{a.web, a.figures, a.reports, a.ipTerminals} {
		if l != nil {
			_ = l.Close()
		}
	}
	if a.gateway != nil {
		a.gateway.Close()
	}
	if a.bus != nil {
		a.bus.Close()
	}
	if a.lease != nil {
		a.lease.Release()
	}
	if a.db != nil {
		_ = a.db.Close()
	}
	if a.folder != nil {
		_ = a.folder.Close()
	}
}

// address is the host and port of a URL, as a browser names a page's origin.
func address(of string) string {
	u, err := url.Parse(of)
	if err != nil {
		return ""
	}
	return u.Host
}

func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
