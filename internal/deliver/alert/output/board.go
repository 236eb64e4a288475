package output

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Messages reads what is to be carried.
type Messages interface {
	// Issued is a message whose Current is its version number.
	Issued(ctx context.Context, id string, number int) (*message.Message, error)
	// Halt is a stop.
	Halt(ctx context.Context, id string) (*Halt, error)
	// Places are the regions of a message, or of a stop, by name.
	Places(ctx context.Context, msg *message.Message, halt *Halt) ([]Place, error)
	// Named finds the message that was given an EBMID; empty for none.
	Named(ctx context.Context, id ebd.EBMID) (string, error)
	// RegionPath finds a region by code; a fault that names "regionCode" if there is none.
	RegionPath(ctx context.Context, code string) (string, error)
}

// Live tells open browsers.
type Live interface {
	Tell(name string, perm auth.Permission, regionPath string, data any)
}

// Sealer keeps secrets.
type Sealer interface {
	Seal(plain []byte, purpose string) ([]byte, error)
	Open(sealed []byte, purpose string) ([]byte, error)
}

// Deps are what a board needs.
type Deps struct {
	DB       *store.DB
	Clock    clock.Clock
	Log      *slog.Logger
	Live     Live
	Sealer   Sealer
	Messages Messages
	Drivers  map[string]Driver
	Read     auth.Permission // who may see outputs and what they carried
	Edit     auth.Permission // who may set them up, where they reach
	Home     string          // region path of the platform
}

// Board holds the outputs and sees to it that each carries what it should.
type Board struct {
	Deps

	loading sync.Mutex

	mu      sync.Mutex
	configs []*Config          // as last read
	workers map[string]*worker // by output, of those enabled
	running context.Context    // nil before Run
	began   time.Time          // of Run
	group   sync.WaitGroup
}

// NewBoard makes a board and reads its outputs. Run starts it.
func NewBoard(ctx context.Context, d Deps) (*Board, error) {
	b := &Board{Deps: d, workers: map[string]*worker{}}
	return b, b.reload(ctx)
}

