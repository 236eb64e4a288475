package app

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/quality/wav"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/account"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/register/asset"
	"github.com/tongsheng/tongsheng/internal/register/party"
)

// Operations whose answer does not depend on where the asker's grant lies. All others
// are asked for a thing away from the grant, which they must refuse, and for the same at
// home, which they must not.
var (
	// The region in a query of timetables is judged in their own tests. Documents of what duty-log and everyday-played list, from the same query; one's own imports and work as an interviewer, and instructions to many. What a row or an instruction may touch is
	// decided device by device; see the tests of both. Boards are people's own: TestBoardsOfOthersAreOutOfSight.
	ownOperations = []string{"measure-boards", "measure-board", "measure-board-make", "measure-board-change", "measure-board-remove", "measure-board-copy", "measure-survey-work", "measure-survey-bring", "party-import", "measure-standard-compliance", "duty-log-export", "everyday-export", "everyday-days", "everyday-upload", "asset-instruct-many", "asset-import", "asset-import-list", "asset-import-get", "asset-import-rows", "asset-import-cancel",
		"measure-return-asked", "measure-return-board", "measure-return-sheet"} // the last three: TestReturnsOfOthersAreOutOfSight
	// What holds for the whole city and everybody who works with it may read.
	sharedOperations = []string{"alert-conduct-get", "alert-conduct-history", "alert-escalation-get", "alert-escalation-history", "alert-event-types", "alert-limits", "alert-precedence-get", "alert-precedence-history", "alert-rules-get", "alert-rules-try", "alert-rules-history",
		"alert-templates-list", "alert-templates-get", "alert-templates-fill", "alert-templates-history", "pronunciations-list", "role-list",
		"measure-elements", "measure-indicators", "measure-indicator", "measure-indicator-wordings", "measure-indicator-users",
		"measure-purposes", "measure-fund-reckoning", "measure-unit-costs", "measure-unit-costs-report", "measure-funds-export",
		"measure-indices", "measure-index", "measure-scores", "measure-scores-report", "measure-index-robust", "measure-methods", "measure-method", "measure-assessments", "measure-assessment", "measure-assessment-report", "measure-objections",
		"measure-survey-check", "measure-survey-xlsform",
		"party-terms", "party-import-template", "asset-import-template", "asset-pairing-get", "keyring-get", "audit-verify", "link-list", "link-own", "alert-peer-own"}
	// What changes the whole city: a grant in one district is not enough.
	wideOperations = []string{"alert-conduct-put", "alert-escalation-put", "alert-precedence-put", "alert-rules-put", "alert-templates-create", "alert-templates-put", "alert-templates-delete",
		"pronunciations-create", "pronunciations-put", "pronunciations-delete", "keyring-rotate", "link-invite", "link-join", "link-revoke",
		"measure-element-create", "measure-element-put", "measure-element-retire", "measure-element-prove", "measure-indicator-check", "measure-indicator-create", "measure-indicator-put", "measure-indicator-retire",
		"measure-index-check", "measure-index-create", "measure-index-put", "measure-index-retire", "measure-method-create", "measure-method-put", "measure-method-agree", "measure-method-retire",
		"measure-assessment-draw", "measure-assessment-hear", "measure-assessment-drop", "measure-assessment-publish", "measure-objection-answer", "measure-purpose-create", "measure-purpose-put", "party-term-create", "party-term-put"}
)

