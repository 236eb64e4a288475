package rule

import (
	"fmt"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Conduct is how the platform behaves beside who may send what: when it leaves people in
// peace, and how long it keeps what it wrote down.
type Conduct struct {
	Quiet          Quiet   `json:"quiet"`
	Retain         int     `json:"retain" minimum:"183" maximum:"36500" doc:"Days that logs, originals of what came from outside and packages are kept: six months at least (GD/J 088 table 1)"`
	RetainEveryday int     `json:"retainEveryday,omitempty" minimum:"183" maximum:"36500" doc:"Days that what everyday timetables played is kept: items as messages, what came of them, and recordings that nothing plays any more; absent: as long as logs"`
	Drills         *Drills `json:"drills,omitempty" doc:"How often drills are owed and how they begin; absent: none is owed, and reminders go out a day before"`
}

// Drills is how often drills are owed, and how they begin.
type Drills struct {
	Due    []DrillsDue `json:"due" maxItems:"10" doc:"How many drills regions of a level owe in a year"`
	Remind int         `json:"remind" minimum:"0" maximum:"168" doc:"Hours before a drill's time at which the duty staff are told; 0 is never"`
	Alone  bool        `json:"alone" doc:"True lets an approved drill begin at its time by itself; else somebody begins it"`
}

// DrillsDue is how many drills regions of one level owe in a year.
type DrillsDue struct {
	Level   Level `json:"level" enum:"nation,province,city,district,township,village"`
	PerYear int   `json:"perYear" minimum:"1" maximum:"52"`
}

// Drilling is what holds for drills, where nothing is said too.
func (c *Conduct) Drilling() Drills {
	if c.Drills == nil {
		return Drills{Due: []DrillsDue{}, Remind: 24}
	}
	return *c.Drills
}

const leastRetain = 183 // days

// Keep is how long things are kept: as it says, and never below what the standard asks for.
func (c Conduct) Keep() time.Duration {
	return time.Duration(max(c.Retain, leastRetain)) * 24 * time.Hour
}

// KeepEveryday is how long what timetables played is kept: as logs are, where it does not say.
func (c Conduct) KeepEveryday() time.Duration {
	if c.RetainEveryday == 0 {
		return c.Keep()
	}
	return Conduct{Retain: c.RetainEveryday}.Keep()
}

// Quiet is the time of day when minor messages wait.
type Quiet struct {
	From       string             `json:"from" pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$" doc:"Local time of the city, HH:MM; the same as until means never"`
	Until      string             `json:"until" pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$"`
	Severities []message.Severity `json:"severities" maxItems:"3" doc:"Emergency messages that wait: blue, yellow or unknown"`
	Everyday   bool               `json:"everyday" doc:"True lets everyday messages wait"`
}

// Waits reports whether a message that begins then has to wait, and until when. Drills wait
// like what they practise.
func (q *Quiet) Waits(class wire.Class, s message.Severity, begins time.Time) (until time.Time, waits bool) {
	minor := class == wire.Everyday && q.Everyday || class == wire.Emergency && slices.Contains(q.Severities, s)
	from, to := minutes(q.From), minutes(q.Until)
	now := begins.Hour()*60 + begins.Minute()
	over := from > to // midnight
	if !minor || from == to || over && now < from && now >= to || !over && (now < from || now >= to) {
		return begins, false
	}
	day := begins.Day()
	if over && now >= from {
		day++
	}
	return time.Date(begins.Year(), begins.Month(), day, to/60, to%60, 0, 0, begins.Location()), true
}

// minutes reads "HH:MM" as minutes of a day.
func minutes(clock string) int {
	t, err := time.Parse("15:04", clock)
	if err != nil {
		return 0
	}
	return t.Hour()*60 + t.Minute()
}

// Check says what is wrong: grave messages that would wait, or too short a memory.
func (c Conduct) Check() error {
	var list fault.List
	for _, s := range c.Quiet.Severities {
		if s == message.Red || s == message.Orange || !slices.Contains(message.Severities, s) {
			list.Add(fault.Bad("quiet.severities", "alert.quiet.grave"))
		}
	}
	if c.Retain < leastRetain {
		list.Add(fault.Bad("retain", "alert.retain.short"))
	}
	if c.RetainEveryday != 0 && c.RetainEveryday < leastRetain {
		list.Add(fault.Bad("retainEveryday", "alert.retain.short"))
	}
	if c.Drills != nil {
		seen := map[Level]bool{}
		for i, d := range c.Drills.Due {
			if seen[d.Level] || !slices.Contains(Levels, d.Level) || d.PerYear < 1 {
				list.Add(fault.Bad(fmt.Sprintf("drills.due[%d].level", i), "alert.drill.due"))
			}
			seen[d.Level] = true
		}
	}
	return list.OrNil()
}
