package alert

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// submitted writes the next version of a message and submits it.
func (b *bench) submitted(id string, d draft) (*message.Message, error) {
	b.Helper()
	b.clk.Advance(time.Millisecond) // as in call
	msg, err := b.m.revise(b.as("li"), id)
	b.do(err)
	_, err = b.m.edit(b.as("li"), id, msg.Revision, d.Wording)
	b.do(err)
	return b.m.check(b.as("li"), id, submission{TextOnly: true})
}

func (b *bench) updated(id string, d draft) *message.Message {
	b.Helper()
	msg, err := b.submitted(id, d)
	b.do(err)
	return b.approve(msg)
}

// The flood shrinks, and widens again: whom an update left out the next one takes in.
func TestAnUpdateTakesInAgainWhomOneLeftOut(t *testing.T) {
	each(t, func(b *bench) {
		stays, leaves, absent := b.town.stand(township1, 1), b.town.stand(township2, 1), b.town.stand(township2, 2)
		msg := b.issued(b.rain(chaoyang))
		b.look()
		absent.Online = false
		b.updated(msg.ID, b.rain(township1))
		b.look()
		if !leaves.ended[msg.ID] || b.figures(msg.ID).CancelDone != 1 {
			b.Fatalf("%v, %+v", leaves.ended, b.figures(msg.ID))
		}
		b.updated(msg.ID, b.rain(chaoyang))
		b.look()
		b.hello(absent)
		b.look()
		for name, s := range map[string]*speaker{"stays": stays, "leaves": leaves, "absent": absent} {
			if s.playing[msg.ID] != message.WireVersion(3) {
				b.Errorf("%s plays %v", name, s.playing)
			}
		}
		want := b.figures(msg.ID)
		if want.Targets != 3 || want.Playing != 3 || want.Cancelled != 0 || want.CancelSent != 0 {
			b.Errorf("%+v", want)
		}
		b.restart()
		b.look()
		if got := b.figures(msg.ID); got != want {
			b.Errorf("after a restart %+v, before %+v", got, want)
		}
		// Whom it left out twice is told twice.
		b.updated(msg.ID, b.rain(township1))
		b.look()
		if f := b.figures(msg.ID); leaves.playing[msg.ID] != 0 || f.CancelSent != 2 || f.CancelDone != 2 {
			b.Errorf("%v, %+v", leaves.playing, f)
		}
	})
}

func TestAnUpdateOfWhatHasBegunTakesEffectAtOnce(t *testing.T) {
	each(t, func(b *bench) {
		b.town.stand(township1, 1)
		msg := b.issued(b.rain(chaoyang))
		b.look()
		d := b.rain(chaoyang)
		starts := b.clk.Now().Add(2 * time.Hour)
		d.StartsAt = &starts
		if _, err := b.submitted(msg.ID, d); !fault.Is(err, "alert.time.has_begun") {
			b.Errorf("an update that would take it off the air until later: %v", err)
		}
		if got := b.read(msg.ID); got.State != message.InProgress {
			b.Error(got.State)
		}
	})
}

// Terminals hold a message that begins soon. When it is put off they are told at once, and
// do not begin.
func TestWhatIsPutOffDoesNotBegin(t *testing.T) {
	each(t, func(b *bench) {
		holds, absent := b.town.stand(township1, 1), b.town.stand(township1, 2)
		absent.Online = false
		d := b.rain(chaoyang)
		starts := b.clk.Now().Add(lead)
		d.StartsAt = &starts
		msg := b.issued(d)
		b.look()
		later := starts.Add(2 * time.Hour)
		d.StartsAt = &later
		b.updated(msg.ID, d)
		b.look()
		b.hello(absent)
		for name, s := range map[string]*speaker{"holds": holds, "absent": absent} {
			if s.playing[msg.ID] != message.WireVersion(2) {
				b.Errorf("%s has %v", name, s.playing)
			}
		}
		b.clk.Advance(lead + time.Minute)
		b.look()
		if got := b.read(msg.ID); got.State != message.Issued || !got.StartsAt.Equal(later) {
			b.Errorf("%s, begins %s", got.State, got.StartsAt)
		}
	})
}

func TestTheSameRequestAtTheSameTimeMakesOneMessage(t *testing.T) {
	each(t, func(b *bench) {
		const asked = 8
		var all sync.WaitGroup
		made := make([]string, asked)
		d := b.rain(chaoyang)
		for i := range asked {
			all.Go(func() {
				msg, err := b.m.create(b.as("li"), d, "once")
				if err != nil {
					b.Error(err)
					return
				}
				made[i] = msg.ID
			})
		}
		all.Wait()
		for _, id := range made {
			if id != made[0] {
				b.Fatalf("%v", made)
			}
		}
	})
}

