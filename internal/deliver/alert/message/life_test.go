package message

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

var start = time.Date(2026, 7, 21, 15, 30, 0, 0, time.UTC)

func sample() Content {
	return Content{Event: "10203", Severity: Red, Texts: []Text{{Lang: "zh", Title: "暴雨红色预警", Body: "预计未来三小时降雨超过100毫米。", Advice: "请停止户外活动。"}},
		Area: Area{Regions: []string{"110105000000"}}, EndsAt: start.Add(6 * time.Hour), Repeat: Repeat{Count: 3, IntervalSeconds: 10}}
}

// Whatever people do in whatever order, nothing is issued without the approvals that were
// demanded of exactly what is issued, by people who neither wrote nor submitted it.
func TestNothingIsIssuedWithoutItsApprovals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		people := []Person{{"a", "A"}, {"b", "B"}, {"c", "C"}, {"d", "D"}}
		who := rapid.SampledFrom(people)
		m := New("01J3Z8Q4W5X6Y7Z8A9B0C1D2E3", Real, who.Draw(t, "author"), start, sample())
		m.Class = wire.Emergency
		m.Settle()
		wrote := map[int]map[string]bool{1: {m.CreatedBy.ID: true}}
		submitter := "" // of the content as it stands; whoever submitted what was changed since is free to approve
		now := start
		for i := range rapid.IntRange(1, 40).Draw(t, "steps") {
			now = now.Add(time.Second)
			by := who.Draw(t, "who")
			v, err := m.Draft()
			switch step := rapid.SampledFrom([]string{"edit", "check", "approve", "old", "reject", "issue", "revise", "discard"}).Draw(t, "step"); {
			case step == "revise":
				if m.Revise(by, now) == nil {
					wrote[m.Open.Number] = map[string]bool{by.ID: true}
				}
			case err != nil:
			case step == "edit":
				c := v.Content
				c.Texts = []Text{{Lang: "zh", Title: fmt.Sprint("第", i, "稿"), Body: "内容"}}
				if v.Edit(by, c) == nil {
					wrote[v.Number][by.ID] = true
					submitter = ""
				}
			case step == "check":
				if v.Check(by, now, Digest(m, v), "rule", rapid.IntRange(0, 3).Draw(t, "required")) == nil {
					submitter = by.ID
				}
			case step == "approve":
				_, _ = v.Approve(by, now, v.Digest)
			case step == "old":
				if _, err := v.Approve(by, now, strings.Repeat("0", 64)); err == nil {
					t.Fatal("an approval of another content was taken")
				}
			case step == "reject":
				_ = v.Reject(by, now, "no")
			case step == "discard" && m.Current != nil:
				_ = m.Discard(now)
				m.Open = nil
			case step == "issue":
				if m.Issue(now) == nil {
					wrote[m.Current.Number][submitter] = true
					judge(t, m, wrote[m.Current.Number])
				}
			}
			m.Settle()
		}
	})
}

func judge(t *rapid.T, m *Message, wrote map[string]bool) {
	v := m.Current
	if v.Digest != Digest(m, v) {
		t.Fatal("what was issued is not what was checked")
	}
	distinct := map[string]bool{}
	for _, a := range v.Approvals {
		if a.Digest != v.Digest {
			t.Fatal("an approval of another content counted")
		}
		if wrote[a.By.ID] {
			t.Fatalf("%s approved what they wrote or submitted", a.By.ID)
		}
		distinct[a.By.ID] = true
	}
	if len(distinct) < v.Required {
		t.Fatalf("issued with %d approvals of %d", len(distinct), v.Required)
	}
}

func TestEditingVoidsApprovals(t *testing.T) {
	m := New("01J3Z8Q4W5X6Y7Z8A9B0C1D2E3", Real, Person{ID: "author"}, start, sample())
	v := m.Open
	if err := v.Check(Person{ID: "author"}, start, Digest(m, v), "r", 1); err != nil {
		t.Fatal(err)
	}
	old := v.Digest
	if _, err := v.Approve(Person{ID: "other"}, start, old); err != nil {
		t.Fatal(err)
	}
	c := v.Content
	c.EndsAt = c.EndsAt.Add(time.Hour)
	if err := v.Edit(Person{ID: "author"}, c); err != nil {
		t.Fatal(err)
	}
	if v.State != VersionDraft || len(v.Approvals) != 0 || m.Issue(start) == nil {
		t.Fatalf("an edit left %+v", v)
	}
	if err := v.Check(Person{ID: "author"}, start, Digest(m, v), "r", 1); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Approve(Person{ID: "other"}, start, old); !fault.Is(err, "alert.countersign.content_changed") {
		t.Fatalf("the old digest was taken: %v", err)
	}
}

