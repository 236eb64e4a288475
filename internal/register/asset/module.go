package asset

import (
	"cmp"
	"context"
	"embed"
	"io/fs"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/gateway"
	"github.com/tongsheng/tongsheng/internal/platform/live"
	"github.com/tongsheng/tongsheng/internal/platform/obs"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Terminals is what a device is told when it enrols, and the key its frames are
// authenticated with.
type Terminals struct {
	ReceiptKey *ebd.PrivateKey
	Issuers    func() []wire.Issuer // whom terminals believe, now
	MQTT       string               // "tls://host:port"
	TLSPin     string               // SHA-256 of a certificate in the chain, hexadecimal; empty for none
	MediaBase  string               // URL in front of audio paths
	Period     int                  // seconds between heartbeats
	Volume     int                  // 0–100
}

// Deps is what the module stands on.
type Deps struct {
	DB        *store.DB
	Clock     clock.Clock
	Zone      *time.Location // the city's; nil for UTC
	Log       *slog.Logger
	Live      *live.Hub
	Gateway   *gateway.Gateway
	Blob      blob.Store
	Metrics   *obs.Metrics
	Regions   Regions
	Outlines  Outlines // nil holds no position to its district
	Terminals Terminals
	Orders    Orders
	PublicURL string // how people reach this node; QR labels are bound to it

	// Whom authentic frames are handed to, in batches of at most a thousand. A batch that
	// fails is not confirmed, and the terminals repeat it. Nil hands on nothing.
	OnReceipts func(context.Context, []Receipt) error
	OnHellos   func(context.Context, []Hello) error

	// SentOrders tells which of these orders are messages that this platform sent; nil when
	// nobody can tell.
	SentOrders func(context.Context, []string) (map[string]bool, error)
}

// Module is the register of sites and devices.
type Module struct {
	db         *store.DB
	clock      clock.Clock
	zone       *time.Location
	log        *slog.Logger
	gateway    *gateway.Gateway
	blob       blob.Store
	regions    *regionBook
	terminals  Terminals
	orders     Orders
	publicURL  string
	onReceipts func(context.Context, []Receipt) error
	onHellos   func(context.Context, []Hello) error
	sent       func(context.Context, []string) (map[string]bool, error)

	roster    *roster
	beats     *batcher[beat]
	receipts  *batcher[Receipt]
	hellos    *batcher[Hello]
	results   *batcher[Result]
	news      *newsdesk
	tally     *tally
	points    *shelf[[]byte]
	facets    *shelf[Facets]
	finder    *finder
	imports   *imports
	refusals  *refusals
	pairings  *pairings
	listening time.Time // since when this process hears terminals
	frames    *prometheus.CounterVec
	connects  *prometheus.CounterVec
	refused   *prometheus.CounterVec
}

// Depths of the queues between the bus and the store. A city of ten thousand terminals
// answering at once fits; more waits in the bus.
const (
	queueDepth = 1 << 15
)

// New makes the module.
func New(d Deps) *Module {
	m := &Module{
		db: d.DB, clock: d.Clock, zone: cmp.Or(d.Zone, time.UTC), log: d.Log, gateway: d.Gateway, blob: d.Blob, regions: newRegionBook(d.Regions, d.Outlines, d.Clock), terminals: d.Terminals,
		orders: d.Orders, publicURL: d.PublicURL, onReceipts: d.OnReceipts, onHellos: d.OnHellos, sent: d.SentOrders,
		tally: newTally(d.DB, d.Clock), finder: newFinder(d.DB, d.Clock), points: newShelf[[]byte](d.Clock, 16),
		facets: newShelf[Facets](d.Clock, 64), imports: newImports(), refusals: newRefusals(), pairings: newPairings(),
		listening: d.Clock.Now(),
		frames:    d.Metrics.Counter("uplink_frames_total", "Frames from terminals, by kind or by why they were refused.", "outcome"),
		connects:  d.Metrics.Counter("uplink_connects_total", "Connections of terminals, by outcome.", "outcome"),
		refused:   d.Metrics.Counter("terminal_refusals_total", "Orders that terminals refused, by reason.", "reason"),
	}
	m.roster = newRoster(m.loadIdentities)
	m.beats = newBatcher(queueDepth, maxBatch, m.saveBatch)
	m.beats.waits = beatsLinger
	m.receipts = newBatcher(queueDepth, maxReceipts, m.passReceipts)
	m.beats.aside = m.receipts.busy // somebody waits for receipts, and nobody for heartbeats
	m.hellos = newBatcher(queueDepth, maxBatch, m.passHellos)
	m.results = newBatcher(queueDepth, maxBatch, m.saveResults)
	m.news = &newsdesk{tell: func(path string, rows [][3]any) {
		d.Live.Tell("asset.condition", PermRead, path, map[string]any{"rows": rows})
	}}
	return m
}

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the module's tables.
func Migrations() store.Migrations {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the binary was built without them
	}
	return store.Migrations{Module: "asset", FS: sub}
}

// Permissions are all that this module asks for.
func Permissions() []auth.Permission {
	return []auth.Permission{PermRead, PermWrite, PermOperate, PermEnrol, PermImport, PermExport}
}

const (
	sweepEvery   = 5 * time.Second
	historyEvery = time.Hour
)

// Run hears the terminals and does the module's recurring work until ctx ends, or until
// terminals can no longer connect.
func (m *Module) Run(ctx context.Context) error {
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx)) // outlasts ctx, so that what was heard is written
	defer stopWork()
	var queues errgroup.Group
	for _, run := range []func(context.Context){m.beats.run, m.receipts.run, m.hellos.run, m.results.run} {
		queues.Go(func() error { run(work); return nil })
	}
	stopHearing, failed := m.gateway.Serve(m.Admit, m.Receive)
	jobs, ctx := errgroup.WithContext(ctx)
	jobs.Go(func() error {
		select {
		case err := <-failed:
			return err // deaf, the process had better be restarted
		case <-ctx.Done():
			return nil
		}
	})
	for _, job := range []struct {
		every time.Duration
		do    func(context.Context)
	}{{sweepEvery, m.sweepSilent}, {historyEvery, m.sweepHistory}, {historyEvery, m.sweepRecordings}, {importSilence, m.closeImports}, {newsEvery, m.news.publish}} {
		jobs.Go(func() error { m.clock.Every(ctx, job.every, job.do); return nil })
	}
	err := jobs.Wait()
	stopHearing()
	m.imports.stop()
	stopWork()
	_ = queues.Wait()
	return err
}

// forget makes a device's next frame be judged by its row as it is now.
func (m *Module) forget(code ebd.ResourceCode) {
	m.roster.forget(string(code))
	m.changed()
}

// changed makes totals and points be counted afresh.
func (m *Module) changed() {
	m.tally.changed()
	m.points.changed()
	m.facets.changed()
	m.finder.changed()
}
