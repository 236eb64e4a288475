package alert

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/geo"
	"github.com/tongsheng/tongsheng/engine/quality/wav"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/speech"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

func TestTheMainJobOverHTTP(t *testing.T) {
	each(t, func(b *bench) {
		b.town.stand(township1, 1)
		b.town.stand(township2, 1).Online = false
		var v, again messageView
		w := b.call("li", "POST", "/api/alerts", b.rain(chaoyang), 201, &v, "Idempotency-Key", "k1")
		b.call("li", "POST", "/api/alerts", b.rain(chaoyang), 201, &again, "Idempotency-Key", "k1")
		if v.ID != again.ID || w.Header().Get("ETag") != httpapi.ETag(v.Revision) {
			b.Fatalf("%s and %s, %q", v.ID, again.ID, w.Header())
		}
		at := "/api/alerts/" + v.ID
		var edited messageView
		change := b.rain(chaoyang).Wording
		change.Volume = new(int)
		*change.Volume = 80
		change.Texts = append(change.Texts, message.Text{Lang: "en", Title: "Orange warning: heavy rain", Body: "Stay indoors."})
		b.call("li", "PUT", at, change, 422, nil)
		b.call("li", "PUT", at, change, 200, &edited, "If-Match", httpapi.ETag(v.Revision))
		b.call("li", "PUT", at, change, 412, nil, "If-Match", httpapi.ETag(v.Revision))
		b.call("li", "POST", at+"/check", submission{TextOnly: true}, 200, &v)
		if !slices.Contains(v.May, "edit") || slices.Contains(v.May, "countersign") || v.Open.Reach.Terminals != 2 || v.Open.Reach.Offline != 1 {
			b.Fatalf("%v %+v", v.May, v.Open.Reach)
		}
		b.call("wang", "GET", at, nil, 200, &v)
		if !slices.Contains(v.May, "countersign") {
			b.Fatal(v.May)
		}
		b.call("wang", "POST", at+"/reject", map[string]string{"reason": "请写明时间"}, 200, &v)
		if v.State != message.Draft || v.Open.Rejection.Reason != "请写明时间" {
			b.Fatalf("%+v", v.Open)
		}
		b.call("li", "POST", at+"/check", submission{TextOnly: true}, 200, &v)
		b.call("li", "POST", at+"/countersign", map[string]string{"digest": v.Open.Digest}, 403, nil)
		b.call("wang", "POST", at+"/countersign", map[string]string{"digest": strings.Repeat("0", 64)}, 422, nil)
		b.call("wang", "POST", at+"/countersign", map[string]string{"digest": v.Open.Digest}, 200, &v)
		if v.State != message.Issued || v.Current == nil || v.Open != nil {
			b.Fatalf("%+v", v)
		}
		b.look()
		var progress standing
		b.call("viewer", "GET", at+"/progress", nil, 200, &progress)
		if progress.Figures.Targets != 2 || len(progress.States[delivery.Playing]) != 1 || progress.Figures.Offline != 1 {
			b.Fatalf("%+v", progress)
		}
		var rows store.Listing[delivery.Delivery]
		b.call("viewer", "GET", at+"/deliveries?limit=1", nil, 200, &rows)
		if rows.Total != 2 || len(rows.Items) != 1 || rows.Next == "" || rows.Items[0].Number != 1 {
			b.Fatalf("%+v", rows)
		}
		name := b.town.terminals[b.town.order[1]].Name
		b.call("viewer", "GET", at+"/deliveries?q="+url.QueryEscape(name), nil, 200, &rows)
		if rows.Total == 0 || len(rows.Items) == 0 || rows.Items[0].Name != name {
			b.Errorf("%q finds %+v", name, rows)
		}
		b.call("viewer", "GET", at+"/deliveries?q=nowhere", nil, 200, &rows)
		if len(rows.Items) != 0 {
			b.Errorf("nowhere is %+v", rows)
		}
		b.call("viewer", "GET", at+"/deliveries?state=sent&township="+township2, nil, 200, &rows)
		if len(rows.Items) != 1 || rows.Items[0].Heard != nil {
			b.Fatalf("%+v", rows)
		}
		var log store.Listing[delivery.Logged]
		b.call("viewer", "GET", at+"/deliveries/"+string(b.town.order[0])+"/receipts", nil, 200, &log)
		if len(log.Items) != 2 {
			b.Fatalf("%+v", log)
		}
		var towns store.Listing[delivery.Township]
		b.call("viewer", "GET", at+"/townships", nil, 200, &towns)
		if len(towns.Items) != 2 || towns.Items[0].Name != "区110105乡110105001" || towns.Items[1].Figures.Offline != 1 {
			b.Fatalf("%+v", towns)
		}
		var curve delivery.Curve
		b.call("viewer", "GET", at+"/curve", nil, 200, &curve)
		if curve.Targets != 2 || curve.Answered[len(curve.Answered)-1] != 1 {
			b.Fatalf("%+v", curve)
		}
		var h handoff
		b.call("li", "POST", at+"/handoffs", map[string]any{"problem": "silent", "party": "维修三班", "contact": "010-5550100", "note": "请上门检查"}, 201, &h)
		if len(h.Devices) != 1 {
			b.Fatalf("%+v", h)
		}
		b.call("li", "POST", at+"/handoffs", map[string]any{"devices": []string{h.Devices[0], strings.Repeat("x", 1000)}, "party": "维修三班", "note": "不在此列"}, 422, nil)
		b.call("li", "POST", at+"/handoffs/"+h.ID+"/close", map[string]string{"outcome": "更换电源"}, 204, nil)
		b.call("li", "POST", at+"/handoffs/"+h.ID+"/close", map[string]string{"outcome": "更换电源"}, 409, nil)
		var hs store.Listing[handoff]
		b.call("li", "GET", at+"/handoffs", nil, 200, &hs)
		if len(hs.Items) != 1 || hs.Items[0].State != "closed" || hs.Items[0].Outcome != "更换电源" {
			b.Fatalf("%+v", hs)
		}
		b.call("li", "POST", at+"/cancel", map[string]string{"reason": "误报"}, 200, &v)
		b.look()
		for format, magic := range map[string]string{"pdf": "%PDF", "xlsx": "PK"} {
			w := b.call("li", "GET", at+"/report?format="+format, nil, 200, nil)
			if !strings.HasPrefix(w.Body.String(), magic) {
				b.Errorf("%s begins with %.10q", format, w.Body)
			}
		}
		issued := v.IssuedAt.In(b.deps.Zone).Format("20060102-1504")
		file := b.call("li", "GET", at+"/report?lang=en&format=xlsx", nil, 200, nil).Header().Get("Content-Disposition")
		if !strings.HasPrefix(file, `attachment; filename="report-`+issued+`.en.xlsx"; filename*=UTF-8''Report-`) || !strings.HasSuffix(file, "-"+issued+".en.xlsx") {
			b.Errorf("the file is named %s", file)
		}
		var trail store.Listing[struct {
			Action string
			Detail map[string]any
		}]
		b.call("viewer", "GET", at+"/audit", nil, 200, &trail)
		var acts []string
		for _, r := range trail.Items {
			acts = append(acts, strings.TrimPrefix(r.Action, "alert."))
			if r.Action == "alert.hand_on" && (r.Detail["contact"] != "010-5550100" || r.Detail["note"] != "请上门检查") {
				b.Errorf("handed on as %v", r.Detail)
			}
		}
		slices.Reverse(acts)
		want := []string{"create", "edit", "check", "reject", "check", "countersign", "begin", "hand_on", "hand_on.close", "cancel"}
		if !slices.Equal(acts, want) {
			b.Errorf("trail %v", acts)
		}
		var found store.Listing[summary]
		for _, words := range []string{"暴雨", "heavy"} {
			b.call("viewer", "GET", "/api/alerts?state=ended&severity=orange&q="+words, nil, 200, &found)
			if found.Total != 1 || found.Items[0].ID != v.ID || found.Items[0].Title != "暴雨橙色预警" || found.Items[0].TitleEn != "Orange warning: heavy rain" {
				b.Errorf("%s: %+v", words, found)
			}
		}
	})
}

