package terminal

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
)

func TestAgentRefusesAndSaysWhy(t *testing.T) {
	w := newTown(t)
	c := w.enrolled(t.TempDir())
	s := newStage()
	c.Player = s
	a, _ := w.run(c)
	for reason, frame := range map[wire.Reason]func(*wire.Order) []byte{
		wire.BadSignature: func(o *wire.Order) []byte { return w.frame(&wire.Signer{Key: key(t), Cert: w.signer.Cert}, o) },
		wire.ForgedCertificate: func(o *wire.Order) []byte {
			return w.frame(w.newSigner(key(t), w.now().AddDate(1, 0, 0)), o)
		},
		wire.CertificateExpired: func(o *wire.Order) []byte { return w.frame(w.newSigner(w.ca, w.now().AddDate(0, -2, 0)), o) },
		wire.Expired: func(o *wire.Order) []byte {
			o.ValidFrom, o.ValidUntil = o.ValidFrom-7200e6, o.ValidFrom-3600e6
			return w.frame(w.signer, o)
		},
		wire.WrongArea: func(o *wire.Order) []byte {
			o.Area.Regions = []ebd.AreaCode{"110102000000"}
			return w.frame(w.signer, o)
		},
		wire.NotYetValid: func(o *wire.Order) []byte { o.Issued += 3600e6; return w.frame(w.signer, o) },
	} {
		o := w.message()
		w.send(a.Code(), frame(o))
		w.reaches(o, wire.Refused, reason)
		if s.times(o) != 0 {
			t.Errorf("%s: it was played", reason)
		}
	}
	f := w.frame(w.signer, w.message())
	f[8] ^= 1 // the brace that opens the order
	w.send(a.Code(), f)
	w.await("bad frame", func(r report) bool { return r.up.Receipt != nil && r.up.Receipt.Reason == wire.BadFrame })

	good := w.message()
	w.issue(a.Code(), good)
	w.reaches(good, wire.Playing, "")
	w.issue(a.Code(), good) // a replay, while it plays
	w.reaches(good, wire.Refused, wire.Replayed)
	s.over <- Outcome{}
	w.reaches(good, wire.Played, "")
	w.issue(a.Code(), good) // and after it has played
	w.await("second refusal", func(report) bool {
		n := 0
		for _, p := range w.phases(good) {
			if p == wire.Refused {
				n++
			}
		}
		return n == 2
	})
	if s.times(good) != 1 {
		t.Errorf("played %d times", s.times(good))
	}
}

// What failed plays when it is sent again, the passes that are left; what was played
// does not, whatever happened before.
func TestAFailedMessagePlaysWhenItIsSentAgain(t *testing.T) {
	w := newTown(t)
	c := w.enrolled(t.TempDir())
	s := newStage()
	c.Player = s
	a, stop := w.run(c)
	o := w.message(func(o *wire.Order) { o.Repeat = 2 })
	w.issue(a.Code(), o)
	s.over <- Outcome{}
	s.over <- Outcome{Reason: wire.PlayerFailed} // in the second pass
	w.reaches(o, wire.Failed, wire.PlayerFailed)
	stop()
	w.forget()
	a, _ = w.run(c) // the power goes and comes back
	w.await("a hello that does not claim to hold it", func(r report) bool { return r.up.Hello != nil && len(r.up.Hello.Held) == 0 })
	w.issue(a.Code(), o)
	w.reaches(o, wire.Playing, "")
	s.over <- Outcome{}
	w.reaches(o, wire.Played, "")
	w.issue(a.Code(), o)
	w.reaches(o, wire.Refused, wire.Replayed)
	if n := s.times(o); n != 3 { // one played, one failed, one played again
		t.Errorf("it was begun %d times", n)
	}
}

func TestHigherRankInterruptsAndTheRestResumes(t *testing.T) {
	w := newTown(t)
	c := w.enrolled(t.TempDir())
	s := newStage()
	c.Player = s
	a, _ := w.run(c)
	low := w.message(func(o *wire.Order) { o.Rank, o.Class = 10, wire.Everyday })
	equal := w.message(func(o *wire.Order) { o.Rank, o.Class = 10, wire.Everyday })
	high := w.message(func(o *wire.Order) { o.Rank = 20 })
	w.issue(a.Code(), low)
	w.reaches(low, wire.Playing, "")
	w.issue(a.Code(), equal)
	w.reaches(equal, wire.Queued, "")
	w.issue(a.Code(), high)
	w.reaches(low, wire.Interrupted, wire.HigherRank)
	w.reaches(high, wire.Playing, "")
	s.over <- Outcome{Heard: &wire.Heard{DBFS: -20}}
	if r := w.reaches(high, wire.Played, ""); r.Heard == nil || r.Heard.DBFS != -20 || r.Source != wire.FromAudio {
		t.Errorf("%+v", r)
	}
	w.reaches(low, wire.Resumed, "")
	s.over <- Outcome{}
	w.reaches(low, wire.Played, "")
	w.reaches(equal, wire.Playing, "")
	w.issue(a.Code(), w.again(equal, func(o *wire.Order) { o.Kind, o.Texts = wire.Cancel, nil }))
	w.reaches(equal, wire.CancelledAt, wire.ByCancel)
	if d := cmp.Diff([]wire.Phase{wire.Received, wire.Playing, wire.Interrupted, wire.Resumed, wire.Played}, w.phases(low)); d != "" {
		t.Error(d)
	}
}

