package ipterminal

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/ebd/speaker"
)

// Limits on a connection.
const (
	idle       = 3 * time.Minute // that says nothing is closed; the standard's heartbeat is well below
	perSecond  = 20              // frames; more than that waits, and burst of them at once
	burst      = 100
	maxAnswers = 32 // that a terminal does not read
)

// session is one connection of a terminal. Its fields beside answers and wake are guarded by
// the mutex of the terminal's group.
type session struct {
	conn    net.Conn
	since   time.Time
	answers chan *speaker.Frame
	wake    chan struct{}
	why     func(string) // ends it

	named   ebd.ResourceCode // how the terminal calls itself
	renamed bool             // it was told its code
	pending *order           // what it owes an answer to
	given   map[*show]int    // versions that it was ordered to play on this connection
	ended   map[*show]int    // and to end
	door    *Door
}

func (s *session) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *session) drop(why string) { s.why(why) }

// ask notes what is asked, which is the terminal's next to answer.
func (s *session) ask(now time.Time, o *order) *order {
	o.at, o.session = now, s.door.session.Add(1)
	s.pending = o
	return o
}

// address is where the terminal is.
func (s *session) address() netip.Addr {
	a, _ := netip.ParseAddrPort(s.conn.RemoteAddr().String())
	return a.Addr().Unmap()
}

// serve speaks with who connected, until either has enough. greeted is called once it said
// who it is, or is gone.
func (d *Door) serve(ctx context.Context, conn net.Conn, greeted func()) {
	defer conn.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	in := speaker.NewFrameReader(conn, 0)
	_ = conn.SetDeadline(d.Clock.Now().Add(d.patience()))
	t, s := d.greet(ctx, conn, in, cancel)
	greeted()
	if t == nil {
		return
	}
	defer t.gone(s)
	var writing sync.WaitGroup
	defer writing.Wait()
	defer cancel()
	writing.Go(func() { defer cancel(); s.write(ctx, t) })
	pace := rate.NewLimiter(perSecond, burst)
	for pace.Wait(ctx) == nil {
		_ = conn.SetReadDeadline(d.Clock.Now().Add(idle))
		f, err := in.Next()
		if f == nil {
			return
		}
		if err != nil { // there is no finding the next frame
			d.Log.Warn("alert: an IP terminal sends what is no frame", "code", t.code, "error", err)
			return
		}
		bad := t.key != nil && f.Annex == speaker.AnnexD && !signedBy(t, f) // frames of Annex E have no place for a signature
		if f.Answer && f.Annex == speaker.AnnexD {
			if !bad {
				t.answered(s, f)
			}
			continue
		}
		if _, unknown := f.Body.(*speaker.Opaque); unknown || f.Answer { // it cannot be answered, or is no report
			continue
		}
		result := speaker.ResultNoResource
		switch {
		case !s.isFrom(t, f.Source):
		case bad:
			result = speaker.ResultCertificate
		default:
			result = t.heard(ctx, s, f)
		}
		if !s.answer(t, f, result) {
			return
		}
	}
}

// greet waits for the heartbeat with which a terminal begins, and lets it in if it is known.
func (d *Door) greet(ctx context.Context, conn net.Conn, in *speaker.FrameReader, cancel func()) (*terminal, *session) {
	f, err := in.Next()
	if err != nil || f.Answer && f.Annex == speaker.AnnexD {
		return nil, nil
	}
	beat, ok := f.Body.(*speaker.TerminalHeartbeat)
	if !ok {
		return nil, nil
	}
	result := speaker.ResultDone
	t := d.find(f.Source, strings.ToLower(beat.Physical))
	switch {
	case t == nil:
		result = resultStranger
	case t.key != nil && !signedBy(t, f):
		result = speaker.ResultCertificate
		if d.strangers.Tell("unsigned "+string(t.code), d.Clock.Now()) {
			d.Log.Warn("alert: an IP terminal's heartbeat has no good signature", "code", t.code)
		}
	}
	s := &session{conn: conn, since: d.Clock.Now(), answers: make(chan *speaker.Frame, maxAnswers), wake: make(chan struct{}, 1), named: f.Source, given: map[*show]int{}, ended: map[*show]int{}, door: d}
	s.why = func(why string) {
		if ctx.Err() != nil { // the door shuts, or the connection was ended before
			return
		}
		d.Log.Info("alert: an IP terminal's connection is ended", "code", f.Source, "why", why)
		cancel()
	}
	if result != speaker.ResultDone {
		if raw, err := reply(f, d.Source(), result).Encode(); err == nil {
			_, _ = conn.Write(raw)
		}
		return nil, nil
	}
	t.came(s)
	if result := t.heard(ctx, s, f); !s.answer(t, f, result) {
		t.gone(s)
		return nil, nil
	}
	return t, s
}

