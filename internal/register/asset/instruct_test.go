package asset_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/register/asset"
)

// node signs as the platform does.
type node struct {
	signer wire.Signer
	issuer wire.Issuer
	seq    uint64
}

func newSigningNode(t testing.TB, now time.Time) *node {
	t.Helper()
	root, err := ebd.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	key, err := ebd.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	number := ebd.SerialNumber{0, 0, 0, 0, 0, 1}
	cert, err := ebd.IssueCertificate(root, number, ebd.SerialNumber{0, 0, 0, 0, 1, 0}, key.Public(), now.AddDate(2, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	return &node{signer: wire.Signer{Key: key, Cert: cert}, issuer: wire.Issuer{Number: number, Key: wire.KeyText(root.Public())}}
}

func (n *node) Sign(_ context.Context, tx *store.Tx, o *wire.Order) ([]byte, error) {
	n.seq++
	o.From, o.Seq = "31100000000000101010101", n.seq
	return n.signer.NewFrame(o, tx.Now)
}

// ear is a terminal's end of a real MQTT connection: it takes orders and judges them.
type ear struct {
	x      *terminal
	client paho.Client

	mu     sync.Mutex
	memory wire.Memory
	place  wire.Place
	orders []*wire.Order // accepted
	again  int           // refused as replayed
}

// listen connects a terminal over MQTT and says hello.
func (x *terminal) listen(e *ear) *ear {
	t := x.rig.t
	t.Helper()
	x.session()
	if e == nil {
		e = &ear{place: wire.Place{Code: x.code, Region: "110105001000"}}
	}
	e.x = x
	trust := wire.Trust{Issuers: map[ebd.SerialNumber]ebd.PublicKey{x.rig.node.issuer.Number: ebd.PublicKey(x.rig.node.issuer.Key)}}
	options := paho.NewClientOptions().AddBroker("tcp://" + x.rig.mqtt).SetClientID(string(x.code)).SetUsername(string(x.code)).SetPassword(x.s.Token).
		SetProtocolVersion(4).SetAutoReconnect(false)
	e.client = paho.NewClient(options)
	if token := e.client.Connect(); token.Wait() && token.Error() != nil {
		t.Fatal(token.Error())
	}
	t.Cleanup(func() { e.client.Disconnect(0) })
	token := e.client.Subscribe(wire.DownTopic(x.code), 0, func(_ paho.Client, m paho.Message) {
		if !wire.IsOrder(m.Payload()) {
			return
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		v := wire.Verifier{Trust: trust, Self: e.place}
		switch got := v.Verify(m.Payload(), x.rig.clock.Now(), &e.memory); got.Reason {
		case wire.Accepted:
			e.memory.Remember(got.Order)
			e.orders = append(e.orders, got.Order)
		case wire.Replayed:
			e.again++
		default:
			t.Errorf("refused: %s", got.Reason)
		}
	})
	if token.Wait() && token.Error() != nil {
		t.Fatal(token.Error())
	}
	e.say(&wire.Hello{Heartbeat: wire.Heartbeat{At: x.rig.clock.Now().UnixMicro(), Power: wire.Mains, Link: "ethernet", Volume: 60, Uptime: 10, Boots: 1, Firmware: "1.0"}})
	return e
}

func (e *ear) say(payload any) {
	e.x.rig.t.Helper()
	if token := e.client.Publish(wire.UpTopic(e.x.code), 0, false, e.x.seal(payload)); token.Wait() && token.Error() != nil {
		e.x.rig.t.Fatal(token.Error())
	}
}

func (e *ear) took(n int) []*wire.Order {
	e.x.rig.t.Helper()
	var got []*wire.Order
	e.x.rig.until("orders arrive", func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		got = e.orders
		return len(got) >= n
	})
	return got
}

// done tells the outcome of the newest order.
func (e *ear) done(why wire.Reason) {
	o := e.took(1)
	last := o[len(o)-1]
	e.say(&wire.Result{Order: last.ID, Version: last.Version, OK: why == wire.Accepted, Reason: why, At: e.x.rig.clock.Now().UnixMicro(), Volume: 35, Period: 60})
}

func (r *rig) waiting(code ebd.ResourceCode) (what []string) {
	r.t.Helper()
	var list store.Listing[asset.Waiting]
	d := newDesk(r).as(everywhere)
	d.want(http.StatusOK, d.call(http.MethodGet, "/api/assets/"+string(code)+"/instructions", nil), &list)
	for _, w := range list.Items {
		what = append(what, w.What)
	}
	return what
}

// A setting reaches a connected terminal at once and an absent one when it comes back; it
// is told until the terminal has said what came of it, and that stands in its history.
func TestASettingIsToldUntilItIsConfirmed(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		r.run()
		x := r.enrol(r.add("110105001000", 116.45, 39.91))
		volume, louder, period := 35, 80, 30
		tell := func(i asset.Instruction, want asset.Instructed) {
			t.Helper()
			if got, err := r.Instruct(everywhere, string(x.code), i); err != nil || got != want {
				t.Fatalf("%+v, %v", got, err)
			}
		}
		tell(asset.Instruction{Volume: &louder}, asset.Instructed{Devices: 1, Later: 1})
		tell(asset.Instruction{Volume: &volume}, asset.Instructed{Devices: 1, Later: 1}) // in its place
		if _, err := r.Instruct(everywhere, string(x.code), asset.Instruction{Tone: true}); err == nil {
			t.Error("a tone was promised to a terminal that is away")
		}
		e := x.listen(nil)
		if got := e.took(1); len(got) != 1 || *got[0].Settings.Volume != 35 || got[0].From != "31100000000000101010101" {
			t.Fatalf("%+v", got[0])
		}
		r.until("online", func() bool { return r.entry(string(x.code)).Condition.Presence == asset.Online })
		e.client.Disconnect(0)
		e = x.listen(e) // the result was lost: it is told again, and does nothing twice
		r.until("told again", func() bool { e.mu.Lock(); defer e.mu.Unlock(); return e.again == 1 })
		e.done(wire.Accepted)
		r.until("settled", func() bool { return len(r.waiting(x.code)) == 0 })
		tell(asset.Instruction{Period: &period}, asset.Instructed{Devices: 1, Now: 1})
		if got := e.took(2); *got[1].Settings.ReportPeriod != 30 || got[1].Seq <= got[0].Seq {
			t.Errorf("%+v", got[1])
		}
		e.done(wire.Accepted)
		r.until("settled", func() bool { return len(r.waiting(x.code)) == 0 })
		tell(asset.Instruction{Tone: true}, asset.Instructed{Devices: 1, Now: 1})
		if got := e.took(3); got[2].Kind != wire.Test || got[2].ToneMillis != 1000 {
			t.Errorf("%+v", got[2])
		}
		e.done(wire.Busy)
		var public *asset.PublicDevice
		r.until("the public page tells of it", func() bool {
			var err error
			public, err = r.Public(context.Background(), string(x.code))
			return err == nil && len(public.Tests) == 3
		})
		if public.Tests[0].OK || !public.Tests[1].OK {
			t.Errorf("%+v", public.Tests)
		}
		history := newDesk(r).as(everywhere).call(http.MethodGet, "/api/assets/"+string(x.code)+"/events?kind=result", nil).Body.String()
		for _, want := range []string{`"what":"test"`, `"by":"值班员"`, `"reason":"busy"`, `"what":"volume"`} {
			if !strings.Contains(history, want) {
				t.Errorf("%s is not in %s", want, history)
			}
		}
	})
}

