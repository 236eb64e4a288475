package app

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/config"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// freePort is an address that nobody listens on.
func freePort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestMetricsHaveAnAddressOfTheirOwn(t *testing.T) {
	cfg := config.Default()
	cfg.Data, cfg.MQTT.Listen, cfg.HTTP.Listen, cfg.HTTP.Metrics = t.TempDir(), "", freePort(t), freePort(t)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	a, err := Open(ctx, cfg, slog.New(slog.DiscardHandler), "test")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	<-a.Ready()
	get := func(address string) (int, string) {
		for try := 0; ; try++ {
			res, err := http.Get("http://" + address + "/metrics")
			if err == nil {
				defer res.Body.Close()
				raw, _ := io.ReadAll(res.Body)
				return res.StatusCode, string(raw)
			}
			if try == 100 {
				t.Fatal(err)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	if status, body := get(cfg.HTTP.Metrics); status != http.StatusOK || !strings.Contains(body, "tongsheng_terminals_connected") || !strings.Contains(body, "tongsheng_http_connections ") {
		t.Errorf("own address: %d %.200s", status, body)
	}
	if status, body := get(cfg.HTTP.Listen); status != http.StatusNotFound || strings.Contains(body, "tongsheng_") {
		t.Errorf("public address: %d %.200s", status, body)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestMetricsBesideTheRestAreForThisMachine(t *testing.T) {
	a := openTest(t)
	for name, c := range map[string]struct {
		peer, forwarded string
		want            int
	}{
		"this machine":                {"127.0.0.1:9", "", http.StatusOK},
		"another":                     {"192.0.2.1:9", "", http.StatusNotFound},
		"a stranger behind our proxy": {"127.0.0.1:9", "192.0.2.1", http.StatusNotFound},
	} {
		r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		r.RemoteAddr = c.peer
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		w := httptest.NewRecorder()
		a.handler.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
}

// More idle connections than the web's share of the descriptors leave the node answering
// those that are let in, and the rest of the descriptors alone.
func TestIdleConnectionsLeaveDescriptors(t *testing.T) {
	cfg := config.Default()
	cfg.Data, cfg.MQTT.Listen, cfg.HTTP.Listen = t.TempDir(), "", freePort(t)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	a, err := Open(ctx, cfg, slog.New(slog.DiscardHandler), "test")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	refused := make(chan string, 100)
	a.conns = httpapi.NewConnections(20, 10, nil, a.clock, a.log, func(why string) { refused <- why })
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	<-a.Ready()
	var idle []net.Conn
	for range 30 {
		conn, err := net.Dial("tcp", cfg.HTTP.Listen)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		idle = append(idle, conn)
	}
	for range 10 {
		select {
		case why := <-refused:
			if why != httpapi.OverAll {
				t.Errorf("refused for %s", why)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%d connections are open", a.conns.Open())
		}
	}
	if open := a.conns.Open(); open != 20 {
		t.Errorf("%d connections are open", open)
	}
	for _, conn := range idle {
		conn.Close()
	}
	for end := time.Now().Add(10 * time.Second); a.conns.Open() > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d connections are counted that were closed", a.conns.Open())
		}
	}
	res, err := http.Get("http://" + cfg.HTTP.Listen + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
