package alert

import (
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// troubles are the problems of a message's terminals, by device.
func (b *bench) troubles(id string) map[string]delivery.Problem {
	b.Helper()
	var rows store.Listing[delivery.Troubled]
	b.call("viewer", "GET", "/api/alerts/"+id+"/troubled", nil, 200, &rows)
	out := map[string]delivery.Problem{}
	for _, r := range rows.Items {
		out[r.Device] = r.Problem
	}
	return out
}

// A terminal that took the message and then stops, whatever it said last, is late once all
// of it should have been played: after its beginning, its length, its repeats and gaps.
func TestWhoeverStopsMidwayIsLateWhenTheMessageShouldBeOver(t *testing.T) {
	each(t, func(b *bench) {
		stuck := map[wire.Phase]*speaker{}
		for n, phase := range []wire.Phase{wire.Received, wire.Queued, wire.Interrupted, wire.Playing} {
			s := b.town.stand(township1, n+1)
			s.mute = true
			stuck[phase] = s
		}
		done := b.town.stand(township1, 9)
		d := b.rain(township1)
		start := b.clk.Now().Add(20 * time.Minute)
		d.StartsAt = &start
		d.Texts[0].Advice = ""
		d.Repeat.Count, d.Repeat.IntervalSeconds = 3, 60 // without sound, 24 characters in 6 s: 2 min 18 s in all
		msg := b.issued(d)
		b.clk.Advance(11 * time.Minute)
		b.look()
		for phase, s := range stuck {
			s.up = append(s.up, delivery.Receipt{Code: s.Code, RegionPath: s.RegionPath, Receipt: wire.Receipt{Order: msg.ID, Version: 2, Phase: phase, At: b.clk.Now().UnixMicro()}})
		}
		b.receipts()
		done.finish(-20)
		b.receipts()
		b.clk.Advance(9 * time.Minute) // it begins
		b.clk.Advance(2 * time.Minute)
		if got := b.troubles(msg.ID); len(got) != 0 {
			b.Errorf("while it may still be playing: %v", got)
		}
		b.clk.Advance(time.Minute)
		b.restart()
		got := b.troubles(msg.ID)
		for phase, s := range stuck {
			if got[string(s.Code)] != delivery.ProblemLate {
				b.Errorf("%s: %q", phase, got[string(s.Code)])
			}
		}
		if len(got) != len(stuck) {
			b.Errorf("%v", got)
		}
		if f := b.figures(msg.ID); f.Late != len(stuck) {
			b.Errorf("%+v", f)
		}
	})
}

// What the township says is in trouble is what is handed on, a speaker that was not heard
// included.
func TestATownshipCountsWhatIsHandedOn(t *testing.T) {
	each(t, func(b *bench) {
		silent, lost := b.town.stand(township1, 1), b.town.stand(township1, 2)
		fine := b.town.stand(township2, 1)
		lost.Online = false
		msg := b.issued(b.rain(chaoyang))
		b.look()
		silent.finish(-71)
		fine.finish(-20)
		b.receipts()
		var towns store.Listing[delivery.Township]
		at := "/api/alerts/" + msg.ID
		b.call("viewer", "GET", at+"/townships", nil, 200, &towns)
		var h handoff
		b.call("li", "POST", at+"/handoffs", map[string]any{"township": township1, "party": "维修三班", "note": "请上门检查"}, 201, &h)
		if got := towns.Items[0]; got.Figures.Unheard != 1 || got.Troubled != 2 || len(h.Devices) != got.Troubled {
			b.Errorf("%+v; handed on %v", got, h.Devices)
		}
		if got := towns.Items[1]; got.Troubled != 0 {
			b.Errorf("%+v", got)
		}
	})
}
