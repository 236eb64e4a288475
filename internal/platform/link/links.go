package link

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/keyring"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Options are what links stand on.
type Options struct {
	DB     *store.DB
	Clock  clock.Clock
	Log    *slog.Logger
	Sealer *keyring.Sealer
	Ring   *keyring.Ring
	Site   string      // of this node
	Listen string      // address at which nodes below join, empty for none
	TLS    *tls.Config // of that address
	Upper  string      // address of the node above, in place of what it told
}

// Answer answers one kind of question of another node.
type Answer func(ctx context.Context, from Node, question []byte) ([]byte, error)

// Work is what goes on beside a link while the node is joined: woken tells, at most once
// for many, that the other node has something new.
type Work func(ctx context.Context, with Node, woken <-chan struct{})

// Links are this node's links, kept up while Run runs.
type Links struct {
	Options
	answers map[string]Answer
	work    Work
	giveUp  time.Duration // after so long without a connection the way up is opened anew

	mu    sync.Mutex
	lines map[string]*line // by site
	halls map[bool]*hall   // by whether it goes to the node above
}

// line is a link as it is now.
type line struct {
	Node
	key   ebd.PublicKey
	conn  *nats.Conn
	woken chan struct{}
	stop  context.CancelFunc
	done  sync.WaitGroup
	room  chan struct{} // questions under way

	mu    sync.Mutex
	said  string // the last error
	heard time.Time
}

// New makes links. Answers and work are given before Run.
func New(o Options) *Links {
	return &Links{Options: o, answers: map[string]Answer{}, giveUp: 20 * time.Second, lines: map[string]*line{}, halls: map[bool]*hall{}}
}

// Handle answers questions of a kind.
func (l *Links) Handle(what string, a Answer) { l.answers[what] = a }

// Beside gives the work that goes on beside each link.
func (l *Links) Beside(w Work) { l.work = w }

// How links are looked after.
const (
	lookEvery  = time.Second // for nodes that joined or were revoked
	pulseEvery = time.Second
	askWait    = 10 * time.Second
	pulseWait  = 2 * time.Second
	atOnce     = 4 // questions of one node that are answered at a time
)

// CutAfter is how long a node may not answer before its link counts as cut.
const CutAfter = 3 * time.Second

const (
	pulse = "pulse"
	wake  = "wake"
)

// Run keeps links up until ctx ends.
func (l *Links) Run(ctx context.Context) error {
	defer l.shut(true)
	defer l.shut(false)
	look := func(ctx context.Context) {
		nodes, err := joined(ctx, l.DB)
		if err != nil {
			if ctx.Err() == nil {
				l.Log.Warn("link: who is joined could not be read", "error", err)
			}
			return
		}
		for _, above := range []bool{true, false} {
			l.keep(ctx, above, slices.DeleteFunc(slices.Clone(nodes), func(n Node) bool { return n.Above != above }))
		}
	}
	look(ctx)
	l.Clock.Every(ctx, lookEvery, look)
	return nil
}

// hallOf is the server that goes to the node above, or the one for those below; nil while it
// is not open.
func (l *Links) hallOf(above bool) *hall {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.halls[above]
}

// keep has the way up, or the door for those below, open for these nodes, and opens it anew
// where they changed or it is lost.
func (l *Links) keep(ctx context.Context, above bool, nodes []Node) {
	wanted := len(nodes) > 0 || !above && l.Listen != ""
	h, now := l.hallOf(above), signature(nodes)
	if h == nil && !wanted || h != nil && wanted && h.opened == now && !l.lost(h, nodes) {
		return
	}
	if l.shut(above); !wanted {
		return
	}
	h, err := l.open(above, nodes)
	if err != nil {
		l.Log.Error("link: cannot be opened and will be tried again", "error", err)
		return
	}
	h.opened, h.at = now, l.Clock.Now()
	l.mu.Lock()
	l.halls[above] = h
	l.mu.Unlock()
	l.begin(ctx, h, nodes)
}

// lost reports whether the way up has had no connection for so long that the NATS server,
// which should have made one, is not to be relied on: under heavy load one gave up for good.
func (l *Links) lost(h *hall, nodes []Node) bool {
	if len(nodes) == 0 || !nodes[0].Above || h.srv.NumLeafNodes() > 0 {
		return false
	}
	since := h.at
	for _, n := range nodes {
		if seen, ok := l.Look(n.Site); ok && seen.Heard.After(since) {
			since = seen.Heard
		}
	}
	return l.Clock.Now().Sub(since) >= l.giveUp
}