// lists are filtered: an answer holds the mark of what lies at home and none of what does not.
var lists = map[string]struct {
	query string
	mark  func(*scene) string
}{
	"alert-list":            {"", func(s *scene) string { return s.alert(false) }},
	"alert-stops":           {"", (*scene).stop},
	"alert-arrivals":        {"", (*scene).arrival},
	"alert-outputs":         {"", (*scene).output},
	"alert-tv-sets":         {"", (*scene).set},
	"alert-sources":         {"", (*scene).source},
	"alert-sources-mine":    {"", (*scene).source},
	"alert-peers":           {"", (*scene).peer},
	"alert-peer-came":       {"", (*scene).came},
	"alert-peer-went":       {"", (*scene).went},
	"drill-list":            {"", func(s *scene) string { return s.drill("planned") }},
	"drill-year":            {"", (*scene).drillOfYear},
	"duty-desk":             {"", (*scene).arrival},
	"duty-gateways":         {"", (*scene).dutyGateway},
	"duty-log":              {"", (*scene).logEntry},
	"duty-posts":            {"", (*scene).post},
	"duty-reports":          {"", (*scene).newsReport},
	"duty-shifts":           {"", func(s *scene) string { return s.shift(false).ID }},
	"everyday-list":         {"", (*scene).timetable},
	"everyday-played":       {"", (*scene).occurrence},
	"measure-facts":         {"", (*scene).fact},
	"measure-things":        {"", (*scene).thing},
	"measure-feeders":       {"", func(s *scene) string { return s.feeder() }},
	"measure-funds":         {"", func(s *scene) string { return s.money().ID }},
	"account-list":          {"", (*scene).person},
	"party-list":            {"", func(s *scene) string { return s.party(party.Organisation).ID }},
	"party-licences":        {"", func(s *scene) string { return s.licence(s.party(party.Organisation)).ID }},
	"party-duplicates":      {"", (*scene).twin},
	"party-pool":            {"role=expert", func(s *scene) string { return s.party(party.Person).ID }},
	"party-export":          {"format=csv", func(s *scene) string { return s.party(party.Organisation).ID }},
	"asset-list":            {"", (*scene).device},
	"asset-export":          {"format=csv", func(s *scene) string { return string(s.entry(s.device()).Code) }},
	"asset-facets":          {"", func(s *scene) string { return s.entry(s.device()).Owner }},
	"asset-label-sheet":     {"", func(s *scene) string { return s.entry(s.device()).Name }},
	"asset-points":          {"", func(s *scene) string { return string(s.entry(s.device()).Code) }},
	"asset-site-list":       {"", (*scene).site},
	"asset-token-list":      {"", (*scene).token},
	"audit-list":            {"", (*scene).device},
	"audit-export":          {"", (*scene).device},
	"measure-standard-list": {"", (*scene).standard},
	"measure-surveys":       {"", func(s *scene) string { return s.surveyed(false).ID }},
	"measure-survey-runs":   {"", func(s *scene) string { return s.surveyed(true).ID }},
	"measure-survey-sends":  {"", func(s *scene) string { return s.surveyed(true).ID }},
}

// scene makes things in a place.
type scene struct {
	place
	a      *App
	t      *testing.T
	serial *int
	read   map[string]request
}

// as is the context of somebody with a role in the whole city.
func (s *scene) as(role string) context.Context {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set(asHeader, role)
	r.Header.Set(pathOf, cityPath)
	return auth.With(context.Background(), principal(s.a, r))
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) next() int { *s.serial++; return *s.serial }

func (s *scene) device() string {
	s.t.Helper()
	d, err := s.a.assets.RegisterDevice(s.as(engineer), asset.NewDevice{Kind: "loudspeaker",
		Facts:       asset.Facts{Name: fmt.Sprintf("第%05d号喇叭", s.next()), Owner: "单位" + s.code},
		Whereabouts: asset.Whereabouts{RegionCode: s.township, Position: &asset.Position{Lon: s.lon, Lat: s.lat}}})
	s.must(err)
	return d.ID
}

func (s *scene) entry(id string) *asset.Entry {
	e, err := s.a.assets.Get(s.as(engineer), id)
	s.must(err)
	return e
}

func (s *scene) site() string {
	site, err := s.a.assets.AddSite(s.as(engineer), asset.SiteFacts{Name: fmt.Sprintf("站%d", s.next()), RegionCode: s.code,
		Position: asset.Position{Lon: s.lon, Lat: s.lat}})
	s.must(err)
	return site.ID
}

func (s *scene) token() string {
	g, err := s.a.assets.IssueBatch(s.as(engineer), asset.Batch{RegionCode: s.code, Count: 1, ExpiresAt: s.a.clock.Now().Add(time.Hour)})
	s.must(err)
	return g.ID
}

func (s *scene) person() string {
	u, _, err := s.a.accounts.Create(s.as(account.SystemAdministrator), account.NewUser{Username: fmt.Sprintf("person-%d", s.next()), Name: "人", RegionPath: s.path})
	s.must(err)
	return u.ID
}

func (s *scene) grant(person string) string {
	g, err := s.a.accounts.AddGrant(s.as(account.SecurityAdministrator), person, viewer, s.path)
	s.must(err)
	return g.ID
}

// ask does something as a city's duty officer or leader and fills in what came of it.
func (s *scene) ask(role, method, path, body string, out any) {
	s.t.Helper()
	got := s.a.ask(operation{method: method, path: path}, request{body: body}, role, cityPath)
	if got.status >= 300 {
		s.t.Fatalf("%s %s %s: %d %s", method, path, body, got.status, got.body)
	}
	if out != nil {
		s.must(json.Unmarshal([]byte(got.body), out))
	}
}

