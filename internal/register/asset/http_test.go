package asset_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/quality/wav"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/register/asset"
)

// desk is the module's HTTP surface with somebody in front of it.
type desk struct {
	t      testing.TB
	router chi.Router
	who    *auth.Principal
}

func newDesk(r *rig) *desk {
	d := &desk{t: r.t, router: chi.NewRouter()}
	d.router.Use(httpapi.Languages, httpapi.Identify(func(*http.Request) (*auth.Principal, error) { return d.who, nil }))
	r.Register(httpapi.New(d.router, "test", []string{asset.OpEnrol, asset.OpPair, asset.OpPublic, asset.OpSample, asset.OpTime}))
	return d
}

// as puts somebody in front: the holder of a context's grants, or nobody.
func (d *desk) as(ctx context.Context) *desk {
	d.who = auth.From(ctx)
	return d
}

func (d *desk) call(method, path string, body any, headers ...string) *httptest.ResponseRecorder {
	d.t.Helper()
	var raw []byte
	switch b := body.(type) {
	case nil:
	case []byte:
		raw = b
	case string:
		raw = []byte(b)
	default:
		var err error
		if raw, err = json.Marshal(b); err != nil {
			d.t.Fatal(err)
		}
	}
	req := httptest.NewRequest(method, path, bytes.NewReader(raw))
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	d.router.ServeHTTP(rec, req)
	return rec
}

func (d *desk) want(status int, rec *httptest.ResponseRecorder, into any) {
	d.t.Helper()
	if rec.Code != status {
		d.t.Fatalf("status %d, want %d: %s", rec.Code, status, rec.Body)
	}
	if into != nil {
		if err := json.Unmarshal(rec.Body.Bytes(), into); err != nil {
			d.t.Fatalf("%v: %s", err, rec.Body)
		}
	}
}

const newSpeaker = `{"kind":"loudspeaker","name":"建外一号","contact":"010-12345","regionCode":"110105001000","position":{"lon":116.45,"lat":39.91}}`

func TestADeviceFromRegistrationToReplacementOverHTTP(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		d := newDesk(r).as(officer("cn.11.110105."))
		var dev asset.Device
		rec := d.call("POST", "/api/assets", newSpeaker)
		d.want(201, rec, &dev)
		if rec.Header().Get("ETag") != `"1"` || dev.Code != "51101050010000314010401" || dev.Region != "北京市朝阳区建外街道" {
			t.Errorf("registered %+v", dev)
		}
		path := "/api/assets/" + dev.ID
		d.want(422, d.call("PUT", path, `{"name":"x"}`), nil) // no If-Match
		d.want(200, d.call("PUT", path, `{"name":"建外新一号","microphone":true}`, "If-Match", `"1"`), nil)
		d.want(412, d.call("PUT", path, `{"name":"x"}`, "If-Match", `"1"`), nil)

		var grant asset.Grant
		d.want(201, d.call("POST", path+"/token", nil), &grant)
		req := request(t, r, grant.Token, dev.Code)
		var res wire.EnrolResponse
		d.as(context.Background()).want(200, d.call("POST", "/api/terminal/enrol", req), &res)
		if res.Code != dev.Code {
			t.Errorf("enrolled as %s", res.Code)
		}
		bad := *req
		bad.Serial = "another"
		rec = d.call("POST", "/api/terminal/enrol", &bad, "Accept-Language", "en")
		if rec.Code != 422 || !strings.Contains(rec.Body.String(), "signature is wrong") {
			t.Errorf("a request with a wrong proof: %d %s", rec.Code, rec.Body)
		}
		d.as(officer("cn.11.110105.")).want(200, d.call("POST", path+"/replace", `{"serial":"B2","reason":"雷击"}`, "If-Match", `"3"`), nil)
		var list struct{ Items []asset.Enrolment }
		d.want(200, d.call("GET", path+"/enrolments", nil), &list)
		if len(list.Items) != 1 || list.Items[0].RevokedFor != "replaced" {
			t.Errorf("enrolments %+v", list.Items)
		}
		var history struct{ Items []asset.Happening }
		d.want(200, d.call("GET", path+"/events", nil), &history)
		if len(history.Items) != 4 || history.Items[0].Kind != "replaced" {
			t.Errorf("history %+v", history.Items)
		}
		d.want(200, d.call("GET", path+"/heartbeats", nil), nil)
		d.want(200, d.call("POST", path+"/retire", `{"reason":"拆除"}`, "If-Match", `"4"`), nil)
		d.want(409, d.call("POST", path+"/suspend", `{"reason":"x"}`, "If-Match", `"5"`), nil)

		rec = d.as(context.Background()).call("GET", "/api/public/devices/"+string(dev.Code), nil)
		d.want(200, rec, nil)
		for _, secret := range []string{dev.ID, "serial", "116.4", "key"} {
			if strings.Contains(rec.Body.String(), secret) {
				t.Errorf("the public page tells %q: %s", secret, rec.Body)
			}
		}
		d.want(404, d.call("GET", "/api/public/devices/51101050010000314010499", nil), nil)
	})
}

