package asset

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/geo"
	"github.com/tongsheng/tongsheng/internal/event"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Kind is what a device is.
type Kind string

// State is where a device stands in its life.
type State string

// States. Planned devices have no key; enrolled ones have one and have not been heard
// yet; active ones have been heard.
const (
	Planned   State = "planned"
	Enrolled  State = "enrolled"
	Active    State = "active"
	Suspended State = "suspended"
	Retired   State = "retired"
)

// States in the order of a device's life.
var States = []State{Planned, Enrolled, Active, Suspended, Retired}

// numbering is how a kind is coded by GD/J 080: type (table 4) and subtype (table 5).
type numbering struct {
	kind          Kind
	typ, subtype  string
	takesMessages bool // whether it is a terminal that a message can be addressed to
}

// Kinds that GD/J 080 has no type for are coded as mixed (0399).
var numberings = []numbering{
	{"loudspeaker", ebd.TypeLoudspeaker, ebd.SubtypeTerminal, true},
	{"adapter", ebd.TypeLoudspeaker, ebd.SubtypeAdapter, true},
	{"transmitter", "0303", ebd.SubtypeTransmitter, false},
	{"fm", "0301", ebd.SubtypeTransmitter, false},
	{"tv", "0303", ebd.SubtypeTerminal, true},
	{"screen", "0399", ebd.SubtypeTerminal, true},
	{"set_top_box", "0302", ebd.SubtypeTerminal, true},
	{"probe", "0104", ebd.SubtypeTerminal, false},
	{"sensor", "0104", ebd.SubtypeAdapter, false},
	{"station", "0201", ebd.SubtypePlatform, false},
}

// kindKeys lists the kinds as they are kept.
func kindKeys() []string {
	keys := make([]string, len(numberings))
	for i, n := range numberings {
		keys[i] = string(n.kind)
	}
	return keys
}

func (k Kind) numbering() (numbering, bool) {
	for _, n := range numberings {
		if n.kind == k {
			return n, true
		}
	}
	return numbering{}, false
}

// Position is a place on WGS 84, degrees.
type Position struct {
	Lon float64 `json:"lon" minimum:"-180" maximum:"180" doc:"Longitude, degrees, WGS 84"`
	Lat float64 `json:"lat" minimum:"-90" maximum:"90" doc:"Latitude, degrees, WGS 84"`
}

func (p *Position) point() geo.Point { return geo.Point{Lon: p.Lon, Lat: p.Lat} }

// Facts are what people say of a device and may change.
type Facts struct {
	Name         string `json:"name" minLength:"1" maxLength:"100"`
	Model        string `json:"model,omitempty" maxLength:"64"`
	Maker        string `json:"maker,omitempty" maxLength:"100"`
	Serial       string `json:"serial,omitempty" maxLength:"64" doc:"Maker's serial number"`
	Owner        string `json:"owner,omitempty" maxLength:"100" doc:"Who it belongs to"`
	Contact      string `json:"contact,omitempty" maxLength:"100" doc:"Whom to ring, shown to the public: a duty desk, not a private number"`
	SiteID       string `json:"siteId,omitempty" maxLength:"26"`
	Microphone   bool   `json:"microphone" required:"false" doc:"Whether it can hear itself"`
	Installed    string `json:"installed,omitempty" format:"date" doc:"Day it was put up"`
	Commissioned string `json:"commissioned,omitempty" format:"date" doc:"Day it went into service"`
}

// Whereabouts is where a device stands.
type Whereabouts struct {
	RegionCode string    `json:"regionCode" pattern:"^[0-9]{12}$" doc:"Region it serves, 12 digits"`
	Position   *Position `json:"position,omitempty"`
}

// Device is a row of the register.
type Device struct {
	ID   string           `json:"id"`
	Code ebd.ResourceCode `json:"code" doc:"Resource code, 23 digits of GD/J 080"`
	Kind Kind             `json:"kind"`
	Facts
	Whereabouts
	RegionPath string    `json:"regionPath"`
	Region     string    `json:"region" doc:"Full name of the region"`
	State      State     `json:"state" enum:"planned,enrolled,active,suspended,retired"`
	Sample     bool      `json:"sample" doc:"Made for demonstration, not real"`
	Version    int64     `json:"version"`
	CreatedAt  time.Time `json:"createdAt"`
	UpdatedAt  time.Time `json:"updatedAt"`
}

func (d *Device) ref() event.DeviceRef {
	return event.DeviceRef{ID: d.ID, Code: string(d.Code), Kind: string(d.Kind), RegionPath: d.RegionPath, Version: d.Version}
}

// placeKey orders devices by region, then code.
func (d *Device) placeKey() string { return d.RegionPath + string(d.Code) }

// search is the text that a free search looks in.
func (d *Device) search() string {
	return strings.ToLower(strings.Join([]string{d.Name, string(d.Code), d.Model, d.Maker, d.Serial, d.Owner}, "\n"))
}

// check finds every fault of a device that is about to be written.
func (d *Device) check(now time.Time) (bad fault.List) {
	if _, known := d.Kind.numbering(); !known {
		bad.Add(fault.Bad("kind", "asset.kind.unknown", fault.Args{"kind": d.Kind}))
	}
	for _, f := range []struct {
		place, text string
		max         int
	}{
		{"name", d.Name, 100}, {"model", d.Model, 64}, {"maker", d.Maker, 100}, {"serial", d.Serial, 64},
		{"owner", d.Owner, 100}, {"contact", d.Contact, 100},
	} {
		bad.Add(checkText(f.place, f.text, f.max))
	}
	if strings.TrimSpace(d.Name) == "" {
		bad.Add(fault.Bad("name", "asset.text.missing"))
	}
	if p := d.Position; p != nil && !p.point().Valid() {
		bad.Add(fault.Bad("position", "asset.position.invalid"))
	}
	latest := now.AddDate(0, 0, 1).Format(time.DateOnly) // it may already be tomorrow there
	for _, f := range []struct{ place, day string }{{"installed", d.Installed}, {"commissioned", d.Commissioned}} {
		if f.day == "" {
			continue
		}
		if _, err := time.Parse(time.DateOnly, f.day); err != nil {
			bad.Add(fault.Bad(f.place, "asset.date.invalid", fault.Args{"value": clip(f.day)}))
		} else if f.day > latest {
			bad.Add(fault.Bad(f.place, "asset.date.future", fault.Args{"value": f.day}))
		}
	}
	return bad
}

func checkText(place, text string, limit int) *fault.Error {
	switch {
	case !utf8.ValidString(text) || i18n.Deceives(text, ""):
		return fault.Bad(place, "asset.text.control")
	case utf8.RuneCountInString(text) > limit:
		return fault.Bad(place, "asset.text.too_long", fault.Args{"limit": limit})
	}
	return nil
}

// clip keeps a hostile value from filling a message.
func clip(s string) string {
	if r := []rune(strings.ToValidUTF8(s, "?")); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
