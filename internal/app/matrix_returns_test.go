package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/assess/measure"
	"github.com/tongsheng/tongsheng/internal/platform/account"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// Imports and tables of returns are one's own; what a line of theirs may touch is decided region by
// region, see the tests of both.
var ownReturns = []string{"measure-import-start", "measure-imports", "measure-import", "measure-import-lines", "measure-import-cancel", "measure-import-undo", "measure-import-template",
	"measure-return-sheet-bring", "measure-sheet", "measure-sheet-undo"}

// What is asked, and what values must agree with, holds for the whole city and everybody reads it.
var (
	sharedReturns = []string{"measure-forms", "measure-rules"}
	wideReturns   = []string{"measure-form-create", "measure-form-put", "measure-form-retire", "measure-rule-create", "measure-rule-put", "measure-rule-retire"}
)

const matrixForm = "matrix.monthly"

// matrixForm is a form that asks townships for a number a day; it is put once.
func (a *App) matrixForm(t *testing.T) string {
	got := a.ask(operation{method: http.MethodPost, path: "/api/measure/forms"}, request{body: formBody(matrixForm, a.matrixElement(t))}, analyst, cityPath)
	if got.status >= 300 && got.code != "measure.form.taken" {
		t.Fatal(got.body)
	}
	return matrixForm
}

func formBody(code, element string) string {
	return fmt.Sprintf(`{"code":"%s","nameZh":"表","nameEn":"form","noteZh":"","noteEn":"","level":"township","period":"day","due":3,"items":[{"element":"%s","required":false,"helpZh":"","helpEn":""}],
		"steps":["district"],"from":"2026-01-01","until":"","owner":""}`, code, element)
}

// returnOf is a return of this place that nobody began, and how far it was taken.
func (s *scene) returnOf(op operation) (at [3]string, match string) {
	n := s.next()
	at = [3]string{s.a.matrixForm(s.t), s.township, fmt.Sprintf("2026-%02d-%02d", n/28%9+1, n%28+1)}
	path := "/api/measure/returns/" + strings.Join(at[:], "/")
	to := func(role, method, verb, body string) {
		got := s.a.ask(operation{method: method, path: path + verb}, request{body: body, match: match}, role, cityPath)
		var v struct{ Revision int64 }
		if err := json.Unmarshal([]byte(got.body), &v); err != nil || got.status >= 300 {
			s.t.Fatalf("%s%s: %d %s", path, verb, got.status, got.body)
		}
		match = httpapi.ETag(v.Revision)
	}
	if op.id == "measure-return" || op.id == "measure-return-report" || op.id == "measure-return-write" || op.id == "measure-rule-try" {
		return at, unbegun
	}
	match = unbegun
	to(reporter, http.MethodPut, "", `{"answers":{"`+s.a.matrixElement(s.t)+`":{"value":1}}}`)
	if op.id != "measure-return-submit" {
		to(reporter, http.MethodPost, "/submit", "")
	}
	if op.id == "measure-return-reopen" {
		to(reviewer, http.MethodPost, "/approve", "")
	}
	return at, match
}

// mayReopen says that of those who see returns only who writes or approves them may reopen one.
func mayReopen(role account.Role) bool {
	return slices.Contains(role.Permissions, measure.PermState) || slices.Contains(role.Permissions, measure.PermAgree)
}

// returns makes what an operation on returns works on.
func (s *scene) returns(op operation, fill map[string]string, in *request) (id string) {
	at, match := s.returnOf(op)
	fill["form"], fill["unit"], fill["period"] = at[0], at[1], at[2]
	in.match = match
	switch op.id {
	case "measure-return-write":
		in.body = `{"answers":{"` + s.a.matrixElement(s.t) + `":{"value":1}}}`
	case "measure-return-send-back", "measure-return-reopen":
		in.body = `{"reason":"matrix"}`
	case "measure-rule-try":
		in.body = fmt.Sprintf(`{"says":"%s >= 0","form":"%s","unit":"%s","period":"%s"}`, s.a.matrixElement(s.t), at[0], at[1], at[2])
	}
	return at[1]
}

// wideReturns is a change of what is asked of the whole city.
func (a *App) wideReturns(t *testing.T, op operation, serial *int, in *request) {
	*serial++
	code := fmt.Sprintf("matrix.n%d", *serial)
	path, body := "/api/measure/forms", formBody(code, a.matrixElement(t))
	if strings.Contains(op.id, "rule") {
		path, body = "/api/measure/rules", fmt.Sprintf(`{"code":"%s","says":"%s >= 0","messageZh":"不能为负","messageEn":"Not below zero","warns":true}`, code, a.matrixElement(t))
	}
	in.body, in.fill = body, map[string]string{"code": code}
	if strings.HasSuffix(op.id, "-create") {
		return
	}
	got := a.ask(operation{method: http.MethodPost, path: path}, request{body: body}, analyst, cityPath)
	var made struct{ Revision int64 }
	if err := json.Unmarshal([]byte(got.body), &made); err != nil || got.status >= 300 {
		t.Fatal(got.body)
	}
	in.match = httpapi.ETag(made.Revision)
}

// The board of a form, the table of a period and what is asked hold nothing of other districts.
func TestReturnsOfOthersAreOutOfSight(t *testing.T) {
	a := openTest(t)
	form := a.matrixForm(t)
	for _, path := range []string{"/api/measure/returns/" + form, "/api/measure/returns/" + form + "?region=" + away.path} {
		target, query, _ := strings.Cut(path, "?")
		got := a.ask(operation{method: http.MethodGet, path: target}, request{query: query}, reporter, home.path)
		if got.status != http.StatusOK || strings.Contains(got.body, away.township) || query == "" && !strings.Contains(got.body, home.township) {
			t.Errorf("%s: %d %.300s", path, got.status, got.body)
		}
	}
	var all struct{ Items []struct{ Regions int } }
	for path, want := range map[string]func(int) bool{home.path: func(n int) bool { return n > 10 && n < 100 }, cityPath: func(n int) bool { return n > 300 }} {
		got := a.ask(operation{method: http.MethodGet, path: "/api/measure/returns"}, request{}, reporter, path)
		if err := json.Unmarshal([]byte(got.body), &all); err != nil || len(all.Items) != 1 || !want(all.Items[0].Regions) {
			t.Errorf("%s: %v %.300s", path, err, got.body)
		}
	}
	sheet := operation{method: http.MethodPost, path: "/api/measure/returns/" + form + "/sheet"}
	got := a.ask(sheet, request{query: "period=2026-07-01&file=a.csv", raw: true, body: "区域,物\n" + away.township + ",1\n" + home.township + ",2\n"}, reporter, home.path)
	var s struct {
		Returns, Bad int
		Lines        []struct{ Unit string }
	}
	if err := json.Unmarshal([]byte(got.body), &s); err != nil || s.Returns != 1 || s.Bad != 1 || s.Lines[1].Unit != home.township {
		t.Errorf("%v %.300s", err, got.body)
	}
}
