package alert

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

func TestFromDraftToTheLastReceipt(t *testing.T) {
	each(t, func(b *bench) {
		one, two := b.town.stand(township1, 1), b.town.stand(township2, 1)
		elsewhere := b.town.stand("110108001000", 1)
		msg := b.checked(b.rain(chaoyang))
		if msg.State != message.Checked || msg.Open.Required != 1 || msg.Open.Rule != "orange-district" {
			b.Fatalf("%+v", msg.Open)
		}
		if diff := cmp.Diff(message.Reach{People: 6000, Estimated: true, Terminals: 2, ByKind: map[string]int{"loudspeaker": 2}, Townships: 3,
			Gaps: []message.Gap{{Code: "110105003000", Name: "乡110105003", People: 3000}}, GapCount: 1, GapPeople: 3000}, msg.Open.Reach); diff != "" {
			b.Error(diff)
		}
		if _, err := b.m.countersign(b.as("li"), msg.ID, msg.Open.Digest); !fault.IsKind(err, fault.Forbidden) {
			b.Fatalf("the author countersigned: %v", err)
		}
		msg = b.approve(msg)
		if len(msg.EBMID) != 35 || msg.EBMID.Seq() == 0 {
			b.Errorf("EBMID %q", msg.EBMID)
		}
		b.look()
		if one.plays != 1 || two.plays != 1 || elsewhere.plays != 0 || len(elsewhere.said) != 0 {
			b.Fatalf("played %d, %d, elsewhere %d", one.plays, two.plays, elsewhere.plays)
		}
		if got := b.read(msg.ID); got.State != message.InProgress {
			b.Fatalf("the message is %s", got.State)
		}
		one.finish(-20)
		b.look()
		if diff := cmp.Diff(delivery.Figures{Targets: 2, Answered: 2, Reached: 2, Playing: 1, Played: 1, Heard: 1, Ever: delivery.Ever{Targets: 2, Reached: 2, Heard: 1}}, b.figures(msg.ID)); diff != "" {
			b.Error(diff)
		}
		b.clk.Advance(6*time.Hour + time.Second)
		b.look()
		if got := b.read(msg.ID); got.State != message.Ended || got.EndReason != message.Expired {
			b.Fatalf("the message is %s, %s", got.State, got.EndReason)
		}
		b.clk.Advance(2 * settle)
		b.look()
		frozen, err := frozenFigures(context.Background(), b.deps.DB, msg.ID)
		if err != nil || frozen == nil || frozen.Heard != 1 || frozen.Targets != 2 {
			b.Errorf("frozen %+v, %v", frozen, err)
		}
		if len(b.news.told["alert.progress"]) == 0 || len(b.news.told["alert.changed"]) == 0 {
			b.Error("browsers were not told")
		}
	})
}

func TestAnEditVoidsWhatWasApproved(t *testing.T) {
	each(t, func(b *bench) {
		d := b.rain(chaoyang)
		d.Severity, d.Event = message.Red, "50100" // an air-raid warning takes two countersignatures
		msg := b.checked(d)
		msg, err := b.m.countersign(b.as("wang"), msg.ID, msg.Open.Digest)
		b.do(err)
		old := msg.Open.Digest
		if len(msg.Open.Approvals) != 1 || msg.State != message.Checked {
			b.Fatalf("%+v", msg.Open)
		}
		d.Texts[0].Body = "预计未来三小时降雨超过150毫米。"
		msg, err = b.m.edit(b.as("li"), msg.ID, msg.Revision, d.Wording)
		b.do(err)
		msg, err = b.m.check(b.as("li"), msg.ID, submission{TextOnly: true})
		b.do(err)
		if len(msg.Open.Approvals) != 0 || msg.Open.Digest == old {
			b.Fatalf("%+v", msg.Open)
		}
		if _, err := b.m.countersign(b.as("zhao"), msg.ID, old); !fault.Is(err, "alert.countersign.content_changed") {
			b.Fatalf("got %v", err)
		}
		msg, err = b.m.countersign(b.as("zhao"), msg.ID, msg.Open.Digest)
		b.do(err)
		again, err := b.m.countersign(b.as("zhao"), msg.ID, msg.Open.Digest)
		if err != nil || again.State != message.Checked || len(again.Open.Approvals) != 1 {
			b.Fatalf("the same person twice: %v %+v", err, again.Open)
		}
		digest := msg.Open.Digest
		msg, err = b.m.countersign(b.as("wang"), msg.ID, digest)
		if err != nil || msg.State != message.Issued {
			b.Fatalf("%v, %s", err, msg.State)
		}
		if again, err := b.m.countersign(b.as("wang"), msg.ID, digest); err != nil || again.State != message.Issued || again.Revision != msg.Revision {
			b.Fatalf("a repeated request: %v", err)
		}
	})
}

