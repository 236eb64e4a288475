package ipterminal

import (
	"context"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/tsout"
)

// stream is the sound of a message: it is sent from the message's beginning while there is a
// terminal that has not had it as often as it should be played.
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
	left int // plays
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
	s.listeners[code] = &listener{at, max(s.repeat.Count, 1)}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// audience are those who still have something to hear.
func (s *stream) audience() map[ebd.ResourceCode]netip.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[ebd.ResourceCode]netip.Addr{}
	for code, l := range s.listeners {
		if l.left > 0 {
			out[code] = l.at
		}
	}
	return out
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

func (s *stream) run(ctx context.Context) {
	if !s.sleep(ctx, s.start) {
		return
	}
	state := rtp{seq: uint16(rand.Uint32()), ssrc: rand.Uint32(), origin: rand.Uint32()}
	began := s.group.Clock.Now()
	for ctx.Err() == nil {
		who := s.audience()
		if len(who) == 0 {
			select {
			case <-ctx.Done():
			case <-s.wake:
			}
			continue
		}
		if err := s.play(ctx, &state, began, who); err != nil && ctx.Err() == nil {
			s.group.Log.Warn("alert: sound does not reach IP terminals; it is tried again", "output", s.group.config.ID, "message", s.show.message, "error", err)
			s.sleep(ctx, s.group.Clock.Now().Add(time.Second))
			continue
		}
		if ctx.Err() != nil {
			return
		}
		s.played(who)
		if len(s.audience()) > 0 {
			s.sleep(ctx, s.group.Clock.Now().Add(time.Duration(s.repeat.IntervalSeconds)*time.Second))
		}
	}
}

// play sends the sound once to who hears it. One that cannot be reached holds up no other.
func (s *stream) play(ctx context.Context, state *rtp, began time.Time, who map[ebd.ResourceCode]netip.Addr) error {
	send, close, err := s.open(who)
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
		if err := send(buf); err != nil {
			return err
		}
	}
	s.sleep(ctx, start.Add(s.length))
	return nil
}

// open is the way to who hears: the multicast group, or each of them.
func (s *stream) open(who map[ebd.ResourceCode]netip.Addr) (send func([]byte) error, close func() error, err error) {
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
	addrs := slices.Collect(maps.Values(who))
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

// played counts a play, and has those end who heard it as often as they should.
func (s *stream) played(who map[ebd.ResourceCode]netip.Addr) {
	var over []ebd.ResourceCode
	s.mu.Lock()
	for code := range who {
		l := s.listeners[code]
		if l.left--; l.left == 0 {
			over = append(over, code)
		}
	}
	s.mu.Unlock()
	g := s.group
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, code := range over {
		if r := s.show.rows[code]; r != nil && r.Number == s.number && (r.State == Accepted || r.State == Playing) {
			g.set(s.show, r, Ending)
			g.by[code].nudge()
		}
	}
}
