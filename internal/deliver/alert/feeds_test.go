package alert

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/cap"
	"github.com/tongsheng/tongsheng/engine/cap/capebm"
	"github.com/tongsheng/tongsheng/engine/geo"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
)

// weather is a weather office on the network: its feed, and the alerts it leads to.
type weather struct {
	*httptest.Server
	mu      sync.Mutex
	alerts  []*cap.Alert
	within  bool // the alerts stand in the feed itself
	down    bool
	hostile string // in place of the feed
	asked   map[string]int
	etag    int
}

func newWeather(t *testing.T) *weather {
	w := &weather{asked: map[string]int{}}
	w.Server = httptest.NewServer(w)
	t.Cleanup(w.Close)
	return w
}

func (w *weather) put(alerts ...*cap.Alert) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.alerts = append(w.alerts, alerts...)
	w.etag++
}

func (w *weather) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked[r.URL.Path]++
	switch {
	case w.down:
		out.WriteHeader(http.StatusBadGateway)
	case w.hostile != "":
		_, _ = out.Write([]byte(w.hostile))
	case r.URL.Path == "/feed.xml":
		tag := `"` + strconv.Itoa(w.etag) + `"`
		out.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.asked["not modified"]++
			out.WriteHeader(http.StatusNotModified)
			return
		}
		f := &cap.Feed{ID: "urn:weather", Title: "weather", Author: "weather", Updated: time.Unix(1e9, 0)}
		for i, a := range w.alerts {
			e := cap.Entry{ID: "urn:" + a.Identifier + "," + a.Sent.String(), Title: "x", Updated: a.Sent}
			if e.Link = fmt.Sprintf("/alerts/%d", i); w.within {
				e.Alert = a
			}
			f.Entries = append(f.Entries, e)
		}
		raw, err := cap.WriteFeed(f)
		if err != nil {
			panic(err)
		}
		_, _ = out.Write(raw)
	default:
		i, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/alerts/"))
		raw, err := w.alerts[i].Write()
		if err != nil {
			panic(err)
		}
		_, _ = out.Write(raw)
	}
}

// capRain is an orange alert for the first district.
func capRain(b *bench, id string, change func(*cap.Alert)) *cap.Alert {
	now := b.clk.Now().Truncate(time.Second)
	a := &cap.Alert{Version: "1.2", Identifier: id, Sender: "bjqx", Sent: now.Add(-time.Minute), Status: "Actual", MsgType: "Alert", Scope: "Public",
		Infos: []cap.Info{{Language: "zh-CN", Categories: []string{"Met"}, Event: "暴雨", Urgency: "Immediate", Severity: "Severe", Certainty: "Likely", Expires: now.Add(6 * time.Hour),
			EventCodes: []cap.Value{{Name: capebm.Events, Value: "10203"}}, Headline: "暴雨橙色预警 " + id, Description: "雨大。", Areas: []cap.Area{{Description: "朝阳区", Geocodes: []cap.Value{{Name: "GB/T 2260", Value: "110105"}}}}}}}
	if change != nil {
		change(a)
	}
	return a
}

type sourceAnswer struct {
	ID, Secret, Address, Failure string
	Failing                      bool
	Revision                     int64
	Failures                     int
}

func (b *bench) capSource(kind string, settings, trust map[string]any) sourceAnswer {
	b.Helper()
	var v sourceAnswer
	b.call("wang", "POST", "/api/alert-sources", map[string]any{"kind": kind, "nameZh": "气象局", "nameEn": "Weather", "regionCode": "110000000000", "level": "city",
		"settings": settings, "trust": trust, "enabled": true}, http.StatusCreated, &v)
	return v
}

type judgedAnswer struct {
	Items []struct{ Identifier, Verdict, Reason, Arrival, Title string }
}

