package ipterminal

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/ebd/speaker"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// group is one output: its terminals, and what each of them is to play.
type group struct {
	Deps
	config output.Config
	sound  route
	by     map[ebd.ResourceCode]*terminal
	ctx    context.Context // ends with the output
	close  func()
	work   sync.WaitGroup

	save chan struct{} // wakes the one that writes rows down

	mu    sync.Mutex
	shows map[string]*show // by message
	dirty map[*row]bool    // changed since they were written down
	await []chan error     // who waits until they are
	left  bool             // no terminal comes in any more
}

// show is a message at the terminals of a group.
type show struct {
	message string
	ebmid   ebd.EBMID
	number  int
	rank    uint32
	until   time.Time
	act     output.Act          // whose task is told of the terminals' progress
	order   *speaker.StartOrder // nil: it is only to be ended
	sound   *stream             // nil where terminals fetch it
	slot    int                 // of the sound
	rows    map[ebd.ResourceCode]*row
	carried time.Time
	stale   bool // there is something to tell
}

const (
	tickEvery = 500 * time.Millisecond
	linger    = 2 * time.Minute // how long after a message's end word of it may still come
	settle    = time.Second     // how long word of an order is waited for, of the board and of terminals that come back
	batchRows = 1000            // in one transaction
)

func open(d Deps, c output.Config, s Settings) (*group, error) {
	ctx, cancel := context.WithCancel(context.Background())
	g := &group{Deps: d, config: c, ctx: ctx, by: map[ebd.ResourceCode]*terminal{}, save: make(chan struct{}, 1), shows: map[string]*show{}, dirty: map[*row]bool{}}
	var err error
	if g.sound, err = parseSound(s.Sound); err != nil {
		cancel()
		return nil, err
	}
	for _, k := range s.Terminals {
		t := &terminal{group: g, Known: k, code: ebd.ResourceCode(k.Code)}
		if t.key, err = publicKey(k.Key); err != nil {
			cancel()
			return nil, err
		}
		g.by[t.code] = t
	}
	left, err := openRows(ctx, d.DB, c.ID)
	if err != nil {
		cancel()
		return nil, err
	}
	for _, r := range left { // until the board says more, these can only be ended
		sh := g.shows[r.Message]
		if sh == nil {
			sh = &show{message: r.Message, ebmid: r.EBMID, number: r.Number, until: r.Until, act: output.Play, rows: map[ebd.ResourceCode]*row{}, slot: -1, stale: true}
			g.shows[r.Message] = sh
		}
		if sh.rows[r.Code] = r; r.State == Stopping {
			sh.act = output.Cancel
		}
	}
	if err := d.Door.enter(g); err != nil {
		cancel()
		return nil, err
	}
	g.close = func() { cancel(); g.work.Wait() }
	g.work.Go(g.write)
	g.work.Go(func() { d.Clock.Every(ctx, tickEvery, g.tick) })
	return g, nil
}

// Close ends the terminals' connections; they come again.
func (g *group) Close() {
	g.Door.leave(g)
	g.close()
}

// proof is what is known of a message at all terminals together.
type proof struct {
	Terminals int           `json:"terminals"`
	Connected int           `json:"connected"`
	States    map[State]int `json:"states"`
	Sound     string        `json:"sound,omitempty"` // as the order calls it
}

