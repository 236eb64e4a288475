package ipterminal

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"io"
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
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output/adapter"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
	far "github.com/tongsheng/tongsheng/internal/terminal/adapter"
)

const (
	self     ebd.ResourceCode = "31100000000000101010101"
	square   ebd.ResourceCode = "61101050010010314010401"
	school   ebd.ResourceCode = "61101050010020314010401"
	street                    = "110105001000"
	message1                  = "01KY2MRN63K77HP3QTP2DVMZD9"
	ebmid                     = ebd.EBMID("31100000000000101010101202607210007")
)

var quiet = slog.New(slog.DiscardHandler)

// rig is a platform with an output to IP terminals, behind real TCP.
type rig struct {
	*testing.T
	db   *store.DB
	key  *ebd.PrivateKey
	door *Door
	addr string
	shut func() // the door, as when the program ends
	out  output.Output
	c    output.Config
	d    output.Driver

	mu     sync.Mutex
	told   []output.State
	proofs []proof
	alive  int
}

var migrations = store.Migrations{Module: "alert", FS: os.DirFS("../../migrations")}

func newRig(t *testing.T, db *store.DB, s Settings) *rig {
	t.Helper()
	return newRigLogging(t, db, s, quiet)
}

func newRigLogging(t *testing.T, db *store.DB, s Settings, log *slog.Logger) *rig {
	t.Helper()
	r := &rig{T: t, db: db, door: &Door{Clock: clock.System{}, Log: log, Source: func() ebd.ResourceCode { return self }, Patience: time.Second}}
	var err error
	if r.key, err = ebd.GenerateKey(); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.addr = l.Addr().String()
	open, shut := context.WithCancel(context.Background())
	r.shut = shut
	r.running(func(ctx context.Context) {
		defer context.AfterFunc(ctx, shut)()
		if err := r.door.Serve(open, l); err != nil {
			t.Error(err)
		}
	})
	r.d = Driver(Deps{DB: db, Clock: clock.System{}, Log: quiet, Door: r.door, Media: adapter.MediaAddress("http://node.example/"),
		Object: func(context.Context, string) ([]byte, error) { return tone(20), nil },
		Signing: func() (*ebd.PrivateKey, *ebd.Certificate) {
			return r.key, &ebd.Certificate{Number: ebd.SerialNumber{5: 1}}
		}})
	raw, _ := json.Marshal(s)
	if err := r.d.Check(raw); err != nil {
		t.Fatal(err)
	}
	r.c = output.Config{ID: "01A", Settings: raw,
		Report: func(_ context.Context, id ebd.EBMID, s output.State, v any) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			if id == ebmid {
				r.told, r.proofs = append(r.told, s), append(r.proofs, v.(proof))
			}
			return nil
		},
		Alive: func(context.Context) error { r.mu.Lock(); defer r.mu.Unlock(); r.alive++; return nil }}
	r.open()
	t.Cleanup(func() { r.out.Close() })
	return r
}

func (r *rig) open() {
	r.Helper()
	var err error
	if r.out, err = r.d.Open(r.c); err != nil {
		r.Fatal(err)
	}
}

// running runs something for the length of the test.
func (r *rig) running(f func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); f(ctx) }()
	r.Cleanup(func() { cancel(); <-done })
}

// join runs a simulated terminal that believes the platform's key.
func (r *rig) join(code ebd.ResourceCode, addr string, keys ...ebd.PublicKey) {
	if len(keys) == 0 {
		keys = []ebd.PublicKey{r.key.Public()}
	}
	sim := far.NewTerminal(far.TerminalOptions{Code: code, Physical: "0123456789ab", Adapter: addr, Heartbeat: 100 * time.Millisecond, Keys: keys, Clock: clock.System{}, Log: quiet})
	r.running(sim.Run)
}

func (r *rig) carry(p *output.Parcel) output.Result {
	r.Helper()
	res, err := r.out.Carry(r.Context(), p)
	if err != nil {
		r.Fatal(err)
	}
	return res
}