func (b *bench) said(id string) map[string]string {
	b.Helper()
	var list judgedAnswer
	b.call("wang", "GET", "/api/alert-sources/"+id+"/alerts?limit=100", nil, http.StatusOK, &list)
	out := map[string]string{}
	for _, j := range list.Items {
		if _, newer := out[j.Identifier]; !newer {
			out[j.Identifier] = j.Verdict
		}
	}
	return out
}

func (b *bench) waitingArrivals() int {
	b.Helper()
	var list struct{ Items []struct{ ID string } }
	b.call("wang", "GET", "/api/alert-arrivals?state=waiting", nil, http.StatusOK, &list)
	return len(list.Items)
}

func TestAFeedIsFollowed(t *testing.T) {
	each(t, func(b *bench) {
		office := newWeather(b.T)
		s := b.capSource("pull", map[string]any{"url": office.URL + "/feed.xml", "interval": 60}, map[string]any{"signed": false, "senders": []string{"bjqx"}, "severities": []string{"orange", "red"}})
		fetch := func() (v sourceAnswer) {
			b.Helper()
			b.call("wang", "POST", "/api/alert-sources/"+s.ID+"/fetch", map[string]any{}, http.StatusOK, &v)
			return v
		}
		first := capRain(b, "a", nil)
		office.put(first,
			capRain(b, "expired", func(a *cap.Alert) { a.Sent = a.Sent.AddDate(0, 0, -2); a.Infos[0].Expires = a.Sent.Add(time.Hour) }),
			capRain(b, "test", func(a *cap.Alert) { a.Status = "Test" }),
			capRain(b, "private", func(a *cap.Alert) { a.Scope, a.Addresses = "Private", []string{"x"} }),
			capRain(b, "stranger", func(a *cap.Alert) { a.Sender = "tjqx" }),
			capRain(b, "minor", func(a *cap.Alert) { a.Infos[0].Severity = "Minor" }),
			capRain(b, "away", func(a *cap.Alert) { a.Infos[0].Areas[0].Geocodes[0].Value = "131024" }),
			capRain(b, "sea", func(a *cap.Alert) {
				a.Infos[0].Areas[0] = cap.Area{Description: "海", Polygons: []geo.Ring{{{Lon: 1, Lat: 2}, {Lon: 2, Lat: 2}, {Lon: 2, Lat: 3}, {Lon: 1, Lat: 2}}}}
			}))
		var trial struct {
			Failure string
			Alerts  []struct{ Identifier, Verdict string }
		}
		b.call("wang", "POST", "/api/alert-sources/"+s.ID+"/try", map[string]any{}, http.StatusOK, &trial)
		if trial.Failure != "" || len(trial.Alerts) != 8 || len(b.said(s.ID)) != 0 || b.waitingArrivals() != 0 {
			b.Errorf("tried: %+v, %v", trial, b.said(s.ID))
		}
		if v := fetch(); v.Failure != "" {
			b.Fatal(v)
		}
		want := map[string]string{"a": "taken", "expired": "ignored", "test": "ignored", "private": "ignored", "stranger": "refused", "minor": "refused", "away": "refused", "sea": "refused"}
		got := b.said(s.ID)
		for id, verdict := range want {
			if got[id] != verdict {
				b.Errorf("%s was %q, not %q", id, got[id], verdict)
			}
		}
		if n := b.waitingArrivals(); n != 1 {
			b.Errorf("%d arrivals wait", n)
		}
		before := office.asked["/alerts/0"]
		fetch()
		if office.asked["not modified"] != 1 || office.asked["/alerts/0"] != before {
			b.Errorf("what did not change was fetched again: %v", office.asked)
		}

		// A newer sending of the same identifier, an update by reference, and its end.
		b.clk.Advance(5 * time.Minute)
		again := capRain(b, "a", func(a *cap.Alert) { a.Infos[0].Description = "雨更大。" })
		update := capRain(b, "b", func(a *cap.Alert) {
			a.Sent, a.MsgType, a.References, a.Infos[0].Description = a.Sent.Add(30*time.Second), "Update", []cap.Reference{again.Reference()}, "雨极大。"
		})
		office.put(again, update)
		fetch()
		arrivals := func(what string) int {
			n := 0
			b.do(b.deps.DB.QueryRow(context.Background(), what).Scan(&n))
			return n
		}
		if n := arrivals(`SELECT count(DISTINCT message_id) FROM alert_arrival WHERE message_id <> ''`); n != 1 {
			b.Errorf("one message became %d", n)
		}
		id := ""
		b.do(b.deps.DB.QueryRow(context.Background(), `SELECT DISTINCT message_id FROM alert_arrival WHERE message_id <> ''`).Scan(&id))
		if msg := b.read(id); msg.Open.Content.Texts[0].Body != "雨极大。" || msg.Origin.Kind != "cap" || msg.Origin.Source != s.ID {
			b.Errorf("%+v", msg.Open.Content.Texts)
		}
		b.clk.Advance(5 * time.Minute)
		office.put(capRain(b, "older", nil), capRain(b, "cancel", func(a *cap.Alert) {
			a.MsgType, a.References, a.Note = "Cancel", []cap.Reference{update.Reference()}, "雨停了"
		}),
			capRain(b, "thief", func(a *cap.Alert) {
				a.MsgType, a.References = "Cancel", []cap.Reference{{Sender: "tjqx", Identifier: "x", Sent: a.Sent.Add(-time.Hour)}}
			}))
		fetch()
		if msg := b.read(id); msg.State != message.Discarded {
			b.Errorf("what its source cancelled is %s", msg.State)
		}
		if b.said(s.ID)["thief"] != "refused" {
			b.Error("a sender cancels what another said")
		}

		// It is away for long, and people are told.
		office.down = true
		for range 4 {
			b.clk.Advance(2 * time.Minute)
			s = fetch()
		}
		if !s.Failing || s.Failure != "HTTP 502" || s.Failures != 4 || len(b.news.told["alert.source"]) == 0 {
			b.Errorf("%+v", s)
		}
		office.down, office.hostile = false, `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><feed xmlns="http://www.w3.org/2005/Atom"><title>&x;</title></feed>`
		if s = fetch(); s.Failures != 5 && s.Failures != 0 {
			b.Errorf("%+v", s)
		}
		office.hostile = ""
		if s = fetch(); s.Failing || s.Failures != 0 {
			b.Errorf("%+v", s)
		}
	})
}

