package alert

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// The process dies at each step from countersign to the last receipt and starts again:
// nothing is lost and nothing is played twice.
func TestDeathAtEveryStep(t *testing.T) {
	ctx := context.Background()
	steps := []func(b *bench){
		func(b *bench) { b.do(b.m.desk.Look(ctx)) },
		func(b *bench) { b.receipts() },
		func(b *bench) { b.do(b.m.desk.Flush(ctx)) },
		func(b *bench) { b.m.keepUp(ctx) },
		func(b *bench) {
			for _, s := range b.town.terminals {
				s.finish(-20)
			}
			b.receipts()
		},
		func(b *bench) { b.do(b.m.desk.Flush(ctx)) },
	}
	each(t, func(b *bench) {
		for die := range len(steps) + 1 {
			b.town.terminals, b.town.order = newTown(b.clk.Now).terminals, nil
			for n := range 5 {
				b.town.stand(township1, n+1)
			}
			d := b.rain(chaoyang)
			d.Texts[0].Body = time.Duration(die).String()
			msg := b.issued(d)
			for i, step := range steps {
				if i == die {
					b.restart()
					b.look()
				}
				step(b)
			}
			b.restart()
			b.look()
			for code, s := range b.town.terminals {
				if s.plays != 1 {
					b.Errorf("died before step %d: %s played %d times", die, code, s.plays)
				}
			}
			if f := b.figures(msg.ID); f.Targets != 5 || f.Played != 5 || f.Heard != 5 {
				b.Errorf("died before step %d: %+v", die, f)
			}
			if got := b.read(msg.ID).State; got != message.InProgress {
				b.Errorf("died before step %d: the message is %s", die, got)
			}
			_, err := b.m.cancel(b.as("li"), msg.ID, "下一轮")
			b.do(err)
			b.look()
		}
		for n := 1; n > 0; {
			var err error
			n, err = audit.Seal(ctx, b.deps.DB)
			b.do(err)
		}
		verdict, err := audit.Verify(ctx, b.deps.DB, audit.Against{})
		if b.do(err); len(verdict.Broken) > 0 {
			b.Errorf("the audit chain is broken: %+v", verdict.Broken)
		}
	})
}

func TestNothingIsSentAfterItsEndEvenByAServerThatSlept(t *testing.T) {
	each(t, func(b *bench) {
		s := b.town.stand(township1, 1)
		msg := b.issued(b.rain(chaoyang))
		b.clk.Advance(7 * time.Hour)
		b.restart()
		b.look()
		if len(s.said) != 0 {
			b.Error("an order went out after its end")
		}
		if got := b.read(msg.ID); got.State != message.Ended || got.EndReason != message.Expired {
			b.Errorf("the message is %s, %s", got.State, got.EndReason)
		}
	})
}

func TestAReturningTerminalGetsWhatItLacksWhileValid(t *testing.T) {
	each(t, func(b *bench) {
		s := b.town.stand(township1, 1)
		s.Online = false
		msg := b.issued(b.rain(chaoyang))
		b.look()
		if f := b.figures(msg.ID); f.Targets != 1 || f.Sent != 1 || f.Offline != 1 {
			b.Fatalf("%+v", f)
		}
		b.clk.Advance(time.Hour)
		b.restart()
		b.look()
		b.hello(s)
		if s.plays != 1 {
			b.Fatalf("played %d", s.plays)
		}
		b.hello(s)
		if s.plays != 1 {
			b.Fatalf("a second hello made it play again: %d", s.plays)
		}
		if f := b.figures(msg.ID); f.Playing != 1 || f.Offline != 0 {
			b.Errorf("%+v", f)
		}
		newcomer := b.town.stand(township1, 2)
		b.hello(newcomer)
		if f := b.figures(msg.ID); newcomer.plays != 1 || f.Targets != 2 {
			b.Errorf("a terminal enrolled meanwhile played %d, %+v", newcomer.plays, f)
		}
		stranger := b.town.stand("110108001000", 3)
		b.hello(stranger)
		if len(stranger.said) != 0 {
			b.Error("a terminal outside the area was sent the message")
		}
	})
}

