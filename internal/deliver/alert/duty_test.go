package alert

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/duty"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/speech"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// city is the code of the whole city.
const city = "110000000000"

// post sets up a duty post for the whole city and returns its id.
func (b *bench) post(purpose string) string {
	b.Helper()
	var p duty.PostView
	b.call("wang", "POST", "/api/duty/posts", map[string]any{"name": purpose, "purpose": purpose, "regionCode": city, "minutes": 10}, 201, &p)
	return p.ID
}

// onCall puts somebody on a post's roster around the clock for a week.
func (b *bench) onCall(post, who string) {
	b.Helper()
	now := b.clk.Now().In(b.deps.Zone)
	b.call("wang", "POST", "/api/duty/posts/"+post+"/turns", map[string]any{"from": now.AddDate(0, 0, -1).Format(time.DateOnly), "until": now.AddDate(0, 0, 6).Format(time.DateOnly),
		"days": []int{1, 2, 3, 4, 5, 6, 7}, "changes": []string{"00:00"}, "people": []string{"user:" + who}}, 200, nil)
}

func (b *bench) deskOf(who string) (v duty.DeskView) {
	b.Helper()
	b.call(who, "GET", "/api/duty/desk", nil, 200, &v)
	return v
}

func (b *bench) logged(query string) (texts []string) {
	b.Helper()
	var found store.Listing[duty.EntryView]
	b.call("li", "GET", "/api/duty/log?limit=500&"+query, nil, 200, &found)
	for _, e := range found.Items {
		texts = append(texts, e.Text)
	}
	return texts
}

func TestAHandoverIsSignedByTwoAndProven(t *testing.T) {
	each(t, func(b *bench) {
		post := b.post("desk")
		var s, next duty.ShiftView
		b.call("li", "POST", "/api/duty/posts/"+post+"/sign-on", nil, 200, &s)
		b.call("wang", "POST", "/api/duty/posts/"+post+"/sign-on", nil, 409, nil) // li keeps it
		msg := b.issued(b.rain(chaoyang))
		b.call("li", "POST", "/api/duty/log", map[string]any{"regionCode": city, "text": "市气象台来电核实"}, 201, nil)
		path := "/api/duty/shifts/" + s.ID
		b.call("wang", "POST", path+"/accept", map[string]any{"digest": strings.Repeat("0", 64)}, 409, nil) // li has not signed
		b.call("wang", "POST", path+"/offer", map[string]any{"remarks": ""}, 409, nil)                      // it is li's to sign
		b.call("li", "POST", path+"/offer", map[string]any{"remarks": "三号喇叭待修"}, 200, &s)
		if c := s.Content; c == nil || len(c.Happened.Issued) != 1 || c.Happened.Issued[0].ID != msg.ID || len(c.Happened.OnAir) != 1 || c.Remarks != "三号喇叭待修" || len(c.Entries) < 3 {
			b.Fatalf("handed over: %+v", s.Content)
		}
		between := b.issued(b.rain(haidian)) // after li signed: the next handover tells of it
		b.call("li", "POST", path+"/accept", map[string]any{"digest": s.Digest}, 409, nil)
		b.staff.hand = map[string]string{"user:wang": "one", "user:li": "one"}
		b.call("wang", "POST", path+"/accept", map[string]any{"digest": s.Digest}, 403, nil)
		b.staff.hand = map[string]string{}
		b.call("stale", "POST", path+"/accept", map[string]any{"digest": s.Digest}, 403, nil) // no fresh second factor
		b.call("wang", "POST", path+"/accept", map[string]any{"digest": strings.Repeat("0", 64)}, 422, nil)
		b.call("wang", "POST", path+"/accept", map[string]any{"digest": s.Digest}, 200, &next)
		if next.ID == s.ID || next.Name != "wang" || len(next.Content.Happened.Issued) != 1 || next.Content.Happened.Issued[0].ID != between.ID {
			b.Fatalf("the next shift: %+v", next)
		}
		b.call("wang", "GET", path, nil, 200, &s)
		if s.How != duty.Taken || s.Taker != "wang" || s.Proof == nil || *s.Proof != (duty.Proof{Content: true, Signature: true, Trusted: true}) {
			b.Errorf("%+v %+v", s, s.Proof)
		}
		for _, change := range []string{`content = content || ' '`, `taker_name = 'zhao'`, `reason = 'x'`} {
			b.do(b.deps.DB.Housekeep(context.Background(), func(tx *store.Tx) error {
				_, err := tx.Exec(context.Background(), `UPDATE alert_duty_shift SET `+change+` WHERE id = $1`, s.ID)
				return err
			}))
			b.call("wang", "GET", path, nil, 200, &s)
			if s.Proof.Content && s.Proof.Signature {
				b.Errorf("%s went unnoticed", change)
			}
			b.do(b.deps.DB.Housekeep(context.Background(), func(tx *store.Tx) error {
				_, err := tx.Exec(context.Background(), `UPDATE alert_duty_shift SET content = trim(content), taker_name = 'wang', reason = '' WHERE id = $1`, s.ID)
				return err
			}))
		}
		if w := b.call("wang", "GET", path+"/paper", nil, 200, nil); !strings.HasPrefix(w.Body.String(), "%PDF") {
			b.Error("no paper")
		}
		if w := b.call("wang", "GET", "/api/duty/log/export?format=xlsx", nil, 200, nil); !strings.HasPrefix(w.Body.String(), "PK") {
			b.Error("no workbook")
		}
		// Nobody comes: a leader closes it.
		b.call("li", "POST", "/api/duty/shifts/"+next.ID+"/close", map[string]any{"reason": "接班人未到"}, 403, nil)
		b.call("zhao", "POST", "/api/duty/shifts/"+next.ID+"/close", map[string]any{"reason": "接班人未到"}, 200, &next)
		if next.How != duty.Closed || next.Proof == nil || !next.Proof.Signature {
			b.Errorf("%+v", next)
		}
		b.call("zhao", "POST", "/api/duty/shifts/"+next.ID+"/close", map[string]any{"reason": "接班人未到"}, 409, nil)
	})
}