// A source that is changed while it is fetched is fetched as it is now, and what came of the former
// says nothing of it.
func TestASourceChangedWhileItIsFetched(t *testing.T) {
	each(t, func(b *bench) {
		asked, answer := make(chan struct{}, 9), make(chan struct{})
		former := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked <- struct{}{}
			select {
			case <-answer:
			case <-r.Context().Done():
			}
			w.WriteHeader(http.StatusBadGateway)
		}))
		b.Cleanup(former.Close)
		office := newWeather(b.T)
		office.put(capRain(b, "a", nil))
		s := b.capSource("pull", map[string]any{"url": former.URL + "/feed.xml", "interval": 3600}, map[string]any{"signed": false})
		ctx, stop := context.WithCancel(context.Background())
		var running sync.WaitGroup
		running.Go(func() { _ = b.m.feeds.Run(ctx) })
		defer func() { stop(); running.Wait() }()
		tick := func() { b.clk.Advance(time.Second); time.Sleep(10 * time.Millisecond) }
		for began := false; !began; {
			select {
			case <-asked:
				began = true
			default:
				tick()
			}
		}
		b.call("wang", "PUT", "/api/alert-sources/"+s.ID, map[string]any{"nameZh": "气象局", "nameEn": "Weather", "regionCode": "110000000000", "level": "city",
			"settings": map[string]any{"url": office.URL + "/feed.xml", "interval": 3600}, "trust": map[string]any{"signed": false}, "enabled": true}, http.StatusOK, nil, "If-Match", `"1"`)
		close(answer)
		for range 300 {
			if tick(); b.waitingArrivals() == 1 {
				break
			}
		}
		var v sourceAnswer
		b.call("wang", "GET", "/api/alert-sources/"+s.ID, nil, http.StatusOK, &v)
		if b.waitingArrivals() != 1 || v.Failure != "" || v.Failures != 0 {
			b.Errorf("%d wait, %+v", b.waitingArrivals(), v)
		}
	})
}

