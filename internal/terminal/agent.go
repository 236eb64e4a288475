package terminal

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Config is what an agent is started with. The rest it learned at enrolment.
type Config struct {
	Dir        string // the state folder
	Firmware   string // version told to the platform
	Commands   Commands
	CacheBytes int64  // limit of fetched audio; 0 means 512 MiB
	Player     Player // nil: play through Commands
	Clock      clock.Clock
	Log        *slog.Logger
	// Told hears of every *wire.Order that comes and every *wire.Receipt and *wire.Result made
	// of it; it must not wait. May be nil.
	Told func(any)
}

// Enrolment is what a device needs once to join a platform.
type Enrolment struct {
	Server string           // https://host
	Pin    string           // SHA-256 of the HTTPS server's or its authority's certificate; empty: the system's authorities
	Token  string           // from the platform
	Code   ebd.ResourceCode // empty: the platform chooses by the token
	Model  string
	Serial string
}

// Enrol joins the platform and writes the state folder. It tries until the platform
// answers, refuses, or ctx ends.
func Enrol(ctx context.Context, c Config, e Enrolment) (*wire.EnrolResponse, error) {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, err
	}
	f := folder(c.Dir)
	key, err := f.key()
	if err != nil {
		return nil, err
	}
	p, err := newPlatform(e.Server, e.Pin, c.Clock)
	if err != nil {
		return nil, err
	}
	answer, err := enrol(ctx, p, key, e, c.Firmware, c.Clock)
	if err != nil {
		return nil, err
	}
	if e.Pin != "" && answer.TLSPin == "" {
		answer.TLSPin = e.Pin
	}
	if err := f.writeJSON("state.json", &desk{Volume: answer.Volume, Period: answer.Period}); err != nil {
		return nil, err
	}
	return answer, f.writeJSON("identity.json", identity{p.server, &e.Pin, *answer})
}

// enrol asks with growing pauses until there is a final answer.
func enrol(ctx context.Context, p *platform, key *ebd.PrivateKey, e Enrolment, firmware string, c clock.Clock) (*wire.EnrolResponse, error) {
	for pause := firstPause; ; pause = min(pause*2, lastPause) {
		req, err := wire.NewEnrolRequest(key, e.Token, e.Code, e.Model, e.Serial, firmware, c.Now())
		if err != nil {
			return nil, err
		}
		answer, err := p.enrol(ctx, req)
		var no *refusal
		var form *wire.FormError
		if err == nil || errors.As(err, &no) || errors.As(err, &form) || ctx.Err() != nil {
			return answer, err
		}
		if !sleep(ctx, pause/2+time.Duration(float64(pause)*random())) {
			return nil, errors.Join(ctx.Err(), err)
		}
	}
}

// Agent is one real loudspeaker.
type Agent struct {
	speaker  *speaker
	platform *platform
	clock    *corrected
	log      *slog.Logger
}

// Open reads the state folder that Enrol made.
func Open(c Config) (*Agent, error) {
	f := folder(c.Dir)
	var id identity
	switch found, err := f.readJSON("identity.json", &id); {
	case err != nil:
		return nil, fmt.Errorf("terminal: %s: %w", f.path("identity.json"), err)
	case !found:
		return nil, fault.New(fault.NotFound, "terminal.not_enrolled", fault.Args{"dir": c.Dir})
	}
	if err := id.Enrolment.Validate(); err != nil {
		return nil, err
	}
	key, err := f.key()
	if err != nil {
		return nil, err
	}
	a := &Agent{clock: &corrected{Clock: c.Clock}, log: c.Log}
	r := &id.Enrolment
	if a.platform, err = newPlatform(id.Server, id.webPin(), a.clock); err != nil {
		return nil, err
	}
	dial, err := dialer(r, a.clock)
	if err != nil {
		return nil, err
	}
	s := &speaker{key: key, receiptKey: ebd.PublicKey(r.ReceiptKey), clock: a.clock, player: c.Player, firmware: c.Firmware, log: c.Log, told: c.Told,
		place: wire.Place{Code: r.Code, Region: r.Region, Position: r.Position},
		store: func(s *speaker) error { return f.writeJSON("state.json", &s.desk) }, dial: dial, issuers: r.Trust().Issuers}
	s.desk = desk{Volume: r.Volume, Period: r.Period}
	if _, err := f.readJSON("state.json", &s.desk); err != nil {
		return nil, fmt.Errorf("terminal: state.json: %w", err)
	}
	a.speaker = s
	kernel := machine{"/"}
	s.condition = kernel.condition
	if s.player == nil {
		a.equip(c, f, r)
	}
	own := s.condition
	s.condition = func(h *wire.Heartbeat) {
		own(h)
		h.Offset = a.clock.offset.Load()
	}
	return a, nil
}

