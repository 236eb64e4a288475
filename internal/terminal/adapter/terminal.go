package adapter

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/ebd/speaker"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
)

// TerminalOptions say what a simulated IP terminal is.
type TerminalOptions struct {
	Code      ebd.ResourceCode
	Physical  string          // the address it was made with, hexadecimal digits
	Adapter   string          // host:port it connects to
	Heartbeat time.Duration   // between heartbeats; 0 means 30 s
	Keys      []ebd.PublicKey // as in Options
	Clock     clock.Clock
	Log       *slog.Logger
}

// Terminal is a simulated IP terminal, Annexes D and E.
type Terminal struct {
	o TerminalOptions

	mu      sync.Mutex
	code    ebd.ResourceCode
	volume  speaker.Volume
	session uint32
	first   bool
	server  ebd.ResourceCode // who gives the orders, once it spoke
	show    programme
	pending []*speaker.Frame // reports not written yet
}

// NewTerminal makes a terminal that Run runs.
func NewTerminal(o TerminalOptions) *Terminal {
	if o.Heartbeat <= 0 {
		o.Heartbeat = 30 * time.Second
	}
	return &Terminal{o: o, code: o.Code, volume: 50, first: true}
}

// Run keeps the terminal connected until ctx ends.
func (t *Terminal) Run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := t.connect(ctx); err != nil && ctx.Err() == nil {
			t.o.Log.Warn("connection", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(retry):
		}
	}
}

// connect speaks with the adapter until the connection ends.
func (t *Terminal) connect(ctx context.Context) error {
	dialer := net.Dialer{Timeout: patience}
	conn, err := dialer.DialContext(ctx, "tcp", t.o.Adapter)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if err := t.write(conn, t.beat()); err != nil {
		return err
	}
	keep := func(f func() []*speaker.Frame) func(context.Context) {
		return func(context.Context) {
			if err := t.write(conn, f()...); err != nil {
				cancel()
			}
		}
	}
	all.Go(func() {
		t.o.Clock.Every(ctx, t.o.Heartbeat, keep(func() []*speaker.Frame { return []*speaker.Frame{t.beat()} }))
	})
	all.Go(func() { t.o.Clock.Every(ctx, tick, keep(t.reports)) })
	for r := speaker.NewFrameReader(conn, 0); ; {
		f, err := r.Next()
		if f == nil || err != nil {
			return err
		}
		answer := t.Answer(f)
		t.o.Log.Info("order", "name", f.Name, "session", f.Session, "answered", answer != nil)
		if answer == nil {
			continue
		}
		if err := t.write(conn, answer); err != nil {
			return err
		}
	}
}

// write writes frames whole, whoever else writes. Reports that could not be written stay
// pending for the next connection.
func (t *Terminal) write(conn net.Conn, frames ...*speaker.Frame) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range frames {
		b, err := f.Encode()
		if err != nil {
			return err
		}
		_ = conn.SetWriteDeadline(t.o.Clock.Now().Add(patience))
		if _, err := conn.Write(b); err != nil {
			return err
		}
		if len(t.pending) > 0 && t.pending[0] == f {
			t.pending = t.pending[1:]
		}
	}
	return nil
}

// beat is a heartbeat, by Annex D, in which the terminal asks.
func (t *Terminal) beat() *speaker.Frame {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := &speaker.TerminalHeartbeat{State: t.show.state(), First: 2, Physical: t.o.Physical}
	if t.first {
		b.First, t.first = 1, false
	}
	return t.frame(speaker.AnnexD, speaker.OrderHeartbeat, b)
}

// frame opens an exchange.
func (t *Terminal) frame(a speaker.Annex, o speaker.Order, b speaker.Body) *speaker.Frame {
	t.session++
	f := &speaker.Frame{Annex: a, Session: t.session, Source: t.code, Type: o, Body: b}
	if t.server != "" {
		f.Targets = []ebd.ResourceCode{t.server}
	}
	return f
}

// reports are what is to be told of tasks that began and ended by now.
func (t *Terminal) reports() []*speaker.Frame {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.advance()
	return append([]*speaker.Frame(nil), t.pending...)
}

func (t *Terminal) advance() {
	now := t.o.Clock.Now()
	begun, ended := t.show.step(now)
	for _, x := range begun {
		t.pending = append(t.pending, t.frame(speaker.AnnexE, speaker.OrderSwitch, &speaker.TaskSwitch{Switch: 1, Source: source(x), EBMID: x.id, Time: speaker.StampOf(now)}))
	}
	t.ended(ended, now)
}

