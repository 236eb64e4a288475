package alert

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// stop ends what the terminal plays before its end, as an agent does that is told to: it tells
// the level of what it sounded all of, and of a first pass that was cut short nothing.
func (s *speaker) stop(heard *wire.Heard) {
	for id, version := range s.playing {
		s.up = append(s.up, delivery.Receipt{Code: s.Code, RegionPath: s.RegionPath, Receipt: wire.Receipt{Order: id, Version: version, Phase: wire.CancelledAt,
			Reason: wire.Cancelled, At: s.town.now().UnixMicro() + int64(len(s.up)), Source: wire.FromAudio, Heard: heard}})
	}
}

// Three loudspeakers are stopped by a cancel: one was heard, one was not, and one had not
// sounded all of it once, so that nobody knows. The one that was not heard is still a fault.
func TestWhatWasNotHeardStaysSoOnceItIsStopped(t *testing.T) {
	each(t, func(b *bench) {
		heard, silent, short := b.town.stand(township1, 1), b.town.stand(township1, 2), b.town.stand(township1, 3)
		msg := b.issued(b.rain(township1))
		b.look()
		b.clk.Advance(time.Minute)
		heard.stop(&wire.Heard{DBFS: -20})
		silent.stop(&wire.Heard{DBFS: -71})
		short.stop(nil)
		_, err := b.m.cancel(b.as("li"), msg.ID, "误报")
		b.do(err)
		b.look()
		at := "/api/alerts/" + msg.ID
		for range 2 {
			if f := b.figures(msg.ID); f.Cancelled != 3 || f.Reached != 3 || f.Heard != 1 || f.Unheard != 1 || f.Unmeasured != 0 {
				b.Errorf("%+v", f)
			}
			var towns store.Listing[delivery.Township]
			b.call("viewer", "GET", at+"/townships", nil, 200, &towns)
			if w := towns.Items[0]; w.Figures.Unheard != 1 || w.Troubled != 1 {
				b.Errorf("%+v", w)
			}
			if got := b.troubles(msg.ID); len(got) != 1 || got[string(silent.Code)] != delivery.ProblemUnheard {
				b.Errorf("%v", got)
			}
			var rows store.Listing[delivery.Delivery]
			b.call("viewer", "GET", at+"/deliveries?problem=unheard", nil, 200, &rows)
			if rows.Total != 1 || len(rows.Items) != 1 || rows.Items[0].Device != string(silent.Code) {
				b.Errorf("%+v", rows)
			}
			b.restart()
		}
	})
}

// A loudspeaker that is stopped a minute after it began was heard by then, not when it began:
// whether a cancel stopped it or a stop of everything.
func TestTheCurveDatesWhatWasHeardOfAStoppedTerminal(t *testing.T) {
	each(t, func(b *bench) {
		for what, end := range map[string]func(id string) error{
			"cancel": func(id string) error { _, err := b.m.cancel(b.as("li"), id, "误报"); return err },
			"stop": func(string) error {
				_, err := b.m.stopAll(b.as("wang"), []string{chaoyang}, "系统被入侵")
				return err
			},
		} {
			b.town.terminals, b.town.order = newTown(b.clk.Now).terminals, nil
			s := b.town.stand(township1, 1)
			d := b.rain(township1)
			d.Texts[0].Title = what
			msg := b.issued(d)
			b.look()
			b.clk.Advance(time.Minute)
			b.do(end(msg.ID))
			s.stop(&wire.Heard{DBFS: -20})
			b.look()
			for range 2 {
				var c delivery.Curve
				b.call("viewer", "GET", "/api/alerts/"+msg.ID+"/curve", nil, 200, &c)
				n := len(c.Heard)
				if early := int(50_000 / c.StepMillis); n <= early || c.Heard[early] != 0 || c.Heard[n-1] != 1 || c.Reached[early] != 1 {
					b.Errorf("%s: %+v", what, c)
				}
				b.restart()
			}
		}
	})
}

// The report names who did not confirm a cancel. A stop of everything is no cancel: it is
// confirmed by itself, and the report on what it ended counts no confirmations of cancels.
func TestTheReportNamesWhoDidNotConfirmACancel(t *testing.T) {
	each(t, func(b *bench) {
		b.town.stand(township1, 1)
		deaf := b.town.stand(township1, 2)
		msg := b.issued(b.rain(township1))
		b.look()
		if said := b.workbook(msg.ID); strings.Contains(said, "确认解除") {
			b.Error("it counts confirmations of a cancel that never was")
		}
		deaf.deaf = true
		_, err := b.m.cancel(b.as("li"), msg.ID, "误报")
		b.do(err)
		b.look()
		if said := b.workbook(msg.ID); !strings.Contains(said, "没有确认解除的终端") || !strings.Contains(said, string(deaf.Code)) || !strings.Contains(said, "已发解除指令") {
			b.Error("it does not name who did not confirm")
		}
		deaf.deaf = false
		_, err = b.m.retry(b.as("li"), msg.ID, Chosen{})
		b.do(err)
		b.look()
		if said := b.workbook(msg.ID); strings.Contains(said, "没有确认解除的终端") || !strings.Contains(said, "确认解除（") {
			b.Error("everybody confirmed")
		}
		d := b.rain(township1)
		d.Texts[0].Title = "另一条"
		other := b.issued(d)
		b.look()
		_, err = b.m.stopAll(b.as("wang"), []string{chaoyang}, "系统被入侵")
		b.do(err)
		b.look()
		if said := b.workbook(other.ID); strings.Contains(said, "确认解除") {
			b.Error("it counts confirmations of a cancel of what a stop ended")
		}
	})
}

