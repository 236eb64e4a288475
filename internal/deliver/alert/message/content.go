package message

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Limits of a message, in characters and pieces.
const (
	MaxTitle       = 60
	MaxText        = 1850 // body and advice together; with title and drill marks 2,000 can be spoken
	MaxRepeat      = 100
	MaxGap         = 3600 // seconds
	MaxAttachments = 8
	MaxDuration    = 31 * 24 * time.Hour
	MinDuration    = time.Minute
)

// Content is everything that terminals and people are told, and what an approver signs.
type Content struct {
	Event       ebd.EventType `json:"event"`
	Severity    Severity      `json:"severity"`
	Texts       []Text        `json:"texts"`
	Area        Area          `json:"area"`
	StartsAt    time.Time     `json:"startsAt,omitzero"` // zero: when it is issued
	EndsAt      time.Time     `json:"endsAt"`
	Lasts       int           `json:"lasts,omitempty"` // minutes that it stands once it is issued and has begun; EndsAt follows then. 0: it ends at EndsAt, whenever it is issued
	Repeat      Repeat        `json:"repeat"`
	Volume      *int          `json:"volume,omitempty"` // 0–100; nil: the terminal's own
	Sounds      []Sound       `json:"sounds,omitempty"`
	Relay       string        `json:"relay,omitempty"` // a programme in place of sounds, of wire.ValidRelay
	Attachments []Attachment  `json:"attachments,omitempty"`
}

// Text is the message in one language.
type Text struct {
	Lang   string `json:"lang" enum:"zh,en"`
	Title  string `json:"title" maxLength:"60"`
	Body   string `json:"body" maxLength:"2000"`
	Advice string `json:"advice,omitempty" maxLength:"2000" doc:"What people should do"`
}

// Repeat is how often the message is played and with how much silence between.
type Repeat struct {
	Count           int `json:"count" minimum:"1" maximum:"100" doc:"Plays in all"`
	IntervalSeconds int `json:"intervalSeconds" minimum:"0" maximum:"3600" doc:"Silence between two plays"`
}

// Sound is the message as sound in one language.
type Sound struct {
	Lang   string `json:"lang"`
	SM3    string `json:"sm3"`
	MIME   string `json:"mime"`
	Bytes  int64  `json:"bytes"`
	Millis int    `json:"millis"`
	Origin string `json:"origin" enum:"speech,recording"`
	Spoken string `json:"spoken,omitempty" doc:"Digest of the words and the dictionary that the speech was made from"`
}

// Origins of a sound.
const (
	FromSpeech    = "speech"
	FromRecording = "recording"
)

// Attachment is a picture or a sound beside the message.
type Attachment struct {
	SM3   string `json:"sm3"`
	MIME  string `json:"mime"`
	Bytes int64  `json:"bytes"`
	Name  string `json:"name"`
}

// Audible reports whether the attachment is to be listened to; all others are pictures.
func (a Attachment) Audible() bool { return strings.HasPrefix(a.MIME, "audio/") }

// Text finds the text in a language; the first text stands in for one that is missing.
func (c *Content) Text(lang string) Text {
	for _, t := range c.Texts {
		if t.Lang == lang {
			return t
		}
	}
	if len(c.Texts) > 0 {
		return c.Texts[0]
	}
	return Text{}
}

// Sound finds the sound in a language.
func (c *Content) Sound(lang string) (Sound, bool) {
	for _, s := range c.Sounds {
		if s.Lang == lang {
			return s, true
		}
	}
	return Sound{}, false
}

// Stand works out when a content ends that stands for so long, if it were issued at a time.
func (c *Content) Stand(at time.Time) {
	if c.Lasts == 0 {
		return
	}
	if c.StartsAt.After(at) {
		at = c.StartsAt
	}
	c.EndsAt = at.Add(time.Duration(c.Lasts) * time.Minute).UTC().Truncate(time.Microsecond)
}