func TestTwoAccountsInOneHandAreNotFourEyes(t *testing.T) {
	each(t, func(b *bench) {
		msg := b.checked(b.rain(chaoyang))
		b.staff.hand = map[string]string{"user:li": "sec", "user:wang": "sec"}
		if _, err := b.m.countersign(b.as("wang"), msg.ID, msg.Open.Digest); !fault.Is(err, "alert.countersign.not_independent") || fault.Of(err).Args["name"] != "li" {
			b.Fatalf("one hand wrote and countersigned: %v", err)
		}
		if got := b.read(msg.ID); got.State != message.Checked || len(got.Open.Approvals) != 0 {
			b.Fatalf("the message is %s with %d approvals", got.State, len(got.Open.Approvals))
		}
		records, err := audit.Find(context.Background(), b.deps.DB, audit.Filter{Action: "alert.countersign_refused", Scope: auth.Everywhere})
		if err != nil || len(records.Items) != 1 || records.Items[0].Actor != "user:wang" || records.Items[0].Object != "alert:"+msg.ID {
			b.Errorf("recorded %+v, %v", records.Items, err)
		}
		if msg, err = b.m.countersign(b.as("zhao"), msg.ID, msg.Open.Digest); err != nil || msg.State != message.Issued {
			b.Fatalf("another colleague: %v", err)
		}
	})
}

// Whoever approved earlier counts as much as whoever wrote.
func TestTwoApprovalsOfOneHandAreNotTwo(t *testing.T) {
	each(t, func(b *bench) {
		d := b.rain(chaoyang)
		d.Severity, d.Event = message.Red, "50100" // an air-raid warning takes two countersignatures
		msg := b.checked(d)
		b.staff.hand = map[string]string{"user:wang": "sec", "user:zhao": "sec"}
		msg, err := b.m.countersign(b.as("wang"), msg.ID, msg.Open.Digest)
		b.do(err)
		if _, err = b.m.countersign(b.as("zhao"), msg.ID, msg.Open.Digest); !fault.Is(err, "alert.countersign.not_independent") {
			b.Fatalf("the second approval of one hand: %v", err)
		}
	})
}

func TestUpdateReplacesAndWithdraws(t *testing.T) {
	each(t, func(b *bench) {
		stays, leaves, absent := b.town.stand(township1, 1), b.town.stand(township2, 1), b.town.stand(township2, 2)
		msg := b.issued(b.rain(chaoyang))
		b.look()
		absent.Online = false
		msg, err := b.m.revise(b.as("li"), msg.ID)
		b.do(err)
		d := b.rain(township1)
		d.Texts[0].Body = "更新：雨势减弱。"
		msg, err = b.m.edit(b.as("li"), msg.ID, msg.Revision, d.Wording)
		b.do(err)
		if got := b.read(msg.ID); got.State != message.InProgress || got.Current.Number != 1 {
			b.Fatalf("while an update is written the message is %s", got.State)
		}
		msg, err = b.m.check(b.as("li"), msg.ID, submission{TextOnly: true})
		b.do(err)
		b.approve(msg)
		b.look()
		if stays.playing[msg.ID] != message.WireVersion(2) || stays.plays != 2 || leaves.playing[msg.ID] != 0 || !leaves.ended[msg.ID] || leaves.plays != 1 {
			b.Fatalf("stays %v, leaves %v", stays.playing, leaves.playing)
		}
		b.hello(absent)
		if !absent.ended[msg.ID] {
			b.Error("a terminal that came back was not told that it was left out")
		}
		versions, err := readVersions(context.Background(), b.deps.DB, msg.ID)
		if err != nil || len(versions) != 2 || versions[0].State != message.VersionSuperseded || versions[1].State != message.VersionIssued {
			b.Errorf("versions %+v, %v", versions, err)
		}
	})
}

