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
	if status, body := get(cfg.HTTP.Metrics); status != http.StatusOK || !strings.Contains(body, "tongsheng_terminals_connected") {
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
