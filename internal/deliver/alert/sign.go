package alert

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/media"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/event"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// countersign adds a person's approval of exactly the content with this digest. With the
// last approval that the rules demand the order is signed, in the same commit.
func (m *Module) countersign(ctx context.Context, id, digest string) (*message.Message, error) {
	msg, err := m.change(ctx, PermCountersign, id, 0, "countersign", func(tx *store.Tx, msg *message.Message) (any, error) {
		if already(msg, person(ctx), digest) {
			return nil, errNothingToDo
		}
		v, err := msg.Draft()
		if err != nil {
			return nil, err
		}
		added, err := v.Approve(person(ctx), tx.Now, digest)
		if err != nil {
			return nil, err
		}
		if !added {
			return nil, errNothingToDo
		}
		if err := m.fourEyes(ctx, tx, v); err != nil {
			return nil, err
		}
		// The rules may have changed since the check.
		verdict, err := m.judge(ctx, tx, msg, v)
		if err != nil {
			return nil, err
		}
		v.Rule, v.Required = verdict.Rule, verdict.Approvals
		detail := map[string]any{"version": v.Number, "digest": digest, "have": len(v.Approvals), "need": v.Required}
		if v.Approved() {
			if err := m.refuseDoubles(ctx, tx, msg, v); err != nil {
				return nil, err
			}
			return detail, m.issue(ctx, tx, msg)
		}
		return detail, nil
	})
	switch {
	case err == nil:
		m.wake()
	case fault.Is(err, notIndependent):
		return nil, errors.Join(err, m.noteRefusal(ctx, id, digest))
	}
	return msg, err
}

const notIndependent = "alert.countersign.not_independent"

// fourEyes refuses a countersignature by somebody who may be the same person as another
// who had a hand in the version: an administrator who reset both accounts could sign in
// as both.
func (m *Module) fourEyes(ctx context.Context, q store.Queryer, v *message.Version) error {
	by := person(ctx)
	for _, other := range v.Makers() {
		if other.ID == by.ID {
			continue
		}
		apart, err := m.Staff.Independent(ctx, q, by.ID, other.ID)
		if err != nil {
			return err
		}
		if !apart {
			return fault.New(fault.Forbidden, notIndependent, fault.Args{"name": other.Name})
		}
	}
	return nil
}

// noteRefusal records a countersignature that was refused for the sake of four eyes, which
// an auditor should see.
func (m *Module) noteRefusal(ctx context.Context, id, digest string) error {
	return m.DB.Update(ctx, func(tx *store.Tx) error {
		msg, err := readMessage(ctx, tx, id)
		if err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "alert.countersign_refused", Object: "alert:" + msg.ID, RegionPath: msg.RegionPath,
			Detail: map[string]any{"digest": digest}})
	})
}

// already reports whether the person approved what has been issued since: a repeated
// request, not a mistake.
func already(msg *message.Message, by message.Person, digest string) bool {
	if msg.Current == nil || msg.Current.Digest != digest {
		return false
	}
	for _, a := range msg.Current.Approvals {
		if a.By.ID == by.ID {
			return true
		}
	}
	return false
}

// reject sends a checked version back to draft.
func (m *Module) reject(ctx context.Context, id, reason string) (*message.Message, error) {
	return m.change(ctx, PermCountersign, id, 0, "reject", func(tx *store.Tx, msg *message.Message) (any, error) {
		v, err := msg.Draft()
		if err != nil {
			return nil, err
		}
		if err := v.Reject(person(ctx), tx.Now, reason); err != nil {
			return nil, err
		}
		msg.Settle()
		return map[string]any{"version": v.Number, "reason": reason}, nil
	})
}

// lead is how long before its beginning a message is sent to terminals, which hold it.
const lead = 10 * time.Minute

