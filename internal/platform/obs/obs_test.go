package obs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/trace"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/tongsheng/tongsheng/internal/platform/obs"
)

// Spans of requests arrive at an OTLP/HTTP receiver, named after the node.
func TestTracesArrive(t *testing.T) {
	requests := make(chan *collector.ExportTraceServiceRequest, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		var got collector.ExportTraceServiceRequest
		if err != nil || r.Method != http.MethodPost || r.URL.Path != "/v1/traces" || proto.Unmarshal(raw, &got) != nil {
			t.Errorf("%s %s: %v, %d bytes", r.Method, r.URL.Path, err, len(raw))
		}
		requests <- &got
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	defer receiver.Close()
	before := otel.GetTracerProvider()
	defer otel.SetTracerProvider(before)
	ctx := context.Background()
	flush, err := obs.Tracing(ctx, receiver.URL+"/v1/traces", "district-1", "1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	h := obs.Traced(true)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/api/alerts", nil))
	if err := flush(ctx); err != nil {
		t.Fatal(err)
	}
	got := (<-requests).String()
	for _, want := range []string{"district-1", "tongsheng", "1.2.3", "/api/alerts", "418"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in %s", want, got)
		}
	}
}

// Whoever sends methods of their own must not add a line to the metrics with each.
func TestMethodsOfStrangersAreNoLabels(t *testing.T) {
	m := obs.NewMetrics()
	r, asked := chi.NewRouter(), 0
	r.Use(m.Requests)
	r.MethodNotAllowed(func(http.ResponseWriter, *http.Request) { asked++ })
	r.Get("/", func(http.ResponseWriter, *http.Request) {})
	for i := range 100 {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest(fmt.Sprintf("M%d%s", i, strings.Repeat("X", 1000)), "/", nil))
		if w.Code != http.StatusNotImplemented {
			t.Fatalf("an unknown method got %d", w.Code)
		}
	}
	r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPut, "/", nil))
	if asked != 1 {
		t.Errorf("%d requests went on, want that with a known method alone", asked)
	}
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	body := w.Body.String()
	if strings.Contains(body, "XXX") || len(body) > 100_000 {
		t.Errorf("%d bytes of metrics hold the senders' words", len(body))
	}
	for _, want := range []string{`method="other",route="other",status="501"} 100`, `method="PUT"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
}

func TestReadyTellsWhatItGoesOnWithout(t *testing.T) {
	well := func(context.Context) error { return nil }
	broken := func(context.Context) error { return errors.New("broken") }
	for name, c := range map[string]struct {
		database, events func(context.Context) error
		status           int
		body             string
	}{
		"all is well": {well, well, http.StatusOK, "ready\n"},
		"events wait": {well, broken, http.StatusOK, "ready, without: events\n"},
		"no database": {broken, well, http.StatusServiceUnavailable, "not ready: database\n"},
		"neither":     {broken, broken, http.StatusServiceUnavailable, "not ready: database\n"},
	} {
		w := httptest.NewRecorder()
		obs.Ready(obs.Check{Name: "database", Run: c.database}, obs.Check{Name: "events", Run: c.events, Told: true})(
			w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		if w.Code != c.status || w.Body.String() != c.body {
			t.Errorf("%s: %d %q", name, w.Code, w.Body)
		}
	}
}

func TestNothingIsTracedUnlessAsked(t *testing.T) {
	before := otel.GetTracerProvider()
	flush, err := obs.Tracing(context.Background(), "", "x", "1")
	if err != nil || flush(context.Background()) != nil {
		t.Error(err)
	}
	if _, traced := otel.GetTracerProvider().(*trace.TracerProvider); traced || otel.GetTracerProvider() != before {
		t.Error("a provider was set")
	}
}