func (l *Links) shut(above bool) {
	var lines []*line
	l.mu.Lock()
	h := l.halls[above]
	delete(l.halls, above)
	for site, ln := range l.lines {
		if ln.Above == above {
			lines = append(lines, ln)
			delete(l.lines, site)
		}
	}
	l.mu.Unlock()
	for _, ln := range lines {
		ln.stop()
	}
	if h != nil {
		h.close()
	}
	for _, ln := range lines {
		ln.done.Wait()
	}
}

// signature changes when who is joined does.
func signature(nodes []Node) string {
	var b strings.Builder
	for _, n := range nodes {
		fmt.Fprintf(&b, "%s %d\n", n.ID, n.changed)
	}
	return b.String()
}

func (l *Links) begin(ctx context.Context, h *hall, nodes []Node) {
	for _, n := range nodes {
		key, err := parseKey(n.authority)
		if err != nil {
			l.Log.Error("link: a node's authority cannot be read", "site", n.Site, "error", err)
			continue
		}
		ln := &line{Node: n, key: key, conn: h.conns[n.Site], woken: make(chan struct{}, 1), room: make(chan struct{}, atOnce)}
		here, stop := context.WithCancel(ctx)
		ln.stop = stop
		if err := l.listen(here, ln); err != nil {
			l.Log.Error("link: nobody would be answered", "site", n.Site, "error", err)
			stop()
			continue
		}
		l.mu.Lock()
		l.lines[n.Site] = ln
		l.mu.Unlock()
		ln.done.Go(func() { l.keepPulse(here, ln) })
		if l.work != nil {
			ln.done.Go(func() { l.work(here, n, ln.woken) })
		}
	}
}

// inward is where the other node asks us, outward where we ask it.
func (l *Links) inward(n Node) string {
	if n.Above {
		return downward(l.Site)
	}
	return upward(n.Site)
}

func (l *Links) outward(n Node) string {
	if n.Above {
		return upward(l.Site)
	}
	return downward(n.Site)
}

// listen answers what the other node asks.
func (l *Links) listen(ctx context.Context, ln *line) error {
	in := l.inward(ln.Node)
	if _, err := ln.conn.Subscribe(in+"."+wake, func(*nats.Msg) { ln.wake() }); err != nil {
		return err
	}
	_, err := ln.conn.Subscribe(in+".ask.*", func(m *nats.Msg) {
		select {
		case ln.room <- struct{}{}:
		default:
			return // it asks again
		}
		ln.done.Go(func() {
			defer func() { <-ln.room }()
			l.answer(ctx, ln, m)
		})
	})
	return err
}

func (l *Links) answer(ctx context.Context, ln *line, m *nats.Msg) {
	what := m.Subject[strings.LastIndexByte(m.Subject, '.')+1:]
	if len(m.Data) < nonceSize || len(m.Data) > nonceSize+MaxQuestion || m.Reply == "" {
		return
	}
	nonce, question := m.Data[:nonceSize], m.Data[nonceSize:]
	outcome, body := byte(answered), []byte(nil)
	if do := l.answers[what]; do != nil {
		var err error
		if body, err = do(ctx, ln.Node, question); err != nil {
			if ctx.Err() != nil {
				return
			}
			l.Log.Warn("link: a question could not be answered", "site", ln.Site, "what", what, "error", err)
			outcome, body = refused, []byte("failed") // why is for our log
		}
	} else if what != pulse {
		outcome, body = refused, []byte("unknown")
	}
	key, cert := l.Ring.Signing()
	sealed, err := seal(m.Subject, nonce, outcome, body, key, cert, l.Clock.Now())
	if err != nil {
		l.Log.Error("link: an answer could not be made", "site", ln.Site, "what", what, "error", err)
		return
	}
	_ = m.Respond(sealed)
}

// Errors of a question.
var (
	// ErrCut says that the node did not answer.
	ErrCut = errors.New("link: no answer")
	// ErrRefused says that it answered that it cannot.
	ErrRefused = errors.New("link: the node refused")
)

// Ask asks another node and believes only what it signed.
func (l *Links) Ask(ctx context.Context, site, what string, question []byte) ([]byte, error) {
	l.mu.Lock()
	ln := l.lines[site]
	l.mu.Unlock()
	if ln == nil {
		return nil, ErrCut
	}
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	return l.ask(ctx, ln, what, question)
}

