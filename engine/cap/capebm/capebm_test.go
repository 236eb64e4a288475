package capebm

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tongsheng/tongsheng/engine/cap"
	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/geo"
)

const platform = ebd.ResourceCode("31100000000000101010101")

var sent = time.Date(2026, 7, 21, 10, 0, 0, 0, ebd.China)

func rain() *cap.Alert {
	return &cap.Alert{Version: "1.2", Identifier: string(platform) + "202607210001", Sender: "bjqx", Sent: sent, Status: "Actual", MsgType: "Alert", Scope: "Public",
		Infos: []cap.Info{{Language: "zh-CN", Categories: []string{"Met"}, Event: "暴雨", Urgency: "Unknown", Severity: "Severe", Certainty: "Unknown", SenderName: "北京市气象台",
			EventCodes: []cap.Value{{Name: Events, Value: "10203"}}, Onset: sent, Expires: sent.Add(6 * time.Hour), Headline: "暴雨橙色预警", Description: "雨大。",
			Areas: []cap.Area{{Description: "朝阳区", Geocodes: []cap.Value{{Name: Counties, Value: "110105"}, {Name: Townships, Value: "110108001"}}}}}}}
}

func TestEBMOfAlert(t *testing.T) {
	a := rain()
	a.Infos[0].Instruction = "请不要外出。"
	m, _, notes, err := To{Platform: platform}.EBM(a)
	if err != nil {
		t.Fatal(err)
	}
	b, c := m.MsgBasicInfo, m.MsgContent[0]
	if m.EBMID != ebd.EBMID(a.Identifier) || b.MsgType != ebd.MsgReal || b.Severity != ebd.SeverityOrange || b.EventType != "10203" || b.SenderCode != "bjqx" ||
		b.SendTime != "2026-07-21 10:00:00" || b.EndTime != "2026-07-21 16:00:00" || c.LanguageCode != "zho" || c.MsgTitle != "暴雨橙色预警" || c.MsgDesc != "雨大。\n请不要外出。" ||
		c.AreaCode != "110105000000,110108001000" {
		t.Errorf("%+v %+v", *b, c)
	}
	if len(notes) != 0 {
		t.Errorf("%v", notes)
	}
}

// Each change to an alert has the type of message, or the refusal, that it should.
func TestKinds(t *testing.T) {
	for status, want := range map[string]map[string]ebd.MsgType{
		"Actual":   {"Alert": 1, "Update": 1, "Cancel": 2, "Ack": 0, "Error": 0},
		"Exercise": {"Alert": 3, "Update": 3, "Cancel": 2, "Ack": 0},
		"Test":     {"Alert": 3}, "Draft": {"Alert": 0}, "System": {"Alert": 0},
	} {
		for msgType, kind := range want {
			a := rain()
			a.Status, a.MsgType = status, msgType
			a.References = []cap.Reference{{Sender: "x", Identifier: "y", Sent: sent.Add(-time.Hour)}}
			m, _, _, err := To{Platform: platform}.EBM(a)
			var refused *Error
			switch {
			case kind == 0 && !errors.As(err, &refused):
				t.Errorf("%s %s: %v", status, msgType, err)
			case kind != 0 && (err != nil || m.MsgBasicInfo.MsgType != kind || m.RelatedInfo == nil):
				t.Errorf("%s %s: %v, %v", status, msgType, m, err)
			}
		}
	}
	a := rain()
	a.Status, a.Infos[0].Parameters = "Exercise", []cap.Value{{Name: MsgType, Value: "5"}}
	if m, _, _, err := (To{Platform: platform}).EBM(a); err != nil || m.MsgBasicInfo.MsgType != ebd.MsgTerminalDrill {
		t.Errorf("%v, %v", m, err)
	}
}