func TestSilentTerminalsAreRemindedAndThenLeft(t *testing.T) {
	each(t, func(b *bench) {
		deaf, gone := b.town.stand(township1, 1), b.town.stand(township1, 2)
		deaf.deaf, gone.Online = true, false
		counted := &counter{Sender: b.town}
		b.deps.Sender = counted
		b.restart()
		msg := b.issued(b.rain(chaoyang))
		b.look()
		for range 3600 {
			b.clk.Advance(time.Second)
			b.m.desk.Remind(context.Background())
		}
		if n := counted.by[string(deaf.Code)]; n != 6 {
			b.Errorf("a silent terminal was sent %d frames", n)
		}
		if n := counted.by[string(gone.Code)]; n != 1 {
			b.Errorf("an absent terminal was sent %d frames", n)
		}
		if f := b.figures(msg.ID); f.Late != 1 || f.Offline != 1 {
			b.Errorf("%+v", f)
		}
		troubled, err := b.m.desk.Troubled(context.Background(), msg.No, auth.Everywhere)
		if err != nil || len(troubled) != 2 || troubled[0].Problem != delivery.ProblemLate || troubled[1].Problem != delivery.ProblemSilent {
			b.Errorf("%+v, %v", troubled, err)
		}
		deaf.deaf = false
		if n, err := b.m.retry(b.as("li"), msg.ID, Chosen{Problem: delivery.ProblemLate}); err != nil || n != (delivery.Retried{Sent: 1, Again: 1}) || deaf.plays != 1 {
			b.Errorf("retried %+v, played %d, %v", n, deaf.plays, err)
		}
	})
}

// A node that counted its orders in this module goes on from there.
func TestNumbersOfOrdersGoOn(t *testing.T) {
	each(t, func(b *bench) {
		ctx := context.Background()
		b.do(b.deps.DB.Housekeep(ctx, func(tx *store.Tx) error {
			for range 41 {
				if _, err := next(ctx, tx, "order"); err != nil {
					return err
				}
			}
			return nil
		}))
		for range 2 {
			b.restart()
			if last := b.deps.Signer.(*signer).last; last != 41 {
				b.Errorf("the last number is %d", last)
			}
		}
	})
}

// A retry makes those sound that failed, and says of the others that they will not.
func TestRetrySaysHowManyWillSound(t *testing.T) {
	each(t, func(b *bench) {
		good, broken, away := b.town.stand(township1, 1), b.town.stand(township1, 2), b.town.stand(township1, 3)
		broken.broken, away.broken = true, true
		msg := b.issued(b.rain(chaoyang))
		b.look()
		good.finish(-80) // claims it, and is not heard
		b.receipts()
		away.Online, broken.broken, away.broken = false, false, false
		everybody := Chosen{Devices: []string{string(good.Code), string(broken.Code), string(away.Code), string(good.Code)}}
		n, err := b.m.retry(b.as("li"), msg.ID, everybody)
		if b.do(err); n != (delivery.Retried{Sent: 3, Again: 1, Absent: 1, Holding: 1}) {
			b.Errorf("%+v", n)
		}
		b.clk.Advance(time.Second)
		broken.finish(-20)
		b.receipts()
		if f := b.figures(msg.ID); good.plays != 1 || broken.plays != 1 || f.Played != 2 || f.Failed != 1 {
			b.Errorf("played %d and %d, %+v", good.plays, broken.plays, f)
		}
		b.hello(away) // it got nothing while it was away
		away.finish(-20)
		b.receipts()
		if f := b.figures(msg.ID); away.plays != 1 || f.Played != 3 || f.Failed != 0 {
			b.Errorf("played %d, %+v", away.plays, f)
		}
		if n, err = b.m.retry(b.as("li"), msg.ID, everybody); err != nil || n != (delivery.Retried{Sent: 3, Holding: 3}) || good.plays+broken.plays+away.plays != 3 {
			b.Errorf("%+v, %v", n, err)
		}
	})
}

