package wire

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// Kind is what an order wants.
type Kind string

// Kinds of order.
const (
	Play   Kind = "play"   // play a message
	Cancel Kind = "cancel" // end this message and never play it: same id, higher version, and not to expire before it
	Stop   Kind = "stop"   // end everything of the same or lower rank that was issued before this
	Set    Kind = "set"    // change settings
	Test   Kind = "test"   // play a short local tone, at low volume unless one is given
)

// Class is the first column of the table of precedence.
type Class string

// Classes.
const (
	Emergency Class = "emergency"
	Everyday  Class = "everyday"
)

// Order is one instruction to terminals. Times are UTC microseconds since 1970. Its
// JSON is canonical: the fields in this order, absent when empty, no white space;
// a frame whose JSON is anything else is refused, so what was signed is what is read.
type Order struct {
	ID          string           `json:"id"`            // ULID; all versions of a message share it
	EBMID       ebd.EBMID        `json:"ebm,omitempty"` // the message's id in GD/J 082
	From        ebd.ResourceCode `json:"from"`          // the issuing platform
	Version     int              `json:"v"`             // 1, 2, … within the id
	Seq         uint64           `json:"seq"`           // grows with every order of a platform
	Kind        Kind             `json:"kind"`
	Class       Class            `json:"class"`
	Drill       bool             `json:"drill,omitempty"`
	Severity    ebd.Severity     `json:"sev,omitempty"`
	Event       ebd.EventType    `json:"event,omitempty"`
	Rank        uint32           `json:"rank,omitempty"` // precedence, from the platform's table; higher interrupts lower
	Issued      int64            `json:"at"`
	ValidFrom   int64            `json:"from_at"`
	ValidUntil  int64            `json:"until"`
	Area        Area             `json:"area"`
	Texts       []Text           `json:"text,omitempty"`
	Audio       []Audio          `json:"audio,omitempty"`
	Attachments []Attachment     `json:"att,omitempty"`    // for those that show: screens, television
	Relay       string           `json:"relay,omitempty"`  // kind play: a programme to relay from ValidFrom until ValidUntil; see ValidRelay
	Repeat      int              `json:"repeat,omitempty"` // plays in all; 0 means 1
	GapMillis   int              `json:"gap,omitempty"`    // silence between plays
	Volume      *int             `json:"vol,omitempty"`    // 0–100 for this order only; nil: the terminal's own
	Supersedes  []string         `json:"super,omitempty"`  // ids of other messages this one replaces
	Settings    *Settings        `json:"set,omitempty"`    // kind set
	ToneMillis  int              `json:"tone,omitempty"`   // kind test: length of the tone
}

// Text is the message in one language.
type Text struct {
	Lang  string `json:"lang"` // BCP 47, such as zh-CN
	Title string `json:"title,omitempty"`
	Body  string `json:"body"`
}

// Audio is the message as sound in one language.
type Audio struct {
	Lang   string `json:"lang"`
	SM3    string `json:"sm3"`  // digest of the file, 64 lower-case hexadecimal digits
	Bytes  int64  `json:"n"`    // length of the file
	MIME   string `json:"mime"` // audio/wav, audio/mpeg, audio/ogg, …
	Path   string `json:"path"` // under the media base URL, beginning with /
	Millis int    `json:"ms"`   // playing time of one pass
}

// Attachment is a file beside the message, mostly a picture. Who cannot show it leaves it.
type Attachment struct {
	SM3   string `json:"sm3"`  // digest of the file, 64 lower-case hexadecimal digits
	Bytes int64  `json:"n"`    // length of the file
	MIME  string `json:"mime"` // image/png, image/jpeg, …
	Path  string `json:"path"` // under the media base URL, beginning with /
}

// Settings is what a set order changes; absent means unchanged.
type Settings struct {
	Volume       *int               `json:"vol,omitempty"`    // 0–100
	ReportPeriod *int               `json:"period,omitempty"` // seconds between heartbeats, 5–86400
	Revoke       []ebd.SerialNumber `json:"revoke,omitempty"` // certificates never to be believed again
	Region       ebd.AreaCode       `json:"region,omitempty"` // where the terminal stands from now on
	Position     *Point             `json:"pos,omitempty"`    // with Region: its position there; nil when unknown
}

// Limits of an order, beside the frame's 64 KiB.
const (
	MaxAudioBytes = 64 << 20 // of one file, attachments too
	MaxRepeat     = 1000
	maxVersion    = 1 << 20
	maxLanguages  = 16
	maxAttached   = 16
)

// Last moment an order may name: the end of the year 9999.
const maxTime = 253402300799999999

// Validate checks every field and that the kind has what it needs; the error is a
// *FormError that names the field.
func (o *Order) Validate() error {
	if !validULID(o.ID) {
		return wrong("id", "form")
	}
	if o.EBMID != "" {
		if _, err := ebd.ParseEBMID(string(o.EBMID)); err != nil {
			return wrong("ebm", "form")
		}
	}
	if o.From.Validate(ebd.GDJ2018) != nil {
		return wrong("from", "form")
	}
	if o.Class != Emergency && o.Class != Everyday {
		return wrong("class", "unknown")
	}
	if !o.Severity.Valid() {
		return wrong("sev", "range")
	}
	if o.Event != "" {
		if _, err := ebd.ParseEventType(string(o.Event)); err != nil {
			return wrong("event", "form")
		}
	}
	switch {
	case o.Version < 1 || o.Version > maxVersion:
		return wrong("v", "range")
	case o.Seq < 1:
		return wrong("seq", "range")
	case o.Issued < 1 || o.Issued > maxTime:
		return wrong("at", "range")
	case o.ValidFrom < 1 || o.ValidFrom > maxTime:
		return wrong("from_at", "range")
	case o.ValidUntil <= o.ValidFrom || o.ValidUntil > maxTime:
		return wrong("until", "range")
	case o.Repeat < 0 || o.Repeat > MaxRepeat:
		return wrong("repeat", "range")
	case o.GapMillis < 0 || o.GapMillis > 3_600_000:
		return wrong("gap", "range")
	case o.Volume != nil && (*o.Volume < 0 || *o.Volume > 100):
		return wrong("vol", "range")
	case len(o.Texts) > maxLanguages:
		return wrong("text", "size")
	case len(o.Audio) > maxLanguages:
		return wrong("audio", "size")
	case len(o.Attachments) > maxAttached:
		return wrong("att", "size")
	}
	if err := o.Area.validate(); err != nil {
		return err
	}
	if err := o.validateContent(); err != nil {
		return err
	}
	return o.validateKind()
}