// equip gives the agent a real loudspeaker.
func (a *Agent) equip(c Config, f folder, r *wire.EnrolResponse) {
	s := a.speaker
	if c.CacheBytes == 0 {
		c.CacheBytes = 512 << 20
	}
	l := &loudspeaker{commands: c.Commands, scratch: f, log: c.Log,
		media: &media{platform: a.platform, base: r.MediaBase, dir: f.path("audio"), limit: c.CacheBytes}}
	if c.Commands.Capture != "" {
		l.mic = &microphone{command: c.Commands.Capture, dir: folder(f.path("sample")), log: c.Log, running: func() context.Context { return s.running }, upload: a.upload}
	}
	s.player = l
	kernel := s.condition
	s.condition = func(h *wire.Heartbeat) {
		kernel(h)
		h.Faults = append(h.Faults, l.faults()...)
	}
	s.arrived = func(o *wire.Order) { // so that a queued message is there when its turn comes
		go func() {
			ctx, stop := context.WithTimeout(s.running, 5*time.Minute)
			defer stop()
			for i := range o.Audio {
				if _, err := l.media.file(ctx, &o.Audio[i]); err != nil { // tried again, and reported, when it plays
					c.Log.Warn("audio could not be fetched ahead", "order", o.ID, "error", err)
				}
			}
		}()
	}
}

func (a *Agent) upload(ctx context.Context, digest string, sample []byte) error {
	id, err := wire.NewSessionID(a.clock.Now(), rand.Reader)
	if err != nil {
		return err
	}
	return a.platform.upload(ctx, a.speaker.key, a.speaker.place.Code, id, digest, sample)
}

// Code is who the agent is.
func (a *Agent) Code() ebd.ResourceCode { return a.speaker.place.Code }

// Run serves until ctx ends. What sounds then is taken up again by the next Run on the
// same folder, as after a power cut.
func (a *Agent) Run(ctx context.Context) error {
	s := a.speaker
	s.begin(ctx)
	go s.beats(ctx)
	go s.clock.Every(ctx, time.Second, func(context.Context) { s.do(s.desk.tick) })
	s.online(ctx, a.setClock)
	s.passes.Wait()
	return nil
}

// setClock asks the platform for the time; without an answer the clock stays.
func (a *Agent) setClock(ctx context.Context) {
	ctx, stop := context.WithTimeout(ctx, 10*time.Second)
	defer stop()
	asked := a.clock.Clock.Now()
	t, err := a.platform.now(ctx)
	if err != nil {
		a.log.Warn("the platform did not tell the time", "error", err)
		return
	}
	a.clock.set(t, asked)
}

// beats sends heartbeats, each after the period and a random tenth of it.
func (s *speaker) beats(ctx context.Context) {
	for {
		s.mu.Lock()
		period := time.Duration(s.desk.Period) * time.Second
		s.mu.Unlock()
		if !sleep(ctx, period-time.Duration(float64(period)*random()/10)) {
			return
		}
		s.beat()
	}
}

func dialTLS(ctx context.Context, d *net.Dialer, addr string, conf *tls.Config) (net.Conn, error) {
	return (&tls.Dialer{NetDialer: d, Config: conf}).DialContext(ctx, "tcp", addr)
}
