package portal

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tongsheng/tongsheng/engine/geo"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Messages tells what was sent to the public. Drafts, and drills that stay within
// platforms, are none of it.
type Messages interface {
	// Recent lists what is in force, what is still to begin, and what ended after since.
	// Area and History may be left out.
	Recent(ctx context.Context, since time.Time) ([]Message, error)
	// Message is one of them, whole, however long ago; fault.NotFound for what never was
	// public.
	Message(ctx context.Context, id string) (*Message, error)
}

// Devices answers for the label on a loudspeaker.
type Devices interface {
	// Device finds a device by its 23-digit resource code; fault.NotFound for none.
	Device(ctx context.Context, code string) (*Device, error)
}

// Regions answers where people live.
type Regions interface {
	// Region is one region by its 12-digit code; fault.NotFound for none.
	Region(ctx context.Context, code string) (*Region, error)
	// Inside lists the regions directly within one, in their usual order.
	Inside(ctx context.Context, code string) ([]Region, error)
	// Search finds regions by what people write, the likeliest first.
	Search(ctx context.Context, words string, limit int) ([]Region, error)
	// Outlines are the districts of a region, drawn as the ground of a picture.
	Outlines(ctx context.Context, code string) ([]Outline, error)
	// Shapes are the regions at these paths.
	Shapes(ctx context.Context, paths []string) ([]Outline, error)
}

// Name is what a thing is called. English may be empty.
type Name struct{ ZH, EN string }

// In is the name in a language; the Chinese stands in for a missing English one.
func (n Name) In(lang i18n.Lang) string {
	if lang == i18n.English && n.EN != "" {
		return n.EN
	}
	return n.ZH
}

// only is the name in that language and no other, to stand at the head of a line.
func (n Name) only(lang i18n.Lang) string {
	if lang != i18n.English {
		return n.ZH
	}
	if n.EN == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(n.EN)
	return strings.ToUpper(string(first)) + n.EN[size:]
}

// Message is a message as the public knows it. Texts are as they were written: the portal
// marks drills itself.
type Message struct {
	ID        string
	Version   int  // grows with every update
	Emergency bool // everyday otherwise
	Drill     bool
	Severity  string // red, orange, yellow, blue; anything else is without severity
	Event     Name   // kind of event, "rainstorm"
	Texts     []Text
	Sounds    []Sound
	Pictures  []Picture
	Audio     []Audio
	Places    []Place
	Area      []geo.MultiPolygon // outlines of the area beyond whole districts, each filled by itself
	Issuer    Name
	IssuedAt  time.Time // of the first version
	UpdatedAt time.Time // of the present version
	StartsAt  time.Time
	EndsAt    time.Time
	EndedAt   time.Time // zero until it ended
	End       End
	History   []Change // the oldest first; the end may be left out
}

// Text is the message in one language.
type Text struct {
	Lang                i18n.Lang
	Title, Body, Advice string
}

// Sound is the message as sound in one language.
type Sound struct {
	Lang i18n.Lang
	URL  string // on this server
	MIME string
}

// Picture is a picture beside the message.
type Picture struct {
	URL string
	Alt string
}

// Audio is a sound beside the message, such as a signal that people should know.
type Audio struct {
	URL  string
	Name string
}

// Place is a region that the message is for.
type Place struct {
	Name Name
	Path string // region path; the message concerns what lies above and below it
	Part bool   // only parts of the region are meant
}

// End is how a message ended.
type End string

// Ends.
const (
	NotEnded  End = ""
	Expired   End = "expired"
	Cancelled End = "cancelled"
	Stopped   End = "stopped"
)

// Change is a step in a message's life.
type Change struct {
	At   time.Time
	What Step
}

// Step is what happened to a message.
type Step string

// Steps. An End is a step too.
const (
	Issued  Step = "issued"
	Updated Step = "updated"
)

// Device is a loudspeaker or another terminal as whoever stands under it may know it.
type Device struct {
	Code     string
	Name     string
	Kind     string // asset's kind: loudspeaker, screen, …
	Region   Region // down to the township or village, no nearer
	State    DeviceState
	LastSeen time.Time // zero when it was never heard
	Faulty   bool      // it says of itself that something is broken
	Owner    string
	Contact  string // a duty desk
	Playing  string // id of the message it plays
	Tests    []Test // the newest first
	Sample   bool   // made for demonstration
}

// Test is one test of a device that it answered.
type Test struct {
	At    time.Time
	OK    bool
	Heard bool // its microphone heard it
}

// DeviceState is how a device stands, as the public needs to tell states apart.
type DeviceState string

// States.
const (
	Working   DeviceState = "working"   // heard lately
	Silent    DeviceState = "silent"    // not heard for some time
	Waiting   DeviceState = "waiting"   // registered and not yet heard for the first time
	Suspended DeviceState = "suspended" // taken out of service for a while
	Retired   DeviceState = "retired"
)

// Region is a place people live in.
type Region struct {
	Code   string
	Path   string
	Name   Name
	Within []Name // the regions around it, the outermost first, without the city itself
}

// Full is the region's name after those around it.
func (r Region) Full(lang i18n.Lang) string { return fullName(r, lang) }

// Outline is a region's shape.
type Outline struct {
	Name      Name
	Path      string
	Shape     geo.MultiPolygon // empty where no outline is known
	Point     *geo.Point       // somewhere in it, if that is known
	Estimated bool             // drawn by a model, no legal boundary
}
