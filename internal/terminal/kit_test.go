package terminal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm3"
	"github.com/oklog/ulid/v2"
	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/gateway"
)

const office = ebd.ResourceCode("21100000000000101010101")

var quiet = slog.New(slog.DiscardHandler)

// town is a platform for tests: the real gateway, real HTTPS, real
// signatures. What it hears from terminals it opens, checks and keeps.
type town struct {
	t        testing.TB
	gateway  *gateway.Gateway
	http     *httptest.Server
	mqtt     string
	pin      string
	ca       *ebd.PrivateKey
	receipts *ebd.PrivateKey
	signer   *wire.Signer
	seq      uint64

	mu       sync.Mutex
	confirm  bool
	devices  map[ebd.ResourceCode]ebd.PublicKey
	sessions map[ebd.ResourceCode]*wire.ServerSession
	windows  map[ebd.ResourceCode]*wire.Window
	files    map[string][]byte
	fetches  int
	samples  map[string][]byte
	heard    []report
	more     chan struct{} // closed and replaced on every report
}

type report struct {
	code ebd.ResourceCode
	up   *wire.Up
}

func newTown(t testing.TB) *town {
	t.Helper()
	w := &town{t: t, ca: key(t), receipts: key(t), confirm: true, devices: map[ebd.ResourceCode]ebd.PublicKey{},
		sessions: map[ebd.ResourceCode]*wire.ServerSession{}, windows: map[ebd.ResourceCode]*wire.Window{},
		files: map[string][]byte{}, samples: map[string][]byte{}, more: make(chan struct{})}
	w.signer = w.newSigner(w.ca, w.now().AddDate(1, 0, 0))
	w.http = httptest.NewUnstartedServer(w.handler())
	w.http.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	w.http.StartTLS()
	t.Cleanup(w.http.Close)
	sum := sha256.Sum256(w.http.Certificate().Raw)
	w.pin = hex.EncodeToString(sum[:])
	var err error
	if w.gateway, err = gateway.Open(gateway.Options{Listen: "127.0.0.1:0", TLS: w.http.TLS.Clone(), Clock: clock.System{}, Log: quiet}); err != nil {
		t.Fatal(err)
	}
	w.mqtt = w.gateway.Addr()
	stop, _ := w.gateway.Serve(w.admit, w.receive)
	t.Cleanup(stop)
	return w
}

func key(t testing.TB) *ebd.PrivateKey {
	k, err := ebd.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func (w *town) now() time.Time { return clock.System{}.Now() }

func (w *town) newSigner(ca *ebd.PrivateKey, until time.Time) *wire.Signer {
	k := key(w.t)
	cert, err := ebd.IssueCertificate(ca, ebd.SerialNumber{5: 1}, ebd.SerialNumber{4: 1}, k.Public(), until)
	if err != nil {
		w.t.Fatal(err)
	}
	return &wire.Signer{Key: k, Cert: cert}
}

func (w *town) admit(code, password, _ string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := ebd.ResourceCode(code)
	device, ok := w.devices[c]
	if !ok {
		return false
	}
	id, err := wire.OpenToken(password, device, c, wire.ForConnect, w.now())
	if err != nil {
		return false
	}
	w.sessions[c], err = wire.NewServerSession(w.receipts, device, c, id)
	return err == nil
}

func (w *town) receive(code string, frame []byte) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := ebd.ResourceCode(code)
	up, err := w.sessions[c].Open(frame)
	if err != nil {
		w.t.Errorf("frame up: %v", err)
		return true
	}
	if w.windows[c] == nil {
		w.windows[c] = new(wire.Window)
	}
	if !w.windows[c].Accept(up.Session, up.Counter) {
		w.t.Errorf("%s: counter %d came again", code, up.Counter)
	}
	if w.confirm && (up.Result != nil || up.Receipt != nil && up.Receipt.Phase.Final()) {
		f, err := w.sessions[c].Confirm([]uint64{up.Counter})
		if err != nil {
			w.t.Errorf("confirm: %v", err)
		}
		w.gateway.Send(code, f)
	}
	w.heard = append(w.heard, report{c, up})
	close(w.more)
	w.more = make(chan struct{})
	return true
}