// at waits until a terminal has come so far with the message.
func (r *rig) at(code ebd.ResourceCode, s State) Reached {
	r.Helper()
	var list []Reached
	for range 1500 {
		var err error
		if list, err = List(r.Context(), r.db, "01A", message1); err != nil {
			r.Fatal(err)
		}
		for _, v := range list {
			if v.Code == string(code) && v.State == s {
				return v
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	r.Fatalf("never %s: %+v", s, list)
	return Reached{}
}

// tells waits until the board is told so.
func (r *rig) tells(s output.State) proof {
	r.Helper()
	for range 1500 {
		r.mu.Lock()
		n := len(r.told) - 1
		if n >= 0 && r.told[n] == s {
			defer r.mu.Unlock()
			return r.proofs[n]
		}
		r.mu.Unlock()
		time.Sleep(10 * time.Millisecond)
	}
	r.Fatalf("never told %s: %v", s, r.told)
	return proof{}
}

func rain() *output.Parcel {
	now := time.Now().UTC()
	return &output.Parcel{Act: output.Play, Rank: 5, Places: []output.Place{{Code: street}}, Message: &message.Message{ID: message1, EBMID: ebmid, Kind: message.Real, Class: wire.Emergency,
		StartsAt: now, EndsAt: now.Add(time.Hour), Current: &message.Version{Number: 1, Content: message.Content{Event: "10203", Severity: message.Red, Repeat: message.Repeat{Count: 2},
			Sounds: []message.Sound{{Lang: "zh", SM3: strings.Repeat("a", 64), MIME: "audio/mpeg"}}}}}}
}

func cancelled() *output.Parcel {
	p := rain()
	p.Act = output.Cancel
	return p
}

// cable is a TCP connection to the door that can be cut, and counts what goes over it.
type cable struct {
	*rig
	l     net.Listener
	mu    sync.Mutex
	conns []net.Conn
	down  map[speaker.Order]int // orders to the terminal
	dead  bool
}

func (r *rig) cable() *cable {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.Fatal(err)
	}
	c := &cable{rig: r, l: l, down: map[speaker.Order]int{}}
	r.running(func(ctx context.Context) {
		defer context.AfterFunc(ctx, func() { l.Close(); c.cut(true) })()
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			up, err := net.Dial("tcp", r.addr)
			if err != nil {
				near.Close()
				continue
			}
			c.mu.Lock()
			c.conns = append(c.conns, near, up)
			dead := c.dead
			c.mu.Unlock()
			if dead {
				near.Close()
				up.Close()
			}
			go func() { _, _ = io.Copy(up, near); up.Close() }()
			go func() {
				defer near.Close()
				for in := speaker.NewFrameReader(io.TeeReader(up, near), 0); ; {
					f, err := in.Next()
					if err != nil {
						return
					}
					c.mu.Lock()
					if !f.Answer {
						c.down[f.Type]++
					}
					c.mu.Unlock()
				}
			}()
		}
	})
	return c
}

func (c *cable) cut(dead bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dead = dead
	for _, conn := range c.conns {
		conn.Close()
	}
	c.conns = nil
}

func (c *cable) orders(o speaker.Order) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.down[o]
}

func one(code ebd.ResourceCode) Settings {
	return Settings{Sound: "file", Terminals: []Known{{Code: string(code), Physical: "0123456789AB"}}}
}