// What stands in a feed beyond the first hundred entries is fetched too, though nothing changed.
func TestALongFeedIsFollowedToItsEnd(t *testing.T) {
	each(t, func(b *bench) {
		office := newWeather(b.T)
		s := b.capSource("pull", map[string]any{"url": office.URL + "/feed.xml", "interval": 60}, map[string]any{"signed": false})
		for i := range 130 {
			office.put(capRain(b, fmt.Sprint("test-", i), func(a *cap.Alert) { a.Status = "Test" }))
		}
		for range 3 {
			b.call("wang", "POST", "/api/alert-sources/"+s.ID+"/fetch", map[string]any{}, http.StatusOK, nil)
		}
		n := 0
		b.do(b.deps.DB.QueryRow(b.Context(), `SELECT count(*) FROM alert_cap_alert`).Scan(&n))
		if n != 130 || office.asked["not modified"] != 1 {
			b.Errorf("%d of 130 were judged, %d times nothing was new", n, office.asked["not modified"])
		}
	})
}

func TestAlertsWithinAFeed(t *testing.T) {
	each(t, func(b *bench) {
		office := newWeather(b.T)
		office.within = true
		s := b.capSource("pull", map[string]any{"url": office.URL + "/feed.xml", "interval": 60}, map[string]any{"signed": false})
		office.put(capRain(b, "a", nil), capRain(b, "b", func(a *cap.Alert) { a.Sent = a.Sent.Add(time.Second) }))
		ctx, stop := context.WithCancel(context.Background())
		var running sync.WaitGroup
		running.Go(func() { _ = b.m.feeds.Run(ctx) })
		for range 3000 { // until the desk found it due and took it
			if len(b.said(s.ID)) == 2 {
				break
			}
			b.clk.Advance(time.Second)
			time.Sleep(20 * time.Millisecond)
		}
		stop()
		running.Wait()
		if got := b.said(s.ID); got["a"] != "taken" || got["b"] != "taken" || b.waitingArrivals() != 2 || office.asked["/alerts/0"] != 0 {
			b.Errorf("%v %v", got, office.asked)
		}
	})
}