func (w *town) handler() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("POST /api/terminal/enrol", func(rw http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		req, err := wire.ReadEnrolRequest(b)
		if err != nil || req.Token != "let-me-in" {
			rw.WriteHeader(http.StatusForbidden)
			fmt.Fprint(rw, `{"title":"no such token"}`)
			return
		}
		w.mu.Lock()
		if req.Code == "" {
			req.Code = loudspeaker1(len(w.devices))
		}
		w.devices[req.Code] = ebd.PublicKey(req.Key)
		w.mu.Unlock()
		at := wire.At(116.4, 39.9)
		_ = json.NewEncoder(rw).Encode(wire.EnrolResponse{Code: req.Code, Region: req.Code.Area(), Position: &at, Volume: 60,
			Issuers:    []wire.Issuer{{Number: ebd.SerialNumber{5: 1}, Key: wire.KeyText(w.ca.Public())}},
			ReceiptKey: wire.KeyText(w.receipts.Public()), MQTT: "tls://" + w.mqtt, TLSPin: w.pin, MediaBase: w.http.URL, Period: 5, At: w.now().UnixMicro()})
	})
	m.HandleFunc("GET /api/terminal/time", func(rw http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(rw, `{"at":%d}`, w.now().UnixMicro())
	})
	m.HandleFunc("GET /media/{name}", func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		b, ok := w.files[r.URL.Path]
		w.fetches++
		w.mu.Unlock()
		if !ok {
			rw.WriteHeader(http.StatusNotFound)
		}
		_, _ = rw.Write(b)
	})
	m.HandleFunc("PUT /api/terminal/samples/{sm3}", func(rw http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		sum := sm3.Sum(b)
		f := strings.Fields(r.Header.Get("Authorization"))
		w.mu.Lock()
		defer w.mu.Unlock()
		code := ebd.ResourceCode(f[1])
		_, err := wire.OpenToken(f[2], w.devices[code], code, wire.ForUpload+r.PathValue("sm3"), w.now())
		if err != nil || hex.EncodeToString(sum[:]) != r.PathValue("sm3") {
			w.t.Errorf("sample: %v", err)
			rw.WriteHeader(http.StatusForbidden)
			return
		}
		w.samples[r.PathValue("sm3")] = b
		rw.WriteHeader(http.StatusCreated)
	})
	return m
}

// loudspeaker1 is the code of the n-th loudspeaker, a hundred to a village.
func loudspeaker1(n int) ebd.ResourceCode {
	c, err := ebd.Resource{Level: ebd.Village, Area: ebd.AreaCode(fmt.Sprintf("110101%03d001", 1+n/99)), Type: ebd.TypeLoudspeaker, Seq: 1, Subtype: ebd.SubtypeTerminal, SubSeq: 1 + n%99}.Code()
	if err != nil {
		panic(err)
	}
	return c
}

// message is an order to play for an hour in the whole district.
func (w *town) message(change ...func(*wire.Order)) *wire.Order {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seq++
	now := w.now()
	o := &wire.Order{ID: ulid.Make().String(), From: office, Version: 1, Seq: w.seq, Kind: wire.Play, Class: wire.Emergency, Severity: ebd.SeverityRed,
		Event: "10203", Rank: 100, Issued: now.UnixMicro(), ValidFrom: now.UnixMicro(), ValidUntil: now.Add(time.Hour).UnixMicro(),
		Area: wire.Area{Regions: []ebd.AreaCode{"110101000000"}}, Texts: []wire.Text{{Lang: "zh-CN", Body: "请立即转移。"}}}
	for _, f := range change {
		f(o)
	}
	return o
}

// again is the next version of a message.
func (w *town) again(o *wire.Order, change ...func(*wire.Order)) *wire.Order {
	return w.message(append([]func(*wire.Order){func(n *wire.Order) { n.ID, n.Version = o.ID, o.Version+1 }}, change...)...)
}