// reload reads the outputs, and starts and stops workers to match.
func (b *Board) reload(ctx context.Context) error {
	b.loading.Lock() // what was read first must not be put in place last
	defer b.loading.Unlock()
	list, err := listConfigs(ctx, b.DB)
	if err != nil {
		return err
	}
	for _, c := range list {
		if len(c.Secret) > 0 {
			if c.Secret, err = b.Sealer.Open(c.Secret, "output:"+c.ID); err != nil {
				return fmt.Errorf("alert: the secret of output %s: %w", c.ID, err)
			}
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.configs = list
	if b.running == nil {
		return nil
	}
	for id, w := range b.workers {
		if !slices.ContainsFunc(list, func(c *Config) bool { return c.ID == id && c.Enabled && c.Revision == w.config.Revision }) {
			w.stop()
			delete(b.workers, id)
		}
	}
	for _, c := range list {
		if c.Enabled && b.workers[c.ID] == nil {
			b.start(c)
		}
	}
	return nil
}

// heardEvery is how often heartbeats are written down, silence how long none comes before an
// output that had them counts as silent.
const (
	heardEvery = 30 * time.Second
	silence    = 5 * time.Minute
)

// silent reports whether the heartbeats of an output stopped: while it was on and this node was
// there to hear them.
func (b *Board) silent(c *Config) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !c.Enabled || c.Health.HeardAt.IsZero() || b.running == nil {
		return false
	}
	since := slices.MaxFunc([]time.Time{c.Health.HeardAt, c.ChangedAt, b.began}, time.Time.Compare)
	return b.Clock.Now().Sub(since) > silence
}

// Silent are the outputs that reach a scope whose heartbeats stopped.
func (b *Board) Silent(ctx context.Context, scope auth.Scope) ([]*Config, error) {
	list, err := listConfigs(ctx, b.DB)
	return slices.DeleteFunc(list, func(c *Config) bool { return !scope.Allows(c.RegionPath) || !b.silent(c) }), err
}

// start runs an output's worker; b.mu is held.
func (b *Board) start(c *Config) {
	driver, ok := b.Drivers[c.Kind]
	if !ok {
		b.Log.Error("alert: an output of an unknown kind carries nothing", "output", c.ID, "kind", c.Kind)
		return
	}
	ctx, cancel := context.WithCancel(b.running)
	c.Report = func(ctx context.Context, ebmid ebd.EBMID, state State, proof any) error {
		id, err := b.Messages.Named(ctx, ebmid)
		if err != nil || id == "" {
			return err // of a message that did not come from here
		}
		return b.reportSoon(ctx, c.ID, id, state, proof)
	}
	var noted atomic.Int64 // when a heartbeat was last written down
	c.Alive = func(ctx context.Context) error {
		now, last := b.Clock.Now(), noted.Load()
		if now.Sub(time.UnixMicro(last)) < heardEvery || !noted.CompareAndSwap(last, now.UnixMicro()) {
			return nil
		}
		return b.DB.Housekeep(ctx, func(tx *store.Tx) error { return noteHeard(ctx, tx, c.ID) })
	}
	w := &worker{board: b, config: c, driver: driver, wake: make(chan struct{}, 1), done: make(chan struct{})}
	w.stop = func() { cancel(); <-w.done }
	b.workers[c.ID] = w
	b.group.Go(func() {
		defer close(w.done)
		w.run(ctx)
	})
}

// Seed sets up outputs where there never were any; they reach the whole home region.
func (b *Board) Seed(ctx context.Context, list []Config) error {
	ctx = auth.As(ctx, auth.Actor{ID: "system:alert", Name: "alert"})
	ever, err := everConfigs(ctx, b.DB)
	if err != nil || len(ever) > 0 {
		return err
	}
	for i := range list {
		c := &list[i]
		if err := b.Drivers[c.Kind].Check(c.Settings); err != nil {
			return err
		}
		c.RegionPath, c.Enabled = b.Home, true
		if _, err := b.change(ctx, "create", c, func(*store.Tx) error { return nil }); err != nil {
			return err
		}
	}
	return nil
}

// Run carries until ctx ends.
func (b *Board) Run(ctx context.Context) error {
	b.mu.Lock()
	b.running, b.began = ctx, b.Clock.Now()
	b.mu.Unlock()
	err := b.reload(ctx)
	<-ctx.Done()
	b.group.Wait()
	return err
}

// Wake makes every worker look for something to carry. Call it after the commit.
func (b *Board) Wake() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range b.workers {
		w.nudge()
	}
}

// all are the outputs there are, as last read.
func (b *Board) all() []*Config {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.configs
}

// enabled are those that carry.
func (b *Board) enabled() []*Config {
	return slices.DeleteFunc(slices.Clone(b.all()), func(c *Config) bool { return !c.Enabled })
}

