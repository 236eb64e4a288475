package duty

import (
	"fmt"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Purpose is what a post is for.
type Purpose string

// Purposes.
const (
	DeskPost     Purpose = "desk"     // keeps the duty desk
	LeaderPost   Purpose = "leader"   // countersigns and decides, on call
	NewsroomPost Purpose = "newsroom" // reports emergencies, on call
)

// Post is a duty post.
type Post struct {
	ID         string
	Name       string
	Purpose    Purpose
	RegionPath string
	Severities []message.Severity // of messages that a newsroom is told of
	Minutes    int                // within which a newsroom should have reported
	Revision   int64
}

// Turn is one person's time at a post, from From until just before To.
type Turn struct {
	ID     string    `json:"id"`
	Post   string    `json:"post"`
	Person string    `json:"person" doc:"Id of the person"`
	Name   string    `json:"name"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
}

// Gap is a time that nobody keeps.
type Gap struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Pattern is a roster that repeats: on the chosen days of the week the changes of the day, each
// of which begins a turn that lasts until the next one, are given to the people in order.
type Pattern struct {
	From    string   `json:"from" format:"date" doc:"First day"`
	Until   string   `json:"until" format:"date" doc:"Last day"`
	Days    []int    `json:"days" minItems:"1" maxItems:"7" doc:"Days of the week, 1 Monday to 7 Sunday"`
	Changes []string `json:"changes" minItems:"1" maxItems:"6" doc:"Times of day at which turns begin, as 08:00"`
	Last    string   `json:"last,omitempty" maxLength:"5" doc:"When the last turn of a day ends; absent: at the first change of the next day"`
	People  []string `json:"people" minItems:"1" maxItems:"60" doc:"Ids of people, in order"`
	Each    int      `json:"each,omitempty" minimum:"0" maximum:"60" doc:"Turns that one person keeps before the next is due; 0 or 1: one"`
	Replace bool     `json:"replace,omitempty" doc:"True takes what was planned in these days, from now on, off the roster"`
}

// maxTurns bounds a plan: a year of four changes a day.
const maxTurns = 4 * 366

// Turns are the turns of a pattern in a time zone, without names and ids.
func (p Pattern) Turns(zone *time.Location) (turns []Turn, err error) {
	var list fault.List
	from, errFrom := time.ParseInLocation(time.DateOnly, p.From, zone)
	until, errUntil := time.ParseInLocation(time.DateOnly, p.Until, zone)
	if errFrom != nil {
		list.Add(fault.Bad("from", "alert.duty.day"))
	}
	if errUntil != nil || until.Before(from) {
		list.Add(fault.Bad("until", "alert.duty.day"))
	}
	var changes []clockTime
	for i, text := range p.Changes {
		c, err := parseClock(text)
		if err != nil || i > 0 && !changes[i-1].before(c) {
			list.Add(fault.Bad(fmt.Sprintf("changes[%d]", i), "alert.duty.time_of_day"))
		}
		changes = append(changes, c)
	}
	var last clockTime
	if p.Last != "" {
		if last, err = parseClock(p.Last); err != nil || len(changes) > 0 && !changes[len(changes)-1].before(last) {
			list.Add(fault.Bad("last", "alert.duty.time_of_day"))
		}
	}
	for i, d := range p.Days {
		if d < 1 || d > 7 {
			list.Add(fault.Bad(fmt.Sprintf("days[%d]", i), "alert.duty.weekday"))
		}
	}
	if len(changes) == 0 || len(p.People) == 0 {
		list.Add(fault.Bad("people", "alert.duty.nobody"))
	}
	if err := list.OrNil(); err != nil {
		return nil, err
	}
	each := max(p.Each, 1)
	for day := from; !day.After(until); day = day.AddDate(0, 0, 1) {
		if !slices.Contains(p.Days, weekday(day)) {
			continue
		}
		for i, c := range changes {
			t := Turn{From: c.on(day), Person: p.People[len(turns)/each%len(p.People)]}
			switch {
			case i+1 < len(changes):
				t.To = changes[i+1].on(day)
			case p.Last != "":
				t.To = last.on(day)
			default:
				t.To = changes[0].on(day.AddDate(0, 0, 1))
			}
			if turns = append(turns, t); len(turns) > maxTurns {
				return nil, fault.Bad("until", "alert.duty.too_many", fault.Args{"limit": maxTurns})
			}
		}
	}
	if len(turns) == 0 {
		return nil, fault.Bad("days", "alert.duty.nobody")
	}
	return turns, nil
}

// weekday counts from Monday, 1, to Sunday, 7.
func weekday(t time.Time) int { return (int(t.Weekday())+6)%7 + 1 }

// clockTime is a time of day.
type clockTime struct{ hour, minute int }

func parseClock(text string) (clockTime, error) {
	t, err := time.Parse("15:04", text)
	return clockTime{t.Hour(), t.Minute()}, err
}

func (c clockTime) before(d clockTime) bool {
	return c.hour < d.hour || c.hour == d.hour && c.minute < d.minute
}

func (c clockTime) on(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), c.hour, c.minute, 0, 0, day.Location())
}

// Gaps are the times between from and to that none of the turns keeps.
func Gaps(turns []Turn, from, to time.Time) []Gap {
	sorted := slices.SortedFunc(slices.Values(turns), func(a, b Turn) int { return a.From.Compare(b.From) })
	gaps, kept := []Gap{}, from
	for _, t := range sorted {
		if t.From.After(kept) && kept.Before(to) {
			end := t.From
			if end.After(to) {
				end = to
			}
			gaps = append(gaps, Gap{kept, end})
		}
		if t.To.After(kept) {
			kept = t.To
		}
	}
	if kept.Before(to) {
		gaps = append(gaps, Gap{kept, to})
	}
	return gaps
}

// overlap is the first of some turns that another one of these cuts into; nil for none.
func overlap(turns, others []Turn) *Turn {
	for i := range turns {
		for _, o := range others {
			if o.ID != turns[i].ID && o.From.Before(turns[i].To) && turns[i].From.Before(o.To) {
				return &turns[i]
			}
		}
	}
	return nil
}