func TestSourcesThatSend(t *testing.T) {
	each(t, func(b *bench) {
		s := b.capSource("push", map[string]any{"proof": "token"}, map[string]any{"signed": false})
		raw, err := capRain(b, "a", nil).Write()
		b.do(err)
		type receipts struct {
			Alerts []struct{ Verdict, Arrival string }
		}
		for _, header := range []string{"", "Bearer ", "Bearer wrong", "Basic " + s.Secret, s.Secret} {
			b.call("", "POST", "/cap/"+s.ID, raw, http.StatusUnauthorized, nil, "Authorization", header)
		}
		b.call("", "POST", "/cap/nobody", raw, http.StatusUnauthorized, nil, "Authorization", "Bearer "+s.Secret)
		var first, second receipts
		b.call("", "POST", "/cap/"+s.ID, raw, http.StatusOK, &first, "Authorization", "Bearer "+s.Secret)
		b.call("", "POST", "/cap/"+s.ID, raw, http.StatusOK, &second, "Authorization", "Bearer "+s.Secret)
		if len(first.Alerts) != 1 || first.Alerts[0].Verdict != "taken" || first.Alerts[0].Arrival == "" || second.Alerts[0] != first.Alerts[0] || b.waitingArrivals() != 1 {
			b.Errorf("%+v %+v", first, second)
		}
		b.call("", "POST", "/cap/"+s.ID, []byte("<html/>"), http.StatusUnprocessableEntity, nil, "Authorization", "Bearer "+s.Secret)
		b.call("", "POST", "/cap/"+s.ID, make([]byte, 5<<20), http.StatusRequestEntityTooLarge, nil, "Authorization", "Bearer "+s.Secret)

		// An update names more than a database is asked for at a time; the newest count.
		update, err := capRain(b, "b", func(a *cap.Alert) {
			a.MsgType = "Update"
			for i := range 40_000 {
				a.References = append(a.References, cap.Reference{Sender: a.Sender, Identifier: strconv.Itoa(i), Sent: a.Sent.Add(-time.Hour)})
			}
			a.References = append(a.References, cap.Reference{Sender: a.Sender, Identifier: "a", Sent: a.Sent})
			a.Sent = a.Sent.Add(time.Second)
		}).Write()
		b.do(err)
		b.call("", "POST", "/cap/"+s.ID, update, http.StatusOK, &second, "Authorization", "Bearer "+s.Secret)
		if second.Alerts[0].Verdict != "taken" || b.waitingArrivals() != 1 {
			b.Errorf("%+v, %d wait", second, b.waitingArrivals())
		}

		// A new secret takes the old one's place, and is made only with a fresh second factor.
		var v sourceAnswer
		b.call("stale", "POST", "/api/alert-sources/"+s.ID+"/secret", map[string]any{}, http.StatusForbidden, nil, "If-Match", `"1"`)
		b.call("wang", "POST", "/api/alert-sources/"+s.ID+"/secret", map[string]any{}, http.StatusOK, &v, "If-Match", `"1"`)
		b.call("", "POST", "/cap/"+s.ID, raw, http.StatusUnauthorized, nil, "Authorization", "Bearer "+s.Secret)
		b.call("", "POST", "/cap/"+s.ID, raw, http.StatusOK, nil, "Authorization", "Bearer "+v.Secret)

		signed := b.capSource("push", map[string]any{"proof": "signature"}, map[string]any{"signed": false})
		at := func(age time.Duration) string { return strconv.FormatInt(b.clk.Now().Add(-age).Unix(), 10) }
		for _, bad := range [][2]string{{at(0), "sha256=00"}, {at(10 * time.Minute), output.SignNotice([]byte(signed.Secret), at(10*time.Minute), raw)}, {at(0), output.SignNotice([]byte("wrong"), at(0), raw)}, {"x", output.SignNotice([]byte(signed.Secret), "x", raw)}} {
			b.call("", "POST", "/cap/"+signed.ID, raw, http.StatusUnauthorized, nil, output.TimestampHeader, bad[0], output.SignatureHeader, bad[1])
		}
		stamp := at(0)
		b.call("", "POST", "/cap/"+signed.ID, raw, http.StatusOK, nil, output.TimestampHeader, stamp, output.SignatureHeader, output.SignNotice([]byte(signed.Secret), stamp, raw))

		// Neither secret is kept as it was told.
		kept := ""
		rows, err := b.deps.DB.Query(context.Background(), `SELECT secret FROM alert_cap_source`)
		b.do(err)
		defer rows.Close()
		for rows.Next() {
			b.do(rows.Scan(&kept))
			if strings.Contains(kept, v.Secret) {
				b.Error("a token is kept as it is")
			}
		}
	})
}

