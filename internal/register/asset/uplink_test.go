package asset_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/google/go-cmp/cmp"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/gateway"
	"github.com/tongsheng/tongsheng/internal/platform/obs"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/register/asset"
)

const order = "01J0000000000000000000ABCD"

func final(r *rig) *wire.Receipt {
	return &wire.Receipt{Order: order, Version: 1, Phase: wire.Played, At: r.clock.Now().UnixMicro()}
}

func TestOnlyAuthenticAndNewFramesCount(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		r.run()
		x := r.enrol(r.add("110105001000", 116.45, 39.91)).connect()
		stranger := r.enrol(r.add("110105001000", 116.45, 39.91)).connect()

		x.send(x.heartbeat())
		r.until("the heartbeat is stored", func() bool { return r.entry(string(x.code)).Condition.Presence == asset.Online })

		replayed := x.heartbeat()
		x.send(replayed)
		x.send(replayed)
		forged := x.heartbeat()
		forged[len(forged)-1] ^= 1
		x.send(forged)
		changed := x.heartbeat()
		copy(changed[bytes.Index(changed, []byte(`"vol":60`)):], `"vol":99`)
		x.send(changed)
		x.send(stranger.heartbeat()) // another device's session
		x.send([]byte("TU1 nonsense"))
		r.Receive("51101050010000314019999", x.heartbeat())
		old := x.s
		x.connect()
		x.send(x.heartbeat())
		frame, _, err := old.Seal(final(r))
		if err != nil {
			t.Fatal(err)
		}
		x.send(frame)
		for outcome, want := range map[string]float64{"heartbeat": 3, "replayed": 1, "bad_mac": 3, "bad_frame": 1, "unknown_device": 1, "old_session": 1, "receipt": 0} {
			if got := r.outcomes("uplink_frames_total", outcome); got != want {
				t.Errorf("%s: %v frames, want %v", outcome, got, want)
			}
		}
		if v := r.entry(string(x.code)).Condition.Volume; *v != 60 {
			t.Errorf("volume %d came from a frame that was not authentic", *v)
		}
	})
}

func TestAFloodIsStopped(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		x := r.enrol(r.add("110105001000", 116.45, 39.91)).connect()
		flood := func(frames int) (heard bool) {
			for heard = true; heard && frames > 0; frames-- {
				heard = r.Receive(string(x.code), []byte("noise"))
			}
			return heard
		}
		if !flood(500) {
			t.Error("a burst ended the connection")
		}
		if got := r.outcomes("uplink_frames_total", "too_many"); got != 100 {
			t.Errorf("%v of 500 frames were stopped, want 100", got)
		}
		clk.Advance(time.Second) // a few more are heard meanwhile, and excuse nothing
		if flood(1000) {
			t.Error("a flood goes on")
		}
		if x.connect(); !flood(500) {
			t.Error("what was said before a connection counts against it")
		}
		clk.Advance(time.Minute)
		if !flood(1300) {
			t.Error("what was said a minute ago counts as the same flood")
		}
	})
}

// Whoever tries passwords for a terminal's code is soon not even judged, and does not
// keep the terminal out.
func TestGuessesAreBoundedAndKeepNobodyOut(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		x := r.enrol(r.add("110105001000", 116.45, 39.91)).connect()
		clk.Advance(time.Minute) // the first time it was a stranger like others
		guess := func(from string) {
			for range 100 {
				if r.Admit(string(x.code), "guess", from) {
					t.Fatal("a guess was admitted")
				}
			}
		}
		judged := func(what string, want float64) {
			t.Helper()
			if got := r.outcomes("uplink_connects_total", "bad_password"); got != want {
				t.Errorf("%s: %v were judged, want %v", what, got, want)
			}
		}
		guess("203.0.113.7:4000")
		judged("a hundred guesses", 20)
		guess("203.0.113.8:4000")
		judged("a hundred more from elsewhere", 40)
		if got := r.outcomes("uplink_connects_total", "too_often"); got != 160 {
			t.Errorf("%v were turned away unjudged, want 160", got)
		}
		clk.Advance(time.Minute)
		guess("203.0.113.7:4000")
		judged("a minute later", 60)
		x.connect() // as its own address has an allowance of its own
		x.at = "203.0.113.9:1"
		x.connect() // as has one from which nobody tried
		x.at = "203.0.113.7:4000"
		if x.session(); r.Admit(string(x.code), x.s.Token, x.at) {
			t.Error("from where a stranger tries it is one like others")
		}
		clk.Advance(3 * time.Second)
		x.connect()
	})
}