// An update converted by itself names the message that its first alert became.
func TestIdsAreMadeTheSameEachTime(t *testing.T) {
	a := rain()
	a.Identifier = "urn:x:1"
	first, _, notes, err := To{Platform: platform}.EBM(a)
	if err != nil || len(notes) != 1 {
		t.Fatal(notes, err)
	}
	u := rain()
	u.Identifier, u.MsgType, u.References = "urn:x:2", "Update", []cap.Reference{a.Reference()}
	second, _, _, err := To{Platform: platform}.EBM(u)
	if err != nil || second.RelatedInfo.EBMID != first.EBMID || second.EBMID == first.EBMID {
		t.Errorf("%v %v %v", second, first.EBMID, err)
	}
}

func TestEvents(t *testing.T) {
	for _, c := range []struct {
		info  cap.Info
		want  ebd.EventType
		known EventKnown
	}{
		{cap.Info{EventCodes: []cap.Value{{Name: "GB/T 35561-2017", Value: "10203"}}}, "10203", EventGiven},
		{cap.Info{EventCodes: []cap.Value{{Name: "eventType", Value: "11B03"}}}, "10203", EventGiven},
		{cap.Info{EventCodes: []cap.Value{{Name: "gbt35561", Value: "12Q02"}}}, "21502", EventGiven},
		{cap.Info{EventCodes: []cap.Value{{Name: "SAME", Value: "10203"}}, Event: "暴雨"}, "10203", EventNamed},
		{cap.Info{Event: "Nothing known", Categories: []string{"Fire"}}, "20700", EventCategory},
		{cap.Info{Event: "Firearms", Categories: []string{"Security"}}, "40000", EventCategory},
		{cap.Info{}, "90000", EventCategory},
	} {
		if got, known := Event(&c.info); got != c.want || known != c.known {
			t.Errorf("%+v: %s %d", c.info, got, known)
		}
	}
	for _, e := range ebd.Events() {
		if c := Category(e.Code); eventOfCategory([]string{c}) == "" || c == "" {
			t.Errorf("%s has no category", e.Code)
		}
	}
}

func TestAreaCodes(t *testing.T) {
	for v, want := range map[cap.Value]ebd.AreaCode{
		{Name: "GB/T 2260", Value: "110105"}: "110105000000", {Name: "adcode", Value: "110105001"}: "110105001000", {Name: "行政区划代码", Value: "110105001002"}: "110105001002",
		{Name: "SAME", Value: "110105"}: "", {Name: "FIPS6", Value: "510013"}: "", {Name: "x", Value: "006109"}: "", {Name: "x", Value: "1101"}: "", {Name: "x", Value: "11010x"}: "", {Name: "x", Value: "990105"}: "",
	} {
		if got, ok := AreaCode(v); got != want || ok != (want != "") {
			t.Errorf("%v: %q", v, got)
		}
	}
	for _, code := range []ebd.AreaCode{"100000000000", "110105000000", "110105001000", "110105001002"} {
		if back, ok := AreaCode(Geocode(code)); !ok || back != code {
			t.Errorf("%s: %s", code, back)
		}
	}
}