// Everybody against everything: what a role may not do, and what lies in another region,
// is refused; what a person may not even see does not exist.
func TestWhoMayDoWhatWhere(t *testing.T) {
	each(t, func(b *bench) {
		b.town.stand(township1, 1)
		msg := b.issued(b.rain(township1))
		b.look()
		checked := b.checked(b.rain(township2))
		at, open := "/api/alerts/"+msg.ID, "/api/alerts/"+checked.ID
		reason, digest := map[string]string{"reason": "测试一下"}, map[string]string{"digest": strings.Repeat("a", 64)}
		for _, c := range []struct {
			method, path string
			body         any
			want         map[string]int // 0 stands for "not refused"
		}{
			{"GET", at, nil, map[string]int{"": 401, "nobody": 403, "viewer": 200, "haidian": 404, "chaoyang": 200, "town": 200, "li": 200}},
			{"GET", open, nil, map[string]int{"haidian": 404, "chaoyang": 200, "town": 404}},
			{"GET", at + "/progress", nil, map[string]int{"": 401, "nobody": 403, "haidian": 404, "viewer": 200}},
			{"GET", at + "/deliveries", nil, map[string]int{"": 401, "haidian": 404, "viewer": 200}},
			{"GET", at + "/audit", nil, map[string]int{"haidian": 404, "viewer": 200}},
			{"GET", at + "/report", nil, map[string]int{"": 401, "viewer": 403, "haidian": 404, "town": 200}},
			{"POST", at + "/retry", Chosen{}, map[string]int{"": 401, "viewer": 403, "haidian": 404, "town": 200}},
			{"POST", at + "/update", nil, map[string]int{"": 401, "viewer": 403, "haidian": 404}},
			{"POST", open + "/countersign", digest, map[string]int{"": 401, "viewer": 403, "li": 403, "haidian": 404, "wang": 422}},
			{"POST", open + "/reject", reason, map[string]int{"": 401, "viewer": 403, "li": 403, "haidian": 404}},
			{"POST", "/api/alerts/preview", map[string]any{"kind": "real", "area": map[string]any{"regions": []string{chaoyang}}}, map[string]int{"": 401, "viewer": 403, "haidian": 403, "town": 403, "chaoyang": 200}},
			{"POST", "/api/alerts", b.rain(haidian), map[string]int{"": 401, "viewer": 403, "chaoyang": 403, "town": 403, "li": 201}},
			{"POST", "/api/alerts/stop", map[string]any{"regions": []string{haidian}, "reason": "测试紧急停播"}, map[string]int{"": 401, "viewer": 403, "li": 403, "chaoyang": 403, "stale": 403}},
			{"PUT", "/api/alert-precedence", []map[string]any{{"by": "class", "order": []string{"emergency"}}}, map[string]int{"": 401, "viewer": 403, "li": 403, "chaoyang": 403}},
			{"GET", "/api/alert-templates", nil, map[string]int{"": 401, "nobody": 403, "viewer": 200}},
			{"GET", "/api/public/alerts", nil, map[string]int{"": 200, "nobody": 200}},
			{"POST", at + "/cancel", reason, map[string]int{"": 401, "viewer": 403, "haidian": 404, "town": 200}},
		} {
			for who, want := range c.want {
				b.call(who, c.method, c.path, c.body, want, nil, "If-Match", `"1"`)
			}
		}
		var found store.Listing[summary]
		b.call("haidian", "GET", "/api/alerts", nil, 200, &found)
		for _, s := range found.Items {
			if !strings.HasPrefix(s.RegionPath, people["haidian"].path) {
				b.Errorf("haidian sees %s", s.RegionPath)
			}
		}
		if found.Total != 1 {
			b.Errorf("haidian sees %d", found.Total)
		}
	})
}

