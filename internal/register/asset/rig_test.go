package asset_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/gateway"
	"github.com/tongsheng/tongsheng/internal/platform/live"
	"github.com/tongsheng/tongsheng/internal/platform/obs"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
	"github.com/tongsheng/tongsheng/internal/register/asset"
)

// places is a tree of regions: two districts of Beijing, each with two townships.
type places struct{}

var tree = map[string][2]string{
	"110000000000": {"cn.11.", "北京市"},
	"110105000000": {"cn.11.110105.", "北京市朝阳区"},
	"110105001000": {"cn.11.110105.110105001.", "北京市朝阳区建外街道"},
	"110105002000": {"cn.11.110105.110105002.", "北京市朝阳区朝外街道"},
	"110108000000": {"cn.11.110108.", "北京市海淀区"},
	"110108001000": {"cn.11.110108.110108001.", "北京市海淀区万寿路街道"},
	"110108002000": {"cn.11.110108.110108002.", "北京市海淀区永定路街道"},
}

func (places) Region(_ context.Context, code string) (path, name string, err error) {
	r, ok := tree[code]
	if !ok {
		return "", "", fault.New(fault.NotFound, "region.not_found")
	}
	return r[0], r[1], nil
}

// rig is a module with a gateway for terminals.
type rig struct {
	*asset.Module
	t       testing.TB
	db      *store.DB
	clock   *clock.Manual
	metrics *obs.Metrics
	receipt *ebd.PrivateKey
	mqtt    string
	node    *node
	deps    asset.Deps

	mu       sync.Mutex
	receipts []asset.Receipt
	hellos   []asset.Hello
	refuse   error // what OnReceipts answers
}

func newRig(t testing.TB, db *store.DB, clk *clock.Manual) *rig {
	t.Helper()
	r := &rig{t: t, db: db, clock: clk, metrics: obs.NewMetrics()}
	log := slog.New(slog.DiscardHandler)
	door, err := gateway.Open(gateway.Options{Listen: "127.0.0.1:0", Clock: clock.System{}, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(door.Close)
	r.mqtt = door.Addr()
	if r.receipt, err = ebd.GenerateKey(); err != nil {
		t.Fatal(err)
	}
	objects, err := blob.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r.node = newSigningNode(t, clk.Now())
	r.deps = asset.Deps{DB: db, Clock: clk, Log: log, Live: live.NewHub(), Gateway: door, Blob: objects, Metrics: r.metrics, Regions: places{}, Orders: r.node,
		PublicURL: "https://ts.example", Terminals: asset.Terminals{ReceiptKey: r.receipt, Issuers: func() []wire.Issuer { return []wire.Issuer{r.node.issuer} },
			MQTT: "tcp://" + r.mqtt, MediaBase: "https://ts.example", Period: 60, Volume: 70},
		OnReceipts: func(_ context.Context, batch []asset.Receipt) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			if r.refuse == nil {
				r.receipts = append(r.receipts, batch...)
			}
			return r.refuse
		},
		OnHellos: func(_ context.Context, batch []asset.Hello) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.hellos = append(r.hellos, batch...)
			return nil
		}}
	r.Module = asset.New(r.deps)
	return r
}

// run starts the module's jobs; the returned func stops them and waits.
func (r *rig) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				r.t.Error(err)
			}
		})
	}
	r.t.Cleanup(stop)
	return stop
}

// officer may do everything of this module within the paths.
func officer(paths ...string) context.Context { return holder(asset.Permissions(), paths...) }

func holder(perms []auth.Permission, paths ...string) context.Context {
	granted := map[auth.Permission][]string{}
	for _, p := range perms {
		granted[p] = paths
	}
	return auth.With(context.Background(), auth.NewPrincipal(auth.Actor{ID: "user:" + strings.Join(paths, "+"), Name: "值班员"}, granted))
}

var everywhere = officer(auth.Root)

