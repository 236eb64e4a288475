package output

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/openweb"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// worker carries for one output, one parcel after another.
type worker struct {
	board  *Board
	config *Config
	driver Driver
	output Output    // nil while it cannot be opened
	shut   error     // why it cannot
	opens  int       // how often that was tried in vain
	openAt time.Time // when it is tried again
	given  bool      // it has what is on the air
	wake   chan struct{}
	stop   func()
	done   chan struct{}
}

// lookEvery is how often a worker looks for parcels that no wake-up told it of.
const lookEvery = time.Second

func (w *worker) nudge() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *worker) run(ctx context.Context) {
	defer func() {
		if w.output != nil {
			w.output.Close()
		}
	}()
	var looking sync.WaitGroup
	looking.Go(func() { w.board.Clock.Every(ctx, lookEvery, func(context.Context) { w.nudge() }) })
	defer looking.Wait()
	for ctx.Err() == nil {
		w.open(ctx)
		w.again(ctx)
		more, err := w.look(ctx)
		if err != nil && ctx.Err() == nil && !fault.IsKind(err, fault.Full) {
			w.board.Log.Warn("alert: an output waits", "output", w.config.ID, "error", err)
		}
		if more && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-w.wake:
		}
	}
}

// open makes the output ready unless it is. One that cannot be opened is tried again after a
// while; what is to be carried meanwhile fails with what keeps it shut.
func (w *worker) open(ctx context.Context) {
	now := w.board.Clock.Now()
	if w.output != nil || now.Before(w.openAt) {
		return
	}
	opened, err := w.driver.Open(*w.config)
	if err != nil {
		w.opens++
		w.shut, w.openAt = err, now.Add(Pause(w.opens))
		w.board.Log.Error("alert: an output cannot be opened and carries nothing; it is tried again", "output", w.config.ID, "name", w.config.NameZh, "error", err)
		if err := w.board.DB.Housekeep(ctx, func(tx *store.Tx) error { return noteHealth(ctx, tx, w.config.ID, openweb.Why(w.shut)) }); err != nil && ctx.Err() == nil {
			w.board.Log.Warn("alert: the state of an output could not be kept", "output", w.config.ID, "error", err)
		}
		return
	}
	w.output, w.given = opened, !w.driver.Standing
}

// again gives an output that was opened anew what is on the air: not what a stop of its whole
// region has silenced there since.
func (w *worker) again(ctx context.Context) {
	if w.output == nil || w.given {
		return
	}
	now := w.board.Clock.Now()
	tasks, err := standingTasks(ctx, w.board.DB, w.config.ID, now)
	stops, more := standingStops(ctx, w.board.DB, w.config.ID, now)
	err = errors.Join(err, more)
	for _, t := range tasks {
		silent, failed := w.silenced(ctx, t, stops)
		if failed == nil && !silent {
			failed = w.carry(ctx, t)
		}
		err = errors.Join(err, failed)
	}
	// On a full disk it has them all the same, and only that could not be written down.
	if w.given = err == nil || fault.IsKind(err, fault.Full); !w.given && ctx.Err() == nil {
		w.board.Log.Error("alert: an output could not be given what is on the air; it is tried again", "output", w.config.ID, "error", err)
	}
}

// silenced reports whether one of these stops came after a task and was for all that the output
// reaches.
func (w *worker) silenced(ctx context.Context, t *task, stops []*task) (bool, error) {
	for _, s := range stops {
		if s.CreatedAt.Before(t.CreatedAt) {
			continue
		}
		p, err := w.parcel(ctx, s)
		if err != nil || w.config.Within(p.Places) {
			return err == nil, err
		}
	}
	return false, nil
}

// look carries what is due, and reports whether there may be more.
func (w *worker) look(ctx context.Context) (more bool, err error) {
	tasks, err := dueTasks(ctx, w.board.DB, w.config.ID, w.board.Clock.Now())
	for _, t := range tasks {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		if err := w.carry(ctx, t); err != nil {
			return false, err
		}
		select { // something more urgent may have come
		case <-w.wake:
			return true, nil
		default:
		}
	}
	return len(tasks) > 0, err
}

