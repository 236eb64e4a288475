package alert

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/duty"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/event"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// escalate looks at the messages in progress for which a row of the table of escalations is
// due: where a township's receipts fall short the next medium carries it, whoever is on duty
// is told, and a repair is asked for.
func (m *Module) escalate(ctx context.Context) error {
	table, err := m.book.Escalation(ctx, m.DB)
	if err != nil || len(table) == 0 {
		return err
	}
	ids, err := inProgress(ctx, m.DB)
	for _, id := range ids {
		err = errors.Join(err, m.escalateOne(ctx, id, table))
	}
	return err
}

func (m *Module) escalateOne(ctx context.Context, id string, table []rule.Escalation) error {
	msg, err := readMessage(ctx, m.DB, id)
	if err != nil || !m.looksAfter(msg) {
		return err
	}
	looked, err := escalated(ctx, m.DB, id, msg.Current.Number)
	if err != nil {
		return err
	}
	now := m.Clock.Now()
	for _, row := range table {
		if slices.Contains(looked, row.ID) || !row.Fits(msg.Class, msg.Kind.Drill(), msg.Current.Content.Severity) || row.Due(msg.StartsAt).After(now) {
			continue
		}
		short, err := m.desk.Shortfalls(ctx, msg.No, row.Short)
		if err == nil {
			short, err = m.unstopped(ctx, msg, short)
		}
		if err != nil {
			return err
		}
		if err := m.escalateBy(ctx, msg, &row, short); err != nil {
			return err
		}
	}
	return nil
}

// unstopped leaves out the townships that a stop has silenced since the version was issued: no other
// medium is to carry it there.
func (m *Module) unstopped(ctx context.Context, msg *message.Message, short []delivery.Short) ([]delivery.Short, error) {
	stops, err := stopsOf(ctx, m.DB, msg, auth.Everywhere)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, s := range stops {
		if s.At.Before(msg.Current.IssuedAt) {
			continue
		}
		regions, err := m.Regions.Regions(ctx, s.Regions)
		if err != nil {
			return nil, err
		}
		for _, r := range regions {
			paths = append(paths, r.Path)
		}
	}
	silent := auth.NewScope(paths...)
	return slices.DeleteFunc(short, func(s delivery.Short) bool { return silent.Allows(s.Path) }), nil
}

// looksAfter reports whether escalations follow a message from here: what a node below sends is
// for that node to look after.
func (m *Module) looksAfter(msg *message.Message) bool {
	return msg.State == message.InProgress && msg.Kind.ReachesTerminals() && (msg.Origin.Kind != string(rule.Lower) || msg.Ours())
}

// maxSilent is how many terminals an event names.
const maxSilent = 5000

// escalateBy does what one row says of the townships that fell short, once.
func (m *Module) escalateBy(ctx context.Context, was *message.Message, row *rule.Escalation, short []delivery.Short) error {
	e := event.AlertFellShort{ID: was.ID, Rule: row.ID, Number: was.Current.Number, Severity: string(was.Current.Content.Severity), RegionPath: was.RegionPath, Townships: []string{}, Silent: []string{}}
	paths := make([]string, len(short))
	for i, s := range short {
		paths[i] = s.Path
		e.Targets, e.Reached, e.Townships = e.Targets+s.Targets, e.Reached+s.Reached, append(e.Townships, s.Township)
		e.Silent = append(e.Silent, s.Silent[:min(len(s.Silent), maxSilent-len(e.Silent))]...)
	}
	if len(short) == 0 { // enough were reached; looked at once
		return m.DB.Housekeep(ctx, func(tx *store.Tx) error { return insertEscalation(ctx, tx, &e, 0, tx.Now) })
	}
	carried := 0
	err := m.beside(ctx, was, "escalate", func(tx *store.Tx, msg *message.Message) (any, error) {
		if row.Tier > 0 {
			rank, err := m.rank(ctx, tx, msg)
			if err != nil {
				return nil, err
			}
			if carried, err = m.board.Escalate(ctx, tx, msg, rank, row.Tier, paths); err != nil {
				return nil, err
			}
		}
		if err := insertEscalation(ctx, tx, &e, carried, tx.Now); err != nil {
			return nil, err
		}
		if row.TellDuty {
			for _, purpose := range []duty.Purpose{duty.DeskPost, duty.LeaderPost} {
				_, err := m.Duty.TellDuty(ctx, tx, purpose, duty.Word{Reason: duty.Escalated, RegionPath: msg.RegionPath, MessageID: msg.ID,
					Title: message.Word(msg.Kind, msg.Current.Content.Text("zh")).Title, Severity: e.Severity, Drill: msg.Kind.Drill(), Text: map[string]any{"place": m.named(ctx, e.Townships)}})
				if err != nil {
					return nil, err
				}
			}
		}
		if e.Version = msg.Revision + 1; row.Repair {
			if err := tx.Emit(ctx, e); err != nil {
				return nil, err
			}
		}
		return map[string]any{"rule": row.ID, "townships": e.Townships, "targets": e.Targets, "reached": e.Reached, "outputs": carried, "repair": row.Repair, "duty": row.TellDuty}, nil
	})
	if err != nil {
		return err
	}
	m.wake()
	if row.TellDuty {
		m.Live.Tell("alert.fell_short", PermRead, was.RegionPath, map[string]any{"id": was.ID, "rule": row.ID, "targets": e.Targets, "reached": e.Reached, "townships": len(e.Townships), "outputs": carried})
	}
	return nil
}

// mostNamed is how many places a notice names one by one.
const mostNamed = 3

// named are regions in words, the first few of many.
func (m *Module) named(ctx context.Context, codes []string) string {
	found, err := m.Regions.Regions(ctx, codes[:min(len(codes), mostNamed)])
	m.warn("places could not be named", err)
	names := make([]string, 0, mostNamed+1)
	for _, r := range found {
		names = append(names, r.NameZh)
	}
	if len(codes) > mostNamed {
		names = append(names, "…")
	}
	return strings.Join(names, "、")
}
