package terminal

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
)

// Fault is what is wrong with one simulated terminal.
type Fault string

// Faults of simulated terminals.
const (
	Healthy Fault = ""
	Offline Fault = "offline" // enrolled, but never connects
	Late    Fault = "late"    // acts on an order 5–30 s after it came
	Failing Fault = "failing" // its player fails
	Silent  Fault = "silent"  // claims to have played, but nothing is heard
	Deaf    Fault = "deaf"    // plays well, its microphone is broken
)

// Mix is the share of each fault, 0–1; together at most 1.
type Mix struct{ Offline, Late, Failing, Silent, Deaf float64 }

// Validate checks that the shares are shares.
func (m Mix) Validate() error {
	sum := 0.0
	for _, x := range []float64{m.Offline, m.Late, m.Failing, m.Silent, m.Deaf} {
		if !(x >= 0 && x <= 1) {
			return errors.New("terminal: a share of faults must lie between 0 and 1")
		}
		sum += x
	}
	if sum > 1 {
		return errors.New("terminal: the shares of faults must not exceed 1 together")
	}
	return nil
}

// of is the fault of the terminal code under a seed.
func (m Mix) of(seed uint64, code ebd.ResourceCode) Fault {
	x := share(seed, string(code), "fault")
	for _, f := range []struct {
		share float64
		fault Fault
	}{{m.Offline, Offline}, {m.Late, Late}, {m.Failing, Failing}, {m.Silent, Silent}, {m.Deaf, Deaf}} {
		if x < f.share {
			return f.fault
		}
		x -= f.share
	}
	return Healthy
}

// Simulation is how a simulator is started.
type Simulation struct {
	Count  int
	Server string // https://host or http://host
	Pin    string
	Tokens []Token // one for all, or one for each
	Dir    string
	Seed   uint64
	Speed  float64 // playing is this much faster than real; 0 means 1
	Mix    Mix
	Stats  io.Writer     // a line now and then; nil: none
	Every  time.Duration // between lines; 0 means 10 s
	Clock  clock.Clock
	Log    *slog.Logger
}

// Token is one line of an enrolment token file.
type Token struct {
	Token string
	Code  ebd.ResourceCode // empty: the platform chooses
}

// ReadTokens reads a token file: a token on each line, optionally followed by the
// resource code it is for. Empty lines and lines that begin with # are passed over.
func ReadTokens(path string) (tokens []Token, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for i, line := range strings.Split(string(b), "\n") {
		f := strings.Fields(line)
		if len(f) == 0 || strings.HasPrefix(f[0], "#") {
			continue
		}
		t := Token{Token: f[0]}
		if len(f) > 1 {
			if t.Code, err = ebd.ParseResourceCode(f[1]); err != nil || len(f) > 2 {
				return nil, fmt.Errorf("%s: line %d: want a token and a resource code (%w)", path, i+1, err)
			}
		}
		tokens = append(tokens, t)
	}
	if len(tokens) == 0 {
		return nil, fmt.Errorf("%s holds no token", path)
	}
	return tokens, nil
}

// Simulator is many terminals in one process, over real connections.
type Simulator struct {
	o        Simulation
	platform *platform
	common   *wire.EnrolResponse // what is the same for all
	trust    wire.Trust
	media    *media
	all      []*speaker
	faults   []Fault
	dial     func(context.Context) (net.Conn, error)

	mu       sync.Mutex
	verdicts map[[32]byte]verdict
	dirty    bool
}

// verdict is the part of a judgement that is the same for every terminal.
type verdict struct {
	order  *wire.Order
	reason wire.Reason
	until  time.Time
}