// reachedDevice is a device that every issued message of a scene was sent to.
const reachedDevice = "61101050010010314010401"

// alert writes a message, as a draft or, being a drill, issued and sent to one device.
func (s *scene) alert(issued bool) string {
	s.t.Helper()
	var m struct {
		ID, State string
		Open      struct{ Digest string }
	}
	kind := map[bool]string{true: "terminal_drill", false: "real"}[issued]
	s.ask(dutyOfficer, http.MethodPost, "/api/alerts", fmt.Sprintf(`{"kind":"%s","class":"emergency","event":"10203","severity":"blue",
		"texts":[{"lang":"zh","title":"演练：暴雨蓝色预警%d","body":"这是演练。今夜有雨。"}],
		"area":{"regions":["%s"]},"endsAt":"%s","repeat":{"count":1,"intervalSeconds":0}}`,
		kind, s.next(), s.code, s.a.clock.Now().Add(time.Hour).Format(time.RFC3339)), &m)
	if !issued {
		return m.ID
	}
	s.ask(dutyOfficer, http.MethodPost, "/api/alerts/"+m.ID+"/check", `{"textOnly":true,"force":"matrix"}`, &m)
	if m.State == "checked" {
		s.ask(dutyLeader, http.MethodPost, "/api/alerts/"+m.ID+"/countersign", `{"digest":"`+m.Open.Digest+`"}`, &m)
	}
	if m.State != "issued" && m.State != "in_progress" {
		s.t.Fatalf("the message is %s", m.State)
	}
	now := s.a.clock.Now().UnixMicro()
	s.must(s.a.db.Housekeep(s.t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(s.t.Context(), `INSERT INTO alert_delivery (thread, device, region_path, township, version, state, ord, state_at, reason, source, sent_at,
				attempts, cancel_version, heard_sm3, updated_at)
			SELECT no, $1, $2, $3, 1, 'sent', 17, $4, '', '', $4, 1, 0, '', $4 FROM alert_message WHERE id = $5`, reachedDevice, s.path, s.township, now, m.ID)
		return err
	}))
	return m.ID
}

// arrival is what came from outside, gone out by itself as a drill or waiting for somebody.
func (s *scene) arrival() string { return s.arrived(rule.CAP).Arrival }

// output sets one up that reaches a district.
func (s *scene) output() string {
	var v struct{ ID string }
	s.ask(engineer, http.MethodPost, "/api/alert-outputs", fmt.Sprintf(`{"kind":"webhook","nameZh":"短信网关%[1]d","nameEn":"SMS %[1]d","regionCode":"%[2]s","tier":1,"fits":{},"settings":{"url":"http://127.0.0.1:9/"},"enabled":true}`, s.next(), s.code), &v)
	return v.ID
}

// set is a television set that is connected in a township.
func (s *scene) set() string {
	connected := func() bool {
		got := s.a.ask(operation{method: http.MethodGet, path: "/api/tv/sets"}, request{}, viewer, cityPath)
		return strings.Contains(got.body, s.township)
	}
	if connected() { // for an earlier role
		return s.township
	}
	ctx, cancel := context.WithCancel(context.Background())
	var gone sync.WaitGroup
	gone.Go(func() {
		s.a.handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/api/public/tv/stream?region="+s.township, nil).WithContext(ctx))
	})
	s.t.Cleanup(func() { cancel(); gone.Wait() })
	for !connected() {
		time.Sleep(time.Millisecond)
	}
	return s.township
}

// source is somebody whose alerts are taken, for a district.
func (s *scene) source() string {
	return s.sourceOf("pull", `{"url":"http://127.0.0.1:9/","interval":86400}`)
}

func (s *scene) sourceOf(kind, settings string) string {
	var v struct{ ID string }
	s.ask(account.SecurityAdministrator, http.MethodPost, "/api/alert-sources", fmt.Sprintf(`{"kind":"%s","nameZh":"气象局%[2]d","nameEn":"Weather %[2]d","regionCode":"%[3]s","level":"district","settings":%[4]s,"trust":{"signed":false},"enabled":true}`, kind, s.next(), s.code, settings), &v)
	return v.ID
}

// peer is a platform above that covers a district.
func (s *scene) peer() string {
	var v struct{ ID string }
	s.ask(account.SecurityAdministrator, http.MethodPost, "/api/alert-peers", fmt.Sprintf(`{"direction":"upper","name":"平台%[1]d","code":"%017[1]d","url":"http://127.0.0.1:9/","regionCode":"%[2]s","trust":[],"enabled":false}`, s.next(), s.code), &v)
	return v.ID
}