func TestWhoMayDoWhat(t *testing.T) {
	db, clk := sqlite(t)
	r := newRig(t, db, clk)
	d := newDesk(r)
	mine, theirs := r.add("110105001000", 116.4, 39.9), r.add("110108001000", 116.3, 39.9)
	reader, district := holder([]auth.Permission{asset.PermRead}, ""), officer("cn.11.110105.")
	for _, c := range []struct {
		who          context.Context
		method, path string
		body         string
		status       int
	}{
		{context.Background(), "GET", "/api/assets", "", 401},
		{context.Background(), "GET", "/api/assets/points", "", 401},
		{context.Background(), "POST", "/api/asset-imports?file=a.csv", "x", 401},
		{reader, "GET", "/api/assets", "", 200},
		{reader, "GET", "/api/assets/facets", "", 200},
		{reader, "GET", "/api/sites", "", 200},
		{reader, "POST", "/api/assets", newSpeaker, 403},
		{reader, "GET", "/api/assets/export", "", 403},
		{reader, "POST", "/api/asset-imports?file=a.csv", "x", 403},
		{district, "POST", "/api/asset-imports?dryRun=true&file=a%0D%0AX-Evil:+1.csv", "kind,name,region\nloudspeaker,村口,110105001000\n", 422},
		{district, "POST", "/api/asset-imports?dryRun=true&file=a%E2%80%AEvsc.csv", "kind,name,region\nloudspeaker,村口,110105001000\n", 422},
		{reader, "GET", "/api/enrolment-tokens", "", 403},
		{district, "GET", "/api/assets/" + mine.ID, "", 200},
		{district, "GET", "/api/assets/" + string(mine.Code), "", 200},
		{district, "GET", "/api/assets/" + theirs.ID, "", 404},
		{district, "GET", "/api/assets/" + theirs.ID + "/events", "", 404},
		{district, "GET", "/api/assets/" + theirs.ID + "/label", "", 404},
		{district, "POST", "/api/assets/" + theirs.ID + "/token", "", 404},
		{district, "POST", "/api/assets", strings.Replace(newSpeaker, "110105001000", "110108001000", 1), 403},
		{district, "POST", "/api/assets", strings.Replace(newSpeaker, "loudspeaker", "ship", 1), 422},
		{district, "POST", "/api/assets", strings.Replace(newSpeaker, "110105001000", "990105001000", 1), 422},
		{district, "GET", "/api/assets/labels", "", 200},
		{district, "GET", "/api/asset-imports/template?format=csv", "", 200},
		{district, "GET", "/api/assets/export?format=csv&region=110105000000", "", 200},
		{district, "GET", "/api/assets?region=1", "", 422},
		{district, "GET", "/api/assets?after=***", "", 422},
		{district, "DELETE", "/api/sites/none", "", 422},
	} {
		var body any
		if c.body != "" {
			body = c.body
		}
		if rec := d.as(c.who).call(c.method, c.path, body); rec.Code != c.status {
			t.Errorf("%s %s: %d, want %d: %s", c.method, c.path, rec.Code, c.status, rec.Body)
		}
	}
	var imp asset.Import
	d.want(202, d.as(district).call("POST", "/api/asset-imports?dryRun=true&file=../../etc/a.csv", "kind,name,region\nloudspeaker,村口,110105001000\n"), &imp)
	if imp.File != "a.csv" {
		t.Errorf("the file is called %q", imp.File)
	}
	var points asset.Points
	rec := d.as(district).call("GET", "/api/assets/points", nil)
	d.want(200, rec, &points)
	if len(points.Rows) != 1 || points.Rows[0][0] != string(mine.Code) || points.Rows[0][1] != 116.4 {
		t.Errorf("points %+v", points.Rows)
	}
	d.want(304, d.call("GET", "/api/assets/points", nil, "If-None-Match", rec.Header().Get("ETag")), nil)
	rec = d.call("GET", "/api/assets/"+mine.ID+"/label", nil)
	if d.want(200, rec, nil); !strings.HasPrefix(rec.Body.String(), "<svg") || rec.Header().Get("Content-Type") != "image/svg+xml" {
		t.Errorf("label %.60s %s", rec.Body, rec.Header())
	}
	rec = d.call("GET", "/api/assets/"+mine.ID+"/label?format=png", nil)
	if d.want(200, rec, nil); !bytes.HasPrefix(rec.Body.Bytes(), []byte("\x89PNG")) {
		t.Errorf("label %.8q", rec.Body)
	}
}

