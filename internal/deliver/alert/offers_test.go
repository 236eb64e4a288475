package alert

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/cap"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/feed"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/media"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// archive is where a source keeps its sounds and pictures.
func archive(b *bench, slow chan struct{}) *httptest.Server {
	files := map[string][]byte{"/map.png": picture(b, 3), "/siren.wav": tone(b), "/page.png": []byte("<html>not a picture</html>"), "/damaged.png": picture(b, 5)}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved.png":
			http.Redirect(w, r, "/map.png?moved", http.StatusFound)
		case "/large.png":
			_, _ = w.Write(make([]byte, media.MaxAttachment+1))
		case "/slow.png":
			<-slow
			fallthrough
		default:
			raw, ok := files[r.URL.Path]
			if !ok {
				w.WriteHeader(http.StatusNotFound)
			}
			_, _ = w.Write(raw)
		}
	}))
	b.Cleanup(s.Close)
	return s
}

func (b *bench) offers(id string) map[string]feed.Offer {
	b.Helper()
	var found store.Listing[feed.Offer]
	b.call("li", "GET", "/api/alerts/"+id+"/offers", nil, http.StatusOK, &found)
	out := map[string]feed.Offer{}
	for _, o := range found.Items {
		out[o.Title] = o
	}
	return out
}

func TestWhatAnAlertNamesIsFetchedBesideItsText(t *testing.T) {
	each(t, func(b *bench) {
		slow := make(chan struct{})
		files := archive(b, slow)
		office := newWeather(b.T)
		s := b.capSource("pull", map[string]any{"url": office.URL + "/feed.xml", "interval": 60, "inside": true}, map[string]any{"signed": false})
		sum := sha1.Sum(tone(b))
		inline := picture(b, 7)
		office.put(capRain(b, "a", func(a *cap.Alert) {
			a.Infos[0].Resources = append(a.Infos[0].Resources, []cap.Resource{
				{Description: "picture", MIMEType: "image/png", URI: files.URL + "/map.png"}, {Description: "moved", MIMEType: "image/png", URI: files.URL + "/moved.png"},
				{Description: "sound", MIMEType: "audio/wav", URI: files.URL + "/siren.wav", Digest: hex.EncodeToString(sum[:])},
				{Description: "digest", MIMEType: "image/png", URI: files.URL + "/damaged.png", Digest: hex.EncodeToString(sum[:])},
				{Description: "page", MIMEType: "image/png", URI: files.URL + "/page.png"}, {Description: "large", MIMEType: "image/png", URI: files.URL + "/large.png"},
				{Description: "none", MIMEType: "image/png", URI: files.URL + "/none.png"}, {Description: "file", MIMEType: "image/png", URI: "file:///etc/passwd"},
				{Description: "document", MIMEType: "application/pdf", URI: files.URL + "/x.pdf"}, {Description: "within", MIMEType: "image/png", DerefURI: base64.StdEncoding.EncodeToString(inline)},
			}...)
		}))
		fetch := func() {
			b.Helper()
			b.call("wang", "POST", "/api/alert-sources/"+s.ID+"/fetch", map[string]any{}, http.StatusOK, nil)
		}
		fetch()
		waiting := b.arrivals("state=waiting")
		if len(waiting) != 1 { // the text is here before anything was asked for
			b.Fatalf("%+v", waiting)
		}
		id := waiting[0].Message
		for range 4 { // what fails is tried again, and given up
			b.clk.Advance(time.Minute)
			b.m.feeds.Gather(context.Background())
			b.m.feeds.Gather(context.Background())
			b.m.feeds.Gather(context.Background())
		}
		got := b.offers(id)
		for title, state := range map[string]string{"picture": "held", "moved": "held", "sound": "held", "within": "held", "digest": "refused", "page": "refused", "large": "refused", "none": "refused", "file": "refused", "document": ""} {
			if o := got[title]; o.State != state || state == "refused" && o.Reason == "" {
				b.Errorf("%s: %+v, not %q", title, o, state)
			}
		}
		if o := got["picture"]; o.MIME != "image/png" || o.Lang != "zh" || !bytes.Equal(b.call("li", "GET", "/media/"+o.SM3, nil, http.StatusOK, nil).Body.Bytes(), picture(b, 3)) {
			b.Errorf("%+v", o)
		}
		b.call("", "GET", "/media/"+got["picture"].SM3, nil, http.StatusNotFound, nil)
		for _, take := range []struct {
			title, as string
			want      int
		}{{"picture", "attachment", 200}, {"sound", "speech", 200}, {"within", "attachment", 200}, {"picture", "speech", 422}, {"page", "attachment", 409}} {
			b.call("li", "POST", "/api/alerts/"+id+"/offers/"+got[take.title].ID, map[string]any{"as": take.as}, take.want, nil)
		}
		b.call("li", "POST", "/api/alerts/"+id+"/offers/nothing", map[string]any{"as": "attachment"}, http.StatusNotFound, nil)
		c := b.read(id).Open.Content
		if len(c.Attachments) != 2 || c.Attachments[0].SM3 != got["picture"].SM3 || c.Attachments[0].Name != "picture" {
			b.Errorf("%+v", c.Attachments)
		}
		if sound, ok := c.Sound("zh"); !ok || sound.Origin != message.FromRecording {
			b.Errorf("%+v", c.Sounds)
		}

		// One that never answers holds up no other alert.
		office.put(capRain(b, "b", func(a *cap.Alert) {
			a.Infos[0].Resources = []cap.Resource{{Description: "slow", MIMEType: "image/png", URI: files.URL + "/slow.png"}}
		}))
		fetch()
		gathered := make(chan struct{})
		b.clk.Advance(time.Minute)
		go func() { defer close(gathered); b.m.feeds.Gather(context.Background()) }()
		office.put(capRain(b, "c", nil))
		fetch()
		if b.said(s.ID)["c"] != "taken" {
			b.Errorf("%v", b.said(s.ID))
		}
		close(slow)
		<-gathered
	})
}