func (t *Terminal) ended(list []task, now time.Time) {
	at := speaker.StampOf(now)
	for _, x := range list {
		t.pending = append(t.pending,
			t.frame(speaker.AnnexE, speaker.OrderSwitch, &speaker.TaskSwitch{Switch: 2, Source: source(x), EBMID: x.id, Time: at}),
			t.frame(speaker.AnnexE, speaker.OrderResult, &speaker.PlaybackResult{EBMID: x.id, Played: 1, Start: speaker.StampOf(x.begun), End: at, Times: 1, Reported: at}))
	}
}

func source(x task) speaker.TaskSource {
	if x.class == speaker.ClassEveryday {
		return speaker.TaskEveryday
	}
	return speaker.TaskEmergency
}

// Answer is what the terminal answers to a frame, nil to one that is an answer itself.
func (t *Terminal) Answer(f *speaker.Frame) *speaker.Frame {
	if f.Answer || f.Annex != speaker.AnnexD {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.server = f.Source
	out := &speaker.Frame{Annex: speaker.AnnexD, Session: f.Session, Answer: true, Source: t.code, Targets: []ebd.ResourceCode{f.Source}, Type: f.Type}
	if q, ok := f.Body.(*speaker.StateQuery); ok && t.addressed(f.Targets) {
		out.Annex, out.Body = speaker.AnnexE, t.state(q)
		return out
	}
	result := speaker.ResultUnsupported
	switch {
	case !t.addressed(f.Targets):
		result = speaker.ResultNoResource
	case !trusted(t.o.Keys, f.FindCoverage):
		result = speaker.ResultCertificate
	default:
		switch b := f.Body.(type) {
		case *speaker.StartOrder:
			result = t.start(b)
		case *speaker.StopOrder:
			now := t.o.Clock.Now()
			t.ended(t.show.stop(b.EBMID, now), now)
			result = speaker.ResultDone
		case *speaker.Settings:
			result = t.set(b)
		case *speaker.Certificates:
			result = speaker.ResultDone
		case *speaker.Opaque: // a type that no table names, which cannot be answered under its number
			return nil
		}
	}
	out.Body = &speaker.Answer{Result: result}
	return out
}

// addressed reports whether a frame is for this terminal; one that names nobody is.
func (t *Terminal) addressed(targets []ebd.ResourceCode) bool {
	for _, c := range targets {
		if c.Includes(t.code) {
			return true
		}
	}
	return len(targets) == 0
}

func (t *Terminal) start(b *speaker.StartOrder) speaker.Result {
	if !t.o.Clock.Now().Before(b.End.Time()) {
		return speaker.ResultParameter
	}
	x := task{id: b.EBMID, class: b.Class, level: b.Level, event: b.Event, volume: b.Volume, start: b.Start.Time(), end: b.End.Time()}
	if !t.show.add(x) {
		return speaker.ResultBusy
	}
	t.advance()
	return speaker.ResultDone
}

// set does what it can of the settings.
func (t *Terminal) set(s *speaker.Settings) speaker.Result {
	for _, p := range s.Parameters {
		switch v := p.Value.(type) {
		case *speaker.VolumeValue:
			if v.Volume != speaker.KeepVolume {
				t.volume = v.Volume
			}
		case *speaker.Identity:
			if v.Physical != t.o.Physical {
				return speaker.ResultParameter
			}
			t.code = v.Code
		case *speaker.Opaque:
			return speaker.ResultUnsupported
		}
	}
	return speaker.ResultDone
}

// state answers a query; parameters it does not have it leaves out.
func (t *Terminal) state(q *speaker.StateQuery) *speaker.StateAnswer {
	out := new(speaker.StateAnswer)
	for _, id := range q.Parameters {
		var v speaker.Body
		switch id {
		case speaker.ParamVolume:
			v = &speaker.VolumeValue{Volume: t.volume}
		case speaker.ParamCode:
			v = &speaker.CodeValue{Code: t.code}
		case speaker.ParamPhysical:
			v = &speaker.PhysicalValue{Physical: t.o.Physical}
		case speaker.ParamState:
			v = &speaker.StateValue{State: t.show.state()}
		case speaker.ParamFault:
			v = &speaker.FaultValue{}
		default:
			out.Result = speaker.ResultMissing
			continue
		}
		out.Parameters = append(out.Parameters, speaker.Param{ID: id, Value: v})
	}
	return out
}
