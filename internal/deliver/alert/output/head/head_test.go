package head

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/ebd/tables"
	"github.com/tongsheng/tongsheng/engine/mpegts"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// receiver is a television head's input: it hears the stream and reads its tables.
type receiver struct {
	*testing.T
	conn   *net.UDPConn
	key    *ebd.PrivateKey
	locked atomic.Bool    // nothing can be signed
	over   chan ebd.EBMID // what the head says is done
}

func listen(t *testing.T) (*receiver, string) {
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	key, err := ebd.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return &receiver{T: t, conn: conn, key: key, over: make(chan ebd.EBMID, 1)}, "udp://" + conn.LocalAddr().String()
}

// hear reads the stream until a table is as wanted, at most ten seconds.
func (r *receiver) hear(what string, is func(*tables.Table) bool) *tables.Table {
	r.Helper()
	var found *tables.Table
	var together mpegts.Assembler
	demux := mpegts.NewDemux(func(pid uint16, section []byte) {
		t, err := together.Add(pid, section)
		if err != nil || t == nil || found != nil {
			return
		}
		if read, err := tables.Decode(tables.Cable, t); err == nil && is(read) {
			found = read
		}
	}, nil)
	demux.Watch(tables.PID)
	buf := make([]byte, 2048)
	_ = r.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	for found == nil {
		n, err := r.conn.Read(buf)
		if err != nil {
			r.Fatalf("%s: %v", what, err)
		}
		_, _ = demux.Write(buf[:n])
	}
	return found
}

func (r *receiver) open(target, dir string) output.Output { return r.openFor("", target, dir) }

// openFor opens a head that reaches a region.
func (r *receiver) openFor(region, target, dir string) output.Output {
	r.Helper()
	settings, _ := json.Marshal(Settings{Medium: "cable", Target: target, Rate: 1_000_000, Program: 7, Network: 5, Files: true})
	d := Driver(Deps{Clock: clock.System{}, Log: slog.New(slog.DiscardHandler), Dir: dir, Agency: "北京市应急广播平台",
		Sign: func(content []byte, at time.Time) (*ebd.Signature, error) {
			if r.locked.Load() {
				return nil, errors.New("the key is away")
			}
			return ebd.Sign(r.key, ebd.SerialNumber{1}, content, at, ebd.CoverContentTime)
		},
		Object: func(context.Context, string) ([]byte, error) { return make([]byte, 5000), nil }})
	if err := d.Check(settings); err != nil {
		r.Fatal(err)
	}
	out, err := d.Open(output.Config{ID: "01H", RegionPath: region, Settings: settings, Report: func(_ context.Context, id ebd.EBMID, s output.State, _ any) error {
		if s == output.Done {
			r.over <- id
		}
		return nil
	}})
	if err != nil {
		r.Fatal(err)
	}
	return out
}

func rain(seq string, lasts time.Duration) *output.Parcel {
	now := time.Now().UTC()
	return &output.Parcel{Task: "t", Act: output.Play, Places: []output.Place{{Code: "110105000000", Zh: "朝阳区"}}, Message: &message.Message{ID: "01M" + seq, EBMID: ebd.EBMID("2110000000000010101010120260721" + seq),
		Kind: message.TerminalDrill, Class: wire.Emergency, StartsAt: now, EndsAt: now.Add(lasts), Current: &message.Version{Number: 1, Content: message.Content{Event: "10203", Severity: message.Red,
			Texts: []message.Text{{Lang: "zh", Title: "暴雨红色预警", Body: "雨很大。"}, {Lang: "en", Title: "Rain", Body: "Heavy rain."}}, Sounds: []message.Sound{{Lang: "zh", SM3: "x", MIME: "audio/mpeg"}}}}}}
}

func index(ids ...string) func(*tables.Table) bool {
	return func(t *tables.Table) bool {
		x, ok := t.Body.(*tables.Index)
		if !ok || len(x.Messages) != len(ids) {
			return false
		}
		for i, m := range x.Messages {
			if string(m.ID) != ids[i] {
				return false
			}
		}
		return true
	}
}

