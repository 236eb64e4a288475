package portal

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// shown is how long a message that is over stays listed.
const shown = 7 * 24 * time.Hour

// patience is how long a page waits for what it asks, whoever has left meanwhile: others
// wait for the same answer.
const patience = 5 * time.Second

// board is every message that can be listed now, the most urgent first.
type board struct {
	at    time.Time // when it was read
	stale bool      // reading it anew failed; this is what was known at that time
	list  []Message
}

// readBoard is the board of this second. When it cannot be read the last one stands in
// and says so: an old warning with its time is better than none.
func (p *Portal) readBoard(ctx context.Context) (*board, error) {
	b, err := p.boards.get("", func() (*board, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		now := p.deps.Clock.Now()
		list, err := p.deps.Messages.Recent(ctx, now.Add(-shown))
		if err != nil {
			p.deps.Log.ErrorContext(ctx, "the messages in force cannot be read", "error", err)
			if last := p.last.Load(); last != nil {
				return &board{at: last.at, stale: true, list: last.list}, nil
			}
			return nil, err
		}
		list = slices.Clone(list)
		slices.SortStableFunc(list, func(a, b Message) int { return urgency(a, b, now) })
		fresh := &board{at: now, list: list}
		p.last.Store(fresh)
		return fresh, nil
	})
	return b, err
}

// phase is where a message stands in time.
type phase int

const (
	inForce phase = iota
	coming
	over
)

// phaseAt does not wait for whoever closes messages: one whose time is up is over.
func (m *Message) phaseAt(now time.Time) phase {
	switch {
	case m.End != NotEnded || !m.EndedAt.IsZero() || !m.EndsAt.After(now):
		return over
	case m.StartsAt.After(now):
		return coming
	}
	return inForce
}

var severities = []string{"red", "orange", "yellow", "blue"}

func rank(severity string) int {
	if i := slices.Index(severities, severity); i >= 0 {
		return i
	}
	return len(severities)
}

// urgency orders what is in force before what is to come and what is over, real before
// drills, emergencies before everyday matters, the gravest and then the newest first.
func urgency(a, b Message, now time.Time) int {
	order := func(m *Message) [4]int {
		return [4]int{int(m.phaseAt(now)), bit(m.Drill), bit(!m.Emergency), rank(m.Severity)}
	}
	if pa := a.phaseAt(now); pa == over && b.phaseAt(now) == over {
		return b.endedAt().Compare(a.endedAt())
	}
	x, y := order(&a), order(&b)
	if c := slices.Compare(x[:], y[:]); c != 0 {
		return c
	}
	return b.UpdatedAt.Compare(a.UpdatedAt)
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// endedAt is when a message that is over ended.
func (m *Message) endedAt() time.Time {
	if m.EndedAt.IsZero() {
		return m.EndsAt
	}
	return m.EndedAt
}

// ending is how a message that is over ended; one that nobody has closed yet ran out.
func (m *Message) ending() End {
	if m.End == NotEnded {
		return Expired
	}
	return m.End
}

// concerns reports whether a message is for people in the region with this path: it names
// the region, one around it or one within it. A message that names no place is for all.
func (m *Message) concerns(path string) bool {
	if path == "" || len(m.Places) == 0 {
		return true
	}
	return slices.ContainsFunc(m.Places, func(p Place) bool {
		return strings.HasPrefix(path, p.Path) || strings.HasPrefix(p.Path, path)
	})
}

// open lists what is in force or to come; path narrows it to a region.
func (b *board) open(now time.Time, path string) (out []Message) {
	for _, m := range b.list {
		if m.phaseAt(now) != over && m.concerns(path) {
			out = append(out, m)
		}
	}
	return out
}

// ended lists what is over; path narrows it to a region.
func (b *board) ended(now time.Time, path string) (out []Message) {
	for _, m := range b.list {
		if m.phaseAt(now) == over && m.concerns(path) {
			out = append(out, m)
		}
	}
	return out
}

// seen stands for what a page made of the board shows: when it changes, so does the page.
func (b *board) seen(now time.Time) string {
	var s strings.Builder
	if b.stale {
		s.WriteString("stale ")
	}
	for _, m := range b.open(now, "") {
		fmt.Fprintf(&s, "%s:%d:%d ", m.ID, m.Version, m.phaseAt(now))
	}
	return strings.TrimSpace(s.String())
}
