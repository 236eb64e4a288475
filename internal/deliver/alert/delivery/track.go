package delivery

import (
	"time"

	"github.com/tongsheng/tongsheng/engine/quality"
	"github.com/tongsheng/tongsheng/engine/wire"
)

// State is what a terminal claims of the newest version it was sent.
type State string

// States, in the order in which they outrank each other.
const (
	Sent        State = "sent" // no answer yet
	Received    State = "received"
	Queued      State = "queued"
	Playing     State = "playing"
	Interrupted State = "interrupted"
	Refused     State = "refused"
	Failed      State = "failed"
	Cancelled   State = "cancelled"
	Played      State = "played"
)

// States lists every state.
var States = []State{Sent, Received, Queued, Playing, Interrupted, Refused, Failed, Cancelled, Played}

// ranks order the states of one version. Playing and interrupted may follow each other
// any number of times, so time decides between them. Of two final claims the one with
// more in it stands.
var ranks = map[State]int64{Sent: 1, Received: 2, Queued: 3, Playing: 5, Interrupted: 5, Refused: 8, Failed: 9, Cancelled: 10, Played: 11}

// ordinal puts a claim in order: newer versions first, then further states.
func ordinal(version int, s State) int64 { return int64(version)*16 + ranks[s] }

var stateOf = map[wire.Phase]State{
	wire.Received: Received, wire.Queued: Queued, wire.Playing: Playing, wire.Resumed: Playing, wire.Interrupted: Interrupted,
	wire.Played: Played, wire.Failed: Failed, wire.Refused: Refused, wire.CancelledAt: Cancelled,
}

// claimed is the state that a receipt claims. A terminal that refuses a version because it
// has it already has received it; one that refuses because a stop or cancel came first has
// cancelled it.
func claimed(r *wire.Receipt) State {
	switch {
	case r.Phase == wire.Refused && r.Reason == wire.Replayed:
		return Received
	case r.Phase == wire.Refused && r.Reason == wire.Cancelled:
		return Cancelled
	}
	return stateOf[r.Phase]
}

// Track is one terminal's part in a thread. Times are UTC microseconds, 0 for never.
type Track struct {
	Device        string
	RegionPath    string
	Township      string
	Version       int
	State         State
	StateAt       int64 // terminal's clock
	Reason        wire.Reason
	Source        wire.Source
	SentAt        int64
	ReceivedAt    int64 // the newest version: any answer
	PlayingAt     int64 // the newest version: first sound
	PlayedAt      int64
	ReachedAt     int64 // first sound of any version
	Attempts      int   // how often it was sent, in all
	NextAt        int64
	CancelVersion int
	CancelledAt   int64
	HeardAt       int64
	Heard         wire.Heard // the newest sample of the newest version that has one
	HeardVersion  int        // the version that the sample is of
	HeardEver     bool       // a microphone heard some version
	Site          string     // the joined node that sends to the terminal, empty for this one

	round int  // attempts since the terminal connected, or since somebody asked again
	dirty bool // differs from its row
	told  State
	aside claim // newest receipt that is not about the newest version
	again bool  // somebody asked for it to be sent again, and no answer has come since
}

// claim is what makes one receipt of a terminal differ from another.
type claim struct {
	version int
	phase   wire.Phase
	at      int64
}

// Order notes that version was sent to the terminal at the given time.
func (t *Track) Order(version int, at int64) {
	if o := ordinal(version, Sent); t.State == "" || o > ordinal(t.Version, t.State) {
		t.renew(version)
		t.State, t.StateAt, t.Reason, t.Source = Sent, at, "", ""
	}
	t.dirty = true
}

// renew begins a newer version: its times are its own. While a cancel is what the terminal was
// sent last, how often and when next is about the cancel.
func (t *Track) renew(version int) {
	if version <= t.Version {
		return
	}
	t.Version = version
	t.SentAt, t.ReceivedAt, t.PlayingAt, t.PlayedAt = 0, 0, 0, 0
	if !t.cancelling() {
		t.Attempts, t.round, t.NextAt = 0, 0, 0
	}
}

// Knows reports whether taking the receipt would change nothing.
func (t *Track) Knows(r *wire.Receipt, at int64) bool {
	after := *t
	after.Take(r, at)
	after.dirty, after.again, after.Heard = t.dirty, t.again, t.Heard // one sample has one time
	return (t.State != "" || t.CancelVersion > 0) && after == *t
}

