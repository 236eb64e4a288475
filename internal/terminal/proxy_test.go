package terminal

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/obs/obstest"
)

// proxy puts a certificate of its own in front of the town's web pages, as a city's
// reverse proxy does; the gateway for terminals keeps the town's.
func (w *town) proxy() (server *httptest.Server, pin string) {
	w.t.Helper()
	cert := certify(w.t.(*testing.T), "127.0.0.1", certify(w.t.(*testing.T), "authority", nil))
	server = httptest.NewUnstartedServer(w.http.Config.Handler)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{*cert}}
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	server.StartTLS()
	w.t.Cleanup(server.Close)
	sum := sha256.Sum256(cert.Certificate[0])
	return server, hex.EncodeToString(sum[:])
}

func TestBehindAProxyEachDoorHasItsOwnPin(t *testing.T) {
	w := newTown(t)
	web, pin := w.proxy()
	c := Config{Dir: t.TempDir(), Firmware: "test", Clock: clock.System{}, Log: quiet, Player: newStage()}
	ctx := context.Background()
	soon, stop := context.WithTimeout(ctx, time.Second) // it goes on trying
	defer stop()
	if _, err := Enrol(soon, c, Enrolment{Server: web.URL, Pin: w.pin, Token: "let-me-in", Model: "TS-1", Serial: "1"}); err == nil {
		t.Fatal("it enrolled at a server that does not show the pinned certificate")
	}
	if _, err := Enrol(ctx, c, Enrolment{Server: web.URL, Pin: pin, Token: "let-me-in", Model: "TS-1", Serial: "1"}); err != nil {
		t.Fatal(err)
	}
	a, _ := w.run(c)
	w.await("hello through the gateway", func(r report) bool { return r.up.Hello != nil })
	if _, err := a.platform.now(ctx); err != nil {
		t.Errorf("the time through the proxy: %v", err)
	}
	sample := []byte("sample")
	if err := a.upload(ctx, blob.Digest(sample), sample); err != nil {
		t.Errorf("a sample through the proxy: %v", err)
	}
}

// A folder from before there were two pins goes on working as it did.
func TestAnOldIdentityKeepsItsPin(t *testing.T) {
	w := newTown(t)
	c := w.enrolled(t.TempDir())
	f := folder(c.Dir)
	var raw map[string]json.RawMessage
	if _, err := f.readJSON("identity.json", &raw); err != nil || raw["pin"] == nil {
		t.Fatalf("the pin for HTTPS is not kept: %v", err)
	}
	delete(raw, "pin")
	if err := f.writeJSON("identity.json", raw); err != nil {
		t.Fatal(err)
	}
	a, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.platform.now(context.Background()); err != nil {
		t.Error(err)
	}
}

// What fails over HTTPS is not silent.
func TestAWebThatDoesNotAnswerIsLogged(t *testing.T) {
	w := newTown(t)
	web, pin := w.proxy()
	said := new(obstest.Diary)
	c := Config{Dir: t.TempDir(), Firmware: "test", Clock: clock.System{}, Log: slog.New(slog.NewTextHandler(said, nil)), Player: newStage()}
	if _, err := Enrol(context.Background(), c, Enrolment{Server: web.URL, Pin: pin, Token: "let-me-in", Model: "TS-1", Serial: "1"}); err != nil {
		t.Fatal(err)
	}
	web.Close()
	w.run(c)
	for range 500 {
		if text := said.String(); strings.Contains(text, "level=WARN") && strings.Contains(text, "did not tell the time") {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("it said %q", said.String())
}
