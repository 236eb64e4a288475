package channel

import (
	"fmt"
	"slices"
	"time"
)

// Clash is two slots that would sound on one loudspeaker at the same time.
type Clash struct {
	Slot      string `json:"slot" doc:"Id of the slot"`
	Title     string `json:"title"`
	With      string `json:"with" doc:"Id of the other slot"`
	WithTitle string `json:"withTitle"`
	Timetable string `json:"timetable,omitempty" doc:"Of the other slot, where it is another one"`
	Name      string `json:"name,omitempty" doc:"What that timetable is called"`
	Level     string `json:"level,omitempty" doc:"Level of that timetable's region"`
	Days      []int  `json:"days,omitempty" doc:"Days of the week on which they clash"`
	Day       string `json:"day,omitempty" doc:"The one day on which they clash"`
	From      string `json:"from" doc:"Time of day, HH:MM"`
	To        string `json:"to"`
	Refused   bool   `json:"refused" doc:"True where they are of the same level: neither may be published so"`
	First     bool   `json:"first" doc:"By the table of precedence this timetable's slot goes first; else the other one, or the one that began first where they are equal"`
	Equal     bool   `json:"equal,omitempty" doc:"Precedence knows no difference"`
}

// maxClashes is how many clashes are told.
const maxClashes = 100

// clashes finds what of mine would sound at the same time as what of other; with the same
// content twice, what clashes within it.
func clashes(mine, other *Content) (list []Clash) {
	same := mine == other
	for i := range mine.Slots {
		for j := range other.Slots {
			if a, b := &mine.Slots[i], &other.Slots[j]; !same || i < j {
				if days := together(a, b); len(days) > 0 {
					list = append(list, a.against(b, days, ""))
				}
			}
		}
		if len(list) > maxClashes {
			return list[:maxClashes]
		}
	}
	for _, day := range unlike(mine, other) {
		date := day.Format(time.DateOnly)
		left, right := mine.On(day), other.On(day)
		for i := range left {
			for j := range right {
				a, b := &left[i], &right[j]
				if same && i >= j || len(a.Days) > 0 && len(b.Days) > 0 || a.begins() >= b.ends() || b.begins() >= a.ends() {
					continue // weekly ones were compared
				}
				if list = append(list, a.against(b, nil, date)); len(list) >= maxClashes {
					return list
				}
			}
		}
	}
	return list
}

// together are the days of the week on which two weekly slots overlap at some time.
func together(a, b *Slot) (days []int) {
	if a.begins() >= b.ends() || b.begins() >= a.ends() {
		return nil
	}
	from, until := max(a.From, b.From), a.Until
	if until == "" || b.Until != "" && b.Until < until {
		until = b.Until
	}
	if until != "" && from > until {
		return nil
	}
	for _, d := range a.Days {
		if slices.Contains(b.Days, d) && onceBetween(d, from, until) {
			days = append(days, d)
		}
	}
	return days
}

// onceBetween reports whether a day of the week comes between two days.
func onceBetween(d int, from, until string) bool {
	first, err := time.Parse(time.DateOnly, from)
	if err != nil || until == "" {
		return true
	}
	return first.AddDate(0, 0, (d-weekday(first)+7)%7).Format(time.DateOnly) <= until
}

// unlike are the days on which something extra plays in either.
func unlike(a, b *Content) (days []time.Time) {
	seen := map[string]bool{}
	for _, c := range []*Content{a, b} {
		for i := range c.Exceptions {
			e := &c.Exceptions[i]
			day, err := time.Parse(time.DateOnly, e.From)
			for n := 0; err == nil && len(e.Extra) > 0 && n < maxSpan && day.Format(time.DateOnly) <= e.last(); n++ {
				if date := day.Format(time.DateOnly); !seen[date] {
					seen[date], days = true, append(days, day)
				}
				day = day.AddDate(0, 0, 1)
			}
		}
	}
	return days
}

func (s *Slot) against(o *Slot, days []int, day string) Clash {
	at := func(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }
	return Clash{Slot: s.ID, Title: s.Title, With: o.ID, WithTitle: o.Title, Days: days, Day: day, From: at(max(s.begins(), o.begins())), To: at(min(s.ends(), o.ends()))}
}

// share reports whether two timetables have a loudspeaker in common: their regions lie within
// each other, and each is for all loudspeakers or both name one of them. Who names some of its
// region is not asked where those stand: one that is for all of a region within may reach them.
func share(a, b *Content) bool {
	return len(a.Devices) == 0 || len(b.Devices) == 0 || slices.ContainsFunc(a.Devices, func(d string) bool { return slices.Contains(b.Devices, d) })
}