func TestBadInputNamesThePlace(t *testing.T) {
	each(t, func(b *bench) {
		for _, c := range []struct {
			change      func(*draft)
			place, code string
		}{
			{func(d *draft) { d.Area.Regions = []string{"999999000000"} }, "area.regions[0]", "alert.area.unknown_region"},
			{func(d *draft) { d.Area.Zones = []string{"nowhere"} }, "area.zones[0]", "alert.area.unknown_zone"},
			{func(d *draft) { d.Area.Devices = []string{"61101050010000314010401"} }, "area.devices[0]", "alert.area.unknown_device"},
			{func(d *draft) {
				d.Area = message.Area{Circles: []message.Circle{{Center: [2]float64{0, 0}, Radius: 1000}}}
			}, "area", "alert.area.outside"},
			{func(d *draft) { d.Texts[0].Title = "" }, "texts[0].title", "alert.text.missing"},
			{func(d *draft) { d.EndsAt = b.clk.Now().Add(-time.Hour) }, "endsAt", "alert.time.ends_early"},
		} {
			d := b.rain(chaoyang)
			c.change(&d)
			for lang, word := range map[string]string{"zh": "", "en": ""} {
				var p httpapi.Problem
				b.call("li", "POST", "/api/alerts?lang="+lang, d, 422, &p)
				if len(p.Errors) == 0 || p.Errors[0].Location != c.place || p.Errors[0].Code != c.code || p.Errors[0].Message == c.code+word {
					b.Errorf("%s: %+v", c.code, p)
				}
			}
		}
		b.call("li", "POST", "/api/alerts", []byte("{"), 415, nil)
		var n int
		b.do(b.deps.DB.QueryRow(b.as("li"), `SELECT count(*) FROM alert_message`).Scan(&n))
		if n != 0 {
			b.Errorf("%d messages were half written", n)
		}
	})
}

