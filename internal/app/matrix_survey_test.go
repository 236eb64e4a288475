package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/account"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

const matrixSurveyForm = `{"id":"","version":"","languages":["zh"],"title":{"zh":"问卷"},"pages":[{"questions":[{"id":"a","kind":"single","title":{"zh":"好吗"},"choices":[{"id":"y","title":{"zh":"好"}},{"id":"n","title":{"zh":"不好"}}]}]}]}`

const matrixGoal = `{"margin":0.1,"confidence":0.95,"perDistrict":false,"allocation":"proportional","response":0.5,"each":10,"alike":0.05,"least":2}`

func matrixSurvey(code string) string {
	return fmt.Sprintf(`{"regionCode":"%s","nameZh":"调查","nameEn":"Survey","purpose":"评价","noticeZh":"不记名","noticeEn":"","agency":"","opens":"","closes":"","anybody":false,"tv":false,"least":10,"by":[],"targets":[],"headlines":[],"before":"","cost":0}`, code)
}

// surveyed is a survey of this place with a questionnaire and a plan; approved on request.
func (s *scene) surveyed(approved bool) revised {
	s.t.Helper()
	var v revised
	s.ask(analyst, "POST", "/api/measure/surveys", matrixSurvey(s.code), &v)
	path := "/api/measure/surveys/" + v.ID
	put := func(part, body string) {
		got := s.a.ask(operation{method: "PUT", path: path + part}, request{body: body, match: httpapi.ETag(v.Revision)}, analyst, cityPath)
		if got.status >= 300 {
			s.t.Fatalf("%s: %d %s", part, got.status, got.body)
		}
		v.Revision++
	}
	put("/form", matrixSurveyForm)
	put("/plan", matrixGoal)
	if approved {
		v = s.a.made(s.t, reviewer, path+"/approve", "", httpapi.ETag(v.Revision))
	}
	return v
}

// survey makes what an operation on a survey of this place works on.
func (s *scene) survey(op operation, fill map[string]string, in *request) string {
	v := s.surveyed(slices.Contains([]string{"measure-survey-run", "measure-survey-open", "measure-survey-send", "measure-survey-contacts", "measure-survey-contacts-undo", "measure-survey-contact-remove"}, op.id))
	in.match = httpapi.ETag(v.Revision)
	switch op.id {
	case "measure-survey-form-put":
		in.body = matrixSurveyForm
	case "measure-survey-plan-try", "measure-survey-plan-put":
		in.body = matrixGoal
	case "measure-survey-import":
		in.raw, in.body = true, "a\ny\n"
	case "measure-survey-contacts":
		in.raw, in.body = true, s.contacts("13800001111")
	case "measure-survey-contacts-undo":
		fill["batch"] = s.brought(v.ID, "13800002222")
	case "measure-survey-contact-remove":
		phone := fmt.Sprintf("139%08d", s.next()) // whoever was removed is not written to again
		s.brought(v.ID, phone)
		in.body = `{"phone":"` + phone + `"}`
	case "measure-survey-letters":
		in.body = `{"to":"first","stratum":"","format":"csv"}`
	case "measure-survey-settle":
		fill["answer"] = "none"
	case "measure-survey-assign":
		u, _, err := s.a.accounts.Create(s.as(account.SystemAdministrator), account.NewUser{Username: fmt.Sprintf("asker-%d", s.next()), Name: "调查员", RegionPath: s.path})
		s.must(err)
		_, err = s.a.accounts.AddGrant(s.as(account.SecurityAdministrator), u.ID, interviewer, s.path)
		s.must(err)
		fill["user"], in.body = u.ID, fmt.Sprintf(`{"places":["%s"]}`, s.township)
	}
	return v.ID
}

// contacts is a file of one contact of this place.
func (s *scene) contacts(phone string) string {
	return fmt.Sprintf("name,phone,district,area\n张三,%s,%s,urban\n", phone, s.code)
}

// brought is a batch of a contact of a survey.
func (s *scene) brought(id, phone string) string {
	got := s.a.ask(operation{method: "POST", path: "/api/measure/survey-sends/" + id + "/contacts"}, request{raw: true, body: s.contacts(phone)}, surveySender, cityPath)
	var taken struct{ Batch string }
	if err := json.Unmarshal([]byte(got.body), &taken); err != nil || taken.Batch == "" {
		s.t.Fatalf("%d %s", got.status, got.body)
	}
	return taken.Batch
}

// sharedSurvey is a questionnaire that whoever writes surveys may have judged.
func sharedSurvey(t *testing.T, op operation, in *request) {
	if in.body = matrixSurveyForm; op.id != "measure-survey-xlsform" {
		return
	}
	var file bytes.Buffer
	err := document.WriteSheets(&file, document.Sheet{Name: "survey", Rows: [][]string{{"type", "name", "label"}, {"text", "wish", "愿望"}}})
	if err != nil {
		t.Fatal(err)
	}
	in.raw, in.body = true, file.String()
}
