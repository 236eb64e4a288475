package app

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// standardOf is a standard of a district and how its only version stands.
type standardOf struct {
	ID       string
	Code     string
	Revision int64
	Digest   string
}

// wording is what a version says that may be submitted.
const wording = `{"basisZh":"","basisEn":"","from":"2099-01-01","until":"","noteZh":"","noteEn":"","items":[{"key":"a","headingZh":"听广播","headingEn":"Radio","textZh":"有广播。","textEn":"There is radio.",
	"owedByZh":"区","owedByEn":"District","owedToZh":"居民","owedToEn":"Residents","groups":["everyone"],"medium":"radio","indicator":"","comparison":"","level":"district","period":"","thresholds":[],
	"legalZh":"某法","legalEn":"An act","noteZh":"","noteEn":""}]}`

// stepsTo lead a new standard to the state that an operation needs.
var stepsTo = map[string][]string{
	"measure-standard-close": {"hearing"}, "measure-standard-comment": {"hearing"}, "measure-standard-answer": {"hearing"},
	"measure-standard-approve": {"submit"}, "measure-standard-reject": {"submit"},
	"measure-standard-publish": {"submit", "approve"}, "measure-standard-repeal": {"submit", "approve", "publish"},
	"measure-standard-begin": {"submit", "approve", "publish"},
}

// standardAt is a standard that went through some steps.
func (s *scene) standardAt(steps []string) (v standardOf) {
	s.ask(standardsOfficer, http.MethodPost, "/api/measure/standards", fmt.Sprintf(`{"code":"M-%d","kind":"outlet","nameZh":"规范","nameEn":"Norm","regionCode":"%s"}`, s.next(), s.code), &v)
	path := "/api/measure/standards/" + v.ID + "/versions/1"
	step := func(role, method, path, body string) {
		s.t.Helper()
		got := s.a.ask(operation{method: method, path: path}, request{body: body, match: httpapi.ETag(v.Revision)}, role, cityPath)
		if got.status >= 300 {
			s.t.Fatalf("%s %s: %d %s", method, path, got.status, got.body)
		}
		var whole struct {
			Standard struct{ Revision int64 }
			Version  struct{ Digest string }
		}
		s.must(json.Unmarshal([]byte(got.body), &whole))
		v.Revision, v.Digest = whole.Standard.Revision, whole.Version.Digest
	}
	step(standardsOfficer, http.MethodPut, path, wording)
	for _, name := range steps {
		role, body := standardsOfficer, `{}`
		switch name {
		case "hearing":
			body = `{"closes":"2098-12-31","parties":[],"how":""}`
		case "approve":
			role, body = reviewer, `{"digest":"`+v.Digest+`"}`
		case "publish":
			body = ""
		}
		step(role, http.MethodPost, path+"/"+name, body)
	}
	return v
}

func (s *scene) standard() string { return s.standardAt(nil).ID }

// remark is a comment on a version, ready to be answered.
func (s *scene) remark(standard string) string {
	id := store.NewID(s.a.clock.Now())
	s.must(s.a.db.Housekeep(s.t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(s.t.Context(), `INSERT INTO measure_standard_comment (id, standard_id, number, item, party, stance, reason, source, source_note, received, by_id, by_name, at, verdict, answer, answer_id, answer_name, revision)
			VALUES ($1, $2, 1, '', '某公司', 'support', '好', 'account', '', '2026-01-01', '', '', $3, '', '', '', '', 1)`, id, standard, tx.Now.UnixMicro())
		return err
	}))
	return id
}

// standards makes what an operation on a standard works on.
func (s *scene) standards(op operation, fill map[string]string, in *request) string {
	v := s.standardAt(stepsTo[op.id])
	fill["number"], in.match = "1", httpapi.ETag(v.Revision)
	switch op.id {
	case "measure-standard-edit":
		in.body = wording
	case "measure-standard-put":
		in.body = `{"code":"` + v.Code + `","kind":"outlet","nameZh":"规范","nameEn":"Norm"}`
	case "measure-standard-hear":
		in.body = `{"closes":"2098-12-31","parties":["残联"],"how":""}`
	case "measure-standard-submit", "measure-standard-try":
		in.body = map[string]string{"measure-standard-submit": `{}`, "measure-standard-try": `{"items":[]}`}[op.id]
	case "measure-standard-approve":
		in.body = `{"digest":"` + v.Digest + `"}`
	case "measure-standard-repeal":
		in.body = `{"on":"2099-02-01","reason":"过时"}`
	case "measure-standard-comment":
		in.body = `{"item":"","party":"某公司","stance":"support","reason":"好的","source":"account","sourceNote":"","received":""}`
	case "measure-standard-answer":
		fill["comment"], in.match = s.remark(v.ID), `"1"`
		in.body = `{"verdict":"accepted","reason":"好的"}`
	case "measure-standard-compare":
		in.query = "earlier=1&later=1"
	}
	return v.ID
}
