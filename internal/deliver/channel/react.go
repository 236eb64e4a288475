package channel

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const (
	// lead is how long before its beginning an occurrence is handed over: speech is made and
	// loudspeakers fetch sounds, so that it begins on time.
	lead = 10 * time.Minute
	// late is how much must be left of an occurrence for it to be played at all after its time.
	late = time.Minute
	// settle is how long the last receipts may take after the end.
	settle = time.Minute
	// remembered is how far back it is written down what was missed.
	remembered = 7 * 24 * time.Hour
	// often is how often the clock is looked at.
	often = 5 * time.Second
	// atOnce is how many occurrences are looked after at one look.
	atOnce = 5000
)

// wake has the keeper look now.
func (m *Module) wake() {
	select {
	case m.tend <- struct{}{}:
	default:
	}
}

// keepUp makes, hands over, takes back and settles what is due.
func (m *Module) keepUp(ctx context.Context) {
	m.keeping.Lock()
	defer m.keeping.Unlock()
	ctx = auth.As(ctx, auth.Actor{ID: "system:channel", Name: "channel"})
	now := m.Clock.Now()
	m.warn("occurrences were not made", m.plan(ctx, now))
	due, err := dueOccurrences(ctx, m.DB, now.Add(-settle), atOnce)
	m.warn("occurrences wait", err)
	made := map[string]*Timetable{}
	for _, o := range due {
		switch o.Stage {
		case Withdrawing:
			err = m.withdraw(ctx, o)
		case Planned:
			err = m.hand(ctx, o, made, now)
		default:
			err = m.settle(ctx, o)
		}
		m.warn("an occurrence waits", err)
	}
}

func (m *Module) warn(what string, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		m.Log.Warn("channel: "+what, "error", err)
	}
}

// plan writes down what begins until a lead from now, each once. What was to be over by then,
// while the platform did not run, was missed.
func (m *Module) plan(ctx context.Context, now time.Time) error {
	list, err := standing(ctx, m.DB, auth.Everywhere, "")
	for _, t := range list {
		if t.Published == nil {
			continue
		}
		after, until := t.LookedAt, now.Add(lead)
		if oldest := now.Add(-remembered); after.Before(oldest) {
			after = oldest
		}
		due := t.occurrences(after, until, m.Zone)
		if len(due) == 0 && until.Sub(after) < lead+time.Hour {
			continue // noted with the next one, or within the hour
		}
		err = errors.Join(err, m.DB.Housekeep(ctx, func(tx *store.Tx) error {
			current, err := readTimetable(ctx, tx, t.ID)
			if err != nil || current.Published == nil || current.Published.Number != t.Published.Number || !current.RetiredAt.IsZero() {
				return err // it changed meanwhile, and is looked at again
			}
			for _, o := range due {
				if o.ID = store.NewID(tx.Now); o.EndsAt.Before(now.Add(late)) {
					o.Stage = Missed
				}
				if err := insertOccurrence(ctx, tx, o); err != nil {
					return err
				}
			}
			return looked(ctx, tx, t.ID, until)
		}))
	}
	return err
}

// hand gives an occurrence to those who sound it, once: its id identifies it there.
func (m *Module) hand(ctx context.Context, o *Occurrence, made map[string]*Timetable, now time.Time) error {
	if o.EndsAt.Before(now.Add(late)) {
		return m.move(ctx, o, Planned, Missed, "")
	}
	t := made[o.Timetable]
	if t == nil {
		var err error
		if t, err = readTimetable(ctx, m.DB, o.Timetable); err != nil {
			return err
		}
		made[o.Timetable] = t
	}
	if t.Published == nil || t.Published.Number != o.Number {
		v, err := readVersion(ctx, m.DB, t.ID, o.Number)
		if err != nil {
			return err
		}
		at := *t
		at.Published, t = v, &at
	}
	s := t.Published.Content.slot(o.SlotID)
	if s == nil {
		return m.move(ctx, o, Planned, Dropped, "")
	}
	norms, err := m.Rules.Norms(ctx, t.RegionPath)
	if err != nil {
		return err
	}
	if norms.quiet(s) { // they may have changed since it was approved
		return m.move(ctx, o, Planned, Skipped, "quiet")
	}
	item, err := m.item(ctx, t, s, o)
	if err != nil {
		return err
	}
	answer, err := m.Messages.Hand(ctx, item)
	if err != nil {
		return err
	}
	o.MessageID = answer.Message
	switch {
	case answer.Reason != nil:
		return m.move(ctx, o, Planned, Refused, answer.Reason.Code)
	case answer.Waits:
		return m.move(ctx, o, Planned, Handed, "waits")
	}
	return m.move(ctx, o, Planned, Handed, "")
}

