package message

import (
	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Origin is where a message came into the house.
type Origin struct {
	Kind   string // of rule.Origin
	Source string // id of the named source; empty for the desk
	Name   string // what the source was called then
}

// Outside reports whether the message was not written here.
func (o Origin) Outside() bool { return o.Source != "" }

// Sender is who sent a message from another platform or a named source of alerts, by name: empty
// for what was written here, and for a node that is known by its site alone.
func (o Origin) Sender() string {
	if (o.Kind == "upper" || o.Kind == "lower" || o.Kind == "cap") && o.Name != o.Source {
		return o.Name
	}
	return ""
}

// Act is what an arrival does.
type Act string

// Acts.
const (
	Begins  Act = "new"
	Updates Act = "update"
	Cancels Act = "cancel"
)

// Arrival is what came from outside, in this house's words: a message, an update of it or
// its end.
type Arrival struct {
	Origin    Origin
	Act       Act
	Ref       string    // what identifies it at the source, each thing once
	Earlier   []string  // refs of what it updates or cancels
	EBMID     ebd.EBMID // kept as the message's own where the source gives one
	Authority string    // level of whoever answers for it, of rule.Level
	Author    Person    // here, who must not countersign it; empty for nobody here
	Kind      Kind
	Class     wire.Class
	Content   Content // its sounds and attachments are kept already
	Reason    string  // of a cancel
	Doubts    []string
	Original  string // digest of what came, as it came; kept already
	MIME      string // of the original
}

// Outcome is what became of an arrival.
type Outcome struct {
	Arrival string       // id of its record
	Message string       // the message that it became or changed; empty for none
	State   ArrivalState // now
	Reason  *fault.Error // why it was refused
	Known   bool         // it had arrived before
}

// ArrivalState is what became of an arrival.
type ArrivalState string

// States of an arrival.
const (
	Waiting   ArrivalState = "waiting"   // for a person
	Sent      ArrivalState = "issued"    // it is, or was, on the air
	Over      ArrivalState = "ended"     // it took a message off the air
	Refused   ArrivalState = "refused"   // it could not be taken in
	Dismissed ArrivalState = "dismissed" // a person, or its source, gave it up
	Nothing   ArrivalState = "nothing"   // it ends what never came
)
