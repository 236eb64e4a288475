// Package obs lets operators see what the process does: structured logs, Prometheus
// metrics, health and readiness, and OpenTelemetry traces when configured.
package obs

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.26.0"
)

// Logger writes records at or above level to w, as text or JSON.
func Logger(w io.Writer, level, format string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("obs: log level %q: use debug, info, warn or error", level)
	}
	options := &slog.HandlerOptions{Level: l}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return slog.New(slog.NewTextHandler(w, options)), nil
}

// Metrics is the process's registry.
type Metrics struct {
	Registry *prometheus.Registry
	requests *prometheus.HistogramVec
}

// NewMetrics makes a registry with the process's own figures.
func NewMetrics() *Metrics {
	m := &Metrics{Registry: prometheus.NewRegistry(), requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "tongsheng_http_request_seconds", Help: "Time to answer, by route.",
		Buckets: []float64{.001, .0025, .005, .01, .02, .05, .1, .25, 1, 5},
	}, []string{"method", "route", "status"})}
	m.Registry.MustRegister(m.requests, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Gauge registers a figure that is read when asked for.
func (m *Metrics) Gauge(name, help string, read func() float64) {
	m.Registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "tongsheng_" + name, Help: help}, read))
}

// Counter registers a figure that only grows.
func (m *Metrics) Counter(name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tongsheng_" + name, Help: help}, labels)
	m.Registry.MustRegister(c)
	return c
}

// methods are those of net/http. Any other word is the sender's own, as long as a header
// may be: a label made from it would let strangers fill the memory.
var methods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
	http.MethodDelete, http.MethodConnect, http.MethodOptions, http.MethodTrace}

// Requests measures every request by its route, never by its path, which would name things.
// A method that nobody knows is refused here, before anything else looks at the request.
func (m *Metrics) Requests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains(methods, r.Method) {
			m.requests.WithLabelValues("other", "other", strconv.Itoa(http.StatusNotImplemented)).Observe(0)
			w.WriteHeader(http.StatusNotImplemented)
			return
		}
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		timer := prometheus.NewTimer(prometheus.ObserverFunc(func(seconds float64) {
			route := chi.RouteContext(r.Context()).RoutePattern()
			if route == "" {
				route = "other"
			}
			m.requests.WithLabelValues(r.Method, route, strconv.Itoa(max(ww.Status(), 200))).Observe(seconds)
		}))
		next.ServeHTTP(ww, r)
		timer.ObserveDuration()
	})
}

// Handler serves the registry.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.Registry, promhttp.HandlerOpts{})
}

// Check is one thing that must work for the process to be ready.
type Check struct {
	Name string
	Run  func(context.Context) error
	// Told says that the process goes on without it: whoever asks is told, and nobody
	// takes the process out of service. Who owns the thing logs what is wrong with it.
	Told bool
}

// Ready answers 200 when every check passes, else 503 with the names of those that fail.
func Ready(checks ...Check) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
		defer cancel()
		var failed, told []string
		for _, c := range checks {
			switch err := c.Run(ctx); {
			case err == nil:
			case c.Told:
				told = append(told, c.Name)
			default:
				slog.WarnContext(ctx, "not ready", "check", c.Name, "error", err)
				failed = append(failed, c.Name)
			}
		}
		if len(failed) > 0 {
			http.Error(w, "not ready: "+strings.Join(failed, ", "), http.StatusServiceUnavailable)
			return
		}
		if len(told) > 0 {
			_, _ = io.WriteString(w, "ready, without: "+strings.Join(told, ", ")+"\n")
			return
		}
		_, _ = io.WriteString(w, "ready\n")
	}
}

// Tracing sends traces to an OTLP/HTTP endpoint; with none it does nothing. The returned
// function flushes what is left.
func Tracing(ctx context.Context, endpoint, site, version string) (func(context.Context) error, error) {
	if endpoint == "" {
		return func(context.Context) error { return nil }, nil
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint))
	if err != nil {
		return nil, fmt.Errorf("obs: traces: %w", err)
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(resource.NewSchemaless(
		semconv.ServiceName("tongsheng"), semconv.ServiceInstanceID(site), semconv.ServiceVersion(version))))
	otel.SetTracerProvider(provider)
	return provider.Shutdown, nil
}

// Traced wraps a handler in a span per request when tracing is on.
func Traced(on bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		if !on {
			return next
		}
		return otelhttp.NewHandler(next, "http")
	}
}