func TestTheQueueSoundsUntilSomebodyTakes(t *testing.T) {
	each(t, func(b *bench) {
		cap := b.above("cap")
		cap.Origin.Kind, cap.Origin.Source, cap.Origin.Name = "cap", "cma", "气象台"
		arrived := b.take(cap)
		own := b.checked(b.rain(haidian))
		v := b.deskOf("li")
		if v.Sounds != 2 || len(v.Waiting) != 2 || v.Waiting[0].Kind != "arrival" || v.Waiting[0].ID != arrived.Arrival || v.Waiting[1].Kind != "countersign" {
			b.Fatalf("%+v", v)
		}
		if theirs := b.deskOf("haidian"); theirs.Sounds != 1 || theirs.Waiting[0].Message != own.ID {
			b.Errorf("at another desk: %+v", theirs)
		}
		b.call("haidian", "POST", "/api/duty/desk/arrival/"+arrived.Arrival+"/take", nil, 404, nil)
		b.call("li", "POST", "/api/duty/desk/arrival/"+arrived.Arrival+"/take", nil, 200, nil)
		b.call("wang", "POST", "/api/duty/desk/countersign/"+own.ID+"/take", nil, 200, nil)
		if v = b.deskOf("li"); v.Sounds != 0 || len(v.Waiting) != 2 || v.Waiting[0].TakenBy != "li" || v.Waiting[1].TakenBy != "wang" {
			b.Errorf("taken: %+v", v)
		}
		for item, holder := range map[string]string{"arrival/" + arrived.Arrival: "li", "countersign/" + own.ID: "wang"} {
			other := map[string]string{"li": "wang", "wang": "li"}[holder]
			at := "/api/duty/desk/" + item + "/take"
			b.call(holder, "POST", at, nil, 200, nil)
			if said := b.call(other, "POST", at, nil, 409, nil).Body.String(); !strings.Contains(said, `"alert.duty.held"`) || !strings.Contains(said, holder) {
				b.Errorf("who holds it is not said: %s", said)
			}
			b.call(other, "POST", at+"?from=chen", nil, 409, nil)
			if strings.HasPrefix(item, "arrival") {
				b.call(other, "POST", "/api/alert-arrivals/"+arrived.Arrival+"/take", map[string]string{}, 409, nil)
			}
			b.call(other, "POST", at+"?from="+holder, nil, 200, nil)
			b.call(holder, "POST", at, nil, 409, nil)
			b.call(holder, "POST", at+"?from="+other, nil, 200, nil)
		}
		if texts := b.logged("kind=taken_over"); len(texts) != 4 || !strings.HasPrefix(texts[0], "从") {
			b.Errorf("the log of who took over: %q", texts)
		}
		var kept int
		b.do(b.deps.DB.QueryRow(b.Context(), `SELECT count(*) FROM platform_audit WHERE action IN ('alert.duty.claim', 'alert.arrival.take') AND detail LIKE '%"from":"wang"%'`).Scan(&kept))
		if kept != 2 {
			b.Errorf("%d takings over from wang are in the audit record", kept)
		}
		b.call("wang", "POST", "/api/alerts/"+own.ID+"/reject", map[string]string{"reason": "再核实"}, 200, nil)
		b.call("li", "POST", "/api/alerts/"+own.ID+"/check", map[string]any{"textOnly": true}, 200, nil)
		if v = b.deskOf("li"); v.Sounds != 1 || v.Waiting[0].Message != own.ID {
			b.Errorf("submitted again: %+v", v)
		}
		b.approve(b.read(own.ID))
		v = b.deskOf("li")
		if len(v.Waiting) != 1 || len(v.OnAir) != 1 || v.OnAir[0].Code != haidian || v.OnAir[0].Messages[0] != own.ID {
			b.Errorf("on the air: %+v", v)
		}
		later := b.rain(haidian)
		begins := b.clk.Now().Add(time.Hour)
		later.StartsAt, later.Texts[0].Title = &begins, "明日暴雨"
		b.issued(later)
		if v = b.deskOf("li"); len(v.OnAir) != 1 || len(v.OnAir[0].Messages) != 1 {
			b.Errorf("what begins in an hour is on the air: %+v", v.OnAir)
		}
		b.take(b.above("upper")) // goes out by itself
		if v = b.deskOf("li"); v.Sounds != 1 || v.Waiting[0].Kind != "review" {
			b.Errorf("to be reviewed: %+v", v)
		}
	})
}