// How many are there is known before anything was ever sent to them.
func TestWhoIsConnectedIsKnownBeforeTheFirstMessage(t *testing.T) {
	t.Parallel()
	db, _ := storetest.SQLite(t, migrations)
	s := one(square)
	s.Terminals = append(s.Terminals, Known{Code: "61101050010010314010402"})
	r := newRig(t, db, s)
	if n := r.d.Terminals("01A"); n == nil || *n != (output.Terminals{Known: 2}) {
		t.Errorf("before any came: %+v", n)
	}
	r.join(square, r.addr)
	for range 1500 {
		if *r.d.Terminals("01A") == (output.Terminals{Known: 2, Connected: 1}) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if n := r.d.Terminals("01A"); n.Connected != 1 {
		t.Errorf("%+v", n)
	}
	if n := r.d.Terminals("01B"); n != nil {
		t.Errorf("of an output that is not open: %+v", n)
	}
}

func TestATerminalThatIsCutOffIsGivenTheMessageAgainOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB, _ *clock.Manual) {
		r := newRig(t, db, one(square))
		if res := r.carry(rain()); res.State != output.Accepted { // it is away
			t.Errorf("%+v", res)
		}
		c := r.cable()
		r.join(square, c.l.Addr().String())
		if v := r.at(square, Playing); v.Gives != 1 || v.PlayingAt == nil {
			t.Errorf("%+v", v)
		}
		if v := r.tells(output.Playing); v.Connected != 1 || v.States[Playing] != 1 || v.Sound != "http://node.example/media/"+strings.Repeat("a", 64) {
			t.Errorf("%+v", v)
		}
		c.cut(false)
		for range 1500 {
			if c.orders(speaker.OrderStart) > 1 {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(1200 * time.Millisecond) // whatever would come wrongly has come by then
		if n := c.orders(speaker.OrderStart); n != 2 {
			t.Errorf("given %d times", n)
		}
		if v := r.at(square, Playing); v.Gives != 2 {
			t.Errorf("%+v", v)
		}
		r.carry(cancelled())
		r.at(square, Stopped)
		if v := r.tells(output.Done); v.States[Stopped] != 1 {
			t.Errorf("%+v", v)
		}
		if n := c.orders(speaker.OrderStop); n != 1 {
			t.Errorf("stopped %d times", n)
		}
		if r.alive == 0 {
			t.Error("nobody knows that a terminal is there")
		}
	}, migrations)
}

func TestAPlatformThatRestartsKnowsWhatItGave(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB, _ *clock.Manual) {
		r := newRig(t, db, one(square))
		c := r.cable()
		r.join(square, c.l.Addr().String())
		r.carry(rain())
		r.at(square, Playing)
		r.out.Close()
		c.cut(true) // and the terminal is away when the message is cancelled
		r.open()
		r.carry(cancelled())
		r.at(square, Stopping)
		r.out.Close()
		r.open() // what is to be ended is known without the board
		c.cut(false)
		r.at(square, Stopped)
		r.tells(output.Done)
	}, migrations)
}

func TestOneTerminalHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	db, _ := storetest.SQLite(t, migrations)
	s := one(square)
	s.Terminals = append(s.Terminals, Known{Code: string(school)})
	r := newRig(t, db, s)
	mute, err := net.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	r.send(mute, beat(school, "01"))
	r.join(square, r.addr)
	for r.connected() < 2 {
		time.Sleep(10 * time.Millisecond)
	}
	r.carry(rain())
	r.at(square, Playing)
	_ = mute.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.Copy(io.Discard, mute); err != nil { // the order comes, and then the end
		t.Errorf("it was not given up: %v", err)
	}
	if v := r.at(school, Waiting); v.Gives != 1 {
		t.Errorf("%+v", v)
	}
}

// One that floods the platform and never reads what it is answered is cut off.
func TestOneThatDoesNotReadIsCutOff(t *testing.T) {
	t.Parallel()
	db, _ := storetest.SQLite(t, migrations)
	r := newRig(t, db, one(square))
	near, there := net.Pipe() // has no buffer: the first write that is not read waits
	done := make(chan struct{})
	go func() { defer close(done); r.door.serve(t.Context(), there, func() {}) }()
	r.send(near, beat(square, "0123456789ab"))
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("it is still there")
	}
	if r.connected() != 0 {
		t.Error("it counts as connected")
	}
}

func TestATerminalThatDoesNotBelieveUsFails(t *testing.T) {
	t.Parallel()
	other, err := ebd.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	db, _ := storetest.SQLite(t, migrations)
	r := newRig(t, db, one(square))
	r.join(square, r.addr, other.Public())
	r.carry(rain())
	if v := r.at(square, Failed); v.Result != int(speaker.ResultCertificate) {
		t.Errorf("%+v", v)
	}
	r.tells(output.Failed)
}