func TestUpdateStopSettingsAndTest(t *testing.T) {
	w := newTown(t)
	c := w.enrolled(t.TempDir())
	s := newStage()
	c.Player = s
	a, stop := w.run(c)
	result := func(o *wire.Order) *wire.Result {
		t.Helper()
		return w.await("result", func(r report) bool { return r.up.Result != nil && r.up.Result.Order == o.ID }).up.Result
	}
	tone := w.message(func(o *wire.Order) { o.Kind, o.Texts, o.ToneMillis = wire.Test, nil, 500 })
	w.issue(a.Code(), tone)
	s.over <- Outcome{}
	if r := result(tone); !r.OK {
		t.Errorf("%+v", r)
	}
	first := w.message()
	w.issue(a.Code(), first)
	w.reaches(first, wire.Playing, "")
	second := w.again(first)
	w.issue(a.Code(), second)
	w.reaches(first, wire.CancelledAt, wire.ByUpdate)
	w.reaches(second, wire.Playing, "")
	busy := w.message(func(o *wire.Order) { o.Kind, o.Texts, o.ToneMillis = wire.Test, nil, 500 })
	w.issue(a.Code(), busy)
	if r := result(busy); r.OK || r.Reason != wire.Busy {
		t.Errorf("%+v", r)
	}
	halt := w.message(func(o *wire.Order) { o.Kind, o.Texts, o.Rank = wire.Stop, nil, 1000 })
	w.issue(a.Code(), halt)
	w.reaches(second, wire.CancelledAt, wire.ByStop)
	w.reaches(halt, wire.Played, "")
	old := w.message(func(o *wire.Order) { o.Seq = halt.Seq - 1 }) // held up on its way
	w.issue(a.Code(), old)
	w.reaches(old, wire.Refused, wire.Cancelled)
	vol, period := 35, 7
	set := w.message(func(o *wire.Order) {
		o.Kind, o.Texts, o.Settings = wire.Set, nil, &wire.Settings{Volume: &vol, ReportPeriod: &period, Revoke: []ebd.SerialNumber{w.signer.Cert.Number}}
	})
	w.issue(a.Code(), set)
	if r := result(set); !r.OK || r.Volume != 35 || r.Period != 7 {
		t.Errorf("%+v", r)
	}
	late := w.message()
	w.issue(a.Code(), late)
	w.reaches(late, wire.Refused, wire.CertificateRevoked)
	stop()
	w.forget()
	w.run(c)
	w.await("hello with the volume that was set", func(r report) bool { return r.up.Hello != nil && r.up.Hello.Volume == 35 && r.up.Hello.Boots == 2 })
}

// A terminal that is told where it stands now obeys the new place and no longer the old
// one, also after the power was cut.
func TestAMovedTerminalObeysItsNewPlace(t *testing.T) {
	w := newTown(t)
	c := w.enrolled(t.TempDir())
	s := newStage()
	c.Player = s
	a, stop := w.run(c)
	old, new := []ebd.AreaCode{"110101000000"}, []ebd.AreaCode{"110108005000"}
	in := func(regions []ebd.AreaCode) *wire.Order {
		return w.message(func(o *wire.Order) { o.Area.Regions = regions })
	}
	early := in(new)
	w.issue(a.Code(), early)
	w.reaches(early, wire.Refused, wire.WrongArea)
	at := wire.At(116.3, 39.99)
	set := w.message(func(o *wire.Order) {
		o.Kind, o.Texts, o.Area = wire.Set, nil, wire.Area{Codes: []ebd.ResourceCode{a.Code()}}
		o.Settings = &wire.Settings{Region: "110108005002", Position: &at}
	})
	w.issue(a.Code(), set)
	w.await("result", func(r report) bool { return r.up.Result != nil && r.up.Result.Order == set.ID && r.up.Result.OK })
	check := func() {
		t.Helper()
		there, here, round := in(old), in(new), w.message(func(o *wire.Order) {
			o.Area = wire.Area{Circles: []wire.Circle{{Center: at, Radius: 100}}}
		})
		w.issue(a.Code(), there)
		w.reaches(there, wire.Refused, wire.WrongArea)
		for _, o := range []*wire.Order{here, round} {
			w.issue(a.Code(), o)
			w.reaches(o, wire.Playing, "")
			s.over <- Outcome{}
			w.reaches(o, wire.Played, "")
		}
	}
	check()
	c.Dir = powerCut(t, c.Dir)
	stop()
	w.forget()
	a, _ = w.run(c)
	check()
}