// came is a package that came from a platform.
func (s *scene) came() string {
	id, peer := store.NewID(s.a.clock.Now()), s.peer()
	raw := []byte("package " + id)
	digest := blob.Digest(raw)
	s.must(s.a.objects.Put(s.t.Context(), blob.DigestKey(digest), bytes.NewReader(raw), int64(len(raw))))
	s.must(s.a.db.Housekeep(s.t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(s.t.Context(), `INSERT INTO alert_peer_in (id, peer, region_path, ebdid, type, ebmid, digest, rank, signature, cert, warnings, code, words, seq, state, note, segment, start_at, bytes, received_at)
			VALUES ($1, $2, $3, '1', 'EBRDTState', '', '', 0, 'ok', '', '[]', 1, '', 1, 'done', '', $4, 0, $5, $6)`, id, peer, s.path, digest, len(raw), tx.Now.UnixMicro())
		return err
	}))
	return id
}

// went is a package that went to a platform.
func (s *scene) went() string {
	id, peer := store.NewID(s.a.clock.Now()), s.peer()
	doc := &ebd.Document{EBDID: ebd.EBDID("10" + "31100000000000101010101" + "0000000000000001"), SRC: &ebd.Source{EBRID: "31100000000000101010101"}, EBDTime: ebd.At(s.a.clock.Now()),
		Body: &ebd.ConnectionCheck{RptTime: ebd.At(s.a.clock.Now())}}
	doc.EBDID = "01" + doc.EBDID[2:25] + "0000000000000000"
	text, err := doc.Encode(ebd.GDJ2018)
	s.must(err)
	s.must(s.a.db.Housekeep(s.t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(s.t.Context(), `INSERT INTO alert_peer_out (id, peer, region_path, ebdid, type, ebmid, topic, output, task, message_id, number, document, resources, rank, state, attempts, until_at, words, failure, created_at)
			VALUES ($1, $2, $3, $4, 'ConnectionCheck', '', '', '', '', '', 0, $5, '[]', 0, 'sent', 1, $6, '', '', $6)`, id, peer, s.path, id, string(text), tx.Now.UnixMicro())
		return err
	}))
	return id
}

func (s *scene) arrived(from rule.Origin) message.Outcome {
	s.t.Helper()
	n := fmt.Sprint(s.next())
	o, err := s.a.alerts.Take(s.t.Context(), message.Arrival{Origin: message.Origin{Kind: string(from), Source: "matrix", Name: "matrix"}, Act: message.Begins, Ref: n,
		Authority: string(rule.Province), Kind: message.PlatformDrill, Class: wire.Emergency, Content: message.Content{Event: "10203", Severity: message.Blue,
			Texts: []message.Text{{Lang: "zh", Title: "演练" + n, Body: "这是演练。"}}, Area: message.Area{Regions: []string{s.code}},
			EndsAt: s.a.clock.Now().Add(time.Hour), Repeat: message.Repeat{Count: 1}, Sounds: []message.Sound{{Lang: "zh", SM3: blob.Digest([]byte(n)), Origin: message.FromRecording}}}})
	s.must(err)
	return o
}

// carrier is an output that was to carry a message.
func (s *scene) carrier(alert string) string {
	id := s.output()
	now := s.a.clock.Now()
	s.must(s.a.db.Housekeep(s.t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(s.t.Context(), `INSERT INTO alert_output_task (id, output, message_id, number, act, region_path, rank, state, attempts, until_at, proof, failure, created_at, changed_at)
			VALUES ($1, $2, $3, 1, 'play', $4, 0, 'given_up', 1, $5, '{}', '', $6, $6)`, store.NewID(now), id, alert, s.path, now.Add(time.Hour).UnixMicro(), now.UnixMicro())
		return err
	}))
	return id
}

// offer is a picture that came with a message.
func (s *scene) offer(alert string) string {
	source, raw := s.source(), []byte(dot())
	id, digest := store.NewID(s.a.clock.Now()), blob.Digest(raw)
	s.must(s.a.objects.Put(s.t.Context(), blob.DigestKey(digest), bytes.NewReader(raw), int64(len(raw))))
	s.must(s.a.db.Housekeep(s.t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(s.t.Context(), `INSERT INTO alert_cap_resource (id, source, arrival, message_id, lang, title, uri, sha1, state, reason, sm3, mime, bytes, attempts, created_at)
			VALUES ($1, $2, 'a', $3, 'zh', 'a.png', '', '', 'held', '', $4, 'image/png', $5, 1, $6)`, id, source, alert, digest, len(raw), s.a.clock.Now().UnixMicro())
		return err
	}))
	return id
}