func TestCancelReachesThoseWhoMissedTheMessage(t *testing.T) {
	each(t, func(b *bench) {
		present, absent, holds := b.town.stand(township1, 1), b.town.stand(township1, 2), b.town.stand(township1, 3)
		absent.Online = false
		msg := b.issued(b.rain(chaoyang))
		b.look()
		holds.Online = false
		_, err := b.m.cancel(b.as("li"), msg.ID, "误报")
		b.do(err)
		b.look()
		if !present.ended[msg.ID] || holds.ended[msg.ID] {
			b.Fatalf("present %v, offline %v", present.ended, holds.ended)
		}
		f := b.figures(msg.ID)
		if f.CancelDone != 1 || f.CancelSent != 3 || f.Reached != 2 {
			b.Errorf("%+v", f)
		}
		b.hello(absent)
		b.hello(holds)
		if absent.plays != 0 || !absent.ended[msg.ID] || !holds.ended[msg.ID] {
			b.Fatal("a terminal that came back was not told of the cancel")
		}
		if f := b.figures(msg.ID); f.CancelDone != 3 {
			b.Errorf("%+v", f)
		}
		late := b.town.stand(township1, 4)
		b.clk.Advance(6*time.Hour + time.Minute)
		b.look()
		b.hello(late)
		if len(late.said) != 0 {
			b.Error("something was sent after the message's end")
		}
		if _, err := b.m.cancel(b.as("li"), msg.ID, "再次"); err != nil {
			b.Errorf("cancelling twice: %v", err)
		}
	})
}

func TestAShorterUpdateIsCancelledForThoseWhoMissedIt(t *testing.T) {
	each(t, func(b *bench) {
		missed := b.town.stand(township1, 1)
		msg := b.issued(b.rain(chaoyang))
		b.look()
		missed.Online = false
		msg, err := b.m.revise(b.as("li"), msg.ID)
		b.do(err)
		d := b.rain(chaoyang)
		d.EndsAt = b.clk.Now().Add(time.Hour)
		d.Texts[0].Body = "更新"
		msg, err = b.m.edit(b.as("li"), msg.ID, msg.Revision, d.Wording)
		b.do(err)
		msg, err = b.m.check(b.as("li"), msg.ID, submission{TextOnly: true})
		b.do(err)
		b.approve(msg)
		b.look()
		b.clk.Advance(2 * time.Hour)
		b.look()
		if got := b.read(msg.ID); got.State != message.Ended || got.EndReason != message.Expired {
			b.Fatal(got.State)
		}
		b.hello(missed)
		if !missed.ended[msg.ID] {
			b.Error("it would play the first version until its end")
		}
	})
}