// Issue has the current version of a message carried by the outputs of the first tier that
// take it, from when it is due, and by those that took a version before.
func (b *Board) Issue(ctx context.Context, tx *store.Tx, msg *message.Message, rank uint32, due time.Time) error {
	held, err := holders(ctx, tx, msg.ID)
	if err != nil {
		return err
	}
	if err := supersede(ctx, tx, msg.ID, Play, Cancel); err != nil { // a cancel that waits would end the new version
		return err
	}
	for _, c := range b.enabled() {
		d := b.Drivers[c.Kind]
		switch had := slices.Contains(held, c.ID); {
		case c.takes(&d, msg) && (c.Tier == 1 || had):
			err = b.put(ctx, tx, c, msg, Play, msg.Current.Number, rank, due, msg.EndsAt)
		case had: // the update leaves it out
			err = b.put(ctx, tx, c, msg, Cancel, msg.Current.Number, rank, tx.Now, msg.LastEnd)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Takers are the outputs of the first tier that would take a message if it were issued now.
func (b *Board) Takers(msg *message.Message) (list []*Config) {
	for _, c := range b.enabled() {
		d := b.Drivers[c.Kind]
		if c.Tier == 1 && c.takes(&d, msg) {
			list = append(list, c)
		}
	}
	return list
}

// Escalate has the current version of a message carried by the outputs of a tier that take it
// and reach one of these regions; it returns how many do.
func (b *Board) Escalate(ctx context.Context, tx *store.Tx, msg *message.Message, rank uint32, tier int, paths []string) (n int, err error) {
	for _, c := range b.enabled() {
		d := b.Drivers[c.Kind]
		if c.Tier != tier || !c.takes(&d, msg) || !c.reaches(paths) {
			continue
		}
		if err := b.put(ctx, tx, c, msg, Play, msg.Current.Number, rank, tx.Now, msg.EndsAt); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// Cancel has the end of a message carried to wherever a version of it may be; an output that is
// switched off carries it when it is on again.
func (b *Board) Cancel(ctx context.Context, tx *store.Tx, msg *message.Message, number int, rank uint32) error {
	held, err := holders(ctx, tx, msg.ID)
	if err != nil {
		return err
	}
	if err := supersede(ctx, tx, msg.ID, Play, Cancel); err != nil {
		return err
	}
	for _, c := range b.all() {
		if slices.Contains(held, c.ID) {
			if err := b.put(ctx, tx, c, msg, Cancel, number, rank, tx.Now, msg.LastEnd); err != nil {
				return err
			}
		}
	}
	return nil
}

// Stop has a stop carried by every output that reaches its regions, switched off or not.
func (b *Board) Stop(ctx context.Context, tx *store.Tx, id, regionPath string, paths []string, until time.Time) error {
	for _, c := range b.all() {
		if !c.reaches(paths) {
			continue
		}
		t := &task{Output: c.ID, MessageID: id, Number: 1, Act: Stop, RegionPath: regionPath, Rank: ^uint32(0), NextAt: tx.Now, UntilAt: until}
		if err := insertTask(ctx, tx, t); err != nil {
			return err
		}
	}
	return nil
}

// GiveUp takes back what was not carried yet of a message that a stop ended.
func (b *Board) GiveUp(ctx context.Context, tx *store.Tx, messageID string) error {
	return supersede(ctx, tx, messageID, Play)
}

// Expired notes that what outputs took of a message is over with its time.
func (b *Board) Expired(ctx context.Context, tx *store.Tx, messageID string) error {
	return endTasks(ctx, tx, "message_id = $2 AND until_at <= $1", messageID)
}

// grace is how long the end of a message is carried at the least: the far side may be away.
const grace = time.Hour

func (b *Board) put(ctx context.Context, tx *store.Tx, c *Config, msg *message.Message, act Act, number int, rank uint32, due, until time.Time) error {
	if act == Cancel && until.Before(tx.Now.Add(grace)) {
		until = tx.Now.Add(grace)
	}
	return insertTask(ctx, tx, &task{Output: c.ID, MessageID: msg.ID, Number: number, Act: act, RegionPath: msg.RegionPath, Rank: rank, NextAt: due, UntilAt: until})
}

// Report takes what the far side says later of what it took: the newest version that an output
// carried, or the one with this number.
func (b *Board) Report(ctx context.Context, output, messageID string, number int, state State, proof any) error {
	tasks, err := tasksOf(ctx, b.DB, messageID)
	if err != nil {
		return err
	}
	for _, t := range slices.Backward(tasks) {
		if t.Output != output || t.SentAt.IsZero() || number != 0 && t.Number != number {
			continue
		}
		return b.hear(ctx, t.ID, Result{State: state, Proof: proof})
	}
	return nil
}

// A far side may say that it plays before what it answered to the parcel was written down: its
// word waits for that, and no longer.
const (
	writing     = 2 * time.Second
	writingStep = 50 * time.Millisecond
)

// reportSoon is Report of the newest version, of which the far side may have been told this moment.
func (b *Board) reportSoon(ctx context.Context, output, messageID string, state State, proof any) error {
	for waited := time.Duration(0); waited < writing; waited += writingStep {
		tasks, err := tasksOf(ctx, b.DB, messageID)
		if err != nil {
			return err
		}
		soon := b.Clock.Now().Add(writing)
		if !slices.ContainsFunc(tasks, func(t *task) bool { return t.Output == output && t.waits() && t.NextAt.Before(soon) }) {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(writingStep):
		}
	}
	return b.Report(ctx, output, messageID, 0, state, proof)
}

// hear keeps what the far side says of a task.
func (b *Board) hear(ctx context.Context, id string, r Result) error {
	return b.write(ctx, id, new(string), func(t *task, now time.Time) (bool, error) {
		was := *t
		took, err := t.take(r, now)
		if took && was.waits() && r.State != Done && r.State != Ended { // word on an earlier attempt takes back no later one
			t.State, t.NextAt, t.Failure, t.DoneAt = was.State, was.NextAt, was.Failure, was.DoneAt
		}
		return took, err
	})
}

// take notes what the far side said of a task; false for word that was overtaken.
func (t *task) take(r Result, now time.Time) (bool, error) {
	if !r.State.Final() && (t.State.Final() || r.State == Playing && t.Act != Play) {
		return false, nil
	}
	t.State, t.NextAt, t.Failure = r.State, time.Time{}, ""
	if t.SentAt.IsZero() {
		t.SentAt = now
	}
	switch r.State {
	case Playing:
		if t.ConfirmedAt.IsZero() {
			t.ConfirmedAt = now
		}
	case Done, Failed, Ended:
		t.DoneAt = now
	}
	return true, t.prove(r.Proof)
}

// prove keeps a proof; nil is none.
func (t *task) prove(proof any) (err error) {
	if proof != nil {
		t.Proof, err = json.Marshal(proof)
	}
	return err
}

// write has a task changed as it stands by now, unless change says that there is nothing to, and
// keeps how its output did: well where failure is empty, and nothing is known where it is nil. One
// that was superseded meanwhile stays so, and is not carried again.
func (b *Board) write(ctx context.Context, id string, failure *string, change func(t *task, now time.Time) (bool, error)) error {
	var wrote *task
	err := b.DB.Housekeep(store.Vital(ctx), func(tx *store.Tx) error { // else what was carried is carried without end
		t, err := lockTask(ctx, tx, id)
		if err != nil {
			return err
		}
		gone := t.State == Superseded
		changed, err := change(t, tx.Now)
		if err != nil {
			return err
		}
		if wrote = nil; changed {
			if wrote = t; gone {
				t.State, t.NextAt = Superseded, time.Time{}
			}
			if err := updateTask(ctx, tx, t); err != nil {
				return err
			}
			if err := endOvertaken(ctx, tx, t); err != nil {
				return err
			}
		}
		if failure == nil {
			return nil
		}
		return noteHealth(ctx, tx, t.Output, *failure)
	})
	if err == nil && wrote != nil {
		b.Live.Tell("alert.output", b.Read, wrote.RegionPath, map[string]any{"message": wrote.MessageID, "output": wrote.Output, "state": wrote.State})
	}
	return err
}

// Failure is what an output could not carry, or tried in vain several times.
type Failure struct {
	Task       string
	Name       string // of the output
	MessageID  string // or of the stop
	RegionPath string // that the output reaches
	Failure    string
	At         time.Time
}

// Failures are those of outputs that reach a scope, of what still stands.
func (b *Board) Failures(ctx context.Context, scope auth.Scope) ([]Failure, error) {
	tasks, err := failedTasks(ctx, b.DB, scope, b.Clock.Now())
	if err != nil || len(tasks) == 0 {
		return nil, err
	}
	configs, err := everConfigs(ctx, b.DB)
	var out []Failure
	for _, t := range tasks {
		if c := configs[t.Output]; c != nil {
			out = append(out, Failure{t.ID, c.NameZh, t.MessageID, c.RegionPath, t.Failure, t.ChangedAt})
		}
	}
	return out, err
}