func (s *scene) handoff(alert string) string {
	var h struct{ ID string }
	s.ask(dutyOfficer, http.MethodPost, "/api/alerts/"+alert+"/handoffs", `{"party":"街道","note":"去看","devices":["`+reachedDevice+`"]}`, &h)
	return h.ID
}

func (s *scene) attachment(alert string) string {
	var m struct {
		Open struct{ Attachments []struct{ SM3 string } }
	}
	got := s.a.ask(operation{method: http.MethodPost, path: "/api/alerts/" + alert + "/attachments"}, request{query: "name=a.png", body: dot(), raw: true}, dutyOfficer, cityPath)
	s.must(json.Unmarshal([]byte(got.body), &m))
	if len(m.Open.Attachments) != 1 {
		s.t.Fatal(got.body)
	}
	return m.Open.Attachments[0].SM3
}

func (s *scene) stop() string {
	var out struct{ ID string }
	s.ask(dutyLeader, http.MethodPost, "/api/alerts/stop", `{"regions":["`+s.township+`"],"reason":"matrix"}`, &out)
	return out.ID
}

// recording is what a device's microphone heard.
func (s *scene) recording(device string) string {
	raw := []byte(fmt.Sprint("recording ", s.next()))
	digest := blob.Digest(raw)
	s.must(s.a.objects.Put(context.Background(), "heard/"+digest[:2]+"/"+digest, bytes.NewReader(raw), int64(len(raw))))
	s.must(s.a.db.Housekeep(context.Background(), func(tx *store.Tx) error {
		_, err := tx.Exec(context.Background(), `INSERT INTO asset_sample (sm3, device_id, bytes, at) VALUES ($1, $2, $3, $4)`, digest, device, len(raw), tx.Now.UnixMicro())
		return err
	}))
	return digest
}

// dot is the smallest picture.
func dot() string {
	raw, _ := base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
	return string(raw)
}

// request names a thing of this place for an operation that works on one. Reading leaves
// it as it was, so all readers are given the same.
func (s *scene) request(op operation) (in request, named bool) {
	if op.method != http.MethodGet {
		return s.fresh(op)
	}
	kept, ok := s.read[op.id]
	if !ok {
		kept, _ = s.fresh(op)
		s.read[op.id] = kept
	}
	return kept, kept.fill["id"] != ""
}