const resultStranger speaker.Result = 71 // Table D.12

// signedBy reports whether a frame has its terminal's signature.
func signedBy(t *terminal, f *speaker.Frame) bool {
	_, ok := f.FindCoverage(*t.key)
	return ok
}

// came puts a connection in place of the one before, which must be dead.
func (t *terminal) came(s *session) {
	g := t.group
	g.mu.Lock()
	defer g.mu.Unlock()
	if t.session != nil {
		t.session.drop("it connected anew")
	}
	if g.left {
		s.drop("its output was changed")
		return
	}
	t.session = s
	for _, sh := range g.shows {
		sh.stale = sh.stale || sh.rows[t.code] != nil
	}
}

func (t *terminal) gone(s *session) {
	g := t.group
	g.mu.Lock()
	defer g.mu.Unlock()
	if t.session == s {
		t.session = nil
		for _, sh := range g.shows {
			sh.stale = sh.stale || sh.rows[t.code] != nil
		}
	}
}

// isFrom reports whether a frame speaks for the terminal of this connection.
func (s *session) isFrom(t *terminal, source ebd.ResourceCode) bool {
	t.group.mu.Lock()
	defer t.group.mu.Unlock()
	return source == t.code || source == s.named
}

// reply is the answer to a report.
func reply(f *speaker.Frame, source ebd.ResourceCode, result speaker.Result) *speaker.Frame {
	return &speaker.Frame{Annex: speaker.AnnexD, Session: f.Session, Answer: true, Source: source, Targets: []ebd.ResourceCode{f.Source}, Type: f.Type, Body: &speaker.Answer{Result: result}}
}

// answer answers a report; false says that the terminal does not read its answers.
func (s *session) answer(t *terminal, f *speaker.Frame, result speaker.Result) bool {
	select {
	case s.answers <- reply(f, s.door.Source(), result):
		return true
	default:
		s.drop("it does not read what it is answered")
		return false
	}
}

// write writes answers and orders, each whole. A terminal that does not read is given up after
// a while; it holds up nobody but itself.
func (s *session) write(ctx context.Context, t *terminal) {
	put := func(f *speaker.Frame) bool {
		raw, err := f.Encode()
		if err != nil {
			t.group.Log.Error("alert: what an IP terminal is told could not be written", "code", t.code, "error", err)
			return false
		}
		_ = s.conn.SetWriteDeadline(t.group.Clock.Now().Add(s.door.patience()))
		_, err = s.conn.Write(raw)
		return err == nil
	}
	for {
		select {
		case <-ctx.Done():
			return
		case f := <-s.answers:
			if !put(f) {
				return
			}
		case <-s.wake:
			o := t.next(s)
			if o == nil {
				continue
			}
			f, err := t.signed(s, o)
			if err != nil {
				t.group.Log.Error("alert: an order to an IP terminal could not be signed", "code", t.code, "error", err)
				return
			}
			if !put(f) {
				return
			}
		}
	}
}

// signed is the frame of an order.
func (t *terminal) signed(s *session, o *order) (*speaker.Frame, error) {
	g := t.group
	g.mu.Lock()
	to := s.named
	g.mu.Unlock()
	f := &speaker.Frame{Annex: speaker.AnnexD, Session: o.session, Source: s.door.Source(), Targets: []ebd.ResourceCode{to}, Type: o.kind, Body: o.body}
	key, cert := g.Signing()
	return f, f.Sign(key, cert.Number, g.Clock.Now(), speaker.Standard)
}