// issue makes the approved version the current one and signs its order. An update that
// leaves somebody out sends those a cancel.
func (m *Module) issue(ctx context.Context, tx *store.Tx, msg *message.Message) error {
	before, began := msg.Current, msg.StartsAt
	if err := msg.Issue(tx.Now); err != nil {
		return err
	}
	if err := closeArrivals(ctx, tx, msg.ID, message.Sent); err != nil {
		return err
	}
	if msg.EBMID == "" {
		var err error
		if msg.EBMID, err = m.nextEBMID(ctx, tx); err != nil {
			return err
		}
	}
	if before != nil {
		if err := retireVersion(ctx, tx, msg.ID, before.Number); err != nil {
			return err
		}
	}
	c := &msg.Current.Content
	if err := media.Issue(ctx, tx, msg.ID, digests(c)); err != nil {
		return err
	}
	if err := insertReach(ctx, tx, msg.ID, msg.Places()); err != nil {
		return err
	}
	due := dueAt(msg.StartsAt, tx.Now)
	if before != nil && !dueAt(began, before.IssuedAt).After(tx.Now) {
		due = tx.Now // terminals hold the version before, and must not begin it
	}
	if msg.Kind.ReachesTerminals() {
		if err := m.orders(ctx, tx, msg, before, due); err != nil {
			return err
		}
	}
	rank, err := m.rank(ctx, tx, msg)
	if err != nil {
		return err
	}
	if err := m.board.Issue(ctx, tx, msg, rank, due); err != nil {
		return err
	}
	if err := m.Duty.Issued(ctx, tx, msg); err != nil {
		return err
	}
	return tx.Emit(ctx, event.AlertIssued{ID: msg.ID, Version: msg.Revision + 1, Number: msg.Current.Number, EBMID: string(msg.EBMID), Kind: string(msg.Kind),
		Class: string(msg.Class), Event: string(c.Event), Severity: string(c.Severity), RegionPath: msg.RegionPath, Title: c.Text("zh").Title,
		StartsAt: msg.StartsAt.UnixMicro(), EndsAt: msg.EndsAt.UnixMicro()})
}

func digests(c *message.Content) (list []string) {
	for _, s := range c.Sounds {
		list = append(list, s.SM3)
	}
	for _, a := range c.Attachments {
		list = append(list, a.SM3)
	}
	return list
}

// dueAt is when what begins at a time and was issued at another is sent.
func dueAt(begins, issued time.Time) time.Time {
	if begins.After(issued.Add(lead)) {
		return begins.Add(-lead)
	}
	return issued
}

// orders signs the play order of the current version and, when an update has another
// area than the version before, the cancel for those who are left out.
func (m *Module) orders(ctx context.Context, tx *store.Tx, msg *message.Message, before *message.Version, due time.Time) error {
	number, err := m.numbers(ctx, tx, msg)
	if err != nil {
		return err
	}
	if err := m.put(ctx, tx, msg, message.PlayOrder(msg, number, tx.Now), due); err != nil {
		return err
	}
	if before == nil || message.Sameness("", "", message.Content{Area: before.Content.Area}) == message.Sameness("", "", message.Content{Area: msg.Current.Content.Area}) {
		return nil
	}
	if number, err = m.numbers(ctx, tx, msg); err != nil {
		return err
	}
	left := message.CancelOrder(msg, before.Content.Area, message.WireVersion(msg.Current.Number)-1, number, tx.Now)
	return m.put(ctx, tx, msg, left, due)
}

func (m *Module) numbers(ctx context.Context, tx *store.Tx, msg *message.Message) (n message.Numbers, err error) {
	seq, err := m.Signer.NextOrder(ctx, tx)
	if err != nil {
		return n, err
	}
	n = message.Numbers{From: m.Platform, Seq: seq}
	n.Rank, err = m.rank(ctx, tx, msg)
	return n, err
}

// put signs an order and stores it for dispatch.
func (m *Module) put(ctx context.Context, tx *store.Tx, msg *message.Message, o *wire.Order, due time.Time) error {
	frame, err := m.sign(o, tx.Now)
	if err != nil {
		return err
	}
	return delivery.PutOrder(ctx, tx, delivery.Order{Thread: msg.No, ThreadID: msg.ID, Version: o.Version, Kind: o.Kind, Seq: o.Seq, RegionPath: msg.RegionPath,
		Area: o.Area, Frame: frame, IssuedAt: tx.Now, DueAt: due, StartsAt: o.ValidFrom, Lasts: message.Lasts(o), ValidUntil: time.UnixMicro(o.ValidUntil)})
}

func (m *Module) sign(o *wire.Order, at time.Time) ([]byte, error) {
	key, cert := m.Signer.Signing()
	signer := wire.Signer{Key: key, Cert: cert}
	frame, err := signer.NewFrame(o, at)
	var form *wire.FormError
	if errors.As(err, &form) {
		if form.What == "too_long" {
			return nil, fault.Bad("area", "alert.order_too_long")
		}
		return nil, fmt.Errorf("alert: an order could not be made: %w", err)
	}
	return frame, err
}