func (s *scene) fresh(op operation) (in request, named bool) {
	id, fill := "", map[string]string{"lang": "zh"}
	switch {
	case strings.HasPrefix(op.path, "/api/assets/{id}"):
		id = s.device()
		if op.id == "asset-recording" {
			fill["sm3"] = s.recording(id)
		}
	case strings.HasPrefix(op.path, "/api/alerts/{id}"):
		id = s.alert(slices.Contains([]string{"alert-retry", "alert-hand-on", "alert-hand-on-close", "alert-report", "alert-cancel", "alert-update", "alert-carry-again", "alert-carried-terminals"}, op.id))
		fill["device"] = reachedDevice
		if op.id == "alert-carry-again" || op.id == "alert-carried-terminals" {
			fill["output"] = s.carrier(id)
		}
		switch op.id {
		case "alert-hand-on-close":
			fill["handoff"] = s.handoff(id)
		case "alert-detach":
			fill["sm3"] = s.attachment(id)
		case "alert-offer-take":
			fill["offer"] = s.offer(id)
		}
	case strings.HasPrefix(op.path, "/api/accounts/{id}"):
		id = s.person()
		if strings.Contains(op.path, "{grant}") {
			fill["grant"] = s.grant(id)
		}
		if op.id == "account-vouch" {
			s.grant(id) // so that each administrator has another one's act to vouch for
		}
	case strings.HasPrefix(op.path, "/api/alert-arrivals/{id}"):
		id = s.arrived(map[bool]rule.Origin{true: rule.Upper, false: rule.CAP}[op.id == "alert-arrival-review"]).Arrival
	case strings.HasPrefix(op.path, "/api/drills/{id}"):
		id = s.drills(op, fill, &in)
	case strings.HasPrefix(op.path, "/api/measure/standards/{id}"):
		id = s.standards(op, fill, &in)
	case strings.HasPrefix(op.path, "/api/parties/{id}"), op.id == "party-merge-undo":
		id = s.parties(op, fill, &in)
	case strings.HasPrefix(op.path, "/api/everyday/"):
		id = s.everyday(op, fill, &in)
	case strings.HasPrefix(op.path, "/api/measure/returns/{form}/{unit}"), op.id == "measure-rule-try":
		id = s.returns(op, fill, &in)
	case strings.HasPrefix(op.path, "/api/measure/"):
		id = s.measure(op, fill, &in)
	case strings.HasPrefix(op.path, "/api/duty/"):
		id = s.duty(op, fill, &in)
	case strings.HasPrefix(op.path, "/api/alert-peers/{id}"):
		id = s.peer()
	case strings.HasPrefix(op.path, "/api/alert-packages-in/{id}"):
		id = s.came()
	case strings.HasPrefix(op.path, "/api/alert-packages-out/{id}"):
		id = s.went()
	case strings.HasPrefix(op.path, "/api/alert-outputs/{id}"):
		id = s.output()
	case op.id == "alert-source-secret":
		id = s.sourceOf("push", `{"proof":"token"}`)
	case strings.HasPrefix(op.path, "/api/alert-sources/{id}"):
		id = s.source()
	case strings.HasPrefix(op.path, "/api/sites/{id}"):
		id = s.site()
	case strings.HasPrefix(op.path, "/api/enrolment-tokens/{id}"):
		id = s.token()
	}
	fill["id"] = id
	in.fill = fill
	switch op.id {
	case "alert-attach":
		in.query, in.body, in.raw = "name=a.png", dot(), true
	case "alert-offer-take":
		in.body = `{"as":"attachment"}`
	case "alert-arrival-dismiss":
		in.body = `{"note":"matrix"}`
	case "asset-instruct":
		in.body = `{"volume":50}`
	case "asset-pair":
		in.body = `{"word":"` + pairing(s.t, s.a) + `"}`
	case "alert-source-try":
		in.body = `{"document":"<alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'/>"}`
	case "alert-hand-on":
		in.body = `{"party":"街道","note":"去看","devices":["` + reachedDevice + `"]}`
	case "alert-record":
		in.raw = true
		in.body = tone(s.t)
	}
	return in, id != ""
}

