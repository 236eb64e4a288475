package cap

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tongsheng/tongsheng/engine/geo"
)

var sameTime = cmp.Comparer(func(a, b time.Time) bool {
	_, offsetA := a.Zone()
	_, offsetB := b.Zone()
	return a.Equal(b) && offsetA == offsetB
})

func drawTime(t *rapid.T, label string) time.Time {
	zone := rapid.IntRange(-14*4, 14*4).Draw(t, label+" zone") * 15 * 60
	return zoned(time.Unix(rapid.Int64Range(0, 4e9).Draw(t, label), 0).In(time.FixedZone("", zone)))
}

// A text of every kind of character that XML can hold.
var textGen = rapid.StringOf(rapid.RuneFrom([]rune("aZ0 \n\t\r<>&\"'];=,.中文\u0085\u2028\U0001F6A8")))
var tokenGen = rapid.StringMatching(`[A-Za-z0-9:@._-]{1,20}`)
var nameGen = rapid.StringMatching(`[A-Za-z]{1,12}`)

func drawValues(t *rapid.T, label string) []Value {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Value {
		return Value{nameGen.Draw(t, "name"), textGen.Draw(t, "value")}
	}), 0, 3).Draw(t, label)
}

func drawRing(t *rapid.T) geo.Ring {
	centre := geo.Point{Lon: rapid.Float64Range(-170, 170).Draw(t, "lon"), Lat: rapid.Float64Range(-80, 80).Draw(t, "lat")}
	n := rapid.IntRange(3, 12).Draw(t, "points")
	var ring geo.Ring
	for i := range n {
		angle, r := 2*math.Pi*float64(i)/float64(n), rapid.Float64Range(0.01, 5).Draw(t, "radius")
		ring = append(ring, geo.Point{Lon: centre.Lon + r*math.Cos(angle), Lat: centre.Lat + r*math.Sin(angle)})
	}
	return append(ring, ring[0])
}

func drawArea(t *rapid.T) Area {
	a := Area{Description: textGen.Draw(t, "areaDesc"), Geocodes: drawValues(t, "geocodes")}
	for range rapid.IntRange(0, 2).Draw(t, "polygons") {
		a.Polygons = append(a.Polygons, drawRing(t))
	}
	for range rapid.IntRange(0, 2).Draw(t, "circles") {
		a.Circles = append(a.Circles, Circle{geo.Point{Lon: rapid.Float64Range(-180, 180).Draw(t, "lon"), Lat: rapid.Float64Range(-90, 90).Draw(t, "lat")}, rapid.Float64Range(0, 500).Draw(t, "radius")})
	}
	if rapid.Bool().Draw(t, "high") {
		low := float64(rapid.IntRange(-1000, 50000).Draw(t, "altitude")) / 10
		high := low + float64(rapid.IntRange(0, 1000).Draw(t, "ceiling"))
		a.Altitude, a.Ceiling = &low, &high
	}
	return a
}

func drawInfo(t *rapid.T, sent time.Time) Info {
	of := func(k ...string) string { return rapid.SampledFrom(k).Draw(t, "code") }
	n := Info{
		Language: of("", "zh-CN", "en-US", "x-klingon"), Categories: []string{of("Geo", "Met", "CBRNE", "Other")}, Event: textGen.Draw(t, "event"),
		Urgency: of("Immediate", "Future", "Unknown"), Severity: of("Extreme", "Minor"), Certainty: of("Observed", "Likely", "Unknown"),
		Audience: textGen.Draw(t, "audience"), EventCodes: drawValues(t, "eventCodes"), SenderName: textGen.Draw(t, "senderName"), Headline: textGen.Draw(t, "headline"),
		Description: textGen.Draw(t, "description"), Instruction: textGen.Draw(t, "instruction"), Web: of("", "https://example.org/?a=1&b=2"),
		Contact: textGen.Draw(t, "contact"), Parameters: drawValues(t, "parameters"),
	}
	if rapid.Bool().Draw(t, "responds") {
		n.ResponseTypes = []string{"Shelter", "AllClear"}
	}
	if rapid.Bool().Draw(t, "timed") {
		n.Effective, n.Onset = sent.Add(time.Hour), sent.Add(2*time.Hour)
		n.Expires = sent.Add(time.Duration(rapid.IntRange(1, 48).Draw(t, "hours")) * time.Hour)
	}
	if rapid.Bool().Draw(t, "resource") {
		n.Resources = []Resource{{"text", "text/plain", 5, "a.txt", "aGVsbG8=", "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"}, {Description: "page", MIMEType: "text/html", URI: "https://example.org/"}}
	}
	for range rapid.IntRange(0, 2).Draw(t, "areas") {
		n.Areas = append(n.Areas, drawArea(t))
	}
	return n
}

