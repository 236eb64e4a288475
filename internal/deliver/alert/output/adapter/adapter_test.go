package adapter

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/ebd/speaker"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	far "github.com/tongsheng/tongsheng/internal/terminal/adapter"
)

const (
	front = "41101050000000314010201"
	id    = ebd.EBMID("31100000000000101010101202607210007")
)

var quiet = slog.New(slog.DiscardHandler)

func listen(t *testing.T) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// rig is a platform with one adapter, which is a simulated one across TCP.
type rig struct {
	*testing.T
	door *Door
	out  output.Output
	key  *ebd.PrivateKey

	mu    sync.Mutex
	said  []output.State
	alive int
}

func newRig(t *testing.T, trust func(*ebd.PrivateKey) []ebd.PublicKey, key string) *rig {
	r := &rig{T: t, door: &Door{Clock: clock.System{}, Log: quiet}}
	var err error
	if r.key, err = ebd.GenerateKey(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	t.Cleanup(func() { cancel(); all.Wait() })
	reports, commands := listen(t), listen(t)
	all.Go(func() {
		if err := r.door.Serve(ctx, reports); err != nil {
			t.Error(err)
		}
	})
	sim := far.New(far.Options{Code: front, Platform: reports.Addr().String(), Heartbeat: 50 * time.Millisecond, Keys: trust(r.key), Clock: clock.System{}, Log: quiet})
	all.Go(func() {
		if err := sim.Serve(ctx, commands); err != nil {
			t.Error(err)
		}
	})
	settings, _ := json.Marshal(Settings{Address: commands.Addr().String(), Code: front, Key: key})
	d := Driver(Deps{Clock: clock.System{}, Log: quiet, Door: r.door, Media: MediaAddress("http://node.example/"), Agency: "应急广播平台",
		Signing: func() (*ebd.PrivateKey, *ebd.Certificate) {
			return r.key, &ebd.Certificate{Number: ebd.SerialNumber{0, 0, 0, 0, 1, 0}}
		}})
	if err := d.Check(settings); err != nil {
		t.Fatal(err)
	}
	r.out, err = d.Open(output.Config{ID: "01A", Settings: settings,
		Report: func(_ context.Context, ebmid ebd.EBMID, s output.State, _ any) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			if ebmid == id {
				r.said = append(r.said, s)
			}
			return nil
		},
		Alive: func(context.Context) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.alive++
			return nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.out.Close)
	return r
}

func (r *rig) soon(what string, is func() bool) {
	r.Helper()
	for range 1000 {
		r.mu.Lock()
		ok := is()
		r.mu.Unlock()
		if ok {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	r.Fatalf("never: %s; said %v", what, r.said)
}

func rain() *output.Parcel {
	now := time.Now().UTC()
	return &output.Parcel{Act: output.Play, Places: []output.Place{{Code: "110105000000"}}, Message: &message.Message{ID: "01M", EBMID: id, Kind: message.Real, Class: wire.Emergency,
		StartsAt: now, EndsAt: now.Add(time.Hour), Current: &message.Version{Number: 1, Content: message.Content{Event: "10203", Severity: message.Red,
			Texts: []message.Text{{Lang: "zh", Title: "暴雨红色预警", Body: "请到高处去。"}}, Sounds: []message.Sound{{Lang: "zh", SM3: strings.Repeat("a", 64), MIME: "audio/mpeg"}}}}}}
}

func everybody(k *ebd.PrivateKey) []ebd.PublicKey { return []ebd.PublicKey{k.Public()} }

func TestAnAdapterPlaysAndSaysSo(t *testing.T) {
	t.Parallel()
	r := newRig(t, everybody, "")
	res, err := r.out.Carry(t.Context(), rain())
	if err != nil || res.State != output.Accepted {
		t.Fatalf("%+v, %v", res, err)
	}
	r.soon("it says that it plays", func() bool { return len(r.said) > 0 && r.said[0] == output.Playing })
	r.soon("it is alive", func() bool { return r.alive > 1 })
	p := rain()
	p.Act = output.Cancel
	if res, err := r.out.Carry(t.Context(), p); err != nil || res.State != output.Done {
		t.Fatalf("%+v, %v", res, err)
	}
	r.soon("it says that it ended", func() bool { return len(r.said) > 1 && r.said[1] == output.Done })
	stop := &output.Parcel{Act: output.Stop, Places: p.Places, Stop: &output.Halt{Codes: []string{"110105000000"}, At: time.Now(), Until: time.Now().Add(time.Hour)}}
	if _, err := r.out.Carry(t.Context(), stop); err != nil {
		t.Fatal(err)
	}
}

func TestAnAdapterRefusesAnothersSignature(t *testing.T) {
	t.Parallel()
	other, err := ebd.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(*ebd.PrivateKey) []ebd.PublicKey { return []ebd.PublicKey{other.Public()} }, "")
	if _, err := r.out.Carry(t.Context(), rain()); err == nil || !strings.Contains(err.Error(), "验签失败") {
		t.Errorf("%v", err)
	}
}

func TestUnsignedReportsOfAnAdapterWithAKeyCountForNothing(t *testing.T) {
	t.Parallel()
	own, err := ebd.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	public := own.Public()
	r := newRig(t, everybody, hex.EncodeToString(public[:])) // the simulated one does not sign
	if _, err := r.out.Carry(t.Context(), rain()); err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.said) > 0 || r.alive > 0 {
		t.Errorf("said %v, alive %d", r.said, r.alive)
	}
}

func TestStrangersAndNoiseAtTheDoor(t *testing.T) {
	t.Parallel()
	r := newRig(t, everybody, "")
	l := listen(t)
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() { _ = r.door.Serve(ctx, l) })
	defer func() { cancel(); all.Wait() }()
	beat := &speaker.Packet{Direction: speaker.Up, Type: speaker.TypeHeartbeat, Body: &speaker.Heartbeat{Front: "41101080000000314010201", State: speaker.StateIdle, Time: speaker.StampOf(time.Now())}}
	raw, err := beat.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for what, bytes := range map[string][]byte{"a stranger": raw, "a broken frame": append(raw[:len(raw)-1:len(raw)-1], raw[len(raw)-1]^1), "noise": []byte("GET / HTTP/1.1\r\n\r\n")} {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = conn.Write(bytes)
		answer, err := speaker.NewPacketReader(conn, 0).Next()
		if err == nil {
			if reply, ok := answer.Body.(*speaker.Reply); !ok || reply.Code == speaker.CodeDone {
				t.Errorf("%s was answered %+v", what, answer.Body)
			}
		}
		if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s holds its place: %v", what, err)
		}
		conn.Close()
	}
}

