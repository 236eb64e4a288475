package alert

import (
	"database/sql"
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/door"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/drill"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/duty"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// rehearsal is the plan of a drill that terminals hear.
func (b *bench) rehearsal(regions ...string) drill.Plan {
	return drill.Plan{Name: "汛前演练", Purpose: "看各区多久能听到", Kind: message.TerminalDrill, At: b.clk.Now().Add(time.Hour), Minutes: 30, Announced: true,
		Scenario:     drill.Scenario{Event: "10203", Severity: message.Orange, Texts: []message.Text{{Lang: "zh", Title: "暴雨橙色预警", Body: "预计未来三小时降雨超过50毫米。"}}, Plays: 1},
		Area:         message.Area{Regions: regions},
		Media:        []string{"loudspeaker", "screen", "out.webhook"},
		Participants: []drill.Participant{{Name: "朝阳区应急局", Part: "组织"}}, Steps: []string{"核对名单", "现场收听"},
		Targets: drill.Targets{Reach: 80, Half: 10, Most: 60, Nearly: 120, Take: 120, Sign: 300}}
}

func tag(v *drill.View) []string { return []string{"If-Match", httpapi.ETag(v.Revision)} }

// agreed plans a drill by wang and has it approved by zhao.
func (b *bench) agreed(p drill.Plan) (v drill.View) {
	b.Helper()
	b.call("wang", "POST", "/api/drills", p, 201, &v)
	b.call("zhao", "POST", "/api/drills/"+v.ID+"/approve", nil, 200, &v, tag(&v)...)
	return v
}

// heldDrill begins a drill and takes it through the desk to its end.
func (b *bench) heldDrill(p drill.Plan) (v drill.View) {
	b.Helper()
	v = b.agreed(p)
	b.call("wang", "POST", "/api/drills/"+v.ID+"/start", nil, 200, &v, tag(&v)...)
	b.clk.Advance(30 * time.Second)
	b.call("li", "POST", "/api/duty/desk/drill/"+v.ID+"/take", nil, 200, nil)
	b.clk.Advance(20 * time.Second)
	b.call("li", "POST", "/api/alerts/"+v.Message+"/check", map[string]any{"textOnly": true, "force": "演练"}, 200, nil)
	b.clk.Advance(45 * time.Second)
	msg := b.read(v.Message)
	if _, err := b.m.countersign(b.as("zhao"), msg.ID, msg.Open.Digest); err != nil {
		b.Fatal(err)
	}
	b.look()
	for _, s := range b.town.terminals {
		s.finish(-20)
	}
	b.receipts()
	b.clk.Advance(31 * time.Minute)
	b.look()
	b.clk.Advance(settle + time.Second)
	b.look()
	b.call("viewer", "GET", "/api/drills/"+v.ID, nil, 200, &v)
	return v
}

func part(parts []drill.Part, key string) drill.Part {
	for _, p := range parts {
		if p.Key == key {
			return p
		}
	}
	return drill.Part{Key: "none of " + key}
}

func TestAWholeDrill(t *testing.T) {
	each(t, func(b *bench) {
		desk, leaders := b.post("desk"), b.post("leader")
		b.onCall(desk, "li")
		b.onCall(leaders, "zhao")
		b.call("wang", "POST", "/api/duty/gateways", map[string]any{"kind": "staff", "name": "短信", "regionCode": city, "url": "https://sms.example/"}, 201, nil)
		for n := 1; n <= 4; n++ {
			b.town.stand(township1, n)
		}
		screen, broken := b.town.stand(township2, 1), b.town.stand(township2, 2)
		screen.Kind, broken.broken = "screen", true
		screen.Microphone, broken.Microphone = true, true
		other := b.town.stand("110108001000", 1)
		b.way("短信", city, 1)

		var v drill.View
		p := b.rehearsal(chaoyang, haidian)
		bad := p
		bad.Kind, bad.Media, bad.Targets.Most = message.Real, []string{"loudspeaker", "radio"}, 1
		b.call("wang", "POST", "/api/drills", bad, 422, nil)
		b.call("wang", "POST", "/api/drills", p, 201, &v)
		if e := v.Expected; v.State != drill.Planned || e == nil || len(e.Terminals) != 2 || e.Terminals[0] != (drill.KindCount{Kind: "loudspeaker", Count: 6, Online: 6}) || len(e.Ways) != 1 {
			b.Fatalf("planned: %+v %+v", v, v.Expected)
		}
		path := "/api/drills/" + v.ID
		b.call("wang", "POST", path+"/start", nil, 409, nil, tag(&v)...) // nobody approved it
		b.call("wang", "POST", path+"/approve", nil, 403, nil, tag(&v)...)
		stale := v
		p.Steps = append(p.Steps, "收集回执")
		b.call("wang", "PUT", path, p, 200, &v, tag(&v)...)
		b.call("zhao", "POST", path+"/approve", nil, 412, nil, tag(&stale)...) // not what zhao read
		b.call("zhao", "POST", path+"/approve", nil, 200, &v, tag(&v)...)
		b.look()
		b.do(b.m.Duty.SendDue(t.Context()))
		if n := b.pager.told; len(n) != 2 || n[0].Reason != duty.DrillAhead || !n[0].Drill || n[0].Link != "https://city.example/console/delivery/drills/"+v.ID {
			b.Fatalf("reminded: %+v", n)
		}
		b.clk.Advance(2 * time.Hour)
		b.look()
		read := v.Revision
		b.call("wang", "GET", path, nil, 200, &v)
		if v.Revision != read || v.RemindedAt == nil { // whoever read it before the reminder can begin it
			b.Errorf("the reminder changed it: %d, was %d", v.Revision, read)
		}
		if v.State != drill.Approved || v.Message != "" || len(b.pager.told) != 2 {
			b.Fatalf("it began by itself: %+v", v)
		}
		b.call("wang", "POST", path+"/start", nil, 200, &v, tag(&v)...)
		if msg := b.read(v.Message); v.State != drill.Running || msg.State != message.Draft || msg.Kind != message.TerminalDrill || msg.CreatedBy.ID != "user:wang" {
			b.Fatalf("begun: %+v %+v", v, msg)
		}
		if d := b.deskOf("li"); len(d.Waiting) != 1 || d.Waiting[0].Kind != "drill" || !d.Waiting[0].Drill || d.Sounds != 1 {
			b.Fatalf("at the desk: %+v", d)
		}
		b.clk.Advance(30 * time.Second)
		b.call("li", "POST", "/api/duty/desk/drill/"+v.ID+"/take", nil, 200, nil)
		if d := b.deskOf("li"); d.Sounds != 0 || d.Waiting[0].TakenBy != "li" {
			b.Errorf("taken: %+v", d)
		}
		b.call("li", "POST", "/api/alerts/"+v.Message+"/check", map[string]any{"textOnly": true}, 200, nil)
		b.clk.Advance(40 * time.Second)
		msg := b.read(v.Message)
		if _, err := b.m.countersign(b.as("wang"), msg.ID, msg.Open.Digest); err == nil {
			b.Error("who began the drill countersigned its message")
		}
		if _, err := b.m.countersign(b.as("zhao"), msg.ID, msg.Open.Digest); err != nil {
			b.Fatal(err)
		}
		other.deaf = true
		b.look()
		b.call("li", "PUT", path+"/steps/1", map[string]any{"done": true}, 200, &v)
		b.call("li", "PUT", path+"/steps/7", map[string]any{"done": true}, 404, nil)
		b.call("li", "POST", path+"/notes", map[string]any{"text": "二号村没有听到"}, 200, &v)
		r := v.Result
		if v.Steps[1].By != "li" || v.Steps[0].At != nil || len(v.Notes) != 1 || r == nil || r.Final || r.Total.Targets != 7 || r.Total.Claimed != 5 || r.Total.Heard != nil {
			b.Fatalf("under way: %+v %+v", v.Steps, r)
		}
		if c := r.Course; c.TakenBy != "li" || c.CheckedBy != "li" || !slices.Equal(c.SignedBy, []string{"zhao"}) || c.SignedAt == nil || c.SentAt == nil || c.SentAt.Before(*c.SignedAt) {
			b.Errorf("the procedure: %+v", c)
		}
		for _, s := range b.town.terminals {
			s.finish(-20)
		}
		b.receipts()
		b.clk.Advance(31 * time.Minute)
		b.look()
		b.clk.Advance(settle + time.Second)
		b.look()
		b.call("viewer", "GET", path, nil, 200, &v)
		if r = v.Result; v.State != drill.Done || r == nil || !r.Final || r.Total.Claimed != 5 || r.Total.Heard == nil || *r.Total.Heard != 5 || r.Course.EndReason != message.Expired {
			b.Fatalf("over: %+v %+v", v, r)
		}
		if loud, shown := part(r.Media, "loudspeaker"), part(r.Media, "screen"); r.Total.Ears != 6 || loud.Ears != 5 || shown.Ears != 1 { // those that measured have one, whatever the register says
			b.Errorf("microphones: %d in all, %d, %d", r.Total.Ears, loud.Ears, shown.Ears)
		}
		if east, west := part(r.Districts, chaoyang), part(r.Districts, haidian); east.Targets != 6 || east.Claimed != 5 || west.Targets != 1 || west.Claimed != 0 || west.Heard != nil {
			b.Errorf("by district: %+v %+v", east, west)
		}
		if loud, shown, way := part(r.Media, "loudspeaker"), part(r.Media, "screen"), part(r.Media, "out.webhook"); loud.Targets != 6 || loud.Claimed != 4 || shown.Claimed != 1 || !shown.Planned || !way.Way || way.Targets != 1 {
			b.Errorf("by medium: %+v %+v %+v", loud, shown, way)
		}
		if len(r.Reasons) != 2 || r.Failed != 2 || !slices.ContainsFunc(r.Reasons, func(w delivery.Why) bool { return w.Problem == delivery.ProblemFailed && w.Reason == "player_failed" }) {
			b.Errorf("reasons: %+v", r.Reasons)
		}
		verdicts := map[string]string{}
		for _, j := range r.Verdicts {
			verdicts[j.Key] = map[bool]string{true: "met", false: "missed"}[*j.Met]
		}
		if want := map[string]string{"reach": "missed", "half": "met", "most": "missed", "nearly": "missed", "take": "met", "sign": "met"}; len(verdicts) != 6 || verdicts["reach"] != want["reach"] || verdicts["half"] != "met" || verdicts["most"] != "missed" || verdicts["take"] != "met" || verdicts["sign"] != "met" {
			b.Errorf("verdicts: %v", verdicts)
		}
		b.call("li", "POST", path+"/notes", map[string]any{"text": "晚了"}, 409, nil)
		e := map[string]any{"text": "二号村要修", "lessons": []map[string]any{{"text": "修二号村喇叭", "owner": "张三", "due": "2030-01-31", "done": false}}}
		b.call("li", "PUT", path+"/evaluation", e, 403, nil, tag(&v)...)
		b.call("wang", "PUT", path+"/evaluation", e, 200, &v, tag(&v)...)
		if v.State != drill.Evaluated || v.Evaluation.By.Name != "wang" || v.Open != 1 {
			b.Errorf("evaluated: %+v", v.Evaluation)
		}
		for format, begins := range map[string]string{"pdf": "%PDF", "xlsx": "PK", "csv": "\ufeff"} {
			if w := b.call("viewer", "GET", path+"/document?format="+format, nil, 200, nil); !strings.HasPrefix(w.Body.String(), begins) {
				b.Errorf("%s: %.40q", format, w.Body)
			}
		}
		if log := strings.Join(b.logged(""), "\n"); !strings.Contains(log, "演练开始：汛前演练") || !strings.Contains(log, "演练结束：汛前演练") {
			b.Error(log)
		}
		held, err := store.Collect(t.Context(), b.deps.DB, func(rows *sql.Rows) (text string, err error) { return text, rows.Scan(&text) }, `SELECT payload FROM platform_outbox WHERE name = 'alert.drill_held'`)
		if err != nil || len(held) != 1 || !strings.Contains(held[0], `"reached":5`) || !strings.Contains(held[0], `"expected":6`) {
			b.Errorf("left for indicators: %v %v", held, err)
		}
	})
}

func TestTelevisionsAllReachedWereSoAtSomeTime(t *testing.T) {
	p := householdsOf(&door.Figures{Tally: door.Tally{Connected: 10, Crawl: 4, Full: 6}, Curve: []door.Moment{{Second: 1, Shown: 4}, {Second: 3, Shown: 9}, {Second: 200, Shown: 10}}})
	if p.Targets != 10 || p.Claimed != 10 || p.Half == nil || *p.Half != 3000 || *p.Most != 3000 || *p.Nearly != 200_000 {
		t.Errorf("%+v", p)
	}
}

func TestTwoDrillsAreCompared(t *testing.T) {
	each(t, func(b *bench) {
		var in []*speaker
		for n := 1; n <= 5; n++ {
			in = append(in, b.town.stand(township1, n), b.town.stand("110108001000", n))
		}
		in[0].Online = false                                  // failed before, and again
		first := b.heldDrill(b.rehearsal(chaoyang, haidian))  // 9 of 10
		in[1].Online, in[3].Online = false, false             // failed anew
		second := b.heldDrill(b.rehearsal(chaoyang, haidian)) // 7 of 10
		if first.Result.Total.Claimed != 9 || second.Result.Total.Claimed != 7 {
			b.Fatalf("%+v %+v", first.Result.Total, second.Result.Total)
		}
		var c drill.Comparison
		b.call("li", "GET", "/api/drills/"+second.ID+"/comparison", nil, 200, &c)
		if len(c.Drills) != 2 || c.Drills[1].ID != first.ID || c.Worse != 2 || c.Better != 0 || len(c.Repeated) != 1 || c.Repeated[0].Device != string(in[0].Code) || c.Repeated[0].Times != 2 || c.Repeated[0].Name == "" {
			b.Fatalf("%+v", c)
		}
		said := strings.Join(c.Words, "")
		for _, words := range []string{"自报触达 70.0%，比上次的 90.0% 低 20.0 个百分点", "下降最多的是区110108，低 40.0 个百分点", "都失败的终端 1 台，建议报修；新失败 2 台，恢复 0 台", "90%响起这次没有达到"} {
			if !strings.Contains(said, words) {
				b.Errorf("%q is not in %s", words, said)
			}
		}
		in[0].Online, in[1].Online, in[3].Online = true, true, true
		third := b.heldDrill(b.rehearsal(chaoyang, haidian))
		b.call("li", "GET", "/api/drills/"+third.ID+"/comparison", nil, 200, &c)
		if len(c.Drills) != 3 || c.Better != 3 || c.Worse != 0 || len(c.Repeated) != 0 {
			b.Errorf("all well: %+v", c)
		}
		b.call("li", "GET", "/api/drills/"+third.ID+"/comparison?with="+first.ID, nil, 200, &c)
		if len(c.Drills) != 2 || c.Drills[1].ID != first.ID || c.Better != 1 {
			b.Errorf("chosen: %+v", c)
		}
		w := b.call("li", "GET", "/api/drills/"+third.ID+"/document?format=csv", nil, 200, nil)
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(w.Body.String(), "\ufeff"))).ReadAll()
		if err != nil || len(rows) < 10 || !strings.HasPrefix(rows[1][0], "【演练】") {
			b.Error(err, rows)
		}
		// A drill within one district is told by township.
		local := b.heldDrill(b.rehearsal(chaoyang))
		if p := part(local.Result.Districts, township1); p.Targets != 5 || p.NameZh == "" {
			b.Errorf("%+v", local.Result.Districts)
		}
		b.call("haidian", "GET", "/api/drills/"+local.ID+"/comparison", nil, 404, nil)
	})
}