func drawAlert(t *rapid.T) *Alert {
	a := &Alert{Version: "1.2", Identifier: tokenGen.Draw(t, "identifier"), Sender: tokenGen.Draw(t, "sender"), Sent: drawTime(t, "sent"),
		Status: rapid.SampledFrom([]string{"Actual", "Exercise", "Draft"}).Draw(t, "status"), MsgType: rapid.SampledFrom([]string{"Alert", "Update", "Cancel"}).Draw(t, "msgType"),
		Source: textGen.Draw(t, "source"), Scope: rapid.SampledFrom([]string{"Public", "Restricted", "Private"}).Draw(t, "scope"), Note: textGen.Draw(t, "note")}
	if a.Scope == "Restricted" {
		a.Restriction = "staff"
	}
	words := rapid.SliceOfN(rapid.StringMatching(`[a-z中]{0,3}( [a-z]{1,3})?`), 1, 4)
	if a.Scope == "Private" {
		a.Addresses = words.Draw(t, "addresses")
	}
	if rapid.Bool().Draw(t, "incident") {
		a.Incidents = words.Draw(t, "incidents")
	}
	if a.MsgType != "Alert" {
		a.References = []Reference{{tokenGen.Draw(t, "s"), tokenGen.Draw(t, "i") + "-earlier", a.Sent.Add(-time.Hour)}}
	}
	for range rapid.IntRange(0, 2).Draw(t, "infos") {
		a.Infos = append(a.Infos, drawInfo(t, a.Sent))
	}
	return a
}

var emptyIsNil = cmp.FilterValues(func(a, b []Value) bool { return len(a) == 0 && len(b) == 0 }, cmp.Ignore())

// What is written is valid and is read back as it was.
func TestAlertsSurviveWriting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawAlert(t)
		raw, err := a.Write()
		if err != nil {
			t.Fatal(err)
		}
		d := Read(raw)
		if !d.Valid || len(d.Alerts) != 1 {
			t.Fatalf("%+v\n%s", d.Report, raw)
		}
		if diff := cmp.Diff(a, d.Alerts[0], sameTime, emptyIsNil); diff != "" {
			t.Fatalf("%s\n%s", diff, raw)
		}
	})
}

func TestFeedsSurviveWriting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		when := func() time.Time { return time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "t"), 0).UTC() }
		f := &Feed{ID: "urn:feed", Title: "预警 & <more>", Author: "city", Updated: when(), Self: "https://example.org/?a&b=\"1\""}
		for i := range rapid.IntRange(0, 3).Draw(t, "entries") {
			e := Entry{ID: "urn:" + nameGen.Draw(t, "id"), Title: "t", Updated: when(), Link: "https://example.org/1?a&b"}
			if rapid.Bool().Draw(t, "holds") {
				e.Alert = drawAlert(t)
				e.Alert.Identifier += string(rune('a' + i)) // one of its kind
			}
			f.Entries = append(f.Entries, e)
		}
		raw, err := WriteFeed(f)
		if err != nil {
			t.Fatal(err)
		}
		d := Read(raw)
		if diff := cmp.Diff(f.Entries, d.Entries, sameTime, emptyIsNil); d.Version != "atom" || !d.Valid || diff != "" {
			t.Fatalf("%+v\n%s\n%s", d.Report, diff, raw)
		}
	})
}

func TestNothingInvalidIsWritten(t *testing.T) {
	good := func() *Alert { return Read([]byte(goodAlert)).Alerts[0] }
	for place, spoil := range map[string]func(a *Alert){
		"/alert/identifier":                func(a *Alert) { a.Identifier = "a b" },
		"/alert":                           func(a *Alert) { a.Sent = time.Time{} },
		"/alert/status":                    func(a *Alert) { a.Status = "Real" },
		"/alert/addresses":                 func(a *Alert) { a.Addresses = []string{`a"b`} },
		"/alert/references":                func(a *Alert) { a.References[0].Sent = time.Time{} },
		"/alert/info[1]/area[1]/circle[1]": func(a *Alert) { a.Infos[0].Areas[0].Circles[0].Radius = math.NaN() },
		"/alert/info[1]/category[1]":       func(a *Alert) { a.Infos[0].Categories[0] = "" },
	} {
		a := good()
		spoil(a)
		var e *WriteError
		if _, err := a.Write(); !errors.As(err, &e) || !strings.HasPrefix(e.Findings[0].Path, place) {
			t.Errorf("%s: %v", place, err)
		}
	}
	if _, err := WriteFeed(&Feed{Title: "t", Updated: time.Unix(0, 0)}); err == nil {
		t.Error("a feed without an id was written")
	}
}

// CAP 1.0 and 1.1 are written as 1.2.
func TestOldAlertsAreWrittenAsNew(t *testing.T) {
	a := Read([]byte(oldAlert)).Alerts[0]
	if a.Infos[0].Areas[0].Geocodes[0] != (Value{"FIPS", "1"}) {
		t.Errorf("%+v", a.Infos[0].Areas[0])
	}
	a.Infos[0].Categories = []string{"Met"} // which 1.0 does not ask for
	raw, err := a.Write()
	if err != nil || !strings.Contains(string(raw), "<certainty>Likely<") {
		t.Errorf("%v\n%s", err, raw)
	}
}
