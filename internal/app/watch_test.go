package app

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/store"
)

type waits struct{}

func (waits) EventName() string          { return "test.waits" }
func (waits) Aggregate() (string, int64) { return "thing", 1 }

// What waits to be published is among the figures, before anybody misses it.
func TestTheOutboxIsMeasured(t *testing.T) {
	a, ctx := openTest(t), context.Background() // it does not run, so nothing is published
	figure := func(name string) string {
		w := httptest.NewRecorder()
		a.metrics.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		for line := range strings.Lines(w.Body.String()) {
			if value, ok := strings.CutPrefix(line, name+" "); ok {
				return strings.TrimSpace(value)
			}
		}
		return "none"
	}
	if got := figure("tongsheng_outbox_events"); got != "0" {
		t.Fatalf("%s events wait before any was emitted", got)
	}
	if err := a.db.Housekeep(ctx, func(tx *store.Tx) error { return tx.Emit(ctx, waits{}) }); err != nil {
		t.Fatal(err)
	}
	if got, age := figure("tongsheng_outbox_events"), figure("tongsheng_outbox_age_seconds"); got != "1" || age == "none" || age == "0" {
		t.Errorf("outbox_events %s, outbox_age_seconds %s", got, age)
	}
}
