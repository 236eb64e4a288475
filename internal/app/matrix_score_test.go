package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

const matrixMonth = "2026-07"

func matrixIndex(code string) string {
	return fmt.Sprintf(`{"code":"%s","nameZh":"指数","nameEn":"Index","plainZh":"","plainEn":"","level":"district","things":"","zone":"","period":"month","groups":[],"parts":[{"indicator":"device_per_thousand","group":"","weight":1}],
		"method":{"fill":"none","least":0,"treat":false,"normalise":"minmax","weights":"given","means":["amean"]},"grades":[],"owner":"","public":false}`, code)
}

func matrixMethod(code string) string {
	return fmt.Sprintf(`{"code":"%s","nameZh":"办法","nameEn":"Method","basisZh":"","basisEn":"","howZh":"","howEn":"","judge":"","index":"alert_reach","pilot":"centre","hearing":7,
		"bands":[{"from":0,"nameZh":"合格","nameEn":"fair","kind":"none","whatZh":"","whatEn":""}]}`, code)
}

// revised is something that was made or changed.
type revised struct {
	ID       string
	Revision int64
}

func (a *App) made(t *testing.T, role, path, body, match string) (r revised) {
	t.Helper()
	got := a.ask(operation{method: http.MethodPost, path: path}, request{body: body, match: match}, role, cityPath)
	if err := json.Unmarshal([]byte(got.body), &r); err != nil || got.status >= 300 {
		t.Fatalf("%s: %d %s", path, got.status, got.body)
	}
	return r
}

// index is an index of every district, made once; it has the code of an indicator that everybody
// may read.
func (a *App) index(t *testing.T) {
	got := a.ask(operation{method: http.MethodPost, path: "/api/measure/indices"}, request{body: matrixIndex("alert_reach")}, analyst, cityPath)
	if got.status >= 300 && got.code != "measure.index.taken" {
		t.Fatal(got.body)
	}
	a.ask(operation{method: http.MethodPost, path: "/api/measure/methods"}, request{body: matrixMethod("alert_reach")}, analyst, cityPath)
}

// assessment is a trial of a new method, as a draft or at its hearing.
func (a *App) assessment(t *testing.T, serial *int, hearing bool) revised {
	a.index(t)
	*serial++
	code := fmt.Sprintf("matrix.m%d", *serial)
	m := a.made(t, analyst, "/api/measure/methods", matrixMethod(code), "")
	a.made(t, reviewer, "/api/measure/methods/"+code+"/agree", "", httpapi.ETag(m.Revision))
	drawn := a.made(t, analyst, "/api/measure/assessments", fmt.Sprintf(`{"method":"%s","period":"%s"}`, code, matrixMonth), "")
	if !hearing {
		return drawn
	}
	return a.made(t, analyst, "/api/measure/assessments/"+drawn.ID+"/hear", "", httpapi.ETag(drawn.Revision))
}

// sharedMeasure names what everybody who sees facts may read.
func (a *App) sharedMeasure(t *testing.T, op operation, in *request) {
	a.index(t)
	switch {
	case strings.HasPrefix(op.id, "measure-survey"):
		sharedSurvey(t, op, in)
	case op.id == "measure-scores", op.id == "measure-scores-report", op.id == "measure-index-robust":
		in.query = "period=" + matrixMonth
	case op.id == "measure-fund-reckoning", strings.HasPrefix(op.id, "measure-unit-costs"):
		in.query = "year=2026"
	case strings.Contains(op.path, "/assessments/{id}"):
		serial := 900_000
		in.fill["id"] = a.sharedAssessment(t, &serial)
	}
}

// sharedAssessment is one at its hearing, made once.
func (a *App) sharedAssessment(t *testing.T, serial *int) string {
	var l struct {
		Items []struct{ ID, State string }
	}
	got := a.ask(operation{method: http.MethodGet, path: "/api/measure/assessments"}, request{}, analyst, cityPath)
	if err := json.Unmarshal([]byte(got.body), &l); err != nil {
		t.Fatal(got.body)
	}
	for _, i := range l.Items {
		if i.State == "hearing" {
			return i.ID
		}
	}
	return a.assessment(t, serial, true).ID
}

// score makes what an operation on scores of this place works on.
func (s *scene) score(op operation, fill map[string]string, in *request) string {
	s.a.index(s.t)
	if op.id == "measure-score" {
		fill["code"], fill["unit"], in.query = "alert_reach", s.code, "period="+matrixMonth
		return s.code
	}
	heard := s.a.assessment(s.t, s.serial, true).ID
	in.body = fmt.Sprintf(`{"unit":"%s","indicator":"device_per_thousand","says":"matrix"}`, s.code)
	if op.id == "measure-objection-raise" {
		return heard
	}
	o := s.a.made(s.t, reporter, "/api/measure/assessments/"+heard+"/objections", in.body, "")
	in.body, in.match = "{}", httpapi.ETag(o.Revision)
	return o.ID
}

// wideScore is a change of what everybody is scored or judged by.
func (a *App) wideScore(t *testing.T, op operation, serial *int, in *request) {
	a.index(t)
	*serial++
	code := fmt.Sprintf("matrix.s%d", *serial)
	in.fill = map[string]string{"code": code}
	switch {
	case op.id == "measure-index-check":
		in.query, in.body = "period="+matrixMonth, matrixIndex(code)
	case strings.HasPrefix(op.id, "measure-index-"):
		in.body = matrixIndex(code)
		if op.id != "measure-index-create" {
			in.match = httpapi.ETag(a.made(t, analyst, "/api/measure/indices", in.body, "").Revision)
		}
	case strings.HasPrefix(op.id, "measure-method-"):
		in.body = matrixMethod(code)
		if op.id != "measure-method-create" {
			in.match = httpapi.ETag(a.made(t, analyst, "/api/measure/methods", in.body, "").Revision)
		}
	case op.id == "measure-assessment-draw":
		m := a.made(t, analyst, "/api/measure/methods", matrixMethod(code), "")
		a.made(t, reviewer, "/api/measure/methods/"+code+"/agree", "", httpapi.ETag(m.Revision))
		in.body = fmt.Sprintf(`{"method":"%s","period":"%s"}`, code, matrixMonth)
	case strings.HasPrefix(op.id, "measure-assessment-"):
		of := a.assessment(t, serial, op.id == "measure-assessment-publish")
		in.fill["id"], in.match, in.body = of.ID, httpapi.ETag(of.Revision), `{"noteZh":"","noteEn":""}`
	case op.id == "measure-objection-answer":
		heard := a.assessment(t, serial, true).ID
		o := a.made(t, reporter, "/api/measure/assessments/"+heard+"/objections", `{"unit":"110101000000","indicator":"device_per_thousand","says":"matrix"}`, "")
		in.fill["id"], in.match, in.body = o.ID, httpapi.ETag(o.Revision), `{"accept":false,"reason":"matrix","correct":false}`
	}
}