func TestWhoMayDrill(t *testing.T) {
	each(t, func(b *bench) {
		b.town.stand(township1, 1)
		p := b.rehearsal(chaoyang)
		p.Announced = false
		for who, want := range map[string]int{"li": 403, "viewer": 403, "haidian": 403, "town": 403} {
			b.call(who, "POST", "/api/drills", p, want, nil)
		}
		var v drill.View
		b.call("chaoyang", "POST", "/api/drills", p, 201, &v)
		path := "/api/drills/" + v.ID
		for _, who := range []string{"li", "viewer", "haidian"} { // nobody told them
			b.call(who, "GET", path, nil, 404, nil)
			var found store.Listing[drill.Brief]
			b.call(who, "GET", "/api/drills", nil, 200, &found)
			if len(found.Items) != 0 || found.Total != 0 {
				b.Errorf("%s sees %+v", who, found)
			}
		}
		b.call("haidian", "POST", path+"/approve", nil, 404, nil, tag(&v)...)
		b.call("chaoyang", "POST", path+"/approve", nil, 403, nil, tag(&v)...) // wrote it
		b.staff.hand = map[string]string{"user:wang": "one", "user:chaoyang": "one"}
		b.call("wang", "POST", path+"/approve", nil, 403, nil, tag(&v)...) // may be the same person
		b.staff.hand = map[string]string{}
		p.Name = "改过的演练"
		b.call("wang", "PUT", path, p, 200, &v, tag(&v)...)
		b.call("chaoyang", "POST", path+"/approve", nil, 403, nil, tag(&v)...) // both wrote it now
		b.call("wang", "POST", path+"/approve", nil, 403, nil, tag(&v)...)
		b.call("zhao", "POST", path+"/approve", nil, 200, &v, tag(&v)...)
		p.Name = "又改过"
		b.call("wang", "PUT", path, p, 200, &v, tag(&v)...)
		b.call("wang", "POST", path+"/start", nil, 409, nil, tag(&v)...) // what was approved is void
		b.call("zhao", "POST", path+"/approve", nil, 200, &v, tag(&v)...)
		b.call("li", "POST", path+"/start", nil, 403, nil, tag(&v)...)
		b.call("haidian", "POST", path+"/start", nil, 404, nil, tag(&v)...)
		b.call("chaoyang", "POST", path+"/start", nil, 200, &v, tag(&v)...)
		b.call("chaoyang", "POST", path+"/start", nil, 409, nil, tag(&v)...)
		b.call("li", "GET", path, nil, 200, &v) // it runs: everybody there sees it
		b.call("viewer", "POST", path+"/notes", map[string]any{"text": "我在看"}, 403, nil)
		b.call("haidian", "POST", path+"/call-off", map[string]any{"reason": "别区"}, 404, nil)
		b.call("li", "POST", path+"/call-off", map[string]any{"reason": "停"}, 403, nil)
		b.call("chaoyang", "POST", path+"/call-off", map[string]any{"reason": " "}, 422, nil)
		b.call("chaoyang", "POST", path+"/call-off", map[string]any{"reason": "真的下雨了"}, 200, &v)
		if v.State != drill.CalledOff || v.CalledOffBy != "chaoyang" || b.read(v.Message).State != message.Discarded {
			b.Errorf("called off: %+v", v)
		}
		if v := b.deskOf("li"); len(v.Waiting) != 0 {
			b.Errorf("at the desk: %+v", v)
		}
	})
}