func TestSites(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := newRig(t, db, clk)
		d := newDesk(r).as(officer("cn.11.110105."))
		var s asset.Site
		d.want(201, d.call("POST", "/api/sites", `{"name":"建外广播站","address":"建外大街1号","contact":"010-1","regionCode":"110105001000","position":{"lon":116.45,"lat":39.91}}`), &s)
		d.want(403, d.call("POST", "/api/sites", `{"name":"x","regionCode":"110108001000","position":{"lon":116,"lat":39}}`), nil)
		var dev asset.Device
		d.want(201, d.call("POST", "/api/assets", strings.Replace(newSpeaker, `"kind"`, `"siteId":"`+s.ID+`","kind"`, 1)), &dev)
		d.want(422, d.call("POST", "/api/assets", strings.Replace(newSpeaker, `"kind"`, `"siteId":"nowhere","kind"`, 1)), nil)
		d.want(409, d.call("DELETE", "/api/sites/"+s.ID, nil, "If-Match", `"1"`), nil)
		d.want(200, d.call("PUT", "/api/sites/"+s.ID, `{"name":"建外站","regionCode":"110105002000","position":{"lon":116.45,"lat":39.91}}`, "If-Match", `"1"`), &s)
		if s.Region != "北京市朝阳区朝外街道" || s.Version != 2 {
			t.Errorf("site %+v", s)
		}
		d.want(200, d.call("POST", "/api/assets/"+dev.ID+"/move", `{"regionCode":"110105002000"}`, "If-Match", `"1"`), nil)
		d.want(204, d.call("DELETE", "/api/sites/"+s.ID, nil, "If-Match", `"2"`), nil)
	})
}

