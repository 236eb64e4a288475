package drill

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Plan is what a drill is to be.
type Plan struct {
	Name         string        `json:"name" minLength:"1" maxLength:"60"`
	Purpose      string        `json:"purpose" maxLength:"1000" doc:"What it is to find out"`
	Kind         message.Kind  `json:"kind" enum:"platform_drill,head_end_drill,terminal_drill" doc:"How far it goes"`
	At           time.Time     `json:"at" doc:"When it is to begin"`
	Minutes      int           `json:"minutes" minimum:"5" maximum:"1440" doc:"How long its message stands, from its issue on: countersigning takes nothing of it"`
	Scenario     Scenario      `json:"scenario"`
	Area         message.Area  `json:"area"`
	Media        []string      `json:"media" minItems:"1" maxItems:"20" doc:"Which media it examines: kinds of terminal, and outputs as out.platform, out.tables, out.adapter, out.ipterminal, out.webhook, out.push, out.tv. It reaches what its depth and the ways' own settings say"`
	Participants []Participant `json:"participants" maxItems:"50"`
	Targets      Targets       `json:"targets"`
	Steps        []string      `json:"steps" maxItems:"50" doc:"The checklist"`
	Announced    bool          `json:"announced" doc:"False: the duty staff are not told beforehand, and do not see it before it begins"`
}

// Scenario is what the drill's message says.
type Scenario struct {
	Template string           `json:"template,omitempty" maxLength:"60" doc:"Key of the template that it was made from"`
	Event    string           `json:"event" pattern:"^[1-9][0-9]{4}$" doc:"Event type of GB/T 35561"`
	Severity message.Severity `json:"severity" enum:"red,orange,yellow,blue"`
	Texts    []message.Text   `json:"texts" minItems:"1" maxItems:"2"`
	Plays    int              `json:"plays" minimum:"1" maximum:"100" doc:"How often terminals play it"`
}

// Participant is somebody who takes part, and as what.
type Participant struct {
	Name string `json:"name" minLength:"1" maxLength:"60"`
	Part string `json:"part" maxLength:"60" doc:"What they do in it"`
}

// Targets are what is expected. Zero expects nothing.
type Targets struct {
	Reach  int `json:"reach,omitempty" minimum:"0" maximum:"100" doc:"Percent of the terminals that should claim to have sounded it"`
	Half   int `json:"half,omitempty" minimum:"0" maximum:"86400" doc:"Seconds by which half of them should"`
	Most   int `json:"most,omitempty" minimum:"0" maximum:"86400" doc:"Seconds by which 90 % should"`
	Nearly int `json:"nearly,omitempty" minimum:"0" maximum:"86400" doc:"Seconds by which 99 % should"`
	Take   int `json:"take,omitempty" minimum:"0" maximum:"86400" doc:"Seconds from the beginning until the duty officer takes it in hand"`
	Sign   int `json:"sign,omitempty" minimum:"0" maximum:"86400" doc:"Seconds from its submission until it is countersigned"`
}

// Media are all media that a drill can examine: kinds of terminal, then outputs.
var Media = []string{"loudspeaker", "screen", "tv", "set_top_box", "fm", "transmitter", "adapter", "station",
	"out.platform", "out.tables", "out.adapter", "out.ipterminal", "out.webhook", "out.push", "out.tv"}

// soonest is how far in the past a drill's time may lie: a plan for now takes a while to write.
const soonest = 5 * time.Minute

// content is the message that the drill would send if it began, and were issued, at a time.
func (p *Plan) content(begins time.Time) message.Content {
	c := message.Content{Severity: p.Scenario.Severity, Texts: p.Scenario.Texts, Area: p.Area, Lasts: p.Minutes, Repeat: message.Repeat{Count: p.Scenario.Plays}}
	c.Stand(begins)
	return c
}

// Check says everything that is wrong with a plan at now, each with its place. What is wrong with
// the message's words is said by whoever drafts it.
func (p *Plan) Check(now time.Time) error {
	var list fault.List
	text := func(at, s string, limit int, breaks string, needed bool) {
		switch {
		case needed && i18n.Blank(s):
			list.Add(fault.Bad(at, "alert.drill.missing"))
		case utf8.RuneCountInString(s) > limit:
			list.Add(fault.Bad(at, "alert.text.too_long", fault.Args{"limit": limit, "count": utf8.RuneCountInString(s)}))
		case i18n.Deceives(s, breaks):
			list.Add(fault.Bad(at, "alert.text.control"))
		}
	}
	text("name", p.Name, 60, "", true)
	text("purpose", p.Purpose, 1000, "\n", false)
	if !p.Kind.Drill() || !slices.Contains(message.Kinds, p.Kind) {
		list.Add(fault.Bad("kind", "alert.drill.kind"))
	}
	if p.At.Before(now.Add(-soonest)) {
		list.Add(fault.Bad("at", "alert.drill.past"))
	}
	if p.At.After(now.AddDate(2, 0, 0)) {
		list.Add(fault.Bad("at", "alert.drill.far"))
	}
	for i, m := range p.Media {
		if !slices.Contains(Media, m) || slices.Index(p.Media, m) < i {
			list.Add(fault.Bad(fmt.Sprintf("media[%d]", i), "alert.drill.medium"))
		}
	}
	for i, who := range p.Participants {
		text(fmt.Sprintf("participants[%d].name", i), who.Name, 60, "", true)
		text(fmt.Sprintf("participants[%d].part", i), who.Part, 60, "", false)
	}
	for i, s := range p.Steps {
		text(fmt.Sprintf("steps[%d]", i), s, 200, "", true)
	}
	if t := p.Targets; t.Half > 0 && t.Most > 0 && t.Most < t.Half || t.Most > 0 && t.Nearly > 0 && t.Nearly < t.Most || t.Half > 0 && t.Nearly > 0 && t.Nearly < t.Half {
		list.Add(fault.Bad("targets", "alert.drill.targets_order"))
	}
	return list.OrNil()
}

// tidy takes space off the ends of what was typed, and makes lists of none.
func (p *Plan) tidy() {
	p.Name, p.Purpose, p.At = strings.TrimSpace(p.Name), strings.TrimSpace(p.Purpose), p.At.UTC().Truncate(time.Microsecond)
	if p.Participants == nil {
		p.Participants = []Participant{}
	}
	if p.Steps == nil {
		p.Steps = []string{}
	}
	for i, s := range p.Steps {
		p.Steps[i] = strings.TrimSpace(s)
	}
}

// Order is the message that a drill asks for.
type Order struct {
	Kind    message.Kind
	Class   wire.Class
	Event   string
	Content message.Content
	Authors []Person // who wrote its words, and so may not countersign them
}

func (p *Plan) order(begins time.Time) Order {
	return Order{Kind: p.Kind, Class: wire.Emergency, Event: p.Scenario.Event, Content: p.content(begins)}
}
