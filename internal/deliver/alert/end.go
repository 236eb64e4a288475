package alert

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/event"
	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// cancel takes a message off the air with a signed order, which also reaches those who
// missed the message, for as long as they could still come upon it.
func (m *Module) cancel(ctx context.Context, id, reason string) (*message.Message, error) {
	msg, err := m.change(ctx, PermCancel, id, 0, "cancel", func(tx *store.Tx, msg *message.Message) (any, error) {
		if msg.State == message.Ended && msg.EndReason == message.Cancelled {
			return nil, errNothingToDo
		}
		if err := msg.End(tx.Now, message.Cancelled, reason); err != nil {
			return nil, err
		}
		return map[string]any{"reason": reason}, m.withdraw(ctx, tx, msg)
	})
	if err == nil {
		m.desk.Wake()
	}
	return msg, err
}

// withdraw signs the cancel order of a message that ended before terminals expect it to.
func (m *Module) withdraw(ctx context.Context, tx *store.Tx, msg *message.Message) error {
	if !msg.Kind.ReachesTerminals() || !msg.LastEnd.After(tx.Now) {
		return nil
	}
	number, err := m.numbers(ctx, tx, msg)
	if err != nil {
		return err
	}
	msg.LastNumber++
	o := message.CancelOrder(msg, msg.Current.Content.Area, message.WireVersion(msg.LastNumber), number, tx.Now)
	return m.put(ctx, tx, msg, o, tx.Now)
}

// freshFor is how old the second factor of who stops everything may be.
const freshFor = 5 * time.Minute

// stopAll ends everything in whole regions at once: one signed stop order to every
// terminal there, and every message that lies within them is marked as stopped. What was
// issued for a wider area goes on elsewhere.
func (m *Module) stopAll(ctx context.Context, codes []string, reason string) (*stop, error) {
	if err := auth.RequireFresh(ctx, m.Clock.Now(), freshFor); err != nil {
		return nil, err
	}
	if len([]rune(strings.TrimSpace(reason))) < 4 {
		return nil, fault.Bad("reason", "alert.stop.reason")
	}
	regions, err := m.Regions.Regions(ctx, codes)
	if err != nil {
		return nil, err
	}
	area, paths := wire.Area{}, []string{}
	for i, c := range codes {
		found := false
		for _, r := range regions {
			if r.Code == c {
				found = true
				paths, area.Regions = append(paths, r.Path), append(area.Regions, ebd.AreaCode(c))
			}
		}
		if !found {
			return nil, fault.Bad(fmt.Sprintf("regions[%d]", i), "alert.area.unknown_region", fault.Args{"code": c})
		}
	}
	for _, p := range paths {
		if err := auth.Check(ctx, PermStopAll, p); err != nil {
			return nil, err
		}
	}
	s := &stop{RegionPath: commonPath(paths), Regions: codes, Reason: reason, By: auth.Who(ctx).Name}
	var ended []*message.Message
	err = m.DB.Update(ctx, func(tx *store.Tx) error {
		if ended, err = m.stopMessages(ctx, tx, paths, reason); err != nil {
			return err
		}
		return m.stopTerminals(ctx, tx, s, area, paths, ended)
	})
	if err != nil {
		return nil, err
	}
	m.desk.Wake()
	for _, msg := range ended {
		m.told(msg)
	}
	return s, nil
}

func (m *Module) stopMessages(ctx context.Context, tx *store.Tx, paths []string, reason string) (ended []*message.Message, err error) {
	for _, path := range auth.NewScope(paths...).Paths() {
		low, high := auth.Subtree(path)
		ids, err := onAirIn(ctx, tx, low, high)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			msg, err := readMessage(ctx, tx, id)
			if err != nil {
				return nil, err
			}
			if err := msg.End(tx.Now, message.Stopped, reason); err != nil {
				return nil, err
			}
			if err := writeMessage(ctx, tx, msg); err != nil {
				return nil, err
			}
			if err := delivery.CloseThread(ctx, tx, msg.No); err != nil {
				return nil, err
			}
			err = audit.Write(ctx, tx, audit.Entry{Action: "alert.stop", Object: "alert:" + id, RegionPath: msg.RegionPath, Detail: map[string]any{"reason": reason}})
			if err != nil {
				return nil, err
			}
			ended = append(ended, msg)
		}
	}
	return ended, nil
}

// stopTerminals signs the stop order. It stands as long as any message that it ends, or
// that goes on elsewhere, could still be played by a terminal that comes back here, and an
// hour at least. What is issued after the stop is not held up by it.
func (m *Module) stopTerminals(ctx context.Context, tx *store.Tx, s *stop, area wire.Area, paths []string, ended []*message.Message) error {
	until := tx.Now.Add(time.Hour)
	wider, err := lastEndAcross(ctx, tx, paths)
	if err != nil {
		return err
	}
	if wider.After(until) {
		until = wider
	}
	s.Messages = []string{}
	for _, msg := range ended {
		s.Messages = append(s.Messages, msg.ID)
		if msg.LastEnd.After(until) {
			until = msg.LastEnd
		}
	}
	seq, err := m.Signer.NextOrder(ctx, tx)
	if err != nil {
		return err
	}
	if s.No, err = next(ctx, tx, "thread"); err != nil {
		return err
	}
	s.ID, s.At, s.Until = store.NewID(tx.Now), tx.Now, until
	o := &wire.Order{ID: s.ID, From: m.Platform, Version: 1, Seq: seq, Kind: wire.Stop, Class: wire.Emergency, Rank: math.MaxUint32,
		Issued: s.At.UnixMicro(), ValidFrom: s.At.UnixMicro(), ValidUntil: s.Until.UnixMicro(), Area: area}
	frame, err := m.sign(o, tx.Now)
	if err != nil {
		return err
	}
	err = delivery.PutOrder(ctx, tx, delivery.Order{Thread: s.No, ThreadID: s.ID, Version: o.Version, Kind: o.Kind, Seq: o.Seq, RegionPath: s.RegionPath,
		Area: area, Frame: frame, IssuedAt: tx.Now, DueAt: tx.Now, ValidUntil: until})
	if err != nil {
		return err
	}
	if err := insertStop(ctx, tx, *s, person(ctx)); err != nil {
		return err
	}
	if err := tx.Emit(ctx, event.AlertStopped{ID: s.ID, RegionPath: s.RegionPath, Reason: s.Reason, Messages: s.Messages, At: s.At.UnixMicro()}); err != nil {
		return err
	}
	return audit.Write(ctx, tx, audit.Entry{Action: "alert.stop_all", Object: "alert-stop:" + s.ID, RegionPath: s.RegionPath,
		Detail: map[string]any{"regions": s.Regions, "reason": s.Reason, "messages": s.Messages}})
}