// shown are the terminals that the list, the map and a device's own page show of a message.
func (b *bench) shown(id string, of *speaker) (list, onMap int64, own int) {
	b.Helper()
	var rows store.Listing[delivery.Delivery]
	b.call("viewer", "GET", "/api/alerts/"+id+"/deliveries", nil, 200, &rows)
	if int64(len(rows.Items)) != rows.Total {
		b.Errorf("%d of %d are listed", len(rows.Items), rows.Total)
	}
	list = rows.Total
	var s standing
	b.call("viewer", "GET", "/api/alerts/"+id+"/progress", nil, 200, &s)
	for _, codes := range s.States {
		onMap += int64(len(codes))
	}
	b.call("viewer", "GET", "/api/alerts/"+id+"/deliveries?device="+string(of.Code), nil, 200, &rows)
	return list, onMap, len(rows.Items)
}

// A loudspeaker that is enrolled once a message was cancelled is sent the cancel, since a
// neighbour may have told it of the message, and is none of the message's terminals: not while
// the message is in memory, nor when it is read again, nor when its figures are frozen.
func TestWhoIsEnrolledAfterACancelIsNoTarget(t *testing.T) {
	each(t, func(b *bench) {
		b.town.stand(township1, 1)
		msg := b.issued(b.rain(township1))
		b.look()
		_, err := b.m.cancel(b.as("li"), msg.ID, "误报")
		b.do(err)
		b.look()
		late := b.town.stand(township1, 2)
		late.deaf = true
		b.hello(late)
		late.deaf = false
		b.clk.Advance(5 * time.Second)
		b.m.desk.Remind(context.Background()) // the frame was lost
		said := b.town.answers()
		if !late.ended[msg.ID] || len(said) == 0 {
			b.Fatal("it was not sent the cancel again")
		}
		for range 2 { // repeated until confirmed
			b.do(b.m.TakeReceipts(context.Background(), said[len(said)-1:]))
		}
		var n int
		b.do(b.deps.DB.QueryRow(context.Background(), `SELECT count(*) FROM alert_receipt WHERE device = $1`, string(late.Code)).Scan(&n))
		if n != 1 {
			b.Errorf("its receipt is logged %d times", n)
		}
		b.clk.Advance(time.Minute)
		b.m.desk.Remind(context.Background())
		if said := b.town.answers(); len(said) != 0 {
			b.Errorf("it was sent the cancel again after it had confirmed: %v", said)
		}
		for range 3 {
			if f := b.figures(msg.ID); f.Targets != 1 || f.Ever.Targets != 1 || f.Cancelled+f.Playing != 1 || f.CancelSent != 1 || f.CancelDone != 1 {
				b.Errorf("%+v", f)
			}
			if list, onMap, own := b.shown(msg.ID, late); list != 1 || onMap != 1 || own != 0 {
				b.Errorf("%d in the list, %d on the map, %d on its own page", list, onMap, own)
			}
			b.restart()
			b.clk.Advance(7 * time.Hour)
			b.look()
			b.look()
		}
	})
}

// The process dies after a message went out and before that was stored, and the message is
// cancelled. Who answers that it has the message is its target, and is sent the cancel until it
// confirms it; a terminal that never had it is not counted.
func TestADeathBetweenIssueAndCancelCountsThoseWhoHaveTheMessage(t *testing.T) {
	each(t, func(b *bench) {
		ctx := context.Background()
		obeys, deaf, silent := b.town.stand(township1, 1), b.town.stand(township1, 2), b.town.stand(township1, 3)
		silent.deaf = true
		msg := b.issued(b.rain(township1))
		b.do(b.m.desk.Look(ctx))
		_, err := b.m.cancel(b.as("li"), msg.ID, "误报")
		b.do(err)
		b.restart()
		deaf.deaf = true
		b.clk.Advance(time.Minute)
		b.look()
		if f := b.figures(msg.ID); f.Targets != 2 || f.Reached != 2 || f.Ever.Targets != 2 || f.CancelSent != 2 || f.CancelDone != 1 {
			b.Errorf("%+v", f)
		}
		var c delivery.Curve
		b.call("viewer", "GET", "/api/alerts/"+msg.ID+"/curve", nil, 200, &c)
		if c.From.Before(msg.IssuedAt) || c.StepMillis != 100 || c.Reached[len(c.Reached)-1] != 2 {
			b.Errorf("%+v", c)
		}
		deaf.deaf = false
		b.clk.Advance(5 * time.Second)
		b.m.desk.Remind(ctx)
		b.look()
		b.restart()
		if f := b.figures(msg.ID); !obeys.ended[msg.ID] || !deaf.ended[msg.ID] || f.Targets != 2 || f.CancelDone != 2 {
			b.Errorf("%+v", f)
		}
		if list, onMap, own := b.shown(msg.ID, silent); list != 2 || onMap != 2 || own != 0 {
			b.Errorf("%d in the list, %d on the map, %d on its own page", list, onMap, own)
		}
	})
}

// A report that is made before the figures are frozen says so, and one that is made later does
// not. Both call the end of the message what its page calls it.
func TestAReportSaysWhetherItsFiguresAreFinal(t *testing.T) {
	each(t, func(b *bench) {
		b.town.stand(township1, 1)
		msg := b.issued(b.rain(township1))
		b.look()
		says := func(provisional bool, state string) {
			b.Helper()
			said := b.workbook(msg.ID)
			if strings.Contains(said, "数字尚未定格") != provisional || !strings.Contains(said, state) || strings.Contains(said, "已结束") {
				b.Errorf("want %s, provisional %v", state, provisional)
			}
		}
		says(true, "播出中")
		_, err := b.m.cancel(b.as("li"), msg.ID, "误报")
		b.do(err)
		b.look()
		says(true, "已解除")
		b.clk.Advance(6*time.Hour + 2*settle)
		b.look()
		b.look()
		says(false, "已解除")
	})
}