// Validate says everything that is wrong with the content at now, each with its place.
func (c *Content) Validate(class wire.Class, now time.Time) fault.List {
	var list fault.List
	if _, err := ebd.ParseEventType(string(c.Event)); err != nil {
		list.Add(fault.Bad("event", "alert.event.form"))
	}
	if class == wire.Emergency && c.Severity == Unknown {
		list.Add(fault.Bad("severity", "alert.severity.needed"))
	}
	c.validateTexts(&list)
	c.validateTimes(&list, now)
	if c.Repeat.Count < 1 || c.Repeat.Count > MaxRepeat {
		list.Add(fault.Bad("repeat.count", "alert.repeat.range", fault.Args{"limit": MaxRepeat}))
	}
	if c.Repeat.IntervalSeconds < 0 || c.Repeat.IntervalSeconds > MaxGap {
		list.Add(fault.Bad("repeat.intervalSeconds", "alert.repeat.gap", fault.Args{"limit": MaxGap}))
	}
	if c.Volume != nil && (*c.Volume < 0 || *c.Volume > 100) {
		list.Add(fault.Bad("volume", "alert.volume.range"))
	}
	if c.Relay != "" && (!wire.ValidRelay(c.Relay) || len(c.Sounds) > 0 || c.Repeat.Count > 1) {
		list.Add(fault.Bad("relay", "alert.relay.form"))
	}
	if len(c.Attachments) > MaxAttachments {
		list.Add(fault.Bad("attachments", "alert.attachment.many", fault.Args{"limit": MaxAttachments}))
	}
	return append(list, c.Area.Validate("area")...)
}

func (c *Content) validateTexts(list *fault.List) {
	seen := map[string]bool{}
	for i, t := range c.Texts {
		at := fmt.Sprintf("texts[%d]", i)
		if (t.Lang != "zh" && t.Lang != "en") || seen[t.Lang] {
			list.Add(fault.Bad(at+".lang", "alert.text.lang"))
		}
		seen[t.Lang] = true
		checkText(list, at+".title", t.Title, MaxTitle, "", true)
		checkText(list, at+".body", t.Body, MaxText-utf8.RuneCountInString(t.Advice), "\n", true)
		checkText(list, at+".advice", t.Advice, MaxText, "\n", false)
	}
	if !seen["zh"] {
		list.Add(fault.Bad("texts", "alert.text.chinese_needed"))
	}
}

func checkText(list *fault.List, at, text string, limit int, breaks string, needed bool) {
	switch n := utf8.RuneCountInString(text); {
	case needed && i18n.Blank(text):
		list.Add(fault.Bad(at, "alert.text.missing"))
	case n > limit:
		list.Add(fault.Bad(at, "alert.text.too_long", fault.Args{"limit": max(limit, 0), "count": n}))
	case !utf8.ValidString(text) || i18n.Deceives(text, breaks):
		list.Add(fault.Bad(at, "alert.text.control"))
	case strings.ContainsAny(text, "{}"):
		list.Add(fault.Bad(at, "alert.text.unfilled"))
	}
}

func (c *Content) validateTimes(list *fault.List, now time.Time) {
	from := now
	if c.StartsAt.After(now) {
		from = c.StartsAt
	}
	switch {
	case c.StartsAt.Sub(now) > MaxDuration:
		list.Add(fault.Bad("startsAt", "alert.time.too_far", fault.Args{"days": int(MaxDuration / (24 * time.Hour))}))
	case c.EndsAt.Before(from.Add(MinDuration)):
		list.Add(fault.Bad("endsAt", "alert.time.ends_early"))
	case c.EndsAt.Sub(from) > MaxDuration:
		list.Add(fault.Bad("endsAt", "alert.time.too_long", fault.Args{"days": int(MaxDuration / (24 * time.Hour))}))
	}
}

// Cut shortens a text to so many characters, the last of which says so.
func Cut(text string, limit int) string {
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	return strings.TrimSpace(string(runes[:limit-1])) + "…"
}
