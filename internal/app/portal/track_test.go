package portal_test

import (
	"strings"
	"testing"
	"time"
)

// Who knows the number and the code sees where the case stands, and does what is theirs to do.
func TestFollowingACase(t *testing.T) {
	d := newDesk(t)
	r := asking(t, d)
	r.get("/track/" + caseNo)
	r.sees(`value="`+caseNo+`"`, "data-known")
	r.post("/track", "number", " wx－2026-000001", "code", "abcd 2346")
	r.sees("没有这样的号码和查询码", `value="`+caseNo+`"`)
	if strings.Contains(r.body, "ABCD2346") || strings.Contains(r.body, "abcd 2346") {
		t.Error("a wrong code is written back")
	}
	r.post("/track", "number", " wx－2026-000001", "code", "abcd 2345")
	if r.at.String() != r.base+"/track/case" {
		t.Fatalf("at %s", r.at)
	}
	r.sees("现在：待确认", "确认时限：7月24日 12:00 之前", "修复：已修复，请确认", "修好了吗", "不响 &lt;b&gt;", "大喇叭、音柱")
	if strings.Count(r.body, "/track/case/do/") != 2 {
		t.Error("steps that ask the same are not one question")
	}
	r.get("/track/case/do/confirm")
	r.next("/track/case/do/confirm/q/works", "a", "no")
	r.next("/track/case/do/confirm/q/still", "a", "还有杂音")
	r.sees("还有杂音", "交上去")
	r.post("/track/case/do/confirm/check")
	r.sees("收到了，谢谢")
	r.get("/track/case/do/confirm")
	r.next("/track/case/do/confirm/q/works", "a", "yes")
	r.next("/track/case/do/confirm/q/satisfied", "a", "5")
	r.post("/track/case/do/confirm/check")
	r.get("/track/case/do/withdraw")
	r.sees("确定要“撤回”吗")
	r.post("/track/case/do/withdraw/check")
	r.get("/track/case/do/triage") // not theirs
	if r.at.Path != "/track/case" {
		t.Errorf("at %s", r.at.Path)
	}
	if len(d.deeds) != 3 || d.deeds[0].Step != "again" || d.deeds[1].Step != "confirm" || d.deeds[1].Data["satisfied"] != 5.0 || d.deeds[2].Step != "withdraw" {
		t.Errorf("%+v", d.deeds)
	}
	r.post("/track/case/say", "text", " ")
	r.sees("请写几句")
	r.post("/track/case/say", "text", "下午在家")
	if len(d.said) != 1 || d.said[0] != "下午在家" {
		t.Errorf("%q", d.said)
	}
	r.post("/track/close")
	r.get("/track/case")
	if r.at.Path != "/track" {
		t.Error("a case stays open on a device that was cleared")
	}
}

// Nobody tries codes for long.
func TestCodesCannotBeTried(t *testing.T) {
	r := asking(t, newDesk(t))
	for range 25 {
		r.post("/track", "number", caseNo, "code", "AAAA2222")
	}
	r.sees("请等一分钟")
	r.post("/track", "number", caseNo, "code", secret)
	r.sees("请等一分钟")
}

func TestVerifyingDocuments(t *testing.T) {
	r := asking(t, newDesk(t))
	r.get("/verify")
	r.sees("这份文件是真的吗")
	r.get("/verify?code=abcd-2345")
	if r.at.Path != "/verify/"+secret {
		t.Fatalf("at %s", r.at)
	}
	r.sees("是真的，2025年7月21日 起，2027年7月21日 前有效", "河口文化站", caseNo, "怎么核对签名", "s1")
	r.get("/verify/RUNOUT22?lang=en")
	r.sees("It is true but has run out", "verdict missed")
	r.get("/verify/ZZZZ2222")
	r.sees("没有这个编码的文件")
	r.get("/verify/%3Cscript%3E")
	r.sees("没有这个编码的文件")
}

func TestObjectingToWhatIsOnShow(t *testing.T) {
	d := newDesk(t)
	r := asking(t, d)
	r.get("/notices")
	r.sees("拟资助名单", "&lt;i&gt;山&lt;/i&gt;", "/notices/n1/object")
	if strings.Contains(r.body, "/notices/n2/object") {
		t.Error("objections are asked for where none are taken")
	}
	r.get("/notices/n1/object")
	r.post("/notices/n1/object", "text", "")
	r.sees("请写几句")
	r.post("/notices/n1/object", "text", "不公平", "contact", "010")
	r.sees("意见收到了")
	if len(d.said) != 1 || d.said[0] != "n1: 不公平 010" {
		t.Errorf("%q", d.said)
	}
	if resp := r.get("/notices/n2/object"); resp.StatusCode != 404 {
		t.Errorf("status %d", resp.StatusCode)
	}
}

func TestPaperForThoseWithoutAPhone(t *testing.T) {
	r := asking(t, newDesk(t))
	r.get("/help-card")
	r.sees("12345", "河口镇文化站", "010-5550100", "/report/repair/paper")
	r.get("/report/repair/paper")
	r.sees("哪一类设备", `class="box"`, "代填人姓名")
	r.get("/help-card?lang=en")
	r.sees("Help card", "Print a paper form")
}

// What people are in the middle of is small, and forgotten.
func TestDraftsAreBounded(t *testing.T) {
	r := asking(t, newDesk(t))
	r.post("/report/repair")
	r.post(q+"kind", "a", strings.Repeat("x", 80<<10))
	r.sees("要改")
	r.client.Timeout = 5 * time.Second
	for range 30 {
		r.post("/report/repair")
	}
	r.sees("请等一分钟")
}

// Every page for people who ask is light and never kept by others.
func TestPagesOfCasesAreLightAndTheirOwn(t *testing.T) {
	r := asking(t, newDesk(t))
	r.fill()
	r.post("/report/repair/check")
	for _, path := range []string{"/report", "/report/repair", "/report/repair/sent", "/track", "/track/case", "/verify/" + secret} {
		resp := r.get(path)
		if len(r.body) > 40<<10 {
			t.Errorf("%s: %d bytes", path, len(r.body))
		}
		if resp.Header.Get("Cache-Control") != "no-store" || resp.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %v", path, resp.Header)
		}
	}
}
