package alert

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/duty"
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
		if err := m.Duty.Record(ctx, tx, duty.Entry{RegionPath: msg.RegionPath, Kind: "cancelled", Object: "alert:" + msg.ID,
			Args: map[string]any{"title": message.Word(msg.Kind, msg.Shown().Content.Text("zh")).Title, "reason": reason}}); err != nil {
			return nil, err
		}
		return map[string]any{"reason": reason}, m.withdraw(ctx, tx, msg)
	})
	if err == nil {
		m.wake()
	}
	return msg, err
}

// withdraw signs the cancel order of a message that ended before terminals expect it to.
func (m *Module) withdraw(ctx context.Context, tx *store.Tx, msg *message.Message) error {
	if !msg.LastEnd.After(tx.Now) {
		return nil
	}
	rank, err := m.rank(ctx, tx, msg)
	if err != nil {
		return err
	}
	msg.LastNumber++
	if err := m.board.Cancel(ctx, tx, msg, msg.LastNumber, rank); err != nil || !msg.Kind.ReachesTerminals() {
		return err
	}
	number, err := m.numbers(ctx, tx, msg)
	if err != nil {
		return err
	}
	o := message.CancelOrder(msg, msg.Current.Content.Area, message.WireVersion(msg.LastNumber), number, tx.Now)
	return m.put(ctx, tx, msg, o, tx.Now)
}

// freshFor is how old the second factor of who stops everything may be.
const freshFor = 5 * time.Minute

// stopAll ends everything in whole regions at once: one signed stop order to every
// terminal there, and every message that was issued to nobody else is marked as stopped.
// What was issued for a wider area goes on elsewhere; the stop and its trail name it.
func (m *Module) stopAll(ctx context.Context, codes []string, reason string) (*stop, error) {
	if err := auth.RequireFresh(ctx, m.Clock.Now(), freshFor); err != nil {
		return nil, err
	}
	if len([]rune(strings.TrimSpace(reason))) < 4 {
		return nil, fault.Bad("reason", "alert.stop.reason")
	}
	area, paths, err := m.stopArea(ctx, codes)
	if err != nil {
		return nil, err
	}
	s := &stop{RegionPath: commonPath(paths), Regions: codes, Reason: reason, By: auth.Who(ctx).Name, Messages: []string{}, Thinned: []string{}}
	var ended, thinned []*message.Message
	err = m.DB.Update(ctx, func(tx *store.Tx) error {
		s.ID, s.At = store.NewID(tx.Now), tx.Now
		if ended, thinned, err = stopped(ctx, tx, paths); err != nil {
			return err
		}
		s.Messages, s.Thinned = idsOf(ended), idsOf(thinned)
		if err := m.stopMessages(ctx, tx, s, ended, thinned); err != nil {
			return err
		}
		return m.stopTerminals(ctx, tx, s, area, paths, ended)
	})
	if err != nil {
		return nil, err
	}
	m.wake()
	for _, msg := range slices.Concat(ended, thinned) {
		m.told(msg)
	}
	return s, nil
}

// stopArea finds the regions to be stopped, in all of which the asker must be allowed to.
func (m *Module) stopArea(ctx context.Context, codes []string) (area wire.Area, paths []string, err error) {
	regions, err := m.Regions.Regions(ctx, codes)
	if err != nil {
		return area, nil, err
	}
	for i, c := range codes {
		at := slices.IndexFunc(regions, func(r Region) bool { return r.Code == c })
		if at < 0 {
			return area, nil, fault.Bad(fmt.Sprintf("regions[%d]", i), "alert.area.unknown_region", fault.Args{"code": c})
		}
		paths, area.Regions = append(paths, regions[at].Path), append(area.Regions, message.AreaCode(c))
	}
	for _, p := range paths {
		if err := auth.Check(ctx, PermStopAll, p); err != nil {
			return area, nil, err
		}
	}
	return area, paths, nil
}

// stopped are the messages on the air that a stop in these regions ends, and those that it
// silences there only, because they were issued to other places too.
func stopped(ctx context.Context, q store.Queryer, paths []string) (ended, thinned []*message.Message, err error) {
	scope, above := auth.NewScope(paths...), auth.Above(paths...)
	within := func(p string) bool { return scope.Allows(p) }
	across := func(p string) bool { return scope.Allows(p) || slices.Contains(above, p) }
	ids, err := onAirIn(ctx, q, scope)
	if err != nil {
		return nil, nil, err
	}
	for _, id := range ids {
		msg, err := readMessage(ctx, q, id)
		if err != nil {
			return nil, nil, err
		}
		places := msg.Places()
		switch {
		case !msg.Ours(): // which its own node ends
			if msg.Kind.ReachesTerminals() && slices.ContainsFunc(places, across) {
				thinned = append(thinned, msg)
			}
		case within(msg.RegionPath) || !slices.ContainsFunc(places, func(p string) bool { return !within(p) }):
			ended = append(ended, msg)
		case msg.Kind.ReachesTerminals() && slices.ContainsFunc(places, across): // not by an earlier version only
			thinned = append(thinned, msg)
		}
	}
	return ended, thinned, nil
}

func idsOf(messages []*message.Message) []string {
	ids := make([]string, len(messages))
	for i, msg := range messages {
		ids[i] = msg.ID
	}
	return ids
}

// stopMessages ends what a stop ends, and notes with what goes on elsewhere where it fell silent.
func (m *Module) stopMessages(ctx context.Context, tx *store.Tx, s *stop, ended, thinned []*message.Message) error {
	detail := map[string]any{"reason": s.Reason, "regions": s.Regions, "stop": s.ID}
	for _, msg := range ended {
		if err := msg.End(tx.Now, message.Stopped, s.Reason); err != nil {
			return err
		}
		if err := writeMessage(ctx, tx, msg); err != nil {
			return err
		}
		if err := delivery.CloseThread(ctx, tx, msg.No); err != nil {
			return err
		}
		if err := m.board.GiveUp(ctx, tx, msg.ID); err != nil {
			return err
		}
		if err := audit.Write(ctx, tx, audit.Entry{Action: "alert.stop", Object: "alert:" + msg.ID, RegionPath: msg.RegionPath, Detail: detail}); err != nil {
			return err
		}
	}
	for _, msg := range thinned {
		if err := audit.Write(ctx, tx, audit.Entry{Action: "alert.stop.part", Object: "alert:" + msg.ID, RegionPath: s.RegionPath, Detail: detail}); err != nil {
			return err
		}
	}
	return nil
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
	for _, msg := range ended {
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
	s.Until = until
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
	if err := m.board.Stop(ctx, tx, s.ID, s.RegionPath, paths, until); err != nil {
		return err
	}
	if err := m.Duty.Record(ctx, tx, duty.Entry{RegionPath: s.RegionPath, Kind: "stopped", Object: "alert-stop:" + s.ID,
		Args: map[string]any{"reason": s.Reason, "count": len(s.Messages) + len(s.Thinned)}}); err != nil {
		return err
	}
	if err := tx.Emit(ctx, event.AlertStopped{ID: s.ID, RegionPath: s.RegionPath, Reason: s.Reason, Messages: s.Messages, At: s.At.UnixMicro()}); err != nil {
		return err
	}
	return audit.Write(ctx, tx, audit.Entry{Action: "alert.stop_all", Object: "alert-stop:" + s.ID, RegionPath: s.RegionPath,
		Detail: map[string]any{"regions": s.Regions, "reason": s.Reason, "messages": s.Messages, "thinned": s.Thinned}})
}