func TestThePublicReadsWhatIsInForce(t *testing.T) {
	each(t, func(b *bench) {
		d := b.rain(chaoyang)
		d.Kind = message.TerminalDrill
		d.Texts = append(d.Texts, message.Text{Lang: "en", Title: "Orange rainstorm", Body: "More than 50 mm of rain.", Advice: "Stay in."})
		drill := b.issued(d)
		silent := b.rain(chaoyang)
		silent.Kind = message.PlatformDrill
		hidden := b.issued(silent)
		square := b.rain()
		square.Area.Polygons = []message.Polygon{{{116.1, 39.5}, {116.25, 39.5}, {116.25, 39.6}, {116.1, 39.6}, {116.1, 39.5}}}
		real := b.issued(square)
		draftOnly := b.checked(b.rain(haidian))
		b.look()
		b.clk.Advance(2 * time.Second)
		var got store.Listing[publicView]
		w := b.call("", "GET", "/api/public/alerts?lang=en", nil, 200, &got)
		if len(got.Items) != 2 || got.Items[0].ID != real.ID || got.Items[1].ID != drill.ID || !strings.Contains(w.Header().Get("Cache-Control"), "public") {
			b.Fatalf("%+v", got.Items)
		}
		if t := got.Items[1].Texts[0]; t.Lang != "en" || !strings.HasPrefix(t.Title, "[DRILL]") || !got.Items[1].Drill {
			b.Errorf("%+v", t)
		}
		if p := got.Items[0].Places; len(p) != 2 || p[0].Code != township1 || !p[0].Part || p[1].Code != township2 || !p[1].Part {
			b.Errorf("%+v", p)
		}
		b.call("", "GET", "/api/public/alerts/"+hidden.ID, nil, 404, nil)
		b.call("", "GET", "/api/public/alerts/"+draftOnly.ID, nil, 404, nil)
		b.clk.Advance(7 * time.Hour)
		b.call("", "GET", "/api/public/alerts", nil, 200, &got)
		if len(got.Items) != 0 {
			b.Errorf("what is over is still in force: %+v", got.Items)
		}
		b.look()
		b.clk.Advance(2 * time.Second)
		b.call("", "GET", "/api/public/alerts/ended", nil, 200, &got)
		if len(got.Items) != 2 {
			b.Errorf("%+v", got.Items)
		}
		b.clk.Advance(8 * 24 * time.Hour)
		b.call("", "GET", "/api/public/alerts/ended", nil, 200, &got)
		if len(got.Items) != 0 {
			b.Errorf("%+v", got.Items)
		}
	})
}