// The minutes of a plan are those that the message stands: however long it takes until somebody
// submits and countersigns it, and though its words are changed before.
func TestTheMinutesOfADrillCountFromTheIssueOfItsMessage(t *testing.T) {
	each(t, func(b *bench) {
		b.town.stand(township1, 1)
		v := b.agreed(b.rehearsal(chaoyang))
		b.call("wang", "POST", "/api/drills/"+v.ID+"/start", nil, 200, &v, tag(&v)...)
		var m messageView
		b.call("li", "GET", "/api/alerts/"+v.Message, nil, 200, &m)
		if m.Open.Lasts != 30 {
			b.Fatalf("before it is issued: %d minutes", m.Open.Lasts)
		}
		w := Wording{Event: m.Open.Event, Severity: m.Open.Severity, Texts: m.Open.Texts, Area: m.Open.Area, EndsAt: m.Open.EndsAt, Lasts: m.Open.Lasts, Repeat: m.Open.Repeat}
		w.Texts[0].Body += "请注意防范。"
		b.call("li", "PUT", "/api/alerts/"+v.Message, w, 200, &m, "If-Match", httpapi.ETag(m.Revision))
		b.clk.Advance(25 * time.Minute)
		b.call("li", "POST", "/api/alerts/"+v.Message+"/check", map[string]any{"textOnly": true}, 200, nil)
		b.clk.Advance(20 * time.Minute)
		b.call("zhao", "POST", "/api/alerts/"+v.Message+"/countersign", map[string]any{"digest": b.read(v.Message).Open.Digest}, 200, &m)
		if took := m.Current.EndsAt.Sub(*m.IssuedAt); took != 30*time.Minute || m.Current.Lasts != 0 || !m.EndsAt.Equal(m.Current.EndsAt) {
			b.Errorf("it stands for %v", took)
		}
		if msg := b.read(v.Message); msg.Current.Digest != message.Digest(msg, msg.Current) {
			b.Error("what was signed is another content than what stands")
		}
		b.look()
		b.clk.Advance(29 * time.Minute)
		b.look()
		b.call("wang", "GET", "/api/drills/"+v.ID, nil, 200, &v)
		if v.Result.Course.EndedAt != nil {
			b.Error("it ended before its minutes were over")
		}
		b.clk.Advance(2 * time.Minute)
		b.look()
		b.call("wang", "GET", "/api/drills/"+v.ID, nil, 200, &v)
		if v.Result.Course.EndedAt == nil {
			b.Error("it did not end")
		}
	})
}