// Another text under a sender, identifier and time of sending that were used is refused, and noted
// once: the first stands. The same text is the same however it is written.
func TestAnotherTextUnderAUsedIdentifierIsRefused(t *testing.T) {
	each(t, func(b *bench) {
		s := b.capSource("push", map[string]any{"proof": "token"}, map[string]any{"signed": false})
		type receipt struct{ Verdict, Reason, Arrival string }
		send := func(raw []byte) receipt {
			b.Helper()
			var got struct{ Alerts []receipt }
			b.call("", "POST", "/cap/"+s.ID, raw, http.StatusOK, &got, "Authorization", "Bearer "+s.Secret)
			return got.Alerts[0]
		}
		raw, err := capRain(b, "a", nil).Write()
		b.do(err)
		first := send(raw)
		if again := send(bytes.Replace(raw, []byte("?>"), []byte("?><!-- sent again -->"), 1)); again != first {
			b.Errorf("the same alert, written otherwise: %+v, first %+v", again, first)
		}
		other := func(a *cap.Alert) { a.Infos[0].Description = "雨更大。" }
		changed, err := capRain(b, "a", other).Write()
		b.do(err)
		for range 3 {
			if got := send(changed); got.Verdict != "refused" || got.Arrival != "" || !strings.Contains(got.Reason, "暴雨橙色预警 a") {
				b.Errorf("another text: %+v", got)
			}
		}
		if again := send(raw); again != first || b.waitingArrivals() != 1 {
			b.Errorf("the first afterwards: %+v, %d wait", again, b.waitingArrivals())
		}
		var log judgedAnswer
		b.call("wang", "GET", "/api/alert-sources/"+s.ID+"/alerts", nil, http.StatusOK, &log)
		if len(log.Items) != 2 || log.Items[0].Verdict != "refused" || log.Items[0].Identifier != "a" || log.Items[1].Verdict != "taken" {
			b.Errorf("the log: %+v", log)
		}

		office := newWeather(b.T)
		office.put(capRain(b, "c", nil))
		p := b.capSource("pull", map[string]any{"url": office.URL + "/feed.xml"}, map[string]any{"signed": false})
		poll := func() {
			b.call("wang", "POST", "/api/alert-sources/"+p.ID+"/fetch", nil, http.StatusOK, nil)
		}
		poll()
		office.mu.Lock()
		office.alerts, office.within = []*cap.Alert{capRain(b, "c", other)}, true // as one that reads the feed anew finds it
		office.mu.Unlock()
		for range 3 {
			office.put()
			poll()
		}
		b.call("wang", "GET", "/api/alert-sources/"+p.ID+"/alerts", nil, http.StatusOK, &log)
		var v sourceAnswer
		b.call("wang", "GET", "/api/alert-sources/"+p.ID, nil, http.StatusOK, &v)
		if len(log.Items) != 2 || log.Items[0].Verdict != "refused" || v.Failures != 0 || b.waitingArrivals() != 2 {
			b.Errorf("the log of who is fetched: %+v, %+v", log, v)
		}
	})
}

func TestOnlySomeSayWhomToTrust(t *testing.T) {
	each(t, func(b *bench) {
		setup := map[string]any{"kind": "push", "nameZh": "气象局", "nameEn": "Weather", "regionCode": "110000000000", "level": "city", "settings": map[string]any{"proof": "token"}, "trust": map[string]any{"signed": false}, "enabled": true}
		b.call("li", "POST", "/api/alert-sources", setup, http.StatusForbidden, nil)
		b.call("chaoyang", "POST", "/api/alert-sources", setup, http.StatusForbidden, nil)
		b.call("stale", "POST", "/api/alert-sources", setup, http.StatusForbidden, nil)
		for place, bad := range map[string]map[string]any{
			"settings.url":       {"kind": "pull", "settings": map[string]any{"url": "ftp://x", "interval": 60}},
			"settings.proof":     {"settings": map[string]any{}},
			"trust.certificates": {"trust": map[string]any{"signed": true}},
			"trust.events[0]":    {"trust": map[string]any{"signed": false, "events": []string{"x"}}},
		} {
			with := map[string]any{}
			for k, v := range setup {
				with[k] = v
			}
			for k, v := range bad {
				with[k] = v
			}
			var problem struct{ Errors []struct{ Location string } }
			b.call("wang", "POST", "/api/alert-sources", with, http.StatusUnprocessableEntity, &problem)
			if len(problem.Errors) == 0 || !strings.HasSuffix(problem.Errors[0].Location, place) {
				b.Errorf("%s: %+v", place, problem)
			}
		}
		var v sourceAnswer
		b.call("wang", "POST", "/api/alert-sources", setup, http.StatusCreated, &v)
		w := b.call("viewer", "GET", "/api/alert-sources", nil, http.StatusOK, nil)
		if strings.Contains(w.Body.String(), "trust") || strings.Contains(w.Body.String(), v.Secret) || !strings.Contains(w.Body.String(), v.ID) {
			b.Errorf("%s", w.Body)
		}
		b.call("wang", "DELETE", "/api/alert-sources/"+v.ID, nil, http.StatusNoContent, nil, "If-Match", `"1"`)
		b.call("", "POST", "/cap/"+v.ID, []byte("x"), http.StatusUnauthorized, nil, "Authorization", "Bearer "+v.Secret)
	})
}

