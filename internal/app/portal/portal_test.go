package portal_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/tongsheng/tongsheng/internal/app/portal"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

func get(h http.Handler, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func view(v string) []string { return []string{"Cookie", "tongsheng_view=" + v} }

func wants(t *testing.T, w *httptest.ResponseRecorder, status int, texts ...string) {
	t.Helper()
	if w.Code != status {
		t.Fatalf("status %d, want %d: %s", w.Code, status, w.Body)
	}
	for _, text := range texts {
		if !strings.Contains(w.Body.String(), text) {
			t.Errorf("%q is missing in\n%s", text, w.Body)
		}
	}
}

func everything() *city {
	return &city{list: []portal.Message{wind(), drill(), water(), rain()}}
}

var addresses = []string{"/", "/m", "/m/rain", "/m/water", "/m/drill", "/m/wind", "/d/" + speaker, "/place", "/place?q=" + url.QueryEscape("山"),
	"/place/" + north, "/owed", "/owed/for/hearing", "/owed/s/" + listed, "/owed/draft/" + drafted, "/owed/s/" + listed + "/changes", "/figures", "/figures/d/" + north, "/figures/i/reach", "/figures/i/reach/" + north, "/figures/i/speakers", "/figures/i/silent", "/figures/s/" + assessed, "/settings", "/settings?saved", "/about", "/none", "/m/none", "/d/1"}

// Without scripts everything that matters stands in the page itself.
func TestReadsWithoutScripts(t *testing.T) {
	p, _ := open(everything())
	h := p.Handler()
	wants(t, get(h, "/"), 200, "现在有什么我要知道的", "暴雨红色预警", "红色 · 特别重大", "山北区", "请立即停止户外活动", "今天 16:00</time> 止", `src="/media/aa"`, `href="tel:119"`, "更新时间：今天 12:00", `<noscript><meta http-equiv="refresh"`)
	wants(t, get(h, "/m/rain"), 200, "风险极高", "由江北市气象台发布", "今天 11:55</time> 更新", `class="area"`, "/m/rain/qr.svg", "疏散信号", `src="/media/bb"`)
	wants(t, get(h, "/m/rain?lang=en"), 200, "Red rainstorm warning", "Red · extremely serious", "Shanbei District", "today at 16:00", "Jiangbei Weather Service", `<html lang="en"`)
	wants(t, get(h, "/d/"+speaker), 200, "正常，能收到消息", "今天 11:58", "010-5550100", "山北区 河口镇", "它自己也听到了声音", "演示用")
	wants(t, get(h, "/place/"+north), 200, "山北区现在有什么消息", "暴雨红色预警", "河口镇")
	wants(t, get(h, "/place/"+north), 200, `"有发给山北区的紧急消息时，这台手机或电脑会立即提醒您，不打开网页也会。"`) // as words, not as a script's string
	wants(t, get(h, "/m"), 200, "大风黄色预警", "已解除", "停水通知")
	wants(t, get(h, "/about"), 200, "关于本站", "/console/")
	wants(t, get(h, "/place"), 200, "例如“山北区”")
	wants(t, get(h, "/none"), 404, "没有这个页面", `href="tel:119"`)
	wants(t, get(h, "/m/none?lang=en"), 404, "There is no such page")
	wants(t, get(h, "/?lang=fr"), 200, `<html lang="zh-CN"`)
}

func TestNothingInForceIsSaidCalmly(t *testing.T) {
	p, _ := open(&city{list: []portal.Message{wind()}})
	w := get(p.Handler(), "/")
	wants(t, w, 200, "现在没有需要您注意的消息", "更新时间：今天 12:00", "急事打电话")
	if strings.Contains(w.Body.String(), "大风") {
		t.Error("a message that is over stands on the first page")
	}
	now := wind()
	now.EndedAt = noon.Add(-40 * time.Minute)
	p, _ = open(&city{list: []portal.Message{now}})
	wants(t, get(p.Handler(), "/"), 200, "现在没有需要您注意的消息", "刚刚解除或结束的", "大风黄色预警", "<strong>已解除</strong>", "今天 11:20")
}

func TestTheMostUrgentStandsFirst(t *testing.T) {
	p, clk := open(everything())
	body := get(p.Handler(), "/").Body.String()
	first, then, last := strings.Index(body, "暴雨红色预警"), strings.Index(body, "山洪转移演练"), strings.Index(body, "停水通知")
	if first < 0 || !(first < then && then < last) {
		t.Errorf("red at %d, drill at %d, later notice at %d", first, then, last)
	}
	clk.Advance(5 * time.Hour)
	if body := get(p.Handler(), "/").Body.String(); strings.Contains(body, `id="t-rain"`) || !strings.Contains(body, "<strong>已结束</strong>") {
		t.Error("a message whose time is up still stands among those in force, or is not said to be over")
	}
}

// A drill is marked wherever it stands; a real message never stands under its band.
func TestDrills(t *testing.T) {
	c := &city{list: []portal.Message{drill()}}
	p, clk := open(c)
	for _, path := range []string{"/", "/m/drill"} {
		wants(t, get(p.Handler(), path), 200, "<title>【演练】", `class="drill top"`, "这是演练，不是真的")
	}
	wants(t, get(p.Handler(), "/?lang=en"), 200, "<title>DRILL: ", "This is only a drill", ">DRILL: Flash flood drill<", "Part of the drill")
	for _, path := range []string{"/", "/m/drill", "/m", "/place/" + north} {
		body := get(p.Handler(), path).Body.String()
		for _, text := range []string{">【演练】山洪转移演练<", `"drill"><strong>演练<|"drill">演练<`, `practice"`, "演练内容：请参加的人这样做"} {
			if path == "/m" && strings.Contains(text, "内容") {
				continue
			}
			if !regexp.MustCompile(text).MatchString(body) {
				t.Errorf("%s: a drill is without %q", path, text)
			}
		}
		for _, real := range []string{"orange", "请您这样做", "【演练】【"} {
			if strings.Contains(body, real) {
				t.Errorf("%s: a drill looks real by %q", path, real)
			}
		}
	}
	own := drill()
	own.ID, own.Texts[0].Title = "own", "【演练】山洪转移"
	c.list = append(c.list, own)
	wants(t, get(p.Handler(), "/m/own"), 200, `<title>【演练】橙色 · 山洪转移 `, ">【演练】山洪转移<")
	c.list = c.list[:1]
	c.list = append(c.list, rain())
	clk.Advance(time.Second)
	body := get(p.Handler(), "/").Body.String()
	if strings.Contains(body, "drill top") || strings.Contains(body, "<title>【演练】") {
		t.Error("a page with a real message says that it is a drill")
	}
	if !strings.Contains(body, `class="drill"><strong>演练`) {
		t.Error("the drill beside a real message is not marked")
	}
}

// What is read aloud begins as the page does, in the reader's language, and the recording of
// a message that is over does not stand as if it were live.
func TestWhatIsOverIsNotReadAsLive(t *testing.T) {
	gone := wind()
	gone.Sounds = rain().Sounds
	p, _ := open(&city{list: []portal.Message{gone, rain()}})
	wants(t, get(p.Handler(), "/m/wind"), 200, `data-lead="这条消息昨天 12:00 已经解除，不用再照它说的做了。下面是当时的消息。黄色，较大。" data-text="大风黄色预警。水南区部分地区。当时请大家这样做。请关好门窗。预计有7级大风。"`, "当时是什么事", "听当时播的声音")
	wants(t, get(p.Handler(), "/m/wind?lang=en"), 200, `data-lead="This message was called off yesterday at 12:00. You need not do anything more. This is what it said. Yellow, serious." data-text="Yellow gale warning. parts of Shuinan District. What people were told to do. Close your windows. Gales are expected."`)
	if body := get(p.Handler(), "/m/wind").Body.String(); strings.Contains(body, "data-current") || strings.Contains(body, "听广播原声") {
		t.Error("the recording of a message that is over is offered as live")
	}
	wants(t, get(p.Handler(), "/m/rain"), 200, `data-lead="红色，特别重大。" data-text="暴雨红色预警。`, "听广播原声", " data-current></audio>")
}

// A long list of places stands folded, whole on the message's own page; and the button that
// reads aloud comes right after the headline, before the places.
func TestManyPlaces(t *testing.T) {
	many := rain()
	many.Places = nil
	for i := range 14 {
		many.Places = append(many.Places, portal.Place{Name: portal.Name{ZH: fmt.Sprintf("第%d镇", i+1), EN: fmt.Sprintf("Town %d", i+1)}})
	}
	p, _ := open(&city{list: []portal.Message{many}})
	for _, path := range []string{"/", "/m", "/m/rain"} {
		body := get(p.Handler(), path).Body.String()
		wants(t, get(p.Handler(), path), 200, "第1镇、第2镇、第3镇等 14 处")
		if whole := strings.Contains(body, "<li>第14镇</li>"); whole != (path == "/m/rain") {
			t.Errorf("%s: names all places: %v", path, whole)
		}
		if path != "/m" && !regexp.MustCompile(`(?s)暴雨红色预警(</a>)?</h[12]></div>\s*<div class="listen">\s*<button.*第1镇`).MatchString(body) {
			t.Errorf("%s: the button does not follow the headline", path)
		}
	}
	wants(t, get(p.Handler(), "/?lang=en"), 200, "Town 1, Town 2, Town 3 and others, 14 places in all")
}

// A message without English text tells in English what is known, says so, and then stands
// in Chinese.
func TestNoEnglishText(t *testing.T) {
	m := rain()
	m.Texts = m.Texts[:1]
	p, _ := open(&city{list: []portal.Message{m}})
	for _, path := range []string{"/?lang=en", "/m/rain?lang=en"} {
		body := get(p.Handler(), path).Body.String()
		body, at := body[strings.Index(body, "<main"):], 0
		for _, text := range []string{"Red · extremely serious", ">Rainstorm<", "Shanbei District</p>", "From <time", "<p class=\"note\">There is no English text", `<p class="original" lang="zh-CN">暴雨红色预警</p>`, `<p lang="zh-CN">请立即停止户外活动`} {
			next := strings.Index(body[at:], text)
			if next < 0 {
				t.Fatalf("%s: %q is missing, or not in its place, in\n%s", path, text, body)
			}
			at += next
		}
	}
	nameless, _ := open(&city{list: []portal.Message{water()}})
	wants(t, get(nameless.Handler(), "/m/water?lang=en"), 200, `<h1 id="title" lang="zh-CN">水南区停水通知</h1>`, "There is no English text")
	wants(t, get(p.Handler(), "/m?lang=en"), 200, `<span>Rainstorm</span> <span lang="zh-CN">暴雨红色预警</span>`)
	wants(t, get(p.Handler(), "/m/rain?lang=en"), 200, `data-lead="Red, extremely serious. Rainstorm. Shanbei District. There is no English text for this message. The original, in Chinese, follows." data-text="暴雨红色预警。请立即`, "<title>Red · Rainstorm ")
}

func TestHostileTextIsOnlyText(t *testing.T) {
	const evil = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>`
	m := rain()
	m.Texts = []portal.Text{{Lang: i18n.Chinese, Title: evil, Body: evil, Advice: evil}}
	m.Issuer.ZH, m.Places[0].Name.ZH = evil, evil
	m.Sounds[0].URL = "javascript:alert(1)"
	p, _ := open(&city{list: []portal.Message{m}})
	for _, path := range []string{"/", "/m", "/m/rain", "/place?q=" + url.QueryEscape(evil), "/place/" + north} {
		doc, err := html.Parse(get(p.Handler(), path).Body)
		if err != nil {
			t.Fatal(err)
		}
		for n := range doc.Descendants() {
			if n.Data == "script" && attr(n, "src") == "" || attr(n, "onerror") != "" || attr(n, "src") == "x" || strings.HasPrefix(attr(n, "src"), "javascript:") {
				t.Errorf("%s: text became <%s>", path, n.Data)
			}
		}
	}
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// Every page in every look parses as it was written: what is opened is closed in order,
// ids are there once, labels and references lead somewhere, images have words.
func TestPagesAreSound(t *testing.T) {
	p, _ := open(everything())
	for _, look := range []string{"", "lang=en", "simple=1&size=largest", "theme=dark&still=1&place=" + north} {
		for _, path := range addresses {
			body := get(p.Handler(), path, view(look)...).Body.String()
			where := path + " " + look
			balanced(t, where, body)
			doc, err := html.Parse(strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			ids, refs, headings := map[string]int{}, []string{}, 0
			for n := range doc.Descendants() {
				if id := attr(n, "id"); id != "" {
					ids[id]++
				}
				for _, key := range []string{"for", "aria-labelledby", "aria-describedby"} {
					if ref := attr(n, key); ref != "" {
						refs = append(refs, ref)
					}
				}
				switch {
				case n.Data == "h1":
					headings++
				case n.Data == "img" && attr(n, "alt") == "":
					t.Errorf("%s: a picture without words", where)
				case n.Type == html.TextNode && regexp.MustCompile(`portal\.|\{\w+\}|%!|ZgotmplZ|<nil>`).MatchString(n.Data):
					t.Errorf("%s: unfilled text %q", where, n.Data)
				}
			}
			if headings != 1 {
				t.Errorf("%s: %d first headings", where, headings)
			}
			for id, n := range ids {
				if n > 1 {
					t.Errorf("%s: id %q stands %d times", where, id, n)
				}
			}
			for _, ref := range refs {
				if ids[ref] == 0 {
					t.Errorf("%s: nothing has the id %q", where, ref)
				}
			}
		}
	}
}

var void = []string{"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr", "!doctype"}

func balanced(t *testing.T, where, body string) {
	t.Helper()
	var stack []string
	for z := html.NewTokenizer(strings.NewReader(body)); ; {
		switch z.Next() {
		case html.ErrorToken:
			if len(stack) > 0 {
				t.Errorf("%s: not closed: %v", where, stack)
			}
			return
		case html.StartTagToken:
			if name, _ := z.TagName(); !slices.Contains(void, string(name)) {
				stack = append(stack, string(name))
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			if len(stack) == 0 || stack[len(stack)-1] != string(name) {
				t.Fatalf("%s: </%s> closes %v", where, name, stack)
			}
			stack = stack[:len(stack)-1]
		}
	}
}

// 100 KB to the first reading, uncompressed, with all that the page loads but the sound.
func TestSize(t *testing.T) {
	p, _ := open(everything())
	const budget = 100 << 10
	for _, path := range []string{"/", "/m/rain"} {
		page := get(p.Handler(), path)
		total := page.Body.Len()
		files := regexp.MustCompile(`(?:href|src)="(/portal/[^"]+)"`).FindAllStringSubmatch(page.Body.String(), -1)
		if len(files) != 3 {
			t.Fatalf("%s loads %v", path, files)
		}
		for _, f := range files {
			w := get(p.Handler(), f[1])
			wants(t, w, 200)
			if got := w.Header().Get("Cache-Control"); !strings.Contains(got, "immutable") {
				t.Errorf("%s is cached as %q", f[1], got)
			}
			total += w.Body.Len()
		}
		if total > budget {
			t.Errorf("%s needs %d bytes", path, total)
		}
	}
}