func TestAdmission(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		d := r.add("110105001000", 116.45, 39.91)
		x := r.enrol(d).connect()
		check := func(what string, want bool, code, password string) {
			t.Helper()
			if got := r.Admit(code, password, x.at); got != want {
				t.Errorf("%s: admitted %v", what, got)
			}
		}
		check("password used before", false, string(x.code), x.s.Token)
		check("no password", false, string(x.code), "")
		check("unknown code", false, "51101050010000314019999", x.s.Token)
		planned := r.add("110105001000", 116.45, 39.91)
		check("planned device", false, string(planned.Code), x.s.Token)
		x.session()
		clk.Advance(6 * time.Minute)
		check("stale password", false, string(x.code), x.s.Token)
		d, err := r.Suspend(everywhere, d.ID, r.entry(d.ID).Version, "检修")
		if err != nil {
			t.Fatal(err)
		}
		x.session()
		check("suspended", false, string(x.code), x.s.Token)
		x.send(x.heartbeat())
		if r.outcomes("uplink_frames_total", "not_enrolled") != 1 {
			t.Error("a suspended device was heard")
		}
		if _, err = r.Resume(everywhere, d.ID, d.Version); err != nil {
			t.Fatal(err)
		}
		check("resumed", true, string(x.code), x.s.Token)
	})
}

func TestReplaceRevokesTheOldKeyAtOnce(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		r.run()
		d := r.add("110105001000", 116.45, 39.91)
		old := r.enrol(d).connect()
		old.send(old.heartbeat())
		r.until("active", func() bool { return r.entry(d.ID).State == asset.Active })
		e := r.entry(d.ID)
		replaced, grant, err := r.Replace(everywhere, d.ID, e.Version, asset.Hardware{Model: "TS-2", Serial: "NEW"}, "雷击损坏")
		if err != nil {
			t.Fatal(err)
		}
		if replaced.State != asset.Planned || replaced.Code != d.Code {
			t.Errorf("replaced: %s %s", replaced.State, replaced.Code)
		}
		old.send(old.heartbeat())
		if got := r.outcomes("uplink_frames_total", "not_enrolled"); got != 1 {
			t.Errorf("%v frames of the old hardware were refused", got)
		}
		fresh := r.present(d, grant.Token).connect()
		fresh.send(fresh.heartbeat())
		old.session()
		old.send(old.heartbeat())
		if got := r.outcomes("uplink_frames_total", "bad_mac"); got != 1 {
			t.Errorf("%v frames under the old key were refused", got)
		}
		if r.Admit(string(old.code), old.s.Token, old.at) {
			t.Error("the old hardware was admitted")
		}
		r.until("active again", func() bool { return r.entry(d.ID).State == asset.Active })
	})
}