func TestMessagesArePublishedAsCAP(t *testing.T) {
	each(t, func(b *bench) {
		get := func(path string, want int, headers ...string) *httptest.ResponseRecorder {
			b.Helper()
			b.clk.Advance(2 * time.Second) // what is written lasts a second
			return b.call("", "GET", path, nil, want, nil, headers...)
		}
		entries := func() []cap.Entry {
			b.Helper()
			doc := cap.Read(get("/cap/feed.xml", http.StatusOK).Body.Bytes())
			if !doc.Valid || doc.Version != "atom" {
				b.Fatalf("%+v", doc.Report)
			}
			return doc.Entries
		}
		if n := len(entries()); n != 0 {
			b.Fatal(n)
		}
		msg := b.issued(b.rain(chaoyang))
		list := entries()
		if len(list) != 1 || list[0].Link != "https://city.example/cap/"+msg.ID+"/1.xml" || list[0].Title != "暴雨橙色预警" {
			b.Fatalf("%+v", list)
		}
		tag := get("/cap/feed.xml", http.StatusOK).Header().Get("ETag")
		get("/cap/feed.xml", http.StatusNotModified, "If-None-Match", tag)
		one := func(path string) *cap.Alert {
			b.Helper()
			doc := cap.Read(get(path, http.StatusOK).Body.Bytes())
			if !doc.Valid || len(doc.Alerts) != 1 {
				b.Fatalf("%+v", doc.Report)
			}
			return doc.Alerts[0]
		}
		first := one("/cap/" + msg.ID + ".xml")
		if first.Identifier != msg.ID+".1" || first.Sender != string(platform) || first.Infos[0].Areas[0].Description != "区110105" || first.Infos[0].Areas[0].Geocodes[0].Value != "110105" {
			b.Errorf("%+v", first)
		}
		ended, err := b.m.cancel(b.as("wang"), msg.ID, "雨停了")
		b.do(err)
		last := one("/cap/" + ended.ID + ".xml")
		if last.MsgType != "Cancel" || len(last.References) != 1 || last.References[0].Identifier != first.Identifier || !last.References[0].Sent.Equal(first.Sent) {
			b.Errorf("%+v", last)
		}
		if one("/cap/"+msg.ID+"/1.xml").MsgType != "Alert" || one("/cap/"+msg.ID+"/end.xml").MsgType != "Cancel" || entries()[0].ID == list[0].ID {
			b.Error("earlier versions are not where they were")
		}
		get("/cap/"+msg.ID+"/2.xml", http.StatusNotFound)
		get("/cap/nothing.xml", http.StatusNotFound)
		hidden := b.checked(b.rain(haidian))
		get("/cap/"+hidden.ID+".xml", http.StatusNotFound)
		b.clk.Advance(25 * time.Hour)
		if n := len(entries()); n != 0 {
			b.Errorf("%d entries a day later", n)
		}

		drill := b.rain(chaoyang)
		drill.Kind = message.TerminalDrill
		drill.EndsAt = b.clk.Now().Add(time.Hour)
		msg = b.issued(drill)
		if a := one("/cap/" + msg.ID + ".xml"); a.Status != "Exercise" || !strings.HasPrefix(a.Infos[0].Headline, "【演练】") || !strings.HasPrefix(a.Note, "【演练】") {
			b.Errorf("%+v", a)
		}
	})
}
