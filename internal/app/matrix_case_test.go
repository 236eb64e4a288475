package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
)

// Who sees a case is decided by what they are to it, which the case's type says: not everybody who
// may work on cases sees those of their region. TestCasesEndAtTheirRegion asks these of a case at
// home and of one away, as each role.
var (
	caseOperations = []string{"casework-case", "casework-history", "casework-verify", "casework-files", "casework-print", "casework-document", "casework-step", "casework-comment", "casework-hand-over", "casework-undo"}
	// Lists of what the asker may see, and one's own things.
	ownCases = []string{"casework-cases", "casework-export", "casework-tallies", "casework-counts", "casework-offered", "casework-open", "casework-steps", "casework-candidates", "casework-file", "casework-file-upload",
		"casework-news", "casework-news-read", "casework-views", "casework-view-save", "casework-view-forget", "casework-absences", "casework-leave", "casework-return",
		"casework-calendar", "casework-calendar-make", "casework-calendar-end", "casework-import-template", "casework-import"}
	// What types are, which everybody who works on cases may read, and trying one, which keeps nothing.
	sharedCases = []string{"casework-types", "casework-type", "casework-blank", "casework-type-source", "casework-type-review", "casework-type-try", "casework-type-simulate"}
	// What holds for the whole city: a grant in one district is not enough.
	wideCases = []string{"casework-type-adopt", "casework-type-retire", "casework-keys", "casework-key-make", "casework-key-revoke",
		"casework-hooks", "casework-hook-make", "casework-hook-end", "casework-hook-resume", "casework-hook-test", "casework-hook-notices", "casework-hook-again"}
)

// smallType is the shortest type of case there is, with a code and a version of its own.
func smallType(code string) string {
	return fmt.Sprintf(`type: %s
version: 1
name: {zh: 试, en: Matrix}
prefix: M
roles:
  opener: {name: {zh: 提交人, en: Opener}, filled: {opener: true}}
forms:
  ask:
    title: 试
    title-en: Matrix
    type: object
    properties:
      what: {title: 事由, title-en: What, type: string}
start:
  ask: {name: {zh: 提交, en: Ask}, by: [opener], form: ask, to: asked}
states:
  asked: {name: {zh: 已提交, en: Asked}}
  over: {name: {zh: 结束, en: Over}, end: true}
steps:
  end: {name: {zh: 结束, en: End}, from: [asked], to: over, by: [opener]}
deadlines:
  end: {name: {zh: 时限, en: Deadline}, in: [asked], take: 5d, tell: [opener]}
`, code)
}

// sharedCase fills in a question about types.
func sharedCase(op operation, in *request) {
	in.fill = map[string]string{"code": "repair", "form": "report"}
	source, _ := json.Marshal(smallType("matrix"))
	switch op.id {
	case "casework-type-review":
		in.body = fmt.Sprintf(`{"source":%s}`, source)
	case "casework-type-try":
		in.body = fmt.Sprintf(`{"source":%s,"acts":[{"start":"ask"}]}`, source)
	case "casework-type-simulate":
		in.body = fmt.Sprintf(`{"source":%s,"cases":1}`, source)
	}
}

// wideCase fills in a change of what holds for the whole city.
func (a *App) wideCase(t *testing.T, op operation, serial *int, in *request) {
	*serial++
	make := func(path, body string) string {
		var made struct{ ID string }
		got := a.ask(operation{method: http.MethodPost, path: path}, request{body: body}, procedureDesigner, auth.Root)
		if err := json.Unmarshal([]byte(got.body), &made); err != nil || got.status != http.StatusCreated {
			t.Fatalf("%s: %d %s", path, got.status, got.body)
		}
		return made.ID
	}
	const hook = `{"name":"试","url":"http://127.0.0.1:9/","news":["opened"]}`
	switch op.id {
	case "casework-type-adopt", "casework-type-retire":
		code := fmt.Sprint("matrix", *serial)
		source, _ := json.Marshal(smallType(code))
		in.body, in.fill = fmt.Sprintf(`{"source":%s}`, source), map[string]string{"code": code}
		if op.id == "casework-type-retire" {
			make("/api/casework/types", in.body)
			in.body = ""
		}
	case "casework-key-make":
		in.body = `{"name":"试","perMinute":60}`
	case "casework-key-revoke":
		in.fill, in.body = map[string]string{"id": make("/api/casework/api-keys", `{"name":"试","perMinute":60}`)}, ""
	case "casework-hook-make":
		in.body = hook
	case "casework-hooks", "casework-keys":
	default:
		in.fill, in.body = map[string]string{"id": make("/api/casework/hooks", hook), "notice": noSuchKey}, ""
		if op.id == "casework-hook-again" {
			in.fill["notice"] = a.noticed(t, in.fill["id"])
		}
		t.Cleanup(func() {
			a.ask(operation{method: http.MethodDelete, path: "/api/casework/hooks/" + in.fill["id"]}, request{}, procedureDesigner, auth.Root)
		})
	}
}

