package terminal

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/mqtt"
)

// speaker is a terminal: a desk, a player and a line. Whoever owns it (the agent, the
// simulator) says how to judge a frame, where to store, and how to dial.
type speaker struct {
	key        *ebd.PrivateKey
	receiptKey ebd.PublicKey
	place      wire.Place // as it enrolled
	clock      clock.Clock
	player     Player
	firmware   string
	log        *slog.Logger

	issuers   map[ebd.SerialNumber]ebd.PublicKey
	shared    func(frame []byte, now time.Time) (*wire.Order, wire.Reason) // verdicts of the whole process; nil: each its own
	store     func(*speaker) error                                         // keeps the desk; called with the lock held
	dial      func(context.Context) (net.Conn, error)
	condition func(*wire.Heartbeat) // fills power, link and faults; may be nil
	arrived   func(*wire.Order)     // told of every accepted play order, to fetch its audio early; may be nil
	told      func(any)             // told of every order and of what became of it; may be nil
	late      func(context.Context) // waits before an order is looked at; may be nil

	mu      sync.Mutex
	desk    desk
	stop    context.CancelFunc // of the pass that plays now
	running context.Context    // parent of all passes
	session *wire.DeviceSession
	client  *mqtt.Client
	started time.Time
	faulty  string          // a fault of our own: "storage"
	backlog []*wire.Receipt // made off line
	passes  sync.WaitGroup
}

// begin readies the desk after a start; passes end when ctx does.
func (s *speaker) begin(ctx context.Context) {
	s.running, s.started = ctx, s.clock.Now()
	s.desk.play, s.desk.halt = s.startPass, func() { s.stop() }
	s.do(s.desk.wake)
}

// do runs one step of the desk under the lock, stores what changed, and only then
// sends what it reported.
func (s *speaker) do(step func(now time.Time)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	step(now)
	if s.desk.dirty {
		s.desk.dirty, s.faulty = false, ""
		if err := s.store(s); err != nil {
			s.desk.dirty, s.faulty = true, "storage"
			s.log.Error("state not stored", "terminal", s.place.Code, "error", err)
		}
	}
	out := s.desk.out
	s.desk.out = nil
	for _, x := range out {
		s.tell(x)
		s.send(x, now)
	}
}

// tell says of what is sent what is told of an order.
func (s *speaker) tell(x any) {
	if p, ok := x.(*pending); ok {
		x = p.payload()
	}
	if s.told != nil {
		s.told(x)
	}
}

// maxBacklog is how many receipts made off line are kept to be told afterwards. They
// are history; the state of each message is repeated after a hello in any case.
const maxBacklog = 100

// send puts a receipt, result or heartbeat on the line.
func (s *speaker) send(x any, now time.Time) {
	if s.client == nil {
		if r, ok := x.(*wire.Receipt); ok && len(s.backlog) < maxBacklog {
			s.backlog = append(s.backlog, r)
		}
		return
	}
	payload := x
	p, final := x.(*pending)
	if final {
		payload = p.payload()
	}
	frame, counter, err := s.session.Seal(payload)
	if err != nil {
		s.log.Error("report not made", "terminal", s.place.Code, "error", err)
		return
	}
	if final {
		p.sent(counter, now)
	}
	if err := s.client.Publish(wire.UpTopic(s.place.Code), frame); err != nil {
		s.log.Debug("report not sent", "terminal", s.place.Code, "error", err)
		_ = s.client.Close() // Run notices and connects anew
		s.client = nil
	}
}

// startPass hands an entry to the player. It is called with the lock held.
func (s *speaker) startPass(e *entry, after time.Duration) {
	ctx, stop := context.WithCancel(s.running)
	s.stop = stop
	cue := Cue{Volume: s.desk.Volume, From: e.from()}
	if e.Order.Volume != nil {
		cue.Volume = *e.Order.Volume
	}
	s.passes.Add(1)
	go func() {
		defer s.passes.Done()
		defer stop()
		if !sleep(ctx, after) {
			return
		}
		cue.Left = time.UnixMicro(e.Order.ValidUntil).Sub(s.clock.Now())
		end := s.player.Play(ctx, e.Order, cue, func(src wire.Source) {
			s.do(func(now time.Time) {
				if ctx.Err() == nil {
					s.desk.begun(e, src, now)
				}
			})
		})
		s.do(func(now time.Time) {
			if ctx.Err() == nil { // a pass that was halted has no say
				s.desk.finished(e, end, now)
			}
		})
	}()
}

// authenticate judges whether a frame is genuine. Once a certificate was revoked here
// the verdict of the process no longer serves.
func (s *speaker) authenticate(frame []byte) (*wire.Order, wire.Reason) {
	s.mu.Lock()
	revoked := slices.Clone(s.desk.Revoked)
	s.mu.Unlock()
	if s.shared != nil && len(revoked) == 0 {
		return s.shared(frame, s.clock.Now())
	}
	t := wire.Trust{Issuers: s.issuers, Revoked: map[ebd.SerialNumber]bool{}}
	for _, n := range revoked {
		t.Revoked[n] = true
	}
	return t.Authenticate(frame, s.clock.Now())
}

// stands is where the terminal is now; the lock is held.
func (s *speaker) stands() wire.Place {
	p := s.place
	if m := s.desk.Moved; m != nil {
		p.Region, p.Position = m.Region, m.Position
	}
	return p
}

