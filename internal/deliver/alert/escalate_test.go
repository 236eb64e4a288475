package alert

import (
	"context"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

func TestWhereReceiptsFallShortTheNextMediumIsTried(t *testing.T) {
	each(t, func(b *bench) {
		one, two := b.town.stand(township1, 1), b.town.stand(township2, 1)
		two.deaf = true
		b.way("first", chaoyang, 1)
		b.way("second", township2, 2)
		b.way("elsewhere", township1, 2) // a township in which enough were reached
		b.carrying()
		d := b.rain(chaoyang)
		d.Severity = message.Red
		msg := b.issued(d)
		b.look()
		looks := func() (list []escalationView) {
			var found struct{ Items []escalationView }
			b.call("li", "GET", "/api/alerts/"+msg.ID+"/escalations", nil, 200, &found)
			return found.Items
		}
		if l := looks(); len(l) != 2 || l[0].DueAt == nil || l[0].LookedAt != nil || l[0].Tier != 2 || len(l[0].Townships) != 0 {
			b.Errorf("before it is due: %+v", l)
		}
		if one.plays != 1 || two.plays != 0 {
			b.Fatalf("played %d, %d", one.plays, two.plays)
		}
		b.soon("the first tier carries it", func() bool { return b.far.has("first play 1") })
		b.clk.Advance(61 * time.Second)
		b.look()
		b.soon("the second tier carries it", func() bool { return b.far.has("second play 1") })
		if b.far.has("elsewhere play 1") {
			b.Error("a township that was reached was given the next medium")
		}
		if l := looks(); len(l) != 2 || l[0].LookedAt == nil || l[0].DueAt != nil || len(l[0].Townships) != 1 || l[0].Outputs != 1 || l[0].Reached != 0 || l[0].Targets != 1 || l[1].DueAt == nil {
			b.Errorf("when it was looked at: %+v", l)
		}
		b.news.mu.Lock()
		told := len(b.news.told["alert.fell_short"])
		b.news.mu.Unlock()
		if told != 1 {
			b.Errorf("whoever is on duty was told %d times", told)
		}
		var repairs int
		b.do(b.deps.DB.QueryRow(context.Background(), `SELECT count(*) FROM platform_outbox WHERE name = 'alert.fell_short' AND payload LIKE $1`, "%"+string(two.Code)+"%").Scan(&repairs))
		if repairs != 1 {
			b.Errorf("%d repairs were asked for", repairs)
		}
		if _, err := b.m.cancel(b.as("li"), msg.ID, "雨停了"); err != nil {
			b.Fatal(err)
		}
		b.soon("the end follows", func() bool { return b.far.has("second cancel 1") })
	})
}

// Where a stop has silenced a message that goes on elsewhere, no other medium takes it up.
func TestWhatWasStoppedIsNotEscalatedThere(t *testing.T) {
	each(t, func(b *bench) {
		for _, township := range []string{township1, "110108001000"} {
			b.town.stand(township, 1).deaf = true
		}
		b.way("here", chaoyang, 2)
		b.way("there", haidian, 2)
		d := b.rain(chaoyang, haidian)
		d.Severity = message.Red
		msg := b.issued(d)
		b.look()
		if _, err := b.m.stopAll(b.as("chaoyang"), []string{chaoyang}, "系统被误用"); err != nil {
			b.Fatal(err)
		}
		b.clk.Advance(61 * time.Second)
		b.look()
		if got := b.carried(msg.ID); len(got) != 1 || got[0].NameEn != "there" {
			b.Errorf("%+v", got)
		}
	})
}

func TestQuietHours(t *testing.T) {
	each(t, func(b *bench) {
		night := time.Date(2026, 7, 21, 23, 30, 0, 0, b.deps.Zone)
		b.clk.Advance(night.Sub(b.clk.Now()) % (24 * time.Hour))
		for b.clk.Now().In(b.deps.Zone).Hour() != 23 {
			b.clk.Advance(time.Hour)
		}
		d := draft{Kind: message.Real, Class: wire.Everyday, Wording: Wording{Event: "60200", Severity: message.Unknown, Texts: []message.Text{{Lang: "zh", Title: "停水通知", Body: "明天上午停水。"}},
			Area: message.Area{Regions: []string{chaoyang}}, EndsAt: b.clk.Now().Add(20 * time.Hour), Repeat: message.Repeat{Count: 1}}}
		msg, err := b.m.create(b.as("li"), d, "")
		b.do(err)
		if _, err := b.m.check(b.as("li"), msg.ID, submission{TextOnly: true}); !fault.Is(err, "alert.quiet") {
			b.Fatalf("at night: %v", err)
		}
		if msg, err = b.m.check(b.as("li"), msg.ID, submission{TextOnly: true, Force: "水管爆裂"}); err != nil || msg.State != message.Checked {
			b.Fatalf("with a reason: %v", err)
		}
		a := b.above("a")
		a.Class, a.Content.Severity, a.Content.Event, a.Content.EndsAt = wire.Everyday, message.Unknown, "60200", b.clk.Now().Add(20*time.Hour)
		o := b.take(a)
		if got := b.read(o.Message); o.State != message.Sent || got.StartsAt.In(b.deps.Zone).Format("15:04") != "06:30" {
			b.Errorf("%+v begins at %v", o, got.StartsAt.In(b.deps.Zone))
		}
		d.Class, d.Severity, d.Event = wire.Emergency, message.Red, "10203"
		msg, err = b.m.create(b.as("li"), d, "")
		b.do(err)
		if _, err := b.m.check(b.as("li"), msg.ID, submission{TextOnly: true}); err != nil {
			b.Errorf("red at night: %v", err)
		}
	})
}

func TestTablesOfConductAreKept(t *testing.T) {
	each(t, func(b *bench) {
		var kept struct {
			Rule    rule.Conduct
			Version int64
		}
		b.call("li", "GET", "/api/alert-conduct", nil, 200, &kept)
		kept.Rule.Retain = 100
		b.call("wang", "PUT", "/api/alert-conduct", kept.Rule, 422, nil, "If-Match", `"1"`)
		kept.Rule.Retain = 200
		b.call("wang", "PUT", "/api/alert-conduct", kept.Rule, 200, nil, "If-Match", `"1"`)
		b.call("wang", "PUT", "/api/alert-escalation", []rule.Escalation{{ID: "a", NameZh: "甲", NameEn: "A", After: 60, Share: 90}}, 422, nil, "If-Match", `"1"`)
		b.call("wang", "PUT", "/api/alert-escalation", []rule.Escalation{{ID: "a", NameZh: "甲", NameEn: "A", After: 60, Share: 90, Tier: 2}}, 200, nil, "If-Match", `"1"`)
	})
}
