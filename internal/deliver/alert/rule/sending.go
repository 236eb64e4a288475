package rule

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Level is how high in the tree of regions something stands.
type Level string

// Levels, the highest first.
const (
	Nation   Level = "nation"
	Province Level = "province"
	City     Level = "city"
	District Level = "district"
	Township Level = "township"
	Village  Level = "village"
)

// Levels lists every level, the highest first.
var Levels = []Level{Nation, Province, City, District, Township, Village}

// AtLeast reports whether l stands as high as m or higher; an unknown level is lowest.
func (l Level) AtLeast(m Level) bool { return l.order() <= m.order() }

func (l Level) order() int {
	if i := slices.Index(Levels, l); i >= 0 {
		return i
	}
	return len(Levels)
}

// Origin is where a message came into the house.
type Origin string

// Origins.
const (
	Desk      Origin = "desk"      // written here
	Upper     Origin = "upper"     // from a trusted platform above
	Lower     Origin = "lower"     // from a platform below
	CAP       Origin = "cap"       // from a named source of CAP
	Timetable Origin = "timetable" // an item of an approved timetable
	Phone     Origin = "phone"     // spoken into an authenticated telephone
)

// attended reports whether people here answer for what comes from o; else the source does, or
// whoever approved what it follows.
func (o Origin) attended() bool { return o != Upper && o != Timetable }

// Sending is one row of the table of who may send what where. The first row that fits a
// request decides it; a condition that is empty fits everything.
type Sending struct {
	ID         string             `json:"id" minLength:"1" maxLength:"40" pattern:"^[a-z0-9-]+$"`
	NameZh     string             `json:"nameZh" minLength:"1" maxLength:"200" text:"name"`
	NameEn     string             `json:"nameEn" minLength:"1" maxLength:"200" text:"name"`
	Origin     Origin             `json:"origin,omitempty" enum:"desk,upper,lower,cap,timetable,phone" doc:"Where the message came from; absent fits all"`
	Sources    []string           `json:"sources,omitempty" maxItems:"50" doc:"Ids of the named sources that it may come from; absent fits all"`
	Class      wire.Class         `json:"class,omitempty" enum:"emergency,everyday"`
	Drill      *bool              `json:"drill,omitempty" doc:"True fits only drills, false only what is real"`
	Events     []string           `json:"events,omitempty" maxItems:"50" doc:"Beginnings of event codes, such as 1 or 102"`
	Severities []message.Severity `json:"severities,omitempty" maxItems:"5"`
	Authority  Level              `json:"authority,omitempty" enum:"nation,province,city,district,township,village" doc:"The sender's grant must stand at least this high"`
	Area       Level              `json:"area,omitempty" enum:"nation,province,city,district,township,village" doc:"The area must lie within one region of this level or lower"`
	Allow      bool               `json:"allow"`
	Approvals  int                `json:"approvals" minimum:"0" maximum:"5" doc:"Countersignatures needed"`
	Alone      int                `json:"alone,omitempty" minimum:"0" maximum:"86400" doc:"Seconds after which what came from outside goes out though too few countersigned; it must be reviewed then. 0: never"`
}

// Request is what somebody wants to send.
type Request struct {
	Origin    Origin           `json:"origin" enum:"desk,upper,lower,cap,timetable,phone" doc:"Where it came from"`
	Class     wire.Class       `json:"class" enum:"emergency,everyday"`
	Drill     bool             `json:"drill"`
	Event     string           `json:"event" pattern:"^[1-9][0-9]{4}$" doc:"Event type of GB/T 35561"`
	Severity  message.Severity `json:"severity" enum:"red,orange,yellow,blue,unknown"`
	Authority Level            `json:"authority" enum:"nation,province,city,district,township,village" doc:"Level of the widest grant the sender holds over the area"`
	Area      Level            `json:"area" enum:"nation,province,city,district,township,village" doc:"Level of the smallest region that holds the whole area"`
	Source    string           `json:"source,omitempty" maxLength:"60" doc:"Id of the named source"`
}

// Verdict is what the table says of a request.
type Verdict struct {
	Allow     bool   `json:"allow"`
	Approvals int    `json:"approvals"`
	Alone     int    `json:"alone,omitempty" doc:"Seconds after which it goes out though too few countersigned; absent: never"`
	Rule      string `json:"rule" doc:"The row that decided; empty when none fits"`
	NameZh    string `json:"nameZh,omitempty"`
	NameEn    string `json:"nameEn,omitempty"`
}

// Name is what the row that decided is called.
func (v Verdict) Name(lang i18n.Lang) string {
	if lang == i18n.English {
		return v.NameEn
	}
	return v.NameZh
}

// Evaluate finds the first row that fits. What no row fits is refused.
func Evaluate(table []Sending, r Request) Verdict {
	for _, s := range table {
		if s.fits(r) {
			return Verdict{s.Allow, s.Approvals, s.Alone, s.ID, s.NameZh, s.NameEn}
		}
	}
	return Verdict{}
}

func (s *Sending) fits(r Request) bool {
	return (s.Origin == "" || s.Origin == r.Origin) &&
		(len(s.Sources) == 0 || slices.Contains(s.Sources, r.Source)) &&
		(s.Class == "" || s.Class == r.Class) &&
		(s.Drill == nil || *s.Drill == r.Drill) &&
		(len(s.Events) == 0 || slices.ContainsFunc(s.Events, func(p string) bool { return strings.HasPrefix(r.Event, p) })) &&
		(len(s.Severities) == 0 || slices.Contains(s.Severities, r.Severity)) &&
		(s.Authority == "" || r.Authority.AtLeast(s.Authority)) &&
		(s.Area == "" || s.Area.AtLeast(r.Area))
}

// alone reports whether a row lets a message out that no two people answer for: neither a
// source that was named, nor one that answers for itself.
func (s *Sending) alone() bool {
	return s.Approvals <= 0 && s.Origin.attended() && !(s.Origin == CAP && len(s.Sources) > 0)
}

// CheckSending says what is wrong with a table: no row that lets anybody at the desk send
// anything, doubled ids, or a real red message from the desk that one person could send
// alone.
func CheckSending(table []Sending) error {
	var list fault.List
	if !slices.ContainsFunc(table, func(s Sending) bool { return s.Allow && (s.Origin == "" || s.Origin == Desk) }) {
		list.Add(fault.Bad("rules", "alert.rule.nobody"))
	}
	seen := map[string]bool{}
	for i, s := range table {
		at := fmt.Sprintf("rules[%d]", i)
		if seen[s.ID] {
			list.Add(fault.Bad(at+".id", "alert.rule.doubled", fault.Args{"id": s.ID}))
		}
		seen[s.ID] = true
		for j, e := range s.Events {
			if strings.Trim(e, "0123456789") != "" || e == "" || len(e) > 5 {
				list.Add(fault.Bad(fmt.Sprintf("%s.events[%d]", at, j), "alert.rule.event", fault.Args{"event": e}))
			}
		}
		for j, v := range s.Severities {
			if !slices.Contains(message.Severities, v) {
				list.Add(fault.Bad(fmt.Sprintf("%s.severities[%d]", at, j), "alert.rule.severity"))
			}
		}
		if s.Allow && s.alone() && (s.Drill == nil || !*s.Drill) && s.Class != wire.Everyday {
			list.Add(fault.Bad(at+".approvals", "alert.rule.alone"))
		}
		if s.Alone > 0 && (s.Origin == "" || s.Origin == Desk) {
			list.Add(fault.Bad(at+".alone", "alert.rule.desk_alone"))
		}
	}
	return list.OrNil()
}