func (o *Order) validateContent() error {
	for i, t := range o.Texts {
		if !validLang(t.Lang) || t.Body == "" || !utf8.ValidString(t.Title) || !utf8.ValidString(t.Body) {
			return wrong(fmt.Sprintf("text[%d]", i), "form")
		}
	}
	for i, a := range o.Audio {
		at := fmt.Sprintf("audio[%d]", i)
		switch {
		case !validDigest(a.SM3):
			return wrong(at+".sm3", "form")
		case !validLang(a.Lang):
			return wrong(at+".lang", "form")
		case a.Bytes < 1 || a.Bytes > MaxAudioBytes:
			return wrong(at+".n", "range")
		case a.Millis < 1 || a.Millis > 86_400_000:
			return wrong(at+".ms", "range")
		case !strings.HasPrefix(a.MIME, "audio/") || len(a.MIME) > 64:
			return wrong(at+".mime", "form")
		case !validPath(a.Path):
			return wrong(at+".path", "form")
		}
	}
	for i, a := range o.Attachments {
		at := fmt.Sprintf("att[%d]", i)
		switch {
		case !validDigest(a.SM3):
			return wrong(at+".sm3", "form")
		case a.Bytes < 1 || a.Bytes > MaxAudioBytes:
			return wrong(at+".n", "range")
		case !validMIME(a.MIME):
			return wrong(at+".mime", "form")
		case !validPath(a.Path):
			return wrong(at+".path", "form")
		}
	}
	for i, id := range o.Supersedes {
		if !validULID(id) || id == o.ID {
			return wrong(fmt.Sprintf("super[%d]", i), "form")
		}
	}
	return nil
}

func (o *Order) validateKind() error {
	if (o.Settings != nil) != (o.Kind == Set) {
		return wrong("set", "form")
	}
	if (o.ToneMillis != 0) != (o.Kind == Test) {
		return wrong("tone", "form")
	}
	if len(o.Attachments) > 0 && o.Kind != Play {
		return wrong("att", "form")
	}
	if o.Relay != "" && (o.Kind != Play || len(o.Audio) > 0 || o.Repeat > 1 || !ValidRelay(o.Relay)) {
		return wrong("relay", "form")
	}
	switch o.Kind {
	case Play:
		if len(o.Texts)+len(o.Audio) == 0 && o.Relay == "" {
			return wrong("text", "missing")
		}
	case Cancel, Stop:
	case Set:
		s := o.Settings
		if s.Volume == nil && s.ReportPeriod == nil && len(s.Revoke) == 0 && s.Region == "" && s.Position == nil {
			return wrong("set", "missing")
		}
		if s.Volume != nil && (*s.Volume < 0 || *s.Volume > 100) {
			return wrong("set.vol", "range")
		}
		if s.ReportPeriod != nil && (*s.ReportPeriod < 5 || *s.ReportPeriod > 86400) {
			return wrong("set.period", "range")
		}
		if s.Region != "" {
			if _, err := ebd.ParseAreaCode(string(s.Region)); err != nil {
				return wrong("set.region", "form")
			}
		}
		if s.Position != nil && (s.Region == "" || !s.Position.valid()) {
			return wrong("set.pos", "form")
		}
	case Test:
		if o.ToneMillis < 100 || o.ToneMillis > 10_000 {
			return wrong("tone", "range")
		}
	default:
		return wrong("kind", "unknown")
	}
	return nil
}

// Plays is how often the message is played in all, at least once.
func (o *Order) Plays() int { return max(o.Repeat, 1) }

// validULID reports whether s is 26 characters of Crockford's base 32, upper case.
func validULID(s string) bool {
	if len(s) != 26 || s[0] > '7' {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' && c != 'I' && c != 'L' && c != 'O' && c != 'U') {
			return false
		}
	}
	return true
}

func validLang(s string) bool {
	if len(s) < 2 || len(s) > 35 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-') {
			return false
		}
	}
	return true
}

// validMIME allows a plain type and subtype, without parameters.
func validMIME(s string) bool {
	typ, sub, ok := strings.Cut(s, "/")
	if !ok || typ == "" || sub == "" || len(s) > 64 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || i == len(typ) || strings.IndexByte("+-.", c) >= 0) {
			return false
		}
	}
	return true
}

// validPath allows plain absolute URL paths only, so that a path can never become
// another host, a query or a way out of the media root.
func validPath(s string) bool {
	if len(s) < 2 || len(s) > 512 || s[0] != '/' || strings.Contains(s, "//") || strings.Contains(s, "..") {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("/-_.~", c) >= 0) {
			return false
		}
	}
	return true
}