func TestStopAll(t *testing.T) {
	each(t, func(b *bench) {
		here, absent, there := b.town.stand(township1, 1), b.town.stand(township1, 2), b.town.stand("110108001000", 1)
		absent.Online = false
		a, c := b.issued(b.rain(chaoyang)), b.issued(b.rain(haidian))
		b.look()
		if _, err := b.m.stopAll(b.as("stale"), []string{chaoyang}, "系统被入侵"); !fault.Is(err, "auth.confirm_required") {
			b.Fatalf("without a fresh second factor: %v", err)
		}
		if _, err := b.m.stopAll(b.as("haidian"), []string{chaoyang}, "系统被入侵"); !fault.IsKind(err, fault.Forbidden) {
			b.Fatalf("in another's region: %v", err)
		}
		if _, err := b.m.stopAll(b.as("wang"), []string{chaoyang}, "停"); !fault.Is(err, "alert.stop.reason") {
			b.Fatalf("without a reason: %v", err)
		}
		s, err := b.m.stopAll(b.as("wang"), []string{chaoyang}, "系统被入侵")
		b.do(err)
		b.look()
		if diff := cmp.Diff([]string{a.ID}, s.Messages); diff != "" {
			b.Error(diff)
		}
		if !here.ended[s.ID] || there.ended[s.ID] || there.plays != 1 {
			b.Errorf("here %v, there %v", here.ended, there.ended)
		}
		var stops store.Listing[stop]
		b.call("viewer", "GET", "/api/alerts/stops", nil, 200, &stops)
		if len(stops.Items) != 1 || stops.Items[0].Figures.Played != 1 || stops.Items[0].Figures.Targets != 2 {
			b.Errorf("%+v", stops.Items)
		}
		if got := b.read(a.ID); got.State != message.Ended || got.EndReason != message.Stopped {
			b.Error(got.State, got.EndReason)
		}
		if got := b.read(c.ID); !got.State.Open() {
			b.Error("a message elsewhere was stopped")
		}
		b.hello(absent)
		if absent.plays != 0 || !absent.ended[s.ID] {
			b.Errorf("a terminal that came back played %d, stopped %v", absent.plays, absent.ended)
		}
	})
}

// A message to the whole city goes on elsewhere when one district is stopped. A terminal
// there that comes back late is sent it with the stop, and does not go on playing it.
func TestAStopOutlastsWhatGoesOnElsewhere(t *testing.T) {
	each(t, func(b *bench) {
		absent, there := b.town.stand(township1, 1), b.town.stand("110108001000", 1)
		absent.Online = false
		d := b.rain("110000000000")
		d.EndsAt = b.clk.Now().Add(30 * time.Hour)
		wide := b.issued(d)
		b.look()
		s, err := b.m.stopAll(b.as("wang"), []string{chaoyang}, "系统被入侵")
		b.do(err)
		b.look()
		if len(s.Messages) != 0 || s.Until.Before(wide.LastEnd) {
			b.Errorf("the stop stands until %s, the message until %s; ended %v", s.Until, wide.LastEnd, s.Messages)
		}
		b.clk.Advance(20 * time.Hour)
		b.look()
		b.hello(absent)
		if !absent.ended[s.ID] {
			b.Error("a terminal that came back was not sent the stop")
		}
		if there.playing[wide.ID] == 0 {
			b.Error("the message does not go on elsewhere")
		}
	})
}

func TestDuplicatesAreNamed(t *testing.T) {
	each(t, func(b *bench) {
		first := b.issued(b.rain(chaoyang))
		second, err := b.m.create(b.as("li"), b.rain(chaoyang), "")
		b.do(err)
		_, err = b.m.check(b.as("li"), second.ID, submission{TextOnly: true})
		if !fault.Is(err, "alert.duplicate") || fault.Of(err).Args["id"] != first.ID {
			b.Fatalf("got %v", err)
		}
		forced, err := b.m.check(b.as("li"), second.ID, submission{TextOnly: true, Force: "第一条没有声音"})
		if err != nil || forced.Open.Forced == "" {
			b.Fatalf("got %v", err)
		}
		third, err := b.m.create(b.as("li"), b.rain(haidian), "")
		b.do(err)
		if _, err := b.m.check(b.as("li"), third.ID, submission{TextOnly: true}); err != nil {
			b.Errorf("another area is another message: %v", err)
		}
	})
}