func TestStaffAreToldAndTheNewsroomsDutyIsTracked(t *testing.T) {
	each(t, func(b *bench) {
		ctx := context.Background()
		leaders, newsroom := b.post("leader"), b.post("newsroom")
		b.onCall(leaders, "zhao")
		b.onCall(newsroom, "li")
		b.call("wang", "POST", "/api/duty/posts/"+newsroom+"/turns", map[string]any{"from": "2030-01-01", "until": "2030-01-02", "days": []int{1, 2, 3, 4, 5, 6, 7}, "changes": []string{"08:00"}, "people": []string{"user:nobody"}}, 422, nil)
		b.call("wang", "PUT", "/api/duty/posts/"+newsroom+"/people/user:li", map[string]any{"number": "138 0000 0001"}, 204, nil)
		msg := b.checked(b.rain(chaoyang))
		b.do(b.m.Duty.SendDue(ctx))
		if len(b.pager.told) != 0 {
			b.Fatalf("told without a gateway: %+v", b.pager.told)
		}
		b.call("wang", "POST", "/api/duty/gateways", map[string]any{"kind": "staff", "name": "短信", "regionCode": city, "url": "https://sms.example/"}, 201, nil)
		b.pager.down = true
		b.clk.Advance(time.Minute)
		b.do(b.m.Duty.SendDue(ctx))
		b.pager.down = false
		b.clk.Advance(time.Minute)
		b.do(b.m.Duty.SendDue(ctx))
		b.do(b.m.Duty.SendDue(ctx))
		if n := b.pager.told; len(n) != 1 || n[0].To.Name != "zhao" || n[0].Reason != duty.ToCountersign || n[0].Audience != duty.StaffAudience || n[0].Link != "https://city.example/console/sign/"+msg.ID {
			b.Fatalf("told: %+v", n)
		}
		b.approve(msg)
		b.do(b.m.Duty.SendDue(ctx))
		if n := b.pager.told; len(n) != 2 || n[1].To.Number != "13800000001" || n[1].Reason != duty.ToReport || !strings.Contains(n[1].SayZh, "10 分钟") {
			b.Fatalf("told: %+v", n)
		}
		var found store.Listing[duty.Report]
		b.call("li", "GET", "/api/duty/reports?message="+msg.ID, nil, 200, &found)
		if len(found.Items) != 1 || found.Items[0].Name != "li" {
			b.Fatalf("%+v", found)
		}
		id := found.Items[0].ID
		b.call("haidian", "POST", "/api/duty/reports/"+id+"/acknowledge", nil, 404, nil)
		b.call("li", "POST", "/api/duty/reports/"+id+"/acknowledge", nil, 200, nil)
		b.call("li", "POST", "/api/duty/reports/"+id+"/acknowledge", nil, 409, nil)
		b.do(b.m.Duty.FindOverdue(ctx))
		if v := b.deskOf("wang"); len(v.Waiting) != 0 {
			b.Errorf("overdue before its time: %+v", v)
		}
		b.clk.Advance(11 * time.Minute)
		b.do(b.m.Duty.FindOverdue(ctx))
		b.do(b.m.Duty.FindOverdue(ctx))
		b.do(b.m.Duty.SendDue(ctx))
		if n := b.pager.told; len(n) != 3 || n[2].Reason != duty.Overdue || n[2].To.Name != "zhao" {
			b.Errorf("told: %+v", n)
		}
		if v := b.deskOf("wang"); len(v.Waiting) != 1 || v.Waiting[0].Kind != "report" || v.Sounds != 1 {
			b.Errorf("%+v", v)
		}
		b.call("li", "POST", "/api/duty/reports/"+id+"/done", map[string]any{"link": "javascript:1"}, 422, nil)
		b.call("li", "POST", "/api/duty/reports/"+id+"/done", map[string]any{"link": "https://news.example/1"}, 200, nil)
		if v := b.deskOf("wang"); len(v.Waiting) != 0 {
			b.Errorf("done and waits: %+v", v)
		}
		if all := strings.Join(b.logged(""), "\n"); !strings.Contains(all, "newsroom已报道") || !strings.Contains(all, "newsroom未按时报道") || !strings.Contains(all, "通知leaderzhao") {
			b.Error(all)
		}
	})
}