func (l *Links) ask(ctx context.Context, ln *line, what string, question []byte) (body []byte, err error) {
	defer func() { ln.note(err, l.Clock.Now()) }()
	b := make([]byte, nonceSize, nonceSize+len(question))
	_, _ = rand.Read(b)
	subject := l.outward(ln.Node) + ".ask." + what
	m, err := ln.conn.RequestWithContext(ctx, subject, append(b, question...))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCut, err)
	}
	outcome, body, err := open(subject, b[:nonceSize], m.Data, ln.key, l.Clock.Now())
	switch {
	case err != nil:
		return nil, err
	case outcome != answered:
		return nil, fmt.Errorf("%w: %s", ErrRefused, body)
	}
	return body, nil
}

// Wake tells every other node that there is something new here.
func (l *Links) Wake() { l.wake(func(Node) bool { return true }) }

// WakeAbove tells the node above.
func (l *Links) WakeAbove() { l.wake(func(n Node) bool { return n.Above }) }

func (l *Links) wake(which func(Node) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, ln := range l.lines {
		if which(ln.Node) {
			_ = ln.conn.Publish(l.outward(ln.Node)+"."+wake, nil)
		}
	}
}

// Joined lists the nodes that are joined now, whether or not they answer.
func (l *Links) Joined() []Node {
	l.mu.Lock()
	defer l.mu.Unlock()
	nodes := make([]Node, 0, len(l.lines))
	for _, ln := range l.lines {
		nodes = append(nodes, ln.Node)
	}
	return nodes
}

func (ln *line) wake() {
	select {
	case ln.woken <- struct{}{}:
	default:
	}
}

// note keeps what came of a question.
func (ln *line) note(err error, now time.Time) {
	ln.mu.Lock()
	defer ln.mu.Unlock()
	if err == nil || errors.Is(err, ErrRefused) {
		ln.heard = now
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		ln.said = err.Error()
	}
}

// Seen is how a link stands in memory.
type Seen struct {
	Heard time.Time // when the node answered last
	Error string    // the last one
}

// Look tells how a link stands.
func (l *Links) Look(site string) (s Seen, known bool) {
	l.mu.Lock()
	ln := l.lines[site]
	l.mu.Unlock()
	if ln == nil {
		return s, false
	}
	ln.mu.Lock()
	defer ln.mu.Unlock()
	return Seen{ln.heard, ln.said}, true
}

// keepPulse asks every second whether the other node is there, and records when that
// changes, once.
func (l *Links) keepPulse(ctx context.Context, ln *line) {
	up := ln.Up
	began := l.Clock.Now()
	beat := func(ctx context.Context) {
		short, cancel := context.WithTimeout(ctx, pulseWait)
		_, err := l.ask(short, ln, pulse, nil)
		cancel()
		if ctx.Err() != nil {
			return
		}
		now := l.Clock.Now()
		ln.mu.Lock()
		heard := ln.heard
		ln.mu.Unlock()
		if heard.Before(began) {
			heard = began
		}
		is := err == nil || now.Sub(heard) < CutAfter && up
		if is == up { // one that never answered was not lost
			return
		}
		if !is && now.Sub(began) < CutAfter { // it may only be coming
			return
		}
		if err := l.record(ctx, ln, is); err != nil {
			l.Log.Warn("link: a change could not be recorded", "site", ln.Site, "error", err)
			return
		}
		if up = is; up {
			ln.wake()
			l.Log.Info("link: connected", "site", ln.Site)
		} else {
			l.Log.Warn("link: cut", "site", ln.Site)
		}
	}
	beat(ctx)
	l.Clock.Every(ctx, pulseEvery, beat)
}

func (l *Links) record(ctx context.Context, ln *line, up bool) error {
	ctx = auth.As(ctx, auth.Actor{ID: "system:link", Name: "link"})
	action := "link.lost"
	if up {
		action = "link.restored"
	}
	return l.DB.Update(ctx, func(tx *store.Tx) error {
		if err := found(ctx, tx, ln.ID, up); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: action, Object: "link:" + ln.ID, RegionPath: ln.Path, Detail: map[string]any{"site": ln.Site}})
	})
}

func (l *Links) unseal(sealed string) ([]byte, error) {
	return (&Desk{Sealer: l.Sealer}).open(sealed)
}
