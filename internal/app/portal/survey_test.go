package portal_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
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

// local has a survey of a region.
type local struct {
	portal.Surveys
	of portal.Region
}

func (l local) Ask(context.Context, string, string) (*survey.Asked, error) {
	return &survey.Asked{ID: "s", Region: l.of.Code, RegionPath: l.of.Path, Form: &engine.Form{Languages: []string{"zh"}}}, nil
}

// Whoever answers says that they live in the survey's region, or nothing.
func TestASurveyOffersThePlacesOfItsRegion(t *testing.T) {
	c := everything()
	for of, want := range map[string][]string{cityCode: {riverTwn, north, south, "-"}, north: {riverTwn, north, "-"}, south: {south, "-"}, riverTwn: {riverTwn, riverTwn, "-"}} {
		region, err := c.Region(context.Background(), of)
		if err != nil {
			t.Fatal(err)
		}
		p := portal.New(portal.Deps{Clock: clock.NewManual(noon), Zone: time.FixedZone("UTC+8", 8*3600), Log: slog.New(slog.DiscardHandler), Messages: c, Devices: c, Regions: c, Standards: c, Figures: c, Surveys: local{of: *region}, City: cityCode})
		w := get(p.Handler(), "/survey/s", view("place="+riverTwn)...)
		wants(t, w, 200)
		var offered []string
		for _, m := range regexp.MustCompile(`<option value="([^"]+)"`).FindAllStringSubmatch(w.Body.String(), -1) {
			offered = append(offered, m[1])
		}
		if !slices.Equal(offered, want) {
			t.Errorf("%s: offered are %v, want %v", of, offered, want)
		}
	}
}