func beat(code ebd.ResourceCode, physical string) *speaker.Frame {
	return &speaker.Frame{Annex: speaker.AnnexD, Session: 1, Source: code, Type: speaker.OrderHeartbeat, Body: &speaker.TerminalHeartbeat{State: speaker.StateIdle, First: 1, Physical: physical}}
}

func (r *rig) send(conn net.Conn, frames ...*speaker.Frame) {
	r.Helper()
	for _, f := range frames {
		raw, err := f.Encode()
		if err != nil {
			r.Fatal(err)
		}
		if _, err := conn.Write(raw); err != nil {
			r.Fatal(err)
		}
	}
}

func (r *rig) connected() (n int) {
	g := r.out.(*group)
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, t := range g.by {
		if t.session != nil {
			n++
		}
	}
	return n
}

// What comes to the door: each is answered as it deserves, and then cut off or kept.
func TestTheDoor(t *testing.T) {
	t.Parallel()
	own, err := ebd.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	public := own.Public()
	s := one(square)
	s.Terminals[0].Key = hex.EncodeToString(public[:])
	db, _ := storetest.SQLite(t, migrations)
	r := newRig(t, db, s)
	signed := func(f *speaker.Frame, k *ebd.PrivateKey) *speaker.Frame {
		if err := f.Sign(k, ebd.SerialNumber{5: 2}, time.Now(), speaker.Standard); err != nil {
			t.Fatal(err)
		}
		return f
	}
	bytes := func(f *speaker.Frame) []byte {
		raw, err := f.Encode()
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	good := bytes(signed(beat(square, "0123456789ab"), own))
	report := bytes(&speaker.Frame{Annex: speaker.AnnexE, Session: 2, Source: school, Type: speaker.OrderSwitch, Body: &speaker.TaskSwitch{Switch: 1, Source: speaker.TaskEmergency, EBMID: ebmid, Time: 1}})
	unsigned := bytes(beat(square, "0123456789ab"))
	for what, c := range map[string]struct {
		said []byte
		want []speaker.Result // answers, and then the end
		open bool
		then string
	}{
		"noise":                             {[]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), nil, false, ""},
		"a broken frame":                    {append(good[:len(good)-1:len(good)-1], good[len(good)-1]^1), nil, false, ""},
		"the header of a long frame":        {[]byte("\xFE\xFD\x01\x00\x00\x00\x00\x01\x01\x00\xFF\xFF"), nil, false, ""},
		"a report before it says who it is": {report, nil, false, ""},
		"a stranger":                        {bytes(beat("61101080010010314010401", "ff")), []speaker.Result{resultStranger}, false, ""},
		"another's physical address":        {bytes(signed(beat(square, "ff"), own)), []speaker.Result{resultStranger}, false, ""},
		"no signature":                      {unsigned, []speaker.Result{speaker.ResultCertificate}, false, ""},
		"another's signature":               {bytes(signed(beat(square, "0123456789ab"), r.key)), []speaker.Result{speaker.ResultCertificate}, false, ""},
		"itself":                            {good, []speaker.Result{0}, true, ""},
		"itself, then unsigned":             {append(good[:len(good):len(good)], unsigned...), []speaker.Result{0, speaker.ResultCertificate}, true, ""},
		"itself, then for another":          {append(good[:len(good):len(good)], report...), []speaker.Result{0, speaker.ResultNoResource}, true, ""},
		"itself, then noise":                {good, []speaker.Result{0}, false, "\x00\x01 what is this?"},
	} {
		conn, err := net.Dial("tcp", r.addr)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write(c.said); err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
		in := speaker.NewFrameReader(conn, 0)
		for _, want := range c.want {
			f, err := in.Next()
			if err != nil {
				t.Errorf("%s: %v", what, err)
				break
			}
			if a, ok := f.Body.(*speaker.Answer); !ok || a.Result != want || f.Source != self {
				t.Errorf("%s: answered %+v, want %d", what, f.Body, want)
			}
		}
		_, _ = io.WriteString(conn, c.then)
		if !c.open {
			if f, err := in.Next(); err == nil {
				t.Errorf("%s: then %+v", what, f)
			}
		}
		conn.Close()
	}
}