func TestRecordings(t *testing.T) {
	db, clk := sqlite(t)
	r := newRig(t, db, clk)
	d := newDesk(r)
	dev := r.add("110105001000", 116.4, 39.9)
	x := r.enrol(dev)
	var file bytes.Buffer
	if err := wav.Write(&file, wav.Sound{Rate: 8000, Channels: 1, Samples: make([]float32, 800)}, 16); err != nil {
		t.Fatal(err)
	}
	sound := file.Bytes()
	page := []byte("<!doctype html><script>alert(1)</script>")
	hollow := []byte("RIFF....WAVE")
	digest := blob.Digest(sound)
	proof := func(code ebd.ResourceCode, purpose string) string {
		x.session()
		token, err := wire.NewToken(x.key, code, purpose, x.s.ID)
		if err != nil {
			t.Fatal(err)
		}
		return "Terminal " + string(code) + " " + token
	}
	put := func(digest string, body []byte, proof string) int {
		return d.call("PUT", "/api/terminal/samples/"+digest, body, "Authorization", proof).Code
	}
	for what, c := range map[string][2]int{
		"stored":           {put(digest, sound, proof(x.code, wire.ForUpload+digest)), 201},
		"was there":        {put(digest, sound, proof(x.code, wire.ForUpload+digest)), 200},
		"a page":           {put(blob.Digest(page), page, proof(x.code, wire.ForUpload+blob.Digest(page))), 422},
		"a head alone":     {put(blob.Digest(hollow), hollow, proof(x.code, wire.ForUpload+blob.Digest(hollow))), 422},
		"no proof":         {put(digest, sound, ""), 401},
		"other purpose":    {put(digest, sound, proof(x.code, wire.ForConnect)), 401},
		"other content":    {put(digest, []byte("else"), proof(x.code, wire.ForUpload+digest)), 422},
		"no digest":        {put("abc", sound, proof(x.code, wire.ForUpload+"abc")), 422},
		"another's device": {put(digest, sound, proof(r.add("110105001000", 116.4, 39.9).Code, wire.ForUpload+digest)), 401},
		"too large":        {put(blob.Digest(make([]byte, 2<<20)), make([]byte, 2<<20), proof(x.code, wire.ForUpload+blob.Digest(make([]byte, 2<<20)))), 413},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: %d, want %d", what, c[0], c[1])
		}
	}
	path := "/api/assets/" + dev.ID + "/recordings/" + digest
	if rec := d.as(everywhere).call("GET", path, nil); rec.Code != 200 || !bytes.Equal(rec.Body.Bytes(), sound) {
		t.Errorf("played back: %d %q", rec.Code, rec.Body)
	}
	if rec := d.as(officer("cn.11.110108.")).call("GET", path, nil); rec.Code != 404 {
		t.Errorf("another district heard it: %d", rec.Code)
	}

	// One terminal does not fill the disk.
	again := func() int { return put(digest, sound, proof(x.code, wire.ForUpload+digest)) }
	taken := 0
	for taken < 100 && again() == 200 {
		taken++
	}
	if code := again(); taken > 20 || code != 429 {
		t.Errorf("%d more were taken, then %d", taken, code)
	}
	clk.Advance(3 * time.Minute)
	if first, second := again(), again(); first != 200 || second != 429 {
		t.Errorf("three minutes later: %d, %d", first, second)
	}
	if other := r.enrol(r.add("110105001000", 116.4, 39.9)); true {
		other.session()
		token, err := wire.NewToken(other.key, other.code, wire.ForUpload+digest, other.s.ID)
		if code := put(digest, sound, "Terminal "+string(other.code)+" "+token); err != nil || code != 201 {
			t.Errorf("another terminal: %d, %v", code, err)
		}
	}
}

// stuck is a body that says it is being read and ends when it is let go.
type stuck struct{ began, end chan struct{} }

func (s stuck) Read([]byte) (int, error) {
	s.began <- struct{}{}
	<-s.end
	return 0, io.ErrUnexpectedEOF
}

// However many terminals bring what they heard at once, it takes bounded memory; who finds no
// room comes again.
func TestRecordingsHaveOneRoom(t *testing.T) {
	db, clk := sqlite(t)
	r := newRig(t, db, clk)
	d := newDesk(r)
	var file bytes.Buffer
	if err := wav.Write(&file, wav.Sound{Rate: 8000, Channels: 1, Samples: make([]float32, 800)}, 16); err != nil {
		t.Fatal(err)
	}
	digest := blob.Digest(file.Bytes())
	var proofs []string
	for range 3 {
		x := r.enrol(r.add("110105001000", 116.4, 39.9))
		x.session()
		token, err := wire.NewToken(x.key, x.code, wire.ForUpload+digest, x.s.ID)
		if err != nil {
			t.Fatal(err)
		}
		proofs = append(proofs, "Terminal "+string(x.code)+" "+token)
	}
	put := func(proof string, body io.Reader) *httptest.ResponseRecorder {
		req := httptest.NewRequest("PUT", "/api/terminal/samples/"+digest, body)
		req.Header.Set("Authorization", proof)
		rec := httptest.NewRecorder()
		d.router.ServeHTTP(rec, req)
		return rec
	}
	body := stuck{make(chan struct{}), make(chan struct{})}
	var all sync.WaitGroup
	for i := range 32 { // none says how long it is, so each may be as long as any
		all.Go(func() { put(proofs[i%2], body) })
		<-body.began
	}
	if rec := put(proofs[2], bytes.NewReader(file.Bytes())); rec.Code != 503 || rec.Header().Get("Retry-After") == "" {
		t.Errorf("one too many: %d, Retry-After %q", rec.Code, rec.Header().Get("Retry-After"))
	}
	close(body.end)
	all.Wait()
	if rec := put(proofs[2], bytes.NewReader(file.Bytes())); rec.Code != 201 {
		t.Errorf("again: %d", rec.Code)
	}
}