// A unit stands once at an axis and in a head of a table, and the paper says from when the minutes count.
func TestADrillsPaperNamesItsUnitsOnce(t *testing.T) {
	each(t, func(b *bench) {
		b.town.stand(township1, 3)
		v := b.heldDrill(b.rehearsal(chaoyang))
		name := filepath.Join(b.TempDir(), "drill.pdf")
		b.do(os.WriteFile(name, b.call("viewer", "GET", "/api/drills/"+v.ID+"/document", nil, 200, nil).Body.Bytes(), 0o600))
		text, err := exec.Command("pdftotext", "-layout", name, "-").Output()
		if err != nil {
			b.Skipf("SKIPPED: pdftotext (poppler-utils): %v", err)
		}
		said := strings.ReplaceAll(string(text), " ", "")
		for _, twice := range []string{"%（%）", "%%", "秒s"} {
			if strings.Contains(said, twice) {
				b.Errorf("the paper says %s", twice)
			}
		}
		for _, once := range []string{"自报触达（%）", "自发布起30分钟"} {
			if !strings.Contains(said, once) {
				b.Errorf("the paper does not say %s: %s", once, said)
			}
		}
	})
}

func TestADrillIsStoppedMidway(t *testing.T) {
	each(t, func(b *bench) {
		s := b.town.stand(township1, 1)
		v := b.agreed(b.rehearsal(chaoyang))
		b.call("wang", "POST", "/api/drills/"+v.ID+"/start", nil, 200, &v, tag(&v)...)
		b.call("li", "POST", "/api/alerts/"+v.Message+"/check", map[string]any{"textOnly": true}, 200, nil)
		msg := b.read(v.Message)
		if _, err := b.m.countersign(b.as("zhao"), msg.ID, msg.Open.Digest); err != nil {
			b.Fatal(err)
		}
		b.look()
		b.call("wang", "POST", "/api/drills/"+v.ID+"/call-off", map[string]any{"reason": "来了真的预警"}, 200, &v)
		b.look()
		if v.State != drill.Running || !s.ended[v.Message] { // what came of it is still coming in
			b.Fatalf("%+v %+v", v, s.ended)
		}
		b.clk.Advance(settle + time.Second)
		b.look()
		b.call("wang", "GET", "/api/drills/"+v.ID, nil, 200, &v)
		if v.State != drill.Done || v.CalledOffNote != "来了真的预警" || v.Result.Course.EndReason != message.Cancelled || v.Result.Total.Claimed != 1 {
			b.Errorf("%+v %+v", v, v.Result)
		}
		// A draft that somebody gave up at the desk.
		v = b.agreed(b.rehearsal(chaoyang))
		b.call("wang", "POST", "/api/drills/"+v.ID+"/start", nil, 200, &v, tag(&v)...)
		if _, err := b.m.discard(b.as("li"), v.Message, 0); err != nil {
			b.Fatal(err)
		}
		b.look()
		b.call("wang", "GET", "/api/drills/"+v.ID, nil, 200, &v)
		if v.State != drill.CalledOff || v.CalledOffBy != "" {
			b.Errorf("given up: %+v", v)
		}
	})
}

