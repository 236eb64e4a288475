package portal_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/procedure"
	"github.com/tongsheng/tongsheng/internal/app/portal"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
)

// desk takes what people ask for.
type desk struct {
	repair *procedure.Type
	mu     sync.Mutex
	opened []docket.NewCase
	vias   []string
	keys   map[string]*docket.Receipt
	files  int
	said   []string
	deeds  []docket.Deed
}

const (
	caseNo = "WX-2026-000001"
	secret = "ABCD2345"
)

func newDesk(t *testing.T) *desk {
	t.Helper()
	src, err := os.ReadFile("../../../city/beijing/procedures/repair.yaml")
	if err != nil {
		t.Fatal(err)
	}
	typ, err := procedure.Read(src)
	if err != nil {
		t.Fatal(err)
	}
	return &desk{repair: typ, keys: map[string]*docket.Receipt{}}
}

func (d *desk) Services() []docket.Service {
	t := d.repair
	return []docket.Service{{Code: t.Code, Name: t.Name, About: t.About, Group: t.Public.Group, Keywords: t.Public.Keywords, Subject: t.Subject, Start: "report", Form: t.Form("report")},
		{Code: "permit", Name: procedure.Words{Zh: "许可证", En: "Licence"}, Form: &procedure.Form{Fields: []procedure.Field{{ID: "organisation", Format: "party", Required: true}}}}}
}

func (d *desk) Service(code string) (*docket.Service, error) {
	for _, s := range d.Services() {
		if s.Code == code {
			return &s, nil
		}
	}
	return nil, fault.New(fault.NotFound, "casework.type.unknown")
}

func (d *desk) OpenPublic(_ context.Context, n docket.NewCase, via string) (*docket.Receipt, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r := d.keys[n.Key]; r != nil {
		return r, nil
	}
	d.opened, d.vias = append(d.opened, n), append(d.vias, via)
	d.keys[n.Key] = &docket.Receipt{ID: "1", Number: caseNo, Code: secret}
	return d.keys[n.Key], nil
}