// carry hands one parcel over and keeps what came of it. An error is the platform's own.
func (w *worker) carry(ctx context.Context, t *task) error {
	now := w.board.Clock.Now()
	leave := func(as State) error {
		return w.came(ctx, t, nil, func(t *task, _ time.Time) (bool, error) {
			t.State, t.NextAt = as, time.Time{}
			return true, nil
		})
	}
	if !t.UntilAt.After(now) {
		return leave(GivenUp)
	}
	p, err := w.parcel(ctx, t)
	if err == nil && t.Act == Play && !p.Message.State.Open() { // it was stopped
		return leave(Superseded)
	}
	var result Result
	if err == nil { // else this one fails, and those behind it are carried
		result, err = w.hand(ctx, p)
	}
	if ctx.Err() != nil { // stopped in the middle: it is carried again
		return ctx.Err()
	}
	if err != nil {
		why := openweb.Why(err)
		var refused *Refused
		final := errors.As(err, &refused)
		return w.came(ctx, t, &why, func(t *task, now time.Time) (bool, error) {
			t.Attempts++
			t.State, t.Failure, t.NextAt = Retrying, why, now.Add(Pause(t.Attempts))
			if final {
				t.State, t.NextAt, t.DoneAt = Failed, time.Time{}, now
			}
			return true, t.prove(result.Proof)
		})
	}
	if result.State == "" {
		result.State = Accepted
	}
	if t.Act == Stop {
		if err := w.stopped(ctx, t, result.Over); err != nil {
			return err
		}
	}
	more := result.State == Waiting
	if more {
		defer w.nudge() // on with the rest of it, unless something is more urgent
	}
	return w.came(ctx, t, new(string), func(t *task, now time.Time) (bool, error) {
		t.Attempts++
		took, err := t.take(result, now)
		if took && more {
			t.Attempts, t.NextAt = 0, now
		}
		return took, err
	})
}

// came keeps what came of carrying a task, as it was then. What the far side said meanwhile that
// ends it stands; and where somebody asked meanwhile that it be tried once more, it is.
func (w *worker) came(ctx context.Context, was *task, failure *string, change func(t *task, now time.Time) (bool, error)) error {
	return w.board.write(ctx, was.ID, failure, func(t *task, now time.Time) (bool, error) {
		if t.State != was.State && t.State.Final() && t.State != Superseded {
			return false, nil
		}
		asked := t.NextAt
		changed, err := change(t, now)
		if changed && !asked.Equal(was.NextAt) {
			t.State, t.NextAt = Retrying, asked
		}
		return changed, err
	})
}

// stopped notes what a stop that the output took has taken off the air there, these messages
// among it. It is noted before the stop itself, which is carried again where that fails.
func (w *worker) stopped(ctx context.Context, stop *task, taken []string) error {
	tasks, err := standingTasks(ctx, w.board.DB, w.config.ID, w.board.Clock.Now())
	for _, t := range tasks {
		if t.State.Final() {
			continue
		}
		over, failed := slices.Contains(taken, t.MessageID), error(nil)
		if !over {
			over, failed = w.silenced(ctx, t, []*task{stop})
		}
		if failed == nil && !over { // it may lie within the stop all the same
			var msg *message.Message
			if msg, failed = w.board.Messages.Issued(ctx, t.MessageID, t.Number); failed == nil {
				over = msg.EndReason == message.Stopped
			}
		}
		if failed == nil && over {
			failed = w.board.hear(ctx, t.ID, Result{State: Ended})
		}
		err = errors.Join(err, failed)
	}
	return err
}

// hand gives a parcel to the output, within its patience; an output that panics has failed.
func (w *worker) hand(ctx context.Context, p *Parcel) (r Result, err error) {
	if w.output == nil {
		return r, w.shut
	}
	patience, cancel := context.WithTimeout(ctx, w.driver.Patience)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			w.board.Log.Error("alert: an output broke", "output", w.config.ID, "panic", v)
			err = fmt.Errorf("broke: %v", v)
		}
	}()
	return w.output.Carry(patience, p)
}

func (w *worker) parcel(ctx context.Context, t *task) (*Parcel, error) {
	p := &Parcel{Task: t.ID, Act: t.Act, Rank: t.Rank, Attempt: t.Attempts + 1, Proof: t.Proof}
	var err error
	if t.Act == Stop {
		p.Stop, err = w.board.Messages.Halt(ctx, t.MessageID)
	} else {
		number := t.Number
		if t.Act == Cancel {
			number = 0
		}
		p.Message, err = w.board.Messages.Issued(ctx, t.MessageID, number)
	}
	if err != nil {
		return nil, err
	}
	p.Places, err = w.board.Messages.Places(ctx, p.Message, p.Stop)
	return p, err
}

// Pause is how long to wait before trying again: 1 s, 2 s, 4 s, … at most a minute.
func Pause(attempts int) time.Duration {
	return min(time.Second<<min(attempts-1, 6), time.Minute)
}

// Refused is the far side's word that it will never take a parcel: trying again is no use.
type Refused struct{ Why string }

func (r *Refused) Error() string { return r.Why }