// Take merges a receipt. Merging the same receipts in any order, any number of times,
// gives the same track. at is the receipt's time within sensible bounds.
func (t *Track) Take(r *wire.Receipt, at int64) {
	t.dirty, t.again = true, false
	if r.Version < t.Version || r.Version == t.CancelVersion {
		t.aside = claim{r.Version, r.Phase, r.At}
	}
	if r.Heard != nil {
		t.HeardEver = t.HeardEver || quality.Audible(r.Heard.DBFS)
		if r.Version > t.HeardVersion || r.Version == t.HeardVersion && r.At >= t.HeardAt {
			t.HeardAt, t.Heard, t.HeardVersion = r.At, *r.Heard, r.Version
		}
	}
	if t.CancelVersion > 0 && r.Version == t.CancelVersion {
		// A cancel's own receipts; obeyed before, and obeyed now, are the same to us.
		if r.Phase != wire.Refused || r.Reason == wire.Replayed || r.Reason == wire.Cancelled {
			t.CancelledAt = earliest(t.CancelledAt, at)
		}
		return
	}
	s := claimed(r)
	sounded := s == Playing || s == Interrupted || s == Played
	if sounded {
		t.ReachedAt = earliest(t.ReachedAt, at)
	}
	if r.Version < t.Version {
		return
	}
	was := ordinal(t.Version, t.State)
	t.renew(r.Version)
	t.ReceivedAt = earliest(t.ReceivedAt, at)
	if sounded {
		t.PlayingAt = earliest(t.PlayingAt, at)
	}
	if s == Played {
		t.PlayedAt = earliest(t.PlayedAt, at)
	}
	if o := ordinal(r.Version, s); o > was || o == was && (r.At > t.StateAt || r.At == t.StateAt && s > t.State) {
		t.State, t.StateAt, t.Reason, t.Source = s, r.At, r.Reason, r.Source
	}
}

// measured reports whether a microphone listened to the version that the terminal has.
func (t *Track) measured() bool { return t.HeardAt > 0 && t.HeardVersion == t.Version }

// heardBy is when the newest version was heard: a sample is of what was played by the time
// it came, whatever the terminal's clock says. What was stopped midway was heard by the time
// of that: when the cancel was confirmed, or soon after everything was stopped at closed, the
// zero time for never.
func (t *Track) heardBy(closed time.Time) int64 {
	until := max(t.ReceivedAt, t.PlayingAt, t.PlayedAt)
	if t.State == Cancelled {
		until = max(until, t.CancelledAt)
		if !closed.IsZero() {
			until = max(until, closed.Add(LateAfter).UnixMicro())
		}
	}
	return min(t.HeardAt, until)
}

// WasHeard reports whether a microphone heard the version that the terminal has: it told a
// level, and the level is more than its own noise. heardWhere is the same in a query.
func (t *Track) WasHeard() bool { return t.measured() && quality.Audible(t.Heard.DBFS) }

// unheard reports whether the terminal has done with the newest version, at its end or because
// it was stopped, and a microphone listened to it and heard nothing. One that was stopped before
// it had sounded all of it once tells no level, and whether it was heard is unknown.
func (t *Track) unheard() bool {
	return (t.State == Played || t.State == Cancelled) && t.measured() && !t.WasHeard()
}

// begun reports whether the terminal took the newest version and has not come to an end.
func (t *Track) begun() bool {
	return t.State == Received || t.State == Queued || t.State == Playing || t.State == Interrupted
}

// cancelling reports whether a cancel is the newest thing that was sent to the terminal.
func (t *Track) cancelling() bool { return t.CancelVersion > t.Version }

// cancelWith notes the newest cancel; what was said of an earlier one is not about it.
func (t *Track) cancelWith(version int) {
	if version > t.CancelVersion {
		t.CancelVersion, t.CancelledAt = version, 0
	}
}

// soundedAfter is how long after a time it says that it sounded, in milliseconds, those begun whole.
func (t *Track) soundedAfter(micros int64) int64 { return (max(t.PlayingAt-micros, 0) + 999) / 1000 }

// apart reports whether the terminal was sent a cancel only, and never said that it has the
// message: it was enrolled later, or a crash forgot that it was sent it. The cancel is sent
// again until it confirms, but it is no target, and stands in no list, map or figure.
func (t *Track) apart() bool { return t.Version == 0 }

// unconfirmed reports whether the terminal was told to cancel and has not said that it did.
func (t *Track) unconfirmed() bool { return t.cancelling() && t.CancelledAt == 0 }

// Waiting reports whether the terminal still owes an answer.
func (t *Track) Waiting() bool { return t.State == Sent || t.again || t.unconfirmed() }

func earliest(a, b int64) int64 {
	if a == 0 || b < a {
		return b
	}
	return a
}
