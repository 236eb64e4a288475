package alert

import (
	"context"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
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
	Sounded []int64 // milliseconds after the first dispatch at which terminals say they sounded it, in no order
}

// Outcome counts what came of a message so far; nil for one that was never sent.
func (m *Module) Outcome(ctx context.Context, id string) (*Outcome, error) {
	msg, err := readMessage(ctx, m.DB, id)
	if err != nil || msg.IssuedAt.IsZero() {
		return nil, err
	}
	out := &Outcome{ID: id, Drill: msg.Kind.Drill(), Emergency: msg.Class == wire.Emergency && msg.Kind.ReachesTerminals(), RegionPath: msg.RegionPath, IssuedAt: msg.IssuedAt,
		Over: msg.State == message.Ended && m.Clock.Now().Sub(msg.EndedAt) > settles, People: msg.Current.Reach.People}
	hears, err := m.hearing.now(ctx, m)
	if err != nil {
		return nil, err
	}
	towns, err := m.desk.Tallies(ctx, msg.No, func(device string) bool { return hears[ebd.ResourceCode(device)] })
	for _, t := range towns {
		out.Towns = append(out.Towns, TownOutcome{Code: t.Township, Figures: t.Figures, Ears: t.Microphones, Sounded: t.Sounded})
	}
	return out, err
}

// settles is how long after its end receipts of a message may come.
const settles = 2 * time.Minute

// hearing are the terminals that have a microphone, as was known within hearingKept.
type hearing struct {
	mu    sync.Mutex
	at    time.Time
	known map[ebd.ResourceCode]bool // never changed once it is made
}

// hearingKept is for how long what has a microphone is not asked again: terminals of a message in progress
// are looked at every few seconds, and hardly any gets one meanwhile.
const hearingKept = time.Minute

func (h *hearing) now(ctx context.Context, m *Module) (map[ebd.ResourceCode]bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := m.Clock.Now(); h.known == nil || now.Sub(h.at) >= hearingKept {
		codes, err := m.Terminals.Microphones(ctx)
		if err != nil {
			return nil, err
		}
		h.at, h.known = now, make(map[ebd.ResourceCode]bool, len(codes))
		for _, c := range codes {
			h.known[c] = true
		}
	}
	return h.known, nil
}
