// Package event lists what modules tell each other. An event is a fact about the
// past, named by a past participle; it carries its aggregate's id and version so that
// a projection can apply by version and never rely on arrival order. No logic here.
package event

import "encoding/json"

// Event is anything a module may emit within a transaction.
type Event interface {
	// EventName is the stable wire name, "noun.participle".
	EventName() string
	// Aggregate is the thing that changed and its version after the change.
	Aggregate() (id string, version int64)
}

// MaxPayload is how long an event may be, encoded; whoever tells of more tells of a part
// at a time.
const MaxPayload = 248 << 10

// Envelope is an event on its way: what the outbox stores and the bus carries.
type Envelope struct {
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	Aggregate string          `json:"aggregate"`
	Version   int64           `json:"version"`
	At        int64           `json:"at"` // UTC microseconds
	Payload   json.RawMessage `json:"payload"`
}
