package output

import (
	"context"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/openweb"
)

// receiver is how a gateway should take notices (docs/outputs.md): it checks the signature over
// the bytes as they came and the age of the timestamp, and takes each delivery once.
type receiver struct {
	secret []byte
	clock  clock.Clock
	mu     sync.Mutex
	taken  map[string]Notice
	fail   int // answers of 503 before it works
	gone   bool
}

func (g *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	stamp, _ := strconv.ParseInt(r.Header.Get(TimestampHeader), 10, 64)
	age := g.clock.Now().Sub(time.Unix(stamp, 0)).Abs()
	signed := hmac.Equal([]byte(r.Header.Get(SignatureHeader)), []byte(SignNotice(g.secret, r.Header.Get(TimestampHeader), body)))
	switch {
	case g.gone:
		w.WriteHeader(http.StatusGone)
	case g.fail > 0:
		g.fail--
		http.Error(w, "the carrier does\nnot answer "+strings.Repeat("断", maxWhy), http.StatusServiceUnavailable)
	case err != nil || !signed || age > 5*time.Minute:
		w.WriteHeader(http.StatusUnauthorized)
	default:
		var n Notice
		if json.Unmarshal(body, &n) != nil || n.ID != r.Header.Get(DeliveryHeader) {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		g.taken[n.ID] = n
		_, _ = io.WriteString(w, "\x00sms\u202e-"+ // of which nothing unseen is kept
			strconv.Itoa(len(g.taken)))
	}
}

func gateway(t *testing.T, secret string) (*receiver, Output) {
	clk := clock.NewManual(time.Date(2026, 7, 21, 2, 0, 0, 0, time.UTC))
	g := &receiver{secret: []byte("right"), clock: clk, taken: map[string]Notice{}}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	settings, _ := json.Marshal(WebhookSettings{URL: server.URL + "/notices"})
	d := Webhooks(clk)
	if err := d.Check(settings); err != nil {
		t.Fatal(err)
	}
	out, err := d.Open(Config{Settings: settings, Secret: []byte(secret)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(out.Close)
	return g, out
}

func parcel() *Parcel {
	end := time.Date(2026, 7, 21, 5, 0, 0, 0, time.UTC)
	msg := &message.Message{ID: "01M", Kind: message.TerminalDrill, Class: wire.Emergency, EndsAt: end,
		Current: &message.Version{Number: 2, Content: message.Content{Event: "10203", Severity: message.Red, Texts: []message.Text{{Lang: "zh", Title: "暴雨", Body: "雨大。"}}}}}
	return &Parcel{Task: "01T", Act: Play, Message: msg, Places: []Place{{Code: "110105000000", Zh: "朝阳区"}}, Attempt: 1}
}

func TestAGatewayTakesASignedNoticeOnce(t *testing.T) {
	g, out := gateway(t, "right")
	g.fail = 1
	if _, err := out.Carry(t.Context(), parcel()); err == nil || !strings.HasPrefix(err.Error(), "HTTP 503: the carrier does not answer 断") || strings.Count(err.Error(), "断") >= maxWhy {
		t.Fatalf("503, with more to say than is kept: %v", err)
	}
	for range 2 { // the answer to the first may have been lost
		r, err := out.Carry(t.Context(), parcel())
		if err != nil || r.State != Accepted || r.Proof.(webhookProof).Answer != "sms-1" {
			t.Fatalf("%+v, %v", r, err)
		}
	}
	n := g.taken["01T"]
	if len(g.taken) != 1 || n.Message != "01M" || n.Version != 2 || !n.Drill || n.Texts[0].Title != "【演练】暴雨" || n.Places[0].Zh != "朝阳区" {
		t.Errorf("%+v", g.taken)
	}
	g.gone = true
	var refused *Refused
	if _, err := out.Carry(t.Context(), parcel()); !errors.As(err, &refused) {
		t.Errorf("410: %v", err)
	}
}

func TestAGatewayTakesNothingWithAWrongSecret(t *testing.T) {
	g, out := gateway(t, "wrong")
	if _, err := out.Carry(t.Context(), parcel()); err == nil || len(g.taken) != 0 {
		t.Errorf("taken: %v, %v", g.taken, err)
	}
}

func TestASignedNoticeIsNotCarriedElsewhere(t *testing.T) {
	moved := httptest.NewServer(http.RedirectHandler("http://127.0.0.1:1/", http.StatusTemporaryRedirect))
	defer moved.Close()
	settings, _ := json.Marshal(WebhookSettings{URL: moved.URL})
	out, err := Webhooks(clock.System{}).Open(Config{Settings: settings, Secret: []byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if _, err := out.Carry(context.Background(), parcel()); err == nil || err.Error() != "HTTP 307" {
		t.Errorf("%v", err)
	}
}

func TestWebhookSettings(t *testing.T) {
	for _, bad := range []string{`{}`, `{"url":"ftp://a"}`, `{"url":"https://user:word@a/"}`, `{"url":"https://a/","more":1}`, `{"url":1}`, `[]`} {
		if err := Webhooks(clock.System{}).Check([]byte(bad)); !fault.IsKind(err, fault.Invalid) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// The address of a gateway may hold a key, and what it failed with is for more people's eyes.
func TestAFailureDoesNotTellTheAddress(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	settings, _ := json.Marshal(WebhookSettings{URL: gone.URL + "/notices?key=secret"})
	out, err := Webhooks(clock.System{}).Open(Config{Settings: settings, Secret: []byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if _, err := out.Carry(t.Context(), parcel()); err == nil || strings.Contains(openweb.Why(err), "secret") {
		t.Errorf("%v", err)
	}
}
