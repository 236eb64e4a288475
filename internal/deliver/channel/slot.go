package channel

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Kind is what a slot plays.
type Kind string

// Kinds of slot.
const (
	Relay     Kind = "relay"     // a station, as it is on the air
	Recording Kind = "recording" // a sound that somebody uploaded
	Notice    Kind = "notice"    // a text that is spoken
)

// Limits of a timetable.
const (
	maxSlots      = 200
	maxExceptions = 100
	maxSpan       = 62 // days that one exception lasts
	maxDevices    = 500
	maxTitle      = 60
	maxText       = 1800
)

// Slot is something that plays at a time of day on days of the week.
type Slot struct {
	ID       string `json:"id" minLength:"1" maxLength:"26" pattern:"^[a-zA-Z0-9]+$" doc:"Stays the same from version to version"`
	Kind     Kind   `json:"kind" enum:"relay,recording,notice"`
	Title    string `json:"title" minLength:"1" maxLength:"60"`
	Days     []int  `json:"days" maxItems:"7" doc:"Days of the week, 1 Monday to 7 Sunday; none for an extra item"`
	Start    string `json:"start" pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$" doc:"Local time of the city, HH:MM"`
	Minutes  int    `json:"minutes" minimum:"1" maximum:"720" doc:"How long it has; it must end by midnight"`
	From     string `json:"from,omitempty" maxLength:"10" doc:"First day, as 2026-05-01; absent: from now on"`
	Until    string `json:"until,omitempty" maxLength:"10" doc:"Last day; absent: for ever"`
	Volume   *int   `json:"volume,omitempty" minimum:"0" maximum:"100" doc:"Absent: that of the timetable"`
	Station  string `json:"station,omitempty" maxLength:"60" doc:"For a relay: what the station is called"`
	Address  string `json:"address,omitempty" maxLength:"512" doc:"For a relay: an http or https stream, a path of this platform's media, or fm:<kHz> or dtmb:<kHz>:<service>"`
	Text     string `json:"text,omitempty" maxLength:"1800" doc:"For a notice: what is said"`
	Sound    *Sound `json:"sound,omitempty" doc:"For a recording"`
	Repeat   int    `json:"repeat,omitempty" minimum:"0" maximum:"100" doc:"Plays in all, but for a relay; 0: one"`
	Interval int    `json:"interval,omitempty" minimum:"0" maximum:"3600" doc:"Seconds of silence between two plays"`
}

// Sound is a recording that was uploaded.
type Sound struct {
	SM3    string `json:"sm3" pattern:"^[0-9a-f]{64}$"`
	Name   string `json:"name" maxLength:"200"`
	Millis int    `json:"millis"`
}

// Exception is a day, or days, unlike others.
type Exception struct {
	From  string   `json:"from" maxLength:"10" doc:"First day, as 2026-10-01"`
	Until string   `json:"until,omitempty" maxLength:"10" doc:"Last day; absent: the first"`
	Note  string   `json:"note,omitempty" maxLength:"60" doc:"Why: a holiday, an examination"`
	Off   bool     `json:"off,omitempty" doc:"Nothing plays but what is extra"`
	Skip  []string `json:"skip,omitempty" maxItems:"200" doc:"Ids of slots that do not play"`
	Extra []Slot   `json:"extra,omitempty" maxItems:"20" doc:"What plays besides"`
}

// Content is what a timetable says.
type Content struct {
	Devices    []string    `json:"devices,omitempty" maxItems:"500" doc:"Resource codes of its loudspeakers; absent: all of the region"`
	Volume     *int        `json:"volume,omitempty" minimum:"0" maximum:"100" doc:"Absent: each loudspeaker's own"`
	Slots      []Slot      `json:"slots" maxItems:"200"`
	Exceptions []Exception `json:"exceptions" maxItems:"100"`
}

// minuteOf is a time of day in minutes; -1 for no time.
func minuteOf(text string) int {
	t, err := time.Parse("15:04", text)
	if err != nil {
		return -1
	}
	return t.Hour()*60 + t.Minute()
}

func (s *Slot) begins() int { return minuteOf(s.Start) }
func (s *Slot) ends() int   { return s.begins() + s.Minutes }

// plays is how often an item is played at most.
func (s *Slot) plays() int { return max(s.Repeat, 1) }

// holds reports whether a day, as 2026-05-01, lies between two others; an empty one is no limit.
func holds(from, until, day string) bool {
	return (from == "" || from <= day) && (until == "" || day <= until)
}

// weekday is 1 Monday to 7 Sunday.
func weekday(day time.Time) int { return (int(day.Weekday())+6)%7 + 1 }

// last is the last day of an exception.
func (e *Exception) last() string {
	if e.Until == "" {
		return e.From
	}
	return e.Until
}