// noticed is a notice that a subscription was told.
func (a *App) noticed(t *testing.T, hook string) string {
	id := store.NewID(a.clock.Now())
	if err := a.db.Housekeep(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO casework_hook_notice (id, hook_id, case_id, news, body, since, attempts, sent_at, failure) VALUES ($1, $2, '', 'opened', '{}', $3, 1, $3, '')`, id, hook, tx.Now.UnixMicro())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return id
}

// opened is a case of a repair in a district that somebody without an account opened.
func (s *scene) opened() (id, number string) {
	var receipt struct{ ID, Number string }
	got := s.a.ask(operation{method: http.MethodPost, path: "/api/casework/public/cases"}, request{body: `{"type":"repair","region":"` + s.code + `","data":{"kind":"speaker","what":"matrix"}}`}, "", "")
	if err := json.Unmarshal([]byte(got.body), &receipt); err != nil || got.status != http.StatusCreated {
		s.t.Fatal(got.status, got.body)
	}
	return receipt.ID, receipt.Number
}

func TestCasesEndAtTheirRegion(t *testing.T) {
	a := openTest(t)
	repair, err := a.cases.Docket.TypeOf("repair", 0)
	if err != nil {
		t.Fatal(err)
	}
	serial := 0
	ids, numbers := map[place]string{}, map[place]string{}
	for _, p := range []place{home, away} {
		ids[p], numbers[p] = (&scene{p, a, t, &serial, map[string]request{}}).opened()
	}
	all := operations(t, a)
	for _, op := range all {
		if strings.HasPrefix(op.id, "casework-") && op.access != "public" && !slices.Contains(slices.Concat(caseOperations, ownCases, sharedCases, wideCases), op.id) {
			t.Errorf("%s: say in the matrix of cases who may ask it", op.id)
		}
	}
	for _, role := range builtinRoles() {
		sees := slices.Contains(role.Permissions, docket.PermRead)
		for i := range repair.Roles {
			sees = sees || repair.Roles[i].Filled.Grant == role.ID && repair.Roles[i].Filled.Assigned == ""
		}
		works := slices.Contains(role.Permissions, docket.PermWork)
		for _, op := range all {
			if !slices.Contains(caseOperations, op.id) {
				continue
			}
			for _, at := range []place{home, away} {
				got := a.ask(op, request{fill: map[string]string{"id": ids[at], "paper": noSuchKey}, body: caseBody(op)}, role.ID, home.path)
				unknown := got.status == http.StatusNotFound && got.code == "casework.case.unknown"
				switch {
				case !works && got.status != http.StatusForbidden:
					t.Errorf("%s as %s, who does not work on cases: %d %s", op.id, role.ID, got.status, got.body)
				case works && unknown != (at == away || !sees):
					t.Errorf("%s as %s of a case in %s: %d %s", op.id, role.ID, at.code, got.status, got.body)
				case got.status >= 500:
					t.Errorf("%s as %s: %d %s", op.id, role.ID, got.status, got.body)
				}
			}
		}
		for _, op := range all {
			holds := slices.Contains(role.Permissions, auth.Permission(op.access))
			if op.id != "casework-cases" && op.id != "casework-export" || !holds {
				continue
			}
			for path, want := range map[string][2]bool{home.path: {sees, false}, cityPath: {sees, sees}} {
				got := a.ask(op, request{}, role.ID, path)
				if got.status != http.StatusOK || strings.Contains(got.body, numbers[home]) != want[0] || strings.Contains(got.body, numbers[away]) != want[1] {
					t.Errorf("%s as %s at %s: %d %s", op.id, role.ID, path, got.status, got.body)
				}
			}
		}
	}
}

// caseBody is what is sent with an operation on a case: nothing that would change it.
func caseBody(op operation) string {
	switch op.id {
	case "casework-step":
		return `{"step":"moon"}`
	case "casework-comment":
		return `{"text":"matrix"}`
	case "casework-hand-over":
		return `{"role":"moon","to":"` + noSuchKey + `"}`
	}
	return ""
}
