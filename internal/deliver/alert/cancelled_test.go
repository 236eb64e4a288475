package alert

import (
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