// A drill says when it takes no more notes, rather than losing them.
func TestWhatADrillTakesIsShown(t *testing.T) {
	each(t, func(b *bench) {
		v := b.agreed(b.rehearsal(chaoyang))
		b.call("wang", "POST", "/api/drills/"+v.ID+"/start", nil, 200, &v, tag(&v)...)
		b.sql(`INSERT INTO alert_drill_entry (id, drill, kind, step, body, person, name, at)
			WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1999) SELECT '0' || i, '` + v.ID + `', 'note', 0, '听到', 'user:li', 'li', 0 FROM n`)
		b.call("wang", "PUT", "/api/drills/"+v.ID+"/steps/1", map[string]any{"done": true}, 200, &v)
		if v.Steps[1].At == nil {
			b.Errorf("%+v", v.Steps)
		}
		answer := b.call("wang", "POST", "/api/drills/"+v.ID+"/notes", map[string]any{"text": "东街没有声音"}, 409, nil)
		if !strings.Contains(answer.Body.String(), "alert.drill.entries_full") {
			b.Error(answer.Body)
		}
	})
}

// heldUp is a drill that begins and goes no further.
func (b *bench) heldUp() {
	b.Helper()
	v := b.agreed(b.rehearsal(chaoyang))
	b.call("wang", "POST", "/api/drills/"+v.ID+"/start", nil, 200, &v, tag(&v)...)
}