// pairing is the word that a device shows.
func pairing(t *testing.T, a *App) string {
	key, err := ebd.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	req := &wire.PairRequest{Model: "Chromium", Serial: "matrix", Firmware: "web"}
	if err := req.Sign(key); err != nil {
		t.Fatal(err)
	}
	shown, err := a.assets.Pair(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return shown.Pairing
}

func tone(t *testing.T) string {
	var out bytes.Buffer
	sound := wav.Sound{Rate: 16000, Channels: 1, Samples: make([]float32, 32000)}
	for i := range sound.Samples {
		sound.Samples[i] = float32(math.Sin(float64(i)/6)) / 4
	}
	if err := wav.Write(&out, sound, 16); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// holders are the roles with the permission that an operation needs.
func holders(op operation) (ids []string) {
	for _, role := range builtinRoles() {
		if slices.Contains(role.Permissions, auth.Permission(op.access)) && (op.id != "measure-return-reopen" || mayReopen(role)) {
			ids = append(ids, role.ID)
		}
	}
	return ids
}

func refused(got answer) bool {
	return (got.status == http.StatusForbidden || got.status == http.StatusNotFound) && got.code != "request.not_found"
}

// accepted is done, or would be if the thing stood where the act needs it.
func accepted(got answer) bool { return got.status < 300 || got.status == http.StatusConflict }

// What lies in one district is out of reach, and out of sight, for those whose grants
// are in another; at home the same call is theirs to make.
func TestGrantsEndAtTheirRegion(t *testing.T) {
	a := openTest(t)
	all := operations(t, a)
	// Lists first, while their things fit on one page; a stop last, as it ends what others
	// work on.
	slices.SortStableFunc(all, func(x, y operation) int { return strings.Compare(late(x), late(y)) })
	serial := 0
	scenes := map[place]*scene{home: {home, a, t, &serial, map[string]request{}}, away: {away, a, t, &serial, map[string]request{}}}
	for _, op := range all {
		open := op.access == httpapi.Public || op.access == httpapi.Device || op.access == httpapi.SignedIn
		if open || slices.Contains(ownOperations, op.id) || slices.Contains(ownReturns, op.id) || slices.Contains(ownCases, op.id) || slices.Contains(caseOperations, op.id) {
			continue
		}
		roles := holders(op)
		if len(roles) == 0 {
			t.Errorf("nobody holds %s, which %s needs", op.access, op.id)
		}
		for _, role := range roles {
			switch {
			case slices.Contains(sharedOperations, op.id), slices.Contains(sharedReturns, op.id), slices.Contains(sharedCases, op.id):
				if got := a.ask(op, a.shared(t, op), role, home.path); !accepted(got) {
					t.Errorf("%s as %s of a district: %d %s", op.id, role, got.status, got.body)
				}
			case slices.Contains(wideOperations, op.id), slices.Contains(wideReturns, op.id), slices.Contains(wideCases, op.id):
				for path, want := range map[string]func(answer) bool{home.path: refused, auth.Root: accepted} {
					if got := a.ask(op, a.wide(t, op, &serial), role, path); !want(got) {
						t.Errorf("%s as %s at %q: %d %s", op.id, role, path, got.status, got.body)
					}
				}
			case lists[op.id].mark != nil:
				askList(t, a, op, role, scenes)
			default:
				askOne(t, a, op, role, scenes)
			}
		}
	}
}

func late(op operation) string {
	switch {
	case lists[op.id].mark != nil:
		return "1"
	case op.id == "alert-stop-all":
		return "3"
	}
	return "2"
}

// askOne asks an operation on one thing, or for one place, with the thing and the place
// at home and away.
func askOne(t *testing.T, a *App, op operation, role string, scenes map[place]*scene) {
	for _, thing := range []place{home, away} {
		for _, named := range []place{home, away} {
			in, one := scenes[thing].request(op)
			w := &writer{t: t, registry: a.api.OpenAPI().Components.Schemas, at: named, now: a.clock.Now(), serial: scenes[thing].serial}
			body, placed := w.body(op)
			if in.body == "" {
				in.body = body
			}
			want, say := refused, "away"
			if thing == home && named == home {
				want, say = accepted, "at home"
			}
			switch {
			case !one && !placed:
				t.Fatalf("%s works on nothing and names no place: say in the matrix what it answers to", op.id)
			case !one && thing != named, !placed && named == away:
				continue
			case op.id == "account-grant" && named == home:
				want = accepted // a district may ask in somebody of another: what it grants ends at its border
			}
			if got := a.ask(op, in, role, home.path); !want(got) {
				t.Errorf("%s as %s, thing in %s, place %s, %s: %d %s\n%s", op.id, role, thing.code, named.code, say, got.status, got.body, body)
			}
		}
	}
}

// askList asks a list, plainly and for the other district by name.
func askList(t *testing.T, a *App, op operation, role string, scenes map[place]*scene) {
	l := lists[op.id]
	mine, theirs := l.mark(scenes[home]), l.mark(scenes[away])
	l.query += "&limit=500"
	for _, query := range []string{l.query, l.query + "&region=" + away.code, l.query + "&region=" + away.path} {
		got := a.ask(op, request{query: query}, role, home.path)
		if strings.Contains(got.body, theirs) || query == l.query && (got.status != http.StatusOK || !strings.Contains(got.body, mine)) {
			t.Errorf("%s?%s as %s of another district: %d %.500s", op.id, query, role, got.status, got.body)
		}
	}
	if got := a.ask(op, request{query: l.query}, role, cityPath); !strings.Contains(got.body, theirs) {
		t.Errorf("%s as %s of the city lacks %s: %d %.500s", op.id, role, theirs, got.status, got.body)
	}
}

func firstTemplate(t *testing.T, a *App) string {
	var l struct {
		Items []struct{ Rule struct{ Key string } }
	}
	got := a.ask(operation{method: http.MethodGet, path: "/api/alert-templates"}, request{}, dutyLeader, cityPath)
	if err := json.Unmarshal([]byte(got.body), &l); err != nil || len(l.Items) == 0 || l.Items[0].Rule.Key == "" {
		t.Fatal(err, got.body)
	}
	return l.Items[0].Rule.Key
}

// shared names what everybody may read.
func (a *App) shared(t *testing.T, op operation) request {
	in := request{fill: map[string]string{"key": firstTemplate(t, a), "pairing": pairing(t, a), "code": "alert_reach"}, body: sharedBody(op)}
	if strings.HasPrefix(op.id, "measure-") {
		a.sharedMeasure(t, op, &in)
	}
	if strings.HasPrefix(op.id, "casework-") {
		sharedCase(op, &in)
	}
	return in
}

func sharedBody(op operation) string {
	switch {
	case op.id == "alert-templates-fill":
		return `{"values":{}}`
	case op.id == "alert-rules-try":
		return `{"origin":"upper","class":"emergency","drill":false,"event":"10203","severity":"red","authority":"city","area":"district"}`
	case op.method == http.MethodPost:
		return "{}"
	}
	return ""
}

// wide is a valid change to what holds for the whole city: new, or as it stands.
func (a *App) wide(t *testing.T, op operation, serial *int) request {
	w := &writer{t: t, registry: a.api.OpenAPI().Components.Schemas, at: home, now: a.clock.Now(), serial: serial}
	body, _ := w.body(op)
	in := request{body: body, fill: map[string]string{}}
	put := func(path, body string) {
		if got := a.ask(operation{method: http.MethodPost, path: path}, request{body: body}, dutyLeader, cityPath); got.status >= 300 {
			t.Fatalf("%s: %d %s", path, got.status, got.body)
		}
	}
	if slices.Contains(wideCases, op.id) {
		a.wideCase(t, op, serial, &in)
		return in
	}
	switch op.id {
	case "alert-conduct-put", "alert-escalation-put", "alert-precedence-put", "alert-rules-put":
		now := a.ask(operation{method: http.MethodGet, path: op.path}, request{}, dutyLeader, cityPath)
		var l struct{ Rule json.RawMessage }
		if err := json.Unmarshal([]byte(now.body), &l); err != nil || l.Rule == nil {
			t.Fatal(err, now.body)
		}
		in.body, in.match = string(l.Rule), now.etag
	case "alert-templates-put", "alert-templates-delete":
		create := operation{body: templateSchema(a)}
		text, _ := w.body(create)
		put("/api/alert-templates", text)
		var made struct{ Key string }
		_ = json.Unmarshal([]byte(text), &made)
		in.fill = map[string]string{"key": made.Key}
		if op.id == "alert-templates-put" {
			in.body = text
		}
	case "link-join": // by an invitation of a node that knows it for another's
		above := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusConflict) }))
		t.Cleanup(above.Close)
		text, _ := json.Marshal(map[string]any{"u": above.URL, "i": noSuchKey, "s": make([]byte, 32)})
		in.body = fmt.Sprintf(`{"invitation":"tsl1.%s"}`, base64.RawURLEncoding.EncodeToString(text))
	case "link-revoke":
		*serial++
		desk := *a.joining
		desk.Address = "tls://localhost:1"
		n, _, err := desk.Invite(context.Background(), fmt.Sprint("site", *serial), home.code, home.path, "district")
		if err != nil {
			t.Fatal(err)
		}
		in.fill = map[string]string{"id": n.ID}
	case "measure-element-create", "measure-element-put", "measure-element-retire", "measure-element-prove", "measure-indicator-check", "measure-indicator-create", "measure-indicator-put", "measure-indicator-retire":
		a.wideMeasure(t, op, serial, &in)
	case "measure-index-check", "measure-index-create", "measure-index-put", "measure-index-retire", "measure-method-create", "measure-method-put", "measure-method-agree", "measure-method-retire",
		"measure-assessment-draw", "measure-assessment-hear", "measure-assessment-drop", "measure-assessment-publish", "measure-objection-answer":
		a.wideScore(t, op, serial, &in)
	case "party-term-create", "party-term-put":
		a.wideTerm(t, op, serial, &in)
	case "measure-purpose-create", "measure-purpose-put":
		a.widePurpose(t, op, serial, &in)
	case "measure-form-create", "measure-form-put", "measure-form-retire", "measure-rule-create", "measure-rule-put", "measure-rule-retire":
		a.wideReturns(t, op, serial, &in)
	case "pronunciations-create":
		in.body = fmt.Sprintf(`{"word":"%s","pinyin":"hui2"}`, word(serial))
	case "pronunciations-put", "pronunciations-delete":
		text := word(serial)
		in.fill = map[string]string{"word": text}
		body := fmt.Sprintf(`{"word":"%s","pinyin":"hui2"}`, text)
		put("/api/pronunciations", body)
		if op.id == "pronunciations-put" {
			in.body = body
		}
	}
	return in
}

// word is a character that no dictionary holds yet.
func word(serial *int) string { *serial++; return string(rune(0x9000 + *serial)) }

func templateSchema(a *App) *huma.Schema {
	return a.api.OpenAPI().Paths["/api/alert-templates"].Post.RequestBody.Content["application/json"].Schema
}