func TestDrillsSayThatTheyAreDrills(t *testing.T) {
	for _, k := range []Kind{PlatformDrill, HeadEndDrill, TerminalDrill} {
		for lang, mark := range map[string]string{"zh": "演练", "en": "drill"} {
			w := Word(k, Text{Lang: lang, Title: "T", Body: "B", Advice: "A"})
			for _, s := range []string{w.Title, w.Body, w.Advice, w.Spoken} {
				if !strings.Contains(strings.ToLower(s), mark) {
					t.Errorf("%s %s: %q does not say that it is a drill", k, lang, s)
				}
			}
		}
	}
	w := Word(Real, Text{Lang: "zh", Title: "暴雨", Body: "下雨。", Advice: "回家"})
	if diff := cmp.Diff(Wording{"暴雨", "下雨。", "回家", "暴雨。下雨。回家。"}, w); diff != "" {
		t.Error(diff)
	}
}

func TestOrdersAreValidAndDrillsMarked(t *testing.T) {
	picture := Attachment{SM3: strings.Repeat("6b", 32), MIME: "image/png", Bytes: 5000, Name: "map.png"}
	for _, k := range []Kind{Real, TerminalDrill} {
		c := sample()
		c.Attachments = []Attachment{picture}
		m := New("01J3Z8Q4W5X6Y7Z8A9B0C1D2E3", k, Person{ID: "a"}, start, c)
		m.Class = wire.Emergency
		if err := m.Open.Check(Person{ID: "a"}, start, Digest(m, m.Open), "r", 0); err != nil {
			t.Fatal(err)
		}
		if err := m.Issue(start); err != nil {
			t.Fatal(err)
		}
		n := Numbers{From: "31101010000000101010101", Seq: 7, Rank: 9}
		play := PlayOrder(m, n, start)
		if err := play.Validate(); err != nil {
			t.Errorf("play: %v", err)
		}
		if want := []wire.Attachment{{SM3: picture.SM3, Bytes: 5000, MIME: "image/png", Path: "/media/" + picture.SM3}}; !cmp.Equal(play.Attachments, want) {
			t.Errorf("attachments %+v", play.Attachments)
		}
		if play.Drill != k.Drill() || k.Drill() != strings.Contains(play.Texts[0].Body, "演练") {
			t.Errorf("%s: drill %v, text %q", k, play.Drill, play.Texts[0].Body)
		}
		if strings.Contains(play.Texts[0].Body, "发布单位") {
			t.Errorf("written here: %q", play.Texts[0].Body)
		}
		m.Origin = Origin{Kind: "upper", Source: "01P", Name: "省平台"}
		if body := PlayOrder(m, n, start).Texts[0].Body; !strings.HasSuffix(body, "\n发布单位：省平台") {
			t.Errorf("from another platform: %q", body)
		}
		cancel := CancelOrder(m, m.Current.Content.Area, WireVersion(2), n, start)
		if err := cancel.Validate(); err != nil {
			t.Errorf("cancel: %v", err)
		}
		if cancel.Version <= play.Version || cancel.ValidUntil < play.ValidUntil || NumberOf(cancel.Version) != 2 {
			t.Errorf("cancel %+v", cancel)
		}
	}
}