// On lists what plays on a day, whatever its time of day, the earliest first.
func (c *Content) On(day time.Time) (list []Slot) {
	date := day.Format(time.DateOnly)
	off, skip := false, []string(nil)
	for i := range c.Exceptions {
		if e := &c.Exceptions[i]; holds(e.From, e.last(), date) {
			off, skip, list = off || e.Off, append(skip, e.Skip...), append(list, e.Extra...)
		}
	}
	for _, s := range c.Slots {
		if !off && slices.Contains(s.Days, weekday(day)) && holds(s.From, s.Until, date) && !slices.Contains(skip, s.ID) {
			list = append(list, s)
		}
	}
	slices.SortStableFunc(list, func(a, b Slot) int { return a.begins() - b.begins() })
	return list
}

// times are when a slot plays on a day, in that day's zone.
func (s *Slot) times(day time.Time) (from, to time.Time) {
	from = time.Date(day.Year(), day.Month(), day.Day(), 0, s.begins(), 0, 0, day.Location())
	return from, from.Add(time.Duration(s.Minutes) * time.Minute)
}

var slotID = regexp.MustCompile(`^[a-zA-Z0-9]{1,26}$`)

// Check says everything that is wrong with the content by itself, each with its place.
func (c *Content) Check() fault.List {
	var list fault.List
	if len(c.Slots) > maxSlots || len(c.Exceptions) > maxExceptions || len(c.Devices) > maxDevices {
		list.Add(fault.Bad("slots", "channel.too_many", fault.Args{"limit": maxSlots}))
		return list
	}
	seen := map[string]bool{}
	one := func(at string, s *Slot, weekly bool) {
		if !slotID.MatchString(s.ID) || seen[s.ID] {
			list.Add(fault.Bad(at+".id", "channel.slot.id"))
		}
		seen[s.ID] = true
		s.check(at, weekly, &list)
	}
	for i := range c.Slots {
		one(fmt.Sprintf("slots[%d]", i), &c.Slots[i], true)
	}
	for i := range c.Exceptions {
		e, at := &c.Exceptions[i], fmt.Sprintf("exceptions[%d]", i)
		first, err := time.Parse(time.DateOnly, e.From)
		last, errLast := time.Parse(time.DateOnly, e.last())
		if err != nil || errLast != nil || last.Before(first) || last.Sub(first) >= maxSpan*24*time.Hour {
			list.Add(fault.Bad(at+".from", "channel.exception.days", fault.Args{"limit": maxSpan}))
		}
		for j := range e.Extra {
			one(fmt.Sprintf("%s.extra[%d]", at, j), &e.Extra[j], false)
		}
	}
	return list
}

func (s *Slot) check(at string, weekly bool, list *fault.List) {
	bad := func(what, code string, args ...fault.Args) { list.Add(fault.Bad(at+"."+what, code, args...)) }
	if i18n.Blank(s.Title) || i18n.Deceives(s.Title, "") || utf8.RuneCountInString(s.Title) > maxTitle {
		bad("title", "channel.slot.title", fault.Args{"limit": maxTitle})
	}
	if weekly == (len(s.Days) == 0) || slices.ContainsFunc(s.Days, func(d int) bool { return d < 1 || d > 7 }) {
		bad("days", "channel.slot.days")
	}
	if s.begins() < 0 || s.Minutes < 1 || s.ends() > 24*60 {
		bad("start", "channel.slot.time")
	}
	for name, day := range map[string]string{"from": s.From, "until": s.Until} {
		if _, err := time.Parse(time.DateOnly, day); err != nil && day != "" {
			bad(name, "channel.slot.day")
		}
	}
	if s.From != "" && s.Until != "" && s.Until < s.From {
		bad("until", "channel.slot.day")
	}
	if s.Volume != nil && (*s.Volume < 0 || *s.Volume > 100) {
		bad("volume", "channel.slot.volume")
	}
	switch s.Kind {
	case Relay:
		if !wire.ValidRelay(s.Address) {
			bad("address", "channel.slot.address")
		}
	case Notice:
		if i18n.Blank(s.Text) || i18n.Deceives(s.Text, "\n") || utf8.RuneCountInString(s.Text) > maxText {
			bad("text", "channel.slot.text", fault.Args{"limit": maxText})
		}
	case Recording:
		if s.Sound == nil {
			bad("sound", "channel.slot.sound")
		} else if need := time.Duration(s.Sound.Millis) * time.Millisecond; need > time.Duration(s.Minutes)*time.Minute {
			bad("minutes", "channel.slot.short", fault.Args{"minutes": strconv.Itoa(int((need + time.Minute - 1) / time.Minute))})
		}
	default:
		bad("kind", "channel.slot.kind")
	}
}