// The folder as it is at this instant is what a power cut leaves.
func powerCut(t *testing.T, dir string) string {
	t.Helper()
	after := t.TempDir()
	if err := os.CopyFS(after, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return after
}

func TestPowerLossResumesWhatWasCutOffAndNothingElse(t *testing.T) {
	w := newTown(t)
	c := w.enrolled(t.TempDir())
	s := newStage()
	c.Player = s
	a, stop := w.run(c)
	done, cut, next := w.message(), w.message(func(o *wire.Order) { o.Repeat = 3 }), w.message()
	brief := w.message(func(o *wire.Order) { o.ValidUntil = w.now().Add(1500 * time.Millisecond).UnixMicro() })
	w.issue(a.Code(), done)
	w.reaches(done, wire.Playing, "")
	s.over <- Outcome{}
	w.reaches(done, wire.Played, "")
	w.issue(a.Code(), cut)
	w.reaches(cut, wire.Playing, "")
	s.over <- Outcome{} // the first of three
	w.issue(a.Code(), next)
	w.reaches(next, wire.Queued, "")
	w.issue(a.Code(), brief)
	w.reaches(brief, wire.Queued, "")
	c.Dir = powerCut(t, c.Dir)
	stop()
	w.forget()
	time.Sleep(max(0, time.UnixMicro(brief.ValidUntil).Sub(w.now())))

	s = newStage()
	c.Player = s
	w.run(c)
	w.reaches(brief, wire.Failed, wire.ExpiredWaiting)
	w.reaches(cut, wire.Interrupted, wire.PowerLost)
	w.reaches(cut, wire.Resumed, "")
	w.issue(a.Code(), done)
	w.reaches(done, wire.Refused, wire.Replayed)
	s.over <- Outcome{}
	s.over <- Outcome{}
	w.reaches(cut, wire.Played, "")
	w.reaches(next, wire.Playing, "")
	if s.times(done) != 0 || s.times(cut) != 2 || s.times(brief) != 0 {
		t.Errorf("played again: %v", s.runs)
	}
}

func TestUnconfirmedReceiptsAreRepeatedUntilTheyAre(t *testing.T) {
	w := newTown(t)
	w.confirm = false
	c := w.enrolled(t.TempDir())
	s := newStage()
	c.Player = s
	a, stop := w.run(c)
	o := w.message()
	w.issue(a.Code(), o)
	s.over <- Outcome{}
	w.reaches(o, wire.Played, "")
	stop()
	w.mu.Lock()
	w.confirm = true
	w.mu.Unlock()
	w.forget()
	a, stop = w.run(c)
	w.reaches(o, wire.Played, "") // again, after the hello
	for i := 0; ; i++ {
		a.speaker.mu.Lock()
		left := len(a.speaker.desk.Pending)
		a.speaker.mu.Unlock()
		if left == 0 {
			break
		}
		if i > 1000 {
			t.Fatal("the confirmation changed nothing")
		}
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	w.forget()
	w.run(c)
	mark := w.message(func(o *wire.Order) { o.Area.Regions[0] = "110102000000" })
	w.issue(a.Code(), mark)
	w.reaches(mark, wire.Refused, wire.WrongArea)
	if p := w.phases(o); slices.Contains(p, wire.Played) {
		t.Errorf("a confirmed receipt was repeated: %v", p)
	}
}

func TestScheduledMessageWaitsForItsTime(t *testing.T) {
	w := newTown(t)
	c := w.enrolled(t.TempDir())
	s := newStage()
	c.Player = s
	a, _ := w.run(c)
	o := w.message(func(o *wire.Order) { o.ValidFrom += 1200e3 })
	w.issue(a.Code(), o)
	w.reaches(o, wire.Queued, "")
	if r := w.reaches(o, wire.Playing, ""); r.At < o.ValidFrom {
		t.Errorf("began %d µs early", o.ValidFrom-r.At)
	}
}

func TestEnrolmentRefusals(t *testing.T) {
	w := newTown(t)
	c := Config{Dir: t.TempDir(), Firmware: "test", Clock: clock.System{}, Log: quiet}
	e := Enrolment{Server: w.http.URL, Pin: w.pin, Token: "let-me-out", Model: "TS-1", Serial: "1"}
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
	defer stop()
	if _, err := Enrol(ctx, c, e); err == nil || ctx.Err() != nil {
		t.Errorf("a wrong token: %v", err)
	}
	e.Token, e.Pin = "let-me-in", "00"+w.pin[2:]
	short, stop := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer stop()
	if _, err := Enrol(short, c, e); err == nil || len(w.devices) != 0 {
		t.Errorf("enrolled with a stranger: %v", err)
	}
	if _, err := Open(c); err == nil {
		t.Error("an agent that is not enrolled was opened")
	}
}

func TestClockIsCorrectedByThePlatform(t *testing.T) {
	w := newTown(t)
	c := w.enrolled(t.TempDir())
	manual := clock.NewManual(time.Date(1970, 1, 1, 0, 1, 0, 0, time.UTC))
	a, err := Open(Config{Dir: c.Dir, Clock: manual, Log: quiet, Player: newStage()})
	if err != nil {
		t.Fatal(err)
	}
	a.setClock(context.Background())
	if d := a.clock.Now().Sub(w.now()).Abs(); d > time.Minute {
		t.Errorf("off by %v", d)
	}
}

// A programme of the day yields to a red message and goes on where it stopped, and a relay
// where it is by then; what is red is heard whole.
func TestEverydayYieldsToRedAndGoesOn(t *testing.T) {
	w, now, d := newTown(t), dawn, &desk{play: func(*entry, time.Duration) {}, halt: func() {}}
	a, b := []wire.Audio{w.sound("/media/a.wav", tune(t, 0.5), 60_000)}, []wire.Audio{w.sound("/media/b.wav", tune(t, 0.5), 60_000)}
	order := func(change func(*wire.Order)) *wire.Order {
		return w.message(func(o *wire.Order) { o.ValidFrom, o.ValidUntil = now.UnixMicro(), now.Add(10*time.Minute).UnixMicro() }, change)
	}
	story := order(func(o *wire.Order) { o.Class, o.Rank, o.Repeat, o.Audio = wire.Everyday, 1, 2, a })
	relay := order(func(o *wire.Order) { o.Class, o.Rank, o.Relay, o.Texts = wire.Everyday, 1, "fm:98200", nil })
	red := order(func(o *wire.Order) { o.Rank, o.Audio = 900, b })
	sooner := order(func(o *wire.Order) { o.Rank = 901 })
	play := func(o *wire.Order) *entry { d.take(o, wire.Accepted, now); return d.now }
	after := func(x time.Duration) { now = now.Add(x) }
	e := play(story)
	d.begun(e, wire.FromAudio, now)
	after(20 * time.Second)
	r := play(red)
	d.begun(r, wire.FromAudio, now)
	if e.from() != 18*time.Second {
		t.Errorf("the story goes on at %v", e.from())
	}
	after(30 * time.Second)
	play(sooner)
	if r.from() != 0 {
		t.Errorf("a red message goes on at %v and is not heard whole", r.from())
	}
	d.finished(d.now, Outcome{}, now)
	d.finished(r, Outcome{}, now)
	if d.now != e {
		t.Fatal("the story does not go on")
	}
	d.begun(e, wire.FromAudio, now)
	after(12 * time.Second)
	d.yield(wire.HigherRank, now)
	if e.from() != 28*time.Second { // 18 + 12 less what is heard again
		t.Errorf("the story goes on at %v", e.from())
	}
	d.now = e
	d.finished(e, Outcome{}, now)
	if e.from() != 0 || e.Passes != 1 {
		t.Errorf("the next pass begins at %v", e.from())
	}
	d.finished(e, Outcome{}, now)
	e = play(relay)
	d.begun(e, wire.FromAudio, now)
	after(time.Minute)
	play(order(func(o *wire.Order) { o.Rank = 900 }))
	if e.from() != 0 {
		t.Errorf("a relay goes on at %v", e.from())
	}
	d.out = nil
	after(time.Hour)
	d.tick(now) // its end came while it yielded
	p, ok := d.out[0].(*pending)
	if !ok || p.Receipt.Order != relay.ID || p.Receipt.Phase != wire.Played {
		t.Errorf("%+v", d.out[0])
	}
}