// add registers a loudspeaker.
func (r *rig) add(region string, lon, lat float64) *asset.Device {
	r.t.Helper()
	d, err := r.RegisterDevice(everywhere, asset.NewDevice{Kind: "loudspeaker", Facts: asset.Facts{Name: "村口喇叭", Microphone: true},
		Whereabouts: asset.Whereabouts{RegionCode: region, Position: &asset.Position{Lon: lon, Lat: lat}}})
	if err != nil {
		r.t.Fatal(err)
	}
	return d
}

// terminal is a device as it is in the field.
type terminal struct {
	rig  *rig
	code ebd.ResourceCode
	key  *ebd.PrivateKey
	at   string // address and port it connects from
	s    *wire.DeviceSession
}

// enrol gives a planned device a key.
func (r *rig) enrol(d *asset.Device) *terminal {
	r.t.Helper()
	grant, err := r.IssueToken(everywhere, d.ID)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.present(d, grant.Token)
}

// present enrols a device with a token it was given.
func (r *rig) present(d *asset.Device, token string) *terminal {
	r.t.Helper()
	key, err := ebd.GenerateKey()
	if err != nil {
		r.t.Fatal(err)
	}
	req, err := wire.NewEnrolRequest(key, token, d.Code, "TS-1", "SN-"+d.ID, "1.0", r.clock.Now())
	if err != nil {
		r.t.Fatal(err)
	}
	res, err := r.Enrol(context.Background(), req)
	if err != nil {
		r.t.Fatal(err)
	}
	return &terminal{rig: r, code: res.Code, key: key, at: "192.0.2.1:1024"}
}

// connect begins a session as the platform's gateway would see it.
func (x *terminal) connect() *terminal {
	x.rig.t.Helper()
	x.session()
	if !x.rig.Admit(string(x.code), x.s.Token, x.at) {
		x.rig.t.Fatal("an enrolled terminal was not admitted")
	}
	return x
}

func (x *terminal) session() {
	x.rig.t.Helper()
	x.rig.clock.Advance(time.Microsecond) // sessions are ordered by their time
	var err error
	if x.s, err = wire.NewDeviceSession(x.key, x.rig.receipt.Public(), x.code, x.rig.clock.Now(), strings.NewReader(fmt.Sprintf("%08d", time.Now().UnixNano()))); err != nil {
		x.rig.t.Fatal(err)
	}
}

func (x *terminal) heartbeat(change ...func(*wire.Heartbeat)) []byte {
	h := &wire.Heartbeat{At: x.rig.clock.Now().UnixMicro(), Power: wire.Mains, Link: "ethernet", Volume: 60, Uptime: 10, Boots: 1, Firmware: "1.0"}
	for _, c := range change {
		c(h)
	}
	return x.seal(h)
}

func (x *terminal) seal(payload any) []byte {
	x.rig.t.Helper()
	frame, _, err := x.s.Seal(payload)
	if err != nil {
		x.rig.t.Fatal(err)
	}
	return frame
}

func (x *terminal) send(frame []byte) { x.rig.Receive(string(x.code), frame) }

// until waits for something that happens in another goroutine.
func (r *rig) until(what string, ok func() bool) {
	r.t.Helper()
	for range 1000 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	r.t.Fatalf("did not happen: %s", what)
}

func (r *rig) entry(idOrCode string) *asset.Entry {
	r.t.Helper()
	e, err := r.Get(everywhere, idOrCode)
	if err != nil {
		r.t.Fatal(err)
	}
	return e
}

// outcomes reads how many frames had an outcome.
func (r *rig) outcomes(metric, outcome string) float64 {
	r.t.Helper()
	families, err := r.metrics.Registry.Gather()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "tongsheng_"+metric {
			continue
		}
		for _, m := range f.GetMetric() {
			if m.GetLabel()[0].GetValue() == outcome {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	if !fault.Is(err, code) {
		t.Errorf("got %v, want %s", err, code)
	}
}

// each runs a test on both databases.
func each(t *testing.T, fn func(t *testing.T, db *store.DB, clk *clock.Manual)) {
	storetest.Each(t, fn, asset.Migrations())
}

func sqlite(t *testing.T) (*store.DB, *clock.Manual) { return storetest.SQLite(t, asset.Migrations()) }
