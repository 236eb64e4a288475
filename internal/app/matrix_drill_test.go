package app

import (
	"fmt"
	"net/http"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// drill is a drill of a district in a state.
func (s *scene) drill(state string) string {
	var v struct{ ID string }
	s.ask(dutyLeader, http.MethodPost, "/api/drills", s.plan(), &v)
	if state == "planned" || state == "approve" {
		s.must(s.a.db.Housekeep(s.t.Context(), func(tx *store.Tx) error { // by somebody else than who approves it
			_, err := tx.Exec(s.t.Context(), `UPDATE alert_drill SET planners = '[{"id":"user:other","name":"other"}]' WHERE id = $1`, v.ID)
			return err
		}))
		return v.ID
	}
	result := `{"final":true,"course":{"state":"ended","startedAt":"2026-01-01T00:00:00Z","signedBy":[],"endsAt":"2026-01-01T01:00:00Z"},"total":{"targets":0},"districts":[],"media":[],"ways":[],"reasons":[],"failing":[],"verdicts":[]}`
	msg := ""
	if state == "running" {
		msg = s.alert(false)
	}
	s.must(s.a.db.Housekeep(s.t.Context(), func(tx *store.Tx) error {
		now := tx.Now.UnixMicro()
		_, err := tx.Exec(s.t.Context(), `UPDATE alert_drill SET state = $1, message_id = $2, started_at = $3, result = $4 WHERE id = $5`, state, msg, now,
			map[bool]any{true: result}[state == "done"], v.ID)
		return err
	}))
	return v.ID
}

// drillOfYear is the name of a drill as the yearly plan lists it.
func (s *scene) drillOfYear() string { return s.drill("planned") }

func (s *scene) plan() string {
	return fmt.Sprintf(`{"name":"演练%d","purpose":"","kind":"terminal_drill","at":"%s","minutes":30,"scenario":{"event":"10203","severity":"blue","texts":[{"lang":"zh","title":"暴雨","body":"有雨。"}],"plays":1},
		"area":{"regions":["%s"]},"media":["loudspeaker"],"participants":[],"targets":{},"steps":["看"],"announced":true}`, s.next(), s.a.clock.Now().Add(time.Hour).Format(time.RFC3339), s.code)
}

// drills makes what an operation on a drill works on.
func (s *scene) drills(op operation, fill map[string]string, in *request) string {
	switch op.id {
	case "drill-start":
		return s.drill("approved")
	case "drill-note":
		return s.drill("running")
	case "drill-tick":
		fill["step"] = "0"
		return s.drill("running")
	case "drill-evaluate":
		in.body = `{"text":"好","lessons":[]}`
		return s.drill("done")
	case "drill-compare", "drill-document":
		return s.drill("done")
	}
	return s.drill("planned")
}
