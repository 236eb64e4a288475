package alert

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/duty"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/peer"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/speech"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// bench is a platform with its town, standing still until a test moves it.
type bench struct {
	*testing.T
	m       *Module
	town    *town
	clk     *clock.Manual
	deps    Deps
	staff   *staff
	handler http.Handler
	news    *news
	far     *far
	pager   *pager
}

// news keeps what browsers were told.
type news struct {
	mu   sync.Mutex
	told map[string][]any
	on   func(name string, data any) // hears of each first; nil for nobody
}

func (n *news) Tell(name string, _ auth.Permission, _ string, data any) {
	if n.on != nil {
		n.on(name, data)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.told[name] = append(n.told[name], data)
}

// staff is who stands behind people: those with the same hand are not independent.
type staff struct {
	hand map[string]string
	clk  *clock.Manual
	asks func(secret string) // hears of each secret that is asked about; nil for nobody
}

func (s *staff) Independent(_ context.Context, _ store.Queryer, a, b string) (bool, error) {
	return s.hand[a] == "" || s.hand[a] != s.hand[b], nil
}

func (s *staff) Holders(_ context.Context, perm auth.Permission, path string) (found []duty.Person, err error) {
	for _, g := range people {
		if slices.Contains(g.perms, perm) && strings.HasPrefix(path, g.path) {
			found = append(found, duty.Person{ID: "user:" + g.id, Name: g.id})
		}
	}
	return found, nil
}

func (s *staff) Principal(_ context.Context, id string) (*auth.Principal, error) {
	return people[strings.TrimPrefix(id, "user:")].principal(s.clk), nil
}

func (s *staff) HashSecret(_ context.Context, secret string) (string, error) {
	return blob.Digest([]byte(secret)), nil
}

func (s *staff) SecretIs(_ context.Context, secret, hash string) (bool, error) {
	if s.asks != nil {
		s.asks(secret)
	}
	return blob.Digest([]byte(secret)) == hash, nil
}

// pager keeps what staff were told.
type pager struct {
	mu   sync.Mutex
	down bool
	told []duty.StaffNotice
	hold func(ctx context.Context, url string) error // before a gateway takes a notice; nil for nothing
}

func (p *pager) Notify(ctx context.Context, url string, _ []byte, _ string, body []byte) error {
	if p.hold != nil {
		if err := p.hold(ctx, url); err != nil {
			return err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down {
		return errors.New("HTTP 503")
	}
	var n duty.StaffNotice
	err := json.Unmarshal(body, &n)
	p.told = append(p.told, n)
	return err
}

type signer struct {
	key  *ebd.PrivateKey
	cert *ebd.Certificate
	last uint64
}

func (s *signer) Signing() (*ebd.PrivateKey, *ebd.Certificate) { return s.key, s.cert }

func (s *signer) NextOrder(context.Context, *store.Tx) (uint64, error) {
	s.last++
	return s.last, nil
}

func (s *signer) OrdersGiven(_ context.Context, _ *store.Tx, last uint64) error {
	s.last = max(s.last, last)
	return nil
}

// plain keeps secrets as they are.
type plain struct{}

func (plain) Seal(b []byte, purpose string) ([]byte, error) {
	return append([]byte(purpose), b...), nil
}
func (plain) Open(b []byte, purpose string) ([]byte, error) { return b[len(purpose):], nil }

// each runs a test on both databases.
func each(t *testing.T, fn func(b *bench)) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) { fn(newBench(t, db, clk)) }, Migrations())
}