func (d *desk) Upload(_ context.Context, name string, content []byte) (*docket.File, error) {
	if !strings.HasPrefix(string(content), "\xff\xd8") {
		return nil, fault.Bad("file", "casework.file.kind")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files++
	return &docket.File{ID: strings.Repeat("0", 25) + string(rune('0'+d.files)), Name: name}, nil
}

func (d *desk) Track(_ context.Context, n, code string) (*docket.PublicCase, error) {
	if n != caseNo || code != secret {
		return nil, fault.New(fault.NotFound, "casework.case.caseNo")
	}
	c := &docket.PublicCase{Number: caseNo, Type: "repair", TypeName: d.repair.Name, StateName: procedure.Words{Zh: "待确认", En: "To be confirmed"}, OpenedAt: noon, Due: noon.Add(72 * time.Hour),
		DueName: procedure.Words{Zh: "确认时限", En: "Confirmation"}, Data: map[string]any{"kind": "speaker", "what": "不响 <b>"}, Past: []docket.PublicStep{{At: noon, Say: procedure.Words{Zh: "报修", En: "Report a fault"}},
			{At: noon.Add(time.Hour), Say: procedure.Words{Zh: "修复", En: "Repaired"}}, {At: noon.Add(time.Hour), Say: procedure.Words{Zh: "已修复，请确认", En: "Please confirm"}}}}
	for _, id := range []string{"confirm", "again"} {
		s := d.repair.Step(id)
		c.Steps = append(c.Steps, docket.PublicMay{ID: s.ID, Name: s.Name, Form: d.repair.Form(s.Form)})
	}
	c.Steps = append(c.Steps, docket.PublicMay{ID: "withdraw", Name: procedure.Words{Zh: "撤回", En: "Withdraw"}})
	return c, nil
}

func (d *desk) DoPublic(ctx context.Context, n, code string, deed docket.Deed) (*docket.PublicCase, error) {
	if deed.Step == "confirm" && deed.Data["works"] != "yes" || deed.Step == "again" && deed.Data["works"] != "no" {
		return nil, fault.New(fault.Conflict, "procedure.act.guard")
	}
	d.deeds = append(d.deeds, deed)
	return d.Track(ctx, n, code)
}

func (d *desk) WritePublic(_ context.Context, _, _, text string, inner bool, _ string) error {
	if strings.TrimSpace(text) == "" {
		return fault.Bad("text", "casework.comment.empty")
	}
	if inner {
		text = "inner: " + text
	}
	d.said = append(d.said, text)
	return nil
}

func (d *desk) PastOf(context.Context, string) ([]docket.Past, error) {
	return []docket.Past{{Number: caseNo, TypeName: d.repair.Name, StateName: procedure.Words{Zh: "已修好", En: "Repaired"}, OpenedAt: noon.Add(-50 * time.Hour), ClosedAt: noon.Add(-20 * time.Hour)}}, nil
}

var shown = docket.Notice{CaseID: "n1", TypeName: procedure.Words{Zh: "评选", En: "Selection"}, Title: "拟资助名单", Ask: true, At: noon, Lines: []docket.NoticeLine{{Name: procedure.Words{Zh: "作品", En: "Work"}, Value: "<i>山</i>"}}}

func (d *desk) Notices(context.Context, store.Page) (store.Listing[docket.Notice], error) {
	return store.Listing[docket.Notice]{Items: []docket.Notice{shown, {CaseID: "n2", Title: "结果"}}}, nil
}

func (d *desk) Notice(_ context.Context, id string) (*docket.Notice, error) {
	if id != "n1" {
		return nil, fault.New(fault.NotFound, "casework.notice.unknown")
	}
	return &shown, nil
}

func (d *desk) Object(_ context.Context, id string, o docket.Objection) error {
	if strings.TrimSpace(o.Text) == "" {
		return fault.Bad("text", "casework.comment.empty")
	}
	d.said = append(d.said, id+": "+o.Text+" "+o.Contact)
	return nil
}

func (d *desk) VerifyPaper(_ context.Context, code string) (*docket.Verified, error) {
	v := &docket.Verified{Number: caseNo, Digest: "d1", Signed: "s1", Valid: code == secret}
	v.Title, v.From, v.Until = procedure.Words{Zh: "许可证", En: "Licence"}, noon.AddDate(-1, 0, 0), noon.AddDate(1, 0, 0)
	v.Lines = []procedure.PaperLine{{Name: procedure.Words{Zh: "单位", En: "Holder"}, Value: "河口文化站"}}
	switch code {
	case secret:
		return v, nil
	case "RUNOUT22":
		v.Until = noon.AddDate(0, 0, -1)
		return v, nil
	}
	return nil, fault.New(fault.NotFound, "casework.paper.unknown")
}

func (d *desk) Near(context.Context, string, int) ([]portal.Site, error) {
	return []portal.Site{{Name: "河口镇文化站", Address: "镇政府旁", Contact: "010-5550100", Where: "河口镇"}}, nil
}

// reader is somebody with a browser that keeps cookies and runs no scripts.
type reader struct {
	*testing.T
	base   string
	client *http.Client
	body   string
	at     *url.URL
}

func asking(t *testing.T, d *desk) *reader {
	c := everything()
	p := portal.New(portal.Deps{Clock: clock.NewManual(noon), Zone: time.FixedZone("UTC+8", 8*3600), Log: slog.New(slog.DiscardHandler), Messages: c, Devices: c, Regions: c, Standards: c, Figures: c, Cases: d, Sites: d, City: cityCode})
	server := httptest.NewServer(p.Handler())
	t.Cleanup(server.Close)
	jar, _ := cookiejar.New(nil)
	return &reader{T: t, base: server.URL, client: &http.Client{Jar: jar}}
}

func (r *reader) take(resp *http.Response, err error) *http.Response {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(resp.Body)
	r.body, r.at = string(raw), resp.Request.URL
	return resp
}

func (r *reader) get(path string) *http.Response { return r.take(r.client.Get(r.base + path)) }

func (r *reader) post(path string, pairs ...string) *http.Response {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return r.take(r.client.PostForm(r.base+path, form))
}

// next answers the question that is shown.
func (r *reader) next(at string, pairs ...string) {
	r.Helper()
	if r.at.Path != at {
		r.Fatalf("at %s, want %s", r.at.Path, at)
	}
	r.post(at, append(pairs, "go", "next")...)
}

func (r *reader) sees(texts ...string) {
	r.Helper()
	for _, text := range texts {
		if !strings.Contains(r.body, text) {
			r.Errorf("%s: %q is missing in\n%s", r.at, text, r.body)
		}
	}
}

const q = "/report/repair/q/"

// fill answers every question of a report.
func (r *reader) fill(begin ...string) {
	r.Helper()
	r.post("/report/repair", begin...)
	r.next(q+"kind", "a", "speaker")
	r.next(q+"what", "a", "村口的喇叭不响 <script>")
	r.next(q+"danger", "a", "no")
	r.next(q+"affected", "a", "３０")
	if slices.Contains(begin, speaker) {
		r.next(q + "photos")
	} else {
		r.next(q+"place", "where", "河口", "a.address", "村口")
		r.sees("河口镇", `value="`+riverTwn+`" id="r" checked`)
		r.next(q+"place", "r", riverTwn, "a.address", "村口")
		r.next(q + "photos")
	}
	r.next(q+"name", "a", "李大爷")
	r.next(q+"phone", "a", "（010）5550100")
	if r.at.Path != "/report/repair/check" {
		r.Fatalf("at %s: %s", r.at.Path, r.body)
	}
}

// A citizen without scripts reports, is shown what was written, changes it, and gets a number once
// however often it is sent.
func TestReportingOneQuestionPerPage(t *testing.T) {
	d := newDesk(t)
	r := asking(t, d)
	r.get("/report")
	r.sees("需要我们帮什么忙", `href="/report/repair"`, "单位用账号办理")
	r.get("/report/repair")
	r.sees("一共 8 个问题", "开始")
	r.fill()
	r.sees("看一看对不对", "第 9 步，共 9 步", "村口的喇叭不响 &lt;script&gt;", "没有", "山北区 河口镇", "010 5550100", `href="/report/repair/q/what"`)
	r.get(q + "what")
	r.next(q+"what", "a", "改了")
	if r.at.Path != "/report/repair/check" { // back to where the change came from
		t.Fatalf("at %s", r.at.Path)
	}
	r.post("/report/repair/check")
	if r.at.Path != "/report/repair/sent" || strings.Contains(r.at.String(), secret) {
		t.Fatalf("at %s", r.at)
	}
	r.sees(caseNo, "ABCD 2345", "记在纸上", `href="/track/`+caseNo+"#"+secret+`"`, "<svg xmlns")
	r.post("/report/repair/check")
	r.post("/report/repair/q/what", "a", "又改")
	if len(d.opened) != 1 {
		t.Fatalf("opened %d times", len(d.opened))
	}
	n := d.opened[0]
	want := map[string]any{"kind": "speaker", "what": "改了", "danger": false, "affected": 30.0, "place": map[string]any{"address": "村口"}, "name": "李大爷", "phone": "010 5550100"}
	if n.Region != riverTwn || d.vias[0] != "portal" || !reflect.DeepEqual(n.Data, want) {
		t.Errorf("%+v %v", n, d.vias)
	}
	r.post("/report/repair/forget")
	r.get("/report/repair/sent")
	r.sees("没有找到填到一半的内容")
	if strings.Contains(r.body, secret) {
		t.Error("the code is shown after it was cleared")
	}
}

// Two presses at once open one case.
func TestSentTwiceAtOnceCountsOnce(t *testing.T) {
	d := newDesk(t)
	r := asking(t, d)
	r.fill()
	var both sync.WaitGroup
	for range 4 {
		both.Go(func() {
			if resp, err := r.client.PostForm(r.base+"/report/repair/check", nil); err == nil {
				_ = resp.Body.Close()
			}
		})
	}
	both.Wait()
	if len(d.opened) != 1 {
		t.Errorf("opened %d times", len(d.opened))
	}
}

// What is wrong is said in words, at the field and on top, and what was written stays.
func TestWhatIsWrongIsSaidInWords(t *testing.T) {
	r := asking(t, newDesk(t))
	r.post("/report/repair")
	r.next(q + "kind")
	r.sees("有地方要改", `href="#a">请选一项`, `class="wrong" id="a-fault"`, "<title>请改一下：")
	r.post(q+"kind", "a", "rocket")
	r.sees("请从下面选一项")
	r.post(q+"kind", "a", "cable")
	r.next(q+"what", "a", strings.Repeat("长", 4001))
	r.sees("太长了", "现在有 4001 个")
	r.post(q+"what", "a", "坏了")
	r.next(q + "danger")
	r.next(q+"affected", "a", "很多")
	r.sees("请只写数字", `value="很多"`)
	r.post(q+"affected", "a", "NaN")
	r.sees("请只写数字")
	r.post(q + "affected")
	r.next(q + "place")
	r.sees("请选地方")
	r.post(q+"place", "where", "没有的地方")
	r.sees("没找到“没有的地方”")
	r.post(q+"place", "r", "000000000000")
	r.sees("请选地方")
	r.get("/report/repair/check") // not yet
	if r.at.Path != q+"place" {
		t.Errorf("at %s", r.at.Path)
	}
	r.client.Jar.SetCookies(r.at, []*http.Cookie{{Name: "tongsheng_view", Value: "lang=en", Path: "/"}})
	r.post(q+"place", "go", "next")
	r.sees("Something needs changing", "Please choose the place", `<html lang="en"`)
}

func TestPhotographs(t *testing.T) {
	d := newDesk(t)
	r := asking(t, d)
	r.post("/report/repair")
	for _, a := range [][]string{{"kind", "speaker"}, {"what", "坏了"}, {"danger"}, {"affected"}} {
		r.post(q+a[0], append([]string{"a"}, a[1:]...)...)
	}
	r.post(q+"place", "r", riverTwn)
	send := func(name, content string) {
		body := "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"" + name + "\"\r\nContent-Type: image/jpeg\r\n\r\n" + content + "\r\n--b\r\nContent-Disposition: form-data; name=\"go\"\r\n\r\nnext\r\n--b--\r\n"
		r.take(r.client.Post(r.base+q+"photos", "multipart/form-data; boundary=b", strings.NewReader(body)))
	}
	send("x.exe", "MZ")
	r.sees("不收这种文件")
	send("喇叭.jpg", "\xff\xd8 picture")
	if r.at.Path != q+"name" {
		t.Fatalf("at %s", r.at.Path)
	}
	r.get(q + "photos")
	r.sees("喇叭.jpg", "再加一个", `value="00000000000000000000000001"`)
	r.post(q+"photos", "drop", "00000000000000000000000001")
	if strings.Contains(r.body, "喇叭.jpg") {
		t.Error("the photograph is still there")
	}
	send("big.jpg", "\xff\xd8"+strings.Repeat("x", 8<<20))
	r.sees("文件太大")
	for range 7 {
		r.get(q + "photos")
		send("p.jpg", "\xff\xd8")
	}
	r.sees("最多 6 个文件")
}

// A helper says who they are and that the person agreed; those who work on the case learn it.
func TestHelpingSomebodyElse(t *testing.T) {
	d := newDesk(t)
	r := asking(t, d)
	r.get("/report?for=other")
	r.sees("您在帮别人填", "/report/repair?for=other")
	r.post("/report/repair", "for", "other", "device", speaker)
	r.next(q+"-helper", "name", "王主任")
	r.sees("请先问过本人")
	r.post(q+"-helper", "name", "王主任", "phone", "138", "agreed", "yes")
	for _, a := range [][]string{{"kind", "speaker"}, {"what", "坏了"}, {"danger", ""}, {"affected", ""}, {"photos", ""}, {"name", ""}, {"phone", ""}} {
		r.next(q+a[0], "a", a[1])
	}
	r.sees("王主任", "河口镇政府门前大喇叭")
	r.post("/report/repair/check")
	if len(d.opened) != 1 || d.vias[0] != "helper" || d.opened[0].Subject != speaker || len(d.said) != 1 || !strings.Contains(d.said[0], "inner: 由帮忙的人代填：王主任 138") {
		t.Errorf("%+v %v %v", d.opened, d.vias, d.said)
	}
}