func TestSettingsLast(t *testing.T) {
	p, _ := open(everything())
	post := func(form url.Values, cookie string) *http.Response {
		r := httptest.NewRequest("POST", "/settings", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Cookie", "tongsheng_view="+cookie)
		w := httptest.NewRecorder()
		p.Handler().ServeHTTP(w, r)
		return w.Result()
	}
	for _, c := range []struct{ form, before, cookie, goes string }{
		{"size=large&back=/m/rain", "", "size=large", "/m/rain"},
		{"simple=1&back=/", "size=large&lang=en", "lang=en&simple=1&size=large", "/"},
		{"size=&simple=0", "size=large&simple=1", "", "/"},
		{"size=huge&theme=pink&lang=xx&place=1", "", "", "/"},
		{"place=" + north + "&back=//evil.example/", "", "place=" + north, "/"},
		{"theme=dark&back=https://evil.example/", "", "theme=dark", "/"},
		{`theme=dark&back=/\evil.example`, "", "theme=dark", "/"},
		{"still=1&back=/settings?saved", "", "still=1", "/settings?saved"},
	} {
		form, _ := url.ParseQuery(c.form)
		res := post(form, c.before)
		if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != c.goes {
			t.Errorf("%s: %d to %q", c.form, res.StatusCode, res.Header.Get("Location"))
		}
		cookie := res.Cookies()[0]
		if cookie.Value != c.cookie || cookie.SameSite != http.SameSiteLaxMode || (cookie.MaxAge > 0) != (c.cookie != "") {
			t.Errorf("%s: kept %v", c.form, cookie)
		}
	}
	wants(t, get(p.Handler(), "/", view("size=large&theme=dark")...), 200, `data-size="large"`, `data-theme="dark"`)
	wants(t, get(p.Handler(), "/", view("lang=en")...), 200, `<html lang="en"`)
	wants(t, get(p.Handler(), "/", view("size=%zz")...), 200, `data-size="normal"`)
	if body := get(p.Handler(), "/", view("simple=1")...).Body.String(); strings.Contains(body, "<nav") || !strings.Contains(body, "请立即停止户外活动") {
		t.Error("the simple page is not simple")
	}
	for _, look := range []string{"simple=1", "simple=1&place=" + north} {
		if body := get(p.Handler(), "/", view(look)...).Body.String(); strings.Count(body, `href="/place"`) != 2 {
			t.Errorf("%s: the simple page does not lead to one's place", look)
		}
	}
	if body := get(p.Handler(), "/", view("still=1")...).Body.String(); strings.Contains(body, "http-equiv") {
		t.Error("a page that should stand still reloads itself")
	}
}

// With a place chosen the first page shows what concerns it, and counts the rest.
func TestMyPlace(t *testing.T) {
	p, _ := open(everything())
	body := get(p.Handler(), "/", view("place="+riverTwn)...).Body.String()
	if !strings.Contains(body, "暴雨红色预警") || strings.Contains(body, "停水通知") || !strings.Contains(body, "别的地方还有 1 条消息") {
		t.Errorf("wrong messages for the township:\n%s", body)
	}
	wants(t, get(p.Handler(), "/", view("place=123456789012")...), 200, "停水通知", "暴雨红色预警") // unknown: rather too many
}

// A district is drawn whole from the ground, an area in it as it is, a township from its
// outline, and one without an outline as a point; the caption says which.
func TestPictures(t *testing.T) {
	whole, point, exact, nowhere, some, both := rain(), drill(), drill(), water(), water(), drill()
	whole.Area, point.Area, nowhere.Places, both.Area = nil, nil, nil, nil
	both.Places = append(slices.Clone(both.Places), portal.Place{Name: regions[4].Name, Path: regions[4].Path})
	whole.ID, point.ID, exact.ID, nowhere.ID, some.ID, both.ID = "whole", "point", "exact", "nowhere", "some", "both"
	p, _ := open(&city{list: []portal.Message{whole, point, exact, nowhere, some, both}})
	for id, want := range map[string][]string{
		"whole": {`class="area" d="M0 `, ">山北区</text>"}, "point": {`class="point"`, ">河口镇</text>", ">山北区</text>", "圆点标的地方没有界线资料"},
		"some":  {`class="area partly" d="M0 `, ">水南区</text>", "颜色浅的地方"},
		"both":  {`class="area" d="M`, `class="point"`, ">河口镇</text>", ">桥东镇</text>", "涂色的地方", "界线是估算的", "圆点标的地方"},
		"exact": {`class="area" d="M`, "<circle"}, "nowhere": nil,
	} {
		body := get(p.Handler(), "/m/"+id).Body.String()
		if drawn := strings.Contains(body, `<figure class="map">`); drawn != (want != nil) {
			t.Errorf("%s: drawn %v", id, drawn)
		}
		for _, text := range want {
			if !strings.Contains(body, text) {
				t.Errorf("%s: %q is missing", id, text)
			}
		}
	}
	wants(t, get(p.Handler(), "/m/point"), 200, "11:55</time> 更新")
}

// How a message ended is the last of its history, even if nobody has closed it yet.
func TestHistoryEnds(t *testing.T) {
	p, clk := open(everything())
	clk.Advance(5 * time.Hour)
	wants(t, get(p.Handler(), "/m/rain"), 200, "今天 16:00</time> 到期结束", "已经到期", "今天 11:40</time> 开始，<time", "今天 16:00</time> 结束。")
	if n := strings.Count(get(p.Handler(), "/m/wind").Body.String(), "</time> 解除</li>"); n != 1 {
		t.Errorf("the cancel stands %d times in the history", n)
	}
}

func TestTroubleShowsWhatWasKnown(t *testing.T) {
	c := everything()
	p, clk := open(c)
	c.failing.Store(true)
	wants(t, get(p.Handler(), "/"), 503, "暂时查不到消息", `href="tel:119"`)
	c.failing.Store(false)
	clk.Advance(2 * time.Second)
	wants(t, get(p.Handler(), "/"), 200, "暴雨红色预警")
	c.failing.Store(true)
	clk.Advance(time.Minute)
	w := get(p.Handler(), "/")
	wants(t, w, 200, "暴雨红色预警", "暂时连不上消息中心", "更新时间：今天 12:00")
	if strings.Contains(w.Body.String(), "更新时间：今天 12:01") {
		t.Error("an old board claims to be new")
	}
}

func TestPulse(t *testing.T) {
	c := everything()
	p, clk := open(c)
	ask := func(path string) (out struct {
		Seen, Checked string
		Messages      []struct {
			ID, Text   string
			Loud, Mine bool
		}
	}) {
		if err := json.Unmarshal(get(p.Handler(), path).Body.Bytes(), &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	first := ask("/now?lang=zh&place=" + north)
	if m := first.Messages[0]; m.ID != "rain" || !m.Loud || !m.Mine || m.Text != "红色 · 特别重大，暴雨红色预警。山北区" {
		t.Errorf("got %+v", m)
	}
	for _, m := range first.Messages[1:] {
		if m.Loud || m.Mine == (m.ID == "water") {
			t.Errorf("got %+v", m)
		}
	}
	wants(t, get(p.Handler(), "/"), 200, `data-seen="`+first.Seen+`"`)
	c.list[3].Version++
	clk.Advance(time.Second)
	if again := ask("/now"); again.Seen == first.Seen {
		t.Error("an update does not show")
	}
}

func TestCaching(t *testing.T) {
	c := everything()
	c.delay = 20 * time.Millisecond
	p, clk := open(c)
	var crowd sync.WaitGroup
	for range 50 {
		crowd.Go(func() { get(p.Handler(), "/") })
	}
	crowd.Wait()
	if n := c.asked.Load(); n != 1 {
		t.Errorf("50 readers asked %d times", n)
	}
	clk.Advance(time.Second)
	w := get(p.Handler(), "/", "Accept-Encoding", "gzip, br")
	if w.Header().Get("Content-Encoding") != "gzip" || w.Header().Get("Cache-Control") == "" || len(w.Header().Values("Vary")) == 0 {
		t.Errorf("headers %v", w.Header())
	}
	clk.Advance(time.Second)
	if n := c.asked.Load(); n != 2 {
		t.Errorf("asked %d times in two seconds", n)
	}
	if again := get(p.Handler(), "/", "If-None-Match", w.Header().Get("ETag")); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
		t.Errorf("an unchanged page is sent again: %d", again.Code)
	}
	if w := get(p.Handler(), "/", "Accept-Encoding", "gzip;q=0"); w.Header().Get("Content-Encoding") != "" {
		t.Error("gzip is sent to who refuses it")
	}
}

// Addresses that never end must not fill the memory, and bad ones ask nobody.
func TestBadAddresses(t *testing.T) {
	c := everything()
	p, _ := open(c)
	before := c.asked.Load()
	for _, path := range []string{"/m/" + strings.Repeat("x", 65), "/m/a%20b", "/d/12", "/d/abc", "/place/1", "/portal/none.css", "/m/", "/m/rain/none"} {
		if w := get(p.Handler(), path); w.Code != http.StatusNotFound {
			t.Errorf("%s answers %d", path, w.Code)
		}
	}
	if n := c.asked.Load() - before; n > 1 { // the board, once
		t.Errorf("bad addresses asked %d times", n)
	}
	wants(t, get(p.Handler(), "/m/rain/qr.svg"), 200, "<svg", "<path")
	if w := get(p.Handler(), "/place?q="+strings.Repeat("长", 500)); w.Code != 200 || strings.Count(w.Body.String(), "长") > 100 {
		t.Errorf("a long question: %d", w.Code)
	}
}

var said = regexp.MustCompile(`(?:\bt|\.t|html|label)\(? ?"([a-z_0-9.]+)"`)

// Every sentence that templates and code name exists, and none is there for nothing.
func TestCatalogue(t *testing.T) {
	built := regexp.MustCompile(`^(level|color|end|ended|step|device\.state|device\.kind|device\.test|time|span|owed\.(group|field|stands|within|things|each|beside|medium|period)|figures\.(theme|quarter|half|order|target)|fault|told)\.|^ask\.(yes|has|helped)$|^track\.(next|late|no_number|no_code|unknown)$`) // put together from values
	used := map[string]bool{}
	for _, pattern := range []string{"*.go", "../../../web/portal/templates/*.gohtml"} {
		files, _ := filepath.Glob(pattern)
		for _, f := range files {
			raw, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			for _, m := range said.FindAllStringSubmatch(string(raw), -1) {
				used[m[1]] = true
				if i18n.Catalogue(i18n.Chinese)["portal."+m[1]] == "" && !strings.HasSuffix(m[1], ".") {
					t.Errorf("%s: %q has no sentence", f, m[1])
				}
			}
		}
	}
	for _, lang := range i18n.Langs {
		for key := range i18n.Catalogue(lang) {
			if name, ours := strings.CutPrefix(key, "portal."); ours && !used[name] && !built.MatchString(name) {
				t.Errorf("%s: nothing says %q", lang, name)
			}
		}
	}
}

func BenchmarkCrowd(b *testing.B) {
	p, _ := open(everything())
	h := p.Handler()
	b.ReportAllocs()
	for b.Loop() {
		get(h, "/", "Accept-Encoding", "gzip")
	}
}

func BenchmarkBuild(b *testing.B) {
	p, clk := open(everything())
	h := p.Handler()
	b.ReportAllocs()
	for b.Loop() {
		clk.Advance(time.Second)
		get(h, "/", "Accept-Encoding", "gzip")
	}
}