func (b *bench) sql(statement string) {
	b.Helper()
	b.do(b.deps.DB.Housekeep(b.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(b.Context(), statement)
		return err
	}))
}

// messages is how many there are.
func (b *bench) messages() (n int) {
	b.Helper()
	b.do(b.deps.DB.QueryRow(b.Context(), `SELECT count(*) FROM alert_message`).Scan(&n))
	return n
}

// The drill and its message are one commit: a crash leaves both or neither.
func TestACrashBetweenADrillAndItsMessage(t *testing.T) {
	each(t, func(b *bench) {
		b.town.stand(township1, 1)
		b.heldUp()
		v := b.agreed(b.rehearsal(chaoyang))
		path := "/api/drills/" + v.ID
		before := b.messages()
		// The drill's own row is refused after the draft was written: neither stands.
		b.sql(`CREATE UNIQUE INDEX one_only ON alert_drill (state) WHERE state = 'running'`)
		b.call("wang", "POST", path+"/start", nil, 500, nil, tag(&v)...)
		b.sql(`DROP INDEX one_only`)
		b.restart()
		b.look()
		b.call("wang", "GET", path, nil, 200, &v)
		if v.State != drill.Approved || v.Message != "" || b.messages() != before {
			b.Fatalf("half begun: %+v, %d messages", v, b.messages())
		}
		b.call("wang", "POST", path+"/start", nil, 200, &v, tag(&v)...)
		b.restart() // at once
		b.look()
		var again drill.View
		b.call("wang", "GET", path, nil, 200, &again)
		if again.State != drill.Running || again.Message != v.Message || b.read(v.Message).State != message.Draft {
			b.Fatalf("after the crash: %+v", again)
		}
		b.call("wang", "POST", path+"/start", nil, 409, nil, tag(&v)...)
		if n := b.messages(); n != before+1 {
			b.Errorf("%d messages", n)
		}
		if d := b.deskOf("li"); len(d.Waiting) != 2 || d.Waiting[1].Kind != "drill" {
			b.Errorf("at the desk: %+v", d)
		}
	})
}

