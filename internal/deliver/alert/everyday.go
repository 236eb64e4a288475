package alert

import (
	"context"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// EverydayNorms is what the rules say of a timetable of a region.
type EverydayNorms struct {
	Verdict rule.Verdict          // of everyday messages from the desk to all of the region, by somebody of its level
	Quiet   rule.Quiet            // when everyday messages wait, if they do
	Ranks   map[rule.Level]uint32 // of an item, by the level of its timetable's region
}

// EverydayNorms asks the rules about timetables of a region, by its path.
func (m *Module) EverydayNorms(ctx context.Context, path string) (n EverydayNorms, err error) {
	r, err := m.Regions.RegionAt(ctx, path)
	if err != nil {
		return n, err
	}
	table, err := m.book.Sending(ctx, m.DB)
	if err != nil {
		return n, err
	}
	n.Verdict = rule.Evaluate(table, rule.Request{Origin: rule.Desk, Class: wire.Everyday, Event: EverydayEvent, Severity: message.Unknown, Authority: r.Level, Area: r.Level})
	conduct, err := m.book.Conduct(ctx, m.DB)
	if err != nil {
		return n, err
	}
	n.Quiet = conduct.Quiet
	precedence, err := m.book.Precedence(ctx, m.DB)
	n.Ranks = make(map[rule.Level]uint32, len(rule.Levels))
	for _, l := range rule.Levels {
		n.Ranks[l] = precedence.Rank(rule.Standing{Class: string(wire.Everyday), Kind: "real", Level: l, Severity: message.Unknown})
	}
	return n, err
}

// EverydayKept is how long the rules have what timetables played kept.
func (m *Module) EverydayKept(ctx context.Context) (time.Duration, error) {
	conduct, err := m.book.Conduct(ctx, m.DB)
	return conduct.KeepEveryday(), err
}

// EverydayEvent is the event type of what a timetable plays: other announcement.
const EverydayEvent = "69900"

// KeepSound keeps the bytes of a sound, which an arrival must name within the hour.
func (m *Module) KeepSound(ctx context.Context, content []byte) (digest string, err error) {
	return m.shelf.Keep(ctx, content)
}

// Sounding is what one terminal did with a message, by its receipts.
type Sounding struct {
	Device string
	Began  time.Time // zero: it never sounded
	Ended  time.Time // zero: not yet
	State  string    // the last phase
	Reason string    // of the last phase
	Yields []Yield
}

// Yield is a time during which something else sounded.
type Yield struct {
	From   time.Time
	To     time.Time // zero: it did not come back
	Reason string
}

// Soundings is what terminals did with a message, by their receipts.
func (m *Module) Soundings(ctx context.Context, id string) ([]Sounding, error) {
	msg, err := readMessage(ctx, m.DB, id)
	if err != nil {
		return nil, err
	}
	steps, err := delivery.Steps(ctx, m.DB, msg.No)
	var out []Sounding
	for _, s := range steps {
		if len(out) == 0 || out[len(out)-1].Device != s.Device {
			out = append(out, Sounding{Device: s.Device})
		}
		out[len(out)-1].step(&s)
	}
	return out, err
}

// step adds one receipt. A refusal of what is held or was played changes nothing.
func (s *Sounding) step(l *delivery.Logged) {
	phase := wire.Phase(l.Phase)
	if phase == wire.Refused && (s.State != "" || l.Reason == string(wire.Replayed)) {
		return
	}
	switch phase {
	case wire.Playing:
		if s.Began.IsZero() {
			s.Began = l.At
		}
	case wire.Interrupted:
		s.Yields = append(s.Yields, Yield{From: l.At, Reason: l.Reason})
	case wire.Resumed:
		if n := len(s.Yields); n > 0 && s.Yields[n-1].To.IsZero() {
			s.Yields[n-1].To = l.At
		}
	case wire.Played, wire.Failed, wire.CancelledAt, wire.Refused:
		s.Ended = l.At
	}
	s.State, s.Reason = l.Phase, l.Reason
}

// FiguresOf is how messages stand; those that were never sent are left out.
func (m *Module) FiguresOf(ctx context.Context, ids []string) (map[string]delivery.Figures, error) {
	out := make(map[string]delivery.Figures, len(ids))
	for _, id := range ids {
		msg, err := readMessage(ctx, m.DB, id)
		if fault.IsKind(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		f, err := m.desk.Figures(ctx, msg.No, auth.Everywhere)
		if err != nil {
			return nil, err
		}
		if f != nil {
			out[id] = *f
		}
	}
	return out, nil
}
