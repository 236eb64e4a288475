// Package message is what an emergency or everyday message is: its content, its area,
// its versions and the life each of them leads. Everything here is pure; the module
// alert stores it, signs it and sends it.
package message

import (
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
)

// Kind is whether a message is meant or a drill, and how far the drill goes (MsgType of
// GD/J 082 table 3). It never changes after the message was created.
type Kind string

// Kinds.
const (
	Real          Kind = "real"
	PlatformDrill Kind = "platform_drill" // stays within platforms
	HeadEndDrill  Kind = "head_end_drill" // reaches stations and head-ends, not terminals
	TerminalDrill Kind = "terminal_drill" // is heard at terminals
)

// Kinds lists every kind.
var Kinds = []Kind{Real, PlatformDrill, HeadEndDrill, TerminalDrill}

// MsgType is the kind's number in GD/J 082; 0 for an unknown kind.
func (k Kind) MsgType() ebd.MsgType {
	return map[Kind]ebd.MsgType{Real: ebd.MsgReal, PlatformDrill: ebd.MsgPlatformDrill,
		HeadEndDrill: ebd.MsgHeadEndDrill, TerminalDrill: ebd.MsgTerminalDrill}[k]
}

// Drill reports whether the message is a drill of any kind.
func (k Kind) Drill() bool { return k != Real }

// ReachesTerminals reports whether terminals hear a message of this kind.
func (k Kind) ReachesTerminals() bool { return k == Real || k == TerminalDrill }

// Severity is the public colour of a message.
type Severity string

// Severities, the gravest first.
const (
	Red     Severity = "red"
	Orange  Severity = "orange"
	Yellow  Severity = "yellow"
	Blue    Severity = "blue"
	Unknown Severity = "unknown" // everyday messages have none
)

// Severities lists every severity, the gravest first.
var Severities = []Severity{Red, Orange, Yellow, Blue, Unknown}

// Gravity orders messages, smaller before larger: the gravest first, and of one severity what is
// real before drills.
func Gravity(s Severity, drill bool) int {
	at := 2 * slices.Index(Severities, s)
	if drill {
		at++
	}
	return at
}

// EBD is the severity's number in GD/J 082 table 3.
func (s Severity) EBD() ebd.Severity {
	return map[Severity]ebd.Severity{Red: ebd.SeverityRed, Orange: ebd.SeverityOrange,
		Yellow: ebd.SeverityYellow, Blue: ebd.SeverityBlue}[s]
}

// State is how far a message has come.
type State string

// States of a message. Countersigning and issuing are one commit: the last approval
// makes the signed order, so there is no state in which a message is approved but
// nobody has signed it.
const (
	Draft      State = "draft"
	Checked    State = "checked"     // submitted; waits for countersignatures
	Issued     State = "issued"      // the signed order exists
	InProgress State = "in_progress" // begun, and sent to its terminals
	Ended      State = "ended"
	Discarded  State = "discarded" // a draft that was given up
)

// Open reports whether terminals may still be told of the message.
func (s State) Open() bool { return s == Issued || s == InProgress }

// EndReason is why a message ended.
type EndReason string

// Reasons to end.
const (
	Expired   EndReason = "expired"   // its time was over
	Cancelled EndReason = "cancelled" // by a cancel order
	Stopped   EndReason = "stopped"   // by stop-all
)

// Message is one message with the versions that matter now: the one that terminals
// have (Current) and the one being worked on (Open). Either may be nil.
type Message struct {
	No         int64 // small key that the delivery tables use
	ID         string
	EBMID      ebd.EBMID // given at the first issue
	Kind       Kind
	Class      wire.Class
	Origin     Origin
	Copy       Copy
	RegionPath string // the smallest region that holds the whole area
	State      State
	Current    *Version
	Open       *Version
	LastNumber int // highest version number used, cancels included
	CreatedBy  Person
	CreatedAt  time.Time
	UpdatedAt  time.Time
	StartsAt   time.Time // of the current version, else of the open one; zero: on issue
	EndsAt     time.Time
	LastEnd    time.Time // the latest end that any issued version promised
	IssuedAt   time.Time // of the first version
	EndedAt    time.Time
	EndReason  EndReason
	EndNote    string // the reason a person gave
	Revision   int64  // grows with every change; the entity tag
}

// Copy says of a message of another node's that this one keeps a copy. Only the node that
// issued a message changes it.
type Copy struct {
	Site  string // the node that issued it; empty where this one did
	Via   string // the joined node that the copy came from
	Epoch string // of that node's log, in which Revision counts
	Level string // of that node, for precedence
}

// Ours reports whether this node issued the message, or will.
func (m *Message) Ours() bool { return m.Copy.Site == "" }

// Person is somebody who acted, as they were called then.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Places are the paths of the regions that the issued version is for, none within another.
func (m *Message) Places() []string {
	if paths := m.Current.Standing.Paths; len(paths) > 0 {
		return paths
	}
	return []string{m.RegionPath} // checked before they were kept
}

// Shown is the version that stands for the message in lists.
func (m *Message) Shown() *Version {
	if m.Current != nil {
		return m.Current
	}
	return m.Open
}