// Whatever has no place on the other side is told.
func TestNothingIsLostSilently(t *testing.T) {
	feet := 100.0
	loss := map[string]func(*cap.Alert){
		"source":       func(a *cap.Alert) { a.Source = "x" },
		"incidents":    func(a *cap.Alert) { a.Incidents = []string{"x"} },
		"note":         func(a *cap.Alert) { a.Note = "x" },
		"code":         func(a *cap.Alert) { a.Codes = []string{"x"} },
		"audience":     func(a *cap.Alert) { a.Infos[0].Audience = "x" },
		"web":          func(a *cap.Alert) { a.Infos[0].Web = "http://x/" },
		"contact":      func(a *cap.Alert) { a.Infos[0].Contact = "x" },
		"responseType": func(a *cap.Alert) { a.Infos[0].ResponseTypes = []string{"Shelter"} },
		"urgency":      func(a *cap.Alert) { a.Infos[0].Urgency = "Immediate" },
		"certainty":    func(a *cap.Alert) { a.Infos[0].Certainty = "Observed" },
		"parameter":    func(a *cap.Alert) { a.Infos[0].Parameters = []cap.Value{{Name: "a", Value: "b"}} },
		"eventCode": func(a *cap.Alert) {
			a.Infos[0].EventCodes = append(a.Infos[0].EventCodes, cap.Value{Name: "SAME", Value: "TOR"})
		},
		"event":   func(a *cap.Alert) { a.Infos[0].Event = "大雨将至" },
		"expires": func(a *cap.Alert) { a.Infos[0].Expires = time.Time{} },
		"geocode": func(a *cap.Alert) {
			a.Infos[0].Areas[0].Geocodes = append(a.Infos[0].Areas[0].Geocodes, cap.Value{Name: "SAME", Value: "006109"})
		},
		"polygons": func(a *cap.Alert) { a.Infos[0].Areas[0].Polygons = []geo.Ring{{}} },
		"altitude": func(a *cap.Alert) { a.Infos[0].Areas[0].Altitude = &feet },
		"resource": func(a *cap.Alert) {
			a.Infos[0].Resources = []cap.Resource{{Description: "x", MIMEType: "text/html", URI: "http://x/"}}
		},
		"language": func(a *cap.Alert) { a.Infos[0].Language = "zh-HK" },
		"scope":    func(a *cap.Alert) { a.Scope = "Restricted" },
		"references": func(a *cap.Alert) {
			a.MsgType = "Update"
			a.References = []cap.Reference{{Sender: "a", Identifier: "b", Sent: sent.Add(-time.Hour)}, {Sender: "a", Identifier: "c", Sent: sent.Add(-2 * time.Hour)}}
		},
	}
	for name, change := range loss {
		a := rain()
		change(a)
		_, _, notes, err := To{Platform: platform}.EBM(a)
		if err != nil || len(notes) == 0 || !strings.Contains(fmt.Sprint(notes), name) {
			t.Errorf("%s: %v, %v", name, notes, err)
		}
	}
}