func TestADrillBeginsByItselfOnlyWhereTheRulesSaySo(t *testing.T) {
	each(t, func(b *bench) {
		b.town.stand(township1, 1)
		missed := b.agreed(b.rehearsal(chaoyang))
		b.clk.Advance(3 * time.Hour)
		var conduct struct{ Rule rule.Conduct }
		w := b.call("wang", "GET", "/api/alert-conduct", nil, 200, &conduct)
		conduct.Rule.Drills = &rule.Drills{Due: []rule.DrillsDue{{Level: rule.District, PerYear: 4}}, Remind: 1, Alone: true}
		b.call("wang", "PUT", "/api/alert-conduct", conduct.Rule, 200, nil, "If-Match", w.Header().Get("ETag"))
		v := b.agreed(b.rehearsal(chaoyang))
		b.look()
		b.call("wang", "GET", "/api/drills/"+v.ID, nil, 200, &v)
		if v.State != drill.Approved {
			b.Fatalf("before its time: %+v", v)
		}
		b.clk.Advance(time.Hour + time.Second)
		b.look()
		b.call("wang", "GET", "/api/drills/"+v.ID, nil, 200, &v)
		b.call("wang", "GET", "/api/drills/"+missed.ID, nil, 200, &missed)
		if v.State != drill.Running || v.StartedBy != "wang" || missed.State != drill.Approved {
			b.Errorf("%+v %+v", v, missed)
		}
		var y drill.Year
		b.call("li", "GET", "/api/drill-years", nil, 200, &y)
		if len(y.Regions) != 2 || y.Regions[0].Code != chaoyang || y.Regions[0].PerYear != 4 || y.Regions[0].Missed != 1 || len(y.Regions[0].Drills) != 2 || y.Regions[1].Planned != 0 {
			b.Errorf("%+v", y)
		}
		b.call("haidian", "GET", "/api/drill-years", nil, 200, &y)
		if len(y.Regions) != 1 || y.Regions[0].Code != haidian {
			b.Errorf("%+v", y)
		}
	})
}

// A drill that stays within platforms is measured by its outputs, and nothing was heard.
func TestAPlatformDrillCountsWaysOut(t *testing.T) {
	each(t, func(b *bench) {
		b.town.stand(township1, 1)
		p := b.rehearsal(chaoyang)
		p.Kind, p.Media = message.PlatformDrill, []string{"out.platform"}
		v := b.heldDrill(p)
		if r := v.Result; v.State != drill.Done || r.Total.Targets != 0 || !r.Total.Way || r.Total.Heard != nil || len(r.Districts) != 0 || !part(r.Media, "out.platform").Planned {
			b.Errorf("%+v", v.Result)
		}
		for _, j := range v.Result.Verdicts {
			if (j.Key == "reach" || j.Key == "half") && (j.Met != nil || j.Got != nil) {
				b.Errorf("judged though nothing is known: %+v", j)
			}
		}
	})
}