// What came and cannot be noted is not fetched again every second, and holds up nothing else.
func TestWhatCannotBeNotedIsNotFetchedEverySecond(t *testing.T) {
	each(t, func(b *bench) {
		var asked atomic.Int32
		files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked.Add(1)
			_, _ = w.Write(picture(b, 3))
		}))
		b.Cleanup(files.Close)
		s := b.capSource("push", map[string]any{"proof": "token", "inside": true}, map[string]any{"signed": false})
		push := func(name string, n int) {
			raw, err := capRain(b, name, func(a *cap.Alert) {
				for i := range n {
					a.Infos[0].Resources = append(a.Infos[0].Resources, cap.Resource{Description: name, MIMEType: "image/png", URI: fmt.Sprint(files.URL, "/", i)})
				}
			}).Write()
			b.do(err)
			b.call("", "POST", "/cap/"+s.ID, raw, http.StatusOK, nil, "Authorization", "Bearer "+s.Secret)
		}
		push("a", 5)
		b.exec(`UPDATE alert_cap_resource SET arrival = 'nowhere'`)
		push("b", 1)
		for range 10 {
			b.clk.Advance(time.Second)
			b.m.feeds.Gather(context.Background())
		}
		held := 0
		b.do(b.deps.DB.QueryRow(context.Background(), `SELECT count(*) FROM alert_cap_resource WHERE state = 'held'`).Scan(&held))
		if asked.Load() != 6 || held != 1 {
			b.Errorf("asked %d times for 6 pictures, %d held", asked.Load(), held)
		}
		b.clk.Advance(time.Minute)
		b.m.feeds.Gather(context.Background())
		if asked.Load() != 10 {
			b.Errorf("asked %d times a minute later", asked.Load())
		}
	})
}

func TestWhatAStrangersAlertNamesLeadsNowhereWithin(t *testing.T) {
	each(t, func(b *bench) {
		files := archive(b, nil)
		s := b.capSource("push", map[string]any{"proof": "token"}, map[string]any{"signed": false})
		raw, err := capRain(b, "a", func(a *cap.Alert) {
			a.Infos[0].Resources = []cap.Resource{{Description: "picture", MIMEType: "image/png", URI: files.URL + "/map.png"}}
		}).Write()
		b.do(err)
		b.call("", "POST", "/cap/"+s.ID, raw, http.StatusOK, nil, "Authorization", "Bearer "+s.Secret)
		for range 4 {
			b.clk.Advance(time.Minute)
			b.m.feeds.Gather(context.Background())
		}
		if o := b.offers(b.arrivals("state=waiting")[0].Message)["picture"]; o.State != "refused" || o.SM3 != "" || !strings.Contains(o.Reason, "not on the open internet") {
			b.Errorf("%+v", o)
		}
	})
}