// shut is a gateway without a door.
func shut(t *testing.T) *gateway.Gateway {
	t.Helper()
	g, err := gateway.Open(gateway.Options{Clock: clock.System{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestSilenceIsOfflineAfterAFullWindow(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		stop := r.run()
		x, y := r.enrol(r.add("110105001000", 116.45, 39.91)).connect(), r.enrol(r.add("110108001000", 116.3, 39.9)).connect()
		x.send(x.heartbeat())
		y.send(y.heartbeat())
		presence := func(r *rig, x *terminal) asset.Presence { return r.entry(string(x.code)).Condition.Presence }
		r.until("both online", func() bool { return presence(r, x) == asset.Online && presence(r, y) == asset.Online })
		if !r.Online(x.code) {
			t.Error("not online though heard")
		}
		for range 4 { // y goes on, x falls silent
			clk.Advance(55 * time.Second)
			y.send(y.heartbeat())
			r.until("y is heard", func() bool { return r.entry(string(y.code)).Condition.LastSeen.Equal(clk.Now()) })
		}
		clk.Advance(time.Second)
		r.until("x offline", func() bool { return presence(r, x) == asset.Offline })
		if r.Online(x.code) || presence(r, y) != asset.Online {
			t.Error("presence is wrong")
		}
		stop()

		// A server that was down for an hour judges nobody before it has listened for a window.
		clk.Advance(time.Hour)
		r.deps.Metrics, r.deps.Gateway = obs.NewMetrics(), shut(t)
		again := &rig{Module: asset.New(r.deps), t: t, db: db, clock: clk, receipt: r.receipt}
		again.run()
		for range 17 {
			clk.Advance(10 * time.Second)
			time.Sleep(5 * time.Millisecond)
		}
		if presence(again, y) != asset.Online {
			t.Error("declared offline before a full window had passed")
		}
		for range 4 {
			clk.Advance(10 * time.Second)
		}
		again.until("y offline", func() bool { return presence(again, y) == asset.Offline })
		var events int
		if err := db.QueryRow(context.Background(), `SELECT count(*) FROM platform_outbox WHERE name = 'devices.offline'`).Scan(&events); err != nil || events != 2 {
			t.Errorf("%d events, %v", events, err)
		}
	})
}

// Renaming a device neither silences it nor lets its earlier frames be played again.
func TestAChangeKeepsWhatWasHeard(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		d := r.add("110105001000", 116.45, 39.91)
		x := r.enrol(d).connect()
		receipt := x.seal(final(r))
		x.send(receipt)
		if _, err := r.Change(everywhere, d.ID, r.entry(d.ID).Version, asset.Facts{Name: "新名"}); err != nil {
			t.Fatal(err)
		}
		if !r.Online(x.code) {
			t.Error("a renamed device counts as silent")
		}
		x.send(receipt)
		if got := r.outcomes("uplink_frames_total", "replayed"); got != 1 {
			t.Errorf("%v replays refused, want 1", got)
		}
		if r.Admit(string(x.code), x.s.Token, x.at) {
			t.Error("a password was good twice")
		}
	})
}

// Replays from before a restart are refused by what the register remembers.
func TestReplayAfterARestart(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		stop := r.run()
		x := r.enrol(r.add("110105001000", 116.45, 39.91)).connect()
		first, second := x.heartbeat(), x.heartbeat()
		x.send(first)
		x.send(second)
		stop() // writes what was heard
		r.deps.Metrics, r.deps.Gateway = obs.NewMetrics(), shut(t)
		again := &rig{Module: asset.New(r.deps), t: t, metrics: r.deps.Metrics}
		again.Receive(string(x.code), first)
		again.Receive(string(x.code), second)
		if got := again.outcomes("uplink_frames_total", "replayed"); got != 2 {
			t.Errorf("%v replays refused, want 2", got)
		}
	})
}

func TestFaultsPowerAndResultsAreKeptApart(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		stop := r.run()
		d := r.add("110105001000", 116.45, 39.91)
		x := r.enrol(d).connect()
		x.send(x.heartbeat())
		r.until("active", func() bool { return r.entry(d.ID).State == asset.Active })
		clk.Advance(time.Second)
		x.send(x.heartbeat(func(h *wire.Heartbeat) { h.Faults, h.Power = []string{"player"}, wire.Battery }))
		r.until("faulty", func() bool { return len(r.entry(d.ID).Condition.Faults) == 1 })
		clk.Advance(time.Second)
		x.send(x.heartbeat(func(h *wire.Heartbeat) { h.Power, h.Boots = wire.Battery, 2 }))
		r.until("recovered", func() bool { return len(r.entry(d.ID).Condition.Faults) == 0 })
		result := &wire.Result{Order: order, Version: 1, OK: true, At: clk.Now().UnixMicro(), Volume: 50, Period: 120, Heard: &wire.Heard{DBFS: -20}}
		x.send(x.seal(result))
		x.send(x.seal(result)) // until it is confirmed a terminal repeats it
		clk.Advance(time.Second)
		// A later test after which the microphone showed its own noise only.
		x.send(x.seal(&wire.Result{Order: store.NewID(clk.Now()), Version: 1, OK: true, At: clk.Now().UnixMicro(), Volume: 50, Period: 120, Heard: &wire.Heard{DBFS: -71}}))
		stop()
		var kinds []string
		rows, err := db.Query(context.Background(), `SELECT kind FROM asset_event WHERE device_id = $1 ORDER BY at / 1000000, kind`, d.ID)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var k string
			if err := rows.Scan(&k); err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, k)
		}
		want := []string{"activated", "enrolled", "online", "registered", "fault", "power", "recovered", "restarted", "result", "result"}
		if diff := cmp.Diff(want, kinds); diff != "" {
			t.Errorf("history (-want +got):\n%s", diff)
		}
		if e := r.entry(d.ID); e.Condition.Period != 120 {
			t.Errorf("period %d after the setting", e.Condition.Period)
		}
		p, err := r.Public(context.Background(), string(d.Code))
		if err != nil || len(p.Tests) != 2 || p.Tests[0].Heard || !p.Tests[1].Heard || p.Region != "北京市朝阳区建外街道" {
			t.Errorf("public page %+v, %v", p, err)
		}
	})
}