// A gateway that is away delays no notice of another's, and is not tried for each of its own.
func TestAGatewayThatIsAwayDelaysNoOther(t *testing.T) {
	each(t, func(b *bench) {
		leaders := b.post("leader")
		b.onCall(leaders, "zhao")
		var near duty.PostView
		b.call("wang", "POST", "/api/duty/posts", map[string]any{"name": "朝阳", "purpose": "leader", "regionCode": chaoyang, "minutes": 10}, 201, &near)
		b.onCall(near.ID, "zhao")
		for region, at := range map[string]string{city: "https://away.example/", chaoyang: "https://near.example/"} {
			b.call("wang", "POST", "/api/duty/gateways", map[string]any{"kind": "staff", "name": at, "regionCode": region, "url": at}, 201, nil)
		}
		for _, title := range []string{"一次暴雨", "又一次暴雨"} {
			d := b.rain(city)
			d.Texts[0].Title = title
			b.checked(d)
		}
		b.checked(b.rain(chaoyang))
		told, tried := make(chan struct{}), 0
		b.pager.hold = func(ctx context.Context, at string) error {
			if strings.Contains(at, "near") {
				close(told)
				return nil
			}
			tried++
			select {
			case <-told:
				return &url.Error{Op: "Post", URL: at, Err: errors.New("no route to host")}
			case <-ctx.Done():
				b.Error("the other had to wait")
				return ctx.Err()
			}
		}
		b.do(b.m.Duty.SendDue(b.Context()))
		if len(b.pager.told) != 1 || tried != 1 {
			b.Errorf("%d told, %d tried of the one that is away", len(b.pager.told), tried)
		}
		var kept int
		b.do(b.deps.DB.QueryRow(b.Context(), `SELECT count(*) FROM alert_duty_notice WHERE failure LIKE '%away.example%'`).Scan(&kept))
		if kept > 0 {
			b.Error("an address, which may hold a key, is kept with a failure")
		}
	})
}

// However many notices wait for a gateway that is slow, those of another go out.
func TestNoticesOfOneGatewayCrowdOutNoOthers(t *testing.T) {
	each(t, func(b *bench) {
		b.onCall(b.post("leader"), "zhao")
		for region, at := range map[string]string{city: "https://city.example/", chaoyang: "https://slow.example/"} {
			b.call("wang", "POST", "/api/duty/gateways", map[string]any{"kind": "staff", "name": at, "regionCode": region, "url": at}, 201, nil)
		}
		for range 150 {
			b.exec(fmt.Sprintf(`INSERT INTO alert_duty_notice (id, region_path, person, reason, message_id, body, created_at, next_at, attempts, failure)
				VALUES ('%s', '%s', 'p', 'report', '', '{}', %[3]d, %[3]d, 0, '')`, store.NewID(b.clk.Now()), home+"110105.", b.clk.Now().UnixMicro()))
		}
		b.clk.Advance(time.Second)
		b.checked(b.rain(city))
		told := make(chan struct{})
		b.pager.hold = func(ctx context.Context, at string) error {
			if strings.Contains(at, "city") {
				close(told)
				return nil
			}
			select {
			case <-told:
				return errors.New("HTTP 503")
			case <-ctx.Done():
				b.Error("the other had to wait")
				return ctx.Err()
			}
		}
		patience, cancel := context.WithTimeout(b.Context(), 5*time.Second)
		defer cancel()
		b.do(b.m.Duty.SendDue(patience))
		if len(b.pager.told) != 1 {
			b.Errorf("%d told", len(b.pager.told))
		}
	})
}