// Simulate takes up the state in o.Dir, enrols as many terminals as are missing, and
// runs them until ctx ends.
func Simulate(ctx context.Context, o Simulation) error {
	if o.Speed <= 0 {
		o.Speed = 1
	}
	if o.Every <= 0 {
		o.Every = 10 * time.Second
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return err
	}
	s := &Simulator{o: o, verdicts: map[[32]byte]verdict{}}
	var err error
	if s.platform, err = newPlatform(o.Server, o.Pin, o.Clock); err != nil {
		return err
	}
	if err := s.load(); err != nil {
		return err
	}
	if err := s.enrolMissing(ctx); err != nil {
		return errors.Join(err, s.save())
	}
	if err := s.save(); err != nil {
		return err
	}
	return s.run(ctx)
}

// enrolMissing brings the number of terminals to what was asked for.
func (s *Simulator) enrolMissing(ctx context.Context) error {
	missing := s.o.Count - len(s.all)
	if missing > 0 && len(s.o.Tokens) > 1 && len(s.o.Tokens) < s.o.Count {
		return fmt.Errorf("terminal: %d tokens for %d terminals", len(s.o.Tokens), s.o.Count)
	}
	if missing > 0 && len(s.o.Tokens) == 0 {
		return errors.New("terminal: an enrolment token is needed")
	}
	first := len(s.all)
	const workers = 16
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(workers, max(missing, 0)) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range next {
				if err := s.enrolOne(ctx, i); err != nil {
					stop(err)
				}
			}
		}()
	}
	for i := first; i < s.o.Count && ctx.Err() == nil; i++ {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	wg.Wait()
	return context.Cause(ctx)
}

func (s *Simulator) enrolOne(ctx context.Context, i int) error {
	key, err := ebd.GenerateKey()
	if err != nil {
		return err
	}
	t := s.o.Tokens[0]
	if len(s.o.Tokens) > 1 {
		t = s.o.Tokens[i]
	}
	e := Enrolment{Token: t.Token, Code: t.Code, Model: "simulated", Serial: fmt.Sprintf("SIM-%d-%05d", s.o.Seed, i)}
	r, err := enrol(ctx, s.platform, key, e, "simulator", s.o.Clock)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.common == nil {
		s.common = r
	}
	s.add(key, r.Code, r.Region, r.Position, &desk{Volume: r.Volume, Period: r.Period})
	return nil
}

// firstSound is the least that a player takes to its first sound, at most twice that.
const firstSound = 250 * time.Millisecond

// add makes one terminal.
func (s *Simulator) add(key *ebd.PrivateKey, code ebd.ResourceCode, region ebd.AreaCode, at *wire.Point, d *desk) {
	fault := s.o.Mix.of(s.o.Seed, code)
	t := &speaker{key: key, clock: s.o.Clock, firmware: "simulator", log: s.o.Log,
		place: wire.Place{Code: code, Region: region, Position: at}, desk: *d,
		shared: s.authenticate, store: s.touch, dial: func(ctx context.Context) (net.Conn, error) { return s.dial(ctx) }}
	t.player = &timed{speed: s.o.Speed, fault: fault, level: -24 + 12*share(s.o.Seed, string(code), "level"), media: func() *media { return s.media },
		start: firstSound + time.Duration(share(s.o.Seed, string(code), "start")*float64(firstSound))}
	switch fault {
	case Deaf:
		t.condition = func(h *wire.Heartbeat) { h.Faults = []string{"microphone"} }
	case Failing:
		t.condition = func(h *wire.Heartbeat) { h.Faults = []string{"player"} }
	case Late:
		wait := 5*time.Second + time.Duration(25*share(s.o.Seed, string(code), "late")*float64(time.Second))
		t.late = func(ctx context.Context) { sleep(ctx, wait) }
	}
	s.all, s.faults = append(s.all, t), append(s.faults, fault)
}

// touch notes that the file on disk is behind; tend writes it within seconds. A
// simulated power cut therefore loses a little of the memory, a real agent's none.
func (s *Simulator) touch(*speaker) error {
	s.mu.Lock()
	s.dirty = true
	s.mu.Unlock()
	return nil
}

