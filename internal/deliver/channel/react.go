package channel

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

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
	// sideBySide is how many of them are handed over at the same time: notices are spoken first, which
	// takes a while, and those of one time should all begin on it.
	sideBySide = 4
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
	var hands errgroup.Group
	hands.SetLimit(sideBySide)
	for _, o := range due {
		if o.Stage == Withdrawing { // before what stands in its place
			m.warn("an occurrence waits", m.withdraw(ctx, o))
		}
	}
	for _, o := range due {
		if o.Stage == Planned {
			hands.Go(func() error { m.warn("an occurrence waits", m.hand(ctx, o, now)); return nil })
		}
	}
	_ = hands.Wait()
	for _, o := range due {
		if o.Stage == Handed && !o.EndsAt.After(now) {
			m.warn("an occurrence waits", m.settle(ctx, o))
		}
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
	list, err := m.published(ctx)
	for _, t := range list {
		after, until := t.LookedAt, now.Add(lead)
		if oldest := now.Add(-remembered); after.Before(oldest) {
			after = oldest
		}
		noted := until.Sub(after) < lead+time.Hour
		if noted && until.Before(t.restsUntil) {
			continue
		}
		due := t.occurrences(after, until, m.Zone)
		if len(due) == 0 {
			t.restsUntil = t.begins(until, until.AddDate(0, 0, 1), m.Zone)
			if noted {
				continue // with the next one, or within the hour
			}
		}
		err = errors.Join(err, m.DB.Housekeep(ctx, func(tx *store.Tx) error {
			if same, err := standsAt(ctx, tx, t.ID, t.Revision); err != nil || !same {
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

// published are the timetables that play something, as they are now. One that did not change since
// the last look is not read again.
func (m *Module) published(ctx context.Context) (list []*Timetable, err error) {
	marks, err := publishedMarks(ctx, m.DB)
	if err != nil {
		return nil, err
	}
	kept := make(map[string]*Timetable, len(marks))
	for _, mark := range marks {
		t := m.kept[mark.id]
		if t == nil || t.Revision != mark.revision {
			if t, err = readTimetable(ctx, m.DB, mark.id); err != nil {
				return nil, err
			}
			t.Draft = nil // which nobody plays
		}
		if t.LookedAt = mark.lookedAt; t.Published != nil {
			kept[t.ID], list = t, append(list, t)
		}
	}
	m.kept = kept
	return list, nil
}

// hand gives an occurrence to those who sound it, once: its id identifies it there.
func (m *Module) hand(ctx context.Context, o *Occurrence, now time.Time) error {
	if o.EndsAt.Before(now.Add(late)) {
		return m.move(ctx, o, Planned, Missed, "")
	}
	t := m.kept[o.Timetable]
	if t == nil {
		var err error
		if t, err = readTimetable(ctx, m.DB, o.Timetable); err != nil {
			return err
		}
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