// A newsroom that reports while it is found to be late has reported.
func TestAReportAtTheLastMomentStands(t *testing.T) {
	each(t, func(b *bench) {
		for _, who := range []string{"li", "zhao"} {
			b.onCall(b.post("newsroom"), who)
		}
		b.approve(b.checked(b.rain(chaoyang)))
		var found store.Listing[duty.Report]
		b.call("wang", "GET", "/api/duty/reports", nil, 200, &found)
		if len(found.Items) != 2 {
			b.Fatalf("%+v", found)
		}
		b.clk.Advance(11 * time.Minute)
		var done string
		b.news.on = func(_ string, data any) {
			said, _ := data.(map[string]any)
			if done != "" || said["what"] != "report" {
				return
			}
			done = found.Items[0].ID
			if said["id"] == done {
				done = found.Items[1].ID
			}
			b.call("wang", "POST", "/api/duty/reports/"+done+"/done", map[string]any{"link": "https://news.example/1"}, 200, nil)
		}
		b.do(b.m.Duty.FindOverdue(b.Context()))
		b.call("wang", "GET", "/api/duty/reports", nil, 200, &found)
		for _, r := range found.Items {
			if (r.ID == done) == r.DoneAt.IsZero() || (r.ID == done) != r.OverdueAt.IsZero() {
				b.Errorf("%+v, and %s was done", r, done)
			}
		}
	})
}

// A handover has every message and every follow-up that is open, however many.
func TestAHandoverHasAllThatIsOpen(t *testing.T) {
	each(t, func(b *bench) {
		var s duty.ShiftView
		b.call("li", "POST", "/api/duty/posts/"+b.post("desk")+"/sign-on", nil, 200, &s)
		msg := b.issued(b.rain(chaoyang))
		b.do(b.deps.DB.Housekeep(b.Context(), func(tx *store.Tx) error {
			for range 250 {
				if _, err := tx.Exec(b.Context(), `INSERT INTO alert_handoff (id, message_id, region_path, township, devices, party, contact, note, state, created_by, created_at, outcome)
					VALUES ($1, $2, 'cn.11.', '', '[]', '维修三班', '', '上门检查', 'open', 'li', $3, '')`, store.NewID(tx.Now), msg.ID, tx.Now.UnixMicro()); err != nil {
					return err
				}
			}
			return nil
		}))
		b.call("li", "GET", "/api/duty/shifts/"+s.ID, nil, 200, &s)
		open := 0
		for _, trouble := range s.Content.Happened.Troubles {
			if trouble.What == "handoff" {
				open++
			}
		}
		if open != 250 {
			b.Errorf("%d of 250 follow-ups are handed over", open)
		}
	})
}

// A handover has every entry of the log, however many; of more than a document holds it says how
// many are left out and where they are, on paper too.
func TestAHandoverLeavesNoEntryOutSilently(t *testing.T) {
	each(t, func(b *bench) {
		var s duty.ShiftView
		b.call("li", "POST", "/api/duty/posts/"+b.post("desk")+"/sign-on", nil, 200, &s)
		write := func(n int) {
			b.do(b.deps.DB.Housekeep(b.Context(), func(tx *store.Tx) error {
				for i := range n {
					at := b.clk.Now().Add(time.Duration(i+1) * time.Millisecond)
					if _, err := tx.Exec(b.Context(), `INSERT INTO alert_duty_entry (id, region_path, kind, object, args, body, corrects, person, name, at) VALUES ($1, 'cn.11.', 'note', '', '{}', $2, '', 'user:li', 'li', $3)`,
						store.NewID(at), fmt.Sprint("记事", i), at.UnixMicro()); err != nil {
						return err
					}
				}
				return nil
			}))
			b.clk.Advance(10 * time.Second)
		}
		write(1200)
		b.call("li", "GET", "/api/duty/shifts/"+s.ID, nil, 200, &s)
		if c := s.Content; len(c.Entries) != 1201 || c.Left != 0 || c.Entries[0].Kind != "stand_in" || c.Entries[1200].Text != "记事1199" {
			b.Fatalf("%d entries, %d left out", len(c.Entries), c.Left)
		}
		write(4000)
		b.call("li", "POST", "/api/duty/shifts/"+s.ID+"/offer", map[string]any{"remarks": ""}, 200, &s)
		if c := s.Content; len(c.Entries) != 5000 || c.Left != 201 || c.Entries[4999].Text != "记事3999" {
			b.Errorf("%d entries, %d left out", len(c.Entries), c.Left)
		}
		paper := b.call("li", "GET", "/api/duty/shifts/"+s.ID+"/paper?format=xlsx", nil, 200, nil).Body.Bytes()
		book, err := zip.NewReader(bytes.NewReader(paper), int64(len(paper)))
		b.do(err)
		var said strings.Builder
		for _, f := range book.File {
			r, err := f.Open()
			b.do(err)
			_, err = io.Copy(&said, r)
			b.do(err)
		}
		if !strings.Contains(said.String(), "之前还有 201 条") {
			b.Error("on paper nothing is said of what is left out")
		}
	})
}

// meanwhile does something while it is worked out what a shift hands over.
type meanwhile struct {
	duty.Alerts
	do func()
}