func (w *town) sound(path string, b []byte, ms int) wire.Audio {
	sum := sm3.Sum(b)
	w.mu.Lock()
	w.files[path] = b
	w.mu.Unlock()
	return wire.Audio{Lang: "zh-CN", SM3: hex.EncodeToString(sum[:]), Bytes: int64(len(b)), MIME: "audio/wav", Path: path, Millis: ms}
}

func (w *town) frame(s *wire.Signer, o *wire.Order) []byte {
	w.t.Helper()
	f, err := s.NewFrame(o, w.now())
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}

func (w *town) send(code ebd.ResourceCode, frame []byte) {
	w.gateway.Send(string(code), frame)
}

func (w *town) issue(code ebd.ResourceCode, o *wire.Order) {
	w.t.Helper()
	w.send(code, w.frame(w.signer, o))
}

// await waits until a report matches and gives it.
func (w *town) await(what string, match func(report) bool) report {
	w.t.Helper()
	deadline := time.After(3 * time.Minute)
	for seen := 0; ; {
		w.mu.Lock()
		fresh, more := w.heard[seen:], w.more
		seen = len(w.heard)
		w.mu.Unlock()
		for _, r := range fresh {
			if match(r) {
				return r
			}
		}
		select {
		case <-more:
		case <-deadline:
			w.t.Fatalf("never heard of %s; heard %s", what, w.told())
		}
	}
}

func (w *town) told() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var b strings.Builder
	for _, r := range w.heard {
		j, _ := json.Marshal(map[string]any{"receipt": r.up.Receipt, "result": r.up.Result})
		fmt.Fprintf(&b, "\n  %c %s", r.up.Kind, j)
	}
	return b.String()
}

// reaches waits for a receipt of o in a phase.
func (w *town) reaches(o *wire.Order, p wire.Phase, why wire.Reason) *wire.Receipt {
	w.t.Helper()
	return w.await(fmt.Sprintf("%s %s %s", o.ID, p, why), func(r report) bool {
		x := r.up.Receipt
		return x != nil && x.Order == o.ID && x.Version == o.Version && x.Phase == p && x.Reason == why
	}).up.Receipt
}

// phases lists what was said of an order, in order of arrival.
func (w *town) phases(o *wire.Order) (all []wire.Phase) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.heard {
		if x := r.up.Receipt; x != nil && x.Order == o.ID && x.Version == o.Version {
			all = append(all, x.Phase)
		}
	}
	return all
}

// forget begins a new listening.
func (w *town) forget() {
	w.mu.Lock()
	w.heard = nil
	w.mu.Unlock()
}

// stage is a player that sounds until it is told that a pass is over.
type stage struct {
	over chan Outcome
	mu   sync.Mutex
	runs []string // ids, each time one sounds
}

func newStage() *stage { return &stage{over: make(chan Outcome)} }

func (s *stage) Play(ctx context.Context, o *wire.Order, _ Cue, begun func(wire.Source)) Outcome {
	s.mu.Lock()
	s.runs = append(s.runs, o.ID)
	s.mu.Unlock()
	begun(wire.FromAudio)
	select {
	case end := <-s.over:
		return end
	case <-ctx.Done():
		return Outcome{}
	}
}

func (s *stage) times(o *wire.Order) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range s.runs {
		if id == o.ID {
			n++
		}
	}
	return n
}

// enrolled makes an agent's folder.
func (w *town) enrolled(dir string) Config {
	w.t.Helper()
	c := Config{Dir: dir, Firmware: "test", Clock: clock.System{}, Log: quiet}
	if _, err := Enrol(context.Background(), c, Enrolment{Server: w.http.URL, Pin: w.pin, Token: "let-me-in", Model: "TS-1", Serial: "1"}); err != nil {
		w.t.Fatal(err)
	}
	return c
}

// run starts an agent, waits for its hello, and returns how to stop it.
func (w *town) run(c Config) (a *Agent, stop func()) {
	w.t.Helper()
	a, err := Open(c)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = a.Run(ctx) }()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	w.t.Cleanup(stop)
	w.await("hello", func(r report) bool { return r.up.Kind == wire.UpHello })
	return a, stop
}
