package wire

import (
	"encoding/json"
	"fmt"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// UpKind is what a frame up carries.
type UpKind byte

// Kinds of frame up.
const (
	UpHello     UpKind = 'H' // first after every connect
	UpHeartbeat UpKind = 'B'
	UpReceipt   UpKind = 'R' // how an order fares
	UpResult    UpKind = 'S' // outcome of a set or test order
)

// MaxUp is the longest frame up, in bytes.
const MaxUp = 16 << 10

// Phase is how far an order has come at one terminal.
type Phase string

// Phases. Played, failed, refused and cancelled are final: a terminal keeps the
// receipt and repeats it until the platform confirms it.
const (
	Received    Phase = "received"    // verified and stored; it will be done
	Queued      Phase = "queued"      // waits for its time or its turn
	Playing     Phase = "playing"     // sound has begun
	Interrupted Phase = "interrupted" // by a higher rank or by loss of power
	Resumed     Phase = "resumed"     // sound has begun again
	Played      Phase = "played"      // all repeats have been played
	Failed      Phase = "failed"
	Refused     Phase = "refused"
	CancelledAt Phase = "cancelled" // ended by a cancel, stop or update
)

var phases = map[Phase]bool{Received: false, Queued: false, Playing: false, Interrupted: false, Resumed: false, Played: true, Failed: true, Refused: true, CancelledAt: true}

// Final reports whether nothing more will come for this version of the order.
func (p Phase) Final() bool { return phases[p] }

// Source is where the sound came from.
type Source string

// Sources of sound.
const (
	FromAudio  Source = "audio"  // the signed audio file
	FromSpeech Source = "speech" // spoken by the terminal from the signed text
	FromTone   Source = "tone"   // a tone: the test tone, or a screen's signal before its text
	// FromPicture is no sound at all: a screen showed the message, and could not or was not
	// to be heard.
	FromPicture Source = "picture"
)

// Receipt tells how one order fares at one terminal. That it was played is what the
// terminal claims; Heard is what its microphone says, and they are kept apart.
type Receipt struct {
	Order   string `json:"o"`
	Version int    `json:"v"`
	Phase   Phase  `json:"p"`
	Reason  Reason `json:"r,omitempty"`
	At      int64  `json:"t"` // terminal's clock, UTC µs
	Source  Source `json:"src,omitempty"`
	Heard   *Heard `json:"h,omitempty"`
}

// Heard is the microphone's account of one playback.
type Heard struct {
	DBFS  float64  `json:"fs"`            // RMS level, dB of full scale, −120 to 0
	DBSPL *float64 `json:"spl,omitempty"` // sound pressure level, only from a calibrated microphone
	SM3   string   `json:"sm3,omitempty"` // digest of the uploaded sample
	Match *float64 `json:"m,omitempty"`   // 0–1: how much of what was heard is the message; nil: not judged
}

// Power is where the terminal's current comes from.
type Power string

// Sources of power.
const (
	Mains   Power = "mains"
	Battery Power = "battery"
)

// Heartbeat says that the terminal lives and how it is. Power, link, faults and
// playback are separate things and none is derived from another.
type Heartbeat struct {
	At       int64    `json:"t"` // terminal's clock, UTC µs
	Power    Power    `json:"pw"`
	Battery  *int     `json:"bat,omitempty"`  // 0–100 %
	Link     string   `json:"link"`           // "ethernet", "wifi", "cellular", "other"
	RSSI     *int     `json:"rssi,omitempty"` // dBm, wireless links only
	Volume   int      `json:"vol"`            // 0–100
	Faults   []string `json:"f,omitempty"`    // "player", "microphone", "storage", "clock", …
	Playing  string   `json:"play,omitempty"` // id of the order now heard
	Uptime   int64    `json:"up"`             // seconds since the agent started
	Boots    int      `json:"boots"`          // starts of the agent in its life
	Firmware string   `json:"fw,omitempty"`
	Offset   int64    `json:"off,omitempty"` // µs that the terminal adds to its own clock
}

// OrderRef names one version of an order.
type OrderRef struct {
	Order   string `json:"o"`
	Version int    `json:"v"`
}

// Hello opens a connection: what the terminal holds, so that the platform can send
// what it lacks.
type Hello struct {
	Heartbeat
	Held []OrderRef                  `json:"held,omitempty"` // newest version of each order still in memory, at most 200
	Seqs map[ebd.ResourceCode]uint64 `json:"seq,omitempty"`  // highest sequence seen, by platform
}

// Result is the outcome of a set or test order.
type Result struct {
	Order   string `json:"o"`
	Version int    `json:"v"`
	OK      bool   `json:"ok"`
	Reason  Reason `json:"r,omitempty"`
	At      int64  `json:"t"`
	Volume  int    `json:"vol"`    // after the order
	Period  int    `json:"period"` // seconds between heartbeats, after the order
	Heard   *Heard `json:"h,omitempty"`
}

// Up is a frame up, opened: exactly one of the four is set, as Kind says.
type Up struct {
	Kind      UpKind
	Session   SessionID
	Counter   uint64
	Receipt   *Receipt
	Heartbeat *Heartbeat
	Hello     *Hello
	Result    *Result
}

// decode reads and checks the payload for u.Kind.
func (u *Up) decode(b []byte) (err error) {
	switch u.Kind {
	case UpReceipt:
		u.Receipt = new(Receipt)
		if err = json.Unmarshal(b, u.Receipt); err == nil {
			return u.Receipt.Validate()
		}
	case UpHeartbeat:
		u.Heartbeat = new(Heartbeat)
		if err = json.Unmarshal(b, u.Heartbeat); err == nil {
			return u.Heartbeat.Validate()
		}
	case UpHello:
		u.Hello = new(Hello)
		if err = json.Unmarshal(b, u.Hello); err == nil {
			return u.Hello.Validate()
		}
	case UpResult:
		u.Result = new(Result)
		if err = json.Unmarshal(b, u.Result); err == nil {
			return u.Result.Validate()
		}
	default:
		return wrong("kind", "unknown")
	}
	return wrong("payload", "form")
}

// Validate checks the fields' ranges.
func (r *Receipt) Validate() error {
	if _, ok := phases[r.Phase]; !ok {
		return wrong("p", "unknown")
	}
	switch r.Source {
	case "", FromAudio, FromSpeech, FromTone, FromPicture:
	default:
		return wrong("src", "unknown")
	}
	// A frame that could not be read has no order to name.
	if r.Order == "" && r.Phase == Refused && r.Reason == BadFrame && r.Version == 0 {
		return checkEnd("", r.Reason, r.At, r.Heard)
	}
	if !validULID(r.Order) {
		return wrong("o", "form")
	}
	if r.Version < 1 || r.Version > maxVersion {
		return wrong("v", "range")
	}
	return checkEnd("", r.Reason, r.At, r.Heard)
}

// Validate checks the fields' ranges.
func (h *Heartbeat) Validate() error {
	switch {
	case h.At < 1 || h.At > maxTime:
		return wrong("t", "range")
	case h.Power != Mains && h.Power != Battery:
		return wrong("pw", "unknown")
	case h.Battery != nil && (*h.Battery < 0 || *h.Battery > 100):
		return wrong("bat", "range")
	case h.Link == "" || len(h.Link) > 16:
		return wrong("link", "form")
	case h.RSSI != nil && (*h.RSSI < -200 || *h.RSSI > 0):
		return wrong("rssi", "range")
	case h.Volume < 0 || h.Volume > 100:
		return wrong("vol", "range")
	case len(h.Faults) > 16:
		return wrong("f", "size")
	case h.Playing != "" && !validULID(h.Playing):
		return wrong("play", "form")
	case h.Uptime < 0:
		return wrong("up", "range")
	case h.Boots < 0:
		return wrong("boots", "range")
	case len(h.Firmware) > 64:
		return wrong("fw", "size")
	}
	for i, f := range h.Faults {
		if f == "" || len(f) > 32 {
			return wrong(fmt.Sprintf("f[%d]", i), "form")
		}
	}
	return nil
}

// MaxHeld is how many orders a hello names at most.
const MaxHeld = 200

// Validate checks the fields' ranges.
func (h *Hello) Validate() error {
	if err := h.Heartbeat.Validate(); err != nil {
		return err
	}
	if len(h.Held) > MaxHeld {
		return wrong("held", "size")
	}
	for i, r := range h.Held {
		if !validULID(r.Order) || r.Version < 1 || r.Version > maxVersion {
			return wrong(fmt.Sprintf("held[%d]", i), "form")
		}
	}
	if len(h.Seqs) > 64 {
		return wrong("seq", "size")
	}
	return nil
}

// Validate checks the fields' ranges.
func (r *Result) Validate() error {
	switch {
	case !validULID(r.Order):
		return wrong("o", "form")
	case r.Version < 1 || r.Version > maxVersion:
		return wrong("v", "range")
	case r.Volume < 0 || r.Volume > 100:
		return wrong("vol", "range")
	case r.Period < 0 || r.Period > 86400:
		return wrong("period", "range")
	}
	return checkEnd("", r.Reason, r.At, r.Heard)
}

func checkEnd(at string, reason Reason, t int64, h *Heard) error {
	if len(reason) > 32 {
		return wrong(at+"r", "size")
	}
	if t < 1 || t > maxTime {
		return wrong(at+"t", "range")
	}
	if h == nil {
		return nil
	}
	if h.DBFS < -200 || h.DBFS > 20 || h.DBSPL != nil && (*h.DBSPL < -20 || *h.DBSPL > 200) {
		return wrong(at+"h.fs", "range")
	}
	if h.SM3 != "" && !validDigest(h.SM3) {
		return wrong(at+"h.sm3", "form")
	}
	if h.Match != nil && (*h.Match < 0 || *h.Match > 1) {
		return wrong(at+"h.m", "range")
	}
	return nil
}