func (m meanwhile) Happened(ctx context.Context, path string, from, to time.Time) (duty.Happened, error) {
	m.do()
	return m.Alerts.Happened(ctx, path, from, to)
}

// While it is worked out what a shift hands over others write, and the next handover tells of it.
func TestAHandoverKeepsNobodyFromWriting(t *testing.T) {
	each(t, func(b *bench) {
		post := b.post("desk")
		sign := func(who string) (s duty.ShiftView) {
			b.call(who, "POST", "/api/duty/posts/"+post+"/sign-on", nil, 200, &s)
			return s
		}
		alerts, text := b.m.Duty.Alerts, ""
		write := func(at time.Time) func() {
			return func() {
				ctx, stop := context.WithTimeout(context.Background(), 2*time.Second)
				defer stop()
				if err := b.deps.DB.Housekeep(ctx, func(tx *store.Tx) error {
					_, err := tx.Exec(ctx, `INSERT INTO alert_duty_entry (id, region_path, kind, object, args, body, corrects, person, name, at) VALUES ($1, 'cn.11.', 'note', '', '{}', $2, '', 'user:li', 'li', $3)`,
						store.NewID(at), text, at.UnixMicro())
					return err
				}); err != nil {
					b.Errorf("%s: %v", text, err)
				}
			}
		}
		tells := func(s duty.ShiftView) bool {
			return slices.ContainsFunc(s.Content.Entries, func(e duty.EntryView) bool { return e.Text == text })
		}
		for who, act := range map[string]struct {
			by, verb string
			body     map[string]any
		}{"li": {"li", "offer", map[string]any{"remarks": ""}}, "wang": {"zhao", "close", map[string]any{"reason": "接班人未到"}}} {
			s := sign(who)
			text = act.verb
			b.m.Duty.Alerts = meanwhile{alerts, write(b.clk.Now().Add(time.Millisecond))} // when it is asked
			var after, next duty.ShiftView
			b.call(act.by, "POST", "/api/duty/shifts/"+s.ID+"/"+act.verb, act.body, 200, &after)
			b.m.Duty.Alerts = alerts
			if act.verb == "offer" {
				b.call("wang", "POST", "/api/duty/shifts/"+s.ID+"/accept", map[string]any{"digest": after.Digest}, 200, &next)
			} else {
				next = sign("li")
			}
			b.clk.Advance(time.Second)
			b.call(next.Name, "GET", "/api/duty/shifts/"+next.ID, nil, 200, &next)
			if tells(after) || !tells(next) {
				b.Errorf("%s: told of in this handover %v, in the next %v", text, tells(after), tells(next))
			}
			b.call("zhao", "POST", "/api/duty/shifts/"+next.ID+"/close", map[string]any{"reason": "接班人未到"}, 200, nil)
		}
	})
}

// Of one severity what is real stands before drills, though a drill came first: in the queue, and
// among what is on the air.
func TestWhatIsRealStandsBeforeDrillsOfTheSameSeverity(t *testing.T) {
	each(t, func(b *bench) {
		b.town.stand(township1, 1)
		drill, other := b.rain(chaoyang), b.rain(chaoyang)
		drill.Kind, other.Severity, other.Event = message.TerminalDrill, message.Yellow, "10204"
		var order []string
		made := map[string]string{}
		for _, d := range []struct {
			name string
			draft
		}{{"a yellow one", other}, {"an orange drill", drill}, {"a real orange one", b.rain(chaoyang)}} {
			made[b.checked(d.draft).ID] = d.name
		}
		for _, i := range b.deskOf("wang").Waiting {
			order = append(order, made[i.Message])
			b.approve(b.read(i.Message))
		}
		want := []string{"a real orange one", "an orange drill", "a yellow one"}
		if !slices.Equal(order, want) {
			b.Errorf("in the queue: %v", order)
		}
		order = nil
		for _, id := range b.deskOf("wang").OnAir[0].Messages {
			order = append(order, made[id])
		}
		if !slices.Equal(order, want) {
			b.Errorf("on the air: %v", order)
		}
	})
}