// Carry sets down what each terminal is to do; they are told beside it, each for itself.
func (g *group) Carry(ctx context.Context, p *output.Parcel) (output.Result, error) {
	var err error
	switch p.Act {
	case output.Play:
		err = g.play(ctx, p)
	case output.Cancel:
		err = g.cancel(ctx, p)
	default:
		return g.stop(ctx, p.Stop.Codes)
	}
	if err != nil {
		return output.Result{}, err
	}
	if err := g.saved(ctx); err != nil {
		return output.Result{}, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for code := range g.shows[p.Message.ID].rows {
		g.by[code].nudge()
	}
	state, v := g.summary(g.shows[p.Message.ID])
	return output.Result{State: state, Proof: v}, nil
}

func (g *group) play(ctx context.Context, p *output.Parcel) error {
	order, sounds, err := g.order(ctx, p)
	if err != nil {
		return err
	}
	known, err := rowsOf(ctx, g.DB, g.config.ID, p.Message.ID)
	if err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	sh := g.show(p, known)
	if sh.number = p.Message.Current.Number; len(sounds) > 0 {
		if sh.slot < 0 {
			if sh.slot = g.slot(); sh.slot < 0 {
				return errors.New("as many messages sound as there are ports for")
			}
		}
		order.Auxiliaries = []speaker.Auxiliary{{Type: speaker.AuxStream, Data: speaker.Raw(g.sound.told(sh.slot))}}
	}
	sh.silence()
	sh.act, sh.order, sh.until, sh.sound = output.Play, order, p.Message.EndsAt, nil
	if len(sounds) > 0 {
		sh.sound = newStream(g, sh, sounds, p.Message.Current.Content.Repeat, p.Message.StartsAt)
	}
	meantAny := false
	for code := range g.by {
		r := sh.rows[code]
		switch meant := covered(p.Places, code); {
		case !meant && r != nil:
			g.end(sh, r)
		case !meant:
		case r == nil || r.Number != sh.number:
			fresh := &row{Message: sh.message, Code: code, EBMID: sh.ebmid, Number: sh.number}
			if r != nil { // it may have an earlier version, which a cancellation must end
				fresh.Gives, fresh.GivenAt = r.Gives, r.GivenAt
			}
			r, sh.rows[code] = fresh, fresh
			fallthrough
		default:
			meantAny = true
			if r.Until = sh.until; r.State == "" || r.State == Failed || r.State == Lost {
				g.set(sh, r, Waiting)
			}
		}
	}
	if !meantAny {
		return &output.Refused{Why: "none of its terminals is in the message's places"}
	}
	return nil
}

// cancel takes a message off the air at every terminal that may have it.
func (g *group) cancel(ctx context.Context, p *output.Parcel) error {
	known, err := rowsOf(ctx, g.DB, g.config.ID, p.Message.ID)
	if err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	sh := g.show(p, known)
	sh.leave()
	sh.act, sh.order = output.Cancel, nil
	for _, r := range sh.rows {
		g.end(sh, r)
	}
	return nil
}

// stop takes everything off the air at the terminals in these regions.
func (g *group) stop(ctx context.Context, codes []string) (output.Result, error) {
	g.mu.Lock()
	var told int
	for code, t := range g.by {
		if !slices.ContainsFunc(codes, func(c string) bool { return message.AreaCode(c).Covers(code.Area()) }) {
			continue
		}
		for _, sh := range g.shows {
			if r := sh.rows[code]; r != nil && !r.State.final() {
				g.end(sh, r)
				told++
			}
		}
		t.nudge()
	}
	for _, sh := range g.shows {
		if !sh.heard() {
			sh.leave()
		}
	}
	g.mu.Unlock()
	state := output.Accepted
	if told == 0 {
		state = output.Done
	}
	return output.Result{State: state, Proof: map[string]int{"ended": told}}, g.saved(ctx)
}

// show is the place of a parcel's message, with the rows that are known of it; g.mu is held.
func (g *group) show(p *output.Parcel, known []*row) *show {
	sh := g.shows[p.Message.ID]
	if sh == nil {
		sh = &show{message: p.Message.ID, ebmid: p.Message.EBMID, number: p.Message.Current.Number, until: p.Message.EndsAt, rows: map[ebd.ResourceCode]*row{}, slot: -1}
		g.shows[sh.message] = sh
	}
	for _, r := range known {
		if sh.rows[r.Code] == nil {
			sh.rows[r.Code] = r
		}
	}
	sh.rank, sh.carried, sh.stale = p.Rank, g.Clock.Now(), true
	return sh
}

// heard reports whether any terminal plays it, or is to.
func (sh *show) heard() bool {
	for _, r := range sh.rows {
		if r.State == Waiting || r.State == Accepted || r.State == Playing {
			return true
		}
	}
	return false
}

// silence ends the sound.
func (sh *show) silence() {
	if sh.sound != nil {
		sh.sound.end()
	}
}

// leave ends the sound and gives its place to others.
func (sh *show) leave() {
	sh.silence()
	sh.sound, sh.slot = nil, -1
}

// slot is a free place for a sound, −1 if there is none; g.mu is held.
func (g *group) slot() int {
	for n := range slots {
		taken := false
		for _, sh := range g.shows {
			taken = taken || sh.slot == n && sh.until.After(g.Clock.Now())
		}
		if !taken {
			return n
		}
	}
	return -1
}

// end has a terminal end a message, if it may have it; g.mu is held.
func (g *group) end(sh *show, r *row) {
	switch {
	case r.State.final() || r.State == Stopping:
	case r.Gives == 0:
		g.set(sh, r, Stopped)
	default:
		g.set(sh, r, Stopping)
	}
}

// set notes how far a terminal has come; g.mu is held.
func (g *group) set(sh *show, r *row, s State) {
	now := g.Clock.Now()
	r.State, r.again, sh.stale = s, time.Time{}, true
	switch {
	case s == Playing && r.PlayingAt.IsZero():
		r.PlayingAt = now
	case s.final():
		r.DoneAt = now
	}
	g.dirty[r] = true
	select {
	case g.save <- struct{}{}:
	default:
	}
}

// covered reports whether a terminal is in one of the places.
func covered(places []output.Place, code ebd.ResourceCode) bool {
	return slices.ContainsFunc(places, func(p output.Place) bool { return message.AreaCode(p.Code).Covers(code.Area()) })
}

// saved waits until everything that changed is written down.
func (g *group) saved(ctx context.Context) error {
	done := make(chan error, 1)
	g.mu.Lock()
	g.await = append(g.await, done)
	g.mu.Unlock()
	select {
	case g.save <- struct{}{}:
	default:
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-g.ctx.Done():
		return g.ctx.Err()
	}
}

// write writes rows down, as many together as there are.
func (g *group) write() {
	for {
		select {
		case <-g.ctx.Done():
			return
		case <-g.save:
		}
		g.mu.Lock()
		which, rows, await := make([]*row, 0, len(g.dirty)), make([]row, 0, len(g.dirty)), g.await
		for r := range g.dirty {
			which, rows = append(which, r), append(rows, *r)
		}
		clear(g.dirty)
		g.await = nil
		g.mu.Unlock()
		slices.SortFunc(rows, func(a, b row) int {
			return cmp.Or(strings.Compare(a.Message, b.Message), strings.Compare(string(a.Code), string(b.Code)))
		})
		var err error
		for batch := range slices.Chunk(rows, batchRows) {
			err = errors.Join(err, g.DB.Housekeep(g.ctx, func(tx *store.Tx) error { return putRows(g.ctx, tx, g.config.ID, batch) }))
		}
		if err != nil && g.ctx.Err() == nil { // the next tick tries again
			g.Log.Warn("alert: what IP terminals did could not be kept", "output", g.config.ID, "error", err)
			g.mu.Lock()
			for _, r := range which {
				g.dirty[r] = true
			}
			g.mu.Unlock()
		}
		for _, w := range await {
			w <- err
		}
	}
}

// tick does what time asks for: orders that nobody answered, messages that are over, progress
// that the board is to know.
func (g *group) tick(ctx context.Context) {
	now := g.Clock.Now()
	g.mu.Lock()
	for _, t := range g.by {
		t.overdue(now)
		t.nudge()
	}
	if len(g.dirty) > 0 {
		select {
		case g.save <- struct{}{}:
		default:
		}
	}
	type word struct {
		id    ebd.EBMID
		state output.State
		proof proof
		sh    *show
	}
	var words []word
	for id, sh := range g.shows {
		for _, r := range sh.rows {
			if late := now.Sub(r.Until); !r.State.final() && (late > linger || late > 0 && r.State == Waiting) {
				g.set(sh, r, Lost)
			}
		}
		if !now.Before(sh.until) {
			sh.silence()
		}
		switch {
		case sh.stale && now.Sub(sh.carried) >= settle:
			state, v := g.summary(sh)
			sh.stale = false
			words = append(words, word{sh.ebmid, state, v, sh})
		case !sh.stale && now.Sub(sh.until) > linger && now.Sub(sh.carried) > linger:
			sh.silence()
			delete(g.shows, id)
			for _, t := range g.by {
				t.forget(sh)
			}
		}
	}
	g.mu.Unlock()
	for _, w := range words {
		if err := g.config.Report(ctx, w.id, w.state, w.proof); err != nil && ctx.Err() == nil {
			g.Log.Warn("alert: the progress of IP terminals could not be kept", "output", g.config.ID, "error", err)
			g.mu.Lock()
			w.sh.stale = true
			g.mu.Unlock()
		}
	}
}

// summary is how far a message has come at all terminals together; g.mu is held.
func (g *group) summary(sh *show) (output.State, proof) {
	v := proof{Terminals: len(sh.rows), States: map[State]int{}}
	if sh.order != nil && len(sh.order.Auxiliaries) > 0 {
		v.Sound = string(sh.order.Auxiliaries[0].Data)
	}
	going := 0
	for code, r := range sh.rows {
		v.States[r.State]++
		if t := g.by[code]; t != nil && t.session != nil {
			v.Connected++
		}
		if !r.State.final() && (sh.act == output.Play || r.State == Stopping) {
			going++
		}
	}
	n := v.States
	switch {
	case sh.act != output.Play && going > 0:
		return output.Accepted, v
	case sh.act != output.Play && n[Lost] == 0:
		return output.Done, v
	case going > 0 && n[Playing]+n[Ending]+n[Played] > 0:
		return output.Playing, v
	case going > 0:
		return output.Accepted, v
	case n[Played]+n[Stopped] > 0:
		return output.Done, v
	case n[Failed] > 0:
		return output.Failed, v
	}
	return output.GivenUp, v
}