// A frame of a retry may be lost like any other: it is sent again until there is an answer.
func TestARetryIsFollowedUp(t *testing.T) {
	each(t, func(b *bench) {
		s := b.town.stand(township1, 1)
		s.broken = true
		msg := b.issued(b.rain(chaoyang))
		b.look()
		if f := b.figures(msg.ID); f.Failed != 1 {
			b.Fatalf("%+v", f)
		}
		s.broken, s.deaf = false, true
		if _, err := b.m.retry(b.as("li"), msg.ID, Chosen{Problem: delivery.ProblemFailed}); err != nil {
			b.Fatal(err)
		}
		s.deaf = false
		b.clk.Advance(5 * time.Second)
		b.m.desk.Remind(context.Background())
		s.finish(-20)
		b.receipts()
		if f := b.figures(msg.ID); s.plays != 1 || f.Failed != 0 || f.Played != 1 {
			b.Errorf("%d plays, %+v", s.plays, f)
		}
		b.look()
		var rows store.Listing[delivery.Delivery]
		b.call("viewer", "GET", "/api/alerts/"+msg.ID+"/deliveries", nil, 200, &rows)
		if d := rows.Items[0]; d.Attempts != 3 || d.StateAt.Before(*d.PlayedAt) {
			b.Errorf("%+v", d)
		}
		b.clk.Advance(10 * time.Minute)
		b.m.desk.Remind(context.Background())
		if said := b.town.answers(); len(said) != 0 {
			b.Errorf("it was sent again after an answer: %+v", said)
		}
	})
}

// While a whole city answers, those whose answers queue are not sent the order again; once
// the answers cease, or have been long in coming, the silent ones are.
func TestRemindersWaitWhileAnswersComeIn(t *testing.T) {
	each(t, func(b *bench) {
		var all []*speaker
		for n := range 75 {
			all = append(all, b.town.stand(township1, n), b.town.stand(township2, n))
		}
		silent, answering := all[:len(all)-16], all[len(all)-16:]
		for _, s := range silent {
			s.mute = true
		}
		b.issued(b.rain(chaoyang))
		b.look()
		sent := func() int { return b.town.frames }
		reminded := func(after time.Duration) int {
			before := sent()
			b.clk.Advance(after)
			b.m.desk.Remind(context.Background())
			return sent() - before
		}
		if n := reminded(5 * time.Second); n != 0 {
			b.Errorf("%d were sent the order again while others answered", n)
		}
		if n := reminded(11 * time.Second); n != len(silent) {
			b.Errorf("%d of %d silent ones were sent the order again", n, len(silent))
		}
		for _, s := range answering {
			s.finish(-20)
		}
		b.receipts()
		if n := reminded(30 * time.Second); n != len(silent) {
			b.Errorf("%d of %d that were long silent were sent the order again", n, len(silent))
		}
		// One after another answers: the others wait for a minute, not longer.
		again, waited := 0, time.Duration(0)
		for i := 0; again == 0 && i < len(silent)-2*16; i++ {
			silent[i].mute = false
			silent[i].finish(-20)
			b.receipts()
			again = reminded(5 * time.Second)
			waited += 5 * time.Second
		}
		if again < 100 || waited < time.Minute || waited > 2*time.Minute {
			b.Errorf("%d were sent the order again after %s", again, waited)
		}
	})
}

// The answers of a city take a while to come and to be stored, the first of them too.
func TestManyAreGivenTimeToAnswer(t *testing.T) {
	each(t, func(b *bench) {
		for n := range 75 {
			b.town.stand(township1, n).mute = true
			b.town.stand(township2, n).mute = true
		}
		b.issued(b.rain(chaoyang))
		b.look()
		for _, step := range []struct {
			after time.Duration
			want  int
		}{{5 * time.Second, 0}, {11 * time.Second, 150}} {
			before := b.town.frames
			b.clk.Advance(step.after)
			b.m.desk.Remind(context.Background())
			if n := b.town.frames - before; n != step.want {
				b.Errorf("%d of 150 were sent the order again after %s, want %d", n, step.after, step.want)
			}
		}
	})
}

func TestWhatCameOfAStopIsKept(t *testing.T) {
	each(t, func(b *bench) {
		b.town.stand(township1, 1)
		s, err := b.m.stopAll(b.as("wang"), []string{chaoyang}, "系统被入侵")
		b.do(err)
		b.look()
		b.clk.Advance(s.Until.Sub(b.clk.Now()) + 2*settle)
		b.look()
		found, err := listStops(context.Background(), b.deps.DB, auth.Everywhere, store.Page{Limit: 10})
		if err != nil || len(found.Items) != 1 || found.Items[0].Figures == nil || found.Items[0].Figures.Played != 1 {
			b.Errorf("%+v, %v", found.Items, err)
		}
	})
}

// What was written of a message that is over is written anew once a receipt comes late.
func TestALateReceiptIsSeenThoughTheAnswerWasKept(t *testing.T) {
	each(t, func(b *bench) {
		s := b.town.stand(township1, 1)
		s.mute = true
		msg := b.issued(b.rain(chaoyang))
		b.look()
		b.clk.Advance(6*time.Hour + 2*settle)
		b.look()
		b.look()
		var progress standing
		for _, want := range []delivery.State{delivery.Sent, delivery.Played} {
			b.call("viewer", "GET", "/api/alerts/"+msg.ID+"/progress", nil, 200, &progress)
			if len(progress.States[want]) != 1 {
				b.Errorf("want one %s: %+v", want, progress.States)
			}
			s.mute = false
			s.finish(-20)
			b.receipts()
			b.do(b.m.desk.Flush(context.Background()))
		}
	})
}