// png is one transparent dot.
var png, _ = base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==")

// tone is a recording of two seconds.
func tone(b *bench) []byte {
	s := wav.Sound{Rate: 16000, Channels: 1, Samples: make([]float32, 32000)}
	for i := range s.Samples {
		s.Samples[i] = float32(math.Sin(float64(i)/6) / 3)
	}
	var out bytes.Buffer
	b.do(wav.Write(&out, s, 16))
	return out.Bytes()
}

// What was attached to look at and what was attached to listen to are two lists.
func TestThePublicIsToldPicturesFromSounds(t *testing.T) {
	each(t, func(b *bench) {
		var v messageView
		b.call("li", "POST", "/api/alerts", b.rain(chaoyang), 201, &v)
		at := "/api/alerts/" + v.ID
		b.call("li", "POST", at+"/attachments?name=map.png", png, 200, &v)
		b.call("li", "POST", at+"/attachments?name=siren.wav", tone(b), 200, &v)
		b.call("li", "POST", at+"/check", submission{TextOnly: true}, 200, &v)
		b.call("wang", "POST", at+"/countersign", map[string]string{"digest": v.Open.Digest}, 200, &v)
		var got publicView
		b.call("", "GET", "/api/public/alerts/"+v.ID, nil, 200, &got)
		if len(got.Pictures) != 1 || got.Pictures[0].Name != "map.png" || len(got.Audio) != 1 || got.Audio[0].Name != "siren.wav" {
			b.Errorf("pictures %+v, audio %+v", got.Pictures, got.Audio)
		}
		all := b.workbook(v.ID)
		if !strings.Contains(all, "附图：map.png") || !strings.Contains(all, "附加声音：siren.wav") {
			b.Error("the report does not list what was attached")
		}
	})
}

// workbook is everything that the report on a message says, as a workbook.
func (b *bench) workbook(id string) (all string) {
	b.Helper()
	w := b.call("li", "GET", "/api/alerts/"+id+"/report?format=xlsx", nil, 200, nil)
	pack, err := zip.NewReader(bytes.NewReader(w.Body.Bytes()), int64(w.Body.Len()))
	b.do(err)
	for _, f := range pack.File {
		part, err := f.Open()
		b.do(err)
		raw, err := io.ReadAll(part)
		b.do(err)
		all += string(raw)
	}
	return all
}