func TestATerminalFromTheFactoryIsGivenItsCode(t *testing.T) {
	t.Parallel()
	db, _ := storetest.SQLite(t, migrations)
	r := newRig(t, db, one(square))
	c := r.cable()
	r.join("61101050000000314010401", c.l.Addr().String())
	r.carry(rain())
	r.at(square, Playing)
	if n := c.orders(speaker.OrderSet); n != 1 {
		t.Errorf("it was told its code %d times", n)
	}
}

func TestWhoIsMeant(t *testing.T) {
	t.Parallel()
	db, _ := storetest.SQLite(t, migrations)
	s := one(square)
	s.Terminals = append(s.Terminals, Known{Code: string(school)})
	r := newRig(t, db, s)
	p := rain()
	p.Places[0].Code = "110105001001"
	r.carry(p)
	if list, err := List(t.Context(), db, "01A", message1); err != nil || len(list) != 1 || list[0].Code != string(square) {
		t.Errorf("%+v, %v", list, err)
	}
	p = rain()
	p.Message.Current.Number, p.Places[0].Code = 2, "110105001002" // the update is for another village
	r.carry(p)
	r.at(square, Stopped) // it was never told of the first
	r.at(school, Waiting)
	stop := &output.Parcel{Act: output.Stop, Stop: &output.Halt{Codes: []string{"110105001000"}}}
	r.carry(stop)
	r.at(school, Stopped)
	p.Places[0].Code = "110108000000"
	p.Message.ID = "01KY2MRN63K77HP3QTP2DVMZDA"
	if _, err := r.out.Carry(t.Context(), p); err == nil {
		t.Error("it is for nobody here")
	}
	p.Message.Current.Content.Sounds = nil
	if _, err := r.out.Carry(t.Context(), p); err == nil {
		t.Error("it has no sound")
	}
}

func TestAProgrammeIsFetchedByTheTerminals(t *testing.T) {
	t.Parallel()
	db, _ := storetest.SQLite(t, migrations)
	r := newRig(t, db, one(square))
	p := rain()
	c := &p.Message.Current.Content
	for relay, want := range map[string]string{"https://radio.example/live.mp3": "https://radio.example/live.mp3", "/media/abc": "http://node.example/media/abc"} {
		c.Sounds, c.Relay = nil, relay
		o, sound, err := r.out.(*group).order(t.Context(), p)
		if err != nil || len(sound) != 0 || len(o.Auxiliaries) != 1 || string(o.Auxiliaries[0].Data) != want {
			t.Errorf("%s: %+v, %v", relay, o, err)
		}
	}
	c.Relay = "fm:98200"
	if _, err := r.out.Carry(t.Context(), p); err == nil {
		t.Error("an IP terminal tunes to nothing")
	}
}

func TestAMessageThatIsOverIsLostWhereNobodyTookIt(t *testing.T) {
	t.Parallel()
	db, _ := storetest.SQLite(t, migrations)
	r := newRig(t, db, one(square))
	p := rain()
	p.Message.EndsAt = time.Now().Add(300 * time.Millisecond)
	r.carry(p)
	r.at(square, Lost)
	r.tells(output.GivenUp)
}

