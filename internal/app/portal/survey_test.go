package portal_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/internal/app/portal"
	"github.com/tongsheng/tongsheng/internal/assess/measure/survey"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// crowded has a survey that so many answer that nobody else can begin.
type crowded struct{ portal.Surveys }

func (crowded) Ask(context.Context, string, string) (*survey.Asked, error) {
	return &survey.Asked{ID: "s", Invited: true, Form: &engine.Form{Languages: []string{"zh"}}}, nil
}

func (crowded) Begin(context.Context, string, *survey.Begun) error {
	return fault.New(fault.Limited, "measure.survey.crowded")
}

// Whoever cannot begin is told why, not shown the first page again.
func TestWhoCannotBeginIsToldWhy(t *testing.T) {
	c := everything()
	p := portal.New(portal.Deps{Clock: clock.NewManual(noon), Zone: time.FixedZone("UTC+8", 8*3600), Log: slog.New(slog.DiscardHandler), Messages: c, Devices: c, Regions: c, Standards: c, Figures: c, Surveys: crowded{}, City: cityCode})
	r := httptest.NewRequest(http.MethodPost, "/survey/begin", strings.NewReader("id=s"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	p.Handler().ServeHTTP(w, r)
	wants(t, w, 200, "现在正在作答的人太多")
	if len(w.Result().Cookies()) != 0 {
		t.Error("something is said to have begun")
	}
}