func TestScheduledMessagesAreSentAheadAndBeginOnTime(t *testing.T) {
	each(t, func(b *bench) {
		s := b.town.stand(township1, 1)
		d := b.rain(chaoyang)
		starts := b.clk.Now().Add(2 * time.Hour)
		d.StartsAt = &starts
		msg := b.issued(d)
		b.look()
		if len(s.said) != 0 || b.read(msg.ID).State != message.Issued {
			b.Fatal("it was sent two hours ahead")
		}
		b.clk.Advance(2*time.Hour - lead)
		b.look()
		if len(s.said) != 1 || b.read(msg.ID).State != message.Issued {
			b.Fatalf("it was not sent ahead, or began early: %v, %s", s.said, b.read(msg.ID).State)
		}
		b.clk.Advance(lead)
		b.look()
		if got := b.read(msg.ID).State; got != message.InProgress {
			b.Error(got)
		}
	})
}

func TestDrillsThatStayWithinPlatformsReachNoTerminal(t *testing.T) {
	each(t, func(b *bench) {
		s := b.town.stand(township1, 1)
		for _, k := range []message.Kind{message.PlatformDrill, message.HeadEndDrill, message.TerminalDrill} {
			d := b.rain(chaoyang)
			d.Kind = k
			msg := b.issued(d)
			if r := msg.Current.Reach.Terminals; (r == 1) != k.ReachesTerminals() {
				b.Errorf("%s: the reach says %d terminals", k, r)
			}
			b.look()
			if got := b.read(msg.ID).State; got != message.InProgress {
				b.Errorf("%s is %s", k, got)
			}
		}
		if s.plays != 1 {
			b.Errorf("played %d", s.plays)
		}
	})
}

func TestTheRulesAreAskedAgainWhenItIsIssued(t *testing.T) {
	each(t, func(b *bench) {
		msg := b.checked(b.rain(chaoyang))
		table, err := b.m.book.Sending(context.Background(), b.deps.DB)
		b.do(err)
		for i := range table {
			if table[i].ID == "orange-district" {
				table[i].Approvals = 2
			}
		}
		b.call("wang", "PUT", "/api/alert-rules", table, 200, nil, "If-Match", `"1"`)
		msg, err = b.m.countersign(b.as("wang"), msg.ID, msg.Open.Digest)
		if err != nil || msg.State != message.Checked || msg.Open.Required != 2 {
			b.Fatalf("%v, %s, %d", err, msg.State, msg.Open.Required)
		}
		msg, err = b.m.countersign(b.as("zhao"), msg.ID, msg.Open.Digest)
		if err != nil || msg.State != message.Issued {
			b.Fatalf("%v, %s", err, msg.State)
		}
	})
}

func TestOrdersCarryPrecedence(t *testing.T) {
	each(t, func(b *bench) {
		var ranks []uint32
		for _, s := range []message.Severity{message.Red, message.Blue} {
			d := b.rain(chaoyang)
			d.Severity = s
			msg := b.issued(d)
			rank, err := b.m.rank(context.Background(), b.deps.DB, msg)
			b.do(err)
			ranks = append(ranks, rank)
		}
		if ranks[0] <= ranks[1] {
			b.Errorf("red ranks %x, blue %x", ranks[0], ranks[1])
		}
		var n int
		b.do(b.deps.DB.QueryRow(context.Background(), `SELECT count(DISTINCT seq) FROM alert_order`).Scan(&n))
		if n != 2 {
			b.Errorf("%d sequence numbers", n)
		}
	})
}

func TestWhatCannotBeSignedIsRefusedBeforeAnybodyCountersigns(t *testing.T) {
	each(t, func(b *bench) {
		d := b.rain(chaoyang)
		for n := range 20 { // 20 polygons of 149 corners each
			var ring message.Polygon
			for k := range 149 {
				sin, cos := math.Sincos(2 * math.Pi * float64(k) / 149)
				ring = append(ring, [2]float64{116.1 + float64(n)/100 + sin/100, 39.55 + cos/100})
			}
			d.Area.Polygons = append(d.Area.Polygons, append(ring, ring[0]))
		}
		msg, err := b.m.create(b.as("li"), d, "")
		b.do(err)
		if _, err := b.m.check(b.as("li"), msg.ID, submission{TextOnly: true}); !fault.Is(err, "alert.order_too_long") {
			b.Errorf("got %v", err)
		}
	})
}