func TestSettings(t *testing.T) {
	terminal := `"terminals":[{"code":"` + string(square) + `","physical":"","key":""}]`
	for _, good := range []string{"file", "udp://@9000", "rtp://239.1.2.3:9000", "rtp://239.1.2.3:9000?ttl=4", "rtp://[ff02::1]:9000"} {
		if err := Driver(Deps{}).Check([]byte(`{"sound":"` + good + `",` + terminal + `}`)); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{`{}`, `{"sound":"file","terminals":[]}`, `{"sound":"rtp://10.1.1.1:9000",` + terminal + `}`, `{"sound":"udp://10.1.1.1:9000",` + terminal + `}`, `{"sound":"udp://@0",` + terminal + `}`,
		`{"sound":"rtp://239.1.1.1:65530",` + terminal + `}`, `{"sound":"file","x":1,` + terminal + `}`, `{"sound":"file","terminals":[{"code":"1"}]}`, `{"sound":"file","terminals":[{"code":"61101050010010314010400"}]}`,
		`{"sound":"file","terminals":[{"code":"` + string(square) + `","physical":"xy"}]}`, `{"sound":"file","terminals":[{"code":"` + string(square) + `","key":"00"}]}`,
		`{"sound":"file","terminals":[{"code":"` + string(square) + `"},{"code":"` + string(square) + `"}]}`} {
		if err := Driver(Deps{}).Check([]byte(bad)); !fault.IsKind(err, fault.Invalid) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// A connection that stands for months keeps nothing of messages that are over.
func TestAConnectionForgetsWhatIsOver(t *testing.T) {
	clk := clock.NewManual(time.Date(2026, 7, 21, 2, 0, 0, 0, time.UTC))
	g := &group{Deps: Deps{Clock: clk, Log: quiet}, shows: map[string]*show{}, by: map[ebd.ResourceCode]*terminal{}, dirty: map[*row]bool{}}
	sh := &show{message: message1, until: clk.Now(), carried: clk.Now(), rows: map[ebd.ResourceCode]*row{square: {State: Played}}}
	s := &session{given: map[*show]int{sh: 1}, ended: map[*show]int{sh: 1}, wake: make(chan struct{}, 1)}
	g.shows[message1], g.by[square] = sh, &terminal{group: g, code: square, session: s}
	clk.Advance(linger + time.Second)
	g.tick(t.Context())
	if len(g.shows)+len(s.given)+len(s.ended) > 0 {
		t.Errorf("%v, %v, %v", g.shows, s.given, s.ended)
	}
}

func TestWhatIsKnownOfAVersionGivesWayToNoEarlierOne(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB, _ *clock.Manual) {
		newer := row{Message: message1, Code: square, EBMID: ebmid, Number: 2, State: Waiting}
		older := newer
		older.Number, older.State = 1, Playing
		if err := db.Housekeep(t.Context(), func(tx *store.Tx) error { return putRows(t.Context(), tx, "01A", []row{newer, older}) }); err != nil {
			t.Fatal(err)
		}
		rows, err := rowsOf(t.Context(), db, "01A", message1)
		if err != nil || len(rows) != 1 || rows[0].Number != 2 || rows[0].State != Waiting {
			t.Errorf("%+v, %v", rows, err)
		}
	}, migrations)
}

func TestTheWholeCountryIsEverywhere(t *testing.T) {
	if !covered([]output.Place{{Code: "000000000000"}}, square) || covered([]output.Place{{Code: "120000000000"}}, square) {
		t.Error("a place covers what it should not, or not what it should")
	}
}

// When the program ends the door shuts, and then the outputs are closed: nothing was changed then, and
// nobody is told so.
func TestTheDoorShutsWithoutAWordWhenTheProgramEnds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB, _ *clock.Manual) {
		var said bytes.Buffer
		r := newRigLogging(t, db, one(square), slog.New(slog.NewTextHandler(&said, nil)))
		r.join(square, r.addr)
		joined := func() bool {
			g := r.out.(*group)
			g.mu.Lock()
			defer g.mu.Unlock()
			return g.by[square].session != nil
		}
		for until := time.Now().Add(20 * time.Second); !joined(); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(until) {
				t.Fatal("the terminal did not join")
			}
		}
		r.shut()
		r.out.Close()
		if said.Len() > 0 {
			t.Errorf("said %s", said.String())
		}
	}, migrations)
}
