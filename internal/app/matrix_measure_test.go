package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// matrixElement is what facts of the matrix are about; it is defined once.
func (a *App) matrixElement(t *testing.T) string {
	const code = "matrix.things"
	got := a.ask(operation{method: http.MethodPost, path: "/api/measure/elements"}, request{body: fmt.Sprintf(
		`{"code":"%s","nameZh":"物","nameEn":"things","unitZh":"","unitEn":"","combine":"sum","period":"day","level":"","whole":false,"places":0,"source":"","owner":"","note":""}`, code)}, analyst, cityPath)
	if got.status >= 300 && got.code != "measure.element.taken" {
		t.Fatal(got.body)
	}
	return code
}

// stated is a fact of this place as somebody states it.
func (s *scene) stated() string {
	return fmt.Sprintf(`{"facts":[{"element":"%s","unit":"%s","period":"2026-07-01","ref":"%d","value":1}]}`, s.a.matrixElement(s.t), s.township, s.next())
}

// fact is a fact of this place.
func (s *scene) fact() string {
	s.ask(analyst, http.MethodPost, "/api/measure/facts", s.stated(), nil)
	var l struct{ Items []struct{ ID string } }
	s.ask(analyst, http.MethodGet, "/api/measure/facts?limit=1&unit="+s.township, "", &l)
	return l.Items[0].ID
}

// measure makes what an operation on facts works on.
func (s *scene) measure(op operation, fill map[string]string, in *request) (id string) {
	if strings.HasPrefix(op.id, "measure-survey-") && op.id != "measure-survey-create" || op.id == "measure-survey" {
		return s.survey(op, fill, in)
	}
	switch op.id {
	case "measure-score", "measure-objection-raise", "measure-objection-withdraw":
		return s.score(op, fill, in)
	case "measure-fund", "measure-fund-enter", "measure-fund-change", "measure-fund-confirm", "measure-fund-discard", "measure-fund-void":
		return s.fund(op, in)
	case "measure-feeder-make":
		s.a.matrixElement(s.t)
		return ""
	case "measure-feeder-revoke", "measure-feeder-renew":
		return s.feeder()
	case "measure-thing", "measure-thing-put", "measure-thing-retire":
		in.match = httpapi.ETag(1)
		return s.thing()
	case "measure-fact":
		return s.fact()
	case "measure-facts-state":
		in.body = s.stated()
		return s.township
	case "measure-values", "measure-values-export":
		in.query = "indicator=alert_reach&from=2026-07-01&to=2026-07-02&unit=" + s.township
		return s.township
	case "measure-trace":
		in.query = "indicator=alert_reach&period=2026-07-01&unit=" + s.township
		return s.township
	}
	return ""
}

// wideMeasure is a change of what holds for all facts and indicators.
func (a *App) wideMeasure(t *testing.T, op operation, serial *int, in *request) {
	*serial++
	code := fmt.Sprintf("matrix.n%d", *serial)
	body := fmt.Sprintf(`{"code":"%s","nameZh":"物","nameEn":"things","unitZh":"","unitEn":"","combine":"sum","period":"day","level":"","whole":false,"places":0,"source":"","owner":"","note":""}`, code)
	path := "/api/measure/elements"
	if strings.Contains(op.id, "indicator") {
		path = "/api/measure/indicators"
		body = fmt.Sprintf(`{"code":"%s","nameZh":"数","nameEn":"number","unitZh":"","unitEn":"","plainZh":"","plainEn":"","theme":"","numerator":"alert.reached","denominator":"","formula":"","direction":"up","period":"day",
			"aggregate":"formula","base":"","weight":"","parts":[],"places":0,"fresh":0,"impute":{"rule":"none","periods":0,"value":0},"targets":[],"owner":"","source":"","public":false}`, code)
	}
	in.body, in.fill = body, map[string]string{"code": code}
	if strings.HasSuffix(op.id, "-create") || strings.HasSuffix(op.id, "-check") {
		return
	}
	got := a.ask(operation{method: http.MethodPost, path: path}, request{body: body}, analyst, cityPath)
	var made struct{ Revision int64 }
	if err := json.Unmarshal([]byte(got.body), &made); err != nil || got.status >= 300 {
		t.Fatal(got.body)
	}
	in.match = httpapi.ETag(made.Revision)
}

// feeder is a system that states facts of this place.
func (s *scene) feeder() string {
	return s.a.made(s.t, analyst, "/api/measure/feeders", fmt.Sprintf(`{"name":"试","regionCode":"%s","elements":["%s"]}`, s.code, s.a.matrixElement(s.t)), "").ID
}

// thing is an outlet of this place.
func (s *scene) thing() string {
	return s.a.made(s.t, analyst, "/api/measure/things", fmt.Sprintf(`{"kind":"outlet","code":"m%d","regionCode":"%s","nameZh":"网点","nameEn":"outlet"}`, s.next(), s.code), "").ID
}