func TestSpeechRecordingsAndAttachments(t *testing.T) {
	for _, program := range []string{"espeak-ng", "ffmpeg"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("SKIPPED: %s is not installed, so speech is not tested", program)
		}
	}
	each(t, func(b *bench) {
		var v messageView
		b.call("li", "POST", "/api/alerts", b.rain(chaoyang), 201, &v)
		at := "/api/alerts/" + v.ID
		var p httpapi.Problem
		if b.call("li", "POST", at+"/attachments?name=map.png", []byte{}, 400, &p); len(p.Errors) != 1 || p.Errors[0].Location != "file" {
			b.Errorf("nothing was sent: %+v", p)
		}
		b.call("li", "POST", at+"/attachments?name=map.png", []byte("<script>"), 422, nil)
		for _, name := range []string{"a%0D%0AX-Evil:+1.png", "a%0Ab.png", "a%09b.png", "a%7Fb.png", "a%E2%80%A8b.png"} {
			b.call("li", "POST", at+"/attachments?name="+name, png, 422, nil)
		}
		b.call("li", "POST", at+"/attachments?name=map.png", make([]byte, 6<<20), 413, nil)
		b.call("li", "POST", at+"/attachments?name=../map.png", png, 200, &v)
		if len(v.Open.Pictures) != 1 || v.Open.Pictures[0].MIME != "image/png" || v.Open.Pictures[0].Name != "map.png" {
			b.Fatalf("%+v", v.Open.Pictures)
		}
		b.call("li", "POST", at+"/speech", nil, 200, &v)
		if len(v.Open.Sounds) != 1 || v.Open.Sounds[0].Millis < 1000 || v.Open.Sounds[0].Origin != "speech" {
			b.Fatalf("%+v", v.Open.Sounds)
		}
		spoken := v.Open.Sounds[0].Sound
		picture := v.Open.Pictures[0].URL
		b.call("", "GET", picture, nil, 404, nil)
		b.call("haidian", "GET", picture, nil, 404, nil)
		b.call("viewer", "GET", picture, nil, 200, nil)
		b.call("li", "GET", message.MediaPath(spoken.SM3), nil, 200, nil)
		sound := tone(b)
		b.call("li", "PUT", at+"/recordings/en", sound, 422, nil)
		b.call("li", "PUT", at+"/recordings/zh", []byte("not a sound"), 422, nil)
		b.call("li", "PUT", at+"/recordings/zh", sound, 200, &v)
		if v.Open.Sounds[0].Origin != "recording" {
			b.Fatalf("%+v", v.Open.Sounds)
		}
		words := b.rain(chaoyang).Wording
		words.Texts[0].Body = "新的内容。"
		b.call("li", "PUT", at, words, 200, &v, "If-Match", httpapi.ETag(v.Revision))
		if len(v.Open.Sounds) != 0 || len(v.Open.Pictures) != 1 {
			b.Fatalf("a recording of other words stayed: %+v", v.Open.Sounds)
		}
		b.call("li", "POST", at+"/check", submission{}, 200, &v)
		b.call("wang", "POST", at+"/countersign", map[string]string{"digest": v.Open.Digest}, 200, &v)
		w := b.call("", "GET", picture, nil, 200, nil)
		if !bytes.Equal(w.Body.Bytes(), png) || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			b.Errorf("%v", w.Header())
		}
		part := b.call("", "GET", v.Current.Sounds[0].URL, nil, 206, nil, "Range", "bytes=0-9")
		if part.Body.Len() != 10 {
			b.Errorf("a range of %d bytes", part.Body.Len())
		}
		b.call("", "GET", "/media/"+strings.Repeat("0", 64), nil, 404, nil)
		b.call("", "GET", message.MediaPath(spoken.SM3), nil, 404, nil)
	})
}

// The limits that a recorder is told are the ones that the server keeps.
func TestRecordingLimitsAreToldAndKept(t *testing.T) {
	each(t, func(b *bench) {
		var told limits
		b.call("li", "GET", "/api/alert-limits", nil, 200, &told)
		if told.RecordingSeconds != speech.MaxRecordingSeconds || told.RecordingBytes != speech.MaxRecordingBytes {
			b.Errorf("%+v", told)
		}
		var v messageView
		b.call("li", "POST", "/api/alerts", b.rain(chaoyang), 201, &v)
		b.call("li", "PUT", "/api/alerts/"+v.ID+"/recordings/zh", make([]byte, told.RecordingBytes+2), 413, nil)
		b.call("li", "PUT", "/api/alerts/"+v.ID+"/recordings/zh", make([]byte, told.RecordingBytes), 422, nil)
	})
}