// Of a message that was cancelled the cancellation is sent again, to those who have not
// confirmed it, and the trail says so; once nobody could sound it any more, nothing is.
func TestARetryOfWhatWasCancelledSendsTheCancellation(t *testing.T) {
	each(t, func(b *bench) {
		obeys, deaf := b.town.stand(township1, 1), b.town.stand(township1, 2)
		msg := b.issued(b.rain(chaoyang))
		b.look()
		deaf.deaf = true
		_, err := b.m.cancel(b.as("li"), msg.ID, "误报")
		b.do(err)
		b.look()
		if f := b.figures(msg.ID); f.CancelSent != 2 || f.CancelDone != 1 {
			b.Fatalf("%+v", f)
		}
		var v messageView
		b.call("li", "GET", "/api/alerts/"+msg.ID, nil, 200, &v)
		if !slices.Contains(v.May, "recancel") || slices.Contains(v.May, "retry") {
			b.Errorf("may %v", v.May)
		}
		deaf.deaf = false
		n, err := b.m.retry(b.as("li"), msg.ID, Chosen{})
		if b.do(err); n != (delivery.Retried{Sent: 1, Cancels: 1}) {
			b.Errorf("%+v", n)
		}
		b.receipts()
		if f := b.figures(msg.ID); f.CancelDone != 2 || !deaf.ended[msg.ID] {
			b.Errorf("%+v, ended %v", f, deaf.ended)
		}
		if n, err = b.m.retry(b.as("li"), msg.ID, Chosen{Devices: []string{string(obeys.Code)}}); err != nil || n != (delivery.Retried{}) {
			b.Errorf("one that had confirmed: %+v, %v", n, err)
		}
		trail, err := audit.Find(context.Background(), b.deps.DB, audit.Filter{Object: "alert:" + msg.ID, Scope: auth.Everywhere, Page: store.Page{Limit: 5}})
		b.do(err)
		if trail.Items[0].Action != "alert.recancel" {
			b.Errorf("the trail says %s", trail.Items[0].Action)
		}
		b.clk.Advance(7 * time.Hour)
		if _, err = b.m.retry(b.as("li"), msg.ID, Chosen{}); !fault.IsKind(err, fault.Conflict) {
			b.Errorf("sent again after its time: %v", err)
		}
	})
}

type counter struct {
	delivery.Sender
	by map[string]int
}

func (c *counter) Send(code string, frame []byte) {
	if c.by == nil {
		c.by = map[string]int{}
	}
	c.by[code]++
	c.Sender.Send(code, frame)
}

func TestReceiptsThatCannotBeStoredAreNotTaken(t *testing.T) {
	each(t, func(b *bench) {
		b.town.stand(township1, 1)
		msg := b.issued(b.rain(chaoyang))
		b.do(b.m.desk.Look(context.Background()))
		waiting := b.town.answers()
		dead, cancel := context.WithCancel(context.Background())
		cancel()
		if err := b.m.TakeReceipts(dead, waiting); !errors.Is(err, context.Canceled) {
			b.Fatalf("got %v", err)
		}
		if f := b.figures(msg.ID); f.Answered != 0 {
			b.Fatalf("what is not on disk was counted: %+v", f)
		}
		b.do(b.m.TakeReceipts(context.Background(), waiting))
		b.do(b.m.TakeReceipts(context.Background(), waiting)) // repeated until confirmed
		var n int
		b.do(b.deps.DB.QueryRow(context.Background(), `SELECT count(*) FROM alert_receipt`).Scan(&n))
		if f := b.figures(msg.ID); f.Answered != 1 || f.Playing != 1 || n != len(waiting) {
			b.Errorf("%+v, %d rows of %d", f, n, len(waiting))
		}
	})
}