func TestTwoOutputsForOneAdapterAreAMistake(t *testing.T) {
	door := &Door{Clock: clock.System{}, Log: quiet}
	a := &adapter{settings: Settings{Code: front}}
	if err := errors.Join(door.enter(a), nil); err != nil {
		t.Fatal(err)
	}
	if door.enter(&adapter{settings: Settings{Code: front}}) == nil {
		t.Error("accepted")
	}
	door.leave(a)
	if err := door.enter(&adapter{settings: Settings{Code: front}}); err != nil {
		t.Error(err)
	}
}

func TestSettings(t *testing.T) {
	for _, bad := range []string{`{}`, `{"address":"a","code":"` + front + `"}`, `{"address":"a:1","code":"1"}`, `{"address":"a:1","code":"` + front + `","key":"00"}`, `{"address":"a:1","code":"` + front + `","x":1}`} {
		if err := Driver(Deps{}).Check([]byte(bad)); !fault.IsKind(err, fault.Invalid) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	// A code that is none is told where it was written.
	for place, bad := range map[string]string{"settings.code": `{"address":"a:1","code":"1"}`, "settings.respond": `{"address":"a:1","code":"` + front + `","respond":["1"]}`} {
		var f *fault.Error
		if err := Driver(Deps{}).Check([]byte(bad)); !errors.As(err, &f) || f.Place != place {
			t.Errorf("%s: %v", place, err)
		}
	}
}
