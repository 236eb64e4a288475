package asset

import (
	"fmt"
	"time"
	"unique"

	"github.com/tongsheng/tongsheng/engine/wire"
)

// Presence is whether a device is heard.
type Presence string

// Presences. Never is a device that was never heard; it is not offline, since it was
// never online.
const (
	Online  Presence = "online"
	Offline Presence = "offline"
	Never   Presence = "never"
)

// Presences lists them.
var Presences = []Presence{Online, Offline, Never}

// silence is how many report periods a device may miss before it counts as offline.
const silence = 3

// Condition is what a device last said of itself.
type Condition struct {
	Presence    Presence   `json:"presence" enum:"online,offline,never"`
	LastSeen    *time.Time `json:"lastSeen,omitempty"`
	Since       *time.Time `json:"since,omitempty" doc:"Since when it is online or offline"`
	Period      int        `json:"period" doc:"Seconds between heartbeats"`
	Power       string     `json:"power,omitempty" doc:"mains or battery"`
	Battery     *int       `json:"battery,omitempty" doc:"Percent"`
	Link        string     `json:"link,omitempty" doc:"ethernet, wifi, cellular or other"`
	RSSI        *int       `json:"rssi,omitempty" doc:"dBm, wireless links only"`
	Volume      *int       `json:"volume,omitempty" doc:"0–100"`
	Faults      []string   `json:"faults" doc:"What is broken now, by the device's own account"`
	Playing     string     `json:"playing,omitempty" doc:"Order that is being played"`
	Uptime      *int64     `json:"uptime,omitempty" doc:"Seconds since its program started"`
	Boots       *int       `json:"boots,omitempty" doc:"Starts of its program in its life"`
	Firmware    string     `json:"firmware,omitempty"`
	ClockOffset *int64     `json:"clockOffset,omitempty" doc:"Its clock less ours when heard, microseconds"`
}

// beat is one authentic sign of life, on its way to the store.
type beat struct {
	at        time.Time // when we heard it
	device    *identity
	window    wire.Window
	heartbeat wire.Heartbeat
	since     time.Time // since when the device is online; known once it is written
	count     int64     // heartbeats folded into this one
	onMains   int64
	faulty    int64
}

// standing is how a device stands that is online, as far as the next heartbeat is judged by it.
type standing struct {
	seen, since time.Time
	power       string
	boots       int
	faults      []string
}

func (b *beat) standing() *standing {
	h := &b.heartbeat
	return &standing{b.at, b.since, unique.Make(string(h.Power)).Value(), h.Boots, h.Faults}
}

// stands is how the device stands if that need not be read; nil if it must.
func (i *identity) stands() *Condition {
	s := i.standing.Load()
	if s == nil {
		return nil
	}
	return &Condition{Presence: Online, LastSeen: &s.seen, Since: &s.since, Period: int(i.period.Load()), Power: s.power, Boots: &s.boots, Faults: s.faults}
}

// fold makes one row of several beats of a device in a batch; the newest decides.
func (b *beat) fold(newer *beat) {
	count, mains, faulty := b.count+newer.count, b.onMains+newer.onMains, b.faulty+newer.faulty
	*b = *newer
	b.count, b.onMains, b.faulty = count, mains, faulty
}

// seenKey orders by time, then device.
func seenKey(at time.Time, id string) string {
	if at.IsZero() {
		return fmt.Sprintf("%016d%s", 0, id)
	}
	return fmt.Sprintf("%016d%s", at.UnixMicro(), id)
}

// happening is a line in a device's history.
type happening struct {
	deviceID string
	at       time.Time
	kind     string
	detail   map[string]any
	source   string // what it came from, where the same may be told twice
}

// Kinds of happening.
const (
	hapRegistered = "registered"
	hapChanged    = "changed"
	hapMoved      = "moved"
	hapEnrolled   = "enrolled"
	hapActivated  = "activated"
	hapReplaced   = "replaced"
	hapSuspended  = "suspended"
	hapResumed    = "resumed"
	hapRetired    = "retired"
	hapOnline     = "online"
	hapOffline    = "offline"
	hapFault      = "fault"
	hapRecovered  = "recovered"
	hapPower      = "power"
	hapRestarted  = "restarted"
	hapResult     = "result"  // of a set or test order
	hapRefused    = "refused" // an order that was not genuine, or not ours
)

// compare says what a new heartbeat changes against what was known before.
func compare(b *beat, old *Condition) []happening {
	var out []happening
	say := func(kind string, detail map[string]any) {
		out = append(out, happening{deviceID: b.device.id, at: b.at, kind: kind, detail: detail})
	}
	if old.Presence != Online {
		say(hapOnline, map[string]any{"after": old.Presence})
	}
	for _, f := range missing(b.heartbeat.Faults, old.Faults) {
		say(hapFault, map[string]any{"fault": f})
	}
	for _, f := range missing(old.Faults, b.heartbeat.Faults) {
		say(hapRecovered, map[string]any{"fault": f})
	}
	if power := string(b.heartbeat.Power); old.Power != "" && old.Power != power {
		say(hapPower, map[string]any{"from": old.Power, "to": power})
	}
	if old.Boots != nil && b.heartbeat.Boots > *old.Boots {
		say(hapRestarted, map[string]any{"boots": b.heartbeat.Boots, "firmware": b.heartbeat.Firmware})
	}
	return out
}

// missing lists what is in a and not in b.
func missing(a, b []string) (out []string) {
	in := make(map[string]bool, len(b))
	for _, s := range b {
		in[s] = true
	}
	for _, s := range a {
		if !in[s] {
			out, in[s] = append(out, s), true
		}
	}
	return out
}