// A device that was moved is told where it stands, at once or when it comes back, until it
// has said that it knows; by hand or by an import.
func TestAMovedDeviceIsToldWhereItStands(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		r.run()
		d := r.add("110105001000", 116.45, 39.91)
		if _, err := r.Move(everywhere, d.ID, d.Version, asset.Whereabouts{RegionCode: "110105002000", Position: d.Position}, ""); err != nil {
			t.Fatal(err)
		}
		if got := r.waiting(d.Code); len(got) != 0 {
			t.Errorf("a device that never enrolled waits for %v", got)
		}
		x := r.enrol(d)
		e := x.listen(nil)
		r.until("online", func() bool { return r.entry(d.ID).State == asset.Active })
		move := func(region string, at *asset.Position) {
			t.Helper()
			if _, err := r.Move(everywhere, d.ID, r.entry(d.ID).Version, asset.Whereabouts{RegionCode: region, Position: at}, ""); err != nil {
				t.Fatal(err)
			}
		}
		move("110108001000", &asset.Position{Lon: 116.3, Lat: 39.99})
		if s := e.took(1)[0].Settings; s.Region != "110108001000" || *s.Position != wire.At(116.3, 39.99) {
			t.Fatalf("%+v", s)
		}
		e.client.Disconnect(0)
		move("110108002000", nil) // while it is away, and before it has confirmed the first
		clk.Advance(40 * 24 * time.Hour)
		e = x.listen(e)
		got := e.took(2)
		if s := got[1].Settings; s.Region != "110108002000" || s.Position != nil {
			t.Fatalf("%+v", s)
		}
		if w := r.waiting(d.Code); !slices.Equal(w, []string{"place"}) {
			t.Errorf("waits for %v", w)
		}
		e.done(wire.Accepted)
		r.until("it knows", func() bool { return len(r.waiting(d.Code)) == 0 })
	})
}

