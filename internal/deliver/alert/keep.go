package alert

import (
	"context"
	"errors"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/event"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// settle is how long receipts of what was sent last may take: so long after a message's end,
// and after its last cancel ceased to stand, its figures are frozen.
const settle = time.Minute

// keepUp makes the states of messages follow the clock: begun once sent and due, ended
// when over, figures frozen a little later.
func (m *Module) keepUp(ctx context.Context) {
	m.keeping.Lock()
	defer m.keeping.Unlock()
	ctx = auth.As(ctx, auth.Actor{ID: "system:alert", Name: "alert"})
	now := m.Clock.Now()
	m.warn("messages from outside wait", m.aloneNow(ctx))
	ids, err := due(ctx, m.DB, now.UnixMicro())
	m.warn("messages wait to begin or end", err)
	for _, id := range ids {
		m.warn("a message waits to begin or end", m.follow(ctx, id))
	}
	m.warn("shortfalls were not looked at", m.escalate(ctx))
	ids, err = unfrozen(ctx, m.DB, now.Add(-settle).UnixMicro())
	m.warn("figures wait to be frozen", err)
	for _, id := range ids {
		m.warn("figures wait to be frozen", m.freeze(ctx, id))
	}
	m.warn("drills were not looked after", m.drill.KeepUp(ctx))
	stops, err := unfrozenStops(ctx, m.DB, now.Add(-settle).UnixMicro())
	m.warn("figures wait to be frozen", err)
	for _, no := range stops {
		f, err := m.desk.Figures(ctx, no, auth.Everywhere)
		if f == nil { // it was over when this node heard of it, and was told to nobody here
			f = new(delivery.Figures)
		}
		if err == nil {
			err = m.DB.Housekeep(ctx, func(tx *store.Tx) error { return putStopFigures(ctx, tx, no, f) })
		}
		m.warn("figures wait to be frozen", err)
	}
}

func (m *Module) warn(what string, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		m.Log.Warn("alert: "+what, "error", err)
	}
}

// follow begins or ends one message.
func (m *Module) follow(ctx context.Context, id string) error {
	was, err := readMessage(ctx, m.DB, id)
	if err != nil {
		return err
	}
	over := !was.EndsAt.After(m.Clock.Now())
	if waiting, err := delivery.Undispatched(ctx, m.DB, was.No); err != nil || waiting && !over {
		return err
	}
	if !was.Ours() {
		return m.followOther(ctx, was, over)
	}
	action := "begin"
	if over {
		action = "end"
	}
	_, err = m.change(ctx, "", id, was.Revision, action, func(tx *store.Tx, msg *message.Message) (any, error) {
		if over {
			if err := msg.End(tx.Now, message.Expired, ""); err != nil {
				return nil, err
			}
			if err := m.board.Expired(ctx, tx, msg.ID); err != nil {
				return nil, err
			}
			// A shorter update may have missed terminals that still have the longer version.
			return nil, m.withdraw(ctx, tx, msg)
		}
		if !msg.Begin(tx.Now) {
			return nil, errNothingToDo
		}
		return nil, nil
	})
	if over {
		m.wake()
	}
	return err
}

// freeze keeps the summary of a message that is over and tells, once, what came of it. While
// a cancel of it stands more of them may confirm it, so the summary is kept anew after that.
func (m *Module) freeze(ctx context.Context, id string) error {
	msg, err := readMessage(ctx, m.DB, id)
	if err != nil {
		return err
	}
	s, err := m.desk.Summary(ctx, msg.No, auth.Everywhere)
	if err != nil {
		return err
	}
	return m.DB.Housekeep(ctx, func(tx *store.Tx) error {
		again, err := delivery.StandsUntil(ctx, tx, msg.No, tx.Now)
		if err != nil {
			return err
		}
		first, err := putSummary(ctx, tx, id, s, again)
		if err != nil || !first {
			return err
		}
		c, f := msg.Current.Content, s.Figures
		return tx.Emit(ctx, event.AlertEnded{ID: id, Version: msg.Revision, Kind: string(msg.Kind), Class: string(msg.Class), Event: string(c.Event),
			Severity: string(c.Severity), RegionPath: msg.RegionPath, Reason: string(msg.EndReason), IssuedAt: msg.IssuedAt.UnixMicro(),
			EndedAt: msg.EndedAt.UnixMicro(), People: msg.Current.Reach.People, Targets: f.Targets, Answered: f.Answered, Reached: f.Reached,
			Heard: f.Heard, Failed: f.Failed + f.Refused})
	})
}