// A post may be called otherwise, and given up once nobody keeps it; what is over keeps the name
// that it had.
func TestAPostIsRenamedAndGivenUpAndHistoryKeepsItsName(t *testing.T) {
	each(t, func(b *bench) {
		desk, news := b.post("desk"), b.post("newsroom")
		b.onCall(desk, "li")
		b.onCall(news, "zhao")
		turns := func() int { return b.rows("alert_duty_turn") }
		planned := turns()
		var s, next duty.ShiftView
		b.call("li", "POST", "/api/duty/posts/"+desk+"/sign-on", nil, 200, &s)
		b.issued(b.rain(chaoyang))
		var told store.Listing[duty.Report]
		b.call("wang", "GET", "/api/duty/reports", nil, 200, &told)
		b.call("wang", "POST", "/api/duty/reports/"+told.Items[0].ID+"/done", map[string]any{"link": "https://news.example/1"}, 200, nil)
		b.call("li", "POST", "/api/duty/shifts/"+s.ID+"/offer", map[string]any{"remarks": ""}, 200, &s)
		b.call("wang", "POST", "/api/duty/shifts/"+s.ID+"/accept", map[string]any{"digest": s.Digest}, 200, &next)
		rename := func(id, purpose, name string, revision int) {
			b.Helper()
			b.call("wang", "PUT", "/api/duty/posts/"+id, map[string]any{"name": name, "purpose": purpose, "regionCode": city, "minutes": 10}, 200, nil, "If-Match", fmt.Sprintf(`"%d"`, revision))
		}
		rename(desk, "desk", "指挥席", 1)
		rename(news, "newsroom", "新闻席", 1)
		name := func(id string) string {
			b.Helper()
			var v duty.ShiftView
			b.call("wang", "GET", "/api/duty/shifts/"+id, nil, 200, &v)
			return v.PostName
		}
		b.call("wang", "GET", "/api/duty/reports", nil, 200, &told)
		if name(s.ID) != "desk" || name(next.ID) != "指挥席" || told.Items[0].PostName != "newsroom" {
			b.Errorf("a shift that is over: %q, an open one: %q, a report that is done: %q", name(s.ID), name(next.ID), told.Items[0].PostName)
		}
		gone := func(want int) {
			b.Helper()
			b.call("wang", "DELETE", "/api/duty/posts/"+desk, nil, want, nil, "If-Match", `"2"`)
		}
		gone(409) // wang keeps it
		b.call("zhao", "POST", "/api/duty/shifts/"+next.ID+"/close", map[string]any{"reason": "岗位撤销"}, 200, nil)
		gone(204)
		gone(404)
		if left := turns(); left >= planned || left < planned/2+1 { // what has begun stays, and the other post's
			b.Errorf("%d turns of %d are left", left, planned)
		}
		if name(s.ID) != "desk" || name(next.ID) != "指挥席" {
			b.Errorf("after it was given up: %q, %q", name(s.ID), name(next.ID))
		}
	})
}

// Wrong PINs that are keyed in at the same time are as many as they are.
func TestWrongPINsAtTheSameTimeAllCount(t *testing.T) {
	each(t, func(b *bench) {
		var g duty.GatewayView
		b.call("wang", "POST", "/api/duty/gateways", map[string]any{"kind": "phone", "name": "值班电话", "regionCode": city}, 201, &g)
		b.call("wang", "PUT", "/api/duty/posts/"+b.post("desk")+"/people/user:wang", map[string]any{"number": "13900000001"}, 204, nil)
		b.call("wang", "PUT", "/api/duty/pin", map[string]any{"pin": "274913"}, 204, nil)
		sound := tone(b)
		guess := func(pin string) {
			raw, _ := json.Marshal(duty.Dialled{Call: "call-" + pin, Caller: "13900000001", PIN: pin, Event: "10203", Level: 2, Region: chaoyang[:6]})
			stamp := fmt.Sprint(b.clk.Now().Unix())
			if _, err := b.m.Duty.TakeCall(b.Context(), g.ID, stamp, duty.SignCall([]byte(g.Secret), stamp, string(raw), sound), string(raw), sound); err == nil {
				b.Errorf("%s was taken", pin)
			}
		}
		b.staff.asks = func(pin string) {
			if pin != "000003" {
				n, _ := strconv.Atoi(pin)
				guess(fmt.Sprintf("%06d", n+1))
			}
		}
		guess("000001")
		n := 0
		b.do(b.deps.DB.QueryRow(b.Context(), `SELECT failures FROM alert_duty_contact WHERE number = '13900000001'`).Scan(&n))
		if n != 3 {
			b.Errorf("%d counted of 3", n)
		}
	})
}

func TestTheLogOnlyGrows(t *testing.T) {
	each(t, func(b *bench) {
		var e, c duty.EntryView
		b.call("li", "POST", "/api/duty/log", map[string]any{"regionCode": city, "text": "一号机房跳闸"}, 201, &e)
		b.call("li", "POST", "/api/duty/log", map[string]any{"regionCode": city, "text": "是二号机房", "corrects": e.ID}, 201, &c)
		b.call("haidian", "POST", "/api/duty/log", map[string]any{"regionCode": haidian, "text": "更正", "corrects": e.ID}, 422, nil)
		b.call("haidian", "POST", "/api/duty/log", map[string]any{"regionCode": city, "text": "x"}, 403, nil)
		if c.Kind != "correction" || c.Corrects != e.ID || len(b.logged("q=一号")) != 1 || len(b.logged("kind=correction")) != 1 || len(b.logged("")) != 2 {
			b.Error(c, b.logged(""))
		}
	})
}

