package wire

import (
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// Memory is what a terminal must remember to refuse replays. An entry is needed only
// while its order could still be valid, so Forget keeps it small. It is plain data
// for the terminal to store; it is not safe for concurrent use.
//
// Replays of messages are refused by id and version, since an older message may
// rightly arrive after a newer one (a terminal that was offline). Stop and set orders
// act on "everything before" and are held to the platform's sequence instead.
type Memory struct {
	Orders map[string]Held             `json:"orders,omitempty"`
	Stops  []Stopped                   `json:"stops,omitempty"`
	Sets   map[ebd.ResourceCode]uint64 `json:"sets,omitempty"` // highest set sequence by platform
}

// Held is the newest version of a message that was accepted.
type Held struct {
	Version   int   `json:"v"`
	Cancelled bool  `json:"x,omitempty"`
	Until     int64 `json:"until"`
	Failed    bool  `json:"f,omitempty"` // it could not be played to the end, and may be taken again
	Passes    int   `json:"p,omitempty"` // of a failed one: passes that were played, and are not played again
}

// Stopped is a stop order in force.
type Stopped struct {
	ID     string           `json:"id"`
	From   ebd.ResourceCode `json:"from"`
	Seq    uint64           `json:"seq"`
	Rank   uint32           `json:"rank"`
	Issued int64            `json:"at"`
	Until  int64            `json:"until"`
}

// Stops reports whether the stop order ends o: same or lower rank, and issued before
// it. Orders of one platform are compared by sequence, others by time of issue.
func (s *Stopped) Stops(o *Order) bool {
	if o.Rank > s.Rank || o.Kind != Play && o.Kind != Test {
		return false
	}
	if o.From == s.From {
		return o.Seq < s.Seq
	}
	return o.Issued < s.Issued
}

func (m *Memory) judge(o *Order) Reason {
	if h, ok := m.Orders[o.ID]; ok {
		switch {
		case h.Cancelled && (o.Version < h.Version || o.Version == h.Version && o.Kind != Cancel):
			return Cancelled
		case o.Version < h.Version, o.Version == h.Version && !(h.Failed && o.Kind == Play):
			return Replayed
		}
	}
	if o.Kind == Set && o.Seq <= m.Sets[o.From] {
		return Replayed
	}
	for i := range m.Stops {
		if m.Stops[i].Stops(o) {
			return Cancelled
		}
	}
	return Accepted
}

// Remember records an accepted order and what it cancels or supersedes.
func (m *Memory) Remember(o *Order) {
	if m.Orders == nil {
		m.Orders = map[string]Held{}
	}
	m.hold(o.ID, Held{Version: o.Version, Cancelled: o.Kind == Cancel, Until: o.ValidUntil})
	for _, id := range o.Supersedes {
		m.hold(id, Held{Version: maxVersion, Cancelled: true, Until: o.ValidUntil})
	}
	switch o.Kind {
	case Stop:
		m.Stops = append(m.Stops, Stopped{o.ID, o.From, o.Seq, o.Rank, o.Issued, o.ValidUntil})
	case Set:
		if m.Sets == nil {
			m.Sets = map[ebd.ResourceCode]uint64{}
		}
		m.Sets[o.From] = o.Seq
	}
}

// Fail notes that the version that was accepted last ended without having been played to
// the end, after so many passes: should the platform send it again, it is accepted again.
func (m *Memory) Fail(o *Order, passes int) {
	if h, ok := m.Orders[o.ID]; ok && h.Version == o.Version && !h.Cancelled {
		h.Failed, h.Passes = true, passes
		m.Orders[o.ID] = h
	}
}

// Played is how many passes of exactly this version were played before it failed.
func (m *Memory) Played(o *Order) int {
	if h := m.Orders[o.ID]; h.Version == o.Version {
		return h.Passes
	}
	return 0
}

// hold keeps the entry that lasts longer: a short-lived cancel must not let a
// long-lived play order be forgotten.
func (m *Memory) hold(id string, h Held) {
	if old, ok := m.Orders[id]; ok {
		h.Until = max(h.Until, old.Until)
	}
	m.Orders[id] = h
}

// Forget drops what can no longer be replayed at now and returns how many entries
// went. The skew is kept on top, for a clock that is set back.
func (m *Memory) Forget(now time.Time) (gone int) {
	limit := now.Add(-Skew).UnixMicro()
	for id, h := range m.Orders {
		if h.Until < limit {
			delete(m.Orders, id)
			gone++
		}
	}
	keep := m.Stops[:0]
	for _, s := range m.Stops {
		if s.Until >= limit {
			keep = append(keep, s)
		} else {
			gone++
		}
	}
	m.Stops = keep
	return gone
}