// receive judges a frame and acts on it.
func (s *speaker) receive(frame []byte) {
	if wire.IsConfirm(frame) {
		s.mu.Lock()
		session := s.session
		s.mu.Unlock()
		if counters, err := session.OpenConfirm(frame); err == nil {
			s.do(func(time.Time) { s.desk.confirmed(counters) })
		}
		return
	}
	o, reason := s.authenticate(frame)
	s.do(func(now time.Time) {
		if o != nil {
			s.tell(o)
		}
		if reason == wire.Accepted {
			reason = wire.Judge(o, s.stands(), now, &s.desk.Memory)
		}
		s.desk.take(o, reason, now)
	})
	if reason == wire.Accepted && o.Kind == wire.Play && s.arrived != nil {
		s.arrived(o)
	}
}

// heartbeat is the terminal's condition now; the lock is held.
func (s *speaker) heartbeat(now time.Time) *wire.Heartbeat {
	h := &wire.Heartbeat{At: now.UnixMicro(), Power: wire.Mains, Link: "ethernet", Volume: s.desk.Volume,
		Uptime: max(int64(now.Sub(s.started)/time.Second), 0), Boots: s.desk.Boots, Firmware: s.firmware}
	if e := s.desk.now; e != nil && e.Playing {
		h.Playing = e.Order.ID
	}
	if s.condition != nil {
		s.condition(h)
	}
	if s.faulty != "" {
		h.Faults = append(h.Faults, s.faulty)
	}
	return h
}

func (s *speaker) hello(now time.Time) *wire.Hello {
	h := &wire.Hello{Heartbeat: *s.heartbeat(now), Seqs: s.desk.Seqs}
	for id, held := range s.desk.Memory.Orders {
		if len(h.Held) == wire.MaxHeld {
			break
		}
		if held.Failed { // it can be had again
			continue
		}
		h.Held = append(h.Held, wire.OrderRef{Order: id, Version: held.Version})
	}
	return h
}

// connect opens one session and stays on the line until it breaks. It reports
// whether the platform admitted us.
func (s *speaker) connect(ctx context.Context) (admitted bool, err error) {
	session, err := wire.NewDeviceSession(s.key, s.receiptKey, s.place.Code, s.clock.Now(), rand.Reader)
	if err != nil {
		return false, err
	}
	conn, err := s.dial(ctx)
	if err != nil {
		return false, err
	}
	// The platform may be long in answering; whoever is told to end does not wait for it.
	waiting := context.AfterFunc(ctx, func() { _ = conn.Close() })
	client, err := mqtt.Connect(conn, mqtt.Options{ClientID: string(s.place.Code), Username: string(s.place.Code),
		Password: session.Token, MaxPacket: wire.MaxFrame + 1024, Clock: s.clock})
	waiting()
	if err != nil {
		return false, err
	}
	defer context.AfterFunc(ctx, func() { _ = client.Close() })()
	if err := client.Subscribe(wire.DownTopic(s.place.Code), 0); err != nil {
		_ = client.Close()
		return false, err
	}
	s.do(func(now time.Time) {
		s.session, s.client = session, client
		s.send(s.hello(now), now)
		backlog := s.backlog
		s.backlog = nil
		for _, r := range backlog {
			s.send(r, now)
		}
		s.desk.reconnected()
	})
	err = client.Run(func(_ string, frame []byte) {
		if s.late != nil && wire.IsOrder(frame) {
			s.late(ctx)
		}
		s.receive(frame)
	})
	s.mu.Lock()
	s.client = nil
	s.mu.Unlock()
	return true, err
}

// Pauses between attempts to connect: doubled each time, with a random part so that a
// city does not return all at once.
const (
	firstPause = time.Second
	lastPause  = 2 * time.Minute
)

// online keeps the terminal on the line until ctx ends. before is asked ahead of each
// attempt, may be nil, and may for instance set the clock.
func (s *speaker) online(ctx context.Context, before func(context.Context)) {
	pause, shutOut := firstPause, false
	for ctx.Err() == nil {
		if before != nil {
			before(ctx)
		}
		admitted, err := s.connect(ctx)
		if admitted {
			pause, shutOut = firstPause, false
		}
		if ctx.Err() != nil {
			return
		}
		var refused *mqtt.RefusedError
		if errors.As(err, &refused) && !shutOut { // once, not with every attempt
			shutOut = true
			s.log.Warn("the platform refuses the connection: the device was suspended, replaced or retired, or its clock is wrong",
				"terminal", s.place.Code, "code", refused.Code)
		}
		s.log.Debug("line lost", "terminal", s.place.Code, "error", err)
		sleep(ctx, pause/2+time.Duration(float64(pause)*random()))
		pause = min(pause*2, lastPause)
	}
}

// random is a number on [0, 1).
func random() float64 {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return float64(uint32(b[0])<<24|uint32(b[1])<<16|uint32(b[2])<<8|uint32(b[3])) / (1 << 32)
}

// beat sends a heartbeat if the terminal is on the line.
func (s *speaker) beat() {
	s.do(func(now time.Time) {
		s.send(s.heartbeat(now), now)
		s.desk.tick(now)
	})
}