// item is an occurrence as it is handed over.
func (m *Module) item(ctx context.Context, t *Timetable, s *Slot, o *Occurrence) (Item, error) {
	c := &t.Published.Content
	item := Item{Ref: o.ID, Timetable: t.ID, Name: t.Name, RegionCode: t.RegionCode, Level: t.Level, Devices: c.Devices, Title: s.Title, Text: s.describe(),
		StartsAt: o.StartsAt, EndsAt: o.EndsAt, Repeat: s.plays(), Interval: s.Interval, Volume: s.Volume}
	if item.Volume == nil {
		item.Volume = c.Volume
	}
	switch s.Kind {
	case Relay:
		item.Relay, item.Repeat, item.Interval = s.Address, 1, 0
	case Recording:
		found, err := recordings(ctx, m.DB, s.Sound.SM3)
		if err != nil || len(found) == 0 {
			return item, errors.Join(err, notFound())
		}
		r, err := m.Blobs.Open(ctx, soundKey(s.Sound.SM3))
		if err != nil {
			return item, err
		}
		defer r.Close()
		item.MIME, item.Millis = found[0].MIME, found[0].Millis
		item.Sound, err = io.ReadAll(r)
		return item, err
	}
	return item, nil
}

// withdraw takes an occurrence back.
func (m *Module) withdraw(ctx context.Context, o *Occurrence) error {
	if o.EndsAt.After(m.Clock.Now()) && o.MessageID != "" {
		t, err := readTimetable(ctx, m.DB, o.Timetable)
		if err != nil {
			return err
		}
		if _, err := m.Messages.Hand(ctx, Item{Ref: o.ID, Withdraw: true, Timetable: t.ID, Name: t.Name, RegionCode: t.RegionCode, Level: t.Level, Title: o.Title}); err != nil {
			return err
		}
	}
	return m.move(ctx, o, Withdrawing, Withdrawn, o.Reason)
}

func (m *Module) move(ctx context.Context, o *Occurrence, from, to Stage, reason string) error {
	o.Stage, o.Reason = to, reason
	moved := false
	err := m.DB.Housekeep(ctx, func(tx *store.Tx) (err error) {
		if moved, err = moveOccurrence(ctx, tx, o, from); err != nil || moved || to != Handed {
			return err
		}
		// A newer version left it out while it was being handed over.
		now, err := readOccurrence(ctx, tx, o.ID)
		if err != nil || now.Stage != Dropped {
			return err
		}
		o.Stage = Withdrawing
		_, err = moveOccurrence(ctx, tx, o, Dropped)
		m.wake()
		return err
	})
	if err == nil && moved {
		m.Live.Tell("channel.occurred", PermRead, o.RegionPath, map[string]any{"id": o.ID, "timetable": o.Timetable, "state": o.Stage})
	}
	return err
}

// settle keeps what came of an occurrence.
func (m *Module) settle(ctx context.Context, o *Occurrence) error {
	out, err := m.outcome(ctx, o)
	if err != nil {
		return err
	}
	o.Outcome = out
	return m.move(ctx, o, Handed, Over, o.Reason)
}

// outcome is what loudspeakers did with an occurrence, by now.
func (m *Module) outcome(ctx context.Context, o *Occurrence) (*Outcome, error) {
	out := Outcome{Reasons: map[string]int{}}
	if o.MessageID == "" {
		return &out, nil
	}
	figures, err := m.Receipts.Figures(ctx, []string{o.MessageID})
	if err != nil {
		return nil, err
	}
	if f, ok := figures[o.MessageID]; ok {
		out = f
		out.Reasons = map[string]int{}
	}
	list, err := m.Receipts.Soundings(ctx, o.MessageID)
	for i := range list {
		out.add(&list[i])
	}
	return &out, err
}

// add counts one loudspeaker's times and reasons.
func (o *Outcome) add(s *Sounding) {
	first := func(at **time.Time, t time.Time) {
		if !t.IsZero() && (*at == nil || t.Before(**at)) {
			*at = &t
		}
	}
	last := func(at **time.Time, t time.Time) {
		if !t.IsZero() && (*at == nil || t.After(**at)) {
			*at = &t
		}
	}
	first(&o.BeganAt, s.Began)
	last(&o.EndedAt, s.Ended)
	higher := func(y Yield) bool { return y.Reason == "higher_rank" }
	if slices.ContainsFunc(s.Yields, higher) {
		o.Yielded++
	}
	for _, y := range s.Yields {
		if higher(y) {
			first(&o.YieldFrom, y.From)
			last(&o.YieldTo, y.To)
		}
	}
	if s.State == "failed" || s.State == "refused" {
		o.Reasons[s.Reason]++
	}
}