func TestValidateNamesThePlace(t *testing.T) {
	square := Polygon{{116, 39}, {117, 39}, {117, 40}, {116, 40}, {116, 39}}
	for name, c := range map[string]struct {
		change func(*Content)
		place  string
		code   string
	}{
		"good":         {func(*Content) {}, "", ""},
		"no title":     {func(c *Content) { c.Texts[0].Title = " " }, "texts[0].title", "alert.text.missing"},
		"long title":   {func(c *Content) { c.Texts[0].Title = strings.Repeat("长", 61) }, "texts[0].title", "alert.text.too_long"},
		"long text":    {func(c *Content) { c.Texts[0].Body = strings.Repeat("长", MaxText+1) }, "texts[0].body", "alert.text.too_long"},
		"unfilled":     {func(c *Content) { c.Texts[0].Body = "在{place}" }, "texts[0].body", "alert.text.unfilled"},
		"two lines":    {func(c *Content) { c.Texts[0].Title = "暴雨\n红色预警" }, "texts[0].title", "alert.text.control"},
		"a gap":        {func(c *Content) { c.Texts[0].Body = "暴\u200b雨" }, "texts[0].body", "alert.text.control"},
		"turned round": {func(c *Content) { c.Texts[0].Title = "\u202e警预消取" }, "texts[0].title", "alert.text.control"},
		"unseen":       {func(c *Content) { c.Texts[0].Title = "\u200b\u200b" }, "texts[0].title", "alert.text.missing"},
		"control":      {func(c *Content) { c.Texts[0].Body = "a\x07b" }, "texts[0].body", "alert.text.control"},
		"only English": {func(c *Content) { c.Texts[0].Lang = "en" }, "texts", "alert.text.chinese_needed"},
		"no level":     {func(c *Content) { c.Severity = Unknown }, "severity", "alert.severity.needed"},
		"over":         {func(c *Content) { c.EndsAt = start }, "endsAt", "alert.time.ends_early"},
		"too long":     {func(c *Content) { c.EndsAt = start.AddDate(0, 2, 0) }, "endsAt", "alert.time.too_long"},
		"no area":      {func(c *Content) { c.Area = Area{} }, "area", "alert.area.empty"},
		"bad region":   {func(c *Content) { c.Area.Regions = []string{"1101"} }, "area.regions[0]", "alert.area.region_form"},
		"bad device":   {func(c *Content) { c.Area.Devices = []string{"1"} }, "area.devices[0]", "alert.area.device_form"},
		"open ring":    {func(c *Content) { c.Area.Polygons = []Polygon{square[:4]} }, "area.polygons[0]", "alert.area.ring_open"},
		"crossing ring": {func(c *Content) {
			c.Area.Polygons = []Polygon{{{116, 39}, {117, 40}, {117, 39}, {116, 40.5}, {116, 39}}}
		}, "area.polygons[0][0]", "alert.area.ring_crosses"},
		"continent":       {func(c *Content) { c.Area.Polygons = []Polygon{{{90, 20}, {120, 20}, {120, 50}, {90, 50}, {90, 20}}} }, "area.polygons[0]", "alert.area.too_large"},
		"circle too wide": {func(c *Content) { c.Area.Circles = []Circle{{[2]float64{116, 40}, 1e7}} }, "area.circles[0].radius", "alert.area.radius"},
		"circle nowhere":  {func(c *Content) { c.Area.Circles = []Circle{{[2]float64{216, 40}, 1000}} }, "area.circles[0].center", "alert.area.point"},
		"good polygon":    {func(c *Content) { c.Area.Polygons = []Polygon{square} }, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			content := sample()
			c.change(&content)
			list := content.Validate(wire.Emergency, start)
			if c.code == "" {
				if len(list) > 0 {
					t.Fatal(list)
				}
				return
			}
			for _, e := range list {
				if e.Place == c.place && e.Code == c.code {
					return
				}
			}
			t.Errorf("got %v, want %s at %s", list, c.code, c.place)
		})
	}
}

func FuzzAreaIsSafeToUseOnceValid(f *testing.F) {
	f.Add(116.0, 39.0, 117.0, 39.5, 116.5, 40.0, 500.0)
	f.Fuzz(func(t *testing.T, a, b, c, d, e, g, r float64) {
		area := Area{Polygons: []Polygon{{{a, b}, {c, d}, {e, g}, {a, b}}}, Circles: []Circle{{[2]float64{a, b}, r}}}
		if len(area.Validate("area")) > 0 {
			return
		}
		for _, s := range area.Shape() {
			if s.Area() < 0 {
				t.Errorf("a shape with the area %v", s.Area())
			}
		}
		o := wire.Order{ID: "01J3Z8Q4W5X6Y7Z8A9B0C1D2E3", From: "31101010000000101010101", Version: 1, Seq: 1, Kind: wire.Stop, Class: wire.Emergency,
			Issued: 1, ValidFrom: 1, ValidUntil: 2, Area: area.Wire()}
		if err := o.Validate(); err != nil {
			t.Errorf("a valid area made an invalid order: %v", err)
		}
	})
}