func TestManyAreToldAtOnceWithinBounds(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		r.run()
		here, there := r.enrol(r.add("110105001000", 116.45, 39.91)), r.enrol(r.add("110108001000", 116.3, 39.9))
		planned := r.add("110105001000", 116.45, 39.91)
		e := here.listen(nil)
		r.until("online", func() bool { return r.entry(string(here.code)).Condition.Presence == asset.Online })
		ids := []string{r.entry(string(here.code)).ID, r.entry(string(there.code)).ID, planned.ID}
		volume := 35
		loud := asset.Instruction{Volume: &volume}
		got, err := r.InstructMany(everywhere, nil, asset.Filter{}, loud, true)
		if want := (asset.Instructed{Devices: 2, Now: 1, Later: 1}); err != nil || got != want || len(r.waiting(there.code)) != 0 {
			t.Errorf("preview: %+v, %v", got, err)
		}
		if got, err = r.InstructMany(officer("cn.11.110108."), ids, asset.Filter{}, loud, false); err != nil || got != (asset.Instructed{Devices: 1, Later: 1}) {
			t.Errorf("of a district's officer: %+v, %v", got, err)
		}
		if got, err = r.InstructMany(everywhere, ids, asset.Filter{}, asset.Instruction{Tone: true}, false); err != nil || got != (asset.Instructed{Devices: 2, Now: 1, Absent: 1}) {
			t.Errorf("a tone: %+v, %v", got, err)
		}
		if o := e.took(1)[0]; o.Kind != wire.Test || len(r.waiting(there.code)) != 1 {
			t.Errorf("%+v", o)
		}
		_, err = r.InstructMany(officer("cn.11.110108."), ids[:1], asset.Filter{}, loud, false)
		wantCode(t, err, "asset.instruct.nobody")
		_, err = r.InstructMany(everywhere, ids, asset.Filter{}, asset.Instruction{Volume: &volume, Tone: true}, false)
		wantCode(t, err, "asset.instruct.one")
		_, err = r.Instruct(everywhere, planned.ID, loud)
		wantCode(t, err, "asset.instruct.deaf")
		_, err = r.Instruct(officer("cn.11.110108."), string(here.code), loud)
		wantCode(t, err, "asset.device.not_found")
		_, err = r.Instruct(holder([]auth.Permission{asset.PermRead}, auth.Root), string(here.code), loud)
		wantCode(t, err, "auth.no_grant")
		var records int
		if err := db.QueryRow(context.Background(), `SELECT count(*) FROM platform_audit WHERE action = 'asset.instruct'`).Scan(&records); err != nil || records != 2 {
			t.Errorf("%d audit records, %v", records, err)
		}
	})
}