// authenticate verifies identical bytes once per minute for all terminals.
func (s *Simulator) authenticate(frame []byte, now time.Time) (*wire.Order, wire.Reason) {
	sum := sha256.Sum256(frame)
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, ok := s.verdicts[sum]; ok && now.Before(v.until) {
		return v.order, v.reason
	}
	if len(s.verdicts) >= 1000 {
		clear(s.verdicts)
	}
	o, reason := s.trust.Authenticate(frame, now)
	s.verdicts[sum] = verdict{o, reason, now.Add(time.Minute)}
	return o, reason
}

// run connects everybody and keeps them going.
func (s *Simulator) run(ctx context.Context) error {
	if len(s.all) == 0 {
		return errors.New("terminal: there is nothing to simulate")
	}
	s.trust = s.common.Trust()
	dial, err := dialer(s.common, s.o.Clock)
	if err != nil {
		return err
	}
	door := make(chan struct{}, 64) // so many shake hands at a time
	s.dial = func(ctx context.Context) (net.Conn, error) {
		select {
		case door <- struct{}{}:
			defer func() { <-door }()
			return dial(ctx)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	s.media = &media{platform: s.platform, base: s.common.MediaBase, dir: folder(s.o.Dir).path("audio"), limit: 1 << 30}
	var wg sync.WaitGroup
	for i, t := range s.all {
		t.receiptKey, t.issuers = ebd.PublicKey(s.common.ReceiptKey), s.trust.Issuers
		t.begin(ctx)
		if s.faults[i] == Offline {
			continue
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			t.online(ctx, nil)
		}()
	}
	s.tend(ctx)
	wg.Wait()
	for _, t := range s.all {
		t.passes.Wait()
	}
	return s.save()
}

// State is written so often, and takes so small a share of the time.
const (
	saveEvery = 5 * time.Second
	saveShare = 20
)

// tend is the one clockwork for all: ticks, heartbeats, saving, statistics.
func (s *Simulator) tend(ctx context.Context) {
	due := make([]time.Time, len(s.all)) // next heartbeats, spread over the period
	start := s.o.Clock.Now()
	for i, t := range s.all {
		due[i] = start.Add(time.Duration(share(s.o.Seed, string(t.place.Code), "beat") * float64(t.desk.Period) * float64(time.Second)))
	}
	saving, told := start.Add(saveEvery), start
	s.o.Clock.Every(ctx, time.Second, func(context.Context) {
		now := s.o.Clock.Now()
		for i, t := range s.all {
			switch {
			case s.faults[i] == Offline:
			case now.Before(due[i]):
				t.do(t.desk.tick)
			default:
				t.beat()
				due[i] = now.Add(time.Duration(float64(t.desk.Period) * (0.9 + 0.1*random()) * float64(time.Second)))
			}
		}
		if !now.Before(saving) {
			if err := s.saveIfDirty(); err != nil {
				s.o.Log.Error("state not stored", "error", err)
			}
			// The file is written as a whole: a large one less often.
			end := s.o.Clock.Now()
			saving = end.Add(max(saveEvery, saveShare*end.Sub(now)))
		}
		if s.o.Stats != nil && now.Sub(told) >= s.o.Every {
			told = now
			fmt.Fprintln(s.o.Stats, s.Stats())
		}
	})
}

// Stats counts the terminals by state.
type Stats struct{ Terminals, Online, Holding, Playing, Unconfirmed int }

func (s Stats) String() string {
	return fmt.Sprintf("terminals %d, online %d, holding orders %d, playing %d, unconfirmed reports %d",
		s.Terminals, s.Online, s.Holding, s.Playing, s.Unconfirmed)
}

// Stats is the present count.
func (s *Simulator) Stats() (n Stats) {
	for _, t := range s.all {
		t.mu.Lock()
		n.Terminals++
		if t.client != nil {
			n.Online++
		}
		if len(t.desk.Entries) > 0 {
			n.Holding++
		}
		if t.desk.now != nil {
			n.Playing++
		}
		n.Unconfirmed += len(t.desk.Pending)
		t.mu.Unlock()
	}
	return n
}