// A drill recorded by a person is announced as a drill before and after, whatever the
// person said.
func TestARecordedDrillSaysThatItIsOne(t *testing.T) {
	for _, program := range []string{"espeak-ng", "ffmpeg"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("SKIPPED: %s is not installed, so speech is not tested", program)
		}
	}
	each(t, func(b *bench) {
		millis := func(kind message.Kind) int {
			d := b.rain(chaoyang)
			d.Kind = kind
			var v messageView
			b.call("li", "POST", "/api/alerts", d, 201, &v)
			b.call("li", "PUT", "/api/alerts/"+v.ID+"/recordings/zh", tone(b), 200, &v)
			return v.Open.Sounds[0].Millis
		}
		real := millis(message.Real)
		for _, kind := range []message.Kind{message.TerminalDrill, message.HeadEndDrill, message.PlatformDrill} {
			if drill := millis(kind); drill < real+5000 { // the two lines take more than five seconds
				b.Errorf("%s: the recording takes %d ms as a drill and %d ms for real", kind, drill, real)
			}
		}
	})
}

// The rules are tried as data: a red message from a trusted platform above goes out
// unattended, the same written here waits for a countersignature; an edit changes that.
func TestRulesAreTried(t *testing.T) {
	each(t, func(b *bench) {
		try := func(origin rule.Origin) rule.Verdict {
			var v rule.Verdict
			b.call("viewer", "POST", "/api/alert-rules/try", rule.Request{Origin: origin, Class: wire.Emergency, Event: "10203", Severity: message.Red,
				Authority: rule.City, Area: rule.District}, 200, &v)
			return v
		}
		if v := try(rule.Upper); !v.Allow || v.Approvals != 0 || v.Rule != "upper-level" || v.NameZh == "" {
			b.Errorf("from above: %+v", v)
		}
		if v := try(rule.Desk); !v.Allow || v.Approvals != 1 || v.Rule != "red-district" {
			b.Errorf("written here: %+v", v)
		}
		var kept struct {
			Rule    []rule.Sending
			Version int64
		}
		b.call("wang", "GET", "/api/alert-rules", nil, 200, &kept)
		kept.Rule[0].Approvals = 1
		b.call("wang", "PUT", "/api/alert-rules", kept.Rule, 200, nil, "If-Match", httpapi.ETag(kept.Version))
		if v := try(rule.Upper); v.Approvals != 1 {
			b.Errorf("after the edit: %+v", v)
		}
		b.call("viewer", "POST", "/api/alert-rules/try", map[string]any{"origin": "below"}, 422, nil)
	})
}