func newBench(t *testing.T, db *store.DB, clk *clock.Manual) *bench {
	t.Helper()
	root, err := ebd.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	key, err := ebd.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	issuer, number := ebd.SerialNumber{0, 0, 0, 0, 0, 1}, ebd.SerialNumber{0, 0, 0, 0, 1, 0}
	cert, err := ebd.IssueCertificate(root, issuer, number, key.Public(), clk.Now().AddDate(2, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := blob.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{T: t, clk: clk, town: newTown(clk.Now), news: &news{told: map[string][]any{}}, far: new(far), staff: &staff{hand: map[string]string{}, clk: clk}, pager: new(pager)}
	b.town.trust = wire.Trust{Issuers: map[ebd.SerialNumber]ebd.PublicKey{issuer: root.Public()}}
	b.deps = Deps{DB: db, Clock: clk, Log: slog.New(slog.DiscardHandler), Live: b.news, Platform: platform, Home: home, Level: rule.City, Zone: time.FixedZone("UTC+8", 8*3600), Regions: b.town, Staff: b.staff,
		Terminals: b.town, Signer: &signer{key: key, cert: cert}, Sender: b.town, Speech: speech.New(nil), Blobs: blobs, Sealer: plain{}, Drivers: map[string]output.Driver{output.KindWebhook: b.far.driver()},
		Notifier: b.pager, Authority: root.Public(), PublicURL: "https://city.example", Issuer: Issuer{"北京市应急广播", "Beijing emergency broadcasting"},
		Root: func() *ebd.Certificate { return &ebd.Certificate{Number: issuer, Key: root.Public()} }, Self: peer.Thing{Code: platform, Name: "北京市应急广播", URL: "http://127.0.0.1:9/ebd", State: ebd.RunNormal, Words: "运行正常"}}
	b.restart()
	return b
}

// restart is what follows a crash: everything in memory is gone.
func (b *bench) restart() {
	b.Helper()
	var err error
	if b.m, err = New(context.Background(), b.deps); err != nil {
		b.Fatal(err)
	}
	router := chi.NewRouter()
	router.Use(httpapi.Languages, httpapi.Identify(func(r *http.Request) (*auth.Principal, error) {
		return people[r.Header.Get("X-Person")].principal(b.clk), nil
	}))
	b.m.Register(httpapi.New(router, "test", []string{"tv-trust", "tv-stream", "tv-orders", "tv-report", "alert-public-list", "alert-public-ended", "alert-public-get", "alert-media", "phone-call", "alert-cap-push", "alert-cap-feed", "alert-cap-message", "alert-cap-version", "alert-cap-authority", "alert-ebd"}))
	b.handler = router
}

// person is somebody with every permission named, in one region.
type grant struct {
	id, path string
	perms    []auth.Permission
}

func (g *grant) principal(clk *clock.Manual) *auth.Principal {
	if g == nil {
		return nil
	}
	granted := map[auth.Permission][]string{}
	for _, p := range g.perms {
		granted[p] = []string{g.path}
	}
	p := auth.NewPrincipal(auth.Actor{ID: "user:" + g.id, Name: g.id}, granted)
	if g.id != "stale" {
		p.Fresh = clk.Now()
	}
	return p
}

var (
	officer = []auth.Permission{PermRead, PermDraft, PermCancel, PermHandle, PermReport, PermDuty}
	leader  = Permissions()
	people  = map[string]*grant{
		"li": {"li", home, officer}, "wang": {"wang", home, leader}, "zhao": {"zhao", home, leader}, "stale": {"stale", home, leader},
		"chaoyang": {"chaoyang", home + "110105.", leader}, "haidian": {"haidian", home + "110108.", leader},
		"town": {"town", home + "110105.110105001.", officer}, "viewer": {"viewer", home, []auth.Permission{PermRead}},
		"nobody": {"nobody", home, nil}, "chief": {"chief", "cn.", leader},
	}
)

func (b *bench) as(who string) context.Context {
	return auth.With(context.Background(), people[who].principal(b.clk))
}

// call makes a request and decodes the answer; want is the status.
func (b *bench) call(who, method, path string, body any, want int, into any, headers ...string) *httptest.ResponseRecorder {
	b.Helper()
	var in io.Reader
	if raw, ok := body.([]byte); ok {
		in = strings.NewReader(string(raw))
	} else if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			b.Fatal(err)
		}
		in = strings.NewReader(string(raw))
	}
	b.clk.Advance(time.Millisecond) // acts of one instant have no order
	r := httptest.NewRequest(method, path, in)
	r.Header.Set("X-Person", who)
	if _, ok := body.([]byte); ok {
		r.Header.Set("Content-Type", "application/octet-stream")
	} else if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	if w.Code != want {
		b.Fatalf("%s %s by %s: %d, want %d: %s", method, path, who, w.Code, want, w.Body)
	}
	if into != nil {
		reflect.ValueOf(into).Elem().SetZero() // absent fields are absent
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
			b.Fatalf("%s %s: %v: %s", method, path, err, w.Body)
		}
	}
	return w
}

// rain is an orange message, which one other person must countersign.
func (b *bench) rain(regions ...string) draft {
	return draft{Kind: message.Real, Class: wire.Emergency, Wording: Wording{Event: "10203", Severity: message.Orange,
		Texts: []message.Text{{Lang: "zh", Title: "暴雨橙色预警", Body: "预计未来三小时降雨超过50毫米。", Advice: "请不要外出。"}},
		Area:  message.Area{Regions: regions}, EndsAt: b.clk.Now().Add(6 * time.Hour), Repeat: message.Repeat{Count: 2, IntervalSeconds: 5}}}
}

// checked writes and submits a message without sound.
func (b *bench) checked(d draft) *message.Message {
	b.Helper()
	b.clk.Advance(time.Millisecond) // as in call
	msg, err := b.m.create(b.as("li"), d, "")
	if err != nil {
		b.Fatal(err)
	}
	if msg, err = b.m.check(b.as("li"), msg.ID, submission{TextOnly: true}); err != nil {
		b.Fatal(err)
	}
	return msg
}

// issued writes, submits and countersigns a message.
func (b *bench) issued(d draft) *message.Message {
	b.Helper()
	return b.approve(b.checked(d))
}

func (b *bench) approve(msg *message.Message) *message.Message {
	b.Helper()
	for _, who := range []string{"wang", "zhao"}[:msg.Open.Required] {
		var err error
		if msg, err = b.m.countersign(b.as(who), msg.ID, msg.Open.Digest); err != nil {
			b.Fatal(err)
		}
	}
	if !msg.State.Open() {
		b.Fatalf("the message is %s", msg.State)
	}
	return msg
}

// look lets the platform do what is due, and takes what terminals answer.
func (b *bench) look() {
	b.Helper()
	b.clk.Advance(time.Millisecond)
	ctx := context.Background()
	b.do(b.m.desk.Look(ctx))
	b.receipts()
	b.do(b.m.desk.Flush(ctx))
	b.m.keepUp(ctx)
	b.do(b.m.desk.Look(ctx))
	b.receipts()
	b.do(b.m.desk.Flush(ctx))
	b.m.desk.Tell()
}

func (b *bench) receipts() {
	b.Helper()
	b.do(b.m.TakeReceipts(context.Background(), b.town.answers()))
}

func (b *bench) do(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) read(id string) *message.Message {
	b.Helper()
	msg, err := readMessage(context.Background(), b.deps.DB, id)
	b.do(err)
	return msg
}

func (b *bench) figures(id string) delivery.Figures {
	b.Helper()
	f, err := b.m.desk.Figures(context.Background(), b.read(id).No, auth.Everywhere)
	b.do(err)
	if f == nil {
		return delivery.Figures{}
	}
	return *f
}

func (b *bench) hello(s *speaker) {
	b.Helper()
	s.Online = true
	b.do(b.m.Welcome(context.Background(), []delivery.Hello{{Code: s.Code, Held: s.held()}}))
	b.receipts()
}
