package alert

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// cancelled is what each page says of a message's cancellation: how many terminals were told
// and how many confirmed it.
func (b *bench) cancelled(id string) map[string][2]int {
	b.Helper()
	var view messageView
	b.call("viewer", "GET", "/api/alerts/"+id, nil, 200, &view)
	var at standing
	b.call("viewer", "GET", "/api/alerts/"+id+"/progress", nil, 200, &at)
	var towns store.Listing[delivery.Township]
	b.call("viewer", "GET", "/api/alerts/"+id+"/townships", nil, 200, &towns)
	out := map[string][2]int{"view": {view.Figures.CancelSent, view.Figures.CancelDone}, "progress": {at.Figures.CancelSent, at.Figures.CancelDone}, "townships": {}}
	for _, w := range towns.Items {
		sum := out["townships"]
		out["townships"] = [2]int{sum[0] + w.Figures.CancelSent, sum[1] + w.Figures.CancelDone}
	}
	return out
}

// listed are the figures of a message in the list.
func (b *bench) listed(id string) delivery.Figures {
	b.Helper()
	var found store.Listing[summary]
	b.call("viewer", "GET", "/api/alerts", nil, 200, &found)
	at := slices.IndexFunc(found.Items, func(s summary) bool { return s.ID == id })
	if f := found.Items[at].Figures; f != nil {
		return *f
	}
	return delivery.Figures{}
}

// The figures of a cancelled message are in the list soon, and told once. As long as its
// cancellation stands, the pages show who confirms it, however late; then they are frozen anew.
func TestWhoConfirmsACancellationLateIsCounted(t *testing.T) {
	each(t, func(b *bench) {
		ctx := context.Background()
		b.town.stand(township1, 1)
		deaf, absent := b.town.stand(township1, 2), b.town.stand(township2, 1)
		msg := b.issued(b.rain(chaoyang))
		b.look()
		deaf.deaf, absent.Online = true, false
		_, err := b.m.cancel(b.as("li"), msg.ID, "误报")
		b.do(err)
		b.look()
		expect := func(when string, told, done int) {
			b.Helper()
			for page, got := range b.cancelled(msg.ID) {
				if got != [2]int{told, done} {
					b.Errorf("%s, the %s says that %d of %d confirmed; want %d of %d", when, page, got[1], got[0], done, told)
				}
			}
			var ended int
			b.do(b.deps.DB.QueryRow(ctx, `SELECT count(*) FROM platform_outbox WHERE name = 'alert.ended'`).Scan(&ended))
			if ended != 1 {
				b.Errorf("%s, its end was told %d times", when, ended)
			}
		}
		b.clk.Advance(2 * time.Minute)
		b.look()
		expect("after two minutes", 3, 1)
		if f := b.listed(msg.ID); f.Targets != 3 || f.CancelDone != 1 {
			b.Errorf("the list says %+v", f)
		}
		deaf.deaf = false
		if _, err := b.m.retry(b.as("li"), msg.ID, Chosen{}); err != nil {
			b.Fatal(err)
		}
		b.receipts()
		expect("once one was told again", 3, 2)
		b.clk.Advance(3 * time.Hour)
		b.look()
		b.restart()
		b.look()
		b.hello(absent)
		b.look()
		expect("once the other came back", 3, 3)
		b.clk.Advance(3*time.Hour - time.Second)
		b.look()
		b.clk.Advance(2 * settle)
		b.look()
		b.restart()
		expect("in the end", 3, 3)
		if f, err := frozenFigures(ctx, b.deps.DB, msg.ID); err != nil || f == nil || f.CancelDone != 3 || b.listed(msg.ID).CancelDone != 3 {
			b.Errorf("kept: %+v, %v; the list says %+v", f, err, b.listed(msg.ID))
		}
	})
}

// What has a problem with a message says nothing of who has confirmed its cancellation: a
// choice by it is refused and sends nothing, rather than more than was chosen.
func TestACancellationIsNotChosenByAProblem(t *testing.T) {
	each(t, func(b *bench) {
		for n := range 2 {
			b.town.stand(township1, n+1).mute = true
		}
		msg := b.issued(b.rain(chaoyang))
		b.look()
		_, err := b.m.cancel(b.as("li"), msg.ID, "误报")
		b.do(err)
		b.look()
		sent := &counter{Sender: b.town}
		b.m.desk.Sender = sent
		var said []string
		for _, lang := range []string{"zh", "en"} {
			var p httpapi.Problem
			b.call("li", "POST", "/api/alerts/"+msg.ID+"/retry?lang="+lang, Chosen{Township: township1, Problem: delivery.ProblemFailed}, 422, &p)
			if len(p.Errors) != 1 || p.Errors[0].Location != "problem" || p.Errors[0].Code != "alert.recancel.problem" || p.Errors[0].Message == p.Errors[0].Code {
				b.Fatalf("%+v", p)
			}
			said = append(said, p.Errors[0].Message)
		}
		var trail store.Listing[audit.Record]
		b.call("viewer", "GET", "/api/alerts/"+msg.ID+"/audit", nil, 200, &trail)
		if len(sent.by) != 0 || said[0] == said[1] || slices.ContainsFunc(trail.Items, func(r audit.Record) bool { return r.Action == "alert.recancel" }) {
			b.Errorf("sent %v, said %v, on record %+v", sent.by, said, trail.Items)
		}
		var out delivery.Retried
		b.call("li", "POST", "/api/alerts/"+msg.ID+"/retry", Chosen{Township: township1}, 200, &out)
		if out != (delivery.Retried{Sent: 2, Cancels: 2}) || len(sent.by) != 2 {
			b.Errorf("%+v, %v", out, sent.by)
		}
	})
}