func TestAHeadIsSentWhatIsOnTheAir(t *testing.T) {
	t.Parallel()
	r, target := listen(t)
	dir := t.TempDir()
	out := r.open(target, dir)
	r.hear("an empty index", index())
	p := rain("0001", time.Hour)
	res, err := out.Carry(t.Context(), p)
	if err != nil || res.State != output.Playing {
		t.Fatalf("%+v, %v", res, err)
	}
	id := string(p.Message.EBMID)
	got := r.hear("the message in the index", index(id))
	m := got.Body.(*tables.Index).Messages[0]
	if m.Class != tables.ActualDrill || m.Severity != ebd.SeverityRed || m.Event != "10203" || len(m.Resources) != 1 || m.Resources[0].Area() != "110105000000" {
		t.Errorf("%+v", m)
	}
	if !got.VerifiedBy(r.key.Public(), ebd.CoverContentTime) {
		t.Error("the index is not signed by the node")
	}
	content := r.hear("its content", func(t *tables.Table) bool { _, ok := t.Body.(*tables.Content); return ok }).Body.(*tables.Content)
	if len(content.Languages) != 2 || content.Languages[0].Text != "【演练】暴雨红色预警\n【演练】雨很大。" || len(content.Languages[0].Auxiliary) != 1 || content.Languages[0].Agency != "北京市应急广播平台" {
		t.Errorf("%+v", content)
	}

	// A new process goes on counting, so that receivers notice.
	out.Close()
	again := r.open(target, dir)
	defer again.Close()
	if _, err := again.Carry(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if next := r.hear("the message again", index(id)); next.Version == got.Version {
		t.Errorf("version %d again", next.Version)
	}
	brief := rain("0002", 1500*time.Millisecond)
	if _, err := again.Carry(t.Context(), brief); err != nil {
		t.Fatal(err)
	}
	r.hear("both", func(t *tables.Table) bool { x, ok := t.Body.(*tables.Index); return ok && len(x.Messages) == 2 })
	r.hear("the second is over", index(id))
	select {
	case done := <-r.over:
		if done != brief.Message.EBMID {
			t.Errorf("%s is said to be over", done)
		}
	case <-time.After(5 * time.Second):
		t.Error("nothing is said of what is over")
	}
	p.Act = output.Cancel
	if res, err := again.Carry(t.Context(), p); err != nil || res.State != output.Done {
		t.Fatalf("%+v, %v", res, err)
	}
	r.hear("nothing", index())
}

func TestAStopTakesOutWhatIsForItsRegionsOnly(t *testing.T) {
	t.Parallel()
	r, target := listen(t)
	out := r.open(target, t.TempDir())
	defer out.Close()
	here, wider := rain("0001", time.Hour), rain("0002", time.Hour)
	wider.Places = append(wider.Places, output.Place{Code: "110108000000"})
	for _, p := range []*output.Parcel{here, wider} {
		if _, err := out.Carry(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	res, err := out.Carry(t.Context(), &output.Parcel{Act: output.Stop, Stop: &output.Halt{Codes: []string{"110105000000"}}})
	if err != nil || !slices.Equal(res.Over, []string{here.Message.ID}) {
		t.Fatalf("%+v, %v", res, err)
	}
	r.hear("the wider one goes on", index(string(wider.Message.EBMID)))
}

// Where all that a head reaches is stopped, it shows nothing, not what goes on elsewhere either.
func TestAStopOfAHeadsRegionTakesOutEverything(t *testing.T) {
	t.Parallel()
	r, target := listen(t)
	out := r.openFor("cn.11.110105.", target, t.TempDir())
	defer out.Close()
	wider := rain("0002", time.Hour)
	wider.Places = []output.Place{{Code: "110000000000", Path: "cn.11."}}
	if _, err := out.Carry(t.Context(), wider); err != nil {
		t.Fatal(err)
	}
	stop := &output.Parcel{Act: output.Stop, Stop: &output.Halt{Codes: []string{"110105000000"}}, Places: []output.Place{{Code: "110105000000", Path: "cn.11.110105."}}}
	if _, err := out.Carry(t.Context(), stop); err != nil {
		t.Fatal(err)
	}
	r.hear("nothing", index())
}

// A disk without room keeps no message off the air.
func TestAHeadGoesOnWithoutItsFile(t *testing.T) {
	t.Parallel()
	r, target := listen(t)
	out := r.open(target, t.TempDir()+"/gone")
	defer out.Close()
	p := rain("0001", time.Hour)
	if res, err := out.Carry(t.Context(), p); err != nil || res.State != output.Playing {
		t.Fatalf("%+v, %v", res, err)
	}
	r.hear("the message", index(string(p.Message.EBMID)))
}

// A message whose end could not be put into the tables is taken out when it is tried again.
func TestAnEndThatCouldNotBeSignedIsTriedAgain(t *testing.T) {
	t.Parallel()
	r, target := listen(t)
	out := r.open(target, t.TempDir())
	defer out.Close()
	p := rain("0001", time.Hour)
	if _, err := out.Carry(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	r.hear("the message", index(string(p.Message.EBMID)))
	p.Act = output.Cancel
	r.locked.Store(true)
	if res, err := out.Carry(t.Context(), p); err == nil {
		t.Fatalf("with no key: %+v", res)
	}
	r.locked.Store(false)
	if res, err := out.Carry(t.Context(), p); err != nil || res.State != output.Done {
		t.Fatalf("%+v, %v", res, err)
	}
	r.hear("an empty index", index())
}

func TestWhatTablesCannotCarryIsRefused(t *testing.T) {
	r, target := listen(t)
	out := r.open(target, t.TempDir())
	defer out.Close()
	p := rain("0001", time.Hour)
	p.Message.Current.Content.Severity = message.Unknown
	var refused *output.Refused
	if _, err := out.Carry(t.Context(), p); !errors.As(err, &refused) {
		t.Error(err)
	}
}

func TestSettings(t *testing.T) {
	for _, bad := range []string{`{}`, `{"medium":"air","target":"udp://127.0.0.1:1","rate":1000000}`, `{"medium":"cable","target":"/etc/passwd","rate":1000000}`,
		`{"medium":"cable","target":"udp://127.0.0.1:1","rate":1}`, `{"medium":"cable","target":"udp://127.0.0.1:1","rate":1000000,"respond":["1"]}`, `{"medium":"cable","x":1}`} {
		if err := Driver(Deps{}).Check([]byte(bad)); !fault.IsKind(err, fault.Invalid) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
