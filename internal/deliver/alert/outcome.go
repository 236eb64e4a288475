package alert

import (
	"context"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
)

// Outcome is what came of a message, township by township.
type Outcome struct {
	ID         string
	Drill      bool
	Emergency  bool // neither everyday nor a test of one terminal
	RegionPath string
	IssuedAt   time.Time
	Over       bool // it has ended, and receipts of what was sent last have come
	People     int64
	Towns      []TownOutcome
}

// TownOutcome is what came of a message in a township, or in a larger region where terminals
// stand in none.
type TownOutcome struct {
	Code    string // of the region, 12 digits
	Figures delivery.Figures
	Ears    int     // targets that have a microphone
	Sounded []int64 // milliseconds after the first dispatch at which terminals say they sounded it, ascending
}

// Outcome counts what came of a message so far; nil for one that was never sent.
func (m *Module) Outcome(ctx context.Context, id string) (*Outcome, error) {
	msg, err := readMessage(ctx, m.DB, id)
	if err != nil || msg.IssuedAt.IsZero() {
		return nil, err
	}
	out := &Outcome{ID: id, Drill: msg.Kind.Drill(), Emergency: msg.Class == wire.Emergency && msg.Kind.ReachesTerminals(), RegionPath: msg.RegionPath, IssuedAt: msg.IssuedAt,
		Over: msg.State == message.Ended && m.Clock.Now().Sub(msg.EndedAt) > settles, People: msg.Current.Reach.People}
	listening := map[string]bool{}
	terminals, err := (&drilled{m: m}).terminals(ctx, msg)
	if err != nil {
		return nil, err
	}
	for code, t := range terminals {
		listening[code] = t.microphone
	}
	parts, err := m.desk.Parts(ctx, msg.No, func(_, path string) string { return delivery.TownshipOf(path) }, func(device string) bool { return listening[device] })
	if err != nil {
		return nil, err
	}
	for _, p := range parts[1:] {
		out.Towns = append(out.Towns, TownOutcome{Code: p.Key, Figures: p.Figures, Ears: p.Microphones, Sounded: p.Sounded})
	}
	return out, nil
}

// settles is how long after its end receipts of a message may come.
const settles = 2 * time.Minute