// What both sides can say comes back as it went.
func TestRoundTripOfEBM(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[一-龟A-Za-z0-9，。]{1,30}`)
		when := func(name string) time.Time {
			return sent.Add(time.Duration(rapid.IntRange(0, 1e6).Draw(t, name)) * time.Second)
		}
		codes := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"110000000000", "110105000000", "110105001000", "110105001002", "100000000000"}), 1, 4, func(s string) string { return s }).Draw(t, "codes")
		events := ebd.Events()
		start := when("start")
		kind := rapid.SampledFrom([]ebd.MsgType{1, 2, 3, 4, 5}).Draw(t, "kind")
		m := &ebd.EBM{EBMVersion: "1", EBMID: ebd.EBMID(fmt.Sprintf("%s20260721%04d", platform, rapid.IntRange(1, 9999).Draw(t, "seq"))),
			MsgBasicInfo: &ebd.MsgBasicInfo{MsgType: kind, SenderName: text.Draw(t, "name"), SenderCode: rapid.StringMatching(`[0-9]{1,23}`).Draw(t, "code"),
				SendTime: ebd.At(sent), EventType: events[rapid.IntRange(0, len(events)-1).Draw(t, "event")].Code, Severity: ebd.Severity(rapid.IntRange(0, 4).Draw(t, "severity")),
				StartTime: ebd.At(start), EndTime: ebd.At(start.Add(time.Hour))}}
		for _, lang := range []string{"zho", "eng"}[:rapid.IntRange(1, 2).Draw(t, "langs")] {
			c := ebd.MsgContent{LanguageCode: lang, MsgTitle: text.Draw(t, "title"), MsgDesc: text.Draw(t, "desc"), AreaCode: strings.Join(codes, ","), ProgramNum: rapid.IntRange(0, 65535).Draw(t, "programme")}
			if rapid.Bool().Draw(t, "aux") {
				c.Auxiliary = []ebd.Auxiliary{{AuxiliaryType: ebd.AuxStream, AuxiliaryDesc: "udp://224.0.0.1:5000"}}
			}
			m.MsgContent = append(m.MsgContent, c)
		}
		if kind == ebd.MsgCancel || rapid.Bool().Draw(t, "related") {
			m.RelatedInfo = &ebd.RelatedInfo{EBMID: ebd.EBMID(string(platform) + "202607200001")}
		}
		a, _, err := Alert(m)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Write(); err != nil {
			t.Fatal(err)
		}
		back, _, _, err := To{Platform: platform}.EBM(a)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(m, back) {
			t.Fatalf("%+v %+v\n%+v %+v", m, m.MsgBasicInfo, back, back.MsgBasicInfo)
		}
	})
}

func TestFilesGoAlong(t *testing.T) {
	a := rain()
	a.Infos[0].Resources = []cap.Resource{{Description: "EBDR_1.mp3", MIMEType: "audio/mpeg", URI: "EBDR_1.mp3", DerefURI: base64.StdEncoding.EncodeToString([]byte("sound"))}}
	m, files, _, err := To{Platform: platform}.EBM(a)
	if err != nil || len(files) != 1 || m.MsgContent[0].Auxiliary[0].Digest != ebd.Digest([]byte("sound")) {
		t.Fatal(m, files, err)
	}
	back, notes, err := Alert(m, files...)
	if err != nil || len(notes) != 0 || back.Infos[0].Resources[0].DerefURI != a.Infos[0].Resources[0].DerefURI {
		t.Errorf("%+v %v %v", back, notes, err)
	}
	if _, err := back.Write(); err != nil {
		t.Error(err)
	}
	files[0].Data = []byte("other")
	if back, notes, err = Alert(m, files...); err != nil || len(notes) == 0 || back.Infos[0].Resources[0].DerefURI != "" {
		t.Errorf("a file that was changed went along: %v", notes)
	}
}

const samples = "../../../../shared/data/alert/"

// Every shared document is converted to what the other side's own checks accept, or refused.
func TestSharedDocuments(t *testing.T) {
	files, _ := filepath.Glob(samples + "cap/alerts/*")
	if len(files) == 0 {
		t.Skip("SKIPPED: the shared CAP documents are not at " + samples)
	}
	converted := 0
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		doc := cap.Read(raw)
		for _, a := range doc.Alerts {
			m, resources, _, err := To{Platform: platform, Area: ebd.Nation}.EBM(a)
			var refused *Error
			if errors.As(err, &refused) || !doc.Valid {
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			id, _ := ebd.NewEBDID(ebd.EBDOther, platform, 1)
			p, err := ebd.NewPackage(ebd.GDJ2018, &ebd.Document{EBDID: id, SRC: &ebd.Source{EBRID: platform}, EBDTime: m.MsgBasicInfo.SendTime, Body: m}, resources...)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if _, warnings, err := ebd.Decode(p.Body.Data); err != nil || len(warnings) > 0 {
				t.Errorf("%s: %v %v", name, warnings, err)
			}
			converted++
		}
	}
	if converted < 20 {
		t.Errorf("only %d alerts were converted", converted)
	}
}

func TestSharedEBM(t *testing.T) {
	files, _ := filepath.Glob(samples + "ebd/*.xml")
	more, _ := filepath.Glob(samples + "ebd/*/*.xml")
	converted := 0
	for _, name := range append(files, more...) {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		doc, _, err := ebd.Decode(raw)
		if err != nil {
			continue
		}
		m, ok := doc.Body.(*ebd.EBM)
		if !ok {
			continue
		}
		a, _, err := Alert(m)
		var refused *Error
		if errors.As(err, &refused) {
			continue
		}
		if err == nil {
			_, err = a.Write()
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		converted++
	}
	t.Logf("%d messages were converted", converted)
}

func FuzzAlert(f *testing.F) {
	f.Add([]byte(`<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>a</identifier><info/></alert>`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc := cap.Read(raw)
		for _, a := range doc.Alerts {
			if m, files, _, err := (To{Platform: platform, Area: ebd.Nation}).EBM(a); err == nil {
				if back, _, err := Alert(m, files...); err == nil && doc.Valid && back.Identifier == "" {
					t.Error("an alert without an identifier")
				}
			}
		}
	})
}
