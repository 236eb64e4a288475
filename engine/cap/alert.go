package cap

import (
	"time"

	"github.com/tongsheng/tongsheng/engine/geo"
)

// Alert is one CAP message (CAP 1.2 §3.2.1), whatever version it was read from. Codes
// stand as the standard writes them; a time that could not be read is zero.
type Alert struct {
	Version     string // "1.0", "1.1", "1.2"; what it was read as
	Identifier  string
	Sender      string
	Sent        time.Time
	Status      string
	MsgType     string
	Source      string
	Scope       string // empty only in CAP 1.0
	Restriction string
	Addresses   []string
	Codes       []string
	Note        string
	References  []Reference
	Incidents   []string
	Infos       []Info
}

// Reference names an earlier message: sender, identifier and time of sending together.
type Reference struct {
	Sender, Identifier string
	Sent               time.Time
}

// Reference is how later messages refer to this one.
func (a *Alert) Reference() Reference { return Reference{a.Sender, a.Identifier, a.Sent} }

// Info is one description of the event, usually one for each language (§3.2.2).
type Info struct {
	Language      string // empty stands for en-US
	Categories    []string
	Event         string
	ResponseTypes []string
	Urgency       string
	Severity      string
	Certainty     string
	Audience      string
	EventCodes    []Value
	Effective     time.Time // zero: as sent
	Onset         time.Time
	Expires       time.Time
	SenderName    string
	Headline      string
	Description   string
	Instruction   string
	Web           string
	Contact       string
	Parameters    []Value
	Resources     []Resource
	Areas         []Area
}

// Value is a value in a system that Name names: an event code, a parameter, a geocode.
type Value struct{ Name, Value string }

// Resource is a file that belongs to an Info (§3.2.3). Size is bytes, 0 where not told.
type Resource struct {
	Description string
	MIMEType    string
	Size        int64
	URI         string
	DerefURI    string // the content itself, in base 64
	Digest      string // SHA-1 of the content, in hexadecimal digits
}

// Area is where an Info holds: the union of its shapes and codes (§3.2.4). Altitude and
// Ceiling are feet above mean sea level.
type Area struct {
	Description string
	Polygons    []geo.Ring
	Circles     []Circle
	Geocodes    []Value
	Altitude    *float64
	Ceiling     *float64
}

// Circle is a centre and a radius in kilometres.
type Circle struct {
	Centre geo.Point
	Radius float64
}