// When the terminals' door shuts, the module says so instead of going on deaf.
func TestAShutDoorEndsTheRun(t *testing.T) {
	db, clk := sqlite(t)
	r := newRig(t, db, clk)
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { ended <- r.Run(ctx) }()
	r.deps.Gateway.Close()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("it ended as if it had been asked to")
		}
	case <-time.After(10 * time.Second):
		t.Error("it goes on though no terminal can connect")
	}
}

// A whole conversation over MQTT: a terminal connects with its own key, its receipt is
// handed on, and the confirmation comes back; a receipt that is not kept is not confirmed.
func TestConversationOverMQTT(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		r.run()
		x := r.enrol(r.add("110105001000", 116.45, 39.91))
		x.session()
		dial := func(code, password string) (paho.Client, error) {
			c := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + r.mqtt).SetClientID(code).SetUsername(code).SetPassword(password).
				SetAutoReconnect(false).SetConnectTimeout(5 * time.Second))
			token := c.Connect()
			token.Wait()
			return c, token.Error()
		}
		if _, err := dial(string(x.code), "guess"); err == nil {
			t.Error("a guessed password was admitted")
		}
		c, err := dial(string(x.code), x.s.Token)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Disconnect(0)
		down := make(chan []byte, 10)
		if token := c.Subscribe(wire.DownTopic(x.code), 0, func(_ paho.Client, m paho.Message) { down <- m.Payload() }); token.Wait() && token.Error() != nil {
			t.Fatal(token.Error())
		}
		publish := func(frame []byte) { c.Publish(wire.UpTopic(x.code), 0, false, frame).Wait() }
		publish(x.seal(&wire.Hello{Heartbeat: wire.Heartbeat{At: clk.Now().UnixMicro(), Power: wire.Mains, Link: "ethernet", Volume: 60}}))
		r.until("hello is handed on", func() bool { r.mu.Lock(); defer r.mu.Unlock(); return len(r.hellos) == 1 })

		r.mu.Lock()
		r.refuse = errors.New("disk full")
		r.mu.Unlock()
		publish(x.seal(final(r)))
		r.until("the receipt is refused", func() bool { return r.outcomes("uplink_frames_total", "receipt") == 1 })
		time.Sleep(150 * time.Millisecond) // longer than a batch waits
		r.mu.Lock()
		r.refuse = nil
		r.mu.Unlock()
		frame, counter, err := x.s.Seal(final(r))
		if err != nil {
			t.Fatal(err)
		}
		publish(frame)
		select {
		case raw := <-down:
			counters, err := x.s.OpenConfirm(raw)
			if err != nil || len(counters) != 1 || counters[0] != counter {
				t.Errorf("confirmed %v, want %d: %v", counters, counter, err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("the receipt was not confirmed")
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if len(r.receipts) != 1 || r.receipts[0].Code != x.code || r.receipts[0].RegionPath != "cn.11.110105.110105001." {
			t.Errorf("handed on: %+v", r.receipts)
		}
	})
}