func TestRulesAreEditedAndKept(t *testing.T) {
	each(t, func(b *bench) {
		var one struct {
			Rule    struct{ NameZh string }
			Version int64
			Blanks  []string
		}
		b.call("viewer", "GET", "/api/alert-templates/rainstorm-red", nil, 200, &one)
		if one.Version != 1 || !slices.Equal(one.Blanks, []string{"time", "place", "amount"}) {
			b.Fatalf("%+v", one)
		}
		var tpl map[string]any
		b.call("viewer", "GET", "/api/alert-templates/rainstorm-red", nil, 200, &tpl)
		body := tpl["rule"].(map[string]any)
		body["nameZh"] = "特大暴雨"
		b.call("wang", "PUT", "/api/alert-templates/rainstorm-red", body, 412, nil, "If-Match", `"7"`)
		b.call("wang", "PUT", "/api/alert-templates/rainstorm-red", body, 200, &one, "If-Match", `"1"`)
		if one.Version != 2 || one.Rule.NameZh != "特大暴雨" {
			b.Fatalf("%+v", one)
		}
		var past store.Listing[any]
		b.call("viewer", "GET", "/api/alert-templates/rainstorm-red/history", nil, 200, &past)
		if len(past.Items) != 2 {
			b.Errorf("%d versions", len(past.Items))
		}
		var out struct {
			Texts   []message.Text
			Missing []string
		}
		b.call("viewer", "POST", "/api/alert-templates/rainstorm-red/fill", map[string]any{"values": map[string]string{"place": "朝阳区"}}, 200, &out)
		if !slices.Equal(out.Missing, []string{"time", "amount"}) || !strings.Contains(out.Texts[0].Body, "朝阳区") {
			b.Errorf("%+v", out)
		}
		b.call("wang", "DELETE", "/api/alert-templates/rainstorm-red", nil, 204, nil, "If-Match", `"2"`)
		b.call("viewer", "GET", "/api/alert-templates/rainstorm-red", nil, 404, nil)
		b.restart() // the defaults must not come back
		b.call("viewer", "GET", "/api/alert-templates/rainstorm-red", nil, 404, nil)
		b.call("wang", "POST", "/api/alert-templates", body, 201, &one)

		b.call("wang", "POST", "/api/pronunciations", map[string]string{"word": "大栅栏", "pinyin": "da4 shi2"}, 422, nil)
		b.call("wang", "POST", "/api/pronunciations", map[string]string{"word": "回龙观", "pinyin": "hui2 long2 guan1"}, 201, nil)
		b.call("wang", "POST", "/api/pronunciations", map[string]string{"word": "回龙观", "pinyin": "hui2 long2 guan4"}, 409, nil)
		b.call("wang", "PUT", "/api/pronunciations/%E5%9B%9E%E9%BE%99%E8%A7%82", map[string]string{"word": "回龙观", "pinyin": "hui2 long2 guan4"}, 200, nil, "If-Match", `"1"`)
		b.call("wang", "PUT", "/api/alert-rules", []map[string]any{{"id": "all", "nameZh": "全部", "nameEn": "All", "allow": true, "approvals": 0}}, 422, nil, "If-Match", `"1"`)
		b.call("viewer", "GET", "/api/alert-event-types", nil, 200, nil)
		b.call("viewer", "GET", "/api/alert-precedence", nil, 200, nil)
		for _, path := range []string{"/api/alert-rules/history", "/api/alert-precedence/history", "/api/pronunciations"} {
			b.call("viewer", "GET", path, nil, http.StatusOK, nil)
		}
	})
}

type known interface{ Regions }

// slowRegions does not answer before the asker leaves.
type slowRegions struct {
	known
	asked chan struct{}
}

func (r slowRegions) Covered(ctx context.Context, _ []string, _ []geo.MultiPolygon) ([]Covered, error) {
	r.asked <- struct{}{}
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestOnePersonMayHaveOnlyFewAreasWorkedOutAtOnce(t *testing.T) {
	area := `"area":{"polygons":[[[116.4,39.9],[116.5,39.9],[116.5,40],[116.4,39.9]]]}`
	each(t, func(b *bench) {
		slow := slowRegions{b.deps.Regions, make(chan struct{})}
		b.deps.Regions = slow
		b.restart()
		for _, c := range []struct {
			path, body string
			limit      int
		}{
			{"/api/alerts/preview", `{"kind":"real",` + area + `}`, 2},
			{"/api/alerts", `{"kind":"real","class":"emergency","event":"10203","severity":"red","texts":[{"lang":"zh","title":"暴雨","body":"暴雨。"}],"endsAt":"2026-08-01T00:00:00Z","repeat":{"count":1,"intervalSeconds":0},` + area + `}`, 4},
		} {
			ask := func(ctx context.Context) int {
				r := httptest.NewRequestWithContext(ctx, "POST", c.path, strings.NewReader(c.body))
				r.Header.Set("X-Person", "li")
				r.Header.Set("Content-Type", "application/json")
				w := httptest.NewRecorder()
				b.handler.ServeHTTP(w, r)
				return w.Code
			}
			ctx, leave := context.WithTimeout(context.Background(), 20*time.Second)
			defer leave()
			codes := make(chan int, c.limit)
			for range c.limit {
				go func() { codes <- ask(ctx) }()
				<-slow.asked
			}
			if code := ask(ctx); code != http.StatusTooManyRequests {
				b.Errorf("%s: one more than %d: %d", c.path, c.limit, code)
			}
			leave()
			for range c.limit {
				if code := <-codes; code != http.StatusServiceUnavailable {
					b.Errorf("%s, when the asker left: %d", c.path, code)
				}
			}
		}
	})
}
