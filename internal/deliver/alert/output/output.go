// Package output carries messages out of the house by every medium that is no terminal of the
// register: platforms below, TV heads, gateways, web push. What is to be carried is a row
// that commits with the order itself, so a crash loses nothing; each output has a worker of
// its own, so one that fails or is slow holds up no other.
package output

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
)

// Output is a configured one, opened.
type Output interface {
	// Carry hands one parcel to the far side and says what it answered. An error is tried
	// again for as long as the parcel stands; carrying the same parcel twice must do no harm.
	Carry(ctx context.Context, p *Parcel) (Result, error)
	// Close gives back what the output holds; nothing is carried meanwhile or after.
	Close()
}

// Driver makes outputs of one kind.
type Driver struct {
	// Check says what is wrong with settings, each fault with its place under "settings".
	Check func(settings json.RawMessage) error
	// Open makes an output ready; it must not wait for the far side.
	Open func(c Config) (Output, error)
	// Patience is how long one Carry may take.
	Patience time.Duration
	// Standing says that the output itself holds what is on the air: it is given all of it
	// again when it is opened anew.
	Standing bool
	// Within are the kinds of message that it takes besides those meant for the public.
	Within []message.Kind
	// Everyday says that it sounds items of timetables, which are for loudspeakers alone.
	Everyday bool
	// Secret says that it needs one.
	Secret bool
	// Forget deletes what one that was given up kept on disk; nil where there is nothing.
	Forget func(id string) error
}

// Config is one configured output.
type Config struct {
	ID         string
	Kind       string
	NameZh     string
	NameEn     string
	RegionPath string
	Tier       int
	Fits       Fits
	Settings   json.RawMessage
	Secret     []byte // never told to anybody but the driver
	Enabled    bool
	CreatedAt  time.Time
	ChangedAt  time.Time
	Health     Health
	Revision   int64

	// Report keeps what the far side says later of a message that it took.
	Report func(ctx context.Context, id ebd.EBMID, state State, proof any) error
	// Alive notes a heartbeat of the far side, however many come; one whose heartbeats stop is
	// told of.
	Alive func(ctx context.Context) error
}

// Health is how an output did lately.
type Health struct {
	OKAt     time.Time
	FailedAt time.Time
	Failure  string
	HeardAt  time.Time // its far side's last heartbeat; zero where it sends none
}

// Fits chooses the messages that an output takes; empty fields take all.
type Fits struct {
	Classes    []wire.Class       `json:"classes,omitempty" maxItems:"2" doc:"Absent takes both"`
	Severities []message.Severity `json:"severities,omitempty" maxItems:"5" doc:"Absent takes all"`
	NoDrills   bool               `json:"noDrills,omitempty" doc:"True keeps drills from it"`
}

// takes reports whether an output is to carry a message at all.
func (c *Config) takes(d *Driver, msg *message.Message) bool {
	v := msg.Shown()
	return (msg.Origin.Kind != "timetable" || d.Everyday) && (msg.Kind.ReachesTerminals() || slices.Contains(d.Within, msg.Kind)) &&
		!(c.Fits.NoDrills && msg.Kind.Drill()) &&
		(len(c.Fits.Classes) == 0 || slices.Contains(c.Fits.Classes, msg.Class)) &&
		(len(c.Fits.Severities) == 0 || slices.Contains(c.Fits.Severities, v.Content.Severity)) &&
		c.reaches(msg.Places())
}

// reaches reports whether an output reaches anybody in these regions.
func (c *Config) reaches(paths []string) bool {
	return slices.ContainsFunc(paths, func(p string) bool { return strings.HasPrefix(p, c.RegionPath) || strings.HasPrefix(c.RegionPath, p) })
}

// Within reports whether all that an output reaches lies in one of these places.
func (c *Config) Within(places []Place) bool {
	return slices.ContainsFunc(places, func(p Place) bool { return p.Path != "" && strings.HasPrefix(c.RegionPath, p.Path) })
}

// Groups are the codes that stand for every terminal of a type in those of a parcel's places that
// the output reaches. Where those are more than most, one stands for all that it reaches.
func (c *Config) Groups(p *Parcel, kind string, most int) (codes []ebd.ResourceCode, err error) {
	areas := make([]ebd.AreaCode, 0, len(p.Places))
	for _, place := range p.Places {
		if c.reaches([]string{place.Path}) {
			areas = append(areas, message.AreaCode(place.Code))
		}
	}
	if len(areas) > most {
		areas = []ebd.AreaCode{areaAt(c.RegionPath)}
	}
	for _, area := range areas {
		code, err := ebd.Resource{Level: area.Level(), Area: area, Type: kind, Seq: 1, Subtype: ebd.SubtypeTerminal}.Code()
		if err != nil {
			return nil, err
		}
		codes = append(codes, code)
	}
	return codes, nil
}

// areaAt is the area code of a region path, whose last part is as much of the code as counts.
func areaAt(path string) ebd.AreaCode {
	last := path[strings.LastIndexByte(strings.TrimSuffix(path, "."), '.')+1:]
	last = strings.TrimSuffix(last, ".")
	area, err := ebd.ParseAreaCode(last + strings.Repeat("0", max(12-len(last), 0)))
	if err != nil { // the root of the tree, which has no digits
		return ebd.Nation
	}
	return area
}

// Act is what a parcel does at the far side.
type Act string

// Acts.
const (
	Play   Act = "play"   // this version of the message, in place of those before it
	Cancel Act = "cancel" // take the message off the air
	Stop   Act = "stop"   // take everything off the air in whole regions
)

// Parcel is what an output is given to carry.
type Parcel struct {
	Task    string // the same for each attempt
	Act     Act
	Message *message.Message // its Current is the version meant; nil for a stop
	Places  []Place          // of the message or the stop, whether the output reaches them or not
	Stop    *Halt            // for a stop
	Rank    uint32           // higher goes before lower
	Attempt int              // from 1
	Proof   json.RawMessage  // what was kept of an earlier attempt
}

// Place is a region by name.
type Place struct {
	Code string `json:"code"`
	Path string `json:"path"`
	Zh   string `json:"zh"`
	En   string `json:"en"`
	Part bool   `json:"part" doc:"Only parts of the region are meant"`
}

// Halt is a stop of everything in whole regions.
type Halt struct {
	ID     string
	Codes  []string
	Reason string
	At     time.Time
	Until  time.Time
}

// Result is what the far side said of a parcel.
type Result struct {
	State State    // Accepted unless it said more; Waiting where there is more of the parcel to carry
	Proof any      // kept as JSON, of what failed too, and shown: ids, counts, addresses; no secret
	Over  []string // messages that it took off the air there, which may go on elsewhere
}

// State is how far one output has come with one parcel.
type State string

// States of a task. What the far side claims and what was proven stand in its proof.
const (
	Waiting    State = "waiting"
	Retrying   State = "retrying"   // it failed, and is tried again
	Accepted   State = "accepted"   // the far side took it
	Playing    State = "playing"    // the far side says that it is on the air
	Done       State = "done"       // the far side says that it was heard, or ended as wished
	Failed     State = "failed"     // the far side says that it could not
	GivenUp    State = "given_up"   // it was tried until it no longer mattered
	Superseded State = "superseded" // a newer version, or the end, went in its place
	Ended      State = "ended"      // the far side had it, and it is over: by a newer version, the end, a stop, or its time
)

// Final reports whether nothing more is expected of a task.
func (s State) Final() bool {
	return s == Done || s == Failed || s == GivenUp || s == Superseded || s == Ended
}
