package ipterminal

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/tsout"
)

// stream is the sound of a message: from the message's beginning it is sent to terminals that took
// the order, as often as it should be played. Those that take it at about the same time are sent
// to together; one that comes later is sent to by itself, or after them where all hear one
// multicast.
type stream struct {
	group   *group
	show    *show
	number  int
	slot    int
	packets []packet
	length  time.Duration
	repeat  message.Repeat
	start   time.Time
	end     func()
	wake    chan struct{}

	mu        sync.Mutex
	listeners map[ebd.ResourceCode]*listener
}

// listener is a terminal that hears a stream.
type listener struct {
	at   netip.Addr
	sent bool // it is being sent to, or was
}

// newStream makes ready the sound of a show; g.mu is held.
func newStream(g *group, sh *show, sound []frame, repeat message.Repeat, start time.Time) *stream {
	s := &stream{group: g, show: sh, number: sh.number, slot: sh.slot, packets: packets(sound), repeat: repeat, start: start, wake: make(chan struct{}, 1), listeners: map[ebd.ResourceCode]*listener{}}
	for _, f := range sound {
		s.length += f.duration
	}
	ctx, cancel := context.WithCancel(g.ctx)
	s.end = cancel
	g.work.Go(func() { s.run(ctx) })
	return s
}

// join lets a terminal hear; one that comes back goes on where it was.
func (s *stream) join(code ebd.ResourceCode, at netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.listeners[code]; l != nil {
		l.at = at
		return
	}
	s.listeners[code] = &listener{at: at}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// next are those who are not sent to yet.
func (s *stream) next() (who []ebd.ResourceCode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for code, l := range s.listeners {
		if !l.sent {
			l.sent = true
			who = append(who, code)
		}
	}
	return who
}

// sleep waits until t, and reports whether ctx goes on.
func (s *stream) sleep(ctx context.Context, t time.Time) bool {
	d := t.Sub(s.group.Clock.Now())
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// Terminals that take an order one soon after the other are sent to together: what is waited for
// one more, and at most.
const (
	company     = 200 * time.Millisecond
	mostCompany = 3 * time.Second
)

func (s *stream) run(ctx context.Context) {
	if !s.sleep(ctx, s.start) {
		return
	}
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		}
		s.gather(ctx)
		who := s.next()
		switch {
		case len(who) == 0:
		case s.group.sound.group.IsValid(): // there is one stream for all
			s.send(ctx, who)
		default:
			s.group.work.Go(func() { s.send(ctx, who) })
		}
	}
}

// gather waits for those who come at about the same time; where all hear one stream, for as long
// as they keep coming.
func (s *stream) gather(ctx context.Context) {
	for until := s.group.Clock.Now().Add(mostCompany); s.sleep(ctx, s.group.Clock.Now().Add(company)) && s.group.sound.group.IsValid() && s.group.Clock.Now().Before(until); {
		select {
		case <-s.wake:
		default:
			return
		}
	}
}

// send sends the sound as often as it should be played, and then has those who heard it end.
func (s *stream) send(ctx context.Context, who []ebd.ResourceCode) {
	state := rtp{seq: uint16(rand.Uint32()), ssrc: rand.Uint32(), origin: rand.Uint32()}
	began := s.group.Clock.Now()
	for n := max(s.repeat.Count, 1); n > 0; {
		err := s.play(ctx, &state, began, who)
		if ctx.Err() != nil {
			return
		}
		pause := time.Duration(s.repeat.IntervalSeconds) * time.Second
		if n--; err != nil {
			n, pause = n+1, time.Second
			s.group.Log.Warn("alert: sound does not reach IP terminals; it is tried again", "output", s.group.config.ID, "message", s.show.message, "error", err)
		}
		if n > 0 && !s.sleep(ctx, s.group.Clock.Now().Add(pause)) {
			return
		}
	}
	s.over(who)
}

// play sends the sound once. One that cannot be reached holds up no other.
func (s *stream) play(ctx context.Context, state *rtp, began time.Time, who []ebd.ResourceCode) error {
	put, close, err := s.open(who)
	if err != nil {
		return err
	}
	defer close()
	start := s.group.Clock.Now()
	var buf []byte
	for i, p := range s.packets {
		if !s.sleep(ctx, start.Add(p.at)) {
			return nil
		}
		buf = state.write(buf, start.Add(p.at).Sub(began), i == 0, p.payload)
		if err := put(buf); err != nil {
			return err
		}
	}
	s.sleep(ctx, start.Add(s.length))
	return nil
}

// open is the way to who hears: the multicast group, or each of them.
func (s *stream) open(who []ebd.ResourceCode) (put func([]byte) error, close func() error, err error) {
	port := s.group.sound.port + uint16(2*s.slot)
	if group := s.group.sound.group; group.IsValid() {
		var w io.WriteCloser
		if w, err = tsout.Open("udp://" + net.JoinHostPort(group.String(), strconv.Itoa(int(port))) + s.group.sound.query); err != nil {
			return nil, nil, err
		}
		return func(b []byte) error { _, err := w.Write(b); return err }, w.Close, nil
	}
	conn, err := net.ListenUDP("udp", nil)
	if err != nil {
		return nil, nil, err
	}
	addrs := make([]netip.Addr, len(who))
	s.mu.Lock()
	for i, code := range who { // as they are now: one that came back may be elsewhere
		addrs[i] = s.listeners[code].at
	}
	s.mu.Unlock()
	return func(b []byte) (err error) {
		reached := false
		for _, a := range addrs {
			if _, e := conn.WriteToUDPAddrPort(b, netip.AddrPortFrom(a, port)); e != nil {
				err = e
			} else {
				reached = true
			}
		}
		if reached {
			return nil
		}
		return err
	}, conn.Close, nil
}

// over has those end who heard the sound as often as they should.
func (s *stream) over(who []ebd.ResourceCode) {
	g := s.group
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, code := range who {
		if r := s.show.rows[code]; r != nil && r.Number == s.number && (r.State == Accepted || r.State == Playing) {
			g.set(s.show, r, Ending)
			g.by[code].nudge()
		}
	}
}