func TestWithinAgreesWithTheTerminals(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		var all []*asset.Device
		for i, region := range []string{"110105001000", "110105002000", "110108001000", "110108002000"} {
			for j := range 5 {
				d := r.add(region, 116.2+float64(i)/10, 39.8+float64(j)/10)
				r.enrol(d)
				all = append(all, d)
			}
		}
		r.add("110105001000", 116.2, 39.8) // planned: takes no messages
		left, leave := context.WithCancel(context.Background())
		leave()
		if _, err := r.Within(left, wire.Area{Regions: []ebd.AreaCode{ebd.Nation}}); !errors.Is(err, context.Canceled) {
			t.Errorf("for somebody who left: %v", err)
		}
		areas := map[string]wire.Area{
			"district": {Regions: []ebd.AreaCode{"110105000000"}},
			"nation":   {Regions: []ebd.AreaCode{ebd.Nation}},
			"polygon":  {Polygons: [][]wire.Point{{wire.At(116.15, 39.75), wire.At(116.35, 39.75), wire.At(116.25, 40.05)}}},
			"circle":   {Circles: []wire.Circle{{Center: wire.At(116.3, 39.9), Radius: 12_000}}},
			"code":     {Codes: []ebd.ResourceCode{all[3].Code}},
			"group":    {Codes: []ebd.ResourceCode{"41101050000000314010400", "51101050010000314010400"}},
			"mixed":    {Regions: []ebd.AreaCode{"110108001000"}, Codes: []ebd.ResourceCode{all[10].Code}, Circles: []wire.Circle{{Center: wire.At(116.5, 40.2), Radius: 1}}},
		}
		for name, area := range areas {
			want := map[ebd.ResourceCode]bool{}
			for _, d := range all {
				at := wire.At(d.Position.Lon, d.Position.Lat)
				if area.Includes(wire.Place{Code: d.Code, Region: ebd.AreaCode(d.RegionCode), Position: &at}) {
					want[d.Code] = true
				}
			}
			found, err := r.Within(context.Background(), area)
			if err != nil {
				t.Fatal(name, err)
			}
			got := map[ebd.ResourceCode]bool{}
			for _, target := range found {
				got[target.Code] = true
			}
			if diff := cmp.Diff(want, got); diff != "" || len(found) != len(got) || len(want) == 0 {
				t.Errorf("%s: %d terminals (-want +got):\n%s", name, len(found), diff)
			}
		}
	})
}

// A device that may no longer speak is offline at once, whatever it said before or says after.
func TestWhatMayNoLongerSpeakIsOfflineAtOnce(t *testing.T) {
	for name, end := range map[string]func(r *rig, id string, version int64) error{
		"suspended": func(r *rig, id string, v int64) error { _, err := r.Suspend(everywhere, id, v, "检修"); return err },
		"retired":   func(r *rig, id string, v int64) error { _, err := r.Retire(everywhere, id, v, "报废"); return err },
		"replaced": func(r *rig, id string, v int64) error {
			_, _, err := r.Replace(everywhere, id, v, asset.Hardware{Serial: "NEW"}, "雷击")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
				r := newRig(t, db, clk)
				r.run()
				d := r.add("110105001000", 116.45, 39.91)
				x := r.enrol(d).connect()
				x.send(x.heartbeat())
				r.until("active", func() bool { return r.entry(d.ID).State == asset.Active })
				lost := make(chan struct{})
				x.session()
				line := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + r.mqtt).SetClientID(string(x.code)).SetUsername(string(x.code)).
					SetPassword(x.s.Token).SetAutoReconnect(false).SetConnectionLostHandler(func(paho.Client, error) { close(lost) }))
				if token := line.Connect(); !token.WaitTimeout(10*time.Second) || token.Error() != nil {
					t.Fatalf("connect: %v", token.Error())
				}
				clk.Advance(time.Second)
				if err := end(r, d.ID, r.entry(d.ID).Version); err != nil {
					t.Fatal(err)
				}
				if c := r.entry(d.ID).Condition; c.Presence != asset.Offline || !c.Since.Equal(clk.Now()) || r.Online(d.Code) {
					t.Errorf("%s since %v, heard %v", c.Presence, c.Since, r.Online(d.Code))
				}
				select {
				case <-lost:
				case <-time.After(5 * time.Second):
					t.Error("its connection stays open")
				}
				if r.Receive(string(x.code), x.heartbeat()) {
					t.Error("a frame on another connection does not end that")
				}
				var told int
				err := db.QueryRow(context.Background(), `SELECT count(*) FROM asset_event WHERE device_id = $1 AND kind = 'offline'`, d.ID).Scan(&told)
				if err != nil || told != 1 {
					t.Errorf("its history tells it %d times, %v", told, err)
				}
			})
		})
	}
}