func TestACallIsAuthenticatedAndSpokenOnce(t *testing.T) {
	for _, program := range []string{"espeak-ng", "ffmpeg"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed: make deps installs it", program)
		}
	}
	each(t, func(b *bench) {
		var g duty.GatewayView
		b.call("wang", "POST", "/api/duty/gateways", map[string]any{"kind": "phone", "name": "值班电话", "regionCode": city}, 201, &g)
		post := b.post("desk")
		b.call("wang", "PUT", "/api/duty/posts/"+post+"/people/user:wang", map[string]any{"number": "13900000001"}, 204, nil)
		b.call("wang", "PUT", "/api/duty/pin", map[string]any{"pin": "123456"}, 422, nil)
		b.call("stale", "PUT", "/api/duty/pin", map[string]any{"pin": "274913"}, 403, nil)
		b.call("wang", "PUT", "/api/duty/pin", map[string]any{"pin": "274913"}, 204, nil)
		sound := mp3(b)
		said := duty.Dialled{Call: "call-1", Caller: "139-0000-0001", PIN: "274913", Event: "10203", Level: 2, Region: chaoyang[:6], Drill: false}
		send := func(said duty.Dialled, secret string, at time.Time, want int) (out duty.CallAnswer) {
			b.Helper()
			raw, _ := json.Marshal(said)
			stamp := fmt.Sprint(at.Unix())
			w := b.call("", "POST", "/api/phone/calls", sound, want, nil, duty.GatewayHeader, g.ID, duty.CallHeader, string(raw), "X-Tongsheng-Timestamp", stamp,
				"X-Tongsheng-Signature", duty.SignCall([]byte(secret), stamp, string(raw), sound))
			if want == 200 {
				b.do(json.Unmarshal(w.Body.Bytes(), &out))
			}
			return out
		}
		send(said, "wrong", b.clk.Now(), 401)
		send(said, g.Secret, b.clk.Now().Add(-6*time.Minute), 401)
		bad := said
		bad.Region, bad.Level = "99", 7
		send(bad, g.Secret, b.clk.Now(), 422)
		out := send(said, g.Secret, b.clk.Now(), 200)
		if out.State != message.Waiting || out.Message == "" || out.Known {
			b.Fatalf("%+v", out)
		}
		if again := send(said, g.Secret, b.clk.Now(), 200); !again.Known || again.Arrival != out.Arrival {
			b.Errorf("sent again: %+v", again)
		}
		msg := b.read(out.Message)
		c := msg.Open.Content
		if s, ok := c.Sound("zh"); !ok || s.Origin != message.FromRecording || msg.Origin.Kind != "phone" || msg.Origin.Source != g.ID ||
			!strings.Contains(c.Text("zh").Body, "通过电话") || strings.Contains(c.Text("zh").Body, "wang") {
			b.Errorf("%+v", c)
		}
		if _, err := b.m.countersign(b.as("wang"), msg.ID, msg.Open.Digest); err == nil {
			b.Error("who called countersigned")
		}
		if msg, err := b.m.countersign(b.as("zhao"), msg.ID, msg.Open.Digest); err != nil || !msg.State.Open() {
			b.Error(msg, err)
		}
		wrong := said
		wrong.Call, wrong.PIN = "call-2", "000001"
		for range 3 {
			send(wrong, g.Secret, b.clk.Now(), 403)
		}
		wrong.PIN = said.PIN
		send(wrong, g.Secret, b.clk.Now(), 403) // locked
		b.clk.Advance(6 * time.Minute)
		if out = send(wrong, g.Secret, b.clk.Now(), 200); out.State != message.Waiting { // the same is on the air: people see to it
			b.Error(out)
		}
		b.call("stale", "POST", "/api/duty/gateways", map[string]any{"kind": "phone", "name": "值班电话", "regionCode": city}, 403, nil)
		b.call("stale", "DELETE", "/api/duty/gateways/"+g.ID, nil, 403, nil)
		b.call("wang", "DELETE", "/api/duty/gateways/"+g.ID, nil, 204, nil)
		send(said, g.Secret, b.clk.Now(), 401)
	})
}

// mp3 is a sound as platforms and telephones send it.
func mp3(b *bench) []byte {
	b.Helper()
	clip, err := b.deps.Speech.Record(b.Context(), speech.Recording{Sound: bytes.NewReader(tone(b)), Format: speech.MP3})
	b.do(err)
	return clip.Data
}
