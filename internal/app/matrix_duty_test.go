package app

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/account"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// post is a duty post of a district.
func (s *scene) post() string {
	var v struct{ ID string }
	s.ask(dutyLeader, http.MethodPost, "/api/duty/posts", fmt.Sprintf(`{"name":"值班岗%d","purpose":"desk","regionCode":"%s"}`, s.next(), s.code), &v)
	return v.ID
}

// keptShift is a shift that a duty officer keeps, or handed over.
type keptShift struct{ ID, Digest string }

func (s *scene) shift(offered bool) (v keptShift) {
	s.ask(dutyOfficer, http.MethodPost, "/api/duty/posts/"+s.post()+"/sign-on", "", &v)
	if offered {
		s.ask(dutyOfficer, http.MethodPost, "/api/duty/shifts/"+v.ID+"/offer", `{"remarks":""}`, &v)
	}
	return v
}

func (s *scene) logEntry() string {
	var v struct{ ID string }
	s.ask(dutyOfficer, http.MethodPost, "/api/duty/log", `{"regionCode":"`+s.code+`","text":"记事"}`, &v)
	return v.ID
}

func (s *scene) dutyGateway() string {
	var v struct{ ID string }
	s.ask(engineer, http.MethodPost, "/api/duty/gateways", `{"kind":"phone","name":"电话","regionCode":"`+s.code+`"}`, &v)
	return v.ID
}

// newsReport is what a newsroom of a district is to report.
func (s *scene) newsReport() string {
	post, id := s.post(), store.NewID(s.a.clock.Now())
	s.must(s.a.db.Housekeep(s.t.Context(), func(tx *store.Tx) error {
		now := tx.Now.UnixMicro()
		_, err := tx.Exec(s.t.Context(), `INSERT INTO alert_duty_report (id, message_id, title, severity, drill, post, region_path, person, name, told_at, due_at, acked_by, done_by, link, note)
			VALUES ($1, $1, 'matrix', 'red', $2, $3, $4, '', '', $5, $5, '', '', '', '')`, id, true, post, s.path, now)
		return err
	}))
	return id
}

// waiting is a message that waits for a countersignature.
func (s *scene) waiting() string {
	id := s.alert(false)
	s.ask(dutyOfficer, http.MethodPost, "/api/alerts/"+id+"/check", `{"textOnly":true,"force":"matrix"}`, nil)
	return id
}

// keeper is somebody who may keep duty in a district.
func (s *scene) keeper() string {
	u := s.person()
	_, err := s.a.accounts.AddGrant(s.as(account.SecurityAdministrator), u, dutyOfficer, s.path)
	s.must(err)
	return u
}

// duty makes what an operation of the duty desk works on.
func (s *scene) duty(op operation, fill map[string]string, in *request) (id string) {
	switch {
	case op.id == "duty-claim":
		fill["kind"] = "countersign"
		return s.waiting()
	case strings.HasPrefix(op.path, "/api/duty/posts/{id}"):
		id = s.post()
		switch op.id {
		case "duty-plan":
			in.body = `{"from":"2030-01-01","until":"2030-01-02","days":[1,2,3,4,5,6,7],"changes":["08:00"],"people":["` + s.keeper() + `"]}`
		case "duty-unplan":
			var turns struct{ Items []struct{ ID string } }
			s.ask(dutyLeader, http.MethodPost, "/api/duty/posts/"+id+"/turns", `{"from":"2030-01-01","until":"2030-01-01","days":[1,2,3,4,5,6,7],"changes":["08:00"],"people":["`+s.keeper()+`"]}`, &turns)
			fill["turn"] = turns.Items[0].ID
		case "duty-contact":
			fill["person"] = s.keeper()
			in.body = `{"number":""}`
		}
	case strings.HasPrefix(op.path, "/api/duty/shifts/{id}"):
		kept := s.shift(op.id == "duty-accept")
		id = kept.ID
		if op.id == "duty-accept" {
			in.body = `{"digest":"` + kept.Digest + `"}`
		}
	case strings.HasPrefix(op.path, "/api/duty/reports/{id}"):
		id = s.newsReport()
		if op.id == "duty-report-done" {
			in.body = `{"link":"https://news.example/1"}`
		}
	case strings.HasPrefix(op.path, "/api/duty/gateways/{id}"):
		id = s.dutyGateway()
	}
	return id
}
